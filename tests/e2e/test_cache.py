"""The build cache: what hits, what misses, and why."""
import json
import os
import re
import urllib.request

import pytest

# A step whose layer is another one each time that it is executed.
RANDOM = "cat /proc/sys/kernel/random/uuid"


class Steps:
    """What became of the steps of a build, from its plain output: CACHED, DONE or ERROR by name."""

    def __init__(self, stderr):
        self.stderr = stderr
        names = dict(re.findall(r"^#(\d+) (\[[^\]]*\d+/\d+\] .*)$", stderr, re.MULTILINE))
        ends = dict(re.findall(r"^#(\d+) (CACHED|DONE|ERROR|CANCELED)", stderr, re.MULTILINE))
        self.ends = {name: ends.get(number) for number, name in names.items()}

    def __getitem__(self, part):
        found = [end for name, end in self.ends.items() if part in name]
        assert len(found) == 1, f"{len(found)} steps with '{part}': {self.ends}\n{self.stderr}"
        return found[0]

    def has(self, part):
        return any(part in name for name in self.ends)


@pytest.fixture
def build(fresh_edgectl):
    """build(context, option, ...) builds in a store of the test's own and returns the steps."""

    def build(context, *options, program=fresh_edgectl, platform="linux/amd64", **arguments):
        result = program("build", "--progress=plain", "--platform", platform, *options, context, **arguments)
        return Steps(result.stderr)

    return build


def blob_requests(registry, repository):
    return [path for method, path, _ in registry.requests() if method == "GET" and f"/v2/{repository}/blobs/" in path]


def test_a_parent_that_comes_out_the_same_changes_nothing(build, context, busybox):
    """Another command, the same files: what stands on it is found by its layers."""
    text = "FROM {}\nRUN mkdir /made && touch -d @1000000000 /made/a /made # {}\nRUN {} > /id\n"
    steps = build(context({"Dockerfile": text.format(busybox, "one", RANDOM)}))
    assert steps["uuid"] == "DONE"
    steps = build(context({"Dockerfile": text.format(busybox, "two", RANDOM)}))
    assert (steps["# two"], steps["uuid"]) == ("DONE", "CACHED")


def test_a_stage_counts_by_the_files_that_are_taken(build, context, busybox):
    text = """
FROM {0} AS made
RUN mkdir /out && echo {1} > /out/a && touch -d @1000000000 /out/a /out && {2} > /elsewhere
FROM {0}
COPY --from=made /out /out
RUN {2} > /id
"""
    steps = build(context({"Dockerfile": text.format(busybox, "1", RANDOM)}))
    steps = build(context({"Dockerfile": text.format(busybox, "1", RANDOM)}), "--no-cache-filter", "made")
    assert (steps["mkdir"], steps["COPY"], steps["/id"]) == ("DONE", "CACHED", "CACHED")
    steps = build(context({"Dockerfile": text.format(busybox, "2", RANDOM)}))
    assert (steps["mkdir"], steps["COPY"], steps["/id"]) == ("DONE", "DONE", "DONE")


def test_a_mounted_stage_counts_by_the_files_that_are_mounted(build, context, busybox):
    text = """
FROM {0} AS made
RUN mkdir /out && echo {1} > /out/a && touch -d @1000000000 /out/a /out && {2} > /elsewhere
FROM {0}
RUN --mount=type=bind,from=made,source=/out,target=/in cat /in/a && {2} > /id
"""
    steps = build(context({"Dockerfile": text.format(busybox, "1", RANDOM)}))
    steps = build(context({"Dockerfile": text.format(busybox, "1", RANDOM)}), "--no-cache-filter=0")
    assert (steps["mkdir"], steps["cat /in"]) == ("DONE", "CACHED")
    steps = build(context({"Dockerfile": text.format(busybox, "2", RANDOM)}))
    assert (steps["mkdir"], steps["cat /in"]) == ("DONE", "DONE")


