"""A Docker engine pulls what edgectl pushed, and runs it."""
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
