"""One board: what it has, and the documents that its engine makes of it."""
import asyncio
import copy
import hashlib
import json
import pathlib
import re
import time

from images import EngineError

RECORDED = {name: exchange["received"] for name, exchange in
            json.loads(pathlib.Path(__file__).with_name("engine.json").read_text()).items()}
NEVER = "0001-01-01T00:00:00Z"
EVENTS_KEPT = 64


def recorded(name):
    return copy.deepcopy(RECORDED[name])


def now_text():
    return time.strftime("%Y-%m-%dT%H:%M:%S.000000000Z", time.gmtime())


def address_of(number):
    return f"127.{64 + (number >> 16)}.{number >> 8 & 255}.{number & 255}"


class Container:
    __slots__ = ("id", "name", "image", "body", "created", "started", "finished", "state", "code", "health", "restarts", "networks")

    def __init__(self, id, name, image, body, networks):
        self.id, self.name, self.image, self.body, self.networks = id, name, image, body, networks
        self.created = now_text()
        self.started = self.finished = NEVER
        self.state, self.code, self.health, self.restarts = "created", 0, None, 0

    def setting(self, key):
        """Of the creation, else of the image."""
        return self.body.get(key) or self.image["config"].get("config", {}).get(key)

    @property
    def labels(self):
        return (self.image["config"].get("config", {}).get("Labels") or {}) | (self.body.get("Labels") or {})

    @property
    def has_check(self):
        check = self.setting("Healthcheck")
        return bool(check) and check.get("Test") != ["NONE"]

    @property
    def comes_back(self):
        policy = (self.body.get("HostConfig", {}).get("RestartPolicy") or {}).get("Name")
        return policy in ("always", "unless-stopped", "on-failure")


