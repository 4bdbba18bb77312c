"""What the lab begins with: data, recipes, links and trained networks."""

from pathlib import Path

import numpy as np
import pytest

import glassnet as gn
from glassnet.base.errors import DataError, GlassnetError, InputError
from glassnet.cli.app import run as glassnet
from glassnet.lab.asked.links import link_text
from glassnet.lab.asked.opening import form_of, opened
from glassnet.lab.commands import answer
from glassnet.lab.shown.facts import facts
from glassnet.lab.sources import Formula, Named, Points
from glassnet.lab.sources.shelf import Shelf
from glassnet.lab.state.session import Session
from glassnet.lab.state.settings import Settings
from glassnet.workflows.recipes.loader import load_recipe
from glassnet.workflows.recipes.loader import names as recipe_names
from glassnet.workflows.spec import Net, Training
from tests.lab.asked.test_downloads import WAYS, finished, put, taken


def session_of(what):
    opening = opened(str(what))
    return Session(opening.settings, opening.shelf), opening.notes


@pytest.mark.parametrize(
    "what, form",
    [
        ("iris", "data"), ("own.csv", "data"), ("some/folder", "data"), ("openml:x.y", "data"),
        ("moons-width-study", "recipe"), ("a/b.toml", "recipe"), ("net.safetensors", "network"),
        ("#lab=1.abc", "link"), ("http://127.0.0.1:1/x/#lab=1.abc", "link"),
    ],
)  # fmt: skip
def test_forms(what, form):
    assert form_of(what) == form


def test_what_is_none_of_these():
    with pytest.raises(InputError, match="the lab cannot read openml:x"):
        opened("openml:x")
    with pytest.raises(InputError, match=r"there is no file no/such\.csv: check the path"):
        opened("no/such.csv")
    with pytest.raises(InputError, match="unknown dataset or recipe 'moosn': did you mean 'moons'"):
        opened("moosn")
    for what in ("no.toml", "no.safetensors", "lab=1.damaged"):
        with pytest.raises(GlassnetError):
            opened(what)


def test_datasets_and_recipes_and_links_make_a_run():
    for what in ("circles", "digits", "iris", "moons-repeated", "digits-cnn"):
        session, _ = session_of(what)
        assert session.run.step(), what
    chosen = Settings(seed=4, network=Net(layers="dense 2"))
    assert opened(f"http://127.0.0.1:9/x/#{link_text(chosen)}").settings == chosen
    assert opened(None).settings == Settings()


def test_every_recipe_opens_or_says_why_not():
    for name in recipe_names():
        recipe = load_recipe(name)
        try:
            opening = opened(name) if form_of(name) == "recipe" else None
        except DataError:
            assert "fashion" in name
            continue
        if opening:
            assert opening.settings.training == recipe.training
            assert bool(opening.notes) == bool(recipe.repeat or recipe.study)


@pytest.mark.parametrize("way", ["words", "residual", "hidden"])
def test_its_own_recipe_opens_to_the_same_numbers(way, tmp_path):
    first = finished(WAYS[way])
    file = put(tmp_path, *taken(first, do="download", form="recipe")[:2])
    again, _ = session_of(file)
    assert again.settings.seed == first.settings.seed
    while again.run.step():
        pass
    np.testing.assert_array_equal(
        again.run.network.parameters.vector, first.run.network.parameters.vector
    )
    other = Session(Settings())
    reply = answer(other, {"do": "open_recipe", "text": file.read_text()})
    assert reply["is"] == "open_recipe" and other.settings == again.settings
    text = file.read_text().replace("batch_size = 16", "batch_size = 0")
    reply = answer(other, {"do": "open_recipe", "text": text.replace("epochs", "epocs")})
    assert "unknown key 'epocs': did you mean 'epochs'?" in reply["sentence"]
    assert other.settings == again.settings


TABLE = "a,b,kind\n" + "".join(f"{n / 3},{n * 7 % 5},{'xy'[n % 2]}\n" for n in range(40))
SOURCES = {
    "points": Points(points=[[x / 7, (x * 5 % 11) / 9, x % 2] for x in range(40)]),
    "formula": Formula(text="y = sin(x)", samples=50),
    "file": None,
}


