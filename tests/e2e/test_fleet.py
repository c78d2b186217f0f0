"""Fleets: from the source to a release in a real registry, its channels, and what other programs read of it."""
import hashlib
import json
import os
import re
import subprocess
import urllib.request

import pytest

import parts
from conftest import COUNTER, REPOSITORY

COMPOSE = """
services:
  app:
    build: .
    environment: {{LEVEL: info}}
    configs: [settings]
    develop: {{watch: [{{path: ., action: rebuild}}]}}
  web:
    build: web
    depends_on: [app]
  broker:
    image: {busybox}
  spare:
    image: {busybox}
    profiles: [spare]
configs:
  settings: {{file: ./settings.txt}}
"""


def git(root, identity, *words):
    env = {"HOME": str(identity.home), "PATH": os.environ["PATH"], "GIT_CONFIG_NOSYSTEM": "1",
           "GIT_AUTHOR_DATE": "2026-03-04T05:06:07Z", "GIT_COMMITTER_DATE": "2026-03-04T05:06:07Z"}
    done = subprocess.run(["git", "-C", root, "-c", "user.name=Anna", "-c", "user.email=anna@example.com", *words], env=env,
                          capture_output=True, text=True, **identity.credentials)
    assert done.returncode == 0, done.stderr


class Fleet:
    """A project of its own, whose fleet has a repository of its own."""

    def __init__(self, edgectl, registry, identity, root):
        self.edgectl, self.registry, self.identity, self.root = edgectl, registry, identity, root
        self.repository = f"{identity.name}/fleet-{next(COUNTER)}"
        self.address = f"{registry.address}/{self.repository}"
        self.write("edgectl.yaml", f"""
            fleets:
              plants:
                registry: {registry.address}
                repository: {self.repository}
                platforms: [linux/arm64, linux/arm/v7]
                channel: stable
                labels: {{site: north}}
            """)
        git(root, identity, "init", "-q", ".")
        self.commit("v1")

    def write(self, name, text):
        (self.root / name).write_text(re.sub("^            ", "", text, flags=re.M))
        self.identity.own(self.root / name)

    def commit(self, tag):
        git(self.root, self.identity, "add", "-A")
        git(self.root, self.identity, "commit", "-qm", tag)
        git(self.root, self.identity, "tag", tag)

    def __call__(self, *words, **options):
        return self.edgectl(*words, cwd=self.root, **options)

    def push(self, *words, **options):
        return self("push", "plants", "-q", *words, **options).stdout.strip()

    def releases(self):
        return {x["version"]: x for x in json.loads(self("release", "ls", "plants", "--json").stdout)}

    def channel(self, name="stable"):
        found = [x["version"] for x in self.releases().values() if name in x["channels"]]
        assert len(found) <= 1, found
        return found[0] if found else None

    def tags(self):
        return set(json.loads(self.registry.get(f"{self.repository}/tags/list"))["tags"])


@pytest.fixture
def fleet(edgectl, registry, identity, context, busybox):
    root = context({"Dockerfile": "FROM scratch\nCOPY app /\nCMD [\"/app\"]\n", "app": "one\n",
                    "web/Dockerfile": "FROM scratch\nCOPY index.html /\n", "web/index.html": "<p>",
                    "settings.txt": "a $SETTING\n", "compose.yaml": COMPOSE.format(busybox=busybox)})
    return Fleet(edgectl, registry, identity, root)


def test_release_is_what_docker_compose_and_skopeo_read(fleet):
    digest = fleet.push("--note", "first", "--release-tag", "ticket=12")
    reference = f"{fleet.address}:stable"
    raw = json.loads(fleet.registry.skopeo("inspect", "--tls-verify=false", "--raw", f"docker://{reference}"))
    assert raw["artifactType"] == "application/vnd.docker.compose.project"
    notes = raw["annotations"]
    assert notes["org.opencontainers.image.version"] == "v1" and notes["io.edgectl.release.note"] == "first"
    assert notes["io.edgectl.release.tag.ticket"] == "12" and notes["io.edgectl.release.tag.site"] == "north"
    assert notes["org.opencontainers.image.created"] == "2026-03-04T05:06:07Z"
    assert notes["org.opencontainers.image.authors"] == "Anna <anna@example.com>"
    assert fleet.releases()["v1"]["digest"] == digest

    model = docker_compose(fleet, reference)
    services = model["services"]
    assert set(services) == {"app", "web", "broker"}
    assert services["app"]["environment"] == {"LEVEL": "info"}
    assert not any("build" in x or "develop" in x for x in services.values())
    assert model["configs"]["settings"]["content"] == "a $$SETTING\n"
    for name, service in services.items():
        image = json.loads(fleet.registry.skopeo("inspect", "--tls-verify=false", "--raw", f"docker://{service['image']}"))
        assert re.search("@sha256:[0-9a-f]{64}$", service["image"]), service
        machines = {(x["platform"]["architecture"], x["platform"].get("variant")) for x in image["manifests"]}
        assert {("arm64", None), ("arm", "v7")} <= machines, name


