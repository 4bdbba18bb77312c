"""One weight is followed through all layers: what is shown of each array lies around its path."""

import itertools
import re
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

import glassnet as gn
from glassnet.inspection.document import Part, Shown
from glassnet.inspection.following import follow
from glassnet.inspection.recording import LayerTrace
from glassnet.inspection.walkthrough import walk
from glassnet.inspection.windows import UNITS, Windows

RNG = np.random.default_rng(5)
TABLE = RNG.normal(size=(6, 40))
IMAGES = RNG.integers(0, 255, (6, 12, 14)).astype(np.uint8)
WORDS = RNG.integers(0, 30, (6, 20))
LABELS = RNG.integers(0, 3, 6)


def body() -> gn.Residual:
    return gn.Residual([gn.Dense(25, "relu"), gn.Dense(20)])


def branches() -> gn.Concat:
    return gn.Concat([[gn.Dense(11, "tanh")], gn.Dense(9), []])


CASES: dict[str, tuple[Any, Any]] = {
    "small": (lambda: [gn.Dense(6, "tanh"), gn.Dense(3)], TABLE[:, :5]),
    "wide": (lambda: [gn.Dense(33, "relu"), gn.Dense(20, "tanh"), gn.Dense(3)], TABLE),
    "images": (lambda: [gn.Scale(1 / 255), gn.Flatten(), gn.Dense(30, "relu"), gn.Dense(3)],
               IMAGES),
    "maps": (lambda: [gn.Scale(1 / 255), gn.Reshape((12, 14, 1)), gn.Conv2D(18, activation="relu"),
                      gn.MaxPool2D(), gn.Conv2D(20, 5, padding="valid"), gn.BatchNorm(), gn.ReLU(),
                      gn.Flatten(), gn.Dropout(0.4), gn.Dense(3)], IMAGES),
    "pooled": (lambda: [gn.Reshape((12, 14, 1)), gn.Conv2D(40, stride=2), gn.GlobalAveragePool(),
                        gn.LayerNorm(), gn.Dense(3)], IMAGES / 255),
    "residual": (lambda: [gn.Dense(20), body(), gn.ReLU(), gn.Dense(3)], TABLE),
    "branches": (lambda: [gn.Dense(20), branches(), gn.Dense(3)], TABLE),
    "words": (lambda: [gn.Embedding(30, 18), gn.Conv1D(24, 3, activation="relu"),
                       gn.GlobalMaxPool(), gn.Dense(3)], WORDS),
    "channels first": (lambda: [gn.Reshape((12, 14, 1)), gn.Permute((2, 0, 1)), gn.Flatten(),
                                gn.Dense(20), gn.Dense(3)], IMAGES / 255),
}  # fmt: skip
NAMES = pytest.mark.parametrize("name", CASES)


def traced(name: str, rows: int = 1) -> Any:
    layers, x = CASES[name]
    net = gn.Sequential(layers(), input_shape=x.shape[1:], seed=0)
    return net.trace(x[:rows], LABELS[:rows], optimizer="adam")


def arrays(parts: list[Part], way: str) -> dict[str, dict[str, Shown]]:
    """The windows by layer and name, without those of worked examples."""
    return {
        part.layer: {shown.name.partition("[")[0]: shown for shown in part.arrays}
        for part in parts
        if part.way == way and "worked out" not in part.title
    }


def of_layer(layer: LayerTrace) -> dict[str, Any]:
    """Every array of a layer by its name on the page."""
    found = {"y": layer.output, "dy": layer.dy, "dx": layer.dx, **layer.parameters}
    return found | {f"d{own}": values for own, values in layer.gradients.items()}


def places(shown: Shown, values: Any) -> Iterator[tuple[tuple[int, int], Any]]:
    """Each number of a window by its row and column there, and its place in the array."""
    inside = re.findall(r"\[(.*)\]", shown.name)
    fixed = inside[0].split(", ") if inside else [":"] * values.ndim
    for row, column in np.ndindex(*shown.values.shape):
        along = iter([shown.rows[row], shown.columns[column]][-fixed.count(":") :])
        yield (row, column), tuple(next(along) if each == ":" else int(each) for each in fixed)


