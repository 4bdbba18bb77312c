"""What `glassnet lab` opens: a link, a recipe, a trained network or data."""

from pathlib import Path
from typing import Any, NamedTuple

from glassnet.base.configurable import choose
from glassnet.base.errors import GlassnetError, InputError
from glassnet.data import NAMES
from glassnet.lab.commands import Reply, command
from glassnet.lab.facts import facts
from glassnet.lab.links import is_link, linked
from glassnet.lab.session import Session
from glassnet.lab.settings import Named, Settings
from glassnet.lab.shelf import Shelf
from glassnet.lab.starting import ENDING, check_fit, described, network_in
from glassnet.workflows.recipes.loader import load_recipe, names, parse
from glassnet.workflows.recipes.schema import Recipe
from glassnet.workflows.spec import Net


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
    if what in NAMES or path.exists() or path.suffix or len(path.parts) > 1:
        return "data"
    choose("dataset or recipe", what, sorted({*NAMES, *names()}))
    return "recipe"


def opened(what: str | None, shelf: Shelf | None = None) -> Opening:
    """What a lab begins with, from what the command line names; None is two moons.

    Raises `InputError`, or another error of glassnet, for what cannot be opened.
    """
    shelf = shelf or Shelf()
    if what is None:
        return Opening(Settings(), shelf)
    return OPEN[form_of(what)](what, shelf)


def _link(what: str, shelf: Shelf) -> Opening:
    return Opening(linked(what), shelf)


def _recipe(what: str, shelf: Shelf) -> Opening:
    return of_recipe(load_recipe(what), shelf)


def of_recipe(recipe: Recipe, shelf: Shelf) -> Opening:
    """The settings of a recipe; of one of several networks, those of the first."""
    notes, network = [], recipe.network
    if recipe.study:
        network = network.model_copy(update={"hidden": [recipe.study.first]})
        widths = f"{recipe.study.first} to {recipe.study.last}"
        notes.append(f"the recipe trains widths from {widths}; the lab begins with the first")
    elif recipe.repeat:
        notes.append(f"the recipe trains {recipe.repeat.times} networks; the lab begins with one")
    data, known = _named(recipe.data.name, shelf)
    if recipe.data.through_csv or recipe.data.samples:
        raise InputError(f"{recipe.title}: the lab does not read its data as the recipe does")
    options = {name: each for name, each in recipe.data.options.items() if name != "seed"}
    given = {"data": {**data, "options": options}, "network": network, "seed": recipe.seed}
    settings = Settings.model_validate({**given, "training": recipe.training})
    return Opening(settings, shelf, (*notes, *known))


def _network(what: str, shelf: Shelf) -> Opening:
    """A trained network, on the data that it was trained on if they can be read."""
    name = shelf.put(Path(what))
    if not Path(what).is_file():
        raise InputError(f"there is no file {what}: expected a network that `train` wrote")
    network = network_in(shelf, name)
    source = network.trained.get("data")
    try:
        if source is None:
            raise InputError("the file does not say what it was trained on")
        data, _ = _named(str(source), shelf)
        options = dict(network.trained.get("options", {}))
        given = {**described(network), "data": {**data, "options": options}, "start": name}
        given["seed"] = options.pop("seed", 0)  # of the data, so that test samples stay such
        settings = Settings.model_validate(given)
        check_fit(name, network, settings.data.load(shelf, settings.seed))
        return Opening(settings, shelf)
    except (GlassnetError, OSError, ValueError) as error:
        why = f"{what} cannot begin on its own data ({error})"
        note = f"{why}: choose data on the page, then press Continue beside {name}"
        return Opening(Settings(), shelf, (note,))


def _data(what: str, shelf: Shelf) -> Opening:
    data, notes = _named(what, shelf)
    settings = Settings.model_validate({"data": data})
    loaded = settings.data.load(shelf, settings.seed)
    if len(loaded.input_shape) > 1:
        network = Net(layers=["flatten", "dense 32", "relu"])
        settings = settings.model_copy(update={"network": network})
    return Opening(settings, shelf, notes)


def _named(what: str, shelf: Shelf) -> tuple[dict[str, Any], tuple[str, ...]]:
    """Data as settings name them."""
    return Named(name=choose("dataset", what, NAMES), options={}).model_dump(), ()


OPEN = {"link": _link, "recipe": _recipe, "network": _network, "data": _data}


# ---- from the page


@command
def open_recipe(session: Session, text: str) -> Reply:
    """Begin with the settings of a recipe, given as TOML."""
    session.playing = False
    session.begin(of_recipe(parse(text, "the recipe"), session.shelf).settings)
    return facts(session)


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
