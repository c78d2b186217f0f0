"""The Debian package as a new user meets it: installed by apt on a clean Debian 12, and tried in a row.
It is in the directory EDGECTL_DEB_DIR, where tests/package/make.sh left it."""
import os
import pathlib
import re
import shutil
import subprocess

import pytest

import parts

import base_images  # of ../fixtures, which parts has put on the path
import clean_root
from oci_layout import Layout

USER = "ann"
SOURCE = pathlib.Path(__file__).resolve().parents[2]


@pytest.fixture(scope="session")
def deb():
    found = list(pathlib.Path(os.environ.get("EDGECTL_DEB_DIR", "/nowhere")).glob("*.deb"))
    parts.need(found, "no package in EDGECTL_DEB_DIR: ctest -R '^package$'")
    return found[0]


@pytest.fixture(scope="session")
def hub(registry, workspace):
    """The registry has debian:12-slim for this machine's processor: what mmdebstrap made, and no more."""
    layout = Layout(workspace / "debian-layout")
    layout.add("linux/amd64", clean_root.archive().read_bytes(), ["bash"])
    layout.finish("12-slim")
    base_images.run("skopeo", "--insecure-policy", "copy", "--quiet", "--all", "--dest-tls-verify=false",
                    f"oci:{layout.root}:12-slim", f"docker://{registry.address}/library/debian:12-slim")
    return registry.address


class Machine:
    """A clean Debian with the package and an ordinary user."""

    def __init__(self, root, deb):
        self.root = root
        clean_root.make(root)
        shutil.copy(deb, root / "root/edgectl.deb")
        self.as_root("apt-get -qq update && apt-get -qq install /root/edgectl.deb")
        self.as_root(f"useradd --create-home --shell /bin/bash {USER}")
        self.home = root / "home" / USER

    def as_root(self, script):
        done = subprocess.run(clean_root.command(self.root, "sh", "-c", script), stdin=subprocess.DEVNULL, capture_output=True,
                              text=True, timeout=600)
        assert done.returncode == 0, f"{script}: status {done.returncode}\n{done.stdout}\n{done.stderr}"
        return done.stdout

    def as_user(self, script):
        return self.as_root(f"su --login {USER} --command '{script}'")


@pytest.fixture(scope="session")
def machine(workspace, deb, identity):
    parts.need_program("mmdebstrap", "mmdebstrap")
    yield Machine(workspace / "machine", deb)
    shutil.rmtree(workspace / "machine")


def test_new_user(machine, hub):
    """No document was read: the mirror stands for the hub, which no test may ask."""
    config = machine.home / ".config/edgectl/config.yaml"
    config.parent.mkdir(parents=True)
    config.write_text(f"registries:\n  docker.io:\n    mirrors: [{hub}]\n")
    machine.as_root(f"chown --recursive {USER}: /home/{USER}")
    machine.as_user("edgectl doctor && edgectl init demo --board raspberrypi4-64 --template c-cmake -y && cd demo && edgectl build")
    assert re.search(r"^demo:latest .* linux/arm64 ", machine.as_user("edgectl images"), re.MULTILINE)
    # What was built runs where such a program runs.
    machine.as_user("cd demo && edgectl build --board raspberrypi4-64 --output ../files .")
    assert "service of aarch64 has started" in machine.as_user("timeout 2 qemu-aarch64-static files/demo || test $? = 124")


def test_what_is_installed(machine):
    files = machine.as_root("dpkg --listfiles edgectl").split()
    for path in ("bin/edgectl", "share/man/man1/edgectl.1.gz", "share/man/man1/edgectl-build.1.gz",
                 "share/man/man5/edgectl.yaml.5.gz", "share/zsh/vendor-completions/_edgectl",
                 "share/bash-completion/completions/edgectl", "share/fish/vendor_completions.d/edgectl.fish",
                 "share/doc/edgectl/copyright", "share/doc/edgectl/changelog.gz", "share/doc/edgectl/README.md",
                 "share/doc/edgectl/docs/templates.md", "share/doc/edgectl/examples/templates/python/app/__init__.py"):
        assert f"/usr/{path}" in files
    machine.as_root("dpkg --verify edgectl")
    commands = re.findall(r"^  ([a-z]+)", machine.as_user("edgectl help"), re.MULTILINE)
    assert "build" in commands
    for name in commands:
        assert any(re.search(rf"/edgectl-{name}(-\w+)?\.1\.gz$", file) for file in files), f"{name} has no manual page"


