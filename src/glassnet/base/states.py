"""What a checkpoint and a model file hold, described, and the check that all of it is so.

A description looks like what it describes: a dict has exactly its keys, a list as many entries, and
what is neither is a `Kind`. A training checks its state before anything changes.
"""

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from glassnet.base.arrays import Array, Shape
from glassnet.base.errors import InputError


class Kind(NamedTuple):
    """A kind of value: what it is in words, and whether a value is one."""

    what: str
    fits: Callable[[Any], bool]


Description = Kind | dict[str, Any] | list[Any]


def check(value: Any, expected: Description, name: str) -> None:
    """Raise InputError with the first place where a value is not what is expected.

    >>> check({"epoch": -1}, {"epoch": whole()}, "state")
    Traceback (most recent call last):
    glassnet.base.errors.InputError: state epoch is -1, expected a whole number of 0 or more
    """
    if isinstance(expected, Kind):
        if not expected.fits(value):
            raise InputError(f"{name} is {short(value)}, expected {expected.what}")
    elif isinstance(expected, dict):
        if not isinstance(value, dict) or value.keys() != expected.keys():
            raise InputError(f"{name} {_names(value, expected)}")
        for key, each in expected.items():
            check(value[key], each, f"{name} {key}")
    else:
        if not isinstance(value, list) or len(value) != len(expected):
            raise InputError(f"{name} is {short(value)}, expected a list of {len(expected)}")
        for number, (own, each) in enumerate(zip(value, expected, strict=True)):
            check(own, each, f"{name} {number}")


def _names(value: Any, expected: Mapping[str, Any]) -> str:
    if not isinstance(value, dict):
        return f"is {short(value)}, expected {', '.join(expected) or 'nothing'} by name"
    missing = [str(name) for name in expected if name not in value]
    unknown = [str(name) for name in value if name not in expected]
    return f"lacks {', '.join(missing)}" if missing else f"has {', '.join(unknown)} in addition"


def short(value: Any) -> str:
    """A value in a few words."""
    if isinstance(value, np.ndarray):
        return f"an array of {value.dtype} {value.shape}"
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}…"


# ---- kinds of values

ANYTHING = Kind("anything", lambda value: True)
FLAG = Kind("true or false", lambda value: isinstance(value, bool))
REASON = Kind("text or null", lambda value: value is None or isinstance(value, str))
RATE = Kind(
    "a finite number of 0 or more",
    lambda value: type(value) in (int, float) and 0 <= value < math.inf,
)
FIGURE = Kind("a number", lambda value: type(value) is float and not math.isnan(value))
FINITE = Kind("a finite number", lambda value: type(value) is float and math.isfinite(value))


def whole(low: int = 0, high: int | None = None) -> Kind:
    """A whole number within these bounds."""
    bounds = f"of {low} or more" if high is None else f"from {low} to {high}"
    return Kind(
        f"a whole number {bounds}",
        lambda value: type(value) is int and low <= value and (high is None or value <= high),
    )


def equal(wanted: Any) -> Kind:
    """This very value."""
    return Kind(short(wanted), lambda value: type(value) is type(wanted) and value == wanted)


def optional(kind: Kind) -> Kind:
    """That, or None."""
    return Kind(f"{kind.what} or null", lambda value: value is None or kind.fits(value))


def array(shape: Shape, dtype: Any = np.float64, finite: bool = False) -> Kind:
    """Numbers of this shape and type."""

    def fits(value: Any) -> bool:
        alike = isinstance(value, np.ndarray) and (value.shape, value.dtype) == (shape, dtype)
        return alike and (not finite or bool(np.isfinite(value).all()))

    return Kind(f"{'finite numbers' if finite else 'numbers'}, {np.dtype(dtype)} {shape}", fits)


def generator(rng: Any) -> Kind:
    """A state of such a generator, one that it gives back as it was given."""
    kind = type(rng.bit_generator)

    def fits(value: Any) -> bool:
        made: Any = kind()
        try:
            made.state = value
        except (LookupError, TypeError, ValueError, OverflowError):
            return False
        return _alike(value, made.state)

    return Kind(f"the state of a {kind.__name__} generator", fits)


