"""Keras's layers over pictures and sequences: the very outputs, or refused with the place."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import glassnet as gn
from glassnet.interop import from_keras

keras = pytest.importorskip("keras")
layers = keras.layers
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation")  # in Keras itself

PICTURES = np.random.default_rng(0).normal(size=(5, 7, 9, 4)).astype(np.float32)
SEQUENCES = PICTURES[:, :, 0]


def assert_alike(*row: Any, x: Any = PICTURES) -> gn.Sequential:
    model = keras.Sequential([keras.Input(x.shape[1:]), *row])
    rng = np.random.default_rng(1)
    for each in model.weights:
        if len(each.shape) == 1:
            each.assign(rng.uniform(0.5, 1.5, each.shape))
    net = from_keras(model)
    expected = keras.ops.convert_to_numpy(model(x))
    np.testing.assert_allclose(net(x), expected, rtol=1e-4, atol=1e-5)
    return net


LAYERS: list[Callable[[], Any]] = [
    lambda: layers.Conv2D(6, 3), lambda: layers.Conv2D(6, (2, 3), strides=2, padding="same"),
    lambda: layers.Conv2D(8, 3, groups=4, dilation_rate=2, use_bias=False, activation="relu"),
    lambda: layers.DepthwiseConv2D(3, depth_multiplier=2, activation="tanh"),
    lambda: layers.SeparableConv2D(5, 3, strides=2, padding="same", activation="elu"),
    layers.MaxPooling2D, lambda: layers.MaxPooling2D(3, 2, "same"),
    lambda: layers.AveragePooling2D((2, 3)), lambda: layers.AveragePooling2D(3, 2, "same"),
    layers.GlobalAveragePooling2D, lambda: layers.GlobalMaxPooling2D(keepdims=True),
    layers.BatchNormalization, lambda: layers.BatchNormalization(scale=False),
    lambda: layers.BatchNormalization(axis=3, center=False, epsilon=0.1, momentum=0.8),
    layers.LayerNormalization, lambda: layers.LayerNormalization([3], scale=False),
    lambda: layers.GroupNormalization(2), lambda: layers.GroupNormalization(-1, center=False),
    layers.RMSNormalization, lambda: layers.ZeroPadding2D(((0, 1), (2, 0))),
    lambda: layers.UpSampling2D((2, 3)), lambda: layers.Permute((3, 1, 2)),
    lambda: keras.Sequential([layers.Conv2D(4, 1), layers.Flatten(), layers.Dense(3)]),
]  # fmt: skip


@pytest.mark.parametrize("number", range(len(LAYERS)))
def test_pictures_give_the_same(number: int) -> None:
    keras.utils.set_random_seed(number)
    assert_alike(LAYERS[number]())


def test_sequences_give_the_same() -> None:
    keras.utils.set_random_seed(0)
    assert_alike(
        layers.Conv1D(6, 3, padding="same", activation="relu"), layers.MaxPooling1D(2, 1, "same"),
        layers.DepthwiseConv1D(2), layers.SeparableConv1D(4, 2), layers.BatchNormalization(),
        layers.AveragePooling1D(2), layers.GlobalAveragePooling1D(), layers.Dense(2),
        x=SEQUENCES,
    )  # fmt: skip


@pytest.mark.parametrize("kind", ["int32", "float32"])
def test_words(kind: str) -> None:
    x = np.random.default_rng(0).integers(0, 9, (6, 5))
    row = [layers.Embedding(9, 4), layers.Conv1D(3, 2), layers.GlobalMaxPooling1D()]
    model = keras.Sequential([keras.Input((5,), dtype=kind), *row])
    net = from_keras(model)
    expected = keras.ops.convert_to_numpy(model(x.astype(kind)))
    np.testing.assert_allclose(net(x), expected, rtol=1e-4, atol=1e-5)


def test_lora_is_merged_into_the_weights() -> None:
    layer = layers.Conv2D(3, 2)
    keras.Sequential([keras.Input((7, 9, 4)), layer])
    layer.enable_lora(2)
    layer.lora_kernel_b.assign(np.ones(layer.lora_kernel_b.shape))
    assert_alike(layer)


REFUSED: list[tuple[Callable[[], Any], str]] = [
    (lambda: layers.Conv2D(3, 2, activation=keras.ops.relu6), "the activation 'relu6'"),
    (lambda: layers.Conv2D(3, 2, dtype="bfloat16"), "layer Conv2D of bfloat16"),
    (lambda: layers.Conv2DTranspose(3, 2), "layer Conv2DTranspose"),
    (lambda: layers.MaxPooling2D(data_format="channels_first"), "data_format 'channels_first'"),
    (lambda: layers.GlobalMaxPooling2D("channels_first"), "data_format 'channels_first'"),
    (lambda: layers.UpSampling2D(2, "channels_first"), "data_format 'channels_first'"),
    (lambda: layers.ZeroPadding2D(1, data_format="channels_first"), "data_format 'channels_first'"),
    (lambda: layers.BatchNormalization(axis=1), "BatchNormalization with axis 1"),
    (lambda: layers.LayerNormalization(axis=[1, 2, 3]), "LayerNormalization with axis"),
    (lambda: layers.GroupNormalization(7, axis=1), "GroupNormalization with axis 1"),
    (lambda: layers.RMSNormalization(axis=1), "RMSNormalization with axis [1]"),
    (lambda: layers.UpSampling2D(2, interpolation="bilinear"), "interpolation 'bilinear'"),
    (lambda: layers.SpatialDropout2D(0.5), "layer SpatialDropout2D"),
    (lambda: layers.Cropping2D(1), "layer Cropping2D"),
]


@pytest.mark.parametrize(("make", "said"), REFUSED, ids=[said for _, said in REFUSED])
def test_what_no_layer_computes_is_refused_with_its_place(
    make: Callable[[], Any], said: str
) -> None:
    odd = make()
    model = keras.Sequential([keras.Input((7, 9, 4)), layers.ReLU(), odd])
    with pytest.raises(gn.GlassnetError) as raised:
        from_keras(model)
    assert str(raised.value).startswith(f"from_keras: {odd.name}: ")
    assert said in str(raised.value)


def test_masks_and_causal_padding_are_refused() -> None:
    for row, shape, said in (
        (
            [layers.Embedding(9, 4, mask_zero=True), layers.GlobalAveragePooling1D()],
            (5,),
            "is read by Embedding",
        ),
        ([layers.Conv1D(3, 2, padding="causal")], (5, 4), "padding 'causal'"),
    ):
        with pytest.raises(gn.GlassnetError, match=said):
            from_keras(keras.Sequential([keras.Input(shape), *row]))


def test_batch_normalization_keeps_its_momentum() -> None:
    net = assert_alike(layers.BatchNormalization(momentum=0.8, epsilon=0.01))
    assert net.layers[0].config() == {"kind": "BatchNorm", "momentum": 0.8, "epsilon": 0.01}
