"""A release on its way to boards: a real Docker engine and Podman's service, of different architectures, under emulation."""
import json
import os
import random
import signal
import socket
import time

import pytest

import parts
from conftest import COUNTER
from test_podman import podman  # noqa: F401 (a fixture)

DOCKERFILE = """
FROM {busybox}
WORKDIR /app
COPY message ./
RUN uname -m > /machine
CMD ["sh", "-c", "trap exit TERM; grep -q dies /app/message && exit 3; while :; do sleep 0.2; done"]
"""
COMPOSE = """
services:
  app:
    build: .
    network_mode: host
    stop_signal: SIGKILL
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
        done = self.engine.docker("exec", f"{self.project}-app-1", "cat", "/app/message", "/machine")
        assert done.returncode == 0, done.stderr
        return tuple(done.stdout.split())

    def ids(self):
        return {name: x["Id"] for name, x in self.containers().items()}

    def close(self):
        for name in self.containers():
            self.engine.docker("rm", "--force", "--volumes", name)


class Fleet:
    """A project whose releases go to two boards, `north` and `south`."""

    def __init__(self, edgectl, registry, identity, root, boards, store):
        self.program, self.root, self.boards = edgectl.with_store(store), root, boards
        self.north, self.south = boards
        self.environment = {"EDGECTL_CONFIG_HOME": str(store / "config"), "XDG_CACHE_HOME": str(store / "cache")}
        self.project = self.north.project
        (root / "edgectl.yaml").write_text(
            f"fleets: {{{self.project}: {{registry: {registry.address}, repository: {identity.name}/rollout-{next(COUNTER)},\n"
            "  platforms: [linux/arm64, linux/arm/v7], channel: stable}}\n")
        for board in boards:
            self("device", "add", "--fleet", self.project, "--platform", board.platform, board.name, board.engine.socket)

    def __call__(self, *words, **options):
        return self.program(*words, cwd=self.root, env=self.environment, **options)

    def release(self, version, message=None):
        (self.root / "message").write_text(f"{message or version}\n")
        self("push", self.project, "--release-version", version, "-q")

    def rollout(self, *words, devices="all", release="", **options):
        return self("rollout", self.project + release, "--devices", devices, *QUICK, *words, **options)

    def start(self, *words):
        return self.program.start("rollout", self.project, "--devices", "all", *QUICK, *words, cwd=self.root, env=self.environment)

    def events(self, *words, **options):
        done = self.rollout("--json", *words, **options)
        return [json.loads(line) for line in done.stdout.splitlines()], done


def ends(events):
    """The last state of each board."""
    return {x["board"]: x for x in events if x["event"] == "board" and x["state"] != "active"}


@pytest.fixture
def fleet(edgectl, registry, engine, podman, context, busybox, identity, request, scratch):  # noqa: F811
    project = f"roll-{identity.name}-{request.node.originalname.replace('_', '-')}"
    root = context({"Dockerfile": DOCKERFILE.format(busybox=busybox), "message": "none\n",
                    "compose.yaml": COMPOSE})
    boards = [Board("north", engine, "linux/arm64", project), Board("south", podman, "linux/arm/v7", project)]
    try:
        yield Fleet(edgectl, registry, identity, root, boards, scratch / "store")
    finally:
        for board in boards:
            board.close()


def test_two_boards(fleet):
    """Each has what is for its processor; what runs the release is left alone; the next release; back again."""
    fleet.release("one")
    events, _ = fleet.events()
    assert [x["event"] for x in events if x["event"] != "phase"][-1] == "summary"
    assert {name: (x["state"], x["from"], x["to"]) for name, x in ends(events).items()} == {
        "north": ("done", None, "one"), "south": ("done", None, "one")}
    assert fleet.north.runs() == ("one", "aarch64") and fleet.south.runs() == ("one", "armv7l")
    before = [board.ids() for board in fleet.boards]
    events, _ = fleet.events()
    assert all(x["unchanged"] for x in ends(events).values()) and [board.ids() for board in fleet.boards] == before
    fleet.release("two")
    events, _ = fleet.events()
    assert {x["from"] for x in ends(events).values()} == {"one"}
    assert fleet.north.runs() == ("two", "aarch64") and fleet.south.runs() == ("two", "armv7l")
    assert "2 of 2 boards run it" in fleet.rollout(release=":one").stdout
    assert fleet.north.runs()[0] == "one" and fleet.south.runs()[0] == "one"
