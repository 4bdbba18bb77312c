"""What is taken from a lab works where it is taken to, and comes to the same numbers."""

import base64
import io
import re
import zipfile

import numpy as np
import pytest

import glassnet as gn
from glassnet.cli.app import run as glassnet
from glassnet.lab.asked.downloads import FORMS
from glassnet.lab.commands import answer
from glassnet.lab.sources import Formula, Named, Points
from glassnet.lab.state.session import Session
from glassnet.lab.state.settings import Settings
from glassnet.workflows.recipes.loader import load_recipe
from glassnet.workflows.run import load_data, run_experiment
from glassnet.workflows.spec import Net, Training

FEW = Training(optimizer={"kind": "adam", "learning_rate": 0.02}, batch_size=16, epochs=4)
MOONS = Named(name="moons", options={"samples": 200})
WAYS = {
    "words": Settings(data=MOONS, network=Net(layers="dense 5, relu, dropout 0.2"), training=FEW),
    "residual": Settings(
        data=MOONS, training=FEW, seed=3,
        network=Net(layers="dense 4 init=normal:std=0.5, tanh, residual(dense 4, relu)"),
    ),
    "hidden": Settings(
        data=Named(name="iris"), seed=1,
        network=Net(hidden=[6], activation="tanh", dropout=0.1),
        training=Training(optimizer="momentum", schedule="cosine", clip_norm=1.0, epochs=3),
    ),
    "pictures": Settings(
        data=Named(name="digits"), network=Net(layers="conv 2, relu, maxpool, flatten"),
        training=Training(epochs=1, batch_size=64),
    ),
}  # fmt: skip


def finished(settings):
    session = Session(settings)
    while session.run.step():
        pass
    return session


def taken(session, **message):
    reply = answer(session, message)
    assert reply["is"] != "error", reply["sentence"]
    return reply["name"], base64.b64decode(reply["data"]), reply


def put(folder, name, content):
    """A file, or those of a .zip; the one that others lie beside."""
    if not name.endswith(".zip"):
        (folder / name).write_bytes(content)
        return folder / name
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        archive.extractall(folder)
        return folder / archive.namelist()[0]


@pytest.mark.parametrize("way", WAYS)
def test_python_lines_come_to_the_same_numbers(way, tmp_path, monkeypatch, capsys):
    session = finished(WAYS[way])
    file = put(tmp_path, *taken(session, do="download", form="python")[:2])
    monkeypatch.chdir(tmp_path)
    told = {}
    exec(compile(file.read_text(), file.name, "exec"), told)
    again, run = told["network"], session.run
    np.testing.assert_array_equal(again.parameters.vector, run.network.parameters.vector)
    for name, values in run.columns.items():
        if name != "seconds":
            assert told["history"][name] == values
    _, x, y = run.data.evaluation_part
    assert str(run.network.evaluate(x, y)) in capsys.readouterr().out
    assert max(map(len, file.read_text().splitlines())) < 100


@pytest.mark.parametrize("way", WAYS)
def test_the_recipe_comes_to_the_same_numbers(way, tmp_path):
    session = finished(WAYS[way])
    file = put(tmp_path, *taken(session, do="download", form="recipe")[:2])
    recipe = load_recipe(str(file))
    outcome = run_experiment(recipe, load_data(recipe.data), recipe.seed)
    vector = outcome.first.network.parameters.vector
    np.testing.assert_array_equal(vector, session.run.network.parameters.vector)


def test_glassnet_runs_the_recipe(tmp_path, capsys):
    session = finished(WAYS["residual"])
    file = put(tmp_path, *taken(session, do="download", form="recipe")[:2])
    assert glassnet(["run", str(file)]) == 0
    _, x, y = session.run.data.evaluation_part
    accuracy = session.run.network.evaluate(x, y)["accuracy"]
    assert re.search(rf"none +{accuracy:.4f}", capsys.readouterr().out)


def test_the_command_line_works_with_the_network(tmp_path, capsys):
    session = finished(WAYS["hidden"])
    file = str(put(tmp_path, *taken(session, do="download", form="model")[:2]))
    network = gn.load(file)
    x = session.run.data.x_test
    np.testing.assert_array_equal(network(x), session.run.network(x))
    assert network.trained["test"] == session.run.network.evaluate(x, session.run.data.y_test)
    assert network.trained["epochs"] == 3 and network.trained["seed"] == 1
    assert glassnet(["summary", file]) == 0
    assert glassnet(["predict", file, "iris", "--proba"]) == 0
    assert glassnet(["evaluate", file, "iris"]) == 0
    assert glassnet(["explain", file, "--row", "2"]) == 0
    assert glassnet(["explain", file]) == 0
    said = capsys.readouterr().out
    assert "setosa" in said and "One step of iris.safetensors on iris" in said


