"""scikit-learn's boosted trees, with its defaults."""

import numpy as np
import pandas as pd
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor

from benchmarks.tables.contenders import Predict, predictor
from benchmarks.tables.contenders.encoding import few_categories

MOST = 254  # categories that it takes of one column


def fit(x: pd.DataFrame, y: np.ndarray, task: str, seed: int) -> Predict:
    kind = HistGradientBoostingClassifier if task == "classes" else HistGradientBoostingRegressor
    fewer = few_categories(x, MOST)
    model = kind(random_state=seed).fit(fewer(x), y)
    predict = predictor(model, task)
    return lambda rows: predict(fewer(rows))
