"""A release on its way to boards: a real Docker engine and Podman's service, of different architectures, under emulation."""
import contextlib
import fcntl
import json
import os
import pty
import random
import re
import signal
import struct
import termios
import time
import urllib.request

import pytest

import parts
from conftest import COUNTER
from recorded_boards import RecordedBoards
from test_podman import Podman

DOCKERFILE = """
FROM {busybox}
WORKDIR /app
COPY message ./
CMD ["sh", "-c", "trap exit TERM; grep -q dies /app/message && exit 3; while :; do sleep 0.2; done"]
"""
COMPOSE = """
services:
  app:
    build: .
    network_mode: host
    stop_signal: SIGKILL
"""
SERVICES = """
services:
  app: {build: ., volumes: ["data:/data"]}
  web: {build: ., depends_on: {app: {condition: service_started}}}
  side: {build: ., network_mode: "service:app"}
volumes: {data: {}}
"""
QUICK = ["--healthy-for", "1s", "--timeout", "60s"]


class Board:
    """One engine, and what it has of the fleet's project."""

    def __init__(self, name, engine, platform, project):
        os.chmod(engine.root, 0o755)
        os.chmod(engine.root / "docker.sock", 0o666)
        self.name, self.engine, self.platform, self.project = name, engine, platform, project

    def containers(self):
        names = self.engine.docker("ps", "--all", "--quiet", "--no-trunc", "--filter",
                                   f"label=com.docker.compose.project={self.project}").stdout.split()
        return {x["Name"].lstrip("/"): x for x in json.loads(self.engine.docker("inspect", *names).stdout)} if names else {}

    def runs(self):
        """What the only container, which must run under its right name, says it is: its message and its machine."""
        containers = self.containers()
        assert list(containers) == [f"{self.project}-app-1"], containers.keys()
        state = containers[f"{self.project}-app-1"]["State"]
        assert state["Status"] == "running", state
        done = self.engine.docker("exec", f"{self.project}-app-1", "sh", "-c", "cat /app/message; uname -m")
        assert done.returncode == 0, done.stderr
        return tuple(done.stdout.split())

    def ids(self):
        return {name: x["Id"] for name, x in self.containers().items()}

    def close(self):
        for name in self.containers():
            self.engine.docker("rm", "--force", "--volumes", name)


class Fleet:
    """A project and its releases, with an address book of its own."""

    def __init__(self, edgectl, registry, identity, root, project, store):
        self.program, self.registry, self.root, self.project = edgectl.with_store(store), registry, root, project
        self.repository = f"{identity.name}/rollout-{next(COUNTER)}"
        self.environment = {"EDGECTL_CONFIG_HOME": str(store / "config"), "XDG_CACHE_HOME": str(store / "cache")}
        (root / "edgectl.yaml").write_text(
            f"fleets: {{{project}: {{registry: {registry.address}, repository: {self.repository},\n"
            "  platforms: [linux/arm64, linux/arm/v7], channel: stable}}\n")

    def __call__(self, *words, **options):
        return self.program(*words, cwd=self.root, env=self.environment, **options)

    def release(self, version, message=None):
        (self.root / "message").write_text(f"{message or version}\n")
        self("push", self.project, "--release-version", version, "-q")

    def words(self, *words, devices="all", release=""):
        return ["rollout", self.project + release, "--devices", devices, *QUICK, *words]

    def rollout(self, *words, devices="all", release="", **options):
        return self(*self.words(*words, devices=devices, release=release), **options)

    def start(self, *words, **where):
        return self.program.start(*self.words(*words, **where), cwd=self.root, env=self.environment)

    def events(self, *words, **options):
        done = self.rollout("--json", *words, **options)
        return [json.loads(line) for line in done.stdout.splitlines()], done


def ends(events):
    """The last state of each board."""
    return {x["board"]: x for x in events if x["event"] == "board" and x["state"] != "active"}


