"""Files that reach a container without a build, against what a fresh build makes of them: every form of COPY, random edits."""
import contextlib
import io
import os
import pathlib
import random
import re
import shutil
import stat
import subprocess
import tarfile

import pytest

import parts
from test_livepush import Live

DOCKERFILE = """
FROM {busybox} AS made
COPY static/ /out/
RUN cat /out/* > /out/joined

FROM {busybox}
ARG WHERE=/srv
RUN mkdir -p /srv/real/through && ln -s real /srv/link && echo base > /srv/real/through/f1 && echo base > /srv/base
WORKDIR /app
WORKDIR nested
COPY src/ ./
COPY --chown=1000:1000 --chmod=640 src/a* one.conf /etc/many/
COPY --chmod=u+x,go= src/*.py wild/
COPY --parents src/./deep/ src/d*/*/f* /parents/
COPY --exclude=**/*.md --exclude=deep/f1 src/ ${{WHERE}}/left/
COPY src/ /srv/link/through/
COPY --from=made /out /app/over/
COPY src/over /app/over/
COPY --link src/linked /linked/here/
COPY --link --chown=7:8 one.conf /linked/
ADD src/added /added/
ADD one.conf /added/as-a-file
COPY --from=extra . /extra/
COPY <<EOF one.conf /texts/
said here
EOF
CMD ["sh", "-c", "trap exit TERM; while :; do sleep 0.2; done"]
"""
COMPOSE = """
name: {project}
services:
  app:
    build: {{context: ., additional_contexts: {{extra: ./other}}}}
    network_mode: none
    x-edgectl: {{restart: none}}
"""
IGNORE = "**/*.log\nsrc/build\n!src/build/keep*\nother\n"
TOPS = ["app", "srv", "etc/many", "parents", "linked", "added", "extra", "texts"]
KEPT = ["src", "src/over", "src/linked", "src/added", "src/deep", "other"]  # what the Dockerfile names has to be there
SUFFIXES = ["", "", "", ".py", ".md", ".log"]


