"""What changes a fleet is killed, and its line cut, at every request that it makes of the registry: a board sees the old release or
the new one, whole, and the same command once more completes it."""
import re
import shutil
import signal
import urllib.error
import urllib.request

import pytest

import parts
from conftest import COUNTER
from cutting_proxy import CuttingProxy
from test_fleet import Fleet

COMPOSE = """
services:
  app:
    build: .
    environment: {LEVEL: info}
"""


class Line:
    """A registry behind a proxy; what it holds can be put back."""

    def __init__(self, root):
        self.registry = parts.Registry(root, f"steps-{next(COUNTER)}")
        self.proxy = CuttingProxy(self.registry.port)
        self.data, self.saved = self.registry.root / "data", self.registry.root / "saved"

    def save(self):
        shutil.copytree(self.data, self.saved)

    def restore(self):
        shutil.rmtree(self.data)
        shutil.copytree(self.saved, self.data)

    def close(self):
        self.proxy.close()
        self.registry.close()


@pytest.fixture
def line(workspace):
    parts.need_program("docker-registry", "docker-registry")
    with parts.closing(Line(workspace)) as line:
        yield line


@pytest.fixture
def fleet(edgectl, line, identity, context):
    """With the release v1, in channel stable."""
    root = context({"Dockerfile": "FROM scratch\nARG TARGETARCH\nENV ARCH=$TARGETARCH\nCOPY app /\n", "app": "one\n",
                    "compose.yaml": COMPOSE})
    fleet = Fleet(edgectl, line.proxy, identity, root)
    fleet.registry = line.registry
    fleet.push()
    return fleet


# What changes what the registry has, or begins to.
WRITES = ("POST", "PUT", "PATCH", "DELETE")


def digest_of(fleet, tag):
    """What the tag names, asked behind the proxy; None for nothing."""
    path = f"http://127.0.0.1:{fleet.registry.port}/v2/{fleet.repository}/manifests/{tag}"
    request = urllib.request.Request(path, method="HEAD", headers={"Accept": parts.MANIFEST_TYPES})
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return answer.headers["Docker-Content-Digest"]
    except urllib.error.HTTPError as problem:
        assert problem.code == 404
        return None


def check_whole(fleet, tag):
    """The release, its images, and all of their blobs are there."""
    registry, repository = fleet.registry, fleet.repository
    release = registry.manifest(repository, tag)
    compose = registry.get(f"{repository}/blobs/{release['layers'][0]['digest']}").decode()
    images = re.findall(f"{repository}@(sha256:[0-9a-f]*)", compose)
    assert images
    for image in images:
        for member in registry.manifest(repository, image)["manifests"]:
            manifest = registry.manifest(repository, member["digest"])
            for blob in [manifest["config"], *manifest["layers"]]:
                assert len(registry.get(f"{repository}/blobs/{blob['digest']}")) == blob["size"]


class Steps:
    """A command that changes the fleet, and all requests that it makes in a clean run."""

    def __init__(self, fleet, line, *words):
        self.fleet, self.line, self.words = fleet, line, words
        self.old = digest_of(fleet, "stable")
        line.save()
        line.proxy.arm(None, None)
        fleet(*words)
        self.requests, self.new = line.proxy.requests, digest_of(fleet, "stable")
        assert self.old != self.new and len(self.requests) > 10

    def run(self, number, when, is_killed):
        """From the beginning, with that done to one request; its exit status."""
        self.line.restore()
        process = self.fleet.edgectl.start(*self.words, cwd=self.fleet.root)
        self.line.proxy.arm(number, when, process.kill if is_killed else lambda: None)
        _, stderr = process.communicate(timeout=120)
        assert len(self.line.proxy.requests) > number, f"request {number} was not reached: {stderr}"
        self.line.proxy.arm(None, None)
        return process.returncode, stderr

    def is_new_state(self, number):
        """Has the registry anything then that it had not after the request before?"""
        return number == 0 or self.requests[number][0] in WRITES

    def check(self, number):
        """Whatever the channel names is whole; what it had before is still there."""
        now = digest_of(self.fleet, "stable")
        assert now in (self.old, self.new), (number, self.requests[number], now)
        check_whole(self.fleet, "stable")
        assert digest_of(self.fleet, "previous.stable") in (None, self.old)
        return now


