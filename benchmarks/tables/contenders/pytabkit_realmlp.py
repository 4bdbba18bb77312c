"""RealMLP-TD of pytabkit: tuned defaults of Holzmüller et al. (2024), by their authors."""

import warnings

import numpy as np
import pandas as pd
from pytabkit import RealMLP_TD_Classifier, RealMLP_TD_Regressor

from benchmarks.tables.contenders import Predict, predictor
from benchmarks.tables.contenders.encoding import without_gaps


def fit(x: pd.DataFrame, y: np.ndarray, task: str, seed: int) -> Predict:
    kind = RealMLP_TD_Classifier if task == "classes" else RealMLP_TD_Regressor
    whole = without_gaps(x)  # it refuses gaps in numbers
    model = kind(random_state=seed, device="cpu", verbosity=0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model.fit(whole(x), y)
    predict = predictor(model, task)
    return lambda rows: predict(whole(rows))