@pytest.fixture
def fleet(edgectl, registry, context, busybox, identity, request, scratch):
    words = re.sub("[^a-z0-9]+", "-", request.node.originalname)
    root = context({"Dockerfile": DOCKERFILE.format(busybox=busybox), "message": "none\n", "compose.yaml": COMPOSE})
    return Fleet(edgectl, registry, identity, root, f"{words}-{identity.name}", scratch / "store")


@pytest.fixture(scope="module")
def podman(workspace, registry):
    parts.need(os.geteuid() == 0, "podman as a board's engine needs root")
    parts.need_program("podman", "podman")
    parts.need_program("runc", "runc")
    with parts.closing(Podman(workspace, blocked=registry.address)) as podman:
        yield podman


@pytest.fixture
def pair(fleet, engine, podman):
    """Two real boards: a Docker engine for arm64, and Podman's for arm/v7."""
    boards = [Board("north", engine, "linux/arm64", fleet.project), Board("south", podman, "linux/arm/v7", fleet.project)]
    for board in boards:
        fleet("device", "add", "--fleet", fleet.project, "--platform", board.platform, board.name, board.engine.socket)
    try:
        yield boards
    finally:
        for board in boards:
            board.close()


@pytest.fixture
def many(fleet, workspace):
    """many(N, faults of boards by number) are boards of the recorded Engine API, and the file that lists them."""
    with contextlib.ExitStack() as stack:
        def start(count, faults=(), **options):
            log = stack.enter_context(open(workspace / f"{fleet.project}.log", "w"))
            boards = RecordedBoards(count, *options, faults=faults, log=log)
            stack.callback(boards.close)
            (fleet.root / "boards").write_text("# all of them\n" + "".join(f"{x}  # a board\n" for x in boards.addresses()))
            return boards
        yield start


def test_two_boards(fleet, pair):
    """Each has what is for its processor; what runs the release is left alone; the next release; back again."""
    north, south = pair
    fleet.release("one")
    events, _ = fleet.events()
    assert {name: (x["state"], x["from"], x["to"]) for name, x in ends(events).items()} == {
        "north": ("done", None, "one"), "south": ("done", None, "one")}
    assert north.runs() == ("one", "aarch64") and south.runs() == ("one", "armv7l")
    before = [board.ids() for board in pair]
    events, _ = fleet.events()
    assert all(x["unchanged"] for x in ends(events).values()) and [board.ids() for board in pair] == before
    fleet.release("two")
    shown = fleet.rollout("--dry-run").stdout.splitlines()
    assert [line.split() for line in shown[1:]] == [["canary", "north", "one"], ["1", "south", "one"]]
    events, _ = fleet.events()
    assert {x["from"] for x in ends(events).values()} == {"one"}
    assert north.runs() == ("two", "aarch64") and south.runs() == ("two", "armv7l")
    assert "2 of 2 boards run it" in fleet.rollout("--canary", "0", release=":one").stdout
    assert north.runs()[0] == "one" and south.runs()[0] == "one"


def test_what_is_not_healthy_is_put_back(fleet, pair):
    """The canary has what it had, the very same container; the other board was not touched."""
    north, south = pair
    fleet.release("one")
    fleet.rollout("--canary", "0")
    before = [board.ids() for board in pair]
    fleet.release("two", "dies")
    done = fleet.rollout(status=1)
    assert "north   failed   service 'app': it ended with status 3" in done.stdout and "south" not in done.stdout
    assert "1 board failed" in done.stderr and "the same command goes on" in done.stderr
    assert [board.ids() for board in pair] == before and north.runs()[0] == "one" and south.runs()[0] == "one"
    # Podman's too
    events, _ = fleet.events("--canary", "0", "--max-failures", "100%", status=1)
    assert {x["state"] for x in ends(events).values()} == {"failed"}
    assert [board.ids() for board in pair] == before and south.runs()[0] == "one"


