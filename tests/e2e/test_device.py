"""Boards: a Docker engine on this machine, reached by its socket and by a real sshd."""
import fcntl
import json
import os
import pty
import pwd
import select
import signal
import socket
import struct
import subprocess
import termios
import time

import pytest

import parts

NAME = "edgectl-device-test"
PROGRAM = "trap exit TERM; i=0; while :; do i=$((i+1)); echo line $i; echo problem $i >&2; sleep 0.1; done"


@pytest.fixture(scope="module")
def container(engine, registry, busybox):
    """A container that prints twice a line, and a socket that every user may use."""
    os.chmod(engine.root, 0o755)
    os.chmod(engine.root / "docker.sock", 0o666)
    for image in (["pull", "--quiet", "--platform", "linux/arm64", busybox], ["rm", "--force", NAME],
                  ["run", "--detach", "--network", "host", "--label", "com.docker.compose.service=counter", "--label",
                   "com.docker.compose.project=demo", "--name", NAME, busybox, "sh", "-c", PROGRAM]):
        done = engine.docker(*image)
        assert done.returncode == 0, done.stderr
    yield NAME
    engine.docker("rm", "--force", NAME)


class Sshd:
    """An sshd of this user's own, and an ssh in `path` that knows the way to it as "board"."""

    def __init__(self, root, identity):
        self.root, self.identity = root, identity
        self.port = parts.free_port()
        for key in ("host", "login"):
            self.run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", root / key)
        self.write("sshd_config", f"Port {self.port}\nListenAddress 127.0.0.1\nHostKey {root}/host\nStrictModes no\n"
                   f"AuthorizedKeysFile {root}/login.pub\nPidFile none\nUsePAM no\n")
        self.write("config", f"Host board\n HostName 127.0.0.1\n Port {self.port}\n User {identity_login(identity)}\n"
                   f" IdentityFile {root}/login\n UserKnownHostsFile {root}/known\n")
        self.path = root / "bin"
        self.path.mkdir()
        (self.path / "ssh").write_text(f'#!/bin/sh\nexec /usr/bin/ssh -F {root}/config "$@"\n')
        (self.path / "ssh").chmod(0o755)
        if os.geteuid() == 0:
            os.makedirs("/run/sshd", exist_ok=True)
        self.process = subprocess.Popen(["/usr/sbin/sshd", "-D", "-e", "-f", root / "sshd_config"],
                                        stderr=open(root / "log", "w"), **identity.credentials)
        parts.wait_for(f"sshd, see {root}/log", self.answers, self.process)

    def run(self, *words):
        subprocess.run(words, check=True, **self.identity.credentials)

    def write(self, name, text):
        (self.root / name).write_text(text)
        self.identity.own(self.root / name)

    def answers(self):
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0

    def trust(self):
        key = (self.root / "host.pub").read_text()
        self.write("known", f"[127.0.0.1]:{self.port} {key}")

    def close(self):
        parts.stop(self.process)


def identity_login(identity):
    return pwd.getpwuid(identity.uid).pw_name


@pytest.fixture
def sshd(scratch, identity):
    parts.need_program("sshd", "openssh-server")
    with parts.closing(Sshd(scratch, identity)) as sshd:
        yield sshd


@pytest.fixture
def board(edgectl, scratch):
    """edgectl with an address book of its own."""

    def run(*words, **options):
        env = {"EDGECTL_CONFIG_HOME": str(scratch / "config")} | dict(options.pop("env", {}))
        return edgectl(*words, env=env, **options)

    return run


def test_address_book(board):
    board("device", "add", "lab", "root@10.0.0.7:2222")
    board("device", "add", "bench", "tcp://127.0.0.1")
    listed = json.loads(board("device", "ls", "--json").stdout)
    assert listed == [{"name": "bench", "address": "tcp://127.0.0.1:2375"},
                      {"name": "lab", "address": "ssh://root@10.0.0.7:2222"}]
    problem = board("device", "rm", "lib", status=1).stderr
    assert "no board is called 'lib'" in problem and "'lab'" in problem
    board("device", "rm", "lab", "bench")
    assert json.loads(board("device", "ls", "--json").stdout) == []


