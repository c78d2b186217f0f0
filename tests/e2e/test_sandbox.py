"""What a RUN step sees and may do, on an ARM platform and on this machine's own: mounts, secrets, agents, limits, system
calls; and what must not be left of it."""
import ctypes
import json
import os
import pathlib
import re
import resource
import shutil
import signal
import socket
import subprocess

import pytest

import parts

FOREIGN, NATIVE = "linux/arm64", "linux/amd64"
PLATFORMS = pytest.mark.parametrize("platform", [FOREIGN, NATIVE])


@pytest.fixture
def build(edgectl, scratch, identity):
    """build(dockerfile, option, ...) builds without the cache; the result's stderr has the steps' output."""
    count = iter(range(1000))

    def build(dockerfile, *options, platform=FOREIGN, program=edgectl, **more):
        root = scratch / f"build-{next(count)}"
        root.mkdir()
        (root / "Dockerfile").write_text(dockerfile)
        return program("build", "--progress=plain", "--no-cache", "--platform", platform, *options, root, **more)

    return build


def output(result):
    """What the steps printed, without step numbers and times."""
    return "".join(re.sub(r"^#\d+ \d+\.\d+ ", "", line) for line in result.stderr.splitlines(keepends=True)
                   if re.match(r"^#\d+ \d+\.\d+ ", line))


# --- what is left of a step


@PLATFORMS
@pytest.mark.parametrize("mounts", [
    "",
    "--mount=type=tmpfs,target=/new/deep/scratch",
    "--mount=type=cache,target=/var/cache/mine",
    "--mount=type=secret,id=token --mount=type=secret,id=token,target=/etc/token",
    "--mount=type=ssh",
    "--network=none",
])
def test_a_step_that_does_nothing_leaves_nothing(publish, context, busybox, agent, mounts, platform):
    os.environ["TOKEN"] = "s3cret-value"
    image = publish(context({"Dockerfile": f"FROM {busybox}\nRUN {mounts} true\n"}), "--secret", "id=token,src=/etc/hostname",
                    "--ssh", f"default={agent.socket}", platform=platform)
    assert image.layers[-1].getnames() == [], "no stub, no parent directory whose time has changed"


# --- files of stages and images


@PLATFORMS
def test_files_of_a_stage_are_mounted_as_they_are(build, busybox, platform):
    shown = output(build(f"""
FROM {busybox} AS made
RUN mkdir -p /out/deep && echo one > /out/file && chown 12:34 /out/file && chmod 4750 /out/file && ln -s ../file /out/deep/link
RUN echo two > /out/other && ln -s /out /way && ln -s /etc/passwd /out/outside
FROM {busybox}
RUN --mount=type=bind,from=made,source=/out,target=/in stat -c '%a %u %g' /in/file && cat /in/deep/link /in/other
RUN --mount=from=made,source=way/file,target=/single cat /single
RUN --mount=from=made,target=/all cat /all/out/file && ls /all/bin/sh
RUN --mount=from=made,source=out,target=/in sh -c 'echo x > /in/new' 2>/dev/null || echo read-only
RUN --mount=from=made,source=out,target=/in,rw echo x > /in/new && ls /in/new
RUN --mount=from={busybox},source=/etc,target=/in/etc grep -c root: /in/etc/passwd
RUN test ! -e /in && test ! -e /all && test ! -e /single && echo gone
""", platform=platform))
    assert shown.splitlines() == ["4750 12 34", "one", "two", "one", "one", "/all/bin/sh", "read-only", "/in/new", "1", "gone"]


