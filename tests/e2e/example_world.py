"""A world in which the words of the examples in the help texts are true: a network of its own with registry.example.com,
git.example.com, the registries of a lab, and a board at the other end of ssh; and a project to work in."""
import json
import os
import pathlib
import shutil
import subprocess
import sys

import base_images  # of ../fixtures, which parts has put on the path
import parts

HOSTS = {"127.0.0.1": "localhost", "127.0.0.2": "registry.example.com", "127.0.0.3": "git.example.com",
         "127.0.0.4": "board raspberrypi.local pi.local", "127.0.0.5": "lab board-lab"}
BOARD = "10.0.0.7"  # a second one, which is only named
USER, TOKEN = "ci", "sesame"
DOCKERFILE = """
FROM debian:12
COPY message /app/
RUN echo "ID=demo" > /etc/os-release
CMD ["sh", "-c", "trap exit TERM; while :; do cat /app/message; sleep 0.2; done"]
"""
COMPOSE = """
name: demo
services:
  app:
    build: .
    image: registry.example.com/team/app:1
    network_mode: host
    environment: {LOG_LEVEL: info}
    stop_signal: SIGKILL
"""
COMPOSE_DEV = "services: {debugger: {image: 'debian:12', profiles: [debug]}}\n"
PROJECT = """
board: raspberrypi4-64
fleets:
  greenhouse:
    registry: registry.example.com/team
    platforms: [linux/arm64, linux/amd64]
    channel: stable
"""
CONFIG = """
registries:
  docker.io:
    mirrors: [registry.example.com]
  lab:5000:
    insecure: true
"""
TEMPLATE = "name: {}\nsummary: Reads a sensor\nvariables: {{port: {{question: Port, type: integer, default: 80}}}}\n"
FILES = {"Dockerfile": DOCKERFILE, "message": "hello\n", "compose.yaml": COMPOSE, "compose.dev.yaml": COMPOSE_DEV,
         "edgectl.yaml": PROJECT, "sbom.spdx.json": '{"spdxVersion": "SPDX-2.3"}', "token.txt": TOKEN, "sdk/sensor.h": "",
         "my-template/template.yaml": TEMPLATE.format("my-template"), "my-template/Dockerfile": "FROM scratch\nCOPY . /\n"}
REPOSITORIES = {"app.git": ("main", {"board/Dockerfile": DOCKERFILE, "board/message": "from git\n"}),
                "templates.git": ("v2", {"sensor/template.yaml": TEMPLATE.format("sensor"),
                                         "sensor/Dockerfile": "FROM scratch\nCOPY . /\n"})}
# Of the mount namespace: nothing of the machine's own is written to.
SETUP = """
set -e
ip link set lo up
ip addr add {board}/32 dev lo
mount -t tmpfs -o mode=755 tmpfs /run
[ ! -d /root/.ssh ] || mount -t tmpfs -o mode=700 tmpfs /root/.ssh
mkdir /run/sshd
touch /run/docker.sock
mount -t tmpfs tmpfs /opt
mount -t tmpfs tmpfs /media
mkdir /opt/licences
mkdir --mode=777 /media/stick
mount --bind {engine}/docker.sock /run/docker.sock
mount --bind {root}/hosts /etc/hosts
mount --bind {root}/ssh_config /etc/ssh/ssh_config
mount --bind {root}/certs /etc/ssl/certs
"""


