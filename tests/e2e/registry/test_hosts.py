"""Real registries over TLS: HTTP/2, client certificates, and a login that is typed on a terminal."""
import base64
import contextlib
import fcntl
import json
import os
import pty
import select
import shutil
import socket
import socketserver
import subprocess
import termios
import threading
import time

import parts
import pytest


def openssl(*args):
    subprocess.run(["openssl", *map(str, args)], check=True, capture_output=True)


class Authority:
    """Signs for a registry and for its clients."""

    def __init__(self, root):
        parts.need_program("openssl", "openssl")
        self.root = root
        root.mkdir()
        root.chmod(0o755)
        openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=authority", "-keyout",
                root / "ca.key", "-out", root / "ca.crt")

    def sign(self, name):
        """(certificate, key) for 127.0.0.1, good for servers and clients."""
        certificate, key, request, extra = (self.root / f"{name}.{x}" for x in ("crt", "key", "csr", "ext"))
        extra.write_text("subjectAltName=IP:127.0.0.1\nextendedKeyUsage=serverAuth,clientAuth\n")
        openssl("req", "-newkey", "rsa:2048", "-nodes", "-subj", f"/CN={name}", "-keyout", key, "-out", request)
        openssl("x509", "-req", "-in", request, "-CA", self.root / "ca.crt", "-CAkey", self.root / "ca.key",
                "-CAcreateserial", "-days", "2", "-extfile", extra, "-out", certificate)
        return certificate, key


@pytest.fixture(scope="module")
def authority(workspace):
    return Authority(workspace / "authority")


@pytest.fixture(scope="module")
def demanding_registry(workspace, authority):
    """A registry that lets in who has a certificate of the authority."""
    parts.need_program("docker-registry", "docker-registry")
    with parts.closing(parts.Registry(workspace, "demanding", tls=authority.sign("server"),
                                      client_authority=authority.root / "ca.crt")) as registry:
        yield registry


def test_client_certificates(edgectl, demanding_registry, authority, context, scratch):
    name = f"{demanding_registry.address}/app:1"
    edgectl("build", "--platform", "linux/arm64", "-t", name, context({"Dockerfile": "FROM scratch\nCOPY file /\n", "file": "x"}))
    directory = scratch / "containers/certs.d" / demanding_registry.address
    directory.mkdir(parents=True)
    known = {"XDG_CONFIG_HOME": str(scratch)}
    shutil.copy(authority.root / "ca.crt", directory / "ca.crt")
    refused = edgectl("push", name, env=known, status=1)
    assert f"registry '{demanding_registry.address}' wants a client certificate that it knows" in refused.stderr
    assert f"certs.d/{demanding_registry.address}/client.cert" in refused.stderr
    certificate, key = authority.sign("client")
    shutil.copy(certificate, directory / "client.cert")
    shutil.copy(key, directory / "client.key")
    (directory / "client.key").chmod(0o644)
    edgectl("push", name, env=known)
    edgectl.with_store(edgectl.identity.home / "certified")("pull", name, env=known)


def test_http2_over_tls(edgectl, tls_registry, context):
    """By docker-registry's own log of what was spoken."""
    name = f"{tls_registry.address}/two:1"
    edgectl("build", "--platform", "linux/arm64", "-t", name, context({"Dockerfile": "FROM scratch\nCOPY file /\n", "file": "y"}))
    edgectl("push", name, env={"SSL_CERT_FILE": str(tls_registry.tls[0])})
    spoken = [line for line in tls_registry.log.read_text().splitlines() if "/v2/two/" in line and "HTTP/" in line]
    assert spoken
    assert [line for line in spoken if '"PUT /v2/two/' in line and "HTTP/2.0" in line], spoken
    assert not [line for line in spoken if "HTTP/1.1" in line]


