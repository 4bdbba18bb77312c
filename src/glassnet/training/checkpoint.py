"""Checkpoints: all of a training in one file, so that it resumes as if nothing had happened."""

import copy
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from glassnet.base import files
from glassnet.base.arrays import Array, FilePath
from glassnet.base.configurable import checked, positive_int
from glassnet.base.description import check, generator, short
from glassnet.base.disk import to_replace
from glassnet.base.errors import GlassnetError, InputError, ModelFileError, ResumeError
from glassnet.nn.network import Network
from glassnet.training.callbacks.protocol import LOG, Logs, is_of_log

if TYPE_CHECKING:
    from concurrent.futures import Future

# Arrays, numbers, texts, None, dicts and lists of them, and functions that give one when it is
# written, beside the training.
State = dict[str, Any]


class Resumable(Protocol):
    """A trainer whose state can be saved."""

    stopped: str | None
    batch_index: int

    def state(self) -> State:
        """All that changes in training."""


MUST_MATCH = ("network", "data", "settings")  # what must be the same for a training to resume

ARRAY = "#array"  # in the header, {ARRAY: name} stands where the array of that name was


class Checkpoint:
    """Keep a training in a file, every so many steps and when Ctrl-C ends it.

    `fit(resume=path)` resumes it and comes to the same numbers, bit for bit, as a training that was
    never interrupted. Callbacks of your own are kept if they have `state()`, which returns
    arrays and plain data, and `restore(state)`.

    - `path`: of the file; it is replaced as a whole, while training continues.
    - `every=100`: steps between two copies.

    Raises `InputError` if `every` is not 1 or more, and `ModelFileError` if at `path` is something
    else than a regular file.
    """

    trainer: Resumable
    fingerprint: State  # what is learned, from what, and how: from fit

    @checked
    def __init__(self, path: FilePath, every: int = 100) -> None:
        self.path, self.every = Path(path), positive_int("Checkpoint: every", every)
        try:
            to_replace(path)
        except OSError as error:
            raise ModelFileError(f"cannot write {path}: {error.strerror}") from None

    def __repr__(self) -> str:
        return f"Checkpoint({str(self.path)!r}, every={self.every})"

    def on_train_begin(self, logs: Logs) -> None:
        """Count from here."""
        from concurrent.futures import ThreadPoolExecutor

        self.steps = 0
        self.writer = ThreadPoolExecutor(1)
        self.written: Future[None] | None = None

    def steps_ahead(self) -> int:
        """How many steps may be taken before the next copy."""
        return self.every - self.steps % self.every

    def skip(self, steps: int) -> None:
        """Count `steps` after which it has nothing to do."""
        self.steps += steps

    def on_train_batch_end(self, batch: int, logs: Logs) -> None:
        """Take a copy of everything; it is written while training continues."""
        self.steps += 1
        last = batch == self.trainer.batch_index  # of steps taken together
        if (self.trainer.stopped and last) or self.steps % self.every == 0:
            self.wait()
            state = {**self.fingerprint, **copy.deepcopy(self.trainer.state())}
            self.written = self.writer.submit(write, self.path, state)

    def on_train_end(self, logs: Logs) -> None:
        """Let the last one be finished."""
        self.writer.shutdown()
        self.wait()

    def wait(self) -> None:
        """Until the last copy is on the disk; raises ModelFileError if it could not be."""
        if self.written is not None:
            written, self.written = self.written, None
            written.result()


def check_override(override: bool, resume: FilePath | None) -> None:
    """Raise InputError if settings may differ but there is no checkpoint."""
    if override and not resume:
        raise InputError("override is for a training that is resumed: give resume a checkpoint")


def write(path: FilePath, state: State) -> None:
    """Write a state to one file, whole or not at all."""
    tensors: dict[str, Array] = {}
    plain = _without_arrays(state, "", tensors)
    files.write(path, tensors, {"checkpoint": plain})


def read(path: FilePath) -> State:
    """The state that `write` was given."""
    tensors, header = files.read(path)
    if "checkpoint" not in header:
        raise ModelFileError(f"{path} holds a network, not a checkpoint: its training has ended")
    used: set[str] = set()
    try:
        state = _with_arrays(header["checkpoint"], tensors, used)
    except (LookupError, TypeError, RecursionError) as error:
        raise ModelFileError(f"{path} cannot be read: {error}") from None
    if not isinstance(state, dict) or used != tensors.keys():
        raise ModelFileError(f"{path} cannot be read: its arrays are not those of its description")
    return state


def kept_engine(path: FilePath) -> str:
    """The engine that took the steps of a checkpoint: NumPy, unless it says otherwise; and if it
    cannot be read, which its training will say."""
    try:
        settings = read(path)["settings"]
    except (GlassnetError, LookupError, TypeError):
        return "numpy"
    return str(settings.get("engine", "numpy")) if isinstance(settings, dict) else "numpy"


