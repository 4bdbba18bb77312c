"""Names of other libraries, misspelt names and unknown settings: each error says what was meant."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import glassnet as gn
from glassnet.base.errors import GlassnetError, InputTypeError
from glassnet.cli.app import run
from glassnet.nn.initializers import initializer
from glassnet.nn.layers import activation
from glassnet.nn.losses import loss_function
from glassnet.nn.optimizers import optimizer
from glassnet.nn.schedules import schedule
from glassnet.sklearn import MLPClassifier, MLPRegressor
from glassnet.workflows.recipes.loader import RecipeError, parse

X = np.random.default_rng(0).normal(size=(20, 4))
Y = np.arange(20) % 3

# As Keras, PyTorch and scikit-learn spell them.
ELSEWHERE: list[tuple[Callable[[Any], Any], str, str]] = [
    *((loss_function, name, "cross_entropy") for name in (
        "categorical_crossentropy", "sparse_categorical_crossentropy", "CrossEntropyLoss",
        "log_loss", "NLLLoss", "nll_loss", "categorical_cross_entropy")),
    *((loss_function, name, "binary_cross_entropy") for name in (
        "bce", "BCELoss", "BCEWithLogitsLoss", "binary_crossentropy")),
    *((loss_function, name, "mean_squared") for name in (
        "mse", "MSELoss", "mean_squared_error", "squared_error", "MSE")),
    *((loss_function, name, "mean_absolute") for name in (
        "mae", "L1Loss", "mean_absolute_error", "absolute_error")),
    (loss_function, "SmoothL1Loss", "huber"),
    (loss_function, "pinball", "quantile"),
    (optimizer, "NAG", "nesterov"),
    (optimizer, "L-BFGS-B", "lbfgs"),
    (optimizer, "sgd_momentum", "momentum"),
    (optimizer, "gradient_descent", "sgd"),
    (activation, "swish", "silu"),
    (activation, "logistic", "sigmoid"),
    (activation, "lrelu", "leaky_relu"),
    (initializer, "xavier_uniform", "glorot_uniform"),
    (initializer, "kaiming_normal", "he_normal"),
    (initializer, "random_normal", "normal"),
    (schedule, "ReduceLROnPlateau", "on_plateau"),
    (schedule, "CosineAnnealingLR", "cosine"),
    (schedule, "StepLR", "step"),
    (optimizer, "adam:lr=0.1", "learning_rate"),
    (optimizer, "momentum:momentum=0.9", "beta"),
    (optimizer, "adam:eps=1e-7", "epsilon"),
    (activation, "leaky_relu:negative_slope=0.1", "slope"),
    (initializer, "normal:stddev=0.1", "std"),
    (schedule, "step:step_size=5", "every"),
]  # fmt: skip


@pytest.mark.parametrize(("find", "theirs", "ours"), ELSEWHERE)
def test_a_name_of_another_library_leads_to_ours(find: Any, theirs: str, ours: str) -> None:
    with pytest.raises(GlassnetError, match=f"did you mean '{ours}'"):
        find(theirs)


@pytest.mark.parametrize("theirs", ["linear", "identity"])
def test_what_there_is_no_word_for_gets_no_wrong_one(theirs: str) -> None:
    with pytest.raises(GlassnetError, match=f"unknown activation '{theirs}'. Choices"):
        activation(theirs)


def network() -> gn.Sequential:
    return gn.Sequential([gn.Dense(3)], seed=0)


FIT = {
    "lr": "optimizer='adam:learning_rate=0.01'",
    "n_epochs": "'epochs'",
    "batch": "'batch_size'",
    "validation_split": "'validation'",
    "max_grad_norm": "'clip_norm'",
    "lr_scheduler": "'schedule'",
    "criterion": "'loss'",
}


@pytest.mark.parametrize("word", FIT)
def test_fit_says_which_of_its_settings_was_meant(word: str) -> None:
    stack = gn.Stack.of(network(), 2)
    with pytest.raises(InputTypeError, match=f"'{word}': did you mean {FIT[word]}"):
        network().fit(X, Y, **{word: 1})
    with pytest.raises(InputTypeError, match=f"'{word}': did you mean {FIT[word]}"):
        stack.fit(X, Y, **{word: 1})


def test_constructors_say_which_setting_was_meant() -> None:
    wrong: list[tuple[Any, dict[str, Any], str]] = [
        (gn.Adam, {"lr": 0.1}, "learning_rate"),
        (gn.Dense, {"units": 4, "use_bias": False}, "bias"),
        (gn.Dropout, {"p": 0.5}, "rate"),
        (gn.EarlyStopping, {"tol": 1.0}, "min_delta"),
        (gn.EarlyStopping, {"patiance": 1}, "patience"),
    ]
    for make, settings, ours in wrong:
        with pytest.raises(InputTypeError, match=f"did you mean '{ours}'"):
            make(**settings)


@pytest.mark.parametrize(
    ("option", "ours"),
    [
        ("--learning-rate", "--lr"),
        ("--n-epochs", "--epochs"),
        ("--batch", "--batch-size"),
        ("--hidden-layer-sizes", "--hidden"),
        ("--random-state", "--seed"),
        ("--validation-split", "--validation"),
        ("--epocs", "--epochs"),
    ],
)
def test_the_command_line_says_which_option_was_meant(
    option: str, ours: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["train", "iris", option, "1"]) == 2
    assert f"no option {option}: did you mean {ours}?" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("line", "meant"),
    [
        ("n_epochs = 3", "'epochs'"),
        ("lr = 0.1", "optimizer='adam:learning_rate=0.01'"),
        ('loss = "mse"', "'mean_squared'"),
        ('optimizer = "adam:lr=0.1"', "'learning_rate'"),
    ],
)
def test_a_recipe_says_which_key_was_meant(line: str, meant: str) -> None:
    figure = '[figure]\npublished=""\nat_least=0'
    text = f'title="t"\nsource="s"\n[data]\nname="iris"\n{figure}\n[training]\n{line}\n'
    with pytest.raises(RecipeError, match=f"line 9.*did you mean {meant}"):
        parse(text, "own.toml")


@pytest.mark.parametrize(
    ("estimator", "ours"),
    [
        (MLPClassifier(solver="NAG"), "nesterov"),
        (MLPClassifier(activation="swish"), "silu"),
        (MLPClassifier(loss="categorical_crossentropy"), "cross_entropy"),
        (MLPRegressor(loss="mse"), "mean_squared"),
        (MLPClassifier(learning_rate="StepLR"), "step"),
    ],
)
def test_estimators_say_which_name_was_meant(estimator: Any, ours: str) -> None:
    with pytest.raises(ValueError, match=f"did you mean '{ours}'"):
        estimator.fit(X, Y)


def test_a_wrong_activation_is_refused_where_it_is_given() -> None:
    wrongs: list[Any] = ["rleu", 3, True, ""]
    for wrong in wrongs:
        with pytest.raises(GlassnetError, match="activation"):
            gn.Dense(4, wrong)


def test_a_kind_has_its_article() -> None:
    with pytest.raises(InputTypeError, match="expected an Optimizer, a name"):
        optimizer(3)
    with pytest.raises(InputTypeError, match="expected an Initializer, a name"):
        initializer(3)
    with pytest.raises(InputTypeError, match="expected a Loss, a name"):
        loss_function(3)