def test_a_base_with_another_digest_and_the_same_files_hits(build, context, busybox, registry, edgectl, reference):
    """The image that files are taken from is a new one, in everything but the files."""
    def base(more):
        edgectl("build", "--platform", "linux/amd64", "-t", reference, "--push",
                context({"Dockerfile": f"FROM scratch\nCOPY a /tool\nCOPY {more} /more\n", "a": "tool", "b": "1", "c": "2"}))

    text = f"FROM {busybox}\nCOPY --from={reference} /tool /tool\nRUN {RANDOM} > /id\n"
    base("b")
    build(context({"Dockerfile": text}))
    base("c")
    steps = build(context({"Dockerfile": text}), "--pull")
    assert (steps["COPY"], steps["uuid"]) == ("CACHED", "CACHED")


def test_no_cache_filter_is_for_its_stages_only(build, context, busybox):
    text = f"FROM {busybox} AS one\nRUN {RANDOM} > /one\nFROM {busybox} AS Two\nRUN {RANDOM} > /two\n" \
        "FROM scratch\nCOPY --from=one /one /\nCOPY --from=two /two /\n"
    root = context({"Dockerfile": text})
    build(root)
    steps = build(root, "--no-cache-filter=two,three")
    assert (steps["> /one"], steps["> /two"]) == ("CACHED", "DONE")
    assert (steps["from=one"], steps["from=two"]) == ("CACHED", "DONE")


def test_a_link_copy_does_not_depend_on_what_is_below(build, context, busybox):
    text = f"FROM {busybox}\nRUN {{}} > /id\nCOPY --link a /a\nCOPY a /b\n"
    build(context({"Dockerfile": text.format(RANDOM), "a": "a"}))
    steps = build(context({"Dockerfile": text.format(f"true; {RANDOM}"), "a": "a"}))
    assert (steps["RUN"], steps["--link"]) == ("DONE", "CACHED")


@pytest.mark.parametrize("option, same_content, other_content, elsewhere", [
    ("", "CACHED", "CACHED", "DONE"),
    (":ro:cache=path", "CACHED", "CACHED", "DONE"),
    (":ro:cache=content", "CACHED", "DONE", "CACHED"),
    (":cache=none", "DONE", "DONE", "DONE")])
def test_volumes(build, context, busybox, scratch, identity, option, same_content, other_content, elsewhere):
    root = context({"Dockerfile": f"FROM {busybox}\nRUN {RANDOM} > /id\n"})
    for name in "one", "two":
        (scratch / name).mkdir()
        (scratch / name / "a").write_text("1")
        identity.own(scratch / name)
    build(root, "-v", f"{scratch}/one:/in{option}")
    assert build(root, "-v", f"{scratch}/one:/in{option}")["RUN"] == same_content
    assert build(root, "-v", f"{scratch}/two:/in{option}")["RUN"] == elsewhere
    (scratch / "one" / "a").write_text("2")
    assert build(root, "-v", f"{scratch}/one:/in{option}")["RUN"] == other_content


def test_a_failure_ends_the_others(fresh_edgectl, context, busybox):
    """Two stages at the same time: one waits for hours, the other fails once that one has begun."""
    text = f"""
FROM {busybox} AS slow
RUN --mount=type=cache,id=meeting,target=/m touch /m/here && sleep 10000
FROM {busybox} AS fails
RUN --mount=type=cache,id=meeting,target=/m until [ -e /m/here ]; do sleep 0.1; done; exit 7
FROM scratch
COPY --from=slow /x /x
COPY --from=fails /y /y
"""
    result = fresh_edgectl("build", "--progress=plain", "--jobs=2", "--platform", "linux/amd64",
                           context({"Dockerfile": text}), status=1, timeout=60)
    steps = Steps(result.stderr)
    assert (steps["sleep 10000"], steps["exit 7"]) == ("CANCELED", "ERROR")
    assert "exit status 7" in result.stderr


# --- caches that travel ---

STAGES = """
FROM {0} AS made
COPY a /a
RUN cat /a > /out && {1} >> /out
FROM scratch
COPY --from=made /out /out
"""


@pytest.fixture
def other(edgectl, scratch):
    """edgectl with another empty store, as if on another machine."""
    return edgectl.with_store(scratch / "other-store")


def cache_in_registry(reference, mode):
    return f"type=registry,ref={reference},mode={mode},image-manifest=true,oci-mediatypes=true", f"type=registry,ref={reference}"


