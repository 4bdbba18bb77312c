"""Trainings one after another, or side by side in threads; the first Ctrl-C ends all of them.

Threads pay off if the arithmetic of a step takes long, since NumPy releases Python's lock
meanwhile. Small networks would wait for each other.
"""

from collections.abc import Callable, Sequence
from typing import Any

from glassnet.base.threads import one_thread
from glassnet.training.callbacks.history import INTERRUPTED
from glassnet.training.trainer import Trainer, interrupt


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

    with one_thread(), interrupt(trainers), ThreadPoolExecutor(threads) as pool:
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
