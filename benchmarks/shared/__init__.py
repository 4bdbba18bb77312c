"""What several benchmarks use: workloads, and the environment they run in."""

from pathlib import Path

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
