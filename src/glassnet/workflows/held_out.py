"""What the rows that were held out of a training say of its predictions."""

from typing import Any

from glassnet.base.arrays import Array
from glassnet.nn.losses import Loss
from glassnet.nn.task import VALUES
from glassnet.sequential import Sequential
from glassnet.training.callbacks.protocol import Logs, Training
from glassnet.workflows.intervals import RESIDUALS, residuals_of
from glassnet.workflows.temperature import calibrated_by


class HeldOut:
    """A callback that remembers which rows were held out, and what they say after training."""

    trainer: Training
    part: Any = None

    def on_train_end(self, logs: Logs) -> None:
        """Remember them."""
        self.part = self.trainer.validation

    @property
    def samples(self) -> str:
        """How many they are, in words."""
        count = 0 if self.part is None else len(self.part[0])
        return f"{count:,} validation sample{'' if count == 1 else 's'}"

    def teach(self, network: Sequential, calibrate: bool = False) -> Sequential:
        """The trained network, with what these rows say of it."""
        if self.part is None:
            return network
        x, targets, *_ = self.part
        return taught(network, network(x), targets, calibrate)


def taught(network: Sequential, z: Array, y: Array, calibrate: bool = False) -> Sequential:
    """A trained network, with what outputs z for rows that were held out, of targets y, say of it:
    of values the errors, for prediction intervals; of classes and labels, if asked to `calibrate`,
    a temperature."""
    if network.task is VALUES:
        network.trained[RESIDUALS] = residuals_of(z, y)
    elif calibrate and type(network.trained_loss()).probabilities is not Loss.probabilities:
        return calibrated_by(network, z, y)
    return network
