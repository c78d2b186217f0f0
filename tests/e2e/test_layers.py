"""Layers are exact: what a step left is what every reader finds in the layer, and what a later step sees of it unpacked again."""
import io
import os
import struct
import subprocess
import tarfile

import pytest

import parts

LONG = "n" * 200
# Beyond ustar's 100 and 255 bytes, up to Linux's own bound.
DEEP = "/".join(["d" * 120] * 30)

MAKE = f"""
set -e
mkdir -p /t/kept /t/opaque /t/gone/deep /t/links/a /t/links/b /t/modes
echo one > /t/links/a/one && ln /t/links/a/one /t/links/b/two && ln -s ../a/one /t/links/b/soft && ln -s /nowhere /t/links/dangling
echo hidden > /t/opaque/hidden && echo x > /t/gone/deep/file && echo old > /t/replaced && mkdir /t/was-dir && echo x > /t/was-dir/x
mkfifo /t/fifo
truncate -s 5M /t/sparse && echo middle | dd of=/t/sparse bs=1 seek=2500000 conv=notrunc 2>/dev/null
: > /t/empty
echo suid > /t/modes/suid && chmod 4755 /t/modes/suid && echo w > /t/modes/none && chmod 0 /t/modes/none && chmod 1777 /t/modes
chown 12:34 /t/modes/none && chown -h 56:78 /t/links/dangling
echo x > /t/{LONG} && echo y > "$(printf '/t/latin-\\351')" && echo z > "/t/new
line" && echo q > '/t/quote"s and \\back'
p=/t; for d in $(echo {DEEP} | tr / ' '); do mkdir $p/$d; cd $p/$d; p=.; done; echo deep > bottom
"""
# On top of it, in a layer of its own.
CHANGE = """
set -e
rm -r /t/opaque && mkdir /t/opaque && echo new > /t/opaque/new
rm -r /t/gone && rm /t/replaced && mkdir /t/replaced && echo in > /t/replaced/in
rm -r /t/was-dir && echo file > /t/was-dir
"""
# All that there is, in an order of its own; times of directories follow from what is done in them.
# Python wants text: the one byte that is not UTF-8 is shown as E.
LIST = r"""cd /t && { find . -exec stat -c '%N %f %h %u:%g %t:%T %s' {} + | sort; find . -type f -exec md5sum {} + | sort; } | tr '\351' E"""


@pytest.fixture
def project(context, busybox):
    def write(marker):
        return context({"make.sh": MAKE, "change.sh": CHANGE, "list.sh": LIST, "Dockerfile": f"""
FROM {busybox}
RUN --mount=type=bind,source=make.sh,target=/make.sh sh /make.sh
RUN --mount=type=bind,source=change.sh,target=/change.sh sh /change.sh
RUN --mount=type=bind,source=list.sh,target=/list.sh echo {marker} && sh /list.sh > /list
"""})
    return write


def by_path(layer):
    return {os.fsencode(x.name).removeprefix(b"./").rstrip(b"/"): x for x in layer.getmembers()}


def test_every_kind_of_file(publish, project):
    image = publish(project("first"), platform="linux/amd64")
    made, changed = by_path(image.layers[1]), by_path(image.layers[2])
    hard = [made[b"t/links/a/one"], made[b"t/links/b/two"]]
    assert [x.type for x in hard] == [tarfile.REGTYPE, tarfile.LNKTYPE] and hard[1].linkname == "t/links/a/one"
    assert made[b"t/links/b/soft"].linkname == "../a/one" and made[b"t/links/dangling"].linkname == "/nowhere"
    assert (made[b"t/links/dangling"].uid, made[b"t/links/dangling"].gid) == (56, 78)
    assert made[b"t/fifo"].isfifo()
    assert made[b"t/sparse"].size == 5 * 1024 * 1024
    assert made[b"t/modes/suid"].mode == 0o4755 and made[b"t/modes/none"].mode == 0 and made[b"t/modes"].mode == 0o1777
    assert (made[b"t/modes/none"].uid, made[b"t/modes/none"].gid) == (12, 34)
    for name in (LONG.encode(), b"latin-\xe9", b"new\nline", b'quote"s and \\back', f"{DEEP}/bottom".encode()):
        assert made[b"t/" + name].isfile(), name
    assert {b"t/.wh.gone"} <= set(changed) and made.keys().isdisjoint(x for x in changed if b".wh." in x)
    opaque = {x for x in changed if x.startswith(b"t/opaque/")}
    assert opaque in ({b"t/opaque/new", b"t/opaque/.wh..wh..opq"}, {b"t/opaque/new", b"t/opaque/.wh.hidden"})


