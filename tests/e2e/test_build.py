"""`edgectl build`: what the Dockerfile says is what the image is."""
import io
import json
import os
import shutil
import subprocess
import tarfile

import pytest

import parts

MACHINES = [("linux/arm/v6", "armv6l"), ("linux/arm/v7", "armv7l"), ("linux/arm64", "aarch64"), ("linux/amd64", "x86_64")]


def tar_gz(files):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz") as archive:
        for name, data in files.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(data)
            archive.addfile(entry, io.BytesIO(data))
    return out.getvalue()


@pytest.mark.parametrize("platform, machine", MACHINES)
def test_a_step_runs_on_the_machine_asked_for(publish, context, busybox, platform, machine):
    image = publish(context({"Dockerfile": f"FROM {busybox}\nRUN uname -m > /machine\n"}), platform=platform)
    assert image.text("machine") == f"{machine}\n"
    os_name, architecture, *variant = platform.split("/")
    assert (image.config["os"], image.config["architecture"]) == (os_name, architecture)
    assert image.config.get("variant", "") == "".join(variant)


def host_binfmt():
    """The names registered on the host, seen through a mount of our own."""
    script = "mount -t binfmt_misc binfmt_misc /proc/sys/fs/binfmt_misc && ls /proc/sys/fs/binfmt_misc"
    return subprocess.run(["unshare", "--mount", "sh", "-c", script], check=True, capture_output=True, text=True).stdout


def test_emulation_leaves_the_host_alone(publish, context, busybox):
    parts.need(os.geteuid() == 0, "only root can look at the host's registrations")
    before = host_binfmt()
    publish(context({"Dockerfile": f"FROM {busybox}\nRUN uname -m\n"}), "--no-cache", platform="linux/arm/v7")
    assert host_binfmt() == before


def test_nothing_need_be_registered(edgectl, context, busybox, scratch, workspace):
    """In a namespace whose binfmt_misc is empty, which hides the host's, ARM programs do not run; builds for ARM do."""
    namespace = [shutil.copy2(parts.FIXTURES / "emulated.py", workspace / "bin"), "--no-qemu"]
    nested = edgectl.with_store(scratch / "store").inside(*namespace)
    root = context({"Dockerfile": f"FROM {busybox}\nRUN uname -m\n"})
    for platform, machine in MACHINES:
        result = nested("build", "--progress=plain", "--platform", platform, root)
        assert machine in result.stderr


def test_last_stage_has_only_what_it_copies(publish, context, busybox):
    image = publish(context({"Dockerfile": f"""
FROM {busybox} AS build
RUN mkdir /out && echo built > /out/program && echo rubbish > /out/object
FROM scratch
COPY --from=build /out/program /bin/program
CMD ["/bin/program"]
"""}))
    assert set(image.entries()) == {"bin", "bin/program"}
    assert image.text("bin/program") == "built\n"
    assert image.config["config"]["Cmd"] == ["/bin/program"]


def test_target_ends_at_its_stage(publish, context, busybox):
    dockerfile = f"FROM {busybox} AS first\nRUN echo 1 > /stage\nFROM first\nRUN echo 2 > /stage\n"
    assert publish(context({"Dockerfile": dockerfile}), "--target", "first").text("stage") == "1\n"


def test_stage_on_a_platform_of_its_own(publish, context, busybox):
    image = publish(context({"Dockerfile": f"""
FROM --platform=linux/amd64 {busybox} AS tools
RUN uname -m > /machine
FROM {busybox}
COPY --from=tools /machine /tools
RUN uname -m > /machine
"""}))
    assert (image.text("tools"), image.text("machine")) == ("x86_64\n", "aarch64\n")


def test_each_image_of_an_index_is_of_its_platform(edgectl, context, busybox, scratch):
    root = context({"Dockerfile": f"FROM --platform=linux/amd64 {busybox}\nCOPY a /\n", "a": "for every machine"})
    edgectl("build", "--platform", "linux/amd64,linux/arm64", "-o", f"type=oci,dest={scratch}/out,tar=false", root)
    read = lambda digest: json.loads((scratch / "out/blobs" / digest.replace(":", "/")).read_text())
    index = read(json.loads((scratch / "out/index.json").read_text())["manifests"][0]["digest"])
    assert [x["platform"]["architecture"] for x in index["manifests"]] == ["amd64", "arm64"]
    configs = [read(read(x["digest"])["config"]["digest"]) for x in index["manifests"]]
    assert [x["architecture"] for x in configs] == ["amd64", "arm64"]
    assert configs[0]["rootfs"] == configs[1]["rootfs"]


