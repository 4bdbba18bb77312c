"""One person's lab: settings, their run, and what the page looks at."""

import threading
import time
from collections.abc import Callable, Mapping
from typing import Any, cast

from glassnet.base.arrays import Array
from glassnet.base.errors import InputError
from glassnet.data import Dataset
from glassnet.inspection.trace import Trace
from glassnet.lab.run.keyframes import size_of
from glassnet.lab.run.operations import Operation, operations
from glassnet.lab.run.run import Run
from glassnet.lab.run.scoring import PART_OF_PLAYING, Moment, Scoring
from glassnet.lab.sources.shelf import Shelf
from glassnet.lab.state.forks import Forks
from glassnet.lab.state.limits import check_cost, check_options, check_training
from glassnet.lab.state.seeds import Seeds
from glassnet.lab.state.settings import Settings
from glassnet.lab.state.starting import network_for, settled
from glassnet.nn.worked import Place
from glassnet.sequential import Sequential


def part_of(data: Dataset, part: str) -> Array:
    """The inputs of the training or the test part."""
    return data.x_train if part == "training" else data.x_test


class View:
    """What of a run the page shows now: only that is computed."""

    def __init__(self) -> None:
        self.features = (0, 1)  # along the axes of the plane
        self.output = 0  # the label or value that the plane shows, of several
        self.projected = False  # on the principal components of all features instead
        self.part, self.sample = "training", 0  # of which the units' numbers are
        self.unit: tuple[int, int] | None = None  # in words: its column and its place there
        self.followed: int | None = None  # sample of the batch that is looked into; None: several
        self.weight: tuple[str, Place] | None = None  # that is looked into
        self.epochs = 0  # of the curves that the page has already
        self.branch = -1
        self.told: tuple[Any, ...] = ()  # of what is wrong
        self.scored = 0  # of the scores, the last that the page has
        self.forks: dict[str, int] = {}  # epochs of the forks' curves that the page has