def test_a_numpy_script_predicts_the_same(tmp_path):
    session = finished(WAYS["words"])
    name, content, reply = taken(session, do="download", form="numpy")
    assert name == "moons-numpy.zip" and "moons-numpy.npz holds the weights" in reply["said"]
    file = put(tmp_path, name, content)
    told = {"__file__": str(file), "__name__": "script"}
    exec(compile(file.read_text(), file.name, "exec"), told)
    x = session.run.data.x_test
    np.testing.assert_allclose(told["outputs"](x), session.run.network(x), rtol=1e-5, atol=1e-6)


def test_onnx_predicts_the_same(tmp_path):
    runtime = pytest.importorskip("onnxruntime")
    session = finished(WAYS["words"])
    file = put(tmp_path, *taken(session, do="download", form="onnx")[:2])
    model = runtime.InferenceSession(file.read_bytes(), providers=["CPUExecutionProvider"])
    x = session.run.data.x_test.astype(np.float32)
    found = dict(zip([o.name for o in model.get_outputs()], model.run(None, {"x": x}), strict=True))
    np.testing.assert_allclose(found["probabilities"], session.run.network.predict_proba(x), 1e-4)
    assert found["label"].tolist() == [session.run.data.classes[n] for n in
                                       session.run.network.predict(x)]  # fmt: skip


def test_without_onnx_a_sentence_says_what_to_install(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "onnx", None)
    reply = answer(finished(WAYS["words"]), {"do": "download", "form": "onnx"})
    assert reply["is"] == "error"
    assert re.search(r'needs onnx: .*pip install "glassnet\[onnx\]"', reply["sentence"])


def test_a_change_by_hand_is_said():
    session = Session(WAYS["words"])
    session.run.step()
    assert taken(session, do="download", form="recipe")[2]["said"] == ""
    session.run.edit("0.W", (0, 0), 1.0)
    said = taken(session, do="download", form="recipe")[2]["said"]
    assert said.startswith("Something was changed by hand during this run")


def test_a_network_with_a_planted_error_is_not_saved():
    session = Session(WAYS["words"].model_copy(update={"fault": 0}))
    session.run.step()
    for form in FORMS:
        sentence = answer(session, {"do": "download", "form": form})["sentence"]
        assert sentence.startswith("a task has planted an error in this network: leave the task")


def test_pictures_in_both_kinds():
    session = finished(WAYS["words"])
    names = [name for name, *_ in answer(session, {"do": "pictures"})["pictures"]]
    assert {"decision-regions", "loss-by-epoch", "network-diagram"} <= set(names)
    assert taken(session, do="picture", name="decision-regions")[1].startswith(b"<?xml")
    name, light, _ = taken(session, do="picture", name="network-diagram", kind="png")
    assert name == "network-diagram.png" and light.startswith(b"\x89PNG")
    assert light != taken(session, do="picture", name=name[:-4], kind="png", dark=True)[1]
    reply = answer(session, {"do": "picture", "name": "network-digram"})
    assert "did you mean 'network-diagram'?" in reply["sentence"]


@pytest.mark.parametrize("name", ["../../etc/passwd", "", "Größe 2.csv", "a" * 300])
def test_the_name_of_a_file_is_harmless(name):
    from dataclasses import replace

    from glassnet.lab.asked.downloads import stem_of

    session = Session(WAYS["words"])
    session.run.data = replace(session.run.data, name=name)
    assert re.fullmatch(r"[\w-][\w.-]{0,59}", stem_of(session))


SCATTER = [[x / 7, (x * 5 % 11) / 9, x % 2] for x in range(40)]
ELSEWHERE = {
    "points": Points(points=SCATTER),
    "values": Points(points=[[x, y, x * x] for x, y, _ in SCATTER], values=True),
    "formula": Formula(text="y > sin(x)", samples=60, noise=0.1),
    "regression": Formula(text="y = x**2", samples=60, test=0.0),
    "through a file": Named(name="iris", through_csv=True, options={"kinds": {"*": "raw"}}),
    "the first samples": Named(name="moons", options={"samples": 100}, samples=30),
}


@pytest.mark.parametrize("source", ELSEWHERE)
@pytest.mark.parametrize("form", ["recipe", "python"])
def test_data_without_a_name_go_beside(source, form, tmp_path, monkeypatch):
    settings = Settings(
        data=ELSEWHERE[source], network=Net(layers="dense 4, tanh"), training=FEW, seed=2
    )
    session = finished(settings)
    name, content, reply = taken(session, do="download", form=form)
    assert name.endswith(".zip") == (not isinstance(ELSEWHERE[source], Named))
    assert ("keep" in reply["said"]) == name.endswith(".zip")
    file = put(tmp_path, name, content)
    monkeypatch.chdir(tmp_path)
    if form == "recipe":
        recipe = load_recipe(str(file))
        again = run_experiment(recipe, load_data(recipe.data), recipe.seed).first.network
    else:
        told = {}
        exec(compile(file.read_text(), file.name, "exec"), told)
        again = told["network"]
    np.testing.assert_array_equal(again.parameters.vector, session.run.network.parameters.vector)
