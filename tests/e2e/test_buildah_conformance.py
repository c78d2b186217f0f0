"""The cases of buildah's conformance suite that need a base image: edgectl beside BuildKit, as Debian's Docker engine has
it, on the same context. Those that start from nothing are build_conformance's. Both start from the tests' own busybox, in
place of busybox and of alpine; `# syntax=` lines are left out, because the engine would download what they name."""
import hashlib
import json
import os
import pathlib
import re
import shutil
import subprocess
import tarfile
import zlib
import base64

import pytest

import parts

DATA = pathlib.Path(os.environ.get("CONFORMANCE_DIR", pathlib.Path(__file__).resolve().parents[3] / "shared/conformance"))
SUITE = DATA / "buildah-conformance"
BASES = ("mirror.gcr.io/busybox", "mirror.gcr.io/alpine")

# Where the engine's BuildKit (0.8, of Docker 20.10) is no measure, and why: edgectl follows the newest.
OLDER_PEER = {
    "copy--parents-dir-with-links": "COPY --parents: 0.8 does not know the flag",
    "heredoc-copy": "here-documents: 0.8 takes their lines for instructions",
    "copy-integration1": "0.8 and the classic builder keep a directory out whose files are excepted; since moby/patternmatcher "
                         "(2021) '!*/sub1*' brings subdir/sub1.txt back",
    "dockerignore-exceptions-skip": "the same: '!**/oneline.txt' brings back a file of the excluded volume/",
    "dockerignore-exceptions-weirdness-1": "the same",
    "dockerignore-allowlist-subsubdir-nofile": "0.8 sends directories in which something could have been excepted, even if "
                                               "nothing was; since fsutil of 2021 they stay out",
    "dockerignore-allowlist-subsubdir-nosubdir": "the same",
    "multistage-copyback": "0.8 leaves the mount point of a bind in the layer",
    "mount-cache-by-ownership": "0.8 leaves the mount point of a cache in the layer, and has one cache for all owners",
}
# What cannot be run at all.
NOT_HERE = {"add": "ADD of a file of github.com, which tests do not talk to"}


def load():
    if not SUITE.exists():
        return []
    return [x for x in json.loads((SUITE / "index.json").read_text())["cases"] if "expect" not in x and x["name"] not in NOT_HERE]


CASES = load()


def write_extra(root, file):
    path = root / file["path"]
    path.parent.mkdir(parents=True, exist_ok=True)
    if file["type"] == "dir":
        path.mkdir(exist_ok=True)
    elif file["type"] == "symlink":
        path.symlink_to(file["link"])
        return
    elif "content_zlib_base64" in file:
        path.write_bytes(zlib.decompress(base64.b64decode(file["content_zlib_base64"])))
    else:
        path.write_text(file.get("content") or "")
    path.chmod(int(file.get("mode", "0755" if file["type"] == "dir" else "0644"), 8))


def make_context(case, root):
    """The context as upstream's test makes it; returns the Dockerfile."""
    if case["context"]:
        shutil.copytree(SUITE / case["context"], root, symlinks=True, dirs_exist_ok=True)
    root.mkdir(parents=True, exist_ok=True)
    for path in [root, *root.rglob("*")]:
        if not path.is_symlink():
            path.chmod(0o755 if path.is_dir() or path.stat().st_mode & 0o100 else 0o644)
    for file in case.get("extra_files") or []:
        write_extra(root, file)
    dockerfile = root / case["dockerfile_name"]
    text = dockerfile.read_text() if case["dockerfile_source"] == "in context" else case["dockerfile"]
    dockerfile.write_text("".join(x for x in text.splitlines(keepends=True) if not re.match(r"#\s*syntax\s*=", x)))
    return dockerfile


def build_args(case):
    return [x for pair in (case.get("build_args") or {}).items() for x in ("--build-arg", "=".join(pair))]


# --- what an image comes to ---

def drop(tree, path, only_below=False):
    for name in [x for x in tree if x.startswith(f"{path}/") or (x == path and not only_below)]:
        del tree[name]


def describe(archive, entry):
    kind = "file" if entry.isfile() else "dir" if entry.isdir() else "link" if entry.issym() else "other"
    content = hashlib.sha256(archive.extractfile(entry).read()).hexdigest() if entry.isfile() else entry.linkname
    # a symbolic link's mode means nothing
    return kind, entry.mode & 0o7777 if kind != "link" else 0, entry.uid, entry.gid, content


def apply_layer(tree, archive):
    for entry in archive:
        name = entry.name.removeprefix("./").strip("/")
        directory, _, base = name.rpartition("/")
        if base == ".wh..wh..opq":
            drop(tree, directory, only_below=True)
        elif base.startswith(".wh."):
            drop(tree, f"{directory}/{base[4:]}".lstrip("/"))
        elif name and name != ".":
            node = tree[entry.linkname.removeprefix("./")] if entry.islnk() else describe(archive, entry)
            if node[0] != "dir":
                drop(tree, name)
            tree[name] = node


