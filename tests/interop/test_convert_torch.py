"""PyTorch's modules: the very outputs of the module, or refused with the place of what is in it."""

import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import glassnet as gn
from glassnet.base.errors import InputError
from glassnet.interop import from_torch

torch = pytest.importorskip("torch")
nn = torch.nn

ROWS = np.random.default_rng(0).normal(size=(20, 4)).astype(np.float32) * 3
GRIDS = ROWS.reshape(20, 2, 2)


def outputs(net: gn.Sequential, x: Any) -> Any:
    """What PyTorch's last module gives, also if that is a softmax or sigmoid."""
    z = net(x)
    if net.loss is None or net.loss.from_logits is None:
        return z
    p = net.loss.probabilities(z)
    return p[:, 1:] if z.shape[-1] == 1 else p


def theirs(module: Any, x: Any) -> Any:
    with torch.no_grad():
        return module.eval()(torch.as_tensor(x)).numpy()


class Linear(nn.Linear):
    def forward(self, x: Any) -> Any:
        return 2 * super().forward(x)


class Sequential(nn.Sequential):
    def forward(self, x: Any) -> Any:
        return x + super().forward(x)


class Tanh(nn.Module):
    def forward(self, x: Any) -> Any:
        return torch.tanh(x) / 2


def hooked(module: Any) -> Any:
    module.register_forward_hook(lambda module, given, output: output + 1)
    return module


def hooked_before(module: Any) -> Any:
    module.register_forward_pre_hook(lambda module, given: (given[0] + 1,))
    return module


def replaced(module: Any) -> Any:
    module.forward = lambda x: 3 * x
    return module


def with_weight(change: Callable[[Any], Any]) -> Any:
    module = nn.Linear(4, 3)
    module.weight = nn.Parameter(change(module.weight.detach()), requires_grad=False)
    return module


def pruned() -> Any:
    from torch.nn.utils import prune

    return prune.l1_unstructured(nn.Linear(4, 4), "weight", amount=0.5)


def in_a_list(*modules: Any) -> Any:
    return nn.ModuleList(modules)


REFUSED: list[tuple[Callable[[], Any], str]] = [
    (lambda: Linear(4, 4), "Linear (not torch.nn.Linear)"),
    (lambda: Sequential(nn.Linear(4, 4)), "Sequential (not torch.nn.Sequential)"),
    (Tanh, "Tanh (not torch.nn.Tanh)"),
    (lambda: hooked(nn.Linear(4, 4)), "module Linear with forward hooks"),
    (lambda: hooked(nn.Sequential(nn.Linear(4, 4))), "module Sequential with forward hooks"),
    (lambda: hooked_before(nn.Identity()), "module Identity with forward hooks"),
    (lambda: replaced(nn.ReLU()), "module ReLU with a forward of its own"),
    (pruned, "module Linear with forward hooks"),
    (lambda: nn.utils.parametrizations.weight_norm(nn.Linear(4, 4)), "ParametrizedLinear"),
    (lambda: in_a_list(nn.Linear(4, 4)), "module ModuleList"),
    (lambda: nn.LazyLinear(4), "a built one: call the module on data once"),
    (lambda: nn.Linear(4, 4).bfloat16(), "weight of torch.bfloat16"),
    (lambda: nn.Linear(4, 4).half(), "expected float32 or float64, as after .float()"),
    (lambda: nn.Linear(4, 4, dtype=torch.complex64), "weight of torch.complex64"),
    (lambda: nn.Linear(4, 4, device="meta"), "weight on the meta device"),
    (lambda: with_weight(lambda W: W.to_sparse()), "weight of kind torch.sparse_coo"),
    (nn.PReLU, "module PReLU"),
    (lambda: nn.AlphaDropout(0.5), "module AlphaDropout"),
    (lambda: nn.BatchNorm1d(4, track_running_stats=False), "without running statistics"),
    (lambda: nn.BatchNorm1d(4, momentum=None), "BatchNorm with momentum None"),
    (lambda: nn.BatchNorm1d(5), "gamma has shape (5,), expected (4,)"),
    (lambda: nn.BatchNorm2d(4), "BatchNorm2d of samples of shape (4,)"),
    (lambda: nn.GroupNorm(2, 4).half(), "module GroupNorm with weight of torch.float16"),
    (lambda: nn.Conv1d(4, 4, 1), "Conv1d of samples of shape (4,)"),
    (lambda: nn.Bilinear(4, 4, 4), "module Bilinear"),
    (lambda: nn.Dropout(1.0), "rate is 1.0"),
    (lambda: nn.LeakyReLU(2.0), "slope is 2.0"),
    (lambda: nn.LeakyReLU(torch.tensor(0.5, requires_grad=True)), "slope is tensor"),
    (lambda: nn.ELU(-1.0), "alpha is -1.0"),
    (lambda: nn.Softplus(beta=2), "Softplus with beta 2"),
    (lambda: nn.Softplus(beta=torch.ones(4)), "Softplus with beta tensor"),
    (lambda: nn.Softplus(threshold=0.5), "Softplus with threshold 0.5"),
    (lambda: nn.Softmax(dim=0), "Softmax with dim 0"),
    (lambda: nn.Flatten(0), "Flatten with start_dim 0"),
    (lambda: nn.Flatten(1, 0), "Flatten with end_dim 0"),
    (lambda: nn.Unflatten(0, (5, 4)), "Unflatten with dim 0"),
    (lambda: nn.Linear(5, 4), "W has shape (5, 4), expected (4, 4) for samples of shape (4,)"),
    (lambda: nn.Linear(4, 0), "units is 0"),
]  # fmt: skip


