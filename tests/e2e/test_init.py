"""edgectl init: a project from a template is built and its tests run; questions on a real terminal."""
import json
import os
import pty
import select
import subprocess
import time

import pytest

import parts


@pytest.fixture
def hub(edgectl, registry, busybox, scratch):
    """The environment of a machine whose configuration has a mirror of the hub; busybox stands for Alpine, whose shell it is."""
    edgectl("copy", f"docker://{busybox}", f"docker://{registry.address}/library/alpine:3.22")
    config = scratch / "config"
    config.mkdir()
    (config / "config.yaml").write_text(f"registries:\n  docker.io:\n    mirrors:\n      - {registry.address}\n")
    return {"EDGECTL_CONFIG_HOME": str(config)}


@pytest.mark.parametrize("board, platform", [("raspberrypi4-64", "linux/arm64"), ("raspberrypi3", "linux/arm/v7")])
def test_a_new_project_builds(edgectl, registry, hub, scratch, board, platform):
    """What a new user types, in a row; the last commands are those that init names."""
    team = f"{registry.address}/{edgectl.identity.name}/{board}"
    made = edgectl("init", "demo", "--board", board, "--template", "shell", "--registry", team, "-y", cwd=scratch, env=hub)
    project = scratch / "demo"
    assert made.stdout.endswith("\nNext:\n  cd demo\n  edgectl build\n  edgectl push demo\n")
    edgectl("build", cwd=project, env=hub)
    edgectl("push", "demo", cwd=project, env=hub)
    release, = json.loads(edgectl("release", "ls", "demo", "--json", cwd=project, env=hub).stdout)
    assert release["channels"] == ["stable"]
    tested = edgectl("build", "--target", "test", "--board", board, "--progress", "plain", ".", cwd=project, env=hub)
    assert "all good" in tested.stderr
    edgectl("push", f"{team}/demo:latest", env=hub)
    assert len(json.loads(edgectl("release", "ls", "demo", "--json", cwd=project, env=hub).stdout)) == 1
    config = parts.Image(registry, f"{team}/demo:latest", platform).config["config"]
    assert config["User"] == "65534:65534"
    assert config["Entrypoint"] == ["/app/service.sh"]
    assert config["Healthcheck"]["Test"] == ["CMD", "/app/healthy.sh"]


class Dialogue:
    """The program on a terminal of its own."""

    def __init__(self, edgectl, cwd, *args):
        self.master, slave = pty.openpty()
        self.process = subprocess.Popen([edgectl.program, *args], stdin=slave, stdout=slave, stderr=slave, cwd=cwd,
                                        env=edgectl.env() | {"TERM": "xterm"}, start_new_session=True, **edgectl.identity.credentials)
        os.close(slave)
        self.text = ""

    def read(self):
        """False once the other end is closed."""
        try:
            data = os.read(self.master, 65536)
        except OSError:
            data = b""
        self.text += data.decode(errors="replace")
        return bool(data)

    def wait_for(self, text):
        seen, deadline = len(self.text), time.monotonic() + 60
        while text not in self.text[seen:]:
            assert time.monotonic() < deadline, self.text
            if select.select([self.master], [], [], 0.2)[0]:
                assert self.read(), self.text

    def answer(self, question, answer):
        self.wait_for(question)
        os.write(self.master, answer.encode() + b"\n")

    def finish(self):
        while self.read():
            pass
        os.close(self.master)
        return self.process.wait(60)


def test_questions(edgectl, scratch):
    """A number, a default, slips that are asked for again."""
    dialogue = Dialogue(edgectl, scratch, "init", "demo")
    dialogue.answer("Template (name or number) [shell]: ", "pyton")
    dialogue.answer("Template (name or number) [shell]: ", "python")
    dialogue.answer("Board (? lists them) [generic-aarch64]: ", "raspberry-pi")
    dialogue.answer("Board (? lists them) [generic-aarch64]: ", "raspberrypi3")
    dialogue.answer("Name of the project [demo]: ", "My Project")
    dialogue.answer("Name of the project [demo]: ", "thermometer")
    dialogue.answer("Registry for its images (empty: none): ", "")
    dialogue.answer("Port of the page [8080]: ", "eighty")
    dialogue.answer("Port of the page [8080]: ", "80")
    assert dialogue.finish() == 0, dialogue.text
    assert "did you mean 'python'?" in dialogue.text
    assert "template 'python' is not for 'raspberry-pi'" in dialogue.text
    assert "'eighty' is no whole number" in dialogue.text
    compose = (scratch / "demo/compose.yaml").read_text()
    assert "name: thermometer\n" in compose and '["80:80"]' in compose and "platform: linux/arm/v7" in compose


def test_what_was_given_is_not_asked(edgectl, scratch):
    dialogue = Dialogue(edgectl, scratch, "init", "--template", "go", "--board", "beagleplay", "--name", "a", "--registry", "", "--var",
                        "port=80")
    dialogue.answer("Path of the Go module [example.com/a]: ", "")
    assert dialogue.finish() == 0, dialogue.text
    assert (scratch / "go.mod").read_text().startswith("module example.com/a\n")


@pytest.mark.parametrize("end, status", [(b"\x04", 130), (b"\x03", None)], ids=["ctrl-d", "ctrl-c"])
def test_unanswered(edgectl, scratch, end, status):
    """Nothing has been written before all is known."""
    dialogue = Dialogue(edgectl, scratch, "init", "demo", "--template", "shell")
    dialogue.wait_for("Board (? lists them)")
    if end == b"\x03":
        dialogue.process.send_signal(2)  # what the terminal makes of it
    else:
        os.write(dialogue.master, end)
    assert dialogue.finish() == (status or -2), dialogue.text
    assert list(scratch.iterdir()) == []
