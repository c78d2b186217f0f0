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
