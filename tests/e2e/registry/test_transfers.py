"""Pushes and pulls that are interrupted: by the line, by the registry, by the end of edgectl itself."""
import json
import os
import pathlib
import random
import signal
import subprocess

import parts
import pytest

from scripted import SERVER, kill_soon

MIB = 1024 * 1024


@pytest.fixture
def built(fresh_edgectl, context):
    """built(server, size, name) has an image of one layer, of about that size, in the store."""
    def build(address, size, name="copy:1"):
        files = {"Dockerfile": "FROM scratch\nCOPY file /file\n", "file": random.Random(size).randbytes(size)}
        fresh_edgectl("build", "--platform", "linux/arm64", "-t", f"{address}/{name}", context(files))
        return f"{address}/{name}"

    return build


def test_the_address_of_an_upload_is_for_its_owner_only(fresh_edgectl, scripted, built):
    server = scripted("--faults", json.dumps([{"on": "PUT .*uploads", "receive": MIB, "status": 403}]))
    name = built(server.address, 8 * MIB)
    fresh_edgectl("push", "--jobs", "1", name, status=1)
    record, = pathlib.Path(fresh_edgectl.store, "uploads").iterdir()
    assert record.stat().st_mode & 0o777 == 0o600
    assert json.loads(record.read_text())["registry"] == server.address
    fresh_edgectl("push", name)
    assert server.received() < 8 * MIB * 1.03


@pytest.mark.parametrize("options", [[], ["--part-limit", 4 * MIB]], ids=["whole", "parts"])
def test_a_push_killed_many_times_sends_next_to_nothing_twice(fresh_edgectl, scripted, built, options):
    """At places that a seed decides."""
    size, dice = 64 * MIB, random.Random(20)
    marks = sorted(dice.randrange(128 * 1024, size) for _ in range(20))
    server = scripted("--marks", ",".join(map(str, marks)), *options)
    name = built(server.address, size)
    for _ in marks:
        process = fresh_edgectl.start("push", name)
        server.await_mark()
        process.kill()
        process.communicate()
        server.leave_mark()
    fresh_edgectl("push", name)
    assert size < server.received() < size * 1.03
    fresh_edgectl.with_store(fresh_edgectl.store.parent / "other")("pull", name)


def test_a_pull_killed_many_times_fetches_next_to_nothing_twice(fresh_edgectl, scripted):
    size = 64 * MIB
    server = scripted("--layer-size", size)
    dice = random.Random(65)
    for _ in range(10):
        kill_soon(fresh_edgectl, dice, "pull", "--limit-rate", "20M", f"{server.address}/app:1")
        store = pathlib.Path(fresh_edgectl.store)
        assert "app" not in fresh_edgectl("images").stdout or not list(store.glob("partial/*")), "half an image has a name"
    fresh_edgectl("pull", f"{server.address}/app:1")
    offsets = [int(x["range"].removeprefix("bytes=").rstrip("-")) for x in server.requests() if x["range"]]
    assert offsets == sorted(offsets) and offsets[-1] > 0, "each one begins where the one before it ended"
    assert not list(store.glob("partial/*")) and not list(store.glob("ingest/*"))


def test_a_killed_pull_leaves_the_old_image_or_the_new_one(fresh_edgectl, scripted, scratch):
    """Under one name, which the registry has given to another image meanwhile."""
    dice, port, digests = random.Random(7), parts.free_port(), []
    name = f"127.0.0.1:{port}/app:1"

    def digest():
        return json.loads(fresh_edgectl("inspect", "--json", name).stdout)[0]["digest"]

    server = scripted("--port", port, "--layer-size", MIB)
    fresh_edgectl("pull", name)
    digests.append(digest())
    server.close()
    scripted("--port", port, "--layer-size", 8 * MIB)
    for _ in range(8):
        kill_soon(fresh_edgectl, dice, "pull", "--limit-rate", "8M", name)
        if digest() != digests[-1]:
            digests.append(digest())
        fresh_edgectl("save", "-o", scratch / "saved", name)
    fresh_edgectl("pull", name)
    assert len({*digests, digest()}) == 2 and digests[0] != digest()


def test_an_interrupted_pull_goes_on(fresh_edgectl, scripted):
    server = scripted("--layer-size", 4 * MIB, "--faults", json.dumps([{"on": "GET .*blobs", "stall": 60}]))
    process = fresh_edgectl.start("pull", "--jobs", "1", f"{server.address}/app:1")
    parts.wait_for("half of the layer", lambda: list(pathlib.Path(fresh_edgectl.store).glob("partial/*")) and
                   next(pathlib.Path(fresh_edgectl.store).glob("partial/*")).stat().st_size > MIB)
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=10)
    assert process.returncode == 130
    fresh_edgectl("pull", f"{server.address}/app:1")
    assert [x["range"] for x in server.requests() if x["range"]] != []


