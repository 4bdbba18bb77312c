"""The whole width study, 111 networks, beside the arithmetic of its source.

111 networks, widths 3 to 39, three of each, on 3,750 points in batches of 10: the recipe
`moons-width-study` against one network after another. Both for the same epochs, in turns.
"""

import argparse
import statistics
import time

import numpy as np

from benchmarks.versus.many.published import trained
from glassnet.workflows.recipes.loader import load_recipe
from glassnet.workflows.run import load_data, run_experiment

RECIPE = load_recipe("moons-width-study")


def ours(epochs: int) -> float:
    """Seconds of the recipe."""
    training = RECIPE.training.model_copy(update={"epochs": epochs})
    return run_experiment(
        RECIPE.model_copy(update={"training": training}), load_data(RECIPE.data)
    ).seconds


def published(epochs: int) -> float:
    """Seconds of the published arithmetic."""
    data, study, rng = load_data(RECIPE.data), RECIPE.study, np.random.default_rng(0)
    x, begin = data.x_train.astype(np.float64), time.perf_counter()
    for width in range(study.first, study.last + 1):
        for trial in range(study.trials):
            shapes = ((2, width), (1, width), (width, 2), (1, 2))
            trained(x, data.y_train, trial, epochs, [rng.normal(size=shape) for shape in shapes])
    return time.perf_counter() - begin


def main() -> None:
    """Measure in turns and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--epochs", type=int, default=10, help="The study itself has 100.")
    given = parser.parse_args()
    found = [(ours(given.epochs), published(given.epochs)) for _ in range(given.rounds)]
    stack, source = (statistics.median(each) for each in zip(*found, strict=True))
    print(f"{given.epochs} epochs: {stack:.2f} s, published arithmetic {source:.1f} s, "
          f"{source / stack:.1f} times as long")  # fmt: skip


if __name__ == "__main__":
    main()
