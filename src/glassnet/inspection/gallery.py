"""The pictures of one training, and the folder with the page that shows them all."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from glassnet.base.arrays import Array, FilePath, spread
from glassnet.base.errors import InputError
from glassnet.base.files import atomic_write
from glassnet.base.numerals import numeral
from glassnet.base.progress import work
from glassnet.data import Dataset
from glassnet.inspection import dataset_report, gallery_page, plots
from glassnet.inspection.dataset_report import drawable
from glassnet.inspection.gallery_page import Head, Picture
from glassnet.inspection.watch import Watch
from glassnet.nn.layers import words_for
from glassnet.nn.layers.containers import in_sequence
from glassnet.nn.metrics import confusion_matrix
from glassnet.nn.metrics.names import metric_name
from glassnet.nn.network import Network
from glassnet.nn.task import task_named
from glassnet.training.callbacks.epoch_table import clock
from glassnet.training.callbacks.history import History

PAGE = "index.html"
SCENES = 20  # of a film, at most
POINTS = 1000  # of a film

Figures = Mapping[str, float]


def watchers(data: Dataset, epochs: int) -> list[Any]:
    """The callbacks that a training needs so that all its pictures can be drawn."""
    found: list[Any] = [Watch()]
    if _is_plane(data):
        rows = spread(len(data.x_train), POINTS)
        every = -(-epochs // SCENES)
        found.append(plots.Film(data.x_train[rows], data.y_train[rows], data.classes, every))
    return found


def facts(network: Network, data: Dataset, figures: Figures) -> tuple[str, ...]:
    """What stands in each picture: the data, the network, and its score in `figures`, which are
    those of the part of the data that it is evaluated on."""
    part = data.evaluation_part.name
    return data.name, plots.in_short(network), plots.scored(part, dict(figures))


def head(
    title: str, network: Network, history: History, data: Dataset, figures: Figures, command: str
) -> Head:
    """What stands above all pictures: four numbers, the data, the network and the command."""
    part, others = data.evaluation_part.name, [name for name in figures if name != "loss"]
    score = "r2" if "r2" in figures else [*others, "loss"][0]
    numbers = (
        (f"{part} {metric_name(score)}", numeral(figures[score])),
        (f"{part} loss", numeral(figures["loss"])),
        ("parameters", f"{network.parameters.vector.size:,}"),
        (f"time of {history.epochs} epochs", clock(sum(history.get("seconds", [])))),
    )
    rows = len(data.x_train), len(data.x_test)
    about = (
        ("Data", f"{data.name}: {rows[0]:,} training and {rows[1]:,} test samples"),
        ("Network", words_for(network.layers)),
    )
    return Head(title, numbers, about, command, facts(network, data, figures))


def pictures(
    network: Network,
    history: History,
    data: Dataset,
    watched: Iterable[Any] = (),
    figures: Figures | None = None,
) -> list[Picture]:
    """The pictures that fit the task; predictions are those of the test part, or of all samples if
    there is none. `watched` are the callbacks of the training, `figures` the test's metrics."""
    tested = figures if data.evaluation_part.name == "test" else None
    found = [*_data(data), *curves(history, tested)]
    for each in watched:
        if isinstance(each, Watch) and each.epochs:
            found += _layers(each)
        elif isinstance(each, plots.Film):
            found.append(Picture("Result", "Decision regions, epoch by epoch",
                                 "From the first weights to the last.", each))  # fmt: skip
    found += [*_predictions(network, data), *_weights(network, data), *_one_sample(network, data)]
    return found


def write(
    folder: FilePath,
    above: Head,
    drawn: Sequence[Picture],
    say: Callable[[str], None] = lambda line: None,
) -> None:
    """Write each picture, on light and on dark ground, and the page; InputError if the folder
    cannot be made."""
    folder = room(folder)
    verb = "replaced" if (folder / PAGE).exists() else "wrote"
    with work("drawing pictures", len(drawn), "pictures") as drawing:
        for picture in drawn:
            # The data are as they are, whatever network there is.
            known = above.facts[: 1 if picture.section == "Data" else None]
            for name, on in zip(picture.files, (False, True), strict=True):
                with plots.dark(on), plots.about(*known):
                    if isinstance(picture.draw, plots.Film):
                        picture.draw.save(folder / name)
                    else:
                        plots.save(picture.draw(), folder / name)
            drawing.add()
    with atomic_write(folder / PAGE) as file:
        file.write(gallery_page.page(above, drawn).encode())
    say(f"{verb} {folder / PAGE} with {len(drawn)} pictures")