@pytest.mark.parametrize("words, expected", [
    (["tcp://127.0.0.1:1"], "does its engine listen there?"), (["unix:///nonexistent"], "unix:///nonexistent"),
    (["ssh://-oProxyCommand=x"], "that is no host name"), ([], "no board is named"),
])
def test_no_board(board, words, expected):
    result = board("device", "info", *words, status=1 if "tcp" in str(words) or "unix" in str(words) else 2)
    assert expected in result.stderr


def test_socket(board, engine, container):
    board("device", "add", "here", engine.socket)
    info = json.loads(board("device", "info", "here", "--json").stdout)
    assert info["name"] == "here" and info["engine"]["product"] == "Docker" and info["engine"]["apiMinor"] >= 40
    software = json.loads(board("version", "--json", env={"DOCKER_HOST": engine.socket}).stdout)
    assert software["engine"]["name"] == "Docker" and software["engine"]["version"] == info["engine"]["version"]
    assert info["diskFree"] > 0 and info["running"] >= 1
    listed = json.loads(board("device", "ps", "--json").stdout)  # the only board is the default
    mine = [x for x in listed if x["name"] == container]
    assert [(x["project"], x["service"], x["state"]) for x in mine] == [("demo", "counter", "running")]


def test_logs(board, engine, container):
    parts.wait_for("five lines", lambda: engine.docker("logs", container).stdout.count("\n") >= 5)
    result = board("device", "logs", engine.socket, "counter")  # by its service
    lines = result.stdout.splitlines()
    assert lines[:5] == [f"line {i}" for i in range(1, 6)]
    assert result.stderr.splitlines()[:5] == [f"problem {i}" for i in range(1, 6)]
    assert len(board("device", "logs", "--tail", "2", engine.socket, container).stdout.splitlines()) in (1, 2)
    problem = board("device", "logs", engine.socket, "nosuch", status=1).stderr
    assert "No such container: nosuch" in problem and "device ps --all" in problem
    for word in "", "../info":
        problem = board("device", "logs", engine.socket, word, status=1).stderr
        assert f"no container is called '{word}'" in problem and "device ps --all" in problem


def test_logs_of_two_busy_streams(board, engine, container, busybox):
    """Their time stamps are not in order with one another; nothing is left out."""
    program = "i=0; while [ $i -lt 1000 ]; do echo out $i; echo err $i >&2; i=$((i + 1)); done"
    done = engine.docker("run", "--name", "busy", "--network", "host", busybox, "sh", "-c", program)
    assert done.returncode == 0, done.stderr
    result = board("device", "logs", engine.socket, "busy")
    engine.docker("rm", "--force", "busy")
    assert result.stdout.splitlines() == [f"out {i}" for i in range(1000)]
    assert result.stderr.splitlines() == [f"err {i}" for i in range(1000)]


def test_logs_follow(edgectl, engine, container):
    process = edgectl.start("device", "logs", "--follow", "--tail", "1", engine.socket, container)
    lines = [process.stdout.readline() for _ in range(5)]
    numbers = [int(line.split()[1]) for line in lines]
    assert numbers == list(range(numbers[0], numbers[0] + 5))
    process.terminate()
    process.communicate(timeout=30)
    assert process.returncode == 130


def test_exec(board, engine, container):
    assert board("device", "exec", engine.socket, container, "uname", "-m").stdout == "aarch64\n"
    result = board("device", "exec", "-e", "A=b c", "-w", "/tmp", "-u", "1234", engine.socket, container, "sh", "-c",
                   'echo "$A" $PWD; id -u; echo oops >&2; exit 7', status=7)
    assert (result.stdout, result.stderr) == ("b c /tmp\n1234\n", "oops\n")


