"""LM75, TMP102 and their like: register 0 is the temperature in 1/256 degrees, the high byte first."""

TEMPERATURE = 0


def decode(data: bytes) -> float:
    return int.from_bytes(data, "big", signed=True) / 256


def read_temperature(bus) -> float:
    """Degrees Celsius."""
    return decode(bus.read_register(TEMPERATURE, 2))
