"""A table with values of every kind, and the names of the networks that the tests serve."""

import numpy as np
import pandas as pd

NAMES = ("classes", "value", "values", "labels", "digits", "array", "photos", "pixels")


def shop(rows: int = 200, seed: int = 3) -> pd.DataFrame:
    """Orders: numbers and categories with gaps, codes with zeros in front, dates, yes and no."""
    rng = np.random.default_rng(seed)
    table = pd.DataFrame(
        {
            "price": rng.lognormal(3, 1, rows),
            "count": rng.integers(1, 9, rows),
            "large": rng.integers(2**54, 2**54 + 1000, rows),
            "code": [f"{n:03}" for n in rng.integers(0, 12, rows)],
            "city, country": rng.choice(["Bern", "Zürich \"ZH\"", "Genève"], rows),
            "new": rng.random(rows) < 0.5,
            "sold": (pd.Timestamp("2021-01-01") + pd.to_timedelta(rng.integers(0, 900, rows), "D"))
            .strftime("%d.%m.%Y"),
        }
    )  # fmt: skip
    table.loc[rng.random(rows) < 0.1, "price"] = np.nan
    table.loc[rng.random(rows) < 0.1, "city, country"] = None
    return table


def targets(table: pd.DataFrame) -> pd.DataFrame:
    rng, n = np.random.default_rng(0), len(table)
    return pd.DataFrame(
        {
            "kind": rng.choice(["a", "b", "Größe"], n),
            "weight": rng.normal(10, 2, n), "height": rng.normal(1, 0.1, n),
            "red": rng.random(n) < 0.5, "round": rng.random(n) < 0.5,
        }
    )  # fmt: skip
