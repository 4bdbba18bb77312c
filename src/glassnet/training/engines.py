"""What takes the steps of an epoch: NumPy, one by one, or compiled code, many in a call."""

import math
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext
from functools import cache
from importlib.util import find_spec
from typing import Any, NamedTuple, Protocol

import numpy as np

from glassnet.base import progress
from glassnet.base.arrays import Array, Shape
from glassnet.base.configurable import choose
from glassnet.base.errors import InputError
from glassnet.base.optional import install_line, need
from glassnet.nn.losses import Loss
from glassnet.nn.network import Network
from glassnet.nn.optimizers import LBFGS, Optimizer

ENGINES = ("auto", "numpy", "compiled")
DESCENT, DESCENT_IN_LANES = "descent.descend-", "descent.descend_in_lanes-"  # files of kernels

# When "auto" compiles: a training that NumPy would take longer for than loading what is compiled,
# or than compiling it, once on each machine.
WORTH_LOADING, WORTH_COMPILING = 1.0, 20.0  # seconds
SECONDS_A_LAYER, MULTIPLY_ADDS_A_SECOND = 8e-6, 1.5e10  # of a step by NumPy, roughly

AT_ONCE = 0.05  # seconds that a call should take: Ctrl-C is heard between two
BYTES_AT_ONCE = 2**22  # of inputs that are gathered together for compiled steps


class Engine(Protocol):
    """What takes the steps of a trainer's epoch."""

    name: str
    alone: bool  # whether its own threads need the processors to themselves

    def walk(self, trainer: Any, first: int) -> Iterator[int]:
        """Take the steps that are left of this epoch, from the `first`; yields the number of the
        last one taken, now and then."""


class Choice(NamedTuple):
    """An engine by name, and why it is not the other one; nothing if that goes without saying."""

    name: str
    reason: str = ""

    @property
    def note(self) -> str:
        """In a line, what takes the steps, if it is not what anybody expects."""
        if self.name == "compiled":
            return "engine: compiled"
        return f"engine: numpy ({self.reason})" if self.reason else ""


class Work(NamedTuple):
    """What a training does: for how many networks, so many steps, each of so many rows."""

    network: Network
    input_shape: Shape
    loss: Loss
    rule: Optimizer
    metrics: Any
    steps: int
    rows: int
    networks: int = 1

    def seconds(self) -> float:
        """How long NumPy would take, roughly."""
        layers = sum(1 for _ in self.network.walk()) + 2
        multiply_adds = 3 * self.rows * self.network.root.multiply_adds(self.input_shape)
        step = SECONDS_A_LAYER * layers + multiply_adds / MULTIPLY_ADDS_A_SECOND
        return self.networks * self.steps * step

    def refusal(self) -> str:
        """What of it has no compiled form; nothing if all has."""
        if isinstance(self.rule, LBFGS):
            return "lbfgs has no compiled form"
        from glassnet.compiled.program import NotCompiledError, check_parts

        try:
            check_parts(self.network, self.loss, self.rule)
        except NotCompiledError as missing:
            return f"{missing} has no compiled form"
        return ""


def choose_engine(asked: str, work: Work) -> Choice:
    """The engine that is asked for, or of "auto" the faster one.

    "auto" compiles if Numba is installed and NumPy would take longer than loading the compiled
    steps does, a second, or where none have been compiled yet, than compiling them, 20 seconds.
    Raises InputError if compiled steps are asked for and cannot be had.
    """
    choose("engine", asked, ENGINES)
    if asked == "numpy" or (asked == "auto" and work.seconds() < WORTH_LOADING):
        return Choice("numpy")
    if asked == "auto":
        reason = _not_worth_it(work) or work.refusal()
        return Choice("numpy", reason) if reason else Choice("compiled")
    need("numba", "engine='compiled'")
    if reason := work.refusal():
        raise InputError(f"engine='compiled': {reason}: expected 'numpy' or 'auto'")
    return Choice("compiled")


