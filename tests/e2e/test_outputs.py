"""--output and what goes with it: archives, directories, attestations, times, labels; read by tools that are not ours."""
import base64
import hashlib
import json
import os
import stat
import subprocess
import tarfile

import pytest

import parts

DOCKERFILE = """
FROM {busybox} AS make
RUN mkdir -p /out/bin && printf '#!/bin/sh\\necho made\\n' > /out/bin/tool && chmod 4755 /out/bin/tool
RUN echo first > /out/old && ln -s bin/tool /out/link && ln /out/bin/tool /out/same
RUN rm /out/old && echo second > /out/new
FROM scratch
COPY --from=make /out/ /
COPY --chown=12:34 notes /notes
RUN --mount=from=make,target=/m ["/m/bin/busybox", "rm", "/notes"]
"""
FILES = {"bin", "bin/tool", "link", "new", "same"}


@pytest.fixture
def project(context, busybox):
    return context({"Dockerfile": DOCKERFILE.format(busybox=busybox), "notes": "n\n"})


def skopeo(*args):
    done = subprocess.run(["skopeo", "--insecure-policy", *map(str, args)], capture_output=True, text=True,
                          env={"PATH": parts.DEBIAN_PATH, "HOME": "/nonexistent"})
    assert done.returncode == 0, done.stderr
    return done.stdout


def names(root):
    return {str(x.relative_to(root)) for x in root.rglob("*")}


# --- files ---

def test_local_directory_is_the_merged_tree_and_belongs_to_the_user(edgectl, project, scratch, identity):
    out = scratch / "out"
    edgectl("build", "-o", out, project)
    # the mount point of the last step is what a runtime leaves, not a layer
    assert names(out) == FILES
    assert (out / "new").read_text() == "second\n"
    assert os.readlink(out / "link") == "bin/tool"
    assert (out / "same").stat().st_ino == (out / "bin/tool").stat().st_ino
    for path in out.rglob("*"):
        assert (path.lstat().st_uid, path.lstat().st_gid) == (identity.uid, identity.gid)
    assert stat.S_IMODE((out / "bin/tool").stat().st_mode) == 0o755, "set-id bits would be the user's own"


def test_local_directory_keeps_what_else_is_in_it(edgectl, project, scratch, identity):
    out = scratch / "out"
    out.mkdir()
    (out / "mine").write_text("mine")
    (scratch / "elsewhere").mkdir()
    (out / "bin").symlink_to(scratch / "elsewhere")
    for path in (out, out / "mine", scratch / "elsewhere"):
        identity.own(path)
    edgectl("build", "--output", f"type=local,dest={out}", project)
    assert names(out) == FILES | {"mine"}
    assert not list((scratch / "elsewhere").iterdir()), "a link in the way was followed"


def test_platforms_have_directories(edgectl, context, scratch):
    root = context({"Dockerfile": "FROM scratch\nARG TARGETARCH\nCOPY $TARGETARCH /file\n", "arm64": "a", "amd64": "b"})
    edgectl("build", "--platform", "linux/arm64,linux/amd64", "-o", scratch / "out", root)
    assert names(scratch / "out") == {"linux_arm64", "linux_arm64/file", "linux_amd64", "linux_amd64/file"}
    assert (scratch / "out/linux_arm64/file").read_text() == "a"
    result = edgectl("build", "--platform", "linux/arm64,linux/amd64", "-o",
                     f"type=local,dest={scratch}/merged,platform-split=false", root, status=1)
    assert "both linux/arm64 and linux/amd64 have 'file'" in result.stderr


def test_tar_on_the_standard_output(edgectl, project, scratch):
    with open(scratch / "out.tar", "wb") as out:
        done = subprocess.run([edgectl.program, "build", "-o", "-", project], stdout=out, stderr=subprocess.PIPE,
                              env=edgectl.env(), **edgectl.identity.credentials)
    assert done.returncode == 0, done.stderr
    with tarfile.open(scratch / "out.tar") as archive:
        entries = {x.name.rstrip("/"): x for x in archive}
    assert set(entries) == FILES
    assert entries["bin/tool"].mode == 0o4755 and entries["same"].islnk()


