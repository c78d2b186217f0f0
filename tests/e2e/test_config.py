"""edgectl.yaml, config.yaml and variables at work in the commands, and their schemas in a validator of others."""
import json
import os
import pathlib
import subprocess

import pytest

import parts

REPOSITORY = pathlib.Path(__file__).resolve().parents[2]
SCHEMAS = REPOSITORY / "docs/schema"


@pytest.fixture
def project(context, identity, scratch):
    """project(edgectl.yaml, config.yaml) makes both; then run(word, ...) is edgectl in the project."""
    home = scratch / "config"
    home.mkdir()
    identity.own(home)

    def make(project_text, user_text="", **more):
        root = context({"Dockerfile": "FROM scratch\nCOPY file /file\n", "file": "content",
                        "edgectl.yaml": project_text, **more})
        (home / "config.yaml").write_text(user_text)
        (home / "config.yaml").chmod(0o644)
        return root

    make.environment = {"EDGECTL_CONFIG_HOME": str(home)}
    return make


def shown(edgectl, where, environment, *words):
    """{key: (value, origin, place)}"""
    result = edgectl("config", "show", "--json", *words, cwd=where, env=environment)
    return {entry["key"]: (entry["value"], entry["origin"], entry.get("place")) for entry in json.loads(result.stdout)}


def printed(edgectl, where, environment, *words):
    """What a build would be for."""
    result = edgectl("build", "--print", *words, ".", cwd=where, env=environment)
    return json.loads(result.stdout)["target"]["default"]


def test_flags_go_before_variables_before_the_project_before_the_user(edgectl, project):
    where = project("platform: linux/arm/v7\n", "platform: linux/arm/v6\nprogress: plain\n")
    known = dict(project.environment)
    assert printed(edgectl, where, known)["platforms"] == ["linux/arm/v7"]
    known["EDGECTL_PLATFORM"] = "linux/arm64,linux/amd64"
    assert printed(edgectl, where, known)["platforms"] == ["linux/arm64", "linux/amd64"]
    assert printed(edgectl, where, known, "--platform", "linux/386")["platforms"] == ["linux/386"]
    (where / "edgectl.yaml").unlink()
    del known["EDGECTL_PLATFORM"]
    assert printed(edgectl, where, known)["platforms"] == ["linux/arm/v6"]


def test_a_board_of_the_project_yields_to_a_platform_that_is_said_nearer(edgectl, project):
    where = project("board: raspberrypi4-64\n")
    assert printed(edgectl, where, project.environment)["platforms"] == ["linux/arm64"]
    assert printed(edgectl, where, project.environment, "--platform", "linux/arm/v7")["platforms"] == ["linux/arm/v7"]
    docker = {**project.environment, "DOCKER_DEFAULT_PLATFORM": "linux/arm/v6"}
    assert printed(edgectl, where, docker)["platforms"] == ["linux/arm/v6"]
    ours = {**docker, "EDGECTL_BOARD": "beaglebone-black"}
    assert printed(edgectl, where, ours)["platforms"] == ["linux/arm/v7"]


def test_a_service_that_says_its_platform_keeps_it(edgectl, project):
    where = project("board: raspberrypi4-64\n", **{
        "compose.yaml": "services: {a: {build: ., platform: linux/arm/v7}, b: {build: .}}\n"})
    plan = json.loads(edgectl("build", "--print", cwd=where, env=project.environment).stdout)["target"]
    assert plan["a"]["platforms"] == ["linux/arm/v7"]
    assert plan["b"]["platforms"] == ["linux/arm64"]
    plan = json.loads(edgectl("build", "--print", "--board", "rpi4", cwd=where, env=project.environment).stdout)["target"]
    assert plan["a"]["platforms"] == ["linux/arm64"]


def test_the_store_is_where_the_users_file_says(edgectl, project, scratch):
    where = project("", "store: {path: the-store}\n")
    environment = {**project.environment, "EDGECTL_ROOT": ""}
    edgectl("build", "-t", "configured:1", ".", cwd=where, env=environment)
    assert (scratch / "config/the-store/oci-layout").exists()
    assert "configured" in edgectl("images", cwd=where, env=environment).stdout
    assert shown(edgectl, where, environment, "store.path")["store.path"] == (
        str(scratch / "config/the-store"), "user", f"{scratch}/config/config.yaml:1")


def test_compression_of_the_project(edgectl, project):
    where = project("build: {compression: zstd}\n", **{"compose.yaml": "services: {a: {build: ., image: 'zipped:2'}}\n"})
    edgectl("build", "-t", "zipped:1", ".", cwd=where, env=project.environment)
    edgectl("build", "a", cwd=where, env=project.environment)
    for name in ("zipped:1", "zipped:2"):
        assert "tar+zstd" in edgectl("inspect", "--raw", name).stdout
    edgectl("build", "-t", "zipped:1", "--compression", "gzip", ".", cwd=where, env=project.environment)
    assert "tar+gzip" in edgectl("inspect", "--raw", "zipped:1").stdout


