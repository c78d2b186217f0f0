"""Bad input and bad luck: one clear message that names the thing and the place, the right exit status, nothing left behind."""
import os
import pathlib
import signal
import subprocess
import time
import uuid

import pytest

import parts


def one_error(result):
    """The only line below the progress of steps ("#1 ...") that is an error."""
    errors = [line for line in result.stderr.splitlines() if "error: " in line and not line.startswith("#")]
    assert len(errors) == 1, str(result)
    return errors[0]


def build_fails(edgectl, root, *options):
    return edgectl("build", "--platform", "linux/arm64", *options, root, status=1)


def test_unknown_instruction(edgectl, context):
    result = build_fails(edgectl, context({"Dockerfile": "FROM scratch\nCPOY a /b\n"}))
    assert "Dockerfile:2:1: error: " in one_error(result) and "CPOY" in one_error(result)
    assert "CPOY a /b" in result.stderr and "^" in result.stderr
    assert "COPY" in result.stderr, "what was probably meant"


@pytest.mark.parametrize("words, named", [
    (["buidl"], "buidl"), (["build", "--plattform=linux/arm64", "."], "--plattform"), (["push"], "IMAGE"),
    (["build", "--platform=toaster", "."], "toaster"), (["build", "--progress=loud", "."], "loud"),
    (["build", "-t", "app/UPPER", "."], "app/UPPER"), (["build", "-v", "/none-such:/x", "."], "/none-such")])
def test_usage(edgectl, words, named):
    result = edgectl(*words, status=2)
    assert named in one_error(result)
    assert result.stdout == ""


def test_missing_source_of_copy(edgectl, context, busybox):
    result = build_fails(edgectl, context({"Dockerfile": f"FROM {busybox}\nCOPY nothing-here /\n"}))
    assert "nothing-here" in one_error(result)
    assert "Dockerfile:2" in result.stderr


def test_missing_dockerfile(edgectl, context):
    assert "Dockerfile" in one_error(build_fails(edgectl, context({"a": "a"})))


def test_missing_context(edgectl, scratch):
    assert "none-such" in one_error(build_fails(edgectl, scratch / "none-such"))


def test_unreachable_registry(edgectl, context):
    address = f"127.0.0.1:{parts.free_port()}"
    result = build_fails(edgectl, context({"Dockerfile": f"FROM {address}/base:1\nRUN true\n"}))
    assert address in one_error(result)


def test_unknown_base(edgectl, context, registry):
    result = build_fails(edgectl, context({"Dockerfile": f"FROM {registry.address}/none-such:1\nRUN true\n"}))
    assert "none-such" in one_error(result)


def test_denied_access(edgectl, context, secured_registry, scratch):
    root = context({"Dockerfile": f"FROM {secured_registry.address}/base:1\nRUN true\n"})
    result = edgectl("build", root, status=1, env={"DOCKER_CONFIG": str(scratch)})
    assert secured_registry.address in one_error(result)


def test_wrong_digest_of_a_blob(edgectl, fresh_edgectl, publish, context, registry, reference):
    image = publish(context({"Dockerfile": "FROM scratch\nCOPY unique /\n", "unique": uuid.uuid4().hex}))
    digest = image.manifest["layers"][0]["digest"].removeprefix("sha256:")
    blob = registry.root / f"data/docker/registry/v2/blobs/sha256/{digest[:2]}/{digest}/data"
    good = blob.read_bytes()
    blob.write_bytes(good[:-1] + bytes([good[-1] ^ 1]))
    result = fresh_edgectl("pull", "--platform", "linux/arm64", reference, status=1)
    assert digest[:12] in one_error(result)
    assert reference not in fresh_edgectl("images").stdout
    assert not list(fresh_edgectl.store.glob(f"blobs/sha256/{digest}"))
    blob.write_bytes(good)
    fresh_edgectl("pull", "--platform", "linux/arm64", reference)


def test_failing_step(edgectl, context, busybox, reference):
    root = context({"Dockerfile": f"FROM {busybox}\n\nRUN echo almost && \\\n  echo 'the reason' >&2 && exit 7\n"})
    result = build_fails(edgectl, root, "-t", reference)
    assert "the reason" in result.stderr, "the step's own output"
    assert "Dockerfile:3" in result.stderr and "7" in one_error(result)
    assert reference not in edgectl("images").stdout


def test_program_that_is_not_there(edgectl, context, busybox):
    result = build_fails(edgectl, context({"Dockerfile": f'FROM {busybox}\nRUN ["/bin/none-such"]\n'}))
    assert "/bin/none-such" in result.stderr and "Dockerfile:2" in result.stderr


def test_disk_full_while_pulling(edgectl, busybox, small_disk):
    store = edgectl.with_store(small_disk("700k") / "store")
    result = store("pull", "--platform", "linux/arm64", busybox, status=1)
    assert "no space left on device" in one_error(result)
    assert list(store.store.glob("ingest/*")) == [], "what was half-written is gone"


def test_disk_full_in_a_step(edgectl, context, busybox, small_disk, reference):
    store = edgectl.with_store(small_disk("12m") / "store")
    root = context({"Dockerfile": f"FROM {busybox}\nRUN dd if=/dev/zero of=/big bs=1M count=40\n"})
    result = build_fails(store, root, "-t", reference)
    assert "no space left on device" in result.stderr.lower()
    assert reference not in store("images").stdout


def mounts_of(edgectl):
    return [x for x in pathlib.Path("/proc/self/mountinfo").read_text().splitlines() if str(edgectl.store) in x]


def processes_with(mark):
    found = []
    for path in pathlib.Path("/proc").glob("[0-9]*/cmdline"):
        try:
            if mark.encode() in path.read_bytes():
                found.append(path.parent.name)
        except (FileNotFoundError, ProcessLookupError):
            continue
    return found


@pytest.fixture
def endless_build(edgectl, context, busybox, reference):
    """A build whose step never ends, started and in the middle of it; (process, mark of its processes)."""
    mark = f"31{uuid.uuid4().int % 10**9}"
    root = context({"Dockerfile": f"FROM {busybox}\nRUN echo begun; sleep {mark}; echo over\n"})
    process = edgectl.start("build", "--no-cache", "--progress=plain", "--platform", "linux/arm64", "-t", reference, root)
    parts.wait_for("the step", lambda: any("sleep" in open(f"/proc/{x}/cmdline").read() for x in processes_with(mark)), process)
    yield process, mark
    process.kill()
    process.communicate()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_interrupt_in_the_middle_of_a_step(edgectl, endless_build, reference, number):
    process, mark = endless_build
    start = time.monotonic()
    process.send_signal(number)
    _, stderr = process.communicate(timeout=30)
    assert process.returncode == 130, stderr
    assert time.monotonic() - start < 15, "the step is ended, not waited for"
    parts.wait_for("the end of all processes", lambda: not processes_with(mark), seconds=10)
    assert mounts_of(edgectl) == []
    assert reference not in edgectl("images").stdout
    assert "over" not in stderr.splitlines()


def test_kill_leaves_no_process(edgectl, context, endless_build, busybox):
    process, mark = endless_build
    process.kill()
    process.communicate()
    parts.wait_for("the end of all processes", lambda: not processes_with(mark), seconds=10)
    edgectl("build", "--platform", "linux/arm64", context({"Dockerfile": f"FROM {busybox}\nRUN echo alive\n"}))
