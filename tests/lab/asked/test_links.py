"""A link holds all settings, and a wrong one is one sentence."""

import base64
import json
import zlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as within
from hypothesis import strategies as st

from glassnet.base.errors import InputError
from glassnet.lab.asked.links import COMMON, link_text, linked
from glassnet.lab.commands import answer
from glassnet.lab.sources import File, Formula, Named, Points
from glassnet.lab.state.session import Session
from glassnet.lab.state.settings import Settings
from glassnet.workflows.spec import Net, Training

LAYERS = ["dense 3", "relu", "tanh", "dropout 0.25", "dense 5 init=normal:std=0.5", "batchnorm"]
finite = st.floats(1e-6, 1e3)
trainings = st.builds(
    Training,
    loss=st.sampled_from([None, "cross_entropy", {"kind": "mean_squared"}]),
    optimizer=st.one_of(
        st.sampled_from(["adam", "momentum:beta=0.8"]),
        st.fixed_dictionaries({"kind": st.just("sgd"), "learning_rate": finite}),
    ),
    schedule=st.sampled_from(["constant", "warm_up", {"kind": "step", "every": 3}]),
    batch_size=st.one_of(st.integers(1, 10**6), st.just("full")),
    epochs=st.integers(1, 10**6),
    clip_norm=st.one_of(st.none(), finite),
    max_norm=st.one_of(st.none(), finite),
)
networks = st.one_of(
    st.builds(Net, layers=st.lists(st.sampled_from(LAYERS), min_size=1, max_size=6)),
    st.builds(Net, layers=st.sampled_from(LAYERS), bias=st.booleans()),
    st.builds(Net, hidden=st.lists(st.integers(1, 999), max_size=4), dropout=st.floats(0, 0.9)),
)
number = st.floats(-1e6, 1e6)
named = st.builds(
    Named,
    name=st.sampled_from(["moons", "circles"]),
    options=st.fixed_dictionaries({"samples": st.integers(4, 10**5), "noise": st.floats(0, 2)}),
)
points = st.builds(Points, points=st.lists(st.lists(number, min_size=3, max_size=3), max_size=9))
formulas = st.builds(Formula, text=st.sampled_from(["y > sin(x)", "y = x**2 - 1"]))
files = st.builds(File, name=st.text(max_size=20), target=st.lists(st.text(max_size=9), max_size=3))
data = st.one_of(named, points, formulas, files)
every_setting = st.builds(
    Settings, data=data, network=networks, training=trainings, seed=st.integers(0, 2**32 - 1)
)


@within(max_examples=200, deadline=None)
@given(every_setting)
def test_a_link_restores_all_settings(chosen):
    text = link_text(chosen)
    assert linked(text) == linked(f"http://127.0.0.1:4000/secret/#{text}") == chosen
    assert len(text) < 1500
    assert text.isascii() and not set(text) & set(" #+/\"'<>")


def test_the_common_settings_are_a_short_link():
    assert len(link_text(Settings())) < 40
    assert len(link_text(Settings(seed=7, network=Net(layers=["dense 8", "relu"])))) < 100


@within(max_examples=200, deadline=None)
@given(st.text(), st.sampled_from(["", "lab=", "lab=1.", "lab=1.eNo", "lab=2.", "#lab=1."]))
def test_any_text_is_settings_or_one_sentence(text, mark):
    try:
        linked(mark + text)
    except InputError as error:
        assert "\n" not in str(error) and len(str(error)) < 400


def packed(thing):
    packer = zlib.compressobj(9, zdict=COMMON)
    content = packer.compress(json.dumps(thing).encode()) + packer.flush()
    return "lab=1." + base64.urlsafe_b64encode(content).decode().rstrip("=")


@pytest.mark.parametrize(
    "text, sentence",
    [
        ("https://example.org/", "no link to a lab"),
        ("lab=9.abc", "has format 9, and this version of glassnet reads 1"),
        (link_text(Settings(seed=11))[:-3], "damaged: copy all of it"),
        (packed([1, 2]), "sets what this lab cannot"),
        (packed({"training": {"epochs": 0}}), "training.epochs is 0, expected 1 or more"),
        (packed({"speed": 3}), "sets what this lab cannot: speed"),
        (packed({"seed": 0, "network": {"layers": "dense 4" + " " * 2**24}}), "damaged"),
    ],
)
def test_what_is_wrong_with_a_link(text, sentence):
    with pytest.raises(InputError, match=sentence):
        linked(text)


def test_what_is_too_long_for_a_link_is_said():
    rng = np.random.default_rng(0)
    drawn = [[*map(float, rng.normal(size=2)), n % 2] for n in range(5000)]
    session = Session(Settings(data=Points(points=drawn), network=Net(layers="dense 2")))
    reply = answer(session, {"do": "link"})
    assert "characters, more than fit into an address: save the network" in reply["sentence"]
    assert linked(link_text(session.settings)) == session.settings


def test_the_page_makes_and_opens_links():
    first = Session(Settings(seed=5, network=Net(layers=["dense 2", "relu"])))
    text = answer(first, {"do": "link"})["text"]
    other = Session(Settings())
    other.run.step()
    reply = answer(other, {"do": "open_link", "text": text})
    assert other.settings == first.settings and reply["settings"]["seed"] == 5
    assert other.run.t == 0
    reply = answer(other, {"do": "open_link", "text": "lab=1.zzz"})
    assert reply["is"] == "error" and "damaged" in reply["sentence"]
    assert other.settings == first.settings
