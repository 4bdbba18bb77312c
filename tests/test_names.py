"""Names of other libraries, misspelt names and unknown settings: each error says what was meant."""

import inspect
import pydoc
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import glassnet as gn
from glassnet import data
from glassnet.base.configurable import canonical
from glassnet.base.errors import GlassnetError, InputError, InputTypeError
from glassnet.cli.app import program, run
from glassnet.cli.help_page import page
from glassnet.cli.sweep_options import axes
from glassnet.mlp import mlp
from glassnet.nn.initializers import INITIALIZERS, initializer
from glassnet.nn.layers import ACTIVATIONS, activation, layers_from
from glassnet.nn.losses import LOSSES, loss_function
from glassnet.nn.optimizers import OPTIMIZERS, optimizer
from glassnet.nn.schedules import SCHEDULES, Step, schedule
from glassnet.sklearn import MLPClassifier, MLPRegressor
from glassnet.workflows.facts import facts
from glassnet.workflows.recipes.loader import RecipeError, parse

X = np.random.default_rng(0).normal(size=(20, 4))
Y = np.arange(20) % 3

# As Keras, PyTorch and scikit-learn spell what is the same here.
SAME: list[tuple[Callable[[Any], Any], str, str]] = [
    *((loss_function, name, "cross_entropy") for name in (
        "categorical_crossentropy", "sparse_categorical_crossentropy", "CrossEntropyLoss",
        "categorical_cross_entropy", "cross-entropy", "CrossEntropy")),
    *((loss_function, name, "binary_cross_entropy") for name in (
        "bce", "BCELoss", "BCEWithLogitsLoss", "binary_crossentropy")),
    *((loss_function, name, "mean_squared") for name in (
        "mse", "MSELoss", "mean_squared_error", "squared_error", "MSE")),
    *((loss_function, name, "mean_absolute") for name in (
        "mae", "L1Loss", "mean_absolute_error", "absolute_error")),
    (loss_function, "pinball", "quantile"),
    (optimizer, "NAG", "nesterov"),
    (optimizer, "L-BFGS", "lbfgs"),
    (optimizer, "sgd_momentum", "momentum"),
    (optimizer, "gradient_descent", "sgd"),
    (activation, "swish", "silu"),
    (activation, "logistic", "sigmoid"),
    (activation, "lrelu", "leaky_relu"),
    (initializer, "xavier_uniform", "glorot_uniform"),
    (initializer, "kaiming_normal", "he_normal"),
    (schedule, "ReduceLROnPlateau", "on_plateau"),
    (schedule, "CosineAnnealingLR", "cosine"),
    (schedule, "StepLR", "step"),
    (optimizer, "adam:lr=0.1", "adam:learning_rate=0.1"),
    (optimizer, "momentum:momentum=0.9", "momentum:beta=0.9"),
    (optimizer, "Adam:eps=1e-7,lr=0.1", "adam:epsilon=1e-7,learning_rate=0.1"),
    (optimizer, "rmsprop:alpha=0.9", "rmsprop:rho=0.9"),
    (activation, "LeakyReLU:negative_slope=0.1", "leaky_relu:slope=0.1"),
    (initializer, "normal:stddev=0.1", "normal:std=0.1"),
    (schedule, "StepLR:step_size=5,gamma=0.5", "step:every=5,gamma=0.5"),
    (schedule, "ReduceLROnPlateau:factor=0.5", "on_plateau:gamma=0.5"),
    (schedule, "OneCycleLR:pct_start=0.2,div_factor=10", "one_cycle:rise=0.2,start=10"),
]  # fmt: skip
TABLES = {
    loss_function: LOSSES, optimizer: OPTIMIZERS, activation: ACTIVATIONS,
    initializer: INITIALIZERS, schedule: SCHEDULES,
}  # fmt: skip