class World:
    """Its commands run by `inside`, as whoever started the tests; with the identity's credentials, as the user."""

    def __init__(self, root, engine, edgectl):
        self.root, self.engine, self.edgectl, self.identity = pathlib.Path(root), engine, edgectl, edgectl.identity
        self.root.mkdir()
        self.started = []
        os.chmod(engine.root, 0o755)
        os.chmod(engine.root / "docker.sock", 0o666)
        self.home = self.root / "home"
        self.project = self.home / "project"
        try:
            self.make()
        except BaseException:
            self.close()
            raise

    def make(self):
        self.make_certificates()
        self.make_ssh()
        self.write_machine()
        self.enter()
        self.start_services()
        self.write_project()
        self.write_repositories()

    # --- the machine ---

    def make_certificates(self):
        """One certificate for both servers, which is its own authority."""
        names = "subjectAltName=DNS:registry.example.com,DNS:git.example.com"
        self.certificate, self.key = self.root / "tls.crt", self.root / "tls.key"
        self.run("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj",
                 "/CN=edgectl examples", "-addext", names, "-keyout", self.key, "-out", self.certificate)
        authorities = self.root / "certs"
        authorities.mkdir()
        shutil.copy(self.certificate, authorities / "ca-certificates.crt")
        self.run("openssl", "rehash", authorities)

    def make_ssh(self):
        for name, mode in ("host", 0o600), ("login", 0o600):
            self.run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", self.root / name)
            (self.root / name).chmod(mode)
        self.identity.own(self.root / "login")
        (self.root / "sshd_config").write_text(
            f"ListenAddress 127.0.0.4:22\nHostKey {self.root}/host\nAuthorizedKeysFile {self.root}/login.pub\nStrictModes no\n"
            "PidFile none\nUsePAM no\nPermitRootLogin yes\n")
        (self.root / "known").write_text(f"board,raspberrypi.local,pi.local {(self.root / 'host.pub').read_text()}")
        (self.root / "ssh_config").write_text(
            f"Host *\n User root\n IdentityFile {self.root}/login\n GlobalKnownHostsFile {self.root}/known\n")

    def write_machine(self):
        (self.root / "hosts").write_text("".join(f"{address} {names}\n" for address, names in HOSTS.items()))

    def enter(self):
        holder = subprocess.Popen(["unshare", "--net", "--mount", "--propagation", "private", "sleep", "infinity"])
        self.started.append(holder)
        parts.wait_for("a network of its own", lambda: parts.command_name(holder.pid) == "sleep", holder)
        self.inside = ["nsenter", f"--net=/proc/{holder.pid}/ns/net", f"--mount=/proc/{holder.pid}/ns/mnt"]
        self.run(*self.inside, "sh", "-c", SETUP.format(board=BOARD, engine=self.engine.root, root=self.root))

    def start(self, address, port, *words):
        with open(self.root / f"log-{address}", "w") as log:
            self.started.append(subprocess.Popen([*self.inside, *map(str, words)], stdout=log, stderr=log,
                                                 env={"PATH": parts.SYSTEM_PATH}))
        probe = [*self.inside, "bash", "-c", f"echo > /dev/tcp/{address}/{port}"]
        parts.wait_for(f"{words[0]}, see {self.root}/log-{address}",
                       lambda: subprocess.run(probe, capture_output=True).returncode == 0, self.started[-1])

    def start_services(self):
        self.run("htpasswd", "-Bbc", self.root / "htpasswd", USER, TOKEN)
        login = {"htpasswd": {"realm": "example", "path": str(self.root / "htpasswd")}}
        tls = {"certificate": str(self.certificate), "key": str(self.key)}
        self.start_registry("127.0.0.2", 443, {"tls": tls}, {"auth": login})
        self.start_registry("127.0.0.5", 5000, {}, {})
        (self.root / "git").mkdir()
        self.start("127.0.0.3", 443, sys.executable, "-B", parts.FIXTURES / "git_server.py", "127.0.0.3", 443, self.certificate, self.key,
                   self.root / "git")
        self.start("127.0.0.4", 22, shutil.which("sshd", path=parts.SYSTEM_PATH), "-D", "-e", "-f", self.root / "sshd_config")

    def start_registry(self, address, port, http, more):
        data = self.root / f"registry-{address}"
        config = {"version": 0.1, "log": {"level": "warn"}, "http": {"addr": f"{address}:{port}"} | http,
                  "storage": {"filesystem": {"rootdirectory": str(data)}, "delete": {"enabled": True}}} | more
        path = self.root / f"registry-{address}.yml"
        path.write_text(json.dumps(config))  # YAML reads JSON
        self.start(address, port, "docker-registry", "serve", path)

    # --- what is in it ---

    def write(self, root, files):
        for name, content in files.items():
            path = root / name
            for parent in reversed([path.parent, *path.parent.parents]):
                if not parent.exists():
                    parent.mkdir()
                    self.identity.own(parent)
            path.write_text(content)
            self.identity.own(path)

    def write_project(self):
        self.write(self.home, {".config/edgectl/config.yaml": CONFIG, ".config/fish/completions/old.fish": ""}
                   | {f"certs/{name}.pem": self.certificate.read_text() for name in ("ca", "cert", "key")})
        (self.home / "certs/key.pem").chmod(0o600)
        self.write(self.project, FILES)
        self.run(*self.inside, "skopeo", "--insecure-policy", "copy", "--quiet", "--all", "--dest-creds", f"{USER}:{TOKEN}",
                 f"oci:{base_images.cached(base_images.default_cache(), 'busybox')}:latest",
                 "docker://registry.example.com/library/debian:12")

    def write_repositories(self):
        for name, (ref, files) in REPOSITORIES.items():
            root = self.root / "git" / name
            root.mkdir()
            for path, content in files.items():
                (root / path).parent.mkdir(parents=True, exist_ok=True)
                (root / path).write_text(content)
            git = ["git", "-C", root, "-c", "user.name=Anna", "-c", "user.email=anna@example.com"]
            self.run("git", "init", "-q", "-b", "main", root)
            self.run(*git, "add", "-A")
            self.run(*git, "commit", "-q", "-m", ref)
            if ref != "main":
                self.run(*git, "tag", ref)

    # --- what happens in it ---

    def run(self, *words):
        done = subprocess.run(list(map(str, words)), capture_output=True, text=True)
        assert done.returncode == 0, f"{words}: {done.stdout}{done.stderr}"

    def environment(self):
        return self.edgectl.env() | {"HOME": str(self.home), "EDGECTL_ROOT": str(self.home / "store"), "TERM": "xterm",
                                     "EDGECTL_CONFIG_HOME": str(self.home / ".config/edgectl"),
                                     "PATH": f"{pathlib.Path(self.edgectl.program).parent}:{parts.SYSTEM_PATH}"}

    def command(self, script):
        """The words that run it by the shell as the user; nsenter itself wants to be root."""
        user = ["setpriv", f"--reuid={self.identity.uid}", f"--regid={self.identity.gid}", "--clear-groups"]
        return [*self.inside, *(user if self.identity.uid else []), "bash", "-c", f"cd '{self.project}' && {script}"]

    def shell(self, script, status=0):
        done = subprocess.run(self.command(script), stdin=subprocess.DEVNULL, capture_output=True, text=True, env=self.environment(),
                              timeout=120, errors="replace")
        self.edgectl.check_sanitizers()
        assert done.returncode == status, f"{script}: status {done.returncode}\n{done.stdout}\n{done.stderr}"
        return done.stdout + done.stderr

    def close(self):
        containers = self.engine.docker("ps", "--all", "--quiet").stdout.split()
        if containers:
            self.engine.docker("rm", "--force", *containers)
        for process in reversed(self.started):
            parts.stop(process)
