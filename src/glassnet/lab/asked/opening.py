"""What `glassnet lab` opens: a link, a recipe, a trained network or data."""

from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple, TypeVar

import numpy as np
from pydantic import ValidationError

from glassnet.base.addresses import is_database, is_web, without_password
from glassnet.base.configurable import choose
from glassnet.base.errors import GlassnetError, InputError
from glassnet.data import NAMES
from glassnet.data.sources.web_file import fetch
from glassnet.lab.asked.links import is_link, linked
from glassnet.lab.commands import Reply, command
from glassnet.lab.shown.facts import facts
from glassnet.lab.sources import File, Named
from glassnet.lab.sources.shelf import Shelf
from glassnet.lab.state.session import Session
from glassnet.lab.state.settings import Settings
from glassnet.lab.state.starting import ENDING, LAB, check_fit, described, network_in
from glassnet.sequential import Sequential
from glassnet.workflows.problems import complaint, first_complaint
from glassnet.workflows.recipes.loader import load_recipe, names, parse
from glassnet.workflows.recipes.schema import Recipe
from glassnet.workflows.spec import Net, Part

NO_DATABASE = (
    "it reads files, not databases: write the rows to one, such as with sqlite3 -header -csv "
    "own.db 'select * from people' > people.csv, and open that"
)


class Opening(NamedTuple):
    """What a lab begins with: its settings, the files that it may read, and what to say of them."""

    settings: Settings
    shelf: Shelf
    notes: tuple[str, ...] = ()

    def training(self, **given: Any) -> "Opening":
        """The same with other settings of the training."""
        now = self.settings.training
        update = {"training": now.model_copy(update=given)}
        return self._replace(settings=self.settings.model_copy(update=update))


def form_of(what: str) -> str:
    """What a text names: "link", "recipe", "network" or "data".

    A dataset comes before a recipe of the same name. Raises `InputError` for a text that is none.

    >>> [form_of(each) for each in ("moons", "moons-repeated", "own.toml", "own.safetensors")]
    ['data', 'recipe', 'recipe', 'network']
    """
    if is_link(what):
        return "link"
    if what.endswith(".toml"):
        return "recipe"
    if what.endswith(ENDING):
        return "network"
    path = Path(what)
    away = what.startswith("openml:")
    if what in NAMES or away or path.exists() or path.suffix or len(path.parts) > 1:
        return "data"
    choose("dataset or recipe", what, sorted({*NAMES, *names()}))
    return "recipe"


def opened(
    what: str | None, shelf: Shelf | None = None, options: Mapping[str, Any] = MappingProxyType({})
) -> Opening:
    """What a lab begins with, from what the command line names; None is two moons.

    - `options`: of `glassnet.data.load`, for data.

    Raises `InputError`, or another error of glassnet, for what cannot be opened.
    """
    shelf = shelf or Shelf()
    if what is None and not options:
        return Opening(Settings(), shelf)
    what = what or "moons"
    form = form_of(what)
    if "query" in options:
        raise InputError(f"the lab has no query: {NO_DATABASE}")
    if options and form != "data":
        first = next(iter(options))
        raise InputError(f"a {form} says itself how its data are read: leave {first} out")
    return _data(what, shelf, options) if form == "data" else OPEN[form](what, shelf)


def _link(what: str, shelf: Shelf) -> Opening:
    return Opening(linked(what), shelf)


def _recipe(what: str, shelf: Shelf) -> Opening:
    return of_recipe(load_recipe(what), shelf, _put)


def of_recipe(recipe: Recipe, shelf: Shelf, find: Callable[[str, Shelf], str]) -> Opening:
    """The settings of a recipe; of one of several networks, those of the first. `find` gives the
    name on the shelf of each file that it reads."""
    notes, network = [], recipe.network
    if recipe.study:
        network = network.model_copy(update={"hidden": [recipe.study.first]})
        widths = f"{recipe.study.first} to {recipe.study.last}"
        notes.append(f"the recipe trains widths from {widths}; the lab begins with the first")
    elif recipe.repeat:
        notes.append(f"the recipe trains {recipe.repeat.times} networks; the lab begins with one")
    options = {name: each for name, each in recipe.data.options.items() if name != "seed"}
    if recipe.data.name in NAMES:
        source: Any = {**recipe.data.model_dump(), "kind": "named", "options": options}
    elif recipe.data.through_csv or recipe.data.samples:
        raise InputError(f"{recipe.title}: the lab takes all samples of a file: leave samples out")
    else:
        name = find(recipe.data.name, shelf)
        if isinstance(options.get("test"), str):
            options["test"] = find(options["test"], shelf)
        source = {"kind": "file", "name": name, **_fields(options)}
    settings = _checked(data=source, network=network, training=recipe.training, seed=recipe.seed)
    return Opening(settings, shelf, tuple(notes))


def _network(what: str, shelf: Shelf) -> Opening:
    """A trained network, on the data that it was trained on if they can be read."""
    name = shelf.put(Path(what))
    if not Path(what).is_file():
        raise InputError(f"there is no file {what}: expected a network that `train` wrote")
    network = network_in(shelf, name)
    try:
        settings = _trained_on(network, shelf)
        settings = settings.model_copy(update={**described(network), "start": name,
                                               "seed": settings.seed})  # fmt: skip
        check_fit(name, network, settings.data.load(shelf, settings.seed))
        return Opening(settings, shelf)
    except GlassnetError as error:
        why = f"{what} cannot begin on its own data ({error})"
        note = f"{why}: choose data on the page, then press Continue beside {name}"
        return Opening(Settings(), shelf, (note,))


