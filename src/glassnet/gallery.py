"""A folder of pictures of one training, with a page that shows them all."""

from collections.abc import Callable, Mapping
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

from glassnet import pages, plots
from glassnet.arrays import FilePath
from glassnet.callbacks import History
from glassnet.data import Dataset
from glassnet.errors import InputError
from glassnet.files import atomic_write
from glassnet.metrics import confusion_matrix
from glassnet.sequential import Sequential

if TYPE_CHECKING:
    from matplotlib.axes import Axes

PAGE = "index.html"


def pictures(network: Sequential, history: History, data: Dataset) -> dict[str, "Axes"]:
    """The pictures that fit the task, by what is to be seen in them; answers are those of the test
    part, or of all where there is none."""
    x, y = (data.x_test, data.y_test) if len(data.x_test) else (data.x_train, data.y_train)
    found: dict[str, Axes] = {}
    if history.epochs:
        found["every epoch"] = plots.training(history)
    found |= _samples(data)
    if data.task == "classes":
        p = network.predict_proba(x)
        answers, classes = p.argmax(axis=1), data.classes
        matrix = confusion_matrix(y, answers, len(classes))
        found["truth and answers"] = plots.confusion(matrix, classes)
        found["how sure, and how often right"] = plots.calibration(p, y)
        if data.is_image and (answers != y).any():
            found["the most confident mistakes"] = plots.mistakes(x, y, p, classes)
        if data.input_shape == (2,):
            found["what is answered where"] = plots.regions(network, x, y, classes)
    elif data.task == "values" and data.outputs == 1:
        found["truth and answers"] = plots.predicted(y.ravel(), network.predict(x).ravel())
    found["what units of the first layer look for"] = plots.weights(network)
    found["the network"] = plots.diagram(network)
    return found


def room(folder: FilePath) -> Path:
    """The folder, made where it is not there; InputError where it cannot be."""
    folder = Path(folder)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"--plot: cannot make {folder}: {error.strerror}") from None
    return folder


def _samples(data: Dataset) -> dict[str, "Axes"]:
    if data.is_image and data.task == "classes":
        labels = [data.classes[label] for label in data.y_train[:10]]
        return {"samples": plots.samples(data.x_train, labels)}
    if data.input_shape == (2,) and data.task == "classes":
        return {"samples": plots.scatter(data.x_train, data.y_train, data.classes)}
    return {}


def write(
    folder: FilePath,
    title: str,
    drawn: Mapping[str, "Axes"],
    say: Callable[[str], None] = lambda line: None,
) -> None:
    """Write each picture and the page; InputError where the folder cannot be made."""
    folder, figures = room(folder), []
    for what, ax in drawn.items():
        name = f"{what.replace(',', '').replace(' ', '-')}.png"
        plots.save(ax, folder / name)
        seen = escape(what)
        image = f'<img src="{name}" alt="{seen}">'
        figures.append(f"<figure><figcaption>{seen}</figcaption>{image}</figure>")
    with atomic_write(folder / PAGE) as file:
        file.write(pages.frame(title, "\n".join(figures)).encode())
    say(f"wrote {folder / PAGE} with {len(figures)} pictures")
