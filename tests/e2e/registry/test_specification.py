"""The table of what covers the distribution specification."""
import pathlib
import re

HERE = pathlib.Path(__file__).parent


def all_tests():
    names = set()
    for path in HERE.parent.rglob("test_*.py"):
        names.update(re.findall(r"^def (test_\w+)", path.read_text(), re.M))
    for path in (HERE.parents[1] / "unit/registry-client").glob("*_test.c"):
        names.update(re.findall(r"^static void (\w+)\(void \*\*state\)", path.read_text(), re.M))
    return names


def test_what_covers_the_specification_is_there():
    rows = [line for line in (HERE / "SPECIFICATION.md").read_text().splitlines() if line.startswith("| ")][1:]
    known = all_tests()
    assert len(rows) > 15
    for row in rows:
        named = re.findall(r"`(\w+)`", row.split("|")[3])
        assert named, row
        assert set(named) <= known, f"{set(named) - known}: {row}"
