"""A proxy before a registry that ends a client's work at the request that it is told: one after the other, each in its turn."""
import http.client
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

HOP_HEADERS = {"connection", "keep-alive", "transfer-encoding", "content-length", "expect"}


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # else every answer waits for the client's delayed acknowledgement
    wbufsize = -1  # an answer is one packet

    def log_message(self, *args):
        pass

    def handle_expect_100(self):
        proceeds = super().handle_expect_100()
        self.wfile.flush()
        return proceeds

    def read_body(self):
        if self.headers.get("Transfer-Encoding") != "chunked":
            return self.rfile.read(int(self.headers.get("Content-Length", 0)))
        body = b""
        while size := int(self.rfile.readline().partition(b";")[0], 16):
            body += self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()
        return body

    def forward(self, body):
        upstream = http.client.HTTPConnection("127.0.0.1", self.server.upstream, timeout=60)
        upstream.request(self.command, self.path, body, {k: v for k, v in self.headers.items() if k.lower() not in HOP_HEADERS})
        reply = upstream.getresponse()
        content = reply.read()
        upstream.close()
        return reply, content

    def answer(self):
        body = self.read_body()
        cut = self.server.proxy.begins(self.command, self.path)
        self.close_connection = bool(cut)
        if cut == "before":
            self.server.proxy.on_cut()
            return
        reply, content = self.forward(body)
        if cut == "after":
            self.server.proxy.on_cut()
            return
        self.send_response_only(reply.status)
        for key, value in reply.getheaders():
            if key.lower() not in HOP_HEADERS:
                self.send_header(key, value)
        self.send_header("Content-Length", reply.getheader("Content-Length") or str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = answer


class QuietServer(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request, address):
        """Who was killed resets the connection."""
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, address)


class CuttingProxy:
    """Hosts are called as the client called them, so that addresses that the registry gives lead here again."""

    def __init__(self, port):
        self.server = QuietServer(("127.0.0.1", 0), Handler)
        self.server.upstream, self.server.proxy = port, self
        self.lock = threading.Lock()
        self.address = f"127.0.0.1:{self.server.server_port}"
        self.arm(None, None)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def arm(self, number, when, on_cut=lambda: None):
        """Request `number` (from 0; None = none) is not sent on ("before"), or not answered ("after")."""
        self.requests, self.number, self.when, self.on_cut, self.is_lost = [], number, when, on_cut, False
        self.at, self.action = None, None

    def arm_at(self, request, action):
        """Nothing is cut: `action` is carried out before the first such request, a (method, path), is sent on."""
        self.arm(None, None)
        self.at, self.action = request, action

    def lose(self):
        """No request gets through until it is armed again."""
        self.is_lost = True

    def begins(self, method, path):
        with self.lock:
            self.requests.append((method, path.partition("?")[0]))
            if self.at == self.requests[-1]:
                self.at = None
                self.action()
            if self.is_lost:
                return "before"
            return self.when if len(self.requests) - 1 == self.number else None

    def close(self):
        self.server.shutdown()
        self.server.server_close()
