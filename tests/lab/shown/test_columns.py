"""The network as columns: what is drawn together, what each unit shows, and which lines."""

import base64

import numpy as np
import pytest

import glassnet.lab.server.app  # noqa: F401  (all commands)
from glassnet.data import load
from glassnet.lab.commands import answer
from glassnet.lab.run.run import Run
from glassnet.lab.shown.facts import facts
from glassnet.lab.shown.frame import frame
from glassnet.lab.state.session import Session
from glassnet.lab.state.settings import Settings
from glassnet.workflows.networks import network_of
from glassnet.workflows.spec import Net


def lab(data="moons", layers=("dense 4", "tanh"), **options):
    options = {"samples": 80} if data == "moons" else options
    named = {"name": data, "options": options}
    return Session(Settings(data=named, network=Net(layers=list(layers))))


def unpacked(found):
    kind = np.uint8 if found["kind"] == "u1" else "<f4"
    return np.frombuffer(base64.b64decode(found["data"]), kind).reshape(found["shape"])


COLUMNS = {
    "activations": ("moons", ["dense 4", "tanh"], [[], [0, 1], [2]]),
    "none": ("moons", [], [[], [0]]),
    "flatten": ("digits", ["flatten", "dense 6", "relu"], [[0, 1], [2, 3], [4]]),
    "pictures": (
        "digits", ["conv 3", "batchnorm", "relu", "maxpool", "flatten", "dropout 0.2"],
        [[0, 1], [2, 3, 4], [5, 6, 7], [8]],
    ),
    "containers": (
        "iris", ["residual(dense 4, tanh)", "concat(dense 3 | tanh)", "tanh"],
        [[], [0], [1, 2], [3]],
    ),
}  # fmt: skip


@pytest.mark.parametrize("way", COLUMNS)
def test_layers_that_keep_the_units_are_drawn_with_those_before(way):
    data, layers, expected = COLUMNS[way]
    session = lab(data, layers)
    columns = facts(session)["columns"]
    assert [column["layers"] for column in columns] == expected
    total = sum(column["count"] for column in columns)
    assert total == session.run.network.parameters.vector.size
    for column in columns:
        count = column["sum"].split("=")[-1].strip().replace(",", "")
        assert int(count) == column["count"]


def test_parameters_as_a_sum():
    columns = facts(lab())["columns"]
    assert [column["sum"] for column in columns] == ["0", "2 × 4 + 4 = 12", "4 × 2 + 2 = 10"]
    inside = facts(lab("iris", ["residual(dense 4, tanh)"]))["columns"][1]["inside"]
    assert [(part["depth"], part["words"], part["count"]) for part in inside] == [
        (0, "0.body Chain", 20), (1, "0.body.0 Dense", 20), (1, "0.body.1 Tanh", 0),
    ]  # fmt: skip
    many = facts(lab("iris", ["concat(8 of (dense 3))"]))["columns"]
    assert many[1]["sum"] == str(8 * (4 * 3 + 3))


def test_every_weight_of_a_small_network_is_a_line_with_its_exact_value():
    session = lab()
    session.run.step()
    W = session.run.network.parameters["0.W"]
    lines = frame(session)["columns"][1]["lines"]
    assert lines["name"] == "0.W" and lines["bundle"] == 1 and lines["left"] == 0
    places = list(zip(lines["from"], lines["to"], strict=True))
    assert places == [tuple(place) for place in lines["places"]] == list(np.ndindex(2, 4))
    np.testing.assert_array_equal(unpacked(lines["values"]), W.ravel())
    assert lines["top"] == np.abs(W).max()


def test_of_many_weights_the_largest_are_drawn():
    session = lab(layers=["dense 64", "relu", "dense 30", "relu"])
    column = frame(session)["columns"][2]
    W, lines = session.run.network.parameters["2.W"][:12, :12], column["lines"]
    sizes = np.sort(np.abs(W), axis=None)[::-1]
    drawn = np.abs(unpacked(lines["values"]))
    np.testing.assert_array_equal(np.sort(drawn)[::-1], sizes[: len(drawn)])
    assert len(drawn) == 72 and lines["left"] == 144 - 72