def test_gnu_tar_reads_it(publish, project, registry, reference, scratch):
    publish(project("first"), platform="linux/amd64")
    repository, tag = parts.repository_and_tag(registry, reference)
    manifest, _ = registry.image(repository, tag)
    (scratch / "layer").write_bytes(registry.layer(repository, manifest["layers"][1]))
    done = subprocess.run(["tar", "--numeric-owner", "-tvzf", scratch / "layer"], capture_output=True, check=False)
    assert (done.returncode, done.stderr) == (0, b"")
    listing = done.stdout.decode(errors="surrogateescape")
    assert "t/links/b/two link to t/links/a/one" in listing and f"{DEEP}/bottom" in listing


def test_unpacked_again_it_is_the_same(fresh_edgectl, project, reference, registry):
    """The second build sees the layers unpacked from their blobs; the first one saw what the steps had left."""
    lists = []
    for marker in ("first", "second"):
        fresh_edgectl("build", "--platform", "linux/amd64", "-t", reference, project(marker))
        fresh_edgectl("push", reference)
        lists.append(parts.Image(registry, reference, "linux/amd64").text("list"))
        freed = fresh_edgectl("prune", "--all", "--force", "--filter", "type=snapshot").stdout
        assert "freed 0B" not in freed
    assert lists[0] == lists[1]
    assert len(lists[0].splitlines()) > 30


def test_docker_sees_the_same(publish, project, engine, registry, reference):
    image = publish(project("first"), platform="linux/amd64")
    seen = engine.run("linux/amd64", reference, "sh", "-c", LIST).splitlines()
    # a directory's size and number of links are the file system's affair
    def comparable(lines):
        return [x for x in lines if " 41" not in x and " 43ff" not in x]
    assert comparable(seen) == comparable(image.text("list").splitlines())


# struct vfs_cap_data, revision 2: cap_net_bind_service, permitted and effective
CAPABILITY = struct.pack("<5I", 0x02000001, 1 << 10, 0, 0, 0).decode("ascii")
CAPABILITY_HEADER = "SCHILY.xattr.security.capability"


def special_files():
    """A tar of what only an archive can bring: a file with a capability, devices."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.PAX_FORMAT) as archive:
        entry = tarfile.TarInfo("server")
        entry.mode, entry.size, entry.pax_headers = 0o755, 3, {CAPABILITY_HEADER: CAPABILITY}
        archive.addfile(entry, io.BytesIO(b"elf"))
        for name, kind, major, minor in (("null", tarfile.CHRTYPE, 1, 3), ("loop", tarfile.BLKTYPE, 7, 0)):
            entry = tarfile.TarInfo(name)
            entry.type, entry.devmajor, entry.devminor, entry.mode = kind, major, minor, 0o666
            archive.addfile(entry)
    return out.getvalue()


def test_memory_does_not_grow_with_a_layer(edgectl, context, busybox, scratch):
    """Data that no compressor makes smaller, more of it than edgectl may take: written by a step, copied, put out."""
    if b"__asan_init" in edgectl.program.read_bytes():
        pytest.skip("AddressSanitizer's own memory counts")
    root = context({"Dockerfile": f"""
FROM {busybox} AS made
RUN head -c 64m /dev/urandom > /noise
FROM {busybox}
COPY --from=made /noise /noise
RUN cat /noise /noise > /twice
"""})
    process = edgectl.start("build", "-q", "--platform", "linux/amd64", "-o", f"type=oci,dest={scratch}/image.tar", root)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0, process.stderr.read()
    assert (scratch / "image.tar").stat().st_size > 192 << 20
    assert usage.ru_maxrss < 100_000, "KiB of the largest process"


@pytest.mark.parametrize("again", [False, True])
def test_capabilities_and_devices(edgectl, publish, context, busybox, again):
    """Written by the kernel as those of a user namespace, read back as what they were; also out of an unpacked layer."""
    root = context({"special.tar": special_files(), "Dockerfile": f"""
FROM {busybox} AS added
ADD special.tar /srv/
FROM added AS touched
RUN test -f /srv/server
FROM {busybox}
COPY --from=touched /srv/server /copied
"""})
    if again:
        edgectl("prune", "--all", "--force", "--filter", "type=snapshot")
    added = by_path(publish(root, "--target", "added", platform="linux/amd64").layers[-1])
    assert added[b"srv/server"].pax_headers[CAPABILITY_HEADER] == CAPABILITY
    null, loop = added[b"srv/null"], added[b"srv/loop"]
    assert null.ischr() and (null.devmajor, null.devminor) == (1, 3)
    assert loop.isblk() and (loop.devmajor, loop.devminor) == (7, 0)
    copied = by_path(publish(root, "--no-cache-filter", "touched", platform="linux/amd64").layers[-1])
    assert copied[b"copied"].pax_headers[CAPABILITY_HEADER] == CAPABILITY