@NAMES
@pytest.mark.parametrize("rows", [1, 6])
def test_every_number_is_the_traces(name: str, rows: int) -> None:
    trace = traced(name, rows)
    parts = walk(trace)
    seen = 0
    for way in ("forward", "backward"):
        for layer, windows in arrays(parts, way).items():
            own = of_layer(next(each for each in trace.layers if each.name == layer))
            for what, shown in windows.items():
                assert shown.shape == own[what].shape
                for here, there in places(shown, own[what]):
                    np.testing.assert_array_equal(shown.values[here], own[what][there])
                    seen += 1
    assert seen > 50


@NAMES
@pytest.mark.parametrize("rows", [1, 6])
def test_a_layers_output_and_the_next_layers_input_are_the_same_numbers(
    name: str, rows: int
) -> None:
    trace = traced(name, rows)
    parts = walk(trace)
    forward, backward = arrays(parts, "forward"), arrays(parts, "backward")
    compared = 0
    for layer in trace.layers:
        y = forward[layer.name]["y"]
        if layer.dy is not None:
            dy = backward[layer.name]["dy"]
            assert (dy.rows, dy.columns, dy.mark) == (y.rows, y.columns, y.mark)
        if layer.dx is None or not layer.source:
            continue
        dx, before = backward[layer.name]["dx"], forward[layer.source]["y"]
        assert dx.name == f"d{before.name}".replace("dy", "dx")
        assert (dx.rows, dx.columns, dx.mark) == (before.rows, before.columns, before.mark)
        compared += 1
    assert compared


@NAMES
def test_rows_and_columns_of_a_matrix_are_the_units_beside_it(name: str) -> None:
    trace = traced(name)
    parts = walk(trace)
    forward, backward = arrays(parts, "forward"), arrays(parts, "backward")
    for layer in trace.layers:
        if layer.kind != "Dense":
            continue
        W, b, y = (forward[layer.name][what] for what in "Wby")
        assert W.columns == b.columns == y.columns
        if layer.source:
            assert W.rows == forward[layer.source]["y"].columns
        for what, shown in (("dW", W), ("db", b)):
            gradient = backward[layer.name][what]
            assert (gradient.rows, gradient.columns) == (shown.rows, shown.columns)


@NAMES
@pytest.mark.parametrize("rows", [1, 6])
def test_the_followed_weight_is_in_every_window_that_it_passes(name: str, rows: int) -> None:
    trace = traced(name, rows)
    weight, place = trace.steepest()
    path = follow(trace)
    assert (path.weight, path.place) == (weight, place)
    parts = walk(trace)
    forward, backward = arrays(parts, "forward"), arrays(parts, "backward")
    for layer in trace.layers:
        for way, what in ((forward, "y"), (backward, "dy")):
            if shown := way.get(layer.name, {}).get(what):
                assert shown.mark is not None
                where = dict(places(shown, of_layer(layer)[what]))[shown.mark]
                assert where == path.places[layer.name]
    owner, _, own = weight.rpartition(".")
    for shown, values in (
        (forward[owner][own], trace.before[weight]),
        (backward[owner][f"d{own}"], trace.stepped_by[weight]),
    ):
        assert shown.mark is not None
        assert dict(places(shown, values))[shown.mark] == place


@NAMES
def test_any_weight_can_be_followed(name: str) -> None:
    trace = traced(name)
    for weight, gradient in trace.stepped_by.items():
        for place in (tuple(n - 1 for n in gradient.shape), (0,) * gradient.ndim):
            parts = walk(trace, weight=(weight, place))
            owner, _, own = weight.rpartition(".")
            shown = arrays(parts, "forward")[owner][own]
            assert place in [there for _, there in places(shown, gradient)]
            assert f"update of {own}[" in parts[-1].title


