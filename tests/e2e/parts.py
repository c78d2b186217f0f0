"""The real parts that edgectl is tested against: registries, a Docker engine, and the user it runs as."""
import contextlib
import dataclasses
import fcntl
import gzip
import io
import json
import os
import pathlib
import pwd
import re
import shutil
import socket
import subprocess
import sys
import tarfile
import tempfile
import time
import urllib.error
import urllib.request

import pytest

FIXTURES = pathlib.Path(__file__).resolve().parent.parent / "fixtures"
sys.path.insert(0, str(FIXTURES))
SYSTEM_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
# Debian's own programs first: a developer's machine may have another docker or python before them.
DEBIAN_PATH = "/usr/sbin:/usr/bin:/sbin:/bin"
MANIFEST_TYPES = ", ".join(
    ["application/vnd.oci.image.index.v1+json", "application/vnd.oci.image.manifest.v1+json",
     "application/vnd.docker.distribution.manifest.list.v2+json", "application/vnd.docker.distribution.manifest.v2+json"])


def need(condition, why):
    """Where `condition` is false the test cannot be run: skip it, or fail it in CI."""
    if condition:
        return
    if os.environ.get("EDGECTL_TESTS_MUST_RUN") == "1":
        pytest.fail(f"a prerequisite is missing: {why}")
    pytest.skip(why)


def need_program(name, package):
    need(shutil.which(name, path=DEBIAN_PATH), f"{name} is not installed: apt-get install {package}")


def wait_for(what, ready, process=None, seconds=30):
    """Poll `ready` until it is true; the process that should become ready must not end meanwhile."""
    deadline = time.monotonic() + seconds
    while not ready():
        if process is not None and process.poll() is not None:
            raise RuntimeError(f"{what} ended with status {process.returncode}")
        if time.monotonic() > deadline:
            raise RuntimeError(f"{what} is not ready after {seconds} s")
        time.sleep(0.05)


def free_port():
    with socket.socket() as any_socket:
        any_socket.bind(("127.0.0.1", 0))
        return any_socket.getsockname()[1]


