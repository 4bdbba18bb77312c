import gzip

import numpy as np
import pytest

from glassnet.base.errors import DataError
from glassnet.data import load
from glassnet.data.sources.idx_folder import load_folder

CODES = {"u1": 0x08, "i1": 0x09, "i2": 0x0B, "i4": 0x0C, "f4": 0x0D, "f8": 0x0E}
X = np.arange(10 * 3 * 4, dtype="u1").reshape(10, 3, 4)
Y = np.array([5, 2, 7, 5, 2, 7, 5, 2, 7, 5], "u1")  # sorted: 2, 5, 7
X_TEST, Y_TEST = X[:3] + 100, np.array([7, 2, 5], "u1")


def idx_bytes(array):
    dims = b"".join(size.to_bytes(4, "big") for size in array.shape)
    magic = bytes([0, 0, CODES[array.dtype.str[1:]], array.ndim])
    return magic + dims + array.astype(array.dtype.newbyteorder(">")).tobytes()


@pytest.fixture
def folder(tmp_path):
    """Writes arrays, or bytes, to files of these names in the folder `shapes`."""

    def write(files):
        path = tmp_path / "shapes"
        path.mkdir(exist_ok=True)
        for name, given in files.items():
            data = given if isinstance(given, bytes) else idx_bytes(np.asarray(given))
            (path / name).write_bytes(gzip.compress(data) if name.endswith(".gz") else data)
        return path

    return write


def pair(x=X, y=Y):
    return {"train-images-idx3-ubyte": x, "train-labels-idx1-ubyte": y}


def all_four(x=X_TEST, y=Y_TEST):
    return {**pair(), "t10k-images-idx3-ubyte": x, "t10k-labels-idx1-ubyte": y}


def message(path, **options):
    with pytest.raises(DataError) as error:
        load_folder(path, **options)
    assert "\n" not in str(error.value)
    return str(error.value)


# ---- what is read


@pytest.mark.parametrize("ending", ["", ".gz"])
@pytest.mark.parametrize("dot", ["-", "."])
@pytest.mark.parametrize("test", ["t10k", "test"])
@pytest.mark.parametrize("front", ["", "emnist-letters-"])
def test_the_names_of_mnist_in_their_spellings(folder, ending, dot, test, front):
    path = folder(
        {
            f"{front}train-images-idx3{dot}ubyte{ending}": X,
            f"{front}train-labels-idx1{dot}ubyte{ending}": Y,
            f"{front}{test}-images-idx3{dot}ubyte{ending}": X_TEST,
            f"{front}{test}-labels-idx1{dot}ubyte{ending}": Y_TEST,
        }
    )
    data = load_folder(path)
    np.testing.assert_array_equal(data.x_train, X)
    np.testing.assert_array_equal(data.x_test, X_TEST)
    assert (data.x_train.dtype, data.y_train.dtype, data.y_test.dtype) == ("u1", "i8", "i8")
    assert data.y_train.tolist() == [1, 0, 2, 1, 0, 2, 1, 0, 2, 1]
    assert data.y_test.tolist() == [2, 0, 1]
    assert data.classes == ("2", "5", "7")
    assert (data.name, data.scale, data.is_image) == ("shapes", 1 / data.x_train.max(), True)


@pytest.mark.parametrize(
    ("images", "labels"),
    [
        ("train-images-idx3-ubyte", "train-labels-idx1-ubyte"),
        ("images", "labels"),
        ("images.gz", "labels.idx"),
        ("my_images.idx3", "my.labels.idx1.gz"),
        ("Train-Images.IDX3-ubyte", "LABELS-idx1-int"),
        ("latest-images-idx3-ubyte", "latest-labels-idx1-ubyte"),
    ],
)
def test_one_pair_is_split_by_class_and_seed(folder, images, labels):
    x = np.arange(40, dtype="u1").reshape(40, 1, 1)
    y = np.repeat([1, 3], [30, 10]).astype("i4")
    path = folder({images: x, labels: y})
    data = load_folder(path, test=0.5, seed=1)
    assert np.bincount(data.y_train).tolist() == np.bincount(data.y_test).tolist() == [15, 5]
    seen = np.concatenate([data.x_train, data.x_test]).ravel()
    assert sorted(seen.tolist()) == list(range(40))
    answers = np.concatenate([data.y_train, data.y_test])
    np.testing.assert_array_equal(answers, seen >= 30)
    again, other = load_folder(path, test=0.5, seed=1), load_folder(path, test=0.5, seed=2)
    assert (data.x_train == again.x_train).all()
    assert (data.x_train != other.x_train).any()
    assert len(load_folder(path).x_test) == 8


def test_the_test_part_may_be_left_out(folder):
    data = load_folder(folder(pair()), test=0)
    assert (len(data.x_train), data.x_test.shape, data.y_test.shape) == (10, (0, 3, 4), (0,))