@pytest.mark.filterwarnings("ignore:Initializing zero-element tensors")
@pytest.mark.parametrize(("make", "said"), REFUSED, ids=[said for _, said in REFUSED])
def test_what_is_not_exactly_known_is_refused_with_its_place(
    make: Callable[[], Any], said: str
) -> None:
    model = nn.Sequential(nn.Linear(4, 4), nn.Sequential(nn.ReLU(), make()), nn.Linear(4, 2))
    with pytest.raises(gn.GlassnetError, match=re.escape(said)) as caught:
        from_torch(model)
    assert str(caught.value).startswith("from_torch: module[1][1]: ")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "given", [None, "model.pt", np.eye(2), nn.Linear(2, 2).state_dict(), nn.Linear]
)
def test_what_is_no_module_is_refused(given: Any) -> None:
    with pytest.raises(gn.GlassnetError, match=r"expected a torch\.nn\.Module"):
        from_torch(given)


def test_a_module_that_holds_itself_is_refused() -> None:
    model = nn.Sequential(nn.Linear(4, 4))
    model.append(model)
    with pytest.raises(gn.GlassnetError, match="a Sequential holds itself"):
        from_torch(model)


def test_hooks_for_all_modules_are_refused() -> None:
    handle = nn.modules.module.register_module_forward_hook(lambda *given: given[-1] + 1)
    try:
        with pytest.raises(gn.GlassnetError, match="with forward hooks for all modules"):
            from_torch(nn.Linear(4, 4))
    finally:
        handle.remove()


def test_a_module_that_is_used_twice_gives_the_same() -> None:
    shared = nn.Linear(4, 4)
    model = nn.Sequential(shared, nn.Tanh(), shared, nn.Identity())
    assert from_torch(model)(ROWS) == pytest.approx(theirs(model, ROWS), abs=1e-5)


def test_axes_are_those_of_the_shape_that_reaches_them() -> None:
    """Of samples of shape (2, 2) axis 1 is the first of two; softmax here is over the last."""
    for layer, said in (
        (nn.Softmax(dim=1), "Softmax with dim 1"),
        (nn.Softmax(dim=None), "Softmax with dim None"),
        (nn.Flatten(2), "Flatten with start_dim 2"),
        (nn.Unflatten(1, (1, 2)), "Unflatten of samples with 2 axes"),
        (nn.Linear(2, 2), "Dense takes rows of features"),
    ):
        model = nn.Sequential(layer, nn.Flatten(), nn.Linear(4, 2))
        with pytest.raises(gn.GlassnetError, match=said):
            from_torch(model, input_shape=(2, 2))
    for layer in (nn.Softmax(dim=2), nn.Softmax(dim=-1), nn.Flatten(1, 2)):
        model = nn.Sequential(layer, nn.Flatten(), nn.Linear(4, 2))
        ours = from_torch(model, input_shape=(2, 2))
        assert ours(GRIDS) == pytest.approx(theirs(model, GRIDS), abs=1e-5)


def test_a_last_layer_is_left_to_the_loss_that_applies_it() -> None:
    model = nn.Sequential(nn.Linear(4, 3), nn.Softmax(dim=1))
    for loss in ("mean_squared", "binary_cross_entropy"):
        ours = from_torch(model, loss=loss)
        assert ours(ROWS) == pytest.approx(theirs(model, ROWS), abs=1e-6)
    ours = from_torch(model, loss="cross_entropy:label_smoothing=0.1")
    assert len(ours.layers) == 1
    assert ours.predict_proba(ROWS) == pytest.approx(theirs(model, ROWS), abs=1e-6)
    model.append(nn.Unflatten(1, (3, 1))).append(nn.Sigmoid())
    with pytest.raises(InputError, match=r"module\[3\]: a last Sigmoid of samples of shape \(3, 1"):
        from_torch(model)


