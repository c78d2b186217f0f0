"""Templates whose tools are among Debian's packages are rendered and really built, by an ordinary user. test_package.py does so
with c-cmake for arm64, test_init.py with shell, test_languages.py with Go, Rust, Node.js and MQTT.

The base images of the hub are not to be had here: Debian's own is made by mmdebstrap, and Debian's Python stands in for the other.
That one is of this machine's processor, because installing it under emulation takes minutes."""
import subprocess

import pytest

import parts

import base_images  # of ../fixtures, which parts has put on the path
import clean_root
from oci_layout import Layout

BOARDS = {"raspberrypi3": "arm", "raspberrypi4-64": "aarch64"}
PYTHON = """
FROM debian:12-slim
RUN apt-get update && apt-get install -y --no-install-recommends python3-minimal python3-venv && ln -s python3 /usr/bin/python
"""


@pytest.fixture(scope="session")
def hub(edgectl, registry, workspace):
    """The environment of a machine whose configuration has a mirror of the hub, with debian:12-slim for this machine."""
    layout = Layout(workspace / "debian-layout")
    layout.add("linux/amd64", clean_root.archive().read_bytes(), ["bash"])
    layout.finish("12-slim")
    base_images.run("skopeo", "--insecure-policy", "copy", "--quiet", "--all", "--dest-tls-verify=false",
                    f"oci:{layout.root}:12-slim", f"docker://{registry.address}/library/debian:12-slim")
    config = edgectl.identity.home / "hub"
    config.mkdir()
    (config / "config.yaml").write_text(f"registries:\n  docker.io:\n    mirrors: [{registry.address}]\n")
    return {"EDGECTL_CONFIG_HOME": str(config)}


@pytest.fixture(scope="session")
def python_image(edgectl, registry, hub):
    """python:3.13-slim-bookworm, as far as the templates need it."""
    root = edgectl.identity.home / "python-image"
    root.mkdir()
    (root / "Dockerfile").write_text(PYTHON)
    name = f"{registry.address}/library/python:3.13-slim-bookworm"
    edgectl("build", "--platform", "linux/amd64", "--tag", name, "--push", root, env=hub, timeout=900)


def make(edgectl, hub, scratch, template, board):
    edgectl("init", "demo", "--board", board, "--template", template, "-y", cwd=scratch, env=hub)
    return scratch / "demo"


@pytest.mark.parametrize("template, board", [("cpp", "raspberrypi3"), ("gpio-blinky", "raspberrypi4-64")])
def test_compiled(edgectl, hub, scratch, template, board):
    """What the image holds is a program of the board's processor; the health check of one that does not run fails."""
    project = make(edgectl, hub, scratch, template, board)
    tested = edgectl("build", "--target", "test", "--board", board, "--progress", "plain", ".", cwd=project, env=hub, timeout=900)
    assert "100% tests passed" in tested.stderr
    edgectl("build", cwd=project, env=hub, timeout=900)
    edgectl("build", "--board", board, "--output", scratch / "files", ".", cwd=project, env=hub, timeout=900)
    assert [x.name for x in (scratch / "files").iterdir()] == ["demo"]
    parts.need_program("qemu-arm-static", "qemu-user-static")
    done = subprocess.run([f"qemu-{BOARDS[board]}-static", scratch / "files/demo", "--healthy"], capture_output=True, text=True,
                          timeout=60, cwd=scratch)
    assert done.returncode == 1, done


@pytest.mark.parametrize("template", ["python", "i2c-sensor"])
def test_python(edgectl, registry, hub, python_image, scratch, template):
    project = make(edgectl, hub, scratch, template, "genericx86-64-ext")
    tested = edgectl("build", "--target", "test", "--board", "genericx86-64-ext", "--progress", "plain", ".", cwd=project, env=hub,
                     timeout=900)
    assert "OK" in tested.stderr
    edgectl("build", cwd=project, env=hub, timeout=900)
    assert "demo:latest" in edgectl("images", env=hub).stdout