def stop(process):
    process.terminate()
    try:
        process.wait(10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


@dataclasses.dataclass
class Identity:
    """Whom edgectl runs as."""
    name: str
    uid: int
    gid: int
    home: pathlib.Path

    @property
    def credentials(self):
        """Arguments of subprocess that make a child run as this user."""
        if self.uid == os.geteuid():
            return {}
        return {"user": self.uid, "group": self.gid, "extra_groups": []}

    def own(self, path):
        if self.uid != os.geteuid():
            os.chown(path, self.uid, self.gid)


@contextlib.contextmanager
def account_lock():
    """useradd and userdel refuse to run at the same time as another one."""
    with open(pathlib.Path(tempfile.gettempdir(), "edgectl-e2e.lock"), "a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def is_running(pid):
    return pathlib.Path(f"/proc/{pid}").exists()


def remove_stale_users():
    """Those of test runs that were killed."""
    for user in pwd.getpwall():
        match = re.fullmatch(r"edgectl-e2e-(\d+)-.*", user.pw_name)
        if match and not is_running(match[1]):
            subprocess.run(["userdel", user.pw_name], check=True, capture_output=True)


@contextlib.contextmanager
def temporary_user(home, purpose, subordinate_ids=True):
    """An ordinary user with, or without, a range of subordinate ids; removed afterwards."""
    name = f"edgectl-e2e-{os.getpid()}-{purpose}"
    count = [] if subordinate_ids else ["-K", "SUB_UID_COUNT=0", "-K", "SUB_GID_COUNT=0"]
    with account_lock():
        remove_stale_users()
        subprocess.run(["useradd", *count, "--no-create-home", "--home-dir", str(home), "--shell", "/bin/sh", name],
                       check=True, capture_output=True)
        user = pwd.getpwnam(name)
        if subordinate_ids and name not in pathlib.Path("/etc/subuid").read_text():
            ids = f"{user.pw_uid * 65536}-{user.pw_uid * 65536 + 65535}"
            subprocess.run(["usermod", "--add-subuids", ids, "--add-subgids", ids, name], check=True)
    home.mkdir()
    os.chown(home, user.pw_uid, user.pw_gid)
    try:
        yield Identity(name, user.pw_uid, user.pw_gid, home)
    finally:
        with account_lock():
            subprocess.run(["userdel", name], check=True, capture_output=True)


@dataclasses.dataclass
class Result:
    status: int
    stdout: str
    stderr: str

    def __str__(self):
        return f"status {self.status}\n--- stdout\n{self.stdout}--- stderr\n{self.stderr}"


class Edgectl:
    """Runs the program under test as an identity, with a store of its own."""

    def __init__(self, program, identity, store, prefix=()):
        self.program, self.identity, self.store = program, identity, pathlib.Path(store)
        self.prefix = list(prefix)  # words before the program's own

    def with_store(self, store):
        return Edgectl(self.program, self.identity, store, self.prefix)

    def inside(self, *prefix):
        return Edgectl(self.program, self.identity, self.store, prefix)

    def env(self):
        # Leaks are looked for in the unit tests: LeakSanitizer cannot trace processes in namespaces.
        asan = f"detect_leaks=0:exitcode=99:log_path={self.sanitizer_log}"
        # Root's configuration would be this machine's, in /etc.
        config = self.identity.home / ".config/edgectl"
        return {"PATH": SYSTEM_PATH, "HOME": str(self.identity.home), "LC_ALL": "C.UTF-8", "EDGECTL_ROOT": str(self.store),
                "EDGECTL_CONFIG_HOME": str(config), "ASAN_OPTIONS": asan, "UBSAN_OPTIONS": f"print_stacktrace=1:{asan}"}

    @property
    def sanitizer_log(self):
        return self.identity.home / "sanitizer"

    def check_sanitizers(self):
        """A report of any process fails the test, whatever was made of that process's exit status."""
        for path in self.identity.home.glob("sanitizer.*"):
            text = path.read_text(errors="replace")
            path.unlink()
            raise AssertionError(text)

    def start(self, *args, cwd=None, env=(), **options):
        """As subprocess.Popen, with both outputs in pipes."""
        return subprocess.Popen([*self.prefix, self.program, *map(str, args)], cwd=cwd or self.identity.home,
                                env=self.env() | dict(env), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                stderr=subprocess.PIPE, text=True, errors="replace", **self.identity.credentials, **options)

    def __call__(self, *args, cwd=None, env=(), status=0, timeout=300):
        """Run to the end; any other exit status than the one expected fails the test with all that was printed."""
        process = self.start(*args, cwd=cwd, env=env)
        try:
            stdout, stderr = process.communicate(timeout=timeout)
        except subprocess.TimeoutExpired:
            process.kill()
            stdout, stderr = process.communicate()
            raise AssertionError(f"edgectl {' '.join(map(str, args))}: not done after {timeout} s\n{stdout}{stderr}")
        self.check_sanitizers()
        result = Result(process.returncode, stdout, stderr)
        assert result.status == status, f"edgectl {' '.join(map(str, args))}: {result}"
        return result


class Registry:
    """Debian's docker-registry on a loopback port; clients of other network namespaces see it as another host."""

    def __init__(self, root, name, tls=None, htpasswd=None, auth=None, client_authority=None, listen="127.0.0.1",
                 seen_as="127.0.0.1", deletes=True, readonly=False):
        self.root = pathlib.Path(root) / f"registry-{name}"
        self.root.mkdir()
        self.port = free_port()
        self.address = f"{seen_as}:{self.port}"
        self.tls = tls
        self.log = self.root / "log"
        self.config = self.root / "config.yml"
        http = {"addr": f"{listen}:{self.port}"}
        if tls:
            http["tls"] = {"certificate": str(tls[0]), "key": str(tls[1])}
        if client_authority:
            http["tls"]["clientcas"] = [str(client_authority)]
        config = {"version": 0.1, "log": {"level": "warn"}, "http": http,
                  "storage": {"filesystem": {"rootdirectory": str(self.root / "data")}, "delete": {"enabled": deletes}}}
        if readonly:
            config["storage"]["maintenance"] = {"readonly": {"enabled": True}}
        if auth:
            config["auth"] = auth
        if htpasswd:
            config["auth"] = {"htpasswd": {"realm": "edgectl tests", "path": str(htpasswd)}}
        self.config.write_text(json.dumps(config))  # YAML reads JSON
        with open(self.log, "w") as log:
            self.process = subprocess.Popen(["docker-registry", "serve", str(self.config)], stdout=log, stderr=log)
        wait_for(f"docker-registry, see {self.log}", self.answers, self.process)

    def answers(self):
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0

    def close(self):
        stop(self.process)

    def requests(self):
        """All requests so far as (method, path, status)."""
        found = re.findall(r'"(\w+) (\S+) HTTP/[\d.]+" (\d+)', self.log.read_text())
        return [(method, path, int(status)) for method, path, status in found]

    def uploads_during(self, action):
        """How many blobs were sent while `action` ran."""
        before = len(self.requests())
        action()
        return sum(method == "PUT" and "/blobs/uploads/" in path and status == 201
                   for method, path, status in self.requests()[before:])

    def get(self, path):
        request = urllib.request.Request(f"http://{self.address}/v2/{path}", headers={"Accept": MANIFEST_TYPES})
        with urllib.request.urlopen(request, timeout=30) as answer:
            return answer.read()

    def has(self, repository, tag):
        try:
            self.get(f"{repository}/manifests/{tag}")
        except urllib.error.HTTPError as problem:
            assert problem.code == 404
            return False
        return True

    def manifest(self, repository, reference):
        return json.loads(self.get(f"{repository}/manifests/{reference}"))

    def image(self, repository, tag, platform=None):
        """Manifest and config of one platform, as a pair of dictionaries."""
        manifest = self.manifest(repository, tag)
        if "manifests" in manifest:
            chosen = [x for x in manifest["manifests"] if platform_text(x["platform"]) == platform]
            assert len(chosen) == 1, f"{repository}:{tag} has not one image of {platform}: {manifest}"
            manifest = self.manifest(repository, chosen[0]["digest"])
        return manifest, json.loads(self.get(f"{repository}/blobs/{manifest['config']['digest']}"))

    def layer(self, repository, descriptor):
        return self.get(f"{repository}/blobs/{descriptor['digest']}")

    def skopeo(self, *args):
        """skopeo reading what was pushed: a second opinion on every byte."""
        done = subprocess.run(["skopeo", "--insecure-policy", *args], capture_output=True, text=True)
        assert done.returncode == 0, f"skopeo {' '.join(args)}: {done.stderr}"
        return done.stdout


class SshServer:
    """sshd(8) as whoever runs the tests, for logins as the same."""

    def __init__(self, root):
        self.key, self.other_key = root / "key", root / "other_key"
        self.port = free_port()
        for path in self.key, self.other_key, root / "host_key":
            subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", path], check=True)
            path.chmod(0o600 if path.name == "host_key" else 0o644)
        (root / "sshd_config").write_text(f"""
ListenAddress 127.0.0.1:{self.port}
HostKey {root}/host_key
AuthorizedKeysFile {root}/key.pub
PidFile none
StrictModes no
UsePAM no
""")
        if os.geteuid() == 0:
            pathlib.Path("/run/sshd").mkdir(mode=0o755, exist_ok=True)
        self.log = root / "sshd.log"
        with open(self.log, "w") as log:
            self.process = subprocess.Popen([shutil.which("sshd", path=SYSTEM_PATH), "-D", "-e", "-f", root / "sshd_config"],
                                            stdout=log, stderr=log)
        self.address = f"ssh://{pwd.getpwuid(os.geteuid()).pw_name}@127.0.0.1:{self.port}"
        kind, host_key = (root / "host_key.pub").read_text().split()[:2]
        self.known_host = f"[127.0.0.1]:{self.port} {kind} {host_key}\n"
        wait_for("sshd", self.answers, self.process)

    def answers(self):
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port), 1):
            return True
        return False

    def close(self):
        stop(self.process)


