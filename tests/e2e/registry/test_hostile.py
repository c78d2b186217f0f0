"""A registry that means harm: what it sends ends in one sentence, and nothing is where it should not be."""
import io
import json
import pathlib
import subprocess
import tarfile

import parts
import pytest

SERVER = pathlib.Path(__file__).parent / "faulty_registry.py"
OCI = "application/vnd.oci.image."


class Hostile:
    """The scripted registry, and its log."""

    def __init__(self, log, *options):
        self.log = log
        self.process = subprocess.Popen(["/usr/bin/python3", "-B", SERVER, "--log", log, *options], stdout=subprocess.PIPE, text=True)
        self.port = int(self.process.stdout.readline().split()[1])
        self.address = f"127.0.0.1:{self.port}"

    def requests(self):
        return [json.loads(line) for line in self.log.read_text().splitlines()]


@pytest.fixture
def hostile(tmp_path):
    """hostile(fault, ..., options=[...]) starts one."""
    servers = []

    def start(*faults, options=()):
        text = json.dumps([{"times": -1} | fault for fault in faults])
        servers.append(Hostile(tmp_path / f"requests-{len(servers)}", "--faults", text, *options))
        return servers[-1]

    yield start
    for server in servers:
        parts.stop(server.process)


def is_refused(edgectl, *command, words):
    """In one message that does not play with the terminal."""
    result = edgectl(*command, status=1)
    for word in words:
        assert word in result.stderr, result.stderr
    lines = result.stderr.splitlines()
    assert sum(line.startswith("error:") for line in lines) == 1, result.stderr
    assert not [c for c in result.stderr if c < " " and c not in "\n\t"], ascii(result.stderr)
    return result


@pytest.mark.parametrize("what", ["manifests", "blobs"])
@pytest.mark.parametrize("target", ["http://127.0.0.1:{port}{path}", "http://localhost:{port}{path}"])
def test_redirects_without_end(fresh_edgectl, hostile, what, target):
    server = hostile({"on": f"GET .*{what}", "redirect": target})
    is_refused(fresh_edgectl, "pull", f"{server.address}/app:1", words=["redirects without end"])
    assert len(server.requests()) < 40


def test_an_upload_that_is_redirected_without_end(fresh_edgectl, hostile):
    server = hostile({"on": "POST", "redirect": "http://127.0.0.1:{port}{path}"})
    fresh_edgectl("pull", f"{server.address}/app:1")
    fresh_edgectl("tag", f"{server.address}/app:1", f"{server.address}/copy:1")
    is_refused(fresh_edgectl, "push", f"{server.address}/copy:1", words=["redirects without end"])
    assert len(server.requests()) < 60


@pytest.mark.parametrize("location", ["/v2/copy/blobs/uploads/0\rX-Evil: 1", "http://127.0.0.1:1\r/", "//[", "gopher://127.0.0.1/",
                                      "http://user:secret@127.0.0.1/", "\x1b[2J", ""])
def test_upload_addresses_that_are_none(fresh_edgectl, hostile, location):
    server = hostile({"on": "POST", "status": 202, "headers": {"Location": location}})
    fresh_edgectl("pull", f"{server.address}/app:1")
    fresh_edgectl("tag", f"{server.address}/app:1", f"{server.address}/copy:1")
    is_refused(fresh_edgectl, "push", f"{server.address}/copy:1", words=["copy:1"])
    assert not [x for x in server.requests() if "X-Evil" in x["headers"] or x["method"] == "PUT"]


def challenge(port, **parameters):
    values = {"realm": f"http://127.0.0.1:{port}/token", "service": "s", "scope": "repository:app:pull"} | parameters
    return "Bearer " + ",".join(f'{key}="{value}"' for key, value in values.items())


@pytest.mark.parametrize("parameters", [
    {"realm": "http://127.0.0.1/token\rX-Evil: 1"},
    {"service": "s\rX-Evil: 1"},
    {"scope": "repository:app:pull\rX-Evil: 1"},
    {"scope": "x" * 50000},
    {"realm": "file:///etc/passwd"},
    {"realm": "http://169.254.169.254/latest/meta-data"},
])
def test_challenges_that_carry_more(fresh_edgectl, hostile, parameters):
    """What they say goes into an address, where it is text and nothing else."""
    port = parts.free_port()
    server = hostile({"on": "/v2/", "status": 401, "headers": {"WWW-Authenticate": challenge(port, **parameters)}},
                     options=["--port", str(port)])
    is_refused(fresh_edgectl, "pull", f"{server.address}/app:1", words=[server.address])
    assert not [x for x in server.requests() if "X-Evil" in x["headers"]]


