"""Boards found by multicast DNS: a real avahi-daemon announces one in a network of namespaces."""
import json
import os
import subprocess

import pytest

import parts

import mdns_lan  # of ../fixtures, which parts has put on the path


@pytest.fixture(scope="module")
def network():
    parts.need(os.geteuid() == 0, "network namespaces need root")
    parts.need_program("avahi-daemon", "avahi-daemon")
    parts.need_program("ip", "iproute2")
    with mdns_lan.lan() as words:
        yield words


def scan(edgectl, words, *options):
    """As the identity, who needs no privilege for it."""
    identity = edgectl.identity
    command = [*words, "setpriv", "--reuid", str(identity.uid), "--regid", str(identity.gid), "--clear-groups",
               edgectl.program, "device", "scan", *options]
    done = subprocess.run(command, capture_output=True, text=True, env=edgectl.env(), timeout=60)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_a_board_is_found(edgectl, network):
    found = {}

    def is_there():
        nonlocal found
        found = {x["host"]: x for x in json.loads(scan(edgectl, network, "--json", "--timeout", "2"))}
        # Avahi probes for a second or two before it answers.
        return len(found.get("testboard.local", {}).get("addresses", [])) == 2 and found["testboard.local"]["engine"]

    parts.wait_for("the board", is_there)
    board = found["testboard.local"]
    assert board["addresses"][0] == "10.77.0.2"
    assert board["addresses"][1].startswith("fe80::") and board["addresses"][1].endswith("%lan0")
    assert (board["ssh"], board["sshPort"], board["balena"]) == (True, 22222, True)
    assert board["enginePort"] == 2375
    assert list(found) == ["testboard.local"]
    assert "testboard.local" in scan(edgectl, network)


def test_no_network(edgectl):
    parts.need(os.geteuid() == 0, "network namespaces need root")
    done = subprocess.run(["unshare", "--net", edgectl.program, "device", "scan"], capture_output=True, text=True,
                          env=edgectl.env(), timeout=60)
    assert done.returncode == 1 and "no network interface" in done.stderr
