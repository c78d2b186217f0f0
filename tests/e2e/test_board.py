"""`--board`: an image for exactly the processor of a board."""
import base64
import struct

import pytest

import parts

AT_HWCAP = 16
HWCAP_ATOMICS, HWCAP_ASIMDDP = 1 << 8, 1 << 20  # asm/hwcap.h of arm64: ARMv8.1 and ARMv8.2
AUXV = "FROM {busybox}\nRUN base64 /proc/self/auxv > /auxv\n"


def hwcap(image):
    """What the kernel tells the program that its processor can."""
    return dict(struct.iter_unpack("<QQ", base64.b64decode(image.text("auxv"))))[AT_HWCAP]


@pytest.mark.parametrize("board, can, cannot", [
    ("raspberrypi4-64", 0, HWCAP_ATOMICS | HWCAP_ASIMDDP),
    ("raspberrypi5", HWCAP_ATOMICS | HWCAP_ASIMDDP, 0),
])
def test_steps_run_on_the_processor_of_the_board(publish, context, busybox, board, can, cannot):
    image = publish(context({"Dockerfile": AUXV.format(busybox=busybox)}), "--board", board)
    assert hwcap(image) & can == can
    assert hwcap(image) & cannot == 0
    assert not any(value.startswith("QEMU_CPU=") for value in image.config["config"].get("Env", []))


def test_the_processor_is_part_of_the_key(publish, context, busybox):
    """What ran on a Raspberry Pi 5 is not taken for a Raspberry Pi 4; what ran on a 4 is taken for a CM4."""
    root = context({"Dockerfile": AUXV.format(busybox=busybox)})
    five = publish(root, "--board", "raspberrypi5")
    four = publish(root, "--board", "raspberrypi4-64")
    module = publish(root, "--board", "raspberrypicm4-ioboard")
    assert hwcap(five) != hwcap(four)
    assert module.manifest["layers"] == four.manifest["layers"]


def test_an_old_board_and_a_new_one_are_one_image(edgectl, registry, reference, context, busybox):
    root = context({"Dockerfile": f"FROM {busybox}\nRUN uname -m > /machine\n"})
    edgectl("build", "--board", "raspberrypi,rpi5", "-t", reference, root)
    edgectl("push", reference)
    for platform, machine in (("linux/arm/v6", "armv6l"), ("linux/arm64", "aarch64")):
        assert parts.Image(registry, reference, platform).text("machine") == f"{machine}\n"


def test_boards_have_their_own_dockerfiles(edgectl, registry, reference, context, busybox):
    root = context({
        "Dockerfile": "FROM scratch\nRUN this is not what is built\n",
        "Dockerfile.template": f"FROM {busybox}\nRUN echo %%BALENA_MACHINE_NAME%% %%RESIN_ARCH%% > /board\n",
        "Dockerfile.raspberry-pi2": f"FROM {busybox}\nRUN echo its own > /board\n"})
    edgectl("build", "--board", "rpi1,rpi2,rpi5", "-t", reference, root)
    edgectl("push", reference)
    boards = {platform: parts.Image(registry, reference, platform).text("board")
              for platform in ("linux/arm/v6", "linux/arm/v7", "linux/arm64")}
    assert boards == {"linux/arm/v6": "raspberry-pi rpi\n", "linux/arm/v7": "its own\n",
                      "linux/arm64": "raspberrypi5 aarch64\n"}