def _alike(value: Any, other: Any) -> bool:
    """Whether plain data and arrays are the same, with the same types."""
    if isinstance(value, np.ndarray):
        return isinstance(other, np.ndarray) and np.array_equal(value, other)
    if isinstance(value, dict) and isinstance(other, dict):
        return value.keys() == other.keys() and all(_alike(value[k], other[k]) for k in value)
    return type(value) is type(other) and bool(value == other)


# ---- what a model file says of its outputs

TASKS = ("classes", "labels", "values")
TASK = Kind(
    "classes, labels, values or null",
    lambda value: value is None or (isinstance(value, str) and value in TASKS),
)
CLASS = Kind("text or a number", lambda value: type(value) in (str, int, float, bool))
NAMES = Kind(
    "a list of names",
    lambda value: isinstance(value, list) and {*map(type, value)} <= {str},
)
NAMED = Kind("a mapping", lambda value: isinstance(value, dict))


def check_meaning(header: Mapping[str, Any], outputs: int) -> None:
    """Raise InputError unless a model file's header says what so many outputs mean."""
    classes, schema = header.get("classes"), header.get("schema")
    trained = header.get("trained", {})
    check(header.get("task"), TASK, "task")
    check(classes, [CLASS] * _length(classes), "classes")
    named = len(classes or ())
    if header["task"] != "values" and named not in (0, outputs, max(2, outputs)):
        raise InputError(f"classes has {named} names for {outputs} outputs")
    check(trained, NAMED, "trained")
    if "settings" in trained:
        check(trained["settings"], NAMED, "trained settings")
    if schema:
        check(schema.get("targets"), NAMES, "schema targets")


# ---- what trainings hold


def check_trainer(trainer: Any, state: Mapping[str, Any], **more: Description) -> None:
    """Raise InputError unless this is a state of one network's training; `more` it holds too."""
    exact, batches = not state["overridden"], trainer.batches
    if not exact:  # another rule may have begun
        more = {name: more.get(name, ANYTHING) for name in ("place",) if name in state}
    first = {
        **_place(trainer, exact),
        "batches": [equal(batches.size), equal(batches.samples)] if exact else [whole(1)] * 2,
    }
    check({name: state.get(name) for name in first}, first, "state")
    size, samples = state["batches"]
    theta, rng = trainer.network.parameters.vector, generator(trainer.network.rng)
    expected = {
        **first,
        **_learned(trainer, state, math.ceil(samples / size), exact),
        "theta": array(theta.shape, theta.dtype),
        "finite": array(theta.shape, theta.dtype, finite=True),
        "learning_rate": RATE,
        "history": _history(state, state["epoch"]),
        "order": rng,
        "rng": rng,
        "callbacks": _callbacks(trainer, state, exact),
        **more,
    }
    check(state, expected, "state")


def minimised(theta: Array, state: Mapping[str, Any], history: int) -> Description:
    """Where L-BFGS is, and what it remembers."""
    vector, place = array(theta.shape, finite=True), state.get("place")
    count = _length(place.get("steps")) if isinstance(place, dict) else 0
    count = count if state["overridden"] else min(count, history)
    return {
        "theta": vector,
        "value": FINITE,
        "gradient": vector,
        "before": optional(FINITE),
        "steps": [vector] * count,
        "turns": [vector] * count,
    }


def check_members(members: Sequence[Any], state: Mapping[str, Any]) -> None:
    """Raise InputError unless this says of every network of a stack how far it is."""
    own = state.get("members")
    if not isinstance(own, list) or len(own) != len(members):
        raise InputError(f"state members is {short(own)}, expected a list of {len(members)}")
    for number, (member, each) in enumerate(zip(members, own, strict=True)):
        check(each, _member(member, each), f"state members {number}")
        epochs = max(map(len, each["history"].values()), default=0)
        done = epochs == member.epochs or (epochs > 0 and state["overridden"])
        if each["ended"] and not (done or each["reason"]):
            raise InputError(
                f"state members {number} ended after {epochs} of {member.epochs} epochs, and has "
                "no reason for it"
            )
    going = state.get("going")
    check(going, [whole(0, len(own) - 1)] * _length(going), "state going")
    if not going or len({*going}) < len(going) or any(own[k]["ended"] for k in going):
        raise InputError(f"state going is {short(going)}, expected networks that have not ended")


