"""HTTP/2 as most registries are reached: nginx with TLS in front of docker-registry."""
import contextlib
import hashlib
import pathlib
import random
import socket
import ssl
import subprocess
import threading

import parts
import pytest

MIB = 1024 * 1024
LAYERS = 5

STREAM_MODULE = pathlib.Path("/usr/lib/nginx/modules/ngx_stream_module.so")

CONFIGURATION = """
{module}
daemon off; master_process off; pid {root}/pid; error_log {root}/error.log;
events {{}}
{stream}
http {{
	log_format spoken "$server_protocol $connection $request_method $uri $status";
	access_log {root}/access.log spoken;
	client_body_temp_path {root}/body; proxy_temp_path {root}/proxy;
	fastcgi_temp_path {root}/fastcgi; uwsgi_temp_path {root}/uwsgi; scgi_temp_path {root}/scgi;
	server {{
		listen 127.0.0.1:{port} {listen};
		ssl_certificate {certificate}; ssl_certificate_key {key};
		client_max_body_size {limit};
		proxy_request_buffering off; proxy_http_version 1.1;
		{more}
		location / {{
			proxy_pass http://{backend};
			proxy_set_header Host $http_host;
			proxy_set_header X-Forwarded-Proto https;
		}}
	}}
}}
"""


class Nginx:
    def __init__(self, root, registry, tls, limit="0", more="", listen="ssl http2", module="", stream="", port=None):
        self.root, self.port = root, port or parts.free_port()
        self.address = f"127.0.0.1:{self.port}"
        (root / "conf").write_text(CONFIGURATION.format(root=root, port=self.port, certificate=tls[0], key=tls[1], limit=limit,
                                                        backend=registry.address, more=more, listen=listen, module=module,
                                                        stream=stream))
        self.start()

    def start(self):
        self.process = subprocess.Popen(["/usr/sbin/nginx", "-p", self.root, "-c", self.root / "conf", "-e", self.root / "error.log"])
        parts.wait_for(f"nginx, see {self.root}/error.log", self.answers, self.process)

    def answers(self):
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0

    def restart(self):
        self.process.kill()
        self.process.wait()
        self.start()

    def close(self):
        parts.stop(self.process)

    def spoken(self):
        """(protocol, connection, method, path, status) of each request that is over."""
        return [tuple(line.split()) for line in (self.root / "access.log").read_text().splitlines()]


@pytest.fixture
def front(tmp_path, registry, tls_registry):
    """front(...) starts an nginx before the plain registry; environment of those who know its certificate."""
    parts.need(pathlib.Path("/usr/sbin/nginx").exists(), "nginx is not installed: apt-get install nginx-light")
    with contextlib.ExitStack() as stack:
        def start(**options):
            root = tmp_path / f"nginx-{len(list(tmp_path.iterdir()))}"
            root.mkdir()
            return stack.enter_context(parts.closing(Nginx(root, registry, tls_registry.tls, **options)))
        yield start


@pytest.fixture
def known(tls_registry):
    return {"SSL_CERT_FILE": str(tls_registry.tls[0])}


@pytest.fixture
def built(fresh_edgectl, context):
    """built(name): an image of five layers of 4 MiB, and the digests of its files."""
    def build(name):
        dice = random.Random(11)
        files = {f"file-{n}": dice.randbytes(4 * MIB) for n in range(LAYERS)}
        steps = "".join(f"COPY {file} /{file}\n" for file in files)
        fresh_edgectl("build", "--platform", "linux/arm64", "-t", name, context({"Dockerfile": f"FROM scratch\n{steps}"} | files))
        return sorted(hashlib.sha256(x).hexdigest() for x in files.values())
    return build


def unpacked(edgectl):
    return sorted(hashlib.sha256(x.read_bytes()).hexdigest() for x in pathlib.Path(edgectl.store).glob("snapshots/*/fs/file-*"))


def test_parallel_blobs_on_one_connection(fresh_edgectl, front, known, built, scratch):
    nginx = front()
    digests = built(f"{nginx.address}/two:1")
    fresh_edgectl("push", f"{nginx.address}/two:1", env=known)
    pushed = nginx.spoken()
    other = fresh_edgectl.with_store(scratch / "other")
    other("pull", "--unpack", f"{nginx.address}/two:1", env=known)
    pulled = nginx.spoken()[len(pushed):]
    assert unpacked(other) == digests
    assert {x[0] for x in pulled} == {"HTTP/2.0"}
    assert len({x[1] for x in pulled}) == 1, "one connection"
    assert sum("/blobs/" in x[3] and x[2] == "GET" and x[4] == "200" for x in pulled) >= LAYERS
    # what is large goes up by connections of its own, on which no window of a stream is in the way
    assert [x[0] for x in pushed if x[2] == "PUT" and "/blobs/" in x[3]].count("HTTP/1.1") >= LAYERS
    assert "HTTP/2.0" in {x[0] for x in pushed}


