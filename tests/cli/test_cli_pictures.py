"""Pictures on the command line: from a folder to a network, and from files to predictions."""

import io
import json
import os
import shutil
import zipfile
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image

import glassnet as gn
from glassnet.data import load, read_pictures
from tests.cli.bad_inputs import is_one_line
from tests.cli.process import peak, run, succeed

TRAIN = ("--epochs", "8", "--hidden", "8", "--quiet")


def stripes(across: bool, seed: int, height: int = 24, width: int = 20) -> Image.Image:
    """A picture with coloured stripes, across or down, and noise."""
    rng = np.random.default_rng([seed, across])
    wave = np.sin(np.arange(height if across else width) * 0.8 + rng.uniform(0, 1))
    image = (wave[:, None] if across else wave[None, :]) * np.ones((height, width))
    colour = rng.uniform(0.3, 1, 3)
    pixels = 128 + 90 * image[..., None] * colour + rng.normal(0, 10, (height, width, 3))
    return Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8))


def write(folder: Path, count: int = 40, seed: int = 0) -> None:
    for name, across in (("across", True), ("down", False)):
        (folder / name).mkdir(parents=True)
        for k in range(count):
            image = stripes(across, seed + k, 24 + k % 3, 20)
            image.save(folder / name / f"{k}.{('png', 'jpg', 'webp')[k % 3]}")


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with pictures, the same as a zip, and a network of each size and hue."""
    root = tmp_path_factory.mktemp("pictures")
    write(root / "photos")
    write(root / "new", 5, seed=1000)
    with zipfile.ZipFile(root / "photos.zip", "w") as archive:
        for path in sorted((root / "photos").rglob("*.*")):
            archive.write(path, path.relative_to(root))
    (root / "photos/down/notes.txt").write_text("x")
    succeed(root, "train", "photos", *TRAIN, "--out", "net")
    succeed(root, "train", "photos", *TRAIN, "--size", "9x7", "--grey", "--out", "small")
    return root


def rows(text: str) -> pd.DataFrame:
    return pd.read_csv(io.StringIO(text))


# ---- training


def test_training_says_what_it_made_of_the_pictures(place: Path) -> None:
    done = succeed(place, "train", "photos", "--epochs", "8", "--hidden", "8", "--out", "said")
    assert done.stdout.splitlines()[:4] == [
        "photos: 64 training samples, 16 test samples",
        "  80 pictures of 2 classes, resized to 25 × 20, the median size, in colour",
        "  left out 1 file that is not a picture: down/notes.txt",
        "epoch      time      loss  accuracy  val loss   val acc",
    ]
    accuracy = float(done.stdout.split("test accuracy ")[1].split()[0])
    assert accuracy > 0.8


@pytest.mark.parametrize(
    ("options", "shape"),
    [
        ((), (25, 20, 3)),
        (("--size", "12"), (12, 12, 3)),
        (("--size", "9X7", "--grey"), (9, 7)),
        (("--colour",), (25, 20, 3)),
    ],
)
def test_size_and_hue_are_those_asked_for(
    options: tuple[str, ...], shape: tuple[int, ...], place: Path
) -> None:
    succeed(place, "train", "photos", "--epochs", "1", "--quiet", "--out", "asked", *options)
    net = gn.load(place / "asked.safetensors")
    assert net.input_shape == shape
    assert net.classes == ("across", "down")
    assert net.schema.picture.shape == shape  # type: ignore[union-attr]


def test_the_zip_gives_the_same_network(place: Path) -> None:
    succeed(place, "train", "photos.zip", *TRAIN, "--out", "zipped")
    one, other = (gn.load(place / f"{name}.safetensors") for name in ("net", "zipped"))
    assert one.parameters.vector.tobytes() == other.parameters.vector.tobytes()


@pytest.mark.parametrize("hue", ["--colour", "--grey"])
def test_data_says_the_same_and_draws_samples_as_they_are(hue: str, place: Path) -> None:
    words = ("data", "photos", "--size", "8", hue, "--out", "samples.png", "--json")
    said = json.loads(succeed(place, *words).stdout)
    shape = [8, 8, 3] if hue == "--colour" else [8, 8]
    assert said["sample"] == {"shape": shape, "type": "uint8"}
    assert said["decisions"][0].startswith("80 pictures of 2 classes, resized to 8 × 8 (the median")
    with Image.open(place / "samples.png") as image:
        pixels = np.asarray(image.convert("RGB")).astype(int)
    assert (np.ptp(pixels, axis=2) > 30).any() == (hue == "--colour")


# ---- predictions


def test_a_single_picture_is_drawn_without_a_label(place: Path) -> None:
    words = ("plot", "gradient-input", "net.safetensors")
    succeed(place, *words, "new/down/1.jpg", "--out", "one.png")
    with Image.open(place / "one.png") as image:
        assert image.width > 500
    done = run(place, *words, "new/down/1.jpg", "--row", "2")
    assert (done.returncode, done.stderr) == (2, "glassnet: --row 2: expected a data row, 1 to 1\n")
    done = run(place, *words, "new/down/none.jpg")
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert "there is no file new/down/none.jpg" in done.stderr


def test_a_prediction_for_each_file(place: Path) -> None:
    table = rows(succeed(place, "predict", "net.safetensors", "new", "--proba").stdout)
    assert list(table.columns) == ["file", "class", "p_across", "p_down"]
    names = sorted(p.relative_to(place / "new").as_posix() for p in (place / "new").rglob("*.*"))
    assert table["file"].tolist() == names
    net = gn.load(place / "net.safetensors")
    x = read_pictures([place / "new" / name for name in names], net.input_shape)
    p = net.predict_proba(x)
    np.testing.assert_allclose(table[["p_across", "p_down"]], p, rtol=1e-6)
    assert table["class"].tolist() == [net.classes[k] for k in net.predict(x)]


def test_folders_zips_and_single_files_give_the_same(place: Path) -> None:
    files = [f"photos/across/{name}" for name in ("0.png", "1.jpg", "2.webp")]
    single = rows(succeed(place, "predict", "net.safetensors", *files, "--proba").stdout)
    assert single["file"].tolist() == files
    for source, said in (
        ("photos", "wrote 80 rows to p.csv\n"),
        ("photos.zip", "replaced p.csv with 80 rows\n"),
    ):
        done = succeed(place, "predict", "net.safetensors", source, "--proba", "--out", "p.csv")
        assert done.stdout == said
        every = pd.read_csv(place / "p.csv")
        every["file"] = [f"photos/{name.removeprefix('photos/')}" for name in every["file"]]
        found = every.set_index("file").loc[files].reset_index()
        pd.testing.assert_frame_equal(found, single)
    both = rows(succeed(place, "predict", "net.safetensors", files[0], "new").stdout)
    assert len(both) == 11


@pytest.mark.parametrize("model", ["net", "small"])
def test_prediction_sees_the_very_bits_of_training(model: str, place: Path) -> None:
    options = {} if model == "net" else {"size": (9, 7), "colour": False}
    data = load(place / "photos", **options)
    net = gn.load(place / f"{model}.safetensors")
    paths = sorted((place / "photos").rglob("*.[pjw]*"))
    x = read_pictures(paths, net.input_shape)
    seen = np.concatenate([data.x_train, data.x_test])
    assert sorted(i.tobytes() for i in x) == sorted(i.tobytes() for i in seen)


def test_pictures_without_classes_and_pieces(place: Path, tmp_path: Path) -> None:
    flat = tmp_path / "flat"
    flat.mkdir()
    for k in range(3):
        stripes(True, k).save(flat / f"Zoë {k}.png")
    raw = os.fsencode(flat) + b"/caf\xe9.png"
    shutil.copy(flat / "Zoë 0.png", raw)
    table = rows(succeed(place, "predict", "net.safetensors", str(flat)).stdout)
    assert table["file"].tolist() == ["Zoë 0.png", "Zoë 1.png", "Zoë 2.png", "caf\\xe9.png"]
    assert table["class"].iloc[0] == table["class"].iloc[3]


def test_one_broken_picture_of_many_is_noted(place: Path, tmp_path: Path) -> None:
    write(tmp_path / "many", 60)
    (tmp_path / "many/down/bad.png").write_bytes(b"")
    done = succeed(place, "predict", "net.safetensors", str(tmp_path / "many"))
    assert len(rows(done.stdout)) == 120
    assert done.stderr.startswith("note: 1 of 121 pictures cannot be read: down/bad.png (not a pic")
    done = succeed(place, "evaluate", "net.safetensors", str(tmp_path / "many"))
    assert "rows 120" in done.stdout
    assert "note: left out: 1 of 121 pictures cannot be read: down/bad.png" in done.stderr


# ---- evaluation


def evaluated(place: Path, *words: str) -> dict[str, float]:
    found: dict[str, float] = json.loads(succeed(place, "evaluate", *words, "--json").stdout)
    return found


def test_what_it_was_trained_on_is_evaluated_on_its_test_part(place: Path) -> None:
    data = load(place / "photos")
    net = gn.load(place / "net.safetensors")
    found = evaluated(place, "net.safetensors", "photos")
    assert found["rows"] == 16
    assert found["accuracy"] == pytest.approx(net.evaluate(data.x_test, data.y_test)["accuracy"])
    assert evaluated(place, "net.safetensors", "photos/")["rows"] == 16


def test_another_folder_is_evaluated_as_a_whole(place: Path, tmp_path: Path) -> None:
    found = evaluated(place, "net.safetensors", "new")
    assert (found["rows"], found["accuracy"] > 0.8) == (10, True)
    for part in ("train", "test"):
        write(tmp_path / "parted" / part, 3)
    assert evaluated(place, "net.safetensors", str(tmp_path / "parted"))["rows"] == 6


def test_some_of_the_classes_are_enough_to_evaluate(place: Path, tmp_path: Path) -> None:
    (tmp_path / "some/down").mkdir(parents=True)
    stripes(across=False, seed=1000).save(tmp_path / "some/down/0.png")
    found = evaluated(place, "net.safetensors", str(tmp_path / "some"))
    assert found["rows"] == 1
    assert found["accuracy"] in (0, 1)


def test_plots_and_explanations_take_pictures(place: Path) -> None:
    succeed(place, "plot", "confusion", "net.safetensors", "new", "--out", "c.png")
    succeed(place, "plot", "samples", "new", "--out", "s.png")
    succeed(place, "explain", "small.safetensors", "new", "--row", "1")
    succeed(place, "explain", "net.safetensors")
    succeed(place, "train", "new", "--epochs", "1", "--quiet", "--out", "page", "--plot", "page")


# ---- refusals


REFUSED = {
    "a picture to train on": ("train new/down/0.png", "one picture: expected a folder"),
    "a folder without classes": ("train new/down", "no folders: expected one for each class"),
    "a size that is none": ("train new --size big", "--size is 'big', expected pixels"),
    "a size of 0": ("train new --size 0x5", "--size is '0x5', expected pixels"),
    "three sides": ("train new --size 1x2x3", "--size is '1x2x3'"),
    "a size of a table": ("train iris --size 8", "iris has no option 'size'"),
    "no such file": ("predict net.safetensors new/none.png", "there is no file new/none.png"),
    "no such zip": ("predict net.safetensors none.zip", "there is no file none.zip"),
    "no such folder": ("predict net.safetensors none/", "there is no file none"),
    "a table for pictures": ("predict net.safetensors t.csv", "t.csv is a table, and net"),
    "a picture and a table": ("predict net.safetensors new t.csv", "t.csv is a table, and"),
    "two tables": ("predict table.safetensors t.csv t.csv", "t.csv is not a picture"),
    "a URL": ("predict net.safetensors ftp://example.org/a", "is a URL: expected the path"),
    "a picture for a table": ("predict table.safetensors new", "not trained on files of pictures"),
    "kaggle": ("predict net.safetensors new --kaggle", "kaggle numbers rows, and pictures"),
    "an id": ("predict net.safetensors new --id name", "no columns but file: leave 'name' out"),
    "no pictures": ("predict net.safetensors empty", "empty: has no pictures (.png"),
    "broken": ("predict net.safetensors broken", "1 of 2 pictures cannot be read: bad.png (not a"),
    "broken alone": ("predict net.safetensors broken/bad.png", "1 picture cannot be read: broken"),
    "labels of one": ("evaluate net.safetensors new/down/0.png", "a picture has no label"),
    "labels of several": ("explain net.safetensors new/down", "no folders: expected one for each"),
    "a new class": ("evaluate net.safetensors birds", "has the class 'birds': expected some of"),
    "the input as output": ("predict net.safetensors new t.zip --out t.zip", "which is the input"),
    "a zip that is none": ("train t.zip", "t.zip: is not a .zip file, or a damaged one"),
    "a zip that leads outside": ("train out.zip", "member '../a.png': has a name that leads out"),
}  # fmt: skip


@pytest.fixture(scope="module")
def odd(place: Path) -> Path:
    """The same folder with what cannot be used."""
    table = "a,b,c\n" + "\n".join(f"{k},{k % 5},{'xy'[k % 2]}" for k in range(40))
    (place / "t.csv").write_text(table)
    (place / "t.zip").write_text("PK, but nothing more")
    succeed(place, "train", "t.csv", "--epochs", "1", "--quiet", "--out", "table")
    (place / "empty").mkdir()
    (place / "broken").mkdir()
    stripes(True, 0).save(place / "broken/good.png")
    (place / "broken/bad.png").write_bytes(b"bad")
    for name in ("birds", "down"):
        shutil.copytree(place / "new/down", place / "birds" / name)
    with zipfile.ZipFile(place / "out.zip", "w") as archive:
        archive.write(place / "broken/good.png", "../a.png")
    return place


@pytest.mark.parametrize(("words", "expected"), REFUSED.values(), ids=REFUSED)
def test_it_is_refused_in_one_line(words: str, expected: str, odd: Path) -> None:
    before = {path: path.stat().st_mtime_ns for path in odd.rglob("*")}
    is_one_line(run(odd, *words.split()), expected)
    assert {path: path.stat().st_mtime_ns for path in odd.rglob("*")} == before


def test_a_bomb_takes_little_memory(place: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "bomb.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for name in ("a/1.bmp", "b/1.bmp"):
            with archive.open(name, "w") as member:
                for _ in range(120):
                    member.write(bytes(2**20))
    done, memory = peak(tmp_path, "train", "bomb.zip")
    is_one_line(done, "bomb.zip: unpacks to 251,658,240 bytes")
    assert memory < 300e6
    Image.new("L", (9500, 9900)).save(tmp_path / "large.png")
    done, memory = peak(tmp_path, "predict", str(place / "net.safetensors"), "large.png")
    is_one_line(done, "large.png (more than 89,478,485 pixels")
    assert memory < 300e6
