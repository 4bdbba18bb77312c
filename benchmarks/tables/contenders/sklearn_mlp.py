"""scikit-learn's multilayer perceptron in the pipeline that its user guide asks for."""

import warnings

import numpy as np
import pandas as pd
from sklearn.compose import (
    TransformedTargetRegressor,
    make_column_selector,
    make_column_transformer,
)
from sklearn.exceptions import ConvergenceWarning
from sklearn.impute import SimpleImputer
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from benchmarks.tables.contenders import Predict, predictor


def fit(x: pd.DataFrame, y: np.ndarray, task: str, seed: int) -> Predict:
    words = OneHotEncoder(
        handle_unknown="infrequent_if_exist", min_frequency=2, sparse_output=False
    )
    numbers = make_pipeline(SimpleImputer(add_indicator=True), StandardScaler())
    columns = make_column_transformer(
        (words, make_column_selector(dtype_include="category")), remainder=numbers
    )
    kind = MLPClassifier if task == "classes" else MLPRegressor
    network = kind(random_state=seed, early_stopping=True, max_iter=500)
    model = make_pipeline(columns, network)
    if task == "values":
        model = TransformedTargetRegressor(model, transformer=StandardScaler())
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        model.fit(x, y)
    return predictor(model, task)
