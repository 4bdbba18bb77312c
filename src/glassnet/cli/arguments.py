"""MODEL and DATA that are mistaken for something else, and the command that was meant."""

import shlex
from collections.abc import Sequence
from pathlib import Path

from glassnet.base import files
from glassnet.base.addresses import is_database, is_web, without_password
from glassnet.base.errors import InputError
from glassnet.cli import command
from glassnet.cli.outputs import MODEL
from glassnet.cli.run_folder import RECIPE
from glassnet.data import NAMES
from glassnet.data.readers.endings import ENDINGS, name_of
from glassnet.data.readers.pictures import ENDINGS as PICTURES
from glassnet.sequential import Sequential

ARRAYS = (".npy", ".npz")
OTHERS = {
    **dict.fromkeys(PICTURES, "a picture"), **dict.fromkeys(ARRAYS, "a file of arrays"),
    ".zip": "a .zip file", ".toml": "a recipe", ".html": "a page",
}  # fmt: skip
FOLDER = "the folder of a run"
SUCH = f"MODEL{MODEL}"


def check_places(model: Path, data: Sequence[str] = ()) -> None:
    """InputError if what stands in MODEL's place is something else, or a model in DATA's: it says
    what was given, what is expected there, and the command."""
    moved = [each for each in data if is_model(Path(each))]
    kind = kind_of(str(model))
    if kind:
        meant = _exchanged(str(model), moved[0]) if moved else _with_model(model)
        raise InputError(
            f"{model} is {kind}, expected a model ({MODEL}) first: {shlex.join(meant)}"
        )
    for each in data:
        wrong = "a model too" if each in moved else FOLDER if kind_of(each) == FOLDER else ""
        if wrong and is_model(model):
            meant = _replaced(each, _trained_on(model), last=True)
            raise InputError(
                f"{each} is {wrong}, expected DATA after the model: {shlex.join(meant)}"
            )


def check_form(network: Sequential, model: Path, data: Sequence[str]) -> None:
    """InputError for pictures if the network was trained on a table, and the other way round."""
    schema = network.schema
    if schema is None or schema.block:
        return
    takes = "pictures" if schema.picture else "the rows of a table"
    for each in data:
        kind = kind_of(each)
        if kind == ("a table" if schema.picture else "a picture"):
            trained_on = network.trained.get("data")
            like = f", such as {trained_on}" if trained_on else ""
            raise InputError(f"{each} is {kind}, and {model} predicts {takes}: expected DATA like "
                             f"those it was trained on{like}")  # fmt: skip


def kind_of(text: str) -> str:
    """What a word names that is no model, such as "a table"; "" for a model and what is unknown.

    >>> kind_of("digits"), kind_of("sqlite:///shop.db::people"), kind_of("no/such/file.csv")
    ('a dataset', 'a table of a database', '')
    """
    if is_database(text):
        return "a table of a database"
    if is_web(text):
        return "an address"
    path = Path(text)
    if path.is_dir():
        return FOLDER if (path / RECIPE).is_file() and _models(path) else "a folder"
    if text in NAMES or text.startswith("openml:"):
        return "" if path.is_file() else "a dataset"
    if not path.is_file():
        return ""
    ending = path.suffix.lower()
    table = ending not in OTHERS and path.name.lower().endswith(ENDINGS)
    return "a table" if table else OTHERS.get(ending, "")


def is_model(path: Path) -> bool:
    """Whether this is a file that is called as models are."""
    return path.suffix == MODEL and path.is_file()


def _with_model(model: Path) -> list[str]:
    """The command with a model in its place: one of the folder, or the one that is called after
    the data."""
    if model.is_dir() and (models := _models(model)):
        return _replaced(str(model), str(models[0]))
    called = model.with_name(f"{name_of(model)}{MODEL}")
    found = str(called) if is_model(called) else SUCH
    return _replaced(str(model), found)


def _models(folder: Path) -> list[Path]:
    return sorted(folder.glob(f"*{MODEL}"))


def _trained_on(model: Path) -> str:
    """What a model was trained on, if its file says so."""
    trained = files.read(model)[1].get("trained")
    return str(trained.get("data", "DATA")) if isinstance(trained, dict) else "DATA"


def _exchanged(first: str, second: str) -> list[str]:
    """The command with two of its words exchanged."""
    other = {first: second, second: first}
    name, *words = _words()
    return ["glassnet", name, *(other.get(word, other.get(_plain(word), word)) for word in words)]


def _replaced(old: str, new: str, last: bool = False) -> list[str]:
    """The command with another word in place of the first that is this, or of the last."""
    words = [*_words()]
    places = [n for n, word in enumerate(words) if n and old in (word, _plain(word))]
    if places:
        words[places[-1 if last else 0]] = new
    return ["glassnet", *words]


def _words() -> Sequence[str]:
    return [without_password(word) for word in command.words.get()]


def _plain(word: str) -> str:
    """A word as a path is shown: without ./ in front."""
    return str(Path(word))
