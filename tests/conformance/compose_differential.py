#!/usr/bin/env python3
"""edgectl beside a real `docker compose config`: over the peers' cases, and over random stacks of override files.

usage: compose_differential.py EDGECTL DOCKER_COMPOSE [--random N] [--seed S] [--show]

DOCKER_COMPOSE is the plugin's binary, as tools/peers.sh fetches it; it needs no engine for this. Without it, the test is
skipped: exit status 77; with EDGECTL_TESTS_MUST_RUN=1 it fails.

It is older than the commit that the cases were computed with: a case is compared only where it gives the case's own
result, so that what is left is about edgectl. Random stacks are made of parts on which the two versions agree.
"""

import argparse
import itertools
import json
import os
import pathlib
import random
import shutil
import subprocess
import sys
import tempfile

CONFORMANCE = pathlib.Path(os.environ["CONFORMANCE_DIR"]) / "compose" / "config"

# Parts of a service: each file of a stack takes some, so that every kind of merge is met.
PARTS = [
    'image: "app:{n}"',
    "command: run {n}",
    'command: ["a", "{n}"]',
    "entrypoint: /bin/{n}",
    "environment: {{A: a{n}, N{n}: {n}}}",
    'environment: ["A=l{n}", "B=x=y", "C"]',
    "labels: {{l{n}: v, same: s{n}}}",
    'labels: ["same=t{n}"]',
    'ports: ["80{n}0:80", "9090:90/udp"]',
    'ports: [{{target: 80, published: "80{n}0"}}]',
    'ports: ["700{n}-700{m}:7000-700{k}"]',
    'volumes: ["./d{n}:/data", "named:/n:ro"]',
    "volumes: [{{type: tmpfs, target: /t{n}}}, {{type: volume, source: named, target: /n}}]",
    "networks: [one]",
    "networks: {{one: {{aliases: [x{n}]}}, two: }}",
    "depends_on: [db]",
    "depends_on: {{db: {{condition: service_healthy}}}}",
    "dns: 1.1.1.{n}",
    "dns: [1.1.1.{n}, 8.8.8.8]",
    "tmpfs: /run{n}",
    "cap_add: [C{n}, SAME]",
    "extra_hosts: {{h{n}: 1.2.3.{n}}}",
    'extra_hosts: ["h=1.2.3.{n}"]',
    "ulimits: {{nofile: {n}00, nproc: {{soft: {n}, hard: 9}}}}",
    "logging: {{driver: local, options: {{max-size: {n}m}}}}",
    "logging: {{options: {{max-file: '{n}'}}}}",
    'healthcheck: {{test: "curl {n}", retries: {n}}}',
    "healthcheck: {{interval: {n}0s}}",
    "build: ./b{n}",
    "build: {{context: ., args: [V={n}, W={n}]}}",
    "build: {{dockerfile: D{n}, args: {{V: 'm{n}'}}, target: t}}",
    "deploy: {{replicas: 1, resources: {{limits: {{memory: {n}G}}}}}}",
    "sysctls: {{net.core.somaxconn: {n}}}",
    "restart: always",
    "restart: on-failure:{n}",
    "mem_reservation: {n}m",
    "secrets: [s]",
    "secrets: [{{source: s, target: t{n}}}]",
    "env_file: e{n}.env",
    "env_file: [e1.env, e2.env]",
    "expose: ['{n}00', 3000]",
    "devices: ['/dev/a{n}:/dev/x']",
    "profiles: []",
    "stop_grace_period: {n}m30s",
    "user: '${{UID_{n}:-10{n}}}'",
    "working_dir: ${{WD-/w{n}}}",
    "init: ${{INIT}}",
    "scale: ${{SCALE:-1}}",
]
RESET = ["ports: !override ['1{n}:1']", "environment: !reset {{}}", "volumes: !reset []", "command: !reset null"]
TAIL = """  db: {image: db}
volumes: {named: {}}
networks: {one: {}, two: {}}
secrets: {s: {file: ./s}}
"""


def run(program, argv, cwd, env):
    keep = {"PATH": os.environ["PATH"], "PWD": str(cwd)}
    done = subprocess.run([*program, *argv], cwd=cwd, env={**keep, **env}, capture_output=True, text=True,
                          timeout=60, check=False)
    if done.returncode != 0:
        return None, done.stderr
    return json.loads(done.stdout.replace("$$", "$")), done.stderr


def tidy(value, path=()):
    """What the data's README calls equal."""
    if isinstance(value, list):
        items = [tidy(item, (*path, "[]")) for item in value]
        return sorted(items) if path and path[-1] == "extra_hosts" else items
    if not isinstance(value, dict):
        return value
    out = {key: tidy(item, (*path, key)) for key, item in value.items()}
    if len(path) == 2 and path[0] == "services":
        out = {key: item for key, item in out.items() if not (key in ("command", "entrypoint") and item is None)}
    if path[-2:] == ("volumes", "[]"):
        if out.get("bind", {}).get("create_host_path") is True:
            del out["bind"]["create_host_path"]
        out = {key: item for key, item in out.items() if not (key in ("bind", "volume", "tmpfs", "image") and item == {})}
    # Older versions print what is empty.
    for key in {("networks",): ["ipam"], ("services", "deploy"): ["placement", "resources"]}.get(path[::2], []):
        if out.get(key) == {}:
            del out[key]
    if path[-2:] == ("env_file", "[]") and out.get("required") is True:
        del out["required"]
    return out


