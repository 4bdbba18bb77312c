"""What a checkpoint holds of a training, checked whole before anything changes."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from glassnet.base.arrays import Array
from glassnet.base.description import (
    ANYTHING,
    FINITE,
    FLAG,
    RATE,
    REASON,
    Description,
    array,
    check,
    equal,
    generator,
    integer,
    keys_of,
    length_of,
    optional,
    short,
)
from glassnet.base.errors import InputError
from glassnet.training.callbacks.protocol import is_log, is_of_log


def check_trainer(trainer: Any, state: Mapping[str, Any], **more: Description) -> None:
    """Raise InputError unless this is a state of one network's training; `more` it holds too."""
    exact, batches = not state["overridden"], trainer.batches
    if not exact:  # another rule may have begun
        more = {"place": more.get("place", ANYTHING)} if "place" in state else {}
    first = {
        **_place(trainer, exact),
        "batches": [equal(batches.size), equal(batches.samples)] if exact else [integer(1)] * 2,
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
    count = length_of(place.get("steps")) if isinstance(place, dict) else 0
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
    check(going, [integer(0, len(own) - 1)] * length_of(going), "state going")
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
        "batches": [equal(batches.size) if exact else integer(1), array(samples.shape, np.int64)],
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
    epoch = integer(0, trainer.epochs - 1 if exact else None)
    return {"epoch": epoch, "steps": integer(1), "overridden": FLAG}


def _learned(
    trainer: Any, state: Mapping[str, Any], most: int, exact: bool, *networks: int
) -> dict[str, Any]:
    """The steps of this epoch, their metrics and the moments; for each of many networks."""
    steps = integer(1, most)
    rows = min(state["steps"], most)
    figures = {"loss", *trainer.metrics}
    names = figures if exact else keys_of(state.get("records"))
    like = {
        name: array((*networks, *moment.shape[len(networks) :]), moment.dtype)
        for name, moment in trainer.moments.items()
    }
    return {
        "steps": steps,
        "records": {name: array((rows, *networks)) for name in names},
        "moments": like if exact else {
            name: like.get(name, ANYTHING) for name in keys_of(state.get("moments"))
        },
    }  # fmt: skip


def _history(state: Mapping[str, Any], epochs: int | None) -> dict[str, Any]:
    """The columns of a history, all of so many epochs, or as long as each other."""
    columns = state.get("history")
    columns = columns if isinstance(columns, dict) else {}
    if epochs is None:
        epochs = max(map(length_of, columns.values()), default=0)
    return {name: array((epochs,)) for name in {**columns, **({"loss": 0} if epochs else {})}}


def _callbacks(trainer: Any, state: Mapping[str, Any], exact: bool) -> list[Any]:
    """Anything for each callback that keeps a state: each checks its own. There may be any logs."""
    given = state.get("callbacks")
    keeping = sum(hasattr(each, "state") and not is_log(each) for each in trainer.hooks.callbacks)
    logs = sum(map(is_of_log, given)) if isinstance(given, list) else 0
    return [ANYTHING] * (keeping + logs if exact else length_of(given))
