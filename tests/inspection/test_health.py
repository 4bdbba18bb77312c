"""Each thing that goes wrong is provoked in a small training and named; a healthy one is not."""

import re
from typing import Any

import numpy as np
import pytest

import glassnet as gn
from glassnet.cli.app import run
from glassnet.data import load

RNG = np.random.default_rng(0)
X = RNG.normal(size=(300, 8))
LABELS = X[:, :3].argmax(axis=1)
NOISE = RNG.integers(0, 3, 300)
MANY = [gn.Dense(16, "sigmoid", init="normal:std=0.2") for _ in range(8)]

PICTURES = np.concatenate([X, -X], axis=1).reshape(300, 4, 4, 1)
CNN = [gn.Flatten(), gn.Dense(3)]

WRONG: dict[str, tuple[list[gn.Layer], Any, Any, dict[str, Any]]] = {
    "inputs": ([gn.Dense(8, "relu"), gn.Dense(3)], 1000 * X, LABELS, {}),
    "dead": ([gn.Dense(64, "relu", bias_init="constant:value=-9"), gn.Dense(3)], X, LABELS, {}),
    "saturated": ([gn.Dense(16, "tanh", init="normal:std=30"), gn.Dense(3)], X, LABELS,
                  {"optimizer": "sgd"}),
    "vanishing": ([*MANY, gn.Dense(3)], X, LABELS, {"optimizer": "sgd"}),
    "exploding": ([gn.Dense(8, "relu"), gn.Dense(1)], X, 1e6 * X[:, 0],
                  {"optimizer": "sgd:learning_rate=1e-9"}),
    "large steps": ([gn.Dense(8, "tanh"), gn.Dense(3)], X, LABELS,
                    {"optimizer": "adam:learning_rate=0.5"}),
    "small steps": ([gn.Dense(8, "tanh"), gn.Dense(3)], X, LABELS,
                    {"optimizer": "sgd:learning_rate=1e-8"}),
    "no progress": ([gn.Dense(8, "tanh"), gn.Dense(3)], X, NOISE,
                    {"optimizer": "sgd:learning_rate=1e-4"}),
    "a class": ([gn.Dense(8, "tanh"), gn.Dense(3)], X,
                np.where(np.arange(300) % 20 == 0, 2, LABELS % 2),
                {"optimizer": "adam:learning_rate=0.01"}),
    "statistics": ([gn.Conv2D(4), gn.BatchNorm(momentum=0.999), gn.ReLU(), *CNN], 5 * PICTURES,
                   LABELS, {}),
    "drift": ([gn.Dense(64, "relu"), gn.Dense(3)], X, NOISE,
              {"optimizer": "adam:learning_rate=0.03", "epochs": 40, "validation": 0.3}),
}  # fmt: skip
SAYS = {
    "inputs": r"inputs of layer 0 \(Dense\) lie .* scale them",
    "dead": r"layer \d \(ReLU\): \d+ of \d+ units output 0 .* leaky_relu",
    "saturated": r"layer 1 \(Tanh\): \d+% of its outputs",
    "vanishing": r"layer 0 \(Dense\): its gradient is .* of that of layer 16 \(Dense\)",
    "exploding": r"layer \d \(Dense\): its gradient is .*clip_norm",
    "large steps": r"layer \d \(Dense\): one step changes its weights by \d+%.* lower",
    "small steps": r"layer \d \(Dense\): one step changes its weights by .* raise",
    "statistics": r"layer 1 \(BatchNorm\): with its running statistics .* by \d+% .*momentum=0.9",
    "no progress": r"the loss was .* after the first epoch",
    "a class": r"class 2 is never predicted, though 5% .*class_weight",
    "drift": r"the validation loss has risen by \d+% since epoch \d+",
}


@pytest.mark.parametrize("kind", WRONG)
def test_what_goes_wrong_is_named_once(kind: str) -> None:
    layers, x, y, how = WRONG[kind]
    said: list[str] = []
    health = gn.Health(say=said.append)
    kinds = [type(layer).from_config(layer.config()) for layer in layers]
    net = gn.Sequential(kinds, seed=0)
    try:
        net.fit(x, y, callbacks=[health], **{"epochs": 8, **how})
    except gn.DivergedError:
        assert kind in ("exploding", "dead")
    found = [each.sentence for each in health.findings if each.kind == kind]
    assert len(found) == 1, health.findings
    assert found[0] in said and len(said) == len(set(said)) == len(health.findings)
    assert re.search(SAYS[kind], found[0]), found[0]


@pytest.mark.parametrize(
    ("layers", "x", "sentence"),
    [
        ([gn.Conv2D(4), *CNN], 255 * PICTURES, r"the inputs of layer 0 \(Conv2D\) lie "),
        ([gn.Conv2D(16, bias_init="constant:value=-9"), gn.ReLU(), *CNN], PICTURES,
         r"layer 1 \(ReLU\): 16 of 16 channels output 0 at every place of every sample"),
        ([gn.Conv2D(8, init="normal:std=30"), gn.Tanh(), *CNN], PICTURES,
         r"layer 1 \(Tanh\): \d+% of its outputs"),
    ],
)  # fmt: skip
def test_convolutions_have_inputs_and_channels(layers: Any, x: Any, sentence: str) -> None:
    health = gn.Health(say=lambda sentence: None)
    net = gn.Sequential([type(layer).from_config(layer.config()) for layer in layers], seed=0)
    net.fit(x, LABELS, epochs=2, callbacks=[health])
    assert re.match(sentence, health.findings[0].sentence), health.findings


