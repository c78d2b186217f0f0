"""`edgectl build` of compose projects: all services in one graph; and the digests of `compose config`."""
import hashlib
import json
import re
import urllib.parse
import urllib.request

import pytest

import parts

MACHINES = "linux/arm64,linux/arm/v7"


@pytest.fixture
def names(registry, identity, request):
    """names(SERVICE) is the name of its image in the registry."""
    test = re.sub(r"[^a-z0-9]+", "-", request.node.originalname.lower())
    return lambda service: f"{registry.address}/{identity.name}/{test}-{service}:1"


def steps_of(result):
    """The names of the RUN steps that were run."""
    events = [json.loads(line) for line in result.stderr.splitlines() if line.startswith("{")]
    names = {x["step"]: x["text"] for x in events if x["event"] == "step-added"}
    return [names[x["step"]] for x in events if x["event"] == "step-started" and "RUN" in names[x["step"]]]


def two_services(busybox, names):
    """Two services whose Dockerfiles have the stage `tools` in common, letter for letter."""
    shared = f"FROM {busybox} AS tools\nRUN uname -m > /machine\n"
    return {
        "app/Dockerfile": shared + "FROM tools\nRUN echo app > /service\n",
        "web/Dockerfile": shared + "FROM scratch\nCOPY --from=tools /machine /web-machine\n",
        "compose.yaml": f"""
name: shop
services:
  app:
    image: {names("app")}
    build: app
  web:
    image: {names("web")}
    build: {{context: web, tags: ["{names("alias")}"]}}
    labels: {{not: the image's}}
  db: {{image: postgres}}
""",
    }


def test_services_share_what_they_have_in_common(fresh_edgectl, registry, context, busybox, names):
    project = context(two_services(busybox, names))
    result = fresh_edgectl("build", "--platform", MACHINES, "--push", "--progress", "json", cwd=project)
    steps = steps_of(result)
    assert sum("uname" in step for step in steps) == 2, steps  # once for each platform, not for each service
    assert sum("echo app" in step for step in steps) == 2, steps
    assert any(re.fullmatch(r"\[app linux/arm64 tools 2/2\] RUN uname.*", step) for step in steps), steps
    for platform, machine in ("linux/arm64", "aarch64"), ("linux/arm/v7", "armv7l"):
        app, web = (parts.Image(registry, names(x), platform) for x in ("app", "web"))
        assert (app.text("machine"), app.text("service")) == (f"{machine}\n", "app\n")
        assert web.text("web-machine") == f"{machine}\n"
        assert app.config["config"]["Labels"]["com.docker.compose.project"] == "shop"
        assert app.config["config"]["Labels"]["com.docker.compose.service"] == "app"
        assert "not" not in web.config["config"]["Labels"]
    index = json.loads(registry.skopeo("inspect", "--raw", "--tls-verify=false", f"docker://{names('alias')}"))
    assert [parts.platform_text(x["platform"]) for x in index["manifests"]] == MACHINES.split(",")
    again = fresh_edgectl("build", "--platform", MACHINES, "--progress", "json", cwd=project)
    assert steps_of(again) == []


def test_the_summary_tells_of_every_service(fresh_edgectl, context, busybox, names, scratch):
    project = context(two_services(busybox, names))
    result = fresh_edgectl("build", "--metadata-file", scratch / "metadata", cwd=project)
    metadata = json.loads((scratch / "metadata").read_text())
    assert set(metadata) == {"app", "web"}
    for service, steps in ("app", "2 steps run, 0 cached"), ("web", "1 step run, 0 cached, 1 shared"):
        short = names(service)
        digest = metadata[service]["containerimage.digest"]
        assert re.search(rf"^built {service} {short} .*{digest} \({steps}\)$", result.stderr, re.M), result
    assert metadata["web"]["image.name"] == f"{names('web')},{names('alias')}"


def test_named_services_bring_what_they_are_built_from(fresh_edgectl, registry, context, busybox, names):
    project = context({"compose.yaml": f"""
services:
  app:
    image: {names("app")}
    platform: linux/arm64
    build:
      context: .
      dockerfile_inline: |
        FROM base AS first
        RUN echo "$$GREETING" > /greeting
        FROM scratch
        COPY --from=first /greeting /
        COPY --from=base /made /
      additional_contexts: {{base: "service:base"}}
  base:
    profiles: [never]
    image: {names("base")}
    build:
      dockerfile_inline: |
        FROM {busybox}
        ENV GREETING=hello
        RUN uname -m > /made
  other:
    build: {{dockerfile_inline: "FROM nowhere.invalid/x"}}
"""})
    fresh_edgectl("build", "--push", "app", cwd=project)
    image = parts.Image(registry, names("app"), "linux/arm64")
    assert (image.text("greeting"), image.text("made")) == ("hello\n", "aarch64\n")


