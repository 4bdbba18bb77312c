"""The preset for tables with one ingredient changed: options of `glassnet train`, or columns."""

import math
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from benchmarks.tables.contenders import Predict
from benchmarks.tables.contenders.command import TARGET, trained, write
from benchmarks.tables.contenders.encoding import replaced
from benchmarks.tables.falling import FallingAdamW, FallingDropout
from benchmarks.tables.layers import CategoryEmbedding, Gain, UnitDense, known
from glassnet.base.presets import PRESETS
from glassnet.data import load

Prepare = Callable[[pd.DataFrame], pd.DataFrame]
Learn = Callable[[pd.DataFrame], Prepare]
Options = Callable[[pd.DataFrame], tuple[str, ...]]
OWN = {
    "gain": Gain, "unit_dense": UnitDense, "embedded": CategoryEmbedding,
    "falling_dropout": FallingDropout, "falling_adamw": FallingAdamW,
}  # fmt: skip


def as_they_are(rows: pd.DataFrame) -> Prepare:
    """No change."""
    return lambda more: more


def squeezed(rows: pd.DataFrame) -> Prepare:
    """Numbers less their median over their interquartile range, then x / √(1 + (x / 3)²): robust
    scaling with smooth clipping  (Holzmüller et al., 2024).

    Half the range stands in for an interquartile range of 0.
    """
    numbers = rows.select_dtypes("number")
    low, middle, high = (numbers.quantile(share) for share in (0.25, 0.5, 0.75))
    spread = (high - low).where(high > low, (numbers.max() - numbers.min()) / 2)
    spread = spread.where(spread > 0, 1.0)

    def prepare(more: pd.DataFrame) -> pd.DataFrame:
        scaled = (more[numbers.columns] - middle) / spread
        return replaced(more, dict((scaled / (1 + (scaled / 3) ** 2) ** 0.5).items()))

    return prepare


def in_pieces(rows: pd.DataFrame, most: int = 32) -> Prepare:
    """Beside each number, how far it lies in each interval between its quantiles, from 0 to 1:
    a piecewise-linear encoding  (Gorishniy et al., 2022)."""
    numbers = rows.select_dtypes("number")
    shares = np.linspace(0, 1, most + 1)
    edges = {name: np.unique(numbers[name].dropna().quantile(shares)) for name in numbers}

    def prepare(more: pd.DataFrame) -> pd.DataFrame:
        columns = {
            f"{name}, piece {k}": ((more[name] - of[k]) / (of[k + 1] - of[k])).clip(0, 1)
            for name, of in edges.items()
            for k in range(len(of) - 1)
        }
        return pd.concat([more, pd.DataFrame(columns)], axis=1)

    return prepare


@dataclass(frozen=True)
class Variant:
    """What is different from the preset, or from the variant it is compared with: `options`, those
    that depend on the rows, and columns.

    Patience and validation part are those with which the ingredients were chosen. A variant is for
    one `task`, "classes" or "values", or for both.
    """

    what: str
    options: tuple[str, ...] = ()
    learn: Learn = as_they_are
    of_rows: Options = lambda rows: ()
    beside: str = "preset"
    task: str = ""
    patience: int = 20
    validation: float = 0.1

    def fit(self, x: pd.DataFrame, y: np.ndarray, task: str, seed: int) -> Predict:
        """Train on these rows."""
        prepare = self.learn(x)
        how = ("--patience", f"{self.patience}", "--validation", f"{self.validation}")
        options = *self.options, *self.of_rows(x)
        with known(**OWN):
            predict = trained(prepare(x), y, task, seed, "--preset", "table", *how, *options)
        return lambda rows: predict(prepare(rows))


def layers(first: str = "", dense: str = "dense", dropout: str = "dropout 0.15") -> tuple[str, ...]:
    """The hidden layers of the preset in words, without its waves."""
    hidden = f"{dense} 128, relu, {dropout}"
    return ("--layers", f"{first}{hidden}, {hidden}")