def test_same_source_is_the_same_release(fleet, scratch):
    """Pushed twice; and from a clone that was made later, with an empty store."""
    digest = fleet.push()
    assert fleet.push() == digest
    clone = scratch / "clone"
    git(fleet.root, fleet.identity, "clone", "-q", fleet.root, clone)
    for path in clone.rglob("*"):
        os.utime(path)
    other = fleet.edgectl.with_store(scratch / "other")
    assert other("push", "plants", "-q", cwd=clone).stdout.strip() == digest
    assert list(fleet.releases()) == ["v1"]


def test_only_what_changed_travels(fleet):
    fleet.push()
    fleet.write("app", "two\n")
    fleet.write("compose.yaml", (fleet.root / "compose.yaml").read_text().replace("info", "debug"))
    fleet.commit("v2")
    images = fleet.releases()["v1"]["images"]
    fleet.push()
    releases = fleet.releases()
    assert releases["v2"]["images"]["web"] == images["web"]
    assert releases["v2"]["images"]["broker"] == images["broker"]
    assert releases["v2"]["images"]["app"] != images["app"]
    assert releases["v2"]["parent"] == releases["v1"]["digest"]
    assert list(releases) == ["v2", "v1"]

    difference = json.loads(fleet("release", "diff", "plants", "v1", "--json").stdout)
    assert list(difference["services"]) == ["app"] and difference["others"] == {}
    assert difference["services"]["app"]["settings"] == {"environment.LEVEL": {"before": "info", "after": "debug"}}
    for platform in ("linux/arm64", "linux/arm/v7"):
        download = difference["downloads"][platform]
        manifest, _ = fleet.registry.image(fleet.repository, releases["v2"]["images"]["app"].partition("@")[2], platform)
        layer = {key: manifest["layers"][0][key] for key in ("digest", "size")}
        assert (download["layers"], download["bytes"]) == (1, layer["size"])
        assert download["new_layers"] == [layer] == difference["services"]["app"]["downloads"][platform]["new_layers"]
    shown = fleet("release", "diff", "plants", "v1").stdout
    assert "environment.LEVEL: info -> debug" in shown
    assert f"(1 of 1 layers)\n        + layer {layer['digest'][:19]}  {layer['size']}B\n" in shown, shown
    assert "they are the same" in fleet("release", "diff", "plants", "v2", "stable").stdout


def shown_size(size):
    return f"{size}B" if size < 1000 else f"{size / 1000:.1f}kB"


def test_summary(fleet):
    """Per service and platform: what was built, what was there, what was sent of the whole."""
    fleet.write("Dockerfile", "FROM scratch\nCOPY settings.txt /\nARG TARGETARCH\nLABEL for=$TARGETARCH\nCOPY app /\n")
    fleet.push("--release-version", "s1")
    fleet.write("app", f"{fleet.repository}\n")  # no other repository has it, to be mounted from
    shown = fleet("push", "plants", "--release-version", "s2").stderr.splitlines()
    images = {platform: fleet.registry.image(fleet.repository, fleet.releases()["s2"]["images"]["app"].partition("@")[2], platform)[0]
              for platform in ("linux/arm64", "linux/arm/v7")}
    first, second = images.values()
    assert first["layers"] == second["layers"] and first["config"]["digest"] != second["config"]["digest"]
    app = first["layers"][1]["size"]
    whole = [x["config"]["size"] + sum(y["size"] for y in x["layers"]) for x in images.values()]
    # what both share was sent for the first one
    assert rows(shown, "app") == [["linux/arm64", "1", "1", "0", shown_size(app + first["config"]["size"]), shown_size(whole[0])],
                                  ["linux/arm/v7", "0", "0", "2", shown_size(second["config"]["size"]), shown_size(whole[1])]]
    assert [row[:-1] for row in rows(shown, "web")] == [["linux/arm64", "0", "1", "0", "0B"], ["linux/arm/v7", "0", "0", "1", "0B"]]
    sent = app + first["config"]["size"] + second["config"]["size"]
    assert re.search(f"^release s2 in channel stable; sent {re.escape(shown_size(sent))} of .*, [0-9.]+% less$", shown[-2], re.M), shown
    assert "sent 0B of" in fleet("push", "plants", "--release-version", "s2").stderr