# What resembles ours, or may mean one of several.
RELATED = [
    (loss_function, "log_loss", "cross_entropy"),
    (loss_function, "NLLLoss", "cross_entropy"),
    (loss_function, "rmse", "mean_squared"),
    (loss_function, "SmoothL1Loss", "huber"),
    (optimizer, "L-BFGS-B", "lbfgs"),
    (optimizer, "adam:step_size=0.1", "learning_rate"),
    (initializer, "xavier", "glorot_uniform"),
    (initializer, "random_normal", "normal"),
    (schedule, "MultiStepLR", "step"),
]


@pytest.mark.parametrize(("find", "theirs", "ours"), SAME)
def test_a_name_of_another_library_is_understood(find: Any, theirs: str, ours: str) -> None:
    assert find(theirs).config() == find(ours).config()
    assert canonical(theirs, TABLES[find]) == ours


@pytest.mark.parametrize(("find", "theirs", "ours"), RELATED)
def test_a_name_of_something_else_leads_to_ours(find: Any, theirs: str, ours: str) -> None:
    with pytest.raises(GlassnetError, match=f"did you mean '{ours}'"):
        find(theirs)
    assert canonical(theirs, TABLES[find]).partition(":")[0] in (theirs, "adam")


def test_a_setting_by_two_names_is_refused() -> None:
    with pytest.raises(GlassnetError, match="Adam: learning_rate is given twice"):
        optimizer("adam:lr=0.1,learning_rate=0.2")


def test_files_and_summaries_have_our_names(tmp_path: Path) -> None:
    net = gn.Sequential([gn.Dense(4, "swish", init="xavier_uniform"), gn.Dense(1)], seed=0)
    net.fit(X, X[:, 0], loss="mse", optimizer="Adam:lr=0.01", schedule="StepLR", epochs=1)
    net.save(tmp_path / "net.safetensors")
    text = (tmp_path / "net.safetensors").read_bytes().decode("latin-1")
    for ours in ("SiLU", "glorot_uniform", "MeanSquared", "learning_rate", "Step"):
        assert ours in text
    for theirs in ("swish", "xavier", "mse", '"lr"', "StepLR"):
        assert theirs not in text + str(net.summary()) + str(facts(net))


def test_the_layer_that_changes_nothing_is_left_out() -> None:
    assert gn.Dense(3, "linear").activation is None
    assert repr(gn.Dense(3, "identity")) == "Dense(3)"


CLASSES = np.arange(20) % 3


@pytest.mark.parametrize("loss", ["bce", "binary_crossentropy", "BCEWithLogitsLoss"])
def test_a_loss_of_two_classes_is_not_meant_for_more(loss: str) -> None:
    for y in (CLASSES, np.eye(3)[CLASSES]):
        with pytest.raises(InputError, match="for two classes, and there are 3: did you mean 'cro"):
            network().fit(X, y, loss=loss)
    network().fit(X, CLASSES, loss="binary_cross_entropy", epochs=1)  # in full
    network().fit(X, (X[:, :3] > 0) * 1.0, loss=loss, epochs=1)  # independent labels
    gn.Sequential([gn.Dense(1)], seed=0).fit(X, CLASSES == 1, loss=loss, epochs=1)


def test_a_loss_does_not_take_the_probabilities_of_another() -> None:
    softmax = gn.Sequential([gn.Dense(3), gn.Softmax()], seed=0)
    with pytest.raises(InputError, match=r"Softmax and the loss Bin.* mean 'cross_entropy'"):
        softmax.fit(X, np.eye(3)[CLASSES], loss="binary_cross_entropy")
    sigmoid = gn.Sequential([gn.Dense(3), gn.Sigmoid()], seed=0)
    with pytest.raises(InputError, match="did you mean 'binary_cross_entropy'"):
        sigmoid.fit(X, CLASSES, loss="cross_entropy")


@pytest.mark.parametrize("theirs", ["linear", "identity"])
def test_what_there_is_no_word_for_gets_no_wrong_one(theirs: str) -> None:
    with pytest.raises(GlassnetError, match=f"unknown activation '{theirs}'. Choices"):
        activation(theirs)


def network() -> gn.Sequential:
    return gn.Sequential([gn.Dense(3)], seed=0)


