"""Prints the temperature until it is told to stop."""
import os
import signal
import sys
import time
from pathlib import Path

from app.bus import Bus
from app.sensor import read_temperature

HEARTBEAT = Path("/tmp/heartbeat")


def main():
    path = os.environ.get("I2C_BUS", "/dev/i2c-1")
    address = int(os.environ.get("I2C_ADDRESS", "0x48"), 0)
    interval = float(os.environ.get("INTERVAL", "5"))
    # Process 1 gets no signal that it has not asked for.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("stopping"))
    try:
        bus = Bus(path, address)
    except OSError as error:
        sys.exit(f"{path}: {error.strerror}")
    while True:
        try:
            print(f"{read_temperature(bus):.2f} degrees Celsius")
            HEARTBEAT.touch()
        except OSError as error:
            print(f"no answer from {address:#04x} at {path}: {error.strerror or error}", file=sys.stderr)
        time.sleep(interval)


if __name__ == "__main__":
    main()
