"""The recorded Engine API answers in the form of a real engine, and takes releases as a board does.

EDGECTL_RECORD=1 writes recorded/engine.json anew, from the real engine of the test."""
import hashlib
import io
import json
import os
import pathlib
import re
import tarfile
import time

import pytest

import engine_recorder
import parts
from recorded_boards import RecordedBoards

RECORDING = pathlib.Path(__file__).with_name("recorded") / "engine.json"
NONE = f"sha256:{'0' * 64}"


def archive_of(layer):
    """What `docker load` takes: an image of one layer."""
    config = json.dumps({"architecture": "arm64", "os": "linux", "config": {}, "rootfs": {
        "type": "layers", "diff_ids": [f"sha256:{hashlib.sha256(layer).hexdigest()}"]}}).encode()
    name = hashlib.sha256(config).hexdigest()
    table = json.dumps([{"Config": name, "RepoTags": ["sent:1"], "Layers": ["layer"]}]).encode()
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as tar:
        for path, content in (("manifest.json", table), (name, config), ("layer", layer)):
            info = tarfile.TarInfo(path)
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))
    return out.getvalue()


def container_of(image):
    labels = {"com.docker.compose.project": "recorded", "com.docker.compose.service": "app"}
    return {"Image": image, "Cmd": ["sleep", "1000"], "Env": ["A=b"], "Labels": labels, "StopSignal": "SIGKILL",
            "Healthcheck": {"Test": ["CMD", "true"], "Interval": 1000000000},
            "HostConfig": {"NetworkMode": "none", "RestartPolicy": {"Name": "always"},
                           "Mounts": [{"Type": "volume", "Source": "recorded_data", "Target": "/data"}]}}


class Play:
    """The calls that a deployment can make, to one engine."""

    def __init__(self, address):
        self.address, self.answers = address, {}

    def call(self, name, method, path, body=None):
        connection = engine_recorder.UpstreamConnection(self.address)
        content = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
        connection.request(method, f"/v1.41{path}", content, {"Content-Type": "application/json"})
        reply = connection.getresponse()
        kind, text = reply.getheader("Content-Type"), reply.read()
        connection.close()
        received = None
        if kind and kind.startswith("application/json") and text:
            lines = [json.loads(line) for line in text.splitlines()]
            received = lines if name.startswith(("pull", "load", "events")) else lines[0]
        self.answers[name] = {"status": reply.status, "received": received}
        return received

    def until(self, name, ready, *words):
        deadline = time.monotonic() + 60
        while not ready(self.call(name, *words)):
            assert time.monotonic() < deadline, self.answers[name]
            time.sleep(0.1)

    def images(self, image, lost):
        self.call("no image", "GET", f"/images/{image}/json")
        self.call("pull", "POST", f"/images/create?fromImage={image}")
        self.call("pull again", "POST", f"/images/create?fromImage={image}")
        self.call("pull lost", "POST", f"/images/create?fromImage={lost}")
        self.call("pull unreachable", "POST", "/images/create?fromImage=127.0.0.1:1/x&tag=1")
        self.call("pull other", "POST", f"/images/create?fromImage={image}&platform=linux/s390x")
        found = self.call("image", "GET", f"/images/{image}/json")
        self.call("image entry", "GET", "/images/json?all=1")
        self.answers["image entry"]["received"] = [x for x in self.answers["image entry"]["received"] if x["Id"] == found["Id"]][0]
        self.call("tag", "POST", f"/images/{found['Id']}/tag?repo=recorded&tag=1")
        out = io.BytesIO()
        with tarfile.open(fileobj=out, mode="w") as tar:
            tar.addfile(tarfile.TarInfo("file"))
        self.call("load", "POST", "/images/load?quiet=1", archive_of(out.getvalue()))

    def resources(self):
        labels = {"com.docker.compose.project": "recorded"}
        wanted = json.dumps({"label": ["com.docker.compose.project=recorded"]})
        for kind in "volume", "network":
            self.call(f"no {kind}", "GET", f"/{kind}s/recorded_data")
            self.call(f"{kind} create", "POST", f"/{kind}s/create", {"Name": "recorded_data", "Labels": labels})
            self.call(kind, "GET", f"/{kind}s/recorded_data")
        self.call("networks", "GET", f"/networks?filters={wanted}".replace(" ", ""))

    def container(self, image):
        wanted = json.dumps({"label": ["com.docker.compose.project=recorded"]}).replace(" ", "")
        self.call("no containers", "GET", f"/containers/json?all=1&filters={wanted}")
        id = self.call("create", "POST", "/containers/create?name=recorded", container_of(image))["Id"]
        self.call("create twice", "POST", "/containers/create?name=recorded", container_of(image))
        self.call("create of nothing", "POST", "/containers/create?name=other", container_of("nothing:1"))
        self.call("container created", "GET", f"/containers/{id}/json")
        self.call("start", "POST", f"/containers/{id}/start")
        self.call("start again", "POST", "/containers/recorded/start")
        self.until("container running", lambda x: x["State"]["Health"]["Status"] == "healthy", "GET", f"/containers/{id}/json")
        self.call("containers", "GET", f"/containers/json?all=1&filters={wanted}")
        self.call("logs", "GET", f"/containers/{id}/logs?stdout=1&stderr=1&tail=10")
        self.call("rename", "POST", f"/containers/{id}/rename?name=renamed")
        self.call("stop", "POST", f"/containers/{id}/stop")
        self.call("stop again", "POST", f"/containers/{id}/stop")
        self.call("container exited", "GET", "/containers/renamed/json")
        self.call("wait", "POST", f"/containers/{id}/wait")
        self.call("kill", "POST", f"/containers/{id}/kill")
        self.call("restart", "POST", f"/containers/{id}/restart?t=0")
        self.call("remove", "DELETE", f"/containers/{id}?force=1")
        self.call("remove again", "DELETE", f"/containers/{id}?force=1")
        self.call("no container", "GET", f"/containers/{id}/json")
        self.call("no start", "POST", f"/containers/{id}/start")

    def run(self, image, lost):
        begun = int(time.time())
        self.call("version", "GET", "/version")
        self.call("info", "GET", "/info")
        self.call("ping", "GET", "/_ping")
        self.images(image, lost)
        self.resources()
        self.container(image)
        kinds = json.dumps({"type": ["container"], "event": ["create", "start", "die"],
                            "label": ["com.docker.compose.project=recorded"]}).replace(" ", "")
        self.call("events", "GET", f"/events?since={begun}&until={int(time.time()) + 1}&filters={kinds}")
        self.call("volume remove", "DELETE", "/volumes/recorded_data")
        self.call("network remove", "DELETE", "/networks/recorded_data")
        self.call("image remove", "DELETE", f"/images/{self.answers['image']['received']['Id']}?force=1")
        self.call("image remove again", "DELETE", f"/images/{image}")
        return self.answers


