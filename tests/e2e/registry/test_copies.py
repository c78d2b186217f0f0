"""Copies from registry to registry: what passes through the machine, and in which order."""
import hashlib
import json
import re

import pytest

import api_registry
import parts

PLATFORMS = ["linux/arm/v7", "linux/arm64", "linux/amd64"]


def blobs_in_order(requests):
    """('GET' or 'PUT', digest) of what moved."""
    moved = []
    for request in requests:
        match = re.search(r"(sha256(?::|%3A)\w+)", request["path"])
        if match and "/blobs/" in request["path"] and request["method"] in ("GET", "PUT"):
            moved.append((request["method"], match[1].replace("%3A", ":")))
    return moved


def test_each_blob_goes_on_as_soon_as_it_is_here(fresh_edgectl, scripted):
    server = scripted()
    copied = fresh_edgectl("copy", "--jobs", "1", "--progress", "plain", f"{server.address}/app:1", f"{server.address}/other:1")
    assert "pushing sha256:" in copied.stderr and "exists" not in copied.stderr, "what was sent just now is no news"
    moved = blobs_in_order(server.requests())
    assert len(moved) == 4, moved
    assert [method for method, _ in moved] == ["GET", "PUT", "GET", "PUT"]
    assert moved[0][1] == moved[1][1] and moved[2][1] == moved[3][1]


def test_a_full_disk_is_that_of_temporary_files(fresh_edgectl, scripted, small_disk):
    server, disk = scripted("--layer-size", 3000000), small_disk("2m")
    full = fresh_edgectl("copy", f"{server.address}/app:1", f"{server.address}/other:1", env={"TMPDIR": str(disk)}, status=1)
    assert "No space left" in full.stderr or "no space left" in full.stderr
    assert f"make room on the disk of '{disk}/edgectl-" in full.stderr and "TMPDIR=/other/place" in full.stderr
    assert "EDGECTL_ROOT" not in full.stderr
    assert not list(disk.iterdir()), "nothing stays behind"


def test_limit_rate(fresh_edgectl, scripted):
    server = scripted()
    names = [f"{server.address}/app:1", f"{server.address}/other:1"]
    assert "--limit-rate" in fresh_edgectl("copy", "--limit-rate", "1K", *names, status=2).stderr
    fresh_edgectl("copy", "--limit-rate", "5M", *names)
    assert fresh_edgectl("copy", "--quiet", *names).stdout.startswith("sha256:")


# --- platforms, and what is attached


@pytest.fixture
def image(edgectl, registry, context, reference):
    """For three platforms, with a provenance attestation of each, in the registry."""
    root = context({"Dockerfile": "FROM scratch\nCOPY file /file\n", "file": reference})
    edgectl("build", "--platform", ",".join(PLATFORMS), "--provenance=true", "--push", "-t", reference, root)
    return reference


@pytest.fixture
def with_api():
    with parts.closing(api_registry.ApiRegistry()) as server:
        yield server


def raw(edgectl, name):
    return edgectl("inspect", "--remote", "--raw", name).stdout.encode()


def digest_of(data):
    return "sha256:" + hashlib.sha256(data).hexdigest()


def platform_of(member):
    return "/".join(filter(None, (member["platform"].get(key) for key in ("os", "architecture", "variant"))))


def test_several_platforms_with_what_is_attested_of_them(edgectl, registry, image, with_api, scratch):
    wanted = ["linux/arm64", "linux/arm/v7"]
    whole = json.loads(raw(edgectl, image))
    assert len(whole["manifests"]) == 6
    target = f"{with_api.address}/few:1"
    edgectl("copy", "--platform", ",".join(wanted), image, target)
    few = json.loads(raw(edgectl, target))
    images = [x for x in few["manifests"] if platform_of(x) != "unknown/unknown"]
    assert {platform_of(x) for x in images} == set(wanted)
    about = {x["annotations"]["vnd.docker.reference.digest"] for x in few["manifests"] if x not in images}
    assert about == {x["digest"] for x in images}, "of each its own"
    assert all(x in whole["manifests"] for x in few["manifests"]), "as they were"
    assert len(with_api.server.manifests) == 5, "the third was not sent"
    edgectl("copy", "--platform", wanted[0], "--platform", wanted[1], image, f"oci:{scratch}/layout:1")
    assert {platform_of(x) for x in json.loads(edgectl("inspect", "--raw", f"oci:{scratch}/layout:1").stdout)["manifests"]} >= set(wanted)
    edgectl("copy", "--platform", ",".join(PLATFORMS), image, target)
    assert raw(edgectl, target) == raw(edgectl, image), "all of them: nothing changes"
    refused = edgectl("copy", "--platform", "linux/arm64,linux/s390x", image, target, status=1).stderr
    assert "linux/s390x" in refused and "linux/arm64" in refused
    single = image.replace(":1", ":single")
    edgectl("copy", "--platform", "linux/arm64", image, single)
    edgectl("copy", "--platform", "linux/arm64", single, f"{with_api.address}/single:1")
    for command in (["copy", "--platform", "linux/amd64", single, f"{with_api.address}/wrong:1"],
                    ["copy", "--platform", "linux/amd64", f"{with_api.address}/single:1", f"oci:{scratch}/wrong:1"]):
        assert "for linux/arm64 and cannot serve linux/amd64" in edgectl(*command, status=1).stderr
    assert not [x for x in with_api.server.tags if x[0] == "wrong"]
    assert "exclude" in edgectl("copy", "--all", "--platform", "linux/arm64", image, target, status=2).stderr


