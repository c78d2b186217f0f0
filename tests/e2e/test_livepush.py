"""Live sync to a real Docker engine that runs ARM images under emulation: each test saves files and looks into the container."""
import io
import json
import os
import pathlib
import queue
import random
import re
import shutil
import signal
import subprocess
import tarfile
import threading
import time

import pytest

import parts
from conftest import REPOSITORY

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


def documented_events():
    """{event: {field: may be left out}}, as docs/livepush.md has it."""
    events = {}
    for line in (REPOSITORY / "docs/livepush.md").read_text().splitlines():
        cells = [x.strip() for x in line.strip("|").split("|")] if line.startswith("|") else []
        name = re.fullmatch("`([a-z]+)`", cells[0]) if len(cells) == 3 else None
        field = re.fullmatch("`([a-z]+)`", cells[1]) if len(cells) == 3 else None
        if name:
            fields = events.setdefault(name[1], {})
        elif field:
            fields[field[1]] = cells[2].startswith("*optional*")
    return events


EVENTS = documented_events()


def is_documented(event):
    fields = EVENTS.get(event["event"], {})
    needed = {name for name, is_optional in fields.items() if not is_optional}
    return needed <= set(event) - {"event"} <= set(fields)


class Live:
    """A running `edgectl livepush --json`, and the container that it keeps in sync."""

    def __init__(self, engine, edgectl, root, project, *words):
        os.chmod(engine.root, 0o755)
        os.chmod(engine.root / "docker.sock", 0o666)
        self.engine, self.edgectl, self.root, self.project = engine, edgectl, root, project
        self.events = queue.Queue()
        self.seen, self.undocumented = [], []
        self.process = edgectl.start("livepush", "--json", "--platform", "linux/arm64", "--source", root, *words,
                                     engine.socket)
        self.errors = ""
        threading.Thread(target=self.read_errors, daemon=True).start()
        threading.Thread(target=self.read_events, daemon=True).start()
        self.wait("note", text="watching")

    def read_events(self):
        for line in self.process.stdout:
            event = json.loads(line)
            self.events.put(event)
            if not is_documented(event):
                self.undocumented.append(event)
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
        assert not self.undocumented


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
    live.wait("image")
    assert {x["event"] for x in live.seen} == set(EVENTS)


def test_the_man_page_has_the_events():
    text = " ".join((REPOSITORY / "docs/man/edgectl-livepush.1").read_text().split())
    for event, fields in EVENTS.items():
        assert re.search(rf"{event}\W+\({', '.join(fields)}[:)]", text), event


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


def test_a_changed_project_that_cannot_be_built(live, busybox):
    """The old container runs on; as soon as what is wrong is mended, the new one is there."""
    before = live.container()["Id"]
    live.write("Dockerfile.other", DOCKERFILE.format(busybox=busybox) + "RUN echo broken; exit 3\n")
    text = (live.root / "compose.yaml").read_text()
    assert "    build: .\n" in text
    live.write("compose.yaml", text.replace("    build: .\n", "    build: {context: ., dockerfile: Dockerfile.other}\n"))
    live.wait("error")
    assert live.container()["Id"] == before and live.container()["State"]["Running"]
    live.write("Dockerfile.other", DOCKERFILE.format(busybox=busybox) + "ENV MODE=mended\n")
    live.wait("note", text="watching")
    assert "MODE=mended" in live.container()["Config"]["Env"]
    live.save("src/main.py", "in sync again\n")
    assert live.read("/app/main.py") == "in sync again\n"


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


TWO_SERVICES = """
name: {project}
services:
  app:
    build: .
    network_mode: host
    env_file: app.env
    x-edgectl: {{restart: signal, signal: SIGUSR1}}
  other:
    build: .
    network_mode: host
"""
SIGNALLED = """
FROM {busybox}
WORKDIR /app
COPY src/ ./
RUN cat main.py lib/* > all
COPY config.ini ./
CMD ["sh", "-c", "trap 'echo again >> /signals' USR1; trap exit TERM; echo x > /up; while :; do sleep 0.2; done"]
"""


@pytest.fixture
def two(engine, edgectl, project, busybox):
    root, name = project
    (root / "compose.yaml").write_text(TWO_SERVICES.format(project=name))
    (root / "Dockerfile").write_text(SIGNALLED.format(busybox=busybox))
    (root / "app.env").write_text("MODE=one\n")
    with parts.closing(Live(engine, edgectl, root, name)) as live:
        try:
            for _ in range(2):
                live.wait("image")
            parts.wait_for("the program", lambda: engine.docker("exec", f"{name}-app-1", "cat", "/up").returncode == 0)
            yield live
        finally:
            live.process.send_signal(signal.SIGINT)
            live.process.wait(60)
            engine.docker("rm", "--force", f"{name}-other-1")


