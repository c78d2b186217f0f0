"""Fixtures of the end-to-end tests. What a test needs and the machine lacks skips it, or fails it where
EDGECTL_TESTS_MUST_RUN=1 is set, as CI does."""
import itertools
import os
import pathlib
import re
import shutil
import subprocess
import tempfile

import pytest

import parts
from parts import need, need_program

import base_images  # of ../fixtures, which parts has put on the path

COUNTER = itertools.count(1)
REPOSITORY = pathlib.Path(__file__).resolve().parents[2]


def pytest_addoption(parser):
    parser.addoption("--edgectl", help="the program under test; default: $EDGECTL, else build/dev/cli/edgectl")
    parser.addoption("--identity", choices=["root", "user", "all"], default="all", help="run as root, as a user, or both")


def pytest_generate_tests(metafunc):
    if "identity" in metafunc.fixturenames:
        chosen = metafunc.config.getoption("identity")
        metafunc.parametrize("identity", ["root", "user"] if chosen == "all" else [chosen], indirect=True, scope="session")


@pytest.fixture(scope="session")
def workspace():
    """One directory for everything of a run, that every user may enter."""
    path = pathlib.Path(tempfile.mkdtemp(prefix="edgectl-e2e-"))
    path.chmod(0o755)
    yield path
    shutil.rmtree(path, ignore_errors=True)


@pytest.fixture(scope="session")
def program(request, workspace):
    """A copy of edgectl where every user can reach it."""
    built = request.config.getoption("edgectl") or os.environ.get("EDGECTL") or REPOSITORY / "build/dev/cli/edgectl"
    need(os.access(built, os.X_OK), f"no program at {built}: cmake --workflow --preset dev")
    (workspace / "bin").mkdir()
    return shutil.copy2(built, workspace / "bin/edgectl")


@pytest.fixture(scope="session")
def identity(request, workspace):
    home = workspace / f"home-{request.param}"
    if request.param == "root":
        need(os.geteuid() == 0, "not root")
        home.mkdir()
        yield parts.Identity("root", 0, 0, home)
    elif os.geteuid() == 0:
        with parts.temporary_user(home, "user") as user:
            yield user
    else:
        home.mkdir()
        yield parts.Identity("self", os.geteuid(), os.getegid(), home)


@pytest.fixture(scope="session")
def edgectl(program, identity):
    """edgectl with a store that all tests of the identity share."""
    return parts.Edgectl(program, identity, identity.home / "store")


@pytest.fixture
def fresh_edgectl(edgectl, scratch):
    """edgectl with an empty store."""
    return edgectl.with_store(scratch / "store")


@pytest.fixture
def scratch(identity, request):
    """An empty directory that belongs to the identity."""
    path = pathlib.Path(tempfile.mkdtemp(prefix="t-", dir=identity.home))
    path.chmod(0o755)
    identity.own(path)
    yield path
    shutil.rmtree(path, ignore_errors=True)


@pytest.fixture
def context(scratch, identity):
    """context({path: text or bytes, ...}) makes files in a build context and returns its directory."""
    root = scratch / "context"
    root.mkdir()
    identity.own(root)

    def write(files):
        for name, content in files.items():
            path = root / name
            for parent in reversed(path.relative_to(root).parents):
                if not (root / parent).exists():
                    (root / parent).mkdir()
                    identity.own(root / parent)
            path.write_bytes(content if isinstance(content, bytes) else content.encode())
            identity.own(path)
        return root

    return write


@pytest.fixture
def reference(registry, identity, request):
    """A name for this test's image in the registry that no other test uses."""
    words = re.sub(r"[^a-z0-9]+", "-", request.node.originalname.lower())
    return f"{registry.address}/{identity.name}/{words}-{next(COUNTER)}:1"


@pytest.fixture
def publish(edgectl, registry, reference):
    """publish(context, option, ...) builds for one platform, pushes, and returns what the registry then has."""

    def publish(context, *options, platform="linux/arm64", program=edgectl):
        program("build", "--platform", platform, "-t", reference, *options, context)
        program("push", reference)
        return parts.Image(registry, reference, platform)

    return publish


@pytest.fixture
def small_disk(scratch, identity):
    """disk(size) mounts a file system of that size and returns its directory."""
    need(os.geteuid() == 0, "only root can mount a small disk")
    mounted = []

    def disk(size):
        path = scratch / f"disk-{size}"
        path.mkdir()
        options = f"size={size},mode=755,uid={identity.uid},gid={identity.gid}"
        subprocess.run(["mount", "-t", "tmpfs", "-o", options, "tmpfs", path], check=True)
        mounted.append(path)
        return path

    yield disk
    for path in mounted:
        subprocess.run(["umount", path], check=True)


@pytest.fixture(scope="session")
def registry(workspace):
    """A plain registry that has busybox:latest."""
    need_program("docker-registry", "docker-registry")
    need_program("skopeo", "skopeo")
    with parts.closing(parts.Registry(workspace, "plain")) as registry:
        need_program("mmdebstrap", "mmdebstrap")
        base_images.push(base_images.cached(base_images.default_cache(), "busybox"), "busybox", registry.address)
        yield registry


@pytest.fixture(scope="session")
def busybox(registry):
    return f"{registry.address}/busybox:latest"


@pytest.fixture(scope="session")
def debian(registry):
    """The name of a real Debian base for linux/arm/v7 and linux/arm64."""
    base_images.push(base_images.cached(base_images.default_cache(), "debian"), "debian", registry.address)
    return f"{registry.address}/debian:bookworm"


@pytest.fixture(scope="session")
def secured_registry(workspace):
    """A registry that wants 'anna' with the password 'sesame'."""
    need_program("docker-registry", "docker-registry")
    need_program("htpasswd", "apache2-utils")
    htpasswd = workspace / "htpasswd"
    subprocess.run(["htpasswd", "-Bbc", htpasswd, "anna", "sesame"], check=True, capture_output=True)
    with parts.closing(parts.Registry(workspace, "secured", htpasswd=htpasswd)) as registry:
        yield registry


@pytest.fixture(scope="session")
def tls_registry(workspace):
    """A registry that speaks HTTPS with a certificate nobody knows; its path is registry.tls[0]."""
    need_program("docker-registry", "docker-registry")
    need_program("openssl", "openssl")
    certificate, key = workspace / "tls.crt", workspace / "tls.key"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=127.0.0.1",
                    "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", key, "-out", certificate],
                   check=True, capture_output=True)
    certificate.chmod(0o644)
    with parts.closing(parts.Registry(workspace, "tls", tls=(certificate, key))) as registry:
        yield registry


@pytest.fixture(scope="session")
def engine(workspace, registry):
    need(os.geteuid() == 0, "dockerd needs root")
    need_program("dockerd", "docker.io")
    with parts.closing(parts.Engine(workspace, registry)) as engine:
        yield engine
