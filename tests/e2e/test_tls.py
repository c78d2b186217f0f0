"""A board whose engine wants TLS with certificates of both sides: a real dockerd with --tlsverify."""
import json
import os
import shutil
import subprocess

import pytest

import parts

CA, BOARD, CLIENT = "ca", "board", "client"


class Authority:
    """Certificates by openssl, as docker's documentation has them made."""

    def __init__(self, root, name):
        self.root, self.name = root / name, name
        self.root.mkdir(mode=0o755)
        self.run("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj",
                 f"/CN={name}", "-addext", "keyUsage=keyCertSign", "-keyout", "ca-key.pem", "-out", "ca.pem")

    def run(self, *words):
        subprocess.run(["openssl", *words], cwd=self.root, check=True, capture_output=True)

    def sign(self, name, usage, days=2, host=None):
        """A directory with ca.pem, cert.pem and key.pem, as DOCKER_CERT_PATH has them."""
        made = self.root / name
        made.mkdir(mode=0o755)
        extensions = f"extendedKeyUsage={usage}\n" + (f"subjectAltName={host}\n" if host else "")
        (made / "extensions").write_text(extensions)
        self.run("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", f"/CN={name}", "-keyout",
                 made / "key.pem", "-out", made / "request.pem")
        self.run("x509", "-req", "-in", made / "request.pem", "-CA", "ca.pem", "-CAkey", "ca-key.pem", "-CAcreateserial",
                 "-extfile", made / "extensions", "-days", str(days), "-out", made / "cert.pem")
        shutil.copy(self.root / "ca.pem", made / "ca.pem")
        for file in made.iterdir():
            file.chmod(0o644)
        return made


@pytest.fixture(scope="module")
def authority(workspace):
    parts.need_program("openssl", "openssl")
    return Authority(workspace, "authority")


@pytest.fixture(scope="module")
def start_board(workspace, registry):
    """start_board(certificates, name) runs an engine with them; its port."""
    parts.need(os.geteuid() == 0, "dockerd needs root")
    parts.need_program("dockerd", "docker.io")
    engines = []

    def start(certificates, name):
        port = parts.free_port()
        more = [f"--host=tcp://127.0.0.1:{port}", "--tlsverify", f"--tlscacert={certificates}/ca.pem",
                f"--tlscert={certificates}/cert.pem", f"--tlskey={certificates}/key.pem"]
        engines.append(parts.Engine(workspace, registry, name=name, more=more, on_loopback=True))
        return port

    yield start
    for engine in engines:
        engine.close()


@pytest.fixture(scope="module")
def board(start_board, authority):
    return start_board(authority.sign(BOARD, "serverAuth", host="IP:127.0.0.1"), "tls-board")


@pytest.fixture
def device(edgectl, scratch, board):
    """device(certificates, address) adds the board and looks at it: what came of it."""

    def look(certificates, address=f"tcp+tls://127.0.0.1:{board}", status=1):
        env = {"EDGECTL_CONFIG_HOME": str(scratch / "config")}
        edgectl("device", "add", "--certs", certificates, "lab", address, env=env)
        return edgectl("device", "info", "--json", "lab", env=env, status=status)

    return look


def test_certificates_of_both_sides(device, authority, edgectl, board):
    mine = authority.sign(CLIENT, "clientAuth")
    result = device(mine, status=0)
    assert json.loads(result.stdout)["engine"]["product"] == "Docker" and "warning" not in result.stderr
    env = {"DOCKER_HOST": f"tcp://127.0.0.1:{board}", "DOCKER_TLS_VERIFY": "1", "DOCKER_CERT_PATH": str(mine)}
    assert json.loads(edgectl("device", "info", "--json", env=env).stdout)["engine"]["product"] == "Docker"


def assert_refused(problem, *words):
    assert problem.startswith("error: board 'lab'"), problem
    for word in (*words, "hint:"):
        assert word in problem, problem


def test_a_board_of_another_authority(device, workspace):
    """Somebody else's engine in the board's place: nothing is sent to it."""
    other = Authority(workspace, f"other-{os.urandom(4).hex()}")
    assert_refused(device(other.sign(CLIENT, "clientAuth")).stderr, "not signed by the ca.pem")


def test_a_client_that_the_board_does_not_know(device, workspace, authority):
    other = Authority(workspace, f"unknown-{os.urandom(4).hex()}").sign(CLIENT, "clientAuth")
    shutil.copy(authority.root / "ca.pem", other / "ca.pem")
    assert_refused(device(other).stderr, "refuses the client certificate", "cert.pem")


def test_an_expired_client_certificate(device, authority):
    expired = authority.sign(f"expired-{os.urandom(4).hex()}", "clientAuth", days=0)
    assert_refused(device(expired).stderr, "refuses the client certificate", "expired")


def test_an_expired_board(device, authority, start_board):
    mine = authority.sign(f"client-{os.urandom(4).hex()}", "clientAuth")
    certificates = authority.sign(f"late-{os.urandom(4).hex()}", "serverAuth", days=0, host="IP:127.0.0.1")
    port = start_board(certificates, certificates.name)
    assert_refused(device(mine, f"tcp+tls://127.0.0.1:{port}").stderr, "expired", "clock")


def test_another_host_name(device, authority, board):
    mine = authority.sign(f"client-{os.urandom(4).hex()}", "clientAuth")
    assert_refused(device(mine, f"tcp+tls://localhost:{board}").stderr, "'localhost'", "subjectAltName")


@pytest.mark.parametrize("missing", ["ca.pem", "cert.pem", "key.pem"])
def test_a_missing_file(device, authority, missing):
    mine = authority.sign(f"client-{os.urandom(4).hex()}", "clientAuth")
    (mine / missing).unlink()
    assert_refused(device(mine).stderr, missing)


def test_tls_that_is_not_asked_for(edgectl, board):
    """Plain words to an engine that wants TLS."""
    problem = edgectl("device", "info", f"tcp://127.0.0.1:{board}", status=1).stderr
    assert "tcp+tls://" in problem


def test_a_board_without_tls(device, authority, registry):
    mine = authority.sign(f"client-{os.urandom(4).hex()}", "clientAuth")
    assert_refused(device(mine, f"tcp+tls://{registry.address}").stderr, "TLS")
