#!/usr/bin/python3
"""A small registry in memory that misbehaves on demand: what a real one cannot be made to show.

    faulty_registry.py [--auth basic|bearer] [--faults JSON] [--log FILE] [--layer-size N | --layer FILE] [--platform OS/ARCH]
                       [--certificate FILE --key FILE [--client-ca FILE]] [--host ADDRESS] [--port N]
                       [--no-mounts] [--forgetful] [--part-limit N] [--part-minimum N] [--miscount] [--marks N,N...]
                       [--locations path|relative|absolute]

It listens on a free loopback port, prints "listening PORT", and holds one image, app:1. Every request becomes one line of
JSON in the log: method, path, host, authorization, range, the names of all headers, received (bytes of the body that were read).

What the distribution specification asks of a client is asked for: a manifest's media type must be among those of Accept, and
be the Content-Type of its PUT; bytes of a blob come as application/octet-stream, and to the newest address of an upload, which
--locations gives as a path, relative, or whole.

Uploads are as the specification says: what came of an interrupted body stays, GET says how much that is, PATCH goes on from
there and nowhere else. With --no-mounts every mount becomes an upload. --forgetful makes them as distribution
2.8 has them: an interrupted one is lost. With --part-limit, a PATCH above so many bytes is refused (416), as GHCR does;
--part-minimum is announced as OCI-Chunk-Min-Length; with --miscount the data of a second PATCH is dropped, as ECR does.

--marks are numbers of bytes that all uploads together have brought: at each the registry prints "mark N", and reads no more of
that upload until a line comes on its standard input.

A fault is an object: "on" (a regular expression on "METHOD PATH"), "times" (default 1, -1 = always), "skip" (requests to
let through first), and what happens instead of, or to, the right answer:

    status, headers, body   this answer
    redirect                to this address; {port} and {path} are filled in
    without                 names of headers that the answer lacks
    cut                     the connection is closed after so many bytes of the body
    corrupt                 the first byte of the body is wrong
    shorter, longer         the body, and its Content-Length, is one byte off
    unannounced             so many bytes more than the true body, without Content-Length
    endless                 the body never ends
    stall                   nothing more comes after half of the body
    receive                 the connection is closed after so many bytes of the request's body; with "status", that answer
                            comes first; with "hold", nothing more is read for so many seconds before
    lose                    at a manifest's PUT: the repository has lost all of its blobs
    forget                  an upload is lost before the request comes to it
    understate              an upload is said to have so many bytes fewer than it has
"""

import argparse
import base64
import hashlib
import io
import json
import pathlib
import re
import socket
import ssl
import sys
import tarfile
import threading
import time
import urllib.parse
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

USER, PASSWORD, TOKEN = "user", "correct horse", "token-for-"
MANIFEST = "application/vnd.oci.image.manifest.v1+json"
CONFIG = "application/vnd.oci.image.config.v1+json"
LAYER = "application/vnd.oci.image.layer.v1.tar"
UPLOAD = r"/v2/(.+)/blobs/uploads/([^/]*)"


def digest_of(data):
    return "sha256:" + hashlib.sha256(data).hexdigest()