@PLATFORMS
def test_what_is_written_to_a_stage_is_gone_after_the_step(build, busybox, platform):
    """Each mount has its own, of one layer or several, of a directory or a file; mount points within it are no matter."""
    shown = output(build(f"""
FROM {busybox} AS made
RUN mkdir -p /out/deep && echo one > /out/file && echo gone > /out/deep/gone && chown 12:34 /out/deep
RUN echo two > /out/later
FROM {busybox}
RUN --mount=from=made,source=/out,target=/a,rw --mount=from=made,source=/out,target=/b,rw \\
    echo changed >> /a/file && rm -r /a/deep && mkdir /a/deep && ls /a/deep /b/deep && cat /b/file /b/later && stat -c %u:%g /b/deep
RUN --mount=from=made,source=/out/file,target=/f,rw echo more >> /f && cat /f
RUN --mount=from=made,source=/out,target=/a,rw --mount=type=tmpfs,target=/a/new/deep touch /a/new/deep/x && ls /a /a/new
RUN --mount=from=made,source=/out,target=/a ls /a /a/deep && cat /a/file
""", platform=platform))
    assert shown.split() == ["/a/deep:", "/b/deep:", "gone", "one", "two", "12:34", "one", "more",
                             "/a:", "deep", "file", "later", "new", "/a/new:", "deep",
                             "/a:", "deep", "file", "later", "/a/deep:", "gone", "one"]


def test_a_part_of_a_stage_that_is_not_there(build, busybox):
    result = build(f"FROM {busybox} AS made\nRUN true\nFROM {busybox}\nRUN --mount=from=made,source=/nope,target=/in true\n",
                   status=1)
    assert "nope" in result.stderr and "Dockerfile:4" in result.stderr


def test_a_mount_within_a_read_only_one(build, busybox):
    """There is no room for a place in it, so the place is there or the outer one is `rw`."""
    made = f"FROM {busybox} AS made\nRUN mkdir -p /out/place\nFROM {busybox}\nRUN --mount=from=made,source=/out,target=/in"
    for options, place in (("", "/in/place"), (",rw", "/in/none")):
        assert output(build(f"{made}{options} --mount=type=tmpfs,target={place} touch {place}/file && echo written\n")) == "written\n"
    result = build(f"{made} --mount=type=tmpfs,target=/in/none true\n", status=1)
    assert "create mount point '/in/none'" in result.stderr and "give that mount rw" in result.stderr


# --- secrets


SECRET = "correct-horse-battery"


@pytest.fixture
def secret_file(scratch, identity):
    path = scratch / "secret"
    path.write_text(SECRET + "\n")
    path.chmod(0o600)
    identity.own(path)
    return path


@PLATFORMS
def test_a_secret_is_a_file_for_one_step(build, busybox, secret_file, platform):
    shown = output(build(f"""
FROM {busybox}
RUN --mount=type=secret,id=token stat -c '%a %u %g' /run/secrets/token && wc -c < /run/secrets/token
RUN --mount=type=secret,id=token,target=/deep/er/file,mode=0444,uid=1000,gid=100 stat -c '%a %u %g' /deep/er/file
RUN test ! -e /run/secrets && test ! -e /deep && echo gone
RUN --mount=type=secret,id=token,target=/deep/file sh -c "echo x > /deep/file" 2>/dev/null || echo read-only
RUN --mount=type=secret,id=token grep -c ' /run/secrets/token ' /proc/mounts
RUN --mount=type=secret,id=token grep ' /run/secrets/token ' /proc/mounts | cut -d' ' -f3
""", "--secret", f"id=token,src={secret_file}", platform=platform))
    assert shown.splitlines() == ["400 0 0", str(len(SECRET) + 1), "444 1000 100", "gone",
                                  "read-only", "1", "tmpfs"]


@PLATFORMS
def test_a_secret_may_be_a_variable(build, busybox, platform):
    shown = output(build(f"""
FROM {busybox}
RUN --mount=type=secret,id=token,env=TOKEN test "$TOKEN" = {SECRET} && test ! -e /run/secrets && echo variable only
RUN --mount=type=secret,id=token,env=TOKEN,target=/t test "$TOKEN" = "$(cat /t)" && echo both
ENV TOKEN=of-the-stage
RUN --mount=type=secret,id=token,env=TOKEN test "$TOKEN" = {SECRET} && test $(env | grep -c TOKEN=) = 1 && echo once
RUN test -z "${{OTHER+set}}" && test $TOKEN = of-the-stage && echo back
""", "--secret", "id=token,env=CI_TOKEN", platform=platform, env={"CI_TOKEN": SECRET}))
    assert shown.splitlines() == ["variable only", "both", "once", "back"]


