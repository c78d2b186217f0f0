"""Live sync to a real Docker engine that runs ARM images under emulation: each test saves files and looks into the container."""
import json
import os
import queue
import random
import shutil
import signal
import threading
import time

import pytest

import parts

DOCKERFILE = """
FROM {busybox} AS tools
COPY tools/ /tools/
RUN cat /tools/* > /joined

FROM {busybox}
WORKDIR /app
COPY --from=tools /joined /app/joined
COPY src/ ./
COPY --chown=1000:1000 --chmod=640 config.ini /etc/config.ini
CMD ["sh", "-c", "echo started; trap exit TERM; while :; do sleep 0.2; done"]
"""
COMPOSE = """
name: {project}
services:
  app:
    build: .
    network_mode: host
"""
FILES = {"src/main.py": "one\n", "src/lib/a.py": "a\n", "src/lib/b.py": "b\n", "tools/x": "x\n", "config.ini": "c\n",
         ".dockerignore": "**/*.log\n"}


class Live:
    """A running `edgectl livepush --json`, and the container that it keeps in sync."""

    def __init__(self, engine, edgectl, root, project, *words):
        os.chmod(engine.root, 0o755)
        os.chmod(engine.root / "docker.sock", 0o666)
        self.engine, self.edgectl, self.root, self.project = engine, edgectl, root, project
        self.events = queue.Queue()
        self.seen = []
        self.process = edgectl.start("livepush", "--json", "--platform", "linux/arm64", "--source", root, *words,
                                     engine.socket)
        self.errors = ""
        threading.Thread(target=self.read_errors, daemon=True).start()
        threading.Thread(target=self.read_events, daemon=True).start()
        self.wait("note", text="watching")

    def read_events(self):
        for line in self.process.stdout:
            self.events.put(json.loads(line))
        self.events.put(None)

    def read_errors(self):
        self.errors = self.process.stderr.read()

    def wait(self, kind, seconds=90, **expected):
        """The next event of that kind whose members contain what is expected."""
        deadline = time.monotonic() + seconds
        while True:
            try:
                event = self.events.get(timeout=max(0.1, deadline - time.monotonic()))
            except queue.Empty:
                raise AssertionError(f"no {kind} {expected} in {seconds} s, but {self.seen} {self.errors}")
            assert event is not None, f"livepush ended: {self.seen}\n{self.errors}"
            self.seen.append(event)
            if event["event"] == kind and all(str(v) in str(event.get(k)) for k, v in expected.items()):
                return event

    def quiet(self, seconds):
        """Nothing but logs and images happens for so long."""
        time.sleep(seconds)
        while not self.events.empty():
            event = self.events.get()
            assert event and event["event"] in ("log", "image"), event

    def settle(self, seconds=3):
        """Until nothing was synced for so long."""
        last = time.monotonic()
        while time.monotonic() < last + seconds:
            try:
                event = self.events.get(timeout=0.1)
            except queue.Empty:
                continue
            assert event, f"livepush ended: {self.errors}"
            if event["event"] != "log":
                last = time.monotonic()

    def write(self, name, text):
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        for each in (path, path.parent):
            self.edgectl.identity.own(each)

    def save(self, name, text):
        self.write(name, text)
        return self.wait("sync")

    def run(self, *words):
        done = self.engine.docker("exec", f"{self.project}-app-1", *words)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def read(self, path):
        return self.run("cat", path)

    def container(self):
        return json.loads(self.engine.docker("inspect", f"{self.project}-app-1").stdout)[0]

    def close(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
            self.process.wait(60)
        self.engine.docker("rm", "--force", "--volumes", f"{self.project}-app-1")


@pytest.fixture
def project(context, busybox, identity, request):
    """The directory and the name of a project."""
    name = f"live-{identity.name}-{request.node.originalname.replace('_', '-')}"
    files = {"Dockerfile": DOCKERFILE.format(busybox=busybox), "compose.yaml": COMPOSE.format(project=name)} | FILES
    return context(files), name


@pytest.fixture
def live(engine, edgectl, project):
    with parts.closing(Live(engine, edgectl, *project)) as live:
        yield live


def test_saved_files(live):
    """Changed, new, renamed and deleted files; owner and mode as the Dockerfile has them; the same container."""
    before = live.container()["Id"]
    event = live.save("src/main.py", "two\n")
    assert event["files"] >= 1 and event["restarted"] is True
    assert live.read("/app/main.py") == "two\n"
    live.save("src/new/deep/file.py", "new\n")
    assert live.read("/app/new/deep/file.py") == "new\n"
    live.save("config.ini", "changed\n")
    assert live.run("stat", "-c", "%u:%g %a", "/etc/config.ini") == "1000:1000 640\n"
    (live.root / "src/lib").rename(live.root / "src/library")
    live.wait("sync")
    assert live.run("ls", "/app/library") == "a.py\nb.py\n"
    (live.root / "src/main.py").unlink()
    live.wait("sync")
    assert "main.py" not in live.run("ls", "/app").split() and "lib" not in live.run("ls", "/app").split()
    assert live.container()["Id"] == before


def test_what_a_step_depends_on(live):
    """A file of another stage: its RUN runs again here, and what comes of it travels."""
    live.save("tools/y", "y\n")
    assert live.read("/app/joined") == "x\ny\n"


def test_ignored_files(live):
    live.write("src/x.log", "noise\n")
    live.write("unused/file", "nobody copies it\n")
    live.quiet(2)


def test_a_failing_step(live, busybox):
    """It is shown with what it printed; the program runs on; the next save mends it."""
    before = live.container()
    text = DOCKERFILE.format(busybox=busybox)
    live.write("Dockerfile", text.replace("RUN cat", "RUN echo the reason; exit 3; cat"))
    event = live.wait("error", service="app")
    assert "the reason" in event["output"] and "3" in event["text"]
    after = live.container()
    assert (after["Id"], after["State"]["StartedAt"]) == (before["Id"], before["State"]["StartedAt"])
    live.write("Dockerfile", text)
    live.save("src/main.py", "mended\n")
    assert live.read("/app/main.py") == "mended\n"


def test_other_settings(live, busybox):
    """What an image says beyond its files needs a new container."""
    before = live.container()["Id"]
    live.write("Dockerfile", DOCKERFILE.format(busybox=busybox) + "ENV MODE=new\n")
    live.wait("note", text="runs again")
    assert "MODE=new" in live.container()["Config"]["Env"] and live.container()["Id"] != before
    live.save("src/main.py", "after\n")
    assert live.read("/app/main.py") == "after\n"


def test_compose_file(live):
    text = (live.root / "compose.yaml").read_text()
    live.write("compose.yaml", "services: [")
    live.wait("error")
    live.write("compose.yaml", text + "    environment: {MODE: compose}\n")
    live.wait("note", text="watching")
    assert "MODE=compose" in live.container()["Config"]["Env"]
    live.save("src/main.py", "still in sync\n")
    assert live.read("/app/main.py") == "still in sync\n"


def test_a_container_that_ended(live):
    live.engine.docker("kill", f"{live.project}-app-1")
    live.save("src/main.py", "alive\n")
    assert live.container()["State"]["Status"] == "running" and live.read("/app/main.py") == "alive\n"


def test_a_container_that_is_gone(live):
    live.engine.docker("rm", "--force", f"{live.project}-app-1")
    live.write("src/main.py", "anew\n")
    live.wait("note", text="runs again")
    assert live.read("/app/main.py") == "anew\n"


def test_interrupt(live):
    live.process.send_signal(signal.SIGINT)
    assert live.process.wait(60) == 130
    assert live.container()["State"]["Status"] == "running"


def change_something(random, root, identity):
    files = [x for x in (root / "src").rglob("*") if x.is_file()]
    what = random.choice(["write", "write", "new", "new", "delete", "rename", "directory"])
    if what in ("delete", "rename", "directory") and len(files) < 4:
        what = "new"
    if what == "write":
        random.choice(files).write_text(str(random.random()) * random.randint(1, 50))
    elif what == "new":
        path = root / "src" / random.choice(["", "p", "p/q", "r"]) / f"n{random.randint(0, 30)}"
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.is_dir():
            path.write_text(str(random.random()))
    elif what == "delete":
        random.choice(files).unlink()
    elif what == "rename":
        target = root / "src" / f"m{random.randint(0, 30)}"
        if not target.is_dir():
            random.choice(files).rename(target)
    else:
        directories = [x for x in (root / "src").iterdir() if x.is_dir()]
        if directories:
            shutil.rmtree(random.choice(directories))
    for path in (root / "src").rglob("*"):
        identity.own(path)


def test_nothing_is_lost(live):
    """After hundreds of random edits, the container has what a fresh build has."""
    chance = random.Random(7)
    for burst in range(12):
        for _ in range(chance.randint(1, 40)):
            change_something(chance, live.root, live.edgectl.identity)
        time.sleep(chance.choice([0, 0.01, 0.3]))
    live.write("src/zz-last", "last\n")
    parts.wait_for("the last file", lambda: live.engine.docker("exec", f"{live.project}-app-1", "cat",
                                                             "/app/zz-last").stdout == "last\n", seconds=90)
    live.settle()
    expected = {str(x.relative_to(live.root / "src")): x.read_text() for x in (live.root / "src").rglob("*") if x.is_file()}
    expected["joined"] = "x\n"
    listed = live.run("sh", "-c", "cd /app && find . -type f | sed 's|^./||'").split()
    assert sorted(listed) == sorted(expected)
    for name, text in expected.items():
        assert live.read(f"/app/{name}") == text, name


RULES = """
    develop:
      watch:
        - {path: ./src, action: sync, target: /srv, ignore: ["**/*.tmp"]}
        - {path: ./config.ini, action: sync+restart, target: /etc/config.ini}
        - {path: ./tools, action: rebuild}
        - {path: ./hook, action: sync+exec, target: /srv/hook, exec: {command: ["sh", "-c", "cp /srv/hook /srv/hooked"]}}
"""


@pytest.fixture
def ruled(engine, edgectl, project):
    root, name = project
    (root / "compose.yaml").write_text(COMPOSE.format(project=name) + RULES)
    (root / "hook").write_text("h\n")
    with parts.closing(Live(engine, edgectl, root, name)) as live:
        yield live


def test_rules_of_the_compose_file(ruled):
    """develop.watch rules instead: files go where it says, as they are, without a build."""
    before = ruled.container()
    assert ruled.save("src/main.py", "by rule\n")["restarted"] is False
    assert ruled.read("/srv/main.py") == "by rule\n" and ruled.read("/app/main.py") == "one\n"
    ruled.save("src/deep/x", "x\n")
    assert ruled.read("/srv/deep/x") == "x\n"
    ruled.write("src/noise.tmp", "no\n")
    ruled.quiet(1)
    (ruled.root / "src/main.py").unlink()
    ruled.wait("sync")
    assert "main.py" not in ruled.run("ls", "/srv").split()
    assert ruled.container()["State"]["StartedAt"] == before["State"]["StartedAt"]
    assert ruled.save("config.ini", "new\n")["restarted"] is True
    assert ruled.read("/etc/config.ini") == "new\n"
    assert ruled.container()["State"]["StartedAt"] != before["State"]["StartedAt"]
    ruled.save("hook", "hook\n")
    assert ruled.read("/srv/hooked") == "hook\n"
    ruled.write("tools/z", "z\n")
    ruled.wait("note", text="runs again")
    assert ruled.read("/app/joined") == "x\nz\n" and ruled.container()["Id"] != before["Id"]


def test_initial_sync(engine, edgectl, project):
    root, name = project
    (root / "compose.yaml").write_text(COMPOSE.format(project=name) + """
    develop: {watch: [{path: ./src, action: sync, target: /srv, initial_sync: true}]}
""")
    with parts.closing(Live(engine, edgectl, root, name)) as live:
        live.wait("sync")
        assert sorted(live.run("find", "/srv", "-type", "f").split()) == ["/srv/lib/a.py", "/srv/lib/b.py", "/srv/main.py"]


DIRECTED = """
FROM {busybox} AS first
WORKDIR /app
COPY tools/ /tools/
#dev-env=MODE=live
#dev-cmd-live=sh -c 'echo live $MODE; trap exit TERM; while :; do sleep 0.2; done'
RUN exit 1
#dev-run=cat /tools/x > /made
COPY src/ ./
CMD ["false"]
FROM {busybox}
RUN exit 1
"""


@pytest.fixture
def directed(engine, edgectl, project, busybox):
    root, name = project
    (root / "Dockerfile").write_text(DIRECTED.format(busybox=busybox))
    with parts.closing(Live(engine, edgectl, root, name)) as live:
        yield live


def test_live_directives(directed):
    """balena's: another command, steps of its own, none of those that only make the real image; what is copied behind the live
    command does not begin it anew."""
    directed.wait("image")
    parts.wait_for("the live command", lambda: "live live" in directed.engine.docker("logs", f"{directed.project}-app-1").stdout)
    assert directed.read("/made") == "x\n"
    before = directed.container()["State"]["StartedAt"]
    assert directed.save("src/main.py", "two\n")["restarted"] is False
    assert directed.read("/app/main.py") == "two\n" and directed.container()["State"]["StartedAt"] == before
    assert directed.save("tools/x", "y\n")["restarted"] is True
    assert directed.read("/made") == "y\n"


def test_live_directives_count_only_there(edgectl, engine, project, busybox):
    root, name = project
    (root / "Dockerfile").write_text(DIRECTED.format(busybox=busybox))
    for command in ("deploy",), ("livepush", "--detached"):
        done = edgectl(*command, "--platform", "linux/arm64", "--source", root, engine.socket, status=1)
        assert "exit 1" in done.stderr
