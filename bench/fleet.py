"""A rollout to 50, 500 and 5,000 boards: what edgectl takes for it. The boards are one process with the recorded Engine API
(tests/e2e/recorded/engine.py), which takes processor time of its own, and runs no container."""
import os
import subprocess
import time

import base_images
import parts
from recorded_boards import RecordedBoards

SIZES = (50, 500, 5000)
PARALLEL = 50
DOCKERFILE = "FROM {busybox}\nCOPY message /\nHEALTHCHECK --interval=1s CMD true\nCMD [\"sleep\", \"1000\"]\n"


def release(scratch, registry, program, env):
    """A project with one release, in the directory that is returned."""
    base_images.push(base_images.cached(base_images.default_cache(), "busybox"), "busybox", registry.address)
    root = scratch / "fleet"
    root.mkdir()
    (root / "Dockerfile").write_text(DOCKERFILE.format(busybox=f"{registry.address}/busybox:latest"))
    (root / "message").write_text("one\n")
    (root / "compose.yaml").write_text("services: {app: {build: ., restart: always}}\n")
    (root / "edgectl.yaml").write_text(f"fleets: {{plants: {{registry: {registry.address}, platforms: [linux/arm64]}}}}\n")
    subprocess.run([program, "push", "plants", "--release-version", "one", "-q"], cwd=root, env=env, check=True,
                   stdout=subprocess.DEVNULL)
    return root


def rollout(root, program, env, count, extra=()):
    """(peak KiB, processor seconds, seconds) of one to so many boards that have nothing yet."""
    with parts.closing(RecordedBoards(count)) as boards:
        (root / "boards").write_text("".join(f"{address}\n" for address in boards.addresses()))
        begun = time.monotonic()
        process = subprocess.Popen([program, "rollout", "plants", "--devices", "@boards", "--healthy-for", "1s", "--parallel",
                                    str(PARALLEL), "--again", "--progress", "quiet", *extra], cwd=root, env=env, stdout=subprocess.DEVNULL)
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        seconds = time.monotonic() - begun
        assert process.returncode == 0 and boards.totals()["pulls"] == count
    return used.ru_maxrss, used.ru_utime + used.ru_stime, seconds


def measure(scratch, program, env):
    with parts.closing(parts.Registry(scratch, "fleet")) as registry:
        root = release(scratch, registry, program, env)
        print(f"\na rollout, {PARALLEL} boards at a time, each watched for 1 s\n")
        print("| boards | peak memory | processor time | time |")
        print("|---:|---:|---:|---:|")
        for count in SIZES:
            peak, processor, seconds = rollout(root, program, env, count)
            print(f"| {count:,} | {peak / 1024:.1f} MiB | {processor:.2f} s | {seconds:.0f} s |", flush=True)
