"""Keras models: the very outputs of the model, or refused with the place of what is in it."""

import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import glassnet as gn
from glassnet.base.errors import InputError
from glassnet.interop import from_keras

keras = pytest.importorskip("keras")
layers = keras.layers
Dense, Activation = layers.Dense, layers.Activation
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation")  # in Keras itself

ROWS = np.random.default_rng(0).normal(size=(20, 4)).astype(np.float32) * 3
GRIDS = ROWS.reshape(20, 2, 2)


def outputs(net: gn.Sequential, x: Any) -> Any:
    """What Keras's last layer gives, also if that is a softmax or sigmoid."""
    z = net(x)
    if net.loss is None or net.loss.from_logits is None:
        return z
    p = net.loss.probabilities(z)
    return p[:, 1:] if z.shape[-1] == 1 else p


def theirs(model: Any, x: Any) -> Any:
    return keras.ops.convert_to_numpy(model(x))


def predicts_alike(model: Any, x: Any = ROWS) -> bool:
    return bool(outputs(from_keras(model), x) == pytest.approx(theirs(model, x), abs=1e-5))


def tanh(x: Any) -> Any:
    return keras.ops.tanh(x) / 2


def twice(kind: type[Any]) -> type[Any]:
    """A class of the same name whose outputs are twice as large."""

    def call(self: Any, x: Any, training: Any = None) -> Any:
        return 2 * kind.call(self, x)

    return type(kind.__name__, (kind,), {"call": call})


def built_otherwise(units: int) -> Any:
    def build(self: Any, input_shape: Any) -> None:
        Dense.build(self, input_shape)
        self.kernel.assign(2 * self.kernel)

    return type("Dense", (Dense,), {"build": build})(units)


def replaced(layer: Any) -> Any:
    layer.call = lambda x: 3 * x
    return layer


def quantized(mode: str = "int8") -> Any:
    layer = Dense(4)
    layer.build((None, 4))
    layer.quantize(mode)
    return layer


def two_heads() -> Any:
    i = keras.Input((4,))
    return keras.Model(i, [Dense(3)(i), Dense(2)(i)])


def two_inputs() -> Any:
    i, j = keras.Input((4,)), keras.Input((4,))
    return keras.Model([i, j], Dense(3)(i))


class Subclassed(keras.Model):
    def __init__(self) -> None:
        super().__init__()
        self.dense = Dense(4)

    def call(self, x: Any) -> Any:
        return self.dense(x)


class FromGraph(keras.Model):
    def __init__(self) -> None:
        i = keras.Input((4,))
        super().__init__(i, Dense(4)(i))

    def call(self, x: Any) -> Any:
        return 2 * super().call(x)


LAYERS: list[tuple[Callable[[], Any], str]] = [
    (lambda: twice(Dense)(4), "Dense (not keras.layers.Dense)"),
    (twice(layers.ReLU), "ReLU (not keras.layers.ReLU)"),
    (lambda: built_otherwise(4), "Dense (not keras.layers.Dense)"),
    (lambda: replaced(layers.ReLU()), "layer ReLU with a call of its own"),
    (lambda: Dense(4, activation=tanh), "the activation 'tanh' of test_convert_keras"),
    (lambda: Dense(4, activation=lambda x: x * x), "the activation '<lambda>'"),
    (lambda: Dense(4, activation=keras.ops.relu6), "the activation 'relu6'"),
    (lambda: Dense(4, activation=layers.PReLU()), "the activation 'PReLU'"),
    (lambda: Dense(4, activation=layers.ReLU(max_value=1)), "ReLU with max_value 1"),
    (lambda: Dense(4, activation=keras.Sequential([layers.ReLU()])), "activation 'Sequential'"),
    (lambda: Activation("exponential"), "the activation 'exponential'"),
    (lambda: Dense(4, dtype="bfloat16"), "layer Dense of bfloat16"),
    (lambda: Dense(4, dtype="float16"), "layer Dense of float16"),
    (lambda: Dense(4, dtype="mixed_float16"), "layer Dense of float16 and float32"),
    (lambda: layers.ReLU(dtype="float16"), "layer ReLU of float16"),
    (quantized, "layer Dense quantized to int8"),
    (lambda: quantized("int4"), "layer Dense quantized to int4"),
    (lambda: layers.ReLU(max_value=1), "ReLU with max_value 1"),
    (lambda: layers.ReLU(threshold=1), "ReLU with threshold 1"),
    (lambda: layers.ReLU(negative_slope=1.5), "slope is 1.5"),
    (lambda: layers.LeakyReLU(1.5), "slope is 1.5"),
    (lambda: layers.ELU(-1.0), "alpha is -1.0"),
    (lambda: layers.Dropout(0.5, noise_shape=(None, 1)), "Dropout with noise_shape (None, 1)"),
    (lambda: layers.Dropout(1.0), "rate is 1.0"),
    (lambda: layers.Softmax(axis=[1]), "Softmax with axis [1]"),
    (lambda: layers.Softmax(axis=0), "Softmax with axis 0"),
    (lambda: layers.Rescaling(np.ones((20, 1))), "Rescaling with scale of shape (20, 1)"),
    (lambda: layers.Rescaling(np.ones((1, 1, 4))), "Rescaling with scale of shape (1, 1, 4)"),
    (layers.PReLU, "layer PReLU"),
    (twice(layers.BatchNormalization), "(not keras.layers.BatchNormalization)"),
    (lambda: layers.BatchNormalization(dtype="float16"), "of float16"),
    (layers.UnitNormalization, "layer UnitNormalization"),
    (lambda: layers.Lambda(lambda x: 2 * x), "layer Lambda"),
    (layers.Masking, "layer Masking"),
    (Subclassed, "layer Subclassed"),
    (FromGraph, "layer FromGraph"),
]  # fmt: skip


