"""Requests that arrive together are predicted together, each as if it were alone.

BLAS sums in an order that depends on how many rows there are, so a row's last bits would depend on
who else asks if all rows became one batch. Requests of equally many rows are stacked along an axis
in front instead, (requests, rows, …): one pass through the layers, in which every product is, for
each request, the same call as for that request alone.
"""

import asyncio
from collections.abc import Sequence
from concurrent.futures import Executor
from typing import NamedTuple

import numpy as np

from glassnet.base.arrays import Array
from glassnet.nn.network import Network
from glassnet.sequential import Sequential
from glassnet.serve.wording import Wording
from glassnet.workflows.predict import PREDICTION_ALONE, Extras

SHORT = 2**22  # multiply-adds, about a millisecond
FEW_ROWS = 256  # so many are written as JSON in as short a time


class Waiting(NamedTuple):
    """Rows that wait for their predictions, what is wanted besides, and who waits for it."""

    x: Array
    extras: Extras
    result: asyncio.Future[bytes]


def outputs(network: Network, x: Array) -> Array:
    """The outputs (requests, rows, …) of x (requests, rows, …), the same bits as
    `network.outputs(x[i])` for each i.

    >>> from glassnet import Dense, Sequential
    >>> network = Sequential([Dense(16, "relu"), Dense(3)], input_shape=4, seed=0)
    >>> x = np.random.default_rng(0).normal(size=(5, 1, 4)).astype(np.float32)
    >>> bool((outputs(network, x)[2] == network.outputs(x[2])).all())
    True
    """
    if len(x) == 1 or x.shape[1] > network.rows_at_once:
        return np.stack([network.outputs(each) for each in x])
    z = x
    for z in network.activations(x):  # noqa: B007  (the last one)
        pass
    return z


class Together:
    """Predictions as JSON, for requests that come at any time.

    Those that wait at the same moment are predicted at once: at once in the event loop if that is
    soon done, else in the thread, while the next ones gather. Handing work to a thread and back
    takes longer than a small network does.
    """

    def __init__(self, network: Sequential, thread: Executor) -> None:
        self.network, self.thread = network, thread
        self.wording = Wording(network)
        self.cost = network.summary().total.multiply_adds
        self.waiting: list[Waiting] = []
        self.task: asyncio.Task[None] | None = None

    async def predict(self, x: Array, extras: Extras = PREDICTION_ALONE) -> bytes:
        """The list of predictions for the rows of x, as JSON."""
        loop = asyncio.get_running_loop()
        result: asyncio.Future[bytes] = loop.create_future()
        x = x.astype(self.network.input_dtype, copy=False)
        self.waiting.append(Waiting(x, extras, result))
        if self.task is None:
            self.task = loop.create_task(self._work())
        return await result

    async def _work(self) -> None:
        await asyncio.sleep(0)  # for those that come in the same moment
        while self.waiting:
            some = self._next()
            try:
                found = await self._found([each.x for each in some], some[0].extras)
            except Exception as error:
                for each in some:
                    if not each.result.done():
                        each.result.set_exception(error)
                continue
            for each, said in zip(some, found, strict=True):
                if not each.result.done():  # else the client has gone
                    each.result.set_result(said)
        self.task = None

    def _next(self) -> list[Waiting]:
        """The first that waits, and others of as many rows that want the same, up to as many as a
        batch has."""
        first = self.waiting[0]
        rows = len(first.x)
        some: list[Waiting] = []
        rest: list[Waiting] = []
        for each in self.waiting:
            alike = len(each.x) == rows and each.extras == first.extras
            fits = alike and (len(some) + 1) * rows <= self.network.rows_at_once
            (some if fits or not some else rest).append(each)
        self.waiting = rest
        return some

    async def _found(self, xs: Sequence[Array], extras: Extras) -> list[bytes]:
        rows = len(xs) * len(xs[0])
        if rows <= FEW_ROWS and rows * self.cost <= SHORT:
            return self._predicted(xs, extras)
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self.thread, self._predicted, xs, extras)

    def _predicted(self, xs: Sequence[Array], extras: Extras) -> list[bytes]:
        with np.errstate(over="ignore", invalid="ignore"):
            return self.wording.predictions(outputs(self.network, np.stack(xs)), extras)
