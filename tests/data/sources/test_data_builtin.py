import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from glassnet.base.errors import DataError, MissingPackageError
from glassnet.base.optional import install_line
from glassnet.data import NAMES, load
from glassnet.data.dataset import split


def test_digits_are_small_images():
    digits = load("digits")
    assert digits.name == "digits"
    assert (digits.x_train.dtype, digits.y_train.dtype) == (np.uint8, np.int64)
    assert digits.input_shape == (8, 8)
    assert digits.is_image
    assert len(digits.x_train) + len(digits.x_test) == 1797
    assert abs(len(digits.x_test) - 0.2 * 1797) < 5
    assert digits.x_train.max() * digits.scale == 1
    assert digits.classes == tuple("0123456789")


def test_iris_has_three_species_of_fifty():
    iris = load("iris", test=0.5)
    assert (iris.x_train.shape, iris.x_train.dtype) == ((75, 4), np.float64)
    assert np.bincount(iris.y_test).tolist() == [25, 25, 25]
    assert iris.classes == ("setosa", "versicolor", "virginica")
    assert len(iris.feature_names) == 4
    assert iris.target == "species"


def test_moons_are_two_halves_with_the_noise_asked_for():
    moons = load("moons")
    assert (moons.x_train.shape, moons.x_test.shape) == ((3750, 2), (1250, 2))
    assert moons.x_train.dtype == np.float64
    assert np.bincount(moons.y_train).tolist() == [1875, 1875]
    clean = load("moons", samples=10, noise=0, test=0)
    upper = clean.x_train[clean.y_train == 0]
    np.testing.assert_allclose(np.hypot(*upper.T), 1)
    assert (upper[:, 1] > -1e-9).all()


def test_circles_are_two_rings_with_the_noise_asked_for():
    circles = load("circles")
    assert (circles.x_train.shape, circles.x_test.shape) == ((3750, 2), (1250, 2))
    assert (circles.x_train.dtype, circles.y_train.dtype) == (np.float64, np.int64)
    assert np.bincount(circles.y_train).tolist() == [1875, 1875]
    assert (circles.classes, circles.target) == (("outer", "inner"), "circle")
    assert circles.feature_names == ("x1", "x2")
    clean = load("circles", samples=100, noise=0, test=0)
    np.testing.assert_allclose(np.hypot(*clean.x_train.T), np.where(clean.y_train == 0, 1, 0.5))


@pytest.mark.parametrize("noise", [0.1, 0.3])
def test_the_noise_is_the_standard_deviation_of_each_coordinate(noise):
    circles = load("circles", samples=20000, noise=noise, test=0)
    squares = (circles.x_train**2).sum(axis=1)
    for label, radius in enumerate([1, 0.5]):
        expected = radius**2 + 2 * noise**2  # two coordinates, each with its variance
        np.testing.assert_allclose(squares[circles.y_train == label].mean(), expected, rtol=0.02)


@pytest.mark.parametrize("name", ["circles", "digits", "iris", "moons"])
def test_the_seed_decides_the_split(name):
    one, again, other = (load(name, seed=seed) for seed in (3, 3, 4))
    assert (one.x_train == again.x_train).all()
    assert (one.x_train != other.x_train).any()


@pytest.mark.parametrize("name", ["circles", "moons"])
def test_seeds_larger_than_those_of_scikit_learn_draw_points_too(name):
    one, again = (load(name, samples=40, seed=2**32 + 3) for _ in range(2))
    assert (one.x_train == again.x_train).all()
    other = load(name, samples=40, seed=3)  # the same points, split otherwise
    assert (one.x_train != other.x_train).any()


