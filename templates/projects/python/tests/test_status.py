import tempfile
import unittest
from pathlib import Path

from app.status import read_status, to_page


class StatusTest(unittest.TestCase):
    def setUp(self):
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.proc = Path(directory.name)
        (self.proc / "uptime").write_text("3600.42 7000.00\n")
        (self.proc / "loadavg").write_text("0.25 0.10 0.05 1/99 1234\n")
        (self.proc / "meminfo").write_text("MemTotal: 1024000 kB\nMemAvailable:   524288 kB\n")

    def test_page(self):
        page = to_page(read_status(self.proc))
        self.assertIn("up 3600 s", page)
        self.assertIn("load 0.25, 512 MiB of memory left", page)

    def test_old_kernel(self):
        (self.proc / "meminfo").write_text("MemTotal: 1024000 kB\n")
        with self.assertRaises(ValueError):
            read_status(self.proc)


if __name__ == "__main__":
    unittest.main()