def test_epoch_is_the_time_of_files(edgectl, project, scratch):
    edgectl("build", "-o", f"type=tar,dest={scratch}/out.tar", "-o", scratch / "out", project,
            env={"SOURCE_DATE_EPOCH": "1234567890"})
    with tarfile.open(scratch / "out.tar") as archive:
        assert {x.mtime for x in archive} == {1234567890}
    assert {int(x.lstat().st_mtime) for x in (scratch / "out").rglob("*")} == {1234567890}


def test_a_dockerfile_may_say_the_epoch(edgectl, context, scratch):
    root = context({"Dockerfile": "ARG SOURCE_DATE_EPOCH=1234567890\nFROM scratch\nCOPY a /\n", "a": "a"})
    for option, epoch in ([], 1234567890), (["--build-arg", "SOURCE_DATE_EPOCH=5"], 5):
        edgectl("build", "-o", f"type=tar,dest={scratch}/out.tar", *option, root)
        with tarfile.open(scratch / "out.tar") as archive:
            assert [(x.name, x.mtime) for x in archive] == [("a", epoch)]


# --- archives ---

def test_oci_layout_and_archive(edgectl, project, scratch):
    edgectl("build", "-t", "app:1", "--platform", "linux/amd64", "-o", f"type=oci,dest={scratch}/layout,tar=false",
            "-o", f"type=oci,dest={scratch}/app.tar", "--annotation", "a.b=c", project)
    assert json.loads(skopeo("inspect", "--raw", f"oci:{scratch}/layout:1"))["annotations"] == {"a.b": "c"}
    assert skopeo("inspect", "--raw", f"oci:{scratch}/layout:1") == skopeo(
        "inspect", "--raw", f"oci-archive:{scratch}/app.tar")


def test_compressions(edgectl, project, scratch):
    options = [x for kind in ("uncompressed", "gzip", "zstd")
               for x in ("-o", f"type=oci,tar=false,dest={scratch}/{kind},compression={kind}")]
    edgectl("build", "--platform", "linux/amd64", *options, project)
    diff_ids = set()
    for kind, suffix in (("uncompressed", "tar"), ("gzip", "tar+gzip"), ("zstd", "tar+zstd")):
        manifest = json.loads(skopeo("inspect", "--raw", f"oci:{scratch}/{kind}"))
        assert {x["mediaType"] for x in manifest["layers"]} == {f"application/vnd.oci.image.layer.v1.{suffix}"}
        config = json.loads(skopeo("inspect", "--config", f"oci:{scratch}/{kind}"))
        diff_ids.add(tuple(config["rootfs"]["diff_ids"]))
        # reads and checks every layer
        skopeo("copy", f"oci:{scratch}/{kind}", f"dir:{scratch}/{kind}.dir")
    assert len(diff_ids) == 1


def test_forced_compression_is_of_the_base_as_well(edgectl, context, busybox, scratch):
    root = context({"Dockerfile": f"FROM {busybox}\nCOPY file /\n", "file": "x"})
    for force, kinds in (("false", {"gzip", "zstd"}), ("true", {"zstd"})):
        edgectl("build", "-o", f"type=oci,tar=false,dest={scratch}/{force},compression=zstd,force-compression={force}", root)
        manifest = json.loads(skopeo("inspect", "--raw", f"oci:{scratch}/{force}"))
        assert {x["mediaType"].rpartition("+")[2] for x in manifest["layers"]} == kinds


def test_a_compression_is_no_reason_to_run_steps_again(fresh_edgectl, project, scratch):
    fresh_edgectl("build", project)
    result = fresh_edgectl("build", "-o", f"type=oci,dest={scratch}/x.tar,compression=zstd", project)
    assert "(0 steps run" in result.stderr


