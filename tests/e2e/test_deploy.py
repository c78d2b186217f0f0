"""Projects on a board: a real Docker engine that runs ARM images under emulation."""
import json
import os

import pytest

import parts

DOCKERFILE = """
FROM {busybox}
WORKDIR /app
COPY message ./
RUN uname -m > /machine
CMD ["sh", "-c", "trap exit TERM; while :; do cat /app/message; sleep 0.2; done"]
"""
COMPOSE = """
name: {project}
services:
  app:
    build: .
    network_mode: host
    environment: {{GREETING: hello}}
    stop_signal: SIGKILL
"""


class Board:
    """The engine as this test sees it, with a project of its own on it."""

    def __init__(self, engine, edgectl, root, project):
        os.chmod(engine.root, 0o755)
        os.chmod(engine.root / "docker.sock", 0o666)
        self.engine, self.edgectl, self.root, self.project = engine, edgectl, root, project

    def deploy(self, *words, **options):
        return self.edgectl("deploy", "--platform", "linux/arm64", "--source", self.root, *words, self.engine.socket,
                            **options)

    def containers(self):
        """(id, state, labels) of the project's containers by name."""
        listed = self.engine.docker("ps", "--all", "--quiet", "--no-trunc", "--filter",
                                    f"label=com.docker.compose.project={self.project}").stdout.split()
        if not listed:
            return {}
        return {x["Name"].lstrip("/"): x for x in json.loads(self.engine.docker("inspect", *listed).stdout)}

    def only(self):
        found = list(self.containers().values())
        assert len(found) == 1, found
        return found[0]

    def read(self, path, service="app"):
        done = self.engine.docker("exec", f"{self.project}-{service}-1", "cat", path)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def close(self):
        for name in self.containers():
            self.engine.docker("rm", "--force", "--volumes", name)


@pytest.fixture
def board(engine, edgectl, context, busybox, identity, request):
    project = f"deploy-{identity.name}-{request.node.originalname.replace('_', '-')}"
    root = context({"Dockerfile": DOCKERFILE.format(busybox=busybox), "message": "one\n",
                    "compose.yaml": COMPOSE.format(project=project)})
    with parts.closing(Board(engine, edgectl, root, project)) as board:
        yield board


def test_first_and_again(board):
    """The program runs on the board's processor; what has not changed is left alone; a change travels alone."""
    first = board.deploy()
    container = board.only()
    labels = container["Config"]["Labels"]
    assert container["State"]["Status"] == "running"
    assert container["Name"] == f"/{board.project}-app-1"
    assert labels["com.docker.compose.service"] == "app" and labels["com.docker.compose.container-number"] == "1"
    assert labels["com.docker.compose.image"] == container["Image"]
    assert board.read("/machine") == "aarch64\n"
    assert "1 created" in first.stderr

    again = board.deploy()
    assert "1 unchanged" in again.stderr and "the board has the image already" in again.stderr
    assert board.only()["Id"] == container["Id"]

    (board.root / "message").write_text("two\n")
    changed = board.deploy()
    assert "1 recreated" in changed.stderr
    assert board.read("/app/message") == "two\n"
    assert board.only()["Id"] != container["Id"]  # and the old one is gone


def test_only_the_difference_travels(board):
    board.deploy()
    (board.root / "message").write_text("x" * 1000)
    result = board.deploy("--progress", "json")
    sent = [json.loads(line) for line in result.stderr.splitlines() if line.startswith("{")]
    totals = [x["total"] for x in sent if x.get("verb") == "sending"]
    assert totals and max(totals) < 20_000  # the base alone is a megabyte


def test_variables(board):
    board.deploy("-e", "MODE=all", "-e", "app:GREETING=bye", "-e", "other:X=1")
    env = dict(pair.split("=", 1) for pair in board.only()["Config"]["Env"])
    assert env["MODE"] == "all" and env["GREETING"] == "bye" and "X" not in env
    before = board.only()["Id"]
    board.deploy("-e", "MODE=all", "-e", "app:GREETING=bye")
    assert board.only()["Id"] == before
    board.deploy()
    assert dict(x.split("=", 1) for x in board.only()["Config"]["Env"])["GREETING"] == "hello"


