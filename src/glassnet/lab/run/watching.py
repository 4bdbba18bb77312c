"""What is wrong with a training in the lab: looked for once, kept when it goes back."""

import copy
from typing import Self

from glassnet.inspection.health import Finding, Health
from glassnet.training.callbacks.protocol import Logs, Training


class Watching:
    """A callback that lets `Health` see each step once, when it is first taken: not when steps are
    taken again on the way to one that was reached before.

    It belongs to a part of a run with the same settings, and what it finds is told by the step
    after which it was found. So going back neither repeats nor loses it.
    """

    trainer: Training

    def __init__(self) -> None:
        self.health = Health(say=lambda sentence: None, caller="lab")
        self.awake, self.begun = True, False
        self.times: list[int] = []  # the step after which each was found

    def on_train_begin(self, logs: Logs) -> None:
        """Begin to look, the first time; then follow another trainer."""
        self.health.trainer = self.trainer
        if not self.begun:
            self.health.on_train_begin(logs)
            self.begun = True

    def on_epoch_begin(self, epoch: int, logs: Logs) -> None:
        """Pass it on."""
        if self.awake:
            self.health.on_epoch_begin(epoch, logs)

    def on_train_batch_end(self, batch: int, logs: Logs) -> None:
        """Pass it on."""
        if self.awake:
            self.health.on_train_batch_end(batch, logs)

    def on_epoch_end(self, epoch: int, logs: Logs) -> None:
        """Pass it on."""
        if self.awake:
            self.health.on_epoch_end(epoch, logs)

    def note(self, t: int) -> None:
        """Say that what is new was found after step t."""
        self.times += [t] * (len(self.health.findings) - len(self.times))

    def findings(self, t: int) -> list[Finding]:
        """What was found by step t; what the inputs show is known before the first step."""
        found = enumerate(self.health.findings)
        return [each for n, each in found if not each.epoch or self.times[n] <= t]

    def twin(self) -> Self:
        """Another that knows what this one has found, for a run with the same past."""
        twin = copy.copy(self)
        twin.health = copy.copy(self.health)
        twin.health.findings, twin.times = list(self.health.findings), list(self.times)
        return twin
