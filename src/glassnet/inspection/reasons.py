"""The reasons for a prediction, to be shown: probabilities, and terms that add up to its logit."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from glassnet.base.arrays import Array
from glassnet.base.configurable import named
from glassnet.inspection.attribution import Attribution
from glassnet.inspection.document import Bar, Part, Table, aligned, number, percent, picture
from glassnet.inspection.rows import Cell

MOST = 8  # terms that are listed, and classes
REMAINDER = "remainder: biases and curvature"


@named
def described(
    found: Attribution,
    names: Sequence[str],
    classes: Sequence[str],
    target: str = "",
    row: Sequence[Cell] = (),
    kind: str = "ink",
) -> list[Part]:
    """A prediction in parts: what was given, the probabilities, and terms that add up to the logit.

    The terms are those of the features, and of the hidden units too if the last layer is dense.

    - `found`: what `attribute` found.
    - `names`, `classes`: those of the features and of the classes; either may be empty.
    - `target=""`: what would have been right.
    - `row=()`: the columns of a table with their values, in place of `names`.
    - `kind="ink"`: how a picture is drawn, as in `document.Picture`.

    >>> from glassnet import Dense, Sequential
    >>> from glassnet.inspection.attribution import attribute
    >>> net = Sequential([Dense(2, init="constant:value=0.5")], input_shape=2, seed=0)
    >>> history = net.fit([[1.0, 2.0]], [0], epochs=1, optimizer="sgd:learning_rate=0")
    >>> *_, features = described(attribute(net, [[1.0, 2.0]]), ["a", "b"], ["no", "yes"])
    >>> for bar in features.bars:
    ...     print(bar.label, bar.text)
    67 %  b = 2 +1.0000
    33 %  a = 1 +0.5000
    remainder: biases and curvature 0.0000
    = z 1.5000
    """
    count = len(found.outputs if found.probabilities is None else found.probabilities)
    named = classes or [str(n) for n in range(count)]
    whose = f"output {found.winner}"
    if found.probabilities is not None:  # a single output is the logit of the second of two classes
        whose = f"the logit of class {named[found.winner + count - len(found.outputs)]}"
    row = row or _cells(found, names)
    return [
        _given(found, row, target, whose, kind),
        _outputs(found, named, target),
        *([] if found.units is None else [_units(found, found.units, whose)]),
        _features(found, row, whose),
    ]


# ---- what was given, and what was predicted


def _cells(found: Attribution, names: Sequence[str]) -> list[Cell]:
    """Features as columns of their own."""
    if found.x.ndim != 1:
        return []
    count = len(found.x)
    own = names if len(names) == count else [f"feature {n}" for n in range(count)]
    return [
        Cell(str(name), number(float(value)), slice(n, n + 1))
        for n, (name, value) in enumerate(zip(own, found.x, strict=True))
    ]


def _given(found: Attribution, row: Sequence[Cell], target: str, whose: str, kind: str) -> Part:
    lines = (f"target: {target}",) if target else ()
    if found.x.ndim > 1:
        shares = _of_pixels(found)
        if shares is None:
            return Part("Sample", lines=lines, pictures=(picture("x", found.x, kind),))
        signs = f"orange (+) raises {whose}, blue (−) lowers it"
        drawn = picture("x", found.x, kind), picture("x ∂z/∂x over it", found.x, kind, shares)
        return Part("Picture", lines=(*lines, signs), pictures=drawn)
    raw = [cell.value for cell in row]
    received = [_received(found.x[cell.features]) for cell in row]
    encoded = raw != received
    head = "column", "value", *(["as the network receives it"] if encoded else [])
    each = zip(row, raw, received, strict=True)
    rows = tuple((cell.name, value, *([x] if encoded else [])) for cell, value, x in each)
    return Part("Row", lines=lines, table=Table(head, rows))


def _received(x: Array) -> str:
    """The features of a column; of a category with many, the one that is not 0.

    >>> _received(np.array([0.5, 1.0])), _received(np.eye(50)[11])
    ('0.5, 1', '1 as feature 12 of 50, else 0')
    """
    there = np.flatnonzero(x)
    if len(x) <= MOST or len(there) > 1:
        return ", ".join(map(number, x.tolist()))
    most = [f"{number(float(x[k]))} as feature {k + 1} of {len(x)}, else 0" for k in there]
    return most[0] if most else f"0 in all {len(x)} features"


def _of_pixels(found: Attribution) -> Array | None:
    """A pixel's share is that of all its channels."""
    if found.features is None or found.features.ndim not in (2, 3):
        return None
    shares: Array = found.features
    return shares.sum(axis=-1) if shares.ndim == 3 else shares