def test_killed_and_taken_up(fleet, pair):
    """At any moment: every board has the old release or the new one, and the next run completes it."""
    seed = random.randrange(1 << 30)
    print("seed", seed)
    chance = random.Random(seed)
    fleet.release("one")
    fleet.rollout("--canary", "0")
    for version in ("two", "three"):
        fleet.release(version)
        process = fleet.start("--canary", "0")
        # It takes some seconds; where it has come to by then is chance.
        time.sleep(chance.uniform(0.05, 3))
        process.kill()
        process.communicate()
        fleet.rollout("--canary", "0")
        assert {board.runs()[0] for board in pair} == {version}


def test_a_failing_release_that_was_killed(fleet, pair):
    """While it watched the canary: what ran before is not lost, and comes back when the next run finds the release bad."""
    north = pair[0]
    fleet.release("one")
    fleet.rollout(devices="north")
    before = north.ids()
    fleet.release("two")
    process = fleet.start("--healthy-for", "50s", "--json", devices="north")
    for line in process.stdout:
        if "watching its health" in line:
            break
    process.kill()
    process.communicate()
    assert len(north.containers()) == 2
    fleet.release("three", "dies")
    fleet.rollout(devices="north", status=1)
    assert north.ids() == before and north.runs()[0] == "one"


def test_interrupted(fleet, pair):
    """Ctrl-C: the board under way is put back, no other is begun."""
    north, south = pair
    fleet.release("one")
    fleet.rollout("--canary", "0")
    before = [board.ids() for board in pair]
    fleet.release("two")
    process = fleet.start("--healthy-for", "50s", "--json")
    lines = []
    for line in process.stdout:
        lines.append(json.loads(line))
        if lines[-1].get("text") == "watching its health":
            process.send_signal(signal.SIGINT)
    stderr = process.communicate()[1]
    assert process.returncode == 130 and "the same command goes on" in stderr, stderr
    assert lines[-1]["event"] == "summary" and lines[-1]["status"] == "interrupted" and lines[-1]["pending"] == 2
    assert [board.ids() for board in pair] == before and north.runs()[0] == "one" and south.runs()[0] == "one"


# --- with boards that answer as an engine does, and run nothing ---


def made(boards, number):
    """What a board's containers are made of, and when."""
    return {name: (x["image"], x["created"]) for name, x in boards.board(number)["containers"].items()}


def test_waves(fleet, many):
    """Canaries, waves, so many at a time; the release and its images are asked for once; in the order of the list."""
    fleet.release("one")
    boards = many(20)
    events, _ = fleet.events("--canary", "2", "--wave", "25%", "--parallel", "4", devices="@boards")
    waves = {}
    most = active = 0
    for event in events:
        if event["event"] == "board":
            waves.setdefault(event["wave"], set()).add(event["board"])
            active += 1 if event["state"] == "active" else -1
            most = max(most, active)
    assert [len(waves[number]) for number in sorted(waves)] == [2, 5, 5, 5, 3] and most == 4
    assert waves[0] == set(boards.addresses()[:2])
    assert events[-1] == events[-1] | {"event": "summary", "status": "done", "boards": 20, "done": 20, "failed": 0, "offline": 0,
                                       "pending": 0, "unchanged": 0, "release": "one"}
    assert boards.totals()["pulls"] == 20
    fleet("deploy", boards.address(1), "--release", fleet.project)
    again, _ = fleet.events("--parallel", "20", devices="@boards")
    assert {x["from"] for x in ends(again).values()} == {"one"} and again[-1]["unchanged"] == 20 and boards.totals()["pulls"] == 20