def rows(lines, service):
    return [line.split()[1:] for line in lines if line.startswith(f"{service} ")]


def test_changes_that_are_not_committed(fleet):
    fleet.push()
    fleet.write("app", "two\n")
    fleet.push()
    version = fleet.channel()
    assert re.fullmatch("v1-dirty[.][0-9a-f]{12}", version)
    assert fleet.releases()[version]["dirty"] and "created" not in fleet.releases()[version]


def test_channels(fleet):
    first = fleet.push()
    fleet.write("app", "two\n")
    fleet.commit("v2")
    fleet.push("--channel", "canary")
    assert (fleet.channel(), fleet.channel("canary")) == ("v1", "v2")
    assert "stable: v1 -> v2" in fleet("release", "promote", "plants", "canary").stdout
    assert "has release v2 already" in fleet("release", "promote", "plants", "v2").stdout
    assert "stable: v2 -> v1" in fleet("release", "rollback", "plants").stdout
    assert fleet.channel() == "v1" and fleet.channel("canary") == "v2"
    fleet("release", "rollback", "plants")
    assert fleet.channel() == "v2"
    fleet("release", "rollback", "plants", "--to", first[7:15])
    assert fleet.channel() == "v1"
    wrong = fleet("release", "promote", "plants", "v3", status=1).stderr
    assert "no release or channel is called 'v3'" in wrong and "did you mean" in wrong
    assert "no release that channel 'canary' had before" in fleet("release", "rollback", "plants", "canary", status=1).stderr
    elsewhere = fleet.edgectl("release", "ls", fleet.address, cwd="/").stdout
    assert re.search(r"^v1 +stable", elsewhere, re.M), elsewhere


def test_draft(fleet):
    fleet.push()
    fleet.write("app", "two\n")
    fleet.commit("v2")
    digest = fleet.push("--draft")
    assert fleet.channel() == "v1" and fleet.releases()["v2"]["draft"]
    assert "is a draft" in fleet("release", "promote", "plants", "v2", status=1).stderr
    fleet("release", "finalize", "plants", "v2")
    assert fleet.channel() == "v2" and fleet.releases()["v2"]["digest"] == digest
    assert not any(x.startswith("draft.") for x in fleet.tags())


def test_rm_keeps_what_others_have(fleet):
    fleet.push()
    fleet.write("app", "two\n")
    fleet.commit("v2")
    fleet.push()
    releases = fleet.releases()
    assert "boards of channel 'stable' run release 'v2'" in fleet("release", "rm", "plants", "v2", status=1).stderr
    fleet("release", "rm", "plants", "v1")
    assert list(fleet.releases()) == ["v2"]
    tags = {x for x in fleet.tags() if x.startswith("image.")}
    kept = {f"image.{name}.{image.rpartition(':')[2][:12]}" for name, image in releases["v2"]["images"].items()
            if name != "broker"}
    assert tags == kept
    for image in releases["v2"]["images"].values():
        fleet.registry.skopeo("inspect", "--tls-verify=false", "--raw", f"docker://{image}")


def test_version_names_one_release(fleet):
    fleet.push()
    wrong = fleet("push", "plants", "--note", "other", status=1)
    assert "there is a release 'v1' already, and it is another one" in wrong.stderr
    assert "--release-version" in wrong.stderr
    fleet.push("--note", "other", "--release-version", "v1b")
    assert fleet.channel() == "v1b"