def test_metadata_is_loaded_for_each_platform(fresh_edgectl, context, busybox):
    root = context({"Dockerfile": f"FROM {busybox}\n"})
    both = fresh_edgectl("build", "--progress=plain", "--pull", "--platform", "linux/arm64,linux/amd64", root).stderr
    for platform in ("linux/arm64", "linux/amd64"):
        assert f"[{platform} internal] load metadata for {busybox}\n" in both
    assert "[internal] load metadata" in fresh_edgectl("build", "--progress=plain", "--pull", "--platform", "linux/arm64", root).stderr


def test_copy(publish, context):
    image = publish(context({
        "Dockerfile": """
FROM scratch
COPY *.txt notes/
COPY tree /tree
COPY --chown=12:34 --chmod=0600 a.txt /owned
COPY a.txt b.bin /two/
""",
        "a.txt": "a", "b.bin": "b", "c.txt": "c", "tree/deep/leaf": "leaf", "tree/top": "top"}))
    entries = image.entries()
    assert {x for x, entry in entries.items() if entry.isfile()} == {
        "notes/a.txt", "notes/c.txt", "tree/deep/leaf", "tree/top", "owned", "two/a.txt", "two/b.bin"}
    owned = entries["owned"]
    assert (owned.uid, owned.gid, owned.mode & 0o7777) == (12, 34, 0o600)
    assert (entries["notes/a.txt"].uid, entries["notes/a.txt"].gid) == (0, 0), "the user's own ids are not the image's"


def test_symbolic_links_are_copied_as_such(publish, context):
    root = context({"Dockerfile": "FROM scratch\nCOPY tree /tree\n", "tree/file": "x"})
    (root / "tree/link").symlink_to("file")
    (root / "tree/outside").symlink_to("/etc/passwd")
    entries = publish(root).entries()
    assert entries["tree/link"].linkname == "file"
    assert entries["tree/outside"].linkname == "/etc/passwd"


def test_add_unpacks_archives(publish, context):
    archive = tar_gz({"etc/setting": b"on\n", "top": b"top\n"})
    image = publish(context({"Dockerfile": "FROM scratch\nADD files.tar.gz /srv/\nADD plain /plain\n",
                             "files.tar.gz": archive, "plain": "plain"}))
    assert image.text("srv/etc/setting") == "on\n"
    assert image.text("plain") == "plain"
    assert "srv/files.tar.gz" not in image.entries()


def test_ignored_files_stay_out(publish, context):
    image = publish(context({
        "Dockerfile": "FROM scratch\nCOPY . /all/\n", ".dockerignore": "*.o\n**/secret\n!keep.o\nDockerfile\n",
        "a.o": "", "keep.o": "", "deep/secret": "", "deep/public": ""}))
    files = {x for x, entry in image.entries().items() if entry.isfile()}
    assert files == {"all/keep.o", "all/deep/public", "all/.dockerignore"}


def test_build_arguments(publish, context, busybox):
    image = publish(context({"Dockerfile": f"""
ARG BASE={busybox}
FROM $BASE
ARG COLOUR=red
ARG SIZE=small
ARG TARGETPLATFORM TARGETARCH
RUN echo $COLOUR $SIZE $TARGETPLATFORM $TARGETARCH > /seen
"""}), "--build-arg", "COLOUR=blue")
    assert image.text("seen") == "blue small linux/arm64 arm64\n"
    assert not any("COLOUR" in x for x in image.config["config"]["Env"]), "ARG is not ENV"


def test_configuration(publish, context, busybox):
    config = publish(context({"Dockerfile": f"""
FROM {busybox}
ENV GREETING="hello world" OTHER=1
WORKDIR /srv/app
USER nobody
LABEL org.example.team="boards"
EXPOSE 8080/tcp 53/udp
VOLUME /data
SHELL ["/bin/sh", "-ec"]
STOPSIGNAL SIGINT
HEALTHCHECK --interval=5s --retries=2 CMD true
ENTRYPOINT ["/bin/echo"]
CMD ["hi"]
"""})).config["config"]
    assert "GREETING=hello world" in config["Env"] and "OTHER=1" in config["Env"]
    assert (config["WorkingDir"], config["User"]) == ("/srv/app", "nobody")
    assert config["Labels"] == {"org.example.team": "boards"}
    assert set(config["ExposedPorts"]) == {"8080/tcp", "53/udp"}
    assert set(config["Volumes"]) == {"/data"}
    assert config["Shell"] == ["/bin/sh", "-ec"]
    assert config["StopSignal"] == "SIGINT"
    assert config["Healthcheck"] == {"Test": ["CMD-SHELL", "true"], "Interval": 5_000_000_000, "Retries": 2}
    assert (config["Entrypoint"], config["Cmd"]) == (["/bin/echo"], ["hi"])


