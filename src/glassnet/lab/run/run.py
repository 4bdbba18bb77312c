"""A training that stops in any step, and goes back to any other to the bit."""

import copy
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple, Self

import numpy as np

from glassnet.base.arrays import Array
from glassnet.base.errors import DivergedError, InputError
from glassnet.data import Dataset
from glassnet.inspection.health import Finding
from glassnet.inspection.trace import Trace
from glassnet.lab.run.keyframes import MOST_BYTES, Keyframes
from glassnet.lab.run.stepping import Stepping, stepping
from glassnet.lab.run.watching import Watching
from glassnet.nn.optimizers import LBFGS
from glassnet.nn.parameters import Parameters
from glassnet.sequential import Sequential
from glassnet.training.plan import make_plan
from glassnet.workflows.fit_settings import settings_of
from glassnet.workflows.spec import Training


class Segment(NamedTuple):
    """The settings of a training from a step on, states since, and what is wrong with it; `by_hand`
    if a parameter was set there."""

    training: Training
    frames: Keyframes
    watch: Watching
    by_hand: bool = False


class Run:
    """One network and its training: forward, back, and every number of a step.

    `t` steps have been taken, `end` is the largest t that was reached. A change of settings or of
    a weight begins a new segment; what came after it is forgotten.

    - `network`: as it is before the first step.
    - `data`: it learns from the training part; the test part is looked at after every epoch.
    - `training`: how it learns; `engine`, `validation` and `watch_test` have no effect here.

    Raises `InputError` for settings that do not fit the data.
    """

    most_bytes = MOST_BYTES  # of the states kept in a segment

    def __init__(self, network: Sequential, data: Dataset, training: Training) -> None:
        self.network, self.data = network, data
        self.watch = Watching()
        self.trainer = self._trainer(training)
        self.trainer.hooks("on_train_begin", {})
        self.end, self.halted = 0, False  # halted from outside: no step is taken any more
        self._begin(0)
        self.columns: dict[str, list[float]] = {}  # of the history, as far as it was reached
        self.epoch_ends: list[int] = []  # the t after each epoch
        self.segments = [
            Segment(training, Keyframes(0, self._state(), self.most_bytes), self.watch)
        ]

    def _begin(self, t: int) -> None:
        """Wait for the next step after t."""
        self.t, self.diverged = t, ""
        self.trainer.batch_index = self.trainer.resume_step - 1
        self._steps = self.trainer.steps()

    def _trainer(self, training: Training) -> Stepping:
        data, settings = self.data, settings_of(training, self.data)
        held_out = (data.x_test, data.y_test) if len(data.x_test) else None
        self.plan = plan = make_plan(
            self.network, data.x_train, data.y_train,
            **settings | {"validation": held_out, "engine": "numpy", "callbacks": [self.watch]},
        )  # fmt: skip
        if isinstance(plan.rule, LBFGS):
            raise InputError("lbfgs takes no single step: choose another optimizer")
        plan.begin(self.network)
        return stepping(self.network, plan)

    # ---- forward

    @property
    def training(self) -> Training:
        """The settings of the next step."""
        return self._segment(self.t).training

    @property
    def epochs_done(self) -> int:
        """Epochs that have ended."""
        return self.trainer.history.epochs

    @property
    def progress(self) -> float:
        """Epochs that were trained, with the part of the one that was begun."""
        steps = self.trainer.steps_per_epoch
        return self.epochs_done + (self.trainer.batch_index + 1) % steps / steps

    @property
    def finished(self) -> bool:
        """Whether no step is left."""
        return bool(self.diverged) or self.epochs_done >= self.trainer.epochs

    def step(self) -> bool:
        """Take a step; False if there is none left, or the training has diverged."""
        if self.finished or self.halted:
            return False
        try:
            self._take()
        except DivergedError as error:
            self._undo(error)
            return False
        self._turn()
        return True

    def _turn(self) -> None:
        """Take over what was changed here before."""
        segment = self._segment(self.t)
        if segment.watch is not self.watch:
            self._restore(segment, self.t)

    def _take(self) -> None:
        self.watch.awake = self.t == self.end
        with self.trainer.undisturbed():
            next(self._steps)
        self._count()
        self.watch.note(self.t)

    def _undo(self, error: DivergedError) -> None:
        """Back to the state before the step that diverged."""
        t, epoch, segment = self.t, self.epochs_done, self._segment(self.t)
        step = self.trainer.batch_index + 1
        self._restore(segment, segment.frames.before(t))
        while self.t < t:
            self._take()
        self.diverged = (
            f"The training diverged in step {t + 1} (epoch {epoch + 1}, step {step}): first not "
            f"finite: {error.place}."
        )

    def _count(self) -> None:
        self.t += 1
        self.end = max(self.end, self.t)
        history = self.trainer.history
        if history.epochs > len(self.epoch_ends):
            self.epoch_ends.append(self.t)
            for name, values in history.items():
                self.columns.setdefault(name, []).append(float(values[-1]))
        frames = self._segment(self.t).frames
        if frames.due(self.t):
            frames.keep(self.t, self._state())

    def record(self) -> Trace | None:
        """Take a step and keep every number of it; None if no step is left, or it diverges."""
        if self.finished or self.halted:
            return None
        try:
            with self.trainer.recorded() as trace:
                self._take()
        except DivergedError as error:
            self._undo(error)
            return None
        self._turn()
        return trace

    def peek(self) -> Trace | None:
        """Every number of the next step, which is not taken; None as in `record`."""
        t, end, said, epochs = self.t, self.end, self.diverged, len(self.epoch_ends)
        segment, state = self._segment(t), copy.deepcopy(self._state())
        self.end = max(end, t + 1)  # so that nobody watches it
        trace = self.record()
        if trace is not None:
            self._resume(segment, state, t)
        self.end, self.diverged = end, said
        self._keep_epochs(epochs)
        return trace

    # ---- back

    def go(self, t: int) -> None:
        """To the state after t steps, which were taken before, or as many as there are."""
        t = min(max(t, 0), self.end)
        segment = self._segment(t)
        k = segment.frames.before(t)
        if segment.watch is not self.watch or not k <= self.t <= t:
            self._restore(segment, k)
        while self.t < t and self.step():
            pass

    def _segment(self, t: int) -> Segment:
        """The one that leads to step t."""
        return next(each for each in reversed(self.segments) if each.frames.first <= t)

    def _state(self) -> dict[str, Any]:
        """The trainer's state, at an epoch's end as the next begins; of the history, of which all
        have the same, the length."""
        trainer = self.trainer
        state = trainer.state() | {"history": trainer.history.epochs}
        if 0 < state["steps"] < trainer.steps_per_epoch:
            return state
        ended = bool(state["steps"])
        return state | {
            "epoch": state["epoch"] + ended, "steps": 0, "records": dict(trainer.records),
            "order": state["rng"],
        }  # fmt: skip

    def _restore(self, segment: Segment, k: int) -> None:
        self._resume(segment, segment.frames.state(k), k)

    def _resume(self, segment: Segment, state: dict[str, Any], t: int) -> None:
        """Go on after t steps, in this segment and from this state."""
        if segment.watch is not self.watch:
            self.watch = segment.watch
            self.trainer = self._trainer(segment.training)
            self.trainer.hooks("on_train_begin", {})
        self.trainer.records.clear()
        epochs = state["history"]
        state["history"] = {name: np.array(v[:epochs]) for name, v in self.columns.items()}
        self.trainer.restore(state)
        self._begin(t)

    # ---- another way from here

    def change(self, training: Training) -> None:
        """Go on with other settings from here."""
        now = self._state()
        before = self.training
        self._branch(training, now)
        try:
            self._restore(self.segments[-1], self.t)
        except InputError:
            self._branch(before, now)
            self._restore(self.segments[-1], self.t)
            raise

    def edit(self, name: str, place: tuple[int, ...], value: float) -> None:
        """Set one parameter by hand, and go on from there."""
        if not np.isfinite(value):
            raise InputError(f"{name} cannot be {value}: expected a finite number")
        self.network.parameters[name][place] = value
        self._branch(self.training, self._state(), by_hand=True)
        self._restore(self.segments[-1], self.t)

    @property
    def edited(self) -> bool:
        """Whether parameters were set by hand after this step."""
        segment = self._segment(self.t)
        return segment.by_hand and segment.frames.first == self.t

    def undo(self) -> None:
        """Take back what was set by hand after this step, and forget what came later."""
        if not self.edited:
            raise InputError("no parameter was set by hand at this step: nothing can be undone")
        self.segments = self.segments[: self.segments.index(self._segment(self.t))]
        self._forget()
        self.go(self.t)

    def reseed(self, seed: int) -> None:
        """Draw the order of samples, and noise, by another seed from the next epoch on."""
        state = self._state() | {"rng": np.random.default_rng(seed).bit_generator.state}
        self._branch(self.training, state)
        self._restore(self.segments[-1], self.t)

    def fork(self, most_bytes: int = MOST_BYTES) -> Self:
        """A second run with the same past; from here on each continues without the other.

        - `most_bytes`: of the states that it keeps from here.

        Raises `InputError` if this run has diverged.
        """
        if self.diverged:
            raise InputError(f"the run has diverged: go back to step {self.t} or before it first")
        twin = copy.copy(self)
        twin.most_bytes, twin.network = most_bytes, copy.deepcopy(self.network)
        twin.segments = [
            each._replace(frames=each.frames.twin(), watch=each.watch.twin())
            for each in self.segments
        ]
        twin._branch(self.training, self._state())
        twin._restore(twin.segments[-1], self.t)
        return twin

    def _branch(self, training: Training, state: dict[str, Any], by_hand: bool = False) -> None:
        """From here on another segment; of several at one step the last, but for the very first."""
        earlier = [each for each in self.segments if each.frames.first < self.t]
        self.segments = earlier or self.segments[:1]
        self._forget()
        frames = Keyframes(self.t, state, self.most_bytes)
        self.segments.append(Segment(training, frames, Watching(), by_hand))

    def _forget(self) -> None:
        """Forget what came after this step."""
        for each in self.segments:
            each.frames.forget(self.t)
        self.end = self.t
        self._keep_epochs(self.epochs_done)

    def _keep_epochs(self, epochs: int) -> None:
        self.epoch_ends = self.epoch_ends[:epochs]
        self.columns = {name: values[:epochs] for name, values in self.columns.items()}

    # ---- on the disk

    def kept(self, most: int, most_bytes: int) -> dict[str, Any]:
        """Plain data and arrays from which `resume` goes on, to the bit.

        - `most`, `most_bytes`: of the states to go back to; the first and the present one are
          always kept.
        """
        share = max(1, min(most, most_bytes // max(1, self.segments[0].frames.bytes)))
        return {
            "t": self.t, "end": self.end, "diverged": self.diverged,
            "epoch_ends": np.array(self.epoch_ends, np.int64),
            "columns": {name: np.array(values) for name, values in self.columns.items()},
            "segments": [
                {
                    "training": each.training.model_dump(mode="json"), "by_hand": each.by_hand,
                    **each.frames.kept(max(1, share // len(self.segments))),
                }
                for each in self.segments
            ],
            "now": copy.deepcopy(self._state()),
        }  # fmt: skip

    def resume(self, kept: Mapping[str, Any]) -> None:
        """Continue what a run of the same settings has `kept`."""
        self.columns = {name: values.tolist() for name, values in kept["columns"].items()}
        self.epoch_ends = kept["epoch_ends"].tolist()
        self.segments = [
            Segment(
                Training.model_validate(each["training"]),
                Keyframes.of(each, self.most_bytes),
                Watching(),
                each["by_hand"],
            )
            for each in kept["segments"]
        ]
        self.end = kept["end"]
        self._resume(self._segment(kept["t"]), dict(kept["now"]), kept["t"])
        self.diverged = kept["diverged"]

    # ---- what can be asked

    @property
    def findings(self) -> list[Finding]:
        """What is wrong with the training by now, as far as it was looked at."""
        return self._segment(self.t).watch.findings(self.t)

    def course_of(self, name: str, place: tuple[int, ...]) -> Iterator[tuple[int, float]]:
        """The value of a parameter over time, at the steps whose states are kept."""
        specs = self.network.parameters.specs
        for segment in self.segments:
            for t in (t for t in segment.frames if t <= self.end):
                theta = Parameters(specs, vector=segment.frames.states[t]["theta"])
                yield t, float(theta[name][place])

    @property
    def bytes(self) -> int:
        """What it holds beside the data, about."""
        kept = sum(len(each.frames.states) * each.frames.bytes for each in self.segments)
        return kept + 8 * self.network.parameters.vector.nbytes

    def step_losses(self) -> Array:
        """The loss of every step of this epoch so far, or at its end of all its steps."""
        losses: Array = self.trainer.records.get("loss", np.empty(0))
        return losses[: self.trainer.batch_index + 1] if self.trainer.batch_index >= 0 else losses
