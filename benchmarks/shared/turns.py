"""Ways to do the same, each in a process of its own, in turns."""

import json
import subprocess
import sys
from collections.abc import Sequence

from benchmarks.shared import ROOT
from benchmarks.shared.environment import environment

Figures = dict[str, float]


def in_turns(
    module: str, ways: Sequence[str], rounds: int, *options: str
) -> dict[str, list[Figures]]:
    """What `python -m module --work WAY` prints last, as JSON, for each way in every round."""
    found: dict[str, list[Figures]] = {way: [] for way in ways}
    for number in range(rounds):
        for way in ways:
            done = subprocess.run(
                [sys.executable, "-m", module, "--work", way, *options],
                capture_output=True, text=True, env=environment(), check=True, cwd=ROOT,
            )  # fmt: skip
            found[way].append(json.loads(done.stdout.splitlines()[-1]))
            print(f"round {number + 1}/{rounds} {way} {found[way][-1]}", flush=True)
    return found