def test_docker_media_types(edgectl, project, scratch):
    edgectl("build", "-o", f"type=oci,dest={scratch}/x,tar=false,oci-mediatypes=false", project)
    manifest = json.loads(skopeo("inspect", "--raw", f"oci:{scratch}/x"))
    assert manifest["mediaType"] == "application/vnd.docker.distribution.manifest.v2+json"
    assert {x["mediaType"] for x in manifest["layers"]} == {"application/vnd.docker.image.rootfs.diff.tar.gzip"}


def test_push_of_an_output_with_a_name(edgectl, project, registry, reference):
    edgectl("build", "--platform", "linux/arm64", "-o", f"type=registry,name={reference}", project)
    assert parts.Image(registry, reference, "linux/arm64").text("new") == "second\n"


def test_push_by_digest_moves_no_tag(edgectl, project, registry, reference, scratch):
    name = reference.rsplit(":", 1)[0]
    edgectl("build", "--platform", "linux/amd64", "--metadata-file", scratch / "m", "-o",
            f"type=image,name={reference},push=true,push-by-digest=true", project)
    digest = json.loads((scratch / "m").read_text())["containerimage.digest"]
    assert json.loads(skopeo("inspect", "--raw", "--tls-verify=false", f"docker://{name}@{digest}"))["layers"]
    done = subprocess.run(["skopeo", "inspect", "--tls-verify=false", f"docker://{reference}"], capture_output=True,
                          env={"PATH": parts.DEBIAN_PATH, "HOME": "/nonexistent"})
    assert done.returncode != 0, "the tag is there"
    assert json.loads((scratch / "m").read_text())["image.name"] == reference


# --- the engine ---

def test_docker_loads_the_archive(edgectl, engine, context, busybox, scratch):
    root = context({"Dockerfile": f'FROM {busybox}\nRUN echo loaded > /said\nCMD ["cat", "/said"]\n'})
    edgectl("build", "-t", "outputs-test:1", "--platform", "linux/amd64", "-o", f"type=docker,dest={scratch}/app.tar", root)
    loaded = engine.docker("load", "-i", str(scratch / "app.tar"))
    assert loaded.returncode == 0 and "outputs-test:1" in loaded.stdout, loaded.stderr
    ran = engine.docker("run", "--rm", "--network", "none", "outputs-test:1")
    assert ran.stdout == "loaded\n", ran.stderr


def test_load(edgectl, engine, identity, context, busybox):
    if identity.uid:
        pytest.skip("the engine's socket is root's")
    root = context({"Dockerfile": f'FROM {busybox}\nRUN echo by hand > /said\nCMD ["cat", "/said"]\n'})
    edgectl("build", "--load", "-t", "outputs-load:1", "--platform", "linux/amd64", root, env={"DOCKER_HOST": engine.socket})
    assert engine.docker("run", "--rm", "--network", "none", "outputs-load:1").stdout == "by hand\n"


def test_load_without_an_engine(edgectl, project):
    result = edgectl("build", "--load", "--platform", "linux/amd64", project, status=1,
                     env={"DOCKER_HOST": "unix:///nonexistent/docker.sock"})
    assert "'docker load' failed" in result.stderr


# --- the same digest everywhere ---

def test_the_same_digest_on_another_store(edgectl, context, busybox, scratch, identity, workspace):
    """A script that writes files in the order and at the time that it likes, of every owner; another umask, another number of
    threads, another directory: one digest, whoever builds."""
    root = context({"Dockerfile": f"""
FROM {busybox} AS make
WORKDIR /src
COPY . .
RUN for i in 3 1 2; do echo $i > file-$i; done; mkdir -p deep/er; chown -R 7:8 deep; date > /stamp; ls -la > listing || true
RUN sort file-* > program && chmod 755 program
FROM {busybox}
COPY --from=make /src/program /usr/bin/
COPY --from=make --chown=nobody /src/deep /deep
RUN touch /touched && ln /touched /hard && mkdir -p -m 700 /var/private && chown 3:4 /var/private
""", "a": "1", "b/c": "2"})
    digests = set()
    for i, jobs in enumerate(("1", "4")):
        other = edgectl.with_store(scratch / f"store-{i}")
        result = scratch / f"metadata-{i}"
        os.utime(root / "a", (10**9 + i, 10**9 + i))
        umask = ["sh", "-c", f"umask 0{i}77; exec \"$@\"", "sh"]
        other.inside(*umask)("build", "--jobs", jobs, "--platform", "linux/amd64", "--metadata-file", result,
                             "-o", "type=image,rewrite-timestamp=true", root, env={"SOURCE_DATE_EPOCH": "1700000000"})
        digests.add(json.loads(result.read_text())["containerimage.digest"])
    assert len(digests) == 1
    # as root and as a user: the first of them leaves its digest for the other
    seen = workspace / "digest-of-the-same-build"
    if not seen.exists():
        seen.write_text("".join(digests))
    assert seen.read_text() in digests


