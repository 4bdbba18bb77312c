"""`--layers` and `--model`: a network in words, and the one that suits images of a size."""

import csv
import json
from pathlib import Path

import numpy as np
import pytest

import glassnet as gn
from glassnet.nn.layers import words_for
from tests.cli.process import run, succeed

pytestmark = pytest.mark.usefixtures("undrawn")

REFUSED = {
    "train --layers dnse": "--layers: unknown layer 'dnse': did you mean 'dense'?",
    "train --layers relu --hidden 8": "--hidden has no effect beside layers: leave it out",
    "train --layers relu --dropout 0.2": "--dropout has no effect beside layers",
    "train --layers relu --model cnn": "--model has no effect beside layers",
    "train --model cnn --activation tanh": "--activation is not for the model cnn",
    "train --model cnm": "--model: unknown model 'cnm': did you mean 'cnn'? Choices: mlp, cnn",
    "train iris --model cnn": "the model cnn is for images, and iris has rows of 4 numbers",
    "train --layers relu": "the last gives samples of shape (8, 8), and the outputs need rows",
    "train iris --layers flatten,maxpool":
        "layers: 'maxpool2d': MaxPool2D takes pictures (height, width, channels), got samples of "
        "shape (4,)",
    "train --layers conv:filters=4,maxpool:size=9":
        "'maxpool2d size=9': MaxPool2D: a window of 9 × 9 does not fit into 8 × 8",
    "train --layers conv:filters=4,maxpool,maxpool,maxpool,maxpool":
        "'maxpool2d', number 4 of 4: MaxPool2D: a window of 2 × 2 does not fit into 1 × 1",
    "sweep moons --layers relu --layers relu": "--layers has relu twice",
    "sweep moons --layers relu --layers tanh --hidden 8": "--hidden has no effect beside layers",
}  # fmt: skip


@pytest.mark.parametrize("words", REFUSED)
def test_what_does_not_fit_is_one_line(words: str, tmp_path: Path) -> None:
    done = run(tmp_path, *words.split())
    assert done.returncode == 2
    assert REFUSED[words] in done.stderr
    assert done.stderr.count("\n") == 1


def trained(folder: Path, *words: str) -> gn.Sequential:
    succeed(folder, "train", *words, "--out", "net", "--epochs", "1", "--no-calibrate")
    return gn.load(folder / "net.safetensors")


def test_train_takes_layers_in_words(tmp_path: Path) -> None:
    words = "flatten, dense 12, leaky_relu:slope=0.1, dropout 0.25"
    net = trained(tmp_path, "digits", "--layers", words, "--init", "he_normal", "--no-bias")
    assert words_for(net.layers) == (
        "scale 0.0625, flatten, dense 12 bias=false init=he_normal, leaky_relu slope=0.1, "
        "dropout rate=0.25, dense 10 bias=false init=he_normal"
    )


def test_images_without_channels_get_an_axis_inside_the_network(tmp_path: Path) -> None:
    net = trained(tmp_path, "digits", "--layers", "conv 4, relu, maxpool 4, flatten")
    assert words_for(net.layers) == (
        "scale 0.0625, reshape 8x8x1, conv2d 4, relu, maxpool2d size=4, flatten, dense 10"
    )
    assert net(np.zeros((3, 8, 8))).shape == (3, 10)


def test_sequences_stay_as_they_are(tmp_path: Path) -> None:
    net = trained(tmp_path, "digits", "--layers", "conv1d 4, global_max_pool")
    assert words_for(net.layers) == "scale 0.0625, conv1d 4, global_max_pool, dense 10"


def test_targets_keep_their_unit(tmp_path: Path) -> None:
    rows = ["a,t", *(f"{n},{n * 1000 + 5}" for n in range(60))]
    (tmp_path / "r.csv").write_text("\n".join(rows), encoding="utf-8")
    net = trained(tmp_path, "r.csv", "--layers", "dense 3, tanh")
    *_, unit = net.layers
    assert isinstance(unit, gn.Scale)
    assert net.predict([[30.0]]).shape == (1,) or net.predict([[30.0]]).shape == (1, 1)


# For images of each size, as an array in a file: the filters of the network.
SIZES = {
    (8, 8): (32, 64),
    (3, 5): (32,),
    (32, 32, 3): (32, 64, 128, 128),
    (40, 2): (32, 64),
    (28, 4): (32, 64, 128),
}


@pytest.mark.parametrize("shape", SIZES)
def test_the_model_cnn_follows_the_size_and_says_what_it_is(
    shape: tuple[int, ...], tmp_path: Path
) -> None:
    rng = np.random.default_rng(0)
    y = np.arange(30) % 3
    x = rng.integers(0, 256, (30, *shape), dtype=np.uint8)
    np.savez(tmp_path / "images.npz", x=x, y=y)
    done = succeed(tmp_path, "train", "images.npz", "--model", "cnn", "--epochs", "1")
    maps = ", maxpool, ".join(f"conv {each} bias=false, batchnorm, relu" for each in SIZES[shape])
    assert f"layers: {maps}, flatten, dropout 0.5" in " ".join(done.stdout.split())
    net = gn.load(tmp_path / "images.safetensors")
    assert net.input_shape == shape
    assert net(x[:2]).shape == (2, 3)
    convolutions = [layer for layer in net.layers if isinstance(layer, gn.Conv2D)]
    assert tuple(each.filters for each in convolutions) == SIZES[shape]


def test_a_sweep_compares_layers(tmp_path: Path) -> None:
    words = ("dense 4, relu", "dense 4, tanh, dense 3, tanh")
    options = [part for each in words for part in ("--layers", each)]
    sweep = ("sweep", "moons", "--samples", "200", "--epochs", "2", "--trials", "2", *options)
    done = succeed(tmp_path, *sweep, "--json")
    assert json.loads(done.stdout)["best"]["layers"] in words
    with (tmp_path / "moons-sweep/runs.csv").open(encoding="utf-8") as file:
        assert sorted({row["layers"] for row in csv.DictReader(file)}) == sorted(words)
    assert succeed(tmp_path, *sweep, "--json").returncode == 0  # and resumes


def test_repeat_takes_layers(tmp_path: Path) -> None:
    words = ("repeat", "moons", "--samples", "200", "--epochs", "2", "--times", "3", "--json")
    done = succeed(tmp_path, *words, "--layers", "dense 8, relu, dense 4, relu")
    assert len(json.loads(done.stdout)["values"]) == 3