def test_a_cache_in_a_registry(build, context, busybox, registry, reference, other):
    """Neither the base nor a layer in between is downloaded: the result is there."""
    root = context({"Dockerfile": STAGES.format(busybox, RANDOM), "a": "a"})
    to, origin = cache_in_registry(reference, "max")
    build(root, "--cache-to", to)
    base, own = blob_requests(registry, "busybox"), blob_requests(registry, reference.split("/", 1)[1].rsplit(":", 1)[0])
    steps = build(root, "--cache-from", origin, program=other)
    assert (steps["COPY a"], steps["RUN"], steps["COPY --from"]) == ("CACHED", "CACHED", "CACHED")
    fetched = blob_requests(registry, "busybox")[len(base):]
    assert len(fetched) == 1, f"more than the base image's config: {fetched}"
    fetched = blob_requests(registry, reference.split("/", 1)[1].rsplit(":", 1)[0])[len(own):]
    assert len(fetched) == 2, f"more than the cache's config and the layer of the result: {fetched}"


def test_what_a_missing_step_needs_is_fetched(build, context, busybox, reference, other):
    text = f"FROM {busybox}\nRUN {RANDOM} > /one\nRUN cat /one; echo {{}}\nRUN {RANDOM} > /two\n"
    to, origin = cache_in_registry(reference, "max")
    build(context({"Dockerfile": text.format("one")}), "--cache-to", to)
    steps = build(context({"Dockerfile": text.format("two")}), "--cache-from", origin, program=other)
    assert (steps["> /one"], steps["echo two"], steps["> /two"]) == ("CACHED", "DONE", "CACHED"), \
        "the last one is found by the layers of a step that came out the same"


def lose_layer(registry, reference, image, index):
    """That layer of an image, in the repository of a cache: somebody has cleaned up there."""
    repository, tag = image.split("/", 1)[1].rsplit(":", 1)
    layer = registry.manifest(repository, tag)["layers"][index]["digest"]
    path = f"http://{registry.address}/v2/{reference.split('/', 1)[1].rsplit(':', 1)[0]}/blobs/{layer}"
    with urllib.request.urlopen(urllib.request.Request(path, method="DELETE"), timeout=30) as answer:
        assert answer.status == 202
    return layer


def test_a_layer_that_is_gone_is_built(build, context, busybox, registry, reference, other, edgectl, scratch):
    """Its step is built, with a warning, and so is what stands on it; other stages are found as before."""
    text = f"""
FROM {busybox} AS other
RUN {RANDOM} > /other
FROM {busybox}
RUN {RANDOM} > /one
COPY a /a
RUN cat /one; {RANDOM} > /two
COPY --from=other /other /other
"""
    root = context({"Dockerfile": text, "a": "a"})
    to, origin = cache_in_registry(reference, "max")
    image = reference.replace(":1", "-image:1")
    build(root, "--cache-to", to, "-t", image, "--push")
    steps = build(root, "--cache-from", origin, program=edgectl.with_store(scratch / "third-store"))
    assert {steps["> /one"], steps["> /two"], steps["COPY a"], steps["COPY --from"]} == {"CACHED"}, "all is there so far"
    lost = lose_layer(registry, reference, image, 1)
    steps = build(root, "--cache-from", origin, "-t", "result", program=other)
    assert re.search(rf"^warning: .*RUN {RANDOM} > /one: cache '{reference}': .*{lost}.*, building it$", steps.stderr, re.MULTILINE), \
        steps.stderr
    assert (steps["> /one"], steps["> /two"]) == ("DONE", "DONE")
    assert steps["> /other"] == "CACHED"
    assert not re.search(r"^#\d+ ERROR", steps.stderr, re.MULTILINE)
    steps = build(root, "-t", "result", program=other)
    assert (steps["> /one"], steps["> /two"]) == ("CACHED", "CACHED"), "it is in the store from now on"


def test_a_layer_below_a_new_step_is_gone(build, context, busybox, registry, reference, other):
    """It is missed only when the step that stands on it is about to run."""
    text = f"FROM {busybox}\nRUN {RANDOM} > /one\nRUN cat /one; echo {{}}\n"
    to, origin = cache_in_registry(reference, "max")
    image = reference.replace(":1", "-image:1")
    build(context({"Dockerfile": text.format("one")}), "--cache-to", to, "-t", image, "--push")
    lost = lose_layer(registry, reference, image, 1)
    steps = build(context({"Dockerfile": text.format("two")}), "--cache-from", origin, "-o", "type=cacheonly", program=other)
    assert lost in steps.stderr
    assert (steps["> /one"], steps["echo two"]) == ("DONE", "DONE")