def test_nothing_is_published_when_one_platform_fails(fleet):
    fleet.push()
    fleet.write("Dockerfile", "FROM scratch AS base-arm64\nCOPY app /\nFROM scratch AS base-arm\nCOPY missing /\n"
                "FROM base-$TARGETARCH\n")
    fleet.commit("v2")
    before = fleet.tags()
    assert "missing" in fleet("push", "plants", status=1).stderr
    assert fleet.tags() == before and fleet.channel() == "v1"


@pytest.mark.parametrize("compose, problem", [
    ("services: {app: {image: BUSYBOX, volumes: ['./data:/data']}}", "service 'app' mounts"),
    ("services: {app: {image: BUSYBOX, secrets: [s]}}\nsecrets: {s: {file: ./settings.txt}}", "secret 's' is a file"),
    ("services: {app: {image: 'BUSYBOX-gone'}}", "service 'app'"),
    (f"services: {{app: {{image: 'BUSYBOX@sha256:{'0' * 64}'}}}}", "service 'app'"),
    ("services: {app: {image: BUSYBOX, configs: [c]}}\nconfigs: {c: {file: ./latin}}", "no UTF-8 text"),
])
def test_what_cannot_be_released(fleet, busybox, compose, problem):
    fleet.write("compose.yaml", compose.replace("BUSYBOX", busybox))
    (fleet.root / "latin").write_bytes(b"\xe4\n")
    wrong = fleet("push", "plants", status=1).stderr
    assert problem in wrong, wrong
    assert fleet.releases() == {}


def test_interrupted_and_again(fleet):
    """Killed at many moments, the channel names the old release or the whole new one; the next push completes it."""
    fleet.push()
    for number in range(6):
        fleet.write("app", f"{number}\n" * 200000)
        fleet.commit(f"k{number}")
        process = fleet.edgectl.start("push", "plants", cwd=fleet.root)
        try:
            process.wait(0.05 + 0.07 * number)
        except subprocess.TimeoutExpired:
            process.kill()
        process.communicate()
        for image in fleet.releases()[fleet.channel()]["images"].values():
            fleet.registry.skopeo("inspect", "--tls-verify=false", "--raw", f"docker://{image}")
        fleet.push()
        assert fleet.channel() == f"k{number}"


def test_dry_run_and_check(fleet):
    assert "takes a push" in fleet("fleet", "check", "plants").stdout
    done = fleet("push", "plants", "--dry-run")
    assert "would build app for linux/arm64, linux/arm/v7" in done.stdout
    assert "would publish a release" in done.stdout
    assert "nothing was released" in fleet("fleet", "check", "plants").stdout


def test_no_rights(fleet, secured_registry):
    fleet.write("edgectl.yaml", (fleet.root / "edgectl.yaml").read_text().replace(fleet.registry.address,
                                                                                 secured_registry.address))
    for words in (("fleet", "check", "plants"), ("push", "plants")):
        wrong = fleet(*words, status=1).stderr
        assert "fleet 'plants'" in wrong and "login" in wrong, wrong
        assert "COPY" not in wrong


def test_fleets_by_name(fleet):
    assert "plants" in fleet("fleet", "ls").stdout
    shown = json.loads(fleet("fleet", "show", "plants", "--json").stdout)
    assert shown["reference"] == fleet.address and shown["labels"] == {"site": "north"}
    assert "did you mean 'plants'" in fleet("fleet", "show", "plant", status=1).stderr
    assert fleet("__complete", "fleet", "pl").stdout == "plants\n"
    assert "is no fleet" in fleet("push", "plans", "--draft", status=2).stderr


