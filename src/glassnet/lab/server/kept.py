"""What is kept of a session on the disk, and the session that continues from it."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from glassnet.base.arrays import Array
from glassnet.base.errors import refusing
from glassnet.lab.run.run import Run
from glassnet.lab.sources.shelf import Shelf
from glassnet.lab.state.forks import FORK_BYTES, Fork
from glassnet.lab.state.seeds import Spread, Study
from glassnet.lab.state.session import Session
from glassnet.lab.state.settings import Settings, plain
from glassnet.lab.state.starting import network_for

FRAMES, FRAME_BYTES = 32, 2**23  # states to go back to that are kept
FORK_FRAMES, FORK_FRAME_BYTES = 4, 2**20  # the same of each fork
LARGEST = 2**22  # bytes of a file that was dropped and is kept within; larger ones lie beside
CUT_OFF = "The training from many seeds was cut off: start it again."

Kept = dict[str, Any]


def mark_of(session: Session) -> Any:
    """What differs if anything has changed."""
    run, study = session.run, session.seeds.study
    forks = [(id(each.run), each.run.t, each.name) for each in session.forks.each.values()]
    seeds = None if study is None else (id(study), study.running)
    return id(run), run.t, run.end, session.branch, session.view.features, forks, seeds


def untouched(session: Session) -> Any:
    """The mark of a session in which nothing has happened."""
    return id(session.run), 0, 0, 0, (0, 1), [], None


def kept_of(session: Session) -> Kept:
    """A session as plain data and arrays; `beside` are its large files, which are not within."""
    shelf, used = session.shelf, _files_of(session)
    small = [name for name in used if shelf.dropped[name] <= LARGEST]
    return {
        "settings": plain(session.settings),
        "features": list(session.view.features),
        "shelf": {
            name: str(path) for name, path in shelf.files.items() if name not in shelf.dropped
        },
        "dropped": {name: np.fromfile(shelf.files[name], np.uint8) for name in small},
        "beside": {name: _beside(shelf.files[name]) for name in used if name not in small},
        "run": session.run.kept(FRAMES, FRAME_BYTES),
        "forks": [_of_fork(fork) for fork in session.forks.each.values()],
        "study": _of_study(session.seeds.study),
    }


def beside_of(session: Session) -> dict[str, Path]:
    """The files that are too large to be kept within, by their names beside."""
    paths = [session.shelf.files[name] for name in _files_of(session)]
    return {_beside(path): path for path in paths if path.stat().st_size > LARGEST}


def session_of(kept: Mapping[str, Any], beside: Path) -> tuple[Session, list[str]]:
    """The session again, and what of it could not be kept; `beside` is the folder of large files.

    Raises `InputError`, `ValidationError` or others if it was not kept by this version.
    """
    shelf = Shelf()
    for name, place in kept["shelf"].items():
        if Path(place).exists():
            shelf.put(Path(place), name)
    large = {
        name: np.fromfile(beside / Path(place).name, np.uint8)
        for name, place in kept.get("beside", {}).items()
    }
    settings = Settings.model_validate(kept["settings"])
    session = Session(settings, shelf, {**kept["dropped"], **large})
    features = kept["features"]
    session.view.features = (features[0], features[1])
    refusing(session.run.resume, kept["run"])
    for each in kept.get("forks", []):
        session.forks.each[each["letter"]] = _fork(session, each)
    study = kept.get("study")
    session.seeds.study = _study(session, study) if isinstance(study, dict) else None
    return session, [CUT_OFF] if study == "cut off" else []


# ---- files


def _files_of(session: Session) -> list[str]:
    """The dropped files that the settings name."""
    data = session.settings.data
    used = {getattr(data, "name", None), getattr(data, "test", None), session.settings.start}
    used |= {fork.settings.start for fork in session.forks.each.values()}
    return [name for name in session.shelf.dropped if name in used]


def _beside(path: Path) -> str:
    """The name of a large file beside: that of its folder, which no other file ever had, and its
    own."""
    return f"{path.parent.name}-{path.name}"


# ---- forks


def _of_fork(fork: Fork) -> Kept:
    return {
        "letter": fork.letter, "name": fork.name, "change": fork.change, "since": fork.since,
        "epoch": fork.epoch, "settings": plain(fork.settings), "seed": fork.run.network.seed,
        "run": fork.run.kept(FORK_FRAMES, FORK_FRAME_BYTES),
    }  # fmt: skip


def _fork(session: Session, kept: Mapping[str, Any]) -> Fork:
    settings, data = Settings.model_validate(kept["settings"]), session.run.data
    network = network_for(settings, session.shelf, data)
    network.seed = kept["seed"]
    run = Run(network, data, settings.training)
    run.most_bytes = FORK_BYTES
    refusing(run.resume, kept["run"])
    about = {name: kept[name] for name in ("letter", "name", "change", "since", "epoch")}
    return Fork(**about, settings=settings, run=run)


# ---- the training from many seeds


def _of_study(study: Study | None) -> Kept | str | None:
    if study is None or study.problem:
        return None
    if study.running:
        return "cut off"
    many = {letter: plain(settings) for letter, settings in study.many.items()}
    found = {letter: _of_spread(each) for letter, each in study.found.items()}
    return {"many": many, "names": study.names, "times": study.times, "found": found}


def _of_spread(spread: Spread) -> Kept:
    arrays: dict[str, Array] = {
        "epochs": np.array(spread.epochs, np.int64), "seeds": np.array(spread.seeds, np.int64),
        "finals": np.array(spread.finals, float),
    }  # fmt: skip
    return {**spread._asdict(), **arrays}


def _study(session: Session, kept: Mapping[str, Any]) -> Study:
    many = {letter: Settings.model_validate(each) for letter, each in kept["many"].items()}
    study = Study(many, dict(kept["names"]), session.run.data, kept["times"])
    for letter, each in kept["found"].items():
        lists = {name: each[name].tolist() for name in ("epochs", "seeds", "finals")}
        study.found[letter] = Spread(**{**each, **lists})
    return study