@pytest.mark.parametrize(("make", "said"), LAYERS, ids=[said for _, said in LAYERS])
def test_what_is_not_exactly_known_is_refused_with_its_place(
    make: Callable[[], Any], said: str
) -> None:
    odd = make()
    inner = keras.Sequential([keras.Input((4,)), Dense(4), odd], name="inner")
    model = keras.Sequential([keras.Input((4,)), Dense(4), inner, Dense(3)])
    with pytest.raises(gn.GlassnetError, match=re.escape(said)) as caught:
        from_keras(model)
    assert str(caught.value).startswith(f"from_keras: inner: {odd.name}: ")
    assert "\n" not in str(caught.value)


def graph(make: Callable[[Any], Any]) -> Callable[[], Any]:
    def model() -> Any:
        i = keras.Input((4,), name="i")
        return keras.Model(i, make(i))

    return model


GRAPHS: list[tuple[Callable[[], Any], str]] = [
    (graph(lambda i: keras.ops.tanh(Dense(3)(i))), "operation Tanh"),
    (graph(lambda i: keras.activations.relu(Dense(3)(i), max_value=1)), "(not keras.layers.ReLU)"),
    (graph(lambda i: Dense(4)(i) * i), "'i' is read by"),
    (graph(lambda i: i * i), "Multiply 'multiply"),
    (graph(lambda i: 2.0 * Dense(4)(i)), "called with more than an array"),
    (graph(lambda i: layers.Add()([Dense(4)(i), i, i])), "a sum of 3 branches"),
    (graph(lambda i: layers.Add()([Dense(1)(i), i])), "Residual: "),
    (graph(lambda i: layers.Concatenate(axis=0)([Dense(4)(i), i])), "Concatenate with axis 0"),
    (graph(lambda i: layers.Add()([layers.PReLU()(i), i])), ": layer PReLU cannot be converted"),
    (graph(lambda i: (Dense(4)(i) + i) * i), "'i' is read by"),
    (graph(lambda i: keras.ops.concatenate([Dense(4)(i), i])), "'i' is read by"),
    (graph(lambda i: Dense(3)(layers.Dropout(0.5)(i, training=True))), "an array and training"),
    (graph(lambda i: layers.Softmax()(Dense(4)(i), mask=np.ones(4))), "an array and mask"),
    (two_heads, "a model with the outputs dense"),
    (two_inputs, "a model with the inputs input_layer"),
    (lambda: keras.Sequential([Dense(3)]), "a model that is not built"),
    (keras.Sequential, "a model that is not built"),
    (lambda: keras.Sequential([keras.Input((4,))]), "a model that is not built"),
    (graph(lambda i: i), "there is no layer to convert"),
    (lambda: keras.Sequential([keras.Input((None, 4)), layers.Flatten()]), "known sizes"),
    (lambda: keras.Sequential([keras.Input((2, 4)), Dense(3)]), "put a Flatten before it"),
    (lambda: keras.Sequential([keras.Input((4,), dtype="int32"), Dense(3)]), "an input of int32"),
    (lambda: keras.Sequential([keras.Input((4,), dtype="float16"), Dense(3)]), "an input of float"),
    (lambda: keras.Sequential([keras.Input((4,), sparse=True), Dense(3)]), "Sequential of sparse"),
    (Subclassed, "a Subclassed cannot be converted: expected a keras.Sequential, or"),
    (FromGraph, "a FromGraph cannot be converted"),
    (lambda: twice(keras.Sequential)([keras.Input((4,)), Dense(4)]), "(not keras.Sequential)"),
    (lambda: "model.keras", "a str cannot be converted"),
    (lambda: Dense(4), "a Dense cannot be converted"),
    (lambda: None, "a NoneType cannot be converted"),
]  # fmt: skip


