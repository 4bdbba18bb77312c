"""What the page asks about data: sources that bring a network that fits, tutorials, axes."""

import os

import pytest

from glassnet.base.errors import GlassnetError
from glassnet.data import load
from glassnet.lab.asked import choosing
from glassnet.lab.commands import answer
from glassnet.lab.sources import Formula, Named
from glassnet.lab.state.published import TUTORIALS, settings_of
from glassnet.lab.state.session import Session
from glassnet.lab.state.settings import Settings
from glassnet.workflows.recipes.loader import load_recipe
from glassnet.workflows.run import train


@pytest.fixture
def session():
    made = Session(Settings())
    yield made
    made.close()


def asked(session, command, **given):
    reply = answer(session, {"do": command, **given})
    assert reply["is"] == command, reply
    return reply


def test_layers_follow_the_shape_of_the_data(session):
    before = session.settings.network
    reply = asked(session, "source", data={"name": "digits"})
    assert reply["said"].startswith("Samples are pictures now")
    assert session.settings.network.layers == ["flatten", *before.layers]
    pictures = {"layers": ["conv 4", "relu", "flatten"]}
    asked(session, "settings", network={**session.settings.network.model_dump(), **pictures})
    reply = asked(session, "source", data={"name": "iris"})
    assert reply["said"].startswith("The layers did not fit")
    assert session.settings.network.layers == before.layers
    assert (
        asked(session, "source", data={"name": "moons", "options": {"samples": 40}})["said"] == ""
    )


def test_a_loss_of_another_task_is_left_to_the_data(session):
    asked(session, "settings", training={"loss": "cross_entropy", "epochs": 3})
    asked(session, "source", data={"kind": "formula", "text": "y = x"})
    assert session.settings.training.loss is None and session.settings.training.epochs == 3
    assert session.run.step()


def test_a_source_that_cannot_be_read_changes_nothing(session):
    before, run = session.settings, session.run
    for data in ({"kind": "file", "name": "/etc/passwd"}, {"kind": "formula", "text": "y > 1/"}, 7):
        assert answer(session, {"do": "source", "data": data})["is"] == "error"
    assert session.settings is before and session.run is run


def test_the_data_are_read_once_for_as_long_as_they_stay(session):
    data = session.run.data
    asked(session, "settings", network={"layers": ["dense 3"]})
    assert session.run.data is data
    asked(session, "settings", seed=1)
    assert session.run.data is not data


@pytest.mark.parametrize("name", TUTORIALS)
def test_every_tutorial_opens_as_published(session, name):
    if name.startswith("mnist") and not os.environ.get("GLASSNET_DATA"):
        pytest.skip("GLASSNET_DATA names no folder with mnist")
    asked(session, "tutorial", name=name)
    recipe = load_recipe(name)
    assert session.settings == settings_of(recipe)
    assert session.settings.training == recipe.training
    assert session.settings.network == recipe.network


def test_a_tutorial_trains_what_its_recipe_does(session):
    asked(session, "tutorial", name="moons")
    while session.run.epochs_done < 2:
        session.run.step()
    recipe = load_recipe("moons")
    two = recipe.training.model_copy(update={"epochs": 2, "engine": "numpy"})
    experiment = recipe.model_copy(update={"training": two})
    expected = train(experiment, load("moons", **recipe.data.options), 0)
    assert session.run.columns["loss"] == expected.history["loss"]


def test_axes_are_two_features_or_the_components(session):
    asked(session, "source", data=Named(name="iris").model_dump())
    assert asked(session, "features", x=2, y=0)["data"]["axes"] == [
        "petal length (cm)", "sepal length (cm)",
    ]  # fmt: skip
    reply = asked(session, "features", projected=True)
    assert reply["data"]["projected"] and "component 1" in reply["data"]["axes"][0]
    for wrong in ({"x": 4}, {"x": 1, "y": 1}, {"x": -1}):
        assert answer(session, {"do": "features", **wrong})["is"] == "error"
    asked(session, "source", data=Formula(text="y = x").model_dump())
    with pytest.raises(GlassnetError, match="no two features"):
        choosing.features(session)


def test_only_grey_pictures_of_classes_are_drawn_for_the_network(session):
    stroke = [[0.5, 0.1, 0.5, 0.9]]
    assert answer(session, {"do": "see", "drawing": stroke})["is"] == "error"
    asked(session, "source", data={"name": "digits"})
    seen = asked(session, "see", drawing=stroke)
    assert seen["picture"]["shape"] == [8, 8] and len(seen["probabilities"]) == 10
    assert sum(seen["probabilities"]) == pytest.approx(1, abs=1e-6)