def test_a_secret_is_nowhere_afterwards(fresh_edgectl, build, busybox, secret_file, registry, reference):
    """Not in the store, not in the image, not in what was printed; and its value makes no difference to the cache."""
    dockerfile = f"""
FROM {busybox}
RUN --mount=type=secret,id=token,env=TOKEN,target=/t cat /t; echo "it is $TOKEN, and" $TOKEN, >&2; echo -n $TOKEN
RUN --mount=type=secret,id=token cat /run/secrets/token
"""
    result = build(dockerfile, "-t", reference, "--secret", f"id=token,src={secret_file}", program=fresh_edgectl)
    assert [x for x in result.stderr.splitlines() if SECRET in x] == []
    assert "it is ***" in result.stderr and "and *** ," in result.stderr
    found = subprocess.run(["grep", "-rl", "--text", SECRET, fresh_edgectl.store], capture_output=True, text=True)
    assert found.stdout == "", "in the store"
    fresh_edgectl("push", reference)
    image = parts.Image(registry, reference, FOREIGN)
    assert SECRET not in json.dumps(image.config) and SECRET not in json.dumps(image.manifest)


def test_a_secret_s_value_does_not_count_for_the_cache(fresh_edgectl, context, busybox, secret_file):
    root = context({"Dockerfile": f"FROM {busybox}\nRUN --mount=type=secret,id=token wc -c /run/secrets/token\n"})
    command = ["build", "--platform", FOREIGN, "-q", "--secret", f"id=token,src={secret_file}", root]
    first = fresh_edgectl(*command).stdout
    secret_file.write_text("another one")
    assert fresh_edgectl(*command).stdout == first


def test_secrets_that_are_missing(build, busybox):
    optional = f"FROM {busybox}\nRUN --mount=type=secret,id=nope test ! -e /run/secrets && echo without\n"
    assert output(build(optional)).splitlines() == ["without"]
    required = f"FROM {busybox}\nRUN --mount=type=secret,id=nope,required true\n"
    result = build(required, status=1)
    assert "'nope' is required" in result.stderr and "--secret id=nope" in result.stderr
    result = build(required, "--secret", "id=nope,src=/nonexistent", status=1)
    assert "secret 'nope'" in result.stderr and "/nonexistent" in result.stderr


# --- ssh


class Agent:
    """ssh-agent(1) with one key, which belongs to the identity."""

    def __init__(self, directory, identity):
        self.socket, self.key = directory / "agent.sock", directory / "key"
        options = {"check": True, "capture_output": True, "env": {"PATH": parts.SYSTEM_PATH}} | identity.credentials
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "the-key", "-f", self.key], **options)
        self.process = subprocess.Popen(["ssh-agent", "-D", "-a", self.socket], stdout=subprocess.DEVNULL,
                                        **identity.credentials)
        parts.wait_for("ssh-agent", self.socket.exists, self.process)
        options["env"]["SSH_AUTH_SOCK"] = str(self.socket)
        self.options = options
        subprocess.run(["ssh-add", "-q", self.key], **options)

    def keys(self):
        return subprocess.run(["ssh-add", "-l"], **(self.options | {"check": False})).stdout.decode()

    def close(self):
        parts.stop(self.process)


@pytest.fixture
def agent(scratch, identity):
    parts.need_program("ssh-agent", "openssh-client")
    with parts.closing(Agent(scratch, identity)) as agent:
        yield agent


