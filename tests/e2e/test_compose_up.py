"""`edgectl deploy` beside a real `docker compose up` on the same engine: what both make has to agree."""
import json
import os
import re
import subprocess

import pytest

import parts
from conftest import REPOSITORY

PEER = REPOSITORY / "build/peers/docker-compose"
LABEL = "com.docker.compose."
MODEL = """
name: {project}
x-usual: &usual
  image: {image}
  command: sleep 1000
  stop_signal: SIGKILL
services:
  first:
    <<: *usual
    cap_add: [NET_ADMIN, SYS_TIME]
    cap_drop: [MKNOD]
    devices: [/dev/null, "/dev/zero:/dev/zero:r"]
    tmpfs: [/run, "/tmp:size=1m,mode=1777"]
    ulimits: {{nofile: {{soft: 100, hard: 200}}, nproc: 500}}
    restart: on-failure:3
    healthcheck: {{test: [CMD, "true"], interval: 1m30s, timeout: 5s, retries: 2, start_period: 3s}}
    init: true
    group_add: [43, "44"]
    sysctls: {{net.core.somaxconn: 1024, net.ipv4.tcp_syncookies: 0}}
    ipc: shareable
    volumes:
      - data:/data
      - ramdisk:/ro:ro
      - /anonymous
      - ./host:/host
      - {{type: bind, source: ., target: /project, read_only: true, bind: {{create_host_path: false, propagation: rprivate}}}}
      - {{type: tmpfs, target: /memory, tmpfs: {{size: 65536, mode: 0700}}}}
      - {{type: volume, source: data, target: /nocopy, volume: {{nocopy: true}}}}
    networks:
      own: {{aliases: [one, uno], priority: 10, ipv4_address: 10.77.0.9}}
      inner: {{mac_address: "02:42:ac:11:65:43"}}
      default:
    configs: [conf, {{source: conf, target: /etc/conf2}}]
    secrets: [hidden, {{source: hidden, target: other}}]
    logging: {{driver: json-file, options: {{max-size: 1m, max-file: "2"}}}}
    depends_on: {{second: {{condition: service_healthy, restart: true}}}}
    extra_hosts: ["h1:10.0.0.1"]
    dns: [9.9.9.9, 8.8.8.8]
    dns_opt: ["ndots:2"]
    dns_search: [example.org]
    stop_grace_period: 1m5s
    labels: {{a.b: c, io.balena.features.requires.arch.sw: aarch64}}
    annotations: {{note.x: "y"}}
    hostname: hosta
    domainname: dom.local
    user: "0:0"
    working_dir: /tmp
    tty: true
    stdin_open: true
    environment: {{A: "1", B: 'x <y> & "z"', C: , HTTP_PROXY: own, https_proxy: }}
    ports: ["8081:80", "127.0.0.1:8082:81/udp", {{target: 83, published: "8090-8095", host_ip: 127.0.0.1}}]
    mem_limit: 64m
    mem_reservation: 32m
    cpus: 0.5
    cpu_shares: 512
    shm_size: 32m
    pids_limit: 100
    oom_score_adj: 100
    security_opt: ["no-new-privileges:true", seccomp=unconfined]
  second:
    <<: *usual
    healthcheck: {{test: "true", interval: 1s}}
    network_mode: host
    userns_mode: host
    uts: host
    cgroup: host
    deploy:
      resources: {{limits: {{cpus: "0.25", memory: 50M, pids: 50}}, reservations: {{memory: 20M}}}}
      restart_policy: {{condition: on-failure, max_attempts: 2}}
  third:
    <<: *usual
    command: null
    entrypoint: [sleep, "1000"]
    network_mode: service:fourth
    ipc: service:first
    pid: service:fourth
    volumes_from: [fourth]
    device_cgroup_rules: ["c 1:3 mr"]
  fourth:
    <<: *usual
    command: []
    tty: true
    cpuset: "0"
    links: ["fifth:alias"]
    volumes: ["data:/dd"]
    healthcheck: {{disable: true}}
  fifth:
    <<: *usual
    container_name: {project}-own-name
    restart: unless-stopped
    privileged: true
    pid: host
    scale: 1
  sixth:
    <<: *usual
    network_mode: none
    scale: 2
  unused:
    <<: *usual
    profiles: [never]
networks:
  own:
    driver: bridge
    driver_opts: {{com.docker.network.driver.mtu: 1400}}
    labels: {{n: "1"}}
    ipam: {{driver: default, config: [{{subnet: 10.77.0.0/24, ip_range: 10.77.0.128/25, gateway: 10.77.0.1, aux_addresses: {{h: 10.77.0.3}}}}]}}
  inner: {{internal: true, attachable: true}}
volumes:
  data: {{labels: [x=y]}}
  ramdisk: {{driver: local, driver_opts: {{type: tmpfs, device: tmpfs, o: size=1m}}}}
configs: {{conf: {{file: ./conf}}}}
secrets: {{hidden: {{file: ./hidden}}}}
"""