class Session:
    """One person's lab. What is asked of it holds `lock`, so that one thing happens at a time."""

    def __init__(
        self,
        settings: Settings,
        shelf: Shelf | None = None,
        dropped: Mapping[str, Array] | None = None,
    ) -> None:
        self.lock = threading.RLock()
        self.shelf = Shelf(shelf)
        for name, content in (dropped or {}).items():
            self.shelf.drop(name, content.tobytes())
        self.view = View()
        self.playing = False
        self.speed: float | None = None  # steps a second, at most
        self.used = time.monotonic()
        self.settings = settings
        self.run = self.begun(settings)
        self.branch = 0  # counts the changes after which the curves are drawn afresh
        self.by_operation = False  # how it plays
        self.trace: Trace | None = None  # of the step that is looked into, which the run has taken
        self.operation: int | None = None  # of that step, the one that is shown
        self.forks, self.seeds = Forks(), Seeds()
        self.operations: list[Operation] = []
        self.peeked: tuple[tuple[int, int], Trace | None] | None = None  # t, branch, the next step
        self.scoring = Scoring()

    def begun(self, settings: Settings, data: Dataset | None = None) -> Run:
        """A run of these settings at its start; `data` if they are known already."""
        check_options(getattr(settings.data, "options", {}))
        check_training(settings.training)
        if data is None:
            data = settings.data.load(self.shelf, settings.seed)
        check_cost(settings.network, data, settings.training)
        network = network_for(settings, self.shelf, data)
        return Run(network, data, settings.training)

    def begin(self, settings: Settings, data: Dataset | None = None) -> None:
        """Start again with these settings, and `data` if they are read already; if they do not
        fit, all stays as it is."""
        settings = settled(settings, self.settings)
        now = self.settings
        same = (settings.data, settings.seed) == (now.data, now.seed)
        run = self.begun(settings, self.run.data if same else data)
        if not same:
            self.forks.each.clear()
            self.view.forks.clear()
            self.seeds.clear()
            self.view.features, self.view.projected = (0, 1), False
            self.scoring, self.view.scored = Scoring(), 0
        run.halted = self.run.halted
        self.run, self.settings = run, settings
        self.branched()

    def change(self, settings: Settings) -> None:
        """Take over other settings: those of training alone count from here on, others begin
        afresh."""
        same = settings.model_copy(update={"training": self.settings.training})
        if same != self.settings:
            self.begin(settings)
        elif settings != self.settings:
            check_cost(settings.network, self.run.data, settings.training)
            self.run.change(settings.training)
            self.settings = settings
            self.branched()

    def exchange(self, letter: str) -> None:
        """Let a fork and the main run take each other's place."""
        fork = self.forks.get(letter)
        self.run, fork.run = fork.run, self.run
        self.settings, fork.settings = fork.settings, self.settings
        fork.name = fork.change = f"the main run before {fork.name}"
        self.playing = False
        self.view.forks.pop(letter, None)
        self.branched()

    @property
    def busy(self) -> bool:
        """Whether it computes by itself: it plays, forks have to catch up, or scores are due."""
        return self.training or self.scoring.behind(self.moment)

    @property
    def training(self) -> bool:
        """Whether it plays, or forks have to catch up."""
        return self.playing or bool(self.forks.behind(self.run))

    def branched(self) -> None:
        """What was shown of later steps no longer holds."""
        self.branch += 1
        self.leave()
        if self.view.weight and not self.has(*self.view.weight):
            self.view.weight = None
        if self.view.sample >= len(part_of(self.run.data, self.view.part)):
            self.view.part, self.view.sample = "training", 0
        if self.view.output >= self.run.data.outputs:
            self.view.output = 0

    def advance(self, seconds: float, enough: Callable[[], bool] = lambda: False) -> None:
        """Take steps for so long, or until it is `enough`, if it is playing; forks follow, and
        scores."""
        with self.lock:
            end = time.perf_counter() + seconds
            if self.playing and self.by_operation:
                self.playing = self.next_operation()
                self.forks.follow(self.run, end)
                return
            if self.playing:
                self.leave()
            while self.training and time.perf_counter() < end:
                epochs = self.run.epochs_done
                self.playing = self.playing and self.run.step()
                if self.run.epochs_done > epochs:
                    self.scoring.epoch_ended(self.run, self.moment)
                self.forks.follow(self.run, end)
                if self.speed is not None or enough():
                    break
            if not self.playing:
                self.scoring.begin(self.run, self.network, self.moment)
            self.scoring.work(seconds * (PART_OF_PLAYING if self.training else 1), enough)

    def go(self, t: int) -> None:
        """To the state after t steps."""
        self.leave()
        self.run.go(t)

    @property
    def bytes(self) -> int:
        """What it holds, about."""
        data = self.run.data
        arrays = size_of([data.x_train, data.y_train, data.x_test, data.y_test])
        return arrays + sum(each.bytes for each in self.runs)

    @property
    def runs(self) -> list[Run]:
        """The main run and its forks."""
        return [self.run, *(fork.run for fork in self.forks.each.values())]

    def shown_afresh(self) -> None:
        """A page that knows nothing looks at it."""
        self.view.epochs, self.view.branch = 0, -1
        self.view.forks.clear()

    def halt(self) -> None:
        """Take no step any more: whatever computes ends after its own."""
        self.playing = False
        for run in self.runs:
            run.halted = True
        self.seeds.cancel()

    def close(self) -> None:
        """End it, and remove what it has put on the disk."""
        self.halt()
        self.shelf.close()

    # ---- inside a step

    @property
    def network(self) -> Sequential:
        """As it is shown: inside a step, before its update, as it was before the step."""
        if self.trace is None or self.updated:
            return self.run.network
        return cast(Sequential, self.trace.network)

    @property
    def moment(self) -> Moment:
        """Which state of the network is shown."""
        return id(self.run), self.branch, self.run.t - (not self.updated)

    @property
    def updated(self) -> bool:
        """Whether the steps that were taken are shown to their end."""
        return self.operation is None or self.operation + 1 == len(self.operations)

    def leave(self) -> None:
        """Look into no step."""
        self.trace, self.operation, self.operations = None, None, []

    def look_into(self, t: int, operation: int = 0) -> bool:
        """Into the step that leads to t, at one of its operations; False if it cannot be taken."""
        self.go(t - 1)
        self.trace = self.run.record()
        if self.trace is None:
            return False
        self.explain()
        self.operation = operation % len(self.operations)
        return True

    def explain(self) -> None:
        """Make the operations of the step that is looked into, for what is looked at in it."""
        if self.trace is None:
            return
        n = self.view.followed
        sample = None if n is None or n >= len(self.trace.z) else n
        self.operations = operations(self.trace, self.run.data.classes, self.view.weight, sample)

    def next_operation(self) -> bool:
        """To the next operation, which may be in the next step; False if there is none."""
        if self.operation is None or self.updated:
            return self.look_into(self.run.t + 1)
        self.operation += 1
        return True

    def operation_before(self) -> None:
        """To the operation before, which may be in the step before."""
        if self.operation:
            self.operation -= 1
            return
        t = self.run.t - (self.operation is not None)
        if t == 0 or not self.look_into(t, -1):
            self.go(t)

    # ---- what can be asked

    def has(self, name: str, place: Place) -> bool:
        """Whether the network has a trainable parameter of this name and place."""
        specs = self.run.network.parameters.specs
        if name not in specs or not specs[name].trainable or len(place) != len(specs[name].shape):
            return False
        return all(0 <= n < size for n, size in zip(place, specs[name].shape, strict=True))

    def parameter(self, name: str, place: Place) -> float:
        """A parameter's value; InputError if there is none of this name and place."""
        theta = self.network.parameters
        if name not in theta or len(place) != theta[name].ndim:
            raise InputError(f"there is no parameter {name}{list(place)}: the network has changed")
        if not all(0 <= n < size for n, size in zip(place, theta[name].shape, strict=True)):
            raise InputError(f"{name} has shape {theta[name].shape}: there is no {list(place)}")
        return float(theta[name][place])