@PLATFORMS
def test_the_agent_s_socket_is_the_step_s(build, busybox, agent, platform):
    shown = output(build(f"""
FROM {busybox}
RUN --mount=type=ssh echo $SSH_AUTH_SOCK && stat -c '%a %u %g %F' $SSH_AUTH_SOCK
RUN --mount=type=ssh,id=default,target=/tmp/a,mode=0660,uid=1000,gid=100 stat -c '%a %u %g %F' $SSH_AUTH_SOCK
RUN --mount=type=ssh,target=/tmp/a --mount=type=ssh,target=/tmp/b echo $SSH_AUTH_SOCK && ls /tmp
RUN test -z "$SSH_AUTH_SOCK" && test ! -e /run/buildkit && echo gone
RUN --mount=type=ssh,id=other test -z "$SSH_AUTH_SOCK" && echo without
""", "--ssh", "default", platform=platform, env={"SSH_AUTH_SOCK": str(agent.socket)}))
    assert shown.splitlines() == ["/run/buildkit/ssh_agent.0", "600 0 0 socket", "660 1000 100 socket", "/tmp/a", "a", "b",
                                  "gone", "without"]


# This machine's own ssh-add, in an image that has none.
SSH_ADD = "/host/usr/lib/x86_64-linux-gnu/ld-linux-x86-64.so.2 --library-path /host/usr/lib/x86_64-linux-gnu /host/usr/bin/ssh-add"


def test_a_real_client_may_list_keys_and_nothing_else(build, busybox, agent):
    parts.need(os.uname().machine == "x86_64", "this machine's ssh-add is started as one for x86_64")
    shown = output(build(f"""
FROM {busybox}
RUN --mount=type=ssh {SSH_ADD} -l
RUN --mount=type=ssh {SSH_ADD} -D 2>/dev/null || echo not removed
RUN --mount=type=ssh {SSH_ADD} -x < /dev/null 2>/dev/null || echo not locked
""", "--ssh", "default", "-v", "/usr:/host/usr:ro", platform=NATIVE, env={"SSH_AUTH_SOCK": str(agent.socket)}))
    lines = shown.splitlines()
    assert re.search(r"SHA256:.* the-key \(ED25519\)", lines[0]) and lines[1:] == ["not removed", "not locked"]
    assert "the-key" in agent.keys()


def test_a_user_of_the_image_may_ask_the_agent(build, busybox, agent):
    parts.need(os.uname().machine == "x86_64", "this machine's ssh-add is started as one for x86_64")
    shown = output(build(f"""
FROM {busybox}
RUN echo builder:x:1000:1000::/:/bin/sh >> /etc/passwd
USER builder
RUN --mount=type=ssh {SSH_ADD} -l 2>/dev/null || echo not for others
RUN --mount=type=ssh,uid=1000 {SSH_ADD} -l
""", "--ssh", f"default={agent.key}", "-v", "/usr:/host/usr:ro", platform=NATIVE))
    lines = shown.splitlines()
    assert lines[0] == "not for others" and "ED25519" in lines[1]


def test_an_agent_that_is_required(build, busybox, scratch):
    result = build(f"FROM {busybox}\nRUN --mount=type=ssh,required true\n", status=1)
    assert "'default' is required" in result.stderr and "--ssh default" in result.stderr


# --- options of all steps


@PLATFORMS
def test_names_limits_and_memory(build, busybox, platform):
    shown = output(build(f"""
FROM {busybox}
RUN grep lab /etc/hosts | tr '\\t' ' ' && cat /etc/resolv.conf | grep nameserver
RUN ulimit -n && ulimit -Hn && df -k /dev/shm | awk 'NR == 2 {{ print $2 }}'
RUN hostname && grep -c boxname /etc/hosts
""", "--build-arg", "BUILDKIT_SANDBOX_HOSTNAME=boxname", "--add-host", "lab:192.0.2.7", "--add-host", "self=host-gateway", "--dns", "192.0.2.53", "--ulimit", "nofile=100:200",
                         "--shm-size", "1m", platform=platform))
    assert shown.splitlines() == ["192.0.2.7 lab", "nameserver 192.0.2.53", "100", "200", "1024", "boxname", "1"]