def test_profiles_and_build_arguments(fresh_edgectl, context, busybox):
    project = context({"compose.yaml": """
name: p
services:
  always: {build: {dockerfile_inline: "FROM scratch\\nARG A\\nARG B\\nLABEL a=$$A b=$$B\\n", args: {A: file, B: file}}}
  debug: {profiles: [debug], build: {dockerfile_inline: "FROM scratch"}}
"""})

    def targets(*options):
        return json.loads(fresh_edgectl("build", "--print", *options, cwd=project).stdout)["target"]

    assert set(targets()) == {"always"}
    assert set(targets("--profile", "debug")) == {"always", "debug"}
    assert set(targets("debug")) == {"debug"}
    assert targets("--build-arg", "A=words")["always"]["args"] == {"A": "words", "B": "file"}


def test_print_is_what_bake_prints(fresh_edgectl, context):
    project = context({"app/Dockerfile": "FROM scratch", "compose.yaml": """
name: p
services:
  app:
    image: lab:5000/app:1
    build:
      context: app
      target: final
      args: {A: "1"}
      labels: {l: x}
      tags: [lab:5000/app:2]
      platforms: [linux/arm64, linux/arm/v7]
      additional_contexts: {base: "service:base"}
      cache_from: ["type=registry,ref=lab:5000/cache"]
      no_cache: true
      pull: true
  base: {build: {dockerfile_inline: FROM scratch}}
"""})
    printed = json.loads(fresh_edgectl("build", "--print", "--push", "app", cwd=project).stdout)
    assert printed["group"] == {"default": {"targets": ["app", "base"]}}
    app = printed["target"]["app"]
    version = app["labels"].pop("com.docker.compose.version")
    assert version in fresh_edgectl("version").stdout
    assert app == {
        "context": f"{project}/app", "dockerfile": "Dockerfile", "contexts": {"base": "target:base"}, "target": "final",
        "args": {"A": "1"}, "tags": ["lab:5000/app:1", "lab:5000/app:2"], "platforms": ["linux/arm64", "linux/arm/v7"],
        "labels": {"l": "x", "com.docker.compose.project": "p", "com.docker.compose.service": "app"},
        "cache-from": [{"type": "registry", "ref": "lab:5000/cache"}], "output": [{"type": "image", "push": "true"}],
        "no-cache": True, "pull": True}
    assert printed["target"]["base"]["tags"] == ["p-base"]


def test_a_failing_service_ends_the_others(fresh_edgectl, context, busybox, names):
    project = context({"compose.yaml": f"""
services:
  bad:
    build:
      dockerfile_inline: |
        FROM {busybox}
        RUN --mount=type=cache,id=both,target=/c until test -e /c/started; do sleep 0.1; done; exit 3
  good:
    image: {names("good")}
    build:
      dockerfile_inline: |
        FROM {busybox}
        RUN --mount=type=cache,id=both,target=/c touch /c/started && sleep 200
"""})
    result = fresh_edgectl("build", "--jobs", "2", "--progress", "plain", cwd=project, status=1, timeout=100)
    assert re.search(r"error: bad: RUN .*: exit status 3", result.stderr), result
    assert "CANCELED" in result.stderr or "CANCELLED" in result.stderr, result
    assert names("good") not in fresh_edgectl("images").stdout


def test_services_made_from_each_other(fresh_edgectl, context):
    inline = "FROM other\\nLABEL a=b"
    project = context({"compose.yaml": f"""
services:
  a: {{build: {{dockerfile_inline: "{inline}", additional_contexts: {{other: "service:b"}}}}}}
  b: {{build: {{dockerfile_inline: "{inline}", additional_contexts: {{other: "service:a"}}}}}}
"""})
    result = fresh_edgectl("build", cwd=project, status=1)
    assert "is made from itself" in result.stderr, result