@pytest.mark.parametrize("norm", [gn.BatchNorm, gn.LayerNorm, gn.RMSNorm])
def test_a_healthy_network_of_pictures_says_nothing(norm: Any) -> None:
    data = load("digits")
    net = gn.Sequential(
        [
            *(gn.Scale(1 / 16), gn.Reshape((8, 8, 1)), gn.Conv2D(8), norm(), gn.ReLU()),
            *(gn.MaxPool2D(2), gn.Flatten(), gn.Dense(10)),
        ],
        seed=0,
    )
    net.fit(data.x_train, data.y_train, epochs=6, callbacks=[gn.Health(say=pytest.fail)])


def test_what_scales_inputs_itself_or_takes_names_needs_no_scaling() -> None:
    for layers, x in (
        ([gn.BatchNorm(), gn.Dense(8, "relu"), gn.Dense(3)], 1000 * X),
        ([gn.Embedding(500, 8), gn.Flatten(), gn.Dense(3)], RNG.integers(400, 500, (300, 4))),
    ):
        health = gn.Health(say=lambda sentence: None)
        gn.Sequential(layers, seed=0).fit(x, LABELS, epochs=6, callbacks=[health])
        assert all(each.kind not in ("inputs", "statistics") for each in health.findings)


@pytest.mark.parametrize("activation", ["relu", "tanh", "sigmoid", "gelu"])
@pytest.mark.parametrize("name", ["digits", "moons"])
def test_a_healthy_training_says_nothing(name: str, activation: str) -> None:
    data = load(name)
    for seed in range(2):
        health = gn.Health(say=pytest.fail)
        net = gn.Sequential(
            [gn.Scale(data.scale), gn.Flatten(), gn.Dense(64, activation), gn.Dense(data.outputs)],
            seed=seed,
        )
        net.fit(data.x_train, data.y_train, epochs=12, validation=0.1, callbacks=[health])
        assert health.findings == []


@pytest.mark.parametrize("rule", ["lbfgs", "sgd:learning_rate=0.1", "rmsprop"])
def test_it_goes_with_every_rule_and_changes_nothing(rule: str) -> None:
    nets = [gn.Sequential([gn.Dense(8, "tanh"), gn.Dense(3)], seed=0) for _ in range(2)]
    watched = nets[0].fit(X, LABELS, epochs=5, optimizer=rule, callbacks=[gn.Health()])
    plain = nets[1].fit(X, LABELS, epochs=5, optimizer=rule)
    assert watched["loss"] == plain["loss"]
    np.testing.assert_array_equal(nets[0].parameters.vector, nets[1].parameters.vector)


def test_values_labels_and_single_outputs() -> None:
    for y, outputs, loss in (
        (X[:, :2], 2, "mean_squared"),
        ((X[:, :3] > 0).astype(float), 3, "binary_cross_entropy"),
        (X[:, 0] > 0, 1, "binary_cross_entropy"),
    ):
        health = gn.Health(say=pytest.fail)
        net = gn.Sequential([gn.Dense(16, "tanh"), gn.Dense(outputs)], seed=0)
        net.fit(X, y, epochs=10, loss=loss, callbacks=[health])


@pytest.mark.parametrize("kind", ["inputs", "dead", "large steps", "no progress", "a class"])
def test_in_a_stack_each_network_is_told_what_it_would_be_told_alone(kind: str) -> None:
    layers, x, y, how = WRONG[kind]
    settings = {"epochs": 8, **how}

    def network(seed: int) -> gn.Sequential:
        return gn.Sequential([type(e).from_config(e.config()) for e in layers], seed=seed)

    together = [gn.Health(say=lambda sentence: None) for _ in range(3)]
    stack = gn.Stack(network(seed) for seed in range(3))
    stack.fit(x, y, callbacks=lambda k: [together[k]], **settings)
    for seed, watched in enumerate(together):
        alone = gn.Health(say=lambda sentence: None)
        network(seed).fit(x, y, callbacks=[alone], **settings)
        first = [next((f for f in h.findings if f.kind == kind), None) for h in (watched, alone)]
        assert first[0] and first[1]
        assert first[0].sentence[:30] == first[1].sentence[:30]


def test_the_command_line_has_it_on(tmp_path: Any, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["train", "digits", "--lr", "3", "--epochs", "3", "--out", str(tmp_path / "net")]
    assert run(words) == 0
    assert "health: layer" in capsys.readouterr().err
    assert run([*words, "--quiet"]) == 0
    assert "health" not in capsys.readouterr().err
    assert run([*words, "--no-health"]) == 0
    assert "health" not in capsys.readouterr().err
    assert run(["train", "digits", "--epochs", "3", "--out", str(tmp_path / "net")]) == 0
    assert "health" not in capsys.readouterr().err


def test_a_recipe_has_it_on_for_its_first_network(capsys: pytest.CaptureFixture[str]) -> None:
    run(["run", "iris-shallow", "--quick"])
    # Which of the two depends on the epoch in which it looks, and so on the clock.
    assert re.search(
        r"health: class v(ersicolor|irginica) is never predicted", capsys.readouterr().err
    )
    run(["run", "iris-shallow", "--quick", "--no-health"])
    assert "health" not in capsys.readouterr().err
