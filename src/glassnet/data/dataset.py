"""A dataset: arrays to train on, arrays to test on, and what their numbers mean."""

from dataclasses import dataclass
from numbers import Real
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from glassnet.base.addresses import without_password
from glassnet.base.arrays import Array, Rng, Shape, check_unmasked
from glassnet.base.configurable import named
from glassnet.base.errors import DataError
from glassnet.data.tables.schema import Schema

DISTINCT = 2**24 / 100  # as many standard deviations from 0, float32 errs by a hundredth of one


class EvaluationPart(NamedTuple):
    """Samples to evaluate on, and their targets; `name` is "test" or "training"."""

    name: str
    x: Array
    y: Array


@dataclass(frozen=True, eq=False)
class Dataset:
    """Samples with their targets, in a training and a test part.

    - `name`: of the data.
    - `x_train`, `x_test`: (samples, features) or, for images, (samples, height, width) and perhaps
      channels; `Rows` of a mapped file if that is large. The test part may have no rows.
    - `y_train`, `y_test`: one value per sample. Labels are int64, indices into `classes`; if
      several labels can be true at once, int64 0 and 1, (samples, labels); for regression float64,
      (samples,) or (samples, outputs).
    - `classes`: the names of the labels; empty for regression.
    - `scale=1`, `shift=0`: `x * scale + shift` is in a range to train on: [0, 1] for pixels. One
      number, or one for each feature.
    - `feature_names`: of the columns of x, if they have any.
    - `target="label"`: what y is.
    - `schema`: how a table, or pictures in files, became numbers.
    - `notes`: every decision taken on the way.
    - `columns`: a summary of each column of a table.

    Raises `DataError` when the parts do not fit together.

    >>> points = Dataset("dots", np.zeros((3, 2)), np.zeros(3), np.zeros((1, 2)), np.zeros(1))
    >>> points.input_shape, points.is_image
    ((2,), False)
    >>> points
    <Dataset dots: 3 training and 1 test samples of 2 numbers (float64); label: a number>
    """

    name: str
    x_train: Array
    y_train: Array
    x_test: Array
    y_test: Array
    classes: tuple[str, ...] = ()
    scale: Array | float = 1.0
    feature_names: tuple[str, ...] = ()
    target: str = "label"
    shift: Array | float = 0.0
    schema: Schema | None = None
    notes: tuple[str, ...] = ()
    columns: tuple[Any, ...] = ()

    def __post_init__(self) -> None:
        for part, x, y in [
            ("training", self.x_train, self.y_train),
            ("test", self.x_test, self.y_test),
        ]:
            check_unmasked(f"x of the {part} part", x)
            check_unmasked(f"y of the {part} part", y)
            if len(x) != len(y):
                raise DataError(
                    f"{self.name}: {len(x)} {part} samples but {len(y)} targets; "
                    "each sample needs one"
                )
        if self.x_test.shape[1:] != self.input_shape:
            raise DataError(
                f"{self.name}: training samples have shape {self.input_shape}, "
                f"test samples {self.x_test.shape[1:]}; make them the same"
            )

    def __repr__(self) -> str:
        shape = " × ".join(map(str, self.input_shape))
        what = f"{self.outputs} {self.task}" if self.outputs > 1 else "a number"
        return (
            f"<Dataset {self.name}: {len(self.x_train):,} training and {len(self.x_test):,} test "
            f"samples of {shape} numbers ({self.x_train.dtype}); {self.target}: {what}>"
        )

    @property
    def evaluation_part(self) -> EvaluationPart:
        """What a network is evaluated on: the test part, or the training part if there is none."""
        if len(self.x_test):
            return EvaluationPart("test", self.x_test, self.y_test)
        return EvaluationPart("training", self.x_train, self.y_train)

    @property
    def input_shape(self) -> Shape:
        """The shape of one sample: `(features,)` or `(height, width)`."""
        return self.x_train.shape[1:]

    @property
    def task(self) -> str:
        """What is to be learned: "classes", independent "labels", or "values"."""
        return "values" if not self.classes else "labels" if self.y_train.ndim > 1 else "classes"

    @property
    def outputs(self) -> int:
        """How many numbers a network has to give for a sample."""
        return len(self.classes) or (1 if self.y_train.ndim == 1 else self.y_train.shape[1])

    @property
    def is_image(self) -> bool:
        """Whether a sample has height and width."""
        return self.x_train.ndim >= 3


