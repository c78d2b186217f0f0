"""What docs/fleet-scale.md counts on: what a board's engine really downloads, and how large the layers of a real project are.

EDGECTL_RECORD=1 writes bench/fleet_sizes.json anew."""
import json
import os
import re
import shutil
import subprocess

import pytest

import parts
from conftest import COUNTER, REPOSITORY

SIZES = REPOSITORY / "bench/fleet_sizes.json"
PYTHON = "/usr/lib/python3.11"
# What other packages than the standard library put there is not on every machine.
NO_DEPENDENCIES = shutil.ignore_patterns("__pycache__", "test", "config-*", "ensurepip", "lib2to3", "idlelib", "tkinter", "turtledemo")
# The base is one layer, as Debian's images are, whatever was changed in it.
DOCKERFILE = """FROM scratch AS base
COPY --from={debian} / /
COPY base /etc/base
FROM {debian} AS packed
COPY --from=base / /all
FROM scratch
COPY --from=packed /all /
COPY dependencies /usr/lib/app
COPY app /srv/app
CMD ["sleep", "1000"]
"""


class Project:
    """An application as many are: a base image of Debian in one layer, its dependencies, its own files."""

    def __init__(self, edgectl, registry, identity, root, debian):
        self.edgectl, self.registry, self.root = edgectl, registry, root
        self.name, self.repository = f"scale-{next(COUNTER)}", f"{identity.name}/scale-{next(COUNTER)}"
        self.write("Dockerfile", DOCKERFILE.format(debian=debian))
        self.write("compose.yaml", "services: {app: {build: ., network_mode: none, stop_signal: SIGKILL}}\n")
        self.write("edgectl.yaml", f"fleets: {{{self.name}: {{registry: {registry.address}, repository: {self.repository}, "
                                   "platforms: [linux/arm64]}}\n")
        shutil.copytree(PYTHON, root / "dependencies", ignore=NO_DEPENDENCIES)
        shutil.copytree(REPOSITORY / "builder", root / "app")
        subprocess.run(["chown", "-R", f"{identity.uid}:{identity.gid}", root], check=True)
        self.write("base", "one\n")

    def write(self, name, text):
        (self.root / name).write_text(text)

    def release(self, version):
        self.edgectl("push", self.name, "--release-version", version, "-q", cwd=self.root)

    def diff(self, before, after):
        shown = self.edgectl("release", "diff", self.name, before, after, "--json", cwd=self.root).stdout
        return json.loads(shown)["downloads"]["linux/arm64"]

    def deploy(self, engine, version):
        return self.edgectl("deploy", engine.socket, "--platform", "linux/arm64", "--release", f"{self.name}:{version}", cwd=self.root)


@pytest.fixture
def project(edgectl, registry, identity, scratch, debian):
    parts.need(os.path.isdir(PYTHON), f"no {PYTHON}")
    root = scratch / "project"
    root.mkdir()
    return Project(edgectl, registry, identity, root, debian)


def asked_by(engine, registry, repository, action):
    """The blobs that the engine fetched during `action`, and the number of all its requests for the repository."""
    log = engine.root / "log"
    before = len(log.read_bytes())
    action()
    lines = re.findall(r'"(GET|HEAD) (/v2/[^ "]*) HTTP', log.read_bytes()[before:].decode())
    blobs = [path.rpartition("/")[2] for method, path in lines if method == "GET" and f"{repository}/blobs/" in path]
    return blobs, len([path for _, path in lines if path == "/v2/" or repository in path])


def test_downloads_of_a_real_project(project, engine, registry):
    """A change of one file, of the dependencies, of the base: Docker's engine fetches what `release diff` says, no more and no less."""
    os.chmod(engine.root, 0o755)
    os.chmod(engine.root / "docker.sock", 0o666)
    project.release("v1")
    changes = {"app": "app/README.md", "dependencies": "dependencies/json/__init__.py", "base": "base"}
    measured, previous = {}, "v1"
    asked_by(engine, registry, project.repository, lambda: project.deploy(engine, "v1"))
    try:
        for name, path in changes.items():
            file = project.root / path
            file.write_text(file.read_text() + "\n# changed\n")
            project.release(name)
            said = project.diff(previous, name)
            blobs, requests = asked_by(engine, registry, project.repository, lambda: project.deploy(engine, name))
            manifest, _ = registry.image(project.repository, image_of(project, name), "linux/arm64")
            sizes = {x["digest"]: x["size"] for x in manifest["layers"]}
            fetched = [sizes[digest] for digest in blobs if digest in sizes]
            assert (len(fetched), sum(fetched)) == (said["layers"], said["bytes"]), name
            measured[name] = manifest["layers"][["base", "dependencies", "app"].index(name)]["size"]
            measured["requests_per_pull"] = requests - len(fetched)
            previous = name
    finally:
        engine.docker("rm", "--force", f"{project.name}-app-1")
    check_sizes(measured)


def image_of(project, version):
    listed = json.loads(project.edgectl("release", "ls", project.name, "--json", cwd=project.root).stdout)
    return next(x["images"]["app"].partition("@")[2] for x in listed if x["version"] == version)


def check_sizes(measured):
    """Those that the document counts with, within a fifth: Debian's updates change them a little."""
    if os.environ.get("EDGECTL_RECORD") == "1":
        SIZES.write_text(json.dumps({"platform": "linux/arm64", **measured}, indent=1) + "\n")
    written = json.loads(SIZES.read_text())
    for name, size in measured.items():
        assert abs(size - written[name]) <= written[name] / 5, (name, measured, written)
