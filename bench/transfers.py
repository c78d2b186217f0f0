"""Images to and from a registry: docker-registry on loopback or behind a bad line, and the tests' own that can resume.

edgectl and skopeo move the blobs as they are; docker and buildah keep images unpacked, so theirs is the packing as well. The
gzip of the layers holds random bytes, stored: neither compresses for long. Each push has a registry that is empty, each pull a
store that is.
"""
import contextlib
import hashlib
import json
import os
import pathlib
import re
import select
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import zlib

import parts

MB = 1_000_000
LAYERS = 4
PEERS = ["edgectl", "skopeo", "buildah", "docker"]
SCRIPTED = pathlib.Path(__file__).resolve().parents[1] / "tests/e2e/registry/faulty_registry.py"
BAD_LINK = pathlib.Path(__file__).resolve().parents[1] / "tests/fixtures/bad_link.py"
NEAR_AND_FAR = ("0.0.0.0", "10.9.0.2")  # bad_link.py says which
OCI = "application/vnd.oci.image"


# --- the image ---

def tar_of_one_file(name, size):
    """A tar of random bytes in pieces."""
    header = bytearray(512)
    for offset, text in ((0, name), (100, "0000644"), (108, "0000000"), (116, "0000000"), (124, f"{size:011o}"),
                         (136, "00000000000"), (148, " " * 8), (156, "0"), (257, "ustar"), (263, "00")):
        header[offset:offset + len(text)] = text.encode()
    header[148:156] = f"{sum(header):06o}\0 ".encode()
    yield bytes(header)
    for start in range(0, size, 1 << 20):
        yield os.urandom(min(1 << 20, size - start))
    yield bytes(-size % 512 + 1024)


