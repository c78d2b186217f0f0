"""Images as registries and archives have them."""
import asyncio
import hashlib
import io
import json
import tarfile
import urllib.error
import urllib.request

VARIANTS = {"arm": ("v7", "v6", "")}
MANIFEST_TYPES = ", ".join(
    ["application/vnd.oci.image.index.v1+json", "application/vnd.oci.image.manifest.v1+json",
     "application/vnd.docker.distribution.manifest.list.v2+json", "application/vnd.docker.distribution.manifest.v2+json"])


class EngineError(Exception):
    def __init__(self, status, message):
        super().__init__(message)
        self.status = status


def split_reference(name):
    """(HOST/, REPOSITORY, tag or digest)"""
    host, _, rest = name.partition("/")
    repository, at, digest = rest.partition("@")
    if at:
        return host, repository, digest
    repository, _, tag = rest.partition(":")
    return host, repository, tag or "latest"


def fetch(host, path):
    request = urllib.request.Request(f"http://{host}/v2/{path}", headers={"Accept": MANIFEST_TYPES})
    with urllib.request.urlopen(request, timeout=60) as answer:
        return answer.read()


def choose(manifests, architecture):
    for variant in VARIANTS.get(architecture, ("", "v8")):
        for item in manifests:
            platform = item["platform"]
            if platform["architecture"] == architecture and platform.get("variant", "") == variant:
                return item["digest"]
    raise EngineError(404, f"no matching manifest for linux/{architecture} in the manifest list entries")


def image_of(config, size, layers):
    parsed = json.loads(config)
    return {"id": "sha256:" + hashlib.sha256(config).hexdigest(), "config": parsed, "size": size, "layers": layers}


def fetch_image(name, architecture):
    """What an engine of that architecture gets: an image, and the digest that the name stands for."""
    host, repository, word = split_reference(name)
    try:
        raw = fetch(host, f"{repository}/manifests/{word}")
        digest = "sha256:" + hashlib.sha256(raw).hexdigest()
        manifest = json.loads(raw)
        if "manifests" in manifest:
            manifest = json.loads(fetch(host, f"{repository}/manifests/{choose(manifest['manifests'], architecture)}"))
        config = fetch(host, f"{repository}/blobs/{manifest['config']['digest']}")
    except urllib.error.HTTPError:
        raise EngineError(404, f"manifest for {name} not found: manifest unknown: manifest unknown")
    except urllib.error.URLError as problem:
        raise EngineError(500, f'Get "http://{host}/v2/": {problem.reason}')
    layers = [(x["digest"], x["size"]) for x in manifest["layers"]]
    return image_of(config, sum(size for _, size in layers), layers), digest


class Registries:
    """Each image is asked for once, however many boards pull it."""

    def __init__(self):
        self.known = {}

    async def find(self, name, architecture):
        key = name, architecture
        if key not in self.known:
            self.known[key] = asyncio.get_running_loop().run_in_executor(None, fetch_image, name, architecture)
        try:
            return await asyncio.shield(self.known[key])
        except EngineError:
            self.known.pop(key, None)
            raise


def read_archive(body, known_diff_ids):
    """The images of `docker save`'s form, with the names of each; layers that the engine has may be left out."""
    with tarfile.open(fileobj=io.BytesIO(body)) as tar:
        names = set(tar.getnames())
        for entry in json.load(tar.extractfile("manifest.json")):
            config = tar.extractfile(entry["Config"]).read()
            image = image_of(config, 0, [])
            for layer, diff_id in zip(entry["Layers"], image["config"]["rootfs"]["diff_ids"]):
                if layer not in names and diff_id not in known_diff_ids:
                    raise EngineError(500, f"open /var/lib/docker/tmp/docker-import-000/{layer}: no such file or directory")
            yield image, entry["RepoTags"] or []