def test_connections_that_end_after_a_few_requests(fresh_edgectl, front, known, built, scratch):
    """nginx sends GOAWAY after so many requests; what was under way goes on, the rest takes a new connection."""
    nginx = front(more="keepalive_requests 4;")
    digests = built(f"{nginx.address}/goaway:1")
    fresh_edgectl("push", f"{nginx.address}/goaway:1", env=known)
    other = fresh_edgectl.with_store(scratch / "other")
    other("pull", "--unpack", f"{nginx.address}/goaway:1", env=known)
    assert unpacked(other) == digests
    assert len({x[1] for x in nginx.spoken()}) > 2


def test_a_body_that_is_too_large_for_the_proxy(fresh_edgectl, front, known, built):
    """It answers before the body is there, and resets the stream."""
    nginx = front(limit="1m")
    built(f"{nginx.address}/large:1")
    refused = fresh_edgectl("push", f"{nginx.address}/large:1", env=known, status=1)
    assert f"is too large for registry '{nginx.address}'" in refused.stderr
    assert "client_max_body_size" in refused.stderr


def test_a_front_that_is_killed_in_the_middle(fresh_edgectl, front, known, built, scratch):
    """All streams of the connection break at once; all go on with the next one."""
    nginx = front(more="limit_rate 3m;")
    digests = built(f"{nginx.address}/killed:1")
    fresh_edgectl("push", f"{nginx.address}/killed:1", env=known)
    other = fresh_edgectl.with_store(scratch / "other")
    pull = other.start("pull", "--unpack", f"{nginx.address}/killed:1", env=known)
    partial = pathlib.Path(other.store) / "partial"
    parts.wait_for("the download", lambda: partial.exists() and sum(x.stat().st_size for x in partial.iterdir()) > 2 * MIB, pull)
    nginx.restart()
    said = pull.communicate(timeout=120)
    assert pull.returncode == 0, said
    assert unpacked(other) == digests


# Before an nginx that is told nothing of TLS, and so knows HTTP/2 alone: ends the handshake of those who do not offer it.
ALERTING = """
stream {{ server {{
	listen 127.0.0.1:{port} ssl; ssl_alpn h2; ssl_certificate {certificate}; ssl_certificate_key {key};
	proxy_pass 127.0.0.1:{backend};
}} }}
"""


class Closing:
    """The same, but closes after the handshake."""

    def __init__(self, backend, tls):
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(*tls)
        self.context.set_alpn_protocols(["h2"])
        self.backend = backend
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.address = f"127.0.0.1:{self.listener.getsockname()[1]}"
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        with contextlib.suppress(OSError):
            while True:
                client, _ = self.listener.accept()
                threading.Thread(target=self.serve, args=(client,), daemon=True).start()

    def serve(self, client):
        with contextlib.suppress(OSError), self.context.wrap_socket(client, server_side=True) as near:
            if near.selected_alpn_protocol() != "h2":
                return
            with socket.create_connection(("127.0.0.1", self.backend)) as far:
                threading.Thread(target=self.pump, args=(far, near), daemon=True).start()
                self.pump(near, far)

    @staticmethod
    def pump(source, target):
        with contextlib.suppress(OSError, ValueError):
            while data := source.recv(65536):
                target.sendall(data)

    def close(self):
        self.listener.close()


@pytest.fixture
def http2_only(front, tls_registry):
    """http2_only(way): address of a registry that takes HTTP/2 and nothing else, and the nginx in it."""
    def start(way):
        if way == "505":
            nginx = front(more="if ($server_protocol = HTTP/1.1) { return 505; }")
            return nginx.address, nginx
        if way == "alert":
            parts.need(STREAM_MODULE.exists(), "nginx knows no streams: apt-get install libnginx-mod-stream")
            port, behind = parts.free_port(), parts.free_port()
            stream = ALERTING.format(port=port, certificate=tls_registry.tls[0], key=tls_registry.tls[1], backend=behind)
            return f"127.0.0.1:{port}", front(listen="http2", module=f"load_module {STREAM_MODULE};", stream=stream, port=behind)
        nginx = front(listen="http2")
        return stack.enter_context(contextlib.closing(Closing(nginx.port, tls_registry.tls))).address, nginx
    with contextlib.ExitStack() as stack:
        yield start


@pytest.mark.parametrize("way", ["alert", "close", "505"])
def test_a_registry_with_http2_alone(fresh_edgectl, http2_only, known, built, way):
    """Large uploads go by HTTP/1.1 where they can; where they cannot, nobody has to know of it."""
    address, nginx = http2_only(way)
    name = f"{address}/only-{way}:1"  # a repository of its own: the registry behind is the same, and so are the layers of one second
    built(name)
    pushed = fresh_edgectl("push", "--jobs", "1", name, env=known)
    assert "warning" not in pushed.stderr
    spoken = nginx.spoken()
    assert sum(x[0] == "HTTP/2.0" and x[2] == "PUT" and "/blobs/" in x[3] and x[4] == "201" for x in spoken) > LAYERS
    assert sum(x[0] == "HTTP/1.1" for x in spoken) == (way == "505"), "asked once"