def test_a_network_without_weights_needs_a_shape() -> None:
    model = nn.Sequential(nn.Flatten(), nn.ReLU())
    ours = from_torch(model, input_shape=(2, 2))
    assert ours(GRIDS) == pytest.approx(theirs(model, GRIDS), abs=1e-6)
    with pytest.raises(InputError, match="no dense layer to convert"):
        from_torch(model)
    with pytest.raises(InputError, match="input_shape is -1, expected sizes of 1 or more"):
        from_torch(model, input_shape=-1)


def test_weights_of_float64_that_need_a_gradient() -> None:
    model = nn.Sequential(nn.Linear(4, 3), nn.SiLU(), nn.Linear(3, 1)).double().train()
    x = ROWS.astype(float)
    ours = from_torch(model, loss="mean_squared")
    assert ours.dtype == np.float64
    assert ours(x) == pytest.approx(theirs(model, x), abs=1e-12)


KNOWN: list[Callable[[int], Any]] = [
    lambda n: nn.ReLU(inplace=True), lambda n: nn.LeakyReLU(0.2), lambda n: nn.ELU(0.7),
    lambda n: nn.SELU(), lambda n: nn.GELU(), lambda n: nn.GELU("tanh"), lambda n: nn.SiLU(),
    lambda n: nn.Sigmoid(), lambda n: nn.Tanh(), lambda n: nn.Softplus(), lambda n: nn.Identity(),
    lambda n: nn.Softmax(dim=1), lambda n: nn.Softmax(dim=-1), lambda n: nn.Dropout(0.3),
    lambda n: nn.Flatten(), lambda n: nn.Flatten(1, 1), lambda n: nn.Linear(n, n),
    lambda n: nn.Linear(n, n, bias=False), lambda n: nn.Softplus(threshold=25),
    lambda n: nn.Sequential(nn.Tanh(), nn.Linear(n, n)), lambda n: nn.Sequential(),
    lambda n: nn.Sequential(nn.Unflatten(1, (2, -1)), nn.Softmax(dim=2), nn.Flatten()),
    lambda n: nn.LayerNorm(n, eps=0.1), lambda n: nn.RMSNorm(n, eps=0.1), nn.BatchNorm1d,
    lambda n: nn.GroupNorm(2, n, eps=0.1),
]  # fmt: skip
UNKNOWN: list[Callable[[int], Any]] = [
    lambda n: Linear(n, n), lambda n: Sequential(nn.Tanh()), lambda n: Tanh(),
    lambda n: hooked(nn.Tanh()), lambda n: hooked_before(nn.Linear(n, n)),
    lambda n: replaced(nn.ReLU()), lambda n: nn.PReLU(), lambda n: nn.Hardtanh(),
    lambda n: nn.CELU(2.0),
    lambda n: nn.ReLU6(), lambda n: nn.Softplus(beta=3), lambda n: nn.Softplus(threshold=0.1),
    lambda n: nn.Softmax(dim=0), lambda n: nn.LogSoftmax(dim=1), lambda n: nn.LeakyReLU(1.5),
    lambda n: nn.utils.parametrizations.weight_norm(nn.Linear(n, n)),
    lambda n: nn.Sequential(nn.Unflatten(1, (2, -1)), nn.Softmax(dim=1), nn.Flatten()),
]  # fmt: skip


@pytest.mark.parametrize("start", range(0, 200, 20))
def test_any_modules_in_a_row_give_the_same_or_are_refused(start: int) -> None:
    for seed in range(start, start + 20):
        rng = np.random.default_rng(seed)
        torch.manual_seed(seed)
        length, unknown = int(rng.integers(2, 8)), None
        modules = [nn.Linear(4, 4)]
        for place in range(1, length):
            unknown = place if unknown is None and rng.random() < 0.15 else unknown
            pool = UNKNOWN if place == unknown else KNOWN
            modules.append(pool[rng.integers(len(pool))](4))
        model = nn.Sequential(*modules, *([nn.Linear(4, 3)] if rng.random() < 0.5 else []))
        if unknown is None:
            ours = from_torch(model)
            assert outputs(ours, ROWS) == pytest.approx(theirs(model, ROWS), abs=1e-5), model
        else:
            with pytest.raises(InputError, match=rf"^from_torch: module\[{unknown}\]"):
                from_torch(model)
