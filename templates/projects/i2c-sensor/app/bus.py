"""An I2C bus through the kernel's device (Documentation/i2c/dev-interface)."""
import fcntl
import os

I2C_SLAVE = 0x0703


class Bus:
    """One device on a bus."""

    def __init__(self, path: str, address: int):
        self._fd = os.open(path, os.O_RDWR | os.O_CLOEXEC)
        try:
            fcntl.ioctl(self._fd, I2C_SLAVE, address)
        except OSError:
            os.close(self._fd)
            raise

    def read_register(self, register: int, length: int) -> bytes:
        os.write(self._fd, bytes([register]))
        data = os.read(self._fd, length)
        if len(data) != length:
            raise OSError(f"{len(data)} bytes of {length}")
        return data

    def close(self):
        os.close(self._fd)
