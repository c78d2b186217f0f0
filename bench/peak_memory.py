"""How much memory a program and all that it starts, or that works for it, take at most."""
import pathlib
import threading

INTERVAL = 0.02  # seconds between two looks


def tree_of(roots):
    """The pids of `roots` and of all their descendants."""
    children = {}
    for stat in pathlib.Path("/proc").glob("[0-9]*/stat"):
        try:
            parent = int(stat.read_text().rsplit(")", 1)[1].split()[1])
        except OSError:
            continue  # it has ended
        children.setdefault(parent, []).append(int(stat.parent.name))
    found, new = set(), set(roots)
    while new:
        found |= new
        new = {child for pid in new for child in children.get(pid, [])} - found
    return found


def bytes_of(pid):
    """Its proportional set size: what it shares with others counts for each in parts."""
    try:
        for line in pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1]) * 1024
    except OSError:
        pass
    return 0


class PeakMemory:
    """with PeakMemory([pid, ...]) as peak: ...; then peak.bytes."""

    def __init__(self, roots):
        self.roots, self.bytes = list(roots), 0
        self.done = threading.Event()
        self.thread = threading.Thread(target=self.watch)

    def watch(self):
        while not self.done.is_set():
            self.bytes = max(self.bytes, sum(map(bytes_of, tree_of(self.roots))))
            self.done.wait(INTERVAL)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.done.set()
        self.thread.join()