def test_up_to_sixteen_units_are_all_shown_and_of_more_the_rest_is_folded() -> None:
    parts = walk(traced("wide"))
    first, last = (arrays(parts, "forward")[layer] for layer in ("0", "4"))
    assert len(first["W"].rows) == len(first["W"].columns) == UNITS[1]
    assert first["W"].whole is not None and first["W"].whole.shape == (40, 33)
    assert first["W"].where == (
        f"40 × 33, shown rows {first['W'].rows[0]} to {first['W'].rows[-1]}, "
        f"columns {first['W'].columns[0]} to {first['W'].columns[-1]}"
    )
    assert last["y"].columns == (0, 1, 2) and last["y"].whole is None
    small = [shown for way in ("forward", "backward")
             for windows in arrays(walk(traced("small")), way).values()
             for shown in windows.values()]  # fmt: skip
    assert all(shown.whole is None and shown.values.size == np.prod(shown.shape) for shown in small)


def test_flattened_maps_show_the_numbers_of_the_followed_row() -> None:
    for name, flat in (("images", "1"), ("maps", "8")):
        trace = traced(name)
        forward = arrays(walk(trace), "forward")
        maps, row = forward[str(int(flat) - 1)]["y"], forward[flat]["y"]
        assert maps.mark is not None and row.mark is not None and len(row.columns) > 3
        followed = maps.values[maps.mark[0]]
        if maps.values.size <= UNITS[0]:  # all of the window fits in a row
            followed = maps.values.ravel()
        np.testing.assert_array_equal(row.values[0], followed)
        assert row.values[row.mark] == maps.values[maps.mark]


def test_a_flat_input_shows_the_numbers_of_the_map_that_it_becomes() -> None:
    layers = [gn.Reshape((12, 14, 1)), gn.Conv2D(3), gn.Flatten(), gn.Dense(3)]
    net = gn.Sequential(layers, input_shape=168, seed=0)
    trace = net.trace(IMAGES.reshape(6, 168)[:1] / 255, LABELS[:1])
    path = follow(trace)
    view = Windows(trace, path)
    flat, maps = (
        view.activation("x", "", trace.x),
        view.activation("y", "0", trace.layers[0].output),
    )
    assert maps.mark is not None
    np.testing.assert_array_equal(flat.values[0], maps.values[maps.mark[0]])


@pytest.mark.parametrize("name", ["maps", "pooled"])
def test_the_window_of_a_map_has_what_the_next_layer_covers(name: str) -> None:
    trace = traced(name)
    path = follow(trace)
    view, layers = Windows(trace, path), dict(trace.network.walk())
    looked = 0
    for layer in trace.layers:
        covered = layers[layer.name].covered(path.places[layer.name], layer.input)
        for axis, each in enumerate(covered or (), 1):
            inside = {n for n in each if 0 <= n < layer.input.shape[axis]}
            assert inside <= set(view.window(layer.source).places[axis])
            looked += 1
    assert looked >= 2


def test_the_path_goes_where_the_weight_changes_the_loss() -> None:
    trace = traced("maps")
    path = follow(trace)
    for before, after in itertools.pairwise(trace.layers):
        if before.dy is not None and after.dy is not None:
            assert before.dy[path.places[before.name]] != 0
    convolution = trace.layers[2]
    u, v, channel, filter_ = path.place
    _, row, column, own = path.places["2"]
    assert own == filter_ and path.places["1"] == (0, row + u - 1, column + v - 1, channel)
    x = convolution.input[path.places["1"]]
    assert x * convolution.dy[path.places["2"]] != 0


def test_a_path_through_a_dense_layer_takes_the_largest_share() -> None:
    trace = traced("wide")
    path = follow(trace)
    second = trace.layers[2]
    j = path.places["1"][1]
    share = np.abs(second.parameters["W"][j] * second.dy[0])
    assert path.places["2"][1] == share.argmax()
    i, unit = path.place
    assert path.places[""] == (0, i) and path.places["0"] == (0, unit)