@pytest.mark.parametrize(("make", "said"), GRAPHS, ids=[said for _, said in GRAPHS])
def test_what_is_no_row_of_layers_is_refused(make: Callable[[], Any], said: str) -> None:
    with pytest.raises(gn.GlassnetError, match=re.escape(said)) as caught:
        from_keras(make())
    assert "\n" not in str(caught.value)


def nested(i: Any) -> Any:
    inner = keras.Sequential([keras.Input((4,)), Dense(4, "relu"), layers.Dropout(0.2)])
    j = keras.Input((4,))
    return keras.Model(j, inner(Dense(4)(inner(j))))(i)


def shared(i: Any) -> Any:
    d, other = Dense(4, "tanh"), Dense(4)
    return d(other(d(d(i))))


@pytest.mark.parametrize(
    "make",
    [
        shared, nested,
        lambda i: Dense(2)(Dense(4, activation=layers.LeakyReLU(0.1))(i)),
        lambda i: Dense(2)(layers.Dropout(0.5)(inputs=i, training=False)),
        lambda i: [Dense(2)(i)], lambda i: {"head": Dense(2)(i)},
        Dense(2, kernel_constraint="non_neg", kernel_regularizer="l2"),
    ],
)  # fmt: skip
def test_graphs_that_are_a_row(make: Callable[[Any], Any]) -> None:
    i = keras.Input((4,))
    model = keras.Model(i, make(i))
    (expected,) = keras.tree.flatten(model(ROWS))
    assert from_keras(model)(ROWS) == pytest.approx(keras.ops.convert_to_numpy(expected), abs=1e-5)


def test_a_part_of_a_larger_graph() -> None:
    i = keras.Input((4,))
    h = Dense(4, "tanh")(i)
    end = Dense(2)(h)
    Dense(5)(h)  # read elsewhere, which is not of this model
    for model in (keras.Model(h, end), keras.Model(i, h)):
        assert predicts_alike(model)


def test_lora_is_merged_into_the_weights() -> None:
    layer = Dense(3)
    model = keras.Sequential([keras.Input((4,)), layer])
    layer.enable_lora(2, lora_alpha=3)
    layer.lora_kernel_b.assign(np.ones((2, 3)))
    assert predicts_alike(model)


def test_axes_are_those_of_the_shape_that_reaches_them() -> None:
    """Of samples of shape (2, 2) axis 1 is the first of two; softmax here is over the last."""
    for layer, said in (
        (layers.Softmax(axis=1), "Softmax with axis 1"),
        (layers.Flatten("channels_first"), "Flatten with data_format 'channels_first'"),
        (layers.Normalization(axis=1), "Normalization with mean of shape (1, 2, 1)"),
        (layers.Normalization(axis=(1, 2)), "Normalization with mean of shape (1, 2, 2)"),
        (layers.Rescaling(np.ones((2, 1))), "Rescaling with scale of shape (2, 1)"),
    ):
        model = keras.Sequential([keras.Input((2, 2)), layer, layers.Flatten(), Dense(3)])
        with pytest.raises(gn.GlassnetError, match=re.escape(said)):
            from_keras(model)
    for layer in (layers.Softmax(axis=2), layers.Softmax(), layers.Rescaling([2.0, 3.0], [1, 2])):
        model = keras.Sequential([keras.Input((2, 2)), layer, layers.Flatten(), Dense(3)])
        assert predicts_alike(model, GRIDS)


@pytest.mark.parametrize("invert", [False, True])
@pytest.mark.parametrize("axis", [-1, None])
def test_normalization_of_large_numbers_that_lie_close(axis: int | None, invert: bool) -> None:
    """x / std − mean / std in float32 would be off by 0.1 here."""
    x = (1e4 + ROWS / 1e3).astype(np.float32)
    norm = layers.Normalization(axis=axis, invert=invert)
    norm.adapt(x)
    model = keras.Sequential(
        [keras.Input((4,)), *([Dense(4), norm] if invert else [norm, Dense(4)])]
    )
    given = ROWS if invert else x
    assert from_keras(model)(given) == pytest.approx(theirs(model, given), rel=1e-6, abs=1e-5)


