"""Dockerfiles of our own, built by edgectl and by BuildKit as Debian's Docker engine has it: the same files and the same config."""
import re
import shutil
import subprocess
import tarfile

import pytest

from test_buildah_conformance import Built, differences

D = object()  # a directory


class Link(str):
    """A symbolic link to that."""


# name -> Dockerfile behind FROM {base}, then what is in the context beside a few files
# `id` without the main group among the others, where BuildKit has it since 0.10.4 (CVE-2022-36109) and the engine's has not
IDS = "(id -u; id -g; id -G | tr ' ' '\\n' | sort -u)"
CASES = {
    "copy into a directory with a mode": ("RUN mkdir -m 700 /d && chown 5:6 /d\nCOPY tree /d\nCOPY tree/sub /new/deep/\n", {}),
    "copy modes of nested directories": ("COPY modes /m\nCOPY modes/private /p\nCOPY modes/sticky /m/sticky2/\n", {}),
    "copy through a link to a directory": ("RUN mkdir -p /real/sub && ln -s real /way && ln -s /real/sub /abs\nCOPY a /way/\nCOPY b /abs/x\nCOPY tree /way/tree\n", {}),
    "copy a directory onto a link": ("RUN mkdir /real && ln -s real /way\nCOPY tree /way\n", {}),
    "copy a file onto a link": ("RUN echo old > /old && ln -s old /way && ln -s /nowhere/x /dangling\nCOPY a /way\n", {}),
    "copy over a link within a tree": ("RUN mkdir -p /t /other && ln -s /other /t/sub && ln -s /etc/passwd /t/one\nCOPY tree/one /t/\n", {}),
    "wildcards": ("COPY .h* a* /w/\nCOPY tree/s*/t?o /x/\nCOPY tree/[a-s]* /y/\n", {}),
    "wildcard for directories": ("COPY t* /w/\nCOPY t*e/s* /x\n", {}),
    "chown by name": ("RUN echo 'web:x:77:88::/:/bin/sh' >> /etc/passwd && echo 'www:x:99:' >> /etc/group\n"
                      "COPY --chown=web a /1/\nCOPY --chown=web:www tree /2\nCOPY --chown=:www b /3\nCOPY --chown=12 a /4\nCOPY --chown=12:www a /5\n", {}),
    "chmod": ("COPY --chmod=751 a /1\nRUN mkdir /n\nCOPY --chmod=0 --chown=3 b /n/3\n", {}),
    "workdir chain": ("ENV sub=two\nWORKDIR /one\nWORKDIR $sub\nWORKDIR three/../four/\nRUN pwd > /pwd\nCOPY a .\nCOPY b sub/\n", {}),
    "workdir as a user": ("RUN echo 'web:x:77:88::/:/bin/sh' >> /etc/passwd\nUSER web\nWORKDIR /home/web/deep\nRUN touch here && {ids} > here\n", {}),
    "workdir of a link": ("RUN mkdir /real && ln -s real /way\nWORKDIR /way/sub\nRUN pwd > x\nCOPY a ./\n", {}),
    "env": ("ENV a=1 b=$a c='$a' d=\"${a:-x} y\" e=${a:+set} f=a\\ b\nENV a=2 b=$a\nENV legacy  some   words $a\nRUN env | grep -v ^HOSTNAME | sort > /env\n", {}),
    "arg and env": ("ARG x=1\nENV y=$x\nARG y=arg\nARG z=$y\nRUN env | sort > /env\nENV x=env\nRUN env | sort > /env2\nLABEL all=$x-$y-$z\n", {}),
    "labels": ("LABEL a=b \"c d\"=\"e\\\"f\" g='h $i' multi=\"one \\\ntwo\"\nLABEL a=again word\\ s=x\n", {}),
    "expose": ("ENV p=80\nEXPOSE $p 81/udp 90-92/tcp ${p}82\nEXPOSE 80/tcp\n", {}),
    "volume": ("RUN mkdir /v && echo before > /v/f\nVOLUME /v [\"nothing\"]\nVOLUME [\"/j\", \"/k l\"]\nRUN echo after > /v/f2\nCOPY a /v/\n", {}),
    "commands": ("CMD [\"a\", \"b\"]\nENTRYPOINT exec top -b\nCMD c d\nSTOPSIGNAL SIGQUIT\nHEALTHCHECK --interval=5s CMD x\n", {}),
    "entrypoint clears an inherited command": ("CMD one\nFROM {base}\nCMD one\nENTRYPOINT [\"two\"]\n", {}),
    "shell": ("SHELL [\"/bin/sh\", \"-ec\"]\nRUN echo $- > /flags\nCMD x\nENTRYPOINT y\nSHELL [\"/bin/sh\", \"-c\"]\n", {}),
    "onbuild of a stage": ("ENV v=1\nONBUILD RUN echo $v > /on && pwd >> /on\nONBUILD WORKDIR /w\nONBUILD COPY a .\nFROM {stage}\nRUN ls /w > /ls\n", {}),
    "user and groups": ("RUN echo 'web:x:77:88::/home/web:/bin/sh' >> /etc/passwd && echo 'www:x:99:web' >> /etc/group\n"
                        "USER web\nRUN ({ids}; umask; echo $HOME) > /tmp/1\nUSER web:www\nRUN {ids} > /tmp/2\nUSER 77\nRUN ({ids}; echo $HOME) > /tmp/3\n"
                        "USER 1234:99\nRUN ({ids}; echo $HOME) > /tmp/4\nUSER 0\nRUN {ids} > /tmp/5\n", {}),
    "kinds of files": ("RUN mkdir -m 1777 /s && echo x > /s/f && chmod 6711 /s/f && ln /s/f /s/h && ln -s nowhere /s/l && mkfifo -m 600 /s/p && "
                       "chown -h 3:4 /s/l && chown 1000:1000 /s/p\n", {}),
    "directories made again": ("RUN mkdir -p /d/a/b && touch /d/a/x /d/a/b/y /d/z\nRUN rm -r /d/a && mkdir /d/a && touch /d/a/new\n"
                               "RUN rm -r /d && touch /d\nRUN rm /d && mkdir -p /d/a\n", {}),
    "renamed": ("RUN mkdir -p /d/a/b && touch /d/a/b/f && mkdir /e && touch /e/f\nRUN mv /d/a /d/c && mv /e/f /d/c/b/g && mv /d/c/b/f /e/f\n", {}),
    "only metadata": ("RUN mkdir -p /d/e && touch /d/e/f && ln -s f /d/e/l\nRUN chmod 750 /d && chown 4:5 /d/e && chmod 600 /d/e/f\nRUN chown -h 8:9 /d/e/l\n", {}),
    "hard links across steps": ("RUN echo x > /a1 && ln /a1 /a2\nRUN echo y >> /a2\nRUN rm /a1 && ln /a2 /a3\nRUN chmod 600 /a3\n", {}),
    "from another stage": ("RUN mkdir -p /o/d && echo 1 > /o/d/f && ln -s d/f /o/l && ln -s /o/d /o/abs && chown -R 5:6 /o && chmod 700 /o/d\n"
                           "FROM {base}\nCOPY --from=0 /o/l /file\nCOPY --from=0 /o /all\nCOPY --from=0 /o/abs /abs\nCOPY --from=0 /o/abs/f /deep/er/\nCOPY --from={stage} o/d o/d/f /two/\n", {}),
    "from another stage with an owner": ("RUN mkdir -p /o/d && touch /o/d/f && chown 5:6 /o/d/f\nFROM {base}\nCOPY --from={stage} --chown=7:8 /o /all\nCOPY --from={base} /bin/busybox /b\n", {}),
    "archives": ("RUN mkdir -m 700 -p /t/dir && chown 3 /t/dir && ln -s /t/dir /t/way\nADD some.tar /t\nADD some.tgz some.tar.renamed /u/\nADD a /v/\nADD some.t* /x/\n", {}),
    "mode and owner of the root": ("RUN chmod 700 / && chown 5:6 / && stat -c '%a %u:%g' / > /1\nRUN stat -c '%a %u:%g' / > /2\n"
                                   "ADD rooted.tar /\nRUN stat -c '%a %u:%g' / > /3\n", {}),
    "an ignore file": ("COPY . /all\nCOPY tree /tree\nCOPY keep* /k/\n",
                       {".dockerignore": "# c\n**/t?o\n!tree/sub/two\ntree/empty\nDockerfile\nkeep.*\n!keep.md\nmodes\n*.tar*\n*.tgz\n /b\n",
                        "keep.md": "1", "keep.x": "2"}),
    "only what is excepted": ("COPY . /all\n", {".dockerignore": "*\n!tree/sub\n!a\ntree/sub/two\n", "tree/sub/three": ""}),
    "empty directories and dots": ("WORKDIR /w\nCOPY tree/empty e\nCOPY . here/\nCOPY ./tree/. /x/.\nCOPY tree/../a /y/../z/a\nRUN rm -r here/modes here/*.t* here/Docker*\n", {}),
    "names": ("COPY [\"with space\", \"qu\\\\'ote\", \"/n/\"]\nCOPY \\$dollar /n/\nCOPY gr\u00fcn /n/\nENV f=\"with space\"\nCOPY [\"$f\", \"/n/$f 2\"]\nRUN ls /n | sort > /list\n",
              {"with space": "1", "qu'ote": "2", "$dollar": "3", "gr\u00fcn": "4"}),
    "what a step finds": ("RUN (hostname; pwd; {ids}; umask; env | sort) > /1 && stat -c '%a %F %n' / /tmp /proc /sys /dev /dev/null /dev/shm /dev/pts /dev/fd /dev/stdin > /2 && "
                          "for x in fd stdin stdout ptmx; do readlink /dev/$x; done > /3; ls /dev | grep -v console | sort > /4; grep -E 'Cap|Seccomp:|NoNew' /proc/self/status > /5; "
                          "ulimit -c > /6; tty > /7; cat > /8; ls -ld /etc/hosts /etc/resolv.conf | cut -c1-10 > /9\n", {}),
    "bound files": ("RUN --mount=type=bind,target=/c cat /c/a /c/tree/one > /1 && ! touch /c/x\n"
                    "RUN --mount=type=bind,source=tree,target=/c,rw touch /c/x && rm /c/one && ls -R /c > /2\nRUN --mount=type=bind,source=a,target=/f cat /f > /3\n"
                    "RUN --mount=type=tmpfs,target=/tmpfs touch /tmpfs/x && stat -c %a /tmpfs > /4\nRUN rmdir /c /tmpfs; rm -f /f\n", {}),
    "caches": ("RUN --mount=type=cache,target=/c,id=differential echo 1 > /c/f && stat -c '%a %u' /c > /1\n"
               "RUN --mount=type=cache,target=/d,id=differential cat /d/f > /2 && rm /d/f\nRUN rmdir /c /d; true\n", {}),
    "secrets": ("RUN --mount=type=secret,id=none,target=/s ls /s > /1 2>&1; test ! -s /s && echo none > /2; rm -f /s\n", {}),
    "special variables": ("ARG TARGETARCH\nARG TARGETPLATFORM\nARG BUILDPLATFORM\nARG HTTP_PROXY\nRUN echo $TARGETARCH $TARGETPLATFORM $BUILDPLATFORM [$HTTP_PROXY] [$TARGETOS] > /1\n", {}),
    "json and shell": ("RUN [\"/bin/sh\", \"-c\", \"echo $0 $1 > /1\", \"zero\", \"one\"]\nRUN [ \"a\" = \"a\" ] && echo shell > /2\nRUN ['/bin/true'] || echo quotes > /3\nCMD [ \"a\" , \"b\" ] \n", {}),
    "continuations": ("RUN echo one \\\n  # comment\n\n  two \\\n   three > /1\nENV a=b \\\n# c\n  c=d\nRUN echo 'x\\\ny' > /2; printf '%s' \"a\\\\b\" > /3\n", {}),
    "destinations": ("RUN mkdir /e\nWORKDIR /w\nENV D=sub/\nCOPY a a /1/\nCOPY a //2//y//\nCOPY tree /3/./z/../w\nCOPY a $D\nCOPY a b ${D}dd/\n"
                     "COPY a tree /e\nCOPY tree /\nCOPY b /..\nCOPY [\"a\", \"./sub2/\"]\n", {}),
    "links as destinations": ("RUN mkdir -p /r/s && ln -s /r /p && ln -s p/s /q && ln -s /nope/deep /n && ln -s ../../../../etc /out && mkdir /t && ln -s /r/k /t/a\n"
                              "COPY a /q/\nCOPY tree /q/t\nCOPY a /n/\nCOPY b /n/x/y\nCOPY a /out/zz\nCOPY a b /t/\n", {}),
    "links as sources": ("COPY l /1\nCOPY ld /2\nCOPY l* /5/\n", {"l": Link("/a"), "ld": Link("/tree")}),
    "owners and modes on the way": ("ARG U=5\nENV G=6\nCOPY --chown=$U:${G} a /p/q/r\nCOPY --chown=5:6 tree /s/t/u/\n", {}),
    "whole stages": ("RUN mkdir -p -m 711 /o/p && touch /o/pi && chown 7:8 /o/pi && touch /o/p/f && chmod 4755 /o/p/f && ln /o/p/f /o/h\n"
                     "FROM scratch\nCOPY --from=0 / /\nCOPY --from=0 /o/p/* /o/pi* /x/\n", {}),
    "workdirs": ("WORKDIR foo\nWORKDIR bar/..\nWORKDIR ../baz/\nCOPY a .\nRUN pwd > /1\nWORKDIR \"/a b\"\nWORKDIR c\\ d\nRUN pwd > /2\nRUN ln -s /nope /p\nWORKDIR /p\nRUN pwd > /3\n", {}),
    "quoted values": ("ENV A=\"x y\" B='$A' D=\\$A E=\"\\$A\" G=${A:-d} H=${X:-d$A} J=${X:+q}\nENV K ${A}  tail \nENV L=\"a\\\n  b\" M=a\\ \\ b N='a\"b' O=\"a'b\" P=\\\"\n"
                      "ENV Q=b$ R=$$x S=$1 T=[\"x\",\"y\"] U='${A}' V=\"'${A}'\"\nRUN env | grep -v ^HOSTNAME | sort > /env\n", {}),
    "stages of stages": ("ENV a=1\nWORKDIR /w\nUSER 5\nEXPOSE 80\nVOLUME /v\nLABEL l=1\nSTOPSIGNAL 3\nFROM {stage} AS p\nENV b=$a\nCMD [\"x\"]\nFROM p\nENTRYPOINT [\"y\"]\n", {}),
    "two stages of one name": ("RUN touch /1\nFROM {base} AS stage\nRUN touch /2\nFROM {base}\nCOPY --from=stage /1* /2* /x/\n", {}),
    "what ONBUILD adds": ("ONBUILD ENV a=1 c=$a\nONBUILD ARG b=2\nONBUILD RUN echo $a$b$c > /o\nONBUILD CMD [\"x\"]\nONBUILD USER 5\nFROM {stage} AS q\nENV d=$a\nFROM q\nRUN echo \"$b\" > /tmp/r\n", {}),
    "mounts over what is there": ("RUN mkdir /t && touch /t/f\nRUN --mount=type=tmpfs,target=/t ls /t > /1 && touch /t/g\nRUN ls /t > /2\n"
                                  "RUN --mount=type=bind,source=a,target=/etc/passwd cat /etc/passwd > /3\nRUN wc -l < /etc/passwd > /4\n", {}),
    "archives over links": ("RUN mkdir -p /r /t && ln -s /r /t/dir && ln -s /r/q /t/s\nADD some.tar /t/\nADD l /x/\nWORKDIR /w\nADD some.tar sub\n", {"l": Link("some.tar")}),
    "ignored by patterns": ("COPY . /x\n", {".dockerignore": "\\!bang\n\\#hash\n?\ntr[!a]e\n../b\n/tree/./sub/../one\n*.t*\nmodes/\n  .h*  \n", "!bang": "1", "#hash": "2"}),
    "escape": ("RUN echo `\n two `\n > /1\nENV p=c:\\windows q=`$x\n", {}, "# escape=`\n"),
}
FILES = {"a": "a\n", "b": "b\n", ".hidden": "h", "a2": "", "tree/one": "1", "tree/sub/two": "2", "tree/.dot": "d", "tree/empty": D,
         "tree/link": Link("one"), "modes/private/f": "x", "modes/sticky/g": "y"}