def test_failures(fleet, many):
    """Not more than were said; those that fail have what they had."""
    fleet.release("one")
    boards = many(20)
    fleet.rollout(devices="@boards")
    fleet.release("two")
    for number in 3, 7, 8, 9:
        boards.set_faults(number, dies=0.1)
    before = [made(boards, number) for number in (3, 20)]
    done = fleet.rollout("--wave", "4", "--max-failures", "2", devices="@boards", status=1)
    assert f"{boards.address(3)}   failed   service 'app': it ended with status 1" in done.stdout
    assert "4 boards failed: no further one was begun" in done.stderr and "11 not begun" in done.stdout
    assert [made(boards, number) for number in (3, 20)] == before
    for number in 3, 7, 8, 9:
        boards.set_faults(number)
    requests = boards.board(1)["requests"]
    events, _ = fleet.events(devices="@boards")
    assert events[-1]["done"] == 20 and boards.address(1) not in ends(events) and boards.board(1)["requests"] == requests
    assert len(ends(events)) == 15
    events, _ = fleet.events("--again", devices="@boards")
    assert len(ends(events)) == 20 and events[-1]["unchanged"] == 20


def test_out_of_reach(fleet, many):
    """A canary that is not there is replaced; boards that are not there are left out, waited for, or count as failed."""
    fleet.release("one")
    boards = many(4, {"1": {"offline": True}})
    gone = boards.address(1)
    events, done = fleet.events("--offline", "skip", devices="@boards")
    assert ends(events)[gone]["state"] == "offline" and ends(events)[boards.address(2)]["wave"] == 0
    assert events[-1]["status"] == "done" and events[-1]["offline"] == 1
    none = fleet.rollout("--offline", "skip", devices=gone, status=1)
    assert "1 board could not be reached" in none.stderr
    fleet.release("two")
    failed = fleet.rollout("--offline", "fail", "--canary", "0", "--parallel", "1", devices="@boards", status=1)
    assert f"{gone}   failed" in failed.stdout and "1 board failed" in failed.stderr
    late = fleet.rollout("--timeout", "3s", devices="@boards", status=1)
    assert f"{gone}   not reached" in late.stdout and "1 board could not be reached" in late.stderr
    assert late.stderr.count("\nboards that could not be reached\n") == 1
    process = fleet.start("--json", devices="@boards")
    for line in process.stdout:
        if json.loads(line).get("state") == "offline":
            break
    boards.set_faults(1)
    rest, stderr = process.communicate(timeout=60)
    assert process.returncode == 0, stderr
    assert json.loads(rest.splitlines()[-1])["done"] == 4 and '"retrying":true' in rest.replace(" ", "")


def test_boards_that_cannot(fleet, many):
    """Full, of another processor, unhealthy: a message each, and each has what it had."""
    compose = fleet.root / "compose.yaml"
    compose.write_text(compose.read_text() + "    healthcheck: {test: [CMD, 'true'], interval: 1s}\n")
    fleet.release("one")
    boards = many(4)
    fleet.rollout("--canary", "0", devices="@boards")
    fleet.release("two")
    before = [made(boards, number) for number in (1, 2, 3)]
    for number, fault in enumerate([{"full": True}, {"architecture": "amd64"}, {"unhealthy": True}], 1):
        boards.set_faults(number, **fault)
    events, _ = fleet.events("--canary", "0", "--max-failures", "100%", devices="@boards", status=1)
    found = [ends(events)[boards.address(number)] for number in range(1, 5)]
    assert [x["state"] for x in found] == ["failed", "failed", "failed", "done"]
    for event, said in zip(found, ("no space left on device", "linux/amd64", "it is unhealthy")):
        assert said in event["reason"]
    assert [made(boards, number) for number in (1, 2, 3)] == before


