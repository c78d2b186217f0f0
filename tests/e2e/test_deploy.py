"""Projects on a board: a real Docker engine that runs ARM images under emulation."""
import json
import os
import signal
import time

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

    def state(self):
        """What a deployment that fails must leave as it is."""
        names = (f"label=com.docker.compose.project={self.project}",)
        resources = [self.engine.docker(kind, "ls", "--quiet", "--filter", *names).stdout.split() for kind in ("network", "volume")]
        return {name: (x["Id"], x["State"]["Status"]) for name, x in self.containers().items()}, resources

    def write(self, text):
        (self.root / "compose.yaml").write_text(text)

    def read(self, path, service="app"):
        done = self.engine.docker("exec", f"{self.project}-{service}-1", "cat", path)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def close(self):
        for name in self.containers():
            self.engine.docker("rm", "--force", "--volumes", name)
        for kind in "network", "volume":
            for name in self.state()[1][kind == "volume"]:
                self.engine.docker(kind, "rm", name)


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


def test_proxies_of_dockers_configuration(board, scratch):
    """As docker's client does: for all that have none of their own, and no reason to make a container anew."""
    (scratch / "config.json").write_text(json.dumps({"proxies": {"default": {"httpProxy": "http://p:1", "noProxy": "a,b"}}}))
    board.edgectl.identity.own(scratch / "config.json")
    docker = {"DOCKER_CONFIG": str(scratch)}
    board.deploy(env=docker)
    first = board.only()
    assert {"HTTP_PROXY=http://p:1", "http_proxy=http://p:1", "NO_PROXY=a,b", "no_proxy=a,b"} <= set(first["Config"]["Env"])
    board.deploy()
    assert board.only()["Id"] == first["Id"]
    board.deploy("-e", "http_proxy=own", "-e", "app:HTTP_PROXY", env=docker)
    env = board.only()["Config"]["Env"]
    assert "http_proxy=own" in env and "HTTP_PROXY" in env and "http://p:1" not in str(env)
    (scratch / "config.json").write_text("{")
    assert "get no proxies" in board.deploy("--recreate", env=docker).stderr
    assert "no_proxy" not in str(board.only()["Config"]["Env"])


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
    use_api_socket: true
    command: ["sh", "-c", "sleep 1; touch /ready; sleep 1000"]
    healthcheck: {{test: ["CMD", "test", "-e", "/ready"], interval: 1s, retries: 30}}
  elsewhere: {{provider: {{type: somebody}}}}
secrets: {{key: {{environment: SECRET_KEY}}}}
""")
    result = board.deploy(env={"SECRET_KEY": "sesame"})
    containers = board.containers()
    app, side = containers[f"{board.project}-app-1"], containers[f"{board.project}-side-1"]
    assert side["State"]["Health"]["Status"] == "healthy"
    assert app["State"]["StartedAt"] > side["State"]["StartedAt"]
    assert board.read("/run/secrets/key") == "sesame"
    assert "sesame" not in result.stdout + result.stderr
    assert "service 'side': 'use_api_socket' is left out" in result.stderr and not side["Mounts"]
    assert "service 'elsewhere' has a provider" in result.stderr

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


SIDE = """
    depends_on: {{side: {{condition: service_healthy}}}}
  side:
    image: {busybox}
    network_mode: host
    stop_signal: SIGKILL
    command: ["sh", "-c", "echo last words; sleep 1000"]
    healthcheck: {{test: "{check}", interval: 1s, retries: 2}}
"""
MORE = """
    volumes: ["fresh:/fresh"]
  lone:
    image: {busybox}
    networks: [fresh]
    stop_signal: SIGKILL
    command: sleep 1000
