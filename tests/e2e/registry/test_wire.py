"""What the distribution specification lets a registry answer, and what it asks of a client's requests, seen on the wire.
SPECIFICATION.md says which clause each is about."""
import hashlib
import json
import pathlib
import urllib.request

import pytest

import api_registry
import oci_layout
import parts
import test_hostile
import test_tokens

hostile = test_hostile.hostile
config = test_tokens.config

INDEX = oci_layout.INDEX
ZERO = "sha256:" + "0" * 64
ACCEPT = {"Accept": oci_layout.MANIFEST}


def paths(server, method):
    return [x["path"] for x in server.requests() if x["method"] == method]


def manifest_of(server, name="app", version="1"):
    request = urllib.request.Request(f"http://{server.address}/v2/{name}/manifests/{version}", headers=ACCEPT)
    with urllib.request.urlopen(request) as answer:
        return answer.read()


# --- lists


def page(where, tags, link=None):
    headers = {"Link": link} if link else {}
    return {"on": where, "status": 200, "body": json.dumps({"name": "app", "tags": tags}), "headers": headers}


@pytest.mark.parametrize("link", [
    '</v2/app/tags/list?last=a>; rel="next"',
    '<list?last=a>; rel="prev next"',
    '<?last=a>; title="a; rel=prev"; REL=next',
    '<http://{other}/v2/app/tags/list?last=a>; rel="next"',
    '<https://registry.invalid/v2/app/tags/list?last=a>; rel="next"',
    '<//169.254.169.254/v2/app/tags/list?last=a>; rel="next"',
    ['</v2/app/tags/list?last=zzz>; rel="prev"', '</v2/app/tags/list?last=a>; rel="next"'],
])
def test_a_list_goes_on_at_the_registry_itself(fresh_edgectl, hostile, config, link):
    """Whatever host and scheme its Link names; the credentials go along, and nowhere else."""
    other = hostile({"on": "", "status": 200, "body": json.dumps({"tags": ["evil"]})})
    link = link.replace("{other}", other.address) if isinstance(link, str) else link
    challenge = {"on": "list$", "status": 401, "headers": {"WWW-Authenticate": 'Basic realm="x"'}, "times": 1}
    server = hostile(challenge, page("list$", ["a"], link), page("list.last=a$", ["b"]))
    env = config({"auths": {server.address: {"auth": "dXNlcjpjb3JyZWN0IGhvcnNl"}}})
    assert fresh_edgectl("tags", f"{server.address}/app", env=env).stdout.split() == ["a", "b"]
    assert [bool(x["authorization"]) for x in server.requests()][-2:] == [True, True]
    assert not pathlib.Path(other.log).exists() or other.requests() == []


@pytest.mark.parametrize("target", ["file:///etc/passwd", "http://user:secret@127.0.0.1/v2/app/tags/list?last=a", "gopher://x/", "//["])
def test_a_link_that_is_none(fresh_edgectl, hostile, target):
    server = hostile(page("list", ["a"], f'<{target}>; rel="next"'))
    test_hostile.is_refused(fresh_edgectl, "tags", f"{server.address}/app", words=["is not an address"])


@pytest.mark.parametrize("nothing", [None, []])
def test_parts_without_an_entry(fresh_edgectl, hostile, nothing):
    """A part may be empty and not the last; how many entries it has says nothing (n=0, filters)."""
    server = hostile(page("/none/", nothing), page("list$", nothing, '<?last=a>; rel="next"'), page("last=a$", ["b", "c"]))
    assert fresh_edgectl("tags", f"{server.address}/app").stdout.split() == ["b", "c"]
    assert fresh_edgectl("tags", f"{server.address}/none").stdout == ""


def referrer(kind):
    return {"mediaType": oci_layout.MANIFEST, "digest": "sha256:" + hashlib.sha256(kind.encode()).hexdigest(), "size": 2,
            "artifactType": kind}


