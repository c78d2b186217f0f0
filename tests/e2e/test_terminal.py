"""The live view on a real pseudo-terminal: what is written to it, sequence by sequence."""
import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import termios
import time
import unicodedata

import pytest

ROWS, COLUMNS = 24, 80
SEQUENCE = re.compile(r"\x1b(?:\[([0-9;?]*)([A-Za-z])|(.))")


def set_size(fd, rows, columns):
    fcntl.ioctl(fd, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))


def width(text):
    return sum(0 if unicodedata.combining(x) else 2 if unicodedata.east_asian_width(x) in "WF" else 1 for x in text)


def run(edgectl, *args, resize=None):
    """(status, what the terminal got before, and after it was resized to `resize` once '# now' was on it)."""
    master, slave = pty.openpty()
    set_size(slave, ROWS, COLUMNS)
    process = subprocess.Popen([edgectl.program, *map(str, args)], stdin=slave, stdout=slave, stderr=slave, cwd=edgectl.identity.home,
                               env=edgectl.env() | {"TERM": "xterm-256color"}, **edgectl.identity.credentials)
    os.close(slave)
    before, after, deadline = b"", b"", time.monotonic() + 120
    while time.monotonic() < deadline:
        if select.select([master], [], [], 0.2)[0]:
            try:
                data = os.read(master, 65536)
            except OSError:  # EIO: the other end is closed
                break
            if not data:
                break
            after += data
        if resize and not before and b"# now" in after:
            set_size(master, *resize)
            process.send_signal(signal.SIGWINCH)
            before, after = after, b""
    status = process.wait(10)
    os.close(master)
    return status, before.decode(), after.decode()


def check_sequences(text, rows):
    """Only relative movement within the view, erasing to the end of a line or below, colours, and hiding the cursor."""
    for match in SEQUENCE.finditer(text):
        numbers, letter, other = match.groups()
        assert not other, f"ESC {other!r}"
        assert (letter in "mK" or (letter == "J" and numbers in ("", "0")) or numbers in ("?25l", "?25") or
                (letter == "A" and int(numbers) < rows)), match.group()


def lines_of(text):
    return [x for x in re.split(r"[\r\n]+", SEQUENCE.sub("", text)) if x]


DOCKERFILE = r"""
FROM {busybox} AS a
RUN for i in 1 2 3 4 5 6 7 8 9; do echo "line $i is much longer than eighty columns, so that it has to be cut where the terminal ends"; done; echo now; sleep 1
FROM {busybox} AS b
RUN for i in 1 2 3 4 5 6 7 8 9; do echo "日本語のテキスト $i 絵文字 🎉 日本語のテキスト 日本語のテキスト 日本語のテキスト 日本語"; done; sleep 1
FROM {busybox}
COPY --from=a /etc /a
COPY --from=b /etc /b
RUN printf '\033[2J\033[H\033[31mhostile\033[0m\n'; sleep 0.5; exit 3
"""


@pytest.fixture
def project(context, busybox):
    return context({"Dockerfile": DOCKERFILE.replace("{busybox}", busybox)})


def test_view_of_a_failing_build(edgectl, project):
    status, _, text = run(edgectl, "build", "--no-cache", "--platform", "linux/arm64,linux/amd64", project)
    assert status == 1
    view, _, end = text.partition("------\r\n")
    check_sequences(view, ROWS)
    assert all(width(x) < COLUMNS for x in lines_of(view)), max(lines_of(view), key=width)
    assert view.count("\x1b[?25l") == 1 and text.rindex("\x1b[?25h") > text.rindex("\x1b[?25l")
    assert "# 日本語のテキスト 9" in view and "# line 9 is" in view
    # the log's end, the place, the error, in this order and nothing of the program's own sequences
    plain = SEQUENCE.sub("", end)
    assert re.search(r"> \[linux/\w+ stage-2 4/4\] RUN printf.*\nhostile\r\n------\r\n.*Dockerfile:9\r\n-+\r\n.*  9 \| >>> RUN printf"
                     r".*\nerror: RUN printf", plain, re.S), plain
    assert "\x1b[2J" not in text and "\x1b[H" not in text


def test_view_follows_the_size(edgectl, project):
    status, before, after = run(edgectl, "build", "--no-cache", "--platform", "linux/amd64", project, resize=(12, 40))
    assert status == 1 and before
    view = after.partition("------\r\n")[0]
    check_sequences(view, ROWS)
    # one view may have been on its way; all later ones are for the new size
    frames = view.split("[+] Building")
    assert len(frames) > 3
    for frame in frames[2:-1]:
        assert all(width(x) < 40 for x in lines_of("[+] Building" + frame)), frame
        assert frame.count("\n") < 12, frame


def test_no_view_without_a_terminal(edgectl, project):
    stderr = edgectl("build", project, status=1).stderr
    assert "\x1b" not in stderr
    assert "#1 [internal] load build definition" in stderr
