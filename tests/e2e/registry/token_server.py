"""A token server for docker-registry (its `auth: token`): gives anybody a token to pull, and anna one to push."""
import base64
import json
import subprocess
import threading
import time
import urllib.parse
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

ISSUER, SERVICE = "edgectl tests", "registry, with a comma"
USER, PASSWORD, IDENTITY = "anna", "sesame", "anna's identity"


def base64url(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


class Signer:
    """Signs as a key whose certificate the registry has as its rootcertbundle."""

    def __init__(self, directory):
        self.key, self.certificate = directory / "token.key", directory / "token.crt"
        subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=tokens",
                        "-keyout", self.key, "-out", self.certificate], check=True, capture_output=True)
        pem = self.certificate.read_text().split("-----")
        self.der = "".join(pem[2].split())

    def sign(self, claims):
        header = {"typ": "JWT", "alg": "RS256", "x5c": [self.der]}
        text = ".".join(base64url(json.dumps(part).encode()) for part in (header, claims))
        signature = subprocess.run(["openssl", "dgst", "-sha256", "-sign", self.key], input=text.encode(),
                                   check=True, capture_output=True).stdout
        return f"{text}.{base64url(signature)}"


class Handler(BaseHTTPRequestHandler):
    def log_message(self, *args):
        pass

    def do_GET(self):
        expected = "Basic " + base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
        given = self.headers.get("Authorization")
        query = urllib.parse.parse_qs(urllib.parse.urlsplit(self.path).query)
        self.answer(query, known=given == expected, welcome=given in (None, expected))

    def do_POST(self):
        form = urllib.parse.parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
        known = form.get("grant_type") == ["refresh_token"] and form.get("refresh_token") == [IDENTITY]
        self.answer(form, known, welcome=known)

    def answer(self, question, known, welcome):
        self.server.requests.append((self.command, known, question.get("scope")))
        if not welcome or question.get("service") != [SERVICE]:
            self.reply(401, {})
            return
        access = []
        for scope in question.get("scope", []):
            kind, name, actions = scope.split(":")
            access.append({"type": kind, "name": name,
                           "actions": [x for x in actions.split(",") if known or x == "pull"]})
        now = int(time.time())
        token = self.server.signer.sign({"iss": ISSUER, "sub": USER if known else "", "aud": SERVICE, "nbf": now - 5,
                                         "iat": now, "exp": now + self.server.lifetime, "jti": str(now), "access": access})
        answer = {"access_token" if self.command == "POST" else "token": token, "expires_in": 300}
        if known and question.get("offline_token") == ["true"]:
            answer["refresh_token"] = IDENTITY
        self.reply(200, answer)

    def reply(self, status, value):
        body = json.dumps(value).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


class TokenServer(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, directory):
        super().__init__(("127.0.0.1", 0), Handler)
        self.signer, self.requests = Signer(directory), []
        self.lifetime = 300  # seconds; the answers say 300 in any case
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def auth(self):
        """The "auth" of docker-registry's configuration."""
        return {"token": {"realm": f"http://127.0.0.1:{self.server_address[1]}/token", "service": SERVICE, "issuer": ISSUER,
                          "rootcertbundle": str(self.signer.certificate)}}

    def close(self):
        self.shutdown()
        self.server_close()
