"""Project templates of languages whose base images Debian's packages stand in for: built as a user would, tested, and run under QEMU,
where they do what they are for."""
import json
import os
import re
import shlex
import subprocess
import sys
import urllib.error
import urllib.request

import pytest

import parts

import tool_images  # of ../fixtures, which parts has put on the path

BOARD, PLATFORM = "raspberrypi4-64", "linux/arm64"
TESTED = {"go": r"ok\s+example.com/go/status", "rust": "test result: ok", "nodejs": "# fail 0"}


@pytest.fixture(scope="session")
def hub(edgectl, registry):
    """The environment of a machine whose configuration has a mirror of the hub."""
    config = edgectl.identity.home / "tools-hub"
    config.mkdir()
    (config / "config.yaml").write_text(f"registries:\n  docker.io:\n    mirrors: [{registry.address}]\n")
    return {"EDGECTL_CONFIG_HOME": str(config)}


def make(edgectl, hub, scratch, template, *words):
    edgectl("init", template, "--board", BOARD, "--template", template, *words, "-y", cwd=scratch, env=hub)
    return scratch / template


def run_words(edgectl, image, *command):
    """Those that run a program of an image of the store, in namespaces of its own."""
    return [sys.executable, "-B", str(parts.FIXTURES / "run_image.py"), str(edgectl.store), f"docker.io/library/{image}:latest", PLATFORM,
            *command]


def page(port):
    try:
        return urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=10).read().decode()
    except (urllib.error.URLError, ConnectionError):
        return None


@pytest.mark.parametrize("template, base, health", [("go", "golang", ["/go", "-healthy"]), ("rust", "rust", ["/rust", "--healthy"]),
                                                    ("nodejs", "node", ["node", "/app/src/healthy.js"])])
def test_web_service(edgectl, registry, hub, scratch, template, base, health):
    """Its tests, its page, and its health check while it runs."""
    tool_images.push(base, registry.address)
    port = parts.free_port()
    project = make(edgectl, hub, scratch, template, "--var", f"port={port}")
    tested = edgectl("build", "--target", "test", "--board", BOARD, "--progress", "plain", ".", cwd=project, env=hub, timeout=600)
    assert re.search(TESTED[template], tested.stderr), tested.stderr
    edgectl("build", cwd=project, env=hub, timeout=600)
    with open(scratch / "log", "w") as log:
        # What it unpacks stays when it is stopped.
        program = subprocess.Popen(run_words(edgectl, template), stdout=log, stderr=log, env=os.environ | {"TMPDIR": str(scratch)})
    try:
        parts.wait_for(f"the page of {template}", lambda: page(port), program, seconds=60)
        assert "<h1>up " in page(port)
        assert subprocess.run(run_words(edgectl, template, *health)).returncode == 0
    finally:
        parts.stop(program)
        print((scratch / "log").read_text())


# As the compose file has it: the program starts once the broker is healthy.
MQTT = """
{broker} &
until {healthy}; do sleep 1; done
{app} &
{subscriber}
"""


def test_mqtt(edgectl, registry, hub, scratch):
    """One of the services publishes what the other one hands on."""
    for name in "alpine", "mosquitto":
        tool_images.push(name, registry.address)
    project = make(edgectl, hub, scratch, "mqtt")
    edgectl("build", "--target", "test", "--board", BOARD, "./app", cwd=project, env=hub)
    edgectl("build", cwd=project, env=hub)
    words = {"broker": run_words(edgectl, "mqtt-broker"), "app": run_words(edgectl, "mqtt-app"),
             "healthy": run_words(edgectl, "mqtt-broker", "mosquitto_sub", "-t", "$SYS/broker/uptime", "-C", "1", "-W", "8"),
             "subscriber": run_words(edgectl, "mqtt-broker", "mosquitto_sub", "-t", "boards/#", "-C", "1", "-W", "60")}
    script = MQTT.format(**{name: shlex.join(line) for name, line in words.items()})
    # All in the same namespaces, whose processes end with the first.
    done = subprocess.run([parts.FIXTURES / "emulated.py", "--own-network", "sh", "-c", script], capture_output=True, text=True,
                          timeout=240, env=os.environ | {"RUN_IMAGE_INSIDE": "1", "TMPDIR": str(scratch)})
    assert done.returncode == 0, done.stderr
    assert any(json.loads(line)["state"] == "up" for line in done.stdout.splitlines() if line.startswith("{"))