class Editor:
    """Does to a project what people and programs do. Names are such that no step finds a directory where it has a file."""

    def __init__(self, seed, root, identity):
        self.chance, self.root, self.identity = random.Random(seed), root, identity

    def directories(self):
        return [self.root / x for x in ("src", "other")] + [
            x for top in ("src", "other") for x in (self.root / top).rglob("*") if x.is_dir() and not x.is_symlink()]

    def files(self):
        return [x for top in ("src", "other") for x in (self.root / top).rglob("*") if not x.is_dir() or x.is_symlink()]

    def new_name(self):
        directory = self.chance.choice(self.directories())
        name = f"f{self.chance.randint(0, 25)}{self.chance.choice(SUFFIXES)}"
        if directory == self.root / "src" and self.chance.random() < 0.3:
            name = f"a{name}"
        return directory / name

    def write(self):
        path = self.chance.choice([x for x in self.files() if not x.is_symlink()] or [self.new_name()])
        self.fill(path)

    def fill(self, path):
        if not path.is_dir() and not path.is_symlink():
            path.write_text(str(self.chance.random()) * self.chance.randint(0, 40))

    def new(self):
        self.fill(self.new_name())

    def by_rename(self):
        """As editors save."""
        path = self.new_name()
        if not path.is_dir():
            self.fill(path.with_name("." + path.name + ".log"))
            path.with_name("." + path.name + ".log").rename(path)

    def plain(self):
        return self.chance.choice([x for x in self.files() if not x.is_symlink()] or [None])

    def like_vim(self):
        path = self.plain()
        if path:
            backup = path.with_name(path.name + "~")
            path.rename(backup)
            path.write_text(str(self.chance.random()))
            backup.unlink()

    def like_jetbrains(self):
        path = self.plain()
        if path:
            new, old = path.with_name(path.name + "___jb_tmp___"), path.with_name(path.name + "___jb_old___")
            new.write_text(str(self.chance.random()))
            path.rename(old)
            new.rename(path)
            old.unlink()

    def unseen(self):
        """Another content of the same length and with the same time."""
        path = self.plain()
        if path:
            before = path.stat()
            path.write_bytes(bytes(self.chance.choice(b"abc") for _ in range(before.st_size)))
            os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))

    def case(self):
        path = self.plain()
        if path and not path.with_name(path.name.swapcase()).exists() and path.name != "last":
            path.rename(path.with_name(path.name.swapcase()))

    def mode(self):
        for path in [x for x in self.files() if not x.is_symlink()][:1] + self.directories()[-1:]:
            path.chmod(self.chance.choice([0o600, 0o644, 0o755, 0o700] if path.is_file() else [0o755, 0o700]))

    def delete(self):
        for path in self.chance.sample(self.files(), min(len(self.files()), 2)):
            path.unlink()

    def rename(self):
        files, target = self.files(), self.new_name()
        if files and not target.is_dir():
            self.chance.choice(files).rename(target)

    def link(self):
        path = self.new_name()
        if not path.exists() and not path.is_symlink() and path.suffix == "" and not path.name.startswith("a"):
            path.symlink_to(self.chance.choice(["f1", "../f2", "nowhere", "/etc/passwd"]))

    def second_name(self):
        """As editors keep what was there; or put a new name in place of the old one."""
        files, path = [x for x in self.files() if not x.is_symlink()], self.new_name()
        if not files or path.exists() or path.is_symlink():
            return
        file = self.chance.choice(files)
        os.link(file, path)
        if self.chance.random() < 0.5:
            path.unlink()
            self.fill(file)
        else:
            file.unlink()
            self.fill(path)

    def directory(self):
        path = self.chance.choice(self.directories()) / self.chance.choice(["d1", "d2", "build", "d 3", "dü"])
        if len(path.relative_to(self.root).parts) < 6:
            path.mkdir(exist_ok=True)
            self.fill(path / "f1")
            if path.name == "build":
                self.fill(path / "keep-this")

    def loose_directories(self):
        return [x for x in self.directories() if str(x.relative_to(self.root)) not in KEPT]

    def remove_directory(self):
        if self.loose_directories():
            shutil.rmtree(self.chance.choice(self.loose_directories()))

    def move_directory(self):
        loose = self.loose_directories()
        if loose:
            source, target = self.chance.choice(loose), self.chance.choice(self.directories())
            if target != source and source not in target.parents and not (target / source.name).exists():
                source.rename(target / source.name)

    def swap(self):
        """A directory becomes a file, or a file becomes a directory; only where no step copies both to one place."""
        path = self.root / "other/swapped"
        if path.is_dir():
            shutil.rmtree(path)
            self.fill(path)
        else:
            path.unlink(missing_ok=True)
            path.mkdir()
            self.fill(path / "f1")

    def ignored(self):
        (self.root / "src/noise.log").write_text(str(self.chance.random()))

    def conf(self):
        self.fill(self.root / "one.conf")

    def step(self):
        actions = [self.write] * 4 + [self.new] * 3 + [self.by_rename, self.mode, self.delete, self.rename, self.link, self.directory,
                                                    self.remove_directory, self.move_directory, self.swap, self.ignored, self.conf,
                                                    self.like_vim, self.like_jetbrains, self.unseen, self.case]
        if self.chance.random() < 0.02:
            actions = [self.second_name]
        self.chance.choice(actions)()

    def branch(self):
        """git checkout: half of everything at once."""
        for path in self.files():
            if self.chance.random() < 0.5 and not path.is_symlink():
                path.unlink()
                self.fill(path)

    @contextlib.contextmanager
    def as_user(self):
        """What is made meanwhile belongs to him."""
        before = os.geteuid()
        os.seteuid(self.identity.uid)
        try:
            yield
        finally:
            os.seteuid(before)


def contents(stream):
    """What an archive has below TOPS: path -> (type, mode, owner, link, content, time of a file)."""
    found, links = {}, {}
    with tarfile.open(fileobj=stream, mode="r|") as archive:
        for member in archive:
            path = member.name.removeprefix("./").rstrip("/")
            if not any(path == x or path.startswith(x + "/") for x in TOPS):
                continue
            text = archive.extractfile(member).read() if member.isreg() else None
            if member.islnk():  # one file by whatever name
                links[path] = member.linkname.removeprefix("./")
                continue
            is_timeless = text == b"base\n" or path.endswith("/joined")  # made by a RUN, when it ran
            kind = {tarfile.DIRTYPE: "d", tarfile.SYMTYPE: "l"}.get(member.type, "f")
            found[path] = (kind, oct(stat.S_IMODE(member.mode)) if kind != "l" else "", member.uid, member.gid, member.linkname,
                           text if text is None or len(text) < 40 else (len(text), hash(text)),
                           int(member.mtime) if kind == "f" and not is_timeless else 0)
    for path, first in links.items():
        found[path] = found[first]
    return found


def of_container(live):
    done = subprocess.run(["docker", "--host", live.engine.socket, "export", f"{live.project}-app-1"], check=True,
                          stdout=subprocess.PIPE)
    return contents(io.BytesIO(done.stdout))


def of_fresh_build(edgectl, live, scratch):
    """By a store that has never seen the project."""
    shutil.rmtree(scratch / "fresh", ignore_errors=True)
    edgectl.with_store(scratch / "fresh")("build", "--platform", "linux/arm64", "--build-context", f"extra={live.root}/other", "-o",
                                          f"type=tar,dest={scratch}/fresh.tar", live.root)
    with open(scratch / "fresh.tar", "rb") as stream:
        return contents(stream)