def _member(member: Any, state: Any) -> dict[str, Any]:
    theta, known = member.network.parameters.vector, state if isinstance(state, dict) else {}
    return {
        "theta": array(theta.shape, theta.dtype, finite=True),
        "rng": generator(member.network.rng),
        "learning_rate": RATE,
        "history": _history(known, None),
        "interrupted": REASON,
        "ended": FLAG,
        "reason": REASON,
        "callbacks": _callbacks(member, known, exact=False),
    }


def check_stack(trainer: Any, state: Mapping[str, Any]) -> None:
    """Raise InputError unless this is a state of a stack's training, whose members are checked."""
    exact, batches, everyone = not state["overridden"], trainer.batches, trainer.everyone
    numbers = [everyone.index(member) for member in trainer.members]
    left = [k for k, number in enumerate(numbers) if not state["members"][number]["ended"]]
    samples = batches.samples[left]
    first = {
        **_place(trainer, exact),
        "batches": [equal(batches.size) if exact else whole(1), array(samples.shape, np.int64)],
        "going": equal([numbers[k] for k in left]),
        "overridden": FLAG,
    }
    check({name: state.get(name) for name in first}, first, "state")
    size, own = state["batches"]
    if own.min() < 1 or (exact and (own != samples).any()):
        raise InputError(f"state batches is of {own} samples, expected {samples}")
    for number in state["going"]:
        known = state["members"][number]
        more = {
            "history": _history(known, state["epoch"]),
            "callbacks": _callbacks(everyone[number], known, exact),
        }
        check({name: known[name] for name in more}, more, f"state members {number}")
    expected = {
        **first,
        **_learned(trainer, state, math.ceil(own.max() / size), exact, len(left)),
        "theta": array((len(left), trainer.theta.vector.shape[1]), trainer.theta.vector.dtype),
        "orders": [generator(everyone[number].network.rng) for number in state["going"]],
        "members": ANYTHING,
    }
    check(state, expected, "state")


def _place(trainer: Any, exact: bool) -> dict[str, Any]:
    """How far a training is."""
    epoch = whole(0, trainer.epochs - 1 if exact else None)
    return {"epoch": epoch, "steps": whole(1), "overridden": FLAG}


def _learned(
    trainer: Any, state: Mapping[str, Any], most: int, exact: bool, *networks: int
) -> dict[str, Any]:
    """The steps of this epoch, their figures and the moments; of so many networks, if of many."""
    steps = whole(1, most)
    rows = min(state["steps"], most)
    figures = {"loss", *trainer.metrics}
    names = figures if exact else _keys(state.get("records"))
    like = {
        name: array((*networks, *moment.shape[len(networks) :]), moment.dtype)
        for name, moment in trainer.moments.items()
    }
    return {
        "steps": steps,
        "records": {name: array((rows, *networks)) for name in names},
        "moments": like if exact else {
            name: like.get(name, ANYTHING) for name in _keys(state.get("moments"))
        },
    }  # fmt: skip


def _history(state: Mapping[str, Any], epochs: int | None) -> dict[str, Any]:
    """The columns of a history, all of so many epochs, or as long as each other."""
    columns = state.get("history")
    columns = columns if isinstance(columns, dict) else {}
    if epochs is None:
        epochs = max(map(_length, columns.values()), default=0)
    return {name: array((epochs,)) for name in {**columns, **({"loss": 0} if epochs else {})}}


def _callbacks(trainer: Any, state: Mapping[str, Any], exact: bool) -> list[Any]:
    """Anything for each callback that keeps a state: each checks its own."""
    keeping = sum(hasattr(each, "state") for each in trainer.hooks.callbacks)
    return [ANYTHING] * (keeping if exact else _length(state.get("callbacks")))


def _keys(value: Any) -> Iterable[str]:
    return value.keys() if isinstance(value, dict) else ()


def _length(value: Any) -> int:
    return len(value) if isinstance(value, (list, np.ndarray)) else 0