@PLATFORMS
def test_networks(build, busybox, platform):
    dockerfile = f"""
FROM {busybox}
RUN ls /sys/class/net | tr '\\n' ' ' && echo
RUN --network=none ls /sys/class/net | tr '\\n' ' ' && echo
RUN --network=host ls /sys/class/net | tr '\\n' ' ' && echo
"""
    all_of_them = " ".join(sorted(os.listdir("/sys/class/net"))) + " "
    assert output(build(dockerfile, platform=platform)).splitlines() == [all_of_them, "lo ", all_of_them]
    shown = output(build(dockerfile, "--network=none", platform=platform)).splitlines()
    assert shown == ["lo ", "lo ", all_of_them], "a RUN's own word goes before the build's"


def test_a_limit_that_cannot_be_raised(build, busybox, identity):
    dockerfile = f"FROM {busybox}\nRUN ulimit -Hn\n"
    highest = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    may_raise = subprocess.run(["sh", "-c", f"ulimit -Hn {highest + 1}"], capture_output=True, **identity.credentials)
    if may_raise.returncode == 0:
        assert output(build(dockerfile, "--ulimit", f"nofile={highest + 1}")).splitlines() == [str(highest + 1)]
    else:
        result = build(dockerfile, "--ulimit", f"nofile={highest + 1}", status=1)
        assert "nofile" in result.stderr and str(highest) in result.stderr


@pytest.mark.parametrize("option, said", [
    (["--ulimit", "nofile"], "NAME=SOFT"),
    (["--ulimit", "nofyle=1"], "nofile"),
    (["--add-host", "lab"], "NAME:ADDRESS"),
    (["--dns", "dns.lab"], "address"),
    (["--shm-size", "big"], "size"),
    (["--network", "bridge"], "default, host or none"),
    (["--allow", "everything"], "security.insecure"),
    (["--secret", "src=x"], "id"),
])
def test_options_that_make_no_sense(build, option, said):
    result = build("FROM scratch\n", *option, status=2)
    assert option[0] in result.stderr and said in result.stderr


# --- what a step may do


@PLATFORMS
def test_what_a_step_may_not_do(build, busybox, platform):
    shown = output(build(f"""
FROM {busybox}
RUN mkdir /mnt && mount -t tmpfs none /mnt || echo no mounts
RUN unshare -r true || echo no namespaces
RUN mknod /tmp/disk b 8 0 2>/dev/null; cat /tmp/disk 2>/dev/null || echo no disks; rm -f /tmp/disk
RUN hostname other || echo no host names
RUN echo 1 > /proc/sys/kernel/panic || echo no settings
RUN cat /proc/interrupts | wc -c && ls /sys/firmware | wc -l && touch /sys/x || echo no sysfs
RUN grep -E 'NoNewPrivs|^Seccomp:|CapEff' /proc/self/status | tr '\\t' ' '
""", platform=platform)).splitlines()
    said = [line for line in shown if not line.startswith(("mount", "unshare", "hostname", "/bin/sh", "sh:", "touch"))]
    assert said == ["no mounts", "no namespaces", "no disks", "no host names", "no settings", "0", "0", "no sysfs",
                    "CapEff: 00000000a80425fb", "NoNewPrivs: 0", "Seccomp: 2"]


@PLATFORMS
def test_insecure_steps_need_leave(build, busybox, platform):
    dockerfile = f"""
FROM {busybox}
RUN --security=insecure mkdir /mnt && mount -t tmpfs none /mnt && grep Seccomp: /proc/self/status | tr '\\t' ' '
RUN --security=sandbox mount -t tmpfs none /mnt 2>/dev/null || echo sandboxed
"""
    result = build(dockerfile, platform=platform, status=1)
    assert "--security=insecure is not allowed" in result.stderr and "--allow security.insecure" in result.stderr
    shown = output(build(dockerfile, "--allow", "security.insecure", platform=platform))
    assert shown.splitlines() == ["Seccomp: 0", "sandboxed"]


# --- processes


def marked_processes(mark):
    """Every process of this machine that has the mark in its arguments."""
    found = []
    for path in pathlib.Path("/proc").glob("[0-9]*/cmdline"):
        try:
            if mark.encode() in path.read_bytes():
                found.append(int(path.parent.name))
        except OSError:
            pass  # it has just ended
    return found