volumes: {{fresh: {{}}}}
networks: {{fresh: {{}}}}
"""


def test_a_service_that_never_becomes_healthy(board, busybox):
    """Whatever was made or replaced before it is known is put back: containers, networks, volumes."""
    text = COMPOSE.format(project=board.project)
    board.write(text + SIDE.format(busybox=busybox, check="true"))
    board.deploy()
    before = board.state()
    assert len(before[0]) == 2
    board.write(text + SIDE.format(busybox=busybox, check="echo the reason; false") + MORE.format(busybox=busybox))
    problem = board.deploy(status=1).stderr
    assert "service 'app'" in problem and "'side'" in problem and board.engine.socket in problem
    assert "the reason" in problem and "last words" in problem and "hint:" in problem
    assert board.state() == before


def test_a_file_for_another_board(board):
    """Its platform is overridden by what is built for, in the container as well: else the engine refuses its own image."""
    board.write(COMPOSE.format(project=board.project).replace("build: .", "build: .\n    platform: linux/arm/v7"))
    board.deploy()
    assert board.only()["State"]["Status"] == "running"


def test_interrupted_while_it_waits(board, busybox):
    board.deploy()
    before = board.state()
    text = COMPOSE.format(project=board.project).replace("hello", "bye")
    board.write(text + SIDE.format(busybox=busybox, check="false").replace("1s", "1h"))
    process = board.edgectl.start("deploy", "--board", "raspberrypi4-64", "--source", board.root, board.engine.socket)
    parts.wait_for("the new container", lambda: f"{board.project}-side-1" in board.containers(), process)
    parts.wait_for("its health", lambda: "waiting for side" in process.stderr.readline(), process)
    process.send_signal(signal.SIGINT)
    stderr = process.communicate(timeout=60)[1]
    assert process.returncode == 130, stderr
    assert board.state() == before


def test_interrupted_while_it_tidies_up(board, busybox):
    """What is new runs by then: an orphan that takes its time to end is removed all the same."""
    text = COMPOSE.format(project=board.project)
    board.write(text + f"""
  side:
    image: {busybox}
    network_mode: none
    stop_grace_period: 5s
    command: ["sh", "-c", "trap '' TERM; while :; do sleep 0.2; done"]
""")
    board.deploy()
    board.write(text.replace("hello", "bye"))
    process = board.edgectl.start("deploy", "--platform", "linux/arm64", "--remove-orphans", "--source", board.root, board.engine.socket)
    parts.wait_for("its turn", lambda: f"removing {board.project}-side-1" in process.stderr.readline(), process)
    process.send_signal(signal.SIGINT)
    stderr = process.communicate(timeout=60)[1]
    assert process.returncode == 0 and "1 recreated" in stderr and "1 removed" in stderr, stderr
    assert "GREETING=bye" in board.only()["Config"]["Env"]


def test_a_port_that_is_taken(board, busybox):
    board.deploy()
    before = board.state()
    board.write(COMPOSE.format(project=board.project).replace("hello", "bye") + f"""
  one: {{image: {busybox}, ports: ["8999:80"], command: sleep 1000, stop_signal: SIGKILL, volumes: ["fresh:/fresh"]}}
  two: {{image: {busybox}, ports: ["8999:80"], command: sleep 1000, stop_signal: SIGKILL}}
volumes: {{fresh: {{}}}}
""")
    problem = board.deploy(status=1).stderr
    assert "service 'two'" in problem and "8999" in problem and "another program of the board" in problem
    assert board.state() == before


def test_a_name_that_is_taken(board, busybox):
    taken = f"{board.project}-app-1"
    assert board.engine.docker("create", "--name", taken, busybox).returncode == 0
    try:
        problem = board.deploy(status=1).stderr
        assert "service 'app'" in problem and "is already in use" in problem and "device ps --all" in problem
        assert board.state() == ({}, [[], []])
    finally:
        board.engine.docker("rm", taken)


def test_services_that_were_not_chosen(board, busybox):
    """They are no orphans: nothing is said of them, and --remove-orphans does not touch them."""
    board.write(COMPOSE.format(project=board.project) + MORE.format(busybox=busybox))
    board.deploy()
    assert len(board.containers()) == 2
    said = board.edgectl("deploy", "--source", board.root, "--remove-orphans", board.engine.socket, "lone").stderr
    assert "1 unchanged, 0 removed" in said and "belongs to no service" not in said
    assert len(board.containers()) == 2


def test_hooks(board):
    text = COMPOSE.format(project=board.project) + """
    volumes: ["data:/data"]
    post_start: [{command: ["sh", "-c", "echo $$WHEN >> /data/hooks"], environment: {WHEN: started}}]
    pre_stop: [{command: ["sh", "-c", "echo stopping >> /data/hooks; id -u >> /data/hooks"], user: "0"}, {command: ["true"]}]
volumes: {data: {}}
"""
    board.write(text)
    board.deploy()
    board.deploy("--recreate")
    assert board.read("/data/hooks") == "started\nstopping\n0\nstarted\n"
    before = board.state()
    board.write(text.replace('["true"]', '["false"]'))
    problem = board.deploy("--recreate", status=1).stderr
    assert "pre_stop hook 'false' ended with status 1" in problem
    assert board.state() == before


def test_wait(board, busybox):
    board.write(COMPOSE.format(project=board.project) + f"""
  side: {{image: {busybox}, network_mode: host, stop_signal: SIGKILL, command: sleep 1000,
         healthcheck: {{test: "true", interval: 1s}}}}
