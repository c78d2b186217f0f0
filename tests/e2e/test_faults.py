"""What must not harm a store: death at any moment, a full disk, others who use it at the same time."""
import concurrent.futures
import json
import os
import pathlib
import random
import subprocess
import threading
import time

import pytest

import parts

# Of one round: killed so often in a row, then built in peace.
KILLS_PER_ROUND = 10
SEED = 20260101
EPOCH = {"SOURCE_DATE_EPOCH": "1700000000"}
FIXED = "touch -d '2001-01-01 00:00:00'"


def is_slow_build(program):
    """Programs with a sanitizer are: fewer kills say as much about edgectl there."""
    return b"__asan_init" in pathlib.Path(program).read_bytes()


@pytest.fixture
def project(context, busybox):
    """A native step, an emulated one, a COPY between them, files for a layer of several blocks: all of it the same each time."""
    noise = random.Random(SEED)
    files = {f"data/{n}": noise.randbytes(120_000) for n in range(20)}
    return context(files | {"Dockerfile": f"""
FROM --platform=linux/amd64 {busybox} AS tools
RUN mkdir /out && echo made > /out/tool && dd if=/dev/zero of=/out/large bs=1M count=3 && {FIXED} /out/tool /out/large /out
FROM {busybox}
COPY data /data
COPY --from=tools /out /usr/tools
RUN --mount=type=cache,target=/cache date > /cache/used; uname -m > /machine && rm /data/3 && {FIXED} /machine /data
"""})


def build_words(project, *options):
    return ["build", "-q", "--platform", "linux/arm64", *options, project]


def build(edgectl, project, *options):
    return edgectl(*build_words(project, *options), env=EPOCH).stdout.strip()


def leftover_processes(edgectl):
    """Those that run edgectl itself or live among the mounts of a step."""
    found = []
    for process in pathlib.Path("/proc").glob("[0-9]*"):
        try:
            is_ours = os.readlink(process / "exe") == str(edgectl.program)
            if process.name != str(os.getpid()) and (is_ours or str(edgectl.store) in (process / "mountinfo").read_text()):
                found.append((process.name, (process / "cmdline").read_bytes()))
        except OSError:
            continue  # it has ended
    return found


def assert_sound(edgectl):
    """Doctor has no complaint, nothing is mounted, nobody is left."""
    parts.wait_for("the end of all processes", lambda: not leftover_processes(edgectl), seconds=20)
    assert str(edgectl.store) not in pathlib.Path("/proc/self/mountinfo").read_text()
    findings = json.loads(edgectl("doctor", "--store", "--json").stdout)
    assert [x for x in findings if x["level"] == "bad"] == []


def kill_somewhere(edgectl, project, moment):
    """Builds everything anew, and kills edgectl after `moment` seconds; was it still at work?"""
    process = edgectl.start(*build_words(project, "--no-cache"), env=EPOCH)
    time.sleep(moment)
    was_running = process.poll() is None
    process.kill()
    process.communicate()
    return was_running


def test_killed_at_any_moment(edgectl, project, scratch):
    kills = 20 if is_slow_build(edgectl.program) else 200
    peaceful = edgectl.with_store(scratch / "peaceful")
    expected = build(peaceful, project)
    start = time.monotonic()
    assert build(peaceful, project, "--no-cache") == expected, "the project itself is not reproducible"
    duration = time.monotonic() - start
    noise = random.Random(SEED)
    killed, tries = 0, 0
    while killed < kills:
        store = edgectl.with_store(scratch / f"store-{tries}")
        for _ in range(min(KILLS_PER_ROUND, kills)):
            tries += 1
            killed += kill_somewhere(store, project, noise.uniform(0, duration))
        assert build(store, project) == expected, f"after {tries} builds that were killed"
        assert_sound(store)
        assert tries < 5 * kills, "builds are over before they can be killed"


