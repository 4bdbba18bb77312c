"""What is known without a single column: the share of each class, or the mean."""

import numpy as np
import pandas as pd

from benchmarks.tables.contenders import Predict


def fit(x: pd.DataFrame, y: np.ndarray, task: str, seed: int) -> Predict:
    known = np.bincount(y.astype(int)) / len(y) if task == "classes" else y.mean()
    return lambda rows: np.repeat(known[None], len(rows), axis=0)