def test_user_of_a_step(publish, context, busybox):
    image = publish(context({"Dockerfile": f"""
FROM {busybox}
WORKDIR /tmp
USER nobody
RUN id -u > seen && id -g >> seen
USER 7:8
RUN id -u > numbers && id -g >> numbers
"""}))
    assert image.text("tmp/seen") == "65534\n65534\n"
    assert image.text("tmp/numbers") == "7\n8\n"
    entry = image.entries()["tmp/numbers"]
    assert (entry.uid, entry.gid) == (7, 8)


def test_here_documents(publish, context, busybox):
    image = publish(context({"Dockerfile": f"""
FROM {busybox}
ARG NAME=expanded
RUN <<EOF
set -e
echo first > /lines
echo second >> /lines
EOF
RUN <<EOF
#!/bin/cat
a script of another interpreter
EOF
COPY <<one <<"two" /files/
$NAME
one
$NAME
two
"""}))
    assert image.text("lines") == "first\nsecond\n"
    assert image.text("files/one") == "expanded\n"
    assert image.text("files/two") == "$NAME\n"


def test_exec_form_needs_no_shell(publish, context, busybox):
    dockerfile = f'FROM {busybox}\nRUN ["/bin/touch", "/a b", "/$HOME"]\n'
    assert {"a b", "$HOME"} <= set(publish(context({"Dockerfile": dockerfile})).entries())


def test_deleted_files_become_whiteouts(publish, context, busybox):
    image = publish(context({"Dockerfile": f"""
FROM {busybox}
RUN mkdir /d && echo 1 > /d/old && echo 1 > /kept
RUN rm -r /d && mkdir /d && echo 2 > /d/new && rm /bin/vi
"""}))
    last = {x.name.removeprefix("./").rstrip("/") for x in image.layers[-1].getmembers()}
    assert "bin/.wh.vi" in last and "d/new" in last
    assert "d/.wh..wh..opq" in last or "d/.wh.old" in last
    assert "kept" not in last


def test_volume_is_there_in_every_step_and_in_no_layer(publish, context, busybox, scratch, identity):
    shared = scratch / "shared"
    shared.mkdir()
    identity.own(shared)
    (shared / "input").write_text("from the host\n")
    image = publish(context({"Dockerfile": f"""
FROM {busybox}
RUN cp /mnt/host/input /first && echo out > /mnt/host/output
RUN cp /mnt/host/input /second
"""}), "-v", f"{shared}:/mnt/host")
    assert image.text("first") == image.text("second") == "from the host\n"
    assert (shared / "output").read_text() == "out\n"
    assert (shared / "output").stat().st_uid == identity.uid
    assert not [x for x in image.entries() if x.startswith("mnt")]


def test_read_only_volume(edgectl, context, busybox, scratch):
    root = context({"Dockerfile": f"FROM {busybox}\nRUN touch /mnt/x\n"})
    result = edgectl("build", "--platform", "linux/arm64", "--volume", f"{scratch}:/mnt:ro", root, status=1)
    assert "ead-only file system" in result.stderr
    assert not (scratch / "x").exists()


def test_second_build_runs_nothing(publish, context, busybox):
    root = context({"Dockerfile": f"FROM {busybox}\nRUN cat /proc/sys/kernel/random/uuid > /id\nCOPY a /a\n", "a": "a"})
    first, second = publish(root), publish(root)
    assert second.manifest == first.manifest
    uncached = publish(root, "--no-cache")
    assert uncached.text("id") != first.text("id")


def test_cache_follows_content(publish, context, busybox):
    dockerfile = f"FROM {busybox}\nCOPY a /a\nRUN cat /proc/sys/kernel/random/uuid > /id\n"
    root = context({"Dockerfile": dockerfile, "a": "1"})
    first = publish(root)
    os.utime(root / "a", (1, 1))
    assert publish(root).text("id") == first.text("id"), "a new mtime alone changes nothing"
    (root / "a").write_text("2")
    changed = publish(root)
    assert changed.text("id") != first.text("id")
    assert changed.text("a") == "2"


