"""Every recipe of the package reaches its figure; at full size with `pytest --full`."""

import pytest

from glassnet.workflows.recipes.loader import load_recipe, names
from glassnet.workflows.run import Outcome, load_data, run_recipe

REQUIRED = {
    "mnist-sigmoid-momentum": 0.970,
    "mnist-relu-sgd": 0.945,
    "mnist-online-sgd": 0.90,
    "mnist-minibatch-adam": 0.975,
    "moons-repeated": 0.94,
    "mnist-ten-neurons": 0.84,
}


def recipe_cases():
    for name in names():
        marks = [pytest.mark.slow]
        if load_recipe(name).data.name == "mnist":
            marks.append(pytest.mark.mnist)
        yield pytest.param(name, marks=marks)


@pytest.mark.parametrize("name", list(recipe_cases()))
def test_the_recipe_reaches_its_figure(name: str, request: pytest.FixtureRequest) -> None:
    recipe = load_recipe(name)
    outcome = run_recipe(recipe if request.config.getoption("--full") else recipe.quickly())
    assert outcome.reached, f"{outcome} misses {outcome.recipe.figure}"


@pytest.mark.parametrize("name", REQUIRED)
def test_the_bound_is_the_one_that_was_promised(name: str) -> None:
    assert load_recipe(name).figure.at_least >= REQUIRED[name]


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
    return run_recipe(kind.model_validate({**recipe, **changes}), seed=7)


def test_a_missed_figure_is_seen() -> None:
    outcome = small(figure={"published": "", "at_least": 1.01})
    assert not outcome.reached
    spread = small(figure={"published": "", "at_least": 0.0, "std_at_most": 0.0})
    assert spread.std > 0
    assert not spread.reached


def test_a_repeat_is_its_seeds_one_after_another() -> None:
    told: list[str] = []
    recipe = load_recipe("iris")
    assert recipe.repeat is not None
    recipe = recipe.model_copy(update={"repeat": recipe.repeat.model_copy(update={"times": 2})})
    both = run_recipe(recipe, seed=3, say=told.append)
    alone = run_recipe(recipe.model_copy(update={"repeat": None}), seed=4)
    assert both.judged[1] == alone.judged[0]
    assert [line.partition(":")[0] for line in told] == ["seed 3", "seed 4"]


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