def referrers(where, entries, **headers):
    return {"on": where, "status": 200, "body": json.dumps({"schemaVersion": 2, "mediaType": INDEX, "manifests": entries}),
            "headers": {"Content-Type": INDEX} | headers}


@pytest.mark.parametrize("applied", [True, False])
def test_referrers_of_one_type(fresh_edgectl, hostile, applied):
    """A registry may filter, or not, and says so; the list is the same, over parts that may then be empty."""
    wanted, other = referrer("application/x.a"), referrer("application/x.b")
    filtered = {"OCI-Filters-Applied": "artifactType"} if applied else {}
    server = hostile(referrers("referrers/sha256.*artifactType=application%2Fx.a$", [] if applied else [other],
                               Link='<?page=2>; rel="next"', **filtered),
                     referrers("page=2$", [wanted] if applied else [other, wanted], **filtered))
    listed = fresh_edgectl("referrers", "--json", "--artifact-type", "application/x.a", f"{server.address}/app:1").stdout
    assert [x["digest"] for x in json.loads(listed)] == [wanted["digest"]]


def test_only_404_means_no_list_of_referrers(fresh_edgectl, hostile):
    """Then it is under a tag; another failure is one."""
    subject = "sha256-" + hashlib.sha256(manifest_of(hostile())).hexdigest()
    server = hostile(referrers(f"GET .*manifests/{subject}", [referrer("application/x.a")]))
    assert len(json.loads(fresh_edgectl("referrers", "--json", f"{server.address}/app:1").stdout)) == 1
    server = hostile({"on": "referrers", "status": 403}, referrers(f"GET .*manifests/{subject}", [referrer("application/x.a")]))
    test_hostile.is_refused(fresh_edgectl, "referrers", f"{server.address}/app:1", words=["denies"])


# --- parts of blobs


@pytest.mark.parametrize("answer", [
    {"status": 416}, {"without": ["Content-Range"]},
    {"status": 206, "headers": {"Content-Range": "bytes 5-7/9"}, "body": "abc"}], ids=["416", "unmarked", "another"])
def test_a_registry_that_cannot_give_parts(fresh_edgectl, hostile, answer):
    """But says so when it is asked for one only: then the whole comes, in this command, not an error in each that follows."""
    size = ["--layer-size", "1000000"]
    layer = json.loads(manifest_of(hostile(options=size)))["layers"][0]["digest"]
    on = {"on": f"GET .*blobs/{layer}", "times": 1}
    server = hostile(on | {"cut": 500000}, on | answer, options=size)
    fresh_edgectl("pull", f"{server.address}/app:1")
    ranges = [x["range"] for x in server.requests() if layer in x["path"]]
    assert ranges == [None, "bytes=500000-", None]


def test_a_registry_that_can_give_no_parts_and_breaks_off(fresh_edgectl, hostile):
    """What comes again is no progress: it does not go on for ever."""
    size = ["--layer-size", "300000"]
    layer = json.loads(manifest_of(hostile(options=size)))["layers"][0]["digest"]
    turns = [{"on": f"GET .*blobs/{layer}", "times": 1} | fault for _ in range(12) for fault in ({"cut": 200000}, {"status": 416})]
    server = hostile(*turns, options=size)
    refused = fresh_edgectl("pull", f"{server.address}/app:1", status=1)
    assert "answered 416" in refused.stderr
    assert sum(layer in x["path"] for x in server.requests()) == 2 * 7


# --- tokens


def test_another_scope_than_the_names_comes_first(fresh_edgectl, hostile):
    """Some token servers honour only one."""
    port = parts.free_port()
    wanted = test_hostile.challenge(port, scope="repository:company/app:pull")
    server = hostile({"on": "/v2/", "times": 1, "status": 401, "headers": {"WWW-Authenticate": wanted}},
                     options=["--auth", "bearer", "--port", str(port)])
    fresh_edgectl("pull", f"{server.address}/app:1")
    asked = [x for x in paths(server, "GET") if x.startswith("/token")]
    assert asked[0].endswith("scope=repository%3Acompany%2Fapp%3Apull&scope=repository%3Aapp%3Apull")


