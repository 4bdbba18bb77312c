"""Sentences of three words, some of which are glad and some sad: for a table of words."""

from typing import Literal

import numpy as np

from glassnet.data import Dataset, split
from glassnet.data.dataset import generator
from glassnet.lab.sources.named import Samples
from glassnet.lab.sources.shelf import Shelf
from glassnet.workflows.spec import Part

WORDS = ("the", "a", "day", "glad", "merry", "happy", "sad", "gloomy", "sorry")
GLAD, SAD = (3, 4, 5), (6, 7, 8)  # the numbers of those words
LENGTH = 3


class Sentences(Part):
    """Sentences of `LENGTH` words, given by their numbers in `WORDS`: one word says whether the
    sentence is glad or sad, the others say nothing."""

    kind: Literal["sentences"] = "sentences"
    name: Literal["sentences"] = "sentences"
    samples: Samples = 200

    def load(self, shelf: Shelf, seed: int) -> Dataset:
        """The data, drawn and parted by this seed."""
        rng = generator(seed)
        x = rng.integers(0, GLAD[0], (self.samples, LENGTH))
        words = rng.integers(GLAD[0], len(WORDS), self.samples)
        x[np.arange(self.samples), rng.integers(0, LENGTH, self.samples)] = words
        return Dataset(
            self.name,
            *split(x, (words >= SAD[0]).astype(np.int64), 0.25, seed),
            classes=("glad", "sad"),
            feature_names=tuple(f"word {n + 1}" for n in range(LENGTH)),
            notes=(
                "words by their numbers: " + ", ".join(f"{n} {w}" for n, w in enumerate(WORDS)),
            ),
        )