def test_templates_of_the_package_can_be_copied(machine):
    """/usr/share/doc/edgectl/examples: where a template of one's own begins."""
    machine.as_user("cp -r /usr/share/doc/edgectl/examples/templates/shell mine && edgectl init other --template ./mine --board generic-armv7ahf -y")


SERVICE = {
    "DEBIAN/control": "Package: demo-service\nVersion: 1\nArchitecture: all\nMaintainer: test <test@localhost>\nDescription: starts\n",
    "DEBIAN/postinst": "#!/bin/sh\nset -e\nupdate-rc.d demo-service defaults\ninvoke-rc.d demo-service start\n",
    "etc/init.d/demo-service": "#!/bin/sh\n### BEGIN INIT INFO\n# Provides: demo-service\n# Required-Start:\n# Required-Stop:\n"
                               "# Default-Start: 2 3 4 5\n# Default-Stop: 0 1 6\n### END INIT INFO\ntouch /run/demo-$1\n",
    "lib/systemd/system/demo-service.service": "[Service]\nExecStart=/bin/true\n",
}


def test_services_of_what_the_tests_install_are_not_started(machine):
    """tools/without-services.sh, which tools/packages.sh installs with, and a package that starts its service as Debian's do."""
    policy = machine.root / "usr/sbin/policy-rc.d"
    started = machine.root / "run/demo-start"
    shutil.copy(SOURCE / "tools/without-services.sh", machine.root / "root")
    for name, text in SERVICE.items():
        file = machine.root / "root/demo" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
        file.chmod(0o755)
    machine.as_root("dpkg-deb --build /root/demo /root/demo.deb")
    # A container's Debian has no init, and starts nothing for that reason.
    for name, text in ("init", ""), ("runlevel", "echo N 2\n"):
        (machine.root / "sbin" / name).write_text(f"#!/bin/sh\n{text}")
        (machine.root / "sbin" / name).chmod(0o755)

    def installed(command):
        machine.as_root(f"{command} dpkg --install /root/demo.deb")
        found = started.exists()
        started.unlink(missing_ok=True)
        return found

    without = "sh /root/without-services.sh"
    assert installed("")
    assert installed(without)  # it was there before, and has to be started again
    machine.as_root("dpkg --purge demo-service")
    assert not installed(without) and not policy.exists()
    machine.as_root("dpkg --purge demo-service")
    # Interrupted, by the signal that Ctrl-C is; and killed, after which nothing is denied, and the next run tidies up.
    wait = f"timeout --foreground --signal SIG 1 {without} sleep 2"
    machine.as_root(f"{wait.replace('SIG', 'INT')}; test $? = 124")
    assert not policy.exists()
    machine.as_root(f"{wait.replace('SIG', 'KILL')}; test $? = 137")
    assert policy.exists() and installed("")
    machine.as_root(f"dpkg --purge demo-service; {without} true")
    assert not policy.exists()
    policy.write_text("#!/bin/sh\n# the administrator's\nexit 0\n")
    policy.chmod(0o755)
    assert installed(without) and "the administrator's" in policy.read_text()
    machine.as_root("dpkg --purge demo-service; rm /usr/sbin/policy-rc.d /sbin/init /sbin/runlevel")


def test_removed_without_a_trace(machine):
    machine.as_root("apt-get -qq purge edgectl")
    assert not list(machine.root.glob("usr/share/*/edgectl")) and not (machine.root / "usr/bin/edgectl").exists()