def kept_logs(path: FilePath | None) -> set[str]:
    """The names of the logs that a checkpoint has; none if there is none, or it cannot be read,
    which its training will say."""
    if path is None:
        return set()
    try:
        state = read(path)
    except GlassnetError:
        return set()
    members = state.get("members")
    everyone = [state, *members] if isinstance(members, list) else [state]
    states = [each.get("callbacks") for each in everyone if isinstance(each, dict)]
    return {own[LOG] for each in states if isinstance(each, list) for own in each if is_of_log(own)}


def _without_arrays(value: Any, name: str, tensors: dict[str, Array]) -> Any:
    """Plain data; arrays, and floats, which JSON would not keep to the bit where they are not
    finite, go into `tensors` under the name of their place."""
    if isinstance(value, Mapping):
        return {k: _without_arrays(v, f"{name}/{k}", tensors) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [_without_arrays(v, f"{name}/{k}", tensors) for k, v in enumerate(value)]
    if isinstance(value, (np.ndarray, np.generic, float)):
        tensors[name] = np.asarray(value)
        return {ARRAY: name}
    return value() if callable(value) else value


def _with_arrays(value: Any, tensors: Mapping[str, Array], used: set[str]) -> Any:
    """What `_without_arrays` was given; `used` gets the names of the arrays."""
    if isinstance(value, dict) and value.keys() == {ARRAY}:
        found = tensors[value[ARRAY]]
        used.add(value[ARRAY])
        return found if found.ndim else found.item()
    if isinstance(value, dict):
        return {k: _with_arrays(v, tensors, used) for k, v in value.items()}
    if isinstance(value, list):
        return [_with_arrays(v, tensors, used) for v in value]
    return value


@contextmanager
def unless_refused(path: FilePath | None, networks: Sequence[Network]) -> Iterator[None]:
    """Networks and their generators stay as they were if a checkpoint turns out to be unusable.

    The error names its file.
    """
    if path is None:
        yield
        return
    things: list[Any] = [*networks, *(layer for n in networks for _, layer in n.walk())]
    before = [(vars(thing), vars(thing).copy()) for thing in things]
    vectors = [(n.parameters.vector, n.parameters.vector.copy()) for n in networks if n.built]
    draws = [(network.rng.bit_generator, network.rng.bit_generator.state) for network in networks]
    try:
        yield
    except ResumeError as error:
        for now, then in before:
            now.clear()
            now.update(then)
        for vector, values in vectors:
            vector[...] = values
        for drawing, state in draws:
            drawing.state = state
        if str(path) in str(error):
            raise
        raise ResumeError(f"{path}: {error}") from error.__cause__


def resumed(
    path: FilePath, networks: Sequence[Network], fingerprint: State, override: bool = False
) -> State:
    """The state of a checkpoint, if it is of this training; the networks' generators are then as
    they were when it began.

    With `override`, settings may differ, but not networks or data; the state says if they do.

    Raises ResumeError otherwise.
    """
    try:
        state = read(path)
        if isinstance(state.get("settings"), dict):  # the oldest files know of one engine
            state["settings"] = {"engine": "numpy", **state["settings"]}
        lacking = [name for name in (*MUST_MATCH, "begin") if name not in state]
        if lacking:
            raise InputError(f"{path} is not of a training: it lacks {', '.join(lacking)}")
        differing = _differing(state, fingerprint)
        for what, found in differing.items():
            if found and not (override and what == "settings"):
                hint = ": give the same, or override=True" if what == "settings" else ""
                raise InputError(f"{path} is of a training with different {what}: {found}{hint}")
        check(state["begin"], [generator(network.rng) for network in networks], f"{path}: begin")
    except GlassnetError as error:
        raise ResumeError(str(error)) from None
    for network, begin in zip(networks, state["begin"], strict=True):
        network.rng.bit_generator.state = begin
    rest = {name: value for name, value in state.items() if name not in (*MUST_MATCH, "begin")}
    return {**rest, "overridden": bool(differing["settings"])}


def _differing(before: State, fingerprint: State) -> dict[str, str]:
    """What differs in network, data and settings."""
    tensors: dict[str, Array] = {}
    now = _with_arrays(
        _without_arrays(fingerprint, "", tensors), tensors, set()
    )  # as it would be read
    return {what: "; ".join(_differences(before[what], now[what], "")) for what in MUST_MATCH}


def _differences(before: Any, now: Any, name: str) -> Iterator[str]:
    """What differs, in words, and what only one of them has."""
    if isinstance(before, dict) and isinstance(now, dict):
        for key in dict.fromkeys((*before, *now)):
            yield from _differences(before.get(key), now.get(key), f"{name} {key}".strip())
    elif isinstance(before, list) and isinstance(now, list) and len(before) == len(now):
        for number, (old, new) in enumerate(zip(before, now, strict=True)):
            yield from _differences(old, new, f"{name} {number}".strip())
    elif not _same(before, now):
        yield f"{name} was {short(before)}, is {short(now)}"


def _same(before: Any, now: Any) -> bool:
    if isinstance(before, np.ndarray) or isinstance(now, np.ndarray):
        return type(before) is type(now) and np.array_equal(before, now)
    return bool(before == now)
