"""LightGBM with its defaults."""

import numpy as np
import pandas as pd
from lightgbm import LGBMClassifier, LGBMRegressor

from benchmarks.tables.contenders import Predict, predictor


def fit(x: pd.DataFrame, y: np.ndarray, task: str, seed: int) -> Predict:
    kind = LGBMClassifier if task == "classes" else LGBMRegressor
    names = [f"x{n}" for n in range(x.shape[1])]  # it refuses some characters in names
    model = kind(random_state=seed, verbosity=-1).fit(x.set_axis(names, axis=1), y)
    predict = predictor(model, task)
    return lambda rows: np.asarray(predict(rows.set_axis(names, axis=1)))