PROXIES = '{"proxies": {"default": {"httpProxy": "http://p:1", "httpsProxy": "http://p:2", "noProxy": "x,y", "allProxy": "z://"}}}'

# Of a container, what the two may have in other words: an empty list or none, a mount in the short or the long form of the
# API (what came of it is in Mounts), "8080" or "8080/tcp"; and what the engine chose.
EITHER = r"HostConfig\.(Binds|Mounts)|LogPath|.*Path$|Mounts\.Mode|(Gateway|IPAddress|MacAddress|EndpointID|NetworkID|SandboxID|SandboxKey)"
OWN_LABELS = ("config-hash", "version")


class Project:
    def __init__(self, engine, edgectl, root, name):
        os.chmod(engine.root, 0o755)
        os.chmod(engine.root / "docker.sock", 0o666)
        self.engine, self.edgectl, self.root, self.name = engine, edgectl, root, name
        self.docker = {"DOCKER_CONFIG": str(root / "docker")}

    def compose(self, *words, check=True):
        done = subprocess.run([PEER, *words], cwd=self.root, capture_output=True, text=True, timeout=120,
                              env=self.docker | {"PATH": parts.DEBIAN_PATH, "HOME": str(self.engine.root), "DOCKER_HOST": self.engine.socket})
        assert done.returncode == 0 or not check, done.stderr
        return done.stdout + done.stderr

    def deploy(self, *words, **options):
        return self.edgectl("deploy", "--source", self.root, *words, self.engine.socket, env=self.docker, **options).stderr

    def objects(self, kind):
        """What `docker inspect` says, by name."""
        listing = {"container": ["ps", "--all"], "network": ["network", "ls"], "volume": ["volume", "ls"]}[kind]
        names = self.engine.docker(*listing, "--quiet", "--filter", f"label={LABEL}project={self.name}").stdout.split()
        shown = json.loads(self.engine.docker(kind, "inspect", *names).stdout) if names else []
        return {x["Name"].lstrip("/"): x for x in shown}

    def ids(self):
        return {name: x["Id"] for name, x in self.objects("container").items()}

    def close(self):
        self.compose("down", "--volumes", "--timeout", "0", check=False)
        for name in self.objects("container"):
            self.engine.docker("rm", "--force", "--volumes", name)


@pytest.fixture
def project(engine, edgectl, context, busybox, identity, request):
    parts.need(PEER.exists(), "no docker compose to compare with: sh tools/peers.sh")
    name = f"up-{identity.name}-{request.node.originalname.replace('_', '-')}"
    root = context({"compose.yaml": MODEL.format(project=name, image=busybox), "conf": "c\n", "hidden": "h\n",
                    "host/file": "f\n", "docker/config.json": PROXIES})
    pulled = engine.docker("pull", "--quiet", "--platform", "linux/arm64", busybox)
    assert pulled.returncode == 0, pulled.stderr
    with parts.closing(Project(engine, edgectl, root, name)) as project:
        yield project