def attach(edgectl, name, kind, *words):
    return edgectl("attach", "-q", "--artifact-type", f"application/x.{kind}", *words, name).stdout.strip()


def types(edgectl, name, *words):
    return sorted(x["artifactType"] for x in json.loads(edgectl("referrers", "--json", *words, name).stdout))


@pytest.mark.parametrize("by_api", [True, False])
def test_referrers_come_along(edgectl, registry, image, with_api, by_api):
    repository = image.rsplit(":", 1)[0]
    sbom = attach(edgectl, image, "sbom")
    attach(edgectl, f"{repository}@{sbom}", "signature-of-the-sbom")
    attach(edgectl, image, "report", "--platform", "linux/arm64")
    tag = digest_of(raw(edgectl, image)).replace(":", "-") + ".sig"
    edgectl("copy", "--platform", "linux/arm64", image, f"{repository}:{tag}")
    target = f"{with_api.address}/b:1" if by_api else f"{repository}-b:1"
    said = edgectl("copy", "--referrers", image, target).stderr
    assert "4 attached" in said, said
    there = target.rsplit(":", 1)[0]
    assert types(edgectl, target) == ["application/x.sbom"]
    assert types(edgectl, f"{there}@{sbom}") == ["application/x.signature-of-the-sbom"]
    assert types(edgectl, target, "--platform", "linux/arm64") == ["application/x.report"]
    assert raw(edgectl, f"{there}:{tag}") == raw(edgectl, f"{repository}:{tag}")
    tags = edgectl("tags", there).stdout.split()
    assert (digest_of(raw(edgectl, image)).replace(":", "-") in tags) == (not by_api)
    assert edgectl("copy", "--referrers", image, target).stderr.count("already") == 1
    assert types(edgectl, target) == ["application/x.sbom"]


def test_without_referrers_none_come_along(edgectl, image, with_api):
    attach(edgectl, image, "sbom")
    edgectl("copy", image, f"{with_api.address}/b:1")
    assert types(edgectl, f"{with_api.address}/b:1") == []
    assert "from registry to registry" in edgectl("copy", "--referrers", image, "oci:x:1", status=2).stderr


def test_an_artifact_is_entered_wherever_it_comes(edgectl, registry, image, with_api, scratch):
    """Also by a plain copy, and out of a layout, to a registry that keeps no list itself."""
    edgectl("copy", image, f"{with_api.address}/a:1")
    subject = digest_of(raw(edgectl, image))
    artifact = attach(edgectl, f"{with_api.address}/a:1", "sbom")
    repository = image.rsplit(":", 1)[0] + "-plain"
    edgectl("copy", f"{with_api.address}/a@{artifact}", f"{repository}:sbom")
    assert types(edgectl, f"{repository}@{subject}") == ["application/x.sbom"]
    edgectl("copy", f"{with_api.address}/a@{artifact}", f"oci:{scratch}/layout:sbom")
    edgectl("copy", f"oci:{scratch}/layout:sbom", f"{repository}-2:sbom")
    assert types(edgectl, f"{repository}-2@{subject}") == ["application/x.sbom"]


def test_a_list_that_is_out_of_date(edgectl, registry, image, with_api):
    """It names what was deleted: the rest is copied."""
    gone, kept = attach(edgectl, image, "gone"), attach(edgectl, image, "kept")
    edgectl("rm", "--remote", f"{image.rsplit(':', 1)[0]}@{gone}")
    said = edgectl("copy", "--referrers", image, f"{with_api.address}/b:1").stderr
    assert f"{gone} is listed as attached, but not there" in said
    assert [x["digest"] for x in json.loads(edgectl("referrers", "--json", f"{with_api.address}/b:1").stdout)] == [kept]
