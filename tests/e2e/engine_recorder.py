"""What passes between edgectl and a board's engine: a proxy before a real engine, or before the recorded one, that keeps it."""
import http.client
import json
import re
import socket
import threading
import urllib.parse
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

HOP_HEADERS = {"connection", "keep-alive", "transfer-encoding", "content-length", "host", "expect"}
ACTIONS = "json|start|stop|restart|kill|rename|wait|logs|archive|connect|disconnect|tag"


class UpstreamConnection(http.client.HTTPConnection):
    """To unix:///PATH or tcp://HOST:PORT."""

    def __init__(self, address):
        super().__init__("docker", timeout=120)
        self.address = address

    def connect(self):
        kind, _, rest = self.address.partition("://")
        if kind == "unix":
            self.sock = socket.socket(socket.AF_UNIX)
            self.sock.connect(rest)
        else:
            host, _, port = rest.rpartition(":")
            self.sock = socket.create_connection((host, int(port)))


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *args):
        pass

    def read_chunked(self):
        body = b""
        while size := int(self.rfile.readline().partition(b";")[0], 16):
            body += self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()
        return body

    def read_body(self):
        if self.headers.get("Transfer-Encoding") == "chunked":
            return self.read_chunked()
        return self.rfile.read(int(self.headers.get("Content-Length", 0)))

    def answer(self):
        body = self.read_body()
        upstream = UpstreamConnection(self.server.upstream)
        headers = {k: v for k, v in self.headers.items() if k.lower() not in HOP_HEADERS}
        upstream.request(self.command, self.path, body, headers)
        reply = upstream.getresponse()
        content = reply.read()
        upstream.close()
        self.server.exchanges.append({"method": self.command, "path": self.path, "sent": text_of(body), "status": reply.status,
                                      "type": reply.getheader("Content-Type"), "received": text_of(content)})
        self.send_response_only(reply.status)
        for key, value in reply.getheaders():
            if key.lower() not in HOP_HEADERS:
                self.send_header(key, value)
        if reply.status not in (204, 304):
            self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    do_GET = do_POST = do_DELETE = do_PUT = do_HEAD = answer


def text_of(body):
    """Of an archive, only that it is one."""
    try:
        return body.decode()
    except UnicodeDecodeError:
        return f"<{len(body)} bytes>"


class Recorder:
    def __init__(self, upstream, handler=Handler):
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self.server.daemon_threads = True
        self.server.upstream, self.server.exchanges = upstream, []
        self.address = f"tcp://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def take(self):
        """All exchanges since the last call."""
        taken, self.server.exchanges = self.server.exchanges, []
        return taken

    def close(self):
        self.server.shutdown()
        self.server.server_close()


def call_of(exchange):
    """GET /containers/{}/json: the call without what it is about."""
    path = urllib.parse.unquote(exchange["path"].partition("?")[0])
    path = re.sub("^/v1[.][0-9]+", "", path)
    path = re.sub(f"^/(images|containers|networks|volumes)/(?!json$|create$|load$)(.+?)(/(?:{ACTIONS}))?$", r"/\1/{}\3", path)
    return f"{exchange['method']} {path}"


# Whose keys are names that somebody chose.
NAMED = {"Labels", "Networks", "Containers", "Options", "Ports", "PortBindings", "ExposedPorts", "Volumes", "Data", "Sysctls",
         "RegistryConfig", "IndexConfigs", "DriverOpts", "LogOpts", "Runtimes", "Details", "Config"}


def shape_of(value, key=""):
    """The keys and types of an answer: {path: type}."""
    shape = {}

    def visit(value, path, key):
        shape.setdefault(path, set()).add(type(value).__name__)
        if isinstance(value, dict):
            for name, item in value.items():
                visit(item, f"{path}.{'*' if key in NAMED - {'Config'} else name}", name)
        elif isinstance(value, list):
            for item in value:
                visit(item, f"{path}[]", "")

    visit(value, "", key)
    return shape


def documents_of(exchange):
    """What came, as a list: one object, or the lines of a stream."""
    if not (exchange["type"] or "").startswith("application/json"):
        return []
    return [json.loads(line) for line in exchange["received"].splitlines() if line.strip()]