def flat(value, path=""):
    """(path, value) of all that is not empty."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from flat(inner, f"{path}.{key}" if path else key)
    elif isinstance(value, list) and value and isinstance(value[0], dict):
        for inner in value:
            yield from flat(inner, path)
    elif value not in (None, "", [], {}, False):
        yield path, value


def comparable(container, names):
    """What has to be equal: without what is the engine's choice or the order of a Go map, other containers by their names."""
    labels = container["Config"]["Labels"]
    for label in OWN_LABELS:
        labels.pop(LABEL + label)
    labels[LABEL + "depends_on"] = ",".join(sorted(labels[LABEL + "depends_on"].split(",")))
    container["Config"]["Env"].sort()
    container = {key: container[key] for key in ("Config", "HostConfig", "Mounts", "NetworkSettings")}
    container["HostConfig"]["ExtraHosts"] = sorted(container["HostConfig"].get("ExtraHosts") or [])
    ports = container["NetworkSettings"].pop("Ports") or {}
    container["ports"] = sorted(ports)
    container["Mounts"] = {x["Destination"]: (x["Type"], x["RW"], x.get("Driver"), x["Propagation"],
                                              re.sub("[0-9a-f]{64}", "ANONYMOUS", x.get("Name") or x["Source"]))
                           for x in container["Mounts"]}
    text = json.dumps(container)
    for name, known in names.items():
        text = text.replace(known, f"id of {name}").replace(known[:12], f"short id of {name}")
    found = {}
    for path, value in flat(json.loads(text)):
        if not re.search(EITHER, path):
            found.setdefault(path, []).append(value)
    return {path: sorted(values, key=str) for path, values in found.items()}


def comparable_resource(resource):
    for label in OWN_LABELS:
        resource["Labels"].pop(LABEL + label, None)
    for chosen in ("Id", "Created", "CreatedAt", "Containers"):
        resource.pop(chosen, None)
    if not any("AuxiliaryAddresses" in x for x in resource.get("IPAM", {}).get("Config", [])):
        resource.pop("IPAM", None)
    return resource


def snapshot(project):
    names = project.ids()
    return ({name: comparable(x, names) for name, x in project.objects("container").items()},
            {name: comparable_resource(x) for name, x in project.objects("network").items()},
            {name: comparable_resource(x) for name, x in project.objects("volume").items()})


def test_both_make_the_same(project):
    project.compose("up", "--detach")
    theirs = snapshot(project)
    project.close()
    project.deploy()
    ours = snapshot(project)
    for their_objects, our_objects in zip(theirs, ours):
        assert sorted(their_objects) == sorted(our_objects)
        for name, expected in their_objects.items():
            differing = {key: (expected.get(key), our_objects[name].get(key)) for key in expected | our_objects[name]
                         if expected.get(key) != our_objects[name].get(key)}
            assert not differing, name
    assert len(theirs[0]) == 7 and len(theirs[1]) == 3 and len(theirs[2]) == 2


# This version counts dependencies in its hash, and says create_host_path, which later ones do not.
ALIKE = """
name: {project}
services:
  one:
    image: {image}
    command: sleep 1000
    stop_signal: SIGKILL
    environment: {{B: '<&>', A: }}
    labels: {{z: "1", a: "2"}}
    healthcheck: {{test: "true", interval: 1m, start_period: 2s}}
    ulimits: {{nofile: {{soft: 100, hard: 200}}, nproc: 500}}
    volumes: ["data:/data:ro", /anonymous, {{type: tmpfs, target: /t, tmpfs: {{size: 1m, mode: 0700}}}}]
    networks: {{default: {{aliases: [x]}}, inner: }}
    deploy: {{replicas: 2, resources: {{limits: {{cpus: "0.25", memory: 50M}}}}}}
    logging: {{options: {{max-size: 1m}}}}
    ports: ["80"]
    stop_grace_period: 1m5s
  two:
    image: {image}
    command: []
    entrypoint: ["sleep", "1000"]
    stop_signal: SIGKILL
    network_mode: host
    cpus: 0.5
    mem_limit: 64m
    privileged: true
    devices: [/dev/null]
    extra_hosts: ["b:10.0.0.2", "a=10.0.0.1"]
    secrets: [hidden]
networks: {{inner: {{internal: true}}}}
volumes: {{data: {{labels: {{x: "y"}}}}}}
secrets: {{hidden: {{file: ./hidden}}}}
"""


def test_each_takes_what_the_other_made(project, busybox):
    """Neither recreates, restarts or renames anything of the other's."""
    (project.root / "compose.yaml").write_text(ALIKE.format(project=project.name, image=busybox))
    project.deploy()
    before = project.ids()
    assert len(before) == 3
    said = project.compose("up", "--detach")
    assert "Recreate" not in said and project.ids() == before
    assert {x["Service"] for x in map(json.loads, project.compose("ps", "--format", "json").splitlines()) if x} == {"one", "two"}
    project.close()

    project.compose("up", "--detach")
    before = project.ids()
    said = project.deploy()
    assert "3 unchanged" in said and "not what the file says" not in said and project.ids() == before