FIT = {
    "lr": "lr is part of optimizer here: optimizer='adam:learning_rate=0.01'",
    "patience": r"patience is part of callbacks here: callbacks=\[EarlyStopping",
    "n_epochs": "n_epochs is called epochs here",
    "batch": "batch is called batch_size here",
    "validation_split": "validation_split is called validation here",
    "validation_data": "validation_data is called validation here",
    "max_grad_norm": "max_grad_norm is called clip_norm here",
    "lr_scheduler": "lr_scheduler is called schedule here",
    "criterion": "criterion is called loss here",
    "clipvalue": "unknown setting 'clipvalue': did you mean 'clip_norm'",
    "steps_per_epoch": "unknown setting 'steps_per_epoch'",
}


@pytest.mark.parametrize("word", FIT)
def test_fit_says_which_of_its_settings_was_meant(word: str) -> None:
    stack = gn.Stack.of(network(), 2)
    with pytest.raises(InputTypeError, match=FIT[word]):
        network().fit(X, Y, **{word: 1})
    expected = "lr is called learning_rate here" if word == "lr" else FIT[word]
    with pytest.raises(InputTypeError, match=expected):
        stack.fit(X, Y, **{word: 1})


CALLED: list[tuple[Any, dict[str, Any], str]] = [
    (gn.Adam, {"lr": 0.1}, "learning_rate"),
    (gn.Adam, {"beta_1": 0.1}, "beta1"),
    (gn.Momentum, {"momentum": 0.1}, "beta"),
    (gn.RMSProp, {"alpha": 0.1}, "rho"),
    (gn.Dense, {"units": 4, "use_bias": False}, "bias"),
    (gn.Dense, {"out_features": 4}, "units"),
    (gn.Dense, {"units": 4, "kernel_initializer": "zeros"}, "init"),
    (gn.Conv2D, {"out_channels": 4}, "filters"),
    (gn.Conv2D, {"filters": 4, "kernel_size": 3}, "kernel"),
    (gn.Conv2D, {"filters": 4, "strides": 3}, "stride"),
    (gn.MaxPool2D, {"pool_size": 2}, "size"),
    (gn.Embedding, {"num_embeddings": 2}, "count"),
    (gn.GroupNorm, {"num_groups": 2}, "groups"),
    (gn.LeakyReLU, {"negative_slope": 0.2}, "slope"),
    (gn.BatchNorm, {"eps": 1e-3}, "epsilon"),
    (gn.Dropout, {"p": 0.5}, "rate"),
    (gn.EarlyStopping, {"tol": 1.0}, "min_delta"),
    (gn.ModelCheckpoint, {"filepath": "a"}, "path"),
    (Step, {"step_size": 3}, "every"),
    (gn.Sequential, {"input_dim": 3}, "input_shape"),
    (gn.Sequential, {"random_state": 3}, "seed"),
    (gn.load, {"filepath": "a"}, "path"),
    (data.load, {"name": "iris", "random_state": 3}, "seed"),
    (data.load, {"name": "iris", "test_size": 0.3}, "test"),
    (network().fit, {"X": X, "y": Y}, "x"),
    (network().evaluate, {"inputs": X, "targets": Y}, "x"),
    (network().evaluate, {"x": X, "y": Y, "sample_weights": Y}, "sample_weight"),
    (network().predict, {"X": X}, "x"),
    (MLPClassifier, {"n_epochs": 3}, "max_iter"),
]


@pytest.mark.parametrize(("make", "settings", "ours"), CALLED)
def test_a_setting_of_another_library_is_called_by_our_name(
    make: Any, settings: dict[str, Any], ours: str
) -> None:
    with pytest.raises(InputTypeError, match=rf"^(\w+) is called {ours} here$"):
        make(**settings)


def test_a_misspelt_setting_leads_to_the_right_one() -> None:
    with pytest.raises(InputTypeError, match="unknown setting 'patiance': did you mean 'patience'"):
        gn.EarlyStopping(**{"patiance": 1})
    with pytest.raises(InputTypeError, match=r"unknown setting 'alpha'\. Choices: none"):
        gn.ReLU(**{"alpha": 1})