class Proxy(socketserver.ThreadingTCPServer):
    """Answers everybody who asks for a tunnel with one status line."""
    daemon_threads = True

    def __init__(self, status):
        self.status = status
        super().__init__(("127.0.0.1", 0), ProxyAnswer)
        self.url = f"http://127.0.0.1:{self.server_address[1]}"
        threading.Thread(target=self.serve_forever).start()

    def close(self):
        self.shutdown()
        self.server_close()


class ProxyAnswer(socketserver.StreamRequestHandler):
    def handle(self):
        while self.rfile.readline().strip():
            pass
        self.wfile.write(f"HTTP/1.1 {self.server.status}\r\nContent-Length: 0\r\n\r\n".encode())


@pytest.mark.parametrize("status", ["407 Proxy Authentication Required", "403 Forbidden", "503 Service Unavailable"])
def test_a_proxy_that_refuses(edgectl, status):
    """What is wrong with the proxy is not said of the registry, and asking it again does not mend it."""
    with parts.closing(Proxy(status)) as proxy:
        refused = edgectl("pull", "registry.example.com/app:1", env={"HTTPS_PROXY": proxy.url}, status=1)
    assert "registry 'registry.example.com': cannot be reached through the proxy" in refused.stderr
    assert status.split()[0] in refused.stderr and "hint: HTTPS_PROXY" in refused.stderr
    assert "trying again" not in refused.stderr


class Tunnels(socketserver.ThreadingTCPServer):
    """A proxy for those with a password: tunnels to one server, whichever name is asked for."""
    daemon_threads = True

    def __init__(self, port):
        self.port, self.asked = port, []
        super().__init__(("127.0.0.1", 0), Tunnel)
        self.url = f"http://anna:sesame@127.0.0.1:{self.server_address[1]}"
        threading.Thread(target=self.serve_forever).start()

    def close(self):
        self.shutdown()
        self.server_close()


class Tunnel(socketserver.StreamRequestHandler):
    def handle(self):
        method, target, _ = self.rfile.readline().decode().split()
        headers = dict(iter(lambda: self.rfile.readline().decode().strip().split(": ", 1), [""]))
        welcome = headers.get("Proxy-Authorization") == "Basic " + base64.b64encode(b"anna:sesame").decode()
        self.server.asked.append((method, target, welcome, "Authorization" in headers))
        if not welcome:
            self.wfile.write(b"HTTP/1.1 407 No\r\nProxy-Authenticate: Basic realm=x\r\nContent-Length: 0\r\n\r\n")
            return
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.server.port)) as far:
            self.wfile.write(b"HTTP/1.1 200 Here you are\r\n\r\n")
            threading.Thread(target=self.pump, args=(far, self.connection), daemon=True).start()
            self.pump(self.connection, far)

    @staticmethod
    def pump(source, target):
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                target.sendall(data)


def test_through_a_proxy(fresh_edgectl, tls_registry, context):
    """To a host that only the proxy knows, and past it where NO_PROXY says so."""
    name = "registry.example.com/proxied:1"
    files = {"Dockerfile": "FROM scratch\nCOPY file /\n", "file": os.urandom(1500000)}
    built = fresh_edgectl("build", "-q", "--platform", "linux/arm64", "-t", name, context(files)).stdout
    with parts.closing(Tunnels(int(tls_registry.address.rpartition(":")[2]))) as proxy:
        known = {"HTTPS_PROXY": proxy.url}
        pushed = fresh_edgectl("push", "--insecure", "--verbose", name, env=known)
        pulled = fresh_edgectl.with_store(fresh_edgectl.identity.home / "proxied")("pull", "--insecure", "-q", name, env=known).stdout
        asked = set(proxy.asked)
        past = fresh_edgectl("pull", "--insecure", "127.0.0.1:1/x:1", env=known, status=1).stderr
        excepted = fresh_edgectl("pull", "--insecure", name, env=known | {"NO_PROXY": "example.com"}, status=1).stderr
        assert set(proxy.asked) == asked
    assert asked == {("CONNECT", "registry.example.com:443", True, False)}
    assert built and pulled and "sesame" not in pushed.stderr
    assert "cannot connect" in past and "there is no host of that name" in excepted