def _trained_on(network: Sequential, shelf: Shelf) -> Settings:
    """The data that a network was trained on, as its file tells: by a lab's settings, or by name.

    The seed is that of the data, so that test samples stay such.
    """
    trained = network.trained
    if isinstance(text := trained.get(LAB), str):
        settings = linked(text)
        if not isinstance(settings.data, File):
            return settings
        given = {**settings.data.model_dump(), "name": _put(str(trained["data"]), shelf)}
        if isinstance(settings.data.test, str):
            given["test"] = _put(settings.data.test, shelf)
        return settings.model_copy(update={"data": File.model_validate(given)})
    if not isinstance(source := trained.get("data"), str):
        raise InputError("the file does not say what it was trained on")
    return Settings(data=_source(source, shelf))


def _data(what: str, shelf: Shelf, options: Mapping[str, Any]) -> Opening:
    settings = Settings(data=_source(what, shelf, options))
    loaded = settings.data.load(shelf, settings.seed)
    if len(loaded.input_shape) > 1:
        network = Net(layers=["flatten", "dense 32", "relu"])
        settings = settings.model_copy(update={"network": network})
    return Opening(settings, shelf, tuple(shelf.said))


def _source(
    what: str, shelf: Shelf, options: Mapping[str, Any] = MappingProxyType({})
) -> Named | File:
    """Data as settings name them: a bundled set, or a file or folder on the shelf."""
    if what in NAMES:
        return _part(Named, {"name": what, "options": dict(options)})
    given = dict(options)
    if isinstance(test := given.get("test"), (str, Path)):
        given["test"] = _put(str(test), shelf)
    return _part(File, {"name": _put(what, shelf), **_fields(given)})


def _fields(options: Mapping[str, Any]) -> dict[str, Any]:
    """Options of `load` as the fields of a `File`: names in lists, one number for a square."""
    found = dict(options)
    for name in ("target", "drop"):
        if isinstance(found.get(name), str):
            found[name] = [found[name]]
    if "size" in found and len(sides := {*np.ravel(found["size"]).tolist()}) == 1:
        found["size"] = sides.pop()
    return found


def _put(what: str, shelf: Shelf) -> str:
    """The name on the shelf of a file, which is downloaded if it has an address."""
    if is_database(what):
        raise InputError(f"the lab cannot read {without_password(what)}: {NO_DATABASE}")
    if what.startswith("openml:"):
        raise InputError(
            f"the lab cannot read {what}: expected a bundled dataset, a file, or the http(s) "
            "address of one"
        )
    if is_web(what):
        path, said = fetch(what)
        shelf.said.append(said)
        return shelf.put(path)
    if not Path(what).exists():
        raise InputError(f"there is no file {what}: check the path")
    return shelf.put(Path(what))


def _on_shelf(what: str, shelf: Shelf) -> str:
    """The name of a file that is on the shelf: a page has no other files opened or fetched."""
    shelf.path(what)
    return what


P = TypeVar("P", bound=Part)


def _part(kind: type[P], given: Mapping[str, Any]) -> P:
    """Data with these fields; InputError for one that the lab does not have."""
    try:
        return kind.model_validate(given)
    except ValidationError as error:
        raise InputError(f"the lab cannot read data so: {first_complaint(error)}") from None


def _checked(**given: Any) -> Settings:
    try:
        return Settings.model_validate(given)
    except ValidationError as error:
        problem = error.errors()[0]
        where = ".".join(str(part) for part in problem["loc"])
        raise InputError(
            f"the recipe sets what this lab cannot: {where}{complaint(problem)}"
        ) from None


OPEN = {"link": _link, "recipe": _recipe, "network": _network}


# ---- from the page


@command
def open_recipe(session: Session, text: str) -> Reply:
    """Begin with the settings of a recipe, given as TOML."""
    session.playing = False
    session.begin(of_recipe(parse(text, "the recipe"), session.shelf, _on_shelf).settings)
    return facts(session)


@command
def open_network(session: Session, name: str) -> Reply:
    """Begin with a trained network that was dropped: on the data that it was trained on, if they
    come with the package or within the network's settings, else on the present ones."""
    network = network_in(session.shelf, name)
    settings, own = session.settings, _without_files(network)
    if own is not None and own.data != settings.data:
        data = own.data.load(session.shelf, own.seed)
        settings = settings.model_copy(update={"data": own.data, "seed": own.seed})
    else:
        data = session.run.data
    check_fit(name, network, data)
    given = described(network) | {"start": name, "seed": settings.seed}
    session.playing = False
    session.begin(settings.model_copy(update=given))
    return {**facts(session), "said": f"The run begins with {name}, on {data.name}."}


def _without_files(network: Sequential) -> Settings | None:
    """The data and the seed that a network was trained with, as far as no file is read for them: a
    dropped file names no path that the lab may open."""
    trained = network.trained
    if isinstance(text := trained.get(LAB), str):
        settings = linked(text)
        return None if isinstance(settings.data, File) else settings
    source = trained.get("data")
    return Settings(data=Named(name=source)) if source in NAMES else None


@command
def networks(session: Session) -> Reply:
    """The trained networks among the files, and why one does not fit the present data."""
    found = []
    for name in [each for each in session.shelf.files if each.endswith(ENDING)]:
        try:
            check_fit(name, network_in(session.shelf, name), session.run.data)
            found.append({"name": name, "problem": "", "used": session.settings.start == name})
        except InputError as error:
            found.append({"name": name, "problem": str(error), "used": False})
    return {"networks": found}


@command
def start(session: Session, name: str) -> Reply:
    """Begin from the weights of a trained network, on the present data."""
    network = network_in(session.shelf, name)
    check_fit(name, network, session.run.data)
    given = described(network) | {"start": name, "seed": session.settings.seed}
    session.playing = False
    session.begin(session.settings.model_copy(update=given))
    return facts(session)
