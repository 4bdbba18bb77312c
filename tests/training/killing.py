"""A training that is broken off at a step, as a kill would end it, but in this process."""

from typing import Any


class StopError(Exception):
    """What breaks it off."""


class KillAt:
    """Break training off before the step of this number."""

    def __init__(self, step: int) -> None:
        self.left = step

    def on_train_batch_begin(self, batch: int, logs: Any) -> None:
        if self.left == 0:
            raise StopError
        self.left -= 1
