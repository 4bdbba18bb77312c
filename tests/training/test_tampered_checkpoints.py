"""Checkpoints that were changed: refused with the network as it was, or a training that works."""

import copy
import math
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest

import glassnet as gn
from glassnet.base import files
from glassnet.training import checkpoint as checkpoints
from tests.training.killing import KillAt, StopError

X = np.random.default_rng(0).normal(size=(40, 3)).astype(np.float32)
Y = (X[:, 0] > 0).astype(int)


class Seen:
    """A callback of one's own, which is strict about its state."""

    def on_train_begin(self, logs: Any) -> None:
        self.losses: list[float] = []

    def on_epoch_end(self, epoch: int, logs: Any) -> None:
        self.losses.append(float(logs["loss"]))

    def state(self) -> dict[str, Any]:
        return {"losses": self.losses}

    def restore(self, state: dict[str, Any]) -> None:
        self.losses = [each + 0.0 for each in state["losses"]]


class Case(NamedTuple):
    """A kind of training: who learns, and how it is begun and gone on with."""

    learner: Callable[[], Any]
    fit: Callable[..., Any]
    step: int

    def networks(self, learner: Any) -> list[gn.Sequential]:
        return list(learner) if isinstance(learner, gn.Stack) else [learner]


def network(built: bool = True) -> gn.Sequential:
    shape = 3 if built else None
    return gn.Sequential(
        [gn.Dense(4, "tanh"), gn.Dropout(0.2), gn.Dense(2)], input_shape=shape, seed=1
    )


def fit(learner: Any, callbacks: Any = (), **more: Any) -> Any:
    stopping = [gn.EarlyStopping(patience=2), Seen()]
    how: dict[str, Any] = {"epochs": 4, "batch_size": 8, "validation": 0.2, "schedule": "cosine"}
    return learner.fit(X, Y, **how, callbacks=[*stopping, *callbacks], **more)


def minimise(learner: Any, callbacks: Any = (), **more: Any) -> Any:
    return learner.fit(X, Y, epochs=5, optimizer="lbfgs", callbacks=callbacks, **more)


def stack() -> gn.Stack:
    return gn.Stack([network(), gn.Sequential(
        [gn.Dense(6, "tanh"), gn.Dropout(0.2), gn.Dense(2)], input_shape=3, seed=2)])  # fmt: skip


CASES = {
    "one": Case(network, fit, 7),
    "not built": Case(lambda: network(built=False), fit, 7),
    "the first epoch": Case(network, fit, 2),
    "lbfgs": Case(network, minimise, 3),
    "a stack": Case(stack, fit, 7),
}


def kept(case: Case, path: Path) -> None:
    """A real checkpoint, in the middle of a training."""
    with pytest.raises(StopError):
        keeping = gn.Checkpoint(path, 1)
        case.fit(case.learner(), callbacks=[KillAt(case.step)], checkpoint=keeping)


# ---- mutations