def write_recording(answers, engine):
    """Without what is about this machine."""
    text = json.dumps(answers).replace(str(engine.root / "data"), "/var/lib/docker").replace(str(engine.root), "/run/docker")
    info = json.loads(text)
    info["info"]["received"] |= {"Name": "board", "ID": "RECO:RDED", "KernelVersion": "6.1.0", "NCPU": 4, "MemTotal": 1 << 30,
                                 "DockerRootDir": "/var/lib/docker"}
    info["version"]["received"]["KernelVersion"] = info["version"]["received"]["Components"][0]["Details"]["KernelVersion"] = "6.1.0"
    text = re.sub(r"127\.0\.0\.1:[0-9]{2,5}/[a-z]+/", "127.0.0.1:5000/", json.dumps(info, indent=1, sort_keys=True))
    RECORDING.write_text(text + "\n")


@pytest.fixture
def image(registry, busybox):
    """By its digest, as releases name it; and the same of one that the registry has not."""
    repository = busybox.rpartition(":")[0]
    raw = registry.get("busybox/manifests/latest")
    return f"{repository}@sha256:{hashlib.sha256(raw).hexdigest()}", f"{repository}@{NONE}"


@pytest.fixture
def boards():
    made = []

    def make(count, *options, **faults):
        made.append(RecordedBoards(count, *options, **faults))
        return made[-1]

    yield make
    for one in made:
        one.close()


def without_null(shape):
    """Whether there are warnings depends on the machine: whether it forwards IPv4, for one."""
    return {path: kinds - {"NoneType"} for path, kinds in shape.items() if path != ".Warnings[]"}


def test_it_answers_as_a_real_engine(engine, image, boards):
    """Every call of a deployment: the same status, and the same keys with values of the same types."""
    real = Play(engine.socket).run(*image)
    if os.environ.get("EDGECTL_RECORD") == "1":
        write_recording(real, engine)
    told = Play(boards(1).address(1)).run(*image)
    assert {name: x["status"] for name, x in told.items()} == {name: x["status"] for name, x in real.items()}
    differences = {}
    for name, answer in real.items():
        wanted, got = (without_null(engine_recorder.shape_of(x["received"])) for x in (answer, told[name]))
        either = set(wanted) ^ set(got) | {x for x in set(wanted) & set(got) if wanted[x] and got[x] and wanted[x] != got[x]}
        differences |= {name: sorted(either)} if either else {}
    assert differences == {}