def other_of(live):
    return json.loads(live.engine.docker("inspect", f"{live.project}-other-1").stdout)[0]["Id"]


def test_a_step_behind_the_copy(two):
    """What a RUN makes of a file: the step runs again here; when it fails the old program runs on, and the next save mends it."""
    before = two.container()
    two.write("src/main.py", "two\n")
    assert two.wait("sync", service="app")["built"] is True
    assert two.read("/app/all") == "two\na\nb\n"
    (two.root / "src/lib").rename(two.root / "src/moved")
    two.wait("error", service="app")
    assert two.read("/app/main.py") == "two\n"
    (two.root / "src/moved").rename(two.root / "src/lib")
    two.write("src/lib/a.py", "mended\n")
    two.wait("sync", service="app")
    parts.wait_for("the step's result", lambda: two.read("/app/all") == "two\nmended\nb\n")
    after = two.container()
    assert (after["Id"], after["State"]["StartedAt"]) == (before["Id"], before["State"]["StartedAt"])


def test_a_signal_instead_of_a_restart(two):
    before = two.container()["State"]["StartedAt"]
    two.write("config.ini", "new\n")
    event = two.wait("sync", service="app")
    assert event["built"] is False and event["restarted"] is True
    parts.wait_for("the signal", lambda: two.engine.docker("exec", f"{two.project}-app-1", "cat", "/signals").stdout == "again\n")
    assert two.read("/app/config.ini") == "new\n" and two.container()["State"]["StartedAt"] == before


def test_only_the_service_concerned_is_made_anew(two):
    """A field of the compose file, an environment file, another base."""
    other, app = other_of(two), two.container()["Id"]
    two.write("app.env", "MODE=two\n")
    two.wait("note", text="watching")
    assert "MODE=two" in two.container()["Config"]["Env"] and two.container()["Id"] != app and other_of(two) == other
    app = two.container()["Id"]
    text = (two.root / "compose.yaml").read_text()
    two.write("compose.yaml", text.replace("    env_file: app.env\n", "    env_file: app.env\n    hostname: renamed\n"))
    two.wait("note", text="watching")
    assert two.container()["Config"]["Hostname"] == "renamed" and two.container()["Id"] != app and other_of(two) == other
    two.wait("image")
    two.wait("image")
    text = (two.root / "Dockerfile").read_text().lstrip()
    two.write("Dockerfile", text.replace("\n", " AS base\nRUN echo base > /base\nFROM base\n", 1))
    for _ in range(2):
        two.wait("sync")
    assert two.read("/base") == "base\n"


BARE = """
FROM {busybox} AS tools
FROM scratch
COPY --from=tools /bin/busybox /program
COPY src/ /app/
CMD ["/program", "sleep", "1000"]
"""


@pytest.fixture
def bare(engine, edgectl, project, busybox):
    root, name = project
    (root / "Dockerfile").write_text(BARE.format(busybox=busybox))
    with parts.closing(Live(engine, edgectl, root, name)) as live:
        live.wait("image")
        yield live


def copied(live, path):
    """A file of a container without any tool."""
    target = live.root.parent / "copied"
    done = live.engine.docker("cp", f"{live.project}-app-1:{path}", target)
    return target.read_text() if done.returncode == 0 else None


def test_an_image_without_tools(bare):
    before = bare.container()["Id"]
    bare.save("src/main.py", "two\n")
    bare.save("src/new/deep", "deep\n")
    assert copied(bare, "/app/main.py") == "two\n" and copied(bare, "/app/new/deep") == "deep\n"
    assert bare.container()["Id"] == before
    (bare.root / "src/main.py").unlink()
    bare.wait("note", text="runs again")
    assert copied(bare, "/app/main.py") is None and copied(bare, "/app/new/deep") == "deep\n"


def all_texts(live, path):
    """Of all files below, without the container's tools, which are emulated."""
    done = subprocess.run(["docker", "--host", live.engine.socket, "cp", f"{live.project}-app-1:{path}", "-"], stdout=subprocess.PIPE)
    if done.returncode != 0:
        return []
    with tarfile.open(fileobj=io.BytesIO(done.stdout)) as archive:
        return [archive.extractfile(x).read().decode() for x in archive if x.isreg()]


