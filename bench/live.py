"""From a saved file to the file in the running container, and to its program begun anew: edgectl livepush beside balena's
livepush, on one engine, with the same project and the same edits; and kinds of edits, of which it is counted what arrives.

The peer is its library, driven by a watcher with the library's own pause of 200 ms (the command line that its users have waits
2000 ms). It is fetched from the npm registry that this machine's npm uses. What is measured is the file in the container's
own file system, looked at from outside.
"""
import json
import os
import pathlib
import queue
import shutil
import statistics
import subprocess
import textwrap
import threading
import time

import copying
import parts

PEER = "livepush@3.5.4"
PEER_PAUSE_MS = 200
PEER_DRIVER = pathlib.Path(__file__).resolve().parent / "live_peer.js"
EDITED = "tree/0/0/0.js"
DOCKERFILE = """FROM {base}
WORKDIR /app
COPY tree /app/tree
COPY --chown=1000:1000 owned /app/owned
COPY conf/*.ini /etc/app/
CMD ["sh", "-c", "cat /app/tree/0/0/0.js > /seen; trap exit TERM; while :; do sleep 0.1; done"]
"""
COMPOSE = "name: {name}\nservices:\n  app:\n    build: .\n    network_mode: none\n"


def write(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def make_project(root, name, base, large):
    root.mkdir()
    if large:
        copying.make_tree(root, 1)
    else:
        for number in range(100):
            write(root / f"tree/0/{number % 10}/{number}.js", "x" * 1000)
    write(root / "owned/file", "o\n")
    write(root / "conf/a.ini", "a\n")
    write(root / "Dockerfile", DOCKERFILE.format(base=base))
    write(root / "compose.yaml", COMPOSE.format(name=name))
    return root


def until(condition, seconds):
    """Milliseconds; None when it does not come to it."""
    start = time.monotonic()
    while time.monotonic() < start + seconds:
        try:
            if condition():
                return (time.monotonic() - start) * 1000
        except OSError:
            pass
        time.sleep(0.0005)
    return None


class Ours:
    def __init__(self, bench, root, name):
        self.container = f"{name}-app-1"
        self.engine = bench.engine
        self.process = subprocess.Popen([bench.program, "livepush", "--json", "--source", root, bench.engine.socket],
                                        env=bench.env, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        self.ready = queue.Queue()
        threading.Thread(target=self.read, daemon=True).start()
        self.ready.get(timeout=300)

    def read(self):
        for line in self.process.stdout:
            if json.loads(line)["event"] == "image":
                self.ready.put(True)


class Theirs:
    def __init__(self, bench, root, name):
        self.container = f"{name}-peer"
        self.engine = bench.engine
        docker(bench, "build", "--quiet", "-t", f"{name}:peer", root)
        docker(bench, "run", "--detach", "--network", "none", "--name", self.container, f"{name}:peer")
        self.process = subprocess.Popen(["node", PEER_DRIVER, bench.engine.socket.removeprefix("unix://"), self.container, root,
                                         str(PEER_PAUSE_MS)], cwd=bench.peer, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                                        text=True)
        assert self.process.stdout.readline() == "ready\n"
        threading.Thread(target=self.process.stdout.read, daemon=True).start()


def docker(bench, *words):
    done = bench.engine.docker(*words)
    if done.returncode != 0:
        raise SystemExit(f"bench: docker {' '.join(map(str, words))}: {done.stderr}")
    return done.stdout


class Side:
    """One of the two with a project of its own."""

    def __init__(self, bench, kind, root, name):
        self.root = root
        self.program = kind(bench, root, name)
        self.bench = bench
        inspected = json.loads(docker(bench, "inspect", self.program.container))[0]
        self.inside = pathlib.Path(inspected["GraphDriver"]["Data"]["MergedDir"])

    def close(self):
        parts.stop(self.program.process)
        self.bench.engine.docker("rm", "--force", self.program.container)

    def saved(self, runs):
        """Milliseconds until visible, and until the program runs with it."""
        visible, restarted = [], []
        for run in range(runs):
            text = f"run {run}\n"
            (self.root / EDITED).write_text(text)
            start = time.monotonic()
            visible.append(until(lambda: (self.inside / "app" / EDITED).read_text() == text, 30))
            until(lambda: (self.inside / "seen").read_text() == text, 30)
            restarted.append((time.monotonic() - start) * 1000)
            time.sleep(0.7)
        return visible, restarted

    def branch(self, count):
        """So many files at once."""
        files = sorted((self.root / "tree").rglob("*.js"))[:count]
        start = time.monotonic()
        for path in files:
            path.write_text("another branch\n")
        written = (time.monotonic() - start) * 1000
        arrived = until(lambda: all((self.inside / "app" / x.relative_to(self.root)).read_text() == "another branch\n"
                                    for x in reversed(files)), 120)
        return written, arrived


def edits():
    """name -> (what is done in the project, what is so in the container)."""
    def text(path, wanted):
        return lambda inside: (inside / path).read_text() == wanted

    def gone(path):
        return lambda inside: not os.path.lexists(inside / path) and (inside / "app/tree").is_dir()

    def by_rename(root):
        (root / "tree/0/1/.1.swp").write_text("renamed\n")
        (root / "tree/0/1/.1.swp").rename(root / "tree/0/1/1.js")

    def many_names(root):
        write(root / "tree/one/two/three", "deep\n")

    def directory_for_file(root):
        (root / "tree/0/2/2.js").unlink()
        write(root / "tree/0/2/2.js/inner", "inner\n")

    return {
        "file changed": (lambda r: write(r / "tree/0/0/0.js", "changed\n"), text("app/tree/0/0/0.js", "changed\n")),
        "saved by rename": (by_rename, text("app/tree/0/1/1.js", "renamed\n")),
        "new file": (lambda r: write(r / "tree/new.js", "new\n"), text("app/tree/new.js", "new\n")),
        "new directories": (many_names, text("app/tree/one/two/three", "deep\n")),
        "file deleted": (lambda r: (r / "tree/0/3/3.js").unlink(), gone("app/tree/0/3/3.js")),
        "directory deleted": (lambda r: shutil.rmtree(r / "tree/0/4"), gone("app/tree/0/4")),
        "directory renamed": (lambda r: (r / "tree/0/5").rename(r / "tree/0/55"),
                              lambda i: (i / "app/tree/0/55").is_dir() and not (i / "app/tree/0/5").exists()),
        "file became a directory": (directory_for_file, text("app/tree/0/2/2.js/inner", "inner\n")),
        "symbolic link": (lambda r: (r / "tree/link").symlink_to("new.js"),
                          lambda i: os.readlink(i / "app/tree/link") == "new.js"),
        "mode": (lambda r: (r / "tree/0/6/6.js").chmod(0o755), lambda i: (i / "app/tree/0/6/6.js").stat().st_mode & 0o777 == 0o755),
        "owner of --chown": (lambda r: write(r / "owned/file", "mine\n"),
                             lambda i: text("app/owned/file", "mine\n")(i) and (i / "app/owned/file").stat().st_uid == 1000),
        "source with a wildcard": (lambda r: write(r / "conf/a.ini", "wild\n"), text("etc/app/a.ini", "wild\n")),
        "another settings line in the Dockerfile": (
            lambda r: write(r / "Dockerfile", (r / "Dockerfile").read_text().replace("WORKDIR /app", "WORKDIR /app\nRUN touch /made")),
            lambda i: (i / "made").exists()),
    }


class Live:
    def __init__(self, scratch, program, env, engine, base):
        self.scratch, self.program, self.env, self.engine, self.base = scratch, program, env, engine, base
        self.peer = scratch / "peer"
        self.peer.mkdir()
        subprocess.run(["npm", "install", "--silent", "--no-audit", "--no-fund", "--ignore-scripts", PEER], cwd=self.peer, check=True)

    def sides(self, name, large):
        for title, kind in (("edgectl", Ours), (PEER, Theirs)):
            root = make_project(self.scratch / f"{name}-{kind.__name__}", f"{name}", self.base, large)
            with parts.closing(Side(self, kind, root, name)) as side:
                time.sleep(3)
                yield title, side

    def measure(self, name, large, runs):
        for title, side in self.sides(name, large):
            for what, times in zip(("visible", "restarted"), side.saved(runs)):
                missed = times.count(None)
                times = sorted(x for x in times if x is not None)
                p95 = times[max(0, -(-95 * len(times) // 100) - 1)] if times else 0
                print(f"{name:<8} {title:<16} saved to {what:<10} median {statistics.median(times or [0]):7.0f} ms  p95 {p95:7.0f} ms"
                      f"  never {missed}", flush=True)
            if large:
                written, arrived = side.branch(5000)
                print(f"{name:<8} {title:<16} 5,000 files written in {written:.0f} ms, all there " +
                      (f"{arrived:.0f} ms later" if arrived is not None else "never"), flush=True)

    def count(self):
        for title, side in self.sides("edits", False):
            missed = []
            for name, (edit, is_there) in edits().items():
                edit(side.root)
                if until(lambda: is_there(side.inside), 8) is None:
                    missed.append(name)
            print(f"edits    {title:<16} {len(edits()) - len(missed)} of {len(edits())} arrive", flush=True)
            if missed:
                print(textwrap.fill(f"not: {', '.join(missed)}", 110, initial_indent=" " * 9, subsequent_indent=" " * 14), flush=True)