@pytest.mark.parametrize("damage", ["gone", "cut off", "other bytes"])
def test_a_damaged_layer_in_a_directory_is_built(build, context, busybox, scratch, other, damage):
    root = context({"Dockerfile": f"FROM {busybox}\nRUN {RANDOM} > /id\n"})
    place = scratch / "cache"
    build(root, "--cache-to", f"type=local,dest={place}")
    manifest = json.loads((place / "index.json").read_text())["manifests"][0]["digest"]
    layer = json.loads((place / "blobs" / manifest.replace(":", "/")).read_text())["layers"][-1]["digest"]
    blob = place / "blobs" / layer.replace(":", "/")
    if damage == "gone":
        blob.unlink()
    else:
        blob.write_bytes(blob.read_bytes()[:-1] if damage == "cut off" else bytes(blob.stat().st_size))
    steps = build(root, "--cache-from", f"type=local,src={place}", program=other)
    assert steps["RUN"] == "DONE"
    assert ", building it" in steps.stderr


def test_a_small_cache_has_the_result(build, context, busybox, reference, other):
    """The stage that the result was copied from is neither in the cache nor built."""
    root = context({"Dockerfile": STAGES.format(busybox, RANDOM), "a": "a"})
    to, origin = cache_in_registry(reference, "min")
    build(root, "--cache-to", to)
    steps = build(root, "--cache-from", origin, program=other)
    assert steps["COPY --from"] == "CACHED"
    assert not steps.has("COPY a") and not steps.has("RUN")
    # a stage that has to be built is not mixed with what was copied from another build of it
    steps = build(root, "--cache-from", origin, "--no-cache-filter", "made", program=other)
    assert (steps["RUN"], steps["COPY --from"]) == ("DONE", "DONE")


def test_a_cache_in_a_directory(build, context, busybox, scratch, other, registry):
    root = context({"Dockerfile": STAGES.format(busybox, RANDOM), "a": "a"})
    build(root, "--cache-to", f"type=local,dest={scratch}/cache,mode=max")
    assert json.loads((scratch / "cache" / "index.json").read_text())["manifests"]
    registry.skopeo("inspect", "--raw", f"oci:{scratch}/cache:latest")
    steps = build(root, "--cache-from", f"type=local,src={scratch}/cache", program=other)
    assert (steps["COPY a"], steps["RUN"], steps["COPY --from"]) == ("CACHED", "CACHED", "CACHED")


def test_a_cache_in_the_image(build, context, busybox, registry, reference, other, edgectl, scratch):
    root = context({"Dockerfile": f"FROM {busybox}\nRUN {RANDOM} > /id\nCOPY a /a\n", "a": "a"})
    build(root, "--cache-to", "type=inline", "-t", reference, "--push")
    steps = build(root, "--cache-from", reference, program=other)
    assert (steps["RUN"], steps["COPY"]) == ("CACHED", "CACHED")
    # one that is built from it says nothing of its base's steps
    child = context({"Dockerfile": f"FROM {reference}\nLABEL a=b\n"})
    another = reference.replace(":1", ":2")
    build(child, "-t", another, "--push", program=other)
    assert "edgectl.cache" not in json.dumps(registry.image(*another.split("/", 1)[1].rsplit(":", 1))[1])


def test_several_caches_one_of_them_gone(fresh_edgectl, build, context, busybox, reference, other, scratch, registry):
    root = context({"Dockerfile": f"FROM {busybox}\nRUN {RANDOM} > /id\n"})
    build(root, "--cache-to", f"type=local,dest={scratch}/cache,tag=a")
    (scratch / "empty").mkdir()
    result = other("build", "--progress=plain", "--platform", "linux/amd64", "--cache-from", reference,
                   "--cache-from", f"{registry.address}/busybox", "--cache-from", f"type=local,src={scratch}/empty",
                   "--cache-from", f"type=local,src={scratch}/cache,tag=a", root)
    assert Steps(result.stderr)["RUN"] == "CACHED"
    for place in reference.removesuffix(":1"), "busybox", f"{scratch}/empty":
        assert re.search(rf"cache from '[^']*{re.escape(place)}[^']*': .*, ignoring", result.stderr), place