def test_completing_what_there_is(fleet):
    """Releases and channels that were seen here; no registry is asked, and what is no tag is offered to no shell."""
    def offered(*words):
        return fleet("__complete", *words).stdout.splitlines()

    assert offered("fleet", "", "release", "show", "plants") == ["stable"]
    fleet.push()
    fleet("release", "promote", "plants", "v1", "canary")
    assert offered("fleet", "", "release", "show", "plants") == ["canary", "stable", "v1"]
    put_release(fleet.registry, fleet.repository, ["noted"], "services: {}",
                **{"org.opencontainers.image.version": "a b;\x1b[2J$(reboot)"})
    fleet.write("app", "two\n")
    fleet.commit("v2")
    fleet.push("--channel", "next")
    fleet("release", "ls", "plants")
    before = len(fleet.registry.requests())
    releases = {"stable", "canary", "next", "v1", "v2", "noted"}
    assert set(offered("fleet", "", "release", "diff", "plants", "v1")) == releases
    assert set(offered("release", "", "release", "rollback", "plants", "--to")) == releases
    assert set(offered("fleet", "v", "release", "rm", "plants", "v1")) == {"v2", "v1"}
    assert set(offered("fleet", "", "release", "promote", "plants", "v1")) == {"stable", "canary", "next", "noted"}
    assert set(offered("fleet", "", "release", "rollback", "plants")) == {"stable", "canary", "next", "noted"}
    assert set(offered("channel", "", "push", "plants")) == {"stable", "canary", "next", "noted"}
    assert offered("fleet-release", "plants:n", "rollout") == ["plants:next", "plants:noted"]
    assert set(offered("fleet-release", f"{fleet.address}:v", "rollout")) == {f"{fleet.address}:v2", f"{fleet.address}:v1"}
    assert offered("fleet-release", "pla", "rollout") == ["plants"]
    assert len(fleet.registry.requests()) == before
    fleet("release", "promote", "plants", "v2", "canary")
    fleet("release", "promote", "plants", "v2")
    fleet("release", "rm", "plants", "v1")
    assert offered("fleet", "v", "release", "show", "plants") == ["v2"]


def put(registry, path, content, media_type, method="PUT"):
    address = path if path.startswith("http") else f"http://{registry.address}/v2/{path}"
    request = urllib.request.Request(address, method=method, data=content, headers={"Content-Type": media_type})
    with urllib.request.urlopen(request, timeout=30) as answer:
        return answer.headers


def put_blob(registry, repository, content, media_type):
    digest = "sha256:" + hashlib.sha256(content).hexdigest()
    place = put(registry, f"{repository}/blobs/uploads/", b"", "application/octet-stream", "POST")["Location"]
    put(registry, f"{place}{'&' if '?' in place else '?'}digest={digest}", content, "application/octet-stream")
    return {"mediaType": media_type, "digest": digest, "size": len(content)}


def put_release(registry, repository, tags, compose, **annotations):
    """An artifact as anybody can make one."""
    manifest = json.dumps({
        "schemaVersion": 2, "mediaType": "application/vnd.oci.image.manifest.v1+json",
        "artifactType": "application/vnd.docker.compose.project",
        "config": put_blob(registry, repository, b"{}", "application/vnd.oci.empty.v1+json"),
        "layers": [put_blob(registry, repository, compose.encode(), "application/vnd.docker.compose.file+yaml")],
        "annotations": {"org.opencontainers.image.version": tags[0], **annotations}}).encode()
    for tag in tags:
        put(registry, f"{repository}/manifests/{tag}", manifest, "application/vnd.oci.image.manifest.v1+json")


def test_list_asks_once_for_each_tag(fleet):
    for version in range(20):
        put_release(fleet.registry, fleet.repository, [f"v{version}", f"c{version}"], f"services: {{a: {{image: 'x:{version}'}}}}")
    before = len(fleet.registry.requests())
    assert len(fleet("release", "ls", "plants").stdout.splitlines()) == 21
    assert len(fleet.registry.requests()) - before == 1 + 40