KNOWN: list[Callable[[], Any]] = [
    *(lambda name=name: Activation(name) for name in (
        "relu", "leaky_relu", "elu", "selu", "gelu", "silu", "sigmoid", "tanh", "softplus",
        "softmax", "linear")),
    lambda: Dense(4, use_bias=False), lambda: Dense(4, "swish"), layers.ReLU,
    lambda: Dense(4, activation=layers.ELU(0.5)), lambda: layers.ReLU(negative_slope=0.1),
    layers.LeakyReLU, lambda: layers.ELU(0.5), layers.Softmax, lambda: layers.Softmax(axis=1),
    lambda: layers.Dropout(0.5), lambda: layers.GaussianNoise(0.3),
    layers.Flatten, lambda: layers.Flatten("channels_first"),
    lambda: layers.Rescaling(0.5, [1.0, 2, 3, 4]), layers.Identity,
    layers.BatchNormalization, lambda: layers.LayerNormalization(center=False, epsilon=0.1),
    lambda: layers.GroupNormalization(2, epsilon=0.1), lambda: layers.RMSNormalization(epsilon=0.1),
    lambda: layers.Normalization(mean=[0.1, 0.2, 0.3, 0.4], variance=[1.0, 2.0, 3.0, 4.0]),
    lambda: keras.Sequential([keras.Input((4,)), layers.Reshape((2, -1)), layers.Softmax(),
                              layers.Reshape((4,))]),
]  # fmt: skip
UNKNOWN = [make for make, _ in LAYERS if make is not layers.Masking]  # which warns, and branches


@pytest.mark.parametrize("start", range(0, 200, 20))
def test_any_layers_in_a_row_give_the_same_or_are_refused(start: int) -> None:
    for seed in range(start, start + 20):
        rng = np.random.default_rng(seed)
        keras.utils.set_random_seed(seed)
        row, odd = [Dense(4)], None
        for _ in range(int(rng.integers(1, 6))):
            unknown = odd is None and rng.random() < 0.1
            pool = UNKNOWN if unknown else KNOWN
            row.append(pool[rng.integers(len(pool))]())
            odd = row[-1] if unknown else odd
        row += [row[0]] if rng.random() < 0.2 else []  # a second time
        model = functional(row, rng) if rng.random() < 0.7 else sequential(row)
        if odd is None:
            assert predicts_alike(model), model
        else:
            with pytest.raises(InputError, match=rf"^from_keras: .*{odd.name}: "):
                from_keras(model)


def sequential(row: list[Any]) -> Any:
    return keras.Sequential([keras.Input((4,)), *row])


def functional(row: list[Any], rng: Any) -> Any:
    """The layers one after another; sometimes an output is read a second time."""
    made = [keras.Input((4,))]
    for layer in row:
        made.append(layer(made[-1]))
    end = made[-1]
    if rng.random() < 0.4:
        begin = made[rng.integers(len(made) - 1)]
        end = layers.Add()([end, begin]) if rng.random() < 0.5 else begin + end
    return keras.Model(made[0], end)


def test_branches_become_residuals_and_concatenations() -> None:
    keras.utils.set_random_seed(0)
    i = keras.Input((6, 5, 2))

    def block(x: Any, filters: int) -> Any:
        y = layers.Conv2D(filters, 3, padding="same", activation="relu")(x)
        y = layers.Conv2D(filters, 3, padding="same")(y)
        shortcut = layers.Conv2D(filters, 1)(x)
        return layers.ReLU()(y + shortcut)

    inner = layers.Concatenate()([block(i, 3), i, layers.MaxPooling2D(3, 1, padding="same")(i)])
    outer = layers.Add()([layers.BatchNormalization()(block(inner, 7)), inner])
    both = [layers.GlobalAveragePooling2D()(outer), layers.GlobalMaxPooling2D()(outer)]
    model = keras.Model(i, Dense(3)(layers.Concatenate(axis=1)(both)))
    net = from_keras(model)
    kinds = [type(layer).__name__ for layer in net.layers]
    assert kinds == ["Concat", "Residual", "Concat", "Dense"]
    x = np.random.default_rng(1).normal(size=(5, 6, 5, 2)).astype(np.float32)
    np.testing.assert_allclose(net(x), theirs(model, x), atol=1e-5)
