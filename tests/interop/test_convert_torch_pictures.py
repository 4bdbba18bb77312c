"""PyTorch's modules over pictures and sequences: the same outputs, channels last, or refused."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import glassnet as gn
from glassnet.interop import from_onnx, from_torch

torch = pytest.importorskip("torch")
nn = torch.nn

PICTURES = np.random.default_rng(0).normal(size=(5, 4, 7, 9)).astype(np.float32)


def channels_last(x: Any) -> Any:
    return np.moveaxis(x, 1, -1) if x.ndim > 2 else x


def randomized(module: Any) -> Any:
    """With random gains, shifts and running statistics."""
    for name, values in module.state_dict().items():
        if values.is_floating_point() and values.ndim == 1:
            values.uniform_(0.5, 1.5) if "var" in name or "weight" in name else values.normal_()
    return module.eval()


def theirs(module: Any, x: Any) -> Any:
    with torch.no_grad():
        return channels_last(module(torch.as_tensor(x)).numpy())


def assert_alike(module: Any, x: Any = PICTURES) -> gn.Sequential:
    randomized(module)
    given = channels_last(x)
    net = from_torch(module, input_shape=given.shape[1:])
    np.testing.assert_allclose(net(given), theirs(module, x), rtol=1e-4, atol=1e-5)
    return net


MODULES: list[Callable[[], Any]] = [
    lambda: nn.Conv2d(4, 6, 3), lambda: nn.Conv2d(4, 6, (2, 3), stride=(2, 1), padding=(1, 2)),
    lambda: nn.Conv2d(4, 6, 4, padding="same"), lambda: nn.Conv2d(4, 6, 2, padding="valid"),
    lambda: nn.Conv2d(4, 8, 3, groups=4, dilation=2, bias=False),
    lambda: nn.MaxPool2d(2), lambda: nn.MaxPool2d(3, 2, 1), lambda: nn.MaxPool2d((3, 2), (2, 1)),
    lambda: nn.MaxPool2d(3, 2, ceil_mode=True), lambda: nn.AvgPool2d(2),
    lambda: nn.AvgPool2d(3, 2, 1, count_include_pad=False),
    lambda: nn.AvgPool2d(3, 2, 1, count_include_pad=True),
    lambda: nn.AdaptiveAvgPool2d(1), lambda: nn.AdaptiveMaxPool2d((1, 1)),
    lambda: nn.BatchNorm2d(4, eps=0.1, momentum=0.3), lambda: nn.BatchNorm2d(4, affine=False),
    lambda: nn.GroupNorm(2, 4), lambda: nn.GroupNorm(4, 4, affine=False),
    lambda: nn.InstanceNorm2d(4), lambda: nn.InstanceNorm2d(4, affine=True, eps=0.01),
    lambda: nn.Sequential(nn.MaxPool2d(1), nn.LayerNorm(9)),
    lambda: nn.Sequential(nn.MaxPool2d(1), nn.RMSNorm(9)),
    lambda: nn.Sequential(nn.MaxPool2d(1), nn.LayerNorm(9, bias=False, eps=0.1), nn.MaxPool2d(2)),
    lambda: nn.Sequential(nn.MaxPool2d(1), nn.Softmax(dim=1)),
    lambda: nn.Sequential(nn.MaxPool2d(1), nn.Softmax(dim=-1), nn.Conv2d(4, 2, 3)),
    lambda: nn.ZeroPad2d((1, 0, 2, 3)), lambda: nn.ZeroPad2d(1),
    lambda: nn.ConstantPad2d((0, 1, 1, 0), 0.0), lambda: nn.Upsample(scale_factor=2),
    lambda: nn.Upsample(scale_factor=(3.0, 1.0)), lambda: nn.UpsamplingNearest2d(scale_factor=2),
    lambda: nn.Sequential(nn.Conv2d(4, 4, 1), nn.Flatten(), nn.Linear(252, 3)),
    lambda: nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(4, 3)),
    lambda: nn.Sequential(
        nn.Conv2d(4, 8, 3, padding=1), nn.BatchNorm2d(8), nn.ReLU(), nn.MaxPool2d(2),
        nn.Sequential(nn.Conv2d(8, 6, 3), nn.GELU()), nn.Flatten(), nn.Dropout(0.5),
        nn.Linear(12, 5), nn.BatchNorm1d(5), nn.Unflatten(1, (5, 1, 1)), nn.Conv2d(5, 2, 1),
    ),
]  # fmt: skip


@pytest.mark.filterwarnings("ignore:Using padding='same' with even kernel")
@pytest.mark.parametrize("number", range(len(MODULES)))
def test_pictures_give_the_same_with_their_channels_last(number: int) -> None:
    torch.manual_seed(number)
    module = MODULES[number]()
    if isinstance(module, nn.Sequential) and isinstance(module[-1], nn.Softmax):
        with pytest.raises(gn.GlassnetError, match="a last Softmax of samples of shape"):
            from_torch(module, input_shape=(7, 9, 4))
        module.append(nn.Identity()).append(nn.Tanh())
    assert_alike(module)


def test_sequences() -> None:
    torch.manual_seed(0)
    assert_alike(
        nn.Sequential(
            nn.Conv1d(4, 6, 3, stride=2, padding=1), nn.BatchNorm1d(6), nn.ReLU(),
            nn.AvgPool1d(2), nn.Conv1d(6, 3, 2, dilation=2, padding="same"), nn.MaxPool1d(2, 1),
            nn.AdaptiveMaxPool1d(1), nn.Flatten(), nn.Linear(3, 2),
        ),
        PICTURES[:, :, 0].repeat(2, axis=2),
    )  # fmt: skip


def test_words() -> None:
    module = nn.Sequential(nn.Embedding(9, 4), nn.LayerNorm(4), nn.Flatten(), nn.Linear(20, 2))
    x = np.random.default_rng(0).integers(0, 9, (6, 5))
    net = from_torch(module, input_shape=5)
    np.testing.assert_allclose(net(x), theirs(module, x), rtol=1e-4, atol=1e-5)


def test_flattened_pictures_are_put_into_pytorchs_order_so_that_weights_need_none() -> None:
    module = nn.Sequential(nn.Conv2d(4, 2, 3), nn.Flatten(), nn.Linear(70, 3))
    net = assert_alike(module)
    assert [repr(layer) for layer in net.layers[1:3]] == ["Permute((2, 0, 1))", "Flatten()"]
    assert (net.parameters["3.W"] == module[2].weight.detach().numpy().T).all()


def test_a_network_without_pictures_takes_samples_as_they_are() -> None:
    module = nn.Sequential(nn.Tanh(), nn.Flatten(), nn.Linear(252, 3))
    net = from_torch(module, input_shape=(4, 7, 9))
    np.testing.assert_allclose(net(PICTURES), theirs(module, PICTURES), rtol=1e-4, atol=1e-5)


def test_batch_normalization_learns_there_as_here() -> None:
    module = nn.BatchNorm2d(4, momentum=0.3)
    net = from_torch(module, input_shape=(7, 9, 4))
    assert net.layers[0].config()["momentum"] == 0.7
    module.train()(torch.as_tensor(PICTURES))
    _, saved = net.layers[0].forward(channels_last(PICTURES), net.rng)
    net.layers[0].observe(saved)
    for ours, name in (("0.mean", "running_mean"), ("0.var", "running_var")):
        np.testing.assert_allclose(net.parameters[ours], getattr(module, name), rtol=1e-5)


REFUSED: list[tuple[Callable[[], Any], str]] = [
    (lambda: nn.Conv2d(4, 4, 3, padding=1, padding_mode="reflect"), "padding_mode 'reflect'"),
    (lambda: nn.Conv2d(3, 4, 3), "W has shape (3, 3, 3, 4), expected (3, 3, 4, 4)"),
    (lambda: nn.Conv2d(4, 4, 10), "a window of 10 × 10 does not fit into 7 × 9"),
    (lambda: nn.Conv2d(4, 4, 3).bfloat16(), "module Conv2d with weight of torch.bfloat16"),
    (lambda: nn.Conv1d(4, 4, 3), "Conv1d of samples of shape (7, 9, 4)"),
    (lambda: nn.Conv3d(4, 4, 3), "module Conv3d"),
    (lambda: nn.ConvTranspose2d(4, 4, 3), "module ConvTranspose2d"),
    (lambda: nn.LazyConv2d(4, 3), "a built one"),
    (lambda: nn.MaxPool2d(2, ceil_mode=True), "MaxPool2d with ceil_mode True"),
    (lambda: nn.MaxPool2d(2, dilation=2), "MaxPool2d with dilation 2"),
    (lambda: nn.MaxPool2d(2, return_indices=True), "return_indices True"),
    (lambda: nn.AvgPool2d(2, divisor_override=3), "divisor_override 3"),
    (lambda: nn.AdaptiveAvgPool2d(2), "AdaptiveAvgPool2d with output_size 2"),
    (lambda: nn.BatchNorm2d(4, track_running_stats=False), "without running statistics"),
    (lambda: nn.InstanceNorm2d(4, track_running_stats=True), "track_running_stats True"),
    (lambda: nn.LayerNorm([4, 7, 9]), "LayerNorm over samples of shape (4, 7, 9)"),
    (lambda: nn.ZeroPad2d((-1, 0, 0, 0)), "padding is"),
    (lambda: nn.ConstantPad2d(1, 2.0), "ConstantPad2d with value 2.0"),
    (lambda: nn.ReflectionPad2d(1), "module ReflectionPad2d"),
    (lambda: nn.Upsample(scale_factor=1.5), "scale_factor 1.5"),
    (lambda: nn.Upsample(scale_factor=2, mode="bilinear"), "mode 'bilinear'"),
    (lambda: nn.Upsample(size=(14, 18)), "size"),
    (lambda: nn.Dropout2d(0.5), "module Dropout2d"),
    (lambda: nn.Embedding(4, 2, max_norm=1.0), "max_norm 1.0"),
]


@pytest.mark.filterwarnings("ignore:Lazy modules")
@pytest.mark.parametrize(("make", "said"), REFUSED, ids=[said for _, said in REFUSED])
def test_what_no_layer_computes_is_refused_with_its_place(
    make: Callable[[], Any], said: str
) -> None:
    model = nn.Sequential(nn.MaxPool2d(1), make())
    with pytest.raises(gn.GlassnetError) as raised:
        from_torch(model, input_shape=(7, 9, 4))
    assert str(raised.value).startswith("from_torch: module[1]: ")
    assert said in str(raised.value)


@pytest.mark.parametrize("module", [nn.Conv2d(1, 1, 1), nn.Sequential(nn.Embedding(3, 2))])
def test_pictures_need_a_shape(module: Any) -> None:
    with pytest.raises(gn.GlassnetError, match=r"does not say how large samples are: give input_"):
        from_torch(module)


def test_modules_that_only_look_like_exported_ones_are_refused() -> None:
    class ChannelsLast(nn.Sequential):
        def forward(self, x: Any) -> Any:
            return super().forward(x.movedim(-1, 1)).movedim(1, 2)

    class Permute(nn.Module):
        pass

    for module in (ChannelsLast(nn.Conv2d(4, 4, 3)), Permute()):
        with pytest.raises(gn.GlassnetError, match=f"module {type(module).__name__} cannot be"):
            from_torch(module, input_shape=(7, 9, 4))


def random_module(rng: np.random.Generator, channels: int) -> Any:
    kernel = tuple(int(n) for n in rng.integers(1, 4, 2))
    stride, padding = (int(n) for n in rng.integers((1, 0), (3, 2)))
    inside = padding if 2 * padding <= min(kernel) else 0
    groups, counted = int(rng.choice([1, 2])), bool(rng.integers(2))
    makes = [
        lambda: nn.Conv2d(channels, 4, kernel, stride, padding, groups=groups),
        lambda: nn.MaxPool2d(kernel, stride, inside),
        lambda: nn.AvgPool2d(kernel, stride, inside, count_include_pad=counted),
        lambda: nn.BatchNorm2d(channels),
        lambda: nn.GroupNorm(2, channels),
        lambda: nn.ZeroPad2d(tuple(int(n) for n in rng.integers(0, 3, 4))),
        lambda: nn.Upsample(scale_factor=2),
        nn.Tanh,
    ]
    return makes[rng.integers(len(makes))]()


@pytest.mark.parametrize("seed", range(25))
def test_random_rows_of_modules(seed: int) -> None:
    rng = np.random.default_rng(seed)
    torch.manual_seed(seed)
    modules = [random_module(rng, 4) for _ in range(rng.integers(1, 5))]
    model = nn.Sequential(nn.Conv2d(4, 4, 1), *modules, nn.Flatten(), nn.LazyLinear(3))
    try:
        model(torch.as_tensor(PICTURES))
    except RuntimeError:  # no window fits
        return
    assert_alike(model)


class Block(nn.Module):
    """A residual block as it is written in PyTorch."""

    def __init__(self, channels: int, filters: int, stride: int) -> None:
        super().__init__()
        self.body = nn.Sequential(
            nn.Conv2d(channels, filters, 3, stride, 1, bias=False), nn.BatchNorm2d(filters),
            nn.ReLU(), nn.Conv2d(filters, filters, 3, padding=1), nn.GroupNorm(2, filters),
        )  # fmt: skip
        self.shortcut = nn.Identity() if stride == 1 else nn.Conv2d(channels, filters, 1, stride)

    def forward(self, x: Any) -> Any:
        return torch.relu(self.body(x) + self.shortcut(x))


@pytest.mark.filterwarnings("ignore")  # the exporter that needs no further package is deprecated
def test_a_residual_network_that_pytorch_wrote_as_onnx(tmp_path: Path) -> None:
    pytest.importorskip("onnx")
    module = randomized(
        nn.Sequential(
            nn.Conv2d(4, 8, 3, padding=1), nn.BatchNorm2d(8), nn.ReLU(), nn.MaxPool2d(3, 2, 1),
            Block(8, 8, 1), Block(8, 12, 2), nn.Upsample(scale_factor=2), nn.ZeroPad2d(1),
            nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(12, 3),
        )
    )  # fmt: skip
    path = tmp_path / "net.onnx"
    names = {"input_names": ["x"], "dynamic_axes": {"x": {0: "samples"}}}
    torch.onnx.export(module, (torch.as_tensor(PICTURES),), str(path), dynamo=False, **names)
    net = from_onnx(path)
    found = net(channels_last(PICTURES))
    np.testing.assert_allclose(found, theirs(module, PICTURES), rtol=1e-4, atol=1e-5)
    assert [type(layer).__name__ for layer in net.layers] == [
        "Conv2D", "ReLU", "MaxPool2D", "Residual", "ReLU", "Residual", "ReLU", "UpSample2D",
        "ZeroPad2D", "GlobalAveragePool", "Dense",
    ]  # fmt: skip
