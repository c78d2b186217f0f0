#!/usr/bin/env python3
"""The peers' cases of the language, through the program's hidden commands (docs/language-commands.md).

usage: language_commands.py --edgectl EDGECTL [CASE]...

The runners in C test the same cases in-process; this one sees what a user of the commands sees. The data lies below
$CONFORMANCE_DIR; a set that is not there is passed over, but a run without any case fails. CASE names the only ones to run.
"""

import argparse
import concurrent.futures
import json
import os
import pathlib
import subprocess
import sys
import tempfile

DATA = pathlib.Path(os.environ.get("CONFORMANCE_DIR", "."))
WORKERS = 2


class Failure(Exception):
    """What is wrong with a case."""


class Program:
    def __init__(self, path, scratch):
        self.path = path
        self.scratch = scratch
        # A store is never needed; were one made, it would be here.
        self.env = {"PATH": os.environ["PATH"], "HOME": str(scratch), "EDGECTL_ROOT": str(scratch / "store"),
                    "LC_ALL": "C.UTF-8"}
        self.env.update({name: os.environ[name] for name in ("ASAN_OPTIONS", "UBSAN_OPTIONS") if name in os.environ})

    def run(self, *words, stdin=""):
        """Returns (exit status, stdout). Whatever is wrong in a case, the program says so and ends in order."""
        done = subprocess.run([self.path, *words], input=stdin.encode(), env=self.env, capture_output=True, timeout=60,
                              check=False)
        if done.returncode not in (0, 1):
            raise Failure(f"exit status {done.returncode}: {done.stderr.decode(errors='replace')}")
        return done.returncode, done.stdout.decode(errors="replace")


def expect(want, have, what):
    if want != have:
        raise Failure(f"{what}\n  want {want!r}\n  have {have!r}")


def load(name):
    path = DATA / name
    return json.loads(path.read_text())["cases"] if path.exists() else []


# --- dockerfile-parser ---


def check_dockerfile(program, text, result, ast):
    status, dump = program.run("__parse", stdin=text)
    expect(ast["parse"] == "ok", status == 0, "exit status 0 of __parse")
    if status == 0 and result is not None:
        expect(result, dump, "s-expressions")
    status, out = program.run("__parse", "--json", stdin=text)
    tree = json.loads(out)
    expect(ast["parse"], tree["parse"], "parse")
    expect(ast["parse"] == "ok", status == 0, "exit status 0 of __parse --json")
    if ast["parse"] != "ok":
        expect(True, len(tree["errors"]) > 0, "errors")
        return
    for member in ("escape", "warnings", "nodes", "instructions"):
        expect(ast.get(member), tree.get(member), member)
    expect(ast["instructions"] == "ok", not tree["errors"], "no errors")
    if ast["instructions"] == "ok":
        expect(ast["stages"], tree["stages"], "stages")


def check_json_array(program, case):
    """Of a CMD, which takes both forms."""
    status, out = program.run("__parse", "--json", stdin=f"FROM scratch\nCMD {case['input']}\n")
    if "hard error" in case.get("error", ""):
        expect(1, status, "exit status")
        return
    node = json.loads(out)["nodes"][1]
    expect("expected" in case, node.get("json", False), "JSON form")
    if "expected" in case:
        expect(case["expected"], node.get("args", []), "elements")


def check_directive(program, case):
    status, out = program.run("__parse", "--directive", case["directive"], stdin=case["input"])
    if case["full"] is None:
        expect((1, ""), (status, out), "no directive")
    else:
        line, value = out.rstrip("\n").split("\t", 1)
        expect(case["full"], value, "value")
        expect(case["line"] or 0, int(line), "line")


def parser_cases():
    for case in load("dockerfile-parser/computed.json"):
        yield case["name"], check_dockerfile, (case["dockerfile"], case.get("result"), case["ast"])
    for folder in ("testfiles", "testfiles-negative"):
        for path in sorted((DATA / "dockerfile-parser" / folder).glob("*/Dockerfile")):
            result, ast = path.with_name("result"), path.with_name("ast.json")
            yield (f"{folder}/{path.parent.name}", check_dockerfile,
                   (path.read_bytes().decode(), result.read_text() if result.exists() else None,
                    json.loads(ast.read_text()) if ast.exists() else {"parse": "error"}))
    for case in load("dockerfile-parser/json-arrays.json"):
        yield case["id"], check_json_array, (case,)
    for case in load("dockerfile-parser/directives.json"):
        yield case["id"], check_directive, (case,)


# --- shell-expansion ---


def check_expansion(program, case):
    words = ["__expand", "--json", f"--mode={case['mode']}", f"--escape={case['escape']}"]
    words += [f"--env={pair}" for pair in case["env"]]
    status, out = program.run(*words, stdin=case["input"])
    expect("expected" in case, status == 0, "exit status 0")
    if status != 0:
        return
    have = json.loads(out)
    expect(case["expected"], have["result"], "result")
    if case["mode"] != "words":
        for member in ("matched", "unmatched"):
            expect(sorted(case.get(member, [])), sorted(have[member]), member)
    if case["mode"] == "word" and "\0" not in case["input"]:
        plain = [word for word in words if word != "--json"]
        expect((0, case["expected"] + "\n"), program.run(*plain, "--", case["input"]), "plain output")


