"""copy, inspect, tag, rm, tags, save, load, login, logout, attach and referrers, against real registries, with skopeo reading
what they wrote and the other way round."""
import base64
import gzip
import hashlib
import json
import subprocess
import tarfile

import pytest

import api_registry
import oci_layout
import parts

PLATFORMS = ["linux/arm/v7", "linux/arm64"]
DOCKER_LIST = "application/vnd.docker.distribution.manifest.list.v2+json"
DOCKER_MANIFEST = "application/vnd.docker.distribution.manifest.v2+json"


@pytest.fixture
def built(edgectl, context, reference):
    """An image for two platforms in the store."""
    edgectl("build", "--platform", ",".join(PLATFORMS), "-t", reference, context(
        {"Dockerfile": "FROM scratch\nLABEL purpose=test\nCOPY file /file\nCMD [\"/file\"]\n", "file": reference}))
    return reference


@pytest.fixture
def pushed(edgectl, built):
    edgectl("push", built)
    return built


@pytest.fixture
def other(workspace):
    with parts.closing(api_registry.ApiRegistry()) as registry:
        yield registry


def raw(edgectl, *words):
    return edgectl("inspect", "--raw", *words).stdout.encode()


def digest_of(data):
    return "sha256:" + hashlib.sha256(data).hexdigest()


