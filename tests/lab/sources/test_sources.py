"""Every kind of source: checked as plain data, loaded the same for the same seed."""

import inspect
import json

import numpy as np
import pytest
from pydantic import TypeAdapter, ValidationError

from glassnet.base.errors import DataError, GlassnetError, InputError
from glassnet.data import load
from glassnet.data.sources import toy
from glassnet.lab.sources import Source
from glassnet.lab.sources.named import DEFAULTS
from glassnet.lab.sources.shelf import Shelf
from glassnet.workflows.recipes.loader import load_recipe
from glassnet.workflows.run import load_data

ANY = TypeAdapter(Source)
ONE, SEVEN = [[0.5, 0.1, 0.5, 0.9]], [[0.3, 0.2, 0.7, 0.2, 0.45, 0.8]]
POINTS = [[0.1 * n, -0.2 * n, n % 2] for n in range(12)]
KINDS = {
    "named": {"name": "moons", "options": {"samples": 60, "noise": 0.2}},
    "points": {"kind": "points", "points": POINTS},
    "values": {"kind": "points", "points": POINTS, "values": True, "test": 0.5},
    "condition": {"kind": "formula", "text": "y > sin(x)", "samples": 60, "noise": 0.1},
    "curve": {"kind": "formula", "text": "y = sin(x)", "samples": 60},
    "surface": {"kind": "formula", "text": "z = x*y", "samples": 60, "low": -1, "high": 1},
    "digits": {"kind": "digits", "size": 8, "drawings": [ONE, SEVEN] * 3, "labels": [1, 7] * 3},
}


def loaded(given, seed=0, shelf=None):
    source = ANY.validate_python(json.loads(json.dumps(given)))
    return source.load(shelf or Shelf(), seed)


def arrays(data):
    return [data.x_train, data.y_train, data.x_test, data.y_test]


@pytest.mark.parametrize("kind", KINDS)
def test_the_same_seed_gives_the_same_numbers_and_another_does_not(kind):
    first, again, other = (arrays(loaded(KINDS[kind], seed)) for seed in (3, 3, 4))
    assert all(map(np.array_equal, first, again))
    assert not all(map(np.array_equal, first, other))


@pytest.mark.parametrize("kind", KINDS)
def test_it_is_plain_data(kind):
    source = ANY.validate_python(KINDS[kind])
    assert ANY.validate_python(json.loads(source.model_dump_json())) == source


def test_a_bundled_set_is_that_of_load():
    data = loaded({"name": "circles", "options": {"samples": 80, "test": 0.5}}, seed=5)
    expected = load("circles", samples=80, test=0.5, seed=5)
    assert all(map(np.array_equal, arrays(data), arrays(expected)))


@pytest.mark.parametrize("name", ["moons", "circles", "iris", "digits"])
def test_options_are_shown_as_they_are_by_themselves(name):
    given = inspect.signature(getattr(toy, f"load_{name}")).parameters
    assert DEFAULTS[name] == {n: p.default for n, p in given.items() if n != "seed"}


@pytest.mark.parametrize("name", ["moons", "iris"])
def test_a_recipe_has_its_own_data(name):
    recipe = load_recipe(name)
    data = loaded({"kind": "named", **recipe.data.model_dump()})
    assert all(map(np.array_equal, arrays(data), arrays(load_data(recipe.data))))


def test_points_are_classes_by_letters_or_values():
    data = loaded({"kind": "points", "points": [*POINTS, [5, 5, 3]], "test": 0})
    assert data.classes == ("A", "B", "C", "D") and len(data.x_train) == 13
    assert sorted(data.y_train) == [*sorted(int(p[2]) for p in POINTS), 3]
    values = loaded(KINDS["values"])
    assert values.task == "values" and len(values.x_test) == 6


def test_a_condition_labels_points_before_the_noise_moves_them():
    clean = loaded({**KINDS["condition"], "noise": 0})
    np.testing.assert_array_equal(clean.y_train, clean.x_train[:, 1] > np.sin(clean.x_train[:, 0]))
    noisy = loaded({**KINDS["condition"], "noise": 0.5})
    assert not np.array_equal(noisy.y_train, noisy.x_train[:, 1] > np.sin(noisy.x_train[:, 0]))
    assert clean.classes == ("no", "yes") and clean.feature_names == ("x", "y")


def test_a_curve_is_a_regression_and_noise_is_added_to_its_value():
    clean, noisy = loaded(KINDS["curve"]), loaded({**KINDS["curve"], "noise": 0.5})
    np.testing.assert_array_equal(clean.y_train, np.sin(clean.x_train[:, 0]))
    assert 0.3 < np.std(noisy.y_train - np.sin(noisy.x_train[:, 0])) < 0.7
    assert clean.input_shape == (1,) and loaded(KINDS["surface"]).input_shape == (2,)


def test_samples_without_a_value_are_left_out_and_counted():
    data = loaded({"kind": "formula", "text": "y = log(x)", "samples": 100})
    count = len(data.x_train) + len(data.x_test)
    assert 20 < count < 80 and np.isfinite(data.y_train).all()
    assert data.notes == (f"left out {100 - count} samples where the formula has no value",)


