"""The calls of the Engine API. Each takes the board and the exchange, and returns a status and a document, or None when it
has answered itself."""
import asyncio
import json
import re
import struct
import time

from board import Container, now_text, recorded
from images import EngineError, read_archive, split_reference

MACHINES = {"arm64": "aarch64", "arm": "armv7l", "amd64": "x86_64"}


def matches(labels, filters):
    for wanted in filters.get("label", []):
        key, equals, value = wanted.partition("=")
        if key not in labels or equals and labels[key] != value:
            return False
    return True


async def ping(board, exchange):
    exchange.send(200, b"OK", "text/plain; charset=utf-8")


async def version(board, exchange):
    document = recorded("version") | {"Arch": board.architecture}
    document["Components"][0]["Details"]["Arch"] = board.architecture
    return 200, document


async def info(board, exchange):
    running = sum(x.state == "running" for x in board.containers.values())
    return 200, recorded("info") | {"Architecture": MACHINES[board.architecture], "Name": f"board-{board.number}",
                                    "Containers": len(board.containers), "ContainersRunning": running, "ContainersPaused": 0,
                                    "ContainersStopped": len(board.containers) - running, "Images": len(board.images)}


def error_line(message):
    return {"errorDetail": {"message": message}, "error": message}


def pull_lines(name, image, digest, board):
    """Of a pull that succeeds, layer by layer."""
    _, repository, word = split_reference(name)
    is_known = image["id"] in board.images
    known = {digest for other in board.images.values() for digest, _ in other["layers"]}
    yield {"status": f"Pulling from {repository}", "id": name if "@" in name else word}
    for layer, size in [] if is_known else image["layers"]:
        short = layer[7:19]
        if layer in known:
            yield {"status": "Already exists", "progressDetail": {}, "id": short}
            continue
        yield {"status": "Pulling fs layer", "progressDetail": {}, "id": short}
        yield {"status": "Downloading", "progressDetail": {"current": size, "total": size}, "progress": "[====>]", "id": short}
        yield {"status": "Pull complete", "progressDetail": {}, "id": short}
    yield {"status": f"Digest: {digest}"}
    yield {"status": f"Status: {'Image is up to date' if is_known else 'Downloaded newer image'} for {name}"}


async def image_create(board, exchange):
    name, tag = exchange.query["fromImage"], exchange.query.get("tag")
    name = f"{name}:{tag}" if tag else name
    host, repository, _ = split_reference(name)
    board.pulls += 1
    if "unreachable" in board.faults:
        raise EngineError(500, f'Get "http://{host}/v2/": dial tcp {host}: connect: connection refused')
    wanted = exchange.query.get("platform", "").split("/")[1:2] or [board.architecture]
    try:
        image, digest = await board.fleet.registries.find(name, wanted[0])
    except EngineError as problem:
        if "no matching manifest" not in str(problem):
            raise
        exchange.send_lines([{"status": f"Pulling from {repository}", "id": name}, error_line(str(problem))])
        return None
    lines = list(pull_lines(name, image, digest, board))
    if board.faults.get("drops", 0) > 0:
        board.faults["drops"] -= 1
        exchange.begin_stream("application/json")
        exchange.send_part(lines[0])
        exchange.drop()
        return None
    if "full" in board.faults:
        short = image["layers"][0][0][7:19] if image["layers"] else "config"
        lines = [lines[0], error_line(f"write /var/lib/docker/tmp/GetImageBlob{short}: no space left on device")]
    else:
        board.images[image["id"]] = image
        board.names[f"{host}/{repository}@{digest}"] = image["id"]
        if "@" not in name:
            board.names[name] = image["id"]
    exchange.send_lines(lines)
    return None


async def image_load(board, exchange):
    known = {diff_id for image in board.images.values() for diff_id in image["config"]["rootfs"]["diff_ids"]}
    lines = []
    board.loads += 1
    try:
        if "full" in board.faults:
            raise EngineError(500, "Error processing tar file(exit status 1): write /layer: no space left on device")
        for image, names in read_archive(exchange.body, known):
            board.images.setdefault(image["id"], image)
            for name in names:
                board.names[name] = image["id"]
                lines.append({"stream": f"Loaded image: {name}\n"})
    except EngineError as problem:
        lines.append(error_line(str(problem)))
    exchange.send_lines(lines)


async def image_list(board, exchange):
    return 200, [board.image_document(x, "image entry") for x in board.images.values()]


async def image_inspect(board, exchange):
    return 200, board.image_document(board.find_image(exchange.name))


async def image_tag(board, exchange):
    name = f"{exchange.query['repo']}:{exchange.query.get('tag', 'latest')}"
    board.names[name] = board.find_image(exchange.name)["id"]
    return 201, None