def repository_and_tag(registry, reference):
    return reference.removeprefix(f"{registry.address}/").rsplit(":", 1)


class Image:
    """One image as the registry has it."""

    def __init__(self, registry, reference, platform=None):
        repository, tag = repository_and_tag(registry, reference)
        self.manifest, self.config = registry.image(repository, tag, platform)
        layers = (gzip.decompress(registry.layer(repository, x)) for x in self.manifest["layers"])
        self.layers = [tarfile.open(fileobj=io.BytesIO(layer)) for layer in layers]

    def entries(self, from_layer=0):
        """All entries of the layers by their path, the last one of a path winning."""
        return {x.name.removeprefix("./").rstrip("/"): x for layer in self.layers[from_layer:] for x in layer.getmembers()}

    def text(self, path):
        """The content of a file that is in one of the layers."""
        for layer in reversed(self.layers):
            for entry in layer.getmembers():
                if entry.name.removeprefix("./") == path:
                    return layer.extractfile(entry).read().decode()
        raise AssertionError(f"no layer has '{path}', but: {sorted(self.entries())}")


def command_name(pid):
    with contextlib.suppress(OSError):
        return pathlib.Path(f"/proc/{pid}/comm").read_text().strip()
    return None


def descendants(pid):
    listed = subprocess.run(["pgrep", "-P", str(pid)], capture_output=True, text=True).stdout.split()
    for child in map(int, listed):
        yield child
        yield from descendants(child)