@pytest.mark.parametrize("more, what", [
    ("    depends_on: {job: {condition: service_completed_successfully}}\n  job: {build: .}\n", "waits for 'job'"),
    ("    pre_start: [{command: [forever]}]\n", "its pre_start hook 0 ('forever')"),
])
def test_what_never_ends(fleet, many, more, what):
    """What a service waits for has the same time as all of it."""
    fleet.release("one")
    boards = many(1)
    fleet.rollout(devices="@boards")
    before = made(boards, 1)
    compose = fleet.root / "compose.yaml"
    compose.write_text(compose.read_text() + more)
    fleet.release("two")
    done = fleet.rollout("--timeout", "2s", devices="@boards", status=1)
    assert what in done.stdout and "it did not end in 2 s" in done.stdout
    assert made(boards, 1) == before


def test_killed_often(fleet, many):
    """Several services, and what they need: names, networks and states are right after the next run, whatever was cut off."""
    (fleet.root / "compose.yaml").write_text(SERVICES)
    fleet.release("one")
    fleet.release("two")
    boards = many(3)
    fleet.rollout("--canary", "0", devices="@boards")
    seed = random.randrange(1 << 30)
    print("seed", seed)
    chance = random.Random(seed)
    images = {}
    for version in ["one", "two"] * 3:
        process = fleet.start("--canary", "0", devices="@boards", release=f":{version}")
        time.sleep(chance.uniform(0.1, 1.2))
        process.kill()
        process.communicate()
        fleet.rollout("--canary", "0", devices="@boards", release=f":{version}")
        for number in range(1, 4):
            found = boards.board(number)["containers"]
            assert sorted(found) == [f"{fleet.project}-{x}-1" for x in ("app", "side", "web")], found
            assert {x["state"] for x in found.values()} == {"running"}
            images.setdefault(version, set()).update((x["service"], x["image"]) for x in found.values())
    assert len(images["one"]) == len(images["two"]) == 3 and images["one"] != images["two"]


def test_through_here(fleet, many):
    """Boards that do not reach the registry are sent the images, which are fetched once."""
    fleet.release("one")
    boards = many(3, {"all": {"unreachable": True}})
    done = fleet.rollout("--progress", "plain", devices="@boards")
    assert done.stderr.count("so it is sent from here") == 3
    assert boards.totals()["loads"] == 3


def test_hooks_through_here(fleet, many, busybox):
    """Images of hooks, too: another service's, and one of others, each sent once a board."""
    (fleet.root / "compose.yaml").write_text(f"""
services:
  app:
    build: .
    pre_start: [{{command: [own]}}, {{command: [other], image: {busybox}}}, {{command: [web], image: "private/web:1"}}]
  web: {{build: {{context: ., target: plain}}, image: "private/web:1"}}
""")
    dockerfile = fleet.root / "Dockerfile"
    dockerfile.write_text(f"FROM {busybox} AS plain\nCOPY message /plain\n{dockerfile.read_text()}")
    fleet.release("one")
    boards = many(2, {"all": {"unreachable": True, "ends": 0.05, "with": "pre_start"}})
    fleet.rollout("--canary", "0", devices="@boards")
    assert boards.totals()["loads"] == 6
    fleet("deploy", boards.address(1), "--release", fleet.project)
    assert boards.totals()["loads"] == 6
    assert sorted(boards.board(2)["containers"]) == [f"{fleet.project}-{name}-1" for name in ("app", "web")]


def test_what_the_registry_lost(fleet, many):
    """Nothing is touched for a release that is not whole."""
    fleet.release("one")
    boards = many(2)
    digest = json.loads(fleet("release", "ls", fleet.project, "--json").stdout)[0]["images"]["app"].partition("@")[2]
    request = urllib.request.Request(f"http://{fleet.registry.address}/v2/{fleet.repository}/manifests/{digest}", method="DELETE")
    urllib.request.urlopen(request, timeout=30).close()
    done = fleet.rollout(devices="@boards", status=1)
    assert "release 'one': service 'app'" in done.stderr and "edgectl push" in done.stderr
    gone = fleet.rollout(devices="@boards", release=":gone", status=1).stderr.splitlines()
    name = f"{fleet.registry.address}/{fleet.repository}"
    assert gone == [f"error: release '{name}:gone': it is not in registry '{fleet.registry.address}'",
                    f"hint: 'edgectl release ls {name}' lists what there is"]
    assert boards.totals()["requests"] == 0