def test_what_steps_get(fresh_edgectl, registry, context, busybox, names):
    """Secrets of a file and of a variable in .env, limits, /etc/hosts, /dev/shm and the network."""
    project = context({"token": "from file\n", ".env": "PASSWORD=from env\n", "compose.yaml": f"""
services:
  app:
    image: {names("app")}
    build:
      secrets: [token, {{source: password, target: pw}}]
      ulimits: {{nofile: {{soft: 600, hard: 700}}}}
      extra_hosts: {{board.lab: 192.0.2.7}}
      shm_size: 3m
      network: none
      dockerfile_inline: |
        FROM {busybox}
        RUN --mount=type=secret,id=token cp /run/secrets/token /token
        RUN --mount=type=secret,id=pw cp /run/secrets/pw /pw
        RUN ulimit -Sn > /limits && ulimit -Hn >> /limits && cat /etc/hosts > /hosts && df -k /dev/shm > /shm
        RUN cut -d: -f1 /proc/net/dev | tail -n +3 > /links
secrets:
  token: {{file: token}}
  password: {{environment: PASSWORD}}
"""})
    fresh_edgectl("build", "--platform", "linux/arm64", "--push", cwd=project)
    image = parts.Image(registry, names("app"), "linux/arm64")
    assert (image.text("token"), image.text("pw"), image.text("limits")) == ("from file\n", "from env", "600\n700\n")
    assert re.search(r"^192.0.2.7\s+board.lab$", image.text("hosts"), re.M)
    assert " 3072 " in image.text("shm")
    assert image.text("links").split() == ["lo"]


@pytest.mark.parametrize("leave", ["privileged: true", "entitlements: [security.insecure]"])
def test_what_a_service_is_entitled_to_needs_no_option(fresh_edgectl, context, busybox, leave):
    project = context({"compose.yaml": f"""
name: p
services:
  with:
    build:
      dockerfile_inline: &steps |
        FROM {busybox}
        RUN --security=insecure mkdir /mnt && mount -t tmpfs none /mnt
      {leave}
  without: {{build: {{dockerfile_inline: *steps}}}}
"""})
    fresh_edgectl("build", "with", cwd=project)
    result = fresh_edgectl("build", cwd=project, status=1)  # though the step is the other's, and cached
    assert "--security=insecure is not allowed" in result.stderr, result.stderr


def test_balena_variables_and_secrets(fresh_edgectl, registry, context, busybox, names):
    project = context({
        "docker-compose.yml": f"""
version: "2.1"
services:
  main:
    image: {names("main")}
    build: main
""",
        "main/Dockerfile": f"FROM {busybox}\nARG GREETING\n"
                           "RUN echo $GREETING > /greeting && cp /run/secrets/key /copied\n",
        ".balena/balena.yml": """
build-variables: {global: [GREETING=hello]}
build-secrets: {global: [{source: token, dest: key}]}
""",
        ".balena/secrets/token": "s3cret\n"})
    fresh_edgectl("build", "--platform", "linux/arm64", "--push", cwd=project)
    image = parts.Image(registry, names("main"), "linux/arm64")
    assert (image.text("greeting"), image.text("copied")) == ("hello\n", "s3cret\n")
    assert "run/secrets/key" not in image.entries(from_layer=1)


def test_a_dockerfile_and_a_compose_file(fresh_edgectl, context):
    project = context({"Dockerfile": "FROM scratch\nLABEL from=dockerfile\n",
                       "sub/Dockerfile": "FROM scratch\nLABEL from=sub\n",
                       "compose.yaml": "name: p\nservices: {app: {build: sub}}\n"})

    def targets(*words, cwd=project):
        return sorted(json.loads(fresh_edgectl("build", "--print", *words, cwd=cwd).stdout)["target"])

    assert targets() == targets("app") == targets("-f", "compose.yaml") == ["app"]
    assert targets(".") == targets("./sub") == targets("-f", "Dockerfile") == ["default"]
    assert targets(cwd=project / "sub") == ["default"]
    assert "./sub" in fresh_edgectl("build", "sub", cwd=project, status=2).stderr
    assert "build.tags" in fresh_edgectl("build", "-t", "x", cwd=project, status=2).stderr


