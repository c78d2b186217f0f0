"""`edgectl build`: where contexts and files come from, other than a directory of this machine."""
import hashlib
import io
import json
import os
import signal
import subprocess
import tarfile
import threading

import pytest

import oci_layout
import parts
import web_server

HASH = "0123456789abcdef0123456789abcdef01234567"


def tar_of(files, mode="w"):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode=mode) as archive:
        for name, text in files.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(text)
            archive.addfile(entry, io.BytesIO(text.encode()))
    return out.getvalue()


@pytest.fixture
def files(scratch, identity):
    """The directory that `web` serves."""
    path = scratch / "files"
    path.mkdir()
    path.chmod(0o755)
    return path


@pytest.fixture
def web(files):
    parts.need_program("git", "git")
    server = web_server.Server(files)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


def git(directory, *args):
    environment = {"PATH": parts.DEBIAN_PATH, "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1",
                   "GIT_AUTHOR_NAME": "a", "GIT_AUTHOR_EMAIL": "a@b", "GIT_AUTHOR_DATE": "@1000000000 +0000",
                   "GIT_COMMITTER_NAME": "a", "GIT_COMMITTER_EMAIL": "a@b", "GIT_COMMITTER_DATE": "@1000000000 +0000"}
    done = subprocess.run(["git", *args], cwd=directory, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@pytest.fixture
def repository(files):
    """files/app.git, served as /git/app.git, with the branches main and next."""
    work = files / "work"
    (work / "sub").mkdir(parents=True)
    git(work, "init", "-q", "-b", "main")
    (work / "Dockerfile").write_text("FROM scratch\nCOPY file /file\n")
    (work / "sub/Dockerfile").write_text("FROM scratch\nCOPY leaf /leaf\n")
    (work / "sub/leaf").write_text("leaf\n")
    (work / "file").write_text("main\n")
    (work / "passwd").symlink_to("/etc/passwd")
    (work / "out").symlink_to("/etc")
    git(work, "add", ".")
    git(work, "commit", "-qm", "1")
    git(work, "tag", "-am", "1", "v1")
    git(work, "checkout", "-qb", "next")
    (work / "file").write_text("next\n")
    git(work, "commit", "-qam", "2")
    git(work, "checkout", "-q", "main")
    git(files, "clone", "-q", "--bare", "work", "app.git")
    return files / "app.git"


def with_input(edgectl, data, *args, status=0, cwd=None):
    """Run edgectl with bytes on its standard input."""
    done = subprocess.run([edgectl.program, *map(str, args)], input=data, capture_output=True, timeout=300,
                          cwd=cwd or edgectl.identity.home, env=edgectl.env(), **edgectl.identity.credentials)
    edgectl.check_sanitizers()
    assert done.returncode == status, done.stderr.decode()
    return done.stderr.decode()


def test_compose_files_of_a_repository(edgectl, context, web, repository, files):
    """By include, extends and -f: the paths in them are those of the repository."""
    (files / "work/sub/compose.yaml").write_text("services: {leaf: {build: ., environment: [A=1]}}\n")
    git(files / "work", "add", ".")
    git(files / "work", "commit", "-qm", "3")
    git(files / "work", "push", "-q", "../app.git", "main")
    git(repository, "update-server-info")
    address = f"{web.address}/git/app.git#main:sub"
    model = {}
    for name, text in {"include": f"include: ['{address}']\n",
                       "extends": f"services: {{leaf: {{extends: {{file: '{address}/compose.yaml', service: leaf}}}}}}\n",
                       "file": "services: {other: {image: x}}\n"}.items():
        root = context({"compose.yaml": "name: p\n" + text})
        words = ["-p", "p", "-f", address] if name == "file" else []
        model[name] = json.loads(edgectl("compose", "config", "--format", "json", *words, cwd=root).stdout)
    assert model["include"] == model["extends"] == model["file"]
    assert model["file"]["services"]["leaf"]["build"]["context"].endswith("/sub")
    root = context({"compose.yaml": f"name: p\ninclude: ['{address}']\n"})
    edgectl("build", "--platform", "linux/arm64", cwd=root)
    for wrong, said in {f"{address}x": "there is no 'subx' in it", f"{web.address}/git/app.git": "no compose file",
                        f"{web.address}/git/none.git": "none.git"}.items():
        root = context({"compose.yaml": f"include: ['{wrong}']\n"})
        problem = edgectl("compose", "config", cwd=root, status=1).stderr
        assert said in problem and "compose.yaml:1:" in problem


@pytest.fixture
def built(edgectl, registry, reference):
    """built(context, option, ..., stdin=bytes) builds for arm64, pushes, and returns what the registry then has."""

    def built(context, *options, stdin=b"", cwd=None):
        with_input(edgectl, stdin, "build", "--platform", "linux/arm64", "-t", reference, *options, context, cwd=cwd)
        edgectl("push", reference)
        return parts.Image(registry, reference)

    return built


# --- the main context


def test_dockerfile_on_stdin(built):
    assert built("-", stdin=b"FROM scratch\nCOPY <<x /x\ntext\nx\n").text("x") == "text\n"


@pytest.mark.parametrize("mode", ["w", "w:gz", "w:bz2", "w:xz"])
def test_archive_on_stdin(built, mode):
    files = {"Dockerfile": "FROM scratch\nCOPY . /x\n", "a": "a\n", "b.o": "", ".dockerignore": "*.o\n"}
    assert set(built("-", stdin=tar_of(files, mode)).entries()) == {"x", "x/Dockerfile", "x/a", "x/.dockerignore"}


def test_dockerfile_within_an_archive(built):
    files = {"deep/My.file": "FROM scratch\nCOPY a /a\n", "a": "a\n"}
    assert built("-", "-f", "deep/My.file", stdin=tar_of(files)).text("a") == "a\n"


def test_dockerfile_on_stdin_for_a_directory(built, context):
    assert built(context({"a": "a\n"}), "-f", "-", stdin=b"FROM scratch\nCOPY a /a\n").text("a") == "a\n"


def test_dockerfile_of_a_web_server(built, context, web, files):
    (files / "My.file").write_text("FROM scratch\nCOPY a /a\n")
    assert built(context({"a": "a\n"}), "-f", f"{web.address}/My.file").text("a") == "a\n"


def test_web_address_of_an_archive_or_a_dockerfile(built, web, files):
    (files / "context.tgz").write_bytes(tar_of({"Dockerfile": "FROM scratch\nCOPY a /a\n", "a": "a\n"}, "w:gz"))
    (files / "Dockerfile").write_text("FROM scratch\nCOPY <<x /x\ntext\nx\n")
    assert built(f"{web.address}/moved/context.tgz").text("a") == "a\n"
    assert built(f"{web.address}/Dockerfile").text("x") == "text\n"


@pytest.mark.parametrize("what, name, text", [("", "file", "main\n"), ("#next", "file", "next\n"), ("#v1", "file", "main\n"),
                                              ("?branch=next", "file", "next\n"), ("#main:sub", "leaf", "leaf\n"),
                                              ("?subdir=sub", "leaf", "leaf\n")])
def test_repository(built, web, repository, what, name, text):
    assert built(f"{web.address}/git/app.git{what}").text(name) == text


def test_commit_of_a_repository(built, web, repository):
    commit = git(repository, "rev-parse", "next~1")
    image = built(f"{web.address}/git/app.git#{commit}")
    assert image.text("file") == "main\n"
    assert image.entries()["file"].mtime == 1000000000, "the time of the commit, not of the checkout"


def test_repository_of_this_machine(built, repository):
    assert built(f"file://{repository}#next").text("file") == "next\n"


def test_two_boards_from_one_archive(edgectl):
    files = {"Dockerfile.template": "FROM scratch\nLABEL arch=%%BALENA_ARCH%%\n"}
    with_input(edgectl, tar_of(files), "build", "--board", "raspberrypi4-64,raspberrypi3", "-q", "-")


@pytest.mark.parametrize("what, message", [
    ("#nxet", "there is no branch or tag 'nxet'"), ("#main:none", "there is no directory 'none' in it"),
    (f"#{HASH}", "there is no commit"), ("?checksum=0123456", "where the checksum says 0123456"),
    ("?reff=main", "unknown option 'reff'"), ("#main:out", "there is no directory 'out' in it")])
def test_repository_that_lacks_it(edgectl, web, repository, what, message):
    assert message in edgectl("build", f"{web.address}/git/app.git{what}", status=1).stderr


def test_a_remote_context_does_not_lead_out(edgectl, web, repository):
    """Its links lead nowhere: neither a Dockerfile nor a COPY reads files of this machine."""
    problem = edgectl("build", "-f", "passwd", f"{web.address}/git/app.git", status=1).stderr
    assert "root:" not in problem
    hostile = io.BytesIO()
    with tarfile.open(fileobj=hostile, mode="w") as archive:
        link = tarfile.TarInfo("up")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc"
        archive.addfile(link)
    dockerfile = tar_of({"Dockerfile": "FROM scratch\nCOPY up/passwd /p\n"})
    problem = with_input(edgectl, hostile.getvalue()[:512] + dockerfile, "build", "-", status=1)
    assert "'up/passwd' not found" in problem


def test_bad_input(edgectl, web, files):
    (files / "empty").write_text("")
    assert "it is empty" in edgectl("build", f"{web.address}/empty", status=1).stderr
    assert "not found (404)" in edgectl("build", f"{web.address}/missing", status=1).stderr
    assert "cannot connect" in edgectl("build", "http://127.0.0.1:1/x.tar", status=1).stderr
    assert "it is empty" in with_input(edgectl, b"", "build", "-", status=1)
    assert "both the context and the Dockerfile" in with_input(edgectl, b"", "build", "-f", "-", "-", status=2)
    problem = with_input(edgectl, b"FROM scratch\nRNU x\n", "build", "-", status=1)
    assert "Dockerfile:2:1: error: unknown instruction 'RNU'" in problem


def test_nothing_stays_behind(fresh_edgectl, web, repository):
    fresh_edgectl("build", f"{web.address}/git/app.git")
    fresh_edgectl("build", f"{web.address}/git/app.git#:none", status=1)
    left = [x for x in (fresh_edgectl.store / "snapshots").rglob("*") if x.name in ("passwd", ".git", "sub")]
    assert not left


def test_interrupted_in_the_middle(edgectl, web):
    process = edgectl.start("build", f"{web.address}/endless")
    parts.wait_for("the download", lambda: any("/endless" in x for x in web.lines), process)
    process.send_signal(2)
    process.communicate(timeout=30)
    assert process.returncode == 130


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
@pytest.mark.parametrize("what", ["context", "ADD", "include"])
def test_interrupted_while_a_repository_is_fetched(fresh_edgectl, context, web, repository, scratch, identity, what, number):
    """From a server that says nothing more. A killed process leaves what the next one removes."""
    edgectl = fresh_edgectl
    address = "{web}/{way}/app.git"
    project = context({"Dockerfile": f"FROM scratch\nADD {address} /x\n".format(web=web.address, way="stalled"),
                       "compose.yaml": f"include: ['{address}#next:services.yaml']\n".format(web=web.address, way="stalled")})
    words = {"context": ["build", address.format(web=web.address, way="stalled")], "ADD": ["build", project],
             "include": ["compose", "-f", project / "compose.yaml", "config"]}[what]
    home = {"XDG_CACHE_HOME": str(scratch / "cache"), "TMPDIR": str(scratch / "tmp")}
    for path in home.values():
        os.mkdir(path)
        identity.own(path)
    process = edgectl.start(*words, env=home)
    parts.wait_for("the fetch", lambda: any("POST /stalled/" in x for x in web.lines), process)
    process.send_signal(number)
    said = process.communicate(timeout=60)
    assert process.returncode == (130 if number == signal.SIGINT else -number), said
    if number == signal.SIGKILL:
        words = [str(x).replace("/stalled/", "/git/") for x in words]
        for name in ("Dockerfile", "compose.yaml"):
            (project / name).write_text((project / name).read_text().replace("/stalled/", "/git/"))
        edgectl(*words, env=home, status=1 if what == "include" else 0)  # there is no services.yaml in it
    left = [x for top in (scratch / "cache", scratch / "tmp", edgectl.store / "snapshots") if top.exists()
            for x in top.rglob("*") if ".new-" in x.name or "pack_git2" in x.name]
    assert not left


def test_check_of_a_remote_context(edgectl, web, files):
    (files / "Dockerfile").write_text("FROM scratch\nCMD a b\n")
    assert "JSONArgsRecommended" in edgectl("build", "--check", f"{web.address}/Dockerfile", status=1).stdout


# --- ADD


def test_add_file(built, context, web, files):
    (files / "data.tgz").write_bytes(tar_of({"in": "in\n"}, "w:gz"))
    os.utime(files / "data.tgz", (1000000000, 1000000000))
    address = f"{web.address}/data.tgz"
    image = built(context({"Dockerfile": f"""
FROM scratch
ADD {address}?x=1 /d/
ADD --chown=1:2 --chmod=0644 {address} /named
ADD --unpack=true {address} /unpacked/
"""}))
    entries = image.entries()
    plain, named = entries["d/data.tgz"], entries["named"]
    assert (plain.mode & 0o7777, plain.uid, plain.mtime) == (0o600, 0, 1000000000)
    assert (named.mode & 0o7777, named.uid, named.gid) == (0o644, 1, 2)
    assert image.text("unpacked/in") == "in\n"
    assert "unpacked/data.tgz" not in entries


def test_add_is_cached_by_content(fresh_edgectl, context, web, files):
    (files / "data").write_text("one\n")
    root = context({"Dockerfile": f"FROM scratch\nADD {web.address}/data /data\n"})
    fresh_edgectl("build", root)
    os.utime(files / "data", (1, 1))
    assert "0 steps run, 1 cached" in fresh_edgectl("build", root).stderr
    assert [x for x in web.lines if "304" in x], "the second time it was only asked for"
    (files / "data").write_text("two\n")
    assert "1 step run, 0 cached" in fresh_edgectl("build", root).stderr


def test_add_with_checksum(fresh_edgectl, context, web, files):
    (files / "data").write_text("hello\n")
    digest = "sha256:5891b5b522d5df086d0ff0b110fbd9d21bb4fc7163af34d08286a2e846f6be03"
    root = context({"Dockerfile": f"FROM scratch\nADD --checksum={digest} {web.address}/data /data\n"})
    fresh_edgectl("build", root)
    before = len(web.lines)
    fresh_edgectl("build", root)
    assert len(web.lines) == before, "a known digest needs no server"
    wrong = digest.replace("5891", "0000")
    root = context({"Dockerfile": f"FROM scratch\nADD --checksum={wrong} {web.address}/data /data\n"})
    assert f"where the checksum says {wrong}" in fresh_edgectl("build", root, status=1).stderr


def test_add_repository(built, context, web, repository):
    commit = git(repository, "rev-parse", "main")
    address = f"{web.address}/git/app.git"
    image = built(context({"Dockerfile": f"""
FROM scratch
ADD {address}#main /main/
ADD --checksum={commit} {address}#v1:sub /sub
ADD --keep-git-dir=true --exclude=sub {address}#next /next
ADD --keep-git-dir=false {address.removesuffix(".git")}#next /named
"""}))
    entries = image.entries()
    assert image.text("main/file") == "main\n"
    assert image.text("sub/leaf") == "leaf\n"
    assert image.text("next/file") == "next\n"
    assert image.text("named/file") == "next\n", "the flag says that it is a repository"
    assert "main/.git" not in entries and "next/.git/HEAD" in entries and "next/sub" not in entries
    assert entries["main/passwd"].linkname == "/etc/passwd"


def test_add_repository_with_a_token(built, edgectl, context, web, repository, scratch, identity):
    root = context({"Dockerfile": f"FROM scratch\nADD {web.address}/token/app.git /x\n"})
    problem = edgectl("build", root, status=1).stderr
    assert "wants to know who you are" in problem and "GIT_AUTH_TOKEN" in problem
    (scratch / "token").write_text("sesame\n")
    (scratch / "wrong").write_text("sesam\n")
    for path in scratch / "token", scratch / "wrong":
        identity.own(path)
    assert built(root, "--secret", f"id=GIT_AUTH_TOKEN,src={scratch}/token").text("x/file") == "main\n"
    host = web.address.partition("//")[2]
    edgectl("build", "--no-cache", "--secret", f"id=GIT_AUTH_TOKEN.{host},src={scratch}/token",
            "--secret", f"id=GIT_AUTH_TOKEN,src={scratch}/wrong", root)
    problem = edgectl("build", "--no-cache", "--secret", f"id=GIT_AUTH_TOKEN,src={scratch}/wrong", root, status=1).stderr
    assert "wants to know who you are" in problem and "sesam" not in problem


def test_add_repository_is_fetched_once(fresh_edgectl, context, web, repository):
    root = context({"Dockerfile": f"FROM scratch\nADD {web.address}/git/app.git /app\n"})
    fresh_edgectl("build", root)
    before = len(web.lines)
    assert "0 steps run, 1 cached" in fresh_edgectl("build", root).stderr
    assert not [x for x in web.lines[before:] if x.startswith("POST")], "only its branches are asked for"


def test_provenance_names_what_was_added(edgectl, context, web, files, repository, scratch):
    (files / "data").write_text("hello\n")
    root = context({"Dockerfile": f"""
FROM scratch AS other
ADD {web.address}/data /again
FROM scratch
ADD {web.address}/data /data
ADD {web.address}/git/app.git#next /next
COPY --from=other /again /again
"""})
    edgectl("build", "--provenance", "-t", "x:1", "-o", f"type=oci,dest={scratch}/layout,tar=false", root)
    blobs = [x.read_bytes() for x in (scratch / "layout/blobs/sha256").iterdir()]
    statement, = (json.loads(x) for x in blobs if b"https://slsa.dev/provenance/v0.2" in x and b"predicateType" in x)
    materials = sorted(statement["predicate"]["materials"], key=lambda x: x["uri"])
    assert materials == [
        {"uri": f"{web.address}/data", "digest": {"sha256": hashlib.sha256(b"hello\n").hexdigest()}},
        {"uri": f"{web.address}/git/app.git#next", "digest": {"sha1": git(repository, "rev-parse", "next")}}]


@pytest.mark.parametrize("line, message", [
    ("COPY https://h.example/x /x", "COPY takes no URL"), ("ADD file:///etc/x.git /x", "no repository of this machine"),
    ("ADD git@h.example:x.git /x", "the build has no ssh key"),
    ("ADD --checksum=sha256:12 https://h.example/x /x", "--checksum")])
def test_add_that_makes_no_sense(edgectl, context, line, message):
    problem = edgectl("build", context({"Dockerfile": f"FROM scratch\n{line}\n"}), status=1).stderr
    assert message in problem and "Dockerfile:2" in problem


# --- ADD of a repository over ssh


@pytest.fixture
def ssh_server(scratch):
    """sshd(8) for a key beside it: its address, up to the path."""
    parts.need_program("sshd", "openssh-server")
    with parts.closing(parts.SshServer(scratch)) as server:
        yield server


@pytest.fixture
def known_hosts(identity, ssh_server):
    """The identity knows the server."""
    path = identity.home / ".ssh/known_hosts"
    path.parent.mkdir(mode=0o700, exist_ok=True)
    path.write_text(ssh_server.known_host)
    identity.own(path.parent)
    identity.own(path)
    yield
    path.unlink()


def test_add_repository_over_ssh(built, edgectl, context, repository, ssh_server, known_hosts):
    root = context({"Dockerfile": f"FROM scratch\nADD {ssh_server.address}{repository}#next /x\n"})
    problem = edgectl("build", root, status=1).stderr
    assert "the build has no ssh key" in problem and "--ssh default" in problem and "Dockerfile:2" in problem
    assert built(root, "--ssh", f"default={ssh_server.key}").text("x/file") == "next\n"
    assert "Permission denied" in edgectl("build", "--no-cache", "--ssh", f"default={ssh_server.other_key}", root,
                                          status=1).stderr


def test_add_submodule_over_ssh(built, edgectl, context, web, repository, ssh_server, known_hosts, files):
    (files / "work/.gitmodules").write_text(
        f'[submodule "m"]\n\tpath = m\n\turl = {ssh_server.address}{repository}\n')
    git(files / "work", "update-index", "--add", "--cacheinfo", "160000", git(repository, "rev-parse", "next"), "m")
    git(files / "work", "add", ".gitmodules")
    git(files / "work", "commit", "-qm", "m")
    git(files, "clone", "-q", "--bare", "work", "outer.git")
    root = context({"Dockerfile": f"FROM scratch\nADD {web.address}/git/outer.git /x\n"})
    problem = edgectl("build", root, status=1).stderr
    assert "needs an ssh key" in problem and "--ssh default" in problem
    assert built(root, "--ssh", f"default={ssh_server.key}").text("x/m/file") == "next\n"


def test_add_over_ssh_from_an_unknown_host(edgectl, context, repository, ssh_server):
    root = context({"Dockerfile": f"FROM scratch\nADD {ssh_server.address}{repository} /x\n"})
    problem = edgectl("build", "--ssh", f"default={ssh_server.key}", root, status=1).stderr
    assert "host key verification failed" in problem and "known_hosts" in problem


# --- named contexts


def test_named_contexts(built, context, web, repository, files, busybox):
    (files / "x.tar").write_bytes(tar_of({"t": "tar\n"}))
    root = context({"Dockerfile": """
FROM base AS b
FROM busybox
COPY --from=dir a /a
COPY --from=repo sub/leaf /leaf
COPY --from=tar t /t
COPY --from=b / /base
RUN --mount=type=bind,from=dir,target=/mnt cp /mnt/a /mounted
""", "dir/a": "a\n", "dir/b": "b\n", "dir/.dockerignore": "b\n"})
    image = built(root, "--build-context", f"dir={root}/dir", "--build-context", f"base={root}/dir",
                  "--build-context", f"repo={web.address}/git/app.git", "--build-context", f"tar={web.address}/x.tar",
                  "--build-context", f"busybox=docker-image://{busybox}")
    assert [image.text(x) for x in ("a", "leaf", "t", "base/a", "mounted")] == ["a\n", "leaf\n", "tar\n", "a\n", "a\n"]
    assert "base/b" not in image.entries(), "its own ignore file counts"


def test_named_context_replaces_a_stage(built, context):
    root = context({"Dockerfile": "FROM nowhere.example/x AS made\nRUN false\nFROM scratch\nCOPY --from=made /a /a\n",
                    "made/a": "a\n"})
    assert built(root, "--build-context", f"made={root}/made").text("a") == "a\n"


def test_named_context_of_a_layout(built, context, scratch, identity):
    layout = oci_layout.Layout(scratch / "layout")
    layout.add("linux/arm64", tar_of({"base": "arm64\n"}), ["/x"])
    layout.add("linux/amd64", tar_of({"base": "amd64\n"}), ["/x"])
    layout.finish("v1")
    root = context({"Dockerfile": "FROM base\nCOPY a /a\n", "a": "a\n"})
    image = built(root, "--build-context", f"base=oci-layout://{scratch}/layout:v1")
    assert image.text("base") == "arm64\n"


def test_named_context_that_is_not_there(edgectl, context):
    root = context({"Dockerfile": "FROM scratch\n"})
    problem = edgectl("build", "--build-context", "x=missing", root, status=1).stderr
    assert "context 'x': 'missing'" in problem
    assert "has no value" in edgectl("build", "--build-context", "x", root, status=2).stderr
