"""The completions in the real shells, on a terminal: what is typed, then the tabulator, and what then stands on the line."""
import fcntl
import os
import pathlib
import pty
import re
import select
import subprocess
import termios
import time

import pytest

import parts

SOURCE = pathlib.Path(__file__).resolve().parents[2]
MARK = "COMPLETED:"
CASES = {
    "edgectl pul": "edgectl pull",
    "edgectl templ": "edgectl template",
    "edgectl template upd": "edgectl template update",
    "edgectl build --progress=pl": "edgectl build --progress=plain",
    "edgectl build --board raspberrypi4-6": "edgectl build --board raspberrypi4-64",
    "edgectl build --board raspberrypi5,raspberrypi4-6": "edgectl build --board raspberrypi5,raspberrypi4-64",
    "edgectl build --target rel": "edgectl build --target release",
    "edgectl build -f Dockerfile.other --target oth": "edgectl build -f Dockerfile.other --target other-stage",
    "edgectl build ./mine --target=in-": "edgectl build ./mine --target=in-mine",
    "edgectl build web-s": "edgectl build web-server",
    "edgectl build --file=other.yaml quee": "edgectl build --file=other.yaml queen",
    "edgectl compose config -f other.yaml quee": "edgectl compose config -f other.yaml queen",
    "edgectl init --template gpio-b": "edgectl init --template gpio-blinky",
    "edgectl init --template ./min": "edgectl init --template ./mine",
    "edgectl template add ./min": "edgectl template add ./mine",
    "edgectl template rm min": "edgectl template rm mine",
    "edgectl device ps ben": "edgectl device ps bench",
    "edgectl push localhost:5000/team/app:1": "edgectl push localhost:5000/team/app:1.0",
    "edgectl deploy ben": "edgectl deploy bench",
    "edgectl deploy bench dat": "edgectl deploy bench database",
    "edgectl device exec bench web-s": "edgectl device exec bench web-server",
    "edgectl push green": "edgectl push greenhouse",
    "edgectl push ben": "edgectl push bench",
    "edgectl release show green": "edgectl release show greenhouse",
    "edgectl release show greenhouse green": "edgectl release show greenhouse green",
    "edgectl rollout greenhouse green": "edgectl rollout greenhouse green",
    "edgectl help device sc": "edgectl help device scan",
    # With a blank behind: nothing else may be offered, as what a command of one word, or another topic, has.
    "edgectl template rm ": "edgectl template rm mine",
    "edgectl compose config --file=other.yaml ": "edgectl compose config --file=other.yaml queen",
    # Quoted.
    "edgectl build an\\ app/ web-s": "edgectl build an app/ web-server",
    "edgectl build --target release an\\ ap": "edgectl build --target release an app",
    'edgectl pull "localhost:5000/te': "edgectl pull localhost:5000/team/app:1.0",
    "edgectl release show greenhouse lat": "edgectl release show greenhouse latest",
    "edgectl rollout greenhouse:lat": "edgectl rollout greenhouse:latest",
    "edgectl deploy bench --release greenhouse:lat": "edgectl deploy bench --release greenhouse:latest",
    "edgectl push greenhouse --channel lat": "edgectl push greenhouse --channel latest",
}
STARTS = {
    "bash": (["bash", "--norc", "--noprofile", "-i"], f"PS1='> '; . '{SOURCE}/completion/edgectl.bash'"),
    "zsh": (["zsh", "-f", "-i"], f"PS1='> '; fpath=('{SOURCE}/completion' $fpath); autoload -Uz compinit; compinit -u -D; bindkey -e"),
    "fish": (["fish", "--no-config", "-i"], f"function fish_prompt; echo '> '; end; source '{SOURCE}/completion/edgectl.fish'"),
}


class Shell:
    """An interactive shell on a terminal of its own."""

    def __init__(self, words, cwd, env, credentials):
        self.master, slave = pty.openpty()
        self.process = subprocess.Popen(words, stdin=slave, stdout=slave, stderr=slave, cwd=cwd, env=env, start_new_session=True,
                                        preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0), **credentials)
        os.close(slave)
        self.text = ""

    def type(self, text):
        os.write(self.master, text.encode())

    def wait_for(self, pattern, since):
        deadline = time.monotonic() + 60
        while not (found := re.search(pattern, self.text[since:])):
            assert time.monotonic() < deadline, f"no {pattern!r} in {self.text[since:]!r}"
            if select.select([self.master], [], [], 0.2)[0]:
                self.text += os.read(self.master, 65536).decode(errors="replace")
        return found

    def completed(self, typed):
        """The line after the tabulator: it is made an argument of echo, and run."""
        since = len(self.text)
        self.type(f"{typed}\t")
        # Keys are taken in order: what follows waits until the completion is done. Control-A: to the beginning of the line.
        self.type(f"\x01echo {MARK} \r")
        # Echoed as it is typed, the mark stands behind "echo "; printed, at the beginning of a line.
        return self.wait_for(rf"[\r\n]{MARK} ([^\r\n\x1b]*)[\r\n]", since)[1].strip()

    def close(self):
        self.process.kill()
        self.process.wait()
        os.close(self.master)


@pytest.fixture(scope="session")
def project(edgectl):
    """A directory with something of every kind to complete."""
    root = edgectl.identity.home / "project"
    root.mkdir()
    (root / "Dockerfile").write_text("FROM scratch AS compile\nCOPY Dockerfile /\nFROM scratch AS release\nCOPY Dockerfile /\n")
    (root / "compose.yaml").write_text("services:\n  web-server:\n    build: .\n  database:\n    image: db\n")
    (root / "Dockerfile.other").write_text("FROM scratch AS other-stage\n")
    (root / "other.yaml").write_text("services: {queen: {image: q}}\n")
    (root / "edgectl.yaml").write_text("fleets: {greenhouse: {registry: registry.example.com}}\n")
    (root / "an app").mkdir()
    (root / "mine").mkdir()
    (root / "mine/Dockerfile").write_text("FROM scratch AS in-mine\n")
    (root / "mine/template.yaml").write_text("name: mine\nsummary: Mine\n")
    for path in [root, *root.rglob("*")]:
        edgectl.identity.own(path)
    edgectl("build", "--tag", "localhost:5000/team/app:1.0", "--file", "Dockerfile", ".", cwd=root)
    edgectl("template", "add", "./mine", cwd=root)
    edgectl("device", "add", "bench", "tcp://127.0.0.1:1", cwd=root)
    return root


@pytest.fixture(scope="module", params=list(STARTS))
def shell(request, edgectl, project):
    words, setup = STARTS[request.param]
    parts.need_program(words[0], words[0])
    environment = edgectl.env() | {"TERM": "xterm", "PATH": f"{pathlib.Path(edgectl.program).parent}:{parts.SYSTEM_PATH}"}
    shell = Shell(words, project, environment, edgectl.identity.credentials)
    shell.type(f"{setup}; echo rea''dy\r")
    shell.wait_for("\nready|\rready|ready\r", 0)
    yield shell
    shell.close()


@pytest.mark.parametrize("typed", list(CASES))
def test_completion(shell, typed):
    # zsh takes the slash behind a directory away when the line goes on.
    assert shell.completed(typed).rstrip("/") == CASES[typed]
