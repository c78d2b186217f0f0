"""Every example of every help text is carried out, as it stands there, in a world where its words are true; so are the commands of
documents that show what one types in a row."""
import os
import pathlib
import pty
import re
import select
import subprocess
import time

import pytest

import example_world
import parts

BUILD = "edgectl build -q --platform linux/arm/v7,linux/arm64 -t app:1 -t registry.example.com/app:1 ."
PUSH = f"{BUILD} && edgectl push -q registry.example.com/app:1"
TEST_IMAGE = f"{PUSH} && edgectl copy registry.example.com/app:1 registry.example.com/test/app:1"
ARCHIVE = f"{BUILD} && edgectl save --platform linux/arm64 -o app.tar app:1"
FLEET = "edgectl device rm bench; edgectl device add --fleet greenhouse bench root@raspberrypi.local"
# A service that several projects have is asked about.
ONE_PROJECT = "docker rm --force greenhouse-app-1"
BENCH = "edgectl device rm bench; edgectl device add bench root@raspberrypi.local"
RELEASES = """
for version in v1.1 v1.2 v1.3 v1.5; do echo $version >message; edgectl push greenhouse -q --release-version $version; done
edgectl push greenhouse -q --draft --release-version v1.4
edgectl release promote greenhouse v1.5 canary
edgectl release promote greenhouse v1.2
echo hello >message
"""
DOCUMENTS = ["building.md", "build-time-volumes.md", "livepush.md", "pushing.md", "templates.md"]
# What has to be so before an example: all of them run in one project, in the order of the help texts.
BEFORE = {
    "edgectl build -v ~/.cache/apt:/var/cache/apt/archives -t app:1 .": "mkdir -p ~/.cache/apt",
    "edgectl push": "edgectl build -q --board raspberrypi4-64",
    "edgectl push --insecure board-lab:5000/app:1": f"{BUILD} && edgectl tag app:1 board-lab:5000/app:1",
    "edgectl inspect docker-archive:app.tar": ARCHIVE,
    "edgectl copy registry.example.com/test/app:1 registry.example.com/live/app:1": TEST_IMAGE,
    "edgectl copy registry.example.com/app:1 oci:app:1": PUSH,
    "edgectl copy docker-archive:app.tar registry.example.com/app:1": ARCHIVE,
    "edgectl save --platform linux/arm64 app:1 | ssh board docker load": BUILD,
    "edgectl load -i app.tar --tag registry.example.com/app": ARCHIVE,
    "docker save app:1 | edgectl load": f"{BUILD} && edgectl save --platform linux/arm64 app:1 | docker load",
    "edgectl attach --artifact-type application/spdx+json registry.example.com/app:1 sbom.spdx.json": PUSH,
    "edgectl init": "rm -rf ~/new; mkdir ~/new && cd ~/new",
    "edgectl init demo": "rm -rf demo",
    "edgectl init demo --board raspberrypi4-64 --template c-cmake -y": "rm -rf demo",
    "edgectl init demo --template ./my-template --var port=8000": "rm -rf demo",
    "edgectl init demo --template sensor": "rm -rf demo",
    "edgectl init demo --template https://git.example.com/templates.git#v2:sensor": "rm -rf demo",
    "edgectl init --from-existing --board beagleplay": "rm -rf old; mkdir old && cp Dockerfile message old/ && cd old",
    "edgectl template add https://git.example.com/templates.git#v2:sensor": "edgectl template rm sensor",
    "edgectl livepush bench": BENCH,
    "edgectl livepush bench app --env app:LOG_LEVEL=debug": BENCH,
    "edgectl livepush --detached bench": BENCH,
    "edgectl deploy bench": BENCH,
    "edgectl deploy -e app:LOG_LEVEL=debug bench app": BENCH,
    "edgectl deploy bench --release greenhouse:stable": f"{BENCH}; edgectl push -q greenhouse",
    "edgectl device add bench root@raspberrypi.local": "edgectl device rm bench",
    "edgectl device logs -f -n 10 pi.local app": ONE_PROJECT,
    "edgectl device exec -it pi.local app sh": ONE_PROJECT,
    "edgectl device exec pi.local app cat /etc/os-release": ONE_PROJECT,
    "edgectl fleet init greenhouse --registry registry.example.com/team --board raspberrypi4-64 --board raspberry-pi2":
        "mkdir ~/other && cd ~/other",
    "edgectl release show greenhouse v1.4": RELEASES,
    "edgectl rollout greenhouse --devices bench,root@raspberrypi.local": BENCH,
    "edgectl rollout greenhouse:v1.5 --devices all --canary 5 --wave 10%": FLEET,
}
# What is typed on a terminal, and after which text. Those that stay are interrupted.
TYPED = {
    "edgectl init": [("Template", "\n"), ("Board", "\n"), ("Name of the project", "\n"), ("Registry", "\n"), ("Seconds", "\n")],
    "edgectl init demo": [("Template", "\n"), ("Name of the project", "\n"), ("Registry", "\n"), ("Seconds", "\n")],
    "edgectl login registry.example.com": [("User name", f"{example_world.USER}\n"), ("Password", f"{example_world.TOKEN}\n")],
    "edgectl livepush bench": [("hello", "\x03")],
    "edgectl livepush bench app --env app:LOG_LEVEL=debug": [("hello", "\x03")],
    "edgectl livepush root@raspberrypi.local": [("hello", "\x03")],
    "edgectl device logs -f -n 10 pi.local app": [("hello", "\x03")],
    "edgectl device exec -it pi.local app sh": [("# ", "cat /etc/os-release; exit\n")],
}
INTERRUPTED = 130
# What an example prints, as a pattern.
PRINTS = {
    "edgectl build --check .": "no warnings found",
    "edgectl push greenhouse --note 'reads the new sensor'": "reads the new sensor|stable",
    "edgectl inspect --remote debian:12": "^Name: +debian:12\n(.*\n)*.*linux/arm/v7",
    "edgectl inspect docker-archive:app.tar": "linux/arm64",
    "edgectl save --platform linux/arm64 app:1 | ssh board docker load": "^Loaded image: app:1$",
    "edgectl tags registry.example.com/app | sort -V": r"\A1$",
    "edgectl referrers --artifact-type application/spdx+json registry.example.com/app:1": r"^sha256:\w+ +application/spdx\+json",
    "edgectl template show gpio-blinky": "gpio",
    "edgectl template show ./my-template": "Reads a sensor",
    "edgectl board ls cortex-a53 can": "Cortex-A53",
    "edgectl board ls --arch linux/arm/v6": "^raspberry-pi +linux/arm/v6",
    "edgectl board show raspberrypi4-64": "/dev/i2c-1",
    "edgectl compose config": "^    image: registry.example.com/team/app:1$",
    "edgectl compose config -f compose.yaml -f compose.dev.yaml --profile debug": "^  debugger:$",
    "edgectl compose config -q": r"\A\Z",
    "edgectl config show": "^board +raspberrypi4-64 +edgectl.yaml:2$",
    "edgectl config show build --jobs 2": "^build.jobs +2 ",
    "edgectl config show --json fleets": '"greenhouse"',
    "edgectl device info root@raspberrypi.local": "^Address +ssh://root@raspberrypi.local$",
    "edgectl device exec -it pi.local app sh": "^ID=demo",
    "edgectl device exec pi.local app cat /etc/os-release": "^ID=demo$",
    "edgectl fleet ls": "^greenhouse +stable ",
    "edgectl fleet check greenhouse": "^good: ",
    "edgectl release ls greenhouse": "^RELEASE(.*\n)+.* stable .* reads the new sensor$",
    "edgectl release show greenhouse v1.4": "^release +v1.4$",
    "edgectl release diff greenhouse stable v1.5": r"linux/arm64 downloads [1-9]",
    "edgectl release promote greenhouse canary stable": "^channel stable: v1.2 -> v1.5$",
    "edgectl release rollback greenhouse": "^channel stable: v1.5 -> v1.2$",
    "edgectl release finalize greenhouse v1.4": "^channel stable: v1.2 -> v1.4$",
    "edgectl release rm greenhouse v1.3": "^removed v1.3$",
    "edgectl rollout greenhouse --devices bench,root@raspberrypi.local": "^greenhouse v1.4: 1 of 1 board runs it$",
    "edgectl rollout greenhouse:v1.5 --devices all --canary 5 --wave 10%": "^greenhouse v1.5: 1 of 1 board runs it$",
    "edgectl doctor emulation": "a program ran",
    "edgectl doctor --store": r"are\s+sound$",
    "edgectl version --json": '"edgectl": ',
}
# What is so afterwards: more lines for the same shell.
THEN = {
    "edgectl build --platform linux/arm/v7 -t app:1 .": "edgectl inspect app:1 | grep linux/arm/v7",
    "edgectl build --board raspberrypi4-64 -t app:1 .": "edgectl inspect app:1 | grep linux/arm64",
    "edgectl build --platform linux/arm/v7,linux/arm64 -t lab:5000/app --push .": "edgectl tags lab:5000/app | grep latest",
    "edgectl build -t app:1 https://git.example.com/app.git#main:board": "edgectl inspect app:1",
    "edgectl build --board raspberrypi4-64 --push": "edgectl inspect --remote registry.example.com/team/app:1 | grep linux/arm64",
    "edgectl push": "edgectl inspect --remote registry.example.com/team/app:1",
    "edgectl push registry.example.com/app:1": "edgectl inspect --remote registry.example.com/app:1",
    "edgectl push --insecure board-lab:5000/app:1": "edgectl tags --insecure board-lab:5000/app | grep 1",
    "edgectl pull --platform linux/arm/v7,linux/arm64 debian:12": "edgectl inspect debian:12",
    "edgectl rm app:1": "! edgectl inspect app:1",
    "edgectl rm --remote registry.example.com/app:1": "! edgectl inspect --remote registry.example.com/app:1",
    "edgectl copy registry.example.com/test/app:1 registry.example.com/live/app:1": "edgectl tags registry.example.com/live/app | grep 1",
    "edgectl copy registry.example.com/app:1 oci:app:1": "test -f app/index.json",
    "edgectl copy docker-archive:app.tar registry.example.com/app:1": "edgectl inspect --remote registry.example.com/app:1 | grep linux/arm64",
    "edgectl save --format oci-archive -o app.tar app:1": "tar -tf app.tar index.json",
    "docker save app:1 | edgectl load": "edgectl inspect app:1 | grep linux/arm64",
    "edgectl init demo --board raspberrypi4-64 --template c-cmake -y": "cd demo && edgectl build --check",
    "edgectl init": "test -f Dockerfile -a -f compose.yaml",
    "edgectl init --from-existing --board beagleplay": "edgectl compose config -q && test -f .dockerignore",
    "edgectl template add https://git.example.com/templates.git#v2:sensor": "edgectl template ls | grep sensor",
    "edgectl template add ./my-template --name mine": "edgectl template ls | grep mine",
    "edgectl deploy root@raspberrypi.local": "docker exec demo-app-1 cat /app/message",
    "edgectl deploy -e app:LOG_LEVEL=debug bench app": "docker exec demo-app-1 env | grep LOG_LEVEL=debug",
    "edgectl deploy bench --release greenhouse:stable": "docker ps | grep greenhouse",
    "edgectl device add bench root@raspberrypi.local": "edgectl device ls | grep bench",
    "edgectl device add --fleet greenhouse bench root@raspberrypi.local": "edgectl device ls | grep greenhouse",
    "edgectl device add --certs ~/certs lab tcp+tls://10.0.0.7:2376": "edgectl device ls | grep 10.0.0.7",
    "edgectl fleet init greenhouse --registry registry.example.com/team --board raspberrypi4-64 --board raspberry-pi2":
        "edgectl fleet ls | grep raspberry-pi2",
    "edgectl config schema > edgectl.schema.json": "grep draft/2020-12 edgectl.schema.json",
    "source <(edgectl completion bash)": "complete -p edgectl",
    "edgectl completion fish > ~/.config/fish/completions/edgectl.fish": "grep 'complete -c edgectl' ~/.config/fish/completions/edgectl.fish",
}


