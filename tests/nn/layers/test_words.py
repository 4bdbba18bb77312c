"""Layers in words: every layer can be written, is read as it was written, and a slip is named."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

import glassnet as gn
from glassnet.nn.layers import LAYERS, layers_from, words_for

# What people write, and what they mean by it.
READ = {
    "dense 64": [gn.Dense(64)],
    "dense 64 relu": [gn.Dense(64, "relu")],
    "dense units=64 bias=false": [gn.Dense(64, bias=False)],
    "dense 64, bias=false, relu": [gn.Dense(64, bias=False), gn.ReLU()],
    "linear 8 init = he_normal": [gn.Dense(8, init="he_normal")],
    "dense 8 init=uniform:low=-1,high=1, tanh": [
        gn.Dense(8, init="uniform:low=-1,high=1"), gn.Tanh(),
    ],
    "leaky_relu:slope=0.1, swish": [gn.LeakyReLU(0.1), gn.SiLU()],
    "LeakyReLU 0.1,\n dropout 0.5,": [gn.LeakyReLU(0.1), gn.Dropout(0.5)],
    "reshape 28x28x1, reshape 7x-1": [gn.Reshape((28, 28, 1)), gn.Reshape((7, -1))],
    "scale 0.5x2.0 shift=-1": [gn.Scale([0.5, 2.0], -1.0)],
    "conv 32, maxpool, avgpool 3 2, norm, globalpool": [
        gn.Conv2D(32), gn.MaxPool2D(), gn.AveragePool2D(3, 2), gn.BatchNorm(),
        gn.GlobalAveragePool(),
    ],
    "conv 32 3x5 stride=2 padding=valid, batchnorm, layernorm, conv1d 4": [
        gn.Conv2D(32, (3, 5), 2, "valid"), gn.BatchNorm(), gn.LayerNorm(), gn.Conv1D(4),
    ],
    "residual(dense 8, relu | dense 8 bias=false)": [
        gn.Residual([gn.Dense(8), gn.ReLU()], [gn.Dense(8, bias=False)]),
    ],
    "concat(dense 8 | tanh, dense 2 | )": [
        gn.Concat([[gn.Dense(8)], [gn.Tanh(), gn.Dense(2)], []]),
    ],
    "residual(residual(tanh))": [gn.Residual([gn.Residual([gn.Tanh()])])],
    "2 x (dense 3, relu), 3x(tanh)": [
        gn.Dense(3), gn.ReLU(), gn.Dense(3), gn.ReLU(), gn.Tanh(), gn.Tanh(), gn.Tanh(),
    ],
    "concat(dense 2 | 3 of (dense 4, relu) | 4 of (dense 5))": [
        gn.Concat([[gn.Dense(2)], *([gn.Dense(4), gn.ReLU()] for _ in range(3)),
                   *([gn.Dense(5)] for _ in range(4))]),
    ],
    "concat(3 of (concat(2 of (tanh))))": [
        gn.Concat([[gn.Concat([[gn.Tanh()], [gn.Tanh()]])] for _ in range(3)]),
    ],
    "": [],
}  # fmt: skip

REFUSED = {
    "dnse 64": "'dnse 64': unknown layer 'dnse': did you mean 'dense'?",
    "relu, cnv 32": "'cnv 32': unknown layer 'cnv': did you mean 'conv",
    "dense 64 unitz=3": "unknown setting of Dense 'unitz': did you mean 'units'?",
    "conv 32 kernl=5": "unknown setting of Conv2D 'kernl': did you mean 'kernel'?",
    "dense 64 activation=rlu": "unknown activation 'rlu': did you mean 'relu'?",
    "dense": "'dense': Dense needs units: write 'dense UNITS'",
    "dense abc": "units is 'abc', expected a whole number",
    "dense 64 units=32": "units is given twice",
    "relu 3": "'relu 3': relu takes nothing, got 3",
    "dropout 0.5 0.5": "dropout takes RATE, got 0.5 0.5",
    "dropout 2": "rate is 2, expected a number in [0, 1)",
    "256, relu": "a layer begins with its name: for 256 units write 'dense 256'",
    "relu(dense 3)": "ReLU is not made of layers: leave out the brackets",
    "residual": "expected layers in brackets",
    "residual 3 (tanh)": "expected layers in brackets and nothing else",
    "residual(tanh | tanh | tanh)": "has 3 branches, expected at most 2: body | projection",
    "concat()(tanh)": "expected a comma between layers, before '('",
    "tanh, (relu)": "there is no layer before a '('",
    "tanh,, relu": "there is no layer before a ','",
    "tanh | relu": "a '|' between layers is outside brackets",
    "tanh)": "a ')' between layers has no '(' before it",
    "residual(tanh": "a '(' between layers has no ')' after it",
    "residual(tanh) relu": "expected a comma between layers, before 'relu'",
    "0 x (relu)": "repeated 0 times",
    "2 x (relu | tanh)": "'|' is in repeated layers",
    "3 of (relu)": "'3 of (…)' are branches, in the brackets of concat",
    "concat(0 of (relu))": "repeated 0 times",
    "concat(3 of (relu | tanh))": "'|' is in repeated layers",
    "concat(3 of (relu), tanh)": "',' follows the branches '3 of (…)': expected '|' or ')'",
    "concat(501 of (relu))": "there are more than 1,000 layers",
    "800 x (relu, tanh)": "there are more than 1,000 layers",
    "500 x (500 x (500 x ()))": "there are more than 1,000 layers",
    "residual(" * 900: "layers nest more than 20 deep",
    "relu," * 9000: "the layers have 45,000 characters, expected at most 10,000",
    "dense " + "9" * 5000: "units is inf",
}  # fmt: skip


def configs(layers: list[gn.Layer]) -> list[object]:
    return [layer.config() for layer in layers]


@pytest.mark.parametrize("words", READ)
def test_words_are_read_as_they_are_meant(words: str) -> None:
    assert configs(layers_from(words)) == configs(READ[words])


@pytest.mark.parametrize("words", REFUSED, ids=lambda words: words[:30])
def test_a_slip_is_named_in_one_line(words: str) -> None:
    with pytest.raises(gn.GlassnetError) as error:
        layers_from(words)
    assert REFUSED[words] in str(error.value)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("kind", LAYERS.values(), ids=LAYERS)
def test_every_layer_can_be_written(kind: type[gn.Layer]) -> None:
    for example in kind.examples:
        layer = kind.from_config(example)
        words = words_for([layer])
        if any("[[" in str(each) for each in layer.config().values()):
            continue  # pairs of pairs have no words
        (again,) = layers_from(words)
        assert type(again) is kind
        assert words_for([again]) == words
        assert again.output_shape(kind.example_input) == layer.output_shape(kind.example_input)


@pytest.mark.parametrize("words", READ)
def test_layers_are_described_as_they_would_be_written(words: str) -> None:
    layers = layers_from(words)
    assert configs(layers_from(words_for(layers))) == configs(layers)


def test_words_are_short() -> None:
    layers = [
        gn.Conv2D(32),
        gn.LeakyReLU(),
        gn.Residual(gn.Dense(3, bias=False)),
        gn.Reshape((2, 3)),
    ]
    assert words_for(layers) == "conv2d 32, leaky_relu, residual(dense 3 bias=false), reshape 2x3"


def test_those_of_many_branches_that_are_alike_stand_once() -> None:
    alike = [[gn.Dense(4, "relu"), gn.Dense(2)] for _ in range(8)]
    layers = [gn.Concat([gn.Dense(3), *alike]), gn.Concat([gn.Tanh(), gn.Tanh()])]
    assert words_for(layers) == (
        "concat(dense 3 | 8 of (dense 4, relu, dense 2)), concat(tanh | tanh)"
    )


def test_several_texts_follow_one_another() -> None:
    assert configs(layers_from(["dense 3, relu", "dense 2"])) == configs(
        layers_from("dense 3, relu, dense 2")
    )


def test_defaults_are_for_layers_that_have_such_a_setting_and_do_not_set_it() -> None:
    layers = layers_from("dense 3, tanh, dense 2 init=zeros, 2 x (conv 4)", init="he_normal")
    assert [getattr(layer, "init", None) for layer in layers] == [
        "he_normal", None, "zeros", "he_normal", "he_normal",
    ]  # fmt: skip


def test_a_network_and_a_container_take_words() -> None:
    net = gn.Sequential("dense 6, relu, residual(dense 6), dense 2", input_shape=4, seed=0)
    same = gn.Sequential(
        [gn.Dense(6), gn.ReLU(), gn.Residual([gn.Dense(6)]), gn.Dense(2)], input_shape=4, seed=0
    )
    x = np.random.default_rng(0).normal(size=(5, 4))
    assert (net(x) == same(x)).all()
    assert repr(gn.Chain("dense 6, relu")) == "Chain([Dense(6), ReLU()])"
    assert repr(gn.Residual("dense 6")) == "Residual(Dense(6))"
    with pytest.raises(gn.GlassnetError, match="did you mean 'relu'"):
        gn.Sequential(["rleu"])


def test_a_layer_of_ones_own_has_a_word() -> None:
    class Power(gn.Activation, name="power"):
        def __init__(self, exponent: float = 2.0) -> None:
            self.exponent = exponent

    try:
        (layer,) = layers_from("power 3")
        assert isinstance(layer, Power)
        assert layer.exponent == 3
    finally:
        del LAYERS["Power"]
        gn.nn.layers.ACTIVATIONS.pop("power")


PIECES = [
    *"()|,=:x",
    *(" ", "\n", "0", "-1", "1.5", "64", "28x28", "nan", "true", "None", "same", "'", "é", "x("),
    *{f" {kind.name} " for kind in LAYERS.values()},
    *("units=", "kernel=", "padding=", "init=", "activation=", "normal:std=", "2 x (", "conv "),
]


@settings(max_examples=600, deadline=None)
@given(some.lists(some.sampled_from(PIECES), max_size=25).map("".join) | some.text(max_size=60))
def test_any_text_ends_in_layers_or_in_one_error(text: str) -> None:
    try:
        layers = layers_from(text)
    except gn.GlassnetError as error:
        assert str(error)
    else:
        assert all(isinstance(layer, gn.Layer) for layer in layers)