async def image_remove(board, exchange):
    image = board.find_image(exchange.name)
    users = [x for x in board.containers.values() if x.image["id"] == image["id"]]
    if users and "force" not in exchange.query:
        raise EngineError(409, f"conflict: unable to remove repository reference \"{exchange.name}\" (must force) - container "
                          f"{users[0].id[:12]} is using its referenced image {image['id'][7:19]}")
    gone = [x for x, id in board.names.items() if id == image["id"]]
    for name in gone:
        del board.names[name]
    del board.images[image["id"]]
    return 200, [{"Untagged": x} for x in gone] + [{"Deleted": image["id"]}]


async def container_list(board, exchange):
    is_all = exchange.query.get("all") in ("1", "true")
    return 200, [board.container_entry(x) for x in reversed(board.containers.values())
                 if (is_all or x.state == "running") and matches(x.labels, exchange.filters)]


async def container_create(board, exchange):
    body, name = json.loads(exchange.body), exchange.query["name"]
    for other in board.containers.values():
        if other.name == name:
            raise EngineError(409, f'Conflict. The container name "/{name}" is already in use by container "{other.id}". '
                              "You have to remove (or rename) that container to be able to reuse that name.")
    image = board.find_image(body["Image"])
    mode = body.get("HostConfig", {}).get("NetworkMode", "default")
    networks = (body.get("NetworkingConfig") or {}).get("EndpointsConfig") or {mode: {}}
    container = Container(board.new_id(), name, image, body, {k: v or {} for k, v in networks.items()})
    board.containers[container.id] = container
    for mount in board.mounts_of(container):
        board.volumes.setdefault(mount["Name"], volume_of({"Name": mount["Name"]}))
    board.tell(container, "create")
    return 201, {"Id": container.id, "Warnings": []}


async def container_inspect(board, exchange):
    return 200, board.container_document(board.find_container(exchange.name))


async def container_start(board, exchange):
    container = board.find_container(exchange.name)
    if container.state == "running":
        return 304, None
    board.start(container)
    return 204, None


async def container_stop(board, exchange):
    container = board.find_container(exchange.name)
    if container.state != "running":
        return 304, None
    board.end(container, 137)
    board.tell(container, "stop")
    return 204, None


async def container_kill(board, exchange):
    container = board.find_container(exchange.name)
    if container.state != "running":
        raise EngineError(409, f"Cannot kill container: {exchange.name}: Container {container.id} is not running")
    board.end(container, 137)
    return 204, None


async def container_restart(board, exchange):
    container = board.find_container(exchange.name)
    if container.state == "running":
        board.end(container, 137)
    board.start(container)
    return 204, None


async def container_rename(board, exchange):
    container, name = board.find_container(exchange.name), exchange.query["name"]
    if any(x.name == name for x in board.containers.values()):
        raise EngineError(409, f'Error when allocating new name: Conflict. The container name "/{name}" is already in use by container')
    container.name = name
    board.tell(container, "rename")
    return 204, None


async def container_remove(board, exchange):
    container = board.find_container(exchange.name)
    if container.state == "running" and exchange.query.get("force") not in ("1", "true"):
        raise EngineError(409, f"You cannot remove a running container {container.id}. Stop the container before attempting removal or force "
                          "remove")
    del board.containers[container.id]
    container.state = "removed"
    board.tell(container, "destroy")
    return 204, None


async def container_wait(board, exchange):
    container = board.find_container(exchange.name)
    while container.state == "running":
        await asyncio.sleep(0.1)
    return 200, {"Error": None, "StatusCode": container.code}


async def container_logs(board, exchange):
    container = board.find_container(exchange.name)
    text = b"the recorded program has failed\n" if container.code == 1 else b"the recorded program runs\n"
    exchange.send(200, struct.pack(">BxxxI", 2 if container.code == 1 else 1, len(text)) + text, "application/octet-stream")


async def archive_put(board, exchange):
    board.find_container(exchange.name)
    return 200, None


async def network_list(board, exchange):
    return 200, [board.network_document(x) | {"Containers": {}} for x in board.networks.values()
                 if matches(x.get("Labels", {}), exchange.filters)]


async def network_create(board, exchange):
    body = json.loads(exchange.body)
    if body["Name"] in board.networks:
        raise EngineError(409, f"network with name {body['Name']} already exists")
    keys = ("Name", "Driver", "Options", "Internal", "Attachable", "EnableIPv6", "Labels")
    board.networks[body["Name"]] = {"Id": board.new_id(), "Created": now_text(), "Driver": "bridge", "Labels": {},
                                    **{k: body[k] for k in keys if body.get(k) is not None}}
    return 201, {"Id": board.networks[body["Name"]]["Id"], "Warning": ""}


