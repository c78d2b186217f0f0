#!/usr/bin/python3
"""A small registry in memory that misbehaves on demand: what a real one cannot be made to show.

    faulty_registry.py [--auth basic|bearer] [--faults JSON] [--log FILE] [--layer-size N] [--platform OS/ARCH]
                       [--certificate FILE --key FILE [--client-ca FILE]]

It listens on a free loopback port, prints "listening PORT", and holds one image, app:1. Every request becomes one line of
JSON in the log: method, path, host, authorization, range, received (bytes of the body that were read).

A fault is an object: "on" (a regular expression on "METHOD PATH"), "times" (default 1, -1 = always), "skip" (requests to
let through first), and what happens instead of, or to, the right answer:

    status, headers, body   this answer
    redirect                to this address; {port} and {path} are filled in
    cut                     the connection is closed after so many bytes of the body
    corrupt                 the first byte of the body is wrong
    shorter, longer         the body, and its Content-Length, is one byte off
    unannounced             so many bytes more than the true body, without Content-Length
    endless                 the body never ends
    stall                   nothing more comes after half of the body
    receive                 the connection is closed after so many bytes of the request's body
"""

import argparse
import base64
import hashlib
import io
import json
import re
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


def digest_of(data):
    return "sha256:" + hashlib.sha256(data).hexdigest()


def make_layer(size):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as tar:
        info = tarfile.TarInfo("file")
        info.size = size
        tar.addfile(info, io.BytesIO(bytes(i * 7 % 251 for i in range(size))))
    return out.getvalue()


class Store:
    """Blobs, manifests and open uploads of all repositories."""

    def __init__(self, layer_size, platform):
        self.blobs, self.manifests, self.uploads = {}, {}, {}
        self.lock = threading.Lock()
        layer = make_layer(layer_size)
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


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *args):
        pass

    # --- one request ---

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
                "user_agent": self.headers.get("User-Agent"), "received": self.received})
        self.is_recorded = True

    def route(self, path):
        if "receive" in self.fault:
            self.read_body(self.fault["receive"])
            self.hang_up()
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

    def resource(self, path):
        for pattern, handler in ((r"/v2/(.+)/manifests/([^/]+)", self.manifest),
                                 (r"/v2/(.+)/blobs/uploads/([^/]*)", self.upload),
                                 (r"/v2/(.+)/blobs/([^/]+)", self.blob)):
            match = re.fullmatch(pattern, path)
            if match:
                return handler(*match.groups())
        return False

    def manifest(self, name, version):
        store = self.server.store
        if self.command == "PUT":
            body = self.read_body()
            store.put_manifest(name, version, self.headers["Content-Type"], body)
            self.answer(201, b"", {"Docker-Content-Digest": digest_of(body)})
            return True
        if (name, version) not in store.manifests:
            return False
        media_type, body = store.manifests[name, version]
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
            if (source, digest) in store.blobs:
                store.blobs[name, digest] = store.blobs[source, digest]
                self.answer(201, b"", {"Docker-Content-Digest": digest})
                return True
        if self.command == "POST":
            session = str(len(store.uploads))
            store.uploads[session] = name
            self.answer(202, b"", {"Location": f"/v2/{name}/blobs/uploads/{session}?_state=a%2Fb%3D"})
            return True
        body = self.read_body()
        digest = self.query.get("digest", [""])[0]
        if self.query.get("_state") != ["a/b="] or store.uploads.get(session) != name:
            self.answer(404, b'{"errors":[{"code":"BLOB_UPLOAD_INVALID"}]}')
        elif digest != digest_of(body):
            self.answer(400, b'{"errors":[{"code":"DIGEST_INVALID","message":"provided digest did not match"}]}')
        else:
            store.blobs[name, digest] = body
            self.answer(201, b"", {"Docker-Content-Digest": digest})
        return True

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
            self.body = self.rfile.read(length if limit is None else min(limit, length))
            self.received = len(self.body)
        return self.body

    def hang_up(self):
        self.record()
        self.close_connection = True
        self.connection.shutdown(2)

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
            self.send_header(name, value)
        if "unannounced" in fault or "endless" in fault:
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
        super().__init__(("127.0.0.1", 0), Handler)
        self.store = Store(options.layer_size, options.platform)
        self.faults = Faults(options.faults)
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
    parser.add_argument("--certificate")
    parser.add_argument("--key")
    parser.add_argument("--client-ca")
    parser.add_argument("--layer-size", type=int, default=300000)
    parser.add_argument("--platform", default="linux/arm64")
    server = Server(parser.parse_args())
    print(f"listening {server.server_address[1]}", flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
