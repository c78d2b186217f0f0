"""Layers that are unpacked while they download: by `pull --unpack`, and by a build that needs the files of its base."""
import hashlib
import json
import os
import pathlib
import random
import re
import shutil
import signal
import subprocess

import parts
import pytest

from scripted import kill_soon

MIB = 1024 * 1024


def unpacked(edgectl):
    """The digests of "file" in all snapshots, finished or not."""
    return sorted(hashlib.sha256(x.read_bytes()).hexdigest() for x in pathlib.Path(edgectl.store).glob("snapshots/*/fs/file"))


def content(size):
    """What faulty_registry.py puts into the layer."""
    return hashlib.sha256((bytes(i * 7 % 251 for i in range(251)) * (size // 251 + 1))[:size]).hexdigest()


def snapshots(edgectl):
    return [x.name for x in pathlib.Path(edgectl.store).glob("snapshots/*")]


def is_sound(edgectl):
    edgectl("doctor", "--store")


def use(edgectl, name, context, out):
    """A build that reads the file of the image."""
    files = {"Dockerfile": f"FROM {name} AS base\nFROM scratch\nCOPY --from=base /file /file\n"}
    result = edgectl("build", "--progress=plain", "-o", f"type=local,dest={out}",
                     "--platform", "linux/arm64", context(files))
    return result, hashlib.sha256((out / "file").read_bytes()).hexdigest()


def test_pull_unpacks(fresh_edgectl, scripted, context, scratch):
    server = scripted("--layer-size", 4 * MIB)
    name = f"{server.address}/app:1"
    result = fresh_edgectl("pull", "--unpack", "--progress=plain", name)
    assert "extracting sha256:" in result.stderr
    assert unpacked(fresh_edgectl) == [content(4 * MIB)]
    is_sound(fresh_edgectl)
    # and a build finds it
    server.close()
    built, digest = use(fresh_edgectl, name, context, scratch / "out")
    assert digest == content(4 * MIB) and "extracting" not in built.stderr


def test_pull_unpacks_what_is_there(fresh_edgectl, scripted):
    server = scripted("--layer-size", MIB)
    fresh_edgectl("pull", f"{server.address}/app:1")
    assert snapshots(fresh_edgectl) == []
    fresh_edgectl("pull", "--unpack", f"{server.address}/app:1")
    assert unpacked(fresh_edgectl) == [content(MIB)]
    fresh_edgectl("pull", "--unpack", f"{server.address}/app:1")
    assert len(snapshots(fresh_edgectl)) == 1
    assert sum("/blobs/" in x["path"] and x["method"] == "GET" for x in server.requests()) == 2, "the layer and the config, once"


def test_pull_unpacks_what_is_in_a_file(fresh_edgectl, scripted, scratch):
    server = scripted("--layer-size", MIB)
    fresh_edgectl("pull", f"{server.address}/app:1")
    fresh_edgectl("save", "-o", scratch / "saved.tar", f"{server.address}/app:1")
    other = fresh_edgectl.with_store(scratch / "other")
    other("pull", "--unpack", f"docker-archive:{scratch}/saved.tar")
    assert unpacked(other) == [content(MIB)]


def test_a_build_unpacks_while_it_pulls(fresh_edgectl, scripted, context, scratch):
    """The first bytes of the layer are unpacked when the last have not come."""
    server = scripted("--layer-size", 4 * MIB, "--faults", json.dumps([{"on": "GET .*blobs", "skip": 1, "stall": 600}]))
    files = {"Dockerfile": f"FROM {server.address}/app:1 AS base\nFROM scratch\nCOPY --from=base /file /file\n"}
    process = fresh_edgectl.start("build", "--platform", "linux/arm64", "-o", f"type=local,dest={scratch}/out", context(files))
    parts.wait_for("a half of the file", lambda: any(x.stat().st_size > MIB for x in
                   pathlib.Path(fresh_edgectl.store).glob("snapshots/*/fs/file")), process)
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=20)
    assert process.returncode == 130
    assert snapshots(fresh_edgectl) == [], "what was unpacked goes with the download"
    # the next one unpacks what the first one has left, and goes on
    _, digest = use(fresh_edgectl, f"{server.address}/app:1", context, scratch / "out")
    assert digest == content(4 * MIB)
    assert [x["range"] for x in server.requests() if x["range"]] != []
    is_sound(fresh_edgectl)


@pytest.mark.parametrize("fault", [{"corrupt": True}, {"cut": 3 * MIB}, {"shorter": True}, {"cut": MIB, "times": 3}],
                         ids=["corrupt", "cut", "shorter", "cuts"])
def test_a_download_that_goes_wrong_unpacks_nothing_wrong(fresh_edgectl, scripted, fault):
    """The first answers are wrong; what comes in the end is right, or nothing is."""
    server = scripted("--layer-size", 4 * MIB, "--faults", json.dumps([{"on": "GET .*blobs", **fault}]))
    process = fresh_edgectl.start("pull", "--unpack", "--jobs", "1", f"{server.address}/app:1")
    process.communicate(timeout=60)
    assert unpacked(fresh_edgectl) == ([content(4 * MIB)] if process.returncode == 0 else [])
    fresh_edgectl("pull", "--unpack", f"{server.address}/app:1")
    assert unpacked(fresh_edgectl) == [content(4 * MIB)]
    assert len(snapshots(fresh_edgectl)) == 1
    is_sound(fresh_edgectl)


def test_a_killed_pull_leaves_the_old_image_or_the_new_one_unpacked(fresh_edgectl, scripted, context, scratch):
    """Under one name, which the registry has given to another image meanwhile."""
    dice, port, digests = random.Random(11), parts.free_port(), []
    name = f"127.0.0.1:{port}/app:1"

    def digest():
        return json.loads(fresh_edgectl("inspect", "--json", name).stdout)[0]["digest"]

    server = scripted("--port", port, "--layer-size", MIB)
    fresh_edgectl("pull", "--unpack", name)
    digests.append(digest())
    server.close()
    scripted("--port", port, "--layer-size", 8 * MIB)
    for _ in range(8):
        kill_soon(fresh_edgectl, dice, "pull", "--unpack", "--limit-rate", "8M", name)
        if digest() != digests[-1]:
            digests.append(digest())
        is_sound(fresh_edgectl)
    fresh_edgectl("pull", "--unpack", name)
    assert len({*digests, digest()}) == 2 and digests[0] != digest()
    assert unpacked(fresh_edgectl) == sorted([content(MIB), content(8 * MIB)]), "nothing is left of those that were killed"
    is_sound(fresh_edgectl)
    assert use(fresh_edgectl, name, context, scratch / "out")[1] == content(8 * MIB)


@pytest.mark.parametrize("size", ["32k", "104k", "3m", "7m"])
def test_a_full_disk(fresh_edgectl, scripted, small_disk, size):
    """Full at the database, at the first directory, at the blob, at its files; and then there is room."""
    server = scripted("--layer-size", 4 * MIB)
    disk = small_disk(size)
    small = fresh_edgectl.with_store(disk / "store")
    failed = small("pull", "--unpack", f"{server.address}/app:1", status=1)
    assert "no space left on device" in failed.stderr and "EDGECTL_ROOT=" in failed.stderr
    assert snapshots(small) == []
    subprocess.run(["mount", "-o", "remount,size=20m", disk], check=True)
    is_sound(small)
    small("pull", "--unpack", f"{server.address}/app:1")
    assert unpacked(small) == [content(4 * MIB)]


CALL = re.compile(r"([\d.]+) (\w+)\((.*)\) += 0")


def calls_of(trace):
    found = [CALL.match(line) for line in trace.read_text().splitlines()]
    return [(float(x[1]), x[2], x[3]) for x in found if x]


def test_what_is_named_is_on_the_disk(fresh_edgectl, scripted, identity, scratch):
    """A file gets its name in blobs/ after fsync(2) of it; fsync of the directory follows when the image gets its own."""
    parts.need(shutil.which("strace"), "strace is not installed: apt-get install strace")
    # a program that is traced cannot gain rights, as newuidmap has to
    unpack = ["--unpack"] if identity.uid == os.geteuid() else []
    server = scripted("--layer-size", 4 * MIB)
    # a file for each thread: each of them commits as a whole
    traced = ["strace", "-ff", "-ttt", "-y", "-qq", "-e", "trace=fsync,fdatasync,renameat,renameat2,rename", "-e", "signal=none", "-o",
              str(scratch / "trace")]
    fresh_edgectl.inside(*traced)("pull", *unpack, f"{server.address}/app:1")
    named, flushed = [], []
    for trace in scratch.glob("trace.*"):
        calls = calls_of(trace)
        flushed += [when for when, call, of in calls if call == "fsync" and of.endswith("/blobs/sha256>")]
        for place, (when, call, words) in enumerate(calls):
            names = re.findall(r'"([^"]+)"', words)
            if not call.startswith("rename") or not names[-1].startswith("blobs/"):
                continue
            assert any(x == "fsync" and f"/{names[0]}>" in of for _, x, of in calls[:place]), calls
            named.append(when)
    assert max(named) < max(flushed)
    assert len(named) == 3, "a manifest, a config and a layer"
