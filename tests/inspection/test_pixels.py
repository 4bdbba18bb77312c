"""Pictures of networks that see pictures: what is drawn is what the network has and does."""

from typing import Any

import numpy as np
import pytest

import glassnet as gn
from glassnet.data import load
from glassnet.inspection import gallery, plots
from glassnet.inspection.attribution import attribute
from tests.inspection.seen import facts_of, name_of

RNG = np.random.default_rng(0)
X = RNG.random((6, 8))


class Flipped(gn.Layer):
    """In training, each picture mirrored by chance."""

    random = True

    def forward(self, x: Any, rng: Any = None) -> Any:
        if rng is None:
            return x, None
        flips = rng.random(len(x)) < 0.5
        return np.where(flips[:, None, None, None], x[:, :, ::-1], x), flips

    def backward(self, dy: Any, saved: Any) -> Any:
        return dy


def seeing(*first: gn.Layer, shape: Any = (6, 8)) -> gn.Sequential:
    shaped = [gn.Reshape((6, 8, 1))] if len(shape) == 2 else []
    layers = [*shaped, *first, gn.Conv2D(3), gn.ReLU(), gn.MaxPool2D(), gn.Flatten(), gn.Dense(4)]
    net = gn.Sequential(layers, input_shape=shape, seed=0)
    net.loss, net.task = gn.CrossEntropy(), "classes"
    return net


def linear() -> gn.Sequential:
    return gn.Sequential([gn.Flatten(), gn.Dense(3)], input_shape=(6, 8), seed=0)


def test_kernels_are_those_of_the_first_convolution() -> None:
    net = seeing()
    ax = plots.kernels(net)
    assert name_of(ax) == "Kernels of the first convolution"
    assert facts_of(ax) == "Conv2D 3, Dense 4 · layer 1 (Conv2D): 3 of 3 × 3 × 1"
    drawn = ax.images[0].get_array()
    assert drawn.shape == (7, 7)  # two rows of two, with a gap
    W = net.parameters["1.W"]
    np.testing.assert_array_equal(drawn[:3, :3], W[:, :, 0, 0])
    np.testing.assert_array_equal(drawn[:3, 4:], W[:, :, 0, 1])
    np.testing.assert_array_equal(drawn[4:, :3], W[:, :, 0, 2])
    assert drawn.mask[4:, 4:].all()


def test_kernels_of_colours_are_colours() -> None:
    net = gn.Sequential([gn.Conv2D(2, 2), gn.Flatten(), gn.Dense(2)], input_shape=(4, 4, 3), seed=0)
    net.parameters["0.W"][...] = 0
    net.parameters["0.W"][0, 0, :, 0] = 1, -1, 0
    drawn = plots.kernels(net).images[0].get_array()
    np.testing.assert_allclose(drawn[0, 0], (1, 0, 0.5, 1))
    np.testing.assert_allclose(drawn[1, 1], (0.5, 0.5, 0.5, 1))
    assert drawn[0, 2, 3] == 0  # the gap lets the ground through


def test_kernels_of_other_channels_lie_side_by_side() -> None:
    net = gn.Sequential([gn.Conv2D(3, 2), gn.Flatten(), gn.Dense(2)], input_shape=(4, 4, 2), seed=0)
    drawn, W = plots.kernels(net).images[0].get_array(), net.parameters["0.W"]
    assert drawn.shape == (3 * 2 + 2, 2 * 2 + 1)
    np.testing.assert_array_equal(drawn[3:5, 3:], W[:, :, 1, 1])


