"""edgectl doctor on machines that lack something: each thing is really broken, and its line looked for."""
import json
import os
import pathlib
import re
import signal
import socket
import subprocess

import pytest

import parts

BOARD_PLATFORMS = ["linux/arm/v6", "linux/arm/v7", "linux/arm64"]


class Findings(list):
    def find(self, check, words):
        """The one finding of the check whose text has the words."""
        found = [x for x in self if x["check"] == check and words in x["text"]]
        assert len(found) == 1, f"{words!r} of {check}: {json.dumps(self, indent=1)}"
        return found[0]

    def levels(self, check):
        return {x["level"] for x in self if x["check"] == check}


@pytest.fixture
def doctor(fresh_edgectl, scratch, identity):
    """doctor(check, ..., status=, env=, setup=) in a directory without a configuration; setup is a shell command, run in
    the same namespaces before."""
    for name in ("work", "config"):
        (scratch / name).mkdir()
        identity.own(scratch / name)

    def examine(*checks, status=0, env=(), program=fresh_edgectl):
        environment = {"EDGECTL_CONFIG_HOME": str(scratch / "config"), **dict(env)}
        result = program("doctor", "--json", *checks, cwd=scratch / "work", env=environment, status=status)
        if status == 1:
            assert "bad" in result.stderr
        return Findings(json.loads(result.stdout))

    examine.work, examine.config = scratch / "work", scratch / "config"
    return examine


def only_for_users(identity):
    if identity.uid == 0:
        pytest.skip("root needs none of it")


def inside(edgectl, *namespaces, setup):
    """edgectl after a shell command in new namespaces."""
    return edgectl.inside("unshare", *namespaces, "sh", "-ec", f'{setup}\nexec "$@"', "sh")


def directory_without(scratch, *names):
    """A PATH that has all programs but these."""
    path = scratch / "bin"
    path.mkdir()
    for place in parts.SYSTEM_PATH.split(":"):
        if os.path.isdir(place) and not os.path.islink(place):
            for program in os.listdir(place):
                if program not in names and not (path / program).is_symlink():
                    (path / program).symlink_to(f"{place}/{program}")
    return {"PATH": str(path)}


def test_all_is_well(doctor, identity, fresh_edgectl):
    findings = doctor()
    assert {x["check"] for x in findings} == {
        "configuration", "kernel", "ids", "steps", "emulation", "disk", "registries", "boards"}
    assert findings.levels("steps") == {"good"}
    assert findings.find("steps", "a step ran, on an overlay")
    for platform in BOARD_PLATFORMS:
        assert findings.find("emulation", platform)["level"] == "good"
    if identity.uid != 0:
        assert findings.find("ids", "newuidmap")["level"] == "good"
        assert findings.find("ids", "/etc/subuid")["level"] == "good"
    assert os.listdir(fresh_edgectl.store / "trash") == []


def test_the_text_has_the_same_and_one_check_can_be_had_alone(fresh_edgectl):
    text = fresh_edgectl("doctor", "kernel").stdout
    assert text.startswith("Kernel:\n  good     Linux ")
    assert "emulation" not in text and "Disk" not in text
    wrong = fresh_edgectl("doctor", "kernell", status=2)
    assert "did you mean 'kernel'" in wrong.stderr


# --- ids


@pytest.mark.parametrize("helper", ["newuidmap", "newgidmap"])
def test_a_missing_program_for_ids(doctor, identity, scratch, helper):
    only_for_users(identity)
    findings = doctor("ids", "steps", env=directory_without(scratch, helper))
    line = findings.find("ids", f"{helper} is not installed")
    assert line["level"] == "warning" and line["remedy"] == "sudo apt-get install uidmap"
    assert findings.find("steps", "files of other owners cannot be made")["level"] == "warning"
    assert findings.find("steps", "a step ran")["level"] == "good"


def test_a_program_without_its_privilege(doctor, identity, scratch):
    only_for_users(identity)
    path = directory_without(scratch, "newuidmap")
    copy = scratch / "bin/newuidmap"
    copy.write_bytes(pathlib.Path("/usr/bin/newuidmap").read_bytes())
    copy.chmod(0o755)
    line = doctor("ids", env=path).find("ids", "neither set-user-ID root nor has a capability")
    assert str(copy) in line["text"] and "--reinstall uidmap" in line["remedy"]


