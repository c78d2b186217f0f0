"""What a terminal shows: as much of a VT100 as edgectl's views use, and nothing else."""
import fcntl
import os
import pty
import re
import select
import struct
import subprocess
import termios

SEQUENCE = re.compile(r"\x1b\[([0-9;?]*)([A-Za-z])")


class Screen:
    def __init__(self, rows, columns):
        self.columns, self.rows = columns, [[] for _ in range(rows)]
        self.row = self.column = 0

    def new_line(self):
        if self.row + 1 == len(self.rows):
            self.rows = self.rows[1:] + [[]]
        else:
            self.row += 1

    def put(self, character):
        if self.column == self.columns:  # a terminal that wraps
            self.column = 0
            self.new_line()
        line = self.rows[self.row]
        line += [" "] * (self.column + 1 - len(line))
        line[self.column] = character
        self.column += 1

    def control(self, numbers, letter):
        if letter == "A":
            self.row = max(0, self.row - int(numbers or 1))
        elif letter in "KJ":
            assert numbers in ("", "0"), numbers
            del self.rows[self.row][self.column:]
            for line in self.rows[self.row + 1:] if letter == "J" else []:
                line.clear()
        else:
            assert letter in "mhl", f"ESC [ {numbers} {letter}"

    def write(self, text):
        position = 0
        while position < len(text):
            sequence = SEQUENCE.match(text, position)
            if sequence:
                self.control(*sequence.groups())
                position = sequence.end()
                continue
            if text[position] == "\r":
                self.column = 0
            elif text[position] == "\n":
                self.new_line()
            else:
                assert text[position] >= " ", repr(text[position:position + 10])
                self.put(text[position])
            position += 1

    def lines(self):
        return ["".join(line).rstrip() for line in self.rows]


def run_on_terminal(edgectl, *args, rows=24, columns=80, cwd=None, seen=lambda lines: None):
    """Runs it to its end on a terminal of that size; `seen` gets the lines each time that it has drawn. Status and last screen."""
    master, slave = pty.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
    process = subprocess.Popen([edgectl.program, *map(str, args)], stdin=slave, stdout=slave, stderr=slave, cwd=cwd,
                               env=edgectl.env() | {"TERM": "xterm-256color"}, **edgectl.identity.credentials)
    os.close(slave)
    screen, rest = Screen(rows, columns), b""
    while select.select([master], [], [], 120)[0]:
        try:
            rest += os.read(master, 65536)
        except OSError:  # EIO: the other end is closed
            break
        # not in the middle of a sequence or a character
        if rest.endswith((b"\n", b"l", b"h")) or rest.endswith(b"J"):
            screen.write(rest.decode())
            rest = b""
            seen(screen.lines())
    os.close(master)
    screen.write(rest.decode())
    return process.wait(10), screen.lines()