@pytest.mark.parametrize("headers, words", [
    ({"X-Filler": "x" * 70000}, ["header"]),
    ({f"X-{n}": "x" * 1000 for n in range(90)}, ["header has more than 64 KiB"]),
])
def test_gigantic_headers(fresh_edgectl, hostile, headers, words):
    server = hostile({"on": "manifests", "status": 200, "body": "{}", "headers": headers})
    is_refused(fresh_edgectl, "pull", f"{server.address}/app:1", words=words)


def test_messages_that_play_with_the_terminal(fresh_edgectl, hostile):
    text = "\x1b[2J\rgone\x07\nerror: your disk is full"
    server = hostile({"on": "manifests", "status": 403, "body": json.dumps({"errors": [{"code": "DENIED\x1b", "message": text}]})},
                     {"on": "tags", "status": 200, "body": json.dumps({"tags": ["good", text, "../up", "-rf", ""]})})
    is_refused(fresh_edgectl, "pull", f"{server.address}/app:1", words=["denies access"])
    assert fresh_edgectl("tags", f"{server.address}/app").stdout.split() == ["good"]


def manifest(**parts_of_it):
    descriptor = {"mediaType": f"{OCI}config.v1+json", "digest": "sha256:" + "0" * 64, "size": 2}
    return json.dumps({"schemaVersion": 2, "mediaType": f"{OCI}manifest.v1+json", "config": descriptor, "layers": []} | parts_of_it)


@pytest.mark.parametrize("digest", ["sha256:../../../../tmp/evil", "sha256:" + "/" * 64, "../" * 30, "sha256:" + "A" * 64, "md5:" + "0" * 32,
                                    "sha256:" + "0" * 63, "sha256:" + "0" * 64 + "/../x", ""])
def test_digests_that_are_paths(fresh_edgectl, hostile, digest):
    descriptor = {"mediaType": f"{OCI}layer.v1.tar", "digest": digest, "size": 2}
    server = hostile({"on": "manifests", "status": 200, "body": manifest(layers=[descriptor], config=descriptor),
                      "headers": {"Content-Type": f"{OCI}manifest.v1+json"}})
    is_refused(fresh_edgectl, "pull", f"{server.address}/app:1", words=["digest"])
    assert not [x for x in server.requests() if "blobs" in x["path"]]


def test_tags_without_end(fresh_edgectl, hostile):
    """The next page is the one before."""
    pages = [{"on": f"tags/list.*last={here}$", "status": 200, "body": json.dumps({"tags": [here]}),
              "headers": {"Link": f'</v2/app/tags/list?last={there}>; rel="next"'}} for here, there in (("a", "b"), ("b", "a"))]
    server = hostile(*pages, {"on": "tags/list$", "status": 200, "body": '{"tags": ["a"]}',
                              "headers": {"Link": '</v2/app/tags/list?last=a>; rel="next"'}})
    is_refused(fresh_edgectl, "tags", f"{server.address}/app", words=["app", "leads back"])


def long_file(size):
    """A tar file whose only member is said to be so long, of which a little is there."""
    info = tarfile.TarInfo("file")
    info.size = size
    return info.tobuf(tarfile.GNU_FORMAT) + bytes(10240)


def sparse_file(size):
    info = tarfile.TarInfo("file")
    info.pax_headers = {"GNU.sparse.major": "1", "GNU.sparse.minor": "0", "GNU.sparse.name": "file", "GNU.sparse.realsize": str(size)}
    content = f"1\n{size}\n0\n".encode().ljust(512, b"\0")
    info.size = len(content)
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.PAX_FORMAT) as tar:
        tar.addfile(info, io.BytesIO(content))
    return out.getvalue()


@pytest.mark.parametrize("make", [long_file, sparse_file])
def test_layers_that_are_bombs(fresh_edgectl, hostile, context, tmp_path, make):
    """A hundred gibibytes that are a few kilobytes on their way."""
    (tmp_path / "layer").write_bytes(make(100 << 30))
    server = hostile(options=["--layer", tmp_path / "layer"])
    files = {"Dockerfile": f"FROM {server.address}/app:1 AS base\nFROM scratch\nCOPY --from=base /file /file\n"}
    result = fresh_edgectl("build", "--platform", "linux/arm64", "-t", "bomb", context(files), status=1)
    assert "64 GiB" in result.stderr, result.stderr
    used = sum(path.lstat().st_blocks * 512 for path in pathlib.Path(fresh_edgectl.store).glob("**/*"))
    assert used < 16 << 20


def test_ipv6(fresh_edgectl, hostile):
    server = hostile(options=["--host", "::1", "--no-mounts"])
    fresh_edgectl("pull", f"[::1]:{server.port}/app:1")
    fresh_edgectl("tag", f"[::1]:{server.port}/app:1", f"[::1]:{server.port}/copy:1")
    fresh_edgectl("push", f"[::1]:{server.port}/copy:1")
    hosts = {x["host"] for x in server.requests()}
    assert hosts == {f"[::1]:{server.port}"}
