"""What a board cannot do: one message that names the board, the service and the remedy; the board is as it was."""
import base64
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


@pytest.fixture(scope="module")
def far_engine(workspace, secured_registry, registry):
    """An engine that reaches a registry which wants a password, and where nobody is logged in."""
    parts.need(os.geteuid() == 0, "dockerd needs root")
    parts.need_program("dockerd", "docker.io")
    registry.skopeo("copy", "--all", "--src-tls-verify=false", "--dest-tls-verify=false", "--dest-creds=anna:sesame",
                    f"docker://{registry.address}/busybox:latest", f"docker://{secured_registry.address}/private/busybox:1")
    with parts.closing(parts.Engine(workspace, secured_registry, name="far")) as engine:
        yield engine


def test_a_private_image(far_engine, edgectl, context, secured_registry, scratch, identity):
    """The board's engine pulls it with the password that was given here, and does not keep it."""
    image = f"{secured_registry.address}/private/busybox:1"
    root = context({"compose.yaml": f"""
name: private-{identity.name}
services:
  app: {{image: "{image}", platform: linux/arm64, network_mode: host, command: sleep 1000, stop_signal: SIGKILL}}
"""})
    env = {"DOCKER_CONFIG": str(scratch / "docker")}
    board = Board(far_engine, edgectl, root, f"private-{identity.name}")
    words = ["deploy", "--source", root, far_engine.socket]

    problem = edgectl(*words, env=env, status=1).stderr
    assert f"service 'app'" in problem and image in problem and f"edgectl login {secured_registry.address}" in problem
    assert board.state() == [[], [], board.state()[2], []]

    def log_in(password):
        (scratch / "docker").mkdir(exist_ok=True)
        auth = base64.b64encode(f"anna:{password}".encode()).decode()
        (scratch / "docker/config.json").write_text(json.dumps({"auths": {secured_registry.address: {"auth": auth}}}))
        identity.own(scratch / "docker")
        identity.own(scratch / "docker/config.json")

    log_in("wrong")
    problem = edgectl(*words, env=env, status=1).stderr
    assert "user name and password right" in problem and "wrong" not in problem
    log_in("sesame")
    done = edgectl(*words, env=env)
    assert "1 created" in done.stderr and "sesame" not in done.stderr + done.stdout
    assert far_engine.docker("pull", image).returncode != 0
    far_engine.docker("rm", "--force", f"private-{identity.name}-app-1")
    far_engine.docker("rmi", image)


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


class NewEngine(OldEngine):
    """Newer than any that is known: what it is asked for, and in which version."""
    answer = {"Version": "31.0", "ApiVersion": "1.60", "MinAPIVersion": "1.50", "Os": "linux", "Arch": "arm64"}

    def do_GET(self):
        self.server.paths.append(self.path)
        self.answer = NewEngine.answer if self.path == "/version" else []
        super().do_GET()


def test_the_newest_version_that_both_know(edgectl):
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), NewEngine)
    server.paths = []
    threading.Thread(target=server.serve_forever, daemon=True).start()
    edgectl("device", "ps", f"tcp://127.0.0.1:{server.server_port}")
    server.shutdown()
    assert server.paths[0] == "/version" and {x.split("/")[1] for x in server.paths[1:]} == {"v1.52"}


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
