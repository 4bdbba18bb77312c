"""Every recipe of the package reaches its figure; at full size with `pytest --full`."""

from collections.abc import Iterable, Iterator
from itertools import pairwise
from pathlib import Path

import pytest

from glassnet.nn.layers import BatchNorm, Layer, layers_from
from glassnet.workflows.recipes.loader import load_recipe, names
from glassnet.workflows.run import Outcome, load_data, run_experiment

REQUIRED = {
    "mnist-sigmoid-momentum": 0.970,
    "mnist-relu-sgd": 0.945,
    "mnist-online-sgd": 0.90,
    "mnist-minibatch-adam": 0.975,
    "moons-repeated": 0.94,
    "mnist-ten-neurons": 0.84,
    "lenet5": 0.988,
    "mnist-cnn": 0.990,
    "fashion-cnn": 0.92,
    "digits-cnn": 0.985,
    "mnist-dropout-mlp": 0.981,
    "mnist-best": 0.994,
    "mnist-maxnorm": 0.985,
    "resnet-small": 0.990,
}


NEEDS = {"mnist": pytest.mark.mnist, "fashion-mnist": pytest.mark.fashion}


def recipe_cases():
    for name in names():
        marks = [pytest.mark.slow]
        if mark := NEEDS.get(load_recipe(name).data.name):
            marks.append(mark)
        yield pytest.param(name, marks=marks)


@pytest.mark.parametrize("name", list(recipe_cases()))
def test_the_recipe_reaches_its_figure(name: str, request: pytest.FixtureRequest) -> None:
    recipe = load_recipe(name)
    recipe = recipe if request.config.getoption("--full") else recipe.quickly()
    outcome, figure = run_experiment(recipe, load_data(recipe.data)), recipe.figure
    assert outcome.reaches(figure.at_least, figure.std_at_most), f"{outcome} misses {figure}"


@pytest.mark.parametrize("name", REQUIRED)
def test_the_bound_is_the_one_that_was_promised(name: str) -> None:
    assert load_recipe(name).figure.at_least >= REQUIRED[name]


def followed(layers: Iterable[Layer]) -> Iterator[tuple[Layer, Layer]]:
    """Each layer with the one after it, in branches too."""
    layers = list(layers)
    yield from pairwise(layers)
    for layer in layers:
        for branch in getattr(layer, "in_branches", list)():
            yield from followed(branch)


@pytest.mark.parametrize("name", names())
def test_no_bias_precedes_a_batch_normalization(name: str) -> None:
    """It would have no effect, and a gradient of rounding that Adam makes into full steps."""
    layers = layers_from(load_recipe(name).network.layers or "")
    idle = [one for one, after in followed(layers) if isinstance(after, BatchNorm)]
    assert not any(getattr(one, "bias", False) for one in idle)


def test_the_repeated_moons_promise_a_small_spread() -> None:
    figure = load_recipe("moons-repeated").figure
    assert figure.std_at_most is not None
    assert figure.std_at_most <= 0.03


def test_quick_is_smaller_and_leaves_the_recipe_alone() -> None:
    recipe = load_recipe("moons-repeated")
    quick = recipe.quickly()
    assert quick.repeat is not None
    assert recipe.repeat is not None
    assert quick.repeat.times < recipe.repeat.times
    assert quick.training == recipe.training
    iris = load_recipe("iris")
    assert iris.quickly() is iris


def small(**changes) -> Outcome:
    recipe = load_recipe("moons-repeated").model_dump()
    recipe["data"]["options"] = {"samples": 200, "noise": 0.1, "test": 0.25}
    recipe["repeat"] = {"times": 3}
    kind = type(load_recipe("moons"))
    made = kind.model_validate({**recipe, **changes})
    return run_experiment(made, load_data(made.data), seed=7)


def test_a_missed_figure_is_seen() -> None:
    outcome = small()
    assert outcome.reaches(0.0) and not outcome.reaches(1.01)
    assert outcome.std > 0
    assert not outcome.reaches(0.0, std_at_most=0.0)


def test_a_repeat_is_its_seeds_one_after_another() -> None:
    lines: list[str] = []
    data = load_data(load_recipe("iris").data)
    recipe = load_recipe("iris")
    assert recipe.repeat is not None
    recipe = recipe.model_copy(update={"repeat": recipe.repeat.model_copy(update={"times": 2})})
    both = run_experiment(recipe, data, seed=3, say=lines.append)
    alone = run_experiment(recipe.model_copy(update={"repeat": None}), data, seed=4)
    assert both.judged[1] == alone.judged[0]
    assert [line.partition(":")[0] for line in lines] == ["seed 3", "seed 4"]


def test_a_study_goes_over_the_widths_and_judges_the_wide_ones() -> None:
    study = {"first": 2, "last": 4, "trials": 2, "judged_from": 4}
    outcome = small(repeat=None, study=study, network={"activation": "relu"}, quick=None)
    assert {width: len(group) for width, group in outcome.accuracies.items()} == {2: 2, 3: 2, 4: 2}
    assert outcome.judged == outcome.accuracies[4]
    assert outcome.first.network.parameters["0.W"].shape == (2, 2)


def test_iris_comes_through_a_csv_file_with_an_index() -> None:
    data = load_data(load_recipe("iris").data)
    assert data.x_train.shape == (150, 4)  # the index is not a feature
    assert data.classes == ("setosa", "versicolor", "virginica")
    assert len(data.x_test) == 0


def test_the_small_size_may_have_fewer_samples() -> None:
    recipe = load_recipe("moons").model_dump()
    recipe["quick"] = {"at_least": 0.5, "samples": 40}
    small = type(load_recipe("moons")).model_validate(recipe).quickly()
    whole, few = load_data(load_recipe("moons").data), load_data(small.data)
    assert (few.x_train == whole.x_train[:40]).all() and (few.y_train == whole.y_train[:40]).all()
    assert (few.x_test == whole.x_test).all()


def test_of_all_recipes_those_without_data_are_left_out(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    from glassnet.cli import recipes
    from glassnet.cli.app import run

    broken = tmp_path / "fashion-mnist" / "train-images-idx3-ubyte"
    broken.parent.mkdir()
    broken.write_bytes(b"no images")
    monkeypatch.setenv("GLASSNET_DATA", str(tmp_path))
    monkeypatch.setattr(recipes, "names", lambda: ["fashion-cnn", "moons"])
    assert run(["run", "--all", "--quick"]) == 0
    said = " ".join(capsys.readouterr().out.split())
    assert "skipped, since the data cannot be read: fashion-cnn" in said
    assert "moons" in said.partition("published and ours")[2]
    assert run(["run", "fashion-cnn"]) == 2