def test_a_proxy_that_is_not_there(edgectl):
    proxy = f"http://127.0.0.1:{parts.free_port()}"
    refused = edgectl("pull", "registry.example.com/app:1", env={"HTTPS_PROXY": proxy}, status=1)
    assert "registry 'registry.example.com': cannot be reached through the proxy" in refused.stderr


@pytest.mark.parametrize("file", ["ca.crt", "client.key"])
def test_a_damaged_file_of_certificates(edgectl, demanding_registry, authority, scratch, file):
    """It is said which kind it is, and not that the registry's certificate is bad."""
    directory = scratch / "containers/certs.d" / demanding_registry.address
    directory.mkdir(parents=True)
    certificate, key = authority.sign("damaged")
    for name, source in (("ca.crt", authority.root / "ca.crt"), ("client.cert", certificate), ("client.key", key)):
        shutil.copy(source, directory / name)
        (directory / name).chmod(0o644)
    (directory / file).write_text("rubbish")
    refused = edgectl("pull", f"{demanding_registry.address}/app:1", env={"XDG_CONFIG_HOME": str(scratch)}, status=1)
    assert {"ca.crt": "is every *.crt in certs.d", "client.key": "belong together"}[file] in refused.stderr


class Typist:
    """edgectl on a terminal of its own."""

    def __init__(self, edgectl, *args, env=()):
        self.master, slave = pty.openpty()
        self.said = b""
        self.process = subprocess.Popen([edgectl.program, *args], env=edgectl.env() | dict(env), cwd=edgectl.identity.home,
                                        stdin=slave, stdout=slave, stderr=slave, start_new_session=True,
                                        preexec_fn=self.take_terminal, **edgectl.identity.credentials)
        os.close(slave)

    @staticmethod
    def take_terminal():
        fcntl.ioctl(0, termios.TIOCSCTTY, 0)

    def wait_for(self, text):
        deadline = time.monotonic() + 30
        while text.encode() not in self.said:
            assert time.monotonic() < deadline, self.said
            self.read()

    def read(self):
        if select.select([self.master], [], [], 0.1)[0]:
            with contextlib.suppress(OSError):
                self.said += os.read(self.master, 4096)

    def echoes(self):
        return bool(termios.tcgetattr(self.master)[3] & termios.ECHO)

    def wait_for_silence(self):
        deadline = time.monotonic() + 30
        while self.echoes():
            assert time.monotonic() < deadline, "the terminal still echoes"
            time.sleep(0.01)

    def type(self, text):
        os.write(self.master, text.encode())

    def end(self):
        while self.process.poll() is None:
            self.read()
        self.read()
        return self.process.returncode

    def close(self):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        os.close(self.master)


@pytest.fixture
def typist(edgectl, scratch, identity):
    typists = []
    (scratch / "docker").mkdir()
    identity.own(scratch / "docker")

    def start(*args):
        typists.append(Typist(edgectl, *args, env={"DOCKER_CONFIG": str(scratch / "docker")}))
        return typists[-1]

    yield start
    for one in typists:
        one.close()


def test_login_on_a_terminal(typist, secured_registry, scratch):
    """The name is seen while it is typed, the password is not."""
    one = typist("login", secured_registry.address)
    one.wait_for("User name")
    assert one.echoes()
    one.type("anna\n")
    one.wait_for("Password")
    one.wait_for_silence()
    one.type("sesame\n")
    assert one.end() == 0, one.said
    assert b"anna" in one.said and b"sesame" not in one.said
    assert one.echoes(), "as it was before"
    assert secured_registry.address in json.loads((scratch / "docker/config.json").read_text())["auths"]


def test_interrupted_login_leaves_the_terminal_as_it_was(typist, secured_registry, scratch):
    one = typist("login", "-u", "anna", secured_registry.address)
    one.wait_for("Password")
    one.wait_for_silence()
    one.type("ses\x03")
    assert one.end() == 130, one.said
    assert one.echoes()
    assert not (scratch / "docker/config.json").exists()