def difference(want, have, path="."):
    if isinstance(want, dict) and isinstance(have, dict):
        for key in sorted(set(want) | set(have)):
            if key not in want or key not in have:
                return f"{path}{key}: only in {'edgectl' if key in have else 'docker compose'}"
            found = difference(want[key], have[key], f"{path}{key}.")
            if found:
                return found
        return None
    return None if want == have else f"{path}: docker compose {want!r}, edgectl {have!r}"


class Comparison:
    def __init__(self, edgectl, docker_compose, show):
        self.edgectl = [edgectl, "compose"]
        self.docker = [docker_compose]
        self.show = show
        self.same = self.skipped = 0
        self.failures = []

    def report(self, name, text):
        self.failures.append(name)
        print(f"FAILED {name}: {text}")

    def compare(self, name, argv, cwd, env, expected=None):
        want, want_talk = run(self.docker, argv, cwd, env)
        if expected is not None and (want is None or tidy(want) != tidy(expected)):
            self.skipped += 1
            return
        have, have_talk = run(self.edgectl, argv, cwd, env)
        if want is None and have is None:
            self.same += 1
        elif want is None or have is None:
            self.report(name, f"only {'docker compose' if want is None else 'edgectl'} refuses it: "
                              f"{want_talk if want is None else have_talk}")
        else:
            found = difference(tidy(want), tidy(have))
            if found:
                self.report(name, found)
            else:
                self.same += 1


def expected_of(case, project):
    path = case / "expected.json"
    if not path.exists():
        return None
    return json.loads(path.read_text().replace("@DIR@", str(project)).replace("@PARENT@", str(project.parent)))


def used_resources(model):
    """The model without networks and the like that no service uses."""
    used = {kind: set() for kind in ("networks", "volumes", "secrets", "configs", "models")}
    for service in model["services"].values():
        used["networks"].update(service.get("networks", {}))
        used["models"].update(service.get("models", {}))
        used["volumes"].update(mount.get("source") for mount in service.get("volumes", []) if mount["type"] == "volume")
        for kind in ("secrets", "configs"):
            used[kind].update(item["source"] for item in service.get(kind, []))
            used[kind].update(item["source"] for item in service.get("build", {}).get(kind, []))
    for kind, names in used.items():
        if kind in model:
            model[kind] = {name: item for name, item in model[kind].items() if name in names}
            if not model[kind]:
                del model[kind]
    return model


def run_cases(comparison):
    for case in sorted(CONFORMANCE.iterdir()):
        facts = json.loads((case / "case.json").read_text())
        if facts["level"] != "must" or facts["expect"] != "ok":
            continue
        with tempfile.TemporaryDirectory() as name:
            project = pathlib.Path(name).resolve() / "project"
            shutil.copytree(case / "project", project)
            for directory in facts.get("mkdir", []):
                (project / directory).mkdir(parents=True, exist_ok=True)
            for link, target in facts.get("symlinks", {}).items():
                (project / link).symlink_to(target)
            argv = facts["docker_compose_argv"]
            expected = expected_of(case, project)
            if "--all-resources" in argv:  # which this version does not have: both leave out what is not used
                argv = [word for word in argv if word != "--all-resources"]
                expected = used_resources(expected)
            comparison.compare(case.name, argv, project / facts["cwd"], facts["env"], expected)


def service_text(rng, is_override):
    parts = rng.sample(PARTS, rng.randint(2, 9))
    if is_override and rng.random() < 0.3:
        parts.append(rng.choice(RESET))
    seen, lines = set(), []
    for part in parts:
        key = part.split(":", 1)[0]
        if key in seen:
            continue
        seen.add(key)
        n = rng.randint(1, 3)
        lines.append("    " + part.format(n=n, m=n + 1, k=1))
    if not is_override and not seen & {"image", "build"}:
        lines.append("    image: base")
    return "\n".join(lines)


def run_random(comparison, count, seed):
    for number in range(count):
        rng = random.Random(f"{seed}-{number}")
        with tempfile.TemporaryDirectory() as name:
            project = pathlib.Path(name).resolve() / "project"
            project.mkdir()
            for index in (1, 2, 3):
                (project / f"e{index}.env").write_text(f"E={index}\nE{index}='$E'\nA=env{index}\n")
            (project / ".env").write_text("SCALE=2\nC=dotenv\nINIT=true\n")
            argv = []
            for index in range(rng.randint(1, 3)):
                text = f"services:\n  a:\n{service_text(rng, index > 0)}\n"
                if index == 0:
                    text += TAIL
                (project / f"{index}.yaml").write_text(text)
                argv += ["-f", f"{index}.yaml"]
            before = len(comparison.failures)
            comparison.compare(f"random-{seed}-{number}", [*argv, "config", "--format", "json"], project, {"UID_1": "5"})
            if comparison.show and len(comparison.failures) > before:
                for path in itertools.islice(sorted(project.glob("?.yaml")), 3):
                    print(f"--- {path.name}\n{path.read_text()}")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("edgectl")
    parser.add_argument("docker_compose")
    parser.add_argument("--random", type=int, default=100)
    parser.add_argument("--seed", default="1")
    parser.add_argument("--show", action="store_true")
    args = parser.parse_args()
    if not os.path.exists(args.docker_compose):
        print(f"there is no {args.docker_compose}: tools/peers.sh fetches it")
        return 1 if os.environ.get("EDGECTL_TESTS_MUST_RUN") == "1" else 77
    comparison = Comparison(os.path.abspath(args.edgectl), os.path.abspath(args.docker_compose), args.show)
    run_cases(comparison)
    run_random(comparison, args.random, args.seed)
    print(f"{comparison.same} alike, {len(comparison.failures)} not, {comparison.skipped} that this docker compose "
          "has otherwise than the data")
    return 1 if comparison.failures or not comparison.same else 0


if __name__ == "__main__":
    sys.exit(main())