@pytest.mark.parametrize(
    ("name", "options", "message"),
    [
        ("moons", {"samples": 1}, "moons samples: expected a whole number from 2 up, got 1"),
        ("moons", {"samples": 9.5}, "moons samples: expected a whole number from 2 up, got 9.5"),
        ("moons", {"noise": -1}, "moons noise: expected a number from 0 up, got -1"),
        ("moons", {"noise": float("nan")}, "moons noise: expected a number from 0 up, got nan"),
        ("circles", {"samples": 1}, "circles samples: expected a whole number from 2 up, got 1"),
        ("circles", {"noise": -1}, "circles noise: expected a number from 0 up, got -1"),
        ("circles", {"test": 1}, "test fraction: expected a number from 0 up to but not"),
        ("circles", {"seed": -1}, "seed: expected a whole number from 0 up, got -1"),
        (
            "circles",
            {"factor": 0.3},
            "circles has no option 'factor'; its options are: samples, noise, test, seed",
        ),
        ("moons", {"seed": -1}, "seed: expected a whole number from 0 up, got -1"),
        ("iris", {"test": 1}, "test fraction: expected a number from 0 up to but not including 1"),
        ("iris", {"noise": 1}, "iris has no option 'noise'; its options are: seed, test"),
        ("mnist", {"test": 0.1}, "mnist has no option 'test'; its options are: none"),
        ("x.csv", {"path": 1}, "x.csv has no option 'path'; its options are: target, drop, task,"),
        (
            "digts",
            {},
            "unknown dataset 'digts': did you mean 'digits'? "
            "Choices: circles, digits, fashion-mnist, iris, mnist, moons, openml:NAME, "
            "or the path of a file",
        ),
        ("data/iris", {}, "there is no file data"),
        ("iris.txt", {}, "there is no file iris.txt; check the path"),
        ("iris.csv", {}, "there is no file iris.csv; check the path"),
        ("", {}, "dataset: expected a name, the path of a file or a table, got ''"),
        (None, {}, "dataset: expected a name, the path of a file or a table, got a NoneType"),
    ],
)
def test_what_cannot_be_loaded_says_why(tmp_path, monkeypatch, name, options, message):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(DataError) as error:
        load(name, **options)
    assert message in str(error.value)
    assert "\n" not in str(error.value)


def test_a_path_that_is_no_file_of_data_is_refused(tmp_path):
    table = tmp_path / "table.docx"
    table.touch()
    with pytest.raises(DataError) as error:
        load(table)
    assert str(error.value).startswith(f"{table}: expected a folder or a file ending in .csv, ")
    with pytest.raises(DataError, match="there is no file iris; check the path"):
        load(Path("iris"))


def test_the_names_are_listed():
    assert set(NAMES) == {"circles", "digits", "fashion-mnist", "iris", "mnist", "moons"}


def test_a_missing_package_comes_with_the_line_that_installs_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "sklearn.datasets", None)
    with pytest.raises(MissingPackageError) as error:
        load("iris")
    assert str(error.value) == f"iris needs scikit-learn: {install_line('standard')}"


def test_importing_the_data_imports_no_heavy_package():
    code = (
        "import sys, glassnet.data; heavy = {'sklearn', 'pandas', 'pooch', 'platformdirs', 'rich'};"
        "print(sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize("samples", [4, 7, 80, 401])
@pytest.mark.parametrize("noise", [0.0, 0.2])
@pytest.mark.parametrize("seed", [0, 7, 2**32 - 1])
@pytest.mark.parametrize("name", ["moons", "circles"])
def test_points_are_those_of_scikit_learn(name, samples, noise, seed):
    make = getattr(pytest.importorskip("sklearn.datasets"), f"make_{name}")
    more = {"factor": 0.5} if name == "circles" else {}
    x, y = make(samples, noise=noise, random_state=seed, **more)
    found = load(name, seed=seed, samples=samples, noise=noise)
    expected = split(x, y.astype(np.int64), 0.25, seed)
    for ours, theirs in zip(
        (found.x_train, found.y_train, found.x_test, found.y_test), expected, strict=True
    ):
        np.testing.assert_array_equal(ours, theirs)
        assert ours.dtype == theirs.dtype