# What people call with keywords; a history is a dict, and errors are made here.
PUBLIC: dict[str, Callable[..., Any]] = {
    name: getattr(gn, name)
    for name in gn.__all__
    if callable(getattr(gn, name)) and "Error" not in name and name != "History"
}
PUBLIC |= {each.__name__: each for each in (mlp, MLPClassifier, MLPRegressor)}
NET, STACK = network(), gn.Stack.of(network(), 2)
BOUND = [
    *(getattr(NET, name) for name in ("evaluate", "predict", "predict_proba", "add", "save")),
    *(getattr(STACK, name) for name in ("evaluate", "predict", "predict_proba", "spread", "save")),
    NET.copy, gn.Sequential.load, gn.Stack.load, gn.Stack.of,
]  # fmt: skip
PUBLIC |= {each.__qualname__: each for each in BOUND}


@pytest.mark.parametrize("name", PUBLIC)
def test_every_public_callable_refuses_what_it_does_not_have_in_one_line(name: str) -> None:
    with pytest.raises(InputTypeError) as raised:
        PUBLIC[name](zzz=1)
    first, *rest = str(raised.value).splitlines()
    assert first.startswith("unknown setting 'zzz'. Choices: ") and not rest
    choices = first.partition("Choices: ")[2]
    wanted = [each for each in inspect.signature(PUBLIC[name]).parameters if each != "self"]
    assert choices == (", ".join(wanted) or "none")


def test_signatures_are_as_they_were_written() -> None:
    assert str(inspect.signature(gn.Sequential.evaluate)).startswith("(self, x: Any, y: Any, ")
    assert [*inspect.signature(gn.load).parameters] == ["path", "layers", "losses"]
    assert "sample_weight" in pydoc.render_doc(gn.Sequential.evaluate)


@pytest.mark.parametrize(
    ("option", "ours", "value"),
    [
        ("--learning-rate", "--lr", "1"),
        ("--n-epochs", "--epochs", "1"),
        ("--batch", "--batch-size", "1"),
        ("--hidden-layer-sizes", "--hidden", "1"),
        ("--random-state", "--seed", "1"),
        ("--validation-split", "--validation", "0.5"),
        ("--test-size", "--test", "0.5"),
        ("--delimiter", "--separator", ";"),
        ("--solver", "--optimizer", "sgd"),
        ("--output", "--out", "x"),
    ],
)
def test_the_command_line_takes_the_second_names_of_options(
    option: str, ours: str, value: str
) -> None:
    command: Any = program().commands["train"]
    by_ours = command.make_context("train", ["iris", ours, value]).params
    assert command.make_context("train", ["iris", option, value]).params == by_ours
    assert command.make_context("train", ["iris", f"{option}={value}"]).params == by_ours
    assert by_ours != command.make_context("train", ["iris"]).params
    assert f"{option} " not in "\n".join(page(command, "glassnet train"))


def test_a_switch_has_second_names_both_ways() -> None:
    command: Any = program().commands["train"]
    for words, colour in (["--gray"], False), (["--color"], True), (["--colour"], True):
        assert command.make_context("train", ["iris", *words]).params["colour"] is colour
    assert command.make_context("train", ["iris", "--no-use-bias"]).params["bias"] is False


def test_a_sweep_keeps_our_names() -> None:
    tried = axes(**settings_of_sweep(activation="swish,relu", optimizer="Adam:lr=0.1,SGD"))
    assert tried.swept == {
        "activation": ["silu", "relu"], "optimizer": ["adam:learning_rate=0.1", "sgd"],
    }  # fmt: skip
    with pytest.raises(InputError, match="--activation has silu twice: remove one"):
        axes(**settings_of_sweep(activation="swish,SiLU"))


def settings_of_sweep(**given: str) -> dict[str, Any]:
    """The arguments of a sweep's options, all others at their defaults."""
    every = inspect.signature(axes).parameters.values()
    return {each.name: each.default for each in every} | given