OTHERS = [
    None, True, -1, 0, 10**30, 2**63, 0.5, "", "nan", [], {}, [[]], {"a": 1}, [None] * 3,
    {checkpoints.ARRAY: "/none"}, {checkpoints.ARRAY: []}, {checkpoints.ARRAY: 1},
]  # fmt: skip


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Where something is, at every depth."""
    yield path
    if isinstance(value, (dict, list)):
        for key, each in value.items() if isinstance(value, dict) else enumerate(value):
            yield from places(each, (*path, key))


def changed(header: Any, place: tuple[Any, ...], new: Any, rng: np.random.Generator) -> Any:
    """With another value there, without it, with more beside it, or of another length."""
    if not place:
        return new
    header = copy.deepcopy(header)
    *before, last = place
    inside = header
    for key in before:
        inside = inside[key]
    how = rng.integers(5)
    if how == 1:
        del inside[last]
    elif how == 2 and isinstance(inside, list):
        inside.insert(last, copy.deepcopy(inside[last]))
    elif how == 2:
        inside[f"{last} more"] = copy.deepcopy(inside[last])
    elif how == 3 and isinstance(inside[last], list):
        inside[last] = inside[last][:-1]
    elif how == 4 and isinstance(inside[last], int):
        inside[last] += int(rng.choice([-1, 1, 1000, -(10**20)]))
    else:
        inside[last] = new
    return header


def other(tensors: dict[str, Any], rng: np.random.Generator) -> dict[str, Any]:
    """One array gone, twice, of another name, shape, type, or with other numbers."""
    name = str(rng.choice(list(tensors)))
    values, rest = tensors[name], {k: v for k, v in tensors.items() if k != name}
    odd = rng.choice([math.nan, math.inf, -math.inf, -1.0, 1e300, 0.0])
    with np.errstate(all="ignore"):
        made: list[dict[str, Any]] = [
            {},
            {name: values, f"{name}/2": values},
            {f"{name}2": values},
            {name: values[None]},
            {name: np.zeros((2, 3), values.dtype)},
            {name: np.concatenate([values.ravel()] * 2)},
            {name: values.ravel()[:-1]},
            {name: values.astype(rng.choice(["f4", "f8", "i8", "u1", "f2", "bool"]))},
            {name: np.full_like(values, odd)},
            {name: np.where(np.arange(values.size).reshape(values.shape) == 0, odd, values)},
        ]
    return {**rest, **made[rng.integers(len(made))]}


def as_it_is(networks: list[gn.Sequential]) -> list[Any]:
    """What must not change when a checkpoint is refused."""
    return [
        (
            net.built and net.parameters.vector.tobytes(),
            net.rng.bit_generator.state,
            net.loss, net.task, net.input_shape, net.trained,
            [sorted(vars(layer)) for layer in net.layers],
        )
        for net in networks
    ]  # fmt: skip


def outcome(case: Case, learner: Any, path: Path, **more: Any) -> bool:
    """Whether it goes on; if not, an error names the file and nothing has changed."""
    networks = case.networks(learner)
    before = as_it_is(networks)
    try:
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")
            histories = case.fit(learner, resume=path, **more)
    except gn.DivergedError:  # numbers that are some, and too large
        return True
    except gn.GlassnetError as error:
        assert str(path) in str(error) and "\n" not in str(error)
        assert as_it_is(networks) == before
        return False
    for history in histories if isinstance(histories, list) else [histories]:
        assert len({len(column) for column in history.values()}) == 1
    return True


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("override", [False, True])
def test_refused_with_everything_as_it_was_or_gone_on_with(
    tmp_path: Path, name: str, override: bool, request: pytest.FixtureRequest
) -> None:
    case, path = CASES[name], tmp_path / "checkpoint"
    times = 4000 if request.config.getoption("--full") else 60
    rng = np.random.default_rng([*name.encode(), override])
    kept(case, path)
    tensors, header = files.read(path)
    whole = header.pop("checkpoint")
    every = list(places(whole))
    learner, refusals = case.learner(), 0
    for _ in range(times):
        now, numbers = whole, tensors
        if rng.random() < 0.3:
            numbers = other(tensors, rng)
        else:
            new = OTHERS[rng.integers(len(OTHERS))]
            now = changed(whole, every[rng.integers(len(every))], new, rng)
        files.write(path, numbers, {"checkpoint": now})
        if outcome(case, learner, path, override=override):
            learner = case.learner()
        else:
            refusals += 1
    assert refusals > times / 3
    files.write(path, tensors, {"checkpoint": whole})
    assert outcome(case, learner, path)  # none of the refusals has left anything behind


LIES: dict[str, tuple[Callable[[dict[str, Any]], Any], str]] = {
    "steps below 0": (lambda s: s.update(steps=-1), "state steps is -1, expected a whole number"),
    "steps of 10³⁰": (lambda s: s.update(steps=10**30), "state steps is 1000"),
    "an endless epoch": (lambda s: s.update(epoch=10**30), "state epoch is 1000"),
    "another epoch": (lambda s: s.update(epoch=0), r"state history \w+ is an array of .*\(0,\)"),
    "a rate of NaN": (lambda s: s.update(learning_rate=math.nan), "state learning_rate is nan"),
    "a moment more": (lambda s: s["moments"].update(w=s["theta"]), "state moments has w in add"),
    "a moment less": (lambda s: s["moments"].pop("m"), "state moments lacks m"),
    "another generator": (lambda s: s["rng"].update(bit_generator="MT19937"), "state rng is {"),
    "no callback": (lambda s: s.update(callbacks=[]), r"state callbacks is \[\], expected a list"),
    "waited below 0": (lambda s: s["callbacks"][0].update(waited=-1), "EarlyStopping waited is -1"),
    "its own": (lambda s: s["callbacks"][1].update(losses=["a"]), "cannot resume: TypeError"),
    "two epochs": (
        lambda s: s["history"].update(loss=np.zeros(2)), "state history loss is an array"),
    "no begin": (lambda s: s.update(begin=[{}]), "begin 0 is {}, expected the state of a PCG64"),
}  # fmt: skip


@pytest.mark.parametrize("lie", LIES)
def test_the_first_thing_that_is_wrong_is_named(tmp_path: Path, lie: str) -> None:
    change, says = LIES[lie]
    kept(CASES["one"], tmp_path / "c")
    state = checkpoints.read(tmp_path / "c")
    change(state)
    checkpoints.write(tmp_path / "c", state)
    net = network()
    before = as_it_is([net])
    with pytest.raises(gn.GlassnetError, match=says) as error:
        fit(net, resume=tmp_path / "c")
    assert str(tmp_path / "c") in str(error.value)
    assert as_it_is([net]) == before


def test_another_rule_can_go_on_behind_lbfgs_and_before_it(tmp_path: Path) -> None:
    how: dict[str, Any] = {"epochs": 5, "batch_size": "full"}
    for first, second in (("lbfgs", "adam"), ("adam", "lbfgs")):
        with pytest.raises(StopError):
            keeping = gn.Checkpoint(tmp_path / "c", 1)
            network().fit(X, Y, optimizer=first, checkpoint=keeping, callbacks=[KillAt(3)], **how)
        history = network().fit(X, Y, optimizer=second, resume=tmp_path / "c", override=True, **how)
        assert history.epochs == 5