def differences(one, other):
    """A line for each path that only one has, or that both have differently."""
    return [f"{path}: {one.get(path)} is {other.get(path)}" for path in sorted(one.keys() | other.keys())
            if one.get(path) != other.get(path)]


IGNORE_SIMPLE = "**/*.log\nsrc/build\nother\n"


@pytest.fixture
def live(engine, edgectl, context, busybox, identity, scratch, request):
    """With a store of its own: what another test has built has the same files with other times, which is the same to the cache."""
    ignore = getattr(request, "param", IGNORE)
    name = f"files-{identity.name}-{request.node.originalname.replace('_', '-')}"
    root = context({"Dockerfile": DOCKERFILE.format(busybox=busybox), "compose.yaml": COMPOSE.format(project=name),
                    ".dockerignore": ignore, "one.conf": "c\n", "static/s": "s\n", "other/x": "x\n", "other/swapped": "file\n",
                    "src/f1": "1\n", "src/af2": "2\n", "src/f3.py": "3\n", "src/deep/f1": "4\n", "src/over/f1": "5\n",
                    "src/linked/f1": "6\n", "src/added/f1": "7\n"})
    with parts.closing(Live(engine, edgectl.with_store(scratch / "store"), root, name)) as live:
        live.wait("image")
        yield live


def settle(live, number):
    """Everything saved until now is in the container."""
    (live.root / "src/linked/last").write_text(f"{number}\n")
    live.edgectl.identity.own(live.root / "src/linked/last")
    parts.wait_for("the last file", lambda: live.engine.docker("exec", f"{live.project}-app-1", "cat", "/linked/here/last").stdout ==
                   f"{number}\n", seconds=90)


def drain(live):
    """How many syncs there were without and with a build."""
    counts = [0, 0]
    while not live.events.empty():
        event = live.events.get()
        assert event and event["event"] != "error", str(event)
        if event["event"] == "sync":
            counts[event["built"]] += 1
    return counts


def test_same_as_a_fresh_build(live, edgectl, scratch):
    """More than a thousand edits in bursts: what the container has is what a fresh build has, and building the image mends nothing."""
    editor = Editor(11, live.root, edgectl.identity)
    quick = 0
    for burst in range(4):
        with editor.as_user():
            for _ in range(editor.chance.choice([1, 50, 300, 600])):
                editor.step()
            if burst % 2:
                editor.branch()
        settle(live, burst)
        expected = of_fresh_build(edgectl, live, scratch)
        assert differences(expected, of_container(live)) == [], burst
        quick += drain(live)[0]
        settle(live, f"{burst} again")
        quick += drain(live)[0]
        live.wait("image", seconds=30)
        assert drain(live) == [0, 0], "the image differed from what had been put into the container"
    assert quick >= 4


@pytest.mark.parametrize("live", [IGNORE_SIMPLE], indirect=True, ids=["simple"])
def test_one_edit_after_the_other(live, edgectl, scratch):
    """New files find their place without the others being looked at, where no exception of the ignore file may change that."""
    editor = Editor(5, live.root, edgectl.identity)
    quick = 0
    for group in range(4):
        for number in range(12):
            with editor.as_user():
                editor.chance.choice([editor.new, editor.new, editor.directory, editor.link, editor.write, editor.by_rename,
                                      editor.step])()
            settle(live, f"{group} {number}")
        assert differences(of_fresh_build(edgectl, live, scratch), of_container(live)) == [], group
        quick += drain(live)[0]
    assert quick >= 24


def test_memory(engine, edgectl, context, busybox, identity):
    """Waiting takes less than 50 MB, also after the image of 13,000 files was built once more."""
    name = f"files-{identity.name}-memory"
    files = {f"src/{number % 40}/{number % 400}/{number}.js": f"{number}\n" for number in range(13_000)}
    root = context(files | {"Dockerfile": f"FROM {busybox}\nCOPY src /app/\nCMD [\"sleep\", \"1000\"]\n",
                            "compose.yaml": COMPOSE.format(project=name).replace("build: {context: ., additional_contexts: "
                                                                                 "{extra: ./other}}", "build: .")})
    with parts.closing(Live(engine, edgectl, root, name)) as live:
        live.wait("image")
        for text in "one", "two":
            assert live.save("src/0/0/0.js", text)["built"] is False
            live.save("src/new.js", text)
            live.wait("image", seconds=30)
        rollup = pathlib.Path(f"/proc/{live.process.pid}/smaps_rollup").read_text()
    assert int(re.search("Rss: +([0-9]+) kB", rollup)[1]) < 50_000, rollup
