"""Strokes become pictures as those of known datasets, wherever and however large they are drawn."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from glassnet.lab.asked.opening import opened
from glassnet.lab.sources.pen import Drawing, picture
from glassnet.lab.state.session import Session

ONE = [[0.5, 0.1, 0.5, 0.9]]
SEVEN = [[0.3, 0.2, 0.7, 0.2, 0.45, 0.8]]
places = st.floats(0, 1).map(lambda v: round(v, 3))
strokes = st.lists(places, min_size=1, max_size=8).map(lambda v: v * 2)


def moved(drawing, scale, shift):
    return [[scale * v + shift for v in stroke] for stroke in drawing]


@pytest.mark.parametrize("size", [8, 28, 64])
@pytest.mark.parametrize("scale, shift", [(0.3, 0.6), (0.7, -0.1)])
def test_place_and_size_of_the_drawing_do_not_matter(size, scale, shift):
    first, second = picture(SEVEN, (size, size)), picture(moved(SEVEN, scale, shift), (size, size))
    assert np.abs(first - second).mean() < 0.03  # sides of a line fall on other places


def test_it_is_centred_by_mass_in_a_box_of_20_pixels():
    ink = picture(SEVEN, (28, 28))
    rows, columns = np.flatnonzero(ink.any(axis=1)), np.flatnonzero(ink.any(axis=0))
    assert max(np.ptp(rows), np.ptp(columns)) + 1 in (20, 21)
    down, across = np.average(np.indices((28, 28)).reshape(2, -1), axis=1, weights=ink.ravel())
    assert down == pytest.approx(13.5, abs=0.6) and across == pytest.approx(13.5, abs=0.6)


def test_in_eight_pixels_it_takes_the_whole_height():
    ink = picture(ONE, (8, 8))
    assert ink[0].any() and ink[-1].any() and ink[:, 3:5].mean() > 0.3 and not ink[:, :2].any()


AROUND = np.linspace(0, 2 * np.pi, 30)
DRAWN = {
    0: [np.stack([0.5 + 0.28 * np.sin(AROUND), 0.5 - 0.36 * np.cos(AROUND)], 1).ravel().tolist()],
    1: ONE,
    4: [[0.5, 0.12, 0.27, 0.6, 0.75, 0.6], [0.6, 0.38, 0.6, 0.88]],
    7: [[0.28, 0.15, 0.72, 0.15, 0.45, 0.87]],
}


@pytest.fixture(scope="module")
def reader():
    """The run that `glassnet lab digits` begins with, after some epochs."""
    opening = opened("digits")
    run = Session(opening.settings, opening.shelf).run
    while run.epochs_done < 20:
        run.step()
    return run


def test_digits_drawn_in_eight_pixels_are_read(reader):
    x = np.stack([np.rint(16 * picture(each, (8, 8))) for each in DRAWN.values()])
    assert reader.network.predict(x).tolist() == [*DRAWN]


def test_they_have_as_much_ink_as_those_of_the_data(reader):
    by_class = [reader.data.x_train[reader.data.y_train == k].mean() / 16 for k in range(10)]
    assert min(by_class) > 0.29 and max(by_class) < 0.33  # whatever the digit
    for drawing in DRAWN.values():
        ink = picture(drawing, (8, 8))
        assert ink.mean() == pytest.approx(np.mean(by_class), abs=0.04)
        assert ink[0].any() and ink[-1].any() and not ink[:, 0].any() and not ink[:, -1].any()


@settings(max_examples=60, deadline=None)
@given(st.lists(strokes, min_size=1, max_size=4), st.sampled_from([(8, 8), (28, 28), (12, 20)]))
def test_every_drawing_is_shares_of_ink_and_leaves_some(drawing, shape):
    ink = picture(drawing, shape)
    assert ink.shape == shape and ink.min() >= 0 and 0 < ink.max() <= 1


@pytest.mark.parametrize("wrong, sentence", [
    ([], "0 numbers"), ([[]], "0 numbers"), ([[0.5]], "without y"),
    ([[0.5] * 4002], "4002 numbers"),
    ([[float("nan"), 0.5]], "less than"), ([[5.0, 0.5]], "less than"), ("strokes", "list"),
])  # fmt: skip
def test_what_is_no_drawing_is_refused(wrong, sentence):
    with pytest.raises(ValidationError, match=sentence):
        TypeAdapter(Drawing).validate_python(wrong)