def test_releases_that_mean_harm(fleet):
    """One that cannot be read is listed, hides no other, and can be taken away; nothing of it moves the cursor."""
    note = {"io.edgectl.release.note": "\x1b[2Jone\ntwo " + "n" * 100000, "io.edgectl.release.tag.\x1b[1m": "\x07"}
    bomb = "a0: &a0 [x, x]\n" + "".join(f"a{i}: &a{i} [{','.join([f'*a{i - 1}'] * 9)}]\n" for i in range(1, 12))
    put_release(fleet.registry, fleet.repository, ["bomb"], bomb)
    put_release(fleet.registry, fleet.repository, ["noted"], 'services: {"a\\e[31mb": {image: "x\\e[2J"}}', **note)
    put_release(fleet.registry, fleet.repository, ["true"], "services: {a: {image: true}}")
    # claims to be one that is there, and to be what is no tag
    put_release(fleet.registry, fleet.repository, ["false"], "services: {a: {image: false}}",
                **{"org.opencontainers.image.version": "true"})
    put_release(fleet.registry, fleet.repository, ["path"], "services: {}",
                **{"org.opencontainers.image.version": "../../other/manifests/v1"})
    listed = fleet("release", "ls", "plants").stdout
    assert "\x1b" not in listed and "one two" in listed and len(max(listed.splitlines(), key=len)) < 250
    assert re.search("^bomb ", listed, re.M) and "/other/" not in listed
    shown = fleet("release", "show", "plants", "noted").stdout
    assert not {"\x1b", "\x07"} & set(shown) and "one two" in shown
    assert "too many aliases" in fleet("release", "show", "plants", "bomb", status=1).stderr
    assert fleet("release", "show", "plants", "true", "--compose").stdout == "services: {a: {image: true}}"
    listed = json.loads(fleet("release", "ls", "plants", "--json").stdout)
    assert [x["images"] for x in listed if x["version"] == "bomb"] == [None]
    fleet("release", "rm", "plants", "bomb", "true")
    assert fleet.tags() == {"noted", "false", "path"}


def test_tags_of_others(fleet, busybox):
    """A channel takes no tag that is an image's or a release's."""
    fleet.push()
    fleet.registry.skopeo("copy", "--src-tls-verify=false", "--dest-tls-verify=false", f"docker://{busybox}",
                          f"docker://{fleet.address}:mine")
    before = fleet.registry.get(f"{fleet.repository}/manifests/mine")
    assert "it is no release" in fleet("push", "plants", "--channel", "mine", status=1).stderr
    assert "'mine' is there already" in fleet("release", "promote", "plants", "v1", "mine", status=1).stderr
    assert fleet.registry.get(f"{fleet.repository}/manifests/mine") == before
    fleet.write("app", "two\n")
    fleet.commit("v2")
    for words in (("push", "plants", "--channel", "v1"), ("release", "finalize", "plants", "v1", "v1")):
        assert "'v1' is a release" in fleet(*words, status=1).stderr
    assert "'stable' is the channel" in fleet("push", "plants", "--release-version", "stable", status=1).stderr
    assert list(fleet.releases()) == ["v1"] and fleet.channel() == "v1"


def test_rm_of_several(fleet):
    """What only they have goes with them."""
    for version in ("v2", "v3"):
        fleet.push()
        fleet.write("app", f"{version}\n")
        if version == "v3":
            fleet.write("web/index.html", "<i>")
        fleet.commit(version)
    fleet.push()
    assert "v3" in fleet("release", "rm", "plants", "v1", "v3", status=1).stderr
    assert set(fleet.releases()) == {"v1", "v2", "v3"}
    fleet("release", "rm", "plants", "v1", "v2")
    assert list(fleet.releases()) == ["v3"]
    assert len([x for x in fleet.tags() if x.startswith("image.")]) == 2


def test_draft_where_nothing_is_deleted(fleet, scratch):
    """It is finalized all the same; what has both tags is no draft."""
    registry = parts.Registry(scratch, "keeps", deletes=False)
    try:
        path = fleet.root / "edgectl.yaml"
        fleet.write("edgectl.yaml", path.read_text().replace(fleet.registry.address, registry.address))
        compose = fleet.root / "compose.yaml"
        compose.write_text("services: {app: {build: .}}")
        fleet.registry = registry
        fleet.push("--draft", "--release-version", "d1")
        assert fleet.releases()["d1"]["draft"]
        fleet("release", "finalize", "plants", "d1")
        assert fleet.channel() == "d1" and not fleet.releases()["d1"]["draft"]
        assert "already" in fleet("release", "finalize", "plants", "d1").stdout
    finally:
        registry.close()


