"""As much of HTTP/1.1 as an engine speaks."""
import asyncio
import json
import re
import urllib.parse

REASONS = {200: "OK", 201: "Created", 204: "No Content", 304: "Not Modified", 400: "Bad Request", 404: "Not Found", 409: "Conflict",
           500: "Internal Server Error", 501: "Not Implemented"}


class Exchange:
    """One request and its answer."""

    def __init__(self, transport, method, target, body):
        path, _, query = target.partition("?")
        self.transport, self.method, self.body = transport, method, bytes(body)
        self.path = urllib.parse.unquote(re.sub("^/v1[.][0-9]+", "", path))
        self.query = dict(urllib.parse.parse_qsl(query))
        self.filters = json.loads(self.query.get("filters") or "{}")
        self.name, self.is_lost, self.is_answered = "", False, False

    def head(self, status, headers):
        lines = [f"HTTP/1.1 {status} {REASONS.get(status, 'Unknown')}", "Api-Version: 1.41", "Server: Docker/20.10 (recorded)", *headers]
        self.is_answered = True
        self.transport.write(("\r\n".join(lines) + "\r\n\r\n").encode())

    def send(self, status, content=b"", kind="application/json"):
        if status in (204, 304):
            self.head(status, [])
            return
        self.head(status, [*([f"Content-Type: {kind}"] if content else []), f"Content-Length: {len(content)}"])
        if self.method != "HEAD":
            self.transport.write(content)

    def send_json(self, status, document):
        self.send(status, b"" if document is None else json.dumps(document).encode() + b"\n")

    def begin_stream(self, kind):
        self.head(200, [f"Content-Type: {kind}", "Transfer-Encoding: chunked"])

    def send_part(self, document):
        data = json.dumps(document).encode() + b"\r\n"
        self.transport.write(b"%x\r\n%b\r\n" % (len(data), data))

    def end_stream(self):
        self.transport.write(b"0\r\n\r\n")

    def send_lines(self, documents):
        self.begin_stream("application/json")
        for document in documents:
            self.send_part(document)
        self.end_stream()

    def drop(self):
        self.is_lost = True
        self.transport.close()


class HttpConnection(asyncio.Protocol):
    """Requests of one connection, one after the other."""

    def __init__(self, handler, counter=None):
        self.handler, self.counter = handler, counter
        self.buffer, self.task, self.exchange = bytearray(), None, None

    def connection_made(self, transport):
        self.transport = transport
        if self.counter:
            self.counter(1)

    def connection_lost(self, problem):
        if self.counter:
            self.counter(-1)
        if self.exchange:
            self.exchange.is_lost = True

    def data_received(self, data):
        self.buffer += data
        if not self.task:
            self.proceed()

    def proceed(self):
        taken = self.take_request()
        if taken:
            self.exchange = Exchange(self.transport, *taken)
            self.task = asyncio.ensure_future(self.handler(self.exchange))
            self.task.add_done_callback(self.answered)

    def answered(self, task):
        self.task = None
        if task.exception():
            raise task.exception()
        if not self.transport.is_closing():
            self.proceed()

    def take_request(self):
        """(method, target, body) once all of it is there."""
        end = self.buffer.find(b"\r\n\r\n")
        if end < 0:
            return None
        lines = self.buffer[:end].decode("latin-1").split("\r\n")
        method, target, _ = lines[0].split(" ")
        headers = {k.lower(): v.strip() for k, _, v in (line.partition(":") for line in lines[1:])}
        if headers.get("expect") == "100-continue" and not getattr(self, "was_asked", False):
            self.was_asked = True
            self.transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        taken = self.take_body(headers, end + 4)
        if taken is None:
            return None
        self.was_asked = False
        body, after = taken
        del self.buffer[:after]
        return method, target, body

    def take_body(self, headers, at):
        if headers.get("transfer-encoding") != "chunked":
            size = int(headers.get("content-length", 0))
            return (self.buffer[at:at + size], at + size) if len(self.buffer) >= at + size else None
        if not self.buffer.endswith(b"0\r\n\r\n"):
            return None
        parts = []
        while True:
            line_end = self.buffer.find(b"\r\n", at)
            if line_end < 0:
                return None
            size = int(self.buffer[at:line_end].partition(b";")[0], 16)
            at = line_end + 2 + size + 2
            if at > len(self.buffer):
                return None
            if size == 0:
                return b"".join(parts), at
            parts.append(self.buffer[line_end + 2:line_end + 2 + size])
