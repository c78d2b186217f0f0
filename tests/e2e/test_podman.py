"""Podman's Docker-compatible service as the board's engine."""
import json
import os
import shutil
import signal
import subprocess

import pytest

import parts
from test_livepush import Live

DOCKERFILE = """
FROM {busybox}
WORKDIR /app
COPY message ./
RUN uname -m > /machine
CMD ["sh", "-c", "echo started; trap exit TERM; while :; do cat /app/message; sleep 0.2; done"]
"""
MODEL = """
name: {project}
services:
  app:
    build: .
    stop_signal: SIGKILL
    environment: {{GREETING: hello}}
    networks: {{default: {{aliases: [other]}}}}
    volumes: ["data:/data", /scratch]
    configs: [told]
    tmpfs: [/run]
    ports: ["18081:80"]
  side:
    build: .
    stop_signal: SIGKILL
    network_mode: service:app
volumes: {{data: {{}}}}
configs: {{told: {{content: "said in the file"}}}}
"""


class Podman:
    """`podman system service` in a user namespace with an emulation and a network of its own, as the dockerd of parts.py.

    No registry of the machine is reached from that network; of one that is `blocked` it knows so without three tries."""

    def __init__(self, root, blocked=None):
        self.root = root / "podman"
        self.root.mkdir()
        self.socket = f"unix://{self.root}/docker.sock"
        storage = f'[storage]\ndriver = "overlay"\nrunroot = "{self.root}/run"\ngraphroot = "{self.root}/data"\n'
        (self.root / "storage.conf").write_text(storage)
        (self.root / "registries.conf").write_text(f'[[registry]]\nlocation = "{blocked}"\nblocked = true\n' if blocked else "")
        # Debian's crun does not run where both versions of cgroups are mounted.
        options = ["--runtime=runc", "--cgroup-manager=cgroupfs", "--events-backend=file", f"--tmpdir={self.root}/tmp"]
        with open(self.root / "log", "w") as log:
            self.process = subprocess.Popen([parts.FIXTURES / "emulated.py", "--own-network", "podman", *options, "system", "service",
                                             "--time=0", self.socket], stdout=log, stderr=log,
                                            env={"PATH": parts.DEBIAN_PATH, "CONTAINERS_STORAGE_CONF": f"{self.root}/storage.conf",
                                                 "CONTAINERS_REGISTRIES_CONF": f"{self.root}/registries.conf"})
        parts.wait_for(f"podman, see {self.root}/log", (self.root / "docker.sock").exists, self.process)
        os.chmod(self.root, 0o755)
        os.chmod(self.root / "docker.sock", 0o666)

    def docker(self, *args):
        """Docker's own client as a second opinion."""
        return subprocess.run(["docker", "--host", self.socket, *args], capture_output=True, text=True, timeout=120,
                              env={"PATH": parts.DEBIAN_PATH, "HOME": str(self.root)})

    def close(self):
        parts.stop(self.process)
        for mounted in subprocess.run(["findmnt", "-rno", "TARGET"], capture_output=True, text=True).stdout.split():
            assert not mounted.startswith(str(self.root)), mounted
        shutil.rmtree(self.root, ignore_errors=True)


@pytest.fixture(scope="module")
def podman(workspace):
    parts.need(os.geteuid() == 0, "podman as a board's engine needs root")
    parts.need_program("podman", "podman")
    parts.need_program("runc", "runc")
    with parts.closing(Podman(workspace)) as podman:
        yield podman


@pytest.fixture
def project(podman, context, busybox, identity, request):
    name = f"pod-{identity.name}-{request.node.originalname.replace('_', '-')}"
    yield context({"Dockerfile": DOCKERFILE.format(busybox=busybox), "message": "one\n",
                   "compose.yaml": MODEL.format(project=name)}), name
    for service in "side", "app":
        podman.docker("rm", "--force", "--volumes", f"{name}-{service}-1")


def test_it_is_recognised(edgectl, podman):
    info = json.loads(edgectl("device", "info", "--json", podman.socket).stdout)
    assert info["engine"]["product"] == "Podman" and info["engine"]["apiMinor"] >= 40


