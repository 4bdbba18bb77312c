"""Scores of all samples at one moment, taken in slices, so that nothing waits for them."""

import time
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from glassnet.lab.run.run import Run
from glassnet.lab.run.scores import detail_of, scores_of
from glassnet.nn.network import ROWS_AT_ONCE, Network

MOST_WORK = 2 * 10**10  # multiplications with addition of one scoring: of more, the first samples
MOST_AT_ONCE = 10**8  # of a scoring that is not sliced: a few milliseconds
WORK_OF_SLICE = 10**8  # between two looks at the clock
PART_OF_PLAYING = 0.1  # of the time, while it plays

Moment = tuple[int, int, int]  # which run, which branch of it, which step


class Scoring:
    """The scores of the training and the test part, at ends of epochs and whenever it is paused.

    `latest` has them with the step after which they hold, and `count` how many there have been. A
    copy of the network is looked at, so that the training may go on meanwhile.
    """

    def __init__(self) -> None:
        self.latest: dict[str, Any] | None = None
        self.count = self.seen = 0  # the last that was shown
        self.moment: Moment | None = None
        self.job: Iterator[dict[str, Any] | None] | None = None

    def behind(self, moment: Moment) -> bool:
        """Whether the scores are not those of this moment yet."""
        return self.job is not None or self.moment != moment

    def begin(self, run: Run, network: Network, moment: Moment) -> None:
        """Look at the network of this moment, unless that is done or under way."""
        if self.moment != moment:
            self.moment, self.job = moment, _scored(run, network.copy(), moment[-1])

    def epoch_ended(self, run: Run, moment: Moment) -> None:
        """Look at this end of an epoch, if the last scores are there and were shown."""
        if self.job is None and self.seen == self.count:
            self.begin(run, run.network, moment)

    def work(self, seconds: float, enough: Callable[[], bool]) -> None:
        """Go on with it for so long, or until it is `enough`."""
        end = time.perf_counter() + seconds
        while self.job is not None:
            with np.errstate(over="ignore", invalid="ignore"):
                found = next(self.job)
            if found is not None:
                self.latest, self.count, self.job = found, self.count + 1, None
            if time.perf_counter() >= end or enough():
                break


def at_once(run: Run, network: Network, t: int) -> dict[str, Any] | None:
    """The scores of a moment without slices; None if there is much to do."""
    rows = len(run.data.x_train) + len(run.data.x_test)
    if rows * _work(network) > MOST_AT_ONCE:
        return None
    with np.errstate(over="ignore", invalid="ignore"):
        *_, found = _scored(run, network, t)
    return found


def _work(network: Network) -> int:
    """Multiplications with addition for one sample."""
    rows = network.summary().rows
    return max(1, sum(row.multiply_adds for row in rows if "." not in row.name))


def _scored(run: Run, network: Network, t: int) -> Iterator[dict[str, Any] | None]:
    """The scores at last; before that None, after every slice."""
    data, trainer = run.data, run.trainer
    work = _work(network)
    most, slice_ = max(1, MOST_WORK // work), min(ROWS_AT_ONCE, max(1, WORK_OF_SLICE // work))
    found: dict[str, Any] = {"t": t, "parts": {}}
    given = {"training": trainer.batches.arrays, "test": trainer.validation}
    for part, y in ("training", data.y_train), ("test", data.y_test):
        if given[part] is None:
            continue
        x, targets, *_ = given[part]
        rows = min(len(x), most)
        z = np.empty((rows, *network.output_shape), network.dtype)
        for start in range(0, rows, slice_):
            z[start : start + slice_] = network.outputs(x[start : min(start + slice_, rows)])
            yield None
        found["parts"][part] = {
            "rows": rows, "of": len(x), **scores_of(network, trainer, z, targets[:rows]),
            **detail_of(network, data, z, y[:rows]),
        }  # fmt: skip
        yield None
    yield found
