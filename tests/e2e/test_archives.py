"""`docker load` of what we save, and `edgectl load` and `pull` of what docker saves and pushes, by a real Docker engine."""
import json

import pytest


@pytest.fixture
def image(edgectl, context, reference):
    edgectl("build", "--platform", "linux/arm64", "-t", reference, context(
        {"Dockerfile": "FROM scratch\nLABEL purpose=archive\nCOPY file /file\nCOPY file /twice\nCMD [\"/file\"]\n",
         "file": reference}))
    return reference


def load(engine, archive):
    done = engine.docker("load", "-q", "-i", str(archive))
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_docker_loads_what_we_save(engine, edgectl, image, scratch):
    edgectl("save", "-o", scratch / "a.tar", image)
    assert image in load(engine, scratch / "a.tar")
    seen = json.loads(engine.docker("image", "inspect", image).stdout)[0]
    assert seen["Architecture"] == "arm64" and seen["Config"]["Labels"] == {"purpose": "archive"}
    config = json.loads(edgectl("inspect", "--config", image).stdout)
    assert seen["RootFS"]["Layers"] == config["rootfs"]["diff_ids"]


def test_docker_loads_zstd_layers_as_gzip(engine, edgectl, context, reference, scratch):
    edgectl("build", "--platform", "linux/arm64", "--output", f"type=image,name={reference},compression=zstd", context(
        {"Dockerfile": "FROM scratch\nCOPY file /file\n", "file": "zstd " * 1000}))
    edgectl("save", "-o", scratch / "a.tar", reference)
    assert reference in load(engine, scratch / "a.tar")


def test_we_load_what_docker_saves(engine, edgectl, fresh_edgectl, image, scratch):
    edgectl("save", "-o", scratch / "a.tar", image)
    load(engine, scratch / "a.tar")
    assert engine.docker("tag", image, "second/name:2").returncode == 0
    done = engine.docker("save", "-o", str(scratch / "b.tar"), image, "second/name:2")
    assert done.returncode == 0, done.stderr
    (scratch / "b.tar").chmod(0o644)
    fresh_edgectl("load", "-i", scratch / "b.tar")
    listed = {x["name"]: x["digest"] for x in json.loads(fresh_edgectl("images", "--json").stdout)}
    assert set(listed) == {image, "second/name:2"} and len(set(listed.values())) == 1
    before, after = (json.loads(program("inspect", "--config", image).stdout) for program in (edgectl, fresh_edgectl))
    assert before["rootfs"] == after["rootfs"] and after["config"]["Labels"] == {"purpose": "archive"}


def test_we_pull_what_docker_pushes(engine, edgectl, fresh_edgectl, image, scratch):
    edgectl("save", "-o", scratch / "a.tar", image)
    load(engine, scratch / "a.tar")
    theirs = image.replace(":1", ":docker")
    assert engine.docker("tag", image, theirs).returncode == 0
    pushed = engine.docker("push", theirs)
    assert pushed.returncode == 0, pushed.stderr
    fresh_edgectl("pull", "--platform", "linux/arm64", theirs)
    seen, = json.loads(fresh_edgectl("inspect", "--json", theirs).stdout)
    assert seen["mediaType"] == "application/vnd.docker.distribution.manifest.v2+json" and seen["digest"] in pushed.stdout
    before, after = (json.loads(program("inspect", "--config", name).stdout) for program, name in ((edgectl, image), (fresh_edgectl, theirs)))
    assert before["rootfs"] == after["rootfs"] and after["config"]["Labels"] == {"purpose": "archive"}
