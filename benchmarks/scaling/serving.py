"""Requests a second, waiting times and memory of `glassnet serve` under load.

    python -m benchmarks.scaling.serving [--minutes 5]

The digits network predicts single rows, asked by wrk and hey on the same machine.

Needs wrk and hey (Debian: apt-get install wrk hey). wrk keeps 200 connections busy, each asking
again as soon as it has its prediction; hey asks 1,000 times a second over 200 connections, all 200
at the same moment. With `--minutes`, hey runs for that many minutes, and the server's memory is
read every five seconds.
"""

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from sklearn.datasets import load_digits

CONNECTIONS = 200
JSON = "application/json"


def main() -> None:
    reader = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    reader.add_argument("--minutes", type=float, default=0, help="how long to look at the memory")
    reader.add_argument("--seconds", type=int, default=10, help="how long each tool asks")
    options = reader.parse_args()
    missing = [tool for tool in ("wrk", "hey") if shutil.which(tool) is None]
    if missing:
        sys.exit(f"{' and '.join(missing)} not found: apt-get install wrk hey")
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        glassnet = [sys.executable, "-m", "glassnet"]
        subprocess.run([*glassnet, "train", "digits", "--quiet"], check=True)
        body = json.dumps([load_digits().images[0].tolist()])
        Path("body.json").write_text(body)
        Path("post.lua").write_text(
            f'wrk.method = "POST"\nwrk.headers["content-type"] = "{JSON}"\n'
            f"wrk.body = [==[{body}]==]\n"
        )
        server = subprocess.Popen([*glassnet, "serve", "digits.safetensors", "--port", "0"],
                                  stdout=subprocess.PIPE, text=True)  # fmt: skip
        try:
            assert server.stdout is not None
            address = server.stdout.readline().split()[4] + "/predict"
            closed(address, options.seconds)
            at_a_rate(address, options.seconds)
            if options.minutes:
                at_a_rate(address, 60 * options.minutes, server.pid)
        finally:
            server.terminate()
            server.wait()
        os.chdir("/")


def closed(address: str, seconds: int) -> None:
    command = ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{seconds}s", "--latency", "-s", "post.lua",
               address]  # fmt: skip
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    show("wrk, as fast as it goes", said, r"Requests/sec:|\b(50|99)%|Non-2xx|Socket errors")


def hey(address: str, seconds: float) -> subprocess.Popen[str]:
    """1,000 requests a second."""
    command = ["hey", "-z", f"{seconds:.0f}s", "-c", str(CONNECTIONS), "-q", "5", "-m", "POST",
               "-T", JSON, "-D", "body.json", address]  # fmt: skip
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def at_a_rate(address: str, seconds: float, process: int | None = None) -> None:
    """With a process, its memory is looked at meanwhile."""
    asking, seen = hey(address, seconds), list[float]()
    while process and asking.poll() is None:
        pages = int(Path(f"/proc/{process}/statm").read_text().split()[1])
        seen.append(pages * os.sysconf("SC_PAGE_SIZE") / 2**20)
        time.sleep(5)
    wanted = r"Requests/sec:|\b(50|99)% in|\[\d+\]\s+\d+ responses|Error"
    show(f"hey, 1,000 a second for {seconds:.0f} s", asking.communicate()[0], wanted)
    for name, part in ("first", seen[: len(seen) // 4]), ("last", seen[-(len(seen) // 4) :]):
        if part:
            print(f"  memory, {name} quarter: {min(part):.1f} to {max(part):.1f} MiB")


def show(title: str, said: str, wanted: str) -> None:
    print(title)
    for line in said.splitlines():
        if re.search(wanted, line):
            print(" ", " ".join(line.split()))


if __name__ == "__main__":
    main()
