"""Commands of glassnet in processes of their own, fast: heavy packages are imported only once."""

import atexit
import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path
from typing import Any, TextIO

COMMAND = [sys.executable, "-m", "glassnet"]
PEAK = (
    "import resource, subprocess, sys; code = subprocess.call(sys.argv[1:]); "
    "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss); sys.exit(code)"
)
"""A small program that runs another and prints the most memory it had, in KiB."""

Done = subprocess.CompletedProcess[str]

SERVER = """
import contextlib, gc, json, os, signal, socket, sys, traceback
import matplotlib.pyplot, pandas, sklearn.compose, sklearn.impute, sklearn.metrics
import sklearn.feature_selection, sklearn.pipeline, sklearn.preprocessing
from glassnet.cli.app import program
from glassnet.cli import main
from tests.cli import limits

program()  # imports all
gc.freeze()
asked = socket.socket(fileno=int(sys.argv[1]))
while True:
    line, streams, _, _ = socket.recv_fds(asked, 2**16, 3)
    while line and not line.endswith(b"\\n"):
        line += asked.recv(2**16)
    if not line:
        break
    folder, words, bounds, environment = json.loads(line)
    child = os.fork()
    if child == 0:
        os.setpgid(0, 0)
        asked.close()
        os.chdir(folder)
        os.environ.update(environment)
        for number, stream in enumerate(streams):
            os.dup2(stream, number)
            os.close(stream)
        sys.stdin, sys.stdout = open(0, closefd=False), open(1, "w", closefd=False)
        sys.stderr = open(2, "w", 1, errors="backslashreplace", closefd=False)
        for name, value in bounds.items():
            getattr(limits, name)(value)
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
    for stream in streams:
        os.close(stream)
    asked.sendall(b"%d\\n" % child)
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    with contextlib.suppress(ProcessLookupError):
        os.killpg(child, signal.SIGKILL)  # processes that it has left
    asked.sendall(b"%d\\n" % code)
"""
"""Runs every command in a process of its own, in which the heavy packages are imported already."""


class Running:
    """A command that runs in a process of its own."""

    def __init__(self, words: tuple[str, ...], out: int, err: int, replies: TextIO) -> None:
        self.words, self.replies, self.pid = words, replies, int(replies.readline())
        self.stdout = os.fdopen(out, encoding="utf-8", newline="\n")
        self.stderr = os.fdopen(err, encoding="utf-8", newline="\n")

    @property
    def runs(self) -> bool:
        try:
            os.kill(self.pid, 0)
        except ProcessLookupError:
            return False
        return True

    def send_signal(self, number: int) -> None:
        os.kill(self.pid, number)

    def communicate(self) -> Done:
        """Wait for its end; returns what it has printed and was not read yet."""
        with self.stdout, self.stderr, ThreadPoolExecutor(1) as reader:
            err = reader.submit(self.stderr.read)
            out = self.stdout.read()
            code = int(self.replies.readline())
            return Done(self.words, code, out, err.result())


class Server:
    """The process that forks a child for every command, one at a time; it ends with the tests."""

    def __init__(self) -> None:
        self.socket, other = socket.socketpair()
        self.replies = self.socket.makefile(encoding="ascii")
        self.running: Running | None = None
        self.process = subprocess.Popen(
            [sys.executable, "-c", SERVER, str(other.fileno())], pass_fds=[other.fileno()],
            env={**os.environ, "COLUMNS": "160"}, stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL, cwd=Path(__file__).parents[2],
        )  # fmt: skip
        other.close()
        atexit.register(self.stop)

    def stop(self) -> None:
        self.end_what_runs()
        self.replies.close()
        self.socket.close()
        self.process.wait()

    def end_what_runs(self) -> None:
        """Kill the command of a test that failed before it waited for it."""
        if self.running is not None and not self.running.stdout.closed:
            with contextlib.suppress(ProcessLookupError):
                self.running.send_signal(signal.SIGKILL)
            self.running.communicate()

    def start(self, asked: Any, words: tuple[str, ...]) -> Running:
        self.end_what_runs()
        nothing = os.open(os.devnull, os.O_RDONLY)
        (out, out_end), (err, err_end) = os.pipe(), os.pipe()
        line = json.dumps(asked).encode() + b"\n"
        sent = socket.send_fds(self.socket, [line], [nothing, out_end, err_end])
        self.socket.sendall(line[sent:])
        for end in (nothing, out_end, err_end):
            os.close(end)
        self.running = Running(words, out, err, self.replies)
        return self.running


BOUNDS: dict[str, int] = {}
"""Bounds of every command."""


@cache
def server() -> Server:
    return Server()


def start(
    folder: Path, *words: str, bounds: dict[str, int] | None = None, **environment: str
) -> Running:
    """Start the command; `bounds` names functions of `limits` and what they are called with."""
    bounds = {**BOUNDS, **(bounds or {})}
    return server().start([str(folder), words, bounds, environment], words)


def run(
    folder: Path, *words: str, bounds: dict[str, int] | None = None, **environment: str
) -> Done:
    return start(folder, *words, bounds=bounds, **environment).communicate()


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
