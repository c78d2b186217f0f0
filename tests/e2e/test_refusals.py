"""What a board cannot do: one message that names the board, the service and the remedy; the board is as it was."""
import http.server
import json
import os
import subprocess
import threading

import pytest

import parts

MODEL = """
name: {project}
services:
  app:
    build: .
    network_mode: host
    stop_signal: SIGKILL
"""


class Board:
    def __init__(self, engine, edgectl, root, project):
        os.chmod(engine.root, 0o755)
        os.chmod(engine.root / "docker.sock", 0o666)
        self.engine, self.edgectl, self.root, self.project = engine, edgectl, root, project

    def deploy(self, *words, status=0):
        return self.edgectl("deploy", "--source", self.root, *words, self.engine.socket, status=status).stderr

    def state(self):
        listings = (["images", "--all"], ["ps", "--all"], ["network", "ls"], ["volume", "ls"])
        return [sorted(self.engine.docker(*words, "--quiet").stdout.split()) for words in listings]

    def refuses(self, *words):
        """A deployment that fails and leaves no trace; its message, without what came before it."""
        before = self.state()
        said = self.deploy(*words, status=1)
        assert self.state() == before
        message = said[said.index("error: "):]
        assert message.startswith("error: service 'app'")
        assert self.engine.socket in message and "hint: " in message and message.count("error: ") == 1
        return message



@pytest.fixture
def project(context, busybox, identity, request):
    name = f"no-{identity.name}-{request.node.originalname.replace('_', '-')}"
    return context({"Dockerfile": f"FROM {busybox}\nCOPY data /data\nCMD [\"sleep\", \"1000\"]\n", "data": "small",
                    "compose.yaml": MODEL.format(project=name)}), name


@pytest.fixture(scope="module")
def small_engine(workspace, registry):
    """An engine whose disk has 24 MB."""
    parts.need(os.geteuid() == 0, "only root can mount a small disk")
    parts.need_program("dockerd", "docker.io")
    disk = workspace / "small-disk"
    disk.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=24m,mode=711", "tmpfs", disk], check=True)
    with parts.closing(parts.Engine(disk, registry)) as engine:
        yield engine
    subprocess.run(["umount", disk], check=True)


@pytest.fixture(scope="module")
def plain_engine(workspace, registry):
    """An engine that runs what is for its own processor only."""
    parts.need(os.geteuid() == 0, "dockerd needs root")
    parts.need_program("dockerd", "docker.io")
    with parts.closing(parts.Engine(workspace, registry, name="no-qemu", qemu=False)) as engine:
        yield engine


def test_a_full_disk(small_engine, edgectl, project):
    root, name = project
    board = Board(small_engine, edgectl, root, name)
    board.deploy("--platform", "linux/arm64")
    running = small_engine.docker("ps", "--quiet").stdout
    (root / "data").write_bytes(os.urandom(40 << 20))
    message = board.refuses("--platform", "linux/arm64")
    assert "no space left on device" in message and "docker system prune" in message
    assert small_engine.docker("ps", "--quiet").stdout == running
    (root / "data").write_text("small again")
    board.deploy("--platform", "linux/arm64")
    small_engine.docker("rm", "--force", f"{name}-app-1")


def test_an_image_for_another_processor(plain_engine, edgectl, project):
    root, name = project
    board = Board(plain_engine, edgectl, root, name)
    machine = os.uname().machine
    parts.need(machine == "x86_64", "a machine that is no ARM")
    said = board.deploy("--platform", "linux/arm64", status=1)
    message = said[said.index("error: "):]
    assert "service 'app'" in message and plain_engine.socket in message
    assert "its image is for linux/arm64, and the board runs linux/amd64" in message and "--platform" in message
    assert plain_engine.docker("ps", "--all", "--quiet").stdout == ""


class OldEngine(http.server.BaseHTTPRequestHandler):
    """No package of Debian has an engine so old: it only says what it is."""
    answer = {"Version": "1.12.6", "ApiVersion": "1.24", "MinAPIVersion": "1.12", "Os": "linux", "Arch": "arm"}

    def do_GET(self):
        body = json.dumps(self.answer).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


@pytest.mark.parametrize("answer, expected", [
    (OldEngine.answer, ["Docker 1.12.6, is too old", "API 1.40", "19.03"]),
    (OldEngine.answer | {"Version": "99.0", "ApiVersion": "1.90", "MinAPIVersion": "1.80"}, ["99.0", "newer edgectl"]),
    ({"what": "a printer"}, ["no container engine"]),
])
def test_an_engine_of_another_time(edgectl, answer, expected):
    handler = type("Handler", (OldEngine,), {"answer": answer})
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    address = f"tcp://127.0.0.1:{server.server_port}"
    problem = edgectl("device", "info", address, status=1).stderr
    server.shutdown()
    assert problem.startswith(f"error: board '{address}'")
    for words in expected:
        assert words in problem
