"""A folder of pictures of one training, with a page that shows them all."""

from collections.abc import Callable, Iterable, Mapping
from functools import partial
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

from glassnet.base.arrays import FilePath, spread
from glassnet.base.errors import InputError
from glassnet.base.files import atomic_write
from glassnet.data import Dataset
from glassnet.inspection import html_report as pages
from glassnet.inspection import plots
from glassnet.inspection.watch import Watch
from glassnet.nn.metrics import confusion_matrix
from glassnet.sequential import Sequential
from glassnet.training.callbacks.history import History

if TYPE_CHECKING:
    from matplotlib.axes import Axes

PAGE = "index.html"
SCENES = 20  # of a film, at most
POINTS = 1000  # of a film

Seen = Mapping[str, "Callable[[], Axes] | plots.Film"]  # by what is to be seen


def watchers(data: Dataset, epochs: int) -> list[Any]:
    """The callbacks that a training needs so that all its pictures can be drawn."""
    found: list[Any] = [Watch()]
    if _is_plane(data):
        rows = spread(len(data.x_train), POINTS)
        every = -(-epochs // SCENES)
        found.append(plots.Film(data.x_train[rows], data.y_train[rows], data.classes, every))
    return found


def pictures(
    network: Sequential, history: History, data: Dataset, watched: Iterable[Any] = ()
) -> Seen:
    """The pictures that fit the task; answers are those of the test part, or of all where there is
    none. `watched` are the callbacks of the training."""
    found: dict[str, Any] = {}
    if history.epochs:
        found["every epoch"] = partial(plots.training, history)
    found |= _samples(data) | _answers(network, data)
    found["what units of the first layer look for"] = partial(plots.weights, network)
    found["the network"] = partial(plots.diagram, network)
    for each in watched:
        if isinstance(each, Watch) and each.epochs:
            found |= _layers(each)
        elif isinstance(each, plots.Film):
            found["what is answered where, epoch by epoch"] = each
    return found


def room(folder: FilePath) -> Path:
    """The folder, made where it is not there; InputError where it cannot be."""
    folder = Path(folder)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"--plot: cannot make {folder}: {error.strerror}") from None
    return folder


def _samples(data: Dataset) -> dict[str, Any]:
    if data.is_image and data.task == "classes":
        labels = [data.classes[label] for label in data.y_train[:10]]
        return {"samples": partial(plots.samples, data.x_train, labels)}
    if _is_plane(data):
        return {"samples": partial(plots.scatter, data.x_train, data.y_train, data.classes)}
    return {}


def _answers(network: Sequential, data: Dataset) -> dict[str, Any]:
    x, y = (data.x_test, data.y_test) if len(data.x_test) else (data.x_train, data.y_train)
    if data.task == "values" and data.outputs == 1:
        answers = network.predict(x).ravel()
        return {"truth and answers": partial(plots.predicted, y.ravel(), answers)}
    if data.task != "classes":
        return {}
    p, classes = network.predict_proba(x), data.classes
    answers = p.argmax(axis=1)
    matrix = confusion_matrix(y, answers, len(classes))
    found: dict[str, Any] = {
        "truth and answers": partial(plots.confusion, matrix, classes),
        "how sure, and how often right": partial(plots.calibration, p, y),
    }
    if data.is_image and (answers != y).any():
        found["the most confident mistakes"] = partial(plots.mistakes, x, y, p, classes)
    if _is_plane(data):
        found["what is answered where"] = partial(plots.regions, network, x, y, classes)
    return found


def _layers(watch: Watch) -> dict[str, Any]:
    return {
        "how long each layer's gradient is": partial(plots.gradient_norms, watch),
        "how much of its weights one step changes": partial(plots.update_ratios, watch),
        **{
            f"{what} of each layer epoch by epoch": partial(plots.histograms, watch, what)
            for what in watch.values
        },
    }


def _is_plane(data: Dataset) -> bool:
    return data.input_shape == (2,) and data.task == "classes"


def write(
    folder: FilePath, title: str, drawn: Seen, say: Callable[[str], None] = lambda line: None
) -> None:
    """Write each picture, on light and on dark ground, and the page; InputError where the folder
    cannot be made."""
    folder = room(folder)
    figures = [_figure(folder, what, picture) for what, picture in drawn.items()]
    with atomic_write(folder / PAGE) as file:
        file.write(pages.frame(title, "\n".join(figures)).encode())
    say(f"wrote {folder / PAGE} with {len(figures)} pictures")


def _figure(folder: Path, what: str, picture: Any) -> str:
    """Write a picture twice; what stands of it in the page."""
    film = isinstance(picture, plots.Film)
    stem = what.replace(",", "").replace("'", "").replace(" ", "-")
    light, dark = (f"{stem}{end}.{'gif' if film else 'png'}" for end in ("", "-dark"))
    for name, on in ((light, False), (dark, True)):
        with plots.dark(on):
            if film:
                picture.save(folder / name)
            else:
                plots.save(picture(), folder / name)
    seen = escape(what)
    source = f'<source srcset="{dark}" media="(prefers-color-scheme: dark)">'
    image = f'<picture>{source}<img src="{light}" alt="{seen}"></picture>'
    return f"<figure><figcaption>{seen}</figcaption>{image}</figure>"