FAULTS = [
    {"receive": 0},
    {"receive": 0, "status": 500},
    {"receive": 0, "status": 502},
    {"receive": 0, "status": 429, "headers": {"Retry-After": "0"}},
    {"receive": 0, "status": 401},
    {"forget": True},
    {"redirect": "http://localhost:{port}{path}"},
]


@pytest.mark.parametrize("kind", ["none", "basic", "bearer"])
def test_any_faults_in_any_order(fresh_edgectl, scripted, built, config, kind):
    """A row of faults at places that a seed decides; in the end all is there, and not much was sent in vain."""
    size, dice = 4 * MIB, random.Random(kind)
    faults = [{"on": "(PUT|PATCH) .*uploads", "times": 1} | fault for fault in
              dice.sample(FAULTS if kind == "bearer" else [x for x in FAULTS if x.get("status") != 401], 4)]
    for fault in faults:
        if "receive" in fault:
            fault["receive"] = dice.randrange(128 * 1024, size // 5)
    server = scripted("--auth", kind, "--faults", json.dumps(faults))
    environment = config({"auths": {server.address: {"username": "user", "password": "correct horse"}}})
    name = built(server.address, size)
    fresh_edgectl("push", name, env=environment)
    lost = sum("forget" in fault or "redirect" in fault for fault in faults)
    assert server.received() <= size * (1.03 + lost)
    fresh_edgectl.with_store(fresh_edgectl.store.parent / "other")("pull", name, env=environment)


@pytest.fixture
def config(scratch):
    def write(value):
        (scratch / "config.json").write_text(json.dumps(value))
        (scratch / "config.json").chmod(0o644)
        return {"DOCKER_CONFIG": str(scratch)}

    return write


def test_over_tls_with_a_real_registry(edgectl, tls_registry, context):
    """HTTP/2, as docker-registry offers it."""
    name = f"{tls_registry.address}/h2:1"
    known = {"SSL_CERT_FILE": str(tls_registry.tls[0])}
    files = {f"file-{n}": random.Random(n).randbytes(MIB) for n in range(5)}
    steps = "".join(f"COPY {file} /{file}\n" for file in files)
    edgectl("build", "--platform", "linux/arm64", "-t", name, context({"Dockerfile": f"FROM scratch\n{steps}"} | files))
    edgectl("push", name, env=known)
    edgectl.with_store(edgectl.identity.home / "h2")("pull", name, env=known)


def test_a_bad_line(fresh_edgectl, built, identity, tmp_path):
    """50 ms each way and 2 % of the packets lost, by the kernel's own TCP."""
    parts.need(pathlib.Path("/dev/net/tun").exists() and os.geteuid() == 0, "no tun devices, or not root")
    name = built("10.9.0.2:6000", 300000)
    script = f"""/usr/bin/python3 -B {SERVER} --host 0.0.0.0 --port 6000 --no-mounts --layer-size 300000 >{tmp_path}/ready &
        server=$!
        trap 'kill $server' EXIT
        while ! [ -s {tmp_path}/ready ]; do sleep 0.1; done
        user="setpriv --reuid={identity.uid} --regid={identity.gid} --clear-groups"
        $user {fresh_edgectl.program} pull --insecure 10.9.0.2:6000/app:1
        $user {fresh_edgectl.program} push --insecure {name}"""
    done = subprocess.run([parts.FIXTURES / "bad_link.py", "--delay", "50", "--loss", "2", "sh", "-ec", script],
                          capture_output=True, text=True, timeout=120, env=fresh_edgectl.env())
    assert done.returncode == 0, done.stdout + done.stderr
    assert "10.9.0.2:6000/app" in fresh_edgectl("images").stdout


def test_mirrors_of_the_configuration_file(fresh_edgectl, scripted, scratch):
    """A dead mirror, one that has nothing, and the registry itself under another name."""
    origin, empty = scripted(), scripted("--faults", json.dumps([{"on": "GET", "status": 404, "times": -1}]))
    (scratch / "config.yaml").write_text(
        f"registries:\n  images.test:\n    location: {origin.address}\n"
        f"    mirrors:\n      - 127.0.0.1:{parts.free_port()}\n      - {empty.address}\n")
    (scratch / "config.yaml").chmod(0o644)
    environment = {"EDGECTL_CONFIG_HOME": str(scratch)}
    result = fresh_edgectl("pull", "images.test/app:1", env=environment)
    assert "asking the next one" in result.stderr
    assert "images.test/app" in fresh_edgectl("images").stdout
    (scratch / "config.yaml").write_text("registries:\n  images.test:\n    mirors: []\n")
    wrong = fresh_edgectl("pull", "images.test/app:1", env=environment, status=1)
    assert "config.yaml:3:5: error: unknown key 'mirors'" in wrong.stderr and "did you mean 'mirrors'?" in wrong.stderr