def test_what_does_not_start_leaves_the_old(board):
    board.deploy()
    before = board.only()["Id"]
    text = COMPOSE.format(project=board.project)
    (board.root / "compose.yaml").write_text(text + '    entrypoint: ["/nonexistent"]\n')
    problem = board.deploy(status=1).stderr
    assert "service 'app'" in problem and "/nonexistent" in problem
    after = board.only()
    assert after["Id"] == before and after["State"]["Status"] == "running"
    assert after["Name"] == f"/{board.project}-app-1"


def test_a_failing_build_changes_nothing(board):
    board.deploy()
    before = board.only()["Id"]
    with open(board.root / "Dockerfile", "a") as file:
        file.write("RUN exit 3\n")
    assert "exit" in board.deploy(status=1).stderr
    assert board.only()["Id"] == before


def test_order_secrets_and_orphans(board, busybox):
    """A service waits for another one to be healthy; secrets from the environment get there; orphans are told."""
    text = COMPOSE.format(project=board.project)
    (board.root / "compose.yaml").write_text(text + f"""
    depends_on: {{side: {{condition: service_healthy}}}}
    secrets: [{{source: key, target: /run/secrets/key, mode: 0400}}]
  side:
    image: {busybox}
    network_mode: host
    stop_signal: SIGKILL
    command: ["sh", "-c", "sleep 1; touch /ready; sleep 1000"]
    healthcheck: {{test: ["CMD", "test", "-e", "/ready"], interval: 1s, retries: 30}}
secrets: {{key: {{environment: SECRET_KEY}}}}
""")
    result = board.deploy(env={"SECRET_KEY": "sesame"})
    containers = board.containers()
    app, side = containers[f"{board.project}-app-1"], containers[f"{board.project}-side-1"]
    assert side["State"]["Health"]["Status"] == "healthy"
    assert app["State"]["StartedAt"] > side["State"]["StartedAt"]
    assert board.read("/run/secrets/key") == "sesame"
    assert "sesame" not in result.stdout + result.stderr

    (board.root / "compose.yaml").write_text(text)
    told = board.deploy()
    assert f"{board.project}-side-1 belongs to no service any more" in told.stderr
    assert len(board.containers()) == 2
    board.deploy("--remove-orphans")
    assert len(board.containers()) == 1


def test_unhealthy(board, busybox):
    (board.root / "compose.yaml").write_text(COMPOSE.format(project=board.project) + f"""
    depends_on: {{side: {{condition: service_completed_successfully}}}}
  side:
    image: {busybox}
    network_mode: host
    command: ["sh", "-c", "exit 5"]
""")
    problem = board.deploy(status=1).stderr
    assert "service 'app'" in problem and "waits for 'side'" in problem and "ended with status 5" in problem


def test_dockerfile_alone(board):
    (board.root / "compose.yaml").unlink()
    board.project = board.project.replace("-", "")
    board.deploy("-p", board.project)
    container = board.only()
    assert container["Config"]["Labels"]["com.docker.compose.service"] == "main"
    assert container["HostConfig"]["RestartPolicy"]["Name"] == "unless-stopped"
    assert container["HostConfig"]["NetworkMode"] == "host"


def test_volumes_stay(board):
    """A named volume and an anonymous one keep what is in them when the container is made anew."""
    text = COMPOSE.format(project=board.project)
    (board.root / "compose.yaml").write_text(text + "    volumes: ['data:/data', '/scratch']\nvolumes: {data: {}}\n")
    board.deploy()
    board.engine.docker("exec", f"{board.project}-app-1", "sh", "-c", "echo kept > /data/a; echo kept > /scratch/b")
    board.deploy("--recreate")
    assert board.read("/data/a") == "kept\n" and board.read("/scratch/b") == "kept\n"
    board.close()
    board.engine.docker("volume", "rm", f"{board.project}_data")


@pytest.mark.parametrize("words, status, expected", [
    (["--source", "/nonexistent"], 1, "/nonexistent"), (["nosuch"], 2, "no such service"),
])
def test_bad_words(board, words, status, expected):
    result = board.edgectl("deploy", "--source", board.root, board.engine.socket, *words, status=status)
    assert expected in result.stderr
    assert board.containers() == {}
