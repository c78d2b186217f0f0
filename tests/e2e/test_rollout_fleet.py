"""A rollout to hundreds of boards with the recorded Engine API: all of them, faults among them, what it costs, how it looks."""
import os
import re
import subprocess

import pytest

import parts
from recorded_boards import RecordedBoards
from screen import run_on_terminal
from test_recorded_engine import released, running  # noqa: F401 (a fixture)

BOARDS = 500
WORDS = ["--healthy-for", "1s", "--parallel", "50"]
COUNTS = re.compile(r" (\d+) of (\d+) done, (\d+) in work, (\d+) to do(?:, (\d+) failed)?(?:, (\d+) not reached)?")


@pytest.fixture
def boards():
    with parts.closing(RecordedBoards(BOARDS)) as boards:
        yield boards


@pytest.fixture
def list_of(scratch, identity):
    """list_of(addresses) writes them into a file, and returns the word for it."""

    def write(addresses):
        path = scratch / f"boards-{len(addresses)}"
        path.write_text("".join(f"{address}\n" for address in addresses))
        identity.own(path)
        return f"@{path}"

    return write


def peak_kib(released, devices):
    """Of a rollout that succeeds, whatever it prints."""
    edgectl = released.edgectl
    process = subprocess.Popen([edgectl.program, "rollout", "plants", "--devices", devices, *WORDS, "--progress", "quiet"],
                               cwd=released.root, env=edgectl.env(), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                               **edgectl.identity.credentials)
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0
    return used.ru_maxrss


def test_every_board(released, boards, list_of):
    """Ten times as many boards need no more memory, but for what the allocator's arenas differ."""
    addresses = boards.addresses()
    few = peak_kib(released, list_of(addresses[:BOARDS // 10]))
    many = peak_kib(released, list_of(addresses[BOARDS // 10:]))
    found = boards.boards()
    wanted = running(found[0])
    assert set(wanted) == {"app", "other"} and all(running(board) == wanted for board in found)
    totals = boards.totals()
    assert totals["pulls"] == 2 * BOARDS and totals["most_connections"] <= 50
    assert many - few < 8 * 1024, (few, many)


def test_faults_on_a_terminal(released, boards, list_of):
    """Each of the boards that fail is told with its reason, all others run it; 80 columns and 24 rows are enough to see that."""
    faults = {60: {"unhealthy": True}, 61: {"offline": True}, 62: {"dies": 0.1}, 63: {"full": True}, 64: {"architecture": "amd64"}}
    for number, fault in faults.items():
        boards.set_faults(number, **fault)
    screens = []
    status, last = run_on_terminal(released.edgectl, "rollout", "plants", "--devices", list_of(boards.addresses()), *WORDS,
                                   "--max-failures", "10", "--offline", "skip", cwd=released.root, seen=screens.append)
    assert status == 1
    views = [lines for lines in screens if lines[0].startswith("[+] Rolling out ")]
    counts = [[int(x or 0) for x in COUNTS.match(lines[1]).groups()] for lines in views if COUNTS.match(lines[1])]
    assert len(counts) > 5
    for done, of, *others in counts:
        assert of == BOARDS and done + sum(others) == BOARDS
    assert any(row[2] > 20 for row in counts)  # more at work than there are rows
    assert [row[0] for row in counts] == sorted(row[0] for row in counts)
    text = "\n".join(last)
    assert f"{BOARDS - 5} of {BOARDS} boards run it, 4 failed, 1 could not be reached" in text, text
    shown = "\n".join(views[-1])
    for number in 60, 62, 63, 64:
        assert f"FAILED {boards.address(number)}" in shown, shown
    assert f"NOT REACHED {boards.address(61)}" in shown
    for number in 60, 62:
        assert not running(boards.board(number))
    assert set(running(boards.board(BOARDS))) == {"app", "other"}
