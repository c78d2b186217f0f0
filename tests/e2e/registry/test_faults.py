"""`edgectl pull` from a registry that misbehaves: what the user is told, and what is left behind."""
import json
import pathlib
import shutil
import signal
import subprocess
import time

import parts
import pytest

SERVER = pathlib.Path(__file__).parent / "faulty_registry.py"


@pytest.fixture
def faulty(tmp_path):
    """faulty(fault, ...) starts the registry; its address and app:1 are the results."""
    servers = []

    def start(*faults, options=()):
        command = ["/usr/bin/python3", "-B", SERVER, "--log", tmp_path / "requests", "--faults", json.dumps(faults), *options]
        server = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        servers.append(server)
        return f"127.0.0.1:{int(server.stdout.readline().split()[1])}"

    yield start
    for server in servers:
        parts.stop(server)


def blobs(edgectl):
    return [path for path in pathlib.Path(edgectl.store).glob("**/*") if path.is_file() and path.parent.name in ("sha256", "ingest")]


@pytest.mark.parametrize("fault, words", [
    ({"on": "manifests", "status": 403}, ["denies access to 'app'", "edgectl login"]),
    ({"on": "manifests", "status": 429, "headers": {"Retry-After": "3720"}}, ["rate limit", "try again in 1 h 2 min"]),
    ({"on": "manifests", "status": 404}, ["pull '127.0.0.1:", "app:1': the image is not in registry '127.0.0.1:"]),
    ({"on": "manifests", "status": 404, "body": '{"errors": [{"code": "MANIFEST_UNKNOWN"}]}'}, ["'edgectl tags 127.0.0.1:", "/app'"]),
    ({"on": "manifests", "status": 200, "headers": {"Content-Type": "text/html"}, "body": "<html>log in</html>"},
     ["not a manifest, but 'text/html'", "log-in page"]),
    ({"on": "manifests", "status": 200, "headers": {"Content-Type": "application/vnd.docker.distribution.manifest.v1+prettyjws"},
      "body": '{"schemaVersion": 1}'}, ["schema 1", "push it again"]),
    ({"on": "manifests", "endless": True}, ["larger than 4096 KiB"]),
    ({"on": "manifests", "corrupt": True}, ["sent a manifest with digest sha256:"]),
    ({"on": "blobs", "corrupt": True}, ["blob sha256:"]),
    ({"on": "blobs", "endless": True}, ["than the", "bytes that the manifest says"]),
    ({"on": "blobs", "redirect": "file:///etc/passwd"}, ["not an address that can be followed"]),
])
def test_one_sentence_for_each_fault(fresh_edgectl, faulty, fault, words):
    address = faulty(dict(fault, times=-1))
    result = fresh_edgectl("pull", f"{address}/app:1", status=1)
    for word in words:
        assert word in result.stderr
    assert address in result.stderr
    assert result.stderr.count("error:") == 1
    assert "app" not in fresh_edgectl("images").stdout
    assert len(blobs(fresh_edgectl)) <= 2, "manifest and config at most"


def test_a_bad_link_is_only_slower(fresh_edgectl, faulty):
    address = faulty({"on": "blobs", "cut": 100000, "times": -1}, options=["--layer-size", "500000"])
    result = fresh_edgectl("pull", f"{address}/app:1")
    assert "the connection broke, trying again in" in result.stderr
    assert "app" in fresh_edgectl("images").stdout


def test_unreachable_registry(fresh_edgectl):
    address = f"127.0.0.1:{parts.free_port()}"
    result = fresh_edgectl("pull", f"{address}/app:1", status=1)
    assert f"registry '{address}': cannot connect (connection refused)" in result.stderr
    assert "is a registry running at" in result.stderr


@pytest.fixture(scope="session")
def certificate(workspace):
    """A certificate for 127.0.0.1 and its key, known to nobody."""
    certificate, key = workspace / "faulty.crt", workspace / "faulty.key"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=127.0.0.1",
                    "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", key, "-out", certificate],
                   check=True, capture_output=True)
    certificate.chmod(0o644)
    return certificate, key


@pytest.fixture
def over_tls(faulty, certificate):
    """over_tls(fault, ...) is faulty() over TLS; besides, the environment in which its certificate is known."""
    def start(*faults, options=()):
        address = faulty(*faults, options=["--certificate", certificate[0], "--key", certificate[1], *options])
        return address, {"SSL_CERT_FILE": str(certificate[0])}
    return start


def test_certificate_must_be_known(fresh_edgectl, over_tls):
    address, known = over_tls()
    refused = fresh_edgectl("pull", f"{address}/app:1", status=1)
    assert "its certificate is not valid (self-signed certificate)" in refused.stderr
    assert "SSL_CERT_FILE" in refused.stderr
    fresh_edgectl("pull", f"{address}/app:1", env=known)


def test_certificates_of_one_registry(fresh_edgectl, over_tls, certificate, scratch):
    """certs.d: the authority of the registry, and who we are, which it insists on."""
    address, _ = over_tls(options=["--client-ca", certificate[0]])
    directory = scratch / "containers/certs.d" / address
    directory.mkdir(parents=True)
    environment = {"XDG_CONFIG_HOME": str(scratch)}
    shutil.copy(certificate[0], directory / "ca.crt")
    fresh_edgectl("pull", f"{address}/app:1", env=environment, status=1)
    shutil.copy(certificate[0], directory / "client.cert")
    unusable = fresh_edgectl("pull", f"{address}/app:1", env=environment, status=1)
    assert f"certificates for '{address}': " in unusable.stderr and "client.key" in unusable.stderr
    shutil.copy(certificate[1], directory / "client.key")
    (directory / "client.key").chmod(0o644)
    fresh_edgectl("pull", f"{address}/app:1", env=environment)


def test_insecure_takes_any_certificate(fresh_edgectl, over_tls):
    address, _ = over_tls()
    fresh_edgectl("pull", "--insecure", f"{address}/app:1")


def test_no_redirect_leads_out_of_tls(fresh_edgectl, over_tls):
    address, known = over_tls({"on": "blobs", "redirect": "http://127.0.0.1:{port}{path}", "times": -1})
    result = fresh_edgectl("pull", f"{address}/app:1", status=1, env=known)
    assert f"registry '{address}' redirects out of TLS" in result.stderr


def test_no_upload_leads_out_of_tls(fresh_edgectl, over_tls):
    elsewhere = {"Location": "http://127.0.0.1:1/upload"}
    address, known = over_tls({"on": "HEAD", "status": 404, "times": -1},
                              {"on": "POST", "status": 202, "headers": elsewhere, "times": -1})
    fresh_edgectl("pull", f"{address}/app:1", env=known)
    result = fresh_edgectl("push", f"{address}/app:1", status=1, env=known)
    assert f"registry '{address}' wants the upload without TLS" in result.stderr
    assert "X-Forwarded-Proto" in result.stderr


def test_interrupt_leaves_nothing_half(fresh_edgectl, faulty):
    address = faulty({"on": "blobs", "stall": 60, "times": -1})
    process = fresh_edgectl.start("pull", f"{address}/app:1")
    time.sleep(2)
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=10)
    assert process.returncode == 130
    assert not list(pathlib.Path(fresh_edgectl.store).glob("ingest/*"))