def room(folder: FilePath) -> Path:
    """The folder, made if it does not exist; InputError if it cannot be."""
    folder = Path(folder)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"--plot: cannot make {folder}: {error.strerror}") from None
    return folder


# ---- what fits


def _data(data: Dataset) -> list[Picture]:
    if _is_plane(data):
        draw = partial(plots.scatter, data.x_train, data.y_train, data.classes)
        seen = Picture("Data", "Training samples", "A dot is a sample, its colour the class.", draw)
    elif data.is_image:
        seen = Picture("Data", "Samples", "From the training part, of as many classes as fit.",
                       partial(dataset_report.sheet, data))  # fmt: skip
    else:
        seen = Picture("Data", "Most informative columns",
                       "The two columns that explain most of the target in the training part.",
                       partial(dataset_report.points, data))  # fmt: skip
    return [seen, *_balance(data)]


def _balance(data: Dataset) -> list[Picture]:
    if data.y_train.ndim > 1:
        return []
    draw = partial(plots.balance, data.y_train, data.y_test, data.classes, data.target)
    return [Picture("Data", "Targets", "Healthy: training and test part look alike.", draw)]


def curves(
    history: Mapping[str, Sequence[float]], tested: Figures | None, kept: int | None = None
) -> list[Picture]:
    """Loss and accuracy by epoch; `kept` is the epoch whose weights were kept, from 1."""
    hints = {
        "loss": "Healthy: both fall; if validation rises again, the network overfits.",
        "accuracy": "Healthy: both rise; a wide gap between them means overfitting.",
        "mean_absolute": "Healthy: both fall; a wide gap between them means overfitting.",
    }
    if not any(name.startswith("val_") for name in history):
        hints = dict.fromkeys(hints, "Training part: it says nothing of overfitting by itself.")
    names = {"mean_absolute": "Mean absolute error"}
    return [
        Picture("Training", f"{names.get(name, name.capitalize())} by epoch", hint,
                partial(plots.curves, history, name, tested=tested, kept=kept))
        for name, hint in hints.items()
        if name in history
    ]  # fmt: skip


def _layers(watch: Watch) -> list[Picture]:
    hints = {
        "outputs": "Healthy: spread out and steady; a ReLU that is 0 throughout has died.",
        "weights": "Healthy: slowly widening; a jump means that steps are too large.",
        "gradients": "Healthy: around 0, narrowing as training goes on.",
    }
    lines = [
        Picture("Training", "Gradient norm by layer",
                "Healthy: within a factor of 100 of each other, none falling to 0.",
                partial(plots.gradient_norms, watch)),
        Picture("Training", "Relative update by layer", "Healthy: inside the grey band.",
                partial(plots.update_ratios, watch)),
    ]  # fmt: skip
    return lines + [
        Picture("Inside", f"{what.capitalize()} by layer and epoch", hints[what],
                partial(plots.histograms, watch, what))
        for what, layers in watch.values.items()
        if layers
    ]  # fmt: skip


def _predictions(network: Network, data: Dataset) -> list[Picture]:
    _, x, y = data.evaluation_part
    if not task_named(data.task).has_probabilities and data.outputs == 1:
        return [predicted(y.ravel(), network.predict(x).ravel())]
    if not task_named(data.task).exclusive:
        return []
    p, classes = network.predict_proba(x), data.classes
    predictions = p.argmax(axis=1)
    matrix = confusion_matrix(y, predictions, len(classes))
    found = [confusion(matrix, classes), calibration(p, y)]
    if len(classes) == 2 and 0 < y.mean() < 1:
        found += _ranking(p, y, classes)
    if data.is_image and (predictions != y).any():
        draw = partial(plots.mistakes, drawable(x, data.schema), y, p, classes)
        hint = "Ask of each: is it ambiguous, mislabelled, or not learned yet?"
        found.append(Picture("Result", "Most confident mistakes", hint, draw))
    if _is_plane(data):
        found.append(Picture("Result", "Decision regions",
                             "The stronger a colour, the surer the prediction; the line is a tie.",
                             partial(plots.regions, network, x, y, classes)))  # fmt: skip
    return found