def _not_worth_it(work: Work) -> str:
    """Why NumPy is done sooner than compiled steps; nothing if it is not."""
    if not installed():
        return f"for compiled steps: {install_line('fast')}"
    if work.seconds() < WORTH_COMPILING and not compiled_before():
        return "compiling the steps, which is done once, takes longer"
    return ""


@cache
def installed() -> bool:
    """Whether Numba is there; looked for without loading it."""
    return find_spec("numba") is not None


def compiled_before(kernel: str = DESCENT) -> bool:
    """Whether this machine has the compiled steps on its disk."""
    from glassnet.compiled.compiler import folder

    return any(folder().rglob(f"{kernel}*.nbc"))


def first_call(kernel: str = DESCENT) -> AbstractContextManager[Any]:
    """Show what takes long before the first of the compiled steps."""
    what = "loading the steps" if compiled_before(kernel) else "compiling, once on this machine"
    return progress.work(what)


# ---- the engines


class StepByStep:
    """Every step for itself: by NumPy, or with its parts compiled."""

    alone = False

    def __init__(self, name: str = "numpy") -> None:
        self.name = name

    def walk(self, trainer: Any, first: int) -> Iterator[int]:
        """Step after step."""
        for index, batch in enumerate(trainer.remaining(trainer.batches.epoch), first):
            trainer.take_step(index, batch)
            yield index


def gathered(rows: Any) -> Array:
    """The rows of an array, if they are still to be gathered."""
    found: Array = rows if isinstance(rows, np.ndarray) else rows.gathered()
    return found


class ManyAtOnce:
    """Compiled steps, as many in a call as nobody needs to see one by one."""

    name = "compiled"

    def __init__(self, program: Any) -> None:
        self.program, self.seconds_a_step = program, 0.0
        self.alone = program.parts > 1

    def walk(self, trainer: Any, first: int) -> Iterator[int]:
        """Some steps at once; one whose loss is not finite is left to NumPy, which reports it."""
        size, index = self.program.size, first
        for group in trainer.remaining(trainer.batches.groups):
            begin, end = index, index + math.ceil(len(group[0]) / size)
            while index < end:
                count = min(self.at_once(trainer), end - index)
                rows = slice((index - begin) * size, (index - begin + count) * size)
                done = self.take(trainer, index, [array[rows] for array in group])
                if done < count:
                    at = (index - begin + done) * size
                    batch = (array[at : at + size] for array in group)
                    trainer.take_step(index + done, tuple(gathered(each) for each in batch))
                    done += 1
                index += done
                yield index - 1

    def at_once(self, trainer: Any) -> int:
        """How many steps to take before somebody may want to see one."""
        ahead: int = trainer.hooks.steps_ahead()
        timed = int(AT_ONCE / self.seconds_a_step) if self.seconds_a_step else 16
        return min(ahead, max(1, timed))

    def take(self, trainer: Any, index: int, arrays: list[Any]) -> int:
        """Take the steps of these rows, or as many as have a finite loss; returns how many."""
        count = math.ceil(len(arrays[0]) / self.program.size)
        rates, t = np.empty(count), 0
        for step in range(count):
            trainer.batch_index = index + step
            trainer.hooks("on_train_batch_begin", index + step, {})
            if trainer.schedule.every_step:
                trainer.set_learning_rate()
            rates[step], t = trainer.learning_rate, t or trainer.steps_done + 1
        begin = time.perf_counter()
        with nullcontext() if self.seconds_a_step else first_call():
            done, figures = self.program.take(arrays, trainer.moments, t, rates)
        self.seconds_a_step = (time.perf_counter() - begin) / count
        trainer.batch_index = index + max(done, 1) - 1
        trainer.learning_rate = float(rates[max(done, 1) - 1])
        trainer.record(figures, slice(index, index + done))
        if trainer.hooks.have("on_train_batch_end"):
            for step in range(done):
                own = {name: values[step] for name, values in figures.items()}
                trainer.hooks("on_train_batch_end", index + step, own)
        return int(done)