def expansion_cases():
    for name in ("env-var", "words", "modifiers", "computed"):
        for case in load(f"shell-expansion/{name}.json"):
            yield case["id"], check_expansion, (case,)


# --- ignore ---


def answers(out):
    return {line.split("\t", 1)[1]: line.startswith("ignored\t") for line in out.splitlines()}


def check_patterns(program, case):
    words = ["__ignore", *[f"--pattern={pattern}" for pattern in case["patterns"]]]
    status, out = program.run(*words, "--", case["path"])
    expect(bool(case.get("error")), status != 0, "an error")
    if status == 0:
        expect({case["path"]: case["expected"]}, answers(out), "ignored")


def check_ignore_file(program, case):
    with tempfile.TemporaryDirectory(dir=program.scratch) as folder:
        file = pathlib.Path(folder) / ".dockerignore"
        file.write_text(case["ignorefile"])
        if "patterns" in case:
            _, out = program.run("__ignore", "--list", "-f", file)
            expect(case["patterns"], out.splitlines(), "patterns")
        if "matched" in case:
            paths = "".join(f"{path}\n" for path in case["matched"])
            status, out = program.run("__ignore", "-f", file, stdin=paths)
            expect(0, status, "exit status")
            expect(case["matched"], answers(out), "ignored")


def ignore_cases():
    for case in load("ignore/patternmatcher.json"):
        yield case["id"], check_patterns, (case,)
    for name in ("ignorefile-computed", "readall"):
        for case in load(f"ignore/{name}.json"):
            yield case["id"], check_ignore_file, (case,)


# --- lint ---


def findings(warnings, with_lines):
    return sorted((x["rule"], x["message"], x["line"] if with_lines else 0) for x in warnings)


def check_lint(program, case, member):
    with tempfile.TemporaryDirectory(dir=program.scratch) as folder:
        context = pathlib.Path(folder)
        (context / "Dockerfile").write_text(case["dockerfile"])
        if "dockerignore" in case:
            (context / ".dockerignore").write_text(case["dockerignore"])
        words = [f"--build-arg={name}={value}" for name, value in case.get("build_args", {}).items()]
        words += ["--platform=linux/amd64", context]
        check_brief(program, case, member, words)
        # Another base image than none could be asked for its variables, of a registry.
        if member == "check_warnings" and not case["base_images"]:
            check_report(program, case, words)


def check_brief(program, case, member, words):
    status, out = program.run("__check", *(["--reachable"] if member == "build_warnings" else []), *words)
    have, want = json.loads(out), case[member]
    with_lines = all("line" in warning for warning in want)
    expect(findings(want, with_lines), findings(have["warnings"], with_lines), member)
    expect("build_error" in case, bool(have["errors"]), "an error")
    expect("build_error" in case, status == 1, "exit status 1")


def check_report(program, case, words):
    """What `build --check` says: the same in the words of buildx."""
    status, out = program.run("build", "--call=check,format=json", *words)
    have, want = json.loads(out), case["check_warnings"]
    expect(sorted((x["rule"], x["message"]) for x in want),
           sorted((x["ruleName"], x["detail"]) for x in have["warnings"]), "build --call=check")
    expect("build_error" in case, "buildError" in have, "buildError")
    expect(1 if want or "build_error" in case else 0, status, "exit status of build --call=check")


def lint_cases():
    for case in load("lint/lint.json"):
        for member in ("build_warnings", "check_warnings"):
            yield case["id"], check_lint, (case, member)


def run_case(program, case):
    """Returns what is wrong, None = nothing."""
    _, check, arguments = case
    try:
        check(program, *arguments)
    except (Failure, ValueError, KeyError, IndexError, subprocess.TimeoutExpired) as problem:
        return f"{type(problem).__name__}: {problem}"
    return None


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--edgectl", required=True, type=pathlib.Path)
    parser.add_argument("cases", nargs="*")
    options = parser.parse_args()
    cases = [case for source in (parser_cases, expansion_cases, ignore_cases, lint_cases) for case in source()
             if not options.cases or case[0] in options.cases]
    failed = 0
    with tempfile.TemporaryDirectory(prefix="edgectl-conformance-") as scratch, \
            concurrent.futures.ThreadPoolExecutor(WORKERS) as pool:
        program = Program(options.edgectl.resolve(), pathlib.Path(scratch))
        for case, problem in zip(cases, pool.map(lambda x: run_case(program, x), cases)):
            if problem:
                failed += 1
                print(f"{case[0]}: {problem}")
    print(f"language commands: {len(cases) - failed} passed, {failed} failed")
    return 1 if failed or not cases else 0


if __name__ == "__main__":
    sys.exit(main())
