"""`edgectl push`, `pull` and `images` against a real registry, with skopeo reading what we sent."""
import base64
import hashlib
import json
import pathlib
import tempfile

import parts

PLATFORMS = ["linux/arm/v7", "linux/arm64"]
OCI_INDEX = "application/vnd.oci.image.index.v1+json"
OCI_MANIFEST = "application/vnd.oci.image.manifest.v1+json"


def hello(context, busybox, text="hello"):
    return context({"Dockerfile": f'FROM {busybox}\nRUN echo {text} > /greeting\nCMD ["cat", "/greeting"]\n'})


def docker_config(scratch, registry, user, password):
    """A docker config file with credentials, in a directory for DOCKER_CONFIG."""
    auth = base64.b64encode(f"{user}:{password}".encode()).decode()
    directory = pathlib.Path(tempfile.mkdtemp(prefix="docker-", dir=scratch))
    directory.chmod(0o755)  # the identity reads it
    (directory / "config.json").write_text(json.dumps({"auths": {registry.address: {"auth": auth}}}))
    return directory


def test_single_image(edgectl, context, busybox, registry, reference):
    edgectl("build", "--platform", "linux/arm64", "-t", reference, hello(context, busybox))
    edgectl("push", reference)
    raw = json.loads(registry.skopeo("inspect", "--raw", "--tls-verify=false", f"docker://{reference}"))
    assert raw["schemaVersion"] == 2 and len(raw["layers"]) == 2
    seen = json.loads(registry.skopeo("inspect", "--override-arch=arm64", "--tls-verify=false", f"docker://{reference}"))
    assert (seen["Os"], seen["Architecture"]) == ("linux", "arm64")


def test_index(edgectl, context, busybox, registry, reference):
    edgectl("build", "--platform", ",".join(PLATFORMS), "-t", reference, hello(context, busybox))
    edgectl("push", reference)
    index = json.loads(registry.skopeo("inspect", "--raw", "--tls-verify=false", f"docker://{reference}"))
    assert (index["schemaVersion"], index["mediaType"]) == (2, OCI_INDEX)
    assert sorted(parts.platform_text(x["platform"]) for x in index["manifests"]) == PLATFORMS
    repository, _ = parts.repository_and_tag(registry, reference)
    for member in index["manifests"]:
        body = registry.get(f"{repository}/manifests/{member['digest']}")
        assert member["mediaType"] == OCI_MANIFEST
        assert member["size"] == len(body)
        assert member["digest"] == "sha256:" + hashlib.sha256(body).hexdigest()


def test_progress(edgectl, context, busybox, registry, reference, scratch):
    edgectl("build", "--platform", "linux/arm64", "-t", reference, hello(context, busybox))
    for result in (edgectl("push", "--progress=plain", reference), edgectl("pull", "--progress=plain", busybox)):
        assert registry.address in result.stderr and "DONE" in result.stderr
        assert "\x1b" not in result.stderr
    quiet = edgectl("push", "-q", reference)
    assert quiet.stdout.startswith("sha256:") and quiet.stderr == ""


def test_skopeo_can_copy_everything(edgectl, context, busybox, registry, reference, scratch):
    edgectl("build", "--platform", ",".join(PLATFORMS), "-t", reference, hello(context, busybox))
    edgectl("push", reference)
    registry.skopeo("copy", "--all", "--src-tls-verify=false", f"docker://{reference}", f"oci:{scratch}/copy:1")


def test_what_is_there_is_not_sent_again(edgectl, context, busybox, registry, reference):
    root = hello(context, busybox, "sent by no other test, which it could be mounted from")
    edgectl("build", "--platform", "linux/arm64", "-t", reference, root)
    assert registry.uploads_during(lambda: edgectl("push", reference)) >= 2
    assert registry.uploads_during(lambda: edgectl("push", reference)) == 0
    dockerfile = root / "Dockerfile"
    dockerfile.write_text(dockerfile.read_text() + "RUN echo more > /more\n")
    edgectl("build", "--platform", "linux/arm64", "-t", reference, root)
    assert registry.uploads_during(lambda: edgectl("push", reference)) == 2, "the new layer and the new config"