@PLATFORMS
def test_nothing_survives_a_step(build, busybox, platform):
    mark = f"31{os.getpid()}"
    build(f"FROM {busybox}\nRUN (setsid sh -c 'sleep {mark} & sleep {mark} & exit' &) ; sleep 0.1; pgrep -f 'sleep {mark}' | wc -l\n",
          platform=platform)
    assert marked_processes(mark) == []


def test_zombies_are_reaped(build, busybox):
    """Orphans that end while the step runs are not left to it."""
    shown = output(build(f"""
FROM {busybox}
RUN for i in 1 2 3 4 5; do (sh -c 'true & exec true' &); done; sleep 0.3; ps -o stat | grep -c Z || true
"""))
    assert shown.split() == ["0"]


@PLATFORMS
def test_ctrl_c_ends_a_step_at_once(edgectl, scratch, busybox, platform):
    mark = f"32{os.getpid()}"
    (scratch / "Dockerfile").write_text(f"FROM {busybox}\nRUN trap '' INT TERM; echo begun; sleep {mark}\n")
    process = edgectl.start("build", "--progress=plain", "--no-cache", "--platform", platform, scratch)
    for line in process.stderr:
        if " begun" in line and "echo" not in line:
            break
    assert marked_processes(mark)
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=60)
    assert process.returncode == 130
    assert marked_processes(mark) == []
    assert str(edgectl.store) not in pathlib.Path("/proc/self/mountinfo").read_text()


# --- caches


def cache_users(program, busybox, scratch, identity, sharing, id):
    """Two builds at the same time whose steps have the same cache: what each saw of the other."""
    step = f"""
FROM {busybox}
RUN --mount=type=cache,id={id},target=/c,sharing={sharing} \\
    echo $NAME > /c/$NAME; for i in 1 2 3 4 5 6 7 8 9 10; do sleep 0.1; done; ls /c | tr '\\n' ' '; echo; rm /c/$NAME
"""
    started = []
    for name in ("one", "two"):
        root = scratch / name
        root.mkdir()
        (root / "Dockerfile").write_text(step.replace(f"FROM {busybox}", f"FROM {busybox}\nENV NAME={name}"))
        started.append(program.start("build", "--progress=plain", "--no-cache", "--platform", NATIVE, root))
    seen = []
    for process in started:
        _, stderr = process.communicate(timeout=120)
        assert process.returncode == 0, stderr
        seen.append(re.search(r"\d ((?:one |two )+)\n", stderr)[1].split())
    return seen


def test_locked_and_private_caches_keep_builds_apart(edgectl, busybox, scratch, identity):
    for sharing in ("locked", "private"):
        root = scratch / sharing
        root.mkdir()
        assert cache_users(edgectl, busybox, root, identity, sharing, f"{sharing}-{os.getpid()}-{identity.uid}") == [["one"], ["two"]]


def test_a_shared_cache_is_one_directory(build, busybox, identity):
    cache = f"RUN --mount=type=cache,id=shared-{os.getpid()}-{identity.uid},mode=0750,uid=12,gid=34,from=seed,source=/seed"
    shown = output(build(f"""
FROM {busybox} AS seed
RUN mkdir /seed && echo seeded > /seed/file
FROM {busybox} AS one
{cache},target=/c stat -c '%a %u %g' /c && cat /c/file && echo more > /c/file
FROM one
{cache},target=/other,ro cat /other/file; echo x > /other/y || echo read-only
"""))
    assert [x for x in shown.splitlines() if "create" not in x] == ["750 12 34", "seeded", "more", "read-only"]