class Board:
    def __init__(self, fleet, number):
        self.fleet, self.number, self.faults = fleet, number, {}
        self.images = {}      # by id
        self.names = {}       # tags and digests: id
        self.containers = {}  # by id
        self.networks = {"none": {"Name": "none", "Driver": "null"}, "host": {"Name": "host", "Driver": "host"}}
        self.volumes = {}
        self.requests = self.pulls = self.loads = self.made = 0
        self.listeners = set()  # queues of those who follow the events
        self.events = []
        self.server = None

    @property
    def architecture(self):
        return self.faults.get("architecture", self.fleet.architecture)

    def new_id(self):
        self.made += 1
        return hashlib.sha256(f"{self.number}/{self.made}/{time.time_ns()}".encode()).hexdigest()

    # --- events ---

    def emit(self, kind, action, actor, attributes):
        if kind == "container" and action.startswith("health_status"):
            attributes = dict(attributes)
        event = {"Type": kind, "Action": action, "Actor": {"ID": actor, "Attributes": attributes}, "scope": "local",
                 "time": int(time.time()), "timeNano": time.time_ns()}
        if kind == "container":
            event = {"status": action, "id": actor, "from": attributes["image"], **event}
        self.events = (self.events + [event])[-EVENTS_KEPT:]
        for queue in self.listeners:
            queue.put_nowait(event)

    def tell(self, container, action, **more):
        self.emit("container", action, container.id,
                  {"image": container.body["Image"], "name": container.name, **container.labels, **more})

    # --- what containers do ---

    def is_hit(self, container):
        return self.faults.get("with", "") in json.dumps(container.body)

    def start(self, container):
        loop = asyncio.get_running_loop()
        container.state, container.started, container.finished, container.code = "running", now_text(), NEVER, 0
        container.health = "starting" if container.has_check else None
        self.tell(container, "start")
        if "dies" in self.faults and self.is_hit(container):
            loop.call_later(self.faults["dies"], self.die, container, container.started, 1)
        elif "ends" in self.faults and self.is_hit(container):
            loop.call_later(self.faults["ends"], self.die, container, container.started, 0)
        elif container.health:
            verdict = "unhealthy" if "unhealthy" in self.faults and self.is_hit(container) else "healthy"
            loop.call_later(self.fleet.healthy_after, self.judge, container, verdict)

    def judge(self, container, verdict):
        if container.state == "running" and container.id in self.containers:
            container.health = verdict
            self.tell(container, f"health_status: {verdict}")

    def die(self, container, started, code):
        if container.state != "running" or container.started != started or container.id not in self.containers:
            return
        self.end(container, code)
        if container.comes_back:
            container.restarts += 1
            self.start(container)

    def end(self, container, code):
        container.state, container.code, container.finished, container.health = "exited", code, now_text(), \
            "unhealthy" if container.health else None
        self.tell(container, "die", exitCode=str(code))

    # --- finding ---

    def find_image(self, name):
        found = self.images.get(name) or self.images.get(self.names.get(name, ""))
        if not found and re.fullmatch("[0-9a-f]{12,64}", name):
            found = next((x for id, x in self.images.items() if id.startswith(f"sha256:{name}")), None)
        if not found:
            shown = name if "@" in name or name.startswith("sha256:") or ":" in name.rpartition("/")[2] else f"{name}:latest"
            raise EngineError(404, f"No such image: {shown}")
        return found

    def find_container(self, name):
        for container in self.containers.values():
            if name in (container.id, container.name) or len(name) >= 12 and container.id.startswith(name):
                return container
        raise EngineError(404, f"No such container: {name}")

    def find_network(self, name):
        for network in self.networks.values():
            if name in (network["Name"], network.get("Id")):
                return network
        raise EngineError(404, f"network {name} not found")

    # --- documents ---

    def image_document(self, image, about="image"):
        document = recorded(about)
        config = image["config"]
        tags = [x for x, id in self.names.items() if id == image["id"] and "@" not in x]
        digests = [x for x, id in self.names.items() if id == image["id"] and "@" in x]
        document |= {"Id": image["id"], "RepoTags": tags, "RepoDigests": digests, "Size": image["size"], "VirtualSize": image["size"]}
        if about == "image":
            document |= {"Architecture": config["architecture"], "Os": config["os"], "Created": config.get("created", NEVER),
                         "RootFS": {"Type": "layers", "Layers": config["rootfs"]["diff_ids"]}}
            document["Config"] |= config.get("config", {})
            if config.get("variant"):
                document["Variant"] = config["variant"]
        else:
            document |= {"Labels": config.get("config", {}).get("Labels")}
        return document

    def state_document(self, container):
        document = recorded("container running" if container.state == "running" else "container exited")["State"]
        document |= {"Status": container.state, "Running": container.state == "running", "ExitCode": container.code,
                     "StartedAt": container.started, "FinishedAt": container.finished}
        if container.health:
            document["Health"] = {"Status": container.health, "FailingStreak": 3 if container.health == "unhealthy" else 0, "Log": []}
            if container.health != "starting":
                document["Health"]["Log"] = [{"Start": container.started, "End": now_text(), "ExitCode": int(container.health == "unhealthy"),
                                              "Output": "the recorded check says no\n" if container.health == "unhealthy" else ""}]
        else:
            document.pop("Health", None)
        return document

    def mounts_of(self, container):
        host = container.body.get("HostConfig", {})
        for mount in host.get("Mounts") or []:
            if mount["Type"] == "volume":
                yield {"Type": "volume", "Name": mount["Source"], "Source": f"/var/lib/docker/volumes/{mount['Source']}/_data",
                       "Destination": mount["Target"], "Driver": "local", "Mode": "z", "RW": True, "Propagation": ""}
        for bind in host.get("Binds") or []:
            source, target = bind.split(":")[:2]
            yield {"Type": "volume", "Name": source, "Source": f"/var/lib/docker/volumes/{source}/_data", "Destination": target,
                   "Driver": "local", "Mode": "z", "RW": True, "Propagation": ""}

    def container_document(self, container):
        document = recorded("container running")
        document |= {"Id": container.id, "Name": f"/{container.name}", "Created": container.created, "Image": container.image["id"],
                     "RestartCount": container.restarts, "State": self.state_document(container),
                     "Mounts": list(self.mounts_of(container))}
        given = {k: v for k, v in container.body.items() if k not in ("HostConfig", "NetworkingConfig")}
        document["Config"] |= {k: v for k, v in container.image["config"].get("config", {}).items() if v} | given
        document["Config"]["Labels"] = container.labels
        host = container.body.get("HostConfig", {})
        document["HostConfig"] |= host | {"RestartPolicy": {"Name": "no", "MaximumRetryCount": 0} | host.get("RestartPolicy", {})}
        endpoint = next(iter(document["NetworkSettings"]["Networks"].values()))
        document["NetworkSettings"]["Networks"] = {name: endpoint | settings for name, settings in container.networks.items()}
        return document

    def container_entry(self, container):
        document = recorded("containers")[0]
        health = f" ({container.health})" if container.health else ""
        status = {"running": f"Up Less than a second{health}", "exited": f"Exited ({container.code}) 1 second ago"}.get(
            container.state, "Created")
        endpoint = next(iter(document["NetworkSettings"]["Networks"].values()))
        return document | {
            "Id": container.id, "Names": [f"/{container.name}"], "Image": container.body["Image"], "ImageID": container.image["id"],
            "Command": " ".join(container.setting("Cmd") or []), "Labels": container.labels, "State": container.state, "Status": status,
            "Mounts": list(self.mounts_of(container)), "Ports": [],
            "HostConfig": {"NetworkMode": container.body.get("HostConfig", {}).get("NetworkMode", "default")},
            "NetworkSettings": {"Networks": {name: endpoint | settings for name, settings in container.networks.items()}}}

    def network_document(self, network):
        inside = {x.id: {"Name": x.name, "EndpointID": "", "MacAddress": "", "IPv4Address": "", "IPv6Address": ""}
                  for x in self.containers.values() if network["Name"] in x.networks and x.state == "running"}
        return recorded("network") | network | {"Containers": inside}

    def summary(self):
        """For tests."""
        return {"number": self.number, "address": f"tcp://{address_of(self.number)}:{self.fleet.port}", "faults": self.faults,
                "requests": self.requests, "pulls": self.pulls, "loads": self.loads, "images": sorted(self.names),
                "networks": sorted(self.networks.keys() - {"none", "host"}), "volumes": sorted(self.volumes),
                "containers": {x.name: {"state": x.state, "health": x.health, "image": x.image["id"], "restarts": x.restarts,
                                        "service": x.labels.get("com.docker.compose.service"), "created": x.created}
                               for x in self.containers.values()}}
