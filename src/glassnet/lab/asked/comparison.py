"""Commands that compare: forks of the run, and many seeds of the same settings."""

from typing import Annotated, Any

from pydantic import Field, StrictFloat, StrictInt

from glassnet.base.errors import InputError
from glassnet.lab.commands import Reply, command
from glassnet.lab.packed import packed
from glassnet.lab.shown.facts import facts
from glassnet.lab.state.forks import CHANGES
from glassnet.lab.state.seeds import FEWEST, MOST_SEEDS, QUANTILES, Study, sentences
from glassnet.lab.state.session import Session
from glassnet.nn.layers import ACTIVATIONS
from glassnet.nn.optimizers import OPTIMIZERS

Letter = Annotated[str, Field(max_length=1)]
Value = StrictInt | StrictFloat | str


@command
def fork_choices(session: Session) -> Reply:
    """What a fork may change, and to what."""
    return {
        "changes": list(CHANGES),
        "optimizers": [name for name in OPTIMIZERS if name != "lbfgs"],
        "activations": list(ACTIVATIONS),
    }


@command
def fork(session: Session, change: str, value: Value) -> Reply:
    """Fork the run at its present step, with one thing changed."""
    made = session.forks.add(session.run, session.settings, change, value)
    return {"letter": made.letter}


@command
def fork_name(session: Session, letter: Letter, name: Annotated[str, Field(max_length=60)]) -> None:
    """Give a fork another name; an empty one is what it changes."""
    found = session.forks.get(letter)
    found.name = name.strip() or found.change


@command
def fork_remove(session: Session, letter: Letter) -> None:
    """Remove a fork."""
    session.forks.get(letter)
    del session.forks.each[letter]
    session.view.forks.pop(letter, None)


@command
def fork_main(session: Session, letter: Letter) -> Reply:
    """Make a fork the main run; the main run takes its place."""
    session.exchange(letter)
    return facts(session)


# ---- many seeds


@command
def seeds_begin(session: Session, times: int, fork: Letter = "") -> Reply:
    """Train the main run's settings, and those of a fork, from many seeds."""
    many, names = {"": session.settings}, {"": "Main run"}
    if fork:
        found = session.forks.get(fork)
        many[fork], names[fork] = found.settings, f"{fork} ({found.name})"
        if many[fork] == many[""]:
            raise InputError(
                f"fork {fork} has the settings of the main run, only with another seed: the "
                "spread of the main run shows how much that changes"
            )
    session.seeds.begin(Study(many, names, session.run.data, times))
    return _state(session)


@command
def seeds_cancel(session: Session) -> None:
    """End the training from many seeds."""
    session.seeds.cancel()


@command
def seeds(session: Session) -> Reply:
    """How far the training from many seeds is, and what it found."""
    return _state(session)


def _state(session: Session) -> dict[str, Any]:
    study = session.seeds.study
    limits = {"fewest": FEWEST, "most": MOST_SEEDS, "quantiles": list(QUANTILES)}
    if study is None:
        return {**limits, "state": "none"}
    if study.running:
        return {**limits, "state": "running", "done": study.done, "total": study.total}
    if study.problem:
        return {**limits, "state": "problem", "sentence": study.problem}
    return {**limits, "state": "done", "times": study.times, **_found(study)}


def _found(study: Study) -> dict[str, Any]:
    groups = [
        {
            "letter": letter,
            "name": study.names[letter],
            "column": each.column,
            "epochs": each.epochs,
            "bands": {name: packed(band) for name, band in each.bands.items()},
            "seeds": each.seeds,
            "finals": each.finals,
            "diverged": each.diverged,
        }
        for letter, each in study.found.items()
    ]
    return {"groups": groups, "sentences": sentences(study.found, study.names)}