def test_a_user_without_ranges(doctor, workspace, program, identity):
    only_for_users(identity)
    parts.need(os.geteuid() == 0, "only root can make users")
    with parts.temporary_user(workspace / "poor", "poor", subordinate_ids=False) as poor:
        result = parts.Edgectl(program, poor, poor.home / "store")("doctor", "--json", "ids", "steps")
        findings = Findings(json.loads(result.stdout))
        line = findings.find("ids", "has no range in /etc/subuid")
        assert line["level"] == "warning"
        first, last = map(int, re.fullmatch(
            f"sudo usermod --add-subuids (\\d+)-(\\d+) {poor.name}", line["remedy"]).groups())
        assert last - first == 65535
        ranges = [entry.split(":")[1:] for entry in pathlib.Path("/etc/subuid").read_text().split()]
        assert all(int(start) + int(count) <= first for start, count in ranges), "nobody else has them"
        assert findings.find("ids", "has no range in /etc/subgid")
        assert findings.find("steps", "a step ran")["level"] == "good"


def test_no_new_privileges(doctor, fresh_edgectl, identity):
    only_for_users(identity)
    line = doctor("ids", program=fresh_edgectl.inside("setpriv", "--no-new-privs")).find("ids", "no_new_privs")
    assert line["level"] == "warning" and "no-new-privileges" in line["remedy"]


# --- the kernel


def test_inside_of_a_user_namespace(doctor, fresh_edgectl, identity):
    """As in a rootless container: root with one id."""
    only_for_users(identity)
    findings = doctor(program=fresh_edgectl.inside("unshare", "-r"))
    assert findings.find("steps", "id 0 alone")["level"] == "warning"
    assert findings.find("steps", "a step ran")["level"] == "good"
    assert findings.find("emulation", "linux/arm64")["level"] == "good"


def test_no_user_namespaces(doctor, fresh_edgectl):
    """The bound is one of a namespace, so that it can be set in one of ours."""
    none = inside(fresh_edgectl, "-r", setup="echo 0 >/proc/sys/user/max_user_namespaces")
    line = doctor("kernel", program=none, status=1).find("kernel", "user.max_user_namespaces is 0")
    assert line["level"] == "bad" and line["remedy"] == "sudo sysctl -w user.max_user_namespaces=65536"
    few = inside(fresh_edgectl, "-r", setup="echo 9 >/proc/sys/user/max_user_namespaces")
    assert doctor("kernel", program=few).find("kernel", "at most 9 at a time")["level"] == "warning"


def test_few_inotify_watches(doctor, fresh_edgectl):
    few = inside(fresh_edgectl, "-r", setup="echo 100 >/proc/sys/user/max_inotify_watches")
    line = doctor("kernel", program=few).find("kernel", "inotify: 100 directories")
    assert line["level"] == "warning" and "fs.inotify.max_user_watches=" in line["remedy"]


def test_no_seccomp(doctor, fresh_edgectl):
    hidden = inside(fresh_edgectl, "-rm", setup="mount -t tmpfs none /proc/sys/kernel/seccomp")
    assert doctor("kernel", program=hidden, status=1).find("kernel", "no seccomp filters")["level"] == "bad"


def test_no_overlay(doctor, fresh_edgectl, identity, scratch):
    """The store is on an overlay itself, as in a container: the kernel allows none on top."""
    parts.need(os.geteuid() == 0, "only root can mount an overlay for others")
    if identity.uid != 0:
        pytest.skip("the same for users")
    for name in ("lower", "upper", "upper-work"):
        (scratch / name).mkdir()
    mount = f"""mkdir -p {fresh_edgectl.store}
        mount -t overlay -o lowerdir={scratch}/lower,upperdir={scratch}/upper,workdir={scratch}/upper-work none {fresh_edgectl.store}"""
    line = doctor("steps", program=inside(fresh_edgectl, "-m", setup=mount)).find("steps", "steps run on copies")
    assert line["level"] == "warning" and "ext4, xfs or btrfs" in line["remedy"]


# --- QEMU