def test_init(edgectl, context, identity):
    """A new fleet is written, and nothing else changed."""
    root = context({})
    path = root / "edgectl.yaml"

    def init(name, *words, **options):
        return edgectl("fleet", "init", name, "--registry", "127.0.0.1:5000/team", "--board", "raspberrypi4-64", *words, cwd=root,
                       **options)

    init("plants")
    first = path.read_text()
    shown = json.loads(edgectl("fleet", "show", "plants", "--json", cwd=root).stdout)
    assert shown["reference"] == "127.0.0.1:5000/team/plants" and shown["boards"] == ["raspberrypi4-64"]
    assert "there is a fleet 'plants' already" in init("plants", status=1).stderr
    assert path.read_text() == first
    old = "# ours\nfleets: # all\n    lab:  {registry: r.lan}   # of ours\nplatform: linux/arm64"
    path.write_text(old)
    init("plants", "--board", "raspberry-pi2")
    new = path.read_text()
    added = "    plants:\n        registry: 127.0.0.1:5000/team\n        boards: [raspberrypi4-64, raspberry-pi2]\n"
    assert new == old.replace("    lab:", added + "    lab:")
    for text in ("fleets: {lab: {registry: r.lan}}\n", "fleets:\n  lab: {registry: [\n"):
        path.write_text(text)
        init("plants", status=1)
        assert path.read_text() == text
    path.unlink()
    assert "board" in edgectl("fleet", "init", "x", "--registry", "r.lan", "--board", "nonsense", cwd=root, status=1).stderr
    assert not path.exists()


def test_files_that_changed(fleet, busybox):
    """Of each platform, out of the layers that differ; what a step of the newer one removed from the base, too."""
    fleet.write("Dockerfile", f"FROM {busybox}\nCOPY app data/ /srv/\nARG TARGETARCH\nENV A=$TARGETARCH\n")
    (fleet.root / "data").mkdir()
    fleet.identity.own(fleet.root / "data")
    for name in "kept", "gone":
        fleet.write(f"data/{name}", f"{name}\n")
    fleet.commit("f1")
    fleet.push()
    fleet.write("Dockerfile", f"FROM {busybox}\nCOPY app data/ /srv/\nCOPY app /etc/passwd\nRUN rm /bin/true && chmod 600 /srv/kept\n")
    fleet.write("app", "two two\n")
    fleet.write("data/new", "n")
    (fleet.root / "data/gone").unlink()
    fleet.commit("f2")
    fleet.push()
    expected = [["bin/true", "removed", None, None],  # of the base
                ["etc/passwd", "added", None, 8],  # of the base, too, which is not looked at
                ["srv/app", "changed", 4, 8], ["srv/gone", "removed", 5, None], ["srv/kept", "changed", 5, 5],
                ["srv/new", "added", None, 1]]
    difference = json.loads(fleet("release", "diff", "plants", "f1", "--files", "--json").stdout)
    files = difference["services"]["app"]["files"]
    assert set(files) == {"linux/arm64", "linux/arm/v7"}
    for platform in files:
        assert [[x[key] for key in ("path", "change", "before", "after")] for x in files[platform]] == expected, platform
    shown = fleet("release", "diff", "plants", "f1", "--files").stdout
    assert "    files of linux/arm64\n        - bin/true\n        + etc/passwd  8B\n        ~ srv/app  4B -> 8B\n" in shown, shown
    assert "files" not in json.loads(fleet("release", "diff", "plants", "f1", "--json").stdout)["services"]["app"]
    assert "files of" not in fleet("release", "diff", "plants", "f2", "stable", "--files").stdout


def test_files_are_read_elsewhere(fleet, scratch):
    """By somebody whose store has none of the layers; what both images share is not downloaded."""
    fleet.write("Dockerfile", "FROM scratch\nCOPY web/index.html /\nCOPY app /\n")
    fleet.commit("f1")
    fleet.push()
    fleet.write("app", "two\n")
    fleet.commit("f2")
    fleet.push()
    layers = {version: [x["digest"] for x in fleet.registry.image(
        fleet.repository, fleet.releases()[version]["images"]["app"].partition("@")[2], "linux/arm64")[0]["layers"]]
        for version in ("f1", "f2")}
    assert layers["f1"][0] == layers["f2"][0] and len(layers["f1"]) == 2
    before = len(fleet.registry.requests())
    shown = json.loads(fleet.edgectl.with_store(scratch / "other")("release", "diff", fleet.address, "f1", "f2", "--files", "--json").stdout)
    assert shown["services"]["app"]["files"]["linux/arm64"] == [{"path": "app", "change": "changed", "before": 4, "after": 4}]
    asked = [path.rpartition("/")[2] for method, path, _ in fleet.registry.requests()[before:] if method == "GET" and "/blobs/" in path]
    assert {layers["f1"][1], layers["f2"][1]} <= set(asked) and layers["f1"][0] not in asked


