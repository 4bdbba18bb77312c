"""Who is compared, each as its documentation says it is used, with its defaults.

A contender is a module with a function `fit(x, y, task, seed)`, which returns a function of further
rows: probabilities (rows, classes), or values. Text is of pandas' kind "category".
"""

from collections.abc import Callable
from importlib import import_module
from typing import Any

import numpy as np
import pandas as pd

Predict = Callable[[pd.DataFrame], np.ndarray]

CONTENDERS = {
    "glassnet_default": "glassnet",
    "glassnet_single": "glassnet, one network",
    "glassnet_plain": "glassnet, 20 epochs",
    "sklearn_trees": "scikit-learn trees",
    "sklearn_mlp": "scikit-learn MLP",
    "lightgbm_trees": "LightGBM",
    "catboost_trees": "CatBoost",
    "xgboost_trees": "XGBoost",
    "pytabkit_realmlp": "RealMLP-TD",
    "pytabkit_tabm": "TabM",
}
"""The modules, each with its name for people."""


def contender(name: str) -> Any:
    """The module of a contender; ImportError if what it needs is not installed."""
    return import_module(f"benchmarks.tables.contenders.{name}")


def predictor(model: Any, task: str) -> Predict:
    """What a fitted estimator of scikit-learn's kind predicts."""
    return model.predict_proba if task == "classes" else model.predict
