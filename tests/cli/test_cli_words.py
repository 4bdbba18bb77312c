"""What a wrong option gets to read: what was given, what it takes, in the command line's words."""

import contextlib
import io
from pathlib import Path

import pytest

import glassnet as gn
from glassnet.cli.app import run

MOONS = "moons --samples 200 --epochs 1"
WRONG = {
    f"train {MOONS} --epochs 1.5": "--epochs is 1.5, expected a whole number.",
    f"train {MOONS} --dropout 50%": "--dropout is '50%', expected a number: 50% is 0.5.",
    f"train {MOONS} --dropout nan": "--dropout is nan, expected a share of 0 or more and less than",
    f"train {MOONS} --lr 1e400": "--lr is inf, expected a finite number above 0",
    f"train {MOONS} --clip-norm inf": "--clip-norm is inf, expected a finite number above 0",
    f"train {MOONS} --seed -1": "--seed is -1, expected 0 or more.",
    f"train {MOONS} --validation 0.001": "--validation 0.001 of 150 training samples is less than",
    f"train {MOONS} --optimizer lbfgs --clip-norm 1": "leave out --clip-norm",
    f"train {MOONS} --optimizer lbfgs --lr 1": "leave out --lr",
    f"train {MOONS} --hidden 99999999,99999999": "not enough memory",
    f"repeat {MOONS} --memory much": "--memory: 'much' is not a size",
    "train r.csv --loss cross_entropy": "--loss cross_entropy is for classes, and t has numbers",
    "train r.csv --as t=raw": "say what it is with --task classification",
    "explain --row 3": "--row 3 needs a trained network",
    "explain digits": "expected a recipe (digits-cnn, ",
    "explain m.safetensors --row 3 --sample 2": "leave out one of them",
    "explain m.safetensors moons --row 3": "m.safetensors holds a network that was never trained",
    "predict m moons": "no file m: did you mean m.safetensors?",
    "predict m.safetensors moons": "never trained, so its outputs have no meaning",
    "predict s.safetensors moons": "holds a stack, not one network: expected a file that `train`",
    "export m.safetensors --to numpy": "never trained",
    "plot weights digits": "digits is a dataset, expected a model (.safetensors) first",
    "plot diagram m.safetensors --out x.bmp": "kind 'bmp': expected .png, .svg or .pdf",
    "data moons --out x.raw": "kind 'raw': expected .png, .svg or .pdf",
}


@pytest.mark.parametrize("words", WRONG)
def test_it_says_what_to_do(words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    net = gn.Sequential([gn.Dense(2)], input_shape=2, seed=0)
    net.classes = ("upper", "lower")
    net.save("m.safetensors")
    gn.Stack.of(net, 2).save("s.safetensors")
    rows = [f"{n},{n * 1.5}" for n in range(60)]
    Path("r.csv").write_text("\n".join(["a,t", *rows]), encoding="utf-8")
    with contextlib.redirect_stderr(io.StringIO()) as said:
        assert run(words.split()) == 2
    assert WRONG[words] in said.getvalue()
    assert len(said.getvalue().splitlines()) == 1
    for python in ("call fit", "gn.", "Input should", "learning_rate", "clip_norm", "Path("):
        assert python not in said.getvalue()
