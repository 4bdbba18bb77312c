"""Pictures that vary: SciPy's values, exact transposes, and chance that is each network's own."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy import ndimage

import glassnet as gn
from glassnet.nn.layers import LAYERS, Augmentation, Layer

PICTURES = np.random.default_rng(0).normal(size=(6, 9, 11, 2))
KINDS = [kind for kind in LAYERS.values() if issubclass(kind, Augmentation)] + [gn.GaussianNoise]
VARYING = [
    pytest.param(layer, id=repr(layer))
    for kind in KINDS
    for layer in map(kind.from_config, kind.examples)
    if layer.config().get("std") != 0  # with which nothing varies
]
every_layer = pytest.mark.parametrize("layer", VARYING)
LINEAR = [case for case in VARYING if not isinstance(case.values[0], gn.GaussianNoise)]


class Chosen:
    """A generator whose numbers in [0, 1) are chosen: one, or one for each of the last axis."""

    def __init__(self, numbers: Any) -> None:
        self.numbers = numbers

    def random(self, size: tuple[int, ...], dtype: Any) -> np.ndarray:
        return np.broadcast_to(np.asarray(self.numbers, dtype), size).copy()


def varied(layer: Layer, numbers: Any, x: np.ndarray = PICTURES) -> np.ndarray:
    y, _ = layer.forward(x, Chosen(numbers))  # type: ignore[arg-type]
    return y


def by_scipy(function: Callable[[np.ndarray], np.ndarray]) -> np.ndarray:
    """The function of every channel of every picture."""
    each = [[function(picture[..., c]) for c in range(2)] for picture in PICTURES]
    return np.moveaxis(np.array(each), 1, -1)


def close(found: np.ndarray, expected: np.ndarray) -> None:
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-12)


# ---- values


@pytest.mark.parametrize("fill", [0.0, 3.0])
@pytest.mark.parametrize(("numbers", "by"), [([0, 0], (-3, -3)), ([0.999, 0.5], (3, 0))])
def test_a_shift_is_scipys(numbers: list[float], by: tuple[int, int], fill: float) -> None:
    expected = by_scipy(lambda a: ndimage.shift(a, by, order=0, mode="constant", cval=fill))
    close(varied(gn.RandomShift(3, fill=fill), numbers), expected)


def test_a_shift_beyond_the_picture_leaves_nothing_of_it() -> None:
    assert (varied(gn.RandomShift(20, fill=7.0), 0) == 7).all()


def test_a_share_is_of_height_and_width_and_at_least_a_pixel() -> None:
    x = np.zeros((1, 4, 30, 1))
    x[0, 0, 0] = 1
    assert np.argwhere(varied(gn.RandomShift(0.1), 0.999, x)).tolist() == [[0, 1, 3, 0]]


def test_shifts_are_whole_pixels_of_all_sizes_evenly() -> None:
    x = np.zeros((20_000, 5, 5, 1))
    x[:, 2, 2] = 1
    y, _ = gn.RandomShift(2).forward(x, np.random.default_rng(0))
    assert np.abs(y.sum(axis=0) - 800).max() < 120  # 1 in 25, within 4 standard deviations


AFFINE = {  # u, of which 2u − 1 is the share of each setting, and the settings
    "turned": ([0.9, 0.5, 0.5, 0.5, 0.5], {"degrees": 40.0, "shift": 0.0, "scale": 0.0}),
    "slanted": ([0.5, 0.1, 0.5, 0.5, 0.5], {"degrees": 0.0, "scale": 0.0, "shear": 30.0}),
    "resized": ([0.5, 0.5, 0.2, 0.5, 0.5], {"degrees": 0.0, "scale": 0.4}),
    "moved": ([0.5, 0.5, 0.5, 0.8, 0.1], {"degrees": 0.0, "scale": 0.0, "shift": 2.5}),
    "all": ([0.2, 0.7, 0.9, 0.3, 0.6], {"degrees": 70.0, "scale": 0.3, "shear": 20.0,
                                        "shift": 0.2}),
}  # fmt: skip


@pytest.mark.parametrize("fill", [0.0, 2.0])
@pytest.mark.parametrize("case", AFFINE)
def test_an_affine_map_is_scipys(case: str, fill: float) -> None:
    """In rows down and columns to the right, out = R S s (in − m) + m + t."""
    numbers, how = AFFINE[case]
    layer = gn.RandomAffine(**how, fill=fill)
    angle, shear, scale, down, right = 2 * np.array(numbers) - 1
    turn, slant = np.deg2rad(angle * layer.degrees), np.tan(np.deg2rad(shear * layer.shear))
    rotation = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    slanted = np.array([[1, 0], [slant, 1]])
    back = np.linalg.inv(rotation @ slanted * (1 + scale * layer.scale))
    reach = (9 * layer.shift, 11 * layer.shift) if layer.shift < 1 else (layer.shift,) * 2
    middle, moved = np.array([4, 5]), reach * np.array([down, right])
    expected = by_scipy(
        lambda a: ndimage.affine_transform(
            a, back, middle - back @ (middle + moved), order=1, mode="grid-constant", cval=fill
        )
    )
    close(varied(layer, numbers), expected)


def test_a_quarter_turn_is_counterclockwise_and_exact() -> None:
    x = np.random.default_rng(0).normal(size=(2, 7, 7, 3))
    close(varied(gn.RandomRotation(90), 1.0, x), np.rot90(x, axes=(1, 2)))
    close(varied(gn.RandomRotation(90), 0.0, x), np.rot90(x, -1, axes=(1, 2)))


@pytest.mark.parametrize("sigma", [0.4, 1.3, 4.0, 9.0])
def test_an_elastic_distortion_is_made_of_scipys_parts(sigma: float) -> None:
    """The displacements from the same draws, smoothed by SciPy; the pixels from its resampling."""
    noise = np.random.default_rng(3).random((6, 2, 9, 11))
    layer = gn.ElasticDistortion(alpha=8.0, sigma=sigma, fill=1.0)
    y, _ = layer.forward(PICTURES, np.random.default_rng(3))
    for k, picture in enumerate(PICTURES):
        moved = [ndimage.gaussian_filter(2 * n - 1, sigma, mode="constant") for n in noise[k]]
        places = np.indices((9, 11)) + 8 * np.array(moved)
        for c in range(2):
            expected = ndimage.map_coordinates(
                picture[..., c], places, order=1, mode="grid-constant", cval=1.0
            )
            close(y[k, ..., c], expected)


def test_a_flip_is_numpys() -> None:
    left_right, top_bottom = PICTURES[:, :, ::-1], PICTURES[:, ::-1]
    close(varied(gn.RandomFlip(), 0.4), left_right)
    close(varied(gn.RandomFlip(), 0.6), PICTURES)
    close(varied(gn.RandomFlip(horizontal=False, vertical=True), 0.4), top_bottom)
    both = gn.RandomFlip(vertical=True)
    close(varied(both, 0.4), PICTURES[:, ::-1, ::-1])
    close(varied(both, [0.4, 0.6]), top_bottom)
    close(varied(both, [0.6, 0.4]), left_right)


def test_each_picture_is_mirrored_half_of_the_time() -> None:
    x = np.arange(2.0).reshape(1, 1, 2, 1).repeat(4000, axis=0)
    y, _ = gn.RandomFlip().forward(x, np.random.default_rng(0))
    assert 0.46 < y[:, 0, 0, 0].mean() < 0.54


def test_an_erased_rectangle_has_the_drawn_size_and_place() -> None:
    x = np.ones((1, 20, 10, 1))
    layer = gn.RandomErase(rate=0.5, area=(0.1, 0.3), aspect=0.25, fill=-1.0)
    y = varied(layer, [0.4, 0.5, 0.5, 0.999, 0.0], x)  # share 0.2: 40 pixels
    flattest, steepest = np.log(0.4), np.log(4)  # 40 / 10² is the flattest that fits
    tall = np.sqrt(40 * np.exp((flattest + steepest) / 2))
    rows, columns = int(np.round(tall)), int(np.round(40 / tall))
    assert (rows, columns) == (7, 6)
    expected = x.copy()
    expected[:, -rows:, :columns] = -1
    np.testing.assert_array_equal(y, expected)
    np.testing.assert_array_equal(varied(layer, [0.6, 0.5, 0.5, 0.9, 0.0], x), x)


@pytest.mark.parametrize("shape", [(28, 28), (5, 40), (3, 2), (1, 1)])
def test_what_is_erased_is_about_the_share_that_was_asked_for(shape: tuple[int, int]) -> None:
    x = np.ones((3000, *shape, 1))
    y, _ = gn.RandomErase(rate=1.0).forward(x, np.random.default_rng(0))
    erased = (y == 0).sum(axis=(1, 2, 3))
    assert erased.min() >= 1
    if shape == (28, 28):
        assert erased.mean() / 28**2 == pytest.approx(0.21, abs=0.01)  # of 0.02 to 0.4
    y, _ = gn.RandomErase().forward(x, np.random.default_rng(0))
    assert (y == 1).all(axis=(1, 2, 3)).mean() == pytest.approx(0.5, abs=0.04)


def test_noise_has_its_deviation() -> None:
    x = np.full((200, 500), 3.0)
    y, saved = gn.GaussianNoise(0.3).forward(x, np.random.default_rng(0))
    assert y.mean() == pytest.approx(3, abs=0.005)
    assert (y - x).std() == pytest.approx(0.3, abs=0.005)
    np.testing.assert_array_equal(gn.GaussianNoise(0.3).backward(x, saved), x)


@every_layer
def test_far_values_and_single_pixels_stay_numbers(layer: Layer) -> None:
    huge = np.sign(PICTURES).astype(np.float32) * np.float32(1e30)
    y, saved = layer.forward(huge, np.random.default_rng(0))
    assert np.isfinite(y).all()
    assert np.isfinite(layer.backward(huge, saved)).all()
    for shape in ((1, 1, 1, 1), (3, 1, 4, 2), (2, 5, 1, 1)):
        y, saved = layer.forward(np.ones(shape), np.random.default_rng(0))
        assert y.shape == layer.backward(y, saved).shape == shape


# ---- the way back


@pytest.mark.parametrize("layer", LINEAR)
@pytest.mark.parametrize("leading", [(), (3,), (2, 2)])
def test_backward_is_the_transpose(layer: Layer, leading: tuple[int, ...]) -> None:
    """⟨Ax, dy⟩ = ⟨x, Aᵀdy⟩, where A x is y less what `fill` adds."""
    rng = np.random.default_rng(1)
    x, dy = rng.normal(size=(2, *leading, 6, 9, 11, 2))
    y, saved = layer.forward(x, np.random.default_rng(5))
    nothing, _ = layer.forward(np.zeros_like(x), np.random.default_rng(5))
    dx = layer.backward(dy, saved)
    np.testing.assert_allclose(np.vdot(y - nothing, dy), np.vdot(x, dx), rtol=1e-10)
    assert np.abs(dx).max() > 0.1


# ---- chance


@every_layer
def test_prediction_leaves_pictures_as_they_are(layer: Layer) -> None:
    y, saved = layer.forward(PICTURES)
    np.testing.assert_array_equal(y, PICTURES)
    np.testing.assert_array_equal(layer.backward(PICTURES, saved), PICTURES)


@every_layer
@pytest.mark.parametrize("leading", [(), (3,), (2, 2)])
def test_every_sample_of_every_network_varies_by_itself(
    layer: Layer, leading: tuple[int, ...]
) -> None:
    one = np.random.default_rng(0).normal(size=(28, 28, 1))
    y, _ = layer.forward(np.broadcast_to(one, (*leading, 8, 28, 28, 1)), np.random.default_rng(0))
    samples = {sample.tobytes() for sample in y.reshape(-1, 28 * 28)}
    few = 2 if isinstance(layer, gn.RandomFlip) else 6  # mirrored or not
    assert len(samples) >= few


@every_layer
def test_a_seed_repeats_and_another_does_not(layer: Layer) -> None:
    def pictures(seed: int) -> bytes:
        return layer.forward(PICTURES, np.random.default_rng(seed))[0].tobytes()

    assert pictures(1) == pictures(1) != pictures(2)


def network(layer: Layer, seed: int = 0, wide: int = 5) -> gn.Sequential:
    fresh = type(layer).from_config(layer.config())
    layers = [fresh, gn.Flatten(), gn.Dense(wide, "tanh"), gn.Dense(2)]
    return gn.Sequential(layers, input_shape=(9, 11, 2), seed=seed, dtype="float64")


X = np.random.default_rng(7).normal(size=(40, 9, 11, 2))
Y = (X.mean(axis=(1, 2, 3)) > 0).astype(int)
HOW: dict[str, Any] = {"epochs": 3, "batch_size": 16, "optimizer": "sgd:learning_rate=0.1"}


@every_layer
def test_networks_of_a_stack_vary_as_they_would_alone(layer: Layer) -> None:
    widths = {4: 5, 5: 5, 6: 3}
    stack = gn.Stack(network(layer, seed, wide) for seed, wide in widths.items())
    stack.fit(X, Y, **HOW)
    for (seed, wide), together in zip(widths.items(), stack, strict=True):
        alone = network(layer, seed, wide)
        alone.fit(X, Y, **HOW)
        close(together.parameters.vector, alone.parameters.vector)


class PulledError(Exception):
    """The plug is pulled."""


class KillAfter:
    def __init__(self, steps: int) -> None:
        self.steps = steps

    def on_train_batch_end(self, batch: int, logs: Any) -> None:
        self.steps -= 1
        if not self.steps:
            raise PulledError


@every_layer
@pytest.mark.parametrize("steps", [2, 4])
def test_a_killed_training_resumes_to_the_same_bytes(
    tmp_path: Path, layer: Layer, steps: int
) -> None:
    whole, resumed = network(layer), network(layer)
    whole.fit(X, Y, **HOW)
    with pytest.raises(PulledError):
        checkpoint = gn.Checkpoint(tmp_path / "c", every=1)
        network(layer).fit(X, Y, **HOW, checkpoint=checkpoint, callbacks=[KillAfter(steps)])
    resumed.fit(X, Y, **HOW, resume=tmp_path / "c")
    assert resumed.parameters.vector.tobytes() == whole.parameters.vector.tobytes()


# ---- what is refused


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda: gn.RandomShift(0), "shift is 0, expected a number in"),
        (lambda: gn.RandomShift(1.5), "shift is 1.5, expected a whole number of pixels, or"),
        (lambda: gn.RandomRotation(200), "degrees is 200"),
        (lambda: gn.RandomAffine(scale=1), "scale is 1"),
        (lambda: gn.RandomAffine(shear=90), "shear is 90"),
        (lambda: gn.RandomAffine(shift=-1), "shift is -1"),
        (lambda: gn.RandomFlip(False), "mirrors nothing: expected horizontal or vertical"),
        (lambda: gn.RandomFlip("left"), "horizontal is 'left', expected True or False"),
        (lambda: gn.RandomErase(0), "rate is 0"),
        (lambda: gn.RandomErase(area=(0.4, 0.02)), r"area is \(0.4, 0.02\), expected a range"),
        (lambda: gn.RandomErase(area=0.1), "area is 0.1, expected a range"),
        (lambda: gn.RandomErase(area=(0.1, 0.2, 0.3)), "expected a range such as"),
        (lambda: gn.RandomErase(aspect=2), "aspect is 2"),
        (lambda: gn.GaussianNoise(-0.1), "std is -0.1"),
        (lambda: gn.ElasticDistortion(alpha=0), "alpha is 0"),
        (lambda: gn.ElasticDistortion(sigma=0), "sigma is 0"),
        (lambda: gn.ElasticDistortion(fill=np.nan), "fill is nan"),
    ],
)
def test_settings_that_make_no_sense_are_refused(make: Any, says: str) -> None:
    with pytest.raises(gn.GlassnetError, match=says):
        make()


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind is not gn.GaussianNoise])
@pytest.mark.parametrize(
    ("shape", "wanted"), [((8, 9), r"Reshape\(\(8, 9, 1\)\)"), ((784,), r"Reshape\(\(height, ")]
)
def test_pictures_without_channels_are_told_how_to_get_them(
    kind: Any, shape: tuple[int, ...], wanted: str
) -> None:
    with pytest.raises(gn.GlassnetError, match=rf"takes pictures .*got samples of.*{wanted}"):
        gn.Sequential([kind(), gn.Flatten(), gn.Dense(2)], input_shape=shape)
