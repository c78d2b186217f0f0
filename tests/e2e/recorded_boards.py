"""Many boards in one process, with the recorded Engine API: recorded/engine.py says what they can do."""
import json
import pathlib
import subprocess
import sys
import urllib.request

import parts


class RecordedBoards:
    def __init__(self, count, *options, faults=(), log=None):
        program = pathlib.Path(__file__).with_name("recorded") / "engine.py"
        self.log = log
        self.process = subprocess.Popen([sys.executable, "-B", program, "--boards", str(count), "--faults",
                                         json.dumps(dict(faults)), *map(str, options)], stdout=subprocess.PIPE, stderr=log, text=True)
        first = self.process.stdout.readline().split()
        if first[:1] != ["listening"]:
            raise RuntimeError(f"the recorded boards ended with status {self.process.wait()}")
        self.port, self.control = map(int, first[1:])
        self.count = count

    def address(self, number):
        """Of board 1, 2, ..."""
        return f"tcp://127.{64 + (number >> 16)}.{number >> 8 & 255}.{number & 255}:{self.port}"

    def addresses(self):
        return [self.address(number) for number in range(1, self.count + 1)]

    def ask(self, path, method="GET", document=None):
        body = None if document is None else json.dumps(document).encode()
        request = urllib.request.Request(f"http://127.0.0.1:{self.control}/{path}", method=method, data=body)
        with urllib.request.urlopen(request, timeout=60) as answer:
            return json.load(answer)

    def board(self, number):
        return self.ask(f"boards/{number}")

    def boards(self):
        return self.ask("boards")

    def totals(self):
        return self.ask("totals")

    def set_faults(self, number, **faults):
        return self.ask(f"boards/{number}/faults", "PUT", faults)

    def close(self):
        parts.stop(self.process)