def test_push_is_killed_at_every_request(fleet, line):
    """After each request that was answered, and before the first one; completed from each state that there is."""
    fleet.write("app", "two\n")
    fleet.commit("v2")
    steps = Steps(fleet, line, "push", "plants")
    seen = set()
    for number in range(len(steps.requests)):
        assert steps.run(number, "after" if number else "before", True)[0] == -signal.SIGKILL
        seen.add(steps.check(number))
        if not steps.is_new_state(number):
            continue
        assert fleet.push() == steps.new and digest_of(fleet, "stable") == steps.new
        assert digest_of(fleet, "previous.stable") == steps.old
        check_whole(fleet, "stable")
    assert seen == {steps.old, steps.new}


def test_push_loses_every_request_once(fleet, line):
    """An answer that is lost, and a request to write that is: both are sent again, and the release is the same one."""
    fleet.write("app", "two\n")
    fleet.commit("v2")
    steps = Steps(fleet, line, "push", "plants")
    for number, request in enumerate(steps.requests):
        if request in steps.requests[:number]:
            continue
        for when in ("before", "after") if request[0] in WRITES else ("after",):
            status, stderr = steps.run(number, when, False)
            assert status == 0, (when, request, stderr)
            assert steps.check(number) == steps.new


def test_line_is_gone(fleet, line):
    """From the moment on when the channel was to move: a message that says so, and the old release."""
    fleet.write("app", "two\n")
    fleet.commit("v2")
    steps = Steps(fleet, line, "push", "plants")
    last = max(i for i, (method, _) in enumerate(steps.requests) if method == "PUT")
    line.restore()
    process = fleet.edgectl.start("push", "plants", cwd=fleet.root)
    line.proxy.arm(last, "before", line.proxy.lose)
    _, stderr = process.communicate(timeout=300)
    assert process.returncode == 1 and "error: channel 'stable'" in stderr, stderr
    assert steps.check(last) == steps.old
    line.proxy.arm(None, None)
    assert fleet.push() == steps.new


@pytest.mark.parametrize("words", [("promote", "plants", "v2"), ("finalize", "plants", "v2")])
def test_channel_is_moved_whole(fleet, line, words):
    fleet.write("app", "two\n")
    fleet.commit("v2")
    fleet.push(*(["--draft"] if words[0] == "finalize" else ["--channel", "next"]))
    steps = Steps(fleet, line, "release", *words)
    for number in filter(steps.is_new_state, range(len(steps.requests))):
        steps.run(number, "after", True)
        steps.check(number)
        fleet("release", *words)
        assert digest_of(fleet, "stable") == steps.new and digest_of(fleet, "v2") == steps.new
        assert not any(x.startswith("draft.") for x in fleet.tags()), steps.requests[number]


def test_rollback_is_killed_at_every_request(fleet, line):
    fleet.write("app", "two\n")
    fleet.commit("v2")
    fleet.push()
    steps = Steps(fleet, line, "release", "rollback", "plants")
    for number in filter(steps.is_new_state, range(len(steps.requests))):
        steps.run(number, "after", True)
        assert digest_of(fleet, "stable") in (steps.old, steps.new)
        check_whole(fleet, "stable")
        fleet("release", "rollback", "plants", "--to", "v1")
        assert digest_of(fleet, "stable") == steps.new


def test_rm_is_killed_at_every_request(fleet, line):
    """The same command once more takes away what is left of the release; what others have stays."""
    fleet.write("app", "two\n")
    fleet.commit("v2")
    fleet.push()
    line.save()
    line.proxy.arm(None, None)
    fleet("release", "rm", "plants", "v1")
    requests, left = line.proxy.requests, fleet.tags()
    assert left == {"v2", "stable", next(x for x in left if x.startswith("image."))}
    for number in [i for i, (method, path) in enumerate(requests) if method in WRITES and "/manifests/" in path]:
        line.restore()
        process = fleet.edgectl.start("release", "rm", "plants", "v1", cwd=fleet.root)
        line.proxy.arm(number, "after", process.kill)
        process.communicate(timeout=120)
        line.proxy.arm(None, None)
        check_whole(fleet, "stable")
        if fleet.tags() != left:
            fleet("release", "rm", "plants", "v1")
        assert fleet.tags() == left, requests[number]
