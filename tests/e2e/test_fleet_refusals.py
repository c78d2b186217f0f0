"""What a fleet meets in the world: each time one message that says what it is and what helps, and boards see nothing of it."""
import shutil

import pytest

import parts
from conftest import COUNTER
from cutting_proxy import CuttingProxy
from recorded_boards import RecordedBoards
from test_fleet import Fleet, put


@pytest.fixture
def fleet(edgectl, registry, identity, context):
    """With the releases v1 and v2, the second one in channel stable."""
    root = context({"Dockerfile": "FROM scratch\nCOPY app /\nCMD [\"/app\"]\n", "app": "one\n",
                    "compose.yaml": "services: {app: {build: ., network_mode: none}}\n"})
    fleet = Fleet(edgectl, registry, identity, root)
    fleet.push()
    fleet.write("app", "two\n")
    fleet.commit("v2")
    fleet.push()
    return fleet


def errors(done):
    """What is said in the end: one error, and its hint."""
    lines = [x for x in done.stderr.splitlines() if x.startswith(("error:", "hint:"))]
    assert [x.partition(":")[0] for x in lines] == ["error", "hint"], done.stderr
    return lines


def use(fleet, address):
    """Another registry in the place of the fleet's own."""
    path = fleet.root / "edgectl.yaml"
    path.write_text(path.read_text().replace(fleet.registry.address, address))


def state(fleet):
    return fleet.tags(), fleet.channel()


def test_read_only_registry(fleet, scratch):
    """A mirror, say: what only reads works, all else is refused before anything is built."""
    saved = fleet.registry.root / "data/docker/registry/v2"
    registry = parts.Registry(scratch, f"readonly-{next(COUNTER)}", readonly=True)
    try:
        shutil.copytree(saved, registry.root / "data/docker/registry/v2", dirs_exist_ok=True)
        use(fleet, registry.address)
        assert "v2" in fleet("release", "ls", "plants").stdout
        for words in (("push", "plants"), ("push", "plants", "--dry-run"), ("fleet", "check", "plants")):
            done = fleet(*words, status=1)
            error, hint = errors(done)
            assert f"registry '{registry.address}' takes no push: it is read-only" in error and "mirror" in hint
            assert "COPY" not in done.stderr
    finally:
        registry.close()


def test_registry_that_is_not_there(fleet):
    use(fleet, f"127.0.0.1:{parts.free_port()}")
    for words in (("push", "plants"), ("fleet", "check", "plants"), ("release", "ls", "plants")):
        assert "cannot connect" in errors(fleet(*words, status=1))[0]


def test_base_that_is_gone(fleet):
    before = state(fleet)
    fleet.write("Dockerfile", f"FROM {fleet.registry.address}/gone/base:1\nCOPY app /\n")
    fleet.commit("v3")
    error, hint = errors(fleet("push", "plants", status=1))
    assert f"image '{fleet.registry.address}/gone/base:1': the image is not in registry" in error
    assert state(fleet) == before


def test_image_that_the_registry_lost(fleet):
    """No channel is moved to such a release, no board touched; pushed again, it is whole."""
    fleet("release", "promote", "plants", "v1")
    before = state(fleet)
    image = fleet.releases()["v2"]["images"]["app"].partition("@")[2]
    put(fleet.registry, f"{fleet.repository}/manifests/{image}", None, "application/json", method="DELETE")
    left = state(fleet)
    assert left[1] == before[1] == "v1"
    for words in (("promote", "plants", "v2"), ("rollback", "plants"), ("promote", "plants", "v2", "canary")):
        error, hint = errors(fleet("release", *words, status=1))
        assert "release 'v2': service 'app'" in error and image in error and "edgectl push" in hint
    assert state(fleet) == left
    error, hint = errors(fleet("release", "diff", "plants", "v1", "v2", status=1))
    assert "release 'v2'" in error and image in error
    with parts.closing(RecordedBoards(1)) as boards:
        error, hint = errors(fleet("deploy", boards.address(1), "--release", "plants:v2", status=1))
        assert "service 'app'" in error and image in error
        assert not boards.board(1)["containers"]
        assert fleet.push() and fleet.channel() == "v2"
        fleet("deploy", boards.address(1), "--release", "plants")
        assert list(boards.board(1)["containers"]) == ["plants-app-1"]


def test_draft_whose_image_is_lost(fleet):
    fleet.write("app", "three\n")
    fleet.commit("v3")
    fleet.push("--draft")
    image = fleet.releases()["v3"]["images"]["app"].partition("@")[2]
    put(fleet.registry, f"{fleet.repository}/manifests/{image}", None, "application/json", method="DELETE")
    before = state(fleet)
    assert "release 'v3': service 'app'" in errors(fleet("release", "finalize", "plants", "v3", status=1))[0]
    assert state(fleet) == before and fleet.releases()["v3"]["draft"]


@pytest.mark.parametrize("command", ["push", "promote"])
def test_channel_that_somebody_else_moves(fleet, command):
    """Meanwhile: his release stays, and the one who comes too late is told so."""
    theirs = fleet.registry.get(f"{fleet.repository}/manifests/v1")
    proxy = CuttingProxy(fleet.registry.port)
    try:
        use(fleet, proxy.address)
        fleet.write("app", "three\n")
        fleet.commit("v3")
        words = ["push", "plants"]
        if command == "promote":
            fleet("push", "plants", "--channel", "next", "-q")
            words = ["release", "promote", "plants", "v3"]

        def move():
            put(fleet.registry, f"{fleet.repository}/manifests/stable", theirs, "application/vnd.oci.image.manifest.v1+json")

        # while it notes what the channel had, which is long after it first looked, and before it moves it
        proxy.arm_at(("HEAD", f"/v2/{fleet.repository}/manifests/previous.stable"), move)
        done = fleet(*words, status=1)
        error, hint = errors(done)
        assert "channel 'stable' was moved by somebody else" in error and "release ls" in hint
        assert fleet.registry.get(f"{fleet.repository}/manifests/stable") == theirs
    finally:
        proxy.close()