def test_as_editors_and_git_save(live):
    """A new file in place of the old one; the old one as a backup for a moment; a branch of 5,000 files."""
    live.wait("image")
    main = live.root / "src/main.py"
    git = ["git", "-C", live.root, *(word for setting in ("user.name=a", "user.email=a@example.org", "safe.directory=*", "gc.auto=0")
                                     for word in ("-c", setting))]
    live.write("src/.main.py.swp.log", "renamed\n")
    (live.root / "src/.main.py.swp.log").rename(main)
    live.wait("sync")
    assert live.read("/app/main.py") == "renamed\n"
    main.rename(live.root / "src/main.py~")
    live.write("src/main.py", "written anew\n")
    (live.root / "src/main.py~").unlink()
    parts.wait_for("the file", lambda: live.engine.docker("exec", f"{live.project}-app-1", "sh", "-c",
                                                        "cat /app/main.py; ls /app/main.py~").stdout == "written anew\n")
    with open(live.root / ".dockerignore", "a") as ignore:
        ignore.write(".git\n")
    subprocess.run(["git", "init", "--quiet", "--initial-branch=one", live.root], check=True)
    for branch in "one", "two":
        for number in range(5000):
            path = live.root / f"src/many/{number % 50}/{number}"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(f"{branch}\n")
        for words in ["add", "src"], ["commit", "--quiet", "-m", branch], ["checkout", "--quiet", "-b", "two"]:
            subprocess.run([*git, *words], check=branch == "one")
    identity = live.edgectl.identity
    subprocess.run(["chown", "-R", f"{identity.uid}:{identity.gid}", live.root], check=True)
    subprocess.run([*git, "checkout", "--quiet", "one"], check=True)
    parts.wait_for("the branch", lambda: all_texts(live, "/app/many") == ["one\n"] * 5000, seconds=90)


def test_a_file_of_two_names(live, busybox):
    """Written by one, it is another one by both; also when a later step has put something else in place of the first."""
    live.write("src/one", "1\n")
    os.link(live.root / "src/one", live.root / "src/two")
    live.wait("image")
    for number in range(2, 4):
        live.save("src/one", f"{number}\n")
        live.settle()
        assert [live.read(f"/app/{name}") for name in ("one", "two")] == [f"{number}\n"] * 2
    live.write("late/one", "late\n")
    live.write("Dockerfile", DOCKERFILE.format(busybox=busybox).replace("CMD", "COPY late/ ./\nCMD"))
    for name, expected in ("", "late\n3\n"), ("two", "late\nby two\n"), ("one", "late\nby one\n"):
        if name:
            live.write(f"src/{name}", f"by {name}\n")
        parts.wait_for(expected, lambda: live.engine.docker("exec", f"{live.project}-app-1", "cat", "/app/one", "/app/two").stdout ==
                       expected)


def test_more_changes_than_the_kernel_keeps(engine, edgectl, project):
    """The queue of inotify overflows; then all is looked at."""
    limit = pathlib.Path("/proc/sys/fs/inotify/max_queued_events")
    before = limit.read_text()
    try:
        limit.write_text("32")
    except OSError as error:
        pytest.skip(f"{limit}: {error}")
    try:
        live = Live(engine, edgectl, *project)
    finally:
        limit.write_text(before)
    with parts.closing(live):
        live.wait("image")
        live.process.send_signal(signal.SIGSTOP)
        for number in range(200):
            live.write(f"src/many/{number}", f"{number}\n")
        (live.root / "src/lib/a.py").unlink()
        live.process.send_signal(signal.SIGCONT)
        live.wait("sync")
        parts.wait_for("all files", lambda: live.run("sh", "-c", "cat /app/many/* | wc -l; ls /app/lib") == "200\nb.py\n", seconds=60)


def test_two_at_a_time(live, busybox):
    """Here the second one is refused; from elsewhere it takes the project over, and the first one says so and ends."""
    words = "--platform", "linux/arm64", "--source", live.root, live.engine.socket
    refused = live.edgectl("livepush", *words, status=1)
    assert f"another livepush keeps '{live.project}' in sync" in refused.stderr and f"process {live.process.pid}" in refused.stderr
    assert live.save("src/main.py", "two\n")["service"] == "app"
    live.edgectl("deploy", "--recreate", *words)
    container = live.container()["Id"]
    live.write("src/main.py", "three\n")
    live.wait("error", text="somebody else has deployed")
    assert live.process.wait(60) == 1
    parts.wait_for("the message", lambda: "somebody else has deployed" in live.errors)
    assert live.container()["Id"] == container and live.read("/app/main.py") == "two\n"


def test_a_ruled_container_that_is_gone(ruled):
    ruled.engine.docker("rm", "--force", f"{ruled.project}-app-1")
    ruled.write("src/main.py", "anew\n")
    ruled.wait("note", text="runs again")
    ruled.wait("sync")
    assert ruled.read("/srv/main.py") == "anew\n"
