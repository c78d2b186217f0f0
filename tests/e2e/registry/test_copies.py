"""Copies from registry to registry: what passes through the machine, and in which order."""
import re


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
    fresh_edgectl("copy", "--jobs", "1", f"{server.address}/app:1", f"{server.address}/other:1")
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
