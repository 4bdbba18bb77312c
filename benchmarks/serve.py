"""`glassnet serve` under load: the digits network, single rows, by wrk and hey on this machine.

    python -m benchmarks.serve [--minutes 5]

Needs wrk and hey (Debian: apt-get install wrk hey). wrk keeps 200 connections busy, each asking
again as soon as it has its prediction; hey asks 1,000 times a second over 200 connections. With
`--minutes`, wrk goes on for so long, and the memory of the server is looked at every five seconds.
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
            f'wrk.method = "POST"\nwrk.headers["content-type"] = "{JSON}"\nwrk.body = [==[{body}]==]\n'
        )
        server = subprocess.Popen([*glassnet, "serve", "digits.safetensors", "--port", "0"],
                                  stdout=subprocess.PIPE, text=True)  # fmt: skip
        try:
            assert server.stdout is not None
            address = server.stdout.readline().split()[4] + "/predict"
            closed(address, options.seconds)
            at_a_rate(address, options.seconds)
            if options.minutes:
                memory(address, server.pid, options.minutes)
        finally:
            server.terminate()
            server.wait()
        os.chdir("/")


def wrk(address: str, seconds: int) -> list[str]:
    return [
        "wrk",
        "-t1",
        f"-c{CONNECTIONS}",
        f"-d{seconds}s",
        "--latency",
        "-s",
        "post.lua",
        address,
    ]


def closed(address: str, seconds: int) -> None:
    said = subprocess.run(wrk(address, seconds), capture_output=True, text=True, check=True).stdout
    show("wrk, as fast as it goes", said, r"Requests/sec:|\b(50|99)%|Non-2xx|Socket errors")


def at_a_rate(address: str, seconds: int) -> None:
    command = ["hey", "-z", f"{seconds}s", "-c", str(CONNECTIONS), "-q", "5", "-m", "POST", "-T",
               JSON, "-D", "body.json", address]  # fmt: skip
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    show("hey, 1,000 a second", said, r"Requests/sec:|\b(50|99)% in|\[\d+\]\s+\d+ responses|Error")


def memory(address: str, process: int, minutes: float) -> None:
    """The resident memory, while wrk asks."""
    asking = subprocess.Popen(wrk(address, int(60 * minutes)), stdout=subprocess.PIPE, text=True)
    seen = []
    while asking.poll() is None:
        time.sleep(5)
        pages = int(Path(f"/proc/{process}/statm").read_text().split()[1])
        seen.append(pages * os.sysconf("SC_PAGE_SIZE") / 2**20)
    said = asking.stdout.read() if asking.stdout else ""
    show(f"wrk, {minutes:g} minutes", said, r"requests in|Requests/sec:|\b(50|99)%|Non-2xx|Socket")
    quarter = max(1, len(seen) // 4)
    for name, part in ("first", seen[:quarter]), ("last", seen[-quarter:]):
        print(f"  memory, {name} quarter: {min(part):.1f} to {max(part):.1f} MiB")


def show(title: str, said: str, wanted: str) -> None:
    print(title)
    for line in said.splitlines():
        if re.search(wanted, line):
            print(" ", " ".join(line.split()))


if __name__ == "__main__":
    main()