def make_layer(size):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as tar:
        info = tarfile.TarInfo("file")
        info.size = size
        tar.addfile(info, io.BytesIO((bytes(i * 7 % 251 for i in range(251)) * (size // 251 + 1))[:size]))
    return out.getvalue()


class Store:
    """Blobs, manifests and open uploads of all repositories."""

    def __init__(self, layer, platform):
        self.blobs, self.manifests, self.uploads = {}, {}, {}
        self.lock = threading.Lock()
        os_name, arch = platform.split("/")[:2]
        config = json.dumps({"os": os_name, "architecture": arch, "config": {},
                             "rootfs": {"type": "layers", "diff_ids": [digest_of(layer)]}}).encode()
        manifest = json.dumps({
            "schemaVersion": 2, "mediaType": MANIFEST,
            "config": {"mediaType": CONFIG, "digest": digest_of(config), "size": len(config)},
            "layers": [{"mediaType": LAYER, "digest": digest_of(layer), "size": len(layer)}]}).encode()
        for blob in (layer, config):
            self.blobs["app", digest_of(blob)] = blob
        self.put_manifest("app", "1", MANIFEST, manifest)

    def put_manifest(self, name, version, media_type, body):
        self.manifests[name, version] = self.manifests[name, digest_of(body)] = (media_type, body)


class Faults:
    def __init__(self, text):
        self.items = [dict({"times": 1, "skip": 0}, **fault) for fault in json.loads(text)]
        self.lock = threading.Lock()

    def take(self, request):
        with self.lock:
            for fault in self.items:
                if fault["times"] == 0 or not re.search(fault["on"], request):
                    continue
                if fault["skip"] > 0:
                    fault["skip"] -= 1
                    continue
                fault["times"] -= 1
                return fault
        return {}


class Marks:
    def __init__(self, text):
        self.ahead = [int(x) for x in text.split(",") if x]
        self.bytes = 0
        self.lock = threading.Lock()

    def pass_by(self, size):
        with self.lock:
            self.bytes += size
            if self.ahead and self.bytes >= self.ahead[0]:
                print("mark", self.ahead.pop(0), flush=True)
                sys.stdin.readline()


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *args):
        pass

    # --- one request ---

    def handle_expect_100(self):
        """Only who means to read the body asks for it: want_body()."""
        self.is_awaited = True
        return True

    def want_body(self):
        if self.is_awaited:
            self.send_response_only(100)
            self.end_headers()
        self.is_awaited = False

    def parse_request(self):
        self.is_awaited = False
        return super().parse_request()

    def handle_one(self):
        self.received, self.is_recorded, self.body = 0, False, None
        path = urllib.parse.urlsplit(self.path)
        self.query = urllib.parse.parse_qs(path.query)
        self.fault = self.server.faults.take(f"{self.command} {self.path}")
        self.route(path.path)

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = handle_one

    def record(self):
        """Before the client can know of the answer: whoever reads the log then finds the request in it."""
        if not self.is_recorded:
            self.server.record({
                "method": self.command, "path": self.path, "host": self.headers.get("Host"),
                "authorization": self.headers.get("Authorization"), "range": self.headers.get("Range"),
                "user_agent": self.headers.get("User-Agent"), "headers": self.headers.keys(), "received": self.received})
        self.is_recorded = True

    def route(self, path):
        if "receive" in self.fault:
            self.interrupt(path)
        elif "status" in self.fault:
            self.answer(self.fault["status"], self.fault.get("body", "").encode(), self.fault.get("headers", {}))
        elif "redirect" in self.fault:
            target = self.fault["redirect"].format(port=self.server.server_address[1], path=self.path)
            self.answer(307, b"", {"Location": target})
        elif path == "/token":
            self.token()
        elif not self.is_authorized(path):
            self.challenge()
        elif not self.resource(path):
            self.answer(404, b'{"errors":[{"code":"NOT_FOUND","message":"not here"}]}')

    def interrupt(self, path):
        """Somewhere within the body."""
        length = int(self.headers.get("Content-Length") or 0)
        match = re.fullmatch(UPLOAD, path)
        session = self.server.store.uploads.get(match[2]) if match else None
        if session and self.server.options.forgetful:
            session["broken"] = True
        if session and self.command in ("PUT", "PATCH") and not self.wrong_range(session, length):
            self.receive(session, min(length, self.fault["receive"]))
        else:
            self.read_body(self.fault["receive"])
        time.sleep(self.fault.get("hold", 0))
        if self.fault.get("status") == 401:
            self.challenge()
        elif "status" in self.fault:
            self.answer(self.fault["status"], b"", self.fault.get("headers", {}))
        if "status" in self.fault:
            self.drain()
        self.hang_up()

    def drain(self):
        """A client that still sends would otherwise lose the answer to the reset of the connection."""
        size = 0
        self.connection.shutdown(socket.SHUT_WR)
        try:
            while piece := self.rfile.read1(65536):
                size += len(piece)
        except OSError:
            pass
        return size

    def resource(self, path):
        for pattern, handler in ((r"/v2/(.+)/manifests/([^/]+)", self.manifest),
                                 (UPLOAD, self.upload),
                                 (r"/v2/(.+)/blobs/([^/]+)", self.blob)):
            match = re.fullmatch(pattern, path)
            if match:
                return handler(*match.groups())
        return False

    def manifest(self, name, version):
        store = self.server.store
        if self.command == "PUT":
            body = self.read_body()
            if self.headers["Content-Type"] != json.loads(body)["mediaType"]:
                self.answer(400, b'{"errors":[{"code":"MANIFEST_INVALID","message":"it is not of its Content-Type"}]}')
                return True
            if "lose" in self.fault:
                for key in [key for key in store.blobs if key[0] == name]:
                    del store.blobs[key]
            named = json.loads(body)
            lacks = [x["digest"] for x in [named.get("config", None), *named.get("layers", [])] if x and (name, x["digest"]) not in store.blobs]
            if lacks:
                self.answer(400, json.dumps({"errors": [{"code": "MANIFEST_BLOB_UNKNOWN", "detail": x} for x in lacks]}).encode())
                return True
            store.put_manifest(name, version, self.headers["Content-Type"], body)
            self.answer(201, b"", {"Docker-Content-Digest": digest_of(body)})
            return True
        if (name, version) not in store.manifests:
            return False
        media_type, body = store.manifests[name, version]
        if media_type not in self.headers.get("Accept", ""):
            return False
        self.answer(200, body, {"Content-Type": media_type, "Docker-Content-Digest": digest_of(body)})
        return True

    def blob(self, name, digest):
        body = self.server.store.blobs.get((name, digest))
        if body is None:
            return False
        match = re.fullmatch(r"bytes=(\d+)-", self.headers.get("Range", ""))
        if match and self.command == "GET":
            first = int(match.group(1))
            self.answer(206, body[first:], {"Content-Range": f"bytes {first}-{len(body) - 1}/{len(body)}"})
        else:
            self.answer(200, body)
        return True

    def upload(self, name, session):
        store = self.server.store
        if self.command == "POST" and "mount" in self.query:
            digest, source = self.query["mount"][0], self.query["from"][0]
            if (source, digest) in store.blobs and not self.server.options.no_mounts:
                store.blobs[name, digest] = store.blobs[source, digest]
                self.answer(201, b"", {"Docker-Content-Digest": digest})
                return True
        if self.command == "POST":
            session = str(len(store.uploads))
            store.uploads[session] = {"name": name, "data": bytearray(), "parts": 0, "state": 0, "lock": threading.Lock()}
            self.answer_session(202, name, session)
            return True
        if "forget" in self.fault:
            store.uploads[session] = {"name": None}
        state = store.uploads.get(session, {"name": None})
        if not self.is_address_of(state) or state["name"] != name or state.get("broken"):
            self.answer(404, b'{"errors":[{"code":"BLOB_UPLOAD_INVALID"}]}')
            return True
        if self.command != "GET" and self.headers.get("Content-Type") != "application/octet-stream":
            self.answer(400, b'{"errors":[{"code":"BLOB_UPLOAD_INVALID","message":"not application/octet-stream"}]}')
            return True
        with state["lock"]:  # a request that broke may still be at it
            {"GET": self.session_status, "PATCH": self.session_part, "PUT": self.session_end}[self.command](name, session, state)
        return True

    def is_address_of(self, state):
        """Bytes go to the newest only; whoever missed the last answer may ask for it at the one before."""
        known = [f"a/b={number}" for number in range(state.get("state", -1) + 1)]
        wanted = known if self.command == "GET" else known[-1:]
        return self.query.get("_state", [""])[0] in wanted

    def location(self, name, session, number):
        last = f"{session}?_state=a%2Fb%3D{number}"
        path = f"/v2/{name}/blobs/uploads/{last}"
        return {"path": path, "relative": last, "absolute": f"http://{self.headers['Host']}{path}"}[self.server.options.locations]

    def answer_session(self, status, name, session):
        """With a new address each time."""
        state = self.server.store.uploads[session]
        if "data" not in state:  # another request ended it meanwhile
            self.answer(404, b'{"errors":[{"code":"BLOB_UPLOAD_UNKNOWN"}]}')
            return
        size = len(state["data"]) - self.fault.get("understate", 0)
        state["state"] += 1
        headers = {"Location": self.location(name, session, state["state"]), "Range": f"0-{max(size - 1, 0)}"}
        if self.server.options.part_minimum:
            headers["OCI-Chunk-Min-Length"] = str(self.server.options.part_minimum)
        self.answer(status, b"", headers)

    def session_status(self, name, session, state):
        self.answer_session(204, name, session)

    def wrong_range(self, state, length):
        """Content-Range is to begin where the upload stands, and to be as long as the body; a PUT may do without."""
        given = self.headers.get("Content-Range")
        begin = len(state["data"])
        if given is None:
            return self.command == "PATCH"
        return given != f"{begin}-{begin + length - 1}"

    def refuse(self, name, session):
        """Without a look at the body, as most servers do; the log has what of it came nevertheless."""
        self.body = b""
        self.is_recorded = True
        self.answer_session(416, name, session)
        self.received = self.drain()
        self.is_recorded = False
        self.hang_up()

    def session_part(self, name, session, state):
        length = int(self.headers["Content-Length"])
        limit = self.server.options.part_limit
        if self.wrong_range(state, length) or limit and length > limit:
            self.refuse(name, session)
            return
        state["parts"] += 1
        if self.server.options.miscount and state["parts"] > 1:
            self.read_body()
        elif not self.receive(state, length):
            return
        self.answer_session(202, name, session)

    def session_end(self, name, session, state):
        length = int(self.headers.get("Content-Length") or 0)
        if self.wrong_range(state, length):
            self.refuse(name, session)
        elif self.receive(state, length):
            body, digest = bytes(state["data"]), self.query.get("digest", [""])[0]
            if digest != digest_of(body):
                self.answer(400, b'{"errors":[{"code":"DIGEST_INVALID","message":"provided digest did not match"}]}')
                return
            self.server.store.blobs[name, digest] = body
            self.server.store.uploads[session] = {"name": None}
            self.answer(201, b"", {"Docker-Content-Digest": digest})

    def receive(self, state, length):
        """Every byte that comes is kept at once. False when the client went away."""
        self.body = b""
        try:
            self.want_body()
            while self.received < length:
                piece = self.rfile.read1(min(length - self.received, 65536))
                if not piece:
                    break
                self.received += len(piece)
                state["data"] += piece
                self.server.marks.pass_by(len(piece))
        except OSError:
            pass
        if self.received < length:
            state["broken"] = self.server.options.forgetful
            self.record()
            self.close_connection = True
        return self.received == length

    # --- access ---

    def basic(self):
        return "Basic " + base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()

    def is_authorized(self, path):
        authorization = self.headers.get("Authorization", "")
        if self.server.auth == "basic":
            return authorization == self.basic()
        if self.server.auth == "bearer":
            name = re.match(r"/v2/(.+?)/(manifests|blobs)/", path)
            action = "pull" if self.command in ("GET", "HEAD") else "push"
            granted = authorization.removeprefix("Bearer " + TOKEN)
            return bool(name) and granted.startswith(f"repository:{name[1]}:") and action in granted
        return True

    def challenge(self):
        port = self.server.server_address[1]
        name = (self.path.split("/") + ["", ""])[2]
        value = 'Basic realm="a, b"' if self.server.auth == "basic" else \
            f'Negotiate, Bearer realm="http://127.0.0.1:{port}/token",service="a, b",scope="repository:{name}:pull"'
        self.answer(401, b'{"errors":[{"code":"UNAUTHORIZED"}]}', {"WWW-Authenticate": value})

    def token(self):
        form = urllib.parse.parse_qs(self.read_body().decode())
        scope = (form or self.query)["scope"][0]
        if self.headers.get("Authorization") not in (None, self.basic()):
            self.answer(401, b"{}")
        elif "push" in scope and not form and not self.headers.get("Authorization"):
            self.answer(403, b"{}")
        elif form and form["refresh_token"] != ["identity"]:
            self.answer(400, b"{}")
        else:
            self.answer(200, json.dumps({"token": TOKEN + scope, "expires_in": 300}).encode())

    # --- bytes ---

    def read_body(self, limit=None):
        if self.body is None:
            length = int(self.headers.get("Content-Length") or 0)
            self.want_body()
            self.body = self.rfile.read(length if limit is None else min(limit, length))
            self.received = len(self.body)
        return self.body

    def hang_up(self):
        self.record()
        self.close_connection = True
        try:
            self.connection.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass  # the client was first

    def answer(self, status, body=b"", headers=None):
        fault = self.fault
        self.read_body()  # what is left of it would be taken for the next request
        self.record()
        if fault.get("corrupt"):
            body = bytes([body[0] ^ 1]) + body[1:]
        if fault.get("shorter"):
            body = body[:-1]
        if fault.get("longer"):
            body += b"!"
        self.send_response(status)
        for name, value in (headers or {}).items():
            for one in value if isinstance(value, list) else [value]:
                if name not in fault.get("without", []):
                    self.send_header(name, one)
        if "unannounced" in fault or "endless" in fault or "Content-Length" in fault.get("without", []):
            self.send_header("Connection", "close")
        else:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.send_body(body)

    def send_body(self, body):
        fault = self.fault
        try:
            if "cut" in fault:
                self.wfile.write(body[:fault["cut"]])
                self.hang_up()
            elif "stall" in fault:
                self.wfile.write(body[:len(body) // 2])
                time.sleep(fault["stall"])
                self.hang_up()
            elif "unannounced" in fault:
                self.wfile.write(body + b"!" * fault["unannounced"])
                self.hang_up()
            elif "endless" in fault:
                while True:
                    self.wfile.write(b" " * 65536)
            else:
                self.wfile.write(body)
        except OSError:
            self.close_connection = True


class Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, options):
        self.address_family = socket.AF_INET6 if ":" in options.host else socket.AF_INET
        super().__init__((options.host, options.port), Handler)
        self.options = options
        layer = pathlib.Path(options.layer).read_bytes() if options.layer else make_layer(options.layer_size)
        self.store = Store(layer, options.platform)
        self.faults = Faults(options.faults)
        self.marks = Marks(options.marks)
        self.auth = options.auth
        self.log = open(options.log, "a", buffering=1) if options.log else None
        self.lock = threading.Lock()
        if options.certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(options.certificate, options.key)
            if options.client_ca:
                context.verify_mode = ssl.CERT_REQUIRED
                context.load_verify_locations(options.client_ca)
            self.socket = context.wrap_socket(self.socket, server_side=True)

    def record(self, entry):
        if self.log:
            with self.lock:
                self.log.write(json.dumps(entry) + "\n")

    def handle_error(self, request, client_address):
        if not isinstance(sys.exc_info()[1], OSError):
            super().handle_error(request, client_address)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--auth", choices=("none", "basic", "bearer"), default="none")
    parser.add_argument("--faults", default="[]")
    parser.add_argument("--log")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--no-mounts", action="store_true")
    parser.add_argument("--forgetful", action="store_true")
    parser.add_argument("--miscount", action="store_true")
    parser.add_argument("--marks", default="")
    parser.add_argument("--locations", choices=("path", "relative", "absolute"), default="path")
    parser.add_argument("--part-limit", type=int)
    parser.add_argument("--part-minimum", type=int)
    parser.add_argument("--certificate")
    parser.add_argument("--key")
    parser.add_argument("--client-ca")
    parser.add_argument("--layer-size", type=int, default=300000)
    parser.add_argument("--layer", help="an uncompressed one, or one that says that it is")
    parser.add_argument("--platform", default="linux/arm64")
    server = Server(parser.parse_args())
    print(f"listening {server.server_address[1]}", flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
