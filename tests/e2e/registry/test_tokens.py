"""Bearer tokens between edgectl, a token server and Debian's docker-registry."""
import base64
import json
import random
import subprocess

import parts
import pytest
import token_server


@pytest.fixture(scope="session")
def tokens(workspace):
    directory = workspace / "tokens"
    directory.mkdir()
    with parts.closing(token_server.TokenServer(directory)) as server:
        yield server


@pytest.fixture(scope="session")
def guarded(workspace, tokens):
    """A registry that anybody may pull from, and anna may push to."""
    with parts.closing(parts.Registry(workspace, "guarded", auth=tokens.auth())) as registry:
        yield registry


@pytest.fixture
def config(scratch):
    """config(dictionary) writes docker's config file and returns the environment that points to it."""
    def write(value):
        (scratch / "config.json").write_text(json.dumps(value))
        return {"DOCKER_CONFIG": str(scratch)}
    return write


def login(registry, password=token_server.PASSWORD):
    auth = base64.b64encode(f"{token_server.USER}:{password}".encode()).decode()
    return {"auths": {registry.address: {"auth": auth}}}


@pytest.fixture
def image(edgectl, guarded, context, request):
    """An image of the store, named for the guarded registry."""
    reference = f"{guarded.address}/{request.node.originalname.replace('_', '-')}:1"
    edgectl("build", "--platform", "linux/arm64", "-t", reference, context(
        {"Dockerfile": "FROM scratch\nCOPY file /file\n", "file": reference}))
    return reference


def test_push_and_anonymous_pull(edgectl, fresh_edgectl, guarded, image, tokens, config):
    before = len(tokens.requests)
    edgectl("push", image, env=config(login(guarded)))
    assert len(tokens.requests) == before + 1, "one token serves the whole push"
    fresh_edgectl("pull", image)
    assert tokens.requests[-1][1] is False


def test_mount_from_another_repository(edgectl, guarded, context, tokens, config):
    """With one token that may read the one repository and write the other."""
    first, second = f"{guarded.address}/mount/first:1", f"{guarded.address}/mount/second:1"
    edgectl("build", "--platform", "linux/arm64", "-t", first, "-t", second,
            context({"Dockerfile": "FROM scratch\nCOPY file /file\n", "file": "to be mounted"}))
    environment = config(login(guarded))
    assert guarded.uploads_during(lambda: edgectl("push", first, env=environment)) == 2
    assert guarded.uploads_during(lambda: edgectl("push", second, env=environment)) == 0
    assert sorted(tokens.requests[-1][2]) == ["repository:mount/first:pull", "repository:mount/second:pull,push"]


def test_tokens_that_expire_during_an_upload(edgectl, fresh_edgectl, guarded, context, tokens, config, monkeypatch):
    """
    docker-registry takes a token until a minute after its end, so these are good for four seconds, which no server says. The
    first blob is on its way for longer: what comes after it meets a 401.
    """
    image = f"{guarded.address}/expiry:1"
    files = {f"file-{n}": random.Random(n).randbytes(2_500_000 >> 4 * n) for n in range(2)}
    steps = "".join(f"COPY {file} /{file}\n" for file in files)
    edgectl("build", "--platform", "linux/arm64", "-t", image, context({"Dockerfile": f"FROM scratch\n{steps}"} | files))
    monkeypatch.setattr(tokens, "lifetime", 4 - 60)
    environment = config(login(guarded))
    before, requests = len(tokens.requests), len(guarded.requests())
    edgectl("push", "--jobs", "1", "--limit-rate", "500K", image, env=environment)
    assert len(tokens.requests) > before + 1, "no token expired"
    seen = guarded.requests()[requests:]
    assert [path for method, path, status in seen if status == 401 and path != "/v2/"], "no token expired"
    sent = [path.split("?")[0] for method, path, status in seen if method == "PUT" and status == 201]
    assert len(sent) == len(set(sent)) == 4, "two layers, config and manifest, each once"
    fresh_edgectl("pull", image)


def test_anonymous_push_is_denied(edgectl, guarded, image):
    denied = edgectl("push", image, status=1)
    assert f"registry '{guarded.address}' wants credentials for a push" in denied.stderr
    assert f"edgectl login {guarded.address}" in denied.stderr


def test_wrong_password(edgectl, guarded, image, config):
    denied = edgectl("push", image, status=1, env=config(login(guarded, "guess")))
    assert "does not accept the credentials from" in denied.stderr and "config.json" in denied.stderr
    assert "guess" not in denied.stderr


def test_identity_token(edgectl, guarded, image, tokens, config):
    edgectl("push", image, env=config({"auths": {guarded.address: {"identitytoken": token_server.IDENTITY}}}))
    assert tokens.requests[-1][:2] == ("POST", True)


def test_login_keeps_an_identity_token(edgectl, guarded, image, tokens, scratch, identity):
    """The token server gives one when it is asked: the password is then needed no more, and not kept."""
    directory = scratch / "docker"
    directory.mkdir()
    identity.own(directory)
    environment = {"DOCKER_CONFIG": str(directory)}
    done = subprocess.run([edgectl.program, "login", "-u", token_server.USER, "--password-stdin", guarded.address],
                          input=token_server.PASSWORD, text=True, capture_output=True, env=edgectl.env() | environment,
                          **edgectl.identity.credentials)
    assert done.returncode == 0, done.stderr
    entry = json.loads((directory / "config.json").read_text())["auths"][guarded.address]
    assert entry["identitytoken"] == token_server.IDENTITY
    assert base64.b64decode(entry["auth"]).decode() == f"{token_server.USER}:"
    edgectl("push", image, env=environment)
    assert tokens.requests[-1][:2] == ("POST", True)
    wrong = subprocess.run([edgectl.program, "login", "-u", token_server.USER, "--password-stdin", guarded.address],
                           input="guess", text=True, capture_output=True, env=edgectl.env() | environment,
                           **edgectl.identity.credentials)
    assert wrong.returncode == 1 and "does not accept that user name" in wrong.stderr
    assert json.loads((directory / "config.json").read_text())["auths"][guarded.address] == entry


def test_credential_helper(edgectl, guarded, image, config, scratch):
    helper = scratch / "docker-credential-vault"
    answer = json.dumps({"ServerURL": guarded.address, "Username": token_server.USER, "Secret": token_server.PASSWORD})
    helper.write_text(f"#!/bin/sh\nread -r server\n[ \"$1 $server\" = 'get {guarded.address}' ] && echo '{answer}'\n")
    helper.chmod(0o755)
    environment = config({"credHelpers": {guarded.address: "vault"}})
    edgectl("push", image, env=environment | {"PATH": f"{scratch}:{parts.SYSTEM_PATH}"})


def test_secrets_are_masked(edgectl, guarded, image, config):
    seen = edgectl("push", image, env=config(login(guarded)) | {"EDGECTL_DEBUG": "registry"}).stderr
    assert "Authorization: Bearer" in seen
    for secret in (token_server.PASSWORD, login(guarded)["auths"][guarded.address]["auth"], "eyJ"):
        assert secret not in seen