def test_killed_while_pruning(edgectl, project, scratch):
    store = edgectl.with_store(scratch / "store")
    expected = build(store, project)
    noise = random.Random(SEED)
    for _ in range(8):
        process = store.start("prune", "--all", "--force")
        time.sleep(noise.uniform(0, 0.06))
        process.kill()
        process.communicate()
        assert build(store, project) == expected
        assert_sound(store)


@pytest.mark.parametrize("size", ["1m", "3m", "6m", "9m"])
def test_full_disk(edgectl, project, small_disk, size):
    """The disk ends at one place or another; nothing half-made stays, and with room the build goes through."""
    disk = small_disk(size)
    store = edgectl.with_store(disk / "store")
    result = store(*build_words(project), env=EPOCH, status=1)
    assert "no space left on device" in result.stderr.lower() or "exit status" in result.stderr, "a program in a step says it itself"
    assert "hint: make room on the disk" in result.stderr
    assert_sound(store)
    subprocess.run(["mount", "-o", "remount,size=64m", disk], check=True)
    assert build(store, project) == build(edgectl.with_store(disk.parent / "peaceful"), project)
    assert_sound(store)


def disk_usage(path):
    return int(subprocess.run(["du", "-s", "--block-size=1", path], check=True, capture_output=True, text=True).stdout.split()[0])


def test_df_adds_up_and_prune_frees(edgectl, project, scratch):
    store = edgectl.with_store(scratch / "store")
    build(store, project, "-t", "kept:1")
    build(store, project, "--build-arg", "OTHER=1", "--no-cache")
    store("df")  # notes sizes in the database, which grows
    before = json.loads(store("df", "--json").stdout)
    assert before["size"] == disk_usage(store.store) == before["database"] + sum(x["size"] for x in before["items"])
    images = store("images", "--json").stdout
    store("prune", "--all", "--force")
    after = json.loads(store("df", "--json").stdout)
    assert after["size"] == disk_usage(store.store) < before["size"]
    assert {x["type"] for x in after["items"]} == {"blob"} and all(x["inImage"] for x in after["items"])
    assert store("images", "--json").stdout == images
    assert_sound(store)


def test_a_limit_holds(edgectl, project, scratch):
    """Each build is another one; the store stays as large as it may be, and what was built last is still cached."""
    store = edgectl.with_store(scratch / "store")
    limit = {"EDGECTL_STORE_LIMIT": "16MB"}
    for number in range(4):
        words = build_words(project, "--label", f"n={number}", "--no-cache")
        store(*words, env=EPOCH | limit)
        assert disk_usage(store.store) <= 16 * 1024 * 1024
    assert "DONE" in store("build", "--progress=plain", "--platform", "linux/arm64", project, env=EPOCH | limit).stderr
    assert_sound(store)


@pytest.mark.parametrize("count", [2, 8])
def test_builds_at_once(edgectl, project, scratch, count):
    store = edgectl.with_store(scratch / "store")
    with concurrent.futures.ThreadPoolExecutor(count) as pool:
        ids = list(pool.map(lambda _: build(store, project), range(count)))
    assert len(set(ids)) == 1, ids
    assert_sound(store)


def test_pruned_while_building(edgectl, project, scratch):
    """Somebody prunes all the time; builds neither fail nor come out differently, and use what others have removed no more."""
    store = edgectl.with_store(scratch / "store")
    expected = build(store, project)
    done = threading.Event()

    def prune_on():
        count = 0
        while not done.is_set():
            store("prune", "--all", "--force")
            count += 1
        return count

    with concurrent.futures.ThreadPoolExecutor(3) as pool:
        pruner = pool.submit(prune_on)
        try:
            builds = [pool.submit(lambda: [build(store, project) for _ in range(6)]) for _ in range(2)]
            assert {x for ids in builds for x in ids.result()} == {expected}
        finally:
            done.set()
        assert pruner.result() > 0
    assert_sound(store)
