"""States of a training, kept so that every step can be reached again."""

import copy
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Self

import numpy as np

MOST, MOST_BYTES = 256, 2**26
FIRST_EVERY = 16  # steps between two states at first: fewer are soon taken again


class Keyframes:
    """States by the steps taken before them: every so many, fewer as they become many.

    The first is never dropped. What they hold together stays below `most_bytes`, if two have room.

    >>> frames = Keyframes(0, {"theta": np.zeros(2)})
    >>> for t in range(1, 100):
    ...     if frames.due(t):
    ...         frames.keep(t, {"theta": np.full(2, t)})
    >>> frames.before(50), frames.state(48)["theta"]
    (48, array([48, 48]))
    """

    def __init__(self, first: int, state: Mapping[str, Any], most_bytes: int = MOST_BYTES) -> None:
        self.first, self.every, self.most_bytes = first, FIRST_EVERY, most_bytes
        self.bytes = size_of(state)
        self.states: dict[int, dict[str, Any]] = {first: copy.deepcopy(dict(state))}

    def due(self, t: int) -> bool:
        """Whether the state after t steps should be kept."""
        return t not in self.states and (t - self.first) % self.every == 0

    def keep(self, t: int, state: Mapping[str, Any]) -> None:
        """Keep a copy of the state after t steps."""
        self.states[t] = copy.deepcopy(dict(state))
        self.bytes = max(self.bytes, size_of(state))
        most = max(2, min(MOST, self.most_bytes // self.bytes))
        while len(self.states) > most:
            self.every *= 2
            self.states = {
                k: each for k, each in self.states.items() if (k - self.first) % self.every == 0
            }

    def before(self, t: int) -> int:
        """The last step, at most t, whose state is kept."""
        return max(k for k in self.states if k <= t)

    def state(self, t: int) -> dict[str, Any]:
        """A copy of what was kept after t steps."""
        return copy.deepcopy(self.states[t])

    def twin(self) -> Self:
        """The same states for another run, which may forget some and keep more."""
        made = copy.copy(self)
        made.states = dict(self.states)
        return made

    def kept(self, most: int) -> dict[str, Any]:
        """The first state and others spread over time, `most` at most, as `of` takes them."""
        every = list(self)
        places = np.unique(np.linspace(0, len(every) - 1, min(most, len(every))).astype(int))
        at = [every[place] for place in places]
        return {"every": self.every, "at": at, "states": [self.states[t] for t in at]}

    @classmethod
    def of(cls, kept: Mapping[str, Any], most_bytes: int = MOST_BYTES) -> Self:
        """The keyframes that were `kept`."""
        made = cls(kept["at"][0], kept["states"][0], most_bytes)
        made.every = kept["every"]
        made.states = dict(zip(kept["at"], kept["states"], strict=True))
        return made

    def forget(self, after: int) -> None:
        """Drop the states of later steps."""
        self.states = {k: each for k, each in self.states.items() if k <= after}

    def __iter__(self) -> Iterator[int]:
        return iter(sorted(self.states))


def size_of(thing: Any) -> int:
    """The bytes of all arrays in plain data.

    >>> size_of({"a": [np.zeros(3)], "b": 1.0})
    24
    """
    if isinstance(thing, np.ndarray):
        return thing.nbytes
    if isinstance(thing, Mapping):
        return sum(map(size_of, thing.values()))
    if isinstance(thing, Sequence) and not isinstance(thing, str):
        return sum(map(size_of, thing))
    return 0