def test_what_a_residual_block_adds_is_shown_at_the_same_places() -> None:
    trace = traced("residual")
    forward = arrays(walk(trace), "forward")
    x, added, y = (forward[name]["y"] for name in ("0", "1.body.2", "1"))
    assert x.columns == added.columns == y.columns
    np.testing.assert_allclose(y.values, x.values + added.values, rtol=1e-6)


def test_the_path_through_branches_goes_on_in_one_of_them() -> None:
    trace = traced("branches")
    path = follow(trace)
    place = path.places["1"][1]
    by_branch = {"1.0.1": place, "1.1": place - 11, "0": place - 20}
    assert any(path.places[name][1] == unit for name, unit in by_branch.items())


def test_the_followed_sample_of_a_large_batch_is_among_those_shown() -> None:
    layers, _ = CASES["small"]
    net = gn.Sequential(layers(), input_shape=5, seed=0)
    x = RNG.normal(size=(50, 5))
    x[37] *= 20
    trace = net.trace(x, RNG.integers(0, 3, 50))
    y = arrays(walk(trace), "forward")["0"]["y"]
    assert len(y.rows) == 4 and y.mark is not None
    assert y.rows[y.mark[0]] == follow(trace).places["0"][0]
    assert "shown rows" in y.where


def test_a_dead_weight_keeps_its_unit() -> None:
    net = gn.Sequential([gn.Dense(40, "relu"), gn.Dense(3)], input_shape=30, seed=0)
    trace = net.trace(np.zeros((1, 30)), [0])
    parts = walk(trace, weight=("0.W", (29, 39)))
    first = arrays(parts, "forward")["0"]
    assert first["W"].columns[-1] == first["y"].columns[-1] == 39 and first["W"].rows[-1] == 29


def test_parameters_are_named_as_on_the_page() -> None:
    trace = traced("small")
    assert trace.parameter_named("0.W[4, 1]") == ("0.W", (4, 1))
    assert trace.parameter_named("2.b[2]") == ("2.b", (2,))
    for wrong, says in (
        ("0.W[5, 0]", r"expected 0.W\[0, 0\] to 0.W\[4, 5\]"),
        ("0.W[1]", "expected 0.W"),
        ("0.W", "expected 0.W"),
        ("0.W[a, 1]", "expected 0.W"),
        ("1.W[0, 0]", "unknown parameter '1.W'"),
    ):
        with pytest.raises(gn.GlassnetError, match=says):
            trace.parameter_named(wrong)


def test_a_network_without_parameters_has_a_path_too() -> None:
    net = gn.Sequential([gn.Flatten(), gn.Tanh()], input_shape=(4, 5), seed=0)
    trace = net.trace(RNG.normal(size=(2, 4, 5)), RNG.normal(size=(2, 20)))
    path = follow(trace)
    assert path.weight == "" and set(path.places) == {"", "0", "1"}
    assert walk(trace)[-1].way in ("loss", "backward")


def test_the_channel_that_is_worked_out_is_the_followed_one() -> None:
    layers = [gn.Conv2D(6, activation="relu"), gn.Conv2D(8, groups=2), gn.Flatten(), gn.Dense(3)]
    net = gn.Sequential(layers, input_shape=(7, 7, 3), seed=0)
    trace = net.trace(RNG.normal(size=(1, 7, 7, 3)), [1])
    path = follow(trace)
    for name, axis in (("0", 2), ("2", 2)):
        worked = [part for part in walk(trace) if part.layer == name and "worked out" in part.title]
        source = path.places[{each.name: each.source for each in trace.layers}[name]]
        own = source[-1] % trace.before[f"{name}.W"].shape[axis]
        assert f"W[:, :, {own}, {path.places[name][-1]}]" in worked[0].lines[1]
        windows = arrays(walk(trace), "forward")[name]
        np.testing.assert_array_equal(worked[0].arrays[1].values, windows["W"].values)
        assert worked[0].lines[0].endswith(f"channel {source[-1]}") or "zeros" in worked[0].lines[0]
