"""XGBoost with its defaults."""

import numpy as np
import pandas as pd
from xgboost import XGBClassifier, XGBRegressor

from benchmarks.tables.contenders import Predict, predictor


def fit(x: pd.DataFrame, y: np.ndarray, task: str, seed: int) -> Predict:
    kind = XGBClassifier if task == "classes" else XGBRegressor
    model = kind(random_state=seed, enable_categorical=True).fit(x, y)
    return predictor(model, task)