def test_other_files_and_folders_are_passed_by(folder):
    path = folder(
        {
            **all_four(),
            "README.txt": b"about images",
            "images.png": b"\x89PNG",
            ".train-images-idx3-ubyte": b"of an editor",
            "train-images-idx3-ubyte.gz.1a2b.part": b"half",
        }
    )
    (path / "images").mkdir()
    assert len(load_folder(path).x_test) == 3


def test_images_may_have_channels(folder):
    data = load_folder(folder(pair(X.reshape(10, 2, 2, 3))), test=0.2)
    assert data.input_shape == (2, 2, 3)


def test_a_folder_is_loaded_by_its_path_and_named_after_it(folder, monkeypatch):
    path = folder(all_four())
    assert load(path).name == load(f"{path}/").name == "shapes"
    monkeypatch.chdir(path)
    assert load(".").name == "shapes"


@pytest.mark.parametrize(
    ("values", "scale"),
    [
        (np.array([0, 3], "u1"), 1 / 3),
        (np.array([0, 1000], "i2"), 1 / 1000),
        (np.array([-128, 100], "i1"), 1 / 128),
        (np.array([0, 70000], "i4"), 1 / 70000),
        (np.array([0, 0.5], "f4"), 1),
        (np.array([0, 1], "f8"), 1),
        (np.array([0, 4], "f8"), 1 / 4),
        (np.array([-0.5, 0.25], "f8"), 2),
        (np.array([-8, 2], "f4"), 1 / 8),
        (np.array([0, 0], "i2"), 1),
    ],
)
def test_the_scale_follows_from_the_pixels_which_stay_as_they_are(folder, values, scale):
    x = np.resize(values, (10, 2, 2))
    data = load_folder(folder(all_four(x[:3], Y_TEST) | pair(x)))
    assert data.x_train.dtype == values.dtype
    assert data.scale == pytest.approx(scale)
    np.testing.assert_array_equal(data.x_train, x)


@pytest.mark.parametrize("dtype", ["i1", "i2", "f4", "f8"])
def test_labels_of_any_type_are_whole_numbers_in_rising_order(folder, dtype):
    y = np.array([10, -1, 9, 10, -1, 9, 10, -1, 9, 0], dtype)
    data = load_folder(folder(pair(y=y)), test=0)
    assert data.classes == ("-1", "0", "9", "10")
    by_pixel = data.y_train[np.argsort(data.x_train[:, 0, 0])]
    assert by_pixel.tolist() == [3, 0, 2, 3, 0, 2, 3, 0, 2, 1]


# ---- what is refused


@pytest.mark.parametrize(
    ("files", "shown"),
    [
        ({}, "nothing"),
        (dict.fromkeys(["a.png", "train.csv"], b""), "a.png, train.csv"),
        (dict.fromkeys("abcdefg", b""), "a, b, c, d, e, …"),
    ],
)
def test_a_folder_without_idx_files_shows_what_it_has(folder, files, shown):
    path = folder(files)
    assert message(path) == (
        f"{path}: has no IDX files (found: {shown}): expected train-images-idx3-ubyte and "
        "train-labels-idx1-ubyte, or .gz; name them so"
    )


def test_a_path_that_is_no_folder(tmp_path):
    assert message(tmp_path / "no") == f"there is no folder {tmp_path / 'no'}; check the path"
    (tmp_path / "file").touch()
    assert message(tmp_path / "file") == (
        f"{tmp_path / 'file'}: is a file: expected a folder of IDX files"
    )


@pytest.mark.parametrize(
    ("present", "missing", "example"),
    [
        (["train-images-idx3-ubyte"], "train labels", "train-labels-idx1-ubyte"),
        (["train-labels-idx1-ubyte"], "train images", "train-images-idx3-ubyte"),
        (
            ["t10k-images-idx3-ubyte", "train-images-idx3-ubyte", "train-labels-idx1-ubyte"],
            "test labels",
            "test-labels-idx1-ubyte",
        ),
        (
            ["t10k-labels-idx1-ubyte", "train-images-idx3-ubyte", "train-labels-idx1-ubyte"],
            "test images",
            "test-images-idx3-ubyte",
        ),
        (
            ["t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"],
            "train images",
            "train-images-idx3-ubyte",
        ),
    ],
)
def test_images_and_labels_need_each_other(folder, present, missing, example):
    everything = all_four()
    path = folder({name: everything[name] for name in present})
    assert message(path) == (
        f"{path / present[0]}: has no {missing} beside it: expected a file such as {example} in "
        f"{path}; put it there"
    )


