"""How accurate dense layers with dropout and bounded weights are on digits.

    python -m benchmarks.quality.max_norm 2048 2048 --optimizer adam:learning_rate=0.001 \\
        --batch 512 --epochs 60 --max-norm 2

Learns from the first 50,000 training pictures of MNIST and prints the accuracy on the last 10,000
every five epochs; the test part is not read. Dropout is 0.2 at the inputs and 0.5 after each layer
(Srivastava et al., 2014). An epoch takes 10 to 100 seconds on one core.
"""

import argparse
from collections.abc import Sequence
from typing import Any

import glassnet as gn
from glassnet.data import load

HELD_OUT = 10_000
EVERY = 5  # epochs


def network(units: Sequence[int], shape: Sequence[int], scale: float, classes: int) -> Any:
    """Dense layers with ReLU and dropout after each."""
    hidden = [
        layer
        for count in units
        for layer in (gn.Dense(count, "relu", init="he_normal"), gn.Dropout(0.5))
    ]
    inputs = [gn.Scale(scale), gn.Flatten(), gn.Dropout(0.2)]
    return gn.Sequential([*inputs, *hidden, gn.Dense(classes)], input_shape=tuple(shape), seed=0)


class Judged:
    """The accuracies on held-out samples, every few epochs and after the last."""

    trainer: Any

    def __init__(self, x: Any, y: Any, every: int = EVERY) -> None:
        self.samples, self.every, self.found = (x, y), every, dict[int, float]()

    def on_epoch_end(self, epoch: int, logs: Any) -> None:
        last = epoch + 1 == self.trainer.epochs
        if last or (epoch + 1) % self.every == 0:
            self.found[epoch + 1] = self.trainer.network.evaluate(*self.samples)["accuracy"]
            print(f"epoch {epoch + 1}: {self.found[epoch + 1]:.4f}", flush=True)


def study(data: Any, held_out: int, units: Sequence[int], **settings: Any) -> dict[int, float]:
    """Accuracy on the last training samples by epoch, after training on those before them."""
    net = network(units, data.input_shape, data.scale, len(data.classes))
    judged = Judged(data.x_train[-held_out:], data.y_train[-held_out:])
    net.fit(data.x_train[:-held_out], data.y_train[:-held_out], callbacks=[judged], **settings)
    return judged.found


def main() -> None:
    """Train with the given settings."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("units", type=int, nargs="+", help="of each hidden layer")
    parser.add_argument("--optimizer", default="adam")
    parser.add_argument("--schedule", default="cosine")
    parser.add_argument("--batch", type=int, default=128)
    parser.add_argument("--epochs", type=int, default=60)
    parser.add_argument("--max-norm", type=float)
    parser.add_argument("--loss", default="cross_entropy")
    given = parser.parse_args()
    study(load("mnist"), HELD_OUT, given.units, optimizer=given.optimizer, schedule=given.schedule,
          batch_size=given.batch, epochs=given.epochs, max_norm=given.max_norm,
          loss=given.loss)  # fmt: skip


if __name__ == "__main__":
    main()
