"""Ctrl-C, and what service managers send, while blobs are on their way."""
import hashlib
import json
import pathlib
import random
import signal
import urllib.parse
import urllib.request

import parts
import pytest

MIB = 1024 * 1024
STALLS = ["--faults", json.dumps([{"on": "GET .*blobs", "stall": 600, "times": -1}])]
MANIFEST = "application/vnd.oci.image.manifest.v1+json"
PROJECT = "application/vnd.docker.compose.project"


@pytest.fixture
def interrupt():
    """interrupt(process, number): it ends soon, as a shell expects of it, and says one line."""
    def send(process, number=signal.SIGINT):
        process.send_signal(number)
        _, stderr = process.communicate(timeout=20)
        assert process.returncode == 130 and stderr.count("error:") <= 1, stderr

    return send


def leftovers(store, *places):
    return [str(x) for place in places for x in pathlib.Path(store).glob(f"{place}/*")]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("words", [["pull"], ["pull", "--unpack"]], ids=["pull", "unpack"])
def test_pull(fresh_edgectl, scripted, interrupt, words, number):
    server = scripted("--layer-size", 4 * MIB, *STALLS)
    process = fresh_edgectl.start(*words, f"{server.address}/app:1")
    parts.wait_for("a part of the layer", lambda: leftovers(fresh_edgectl.store, "partial"), process)
    interrupt(process, number)
    assert leftovers(fresh_edgectl.store, "ingest", "snapshots", "trash") == []
    assert "app" not in fresh_edgectl("images").stdout


def test_copy(fresh_edgectl, scripted, interrupt, scratch):
    """What it takes for a while is gone afterwards."""
    server, target = scripted("--layer-size", 4 * MIB, *STALLS), scripted()
    (scratch / "tmp").mkdir(mode=0o777)
    (scratch / "tmp").chmod(0o777)
    process = fresh_edgectl.start("copy", f"docker://{server.address}/app:1", f"docker://{target.address}/copy:1",
                                  env={"TMPDIR": str(scratch / "tmp")})
    parts.wait_for("a blob that is asked for", lambda: any("/blobs/" in x["path"] for x in server.requests()), process)
    interrupt(process)
    assert list((scratch / "tmp").iterdir()) == []
    assert not any(x["method"] == "PUT" and "/manifests/" in x["path"] for x in target.requests())


def test_push(fresh_edgectl, scripted, context, interrupt):
    server = scripted("--marks", str(2 * MIB))
    name = f"{server.address}/copy:1"
    files = {"Dockerfile": "FROM scratch\nCOPY file /file\n", "file": random.Random(3).randbytes(8 * MIB)}
    fresh_edgectl("build", "--platform", "linux/arm64", "-t", name, context(files))
    process = fresh_edgectl.start("push", name)
    server.await_mark()
    interrupt(process)
    server.leave_mark()
    fresh_edgectl("push", name)
    assert server.received() < 8 * MIB * 1.1, "it went on where it was interrupted"


def ask(method, url, data, media_type="application/octet-stream"):
    """The Location of the answer."""
    request = urllib.request.Request(url, data=data, method=method, headers={"Content-Type": media_type})
    with urllib.request.urlopen(request, timeout=10) as answer:
        return urllib.parse.urljoin(url, answer.headers["Location"] or "")


def put_blob(server, name, data):
    """Its descriptor."""
    digest = "sha256:" + hashlib.sha256(data).hexdigest()
    place = ask("POST", f"http://{server.address}/v2/{name}/blobs/uploads/", b"")
    ask("PUT", f"{place}{'&' if '?' in place else '?'}digest={digest}", data)
    return {"digest": digest, "size": len(data)}


def publish_project(server, name, text):
    """As docker compose publishes one."""
    manifest = {"schemaVersion": 2, "mediaType": MANIFEST, "artifactType": PROJECT,
                "config": put_blob(server, name, b"{}") | {"mediaType": "application/vnd.oci.empty.v1+json"},
                "layers": [put_blob(server, name, text) | {"mediaType": "application/vnd.docker.compose.file+yaml"}]}
    ask("PUT", f"http://{server.address}/v2/{name}/manifests/1", json.dumps(manifest).encode(), MANIFEST)


def test_a_compose_file_of_a_registry(fresh_edgectl, scripted, interrupt, scratch):
    server = scripted(*STALLS)
    publish_project(server, "shop", b"services: {a: {image: a}}\n" * 1000)
    environment = {"XDG_CACHE_HOME": str(scratch / "cache")}
    (scratch / "cache").mkdir()
    (scratch / "cache").chmod(0o777)
    process = fresh_edgectl.start("compose", "config", "-f", f"oci://{server.address}/shop:1", env=environment, cwd=scratch)
    parts.wait_for("a blob that is asked for", lambda: any("/blobs/sha256" in x["path"] and x["method"] == "GET"
                                                           for x in server.requests()), process)
    interrupt(process)
    assert list((scratch / "cache").glob("**/*new-*")) == []