def docker_compose(fleet, reference):
    """What the real one makes of a release."""
    compose = REPOSITORY / "build/peers/docker-compose"
    parts.need(os.access(compose, os.X_OK), "no docker compose: sh tools/peers.sh")
    done = subprocess.run([compose, "-f", f"oci://{reference}", "config", "--format", "json"], capture_output=True, text=True,
                          env={"HOME": str(fleet.identity.home), "PATH": os.environ["PATH"], "COMPOSE_EXPERIMENTAL_OCI_REMOTE": "1"},
                          cwd="/", **fleet.identity.credentials)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_env_files_are_in_it(fleet):
    """As variables, which every docker compose reads; what looks like a credential is published only by somebody who says so."""
    fleet.write("compose.yaml", "services: {app: {build: ., env_file: [app.env], environment: {LEVEL: debug, FROM_BOARD: }}}\n")
    fleet.write("app.env", "MODE=fast\nLEVEL=info\nPRICE=$5\n")
    fleet.commit("e1")
    fleet.push()
    expected = {"MODE": "fast", "LEVEL": "debug", "PRICE": "$$5", "FROM_BOARD": None}
    assert docker_compose(fleet, f"{fleet.address}:stable")["services"]["app"]["environment"] == expected
    plan = fleet("push", "plants", "--dry-run").stdout
    assert re.search("would publish with app: the values of (?=.*MODE)(?=.*LEVEL)(?!.*FROM_BOARD)", plan), plan

    fleet.write("app.env", "MODE=fast\nDB_PASSWORD=hunter2\n")
    fleet.commit("e2")
    before = fleet.tags()
    for words in ((), ("--dry-run",)):
        wrong = fleet("push", "plants", *words, status=1).stderr
        assert "'services.app.environment.DB_PASSWORD'" in wrong and "--with-env" in wrong and "hunter2" not in wrong, wrong
        assert "COPY" not in wrong
    assert fleet.tags() == before
    plan = fleet("push", "plants", "--dry-run", "--with-env").stdout
    assert "looks like a credential: services.app.environment.DB_PASSWORD" in plan and "hunter2" not in plan
    fleet.push("--with-env")
    assert docker_compose(fleet, f"{fleet.address}:e2")["services"]["app"]["environment"]["DB_PASSWORD"] == "hunter2"

    fleet.write("app.env", "MODE=fast\n")
    fleet.write("compose.yaml", "services: {app: {build: ., configs: [c]}}\nconfigs: {c: {file: ./settings.txt}}\n")
    fleet.write("settings.txt", "-----BEGIN EC PRIVATE KEY-----\n")
    fleet.commit("e3")
    assert "'configs.c'" in fleet("push", "plants", status=1).stderr
    assert "is no fleet" in fleet("push", "plans", "--with-env", status=2).stderr


def test_images_of_hooks(fleet, busybox):
    """As those of services, each is named by its digest: the service's own, another one that is built here, one of others."""
    fleet.write("compose.yaml", f"""
            services:
              app:
                build: .
                image: private/app:1
                pre_start: [{{command: [own]}}, {{command: [built], image: "private/web:1"}}, {{command: [other], image: {busybox}}}]
              web: {{build: web, image: "private/web:1"}}
              broker: {{image: {busybox}, pre_start: [{{command: [own]}}]}}
            """)
    fleet.commit("h1")
    digest = fleet.push()
    manifest = json.loads(fleet.registry.get(f"{fleet.repository}/manifests/{digest}"))
    text = fleet.registry.get(f"{fleet.repository}/blobs/{manifest['layers'][0]['digest']}").decode()
    services = {name: re.search(rf"^  {name}:\n((?:    .*\n)+)", text, re.M).group(1) for name in ("app", "web", "broker")}
    app, web, broker = (re.search("^    image: (.*@sha256:.*)$", x, re.M).group(1) for x in services.values())
    assert len({app, web, broker}) == 3
    assert re.findall("^        image: (.*)$", services["app"], re.M) == [app, web, broker]
    assert re.findall("^        image: (.*)$", services["broker"], re.M) == [broker]
