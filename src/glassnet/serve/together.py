"""Requests that arrive together are predicted together, each as if it were alone.

BLAS sums in an order that depends on how many rows there are, so a row's last bits would depend on
who else asks if all rows became one batch. Requests of equally many rows are stacked along an axis
in front instead, (requests, rows, …): one pass through the layers, in which every product is, for
each request, the same call as for that request alone.
"""

import asyncio
from collections.abc import Sequence
from concurrent.futures import Executor

import numpy as np

from glassnet.base.arrays import Array
from glassnet.nn.network import ROWS_AT_ONCE, Network
from glassnet.serve.wording import Wording


def outputs(network: Network, x: Array) -> Array:
    """The outputs (requests, rows, …) of x (requests, rows, …), the same bits as
    `network.outputs(x[i])` for each i.

    >>> from glassnet import Dense, Sequential
    >>> network = Sequential([Dense(16, "relu"), Dense(3)], input_shape=4, seed=0)
    >>> x = np.random.default_rng(0).normal(size=(5, 1, 4)).astype(np.float32)
    >>> bool((outputs(network, x)[2] == network.outputs(x[2])).all())
    True
    """
    if len(x) == 1 or x.shape[1] > ROWS_AT_ONCE:
        return np.stack([network.outputs(each) for each in x])
    z = x
    for z in network.activations(x):  # noqa: B007  (the last one)
        pass
    return z


class Together:
    """Predictions as JSON, for requests that come at any time.

    While some are predicted in the thread, the next ones gather.
    """

    def __init__(self, network: Network, thread: Executor) -> None:
        self.network, self.thread = network, thread
        self.wording = Wording(network)
        self.waiting: list[tuple[Array, asyncio.Future[list[str]]]] = []
        self.task: asyncio.Task[None] | None = None

    async def predict(self, x: Array) -> list[str]:
        """The prediction for each row of x, as JSON."""
        loop = asyncio.get_running_loop()
        result: asyncio.Future[list[str]] = loop.create_future()
        self.waiting.append((x.astype(self.network.input_dtype, copy=False), result))
        if self.task is None:
            self.task = loop.create_task(self._work())
        return await result

    async def _work(self) -> None:
        loop = asyncio.get_running_loop()
        await asyncio.sleep(0)  # whoever came in the same moment
        while self.waiting:
            some = self._next()
            xs = [x for x, _ in some]
            try:
                found = await loop.run_in_executor(self.thread, self._predicted, xs)
            except Exception as error:
                found = [error] * len(some)  # type: ignore[list-item]
            for (_, result), each in zip(some, found, strict=True):
                if result.done():  # whoever asked has gone
                    continue
                if isinstance(each, Exception):
                    result.set_exception(each)
                else:
                    result.set_result(each)
        self.task = None

    def _next(self) -> list[tuple[Array, asyncio.Future[list[str]]]]:
        """The first that wait, and others of as many rows, up to as many as a batch has."""
        rows = len(self.waiting[0][0])
        most = max(1, ROWS_AT_ONCE // rows)
        same = [each for each in self.waiting if len(each[0]) == rows][:most]
        chosen = set(map(id, same))
        self.waiting = [each for each in self.waiting if id(each) not in chosen]
        return same

    def _predicted(self, xs: Sequence[Array]) -> list[list[str]]:
        with np.errstate(over="ignore", invalid="ignore"):
            return self.wording.rows(outputs(self.network, np.stack(xs)))