def test_a_service_of_two_projects(board, engine, container, busybox):
    """Nobody is asked to guess; what runs for a moment in the service's name is not the service; a name is a name."""
    labels = ["--label", "com.docker.compose.service=counter"]

    def run(name, project, *more):
        done = engine.docker("run", "--detach", "--network", "host", "--name", name, *labels, "--label",
                             f"com.docker.compose.project={project}", "--env", f"ME={name}", *more, busybox, "sleep", "1000")
        assert done.returncode == 0, done.stderr

    def ask(word, **options):
        return board("device", "exec", engine.socket, word, "sh", "-c", "echo I am $ME", **options)

    try:
        run("counter-once", "other", "--label", "com.docker.compose.oneoff=True")
        assert ask("counter").stdout == "I am\n"
        run("counter-of-another", "another")
        for problem in ask("counter", status=1), board("device", "logs", engine.socket, "counter", status=1):
            assert "several projects have a service 'counter'" in problem.stderr
            assert f"counter-of-another, {container}" in problem.stderr and "counter-once" not in problem.stderr
        assert ask("counter-of-another").stdout == "I am counter-of-another\n"
        run("counter", "third")
        assert ask("counter").stdout == "I am counter\n"
    finally:
        engine.docker("rm", "--force", "counter-once", "counter-of-another", "counter")


def test_exec_input(edgectl, engine, container):
    text = "".join(f"{i} some text\n" for i in range(20000))
    done = subprocess.run([edgectl.program, "device", "exec", "-i", engine.socket, container, "cat"], input=text,
                          env=edgectl.env(), capture_output=True, text=True, timeout=120, **edgectl.identity.credentials)
    assert done.returncode == 0, done.stderr
    assert done.stdout == text


def test_exec_terminal(edgectl, engine, container):
    """A shell on a terminal: the program's terminal is a terminal, and what is typed reaches it."""
    leader, follower = pty.openpty()
    fcntl.ioctl(follower, termios.TIOCSWINSZ, struct.pack("HHHH", 31, 97, 0, 0))
    process = subprocess.Popen([edgectl.program, "device", "exec", "-it", engine.socket, container, "sh"],
                               stdin=follower, stdout=follower, stderr=follower, env=edgectl.env(),
                               **edgectl.identity.credentials)
    os.close(follower)
    seen = b""

    def read_some():
        nonlocal seen
        seen += os.read(leader, 65536)

    def read_until(text):
        deadline = time.monotonic() + 60
        while text not in seen:
            assert time.monotonic() < deadline, seen
            if select.select([leader], [], [], 1)[0]:
                read_some()

    read_until(b"# ")
    os.write(leader, b"stty size; test -t 0 && echo is-a-ter''minal\n")
    read_until(b"31 97")
    read_until(b"is-a-terminal")
    fcntl.ioctl(leader, termios.TIOCSWINSZ, struct.pack("HHHH", 20, 51, 0, 0))
    process.send_signal(signal.SIGWINCH)  # as the terminal does where it is the controlling one

    def has_new_size():
        os.write(leader, b"stty size\n")
        if select.select([leader], [], [], 1)[0]:
            read_some()
        return b"20 51" in seen

    parts.wait_for("the new size", has_new_size)
    os.write(leader, b"sleep 1000\n")
    time.sleep(1)
    os.write(leader, b"\x03")  # is the shell's there, not ours
    os.write(leader, b"echo status $?.\n")
    read_until(b"status 130.")
    os.write(leader, b"exit 3\n")
    assert process.wait(60) == 3
    os.close(leader)


def test_exec_leaves_the_terminal_as_it_was(edgectl, engine, container):
    """However it ends: a terminal that stays raw is of no use to anybody."""
    leader, follower = pty.openpty()
    before = termios.tcgetattr(follower)
    for end in signal.SIGTERM, signal.SIGINT, signal.SIGHUP:
        process = subprocess.Popen([edgectl.program, "device", "exec", "-it", engine.socket, container, "sh"],
                                   stdin=follower, stdout=follower, stderr=follower, env=edgectl.env(),
                                   **edgectl.identity.credentials)
        parts.wait_for("the raw terminal", lambda: termios.tcgetattr(follower)[3] & termios.ICANON == 0, process)
        process.send_signal(end)
        process.wait(60)
        assert termios.tcgetattr(follower) == before, end
    os.close(follower)
    os.close(leader)