def test_one_at_a_time(fleet, many):
    fleet.release("one")
    boards = many(1)
    fleet("deploy", boards.address(1), "--release", fleet.project)
    assert "canary" in fleet.rollout("--dry-run", devices="@boards").stdout
    fleet.release("two")
    assert re.search("^canary +tcp.* one$", fleet.rollout("--dry-run", devices="@boards").stdout, re.M)
    first = fleet.start("--healthy-for", "50s", "--json", devices="@boards")
    for line in first.stdout:
        if "watching its health" in line:
            break
    second = fleet.rollout(devices="@boards", status=1)
    assert f"another rollout of '{fleet.registry.address}/{fleet.repository}' is under way: process {first.pid} on " in second.stderr
    first.send_signal(signal.SIGTERM)
    first.communicate()
    fleet.rollout(devices="@boards")
    assert [x["state"] for x in boards.board(1)["containers"].values()] == ["running"]


@pytest.mark.parametrize("words, status, said", [
    (["--devices", "all"], 2, "edgectl device add --fleet"),
    (["--devices", "a b"], 2, "'a b'"),
    (["--devices", "@nosuch"], 1, "'nosuch'"),
    (["--devices", "@bad"], 2, "'bad', line 3"),
    ([], 2, "to which boards?"),
    (["--devices", "pi", "--canary", "many"], 2, "option '--canary'"),
    (["--devices", "pi", "--wave", "120%"], 2, "option '--wave'"),
    (["--devices", "pi", "--wave", "0%"], 2, "option '--wave'"),
    (["--devices", "@"], 2, "'@' needs"),
    (["--devices", "pi", "--timeout", "1s", "--healthy-for", "1m"], 2, "--timeout is shorter"),
    (["--devices", "pi", "--parallel", "0"], 2, "--parallel"),
])
def test_bad_words(fleet, words, status, said):
    (fleet.root / "bad").write_text("pi\n\nssh://a b\n")
    assert said in fleet("rollout", fleet.project, *words, status=status).stderr


def test_table(fleet, many):
    """On a terminal of 80 columns and 24 rows, which becomes narrower: only rows that fit, and the cursor is there at the end."""
    fleet.release("one")
    many(60, {str(number): {"dies": 0.1} for number in (5, 20, 21, 22, 40)} | {"all": {"slow": 0.05}})
    words = [fleet.program.program, *fleet.words("--parallel", "40", "--max-failures", "10", devices="@boards")]
    status, text = terminal_run(words, fleet)
    assert status == 1
    assert "[+] Rolling out " in text and "in work" in text and "FAILED tcp://127.64.0.20" in text
    for view in text.split("[+] Rolling out ")[1:]:
        rows = view.split("\033[J")[0].split("\r\n")
        assert len(rows) <= 24 and all(len(re.sub(r"\033\[[0-9;?]*[a-zA-Z]", "", row)) < 80 for row in rows), rows
    assert re.search(r"tcp://\S+ +nothing -> one", text)
    assert text.rindex("\033[?25h") > text.rindex("\033[?25l") and "55 of 60 boards run it, 5 failed" in text


def terminal_run(words, fleet):
    child, terminal = pty.fork()
    if child == 0:
        os.chdir(fleet.root)
        if fleet.program.identity.credentials:
            os.setgroups([])
            os.setgid(fleet.program.identity.gid)
            os.setuid(fleet.program.identity.uid)
        os.execve(words[0], list(map(str, words)), fleet.program.env() | fleet.environment | {"TERM": "xterm"})
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
    text = b""
    while True:
        try:
            text += os.read(terminal, 65536)
        except OSError:  # closed at the other end
            break
    os.close(terminal)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), text.decode()