""")
    board.deploy("--wait")
    assert board.containers()[f"{board.project}-side-1"]["State"]["Health"]["Status"] == "healthy"
    before = board.state()
    board.write((board.root / "compose.yaml").read_text().replace("sleep 1000", "echo too bad").replace("healthcheck", "x-none"))
    problem = board.deploy("--wait", status=1).stderr
    assert "service 'side'" in problem and "does not run" in problem and "too bad" in problem
    assert board.state() == before


NETWORK = """
  lone: {{image: {busybox}, networks: {{net: {{aliases: [other]}}}}, stop_signal: SIGKILL, command: [{command}, "1000"]}}
  peer: {{image: {busybox}, networks: [net], stop_signal: SIGKILL, command: sleep 1000}}
networks: {{net: {settings}}}
"""


def test_a_network_that_has_changed(board, busybox):
    """It is made anew with the containers in it, and them only; a failure puts the old one back, and them into it."""
    name = f"{board.project}_net"

    def write(settings, command="sleep"):
        text = COMPOSE.format(project=board.project)
        board.write(text + NETWORK.format(busybox=busybox, settings=settings, command=command))

    def network():
        return json.loads(board.engine.docker("network", "inspect", name).stdout)[0]

    write("{}")
    board.deploy()
    before = board.state()[0]
    write("{internal: true}")
    said = board.deploy().stderr
    assert "2 recreated" in said and "1 unchanged" in said and network()["Internal"] and len(network()["Containers"]) == 2
    after = board.state()[0]
    assert after[f"{board.project}-app-1"] == before[f"{board.project}-app-1"]

    write("{internal: false, attachable: true}", command="nosuchprogram")
    assert "service 'lone'" in board.deploy(status=1).stderr
    assert board.state()[0] == after and network()["Internal"] and len(network()["Containers"]) == 2
    lone = board.containers()[f"{board.project}-lone-1"]["NetworkSettings"]["Networks"][name]
    assert "other" in lone["Aliases"] and lone["IPAddress"]

    board.engine.docker("run", "--detach", "--name", f"{board.project}-guest", "--network", name, busybox, "sleep", "1000")
    write("{}")
    said = board.deploy().stderr
    assert f"'{board.project}-guest' uses it" in said and network()["Internal"] and board.state()[0] == after
    board.engine.docker("rm", "--force", f"{board.project}-guest")


def test_a_deployment_that_was_killed(board):
    """What it has set aside gets its name again, and of two that are the same, the one with its right name stays."""
    board.deploy()
    name, container = f"{board.project}-app-1", board.only()
    labels = [f"--label={key}={value}" for key, value in container["Config"]["Labels"].items()]
    board.engine.docker("rename", name, f"{container['Id'][:12]}_{name}_old")
    assert "1 unchanged" in board.deploy().stderr
    assert board.only()["Id"] == container["Id"] and board.only()["Name"] == f"/{name}"
    made = board.engine.docker("create", *labels, "--network", "host", "--name", f"{container['Id'][:12]}_{name}",
                               container["Image"])
    assert made.returncode == 0 and len(board.containers()) == 2
    board.deploy()
    assert board.only()["Id"] == container["Id"]


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


def test_release(board, registry, busybox, scratch, identity):
    """A board runs what was released: its engine pulls it; what it cannot pull is sent; back to the one before, too."""
    board.root.joinpath("edgectl.yaml").write_text(
        f"fleets: {{{board.project}: {{registry: {registry.address}/{identity.name}, platforms: [linux/arm64]}}}}\n")
    compose = board.root / "compose.yaml"
    compose.write_text(compose.read_text() + f"  other: {{image: '{busybox}', network_mode: host, command: [sleep, '1000']}}\n")

    def release(version):
        board.edgectl("push", board.project, "--release-version", version, "-q", cwd=board.root)

    def deploy(*words, **options):
        return board.edgectl("deploy", board.engine.socket, "--platform", "linux/arm64", "--release", *words, cwd=board.root,
                             **options)

    release("one")
    deploy(board.project)
    assert board.read("/app/message") == "one\n" and len(board.containers()) == 2
    before = {name: x["Id"] for name, x in board.containers().items()}
    (board.root / "message").write_text("two\n")
    release("two")
    deploy(board.project)
    assert board.read("/app/message") == "two\n"
    after = {name: x["Id"] for name, x in board.containers().items()}
    assert [x for x in before if before[x] == after.get(x)] == [f"{board.project}-other-1"]
    deploy(f"{board.project}:one")
    assert board.read("/app/message") == "one\n"
    wrong = deploy(f"{board.project}:three", status=1).stderr
    assert "three" in wrong and board.read("/app/message") == "one\n"
    assert "do not go with it" in deploy(board.project, "-f", "compose.yaml", status=2).stderr


def test_release_that_the_board_cannot_pull(board, tls_registry, identity):
    """Its engine does not know the registry's certificate: the images are pulled here, and sent; of two platforms, the board's."""
    board.root.joinpath("edgectl.yaml").write_text(
        f"fleets: {{{board.project}: {{registry: {tls_registry.address}/{identity.name}, platforms: [linux/arm64, linux/arm/v7]}}}}\n")
    board.edgectl("push", board.project, "--insecure", "-q", cwd=board.root)
    done = board.edgectl("deploy", board.engine.socket, "--platform", "linux/arm64", "--insecure", "--release", board.project,
                         cwd=board.root)
    assert "so it is sent from here" in done.stderr
    assert board.read("/app/message") == "one\n"


def test_push_to_a_board(board, edgectl):
    """The same as a deployment, by the name that balena's users know it by."""
    def push(*words, **options):
        return edgectl("push", *words, cwd=board.root, **options)

    push(f"unix://{board.engine.socket.removeprefix('unix://')}", "--platform", "linux/arm64")
    first = board.only()
    assert board.read("/app/message") == "one\n"
    edgectl("device", "add", "bench", board.engine.socket)
    board.deploy()
    assert board.only()["Id"] == first["Id"]
    (board.root / "message").write_text("two\n")
    push("bench", "--platform", "linux/arm64", "--service", "app")
    assert board.read("/app/message") == "two\n"
    assert "'--channel' is for registries, and 'bench' is a board" in push("bench", "--channel", "stable", status=2).stderr
    edgectl("device", "rm", "bench")


