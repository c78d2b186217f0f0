"""A Docker engine pulls what edgectl pushed, and runs it; and edgectl itself in one of its containers."""
import json
import os
import pathlib

import pytest

DOCKERFILE = """
FROM {busybox}
RUN mkdir /app && echo "greetings from a step on $(uname -m)" > /app/greeting
WORKDIR /app
ENV WHO=board
USER nobody
CMD ["sh", "-c", "cat greeting; echo hello $WHO; id -u; uname -m"]
"""


@pytest.fixture(scope="session")
def pushed(edgectl, registry, busybox, workspace):
    root = workspace / f"docker-run-{edgectl.identity.name}"
    root.mkdir()
    root.chmod(0o755)
    (root / "Dockerfile").write_text(DOCKERFILE.format(busybox=busybox))
    reference = f"{registry.address}/{edgectl.identity.name}/run:1"
    edgectl("build", "--platform", "linux/arm/v7,linux/arm64", "-t", reference, root)
    edgectl("push", reference)
    return reference


@pytest.mark.parametrize("platform, machine", [("linux/arm/v7", "armv7l"), ("linux/arm64", "aarch64")])
def test_docker_runs_the_image(engine, pushed, platform, machine):
    printed = engine.run(platform, pushed).splitlines()
    assert printed == [f"greetings from a step on {machine}", "hello board", "65534", machine]


@pytest.fixture
def doctor_in_container(engine, edgectl, identity, registry, context, program):
    """doctor(option of docker run, ...) in a container that has the machine's programs, and where they look for them."""
    if identity.uid != 0:
        pytest.skip("the engine's socket is root's")
    root = context({"Dockerfile": "FROM scratch\nCOPY root /\n", "root/tmp/x": ""})
    for name in ("bin", "lib", "lib64", "sbin"):
        os.symlink(f"usr/{name}", root / "root" / name)
    reference = f"{registry.address}/doctor:1"
    edgectl("build", "--push", "-t", reference, root)
    assert engine.docker("pull", reference).returncode == 0

    def run(*options):
        done = engine.docker("run", "--rm", "--network", "none", "-v", "/usr:/usr:ro", "-v", "/etc:/etc:ro",
                             "-v", f"{pathlib.Path(program).parent}:/program:ro", "-e", "EDGECTL_ROOT=/tmp/store", *options,
                             reference, "/program/edgectl", "doctor", "--json")
        return done.returncode, [(x["check"], x["level"], x["text"], x.get("remedy")) for x in json.loads(done.stdout)]

    return run


def test_a_container_of_docker_lets_nobody_build(doctor_in_container):
    status, findings = doctor_in_container()
    assert status == 1
    _, level, text, remedy = next(x for x in findings if x[0] == "steps")
    assert (level, text) == ("bad", "not allowed to create a user namespace")
    assert "--security-opt seccomp=unconfined" in remedy


def test_with_what_doctor_says_it_does(doctor_in_container, scratch):
    status, findings = doctor_in_container("--security-opt", "seccomp=unconfined")
    assert status == 0
    assert any(check == "steps" and level == "warning" and "run on copies" in text for check, level, text, _ in findings)
    assert {level for check, level, _, _ in findings if check == "emulation"} == {"good"}
    (scratch / "store").mkdir()
    (scratch / "store").chmod(0o777)  # the engine's root is another user outside
    status, findings = doctor_in_container("--security-opt", "seccomp=unconfined", "-v", f"{scratch}/store:/tmp/store")
    assert status == 0
    assert any(check == "steps" and level == "good" and "on an overlay" in text for check, level, text, _ in findings)