def add_archive(path, mode, first=()):
    with tarfile.open(path, mode) as archive:
        for name, kind, permissions, extra in (*first, ("dir", tarfile.DIRTYPE, 0o2750, ""), ("dir/f", tarfile.REGTYPE, 0o4711, ""),
                                               ("dir/h", tarfile.LNKTYPE, 0o4711, "dir/f"), 
                                               ("s", tarfile.SYMTYPE, 0o777, "../x"), ("new/deep/f", tarfile.REGTYPE, 0o644, "")):
            entry = tarfile.TarInfo(name)
            entry.type, entry.mode, entry.linkname, entry.uid, entry.gid = kind, permissions, extra, 41, 42
            archive.addfile(entry)


def write_context(root, case, base):
    text, files, *first = case
    root.mkdir(parents=True)
    for name, content in (FILES | files).items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if content is D:
            path.mkdir()
        elif isinstance(content, Link):
            path.symlink_to(content)
        else:
            path.write_text(content)
    add_archive(root / "some.tar", "w")
    add_archive(root / "rooted.tar", "w", [("./", tarfile.DIRTYPE, 0o700, "")])
    add_archive(root / "some.tgz", "w:gz")
    add_archive(root / "some.tar.renamed", "w:bz2")
    for path in root.rglob("*"):
        if not path.is_symlink():
            path.chmod(0o755 if path.is_dir() else 0o644)
    (root / "modes/private").chmod(0o700)
    (root / "modes/sticky").chmod(0o1777)
    (root / "modes/sticky/g").chmod(0o4711)
    text = text.replace("{base}", base).replace("{stage}", "stage").replace("{ids}", IDS)
    (root / "Dockerfile").write_text(f"{''.join(first)}FROM {base} AS stage\n{text}")


