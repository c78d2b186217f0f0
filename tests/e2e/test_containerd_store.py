"""An engine that keeps images in containerd's store and refuses old clients, as Docker 29 does unless told otherwise: Debian 13's."""
import json
import os

import pytest

import engine_recorder
import parts
from conftest import REPOSITORY
from test_deploy import COMPOSE, DOCKERFILE, Board
from test_livepush import Live
from test_livepush import project  # noqa: F401 a fixture

PROGRAMS = REPOSITORY / "build/peers/engine"


@pytest.fixture(scope="module")
def engine(workspace, registry):
    parts.need(os.geteuid() == 0, "dockerd needs root")
    parts.need(PROGRAMS.exists(), "no newer Docker engine: sh tools/peers.sh")
    parts.need_program("runc", "runc")
    with parts.closing(parts.Engine(workspace, registry, name="dockerd-containerd", programs=PROGRAMS,
                                    settings={"features": {"containerd-snapshotter": True}},
                                    env={"DOCKER_MIN_API_VERSION": "1.44"})) as engine:
        yield engine


@pytest.fixture
def board(engine, edgectl, context, busybox, identity, request):
    name = f"store-{identity.name}-{request.node.originalname.replace('_', '-')}"
    root = context({"Dockerfile": DOCKERFILE.format(busybox=busybox), "message": "one\n",
                    "compose.yaml": COMPOSE.format(project=name)})
    with parts.closing(Board(engine, edgectl, root, name)) as board:
        yield board


def sent_bytes(result):
    """The most that a transfer of it was to bring."""
    events = [json.loads(line) for line in result.stderr.splitlines() if line.startswith("{")]
    return max(x["total"] for x in events if x.get("verb") == "sending")


def test_version(board):
    about = json.loads(board.edgectl("device", "info", "--json", board.engine.socket).stdout)
    assert about["engine"]["apiMinor"] == 45


def test_first_and_again(board):
    """An image is called by its manifest there; what the board has does not travel again."""
    board.deploy()
    first = board.only()
    assert first["Config"]["Labels"]["com.docker.compose.image"] == first["Image"]
    assert board.read("/machine") == "aarch64\n" and board.read("/app/message") == "one\n"
    again = board.deploy()
    assert "1 unchanged" in again.stderr and "the board has the image already" in again.stderr
    (board.root / "message").write_text("x" * 1000)
    changed = board.deploy("--progress", "json")
    assert board.read("/app/message") == "x" * 1000
    assert sent_bytes(changed) < 20_000  # the base alone is a megabyte
    # What has lost its name is still there, as with an engine of the other kind.
    (board.root / "message").write_text("one\n")
    assert "the board has the image already" in board.deploy().stderr
    assert board.read("/app/message") == "one\n"


def test_two_services_with_one_name(board):
    """The name goes from one image to the other; each service runs its own."""
    both = COMPOSE.format(project=board.project) + "    image: shared-by-two\n"
    both += both[both.index("  app:"):].replace("  app:", "  other:")
    board.write(both)
    for text in "one\n", "two\n":
        (board.root / "message").write_text(text)
        board.deploy()
        assert board.read("/app/message", "app") == board.read("/app/message", "other") == text


def test_live(engine, edgectl, project):  # noqa: F811
    with parts.closing(Live(engine, edgectl, *project)) as live:
        live.wait("image")
        live.save("src/main.py", "two\n")
        assert live.read("/app/main.py") == "two\n"
        (live.root / "src/main.py").unlink()
        live.wait("sync")
        assert "main.py" not in live.run("ls", "/app").split()
        text = (live.root / "Dockerfile").read_text()
        live.write("Dockerfile", text + "ENV MODE=new\n")
        live.wait("note", text="runs again")
        assert "MODE=new" in live.container()["Config"]["Env"]


class FaultyHandler(engine_recorder.Handler):
    """A real engine answers all but the first load of an image: that one could not be unpacked, or was refused."""
    faults = {"unpacking": {"stream": "Error unpacking image x: failed to extract layer: not found\n"},
              "detail": {"errorDetail": {"message": "content digest sha256:0: not found"}}}

    def answer(self):
        if "/images/load" not in self.path or self.server.loads.append(0) or len(self.server.loads) > 1:
            super().answer()
            return
        self.read_body()
        body = json.dumps(self.faults[self.server.fault]).encode()
        self.send_response_only(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_GET = do_POST = do_DELETE = do_PUT = do_HEAD = answer


@pytest.mark.parametrize("fault", FaultyHandler.faults)
def test_what_could_not_be_unpacked_is_sent_whole(board, fault):
    """A load says of it in passing only: the whole is sent, and when that does not help either it is told."""
    board.deploy()
    with parts.closing(engine_recorder.Recorder(board.engine.socket, FaultyHandler)) as proxy:
        proxy.server.loads, proxy.server.fault = [], fault
        (board.root / "message").write_text(f"{fault}\n")
        board.edgectl("deploy", "--platform", "linux/arm64", "--source", board.root, proxy.address)
        assert len(proxy.server.loads) == 2 and board.read("/app/message") == f"{fault}\n"
    # An image of which the board has nothing was sent whole already.
    with parts.closing(engine_recorder.Recorder(board.engine.socket, FaultyHandler)) as proxy:
        proxy.server.loads, proxy.server.fault = [], fault
        (board.root / "Dockerfile").write_text("FROM scratch\nCOPY message /\nCMD [\"/message\"]\n")
        (board.root / "message").write_text(f"{fault} alone\n")
        told = board.edgectl("deploy", "--platform", "linux/arm64", "--source", board.root, proxy.address, status=1).stderr
        assert len(proxy.server.loads) == 1 and "not found" in told and "load an image" in told