@pytest.mark.parametrize("source", SOURCES)
@pytest.mark.parametrize("form", ["recipe", "model"])
def test_other_data_open_again_with_what_lies_beside(source, form, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "own.csv").write_text(TABLE)
    opening = opened("own.csv")
    settings = opening.settings.model_copy(
        update={"training": Training(epochs=2), "seed": 5, "network": Net(layers="dense 3, tanh")}
    )
    if SOURCES[source] is not None:
        settings = settings.model_copy(update={"data": SOURCES[source]})
    first = Session(settings, opening.shelf)
    while first.run.step():
        pass
    file = put(tmp_path, *taken(first, do="download", form=form)[:2])
    again, notes = session_of(file.name)
    assert notes == ()
    np.testing.assert_array_equal(
        again.run.data.x_train.astype(np.float32), first.run.data.x_train.astype(np.float32)
    )
    if form == "recipe":
        while again.run.step():
            pass
    np.testing.assert_array_equal(
        again.run.network.parameters.vector, first.run.network.parameters.vector
    )


@pytest.mark.parametrize("way", WAYS)
def test_its_own_network_opens_and_trains_further(way, tmp_path):
    first = finished(WAYS[way])
    file = put(tmp_path, *taken(first, do="download", form="model")[:2])
    session, notes = session_of(file)
    before = first.run.network.parameters.vector.copy()
    np.testing.assert_array_equal(session.run.network.parameters.vector, before)
    np.testing.assert_array_equal(session.run.data.x_train, first.run.data.x_train)
    assert notes == () and session.settings.training.epochs == WAYS[way].training.epochs
    assert session.run.step()
    assert not np.array_equal(session.run.network.parameters.vector, before)
    session.go(0)
    np.testing.assert_array_equal(session.run.network.parameters.vector, before)
    answer(session, {"do": "restart"})
    np.testing.assert_array_equal(session.run.network.parameters.vector, before)