def test_caches_that_begin_differently_are_different_ones(build, busybox, identity):
    """Else a cache belongs to whoever's step came first, and another user's cannot write to it."""
    cache = f"RUN --mount=type=cache,id=begin-{os.getpid()}-{identity.uid},target=/c"
    written = output(build(f"""
FROM {busybox} AS seed
RUN mkdir /seed /other && touch /seed/seeded
FROM {busybox}
{cache} touch /c/plain
{cache},uid=12 stat -c %u /c && touch /c/uid
{cache},gid=12 ls /c && touch /c/gid
{cache},mode=0700 ls /c && touch /c/mode
{cache},from=seed,source=/seed ls /c && touch /c/from
{cache},from=seed,source=/other ls /c && touch /c/source
{cache},uid=0,mode=755 ls /c
{cache},uid=12 --mount=type=cache,id=begin-{os.getpid()}-{identity.uid},target=/d,from=seed,source=/seed ls /c /d
"""))
    assert written.split() == ["12", "seeded", "plain", "/c:", "uid", "/d:", "from", "seeded"]


def test_caches_have_name_spaces(build, busybox, identity):
    dockerfile = f"FROM {busybox}\nRUN --mount=type=cache,id=ns-{os.getpid()}-{identity.uid},target=/c ls /c; touch /c/mine\n"
    space = ["--build-arg", f"BUILDKIT_CACHE_MOUNT_NS=project-{os.getpid()}"]
    assert output(build(dockerfile)) == ""
    assert output(build(dockerfile, *space)) == "", "another directory"
    assert output(build(dockerfile, *space)).split() == ["mine"]


# --- emulation


def test_a_crash_under_emulation_is_told_as_such(build, busybox):
    for number, name in ((11, "Segmentation fault"), (4, "Illegal instruction"), (6, "Aborted")):
        result = build(f"FROM {busybox}\nRUN sh -c 'kill -{number} $$'\n", status=1)
        assert f"signal {number} ({name})" in result.stderr
        assert re.search(r"under QEMU \d+\.\d+", result.stderr), "which one"
        assert "hint:" in result.stderr
    result = build(f"FROM {busybox}\nRUN sh -c 'kill -11 $$'\n", platform=NATIVE, status=1)
    assert "QEMU" not in result.stderr


def test_a_crash_that_a_step_survives_is_a_warning(build, busybox):
    result = build(f"FROM {busybox}\nRUN sh -c 'kill -11 $$' || true\n")
    assert re.search(r"an emulated program crashed with signal 11 .* and the step went on", result.stderr)


# --- what a hostile step tries


# Takes the place of the dynamic loader, and so runs in a process whose program is the one that was started.
LOADER = """
static long call(long n, long a, long b, long c)
{
	long r;

	__asm__ volatile("syscall" : "=a"(r) : "a"(n), "D"(a), "S"(b), "d"(c) : "rcx", "r11", "memory");
	return r;
}

void _start(void)
{
	char name[4096];
	long fd = call(2, (long)"/proc/self/exe", 0, 0);

	call(1, 1, (long)name, call(89, (long)"/proc/self/exe", (long)name, sizeof(name)));
	call(91, fd, 0777, 0);
	call(60, fd < 0, 0, 0);
}
"""


def test_the_file_of_the_program_is_out_of_reach(program, build, context, busybox, scratch, identity):
    """CVE-2019-5736: a script whose interpreter is the program that starts it, and a loader that changes that program's file."""
    parts.need_program("gcc", "gcc")
    (scratch / "loader.c").write_text(LOADER)
    subprocess.run(["gcc", "-O1", "-nostdlib", "-static-pie", "-fPIC", "-fno-stack-protector", "-o", scratch / "loader",
                    scratch / "loader.c"], check=True)
    victim = scratch / "edgectl"
    shutil.copy(program, victim)
    victim.chmod(0o755)
    os.chown(victim, identity.uid, identity.gid)
    own = parts.Edgectl(victim, identity, scratch / "store")
    root = context({"Dockerfile": f"FROM {busybox}\nCOPY --chmod=755 loader /lib64/ld-linux-x86-64.so.2\nCOPY --chmod=755 script /script\n"
                                  'RUN ["/script"]\n', "script": "#!/proc/self/exe\n"})
    shutil.copy(scratch / "loader", root / "loader")
    shown = output(own("build", "--progress=plain", "--platform", NATIVE, root))
    assert "memfd:edgectl" in shown and str(victim) not in shown
    assert victim.stat().st_mode & 0o7777 == 0o755