def test_feature_maps_are_what_the_layers_make() -> None:
    net = seeing()
    ax = plots.feature_maps(net, X)
    names = [text.get_text() for text in ax.get_yticklabels()]
    assert [name.splitlines()[0] for name in names] == [
        "the sample", "1 (Conv2D)", "2 (ReLU)", "3 (MaxPool2D)",
    ]  # fmt: skip
    assert names[-1].splitlines()[1] == "3 × 4 × 3"
    y = list(net.activations(X[None]))
    sample, *maps = (image.get_array() for image in ax.images)
    np.testing.assert_allclose(sample, X, rtol=1e-6)
    assert len(maps) == 9
    for k, drawn in enumerate(maps):
        np.testing.assert_array_equal(drawn, y[1 + k // 3][0, :, :, k % 3])


def test_of_many_channels_the_strongest_are_drawn() -> None:
    net = gn.Sequential([gn.Conv2D(9), gn.Flatten(), gn.Dense(2)], input_shape=(6, 8, 1), seed=0)
    net.parameters["0.W"][..., [2, 7]] *= 10
    ax = plots.feature_maps(net, X[..., None], most=2)
    y = next(net.activations(X[None, ..., None]))
    np.testing.assert_array_equal(ax.images[1].get_array(), y[0, :, :, 2])
    np.testing.assert_array_equal(ax.images[2].get_array(), y[0, :, :, 7])


def test_gradient_times_input_is_the_share_of_each_pixel() -> None:
    for net, x in ((seeing(), X), (seeing(shape=(4, 4, 3)), RNG.random((4, 4, 3)))):
        below, over = plots.gradient_input(net, x).images
        found = attribute(net, x[None]).features
        assert found is not None
        np.testing.assert_array_equal(over.get_array(), found.reshape(*x.shape[:2], -1).sum(-1))
        assert below.get_alpha() < 1


def test_occlusion_of_a_linear_network_is_what_a_pixel_adds() -> None:
    net = linear()
    winner = int(net(X[None])[0].argmax())
    own = net.parameters["1.W"][:, winner].reshape(6, 8) * (X - X.mean())
    ax = plots.occlusion(net, X, size=1)
    np.testing.assert_allclose(ax.images[1].get_array(), own, atol=1e-5)
    assert name_of(ax) == "Occlusion"
    assert facts_of(ax) == f"48-3 · output {winner}, 1 × 1 pixels covered"
    of_two = plots.occlusion(net, X, size=2).images[1].get_array()
    assert of_two[0, 0] == pytest.approx(own[:2, :2].sum(), abs=1e-5)  # one square lies there
    squares = [own[0:2, c : c + 2].sum() for c in (2, 3)]
    assert of_two[0, 3] == pytest.approx(np.mean(squares), abs=1e-5)


def test_photographs_are_bright_where_numbers_are_large(tmp_path: Any) -> None:
    from PIL import Image

    for name in ("cat", "dog"):
        (tmp_path / name).mkdir()
        for number in range(6):
            grey = RNG.integers(0, 256, (8, 8)).astype(np.uint8)
            Image.fromarray(grey).save(tmp_path / name / f"{number}.png")
    data = load(str(tmp_path))
    net = seeing(shape=(*data.input_shape, 1) if len(data.input_shape) == 2 else data.input_shape)
    sample = data.x_train[0].reshape(net.input_shape)
    assert plots.gradient_input(net, sample).images[0].get_cmap().name == "shades"
    net.schema = data.schema
    assert plots.gradient_input(net, sample).images[0].get_cmap().name == "gray"


def test_every_place_is_covered() -> None:
    for shape, size in (((5, 7), None), ((28, 28), None), ((9, 4), 3), ((3, 3), 8)):
        net = gn.Sequential([gn.Flatten(), gn.Dense(2)], input_shape=shape, seed=0)
        drawn = plots.occlusion(net, RNG.random(shape), size=size).images[1].get_array()
        assert np.isfinite(drawn).all()


def test_augmented_pictures_are_those_of_training() -> None:
    net = seeing(gn.Scale(2.0), Flipped())
    ax = plots.augmented(net, X, count=10, seed=3)
    sheet = ax.images[0].get_array()
    assert name_of(ax) == "One sample, augmented"
    assert facts_of(ax) == "Conv2D 3, Dense 4 · as it is, and 9 times after Flipped"
    tiles = [sheet[r : r + 6, c : c + 8] for r in (0, 7) for c in range(0, 45, 9)]
    np.testing.assert_allclose(tiles[0], 2 * X, rtol=1e-6)
    mirrored = [np.allclose(tile, 2 * X[:, ::-1], rtol=1e-6) for tile in tiles]
    assert 0 < sum(mirrored) < 9
    assert all(m or np.allclose(t, 2 * X, rtol=1e-6) for m, t in zip(mirrored, tiles, strict=True))
    again = plots.augmented(net, X, count=10, seed=3).images[0].get_array()
    np.testing.assert_array_equal(sheet, again)


def test_a_block_with_convolutions_has_a_map() -> None:
    block = gn.Residual([gn.Conv2D(1), gn.ReLU()])
    net = gn.Sequential([block, gn.Flatten(), gn.Dense(2)], input_shape=(6, 8, 1), seed=0)
    drawn = plots.feature_maps(net, X[..., None]).images[1].get_array()
    np.testing.assert_array_equal(drawn, next(net.activations(X[None, ..., None]))[0, ..., 0])


def test_a_training_of_pictures_has_its_pictures() -> None:
    data = load("digits")
    layers = [gn.Reshape((8, 8, 1)), gn.RandomShift(1), gn.Conv2D(4), gn.Flatten(), gn.Dense(10)]
    net = gn.Sequential(layers, seed=0)
    history = net.fit(data.x_train, data.y_train, epochs=1)
    found = {picture.name: picture.draw for picture in gallery.pictures(net, history, data)}
    own = [
        "Kernels of the first convolution", "Feature maps of the first sample",
        "Occlusion of the first sample", "The first sample, augmented",
    ]  # fmt: skip
    assert set(own) < set(found) and "Network diagram" not in found
    for name in own:
        draw: Any = found[name]
        assert draw().has_data()


def test_a_diagram_is_of_dense_layers() -> None:
    with pytest.raises(gn.GlassnetError, match=r"layer 1 \(Conv2D\).*draw its kernels"):
        plots.diagram(seeing())


def test_what_cannot_be_drawn_is_said() -> None:
    rows = gn.Sequential([gn.Dropout(0.1), gn.Dense(2)], input_shape=3, seed=0)
    for draw in (plots.feature_maps, plots.gradient_input, plots.occlusion, plots.augmented):
        with pytest.raises(gn.GlassnetError, match=r"\(3,\), expected a picture"):
            draw(rows, np.ones(3))
        with pytest.raises(gn.GlassnetError, match="expected"):
            draw(seeing(), np.ones((2, 2)))
    with pytest.raises(gn.GlassnetError, match="no Conv2D"):
        plots.kernels(linear())
    with pytest.raises(gn.GlassnetError, match="no layer whose output is a picture"):
        plots.feature_maps(linear(), X)
    with pytest.raises(gn.GlassnetError, match="varies no pictures"):
        plots.augmented(seeing(), X)


def test_they_draw_into_the_axes_they_are_given() -> None:
    net = seeing(Flipped())
    for draw in (
        lambda ax: plots.kernels(net, ax),
        lambda ax: plots.feature_maps(net, X, ax),
        lambda ax: plots.gradient_input(net, X, ax),
        lambda ax: plots.occlusion(net, X, ax),
        lambda ax: plots.augmented(net, X, ax),
    ):
        ax = plots.new_axes()
        assert draw(ax) is ax and ax.has_data()
