"""A board at the other end of a cable: real Ethernet between two network namespaces, which is pulled and plugged in again."""
import json
import os
import shutil
import signal
import subprocess
import threading
import time

import pytest

import parts

BOARD = "10.98.0.2"
ADDRESS = f"tcp://{BOARD}:2375"
MODEL = """
name: link
services:
  app:
    build: .
    network_mode: host
    restart: always
    stop_signal: SIGKILL
"""
DOCKERFILE = """
FROM {busybox}
COPY data message /app/
CMD ["sh", "-c", "i=0; while :; do i=$((i+1)); echo line $i $(cat /app/message); sleep 0.1; done"]
"""


class Cable:
    """A pair of interfaces: one in a namespace where edgectl runs, one in that of the board's engine."""

    def __init__(self, engine):
        # In its own namespace, which ends with it.
        self.holder = subprocess.Popen(["unshare", "--net", "sleep", "infinity"])
        parts.wait_for("a network namespace", lambda: os.readlink(f"/proc/{self.holder.pid}/ns/net") !=
                       os.readlink("/proc/self/ns/net"), self.holder)
        self.near, self.far = ["nsenter", f"--net=/proc/{self.holder.pid}/ns/net"], ["nsenter", f"--net=/proc/{engine.daemon}/ns/net"]
        self.run(self.near, "ip", "link", "add", "board", "type", "veth", "peer", "name", "cable", "netns", str(engine.daemon))
        self.run(self.near, "ip", "addr", "add", "10.98.0.1/24", "dev", "board")
        self.run(self.near, "ip", "link", "set", "board", "up")
        self.run(self.far, "ip", "addr", "add", f"{BOARD}/24", "dev", "cable")
        self.plug_in()

    def run(self, where, *words):
        subprocess.run([*where, *words], check=True)

    def pull(self):
        self.run(self.far, "ip", "link", "set", "cable", "down")

    def plug_in(self):
        self.run(self.far, "ip", "link", "set", "cable", "up")

    def slow_down(self):
        """8 MB a second."""
        self.run(self.near, "tc", "qdisc", "add", "dev", "board", "root", "tbf", "rate", "64mbit", "burst", "64kb", "latency", "200ms")

    def speed_up(self):
        self.run(self.near, "tc", "qdisc", "del", "dev", "board", "root")

    def close(self):
        parts.stop(self.holder)


@pytest.fixture(scope="module")
def board(workspace, registry):
    parts.need(os.geteuid() == 0, "not root")
    parts.need_program("dockerd", "docker.io")
    more = ["--host=tcp://0.0.0.0:2375", "--tls=false"]  # said, or it waits for 15 s
    with parts.closing(parts.Engine(workspace, registry, name="board", more=more, comes_back=True)) as engine:
        with parts.closing(Cable(engine)) as engine.cable:
            yield engine


@pytest.fixture
def near(board, edgectl, identity):
    """edgectl at the near end of the cable."""
    parts.need(identity.name == "root", "only root enters a network namespace of another user")
    return edgectl.inside(*board.cable.near)


@pytest.fixture
def project(board, context, busybox, edgectl):
    root = context({"Dockerfile": DOCKERFILE.format(busybox=busybox), "compose.yaml": MODEL, "message": "one\n",
                    "data": "small"})
    edgectl("build", "--platform", "linux/arm64", "--file", "compose.yaml", cwd=root)  # the base is fetched here
    yield root
    board.docker("rm", "--force", "link-app-1", "other-app-1")


class Follower:
    """What a command prints, as it comes."""

    def __init__(self, process, stream="stdout"):
        self.process, self.lines = process, []
        self.thread = threading.Thread(target=self.read, args=[getattr(process, stream)], daemon=True)
        self.thread.start()

    def read(self, stream):
        for line in stream:
            self.lines.append(line)

    def wait(self, what, ready, seconds=60):
        parts.wait_for(what, lambda: ready(self.lines), self.process, seconds)

    def close(self):
        self.process.send_signal(signal.SIGINT)
        self.process.wait(30)


def deploy_words(root):
    return ["deploy", "--platform", "linux/arm64", "--source", root, ADDRESS]


def test_plain_tcp_is_warned_of(near):
    result = near("device", "info", "--json", ADDRESS)
    assert json.loads(result.stdout)["engine"]["product"] == "Docker"
    assert "warning" in result.stderr and "not encrypted" in result.stderr


def test_nobody_there(near):
    problem = near("device", "info", "tcp://10.97.0.9", status=1).stderr
    assert "board 'tcp://10.97.0.9'" in problem and "is the board on" in problem


def images(board):
    return board.docker("images", "--all", "--quiet").stdout, sorted(board.docker("ps", "--all", "--quiet").stdout.split())


def numbers(lines):
    return [int(line.split()[1]) for line in lines if line.startswith("line ")]


def has_message(text):
    return lambda lines: any(text in line for line in lines)


def deploy_until_the_cable_is_pulled(board, near, root):
    """A deployment that is cut while the image is on its way; what it said."""
    board.cable.slow_down()
    process = near.start(*deploy_words(root), "--progress", "json")
    sent = Follower(process, "stderr")
    sent.wait("the transfer", lambda lines: any('"sending"' in x and json.loads(x)["done"] > 0 for x in lines))
    board.cable.pull()
    assert process.wait(60) == 1
    return "".join(sent.lines)


def test_the_cable_is_pulled(board, near, context, busybox, project):
    """A log goes on where it was, without a line too few or too many; livepush brings what was saved meanwhile; a transfer
    that was cut leaves nothing on the board, and the next attempt does it."""
    near(*deploy_words(project))
    other = project / "other"
    shutil.copytree(project, other, ignore=shutil.ignore_patterns("other"))
    (other / "data").write_bytes(os.urandom(24 << 20))
    (other / "compose.yaml").write_text(MODEL.replace("name: link", "name: other"))
    log = Follower(near.start("device", "logs", "--follow", ADDRESS, "link-app-1"))
    live = Follower(near.start("livepush", "--json", *deploy_words(project)[1:]))
    log.wait("some lines", lambda lines: len(lines) > 10)
    live.wait("livepush", has_message("watching"))
    before = images(board)

    said = deploy_until_the_cable_is_pulled(board, near, other)
    assert f"board '{ADDRESS}'" in said and "load an image" in said
    (project / "message").write_text("saved without a network\n")
    time.sleep(1)
    board.cable.speed_up()
    board.cable.plug_in()
    live.wait("the sync", has_message('"sync"'))
    log.wait("what was saved", has_message("saved without a network"))
    assert images(board) == before
    again = near(*deploy_words(other)).stderr
    assert "1 created" in again and "sent 2" in again

    os.kill(board.daemon, signal.SIGKILL)  # a new one starts, and its containers with it
    seen = len(log.lines)
    log.wait("a restarted engine", lambda lines: any(x.startswith("line 1 ") for x in lines[seen:]))
    synced = len(live.lines)
    (project / "message").write_text("after the restart\n")
    live.wait("the next sync", lambda lines: has_message('"sync"')(lines[synced:]))
    log.wait("what was saved then", has_message("after the restart"))
    live.close()
    log.close()
    runs = numbers(log.lines)
    starts = [i for i, number in enumerate(runs) if number == 1] + [len(runs)]
    assert len(starts) > 3
    for begin, end in zip(starts, starts[1:]):
        assert runs[begin:end] == list(range(1, end - begin + 1))