def is_engines_own(name):
    """Files that a container's start makes, in some engines also in the image."""
    return name.split("/")[0] in ("proc", "sys", "dev") or name in ("etc/hosts", "etc/resolv.conf", "etc/hostname", "etc/mtab",
                                                                   ".dockerenv")


class Built:
    """An image out of an archive of `docker save`: the merged tree, and what the config says."""

    def __init__(self, path):
        with tarfile.open(path) as archive:
            image, = json.load(archive.extractfile("manifest.json"))
            config = json.load(archive.extractfile(image["Config"]))["config"]
            tree = {}
            for layer in image["Layers"]:
                with tarfile.open(fileobj=archive.extractfile(layer)) as content:
                    apply_layer(tree, content)
        self.tree = {name: node for name, node in tree.items() if not is_engines_own(name)}
        self.config = {key: config.get(key) or None for key in (
            "Cmd", "Entrypoint", "ExposedPorts", "Volumes", "Labels", "OnBuild", "StopSignal", "User", "WorkingDir", "Shell")}
        self.config["Env"] = sorted(config.get("Env") or [])


def differences(ours, peers):
    lines = [f"{name}: ours {ours.tree.get(name)}, BuildKit's {peers.tree.get(name)}"
             for name in sorted(set(ours.tree) | set(peers.tree)) if ours.tree.get(name) != peers.tree.get(name)]
    return lines + [f"{key}: ours {ours.config[key]}, BuildKit's {peers.config[key]}"
                    for key in ours.config if ours.config[key] != peers.config[key]]


# --- the two builders ---

@pytest.fixture(scope="module")
def bases(engine, busybox, registry):
    """The two base images by their names in the registry, both of them in the engine under those of the cases. What the
    cases take from alpine is a file or two."""
    names = dict(zip(BASES, (busybox, f"{registry.address}/alpine:latest")))
    dockerfile = f"FROM {busybox}\nRUN touch /etc/os-release /etc/nsswitch.conf\n"
    assert engine.docker("build", "-t", names[BASES[1]], "-", input=dockerfile).returncode == 0
    assert engine.docker("push", names[BASES[1]]).returncode == 0
    for name, known in names.items():
        assert engine.docker("tag", known, name).returncode == 0
    return names


@pytest.fixture(scope="module")
def buildkit(engine, bases, workspace):
    """build(case) returns what the engine's BuildKit makes of it, or None when it refuses; once for each case."""
    known = {}

    def build(case):
        if case["name"] not in known:
            root = workspace / f"buildkit-{len(known)}"
            dockerfile = make_context(case, root / "context")
            done = engine.docker("build", "--network", "none", "-t", "built", *build_args(case),
                                 "-f", str(dockerfile), str(root / "context"), env={"DOCKER_BUILDKIT": "1"})
            known[case["name"]] = None
            if done.returncode == 0:
                assert engine.docker("save", "-o", str(root / "built.tar"), "built").returncode == 0
                known[case["name"]] = Built(root / "built.tar")
            shutil.rmtree(root)
        return known[case["name"]]

    return build


@pytest.mark.parametrize("case", CASES, ids=[re.sub(r"[^A-Za-z0-9]+", "-", x["name"]) for x in CASES])
def test_case(case, buildkit, bases, edgectl, scratch, identity):
    parts.need(CASES, f"no conformance cases at {SUITE}")
    dockerfile = make_context(case, scratch / "context")
    subprocess.run(["chown", "-R", f"{identity.uid}:{identity.gid}", scratch], check=True)
    names = [x for name, known in bases.items() for x in ("--build-context", f"{name}=docker-image://{known}")]
    command = ["build", "--progress=plain", "--network=none", *names, *build_args(case), "-f", dockerfile,
               "-o", f"type=docker,dest={scratch}/built.tar", scratch / "context"]
    line = case["should_fail_at_line"]
    if line and case["name"] not in OLDER_PEER:
        assert f"{dockerfile.name}:{line}" in edgectl(*command, status=1).stderr
        return
    said = " ".join(edgectl(*command).stderr.split())
    for key in ("output_regex", "output_err_regex"):
        assert not case.get(key) or re.search(case[key], said), said
    peers = buildkit(case)
    if case["name"] in OLDER_PEER:
        assert not peers or differences(Built(scratch / "built.tar"), peers), "this is no exception any more"
        return
    assert peers, "BuildKit refuses what edgectl builds"
    assert not differences(Built(scratch / "built.tar"), peers)
