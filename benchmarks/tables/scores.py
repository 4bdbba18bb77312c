"""How good predictions are: a score, of which more is better, and an error, of which less is."""

import numpy as np
from numpy.typing import NDArray

Values = NDArray[np.float64]
SURE = 1e-7  # no probability counts as less, so that one mistake made with certainty is finite


def scores(task: str, y: Values, predicted: Values) -> dict[str, float]:
    """Accuracy and log loss of probabilities (rows, classes); or R² and RMSE of values (rows,)."""
    if task == "classes":
        p = np.clip(np.asarray(predicted, float), SURE, 1)
        p /= p.sum(axis=1, keepdims=True)
        right = p[np.arange(len(y)), y.astype(int)]
        return {
            "score": float((p.argmax(axis=1) == y).mean()),
            "error": float(-np.log(right).mean()),
        }
    squares = float(((y - predicted) ** 2).mean())
    return {"score": 1 - squares / float(y.var()), "error": float(np.sqrt(squares))}