@PLATFORMS
@pytest.mark.parametrize("link, target, message", [
    ("/proc", "/way", "cannot be in '/proc'"),
    ("/proc/self", "/way/task", "cannot be in '/proc'"),
    ("/dev", "/way", "cannot cover '/dev'"),
    ("/", "/way", "cannot cover '/'"),
])
def test_links_do_not_lead_mounts_where_they_must_not_be(build, busybox, link, target, message, platform):
    """What the Dockerfile says is checked before; what a link in the image makes of it, when the mount is made."""
    result = build(f"FROM {busybox}\nRUN ln -s {link} /way\nRUN --mount=type=tmpfs,target={target} true\n", platform=platform, status=1)
    assert message in result.stderr and f"'{target}'" in result.stderr, result.stderr
    result = build(f"FROM {busybox}\nWORKDIR {link}\nRUN --mount=type=tmpfs,target=. true\n", platform=platform, status=1)
    assert "   3 | >>> RUN --mount" in result.stderr and "\nerror: a mount cannot" in result.stderr, result.stderr


def has_scopes():
    """landlock(7) of Linux 6.12 and newer, switched on."""
    return ctypes.CDLL(None).syscall(444, None, 0, 1) >= 6


CONNECT = """
use Socket;
sub try_to { my ($name, $ok) = @_; print "$name: ", ($ok ? "yes" : "no"), "\\n" }
socket(my $own, AF_UNIX, SOCK_STREAM, 0); bind($own, pack_sockaddr_un("\\0own")); listen($own, 1);
socket(my $client, AF_UNIX, SOCK_STREAM, 0); try_to("own", connect($client, pack_sockaddr_un("\\0own")));
socket(my $outer, AF_UNIX, SOCK_STREAM, 0); try_to("outer", connect($outer, pack_sockaddr_un("\\0NAME")));
try_to("packet", socket(my $packet, 17, SOCK_RAW, 768)); try_to("raw", socket(my $raw, AF_INET, SOCK_STREAM, 0));
"""


def test_sockets_of_other_processes(build, debian):
    """What listens on an abstract socket takes whoever has its own user id for a friend: for a step of root, that is root."""
    parts.need(has_scopes(), "the kernel has no scopes of landlock")
    with socket.socket(socket.AF_UNIX) as listener:
        name = f"edgectl-test-{os.getpid()}"
        listener.bind("\0" + name)
        listener.listen()
        script = CONNECT.replace("NAME", name)
        shown = output(build(f"FROM {debian}\nRUN <<'END' perl\n{script}\nEND\n"))
    assert shown.splitlines() == ["own: yes", "outer: no", "packet: no", "raw: yes"]


@PLATFORMS
@pytest.mark.parametrize("name, way", [("proc", "/"), ("proc", "/sys"), ("sys", "/"), ("sys", "/proc"), ("dev", "/etc")])
def test_an_image_whose_proc_is_a_link(edgectl, context, busybox, name, way, platform):
    """CVE-2019-19921 of runc: /proc would come to a place where what is to be hidden or read-only in it is not found."""
    root = context({"Dockerfile": f"FROM {busybox} AS tools\nFROM scratch\nCOPY --from=tools /bin /bin\nCOPY links /\n"
                                  "RUN : >> /../sys/kernel/core_pattern\n"})
    (root / "links").mkdir()
    (root / "links" / name).symlink_to(way)
    result = edgectl("build", "--no-cache", "--platform", platform, root, status=1)
    assert f"'/{name}' of the image is a link" in result.stderr


def test_file_systems_of_the_machine_below_sys_are_hidden(build, busybox):
    shown = output(build(f"""
FROM {busybox}
RUN for x in kernel/debug kernel/tracing kernel/security kernel/config fs/bpf fs/pstore firmware; do \\
    test ! -e /sys/$x || test -z "$(ls -A /sys/$x)" || echo $x; done; echo end
""", platform=NATIVE))
    assert shown == "end\n"
