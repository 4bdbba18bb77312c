import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from glassnet.base.errors import DataError
from glassnet.data import Dataset, split


def dataset(**changed):
    parts = {
        "name": "dots",
        "x_train": np.zeros((3, 2)),
        "y_train": np.zeros(3),
        "x_test": np.zeros((1, 2)),
        "y_test": np.zeros(1),
    }
    return Dataset(**(parts | changed))


def test_a_dataset_knows_its_shape_and_has_plain_defaults():
    dots = dataset()
    assert dots.input_shape == (2,)
    assert not dots.is_image
    assert (dots.classes, dots.scale, dots.feature_names, dots.target) == ((), 1.0, (), "label")


def test_three_axes_are_images():
    images = dataset(x_train=np.zeros((3, 8, 8)), x_test=np.zeros((1, 8, 8)))
    assert images.input_shape == (8, 8)
    assert images.is_image


def test_the_test_part_may_be_empty():
    assert len(dataset(x_test=np.zeros((0, 2)), y_test=np.zeros(0)).x_test) == 0


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"y_train": np.zeros(2)}, "dots: 3 training samples but 2 targets; each sample needs one"),
        ({"y_test": np.zeros(4)}, "dots: 1 test samples but 4 targets; each sample needs one"),
        (
            {"x_test": np.zeros((1, 5))},
            "dots: training samples have shape (2,), test samples (5,); make them the same",
        ),
    ],
)
def test_parts_must_fit_together(changed, message):
    with pytest.raises(DataError) as error:
        dataset(**changed)
    assert str(error.value) == message


@given(
    st.lists(st.integers(-3, 3), min_size=1, max_size=60),
    st.floats(0, 1, exclude_max=True),
    st.integers(0, 2**64),
)
def test_split_moves_rows_stratified_and_loses_none(labels, fraction, seed):
    y = np.array(labels)
    x = np.arange(len(y))
    x_train, y_train, x_test, y_test = split(x, y, fraction, seed)
    assert sorted([*x_train, *x_test]) == x.tolist()
    assert (y[x_train] == y_train).all()
    assert (y[x_test] == y_test).all()
    for label in set(labels):
        size = labels.count(label)
        assert (y_test == label).sum() == min(np.rint(fraction * size), size - 1)


def test_split_repeats_with_the_seed_and_shuffles():
    x, y = np.arange(100), np.arange(100) % 4
    one, again, other = (split(x, y, 0.25, seed)[0] for seed in (1, 1, 2))
    assert (one == again).all()
    assert (one != other).any()
    assert (np.diff(one) < 0).any()


def test_split_of_real_targets_takes_a_share_of_the_rows():
    x_train, y_train, x_test, y_test = split(np.ones((10, 3)), np.linspace(0, 1, 10), 0.25, 0)
    assert (x_train.shape, x_test.shape) == ((8, 3), (2, 3))
    assert (y_train.dtype, len(y_test)) == (np.float64, 2)


def test_split_keeps_one_row_of_each_class_for_training():
    _, y_train, _, _ = split(np.arange(6), [0, 0, 0, 0, 1, 2], 0.99, 0)
    assert set(y_train) == {0, 1, 2}


def test_fraction_zero_gives_an_empty_test_part():
    _, _, x_test, y_test = split(np.ones((4, 2)), [0, 1, 0, 1], 0, 0)
    assert (x_test.shape, y_test.shape) == ((0, 2), (0,))


@pytest.mark.parametrize("fraction", [-0.1, 1, 1.5, float("nan"), "half", None])
def test_split_refuses_a_fraction_out_of_range(fraction):
    with pytest.raises(DataError, match=r"test fraction: expected a number from 0 up .* got"):
        split(np.ones(4), np.ones(4), fraction, 0)


@pytest.mark.parametrize("seed", [-1, 0.5, None, "a"])
def test_split_refuses_a_bad_seed(seed):
    with pytest.raises(DataError, match="seed: expected a whole number from 0 up, got"):
        split(np.ones(4), np.ones(4), 0.5, seed)


@pytest.mark.parametrize(("x", "y"), [(np.ones(3), np.ones(4)), (1.0, 1.0)])
def test_split_refuses_x_and_y_that_do_not_match(x, y):
    with pytest.raises(DataError, match="both need one row per sample"):
        split(x, y, 0.5, 0)


def test_split_refuses_no_rows():
    with pytest.raises(DataError, match="there are no rows to split"):
        split([], [], 0.5, 0)
