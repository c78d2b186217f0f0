"""Lines that break and registries that go away, between edgectl and the real docker-registry."""
import hashlib
import pathlib
import random
import socket
import subprocess
import threading

import parts
import pytest

MIB = 1024 * 1024
SIZE = 12 * MIB


class CuttingLine:
    """Forwards connections to `port`; `next_cut()` says after how many bytes of both ways a new one is reset, None = never."""

    def __init__(self, port, next_cut):
        self.port, self.next_cut, self.cuts = port, next_cut, 0
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.address = f"127.0.0.1:{self.listener.getsockname()[1]}"
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            server = socket.create_connection(("127.0.0.1", self.port))
            line = {"left": self.next_cut(), "ends": [client, server], "lock": threading.Lock()}
            for source, target in ((client, server), (server, client)):
                threading.Thread(target=self.forward, args=(line, source, target), daemon=True).start()

    def forward(self, line, source, target):
        try:
            while data := source.recv(65536):
                if not self.may_pass(line, len(data)):
                    return
                target.sendall(data)
            target.shutdown(socket.SHUT_WR)
        except OSError:
            pass

    def may_pass(self, line, size):
        """False once, and for all, when the line is cut: the connection is reset, as a middlebox does it."""
        with line["lock"]:
            if line["left"] is None:
                return True
            line["left"] -= size
            if line["left"] > 0:
                return True
            self.cuts += 1
            for end in line["ends"]:
                end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
                end.shutdown(socket.SHUT_RDWR)
                end.close()
            return False

    def close(self):
        self.listener.close()


@pytest.fixture
def line():
    lines = []

    def make(port, next_cut):
        lines.append(CuttingLine(port, next_cut))
        return lines[-1]

    yield make
    for each in lines:
        each.close()


@pytest.fixture
def own_registry(tmp_path):
    parts.need_program("docker-registry", "docker-registry")
    with parts.closing(parts.Registry(tmp_path, "own")) as registry:
        yield registry


@pytest.fixture
def built(fresh_edgectl, context):
    """built(address): the name of an image of three layers in the store, and the digests of its files."""
    def build(address):
        dice = random.Random(5)
        files = {f"file-{n}": dice.randbytes(SIZE // 3) for n in range(3)}
        steps = "".join(f"COPY {file} /{file}\n" for file in files)
        name = f"{address}/lines:1"
        fresh_edgectl("build", "--platform", "linux/arm64", "-t", name, context({"Dockerfile": f"FROM scratch\n{steps}"} | files))
        return name, sorted(hashlib.sha256(x).hexdigest() for x in files.values())

    return build


def unpacked(edgectl):
    return sorted(hashlib.sha256(x.read_bytes()).hexdigest() for x in pathlib.Path(edgectl.store).glob("snapshots/*/fs/file-*"))


def test_a_line_that_is_cut_again_and_again(fresh_edgectl, own_registry, line, built, scratch):
    """Each connection of the pull; of the push six, since this registry cannot go on with an upload."""
    dice = random.Random(22)
    cuts = [dice.randrange(100, 2 * MIB) for _ in range(6)]
    up = line(own_registry.port, lambda: cuts.pop() if cuts else None)
    name, digests = built(up.address)
    fresh_edgectl("push", name)
    assert up.cuts >= 3
    down = line(own_registry.port, lambda: dice.randrange(200 * 1024, 2 * MIB))
    other = fresh_edgectl.with_store(scratch / "other")
    other("pull", "--unpack", f"{down.address}/lines:1")
    assert down.cuts >= 3 and unpacked(other) == digests
    other("doctor", "--store")


def restart(registry):
    registry.process.kill()
    registry.process.wait()
    registry.process = subprocess.Popen(["docker-registry", "serve", str(registry.config)], stdout=subprocess.DEVNULL,
                                        stderr=subprocess.DEVNULL)


def test_a_registry_that_restarts(fresh_edgectl, own_registry, built, scratch):
    """In the middle of a push, and of a pull."""
    name, digests = built(own_registry.address)
    push = fresh_edgectl.start("push", "--limit-rate", "8M", name)
    uploads = own_registry.root / "data/docker/registry/v2/repositories/lines/_uploads"
    parts.wait_for("an upload", lambda: any(x.stat().st_size > 0 for x in uploads.glob("*/data")), push)
    restart(own_registry)
    assert push.wait(60) == 0, push.stderr.read()
    other = fresh_edgectl.with_store(scratch / "other")
    pull = other.start("pull", "--unpack", "--limit-rate", "8M", name)
    parts.wait_for("a part of a layer", lambda: any(x.stat().st_size > MIB for x in other.store.glob("partial/*")), pull)
    restart(own_registry)
    assert pull.wait(60) == 0, pull.stderr.read()
    assert unpacked(other) == digests
    other("doctor", "--store")
