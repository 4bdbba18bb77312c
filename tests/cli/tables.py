"""Tables for the tests of commands, and what the commands print about them."""

import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from tests.cli.process import Done, succeed

TEN = tuple("0123456789")
FEW = ("--epochs", "2", "--hidden", "8")


def score(done: Done, name: str) -> float:
    return float(done.stdout.split(f"test {name} ")[1].split()[0])


def description(folder: Path, *words: str) -> dict[str, Any]:
    """What `data --json` says."""
    said: dict[str, Any] = json.loads(succeed(folder, "data", *words, "--json").stdout)
    return said


def kinds(said: dict[str, Any]) -> dict[str, str]:
    return {each["name"]: each["kind"] for each in said["columns"]}


def predictions(done: Done) -> pd.DataFrame:
    """The CSV that `predict` printed, as it is written."""
    return pd.read_csv(io.StringIO(done.stdout), dtype=str, keep_default_na=False)


def probabilities(table: pd.DataFrame) -> np.ndarray:
    chosen = [name for name in table if name.startswith("p_")]
    return table[chosen].to_numpy().astype(np.float32)


def description_of(folder: Path, table: pd.DataFrame, *words: str) -> dict[str, Any]:
    table.to_csv(folder / "t.csv", index=False)
    return description(folder, "t.csv", *words)


def mixed_table(rows: int = 3000) -> pd.DataFrame:
    """A table of 56 columns as companies have them; `outcome` depends on six of them."""
    rng = np.random.default_rng(7)
    columns: dict[str, Any] = {"customer_id": np.arange(5000, 5000 + rows)}
    for n in range(20):
        columns[f"amount {n}"] = rng.normal(10 * n, n + 1, rows).round(3)
    for n in range(8):
        columns[f"count{n}"] = rng.integers(0, 40 + n, rows)
    for n in range(10):
        columns[f"kind{n}"] = rng.choice([f"v{value}" for value in range(n + 2)], rows)
    for n in range(6):
        columns[f"flag{n}"] = rng.random(rows) < 0.4
    opened = pd.Timestamp("2015-01-01") + pd.to_timedelta(rng.integers(0, 2500, rows), "D")
    columns["opened"] = opened.strftime("%d.%m.%Y")
    renewed = pd.Timestamp("2020-01-01") + pd.to_timedelta(rng.integers(0, 900, rows), "D")
    columns["renewed"] = renewed.strftime("%Y-%m-%d")
    columns["country"] = "CH"
    columns["remark"] = [f"called on {n}, {'again, ' * (n % 3)}said “{n * n}”" for n in range(rows)]
    columns["Größe"] = rng.normal(170, 10, rows).round(1)
    table = pd.DataFrame(columns)
    table.insert(5, "outcome", "")
    rare = rng.random(rows) < 0.002
    table.loc[rare, "kind3"] = [f"only{n}" for n in range(rare.sum())]
    gaps = {name: rng.random(rows) < 0.1 for name in ("amount 3", "amount 4", "kind1", "renewed")}
    score = (
        1.2 * (table["amount 2"] - 20) / 3
        + 1.5 * (table["kind0"] == "v1")
        + 1.2 * table["flag2"]
        - 1.3 * (opened.year - 2018) / 2
        + 2.0 * gaps["amount 3"]
        - 1.2 * (table["Größe"] - 170) / 10
    )
    noise = rng.normal(0, 0.3, rows)
    table["outcome"] = np.where(score + noise > score.median(), "stays", "goes")
    for name, missing in gaps.items():
        table[name] = table[name].astype(object).where(~missing, "?")
    for n in range(8, 14):
        table[f"kind{n + 2}"] = rng.choice(["a", "b", None], rows)
    return table
