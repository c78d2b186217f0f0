"""A real Debian base: packages installed and C compiled in emulated RUN steps."""
import pathlib
import shutil

EXAMPLE = pathlib.Path(__file__).resolve().parents[2] / "examples/hello"


def test_compile_the_example_on_debian(edgectl, engine, registry, busybox, debian, reference, scratch):
    root = shutil.copytree(EXAMPLE, scratch / "hello")
    edgectl("build", "--platform", "linux/arm/v7,linux/arm64", "--build-arg", f"DEBIAN={debian}",
            "--build-arg", f"RUNTIME={busybox}", "-t", reference, root, timeout=1500)
    edgectl("push", reference)
    assert engine.run("linux/arm/v7", reference) == "Hello from edgectl! This is armv7l, a machine of 32 bits.\n"
    assert engine.run("linux/arm64", reference) == "Hello from edgectl! This is aarch64, a machine of 64 bits.\n"


def test_files_keep_their_owners_and_modes(publish, context, debian):
    """chown, set-user-ID bits and capabilities of a package's files survive the emulation, the id mapping and the layer."""
    image = publish(context({"Dockerfile": f"""
FROM {debian}
RUN groupadd --gid 4321 sailors && useradd --uid 1234 --gid sailors --create-home jack
RUN install -o jack -g sailors -m 4750 /bin/true /usr/local/bin/sailing
"""}))
    sailing, home = image.entries()["usr/local/bin/sailing"], image.entries()["home/jack"]
    assert (sailing.uid, sailing.gid, sailing.mode & 0o7777) == (1234, 4321, 0o4750)
    assert (home.uid, home.gid) == (1234, 4321)
