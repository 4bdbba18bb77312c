"""How far trainings of many networks are, and how far they were when Ctrl-C ended them."""

from collections.abc import Callable, Sequence
from threading import Lock
from typing import Any

from glassnet.training.callbacks.history import DIVERGED, INTERRUPTED, History
from glassnet.training.callbacks.protocol import Logs

Tick = Callable[[int], None]  # called with the number of further epochs of networks


def ignore(count: int) -> None:
    """Do nothing."""


class CutShort(KeyboardInterrupt):
    """Ctrl-C ended trainings, of which these are the histories, before all were finished."""

    def __init__(self, histories: Sequence[History]) -> None:
        super().__init__(histories)  # which it is made from again in another process
        self.histories = histories


class Epochs:
    """A callback, one for all networks, that tells of each epoch of each; they may be trained in
    several threads."""

    def __init__(self, tick: Tick) -> None:
        self.tick, self.reported, self.lock = tick, 0, Lock()

    def on_epoch_end(self, epoch: int, logs: Logs) -> None:
        """Tell it."""
        self.tell(1)

    def tell(self, count: int) -> None:
        """Tell of so many epochs."""
        with self.lock:
            self.reported += count
            self.tick(count)


class Saved:
    """A callback, one for each network, that tells of the epochs that are left when it stops."""

    trainer: Any

    def __init__(self, epochs: Epochs) -> None:
        self.epochs = epochs

    def on_train_end(self, logs: Logs) -> None:
        """Tell it, unless Ctrl-C ended all."""
        history: History = self.trainer.history
        if history.interrupted not in (None, INTERRUPTED):
            self.epochs.tell(self.trainer.epochs - history.epochs)


def finished(histories: Sequence[History]) -> list[int]:
    """The trainings that neither diverged nor were cut short."""
    return [k for k in _sound(histories) if histories[k].interrupted != INTERRUPTED]


def shown(histories: Sequence[History]) -> History:
    """The history to show of networks that become one: of one that Ctrl-C cut short, else of the
    first that did not diverge."""
    cut = [history for history in histories if history.interrupted == INTERRUPTED]
    return [*cut, *(histories[k] for k in _sound(histories)), histories[0]][0]


def not_begun() -> History:
    """That of a training for which Ctrl-C left no time."""
    history = History()
    history.interrupted = INTERRUPTED
    return history


def countable(histories: Sequence[History]) -> list[int]:
    """The trainings whose losses may be shown: the finished ones and, where Ctrl-C let none be
    finished, those that came to an epoch."""
    begun = [k for k in _sound(histories) if histories[k].epochs]
    return finished(histories) or begun


def _sound(histories: Sequence[History]) -> list[int]:
    """The trainings that did not diverge."""
    return [k for k, h in enumerate(histories) if not (h.interrupted or "").startswith(DIVERGED)]


def how_far(histories: Sequence[History], epochs: int) -> str:
    """How far these were when Ctrl-C ended them; nothing if it did not.

    >>> done, cut = History(loss=[0.3, 0.2, 0.1]), History(loss=[0.3])
    >>> cut.interrupted = INTERRUPTED
    >>> how_far([cut, cut], 3), how_far([done, cut], 3), how_far([done], 3)
    ('after 1 of 3 epochs', 'after 1 of 2 networks', '')
    """
    cut = [history for history in histories if history.interrupted == INTERRUPTED]
    if not cut:
        return ""
    if len(cut) < len(histories):
        return f"after {len(histories) - len(cut)} of {len(histories)} networks"
    begun = [history.epochs for history in cut if history.epochs]
    some = f" of {len(begun)} network{'s' * (len(begun) > 1)}" if 0 < len(begun) < len(cut) else ""
    plural = "" if epochs == 1 else "s"
    return f"after {min(begun, default=0)} of {epochs} epoch{plural}{some}"
