import unittest

from app.sensor import decode, read_temperature


class FakeBus:
    def read_register(self, register, length):
        return {(0, 2): b"\x19\x80"}[register, length]


class SensorTest(unittest.TestCase):
    def test_values_of_the_data_sheet(self):
        for data, degrees in [(b"\x7d\x00", 125), (b"\x19\x00", 25), (b"\x00\x80", 0.5), (b"\x00\x00", 0),
                              (b"\xff\x80", -0.5), (b"\xe7\x00", -25), (b"\xc9\x00", -55)]:
            self.assertEqual(decode(data), degrees)

    def test_register(self):
        self.assertEqual(read_temperature(FakeBus()), 25.5)


if __name__ == "__main__":
    unittest.main()