@named
def split(
    x: ArrayLike, y: ArrayLike, fraction: float, seed: int
) -> tuple[Array, Array, Array, Array]:
    """Shuffled `(x_train, y_train, x_test, y_test)`.

    Whole-number labels are stratified: each class gives its own rounded share to the test part and
    keeps at least one row for training.

    - `x`, `y`: as many rows of each.
    - `fraction`: the share of the rows in the test part, in [0, 1); 0 gives an empty one.
    - `seed`: the same seed gives the same split.

    Raises `DataError` for a fraction or seed out of range, for no rows, and for x and y of
    different lengths.

    >>> x_train, y_train, x_test, y_test = split(np.eye(6), [0, 0, 0, 1, 1, 1], 1 / 3, seed=0)
    >>> sorted(y_train.tolist()), sorted(y_test.tolist())
    ([0, 0, 1, 1], [0, 1])
    """
    check_unmasked("x", x)
    check_unmasked("y", y)
    x, y = np.asarray(x), np.asarray(y)
    if x.ndim == 0 or y.ndim == 0 or len(x) != len(y):
        raise DataError(
            f"x of shape {x.shape} and y of shape {y.shape} cannot be split: "
            "both need one row per sample"
        )
    train, test = shares(y, fraction, seed)
    return x[train], y[train], x[test], y[test]


def shares(y: Array, fraction: float, seed: int) -> tuple[Array, Array]:
    """The numbers of the rows to train on and of those to test on, as `split` draws them."""
    check_share(fraction, len(y))
    order = generator(seed).permutation(len(y))
    stratify = y.ndim == 1 and y.dtype.kind in "iub"
    test = _share(y[order] if stratify else np.zeros(len(y)), fraction)
    return order[~test], order[test]


def range_scale(x: Array) -> float:
    """What brings pixels into [0, 1], or into [−1, 1] if some are negative.

    >>> range_scale(np.array([[0, 51], [204, 255]]))
    0.00392156862745098
    """
    low, high = float(x.min()), float(x.max())
    if x.dtype.kind == "f" and low >= 0 and high <= 1:
        return 1.0
    return 1 / (max(-low, high) or 1.0)


def center_and_unit(y: Array) -> tuple[Array, Array]:
    """The mean and the standard deviation of each column, 1 if all values are the same.

    >>> center_and_unit(np.array([[1e9, 0.1], [1e9 + 2, 0.1]]))
    (array([1.e+09, 1.e-01]), array([1., 1.]))
    """
    y = y.astype(np.float64)
    apart = y - y[0]  # exact if values are large and close, and 0 if they are the same
    unit = apart.std(axis=0)
    return y[0] + apart.mean(axis=0), np.where((apart == 0).all(axis=0), 1.0, unit)


def refuse_close(what: str, mean: float, deviation: float) -> None:
    """DataError for numbers so large and close that they are the same, or nearly, as float32."""
    if abs(mean) > DISTINCT * deviation:
        raise DataError(
            f"{what} has values near {mean:.10g} that lie too close together for float32: subtract "
            f"{round(mean)} from them first"
        )


def generator(seed: int) -> Rng:
    """A generator started from this seed; DataError when the seed is no whole number from 0 up."""
    if not isinstance(seed, (int, np.integer)) or seed < 0:
        raise DataError(f"seed: expected a whole number from 0 up, got {seed!r}")
    return np.random.default_rng(seed)


def check_share(fraction: float, rows: int) -> None:
    """DataError for a share of the test part that is none, and for no rows to share."""
    if not isinstance(fraction, Real) or not 0 <= fraction < 1:
        given = repr(fraction) if isinstance(fraction, Real) else f"'{fraction}'"
        given = without_password(given)  # it may be the address of a database
        raise DataError(
            f"test fraction: expected a number from 0 up to but not including 1, got {given}"
        )
    if rows == 0:
        raise DataError("there are no rows to split; give at least one")


def _share(labels: Array, fraction: float) -> NDArray[np.bool_]:
    """Which rows go to the test part: the first of each class, up to its share."""
    _, group, sizes = np.unique(labels, return_inverse=True, return_counts=True)
    shares = np.minimum(np.rint(fraction * sizes), sizes - 1)
    by_class = np.argsort(group, kind="stable")
    rank = np.empty_like(by_class)
    rank[by_class] = np.arange(len(labels)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    return np.asarray(rank < shares[group])