def test_deploy(edgectl, podman, project):
    """Made, left alone, made anew with what depends on it; nothing is left over."""
    root, name = project

    def deploy(*words, status=0):
        return edgectl("deploy", "--platform", "linux/arm64", "--source", root, *words, podman.socket, status=status).stderr

    def shown():
        listed = json.loads(edgectl("device", "ps", "--all", "--json", podman.socket).stdout)
        return {x["name"]: (x["service"], x["state"]) for x in listed if x["project"] == name}

    running = {f"{name}-app-1": ("app", "running"), f"{name}-side-1": ("side", "running")}
    assert "2 created" in deploy() and shown() == running
    exec_in = ["device", "exec", podman.socket, f"{name}-app-1"]
    assert edgectl(*exec_in, "cat", "/machine", "/told").stdout == "aarch64\nsaid in the file"
    edgectl(*exec_in, "sh", "-c", "echo kept > /data/a; echo kept > /scratch/b")
    assert "2 unchanged" in deploy()
    (root / "message").write_text("two\n")
    assert "2 recreated" in deploy() and shown() == running
    assert edgectl(*exec_in, "cat", "/app/message", "/data/a", "/scratch/b").stdout == "two\nkept\nkept\n"
    (root / "compose.yaml").write_text(MODEL.format(project=name).replace("hello", "bye") + "\n")
    broken = (root / "compose.yaml").read_text().replace("    network_mode: service:app", "    network_mode: service:app\n"
                                                         "    entrypoint: [/nonexistent]")
    (root / "compose.yaml").write_text(broken)
    assert "service 'side'" in deploy(status=1) and shown() == running
    assert "hello" in edgectl(*exec_in, "sh", "-c", "echo $GREETING").stdout
    podman.docker("network", "rm", f"{name}_default")


def test_logs_and_exec(edgectl, podman, project):
    root, name = project
    (root / "compose.yaml").unlink()
    edgectl("deploy", "--platform", "linux/arm64", "--source", root, "-p", name, podman.socket)
    container = f"{name}-main-1"
    process = edgectl.start("device", "logs", "--follow", podman.socket, container)
    assert [process.stdout.readline() for _ in range(3)] == ["started\n", "one\n", "one\n"]
    process.send_signal(signal.SIGINT)
    assert process.wait(30) == 130
    done = edgectl("device", "exec", "-e", "A=b c", "-w", "/tmp", podman.socket, container, "sh", "-c",
                   'echo "$A" $PWD; echo oops >&2; exit 7', status=7)
    assert (done.stdout, done.stderr) == ("b c /tmp\n", "oops\n")
    text = "".join(f"{i} some text\n" for i in range(5000))
    fed = subprocess.run([edgectl.program, "device", "exec", "-i", podman.socket, container, "cat"], input=text, text=True,
                         env=edgectl.env(), capture_output=True, timeout=60, **edgectl.identity.credentials)
    assert fed.returncode == 0 and fed.stdout == text
    podman.docker("rm", "--force", container)


def test_livepush(edgectl, podman, project):
    root, name = project
    (root / "compose.yaml").write_text(f"name: {name}\nservices: {{app: {{build: ., network_mode: host, stop_signal: SIGKILL}}}}\n")
    with parts.closing(Live(podman, edgectl, root, name)) as live:
        assert live.save("message", "two\n")["restarted"] is True
        assert live.read("/app/message") == "two\n"
        live.engine.docker("kill", f"{name}-app-1")
        live.save("message", "three\n")
        assert live.read("/app/message") == "three\n"


def test_release_on_engines_of_both_kinds(edgectl, registry, engine, podman, context, busybox, reference):
    """One release, on Docker for arm64 and on Podman for armv7: each has the image of its own processor."""
    project = "both-kinds"
    root = context({"Dockerfile": DOCKERFILE.format(busybox=busybox), "message": "one\n",
                    "compose.yaml": "services: {app: {build: ., network_mode: host, stop_signal: SIGKILL}}\n",
                    "edgectl.yaml": f"fleets: {{{project}: {{registry: {registry.address}, "
                                    f"repository: {reference.rpartition(':')[0].partition('/')[2]}, "
                                    "platforms: [linux/arm64, linux/arm/v7]}}\n"})
    os.chmod(engine.root, 0o755)
    os.chmod(engine.root / "docker.sock", 0o666)
    boards = [(engine, "linux/arm64", "aarch64"), (podman, "linux/arm/v7", "armv7l")]
    try:
        for message in "one", "two":
            (root / "message").write_text(f"{message}\n")
            edgectl("push", project, "--release-version", message, "-q", cwd=root)
            for board, platform, machine in boards:
                edgectl("deploy", board.socket, "--platform", platform, "--release", project, cwd=root)
                done = board.docker("exec", f"{project}-app-1", "cat", "/app/message", "/machine")
                assert done.stdout.split() == [message, machine], done.stderr
    finally:
        for board, _, _ in boards:
            board.docker("rm", "--force", f"{project}-app-1")