@pytest.mark.parametrize(
    ("one", "other", "part"),
    [
        ("train-images-idx3-ubyte", "train-images-idx3-ubyte.gz", "train images"),
        ("my-labels.idx", "train-labels-idx1-ubyte", "train labels"),
        ("t10k-images-idx3-ubyte", "test-images-idx3-ubyte", "test images"),
        ("t10k-labels-idx1-ubyte", "t10k-labels.idx1-ubyte", "test labels"),
    ],
)
def test_two_files_for_one_part_are_refused(folder, one, other, part):
    files = all_four()
    path = folder({**files, one: Y, other: Y})
    assert message(path) == (
        f"{path}: {one} and {other} could both be the {part}: expected one; move the other "
        "elsewhere"
    )


@pytest.mark.parametrize(
    ("files", "named", "said"),
    [
        (
            pair(y=Y[:9]),
            "train-labels-idx1-ubyte",
            "has 9 labels, but train-images-idx3-ubyte has 10 images: expected one label for "
            "each; get both files again",
        ),
        (
            all_four(y=Y),
            "t10k-labels-idx1-ubyte",
            "has 10 labels, but t10k-images-idx3-ubyte has 3 images: expected one label for "
            "each; get both files again",
        ),
        (
            pair(y=np.where(Y == 7, 2.5, Y)),
            "train-labels-idx1-ubyte",
            "label 3 is 2.5: expected whole numbers; number the classes",
        ),
        (
            pair(y=np.where(Y == 7, np.nan, Y)),
            "train-labels-idx1-ubyte",
            "label 3 is nan: expected whole numbers; number the classes",
        ),
        (
            all_four(y=np.array([2, 5, np.inf], "f4")),
            "t10k-labels-idx1-ubyte",
            "label 3 is inf: expected whole numbers; number the classes",
        ),
        (
            pair(y=np.eye(10, dtype="u1")),
            "train-labels-idx1-ubyte",
            "has the shape (10, 10): expected one label for each sample, (samples,); write them so",
        ),
        (
            pair(x=X.reshape(10, 12)),
            "train-images-idx3-ubyte",
            "has the shape (10, 12): expected images (samples, height, width), or with channels "
            "as a fourth, and at least one; write them so",
        ),
        (
            pair(x=X[:0], y=Y[:0]),
            "train-images-idx3-ubyte",
            "has the shape (0, 3, 4): expected images (samples, height, width), or with channels "
            "as a fourth, and at least one; write them so",
        ),
        (
            pair(x=np.where(X == 30, np.nan, X)),
            "train-images-idx3-ubyte",
            "image 3 has a pixel that is NaN or infinite: expected finite numbers; "
            "correct it or leave it out",
        ),
        (
            all_four(x=X_TEST.reshape(3, 4, 3)),
            "t10k-images-idx3-ubyte",
            "has images (4, 3) of uint8: expected (3, 4) of uint8 as in "
            "train-images-idx3-ubyte; make them the same",
        ),
        (
            all_four(x=X_TEST / 255),
            "t10k-images-idx3-ubyte",
            "has images (3, 4) of float64: expected (3, 4) of uint8 as in "
            "train-images-idx3-ubyte; make them the same",
        ),
        (
            all_four(y=np.array([7, 6, 9], "u1")),
            "t10k-labels-idx1-ubyte",
            "label 2 is 6, which training does not have: expected one of 2, 5, 7; add "
            "it to training, or leave it out",
        ),
        (
            all_four(y=np.array([7, 2, 9], "u1")),
            "t10k-labels-idx1-ubyte",
            "label 3 is 9, which training does not have: expected one of 2, 5, 7; add "
            "it to training, or leave it out",
        ),
        (
            pair(y=np.full(10, 3, "u1")),
            "train-labels-idx1-ubyte",
            "has only the label 3: expected two or more classes; add samples of another",
        ),
        (pair(y=b""), "train-labels-idx1-ubyte", "is empty; expected an IDX file"),
        (pair(x=b""), "train-images-idx3-ubyte", "is empty; expected an IDX file"),
        (
            pair(x=idx_bytes(X)[:-1]),
            "train-images-idx3-ubyte",
            "truncated: the header promises 120 bytes of numbers, the file has 119; get it again",
        ),
    ],
)
def test_files_that_do_not_fit_are_named(folder, files, named, said):
    path = folder(files)
    assert message(path) == f"{path / named}: {said}"


def test_only_the_first_ten_of_many_classes_are_shown(folder):
    trained = pair(np.resize(X, (12, 3, 4)), np.arange(12, dtype="u1"))
    files = all_four(y=np.array([0, 1, 99], "u1")) | trained
    assert "expected one of 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, …; add" in message(folder(files))


@pytest.mark.parametrize("files", [pair(), all_four()], ids=["pair", "four"])
@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"test": 1}, "test fraction: expected a number from 0 up to but not including 1, got 1"),
        ({"seed": -1}, "seed: expected a whole number from 0 up, got -1"),
    ],
)
def test_bad_options_are_refused_with_and_without_a_test_part(folder, files, options, said):
    assert message(folder(files), **options) == said