def all_examples(program):
    """The lines of the help texts, in their order."""
    def run(*words):
        return subprocess.run([program, "help", *words], check=True, capture_output=True, text=True, env={"PATH": ""}).stdout

    for name in re.findall(r"^  ([a-z]+(?: [a-z-]+)?)  ", run(), re.MULTILINE):
        yield from re.findall(r"^    (\S.*)", run(*name.split()).partition("\nExamples:\n")[2], re.MULTILINE)


def commands_of(document):
    text = (pathlib.Path(__file__).resolve().parents[2] / "docs" / document).read_text()
    return [line.split(" #")[0].strip() for block in re.findall(r"^```console\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
            for line in re.findall(r"^\$ (.*)", block, re.MULTILINE)]


def pytest_generate_tests(metafunc):
    if "example" in metafunc.fixturenames:
        metafunc.parametrize("example", list(all_examples(metafunc.config.getoption("edgectl"))))


@pytest.fixture(scope="module")
def world(workspace, engine, edgectl):
    for program, package in {"sshd": "openssh-server", "openssl": "openssl", "htpasswd": "apache2-utils", "ip": "iproute2",
                             "git": "git"}.items():
        parts.need_program(program, package)
    with parts.closing(example_world.World(workspace / f"world-{edgectl.identity.name}", engine, edgectl)) as world:
        world.shell(f"edgectl login --username {example_world.USER} --password-stdin registry.example.com <token.txt")
        world.shell(PUSH)
        yield world


def typed(world, script, dialogue):
    """The exit status, and what stood on the terminal."""
    child, terminal = pty.fork()
    if child == 0:
        words = world.command(script)
        os.execvpe(words[0], words, world.environment())
    text, seen, deadline = "", 0, time.monotonic() + 60
    while select.select([terminal], [], [], max(0, deadline - time.monotonic()))[0]:
        try:
            data = os.read(terminal, 65536)
        except OSError:  # closed at the other end
            break
        text += data.decode(errors="replace")
        if dialogue and re.search(dialogue[0][0], text[seen:]):
            os.write(terminal, dialogue[0][1].encode())
            dialogue, seen = dialogue[1:], len(text)
    else:
        os.kill(child, 9)
    os.close(terminal)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), text


def test_example(world, example):
    script = f"{BEFORE.get(example, ':')}\n{example} || exit\n{THEN.get(example, ':')}"
    if example in TYPED:
        status, text = typed(world, script, TYPED[example])
        assert status == (INTERRUPTED if TYPED[example][-1][1] == "\x03" else 0), text
    else:
        text = world.shell(script)
    assert re.search(PRINTS.get(example, ""), text, re.MULTILINE), text


@pytest.mark.parametrize("name", DOCUMENTS)
def test_document(world, name):
    """What stands behind "$ ", line by line."""
    lines = commands_of(name)
    assert lines
    for line in lines:
        test_example(world, line)


def test_tables(request):
    """Nothing is said of examples that are no more."""
    known = {*all_examples(request.config.getoption("edgectl")), *(line for name in DOCUMENTS for line in commands_of(name))}
    assert len(known) > 70
    assert {*BEFORE, *TYPED, *PRINTS, *THEN} <= known
