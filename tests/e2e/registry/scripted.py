"""The scripted registry as a process, and programs that are killed in the middle of talking to it."""
import json
import pathlib
import signal
import subprocess
import time

import parts

SERVER = pathlib.Path(__file__).parent / "faulty_registry.py"


class Scripted:
    """The registry that implements uploads as the specification says, and its log."""

    def __init__(self, log, *options):
        self.log = log
        command = ["/usr/bin/python3", "-B", SERVER, "--log", log, "--no-mounts", *map(str, options)]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.address = f"127.0.0.1:{int(self.process.stdout.readline().split()[1])}"

    def close(self):
        parts.stop(self.process)

    def await_mark(self):
        assert self.process.stdout.readline().startswith("mark ")

    def leave_mark(self):
        self.process.stdin.write("\n")
        self.process.stdin.flush()

    def requests(self):
        return [json.loads(line) for line in self.log.read_text().splitlines()]

    def received(self):
        """Bytes of blobs that came in, wanted or not."""
        return sum(x["received"] for x in self.requests() if "/blobs/uploads/" in x["path"])


def kill_soon(edgectl, dice, *args):
    """Starts it, kills it after a moment, and says whether it was done by then."""
    process = edgectl.start(*args)
    time.sleep(dice.uniform(0.1, 0.35))
    process.send_signal(signal.SIGKILL)
    process.communicate()
    return process.returncode == 0
