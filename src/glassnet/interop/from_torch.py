"""From PyTorch: an `nn.Sequential` of modules that are known here."""

from collections.abc import Iterator
from typing import Any

from glassnet.base.arrays import Array, Shape
from glassnet.base.errors import InputError
from glassnet.base.optional import need
from glassnet.interop.assemble import KNOWN, Part, dense, network
from glassnet.interop.pieces import Read, described, known_as, one, only, read_row, refused
from glassnet.interop.spellings import plain
from glassnet.nn.layers import GELU, Flatten, Layer, Reshape, Softmax, Softplus
from glassnet.nn.losses import Loss
from glassnet.sequential import Sequential

WHERE = "from_torch"
PLAIN = plain("torch")


def from_torch(
    module: Any, input_shape: int | Shape | None = None, loss: str | Loss | None = None
) -> Sequential:
    """The network of a PyTorch module: one layer, or an `nn.Sequential`, nested or not.

    `input_shape` is one sample's shape if it is not a row; `loss` says what the outputs mean.
    The outputs are those of `module.eval()`. Raises InputError for a module whose class, settings,
    hooks or weights have no counterpart here.
    """
    nn = need("torch.nn", WHERE)
    if not isinstance(module, nn.Module):
        hint = ": load the state dict into its module first" if isinstance(module, dict) else ""
        raise InputError(
            f"{WHERE}: got a {type(module).__name__}, expected a torch.nn.Module{hint}"
        )
    try:
        modules = list(_in_a_row(module, nn))
    except RecursionError:
        raise InputError(f"{WHERE}: a Sequential holds itself, or too many others") from None
    shape = _shape(input_shape, [each for _, each in modules], nn)
    return network(read_row(modules, _parts, shape or (1,)), shape, loss)


def _in_a_row(module: Any, nn: Any, place: str = "") -> Iterator[tuple[str, Any]]:
    """The modules that are called one after another, each with its place."""
    if type(module) is nn.Sequential and not _changed(module):
        for number, each in enumerate(module):
            yield from _in_a_row(each, nn, f"{place}[{number}]")
    else:
        yield f"{WHERE}: module{place}" if place else WHERE, module


def _shape(given: int | Shape | None, modules: list[Any], nn: Any) -> Shape | None:
    """One sample's shape: as given, or a row of what the first Linear takes."""
    widths = [each.in_features for each in modules if type(each) is nn.Linear]
    return Sequential(input_shape=widths[0] if given is None and widths else given).input_shape


def _parts(module: Any, shape: Shape) -> Iterator[Part]:
    nn = need("torch.nn", WHERE)
    kind = known_as(module, nn)
    if isinstance(module, nn.modules.lazy.LazyModuleMixin):
        raise refused(f"module {kind}", "a built one: call the module on data once")
    if kind not in READ and kind != "Sequential":
        raise refused(f"module {described(module, nn)}", f"{KNOWN}, in an nn.Sequential")
    if change := _changed(module):
        raise refused(f"module {kind} with {change}", "a module as PyTorch made it")
    yield from READ[kind](module, shape)


def _changed(module: Any) -> str | None:
    """What decides on a module's output beside the forward of its class, if anything does."""
    everywhere = need("torch.nn.modules.module", WHERE)
    if "forward" in vars(module):
        return "a forward of its own"
    if module._forward_hooks or module._forward_pre_hooks:
        return "forward hooks (such as those of weight_norm and pruning)"
    if everywhere._global_forward_hooks or everywhere._global_forward_pre_hooks:
        return "forward hooks for all modules"
    return None


def _numbers(name: str, tensor: Any) -> Array:
    """A tensor's values, if it is an ordinary one in a precision that networks have here."""
    torch = need("torch", WHERE)
    if type(tensor) not in (torch.Tensor, torch.nn.Parameter) or tensor.layout != torch.strided:
        kind = getattr(tensor, "layout", type(tensor).__name__)
        raise refused(f"module Linear with {name} of kind {kind}", "an ordinary dense tensor")
    if tensor.is_meta:
        raise refused(f"module Linear with {name} on the meta device", "values")
    if tensor.dtype not in (torch.float32, torch.float64):
        raise refused(
            f"module Linear with {name} of {tensor.dtype}", "float32 or float64, as after .float()"
        )
    values: Array = tensor.numpy(force=True)
    return values


def _linear(module: Any, shape: Shape) -> Iterator[Part]:
    W = _numbers("weight", module.weight).T
    yield dense(W, None if module.bias is None else _numbers("bias", module.bias))


def _softplus(module: Any, shape: Shape) -> Layer:
    only(module, beta=1)
    if not (isinstance(module.threshold, (int, float)) and module.threshold >= 20):
        # From there on PyTorch gives x, which log(1 + eˣ) equals from 20 on.
        raise refused(f"Softplus with threshold {module.threshold!r}", "20 or more")
    return Softplus()


def _softmax(module: Any, shape: Shape) -> Layer:
    only(module, dim=(-1, len(shape)))
    return Softmax()


def _flatten(module: Any, shape: Shape) -> Layer:
    only(module, start_dim=1, end_dim=(-1, len(shape)))
    return Flatten()


def _unflatten(module: Any, shape: Shape) -> Layer:
    if len(shape) != 1:
        raise refused(f"module Unflatten of samples with {len(shape)} axes", "rows")
    only(module, dim=(1, -1))
    return Reshape(tuple(module.unflattened_size))


def _gelu(module: Any, shape: Shape) -> Layer:
    only(module, approximate=("none", "tanh"))
    return GELU(module.approximate == "tanh")


READ: dict[str | None, Read] = {
    **{name: one(row.make) for name, row in PLAIN.items()},
    "Linear": _linear,
    "GELU": one(_gelu),
    "Softplus": one(_softplus),
    "Softmax": one(_softmax),
    "Flatten": one(_flatten),
    "Unflatten": one(_unflatten),
    "Identity": lambda module, shape: (),
}