def test_new_layers_have_no_time_after_the_epoch(edgectl, context, busybox, registry, reference):
    root = context({"Dockerfile": f"FROM {busybox}\nCOPY old new /d/\nRUN touch /made\n", "old": "", "new": ""})
    os.utime(root / "old", (5, 5))
    edgectl("build", "--platform", "linux/arm64", "-o", f"type=registry,name={reference},rewrite-timestamp=true", root,
            env={"SOURCE_DATE_EPOCH": "1000"})
    base = parts.Image(registry, busybox, "linux/arm64").manifest["layers"]
    image = parts.Image(registry, reference, "linux/arm64")
    times = {name: entry.mtime for name, entry in image.entries(from_layer=1).items()}
    assert times["d/old"] == 5, "times are lowered, never raised"
    assert {times["d/new"], times["made"]} == {1000}
    assert [x["digest"] for x in image.manifest["layers"][:len(base)]] == [x["digest"] for x in base]


# --- attestations ---

def attestations(index):
    return [x for x in index["manifests"] if x.get("annotations", {}).get("vnd.docker.reference.type")]


def test_attestations(edgectl, context, busybox, registry, reference):
    status = "Package: bash\nStatus: install ok installed\nVersion: 5.2-1+b1\nArchitecture: arm64\nMaintainer: M <m@example.com>\n"
    root = context({"Dockerfile": f"FROM {busybox}\nCOPY status /var/lib/dpkg/\nCOPY os-release /etc/\n", "status": status,
                    "os-release": 'ID=debian\nVERSION_ID="12"\n'})
    edgectl("build", "--platform", "linux/arm64,linux/amd64", "--provenance=mode=max", "--sbom", "--build-arg", "X=y",
            "-t", reference, "--push", root)
    repository, tag = parts.repository_and_tag(registry, reference)
    index = json.loads(skopeo("inspect", "--raw", "--tls-verify=false", f"docker://{reference}"))
    images = [x for x in index["manifests"] if x["platform"]["os"] == "linux"]
    about = attestations(index)
    assert len(images) == len(about) == 2
    for image, attestation in zip(images, about):
        assert attestation["platform"] == {"architecture": "unknown", "os": "unknown"}
        assert attestation["annotations"] == {"vnd.docker.reference.type": "attestation-manifest",
                                              "vnd.docker.reference.digest": image["digest"]}
        manifest = json.loads(skopeo("inspect", "--raw", "--tls-verify=false",
                                     f"docker://{registry.address}/{repository}@{attestation['digest']}"))
        assert [x["annotations"]["in-toto.io/predicate-type"] for x in manifest["layers"]] == [
            "https://spdx.dev/Document", "https://slsa.dev/provenance/v0.2"]
        sbom, provenance = (json.loads(registry.layer(repository, x)) for x in manifest["layers"])
        for statement in (sbom, provenance):
            assert statement["_type"] == "https://in-toto.io/Statement/v0.1"
            assert statement["subject"][0]["digest"]["sha256"] == image["digest"].removeprefix("sha256:")
        bash, = (x for x in sbom["predicate"]["packages"] if x["name"] == "bash")
        assert bash["externalRefs"][0]["referenceLocator"] == "pkg:deb/debian/bash@5.2-1%2Bb1?arch=arm64&distro=debian-12"
        assert bash["supplier"] == "Organization: M (m@example.com)"
        assert provenance["predicate"]["invocation"]["parameters"]["args"]["build-arg:X"] == "y"
        assert provenance["predicate"]["materials"][0]["uri"].startswith("pkg:docker/127.0.0.1:")
        # by step, the layers of its file system: those of the last one are the image's
        layers = provenance["predicate"]["metadata"]["https://mobyproject.org/buildkit@v1#metadata"]["layers"]
        members = json.loads(skopeo("inspect", "--raw", "--tls-verify=false", f"docker://{registry.address}/{repository}@{image['digest']}"))["layers"]
        last = provenance["predicate"]["buildConfig"]["llbDefinition"][-1]
        assert layers[f"{last['id']}:0"] == [members]
        assert layers[last["inputs"][0]] == [members[:-1]]
    # whoever pulls gets an image, not what is said about it
    edgectl("pull", "--platform", "linux/arm64", reference)