# --- manifests


@pytest.mark.parametrize("without", ["Docker-Content-Digest", "Content-Type", "Content-Length"])
def test_a_head_that_does_not_say_all(fresh_edgectl, hostile, without):
    server = hostile({"on": "HEAD .*manifests", "without": [without]}, referrers("referrers", [referrer("application/x.a")]))
    fresh_edgectl("referrers", f"{server.address}/app:1")
    digest = "sha256:" + hashlib.sha256(manifest_of(server)).hexdigest()
    assert f"/v2/app/referrers/{digest}" in paths(server, "GET")


def test_a_registry_without_heads(fresh_edgectl, hostile, scratch):
    """Everything works, but that what is there cannot be known before it is sent."""
    server = hostile({"on": "HEAD", "status": 405})
    name, copy = f"{server.address}/app:1", f"{server.address}/copy:1"
    (scratch / "note").write_text("x")
    (scratch / "note").chmod(0o644)
    fresh_edgectl("inspect", "--remote", name)
    fresh_edgectl("pull", name)
    fresh_edgectl("tag", name, f"{server.address}/pushed:1")
    fresh_edgectl("push", f"{server.address}/pushed:1")
    fresh_edgectl("copy", name, copy)
    fresh_edgectl("attach", "--artifact-type", "text/x-note", copy, scratch / "note")
    assert manifest_of(server, "pushed") == manifest_of(server, "copy") == manifest_of(server)
    assert len(json.loads(fresh_edgectl("referrers", "--json", copy).stdout)) == 1


@pytest.mark.parametrize("on", ["GET .*manifests", "PUT .*manifests"])
def test_a_digest_that_is_not_the_manifests(fresh_edgectl, hostile, on):
    good = hostile()
    body = manifest_of(good).decode() if on.startswith("GET") else ""
    status = 200 if on.startswith("GET") else 201
    server = hostile({"on": on, "status": status, "body": body, "headers": {"Docker-Content-Digest": ZERO, "Content-Type": oci_layout.MANIFEST}})
    if on.startswith("GET"):
        test_hostile.is_refused(fresh_edgectl, "pull", f"{server.address}/app:1", words=["digest", ZERO])
        return
    fresh_edgectl("pull", f"{server.address}/app:1")
    fresh_edgectl("tag", f"{server.address}/app:1", f"{server.address}/copy:1")
    test_hostile.is_refused(fresh_edgectl, "push", f"{server.address}/copy:1", words=["stored it as", ZERO])


def test_a_manifest_by_sha512(fresh_edgectl, hostile):
    body = manifest_of(hostile())
    digest = "sha512:" + hashlib.sha512(body).hexdigest()
    answer = {"on": f"GET .*manifests/{digest}", "status": 200, "headers": {"Content-Type": oci_layout.MANIFEST}}
    server = hostile(answer | {"body": body.decode(), "times": 1}, answer | {"body": body.decode() + "\n"})
    name = f"{server.address}/app@{digest}"
    fresh_edgectl("pull", name)
    assert fresh_edgectl("inspect", "--raw", name).stdout == body.decode()
    test_hostile.is_refused(fresh_edgectl, "copy", name, f"oci:{fresh_edgectl.store}-x:1", words=["with digest sha512:", digest])


def test_a_head_that_fails_is_not_no(fresh_edgectl, hostile):
    """What may be there is not sent again."""
    server = hostile({"on": "HEAD .*copy/blobs", "status": 403})
    fresh_edgectl("pull", f"{server.address}/app:1")
    fresh_edgectl("tag", f"{server.address}/app:1", f"{server.address}/copy:1")
    test_hostile.is_refused(fresh_edgectl, "push", f"{server.address}/copy:1", words=["denies"])
    assert paths(server, "POST") == []