def test_without_qemu(doctor, fresh_edgectl, scratch):
    """PATH has none, and the machine's own registrations, which name theirs, are hidden."""
    programs = [f"qemu-{cpu}{form}" for cpu in ("arm", "aarch64", "riscv64", "i386", "x86_64") for form in ("-static", "")]
    hidden = inside(fresh_edgectl, "-rm", setup="mount -t tmpfs none /proc/sys/fs/binfmt_misc")
    findings = doctor("emulation", env=directory_without(scratch, *programs), program=hidden, status=1)
    for platform in BOARD_PLATFORMS:
        line = findings.find("emulation", platform)
        assert line["level"] == "bad" and "-static', which is not installed" in line["text"]
        assert line["remedy"] == "sudo apt-get install qemu-user-static"
    assert findings.find("emulation", "linux/riscv64")["level"] == "warning"


def test_a_qemu_that_does_not_run_programs(doctor, scratch):
    """It is there, static and of the right name: only running something tells."""
    path = scratch / "qemu"
    path.mkdir()
    source = scratch / "broken.c"
    source.write_text("int main(void) { return 3; }\n")
    subprocess.run(["gcc", "-static", "-o", path / "qemu-aarch64-static", source], check=True)
    findings = doctor("emulation", env={"EDGECTL_QEMU_PATH": str(path)}, status=1)
    line = findings.find("emulation", "linux/arm64")
    assert line["level"] == "bad" and "ended with 3" in line["text"]
    assert findings.find("emulation", "linux/arm/v7")["level"] == "good"


# --- the disk


def test_a_small_disk(doctor, fresh_edgectl, small_disk):
    small = fresh_edgectl.with_store(small_disk("64m") / "store")
    findings = doctor("disk", program=small, status=1)
    assert findings.find("disk", "which a few images fill")["level"] == "bad"
    assert "edgectl prune" in findings.find("disk", "which a few images fill")["remedy"]
    assert findings.find("disk", "in memory")["level"] == "warning"
    assert doctor("disk", program=fresh_edgectl.with_store(small_disk("3g"))).find(
        "disk", "which a few images fill")["level"] == "warning"


def test_a_store_that_cannot_be_written(doctor, fresh_edgectl, identity, scratch):
    parts.need(os.geteuid() == 0, "only root can make directories of others")
    place = scratch / "closed"
    place.mkdir()
    (place / "store").mkdir()
    setup = f"mount --bind {place} {place}; mount -o remount,bind,ro {place}"
    if identity.uid == 0:
        program = inside(fresh_edgectl.with_store(place / "store"), "-m", setup=setup)
    else:
        program = fresh_edgectl.with_store(place / "store")
    findings = doctor("disk", "steps", program=program, status=1)
    assert findings.find("disk", "cannot be written")["level"] == "bad"
    assert findings.levels("steps") == {"bad"}


def test_a_user_without_a_home(doctor, fresh_edgectl, identity):
    parts.need(os.geteuid() == 0, "only root can be somebody else")
    if identity.uid != 0:
        pytest.skip("the same for users")
    nobody = fresh_edgectl.inside("setpriv", "--reuid=54321", "--regid=54321", "--clear-groups")
    findings = doctor("kernel", "ids", "steps", "disk", program=nobody, env={"EDGECTL_ROOT": "", "HOME": ""}, status=1)
    assert findings.find("disk", "user 54321 has no home directory")["level"] == "bad"
    assert findings.levels("kernel") == {"good"}


# --- registries and boards


def configure(doctor, text):
    (doctor.config / "config.yaml").write_text(text)
    (doctor.config / "config.yaml").chmod(0o644)


def log_in(doctor, *logins):
    path = doctor.config / "auth.json"
    path.write_text(json.dumps({"auths": {host: {"auth": auth} for host, auth in logins}}))
    path.chmod(0o644)
    return {"REGISTRY_AUTH_FILE": str(path)}


def test_registries_that_are_configured(doctor, registry):
    dead = f"127.0.0.1:{parts.free_port()}"
    configure(doctor, f"registries: {{images.test: {{location: '{registry.address}', mirrors: ['{dead}']}}}}\n")
    findings = doctor("registries")
    assert findings.find("registries", registry.address)["level"] == "good"
    assert findings.find("registries", dead)["level"] == "warning"


def test_a_mirror_answers_for_a_registry(doctor, registry):
    """As in a laboratory without a way out: pulls work, and there is nothing to mend."""
    dead, worse = (f"127.0.0.1:{parts.free_port()}" for _ in range(2))
    configure(doctor, f"registries: {{'{dead}': {{mirrors: ['{registry.address}']}}, '{worse}': {{mirrors: ['{dead}']}}}}\n")
    findings = doctor("registries")
    line = findings.find("registries", f"{dead}: ")
    assert line["level"] == "good" and registry.address in line["text"] and not line.get("remedy")
    assert findings.find("registries", worse)["level"] == "warning"


