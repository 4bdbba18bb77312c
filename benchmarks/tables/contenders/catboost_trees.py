"""CatBoost with its defaults; it is told which columns are categories."""

import numpy as np
import pandas as pd
from catboost import CatBoostClassifier, CatBoostRegressor

from benchmarks.tables.contenders import Predict, predictor
from benchmarks.tables.contenders.encoding import as_words


def fit(x: pd.DataFrame, y: np.ndarray, task: str, seed: int) -> Predict:
    kind = CatBoostClassifier if task == "classes" else CatBoostRegressor
    words = list(x.select_dtypes("category"))
    model = kind(random_seed=seed, verbose=False, allow_writing_files=False, cat_features=words)
    model.fit(as_words(x), y)
    predict = predictor(model, task)
    return lambda rows: predict(as_words(rows))