FOREIGN = ["application/vnd.docker.image.rootfs.foreign.diff.tar.gzip", "application/vnd.oci.image.layer.nondistributable.v1.tar+gzip"]


@pytest.mark.parametrize("media_type", FOREIGN)
def test_foreign_layers_are_refused(fresh_edgectl, hostile, media_type):
    """With the reason; nobody asks at the addresses that they carry, and nothing is sent."""
    elsewhere, target = hostile(), hostile()
    manifest = json.loads(manifest_of(elsewhere))
    manifest["layers"][0] |= {"mediaType": media_type, "urls": [f"http://{elsewhere.address}/v2/app/blobs/{manifest['layers'][0]['digest']}"]}
    server = hostile({"on": "GET .*manifests", "status": 200, "body": json.dumps(manifest), "headers": {"Content-Type": oci_layout.MANIFEST}})
    asked = len(elsewhere.requests())
    for command in (["pull", f"{server.address}/app:1"], ["copy", f"{server.address}/app:1", f"{target.address}/b:1"]):
        test_hostile.is_refused(fresh_edgectl, *command, words=["registries do not hold", media_type])
    assert len(elsewhere.requests()) == asked and not paths(target, "PUT") and not paths(server, "PUT")


# --- uploads


def push_copy(edgectl, server, *words):
    edgectl("pull", f"{server.address}/app:1")
    edgectl("tag", f"{server.address}/app:1", f"{server.address}/copy:1")
    edgectl("push", *words, f"{server.address}/copy:1")
    manifest = json.loads(manifest_of(server, "copy"))
    return manifest["layers"][0]["digest"]


@pytest.mark.parametrize("form", ["path", "relative", "absolute"])
@pytest.mark.parametrize("interrupted", [False, True])
def test_each_form_of_a_location(fresh_edgectl, hostile, form, interrupted):
    """With a query that must stay as it is, and another address after each step, of which the newest counts."""
    layer = json.loads(manifest_of(hostile()))["layers"][0]["digest"][7:]
    faults = [{"on": f"PUT .*{layer}", "receive": 200000, "times": 1}] if interrupted else []
    server = hostile(*faults, options=["--no-mounts", "--locations", form])
    assert push_copy(fresh_edgectl, server).endswith(layer)
    assert all("_state=a%2Fb%3D" in path for path in paths(server, "PUT") if "uploads" in path)
    assert bool(paths(server, "PATCH")) == interrupted
    assert len(paths(server, "POST")) == 2, "one upload for each of the two blobs"


@pytest.mark.parametrize("status", [202, 400, 401, 403, 404, 405])
@pytest.mark.parametrize("command", ["push", "copy"])
def test_a_mount_that_is_refused(fresh_edgectl, hostile, status, command):
    """For want of rights in the other repository, or because it is no longer there: then the blob is sent."""
    fault = {"on": "POST .*mount=", "status": status, "headers": {"Location": "/v2/copy/blobs/uploads/0?_state=a%2Fb%3D1"}}
    server = hostile(*([] if status == 202 else [fault]), options=["--no-mounts"])
    if command == "push":
        push_copy(fresh_edgectl, server)
    else:
        fresh_edgectl("copy", f"{server.address}/app:1", f"{server.address}/copy:1")
    mounts = [path for path in paths(server, "POST") if "mount=" in path]
    assert len(mounts) == 2 and all("from=app" in path for path in mounts)
    assert sum(x["received"] for x in server.requests() if x["method"] == "PUT" and "uploads" in x["path"]) > 300000
    assert json.loads(manifest_of(server, "copy"))


def test_parts_are_not_smaller_than_the_registry_wants(fresh_edgectl, hostile):
    least, most = 5 << 20, 6 << 20
    options = ["--no-mounts", "--layer-size", str(20 << 20), "--part-minimum", str(least), "--part-limit", str(most)]
    layer = json.loads(manifest_of(hostile(options=options)))["layers"][0]["digest"][7:]
    server = hostile({"on": f"PUT .*{layer}", "receive": 1 << 20, "times": 1}, options=options)
    push_copy(fresh_edgectl, server)
    taken = [x["received"] for x in server.requests() if x["method"] == "PATCH"]
    refused, parts_taken = taken[0], taken[1:]
    assert len(parts_taken) > 2 and all(least <= size <= most for size in parts_taken[:-1]), taken
    assert sum(parts_taken) > 18 << 20 and refused < 20 << 20