def test_a_cache_that_cannot_be_written(fresh_edgectl, build, context, scratch, identity):
    (scratch / "file").write_text("")
    root = context({"Dockerfile": "FROM scratch\nCOPY a /a\n", "a": "a"})
    place = f"type=local,dest={scratch}/file"
    result = fresh_edgectl("build", "--cache-to", place, root, status=1)
    assert f"{scratch}/file" in result.stderr
    assert "ignoring" in build(root, "--cache-to", f"{place},ignore-error=true").stderr


@pytest.mark.parametrize("option, text", [
    ("--cache-to=type=gha", "type=registry"), ("--cache-to=type=registry", "ref="), ("--cache-to=type=local", "dest="),
    ("--cache-to=type=inline,mode=max", "mode=max"), ("--cache-to=type=local,dest=x,mode=all", "min or max"),
    ("--cache-to=type=registry,ref=a,image-manifest=false", "image manifest"), ("--cache-from=type=inline", "ref=IMAGE"),
    ("--cache-from=type=local,dest=x", "dest"), ("--cache-from=UPPER", "UPPER")])
def test_wrong_places_are_refused(edgectl, scratch, option, text):
    result = edgectl("build", option, scratch, status=2)
    assert text in result.stderr and option.split("=")[0] in result.stderr


# --- why ---

BASIC = "ARG VERSION=1\nFROM {0}\nARG VERSION\nCOPY src/ /src\nCOPY --from=files /a /a\nRUN echo $VERSION > /v\nRUN {1} > /id\n"


def reasons(edgectl, context, *options):
    """Why steps were executed, by the part of their names behind the number."""
    result = edgectl("build", "--progress=plain", "--explain", "--platform", "linux/amd64", "--build-context",
                     f"files={context}/named", *options, context)
    said = re.findall(r"^(?:#\d+ )?cache miss: \[[^\]]*\] (.*)$", result.stderr, re.MULTILINE)
    return [line for line in said]


def test_why(fresh_edgectl, context, busybox):
    def write(dockerfile=BASIC, main="1", **more):
        return context({"Dockerfile": dockerfile.format(busybox, RANDOM), "src/main.c": main, "src/other.c": "1",
                        "named/a": "a"} | more)

    steps = ["COPY src/ /src", "COPY --from=files /a /a", "RUN echo 1 > /v", f"RUN {RANDOM} > /id"]
    assert reasons(fresh_edgectl, write()) == [f"{step}: never built before" for step in steps]
    assert reasons(fresh_edgectl, write()) == []
    found = reasons(fresh_edgectl, write(main="2"))
    assert found[0] == "COPY src/ /src: src/main.c changed"
    assert all("what is below it changed: [" in reason for reason in found[1:]) and len(found) >= 3
    found = reasons(fresh_edgectl, write(main="2", **{"src/new.c": "n"}))
    assert found[0] == "COPY src/ /src: src/new.c is new"
    found = reasons(fresh_edgectl, write(main="2"), "--build-arg", "VERSION=2")
    assert found[0] == "RUN echo 2 > /v: ARG VERSION: '1' -> '2'"
    changed = BASIC.replace("echo $VERSION", "printf $VERSION")
    found = reasons(fresh_edgectl, write(changed, main="2"), "--build-arg", "VERSION=2")
    assert found[0] == "RUN printf 2 > /v: the instruction was 'RUN echo $VERSION > /v'"
    # a step that was put in between does not make strangers of those behind it
    added = changed.replace("RUN printf", "RUN touch /new\nRUN printf")
    found = reasons(fresh_edgectl, write(added, main="2"), "--build-arg", "VERSION=2")
    assert found[1].startswith("RUN printf 2 > /v: what is below it changed: [")
    assert reasons(fresh_edgectl, write(added, main="2"), "--build-arg", "VERSION=2", "--no-cache")[0].endswith(": --no-cache")


