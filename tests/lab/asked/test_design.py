"""The commands that design a network and its training, and their sentences."""

import hypothesis
import pytest
from hypothesis import given
from hypothesis import strategies as st

import glassnet.lab.server.app  # noqa: F401  (all commands)
from glassnet.lab.commands import answer
from glassnet.lab.shown.architecture import rows_from
from glassnet.lab.shown.facts import facts
from glassnet.lab.state.session import Session
from glassnet.lab.state.settings import Settings
from glassnet.nn.layers import LAYERS, Chain, layers_from
from glassnet.workflows.spec import Net


@pytest.fixture
def session():
    return Session(Settings(data={"name": "moons", "options": {"samples": 80}}))


def said(session, command, **given):
    return answer(session, {"do": command, **given})


def rows(session):
    return [row["words"] for row in facts(session)["words"]["rows"]]


def test_words_become_layers_one_by_one(session):
    found = said(session, "layers", words="linear 4 relu, 2 x (dense 3, tanh)")
    assert [row["words"] for row in found["words"]["rows"]] == rows(session)
    assert rows(session) == ["dense 4", "relu", "dense 3", "tanh", "dense 3", "tanh"]
    assert session.settings.network.layers == rows(session)
    said(session, "layers", words=rows(session)[:2])
    assert rows(session) == ["dense 4", "relu"]
    said(session, "layers", words="")
    assert rows(session) == [] and len(session.run.network.layers) == 1


ROW = st.sampled_from([
    "dense 3", "dense 2 relu", "tanh", "dropout 0.5", "residual(dense 2, tanh)", "batchnorm",
    "concat(dense 1 | tanh)", "2 x (dense 2, relu)", "linear units=4 bias=false", "leaky_relu 0.2",
])  # fmt: skip


@hypothesis.settings(max_examples=40, deadline=None)
@given(rows=st.lists(ROW, max_size=5))
def test_words_written_again_are_the_same_network(rows):
    again = rows_from(", ".join(rows))
    assert rows_from(again) == again
    one, other = Chain(layers_from(rows)), Chain(layers_from(again))
    assert one.config() == other.config() and len(again) == len(one.layers)


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ("densse 4", "did you mean 'dense'"),
        ("conv 4", "got samples of shape (2,)"),
        ("dense 0", "expected a whole number of at least 1"),
        ("reshape 1x2x1", "the outputs need rows of numbers: end with flatten"),
    ],
)
def test_a_wrong_word_is_answered_and_the_old_network_stays(session, words, sentence):
    before, network = rows(session), session.run.network
    found = said(session, "layers", words=words)
    assert found["is"] == "error" and sentence in found["sentence"]
    assert rows(session) == before and session.run.network is network


@pytest.mark.parametrize(
    "net",
    [
        Net(hidden=[5, 3], activation="tanh", dropout=0.1),
        Net(model="cnn"),
        Net(layers="conv 3, relu, flatten"),
    ],
)
def test_rows_are_the_layers_between_inputs_and_outputs(net):
    session = Session(Settings(data={"name": "digits"}, network=net))
    network = session.run.network
    said(session, "layers", words=rows(session))
    assert session.run.network.config() == network.config()


def test_how_parameters_start_holds_for_all_layers(session):
    found = said(session, "starts", init="he_normal", bias=False)
    row = found["words"]["rows"][0]
    assert row["words"] == "dense 4"
    assert row["settings"]["init"] == "he_normal" and row["settings"]["bias"] == "false"
    assert list(session.run.network.parameters) == ["0.W", "2.W", "4.W"]
    found = said(session, "starts", init="he_normall")
    assert found["sentence"].startswith("init: unknown initializer 'he_normall': did you mean")


def test_training_settings_count_from_the_present_step(session):
    for _ in range(3):
        session.run.step()
    found = said(session, "training", optimizer={"kind": "adam"}, batch_size=7, clip_norm=1)
    assert found["training"]["optimizer"]["settings"]["learning_rate"] == "0.001"
    assert session.run.t == 3 and session.run.trainer.steps_per_epoch == 9
    assert found["training"]["loss"]["name"] == "cross_entropy"


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"batch_size": 0}, "batch_size is 0, expected a whole number of 1 or more, or 'full'"),
        ({"epochs": 1.5}, "epochs is 1.5, expected a whole number of 1 or more"),
        ({"clip_norm": "x"}, "clip_norm is 'x', expected a finite number above 0"),
        (
            {"optimizer": {"kind": "adam", "learning_rate": -1}},
            "optimizer: Adam: learning_rate is -1, expected a number in [0, inf)",
        ),
    ],
)
def test_a_wrong_setting_is_answered(session, wrong, sentence):
    before = session.settings
    assert said(session, "training", **wrong)["sentence"] == sentence
    assert session.settings == before


def test_all_that_is_registered_can_be_chosen(session):
    found = said(session, "kinds")
    names = {kind["name"] for family in found["families"].values() for kind in family}
    assert names == {kind.name for kind in LAYERS.values()}
    assert "lbfgs" not in found["optimizer"] and found["losses"][0] == "cross_entropy"
    for loss in found["losses"]:
        assert said(session, "training", loss=loss)["training"]["loss"]["name"] == loss
    for family in found["families"].values():
        for kind in family:
            assert said(session, "layers", words=kind["words"])["is"] in ("layers", "error")
    said(session, "layers", words="dense 6")
    fits = facts(session)["words"]["fits"]
    kinds = [kind for family in found["families"].values() for kind in family]
    assert "conv2d" not in fits[0] and {"residual", "dense", "tanh"} <= set(fits[0])
    for kind in kinds:
        if kind["name"] in fits[0] and kind["name"] != "embedding":  # of numbers that are indices
            assert said(session, "layers", words=[kind["words"], "dense 6"])["is"] == "layers", kind
