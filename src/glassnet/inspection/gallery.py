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
from glassnet.inspection.dataset_report import drawable
from glassnet.inspection.watch import Watch
from glassnet.nn.layers.containers import in_sequence
from glassnet.nn.metrics import confusion_matrix
from glassnet.nn.network import Network
from glassnet.nn.task import task_named
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
    network: Network, history: History, data: Dataset, watched: Iterable[Any] = ()
) -> Seen:
    """The pictures that fit the task; predictions are those of the test part, or of all samples if
    there is none. `watched` are the callbacks of the training."""
    found: dict[str, Any] = {}
    if history.epochs:
        found["Training curves"] = partial(plots.training, history)
    found |= _samples(data) | _predictions(network, data) | _weights(network)
    found |= _one_sample(network, data)
    for each in watched:
        if isinstance(each, Watch) and each.epochs:
            found |= _layers(each)
        elif isinstance(each, plots.Film):
            found["Decision regions, epoch by epoch"] = each
    return found


def room(folder: FilePath) -> Path:
    """The folder, made if it does not exist; InputError if it cannot be."""
    folder = Path(folder)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"--plot: cannot make {folder}: {error.strerror}") from None
    return folder


def _samples(data: Dataset) -> dict[str, Any]:
    if data.is_image and task_named(data.task).exclusive:
        labels = [data.classes[label] for label in data.y_train[:10]]
        return {"Samples": partial(plots.samples, drawable(data.x_train[:10], data.schema), labels)}
    if _is_plane(data):
        return {"Samples": partial(plots.scatter, data.x_train, data.y_train, data.classes)}
    return {}


def _predictions(network: Network, data: Dataset) -> dict[str, Any]:
    _, x, y = data.evaluation_part
    if not task_named(data.task).has_probabilities and data.outputs == 1:
        predictions = network.predict(x).ravel()
        return {"Predicted and true values": partial(plots.predicted, y.ravel(), predictions)}
    if not task_named(data.task).exclusive:
        return {}
    p, classes = network.predict_proba(x), data.classes
    predictions = p.argmax(axis=1)
    matrix = confusion_matrix(y, predictions, len(classes))
    found: dict[str, Any] = {
        "Confusion matrix": partial(plots.confusion, matrix, classes),
        "Calibration": partial(plots.calibration, p, y),
    }
    if data.is_image and (predictions != y).any():
        images = drawable(x, data.schema)
        found["Most confident mistakes"] = partial(plots.mistakes, images, y, p, classes)
    if _is_plane(data):
        found["Decision regions"] = partial(plots.regions, network, x, y, classes)
    return found


def _weights(network: Network) -> dict[str, Any]:
    layers = [layer for _, layer in network.walk()]
    if any(layer.kernels() is not None for layer in layers):
        return {"Kernels of the first convolution": partial(plots.kernels, network)}
    if all(layer.weight_matrix() is None for layer in layers):
        return {}
    found = {"First-layer weights": partial(plots.weights, network)}
    if not any(layer.parts() for _, layer in in_sequence(network.root.parts())):
        found["Network diagram"] = partial(plots.diagram, network)
    return found


def _one_sample(network: Network, data: Dataset) -> dict[str, Any]:
    """What a network with convolutions makes of the first sample, and how that varies."""
    if all(layer.kernels() is None for _, layer in network.walk()):
        return {}
    _, x, _ = data.evaluation_part
    found = {
        "Feature maps of the first sample": partial(plots.feature_maps, network, x[0]),
        "Occlusion of the first sample": partial(plots.occlusion, network, x[0]),
    }
    if plots.varies(network):
        found["What training makes of the first sample"] = partial(plots.augmented, network, x[0])
    return found


def _layers(watch: Watch) -> dict[str, Any]:
    return {
        "Gradient norm by layer": partial(plots.gradient_norms, watch),
        "Relative update by layer": partial(plots.update_ratios, watch),
        **{
            f"{what.capitalize()} by layer and epoch": partial(plots.histograms, watch, what)
            for what in watch.values
        },
    }


def _is_plane(data: Dataset) -> bool:
    return data.input_shape == (2,) and task_named(data.task).exclusive


def write(
    folder: FilePath, title: str, drawn: Seen, say: Callable[[str], None] = lambda line: None
) -> None:
    """Write each picture, on light and on dark ground, and the page; InputError if the folder
    cannot be made."""
    folder = room(folder)
    figures = [_figure(folder, what, picture) for what, picture in drawn.items()]
    with atomic_write(folder / PAGE) as file:
        file.write(pages.frame(title, "\n".join(figures)).encode())
    say(f"wrote {folder / PAGE} with {len(figures)} pictures")


def _figure(folder: Path, what: str, picture: Any) -> str:
    """Write a picture twice; its place in the page."""
    film = isinstance(picture, plots.Film)
    stem = what.lower().replace(",", "").replace(" ", "-")
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
