"""Trainings one after another, or side by side in threads; the first Ctrl-C ends all of them.

Threads pay off if the arithmetic of a step takes long, since NumPy releases Python's lock
meanwhile. Small networks would wait for each other.
"""

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from typing import Any

from glassnet.base.optional import need
from glassnet.training.trainer import INTERRUPTED, Trainer, interrupt


class TrainerPool:
    """The trainers that run now, and why all were stopped, if they were."""

    def __init__(self) -> None:
        self.running: list[Trainer] = []
        self.stopped: str | None = None

    def stop(self, reason: str) -> None:
        """End all that run after their step; those that come later do not begin."""
        self.stopped = self.stopped or reason
        for trainer in self.running:
            trainer.stop(reason)

    def run(self, trainer: Trainer, state: dict[str, Any] | None = None) -> None:
        """Train, from a state if there is one; Ctrl-C ends all."""
        self.running.append(trainer)
        if self.stopped:  # meanwhile
            trainer.stop(self.stopped)
        trainer.fit(state)
        self.running.remove(trainer)
        if trainer.stopped == INTERRUPTED:
            self.stop(INTERRUPTED)


Work = Callable[[TrainerPool], None]


def run_all(works: Sequence[Work], threads: int) -> None:
    """Do all, as many at once as there are threads; an error of one stops the others."""
    trainers = TrainerPool()
    if threads == 1:
        for work in works:
            work(trainers)
        return
    # Here, for it takes longer to import than most of the package.
    from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait

    with one_blas_thread(), interrupt(trainers), ThreadPoolExecutor(threads) as pool:
        futures = [pool.submit(work, trainers) for work in works]
        try:
            done, _ = wait(futures, return_when=FIRST_EXCEPTION)
            for future in done:
                future.result()
        except BaseException as error:
            trainers.stop(f"stopped by {type(error).__name__}")
            for future in futures:
                future.cancel()
            raise


@contextmanager
def one_blas_thread() -> Iterator[None]:
    """Let BLAS use one thread meanwhile: processors are kept busy by trainings side by side."""
    with _libraries().limit(limits=1, user_api="blas"):
        yield


@cache
def _libraries() -> Any:
    """Those that have threads; looked for once, since that takes milliseconds."""
    return need("threadpoolctl", "training side by side").ThreadpoolController()


def available() -> int:
    """How many threads there may be: one for each processor of this process; 1 if nothing keeps
    BLAS from taking them too."""
    try:
        import threadpoolctl  # noqa: F401
    except ImportError:
        return 1
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
