"""From PyTorch: an `nn.Sequential` of modules that are known here."""

from collections.abc import Iterator, Sequence
from typing import Any

from glassnet.base.arrays import Shape
from glassnet.base.configurable import named
from glassnet.base.errors import InputError
from glassnet.base.optional import need
from glassnet.interop.assemble import KNOWN, network
from glassnet.interop.layout import Layout
from glassnet.interop.pieces import described, known_as, refused
from glassnet.interop.torch_modules import FIRST, LAST, MODULES, WHERE
from glassnet.interop.torch_own import OWN, own_name
from glassnet.nn.losses import Loss
from glassnet.sequential import Sequential

Row = Sequence[tuple[str, Any]]


@named
def from_torch(
    module: Any, input_shape: int | Shape | None = None, loss: str | Loss | None = None
) -> Sequential:
    """The network of a PyTorch module: one layer, or an `nn.Sequential`, nested or not.

    The outputs are those of `module.eval()`.

    - `module`: one of `torch.nn`.
    - `input_shape`: one sample's shape here if it is not a row, such as (height, width, channels)
      for a network whose pictures are (channels, height, width) there.
    - `loss`: what the outputs mean, if the last module does not say so.

    Raises `InputError` for a module whose class, settings, hooks or weights have no counterpart
    here.
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
    shape = _shape(input_shape, modules, nn)
    layout = _layout(shape or (1,), modules, nn)
    _read_row(layout, modules)
    layout.finish()
    _check_last(layout, modules)
    return network(layout.parts, shape, loss)


def _in_a_row(module: Any, nn: Any, place: str = "") -> Iterator[tuple[str, Any]]:
    """The modules that are called one after another, each with its place."""
    if type(module) is nn.Sequential and not _changed(module):
        for number, each in enumerate(module):
            yield from _in_a_row(each, nn, f"{place}[{number}]")
    else:
        yield f"{WHERE}: module{place}" if place else WHERE, module


def _shape(given: int | Shape | None, modules: Row, nn: Any) -> Shape | None:
    """One sample's shape: as given, or a row of what the first Linear takes."""
    widths = [each.in_features for _, each in modules if type(each) is nn.Linear]
    for place, each in modules if given is None else ():
        kind = known_as(each, nn) or own_name(each)
        if kind in ("Linear", "BatchNorm1d", "LayerNorm", "RMSNorm"):
            break
        if kind in {*FIRST, *OWN, "Embedding"} - {"Scale"}:
            raise InputError(
                f"{place}: {kind} does not say how large samples are: give input_shape, such as "
                "(height, width, channels)"
            )
    return Sequential(input_shape=widths[0] if given is None and widths else given).input_shape


def _layout(shape: Shape, modules: Row, nn: Any) -> Layout:
    """How samples lie there, by the first module that shows it."""
    count = len(shape)
    kinds = [known_as(each, nn) or own_name(each) for _, each in modules]
    telling = (kind for kind in kinds if kind in {*FIRST, *LAST, *OWN})
    if count > 1 and next(telling, None) in FIRST:
        return Layout(here=shape, axes=(count - 1, *range(count - 1)), channel=0)
    return Layout(here=shape, axes=tuple(range(count)))


def _read_row(layout: Layout, modules: Row) -> None:
    """Add what each module is here; errors begin with its place and are one line."""
    for place, module in modules:
        try:
            _read(layout, module)
        except InputError as error:
            raise InputError(f"{place}: {' '.join(str(error).split())}") from None


def _read(layout: Layout, module: Any) -> None:
    nn = need("torch.nn", WHERE)
    kind = known_as(module, nn) or ""
    if isinstance(module, nn.modules.lazy.LazyModuleMixin):
        raise refused(f"module {kind}", "a built one: call the module on data once")
    own = own_name(module)
    if kind not in MODULES and kind != "Sequential" and own not in OWN:
        raise refused(f"module {described(module, nn)}", f"{KNOWN}, in an nn.Sequential")
    everything = [module] if own is None else module.modules()
    if change := next(filter(None, map(_changed, everything)), None):
        raise refused(f"module {kind or own} with {change}", "a module as PyTorch made it")
    if own is not None:
        OWN[own](layout, module, _read)
    elif kind in MODULES:
        MODULES[kind](layout, module)
    else:
        for each in module:
            _read(layout, each)


def _check_last(layout: Layout, modules: Row) -> None:
    """Refuse a last softmax that is none of rows, which would not become the loss."""
    last = layout.parts[-1].layer if layout.parts else None
    if last is not None and len(layout.here) != 1 and last.name in ("sigmoid", "softmax"):
        kind, shape = type(last).__name__, layout.here
        raise InputError(
            f"{modules[-1][0]}: a last {kind} of samples of shape {shape}: expected rows"
        )


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