def skopeo(*args):
    done = subprocess.run(["skopeo", "--insecure-policy", *map(str, args)], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


# --- copy


def test_copy_within_a_registry_sends_nothing(edgectl, registry, pushed):
    target = pushed.replace(":1", "-copy:2")
    uploads = registry.uploads_during(lambda: edgectl("copy", pushed, target))
    assert uploads == 0, "blobs are mounted"
    assert raw(edgectl, "--remote", target) == raw(edgectl, "--remote", pushed)
    registry.skopeo("copy", "--all", "--src-tls-verify=false", f"docker://{target}", f"oci:{edgectl.identity.home}/x:1")


def test_copy_to_another_registry_and_back(edgectl, registry, pushed, other):
    there, back = f"{other.address}/a/b:1", pushed.replace(":1", "-back:1")
    edgectl("copy", pushed, there)
    edgectl("copy", there, back)
    assert raw(edgectl, "--remote", back) == raw(edgectl, "--remote", pushed), "the bytes stay"
    assert pushed not in edgectl.with_store(edgectl.identity.home / "none")("images").stdout
    before = len(other.server.requests)
    edgectl("copy", pushed, there)
    sent = [x for x in other.server.requests[before:] if x[0] not in ("GET", "HEAD")]
    assert sent == [], "what is there is not sent again"


def test_copy_one_platform(edgectl, registry, pushed):
    target = pushed.replace(":1", ":arm64")
    edgectl("copy", "--platform", "linux/arm64", pushed, target)
    seen = json.loads(registry.skopeo("inspect", "--override-arch=arm64", "--tls-verify=false", f"docker://{target}"))
    assert seen["Architecture"] == "arm64" and "manifests" not in json.loads(raw(edgectl, "--remote", target))


def test_copy_all_tags(edgectl, pushed, other):
    for tag in "two", "three", "four":
        edgectl("copy", pushed, pushed.replace(":1", f":{tag}"))
    edgectl("copy", "--all-tags", pushed, f"{other.address}/all")
    assert edgectl("tags", f"{other.address}/all").stdout.split() == ["1", "four", "three", "two"], "over several pages"


@pytest.mark.parametrize("dialect, index_type, manifest_type", [
    ("docker", DOCKER_LIST, DOCKER_MANIFEST), ("oci", oci_layout.INDEX, oci_layout.MANIFEST)])
def test_copy_converts(edgectl, registry, pushed, dialect, index_type, manifest_type):
    docker, target = pushed.replace(":1", ":docker"), pushed.replace(":1", f":{dialect}")
    edgectl("copy", "--format", "docker", pushed, docker)
    if dialect == "oci":
        edgectl("copy", "--format", "oci", docker, target)
    index = json.loads(raw(edgectl, "--remote", target))
    assert index["mediaType"] == index_type
    assert {x["mediaType"] for x in index["manifests"]} == {manifest_type}
    for arch in "arm", "arm64":
        registry.skopeo("inspect", f"--override-arch={arch}", "--tls-verify=false", f"docker://{target}")


def test_docker_has_no_zstd(edgectl, registry, context, reference):
    root = context({"Dockerfile": "FROM scratch\nCOPY file /file\n", "file": "zstd " * 1000})
    edgectl("build", "--platform", "linux/arm64", "--output", f"type=image,name={reference},compression=zstd,push=true", root)
    target = reference.replace(":1", ":docker")
    edgectl("copy", "--format", "docker", reference, target)
    manifest = json.loads(raw(edgectl, "--remote", target))
    repository, _ = parts.repository_and_tag(registry, target)
    assert [x["mediaType"] for x in manifest["layers"]] == ["application/vnd.docker.image.rootfs.diff.tar.gzip"]
    content = gzip.decompress(registry.layer(repository, manifest["layers"][0]))
    config = json.loads(registry.layer(repository, manifest["config"]))
    assert config["rootfs"]["diff_ids"] == [digest_of(content)]


def test_unknown_members_survive_a_copy(edgectl, registry, scratch, other):
    """An index with a subject, keys of its own, os.version and an artifact: the same bytes arrive, from a layout too."""
    layout = oci_layout.Layout(scratch / "layout")
    layout.add("linux/arm64", b"\0" * 1024, ["/x"])
    layout.manifests[0]["platform"]["os.version"] = "10.0"
    layout.manifests[0]["data"] = "e30="
    value = {"schemaVersion": 2, "mediaType": oci_layout.INDEX, "manifests": layout.manifests, "x-own": [1, {"a": None}],
             "subject": {"mediaType": oci_layout.MANIFEST, "digest": "sha256:" + "1" * 64, "size": 7}}
    index = layout.document(value, oci_layout.INDEX) | {"annotations": {"org.opencontainers.image.ref.name": "1"}}
    (layout.root / "oci-layout").write_text('{"imageLayoutVersion": "1.0.0"}')
    (layout.root / "index.json").write_text(json.dumps({"schemaVersion": 2, "manifests": [index]}))
    edgectl("copy", f"oci:{layout.root}:1", f"{other.address}/a:1")
    edgectl("copy", f"{other.address}/a:1", f"oci:{scratch}/again:1")
    assert digest_of(raw(edgectl, f"oci:{scratch}/again:1")) == index["digest"]


# --- layouts and archives, with skopeo on the other side


def test_layout_for_skopeo(edgectl, pushed, scratch):
    edgectl("copy", pushed, f"oci:{scratch}/layout:one")
    skopeo("copy", "--all", f"oci:{scratch}/layout:one", f"dir:{scratch}/dir")
    assert (scratch / "dir/manifest.json").read_bytes() == raw(edgectl, "--remote", pushed)


def test_layout_of_skopeo(edgectl, registry, pushed, workspace, scratch):
    theirs = scratch / "theirs"
    registry.skopeo("copy", "--all", "--src-tls-verify=false", f"docker://{pushed}", f"oci:{theirs}:v1")
    assert raw(edgectl, f"oci:{theirs}:v1") == raw(edgectl, "--remote", pushed)
    missing = edgectl("inspect", f"oci:{theirs}:v2", status=1)
    assert "v2" in missing.stderr and "v1" in missing.stderr


@pytest.mark.parametrize("compress", [None, "gzip", "zstd"])
def test_docker_archive_of_skopeo(edgectl, registry, pushed, scratch, fresh_edgectl, compress):
    archive = scratch / "theirs.tar"
    registry.skopeo("copy", "--override-arch=arm64", "--src-tls-verify=false", f"docker://{pushed}",
                    f"docker-archive:{archive}:team/app:7")
    if compress:
        subprocess.run([compress, "-q", archive], check=True)
        archive = next(scratch.glob("theirs.tar.*"))
    archive.chmod(0o644)
    fresh_edgectl("load", "-i", archive)
    seen = json.loads(fresh_edgectl("inspect", "--json", "team/app:7").stdout)[0]
    assert seen["images"][0]["platform"] == "linux/arm64"
    assert seen["images"][0]["config"]["config"]["Labels"] == {"purpose": "test"}
    back = pushed.replace(":1", "-load:1")
    fresh_edgectl("tag", "team/app:7", back)
    fresh_edgectl("push", back)
    assert parts.Image(registry, back).text("file") == pushed


def test_save_for_skopeo(edgectl, built, scratch):
    archive = scratch / "ours.tar"
    edgectl("save", "--platform", "linux/arm64", "-o", archive, built)
    seen = json.loads(skopeo("inspect", "--config", f"docker-archive:{archive}:{built}"))
    assert seen["architecture"] == "arm64"
    first = archive.read_bytes()
    edgectl("save", "--platform", "linux/arm64", "-o", archive, built)
    assert archive.read_bytes() == first, "the same image, the same bytes"
    with tarfile.open(archive) as tar:
        assert {"manifest.json", "index.json", "oci-layout"} <= set(tar.getnames())


def test_save_refuses_two_platforms_in_dockers_form(edgectl, built, scratch):
    result = edgectl("save", "-o", scratch / "x.tar", built, status=1)
    assert "--platform" in result.stderr and not (scratch / "x.tar").exists()
    assert list(scratch.glob("x.tar*")) == [], "nothing is left of it"


@pytest.mark.parametrize("form", ["oci-archive", "oci-dir"])
def test_save_and_load_all_platforms(edgectl, fresh_edgectl, built, scratch, form):
    edgectl("save", "--format", form, "-o", scratch / "out", built)
    fresh_edgectl("load", "-i", scratch / "out")
    assert raw(fresh_edgectl, built) == raw(edgectl, built)
    skopeo("inspect", "--raw", f"{form.replace('oci-dir', 'oci')}:{scratch}/out:1")


def test_load_from_a_pipe(edgectl, fresh_edgectl, built):
    archive = subprocess.run([edgectl.program, "save", "--platform", "linux/arm64", built], env=edgectl.env(),
                             capture_output=True, check=True, **edgectl.identity.credentials).stdout
    done = subprocess.run([edgectl.program, "load", "-q"], env=fresh_edgectl.env(), input=archive, capture_output=True,
                          check=True, **edgectl.identity.credentials)
    assert done.stdout.decode().split() == [built]


@pytest.mark.parametrize("spoil, said", [
    (lambda data: data[:len(data) // 2], "archive"),
    (lambda data: b"no archive" * 100, "no tar"),
    (lambda data: b"", "no image"),
    (lambda data: data.replace(b'"sha256:', b'"sha999:'), "archive"),
    (lambda data: gzip.compress(gzip.compress(data)), "more than once"),
])
def test_load_refuses_what_is_broken(edgectl, fresh_edgectl, built, scratch, spoil, said):
    edgectl("save", "--platform", "linux/arm64", "-o", scratch / "a.tar", built)
    (scratch / "b.tar").write_bytes(spoil((scratch / "a.tar").read_bytes()))
    result = fresh_edgectl("load", "-i", scratch / "b.tar", status=1)
    assert said in result.stderr
    assert json.loads(fresh_edgectl("images", "--json").stdout) == []


@pytest.fixture
def archive(edgectl, built, scratch):
    """Two images, of one repository."""
    edgectl("copy", "--platform", "linux/arm64", f"store:{built}", "store:" + built.replace(":1", ":2"))
    edgectl("save", "--format", "oci-archive", "-o", scratch / "two.tar", built, built.replace(":1", ":2"))
    return scratch / "two.tar"


@pytest.mark.parametrize("tags, names", [
    (["x.example/app"], ["x.example/app:1", "x.example/app:2"]),
    (["x.example/app", "y.example/b"], ["x.example/app:1", "x.example/app:2", "y.example/b:1", "y.example/b:2"]),
    (["{old}=x.example/app:new"], ["x.example/app:new", "{old:2}"]),
    (["{old}=x.example/app", "{old:2}=x.example:5000/b"], ["x.example/app:1", "x.example:5000/b:2"]),
])
def test_load_names_several_images(fresh_edgectl, built, archive, tags, names):
    def fill(text):
        return text.replace("{old:2}", built.replace(":1", ":2")).replace("{old}", built)
    words = [word for tag in tags for word in ("--tag", fill(tag))]
    assert sorted(fresh_edgectl("load", "-q", "-i", archive, *words).stdout.split()) == sorted(map(fill, names))
    assert len(json.loads(fresh_edgectl("images", "--json").stdout)) == len(names)


@pytest.mark.parametrize("tag, said", [
    ("x.example/app:1", "there are 2"), ("nix:1=x.example/app", "nix:1"), ("x.example/APP", "APP"), ("{old}={old:2}", "two images"),
])
def test_load_refuses_names_that_do_not_fit(fresh_edgectl, built, archive, tag, said):
    text = tag.replace("{old:2}", built.replace(":1", ":2")).replace("{old}", built)
    done = subprocess.run([fresh_edgectl.program, "load", "-i", archive, "--tag", text], env=fresh_edgectl.env(), text=True,
                          capture_output=True, **fresh_edgectl.identity.credentials)
    assert done.returncode in (1, 2) and said in done.stderr, done.stderr
    assert json.loads(fresh_edgectl("images", "--json").stdout) == [], "none of them"


def test_load_notices_a_changed_layer(edgectl, fresh_edgectl, built, scratch):
    edgectl("save", "--platform", "linux/arm64", "--format", "oci-dir", "-o", scratch / "dir", built)
    layer = min((scratch / "dir/blobs/sha256").iterdir(), key=lambda x: x.stat().st_size)
    layer.write_bytes(b"x" + layer.read_bytes()[1:])
    result = fresh_edgectl("load", "-i", scratch / "dir", status=1)
    assert layer.name in result.stderr


def test_push_and_pull_out_of_files(edgectl, fresh_edgectl, registry, built, scratch):
    """Under the names that the images have there."""
    edgectl("save", "--format", "oci-archive", "-o", scratch / "o.tar", built)
    edgectl("save", "--platform", "linux/arm64", "-o", scratch / "d.tar", built)
    repository, tag = parts.repository_and_tag(registry, built)
    fresh_edgectl("push", f"oci-archive:{scratch}/o.tar")
    assert registry.get(f"{repository}/manifests/{tag}") == raw(edgectl, built)
    fresh_edgectl("push", f"docker-archive:{scratch}/d.tar")
    assert "layers" in registry.manifest(repository, tag)
    assert built not in fresh_edgectl("images").stdout
    fresh_edgectl("pull", f"oci-archive:{scratch}/o.tar")
    assert raw(fresh_edgectl, built) == raw(edgectl, built)
    edgectl("copy", f"store:{built}", f"oci:{scratch}/layout:nameless")
    refused = fresh_edgectl("pull", f"oci:{scratch}/layout:nameless", status=1)
    assert "edgectl copy" in refused.stderr


def test_archives_as_base_images(edgectl, built, context, scratch):
    edgectl("save", "--platform", "linux/arm64", "-o", scratch / "d.tar", built)
    edgectl("save", "--format", "oci-archive", "-o", scratch / "o.tar", built)
    edgectl("copy", f"store:{built}", f"oci:{scratch}/layout:v1")
    root = context({"Dockerfile": "FROM base\nCOPY more /more\n", "more": "x"})
    for base in (f"docker-archive:{scratch}/d.tar:{built}", f"docker-archive:{scratch}/d.tar",
                 f"oci-archive:{scratch}/o.tar:1", f"oci:{scratch}/layout:v1", f"oci-layout://{scratch}/layout:v1"):
        edgectl("build", "--platform", "linux/arm64", "-t", "on-an-archive:1", "--build-context", f"base={base}", root)
        seen = json.loads(edgectl("inspect", "--json", "on-an-archive:1").stdout)[0]["images"][0]
        assert len(seen["layers"]) == 2 and seen["config"]["config"]["Labels"] == {"purpose": "test"}
    wrong = edgectl("build", "--platform", "linux/arm64", "--build-context", f"base=oci-archive:{scratch}/o.tar:nix", root,
                    status=1)
    assert "'nix'" in wrong.stderr and "name one of" in wrong.stderr


def test_sha512_is_kept(edgectl, other, scratch):
    layout = oci_layout.Layout(scratch / "layout")
    (layout.root / "blobs/sha512").mkdir()
    layout.add("linux/arm64", b"\0" * 1024, ["/x"])
    manifest = json.loads((layout.root / "blobs/sha256" / layout.manifests[0]["digest"][7:]).read_text())
    layer = (layout.root / "blobs/sha256" / manifest["layers"][0]["digest"][7:]).read_bytes()
    name = hashlib.sha512(layer).hexdigest()
    (layout.root / "blobs/sha512" / name).write_bytes(layer)
    manifest["layers"][0]["digest"] = f"sha512:{name}"
    layout.manifests = [layout.document(manifest, oci_layout.MANIFEST) | {"platform": layout.manifests[0]["platform"]}]
    layout.finish("1")
    edgectl("copy", f"oci:{layout.root}:1", f"{other.address}/a:1")
    assert f"sha512:{name}" in other.server.blobs
    edgectl("copy", f"{other.address}/a:1", f"oci:{scratch}/back:1")
    assert (scratch / "back/blobs/sha512" / name).read_bytes() == layer


def test_push_and_pull_all_tags(edgectl, fresh_edgectl, registry, built):
    repository = built.rsplit(":", 1)[0]
    edgectl("tag", built, f"{repository}:2", f"{repository}:3")
    uploads = registry.uploads_during(lambda: edgectl("push", "--all-tags", repository))
    assert uploads == 3, "two configs and a layer, once"
    fresh_edgectl("pull", "-a", "--all-platforms", repository)
    assert fresh_edgectl("images").stdout.count(repository) == 3
    assert "no image of" in edgectl("push", "-a", f"{registry.address}/never/was", status=1).stderr


def test_push_in_dockers_media_types(edgectl, registry, built):
    edgectl("push", "--format", "docker", built)
    assert json.loads(raw(edgectl, "--remote", built))["mediaType"] == DOCKER_LIST
    assert json.loads(raw(edgectl, built))["mediaType"] == oci_layout.INDEX, "the store's stays"


# --- inspect


def test_inspect_for_people(edgectl, pushed):
    whole = edgectl("inspect", pushed).stdout
    assert all(platform in whole for platform in PLATFORMS) and "OCI index" in whole
    one = edgectl("inspect", "--remote", "--platform", "linux/arm64", pushed).stdout
    assert "purpose=test" in one and "COPY file /file" in one and "/file" in one


def test_inspect_json_is_the_same_here_and_there(edgectl, pushed):
    here, there = (json.loads(edgectl("inspect", "--json", *words, pushed).stdout) for words in ([], ["--remote"]))
    assert here == there and sorted(x["platform"] for x in here[0]["images"]) == PLATFORMS
    config = json.loads(edgectl("inspect", "--config", "--platform", "linux/arm64", pushed).stdout)
    assert config["architecture"] == "arm64"


def test_inspect_fetches_no_layer(fresh_edgectl, registry, pushed):
    before = len(registry.requests())
    fresh_edgectl("inspect", "--remote", "--platform", "linux/arm64", pushed)
    assert len(registry.requests()) - before <= 4, "scheme, index, manifest, config"
    absent = fresh_edgectl("inspect", pushed, status=1)
    assert "--remote" in absent.stderr


# --- tags, tag, rm


def test_tags(edgectl, registry, pushed):
    edgectl("copy", pushed, pushed.replace(":1", ":2"))
    repository = pushed.rsplit(":", 1)[0]
    assert sorted(edgectl("tags", repository).stdout.split()) == ["1", "2"]
    assert sorted(json.loads(edgectl("tags", "--json", repository).stdout)) == ["1", "2"]
    assert "not in registry" in edgectl("tags", f"{registry.address}/never/was", status=1).stderr


def test_rm_says_what_it_frees(edgectl, built):
    edgectl("tag", built, "twin:1")
    assert "needed by other images" in edgectl("rm", "twin:1").stderr
    assert "no image" in edgectl("rm", "twin:1", status=1).stderr
    edgectl("rm", "-f", "twin:1")
    assert "'edgectl prune'" in edgectl("rm", built).stderr


def test_rm_of_a_tag_leaves_the_others(edgectl, registry, pushed):
    """distribution 2.8 can delete by digest only, which would take both."""
    keep = pushed.replace(":1", ":keep")
    edgectl("copy", pushed, keep)
    edgectl("rm", "--remote", pushed)
    repository, _ = parts.repository_and_tag(registry, pushed)
    assert registry.has(repository, "keep") and not registry.has(repository, "1")
    assert "not in registry" in edgectl("rm", "--remote", pushed, status=1).stderr
    digest = digest_of(raw(edgectl, "--remote", keep))
    edgectl("rm", "--remote", f"{keep.rsplit(':', 1)[0]}@{digest}")
    assert not registry.has(repository, "keep")


def test_rm_by_the_api(edgectl, pushed, other):
    edgectl("copy", pushed, f"{other.address}/a:1")
    edgectl("rm", "--remote", f"{other.address}/a:1")
    assert ("DELETE", "/v2/a/manifests/1") in other.server.requests and not other.server.tags


def test_rm_where_it_is_not_allowed(edgectl, pushed):
    with parts.closing(api_registry.ApiRegistry(may_delete=False)) as strict:
        edgectl("copy", pushed, f"{strict.address}/a:1")
        before = dict(strict.server.tags)
        assert "does not allow" in edgectl("rm", "--remote", f"{strict.address}/a:1", status=1).stderr
        assert strict.server.tags == before, "nothing changed"


# --- attach, referrers


@pytest.mark.parametrize("with_api", [True, False])
def test_attach(edgectl, registry, pushed, other, scratch, with_api):
    image = pushed
    if with_api:
        image = f"{other.address}/a:1"
        edgectl("copy", pushed, image)
    (scratch / "sbom.json").write_text("{\"x\": 1}")
    (scratch / "sbom.json").chmod(0o644)
    made = [edgectl("attach", "-q", "--artifact-type", f"application/x.{kind}", "--annotation", f"kind={kind}", image,
                    f"{scratch}/sbom.json:application/json").stdout.strip() for kind in ("a", "b", "c")]
    listed = json.loads(edgectl("referrers", "--json", image).stdout)
    assert [x["digest"] for x in listed] == made, "all of them, over two pages"
    assert listed[0]["artifactType"] == "application/x.a" and listed[0]["annotations"]["kind"] == "a"
    only = json.loads(edgectl("referrers", "--json", "--artifact-type", "application/x.b", image).stdout)
    assert [x["digest"] for x in only] == [made[1]]
    name = image.rsplit(":", 1)[0]
    artifact = json.loads(raw(edgectl, "--remote", f"{name}@{made[0]}"))
    subject = digest_of(raw(edgectl, "--remote", image))
    assert artifact["subject"]["digest"] == subject
    assert artifact["layers"][0]["annotations"]["org.opencontainers.image.title"] == "sbom.json"
    tags = edgectl("tags", name).stdout.split()
    assert (subject.replace(":", "-") in tags) == (not with_api), "the tag schema, only where it is needed"


def test_attach_to_one_platform(edgectl, pushed):
    edgectl("attach", "--artifact-type", "application/x.a", "--platform", "linux/arm64", pushed)
    assert json.loads(edgectl("referrers", "--json", pushed).stdout) == []
    assert len(json.loads(edgectl("referrers", "--json", "--platform", "linux/arm64", pushed).stdout)) == 1


# --- login, logout


HELPER = """#!/bin/sh
case $1 in
get) cat > /dev/null; [ -f {file} ] && cat {file} || {{ echo "credentials not found in native keychain"; exit 1; }} ;;
store) cat > {file} ;;
erase) cat > /dev/null; rm -f {file} ;;
esac
"""


def log_in(edgectl, env, *words, password="sesame", status=0):
    done = subprocess.run([edgectl.program, "login", *words, "--password-stdin"], env=edgectl.env() | env, text=True,
                          input=password + "\n", capture_output=True, **edgectl.identity.credentials)
    assert done.returncode == status, done.stderr
    assert password not in done.stdout + done.stderr
    return done


@pytest.fixture
def docker_home(scratch, identity):
    path = scratch / "docker"
    path.mkdir()
    identity.own(path)
    return path


def test_login(edgectl, secured_registry, docker_home, identity):
    config, env = docker_home / "config.json", {"DOCKER_CONFIG": str(docker_home)}
    config.write_text('{"psFormat": "x", "auths": {"other": {"auth": "YTpi"}}}')
    identity.own(config)
    address = secured_registry.address
    before = config.read_text()
    log_in(edgectl, env, "-u", "anna", address, password="guess", status=1)
    assert config.read_text() == before, "nothing is kept that does not work"
    assert "sesame" not in log_in(edgectl, env, "-u", "anna", "--verbose", address).stderr
    kept = json.loads(config.read_text())
    assert kept["psFormat"] == "x" and kept["auths"]["other"] == {"auth": "YTpi"}
    assert base64.b64decode(kept["auths"][address]["auth"]) == b"anna:sesame"
    assert config.stat().st_mode & 0o777 == 0o600
    assert "not in registry" in edgectl("tags", f"{address}/none", env=env, status=1).stderr, "we are let in"
    subprocess.run(["skopeo", "login", "--get-login", "--authfile", config, address], check=True, capture_output=True)
    edgectl("logout", address, env=env)
    assert json.loads(config.read_text()) == {"psFormat": "x", "auths": {"other": {"auth": "YTpi"}}}
    assert "edgectl login" in edgectl("tags", f"{address}/none", env=env, status=1).stderr


def test_login_with_a_helper(edgectl, secured_registry, docker_home, scratch, identity):
    helper, keychain = scratch / "docker-credential-try", scratch / "keychain"
    helper.write_text(HELPER.format(file=keychain))
    helper.chmod(0o755)
    config = docker_home / "config.json"
    config.write_text('{"credsStore": "try"}')
    identity.own(config)
    env = {"DOCKER_CONFIG": str(docker_home), "PATH": f"{scratch}:{parts.SYSTEM_PATH}"}
    address = secured_registry.address
    log_in(edgectl, env, "-u", "anna", address)
    assert json.loads(keychain.read_text()) == {"ServerURL": address, "Username": "anna", "Secret": "sesame"}
    assert "sesame" not in config.read_text() and base64.b64encode(b"anna:sesame").decode() not in config.read_text()
    assert "not in registry" in edgectl("tags", f"{address}/none", env=env, status=1).stderr
    edgectl("logout", address, env=env)
    assert not keychain.exists()


def test_login_where_podman_looks(edgectl, secured_registry, scratch):
    """One file for both: what podman and skopeo write is read, and the other way round."""
    authfile = scratch / "auth.json"
    env = {"REGISTRY_AUTH_FILE": str(authfile)}
    address = secured_registry.address
    log_in(edgectl, env, "-u", "anna", address)
    who = subprocess.run(["skopeo", "login", "--get-login", "--authfile", authfile, address], capture_output=True, text=True)
    assert who.stdout.strip() == "anna"
    subprocess.run(["skopeo", "logout", "--authfile", authfile, address], check=True, capture_output=True,
                   env=edgectl.env(), **edgectl.identity.credentials)
    assert "edgectl login" in edgectl("tags", f"{address}/none", env=env, status=1).stderr


def test_registry_secrets(edgectl, secured_registry, scratch):
    address = secured_registry.address
    secrets = scratch / "secrets.yml"
    secrets.write_text(f"'{address}':\n  username: anna\n  password: sesame\n")
    secrets.chmod(0o644)
    env = {"DOCKER_CONFIG": str(scratch)}
    assert "not in registry" in edgectl("tags", "--registry-secrets", secrets, f"{address}/none", env=env, status=1).stderr
    secrets.write_text(f"'{address}': {{username: anna, password: sesame\n")
    broken = edgectl("tags", "--registry-secrets", secrets, f"{address}/none", env=env, status=1)
    assert "secrets.yml:" in broken.stderr and "sesame" not in broken.stderr