def test_drawn_digits_are_pictures_in_the_range_of_the_known_ones():
    data = loaded(KINDS["digits"])
    assert data.input_shape == (8, 8) and data.classes == ("1", "7") and data.x_train.max() == 16
    large = loaded({**KINDS["digits"], "size": 28})
    assert large.input_shape == (28, 28) and large.x_train.max() == 255


NO_DATA = {
    "one class": ({"kind": "points", "points": [[0, 0, 1], [1, 1, 1]]}, "not enough classes"),
    "no points": ({"kind": "points", "points": []}, "not enough classes"),
    "half a class": ({"kind": "points", "points": [[0, 0, 0.5], [1, 1, 1]]}, "the class 0.5"),
    "class 8": ({"kind": "points", "points": [[0, 0, 8], [1, 1, 1]]}, "the class 8"),
    "one value": ({"kind": "points", "points": [[0, 0, 8]], "values": True}, "not enough points"),
    "always true": ({"kind": "formula", "text": "x > -10"}, "x > -10 is true for every sample"),
    "never": ({"kind": "formula", "text": "y = sqrt(-1 - x*x)"}, "has a value for 0 samples"),
    "one digit": ({**KINDS["digits"], "labels": [1] * 6}, "not enough digits"),
}


@pytest.mark.parametrize("case", NO_DATA)
def test_what_gives_nothing_to_learn_is_refused(case):
    given, sentence = NO_DATA[case]
    with pytest.raises(DataError, match=sentence):
        loaded(given)


WRONG = {
    "unknown name": {"name": "mooons"},
    "a path as name": {"name": "/etc/passwd"},
    "a path as test part": {"name": "moons", "options": {"test": "/etc/passwd"}},
    "too many samples": {"name": "moons", "options": {"samples": 10**9}},
    "unknown option": {"name": "moons", "options": {"path": 1}},
    "unknown kind": {"kind": "url", "name": "x"},
    "NaN as a place": {"kind": "points", "points": [[float("nan"), 0, 0], [1, 1, 1]]},
    "two numbers": {"kind": "points", "points": [[0, 0], [1, 1]]},
    "too many points": {"kind": "points", "points": [[0, 0, 0]] * 5001},
    "a long formula": {"kind": "formula", "text": "y > " + "x" * 10_000},
    "a range that falls": {"kind": "formula", "text": "y > x", "low": 1, "high": 1},
    "NaN as noise": {"kind": "formula", "text": "y > x", "noise": float("nan")},
    "an unpaired drawing": {**KINDS["digits"], "labels": [1]},
    "digit 10": {**KINDS["digits"], "labels": [10] * 6},
    "9 pixels": {**KINDS["digits"], "size": 9},
    "a test share of 1": {"kind": "file", "name": "a.csv", "test": 1.0},
}


@pytest.mark.parametrize("case", WRONG)
def test_what_is_no_source_is_refused(case):
    with pytest.raises(ValidationError):
        ANY.validate_python(WRONG[case])


# ---- files


def test_a_test_file_is_one_of_the_shelf(shelf, tmp_path):
    shelf.put(tmp_path / "a.csv")
    given = {"kind": "file", "name": "a.csv", "test": "/etc/passwd"}
    with pytest.raises(InputError, match="the lab has no file '/etc/passwd'"):
        ANY.validate_python(given).load(shelf, 0)


TABLE = "a,b,kind\n" + "".join(f"{n},{n % 5},{'left' if n % 2 else 'right'}\n" for n in range(40))


@pytest.fixture
def shelf():
    made = Shelf()
    yield made
    made.close()


def test_a_file_is_read_as_load_reads_it(shelf, tmp_path):
    path = tmp_path / "own.csv"
    path.write_text(TABLE)
    shelf.put(path)
    data = loaded({"kind": "file", "name": "own.csv", "test": 0.5}, 7, shelf)
    expected = load(path, test=0.5, seed=7)
    assert all(map(np.array_equal, arrays(data), arrays(expected)))
    assert data.notes == expected.notes and data.name == "own.csv"
    other = loaded({"kind": "file", "name": "own.csv", "target": ["b"], "drop": ["kind"]}, 7, shelf)
    assert other.target == "b" and other.feature_names == ("a",)


def test_errors_name_the_file_and_no_folder(shelf):
    name = shelf.drop("own.csv", b"a,b\n1\n2,3,4\n")
    with pytest.raises(GlassnetError) as error:
        loaded({"kind": "file", "name": name}, shelf=shelf)
    assert "own.csv" in str(error.value) and str(shelf.path(name).parent) not in str(error.value)


@pytest.mark.parametrize("name", ["/etc/passwd", "../own.csv", "openml:adult", "moons", ""])
def test_only_the_shelf_is_read(shelf, name):
    with pytest.raises(GlassnetError, match="the lab has no file"):
        loaded({"kind": "file", "name": name}, shelf=shelf)
