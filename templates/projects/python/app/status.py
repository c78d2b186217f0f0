"""How the board does."""
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Status:
    uptime: float  # seconds
    load: float
    available_mib: int  # memory that programs could still get


def read_status(proc: Path = Path("/proc")) -> Status:
    """Of this machine; ValueError when a file is not of the form that Linux gives it."""
    memory = dict(line.split(":", 1) for line in (proc / "meminfo").read_text().splitlines())
    if "MemAvailable" not in memory:
        raise ValueError("meminfo has no MemAvailable")
    return Status(
        uptime=float((proc / "uptime").read_text().split()[0]),
        load=float((proc / "loadavg").read_text().split()[0]),
        available_mib=int(memory["MemAvailable"].split()[0]) // 1024,
    )


def to_page(status: Status) -> str:
    return (
        '<!doctype html><meta http-equiv="refresh" content="5"><title>Board</title>\n'
        f"<h1>up {status.uptime:.0f} s</h1>\n"
        f"<p>load {status.load:.2f}, {status.available_mib} MiB of memory left</p>\n"
    )