@pytest.mark.parametrize(
    ("option", "ours"),
    [
        ("--epocs", "--epochs"),
        ("--momentum", "--optimizer momentum:beta=0.9"),
        ("--l2", "--weight-decay"),
        ("--gradient-clip", "--clip-norm"),
    ],
)
def test_the_command_line_says_which_option_was_meant(
    option: str, ours: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["train", "iris", option, "1"]) == 2
    assert f"no option {option}: did you mean {ours}?" in capsys.readouterr().err


def test_names_of_the_field_train_on_the_command_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    words = "train moons --samples 100 --loss bce --activation swish --init kaiming_normal"
    more = "--optimizer Adam:lr=0.01 --schedule CosineAnnealingLR --n-epochs 1 --output m --quiet"
    assert run([*words.split(), *more.split()]) == 0
    net = gn.load("m.safetensors")
    assert (type(net.loss).__name__, type(net.layers[1]).__name__) == ("BinaryCrossEntropy", "SiLU")
    settings = net.trained["settings"]
    assert (settings["optimizer"]["learning_rate"], settings["epochs"]) == (0.01, 1)
    assert run(["train", "iris", "--loss", "bce"]) == 2
    assert "is for two classes, and there are 3: did you mean" in capsys.readouterr().err
    assert run(["train", "iris", "--optimizer", "adam:lr=0.1", "--lr", "1"]) == 2
    assert "--optimizer already sets learning_rate: leave out --lr" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("line", "meant"),
    [
        ("n_epochs = 3", "n_epochs is called epochs here"),
        ("lr = 0.1", "lr is part of optimizer here: optimizer='adam:learning_rate=0.01'"),
        ("epocks = 0.1", "unknown key 'epocks': did you mean 'epochs'"),
        ('loss = "rmse"', "did you mean 'mean_squared'"),
    ],
)
def test_a_recipe_says_which_key_was_meant(line: str, meant: str) -> None:
    figure = '[figure]\npublished=""\nat_least=0'
    text = f'title="t"\nsource="s"\n[data]\nname="iris"\n{figure}\n[training]\n{line}\n'
    with pytest.raises(RecipeError, match=f"line 9.*{meant}"):
        parse(text, "own.toml")


def test_a_recipe_keeps_our_names() -> None:
    figure = '[figure]\npublished=""\nat_least=0'
    lines = '[training]\nloss = "mse"\noptimizer = "Adam:lr=0.1"\n[network]\nactivation="swish"'
    text = f'title="t"\nsource="s"\n[data]\nname="iris"\n{figure}\n{lines}\nhidden=[3]\n'
    recipe = parse(text, "own.toml")
    assert recipe.training.loss == "mean_squared"
    assert recipe.training.optimizer == "adam:learning_rate=0.1"
    assert recipe.network.activation == "silu"


@pytest.mark.filterwarnings("ignore:.*did not converge")
def test_estimators_understand_the_names_too() -> None:
    theirs = {"solver": "NAG", "activation": "swish", "learning_rate": "StepLR"}
    ours = {"solver": "nesterov", "activation": "silu", "learning_rate": "step"}
    more = {"max_iter": 2, "random_state": 0}
    for kind, loss in ((MLPClassifier, "categorical_crossentropy"), (MLPRegressor, "mse")):
        one = kind(**theirs, **more, loss=loss).fit(X, Y)
        two = kind(**ours, **more).fit(X, Y)
        assert (one.predict(X) == two.predict(X)).all()
    with pytest.raises(ValueError, match="beside learning_rate_init"):
        MLPClassifier(solver="rmsprop:lr=0.1").fit(X, Y)


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


@pytest.mark.parametrize(
    ("given", "meant"),
    [("relux", "relu"), ("prelu", "leaky_relu"), ("maxpol", "maxpool2d"), ("lstm", None)],
)
def test_the_nearest_layer_is_named_alone_and_else_all_of_them(
    given: str, meant: str | None
) -> None:
    with pytest.raises(InputError) as error:
        layers_from(given)
    said = str(error.value)
    if meant:
        assert said.endswith(f"unknown layer {given!r}: did you mean {meant!r}?")
    else:
        assert f"unknown layer {given!r}. Choices: relu, " in said
