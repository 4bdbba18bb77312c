"""`glassnet compare`: the same network here and elsewhere, from the same weights and batches."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import glassnet as gn
from glassnet.base.arrays import Array
from glassnet.base.errors import GlassnetError
from glassnet.base.optional import install_line
from glassnet.cli.app import run
from glassnet.nn.optimizers import optimizer
from glassnet.workflows import run as running
from glassnet.workflows.compare import compare as comparing
from glassnet.workflows.compare import libraries
from glassnet.workflows.recipes.loader import load_recipe

HERE = libraries.installed()


class Again:
    """A second glassnet network, driven step by step by the orders that it is given."""

    name = "again"

    def __init__(self, script: Any, plan: Any) -> None:
        self.network, self.plan = script.network(), plan
        self.rule = optimizer(plan.rule.config())
        self.moments = self.rule.start(self.network.parameters.vector)
        self.steps = 0

    def epoch(self, order: Array) -> None:
        x, y = self.plan.whole
        for first in range(0, len(order), self.plan.settings["batch_size"]):
            rows = order[first : first + self.plan.settings["batch_size"]]
            z, saved = self.network.forward(x[rows].astype(self.network.dtype))
            _, dz = self.plan.loss(z, y[rows])
            self.network.backward(dz, saved)
            self.steps += 1
            self.rule.step(
                self.network.parameters.vector,
                self.network.gradient.vector,
                self.moments,
                self.steps,
                self.rule.learning_rate,
            )

    def outputs(self, x: Array) -> Array:
        return self.network(x)  # type: ignore[no-any-return]

    def weights(self, network: gn.Sequential) -> dict[str, Array]:
        return dict(self.network.parameters)


@pytest.mark.parametrize("name", ["iris", "moons", "iris-shallow"])
def test_another_network_takes_the_same_steps(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(comparing.LIBRARIES, "again", Again)  # type: ignore[arg-type]
    monkeypatch.setitem(comparing.SCRIPTS, "again", comparing.SCRIPTS["glassnet"])
    recipe = load_recipe(name).quickly()
    data = running.load_data(recipe.data)
    own, again = comparing.compare(recipe, data, ["again"], tmp_path, seed=4)
    assert again.differs(own) < 1e-6
    assert len(own.figures) == len(again.figures) == recipe.training.epochs
    for ours, theirs in zip(own.figures, again.figures, strict=True):
        assert ours == pytest.approx(theirs, abs=1e-5)
    trained = running.train(recipe, data, seed=4)
    for key, values in trained.network.parameters.items():
        np.testing.assert_array_equal(own.weights[key], values)
    assert own.figures[-1] == pytest.approx(trained.figures, rel=1e-5)


def test_our_own_script_is_the_training_that_was_compared(tmp_path: Path) -> None:
    recipe = load_recipe("iris")
    data = running.load_data(recipe.data)
    (own,) = comparing.compare(recipe, data, [], tmp_path)
    script = libraries.imported(tmp_path / "glassnet_script.py")
    model = script.network()
    script.train(model, data.x_train, data.y_train, epochs=200, batch_size="full")
    for key, values in model.parameters.items():
        np.testing.assert_array_equal(own.weights[key], values)
    text = (tmp_path / "glassnet_script.py").read_text()
    assert 20 < own.lines < len(text.splitlines())


def test_what_counts_as_a_line_of_code(tmp_path: Path) -> None:
    path = tmp_path / "script.py"
    path.write_text('"""What it is\nat length."""\n\n# a remark\nx = [\n    1,\n]  # three\n')
    assert comparing.lines_of_code(path) == 3


@pytest.mark.parametrize(
    ("part", "setting", "says"),
    [
        ("network", {"dropout": 0.5}, "dropout"),
        ("training", {"schedule": "cosine"}, "a schedule"),
        ("training", {"optimizer": "lbfgs", "batch_size": "full"}, "lbfgs"),
        ("training", {"clip_norm": 1.0}, "clip_norm"),
    ],
)
def test_what_others_do_in_their_own_way(
    part: str, setting: dict[str, Any], says: str, tmp_path: Path
) -> None:
    recipe = load_recipe("moons")
    new = getattr(recipe, part).model_copy(update=setting)
    data = running.load_data(recipe.data)
    with pytest.raises(GlassnetError, match=f"the recipe has {says}, which each library does"):
        next(comparing.compare(recipe.model_copy(update={part: new}), data, [], tmp_path))


def test_what_is_missing_or_wrong_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["compare", "iris", "--with", "tensorflow"]) == 2
    assert "unknown library 'tensorflow'" in capsys.readouterr().err
    assert run(["compare", "irsi"]) == 2
    assert "iris" in capsys.readouterr().err
    assert run(["compare", "iris", "--loss", "nothing"]) == 2
    assert "--loss" in capsys.readouterr().err
    assert run(["compare", "iris", "--epochs", "0"]) == 2
    assert "--epochs" in capsys.readouterr().err
    if not HERE:
        assert run(["compare", "iris"]) == 2
        assert f"compare needs torch: {install_line('compare')}" in capsys.readouterr().err


@pytest.mark.skipif(not HERE, reason="neither torch nor keras is installed")
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(
    "words",
    [
        ("iris",),
        ("iris", "--loss", "binary_cross_entropy"),
        ("moons",),
        ("mnist-online-sgd", "--quick"),
        ("mnist-online-sgd", "--quick", "--loss", "binary_cross_entropy"),
        ("mnist-sigmoid-momentum", "--quick"),
    ],
)
def test_the_libraries_agree(
    words: tuple[str, ...], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    if words[0].startswith("mnist"):
        try:
            gn.data.load("mnist")
        except GlassnetError:
            pytest.skip("MNIST is missing: set GLASSNET_DATA")
    assert run(["compare", *words, "--out", str(tmp_path)]) == 0
    printed = capsys.readouterr().out
    last = printed.split("largest difference in a weight")[1].split()
    assert len(last) == 1 + len(HERE)
    assert all(float(each) < 1e-3 for each in last[1:])
    for library in ("glassnet", *HERE):
        assert (tmp_path / f"{library}_script.py").exists()
        assert (tmp_path / f"{library}_script.npz").exists()