def test_ssh(board, sshd, engine, container):
    address = f"ssh://board{engine.root}/docker.sock"
    env = {"PATH": f"{sshd.path}:{parts.SYSTEM_PATH}"}
    problem = board("device", "info", address, env=env, status=1).stderr
    assert "Host key verification failed" in problem and "compare the key" in problem
    sshd.trust()
    info = json.loads(board("device", "info", "--json", address, env=env).stdout)
    assert info["engine"]["product"] == "Docker" and info["diskFree"] > 0
    assert board("device", "exec", address, container, "uname", "-m", env=env).stdout == "aarch64\n"
    assert board("device", "ssh", "board", "echo", "$((6*7))", env=env).stdout == "42\n"
    missing = board("device", "info", "ssh://board/nonexistent.sock", env=env, status=1).stderr
    assert "nonexistent" in missing


def test_ssh_refusals(board, sshd, engine, container, scratch, edgectl):
    """Who is there, and who we are: each refused with the remedy, at once, and nothing is switched off."""
    address = f"ssh://board{engine.root}/docker.sock"
    env = {"PATH": f"{sshd.path}:{parts.SYSTEM_PATH}"}

    def refused():
        problem = board("device", "info", address, env=env, status=1, timeout=60).stderr
        assert problem.startswith(f"error: board '{address}'") and "hint: " in problem
        return problem

    # Another key than the one that is known: a board that was installed anew, or somebody in between.
    sshd.run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", sshd.root / "other")
    other = (sshd.root / "other.pub").read_text()
    sshd.write("known", f"[127.0.0.1]:{sshd.port} {other}")
    assert "ssh-keygen -R" in refused()
    assert (sshd.root / "known").read_text() == f"[127.0.0.1]:{sshd.port} {other}"
    # No key, no agent.
    sshd.trust()
    config = (sshd.root / "config").read_text()
    sshd.write("config", config.replace("/login", "/other") + " IdentitiesOnly yes\n PasswordAuthentication no\n")
    problem = refused()
    assert "Permission denied" in problem and "ssh-copy-id" in problem
    # A key of an agent is enough.
    agent = subprocess.Popen(["ssh-agent", "-D", "-a", scratch / "agent"], **edgectl.identity.credentials,
                             stdout=subprocess.DEVNULL)
    parts.wait_for("ssh-agent", (scratch / "agent").exists, agent)
    subprocess.run(["ssh-add", "-q", sshd.root / "login"], check=True, env={"SSH_AUTH_SOCK": str(scratch / "agent")},
                   **edgectl.identity.credentials)
    sshd.write("config", config.replace(f" IdentityFile {sshd.root}/login\n", ""))
    env["SSH_AUTH_SOCK"] = str(scratch / "agent")
    info = json.loads(board("device", "info", "--json", address, env=env).stdout)
    assert info["engine"]["product"] == "Docker"
    parts.stop(agent)
    # Nobody listens on that port.
    sshd.close()
    assert "is ssh switched on there" in refused()


def test_a_reader_that_has_enough(edgectl, engine, container):
    """`| head -1` is no error: nothing is said, and the status is that of SIGPIPE, as with any program."""
    engine.docker("exec", container, "sh", "-c", "i=0; while [ $i -lt 20000 ]; do echo line $i; i=$((i+1)); done > /proc/1/fd/1")
    for words in ("logs", engine.socket, container), ("exec", engine.socket, container, "yes"):
        process = subprocess.Popen([edgectl.program, "device", *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                   env=edgectl.env(), **edgectl.identity.credentials)
        assert process.stdout.readline()
        process.stdout.close()
        said = [x for x in process.stderr.read().splitlines() if not x.startswith(b"problem ")]  # is the container's own
        assert said == [] and process.wait(60) == -signal.SIGPIPE
