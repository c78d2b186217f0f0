"""A real Debian base: packages installed and C compiled in emulated RUN steps."""
import json
import os
import pathlib
import shutil
import subprocess

import base_images
import package_repository
import parts

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


def test_an_emulated_program_asks_the_agent(edgectl, identity, scratch, context, debian):
    """SSH_AGENTC_REQUEST_IDENTITIES by a program of the image; a key of --ssh, held by an agent of edgectl's own."""
    parts.need_program("ssh-agent", "openssh-client")
    key = scratch / "key"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "the-key", "-f", key], check=True, **identity.credentials)
    root = context({"list-keys": """
use IO::Socket::UNIX;
my $agent = IO::Socket::UNIX->new($ENV{SSH_AUTH_SOCK}) or die "connect: $!";
syswrite($agent, "\\0\\0\\0\\1\\x0b");
sysread($agent, my $answer, 4096);
my ($length, $type, $count) = unpack("NCN", $answer);
print "type $type, $count key, ", ($answer =~ /the-key/ ? "known" : "unknown"), "\\n";
""", "Dockerfile": f"""
FROM {debian}
COPY list-keys /
RUN --mount=type=ssh perl /list-keys
"""})
    result = edgectl("build", "--progress=plain", "--no-cache", "--platform", "linux/arm64", "--ssh", f"default={key}", root)
    assert "type 12, 1 key, known" in result.stderr


INSTALL = ("apt-get update -q && apt-get install -q -y --no-install-recommends {} && "
           "rm -rf /var/lib/apt/lists/* /var/cache/apt/* /var/cache/ldconfig/* /var/log/*")
PROJECT = {
    "hello.c": '#include <stdio.h>\n#include "greeting.h"\n\nint main(void)\n{\n\tputs(greeting());\n\treturn 0;\n}\n',
    "greeting.c": '#include "greeting.h"\n\nconst char *greeting(void)\n{\n\treturn "Hello from " BOARD;\n}\n',
    "greeting.h": "const char *greeting(void);\n",
    "Makefile": "hello: hello.o greeting.o\n\ttcc -o $@ $^\n%.o: %.c greeting.h\n\ttcc -c -DBOARD='\"a board\"' -o $@ $<\n",
    "Dockerfile": f"""
ARG DEBIAN
FROM $DEBIAN AS base
RUN rm -rf /etc/apt/sources.list.d && echo 'deb [trusted=yes] file:/packages ./' > /etc/apt/sources.list

FROM base AS build
RUN {INSTALL.format("tcc libc6-dev make")}
WORKDIR /src
COPY . .
RUN make

FROM base
RUN {INSTALL.format("netbase")}
COPY --from=build /src/hello /usr/local/bin/
RUN /usr/local/bin/hello > /etc/motd
""",
}


def test_a_project_has_the_same_digest_in_every_store(edgectl, engine, registry, identity, context, debian, reference, scratch):
    """apt, a compiler and a copy between stages, twice: nothing of when, where and how it was built is in the image."""
    packages = shutil.copytree(package_repository.cached(base_images.default_cache(), "arm64"), scratch / "packages")
    identity.own(packages)
    digests = set()
    for turn, jobs in enumerate(("1", "2")):
        root, result = context(PROJECT), scratch / f"result-{turn}"
        os.utime(root / "hello.c", (10**9 + turn, 10**9 + turn))
        edgectl.with_store(scratch / f"store-{turn}")(
            "build", "--jobs", jobs, "--platform", "linux/arm64", "--build-arg", f"DEBIAN={debian}", "-v",
            f"{packages}:/packages:ro:cache=content", "--metadata-file", result, "-o",
            f"type=registry,name={reference},rewrite-timestamp=true", root, env={"SOURCE_DATE_EPOCH": "1700000000"}, timeout=900)
        digests.add(json.loads(result.read_text())["containerimage.digest"])
    assert len(digests) == 1
    image = parts.Image(registry, reference, "linux/arm64")
    assert "etc/protocols" in image.entries(), "what apt installed is in it"
    assert "usr/bin/tcc" not in image.entries(), "what it was built with is not"
    assert engine.run("linux/arm64", reference, "cat", "/etc/motd") == "Hello from a board\n"