def test_interrupted_at_any_moment(board):
    """One container is there afterwards, it has its name, and it runs: the old one or the new one."""
    board.write(COMPOSE.format(project=board.project).replace("    stop_signal: SIGKILL\n", ""))
    board.deploy()
    for number, pause in enumerate([0, 0.05, 0.1, 0.2, 0.3, 0.5, 0.7]):
        (board.root / "message").write_text(f"{number}\n")
        process = board.edgectl.start("deploy", "--progress", "json", "--platform", "linux/arm64", "--source", board.root,
                                      board.engine.socket)
        while "recreating" not in process.stderr.readline():
            assert process.poll() is None
        time.sleep(pause)
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=60)
        assert process.returncode in (0, 130)
        container = board.only()
        assert container["Name"] == f"/{board.project}-app-1" and container["State"]["Running"], pause


PREPARED = """
name: {project}
services:
  app:
    build: .
    network_mode: none
    stop_signal: SIGKILL
    user: "1234:1234"
    environment: {{OWN: service}}
    volumes: ["data:/data", /scratch]
    pre_start:
      - {{command: ["sh", "-c", "chown 1234:1234 /data && touch /scratch/there && echo prepared"], user: root}}
      - {{image: {busybox}, command: ["sh", "-c", "id -u >> /data/seen; echo $$OWN $$MORE >> /data/seen"], environment: {{MORE: hook}}}}
volumes: {{data: {{}}}}
"""


def test_pre_start_hooks(board, busybox):
    """Containers that prepare what the service needs: in order, with its volumes and variables, before it starts, and gone then."""
    text = PREPARED.format(project=board.project, busybox=busybox)
    board.write(text)
    told = board.deploy("--progress", "plain").stderr
    assert "prepared" in told
    assert board.read("/data/seen") == "1234\nservice hook\n" and board.read("/scratch/there") == ""
    assert list(board.containers()) == [f"{board.project}-app-1"]
    board.deploy()
    assert board.read("/data/seen") == "1234\nservice hook\n"  # nothing started, nothing ran
    before = board.state()
    board.write(text.replace("&& echo prepared", "&& echo the reason && exit 3"))
    told = board.deploy("--progress", "plain", status=1).stderr
    assert "service 'app': its pre_start hook 0 ('sh') ended with status 3" in told and "the reason" in told
    assert board.state() == before
    board.write(text.replace("user: root}", "user: root, per_replica: true}"))
    assert "pre_start[0]: per_replica" in board.deploy(status=1).stderr
    assert board.state() == before