async def network_inspect(board, exchange):
    return 200, board.network_document(board.find_network(exchange.name))


async def network_remove(board, exchange):
    del board.networks[board.find_network(exchange.name)["Name"]]
    return 204, None


async def network_connect(board, exchange):
    body = json.loads(exchange.body)
    board.find_container(body["Container"]).networks[board.find_network(exchange.name)["Name"]] = body.get("EndpointConfig") or {}
    return 200, None


async def network_disconnect(board, exchange):
    board.find_container(json.loads(exchange.body)["Container"]).networks.pop(board.find_network(exchange.name)["Name"], None)
    return 200, None


def volume_of(body):
    return recorded("volume") | {"Name": body["Name"], "Driver": body.get("Driver") or "local", "Labels": body.get("Labels"),
                                 "Options": body.get("DriverOpts"), "Mountpoint": f"/var/lib/docker/volumes/{body['Name']}/_data"}


async def volume_create(board, exchange):
    body = json.loads(exchange.body)
    return 201, board.volumes.setdefault(body["Name"], volume_of(body))


async def volume_inspect(board, exchange):
    if exchange.name not in board.volumes:
        raise EngineError(404, f"get {exchange.name}: no such volume")
    return 200, board.volumes[exchange.name]


async def volume_remove(board, exchange):
    await volume_inspect(board, exchange)
    del board.volumes[exchange.name]
    return 204, None


async def volume_list(board, exchange):
    return 200, {"Volumes": [x for x in board.volumes.values() if matches(x.get("Labels") or {}, exchange.filters)], "Warnings": None}


def is_wanted(event, filters):
    labels = event["Actor"]["Attributes"]
    return (event["Type"] in filters.get("type", [event["Type"]]) and matches(labels, filters) and
            event["Action"].partition(":")[0] in [x.partition(":")[0] for x in filters.get("event", [event["Action"]])] and
            event["Actor"]["ID"] in filters.get("container", [event["Actor"]["ID"]]))


async def events(board, exchange):
    queue = asyncio.Queue()
    exchange.begin_stream("application/json")
    since, until = float(exchange.query.get("since", "inf")), float(exchange.query.get("until", "inf"))
    for event in board.events:
        if since <= event["time"] <= until and is_wanted(event, exchange.filters):
            exchange.send_part(event)
    board.listeners.add(queue)
    try:
        while time.time() < until and not exchange.is_lost:
            try:
                event = await asyncio.wait_for(queue.get(), min(1, max(until - time.time(), 0)))
            except asyncio.TimeoutError:
                continue
            if is_wanted(event, exchange.filters):
                exchange.send_part(event)
    finally:
        board.listeners.discard(queue)
    exchange.end_stream()


CALLS = [(method, re.compile(f"/{path}"), call) for method, path, call in [
    ("GET", "_ping", ping), ("HEAD", "_ping", ping), ("GET", "version", version), ("GET", "info", info), ("GET", "events", events),
    ("POST", "images/create", image_create), ("POST", "images/load", image_load), ("GET", "images/json", image_list),
    ("GET", "images/(.+)/json", image_inspect), ("POST", "images/(.+)/tag", image_tag), ("DELETE", "images/(.+)", image_remove),
    ("GET", "containers/json", container_list), ("POST", "containers/create", container_create),
    ("GET", "containers/([^/]+)/json", container_inspect), ("GET", "containers/([^/]+)/logs", container_logs),
    ("POST", "containers/([^/]+)/start", container_start), ("POST", "containers/([^/]+)/stop", container_stop),
    ("POST", "containers/([^/]+)/restart", container_restart), ("POST", "containers/([^/]+)/kill", container_kill),
    ("POST", "containers/([^/]+)/rename", container_rename), ("POST", "containers/([^/]+)/wait", container_wait),
    ("PUT", "containers/([^/]+)/archive", archive_put), ("DELETE", "containers/([^/]+)", container_remove),
    ("GET", "networks", network_list), ("POST", "networks/create", network_create), ("GET", "networks/([^/]+)", network_inspect),
    ("DELETE", "networks/([^/]+)", network_remove), ("POST", "networks/([^/]+)/connect", network_connect),
    ("POST", "networks/([^/]+)/disconnect", network_disconnect),
    ("GET", "volumes", volume_list), ("POST", "volumes/create", volume_create), ("GET", "volumes/([^/]+)", volume_inspect),
    ("DELETE", "volumes/([^/]+)", volume_remove)]]