def test_pull_brings_back_the_same_image(edgectl, fresh_edgectl, context, busybox, registry, reference):
    edgectl("build", "--platform", ",".join(PLATFORMS), "-t", reference, hello(context, busybox))
    edgectl("push", reference)
    fresh_edgectl("pull", "--all-platforms", reference)
    assert reference in fresh_edgectl("images").stdout
    assert registry.uploads_during(lambda: fresh_edgectl("push", reference)) == 0, "the same bytes"


def test_images_is_empty_at_first(fresh_edgectl, busybox):
    assert "busybox" not in fresh_edgectl("images").stdout
    fresh_edgectl("pull", "--platform", "linux/arm64", busybox)
    assert busybox in fresh_edgectl("images").stdout


def test_pulled_image_is_a_base_without_the_registry(fresh_edgectl, context, busybox, registry):
    fresh_edgectl("pull", "--platform", "linux/arm64", busybox)
    before = len(registry.requests())
    fresh_edgectl("build", "--platform", "linux/arm64", hello(context, busybox))
    blobs = [path for _, path, _ in registry.requests()[before:] if "/blobs/" in path]
    assert blobs == [], "nothing is fetched twice"


def test_services_of_a_project(edgectl, context, registry, reference):
    """As they are in the store; what they share is sent once, and mounted elsewhere."""
    one, two, tagged = (reference.replace(":1", x) for x in ("-one:1", "-two:1", "-two:stable"))
    project = context({"compose.yaml": f"""
services:
  one: {{build: one, image: "{one}"}}
  two: {{build: {{context: two, tags: ["{tagged}"]}}, image: "{two}", depends_on: [one, db]}}
  db: {{image: "{registry.address}/none/such:1"}}
""", "one/Dockerfile": "FROM scratch\nCOPY file /\n", "one/file": reference,
                       "two/Dockerfile": "FROM scratch\nCOPY file /\nLABEL two=2\n", "two/file": reference})
    edgectl("build", "--platform", "linux/arm64", cwd=project)
    assert registry.uploads_during(lambda: edgectl("push", "--service", "one", cwd=project)) == 2
    assert not registry.has(*parts.repository_and_tag(registry, two))
    assert registry.uploads_during(lambda: edgectl("push", cwd=project)) == 1, "the config; the layer is mounted"
    for name in (one, two, tagged):
        assert registry.has(*parts.repository_and_tag(registry, name))


def test_unknown_image_cannot_be_pushed(edgectl, registry):
    result = edgectl("push", f"{registry.address}/never-built:1", status=1)
    assert "never-built" in result.stderr


def test_basic_authentication(edgectl, context, busybox, secured_registry, scratch):
    reference = f"{secured_registry.address}/{edgectl.identity.name}/app:1"
    edgectl("build", "--platform", "linux/arm64", "-t", reference, hello(context, busybox))
    denied = edgectl("push", reference, status=1, env={"DOCKER_CONFIG": str(scratch)})
    assert secured_registry.address in denied.stderr
    wrong = docker_config(scratch, secured_registry, "anna", "guess")
    refused = edgectl("push", reference, status=1, env={"DOCKER_CONFIG": str(wrong)})
    assert "guess" not in refused.stderr, "a password is never shown"
    right = docker_config(scratch, secured_registry, "anna", "sesame")
    edgectl("push", reference, env={"DOCKER_CONFIG": str(right)})
    seen = secured_registry.skopeo("inspect", "--raw", "--creds=anna:sesame", "--tls-verify=false", f"docker://{reference}")
    assert len(json.loads(seen)["layers"]) == 2


def test_https(edgectl, context, busybox, tls_registry):
    reference = f"{tls_registry.address}/{edgectl.identity.name}/app:1"
    edgectl("build", "--platform", "linux/arm64", "-t", reference, hello(context, busybox))
    refused = edgectl("push", reference, status=1)
    assert "certificate" in refused.stderr
    edgectl("push", reference, env={"SSL_CERT_FILE": str(tls_registry.tls[0])})
    edgectl("push", "--insecure", reference)