class Layout:
    """An OCI layout of one image of that size."""

    def __init__(self, root, size, layers=LAYERS):
        self.root, self.size = root, size
        self.blobs = root / "blobs/sha256"
        self.blobs.mkdir(parents=True)
        made = [self.layer(f"file-{n}", size // layers) for n in range(layers)]
        config = {"os": "linux", "architecture": "amd64", "config": {},
                  "rootfs": {"type": "layers", "diff_ids": [diff_id for _, diff_id in made]}}
        manifest = {"schemaVersion": 2, "mediaType": f"{OCI}.manifest.v1+json",
                    "config": self.document(config, f"{OCI}.config.v1+json"), "layers": [layer for layer, _ in made]}
        self.to_send = sum(x["size"] for x in (manifest["config"], *manifest["layers"]))
        index = self.document(manifest, manifest["mediaType"])
        index["annotations"] = {"org.opencontainers.image.ref.name": "1"}
        (root / "oci-layout").write_text('{"imageLayoutVersion": "1.0.0"}')
        (root / "index.json").write_text(json.dumps({"schemaVersion": 2, "manifests": [index]}))

    def layer(self, name, size):
        packer, digest, diff_id = zlib.compressobj(0, wbits=31), hashlib.sha256(), hashlib.sha256()
        path = self.blobs / name
        with open(path, "wb") as blob:
            def add(data):
                digest.update(data)
                blob.write(data)
            for piece in tar_of_one_file(name, size):
                diff_id.update(piece)
                add(packer.compress(piece))
            add(packer.flush())
        path.rename(self.blobs / digest.hexdigest())
        return self.describe(digest, (self.blobs / digest.hexdigest()).stat().st_size,
                             f"{OCI}.layer.v1.tar+gzip"), f"sha256:{diff_id.hexdigest()}"

    def document(self, value, media_type):
        data = json.dumps(value).encode()
        digest = hashlib.sha256(data)
        (self.blobs / digest.hexdigest()).write_bytes(data)
        return self.describe(digest, len(data), media_type)

    @staticmethod
    def describe(digest, size, media_type):
        return {"mediaType": media_type, "digest": f"sha256:{digest.hexdigest()}", "size": size}


# --- the peers ---

class Peers:
    """Everybody's commands. `scratch` is emptied of what a pull left by forget()."""

    def __init__(self, scratch, program, env, engine, buildah):
        self.scratch, self.program, self.env, self.engine, self.buildah_base = scratch, program, env, engine, buildah
        self.policy = ["--policy", scratch / "policy.json"]
        self.checks = ["--tls-verify=false", "--signature-policy", scratch / "policy.json"]

    def buildah(self, verb, *words):
        return [*self.buildah_base, verb, *self.checks, *words]

    def prepare(self, peer, layout, seed, name):
        """So that it can push the image: not measured."""
        return {
            "edgectl": [[self.program, "copy", "--quiet", f"oci:{layout.root}", f"store:{name}"]],
            "skopeo": [],
            "buildah": [self.buildah("pull", "--quiet", seed), [*self.buildah_base, "tag", seed, name]],
            "docker": [["docker", "pull", "--quiet", seed], ["docker", "tag", seed, name]],
        }[peer]

    def push(self, peer, layout, name):
        return {
            "edgectl": [self.program, "push", "--insecure", name],
            "skopeo": ["skopeo", *self.policy, "copy", "--quiet", "--dest-tls-verify=false", f"oci:{layout.root}", f"docker://{name}"],
            "buildah": self.buildah("push", "--quiet", name, f"docker://{name}"),
            "docker": ["docker", "push", "--quiet", name],
        }[peer]

    def pull(self, peer, name):
        return {
            "edgectl": [self.program, "pull", "--insecure", name],
            "skopeo": ["skopeo", *self.policy, "copy", "--quiet", "--src-tls-verify=false", f"docker://{name}",
                       f"oci:{self.scratch}/pulled"],
            "buildah": self.buildah("pull", "--quiet", name),
            "docker": ["docker", "pull", "--quiet", name],
        }[peer]

    def forget(self, peer):
        if peer == "edgectl":
            shutil.rmtree(self.env["EDGECTL_ROOT"], ignore_errors=True)
        elif peer == "skopeo":
            shutil.rmtree(self.scratch / "pulled", ignore_errors=True)
        elif peer == "buildah":
            self.quietly([*self.buildah_base, "rmi", "--all", "--force"])
        else:
            self.quietly(["docker", "image", "prune", "--all", "--force"])

    def quietly(self, argv):
        return subprocess.run(list(map(str, argv)), env=self.env, capture_output=True, check=False)

    def run(self, argv):
        """Seconds, and the greatest resident size of that process in bytes."""
        with tempfile.TemporaryFile() as said:
            start = time.monotonic()
            process = subprocess.Popen(list(map(str, argv)), env=self.env, stdin=subprocess.DEVNULL, stdout=said, stderr=said)
            peak = watch_memory(process)
            seconds = time.monotonic() - start
            if process.wait() != 0:
                said.seek(0)
                raise SystemExit(f"bench: {' '.join(map(str, argv))}: {said.read().decode(errors='replace')}")
        return seconds, peak


def watch_memory(process):
    """Until it ends. Not ru_maxrss, in which the size of this program before exec counts."""
    peak, end = 0, os.pidfd_open(process.pid)
    while not select.select([end], [], [], 0.02)[0]:
        with contextlib.suppress(OSError):
            found = re.search(r"VmHWM:\s+(\d+) kB", pathlib.Path(f"/proc/{process.pid}/status").read_text())
            peak = max(peak, int(found[1]) * 1024 if found else 0)
    os.close(end)
    return peak


def row(title, values, digits=2, unit="s"):
    """Of everybody, and how many times edgectl's."""
    cells = [f"{values['edgectl']:>9.{digits}f} {unit}"]
    cells += [f"{values[x]:>9.{digits}f} {unit} {values[x] / values['edgectl']:>5.1f}x" if x in values else f"{'-':>18}"
              for x in PEERS[1:]]
    print(f"{title:<38}" + "".join(cells), flush=True)


# --- push and pull ---

class Transfers:
    def __init__(self, scratch, peers, runs, host="127.0.0.1", seen_as="127.0.0.1"):
        self.scratch, self.peers, self.runs, self.place = scratch, peers, runs, (host, seen_as)

    def registry(self, name):
        return parts.closing(parts.Registry(self.scratch, name, listen=self.place[0], seen_as=self.place[1]))

    def push_once(self, peer, layout, seed, runs):
        with self.registry(f"push-{peer}") as registry:
            times = []
            for _ in range(runs):
                name = f"{registry.address}/bench/{layout.root.name}:1"
                self.peers.forget(peer)
                for argv in self.peers.prepare(peer, layout, seed, name):
                    self.peers.run(argv)
                shutil.rmtree(registry.root / "data", ignore_errors=True)
                os.sync()
                times.append(self.peers.run(self.peers.push(peer, layout, name)))
            before = len(registry.requests())
            self.peers.run(self.peers.push(peer, layout, name))
            requests = len(registry.requests()) - before
        shutil.rmtree(registry.root)
        return statistics.median(x for x, _ in times), max(x for _, x in times), requests

    def pulls(self, seed, runs):
        """In turns, after a round that is not counted: a virtual machine's host gives memory back slowly, and whoever is the
        first to fill the page cache waits for it (2 GB: 5 s of the kernel's time)."""
        seen = {peer: [] for peer in PEERS}
        for _ in range(runs + 1):
            for peer in PEERS:
                self.peers.forget(peer)
                os.sync()
                seen[peer].append(self.peers.run(self.peers.pull(peer, seed)))
                self.peers.forget(peer)
        return {peer: (statistics.median(x for x, _ in times[1:]), max(x for _, x in times)) for peer, times in seen.items()}

    def rows(self, title, size, runs=None, layers=LAYERS):
        runs = runs or self.runs
        layout = Layout(self.scratch / f"layout-{size}", size, layers)
        with self.registry("seed") as seed_registry:
            seed = f"{seed_registry.address}/bench/seed:1"
            self.peers.run(self.peers.push("skopeo", layout, seed))
            pulls = self.pulls(seed, runs)
            pushes = {peer: self.push_once(peer, layout, seed, runs) for peer in PEERS}
        row(f"pull of {title}", {peer: x[0] for peer, x in pulls.items()})
        row(f"push of {title}", {peer: x[0] for peer, x in pushes.items()})
        row("  the same again: requests", {peer: x[2] for peer, x in pushes.items()}, 0, "")
        # docker's work is its daemon's
        row("  peak memory of these, pull", {x: pulls[x][1] / MB for x in PEERS if x != "docker"}, 0, "MB")
        row("  peak memory of these, push", {x: pushes[x][1] / MB for x in PEERS if x != "docker"}, 0, "MB")
        shutil.rmtree(seed_registry.root)
        shutil.rmtree(layout.root)
        for peer in PEERS:
            self.peers.forget(peer)


# --- killed, and gone on with ---

def bytes_read(pid):
    """By that process so far; it reads what it sends from a file."""
    with contextlib.suppress(OSError):
        return int(re.search(r"rchar: (\d+)", pathlib.Path(f"/proc/{pid}/io").read_text())[1])
    return 0


def kill_after(process, bytes_more):
    """False when it was done before."""
    while bytes_read(process.pid) < bytes_more and process.poll() is None:
        time.sleep(0.002)
    if process.poll() is not None:
        return False
    process.kill()
    process.wait()
    return True


def killed_pushes(scratch, peers, size, kills):
    """What a push costs that is killed so many times, in a registry that can resume."""
    log = scratch / "scripted.log"
    server = subprocess.Popen(["/usr/bin/python3", "-B", SCRIPTED, "--log", log, "--no-mounts"], stdout=subprocess.PIPE, text=True)
    layout = Layout(scratch / "layout-killed", size, 1)
    try:
        name = f"127.0.0.1:{int(server.stdout.readline().split()[1])}/bench/killed:1"
        peers.run([peers.program, "copy", "--quiet", f"oci:{layout.root}", f"store:{name}"])
        done = 0
        for _ in range(kills):
            process = subprocess.Popen([peers.program, "push", name], env=peers.env, stdin=subprocess.DEVNULL,
                                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            done += kill_after(process, size // (kills + 1))
        peers.run([peers.program, "push", name])
        requests = [json.loads(line) for line in log.read_text().splitlines()]
    finally:
        parts.stop(server)
    received = sum(x["received"] for x in requests if "/blobs/uploads/" in x["path"])
    print(f"push of {size // MB} MB, killed {done} times: {100 * (received / layout.to_send - 1):.2f} % more than there is to send "
          "came in", flush=True)
    peers.forget("edgectl")
    shutil.rmtree(layout.root)


# --- all ---

def on_loopback(scratch, peers, runs, large):
    print((f"{'':<38}{'edgectl':>11}" + "".join(f"{x:>11}{'':>7}" for x in PEERS[1:])).rstrip())
    transfers = Transfers(scratch, peers, runs)
    transfers.rows("150 MB", 150 * MB)
    if large:
        transfers.rows("2 GB", 2000 * MB, 1)
    killed_pushes(scratch, peers, 500 * MB, 20)


def over_a_bad_line(scratch, peers, runs):
    """Called in the namespace that bad_link.py makes."""
    Transfers(scratch, peers, runs, *NEAR_AND_FAR).rows("4 MB, 100 ms, 2 % loss", 4 * MB, layers=8)


def bad_line(argv):
    """`argv` on such a line: 50 ms each way."""
    return [sys.executable, "-B", BAD_LINK, "--delay", "50", "--loss", "2", *map(str, argv)]