# --- digests of sha512, artifacts


def test_everything_by_sha512(fresh_edgectl, scratch):
    """Index, manifest, config and layer, into a registry and back, byte for byte."""
    with parts.closing(api_registry.ApiRegistry()) as server:
        layout = oci_layout.Layout(scratch / "layout")
        (layout.root / "blobs/sha512").mkdir()
        layout.add("linux/arm64", b"\0" * 1024, ["/x"])
        manifest = json.loads((layout.root / "blobs/sha256" / layout.manifests[0]["digest"][7:]).read_text())

        def by_sha512(data, descriptor):
            name = hashlib.sha512(data).hexdigest()
            (layout.root / "blobs/sha512" / name).write_bytes(data)
            descriptor |= {"digest": f"sha512:{name}", "size": len(data)}

        for descriptor in [manifest["config"], *manifest["layers"]]:
            by_sha512((layout.root / "blobs/sha256" / descriptor["digest"][7:]).read_bytes(), descriptor)
        by_sha512(json.dumps(manifest).encode(), layout.manifests[0])
        layout.finish("1")
        fresh_edgectl("copy", f"oci:{layout.root}:1", f"{server.address}/a:1")
        assert len([x for x in server.server.blobs if x.startswith("sha512:")]) == 2
        assert layout.manifests[0]["digest"] in server.server.manifests
        opened = [path for method, path in server.server.requests if method == "POST"]
        assert opened and all("digest-algorithm=sha512" in path for path in opened)
        fresh_edgectl("copy", f"{server.address}/a:1", f"oci:{scratch}/back:1")
        assert {x.name for x in (scratch / "back/blobs/sha512").iterdir()} == {x.name for x in (layout.root / "blobs/sha512").iterdir()}


def test_a_list_that_somebody_else_changed_meanwhile(fresh_edgectl, hostile, scratch):
    """The tag schema has no lock but ETag: who comes second reads the list again."""
    subject = "sha256-" + hashlib.sha256(manifest_of(hostile())).hexdigest()
    first = referrer("application/x.first")
    there = referrers(f"GET .*manifests/{subject}", [first], ETag='"1"')
    server = hostile(there | {"times": 2}, {"on": f"PUT .*manifests/{subject}", "status": 412, "times": 1})
    fresh_edgectl("attach", "--artifact-type", "application/x.mine", f"{server.address}/app:1")
    puts = [x for x in server.requests() if x["method"] == "PUT" and subject in x["path"]]
    assert len(puts) == 2 and all("If-Match" in x["headers"] for x in puts)
    request = urllib.request.Request(f"http://{server.address}/v2/app/manifests/{subject}", headers={"Accept": INDEX})
    with urllib.request.urlopen(request) as answer:
        kept = json.load(answer)["manifests"]
    assert [x["artifactType"] for x in kept] == ["application/x.first", "application/x.mine"]


# --- beside the answers


def test_warnings_are_shown_once(fresh_edgectl, hostile):
    said = ['299 - "read only from tomorrow on"', '110 - "stale"', '299 - "dated" "Sat, 25 Aug 2012 23:34:45 GMT"']
    server = hostile(*[x | {"headers": x["headers"] | {"Warning": said}}
                       for x in (page("list$", ["a"], '<?last=a>; rel="next"'), page("last=a$", ["b"]))])
    seen = fresh_edgectl("tags", f"{server.address}/app")
    assert seen.stdout.split() == ["a", "b"]
    assert seen.stderr.count("read only from tomorrow on") == 1 and "stale" not in seen.stderr and "dated" not in seen.stderr