def test_a_bundle_shows_its_size_and_leads_to_its_largest_weight():
    session = lab("digits", ["conv 3 3", "relu", "conv 2 3", "flatten"])
    lines = frame(session)["columns"][2]["lines"]
    W = session.run.network.parameters["4.W"]
    assert lines["name"] == "4.W" and lines["bundle"] == 9
    sizes = np.sqrt((W.astype(float) ** 2).mean(axis=(0, 1)))
    np.testing.assert_allclose(unpacked(lines["sizes"]).reshape(3, 2), sizes, rtol=1e-6)
    for place, value, i, j in zip(
        lines["places"], unpacked(lines["values"]), lines["from"], lines["to"], strict=True
    ):
        assert W[*place] == value and place[2:] == [i, j]
        assert abs(value) == np.abs(W[:, :, i, j]).max()


def test_maps_are_what_the_units_give_on_the_plane():
    session = lab()
    found = frame(session)["columns"][1]
    network, x = session.run.network, session.run.data.x_train[:1]
    sample = list(network.activations(x.astype(np.float32)))[1][0]
    np.testing.assert_array_equal(unpacked(found["values"]), sample)
    maps = unpacked(found["maps"])
    assert found["map"] == "plane" and maps.shape == (4, 20, 20)
    low, high = (np.array(frame(session)["plane"][end]) for end in ("low", "high"))
    corner = list(network.activations(np.array([[low[0], high[1]]], np.float32)))[1][0]
    np.testing.assert_allclose(
        (maps[:, 0, 0] / 127.5 - 1) * found["top"], corner, atol=max(found["top"]) / 127
    )


def test_numbers_are_those_of_the_sample_that_is_looked_at():
    session = lab()
    assert answer(session, {"do": "look_at", "index": 5, "part": "test"})["is"] == "look_at"
    found = frame(session)
    assert found["sample"] == {"part": "test", "index": 5}
    x = session.run.data.x_test[5:6].astype(np.float32)
    outputs = list(session.run.network.activations(x))
    np.testing.assert_array_equal(unpacked(found["columns"][1]["values"]), outputs[1][0])
    wrong = answer(session, {"do": "look_at", "index": 20, "part": "test"})
    assert wrong["sentence"] == "there is no test sample 21: expected 1 to 20"


def test_one_feature_is_a_line_of_colours(tmp_path):
    (tmp_path / "line.csv").write_text(
        "x,y\n" + "".join(f"{n},{n * n}\n" for n in range(40)), encoding="utf-8"
    )
    data = load(tmp_path / "line.csv")
    settings = Settings()
    run = Run(network_of(Net(layers=["dense 3", "tanh"]), 0, data), data, settings.training)
    session = lab()
    session.run = run
    column = frame(session)["columns"][1]
    assert column["map"] == "plane" and column["maps"]["shape"] == [3, 1, 20]


def test_pictures_show_themselves_their_weights_and_feature_maps():
    session = lab("digits", ["flatten", "dense 6", "relu"])
    image, hidden, _ = frame(session)["columns"]
    x = session.run.data.x_train[0].astype(float)
    np.testing.assert_array_equal(
        unpacked(image["maps"])[0, :, :, 0], np.round(255 * x / x.max()).astype(np.uint8)
    )
    W = session.run.network.parameters["2.W"][:, 1].reshape(8, 8)
    assert hidden["map"] == "weights"
    np.testing.assert_allclose(
        unpacked(hidden["maps"])[1] / 127.5 - 1, W / np.abs(W).max(), atol=1 / 127
    )
    maps = frame(lab("digits", ["conv 3", "relu", "flatten"]))["columns"][1]
    assert maps["map"] == "features" and maps["maps"]["shape"] == [3, 8, 8]


@pytest.mark.parametrize("way", COLUMNS)
def test_a_chosen_unit_says_its_number_and_weights(way):
    data, layers, expected = COLUMNS[way]
    session = lab(data, layers)
    theta = session.run.network.parameters
    for column in range(len(expected)):
        session.view.unit = (column, 1)
        unit = frame(session)["unit"]
        if unit is None:
            assert column == 0 and data == "digits"
        for place, value in (
            zip(unit["places"], unpacked(unit["values"]), strict=True)
            if (unit and unit["places"])
            else ()
        ):
            assert theta[unit["name"]][*place] == value and place[-1] == 1
    session.view.unit = (len(expected), 0)
    assert frame(session)["unit"] is None
