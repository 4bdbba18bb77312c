"""Prediction intervals for values: as wide as the errors on rows that were held out of training."""

import math
from typing import Any

import numpy as np

from glassnet.base.arrays import Array
from glassnet.base.configurable import named
from glassnet.base.description import Kind, check
from glassnet.base.errors import InputError
from glassnet.nn.task import VALUES
from glassnet.sequential import Sequential

MOST_KEPT = 1000  # residuals that a file keeps; of more rows, evenly spaced ones
RESIDUALS = "residuals"  # their name in what a file says of the training


@named
def residuals(network: Sequential, x: Any, y: Any) -> dict[str, Any]:
    """What a file keeps for intervals: of each output the absolute residuals |y − ŷ| of held-out
    rows, the smallest first, and how many rows there were.

    - `network`: a trained one, of values.
    - `x`, `y`: samples and targets, as for `fit`.

    >>> from glassnet import Dense
    >>> net = Sequential([Dense(1, init="zeros")], input_shape=1, seed=0)
    >>> residuals(net, [[0.0], [1.0]], [2.0, -1.0])
    {'rows': 2, 'absolute': [[1.0, 2.0]]}
    """
    return residuals_of(network(x), y)


def residuals_of(predicted: Array, y: Any) -> dict[str, Any]:
    """The same of predictions (rows, outputs) for rows with these targets."""
    predicted = predicted.astype(np.float64)
    each = np.sort(np.abs(np.reshape(y, predicted.shape) - predicted), axis=0)
    kept = each[_ranks(len(each)) - 1]
    return {"rows": len(each), "absolute": kept.T.tolist()}


def _ranks(rows: int) -> Array:
    """Which of so many sorted residuals are kept, by their number from 1: the last always is."""
    count = min(rows, MOST_KEPT)
    return -(-rows * np.arange(1, count + 1) // count)


@named
def half_width(network: Sequential, coverage: float) -> Array:
    """How far an interval reaches on both sides of the prediction, for each output (outputs,).

    The interval ŷ ± q holds the target of a new row like those of the n held out with a
    probability of at least `coverage`, whatever the network and the distribution, if q is the
    ⌈(n + 1) · coverage⌉-th smallest |y − ŷ| of them: split-conformal prediction (Vovk et al.,
    2005; Lei et al., 2018).

    - `network`: one whose file keeps `residuals`.
    - `coverage`: such as 0.9.

    Raises `InputError` if there are none, or too few for such a coverage.

    >>> from glassnet import Dense
    >>> net = Sequential([Dense(1, init="constant:value=1")], input_shape=1, seed=0)
    >>> history = net.fit([[0.0], [1.0]], [0.0, 1.0], epochs=1, optimizer="sgd:learning_rate=0")
    >>> x = np.arange(9.0)[:, None]
    >>> net.trained["residuals"] = residuals(net, x, x[:, 0] + np.arange(9) / 4)
    >>> half_width(net, 0.9).tolist(), half_width(net, 0.5).tolist()
    ([2.0], [1.0])
    """
    if not 0 < coverage < 1:
        raise InputError(
            f"interval is {coverage:g}: expected a share above 0 and below 1, such as 0.9"
        )
    rows, kept = _kept(network)
    rank = math.ceil(round((rows + 1) * coverage, 9))  # 10 · 0.7 is 7, and a bit more in binary
    if rank > rows:
        least = math.ceil(round(coverage / (1 - coverage), 9))
        raise InputError(
            f"an interval of {coverage:g} needs at least {least:,} held-out rows, and this network "
            f"had {rows:,}: expected at most {math.floor(1000 * rows / (rows + 1)) / 1000:g}, or "
            "train with more rows or a larger validation part"
        )
    return kept[:, np.searchsorted(_ranks(rows), rank)]


def ends(z: Array, reach: Array) -> tuple[Array, Array]:
    """The lower and the upper ends (…, outputs) of intervals around outputs z (…, outputs), in
    their dtype.

    - `reach`: the `half_width` of each output.

    >>> ends(np.float32([[1.5]]), np.array([0.25]))
    (array([[1.25]], dtype=float32), array([[1.75]], dtype=float32))
    """
    exact = z.astype(np.float64)
    return (exact - reach).astype(z.dtype), (exact + reach).astype(z.dtype)


def _kept(network: Sequential) -> tuple[int, Array]:
    """The number of rows, and the residuals of each output, that a file says."""
    if (network.task or VALUES) is not VALUES:
        raise InputError(
            f"an interval is for values, and this network predicts {network.task}: "
            "leave it out; probabilities say how sure it is"
        )
    found = network.trained.get(RESIDUALS)
    if found is None:
        raise InputError(
            "this network's file keeps no errors of held-out rows, which an interval is made of: "
            "train it with `glassnet train` and a validation part"
        )
    outputs = (network.output_shape or (1,))[0]
    whole = Kind("a whole number", lambda n: type(n) is int and n > 0)
    check(found, {"rows": whole, "absolute": Kind("a list", lambda a: isinstance(a, list))},
          "trained residuals")  # fmt: skip
    count = len(_ranks(found["rows"])) if found["rows"] < 2**53 else 0
    sorted_numbers = Kind(f"{count} numbers, sorted", lambda a: _are_sorted(a, count))
    check(found["absolute"], [sorted_numbers] * outputs, "trained residuals absolute")
    return found["rows"], np.array(found["absolute"])


def _are_sorted(given: Any, count: int) -> bool:
    if not isinstance(given, list) or len(given) != count:
        return False
    numbers = all(type(n) in (int, float) and 0 <= n < math.inf for n in given)
    return numbers and given == sorted(given)