def test_why_a_stage_made_a_difference(fresh_edgectl, context, busybox):
    text = "FROM {0} AS made\nRUN echo {1} > /out\nFROM scratch\nCOPY --from=made /out /out\n"
    for out in "1", "2":
        root = context({"Dockerfile": text.format(busybox, out), "named/a": ""})
        found = reasons(fresh_edgectl, root)
    assert found[1] == "COPY --from=made /out /out: files of 'made' changed"


def test_plain_output_says_why_at_the_step(build, context):
    build(context({"Dockerfile": "FROM scratch\nCOPY a /a\n", "a": "1"}))
    steps = build(context({"Dockerfile": "FROM scratch\nCOPY a /a\n", "a": "2"}))
    assert re.search(r"^#\d+ (?:\d+\.\d+ )?cache miss: a changed$", steps.stderr, re.MULTILINE), steps.stderr


# --- files that are mounted ---

def test_a_mounted_stage_is_not_copied(build, context, busybox, fresh_edgectl):
    """What lies in one layer is mounted from there, and cannot be written; what is written with rw is nobody else's."""
    text = """
FROM {0} AS made
RUN mkdir /out && echo one > /out/file && ln -s out /link
RUN echo two > /later
FROM {0}
RUN --mount=type=bind,from=made,source=/link,target=/in stat -c 'inode=%i' /in/file && ! touch /in/file
RUN --mount=type=bind,from=made,source=/link,target=/in,rw echo changed > /in/file
RUN --mount=type=bind,from=made,target=/in cat /in/out/file /in/later
RUN --mount=type=bind,from=made,source=later,target=/in/f cat /in/f
"""
    steps = build(context({"Dockerfile": text.format(busybox)}))
    places = {path.stat().st_ino: path for path in fresh_edgectl.store.glob("snapshots/*/fs/out/file")}
    inode = int(re.search(r"inode=(\d+)", steps.stderr)[1])
    assert inode in places and places[inode].read_text() == "one\n"
    assert re.search(r"one\n(?:#.*\n)*?#\d+ (?:\d+\.\d+ )?two", steps.stderr), steps.stderr


# --- layers ---

def test_files_are_packed_once_for_several_platforms(fresh_edgectl, context, busybox):
    """Onto bases that have nothing in common: the first one packs them, whichever that is, the other one finds its layer."""
    root = context({"Dockerfile": f"FROM {busybox}\nCOPY a b /x/\nRUN cat /x/a /x/b > /c\n", "a": "1", "b": "2"})
    result = fresh_edgectl("build", "--progress=plain", "--jobs=2", "--platform", "linux/amd64,linux/arm64", root)
    ends = sorted(end for name, end in Steps(result.stderr).ends.items() if "COPY" in name)
    assert ends == ["CACHED", "DONE"], result.stderr


def test_files_behind_a_changed_step_are_not_packed_again(build, context, busybox):
    text = f"FROM {busybox}\nRUN {{}} > /id\nCOPY a /x/a\nRUN cat /x/a\n"

    def write(command):
        root = context({"Dockerfile": text.format(command), "a": "1"})
        os.utime(root / "a", (10**9, 10**9))  # times are part of a layer
        return root

    build(write("echo 1"))
    steps = build(write("echo 2"))
    assert (steps["> /id"], steps["COPY"], steps["cat"]) == ("DONE", "CACHED", "DONE")
    steps = build(write("mkdir -m 700 /x; echo 2"))
    assert steps["COPY"] == "DONE", "the directory that it goes into is part of the layer"


def test_what_took_long_is_begun_early(build, context, busybox):
    """Nothing else tells the steps apart: the second build knows how long they took in the first, a third one still does."""
    root = context({"Dockerfile": f"""
FROM {busybox} AS quick
RUN echo the quick one
FROM {busybox} AS slow
RUN sleep 2; echo the slow one
FROM scratch
COPY --from=quick /etc/passwd /a
COPY --from=slow /etc/passwd /b
"""})

    def order():
        return re.findall(r"^#\d+ [\d.]+ the (quick|slow) one$", build(root, "--no-cache", "--jobs", 1).stderr, re.MULTILINE)

    assert order() == ["quick", "slow"]
    assert build(root, "--jobs", 1)["sleep 2"] == "CACHED"
    assert order() == ["slow", "quick"]
    assert order() == ["slow", "quick"]