def test_the_network_of_train_opens_on_its_data(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert glassnet(["train", "iris", "--epochs", "3", "--hidden", "5", "--quiet"]) == 0
    session, notes = session_of("iris.safetensors")
    assert notes == () and session.run.data.name == "iris"
    network = gn.load("iris.safetensors")
    x = session.run.data.x_test
    np.testing.assert_array_equal(session.run.network(x), network(x))
    assert network.evaluate(x, session.run.data.y_test) == network.trained["test"]


def test_the_mean_of_networks_of_a_table_opens_with_all_its_layers(tmp_path, monkeypatch):
    """Its last layer gives the outputs and has no parameters: `train` makes such for tables."""
    monkeypatch.chdir(tmp_path)
    rows = [f"{k},{k % 7},{'yes' if k % 3 else 'no'}" for k in range(60)]
    Path("mine.csv").write_text("\n".join(["a,b,c", *rows]), "utf-8")
    assert glassnet(["train", "mine.csv", "--epochs", "1", "--quiet"]) == 0
    session, notes = session_of("mine.safetensors")
    assert notes == ()
    said = facts(session)
    words = said["words"]
    names = [row["name"] for row in words["rows"]]
    assert (words["first"], names) == (0, ["concat", "reshape", "global_average_pool"])
    assert words["rows"][0]["words"].startswith("concat(8 of (periodic")
    assert len(words["fits"]) == 4
    inside = [each["words"] for column in said["columns"] for each in column["inside"]]
    assert inside[0] == "0.0 to 7 Chain, each"
    assert session.run.step()


def test_lines_of_python_begin_with_the_same_weights(tmp_path, monkeypatch):
    file = put(tmp_path, *taken(finished(WAYS["words"]), do="download", form="model")[:2])
    session, _ = session_of(file)
    while session.run.step():
        pass
    name, content, reply = taken(session, do="download", form="python")
    assert name == "moons.zip" and "moons.safetensors holds what it reads" in reply["said"]
    script = put(tmp_path, name, content)
    monkeypatch.chdir(tmp_path)
    told = {}
    exec(compile(script.read_text(), script.name, "exec"), told)
    np.testing.assert_array_equal(
        told["network"].parameters.vector, session.run.network.parameters.vector
    )
    said = taken(session, do="download", form="recipe")[2]["said"]
    assert said == "A recipe cannot name weights to begin with: this one draws new ones."


def test_without_its_data_the_page_asks_for_some(tmp_path):
    x = np.random.default_rng(0).normal(size=(60, 2))
    network = gn.Sequential("dense 3, tanh, dense 2", seed=0)
    network.fit(x, (x[:, 0] > 0).astype(int), epochs=2)
    network.save(tmp_path / "own.safetensors")
    session, notes = session_of(tmp_path / "own.safetensors")
    assert len(notes) == 1 and "choose data on the page, then press Continue" in notes[0]
    assert session.settings == Settings()
    found = answer(session, {"do": "networks"})["networks"]
    assert found == [{"name": "own.safetensors", "problem": "", "used": False}]
    answer(session, {"do": "start", "name": "own.safetensors"})
    np.testing.assert_array_equal(session.run.network.parameters.vector, network.parameters.vector)
    assert session.settings.network.layers == ["dense 3", "tanh"]
    assert session.settings.training.epochs == 2 and session.settings.start == "own.safetensors"


def test_other_data_or_layers_begin_with_new_weights(tmp_path):
    file = put(tmp_path, *taken(finished(WAYS["words"]), do="download", form="model")[:2])
    for other in (
        {"data": Named(name="iris", options={})},
        {"network": Net(layers=["dense 5", "relu"])},
    ):
        session, _ = session_of(file)
        assert session.settings.start == "moons.safetensors"
        session.change(session.settings.model_copy(update=other))
        assert session.settings.start is None
    session, _ = session_of(file)
    session.change(session.settings.model_copy(update={"training": Training(epochs=9)}))
    assert session.settings.start == "moons.safetensors"
    session.change(session.settings.model_copy(update={"data": Named(name="iris", options={})}))
    reply = answer(session, {"do": "start", "name": "moons.safetensors"})
    assert reply["sentence"] == (
        "moons.safetensors takes samples of 2 numbers and iris has samples of 4 numbers: choose "
        "data like those that it was trained on"
    )


def test_a_link_to_a_file_that_is_not_here():
    text = link_text(Settings(start="own.safetensors"))
    reply = answer(Session(Settings(), Shelf()), {"do": "open_link", "text": text})
    assert reply["sentence"].startswith("the lab has no file 'own.safetensors'")


def test_the_recording_of_the_site(tmp_path, capsys):
    recipe = str(Path(__file__).parents[3] / "docs" / "two-moons.toml")
    assert glassnet(["run", recipe]) == 0
    file = tmp_path / "two-moons.html"
    assert glassnet(["lab", recipe, "--record", str(file)]) == 0
    assert file.stat().st_size < 3_000_000
    assert "note: It has" not in capsys.readouterr().out  # every moment is there


def test_the_command_line_records(tmp_path, capsys):
    file = tmp_path / "moons.html"
    link = "#" + link_text(WAYS["words"])
    assert glassnet(["lab", link, "--epochs", "2", "--record", str(file)]) == 0
    assert f"wrote {file}, " in capsys.readouterr().out.replace("\n", " ")
    text = file.read_text("utf-8")
    assert "<title>moons, 2-5-2: a recorded run</title>" in text
    assert glassnet(["lab", "moosn", "--record", str(file)]) == 2
    assert "did you mean 'moons'?" in capsys.readouterr().err
    assert glassnet(["lab", "--record", str(tmp_path / "no" / "x.html")]) == 2


# ---- a network that is dropped on the page


def dropped(settings, tmp_path, change=lambda trained: None):
    """The name of a trained network on the shelf of a new lab, and that lab."""
    first = Session(settings)
    first.run.step()
    file, content, _ = taken(first, do="download", form="model")
    network = gn.load(put(tmp_path, file, content))
    change(network.trained)
    file = tmp_path / "changed.safetensors"
    network.save(file)
    session = Session(Settings())
    return session, session.shelf.drop("own.safetensors", file.read_bytes())


def test_a_dropped_network_begins_on_its_own_data(tmp_path):
    own = Settings(data=Named(name="iris"), network=Net(layers=["dense 5", "relu"]), seed=7)
    session, name = dropped(own, tmp_path)
    reply = answer(session, {"do": "open_network", "name": name})
    assert reply["said"] == "The run begins with own.safetensors, on iris."
    settings = session.settings
    assert (settings.data, settings.seed, settings.start) == (own.data, 7, name)
    assert settings.network.layers == ["dense 5", "relu"]
    again = Session(own).run
    again.step()
    np.testing.assert_array_equal(session.run.network.parameters.vector,
                                  again.network.parameters.vector)  # fmt: skip
    session.close()


def test_a_dropped_network_opens_no_path_that_it_names(tmp_path):
    secret = tmp_path / "secret.csv"
    secret.write_text("a,b,label\n" + "1,2,x\n3,4,y\n" * 20)

    def change(trained):
        del trained["lab"]
        trained["data"] = str(secret)

    session, name = dropped(Settings(network=Net(layers=["dense 5"])), tmp_path, change)
    reply = answer(session, {"do": "open_network", "name": name})
    assert reply["said"] == "The run begins with own.safetensors, on moons."
    assert [*session.shelf.files] == [name]
    session.begin(Settings(data=Named(name="iris"), network=Net(layers=["dense 3"])))
    reply = answer(session, {"do": "open_network", "name": name})
    assert "own.safetensors takes samples of 2 numbers and iris has" in reply["sentence"]
    assert session.settings.data.name == "iris"
    session.close()
