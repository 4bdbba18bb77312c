"""What the callbacks have in common that log every epoch outside of the training."""

import copy
import sys
from collections.abc import Iterator, Mapping
from typing import Any, Self

from glassnet.base.addresses import without_password
from glassnet.base.configurable import Described
from glassnet.base.description import array, check, integer, length_of
from glassnet.base.errors import InputError
from glassnet.nn.layers import words_for
from glassnet.nn.layers.words import shortened
from glassnet.training.callbacks.history import DIVERGED, INTERRUPTED, History
from glassnet.training.callbacks.protocol import Logs, Training

Setting = bool | int | float | str
LATER = "training continues, and all is tried once more at its end"
LONGEST = 1000  # characters of the layers


class EpochLog(Described):
    """Base of `CSVLogger`, `TensorBoard` and `MLflow`.

    It has a table of all epochs, their metrics and learning rates, which a checkpoint keeps too. A
    subclass says how to `start`, to `write` the epochs that are not `logged` yet, and to `end`.

    A constructor raises an error if nothing can be logged. A training must not be lost: during one,
    the first failure is reported on standard error, and all is tried once more at the end.
    """

    only_logs = True  # a training resumes with or without it
    trainer: Training
    table: History  # of all epochs
    since: dict[str, int]  # the first epoch of each metric
    logged: int  # how many of them are logged
    failure: str  # why writing has failed, if it has
    begun: bool  # whether an epoch has begun, so that there is something to log

    @property
    def place(self) -> str:
        """Where it logs to, in words."""
        raise NotImplementedError

    def reset(self) -> None:
        """Forget the training before; nothing is written, since this one may resume another."""

    def start(self) -> None:
        """Prepare for the epochs: called before the first, and not if training resumes in one."""

    def write(self) -> None:
        """Log the epochs of the table from `logged` on."""
        raise NotImplementedError

    def end(self) -> None:
        """Say how the training ended."""

    def of_network(self, name: str, settings: Mapping[str, Any] | None = None) -> Self:
        """A copy for one of several networks, which logs to a place of its own.

        - `name`: of the network, such as its number in a stack.
        - `settings`: its own, for what logs settings.
        """
        raise NotImplementedError

    def add(self, metrics: Mapping[str, float]) -> None:
        """Add these `metrics` of the trained network, if there is a place for them."""

    def log_test(self, metrics: Mapping[str, float], part: str = "test") -> None:
        """Add metrics of the trained network, after `fit`; a CSV file has no place for them.

        - `metrics`: such as those of `evaluate`.
        - `part="test"`: of the data; their names there begin with it.
        """
        if not hasattr(self, "table"):
            raise InputError(f"nothing was trained with {self!r} yet: call log_test after fit")
        named = {f"{part}_{name}": float(value) for name, value in metrics.items()}
        self.attempt(lambda: self.add(named), f"{' and '.join(named)} are missing there")

    # ---- hooks

    def on_train_begin(self, logs: Logs) -> None:
        """Start anew."""
        self.table, self.since = History(), {}
        self.logged, self.failure, self.begun = 0, "", False
        self.reset()

    def on_epoch_begin(self, epoch: int, logs: Logs) -> None:
        """Prepare before the first."""
        if not self.begun:
            self.begun = True
            self.attempt(self.start, LATER)

    def on_epoch_end(self, epoch: int, logs: Logs) -> None:
        """Log the epoch."""
        self.begun = True
        row = {**logs, "learning_rate": self.trainer.learning_rate}
        self.since = dict.fromkeys(row, self.table.epochs) | self.since
        self.table.append(row)
        if not self.failure and self.due():
            self.attempt(self._write, LATER)

    def on_train_end(self, logs: Logs) -> None:
        """Log what is missing, and how the training ended."""
        if not self.begun:
            return
        self.failure = ""
        self.attempt(self._write, f"epochs from {self.logged + 1} on are missing there")
        if not self.failure:
            self.attempt(self.end, "it does not say how the training ended")

    def due(self) -> bool:
        """Whether to write now."""
        return True

    def attempt(self, act: Any, otherwise: str) -> None:
        """Call `act`; if it fails for any reason, report that and what happens `otherwise`."""
        try:
            act()
        except Exception as error:
            self.failure = self.reason(error)
            note = f"note: cannot log to {self.place}: {self.failure}; {otherwise}"
            print(note, file=sys.stderr, flush=True)

    def rows(self) -> Iterator[tuple[int, dict[str, float]]]:
        """The epochs that are not logged, from 1, and the metrics that each had."""
        for epoch in range(self.logged, self.table.epochs):
            names = (name for name in self.table if self.since[name] <= epoch)
            yield epoch + 1, {name: self.table[name][epoch] for name in names}

    def reason(self, error: Exception) -> str:
        """Why something failed, from its `error`."""
        return in_a_line(error)

    def _write(self) -> None:
        if self.logged < self.table.epochs:
            self.write()
            self.logged = self.table.epochs

    # ---- checkpoints

    def state(self) -> dict[str, Any]:
        """What it remembers."""
        return {"table": self.table.state(), "since": self.since}

    def restore(self, state: dict[str, Any]) -> None:
        """Remember this `state` again."""
        columns = state.get("table") if isinstance(state, dict) else None
        columns = columns if isinstance(columns, dict) else {}
        epochs = max(map(length_of, columns.values()), default=0)
        described = {"table": {name: array((epochs,)) for name in columns},
                     "since": {name: integer(0, epochs) for name in columns}}  # fmt: skip
        check(state, {**described, **self.more_state()}, type(self).__name__)
        self.table.restore(state["table"])
        self.since = dict(state["since"])

    def catch_up(self) -> None:
        """Take the finished epochs of a training that it did not log from the history."""
        self.table.restore(self.trainer.history.state())
        self.since = dict.fromkeys(self.table, 0)

    def more_state(self) -> dict[str, Any]:
        """What the state of a subclass holds besides."""
        return {}

    # ---- what is known of the training

    def described(self) -> dict[str, Setting]:
        """What learns, from what and how, each setting under a name of its own."""
        network, about = self.trainer.network, self.trainer.about
        known = {"samples": about.get("samples"), "seed": about.get("seed"),
                 **about.get("settings", {})}  # fmt: skip
        return {
            "layers": ", ".join(shortened(words_for([each])) for each in network.layers)[:LONGEST],
            "parameters": network.parameters.trainable.size,
            **flat(known),
        }

    def outcome(self) -> str:
        """How the training ended: "finished", "interrupted" by Ctrl-C, or "failed"."""
        reason = self.trainer.history.interrupted or ""
        if reason == INTERRUPTED:
            return "interrupted"
        whole = self.table.epochs == self.trainer.epochs or (
            reason and not reason.startswith(DIVERGED)
        )
        return "finished" if whole else "failed"

    def copy(self, **settings: Any) -> Self:
        """The same with some other settings."""
        twin = copy.copy(self)
        vars(twin).update(settings)
        return twin


def flat(settings: Mapping[str, Any], prefix: str = "") -> dict[str, Setting]:
    """Settings within settings by their path; what is None is left out.

    >>> flat({"optimizer": {"kind": "SGD", "learning_rate": 0.1}, "clip_norm": None})
    {'optimizer': 'SGD', 'optimizer.learning_rate': 0.1}
    """
    found: dict[str, Setting] = {}
    for key, value in settings.items():
        name = f"{prefix}{key}"
        if isinstance(value, Mapping):
            found |= {name: str(value["kind"])} if "kind" in value else {}
            found |= flat({k: v for k, v in value.items() if k != "kind"}, f"{name}.")
        elif value is not None:
            found[name] = value if isinstance(value, Setting) else str(value)
    return found


def in_a_line(error: Exception) -> str:
    """What an error says, without passwords, on one line."""
    said = getattr(error, "strerror", None) or str(error) or type(error).__name__
    return without_password(" ".join(str(said).split()))