@pytest.fixture(scope="module")
def buildkit(engine, busybox, workspace):
    known = {}

    def build(name):
        if name not in known:
            root = workspace / f"differential-{len(known)}"
            write_context(root / "context", CASES[name], busybox)
            done = engine.docker("build", "--network", "none", "-t", "built", str(root / "context"), env={"DOCKER_BUILDKIT": "1"})
            known[name] = done.stderr
            if done.returncode == 0:
                assert engine.docker("save", "-o", str(root / "built.tar"), "built").returncode == 0
                known[name] = Built(root / "built.tar")
            shutil.rmtree(root)
        return known[name]

    return build


@pytest.mark.parametrize("name", CASES, ids=[re.sub(r"[^A-Za-z0-9]+", "-", x) for x in CASES])
def test_case(name, buildkit, busybox, edgectl, scratch, identity):
    write_context(scratch / "context", CASES[name], busybox)
    subprocess.run(["chown", "-hR", f"{identity.uid}:{identity.gid}", scratch], check=True)
    edgectl("build", "--network=none", "-o", f"type=docker,dest={scratch}/built.tar", scratch / "context")
    peers = buildkit(name)
    assert isinstance(peers, Built), f"BuildKit refuses what edgectl builds: {peers}"
    assert not differences(Built(scratch / "built.tar"), peers)
