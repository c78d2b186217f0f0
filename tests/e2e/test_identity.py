"""Who may build: an ordinary user without subordinate ids is told what is missing."""
import itertools
import os

import pytest

import parts

COUNTER = itertools.count(1)


@pytest.fixture
def bare_user(workspace):
    parts.need(os.geteuid() == 0, "only root can make a user without subordinate ids")
    with parts.temporary_user(workspace / f"home-{next(COUNTER)}", "bare", subordinate_ids=False) as user:
        yield user


@pytest.fixture
def bare_edgectl(program, bare_user):
    return parts.Edgectl(program, bare_user, bare_user.home / "store")


def dockerfile(user, text):
    root = user.home / "context"
    root.mkdir()
    (root / "Dockerfile").write_text(text)
    return root


def test_no_subordinate_ids_is_said_and_simple_builds_work(bare_edgectl, bare_user, busybox):
    root = dockerfile(bare_user, f"FROM {busybox}\nRUN uname -m > /machine && cat /machine\n")
    result = bare_edgectl("build", "--progress=plain", "--platform", "linux/arm64", root)
    assert "aarch64" in result.stderr
    assert "/etc/subuid" in result.stderr and bare_user.name in result.stderr, "what is missing, and for whom"


def test_no_subordinate_ids_and_a_step_that_needs_them(bare_edgectl, bare_user, busybox):
    root = dockerfile(bare_user, f"FROM {busybox}\nRUN chown nobody /etc/passwd\n")
    result = bare_edgectl("build", "--platform", "linux/arm64", root, status=1)
    assert "/etc/subuid" in result.stderr


# --- within containers


CAPABILITIES = ("chown,dac_override,fsetid,fowner,mknod,net_raw,setgid,setuid,setfcap,setpcap,net_bind_service,sys_chroot,kill,"
                "audit_write")
WITHOUT_SYS_ADMIN = ["setpriv", "--inh-caps=-all", "--bounding-set=-all," + ",".join(f"+{x}" for x in CAPABILITIES.split(","))]
# What container engines do to /proc, because of which the kernel gives nobody within a new one.
MASKED_PROC = ["unshare", "--mount", "--pid", "--fork", "--mount-proc", "sh", "-c",
               'mount --bind /proc/sys /proc/sys && mount -o remount,bind,ro /proc/sys && exec "$@"', "sh"]
ROOTLESS = ["unshare", "--map-auto", "--map-root-user", "--mount", "--pid", "--fork", "--mount-proc"]
STEP = "RUN uname -m && id -u && chown 1:1 /etc/passwd && stat -c %u /etc/passwd && grep Seccomp: /proc/self/status\n"


@pytest.fixture
def subuid_user(workspace):
    parts.need(os.geteuid() == 0, "only root can make users")
    with parts.temporary_user(workspace / f"home-{next(COUNTER)}", "inner") as user:
        yield user


def build_inside(program, user, prefix, busybox, platform):
    inside = parts.Edgectl(program, user, user.home / "store", prefix)
    root = user.home / "context"
    root.mkdir(exist_ok=True)
    (root / "Dockerfile").write_text(f"FROM {busybox}\n{STEP}")
    return inside("build", "--progress=plain", "--no-cache", "--platform", platform, root)


@pytest.mark.parametrize("platform, machine", [("linux/amd64", "x86_64"), ("linux/arm64", "aarch64")])
@pytest.mark.parametrize("masked", [False, True])
def test_in_an_unprivileged_container_of_root(program, workspace, busybox, masked, platform, machine):
    """Root with the capabilities that Docker gives."""
    parts.need(os.geteuid() == 0, "not root")
    home = workspace / f"home-{next(COUNTER)}"
    home.mkdir()
    root = parts.Identity("root", 0, 0, home)
    result = build_inside(program, root, [*(MASKED_PROC if masked else []), *WITHOUT_SYS_ADMIN], busybox, platform)
    assert machine in result.stderr and "Seccomp:" in result.stderr
    assert ("does not allow a new 'proc'" in result.stderr) == masked