def test_registries_of_the_project(doctor, registry):
    (doctor.work / "edgectl.yaml").write_text(f"fleets: {{lab: {{registry: '{registry.address}'}}}}\n")
    os.chmod(doctor.work / "edgectl.yaml", 0o644)
    assert doctor("registries").find("registries", registry.address)["level"] == "good"


def test_credentials(doctor, secured_registry):
    host = secured_registry.address
    configure(doctor, f"registries: {{'{host}': {{}}}}\n")
    line = doctor("registries").find("registries", host)
    assert line["level"] == "warning" and line["remedy"] == f"edgectl login {host}"
    good = doctor("registries", env=log_in(doctor, (host, "YW5uYTpzZXNhbWU=")))
    assert "takes our credentials" in good.find("registries", host)["text"]
    bad = doctor("registries", env=log_in(doctor, (host, "YW5uYTp3cm9uZw==")), status=1).find("registries", host)
    assert bad["level"] == "bad" and bad["remedy"] == f"edgectl login {host}"
    assert "wrong" not in json.dumps(bad) and "sesame" not in json.dumps(bad)


def test_a_registry_that_does_not_answer(doctor, registry):
    """It takes connections and says nothing: the deadline ends it, and the other one is heard."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        host = f"127.0.0.1:{silent.getsockname()[1]}"
        configure(doctor, f"registries: {{'{host}': {{}}, '{registry.address}': {{}}}}\n")
        findings = doctor("registries")
    assert "no answer within" in findings.find("registries", host)["text"]
    assert findings.find("registries", host)["level"] == "warning"
    assert findings.find("registries", registry.address)["level"] == "good"


def test_boards(doctor):
    book = {"gone": {"address": f"tcp://127.0.0.1:{parts.free_port()}"}}
    (doctor.config / "devices.json").write_text(json.dumps(book))
    (doctor.config / "devices.json").chmod(0o644)
    findings = doctor("boards")
    assert findings.find("boards", "ssh: ")["level"] == "good"
    assert findings.find("boards", "gone")["level"] == "warning"


def test_no_ssh(doctor, scratch):
    line = doctor("boards", env=directory_without(scratch, "ssh")).find("boards", "ssh is not installed")
    assert line["level"] == "warning" and line["remedy"] == "sudo apt-get install openssh-client"


# --- the configuration


def test_a_wrong_configuration_is_a_finding(doctor):
    (doctor.work / "edgectl.yaml").write_text("bord: rpi4\n")
    findings = doctor("configuration", "kernel", status=1)
    line = findings.find("configuration", "edgectl.yaml:1:1: error: unknown key 'bord'")
    assert line["level"] == "bad" and "did you mean 'board'?" in line["text"]
    assert findings.levels("kernel")


def test_a_file_of_the_wrong_name(doctor):
    (doctor.work / "edgectl.yml").write_text("board: rpi4\n")
    line = doctor("configuration").find("configuration", "'edgectl.yml' is not read")
    assert line["level"] == "warning" and line["remedy"] == "mv edgectl.yml edgectl.yaml"


def test_variables(doctor):
    line = doctor("configuration", env={"EDGECTL_BORD": "rpi4"}).find("configuration", "EDGECTL_BORD means nothing")
    assert line["level"] == "warning" and line["remedy"] == "did you mean EDGECTL_BOARD?"
    wrong = doctor("configuration", env={"EDGECTL_BUILD_JOBS": "many"}, status=1)
    assert wrong.find("configuration", "EDGECTL_BUILD_JOBS")["level"] == "bad"


def test_it_can_be_stopped(fresh_edgectl, doctor):
    """While it waits for a registry that has taken the connection."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        configure(doctor, f"registries: {{'127.0.0.1:{silent.getsockname()[1]}': {{}}}}\n")
        process = fresh_edgectl.start("doctor", "registries", cwd=doctor.work,
                                      env={"EDGECTL_CONFIG_HOME": str(doctor.config)})
        connection, _ = silent.accept()
        process.send_signal(signal.SIGINT)
        stdout, stderr = process.communicate(timeout=30)
        connection.close()
    assert process.returncode == 130, stdout + stderr