def embedded(rows: pd.DataFrame) -> tuple[str, ...]:
    """Categories of columns with many of them as a few numbers, in front of the hidden layers."""
    with tempfile.TemporaryDirectory() as folder:
        table = Path(folder) / "own.csv"
        write(rows, np.arange(len(rows)), "values", table)
        schema = load(table, target=TARGET, test=0.0).schema
    widths = (len(column.features()) for column in schema.columns)
    return layers(f"embedded {'x'.join(map(str, widths))}, ")


def falling_dropout(epochs: int) -> Options:
    """Dropout that falls to 0 within so many epochs."""
    return lambda rows: layers(dropout=f"falling_dropout 0.15 {steps(rows, epochs)}")


def falling_decay(epochs: int) -> Options:
    """Weight decay that falls to 0 within so many epochs."""
    rule = "falling_adamw:learning_rate=0.002,weight_decay=0.1"
    return lambda rows: ("--optimizer", f"{rule},steps={steps(rows, epochs)}")


def steps(rows: pd.DataFrame, epochs: int) -> int:
    """How many steps so many epochs take, with a tenth of the rows for validation."""
    return epochs * math.ceil(0.9 * len(rows) / BATCH)


BATCH = PRESETS["table"]["training"]["batch_size"]
ADAMW = "adamw:learning_rate=0.002,weight_decay="
VARIANTS: Mapping[str, Variant] = {
    "preset": Variant("the preset, patience of 20"),
    "one": Variant("one network", ("--networks", "1")),
    "four": Variant("4 networks", ("--networks", "4")),
    "sixteen": Variant("16 networks", ("--networks", "16")),
    "no_dropout": Variant("no dropout", ("--dropout", "0")),
    "more_dropout": Variant("dropout of 0.3", ("--dropout", "0.3")),
    "no_waves": Variant("no waves beside numbers", layers()),
    "patience_10": Variant("patience of 10 epochs", patience=10),
    "patience_40": Variant("patience of 40 epochs", patience=40),
    "validation": Variant("a fifth of the rows for validation", validation=0.2),
    "smoothing": Variant(
        "label smoothing of 0.1", ("--loss", "cross_entropy:label_smoothing=0.1"), task="classes"
    ),
    "little_decay": Variant("AdamW, weight decay 0.01", ("--optimizer", f"{ADAMW}0.01")),
    "decay": Variant("AdamW, weight decay 0.1", ("--optimizer", f"{ADAMW}0.1")),
    "decay_10": Variant(
        "AdamW, weight decay 0.1; patience of 10", ("--optimizer", f"{ADAMW}0.1"), patience=10
    ),
    "betas": Variant("Adam with β₂ = 0.95", ("--optimizer", "adam:learning_rate=0.002,beta2=0.95")),
    "cosine": Variant(
        "cosine schedule over 60 epochs", ("--schedule", "cosine", "--epochs", "60")
    ),
    "cosine_log": Variant(
        "cosine-log schedule over 60 epochs",
        ("--schedule", "cosine_log", "--epochs", "60"),
        patience=60,
    ),
    "silu": Variant("SiLU for ReLU", ("--activation", "silu")),
    "robust": Variant("robust scaling with smooth clipping", learn=squeezed),
    "pieces": Variant(
        "piecewise-linear encoding, no waves", layers(), in_pieces, beside="no_waves"
    ),
    "gain": Variant("scaling layer, no waves", layers("gain, "), beside="no_waves"),
    "unit": Variant(
        "NTK parametrization, no waves", layers(dense="unit_dense"), beside="no_waves"
    ),
    "embedded": Variant(
        "more than 8 categories as 8 numbers, no waves", of_rows=embedded, beside="no_waves"
    ),
    "falling_dropout": Variant(
        "dropout of 0.15 that falls to 0 in 60 epochs, no waves",
        of_rows=falling_dropout(60), beside="no_waves",
    ),
    "fast_falling_dropout": Variant(
        "dropout of 0.15 that falls to 0 in 20 epochs, no waves",
        of_rows=falling_dropout(20), beside="no_waves",
    ),
    "falling_decay": Variant(
        "weight decay 0.1 that falls to 0 in 60 epochs", of_rows=falling_decay(60), beside="decay"
    ),
    "fast_falling_decay": Variant(
        "weight decay 0.1 that falls to 0 in 20 epochs", of_rows=falling_decay(20), beside="decay"
    ),
}  # fmt: skip