def test_show_says_where_each_value_is_from(edgectl, project):
    where = project("registry: r.lan\nbuild:\n  jobs: 3\nfleets:\n  lab: {channel: stable}\n", "progress: plain\n")
    below = where / "below"
    below.mkdir()
    values = shown(edgectl, below, {**project.environment, "EDGECTL_BOARD": "rpi4"})
    assert values["registry"] == ("r.lan", "project", "../edgectl.yaml:1")
    assert values["build.jobs"] == (3, "project", "../edgectl.yaml:3")
    assert values["board"] == (["rpi4"], "variable", "EDGECTL_BOARD")
    assert values["progress"][:2] == ("plain", "user")
    assert values["push.format"] == ("keep", "default", None)
    assert values["fleets"][0] == {"lab": {"channel": "stable"}}
    of_build = shown(edgectl, where, project.environment, "build", "--jobs", "2", "--no-pull")
    assert of_build["build.jobs"] == (2, "flag", "--jobs")
    assert of_build["build.pull"] == (False, "flag", "--pull")
    assert of_build["progress"][1] == "user"
    assert "transfer.jobs" not in of_build


def test_a_wrong_file_stops_what_reads_it_and_nothing_else(edgectl, project):
    where = project("bord: rpi4\nbuild: {jobs: many}\n")
    for words in (["build", "."], ["images"], ["config", "show"]):
        result = edgectl(*words, cwd=where, env=project.environment, status=1)
        assert "edgectl.yaml:1:1: error: unknown key 'bord'" in result.stderr
        assert "did you mean 'board'?" in result.stderr
        assert "edgectl.yaml:2:15: error: 'build.jobs' must be a number from 0 to 32" in result.stderr
    for words in (["version"], ["build", "--help"], ["config", "schema"], ["completion", "bash"]):
        edgectl(*words, cwd=where, env=project.environment)


def test_a_file_of_another_user_does_not_govern(edgectl, project, identity):
    parts.need(os.geteuid() == 0, "only root can make files of others")
    where = project("registry: evil.lan\n")
    stranger = 54321
    os.chown(where / "edgectl.yaml", stranger, stranger)
    result = edgectl("config", "show", "registry", cwd=where, env=project.environment)
    assert "evil.lan" not in result.stdout
    assert "belongs to somebody else" in result.stderr


# --- the schemas

VALID = [
    ("edgectl", {}), ("edgectl", None),
    ("edgectl", {"board": "rpi4", "platform": ["linux/arm/v7"], "build": {"jobs": 0, "pull": True}}),
    ("edgectl", {"fleets": {"lab": None, "greenhouse": {"labels": {"a": 1, "b": True}, "profiles": ["*"]}}}),
    ("edgectl", {"registry": "[::1]:5000/team", "transfer": {"limit-rate": 100000}}),
    ("config", {"store": {"limit": "1.5TiB", "path": "/x"}, "registries": {"docker.io": {"mirrors": ["m.lan", {
        "location": "n.lan:5000/hub", "digests-only": True}]}}}),
]
INVALID = [
    ("edgectl", {"bord": "rpi4"}), ("edgectl", {"board": "toaster"}), ("edgectl", {"build": {"jobs": "4"}}),
    ("edgectl", {"build": {"jobs": 33}}), ("edgectl", {"progress": "loud"}), ("edgectl", {"store": {"limit": "1G"}}),
    ("edgectl", {"fleets": {"lab": {"chanel": "x"}}}), ("edgectl", {"fleets": {"-lab": {}}}),
    ("edgectl", {"registry": "https://r.lan"}), ("edgectl", []), ("config", {"fleets": {}}),
    ("config", {"registries": {"r.lan": {"mirrors": [{"insecure": True}]}}}), ("config", {"store": {"limit": "lots"}}),
]


@pytest.fixture(scope="session")
def schemas():
    jsonschema = pytest.importorskip("jsonschema") if os.environ.get("EDGECTL_TESTS_MUST_RUN") != "1" else \
        __import__("jsonschema")
    validators = {}
    for name in ("edgectl", "config"):
        schema = json.loads((SCHEMAS / f"{name}.schema.json").read_text())
        jsonschema.Draft202012Validator.check_schema(schema)
        validators[name] = jsonschema.Draft202012Validator(schema)
    return validators


@pytest.mark.parametrize("file, document, good", [(*case, True) for case in VALID] + [(*case, False) for case in INVALID])
def test_the_schema_and_the_program_agree(edgectl, project, schemas, file, document, good):
    assert schemas[file].is_valid(document) == good
    text = json.dumps(document)  # which is YAML
    where = project(*((text, "") if file == "edgectl" else ("", text)))
    edgectl("config", "show", cwd=where, env=project.environment, status=0 if good else 1)


def test_the_published_schema_is_what_the_program_prints(edgectl):
    for name, words in (("edgectl", []), ("config", ["--user"])):
        assert edgectl("config", "schema", *words).stdout == (SCHEMAS / f"{name}.schema.json").read_text()