def test_same_input_gives_same_digest_in_another_store(edgectl, context, busybox, scratch):
    dockerfile = f"FROM {busybox}\nENV A=b\nCOPY . /all/\nWORKDIR /made/here\n"
    root = context({"Dockerfile": dockerfile, "x/y": "y", "z": "z"})
    ids = []
    for umask in (0o022, 0o077):
        store = edgectl.with_store(scratch / f"store-{umask}")
        environment = {"SOURCE_DATE_EPOCH": "1700000000"}
        process = store.start("build", "-q", "--platform", "linux/arm64", root, env=environment, umask=umask)
        ids.append(process.communicate()[0])
    assert ids[0].startswith("sha256:") and ids[0] == ids[1]


def test_base_for_another_machine_is_refused(edgectl, context, registry):
    index = registry.manifest("busybox", "latest")["manifests"]
    amd64 = next(x["digest"] for x in index if parts.platform_text(x["platform"]) == "linux/amd64")
    root = context({"Dockerfile": f"FROM {registry.address}/busybox@{amd64}\nRUN true\n"})
    result = edgectl("build", "--platform", "linux/arm64", root, status=1)
    assert "amd64" in result.stderr and "arm64" in result.stderr


def test_base_without_the_platform_names_those_it_has(edgectl, context, busybox):
    root = context({"Dockerfile": f"FROM {busybox}\nRUN true\n"})
    result = edgectl("build", "--platform", "linux/riscv64", root, status=1)
    assert "riscv64" in result.stderr and "arm/v7" in result.stderr


def test_steps_reach_the_network(publish, context, busybox, registry):
    dockerfile = f"FROM {busybox}\nRUN wget -q -O /answer http://{registry.address}/v2/_catalog\n"
    assert "busybox" in publish(context({"Dockerfile": dockerfile}), "--no-cache").text("answer")


def test_progress_plain_shows_steps_and_their_output(edgectl, context, busybox):
    root = context({"Dockerfile": f"FROM {busybox}\nRUN echo said $((6 * 7))\n"})
    result = edgectl("build", "--no-cache", "--progress", "plain", "--platform", "linux/arm64", root)
    assert "RUN echo said" in result.stderr and "said 42" in result.stderr
    assert "\x1b" not in result.stderr


def test_progress_json_is_json(edgectl, context, busybox):
    root = context({"Dockerfile": f"FROM {busybox}\nRUN echo said $((6 * 7))\n"})
    result = edgectl("build", "--no-cache", "--progress=json", "--platform", "linux/arm64", root)
    events = [json.loads(line) for line in result.stderr.splitlines()]
    assert any("said 42" in json.dumps(event) for event in events)


def test_quiet_prints_the_digest_alone(edgectl, context):
    root = context({"Dockerfile": "FROM scratch\nCOPY Dockerfile /\n"})
    result = edgectl("build", "-q", root)
    assert result.stdout.startswith("sha256:") and result.stdout.count("\n") == 1
    assert result.stderr == ""


def test_dockerfile_elsewhere(publish, context, scratch):
    root = context({"a": "a", "docker/board.Dockerfile": "FROM scratch\nCOPY a /found\n"})
    assert publish(root, "-f", root / "docker/board.Dockerfile").text("found") == "a"


def test_names_labels_and_result_files(edgectl, context, registry, reference, scratch):
    root = context({"Dockerfile": "FROM scratch\nLABEL a=dockerfile b=dockerfile\nCOPY Dockerfile /\n"})
    other = f"{reference}-other"
    edgectl("build", "--platform", "linux/arm64", "-t", reference, "-t", other, "--label", "a=option", "--push",
            "--iidfile", scratch / "id", "--metadata-file", scratch / "metadata", root)
    manifest, config = registry.image(*parts.repository_and_tag(registry, reference))
    assert registry.image(*parts.repository_and_tag(registry, other))[0] == manifest
    assert config["config"]["Labels"] == {"a": "option", "b": "dockerfile"}
    assert (scratch / "id").read_text() == manifest["config"]["digest"]
    metadata = json.loads((scratch / "metadata").read_text())
    assert metadata["containerimage.config.digest"] == manifest["config"]["digest"]
    assert metadata["image.name"] == f"{reference},{other}"
    listed = edgectl("images").stdout
    assert other.rsplit(":", 1)[1] in listed