def platform_text(platform):
    return "/".join(platform[key] for key in ("os", "architecture", "variant") if platform.get(key))


class Engine:
    """Debian's dockerd with everything of it in one directory, in a user namespace with an emulation of its own: the host
    sees no bridge, no firewall rule and no binfmt registration. It reads the registry's storage through a second registry
    process at the same address in its own network namespace. With private=False it runs on the host as root, as
    benchmarks want it: its overlays are faster there. With comes_back=True it is started again when it ends;
    with qemu=False it runs nothing of ARM;
    with on_loopback=True it listens on the host's loopback as well, and runs nothing; `programs` is a directory of another
    dockerd and what belongs to it, `settings` its configuration and `env` its environment."""

    def __init__(self, root, registry, private=True, name="dockerd", more=(), comes_back=False, on_loopback=False, qemu=True,
                 programs=None, settings=(), env=()):
        self.path = f"{programs}:{DEBIAN_PATH}" if programs else DEBIAN_PATH
        self.root = pathlib.Path(root) / name
        self.root.mkdir()
        self.socket = f"unix://{self.root}/docker.sock"
        (self.root / "daemon.json").write_text(json.dumps(dict(settings)))
        options = [f"--config-file={self.root}/daemon.json", f"--host={self.socket}", f"--data-root={self.root}/data",
                   f"--exec-root={self.root}/exec", f"--pidfile={self.root}/pid", "--insecure-registry=127.0.0.0/8", "--insecure-registry=10.0.0.0/8",
                   "--bridge=none", "--iptables=false", "--ip6tables=false", "--ip-forward=false", *more]
        run = 'while :; do "$@"; sleep 0.2; done' if comes_back else 'exec "$@"'
        script = f'docker-registry serve "$1" & shift; {run}'
        namespace = [FIXTURES / "emulated.py", "--own-network", "sh", "-c", script, "dockerd", registry.config] if private else []
        if private and not qemu:
            namespace.insert(1, "--no-qemu")
        if on_loopback:
            namespace = [FIXTURES / "emulated.py"]
        with open(self.root / "log", "w") as log:
            self.process = subprocess.Popen([*namespace, "dockerd", *options],
                                            stdout=log, stderr=log, env={"PATH": self.path} | dict(env))
        wait_for(f"dockerd, see {self.root}/log", lambda: self.docker("version").returncode == 0, self.process)

    def close(self):
        stop(self.process)
        shutil.rmtree(self.root, ignore_errors=True)

    @property
    def daemon(self):
        """The process id of dockerd itself."""
        return next(pid for pid in descendants(self.process.pid) if command_name(pid) == "dockerd")

    def docker(self, *args, env=(), **options):
        return subprocess.run([shutil.which("docker", path=self.path), "--host", self.socket, *args], capture_output=True,
                              text=True, timeout=300, env={"PATH": self.path, "HOME": str(self.root)} | dict(env), **options)

    def run(self, platform, image, *command):
        """Pull and run; what the program printed."""
        pulled = self.docker("pull", "--quiet", "--platform", platform, image)
        assert pulled.returncode == 0, f"docker pull {image}: {pulled.stderr}"
        done = self.docker("run", "--rm", "--network", "none", "--platform", platform, image, *command)
        assert done.returncode == 0, f"docker run {image}: {done.stderr}"
        return done.stdout


@contextlib.contextmanager
def closing(part):
    try:
        yield part
    finally:
        part.close()
