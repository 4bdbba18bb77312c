"""The command line as somebody would use it: a file in, a network out."""

import contextlib
import io
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd

import glassnet as gn
from benchmarks.tables.contenders import Predict
from glassnet.cli.app import run

TARGET = "what is predicted"


def trained(x: pd.DataFrame, y: np.ndarray, task: str, seed: int, *options: str) -> Predict:
    """Write the rows to a file, call `glassnet train` in this process, and load its network."""
    with tempfile.TemporaryDirectory() as folder:
        table, model = Path(folder) / "own.csv", Path(folder) / "own.safetensors"
        write(x, y, task, table)
        command = ["train", str(table), "--target", TARGET, "--test", "0", "--seed", str(seed)]
        said = io.StringIO()
        with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
            code = run([*command, "--out", str(model), "--quiet", *options])
        if code:
            raise RuntimeError(f"glassnet train exited with {code}: {said.getvalue()}")
        network = gn.load(model)
    return network.predict_proba if task == "classes" else network.predict


def write(x: pd.DataFrame, y: np.ndarray, task: str, table: Path) -> None:
    """Write the rows to a file, classes as text."""
    targets = [f"class {label:03}" for label in y] if task == "classes" else y
    x.assign(**{TARGET: targets}).to_csv(table, index=False)