def line_ranges(metadata):
    return sorted((x["start"]["line"], x["end"]["line"]) for step in metadata["source"]["locations"].values()
                  for location in step["locations"] for x in location["ranges"])


def test_provenance_has_the_dockerfile(edgectl, context, busybox, scratch):
    """With mode=max: its text, where each step stands in it, who asked for which secret, and whether there was a network."""
    def provenance(text, mode):
        edgectl("build", f"--provenance={mode}", "-o", f"type=local,dest={scratch}/out", context({"Dockerfile": text}))
        return json.loads((scratch / "out/provenance.json").read_text())["predicate"]

    text = (f"# syntax=docker/dockerfile:1\nFROM {busybox} AS a\nARG V=1\nRUN --network=none --mount=type=secret,id=one \\\n  true\n"
            f"FROM {busybox} AS unused\nRUN false\nFROM a\nRUN --network=none --mount=type=ssh --mount=type=secret,id=one true\n")
    found = provenance(text, "mode=max")
    metadata = found["metadata"]["https://mobyproject.org/buildkit@v1#metadata"]
    assert [(x["filename"], x["language"], base64.b64decode(x["data"]).decode()) for x in metadata["source"]["infos"]] == [
        ("Dockerfile", "Dockerfile", text)]
    assert line_ranges(metadata) == [(2, 2), (4, 5), (9, 9)], "what the image is made from"
    assert found["invocation"]["parameters"]["secrets"] == [{"id": "one", "optional": True}]
    assert found["invocation"]["parameters"]["ssh"] == [{"id": "default", "optional": True}]
    assert found["metadata"]["https://mobyproject.org/buildkit@v1#hermetic"] is True
    found = provenance(text.replace("--network=none", "--network=host"), "mode=min")
    assert found["metadata"]["https://mobyproject.org/buildkit@v1#hermetic"] is False
    assert found["metadata"]["https://mobyproject.org/buildkit@v1#metadata"] == {}
    assert "secrets" not in found["invocation"]["parameters"]


