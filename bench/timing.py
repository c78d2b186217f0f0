"""How long a program takes: the median of whole processes."""
import json
import statistics
import subprocess
import tempfile


def median(argv, runs, env):
    """Seconds, by hyperfine, after one run that is not counted."""
    with tempfile.NamedTemporaryFile(suffix=".json") as report:
        command = ["hyperfine", "--shell=none", "--warmup=1", f"--runs={runs}", "--style=none", f"--export-json={report.name}",
                   " ".join(map(str, argv))]
        done = subprocess.run(command, env=env, capture_output=True, text=True, stdin=subprocess.DEVNULL)
        if done.returncode != 0:
            raise SystemExit(f"bench: {' '.join(map(str, argv))}: {done.stdout}{done.stderr}")
        return statistics.median(json.load(open(report.name))["results"][0]["times"])
