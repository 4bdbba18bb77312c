"""What a comparison comes to, in sentences."""

from collections.abc import Mapping, Sequence

import numpy as np

from glassnet.base.confidence import Estimate, estimate
from glassnet.nn.metrics import rises

Columns = Mapping[str, Sequence[float]]


def column_name(column: str) -> str:
    """The name of a column of the history.

    >>> column_name("val_mean_absolute"), column_name("loss")
    ('test mean absolute error', 'training loss')
    """
    part, name = ("test", column[4:]) if column.startswith("val_") else ("training", column)
    return f"{part} {'mean absolute error' if name == 'mean_absolute' else name.replace('_', ' ')}"


def difference(main: Columns, fork: Columns) -> str:
    """How a fork stands beside the main run, at the last epoch that both have ended.

    >>> difference({"loss": [0.5, 0.4]}, {"loss": [0.5, 0.25, 0.2]})
    'After epoch 2: training loss 0.2500, 0.1500 lower (better) than in the main run.'
    """
    columns = [n for n in ("val_accuracy", "val_mean_absolute", "val_loss", "accuracy", "loss")
               if n in main and n in fork]  # fmt: skip
    epochs = min((min(len(main[n]), len(fork[n])) for n in columns), default=0)
    if not epochs:
        return "No epoch has ended in both yet."
    parts = [_beside(n, main[n][epochs - 1], fork[n][epochs - 1]) for n in columns[:2]]
    return f"After epoch {epochs}: {'; '.join(parts)} than in the main run.".replace(
        "the same than", "the same as"
    )


def _beside(column: str, main: float, fork: float) -> str:
    apart = fork - main
    if apart == 0:
        return f"{column_name(column)} {fork:z.4f}, the same"
    better = (apart > 0) == rises(column)
    way = f"{'higher' if apart > 0 else 'lower'} ({'better' if better else 'worse'})"
    return f"{column_name(column)} {fork:z.4f}, {abs(apart):z.4f} {way}"


def spread(column: str, finals: Sequence[float]) -> str:
    """Mean and standard deviation over seeds, with the interval of the mean.

    >>> spread("val_accuracy", [0.9, 0.92, 0.94, 0.92, 0.99])
    'Test accuracy over 5 seeds: 0.9340 ± 0.0344 (mean ± standard deviation); 95 % interval of \
the mean 0.8913 to 0.9767.'
    """
    found = estimate(finals, column)
    name = column_name(column)
    if found.runs == 1:
        return f"{name.capitalize()} of the one seed that did not diverge: {found.mean:z.4f}."
    mean = f"{found.mean:z.4f} ± {found.std:z.4f} (mean ± standard deviation)"
    ends = "from the lowest to the highest" if found.is_range else "95 % interval of the mean"
    return (
        f"{name.capitalize()} over {found.runs} seeds: {mean}; {ends} {found.low:z.4f} to "
        f"{found.high:z.4f}."
    )


def rank(column: str, finals: Sequence[float], of: int) -> tuple[int, int]:
    """The place of one among all, 1 for the best, and how many others have the same value.

    >>> rank("accuracy", [0.9, 0.95, 0.9, 0.8], of=0)
    (2, 1)
    """
    sign = -1 if rises(column) else 1
    values, own = sign * np.asarray(finals), sign * finals[of]
    return 1 + int((values < own).sum()), int((values == own).sum()) - 1


def ordinal(number: int) -> str:
    """A number as a place.

    >>> [ordinal(n) for n in (1, 2, 3, 4, 11, 22, 112)]
    ['1st', '2nd', '3rd', '4th', '11th', '22nd', '112th']
    """
    ending = {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{'th' if number % 100 in (11, 12, 13) else ending}"


def paired(column: str, name: str, main: Sequence[float], fork: Sequence[float]) -> str:
    """Whether two settings differ, from runs that have the same seeds: the interval of the mean of
    their differences, and how often the one was better.

    >>> paired("val_loss", "A", [0.5, 0.4, 0.6, 0.5, 0.7], [0.3, 0.3, 0.5, 0.2, 0.4])
    'Test loss of A minus that of the main run, pair by pair over 5 seeds: −0.2000 on average, 95 \
% interval −0.3242 to −0.0758. The interval leaves 0 out, so A is better by more than chance. The \
main run varies by ± 0.1140 from seed to seed, less than the difference. A was better with 5 \
seeds, worse with 0, equal with 0.'
    """
    apart = np.subtract(fork, main)
    found = estimate(apart.tolist())
    if np.ptp(apart) == 0:
        verdict = "Every pair differs by the same" if apart[0] else "All pairs are equal"
        return f"{column_name(column).capitalize()} of {name}: {verdict}, {_signed(found.mean)}."
    better = apart > 0 if rises(column) else apart < 0
    worse = ~better & (apart != 0)
    return (
        f"{column_name(column).capitalize()} of {name} minus that of the main run, pair by pair "
        f"over {found.runs} seeds: {_signed(found.mean)} on average, {_ends(found)}. "
        f"{_decided(column, name, found)} {_beside_luck(found.mean, main)} {name} was better with "
        f"{better.sum()} seeds, worse with {worse.sum()}, equal with {(apart == 0).sum()}."
    )


def _beside_luck(apart: float, main: Sequence[float]) -> str:
    luck = float(np.std(main, ddof=1))
    more = luck >= abs(apart)
    verdict = (
        "more than the difference: one run of each does not show it"
        if more
        else ("less than the difference")
    )
    return f"The main run varies by ± {luck:.4f} from seed to seed, {verdict}."


def clear(found: Estimate) -> bool:
    """Whether an interval of differences leaves 0 out."""
    return not found.is_range and (found.low > 0 or found.high < 0)


def _decided(column: str, name: str, found: Estimate) -> str:
    if found.is_range:
        return "These are too few seeds for an interval."
    if not clear(found):
        return "The interval contains 0: these seeds do not show which is better."
    better = (found.mean > 0) == rises(column)
    return (
        f"The interval leaves 0 out, so {name} is {'better' if better else 'worse'} by more than "
        "chance."
    )


def _ends(found: Estimate) -> str:
    what = "from" if found.is_range else "95 % interval"
    return f"{what} {_signed(found.low)} to {_signed(found.high)}"


def _signed(value: float) -> str:
    return f"{value:z.4f}".replace("-", "−")