def _outputs(found: Attribution, named: Sequence[str], target: str) -> Part:
    if found.probabilities is None:
        values = ", ".join(number(v) for v in found.outputs.tolist())
        return Part(f"Prediction: {values}", lines=(f"target: {target}",) if target else ())
    p = found.probabilities
    order = np.argsort(-p, kind="stable").tolist()
    first, others = (order, []) if len(order) <= 2 * MOST else (order[:MOST], order[MOST:])
    bars = [
        Bar(
            f"{named[k]} (target)" if target == named[k] else str(named[k]),
            percent(float(p[k])), 0, float(p[k]), strong=k == order[0],
        )
        for k in first
    ]  # fmt: skip
    lines = []
    if found.second is not None:
        if others:
            rest = float(p[others].sum())
            bars.append(Bar(f"{len(others)} other classes", percent(rest), 0, rest))
        apart = float(found.outputs[found.winner] - found.outputs[found.second])
        lines.append(f"Runner-up: class {named[found.second]}, logit {number(apart)} lower")
    title = f"Prediction: {named[order[0]]}, {percent(float(p[order[0]]))}"
    return Part(title, lines=tuple(lines), bars=tuple(bars), full=1.0)


# ---- terms that add up


def _units(found: Attribution, units: Array, whose: str) -> Part:
    title = f"Contribution of each hidden unit to {whose}"
    names = [f"unit {j}" for j in range(len(units))]
    total = float(found.outputs[found.winner])
    terms = [("bias", found.bias), *_largest(units, names, "unit")]
    return Part(title, "z = Σⱼ hⱼ Wⱼ + b", bars=waterfall(terms, "z", total))


def _features(found: Attribution, row: Sequence[Cell], whose: str) -> Part:
    title = f"Contribution of each {'feature' if found.x.ndim == 1 else 'pixel'} to {whose}"
    if found.features is None:
        return Part(title, lines=("x has indices: they have no gradient, so there is no share",))
    pixels, of_all = _of_pixels(found), list[float]()
    if pixels is None:
        each = contributions(found, row)
        values, of_all = np.array([c.contribution for c in each]), [c.share for c in each]
        names = [f"{_percent(c.share)}  {c.column} = {c.value}" for c in each]
    else:
        values, names = pixels.ravel(), [f"pixel {r},{c}" for r, c in np.ndindex(*pixels.shape)]
    what = "column" if found.x.ndim == 1 else "pixel"
    terms = [*_largest(values, names, what, of_all), (REMAINDER, remainder(found))]
    return Part(title, "xᵢ ∂z/∂xᵢ", bars=waterfall(terms, "z", float(found.outputs[found.winner])))


class Contribution(NamedTuple):
    """What a column adds to the winning output.

    - `column`, `value`: its name, and its value as the table has it.
    - `contribution`: gradient × input, added up over the features that the column became.
    - `share`: its size, of the sizes of all columns together.
    """

    column: str
    value: str
    contribution: float
    share: float


def contributions(found: Attribution, row: Sequence[Cell]) -> list[Contribution]:
    """What each column of a row adds to the winning output; none for indices and pictures.

    - `found`: what `attribute` found.
    - `row`: the columns, such as `cells` gives.
    """
    if found.features is None or found.features.ndim != 1:
        return []
    terms = [float(found.features[cell.features].sum()) for cell in row]
    whole = sum(map(abs, terms)) or 1.0
    return [
        Contribution(cell.name, cell.value, term, abs(term) / whole)
        for cell, term in zip(row, terms, strict=True)
    ]


def remainder(found: Attribution) -> float:
    """What the contributions leave of the winning output: biases and curvature."""
    terms = 0.0 if found.features is None else float(found.features.sum(dtype=float))
    return float(found.outputs[found.winner]) - terms


def _percent(share: float) -> str:
    return f"{100 * share:2.0f} %"


def _largest(
    values: Array, names: Sequence[str], what: str, shares: Sequence[float] = ()
) -> list[tuple[str, float]]:
    """The terms that are largest, and the sum of the others, with their share of all if there are
    `shares`."""
    order = np.argsort(-np.abs(values), kind="stable").tolist()
    most = min(MOST, np.count_nonzero(values))
    first, others = order[:most], order[most:]
    terms = [(names[k], float(values[k])) for k in first]
    if others:
        count = f"{len(others)} other {what}{'s' * (len(others) > 1)}"
        if shares:
            count = f"{_percent(sum(shares[k] for k in others))}  {count}"
        terms.append((count, float(values[others].sum(dtype=float))))
    return terms


def waterfall(terms: Sequence[tuple[str, float]], name: str, total: float) -> tuple[Bar, ...]:
    """Each term as a bar that begins where the one before it ends; the last bar is their sum.

    >>> [(bar.text, bar.start, bar.end) for bar in waterfall([("a", 2.0), ("b", -0.5)], "z", 1.5)]
    [('+2.0000', 0.0, 2.0), ('-0.5000', 2.0, 1.5), ('1.5000', 0.0, 1.5)]
    """
    values = [value for _, value in terms]
    *texts, sum_text = (text.strip() for text in aligned(np.array([[*values, total]]))[0])
    bars, at = [], 0.0
    for (label, value), text in zip(terms, texts, strict=True):
        bars.append(Bar(label, f"+{text}" if value > 0 else text, at, at + value, total=False))
        at += value
    return (*bars, Bar(f"= {name}", sum_text, 0.0, total, strong=True))