# --- releases on recorded boards ---

DOCKERFILE = """
FROM {busybox}
COPY message /
HEALTHCHECK --interval=1s CMD true
CMD ["sleep", "1000"]
"""
COMPOSE = """
name: plants
services:
  app: {{build: ., restart: always, volumes: ['data:/data'], environment: {{LEVEL: info}}}}
  other: {{image: '{busybox}', command: [sleep, '1000']}}
volumes: {{data: {{}}}}
"""


class Released:
    """A fleet with the releases one and two, in a registry that the boards reach."""

    def __init__(self, edgectl, registry, repository, root):
        self.edgectl, self.root = edgectl, root
        (root / "edgectl.yaml").write_text(f"fleets: {{plants: {{registry: {registry.address}, repository: {repository}, "
                                           "platforms: [linux/arm64, linux/arm/v7]}}\n")
        self.release("one")

    def release(self, version):
        (self.root / "message").write_text(f"{version}\n")
        self.edgectl("push", "plants", "--release-version", version, "-q", cwd=self.root)

    def deploy(self, address, *words, release="plants", **options):
        return self.edgectl("deploy", address, "--release", release, *words, cwd=self.root, **options)


@pytest.fixture
def released(edgectl, registry, reference, context, busybox):
    root = context({"Dockerfile": DOCKERFILE.format(busybox=busybox), "compose.yaml": COMPOSE.format(busybox=busybox)})
    return Released(edgectl, registry, reference.rpartition(":")[0].partition("/")[2], root)


def running(board):
    return {x["service"]: x["image"] for x in board["containers"].values() if x["state"] == "running"}


def test_release_on_many_boards(released, boards):
    """Of both architectures, each of its own image; again; the next one; and back."""
    fleet = boards(4, faults={"2": {"architecture": "arm"}})
    for address in fleet.addresses():
        released.deploy(address, "--wait")
    first = [running(x) for x in fleet.boards()]
    assert all(set(x) == {"app", "other"} for x in first)
    assert first[0] == first[2] == first[3] and not set(first[0].values()) & set(first[1].values())
    assert "2 unchanged" in released.deploy(fleet.address(1)).stderr
    released.release("two")
    for address in fleet.addresses()[:2]:
        released.deploy(address, "--wait")
    second = [running(x) for x in fleet.boards()]
    assert second[0]["app"] != first[0]["app"] and second[1]["app"] != first[1]["app"] and second[2:] == first[2:]
    assert second[0]["other"] == first[0]["other"]
    released.deploy(fleet.address(1), release="plants:one")
    assert running(fleet.board(1)) == first[0]
    assert all(len(x["containers"]) == 2 and x["volumes"] == ["plants_data"] for x in fleet.boards())
    assert fleet.totals()["pulls"] == 10


@pytest.mark.parametrize("faults, problem", [
    ({"offline": True}, "Failed to connect"),
    ({"full": True}, "no space left on device"),
    ({"architecture": "amd64"}, "amd64"),
    ({"dies": 0.05, "with": "LEVEL=info"}, "before it was healthy"),
    ({"unhealthy": True}, "it is unhealthy, its check says: the recorded check says no"),
])
def test_faults_of_boards(released, boards, faults, problem):
    """One clear message, and what ran before still runs."""
    fleet = boards(1)
    address = fleet.address(1)
    (released.root / "compose.yaml").write_text((released.root / "compose.yaml").read_text().replace("restart: always, ", ""))
    released.release("quiet")
    released.deploy(address)
    before = running(fleet.board(1))
    released.release("two")
    fleet.set_faults(1, **faults)
    wrong = released.deploy(address, "--wait", status=1).stderr
    assert problem in wrong, wrong
    fleet.set_faults(1)
    assert running(fleet.board(1)) == before


def test_pull_that_breaks_off(released, boards):
    """What the board cannot pull is sent from here, the layers that it has left out."""
    fleet = boards(2, faults={"1": {"drops": 1}, "2": {"unreachable": True}})
    for number in 1, 2:
        assert "is sent from here" in released.deploy(fleet.address(number)).stderr
        assert set(running(fleet.board(number))) == {"app", "other"}
    assert [x["loads"] for x in fleet.boards()] == [1, 2]


def test_slow_board_and_one_that_comes_back(released, boards):
    """Containers that end are started again by their board, as their policy says."""
    fleet = boards(2, faults={"1": {"slow": 0.02}, "2": {"dies": 0.3}})
    for address in fleet.addresses():
        released.deploy(address)
    assert set(running(fleet.board(1))) == {"app", "other"}
    parts.wait_for("a restart", lambda: fleet.board(2)["containers"]["plants-app-1"]["restarts"] > 1)