@pytest.mark.parametrize("platform, machine", [("linux/amd64", "x86_64"), ("linux/arm64", "aarch64")])
@pytest.mark.parametrize("prefix", [ROOTLESS, ROOTLESS + WITHOUT_SYS_ADMIN], ids=["privileged", "unprivileged"])
def test_in_a_rootless_container(program, subuid_user, busybox, prefix, platform, machine):
    """A user's own container, as podman makes it: all of his ids, and his own process ids."""
    assert machine in build_inside(program, subuid_user, prefix, busybox, platform).stderr


def test_in_a_container_that_forbids_namespaces(program, workspace, busybox):
    """A step of our own is one: its system call filter is that of Docker."""
    parts.need(os.geteuid() == 0, "not root")
    home = workspace / f"home-{next(COUNTER)}"
    home.mkdir()
    (home / "Dockerfile").write_text(f"""
FROM {busybox}
RUN mkdir /c && echo 'FROM scratch' > /c/Dockerfile
RUN EDGECTL_ROOT=/tmp/store /program/edgectl build /c 2>&1 || true
""")
    outer = parts.Edgectl(program, parts.Identity("root", 0, 0, home), home / "store")
    result = outer("build", "--progress=plain", "--platform", "linux/amd64", "-v", f"{program.parent}:/program:ro",
                   "-v", "/usr/lib:/usr/lib:ro", "-v", "/usr/lib:/lib:ro", "-v", "/usr/lib64:/lib64:ro", home)
    assert "not allowed to create a user namespace" in result.stderr
    assert "--security-opt seccomp=unconfined" in result.stderr, "the remedy"


OVERLAY = "mount -t overlay -o {options}lowerdir={home}/lower,upperdir={home}/upper,workdir={home}/work o {home}/store"
CHANGES = """
FROM {busybox} AS made
RUN mkdir -p /a/deep/er /b && echo one > /a/x && echo two > /a/y && touch /a/empty /a/kind /a/deep/er/f /b/hidden && chown -R 5:6 /a/deep
RUN rm /a/y && mv /a/deep /b/ && echo three >> /a/x && chmod 4711 /a/empty && ln -s x /a/link && mkfifo /a/fifo
RUN rm -r /b && mkdir -m 700 /b && touch /b/new && test ! -e /a/y && rm /a/kind && mkdir /a/kind
RUN test ! -e /b/deep && test ! -e /b/hidden && test -d /a/kind && cat /a/x && rm -r /b/new && ln /a/x /a/second
RUN true
FROM {busybox}
COPY --from=made /a /a
RUN --mount=from=made,target=/in,rw --mount=type=cache,target=/c echo four >> /in/a/x && touch /c/kept && ls -R /in/a /in/b
RUN --mount=from=made,target=/in test "$(wc -l < /in/a/x)" -eq 2 && test ! -e /in/a/y && test "$(wc -l < /a/x)" -eq 2
COPY --from=made / /all/
"""


@pytest.mark.parametrize("rootless", [False, True])
@pytest.mark.parametrize("platform", ["linux/amd64", "linux/arm64"])
def test_a_store_where_overlayfs_cannot_be(program, workspace, subuid_user, busybox, rootless, platform):
    """On an overlay itself, as the root of a container is: the slow way, as the warning says, with the same files."""
    user = subuid_user if rootless else parts.Identity("root", 0, 0, subuid_user.home)
    home = user.home / "overlay"
    for name in ("lower", "upper", "work", "store", "ordinary"):
        (home / name).mkdir(parents=True)
        os.chown(home / name, user.uid, user.gid)
    os.chown(home, user.uid, user.gid)
    (home / "Dockerfile").write_text(CHANGES.format(busybox=busybox))
    mount = OVERLAY.format(home=home, options="userxattr," if rootless else "")
    inside = [*(ROOTLESS if rootless else ["unshare", "--mount"]), "sh", "-c", f'{mount} && exec "$@"', "sh"]
    outputs = []
    for store, prefix in ("store", inside), ("ordinary", []):
        result = parts.Edgectl(program, user, home / store, prefix)(
            "build", "--progress=plain", "--platform", platform, "--build-arg", "SOURCE_DATE_EPOCH=0",
            "-o", f"type=tar,dest={home}/{store}.tar", home)
        outputs.append((home / f"{store}.tar").read_bytes())
        assert ("EDGECTL_ROOT" in result.stderr) == (store == "store"), "the remedy"
        assert result.stderr.count("each RUN gets a copy") == (store == "store"), result.stderr
    assert outputs[0] == outputs[1]