def test_digests_of_images(edgectl, registry, context, busybox):
    project = context({"compose.yaml": f"""
name: p
services:
  app: {{image: "{busybox}"}}
  built: {{build: .}}
"""})
    digest = registry.skopeo("inspect", "--raw", "--tls-verify=false", f"docker://{busybox}")
    pinned = f"{busybox}@sha256:{hashlib.sha256(digest.encode()).hexdigest()}"
    config = json.loads(edgectl("compose", "config", "--format", "json", "--resolve-image-digests", cwd=project).stdout)
    assert config["services"]["app"]["image"] == pinned
    assert "image" not in config["services"]["built"]
    lock = edgectl("compose", "config", "--format", "json", "--lock-image-digests", cwd=project).stdout
    assert json.loads(lock) == {"services": {"app": {"image": pinned}}}
    # The lock is an override file: with it, the project is the pinned one.
    context({"lock.json": lock})
    both = edgectl("compose", "config", "--format", "json", "-f", "compose.yaml", "-f", "lock.json", cwd=project).stdout
    assert json.loads(both) == config
    context({"missing.yaml": f"services: {{app: {{image: '{registry.address}/nothing:1'}}}}"})
    failed = edgectl("compose", "config", "--resolve-image-digests", "-f", "missing.yaml", cwd=project, status=1)
    assert f"{registry.address}/nothing:1" in failed.stderr


# --- projects in registries


def put(url, data, media_type="application/octet-stream"):
    request = urllib.request.Request(url, data, {"Content-Type": media_type}, method="PUT")
    with urllib.request.urlopen(request, timeout=30):
        pass


def publish_project(registry, reference, layers, **members):
    """As `docker compose publish` does it: a layer for each (kind, annotations, text)."""
    repository, tag = parts.repository_and_tag(registry, reference)
    base = f"http://{registry.address}/v2/{repository}"

    def blob(media_type, data, annotations):
        digest = "sha256:" + hashlib.sha256(data).hexdigest()
        with urllib.request.urlopen(urllib.request.Request(f"{base}/blobs/uploads/", b"", method="POST")) as answer:
            place = urllib.parse.urljoin(base, answer.headers["Location"])
        put(f"{place}&digest={digest}", data)
        return {"mediaType": media_type, "digest": digest, "size": len(data), "annotations": annotations}

    manifest = {"schemaVersion": 2, "mediaType": "application/vnd.oci.image.manifest.v1+json",
                "artifactType": "application/vnd.docker.compose.project",
                "config": blob("application/vnd.oci.empty.v1+json", b"{}", {}),
                "layers": [blob(f"application/vnd.docker.compose.{kind}", text.encode(), annotations)
                           for kind, annotations, text in layers]} | members
    put(f"{base}/manifests/{tag}", json.dumps(manifest).encode(), manifest["mediaType"])


def test_project_in_a_registry(edgectl, registry, context, names):
    publish_project(registry, names("shop"), [
        ("file+yaml", {"com.docker.compose.file": "compose.yaml"},
         "services: {web: {extends: {file: base.yaml, service: base}, image: web, env_file: web.env}}\n"),
        ("file+yaml", {"com.docker.compose.file": "more.yaml"}, "services: {web: {image: newer}}\n"),
        ("file+yaml", {"com.docker.compose.file": "base.yaml", "com.docker.compose.extends": "true"},
         "services: {base: {command: [run]}}\n"),
        ("envfile", {"com.docker.compose.envfile": "web.env"}, "A=1\n")])
    web = {"image": "newer", "command": ["run"], "environment": {"A": "1"}}
    root = context({"compose.yaml": f"include: ['oci://{names('shop')}']\n"})
    for words in ([], ["-f", f"oci://{names('shop')}"]):
        model = json.loads(edgectl("compose", "config", "--format", "json", *words, cwd=root).stdout)
        assert web.items() <= model["services"]["web"].items()


@pytest.mark.parametrize("layers, members, said", [
    ([], {}, "there is no compose file in the artifact"),
    ([], {"artifactType": "application/x"}, "it is no compose project, but 'application/x'"),
    ([("envfile", {"com.docker.compose.envfile": "../x"}, "A=1\n")], {}, "must be the name of a file, not '../x'"),
])
def test_artifact_that_is_no_project(edgectl, registry, context, names, layers, members, said):
    publish_project(registry, names("wrong"), layers, **members)
    root = context({"compose.yaml": f"include: ['oci://{names('wrong')}']\n"})
    problem = edgectl("compose", "config", cwd=root, status=1).stderr
    assert said in problem and names("wrong") in problem and "compose.yaml:1:" in problem