def _ranking(p: Array, y: Array, classes: Sequence[str]) -> list[Picture]:
    """What each threshold of the second class's probability would come to."""
    return [
        Picture("Result", "ROC curve", "Healthy: far above the dashed line, near the corner.",
                partial(plots.roc, p, y, classes)),
        Picture("Result", "Precision and recall",
                "Choose a point: fewer false alarms on the left, fewer missed on the right.",
                partial(plots.precision_recall, p, y, classes)),
    ]  # fmt: skip


def predicted(y: Array, predictions: Array) -> Picture:
    """Predicted values (rows,) against true ones."""
    hint = "Good: dots on the line; residuals around 0 without a pattern."
    draw = partial(plots.predicted, y, predictions)
    return Picture("Result", "Predicted and true values", hint, draw)


def confusion(matrix: Array, classes: Sequence[str]) -> Picture:
    """How often each class was taken for each."""
    hint = "Rows are true classes; the redder a cell, the more of its row it takes."
    return Picture("Result", "Confusion matrix", hint, partial(plots.confusion, matrix, classes))


def calibration(p: Array, y: Array, name: str = "Calibration") -> Picture:
    """How often predictions are right, by their probability."""
    hint = "Healthy: bars touch the line; dots below it mean too much confidence."
    return Picture("Result", name, hint, partial(plots.calibration, p, y))


def _weights(network: Network, data: Dataset) -> list[Picture]:
    layers = [layer for _, layer in network.walk()]
    if any(layer.kernels() is not None for layer in layers):
        return [Picture("Inside", "Kernels of the first convolution",
                        "Healthy: edges and spots, not noise.",
                        partial(plots.kernels, network))]  # fmt: skip
    if all(layer.weight_matrix() is None for layer in layers):
        return []
    first = Picture("Inside", "First-layer weights", "What each unit looks for.",
                    partial(plots.weights, network))  # fmt: skip
    return [first, *diagram(network, data.evaluation_part.x[0] if data.is_image else None)]


def diagram(network: Network, sample: Array | None = None) -> list[Picture]:
    """Units and weights, if the network is a sequence of dense layers; a `sample` that is a picture
    stands for its inputs."""
    layers = [layer for _, layer in network.walk()]
    plain = all(layer.kernels() is None for layer in layers)
    dense = any(layer.weight_matrix() is not None for layer in layers)
    branches = any(layer.parts() for _, layer in in_sequence(network.root.parts()))
    if branches or not (plain and dense):
        return []
    hint = "A line is a weight: the wider, the larger; orange above 0, blue below."
    draw = partial(plots.diagram, network, sample=sample)
    return [Picture("Inside", "Network diagram", hint, draw)]


def _one_sample(network: Network, data: Dataset) -> list[Picture]:
    """What a network with convolutions makes of the first sample, and how that varies."""
    if all(layer.kernels() is None for _, layer in network.walk()):
        return []
    _, x, _ = data.evaluation_part
    found = [
        Picture("Inside", "Feature maps of the first sample",
                "What each layer makes of it; orange is above 0, blue below.",
                partial(plots.feature_maps, network, x[0])),
        Picture("Inside", "Occlusion of the first sample",
                "Orange: the output falls if this place is covered.",
                partial(plots.occlusion, network, x[0])),
    ]  # fmt: skip
    if plots.varies(network):
        found.append(Picture("Inside", "The first sample, augmented",
                             "Healthy: a person still sees the class in each.",
                             partial(plots.augmented, network, x[0])))  # fmt: skip
    return found


def _is_plane(data: Dataset) -> bool:
    return data.input_shape == (2,) and task_named(data.task).exclusive
