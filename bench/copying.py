"""COPY of many files, until the layer is in a registry: from nothing, with one file changed, with nothing changed."""
import os
import pathlib
import random
import shutil
import statistics
import subprocess
import time

from peak_memory import PeakMemory
from timing import median

FILES = 13_000
BYTES = 148_000_000
ALPHABET = b"abcdefghijklmnopqrstuvwxyz_(){};= \n."


def words(noise, count):
    return [bytes(noise.choices(ALPHABET, k=noise.randint(3, 12))) for _ in range(count)]


def make_tree(root, seed):
    """Like what a package manager of scripts leaves behind: text, most files small, a few large."""
    noise = random.Random(seed)
    vocabulary = words(noise, 4000)
    sizes = [min(noise.lognormvariate(8.3, 1.4), 2e6) for _ in range(FILES)]
    scale = BYTES / sum(sizes)
    page = b" ".join(noise.choices(vocabulary, k=400_000))
    for number, size in enumerate(sizes):
        directory = root / "tree" / str(number % 40) / str(number % 400)
        directory.mkdir(parents=True, exist_ok=True)
        start = noise.randrange(len(page) - 2_100_000)
        (directory / f"{number}.js").write_bytes(page[start:start + int(size * scale)])
    (root / "Dockerfile").write_text("FROM scratch\nCOPY tree /tree\n")


def change_one(root, seed):
    (root / "tree/0/0/0.js").write_text(f"changed {seed}\n")


class Copying:
    """A peer is (commands(context, image, is_pushed) -> [argv, ...], pids of daemons, forget())."""

    def __init__(self, scratch, registry, env, runs, short_runs):
        self.scratch, self.registry, self.env, self.runs, self.short_runs = scratch, registry, env, runs, short_runs

    def once(self, commands, daemons):
        """Seconds and peak memory of one round."""
        start = time.monotonic()
        peak = 0
        for argv in commands:
            process = subprocess.Popen(list(map(str, argv)), env=self.env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                       stderr=subprocess.STDOUT)
            with PeakMemory([process.pid, *daemons]) as memory:
                output = process.communicate()[0]
            if process.returncode != 0:
                raise SystemExit(f"bench: {' '.join(map(str, argv))}: {output.decode(errors='replace')}")
            peak = max(peak, memory.bytes)
        return time.monotonic() - start, peak

    def peer(self, name, peer):
        """Medians of (first, one changed, nothing changed, and that without the push), and the peak of memory of the first three."""
        commands, daemons, forget = peer
        times, peak = {"first": [], "changed": [], "same": []}, 0
        for run in range(self.runs):
            root = self.scratch / f"copy-{name}"
            shutil.rmtree(root, ignore_errors=True)
            root.mkdir()
            make_tree(root, f"{name} {run}")  # nobody has seen these files
            forget()
            os.sync()
            image = f"{self.registry}/bench/{name.lower()}:{run}"
            for what in times:
                if what == "changed":
                    change_one(root, f"{name} {run}")
                seconds, memory = self.once(commands(root, image, True), daemons)
                times[what].append(seconds)
                peak = max(peak, memory)
        # Milliseconds, which looking at the memory meanwhile would lengthen by some.
        built = {"same, only built": median(*commands(root, image, False), self.short_runs, self.env)}
        return {what: statistics.median(x) for what, x in times.items()} | built, peak


def forget_nothing():
    pass


def remove(path):
    return lambda: shutil.rmtree(pathlib.Path(path), ignore_errors=True)