def test_attestations_beside_files(edgectl, context, busybox, scratch):
    """The subjects are all regular files, by their path in the image and what is in them."""
    root = context({"Dockerfile": f"FROM {busybox} AS made\nARG TARGETARCH\nRUN mkdir /d && echo $TARGETARCH > /d/f && ln /d/f /d/g && "
                                  "ln -s f /d/l && touch /d/e\nFROM scratch\nCOPY --from=made /d /d\n"})
    options = ["--platform", "linux/arm64,linux/amd64", "--provenance", "--sbom", "--build-arg", "SOURCE_DATE_EPOCH=1"]
    edgectl("build", *options, "-o", f"type=local,dest={scratch}/dir", "-o", f"type=tar,dest={scratch}/t.tar,attestation-prefix=about-", root)
    for arch in "arm64", "amd64":
        place = scratch / "dir" / f"linux_{arch}"
        statements = [json.loads((place / name).read_text()) for name in ("sbom.spdx.json", "provenance.json")]
        assert [x["predicateType"] for x in statements] == ["https://spdx.dev/Document", "https://slsa.dev/provenance/v0.2"]
        for statement in statements:
            assert {x["name"]: x["digest"]["sha256"] for x in statement["subject"]} == {
                f"d/{name}": hashlib.sha256((place / "d" / name).read_bytes()).hexdigest() for name in "efg"}
            assert len(statement["subject"]) == 3
        assert (place / "provenance.json").stat().st_mode & 0o777 == 0o600
        with tarfile.open(scratch / "t.tar") as tar:
            assert tar.extractfile(f"linux_{arch}/about-provenance.json").read() == (place / "provenance.json").read_bytes()
    edgectl("build", *options[2:], "--platform", "linux/arm64", "-o", f"{scratch}/single", root)
    assert sorted(x.name for x in (scratch / "single").iterdir()) == ["d", "provenance.json", "sbom.spdx.json"]
    other = context({"Dockerfile": "ARG TARGETARCH\nFROM scratch\nARG TARGETARCH\nCOPY f /$TARGETARCH\n", "f": ""})
    edgectl("build", *options, "-o", f"type=local,dest={scratch}/merged,platform-split=false", other)
    assert sorted(x.name for x in (scratch / "merged").iterdir()) == [
        "amd64", "arm64", "provenance.linux_amd64.json", "provenance.linux_arm64.json", "sbom.spdx.linux_amd64.json",
        "sbom.spdx.linux_arm64.json"]


def test_no_attestation_unless_asked(edgectl, project, registry, reference):
    edgectl("build", "--platform", "linux/amd64", "-t", reference, "--push", project)
    assert "manifests" not in json.loads(skopeo("inspect", "--raw", "--tls-verify=false", f"docker://{reference}"))


# --- labels and timeline ---

def test_labels_of_the_checkout(edgectl, context, scratch, identity):
    parts.need_program("git", "git")
    root = context({"Dockerfile": "FROM scratch\nCOPY file /\n", "file": "1"})

    def git(*args):
        return subprocess.run(["git", "-c", "user.name=n", "-c", "user.email=n@example.com", *args], cwd=root, check=True,
                              capture_output=True, text=True, env=edgectl.env(), **identity.credentials).stdout.strip()

    git("init", "-q")
    git("add", ".")
    git("commit", "-q", "-m", "one")
    git("remote", "add", "origin", "https://user:secret@git.example.com/team/app.git")
    head = git("rev-parse", "HEAD")
    for change, revision in ((None, head), ("2", f"{head}-dirty")):
        if change:
            (root / "file").write_text(change)
        edgectl("build", "--label-vcs", "-t", "x:1", "-o", f"type=oci,dest={scratch}/x,tar=false", root)
        labels = json.loads(skopeo("inspect", "--config", f"oci:{scratch}/x:1"))["config"]["Labels"]
        assert labels == {"org.opencontainers.image.revision": revision,
                          "org.opencontainers.image.source": "https://git.example.com/team/app.git"}


def test_trace(edgectl, context, busybox, scratch):
    root = context({"Dockerfile": f"FROM {busybox}\nRUN sleep 0.2\nRUN false\n"})
    edgectl("build", "--trace", scratch / "trace.json", "--platform", "linux/arm64", root, status=1)
    events = json.loads((scratch / "trace.json").read_text())
    assert all(x["ph"] == "X" and {"name", "cat", "ts", "dur", "pid", "tid", "args"} <= set(x) for x in events)
    sleep, = (x for x in events if x["name"].endswith("RUN sleep 0.2"))
    failed, = (x for x in events if x["name"].endswith("RUN false"))
    assert sleep["dur"] >= 200_000 and sleep["args"]["emulated"] and sleep["args"]["platform"] == "linux/arm64"
    assert failed["args"]["state"] == "failed" and failed["ts"] >= sleep["ts"] + sleep["dur"]
