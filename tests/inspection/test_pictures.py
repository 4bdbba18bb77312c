"""Every picture beside a stored one; `pytest tests/inspection/test_pictures.py --mpl-generate-path
tests/inspection/pictures` stores them anew."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import matplotlib
import numpy as np
import pytest

import glassnet as gn
from glassnet.inspection import plots
from glassnet.inspection.dependence import Dependence
from glassnet.inspection.importance import Importance
from tests.inspection.seen import faults, words

# The versions set text differently, and axes make room for it; the one that developers have:
VERSION = "3.11"
STORED = Path(__file__).parent / "pictures"
TOLERANCE = 2  # root mean square of the differences, 0 to 255
pytestmark = pytest.mark.skipif(
    not matplotlib.__version__.startswith(VERSION), reason=f"stored with matplotlib {VERSION}"
)

RNG = np.random.default_rng(0)
ANGLES = RNG.uniform(0, np.pi, 120)
LABELS = np.arange(120) % 2
POINTS = np.stack([np.cos(ANGLES) + LABELS, np.sin(ANGLES) * (1 - 2 * LABELS)], axis=1)
IMAGES = np.add.outer(np.arange(12), np.add.outer(np.arange(8), np.arange(8))) % 9
P = RNG.dirichlet(np.full(3, 0.4), 200)
TRUTH = np.where(RNG.random(200) < 0.6, P.argmax(axis=1), RNG.integers(0, 3, 200))
CLASSES = ("ash", "birch", "cedar")
CURVES = np.array([[0.1, 0.8, 0.1], [0.2, 0.6, 0.2], [0.5, 0.2, 0.3], [0.6, 0.1, 0.3]])
DROPS = np.add.outer(0.3 * 0.8 ** np.arange(23) - 0.01, [-0.02, 0.01, 0.01])


def network(inputs: Any = 2, hidden: int = 6, outputs: int = 2) -> gn.Sequential:
    layers = [gn.Flatten(), gn.Dense(hidden, "tanh"), gn.Dense(outputs)]
    net = gn.Sequential(layers, input_shape=inputs, seed=0)
    net.loss, net.task = gn.CrossEntropy(), "classes"
    return net


class Moved(gn.Layer):
    """Each picture moved around by up to two columns, in training."""

    random = True

    def forward(self, x: Any, rng: Any = None) -> Any:
        if rng is None:
            return x, None
        steps = rng.integers(-2, 3, len(x))
        return np.stack([np.roll(each, n, axis=1) for each, n in zip(x, steps, strict=True)]), steps

    def backward(self, dy: Any, saved: Any) -> Any:
        return dy


def seeing() -> gn.Sequential:
    layers = [gn.Reshape((8, 8, 1)), Moved(), gn.Conv2D(5, activation="relu"), gn.MaxPool2D()]
    net = gn.Sequential([*layers, gn.Flatten(), gn.Dense(3)], input_shape=(8, 8), seed=0)
    net.loss, net.task = gn.CrossEntropy(), "classes"
    return net


def history(k: int = 0) -> dict[str, list[float]]:
    falling = 2 * np.exp(-np.arange(20) / (4 + k)) + 0.1
    return {
        "loss": [*falling],
        "val_loss": [*(falling + 0.1 * k)],
        "accuracy": [*(1 - falling / 3)],
    }


def of_a_table() -> gn.Sequential:
    net = network(33, 40, 3)
    net.feature_names = tuple(f"column {k}" for k in range(33))
    net.classes = CLASSES
    net.trained = {"data": "trees.csv", "test": {"loss": 0.3, "accuracy": 0.91}}
    return net


def watch() -> gn.Watch:
    found = gn.Watch()
    found.epochs, found.first = [*range(1, 11)], 1
    spread = np.linspace(0, 4, 200) ** 2
    found.values["outputs"] = {
        f"{k} {kind}": [np.where(spread < k, 0, spread - e) for e in range(10)]
        for k, kind in enumerate(("ReLU", "Dense", "ReLU", "Dense"))
    }
    for name, layer in (("0 Dense", 1), ("2 Dense", 3)):
        found.gradient_norms[name] = [layer * 0.8**k for k in range(10)]
        found.update_ratios[name] = [layer * 1e-3 * 0.7**k for k in range(10)]
        spread = np.linspace(-1, 1, 300) ** 3
        found.values.setdefault("weights", {})[name] = [spread * (layer + k) for k in range(10)]
    return found


PICTURES: dict[str, Callable[[], Any]] = {
    "activation": lambda: plots.activation(gn.GELU()),
    "augmented": lambda: plots.augmented(seeing(), IMAGES[0]),
    "calibration": lambda: plots.calibration(P, TRUTH),
    "compared": lambda: plots.compared({"a": history(), "b": [history(k) for k in (2, 4, 6)]}),
    "confusion": lambda: plots.confusion(np.diag([9, 8, 7]) + np.eye(3, k=1, dtype=int), CLASSES),
    "curves": lambda: plots.curves(history(2)),
    "curves-of-many": lambda: plots.curves([history(k) for k in range(5)], "accuracy"),
    "dependence": lambda: plots.dependence(
        Dependence("height ($)", ("1", "2", "4", "8"), (1.0, 2.0, 4.0, 8.0), CURVES, CLASSES)
    ),
    "dependence-on-words": lambda: plots.dependence(
        Dependence("tree", CLASSES, None, CURVES[:3], ("low", "middle", "high"))
    ),
    "diagram": lambda: plots.diagram(network(4, 30, 3)),
    "diagram-of-images": lambda: plots.diagram(network((8, 8), 14, 3), sample=IMAGES[0]),
    "diagram-of-a-table": lambda: plots.diagram(of_a_table()),
    "distributions": lambda: plots.distributions(network().trace(POINTS, LABELS), "weights"),
    "feature-maps": lambda: plots.feature_maps(seeing(), IMAGES[0]),
    "gradient-input": lambda: plots.gradient_input(seeing(), IMAGES[0]),
    "gradient-norms": lambda: plots.gradient_norms(watch()),
    "heat": lambda: plots.heat(
        np.arange(12.0).reshape(3, 4) / 11, "abc", "stuv", ("rows", "columns"), "accuracy"
    ),
    "histogram": lambda: plots.histograms(watch(), "weights", "0 Dense"),
    "histograms": lambda: plots.histograms(watch(), "weights"),
    "histograms-with-zeros": lambda: plots.histograms(watch(), "outputs"),
    "importance": lambda: plots.importance(
        Importance(tuple(f"column {k}" for k in range(23)), DROPS, "roc_auc", 0.875, 1234)
    ),
    "kernels": lambda: plots.kernels(seeing()),
    "means": lambda: plots.means(TRUTH[:120], CLASSES, POINTS[:, 0], "height ($)", "tree"),
    "mistakes": lambda: plots.mistakes(
        np.tile(IMAGES, (17, 1, 1))[:200], TRUTH, P, CLASSES
    ),
    "occlusion": lambda: plots.occlusion(seeing(), IMAGES[0]),
    "precision-recall": lambda: plots.precision_recall(P[:, :2], TRUTH == 1, CLASSES[:2]),
    "predicted": lambda: plots.predicted(POINTS[:, 0], POINTS[:, 0] + 0.2 * POINTS[:, 1]),
    "rates": lambda: plots.rates(
        np.geomspace(1e-5, 10, 7), [2.0, 1.0, 0.5, 0.02, 1.8, 5e4, np.nan], 1e-2
    ),
    "regions": lambda: plots.regions(network(), POINTS, LABELS, CLASSES),
    "roc": lambda: plots.roc(P[:, :2], TRUTH == 1, CLASSES[:2]),
    "roc-of-three": lambda: plots.roc(P, TRUTH, CLASSES),
    "samples": lambda: plots.samples(IMAGES, [f"no. {k}" for k in range(12)]),
    "scatter": lambda: plots.scatter(POINTS, LABELS, CLASSES),
    "scatter-of-features": lambda: plots.scatter(POINTS, LABELS, CLASSES, names=("a (cm)", "b")),
    "shares": lambda: plots.shares(TRUTH, CLASSES, P.argmax(axis=1), CLASSES, "tree"),
    "spread": lambda: plots.spread([*(0.9 + 0.05 * np.sin(np.arange(60)))], "accuracy"),
    "strip": lambda: plots.strip({"a": [0.8, 0.9, 0.85, 0.83, 0.95], "b": [0.6, 0.7]}, "accuracy"),
    "strip-of-many": lambda: plots.strip({"moons": P.max(axis=1)[:100].round(2)}, "accuracy"),
    "swept": lambda: plots.swept([3, 5, 7], [[0.5, 0.7], [0.8, 0.9], [0.9, 0.92]], "units"),
    "training": lambda: plots.training(
        history(2), "trees · 33-40-3", tested={"loss": 0.5, "accuracy": 0.91}
    ),
    "update-ratios": lambda: plots.update_ratios(watch()),
    "valued": lambda: plots.valued(POINTS, POINTS[:, 0], "price ($)"),
    "weights": lambda: plots.weights(network()),
    "weights-of-a-table": lambda: plots.weights(of_a_table()),
    "weights-of-images": lambda: plots.weights(network((8, 8))),
}  # fmt: skip


def drawn(name: str, ground: str) -> Any:
    with plots.dark(ground == "dark"):
        return PICTURES[name]()


@pytest.mark.parametrize("ground", ["light", "dark"])
@pytest.mark.parametrize("name", PICTURES)
@pytest.mark.mpl_image_compare(
    baseline_dir="pictures", tolerance=TOLERANCE, style="default", savefig_kwargs={"dpi": 50}
)
def test_picture(name: str, ground: str) -> Any:
    return drawn(name, ground).get_figure()


@pytest.mark.parametrize("name", PICTURES)
def test_its_words_can_be_read(name: str) -> None:
    figure = drawn(name, "light").get_figure()
    assert faults(figure) == []
    inches, _ = figure.get_size_inches()
    # 10 points on 5 inches: 10 pixels and more on a screen that shows it 360 wide.
    assert {text.get_fontsize() / inches for text, _ in words(figure)} == {2.0}
    assert figure.get_suptitle().strip()


def test_words_that_cannot_be_read_are_found() -> None:
    ax = drawn("curves", "light")
    ax.text(3, 1, "first"), ax.text(3.1, 1, "second")
    ax.text(20, 1, "outside").set_in_layout(False)  # no room is made for it
    assert faults(ax.get_figure()) == ["outside", "first × second"]


def off(path: Path, figure: Any, stored: str) -> float:
    """How far a figure is from a stored picture."""
    from matplotlib.testing.compare import calculate_rms
    from PIL import Image

    figure.savefig(path, dpi=50)
    images = [np.asarray(Image.open(each).convert("RGB")) for each in (path, STORED / stored)]
    if images[0].shape != images[1].shape:
        return float("inf")
    return float(calculate_rms(*(image.astype(float) for image in images)))


def without_data(ax: Any) -> None:
    for artist in [*ax.lines, *ax.collections, *ax.images, *ax.patches]:
        artist.remove()


def of_other_colours(ax: Any) -> None:
    for artist in [*ax.lines, *ax.collections, *ax.patches]:
        artist.set_color("#CC79A7")
    for image in [*ax.images, *ax.collections]:
        image.set_cmap("jet")


def of_other_axes(ax: Any) -> None:
    (left, right), (low, high) = ax.get_xlim(), ax.get_ylim()
    ax.set_xlim(left, right + 0.4 * (right - left))
    ax.set_ylim(low, high + 0.4 * (high - low))


@pytest.mark.parametrize("breaks", [without_data, of_other_colours, of_other_axes])
@pytest.mark.parametrize("name", PICTURES)
def test_a_broken_picture_fails(name: str, breaks: Callable[[Any], None], tmp_path: Path) -> None:
    stored = f"test_picture_{name}-light.png"
    ax = drawn(name, "light")
    assert off(tmp_path / "whole.png", ax.get_figure(), stored) < TOLERANCE
    breaks(ax)
    assert off(tmp_path / "broken.png", ax.get_figure(), stored) > 2 * TOLERANCE
