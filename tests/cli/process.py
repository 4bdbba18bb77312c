"""Commands of glassnet in processes of their own, fast: heavy packages are imported only once."""

import atexit
import json
import os
import subprocess
import sys
import tempfile
from functools import cache
from pathlib import Path

COMMAND = [sys.executable, "-m", "glassnet"]
PEAK = (
    "import resource, subprocess, sys; code = subprocess.call(sys.argv[1:]); "
    "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss); sys.exit(code)"
)
"""A small program that runs another and prints the most memory it had, in KiB."""

Done = subprocess.CompletedProcess[str]

SERVER = """
import gc, json, os, sys, traceback
import matplotlib.pyplot, pandas, sklearn.compose, sklearn.impute, sklearn.metrics
import sklearn.feature_selection, sklearn.pipeline, sklearn.preprocessing
from glassnet.cli.app import program
from glassnet.cli import main

program()  # imports all
gc.freeze()
for line in sys.stdin:
    folder, words, out, err, environment = json.loads(line)
    child = os.fork()
    if child == 0:
        os.chdir(folder)
        os.environ.update(environment)
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        for number, name in ((1, out), (2, err)):
            os.dup2(os.open(name, os.O_WRONLY | os.O_CREAT | os.O_TRUNC), number)
        sys.argv, code = ["glassnet", *words], 1
        try:
            main()
        except SystemExit as end:
            code = end.code
        except BaseException:
            traceback.print_exc()
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)  # without the half second that Python takes to tidy up
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
"""
"""Runs every command in a process of its own, in which the heavy packages are imported already."""


@cache
def server() -> subprocess.Popen[str]:
    """The process that forks a child for every command; it ends with the tests."""
    process = subprocess.Popen(
        [sys.executable, "-c", SERVER], env={**os.environ, "COLUMNS": "160"}, text=True,
        stdin=subprocess.PIPE, stdout=subprocess.PIPE,
    )  # fmt: skip

    def stop() -> None:
        process.communicate()

    atexit.register(stop)
    return process


def run(folder: Path, *words: str, **environment: str) -> Done:
    process = server()
    assert process.stdin is not None
    assert process.stdout is not None
    with tempfile.TemporaryDirectory() as place:
        out, err = Path(place, "out"), Path(place, "err")
        asked = [str(folder), words, str(out), str(err), environment]
        print(json.dumps(asked), file=process.stdin, flush=True)
        code = int(process.stdout.readline())
        said = [path.read_bytes().decode() for path in (out, err)]
    return subprocess.CompletedProcess(words, code, *said)


def succeed(folder: Path, *words: str) -> Done:
    """The command, which has nothing to complain of."""
    done = run(folder, *words)
    assert done.returncode == 0, done.stderr
    for line in done.stderr.splitlines():
        assert line.startswith(("note: ", "health: ")), done.stderr
    return done


def peak(folder: Path, *words: str) -> tuple[Done, int]:
    """The command, and the most bytes it had in memory."""
    done = subprocess.run(
        [sys.executable, "-c", PEAK, *COMMAND, *words],
        cwd=folder, env={**os.environ, "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"},
        capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip
    *said, kibibytes = done.stdout.splitlines()
    done.stdout = "\n".join(said)
    return done, int(kibibytes) * 1024
