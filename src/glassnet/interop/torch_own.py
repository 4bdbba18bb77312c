"""The classes that exported scripts define, when their networks come back from PyTorch."""

from collections.abc import Callable
from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np

from glassnet.base.optional import need
from glassnet.interop.layout import Layout, aligned
from glassnet.interop.pieces import refused
from glassnet.interop.to_torch import MODULES
from glassnet.interop.torch_modules import WHERE, average_pool, conv, max_pool, numbers, sides
from glassnet.nn.layers import Concat, PeriodicEmbedding, Residual, Scale

Read = Callable[[Layout, Any], None]  # of a module and all that is in it


def own_name(module: Any) -> str | None:
    """The name of the module's class if it is one of these, and computes what that does."""
    kind = type(module)
    ours = _classes().get(kind.__name__) if kind.__name__ in OWN else None
    alike = ours is not None and kind.__bases__ == ours.__bases__
    return kind.__name__ if alike and _functions(kind) == _functions(ours) else None


@cache
def _classes() -> dict[str, Any]:
    """The classes, made of the text that export writes."""
    need("torch", WHERE)
    names: dict[str, Any] = {}
    exec("import torch\nfrom torch import nn" + "".join(MODULES.values()), names)
    return {name: names[name] for name in MODULES}


def _functions(kind: Any) -> dict[str, Any]:
    """What the functions of a class compute, without the lines where they stand."""
    functions = {name: each for name, each in vars(kind).items() if callable(each)}
    return {name: _plain(getattr(each, "__code__", None)) for name, each in functions.items()}


def _plain(code: Any) -> Any:
    if not hasattr(code, "co_code"):
        return code
    return code.co_code, code.co_names, [_plain(each) for each in code.co_consts]


def _scale(layout: Layout, module: Any, read: Read) -> None:
    factor, shift = numbers(module, "factor"), numbers(module, "shift")
    if max(factor.size, shift.size) > 1:
        layout.bring_last(len(layout.axes) - 1)
    layout.put(Scale(factor.tolist(), shift.tolist()))


def _permute(layout: Layout, module: Any, read: Read) -> None:
    order = list(module.order)
    if sorted(order) != list(range(len(layout.axes) + 1)) or order[0] != 0:
        raise refused(f"Permute with order {order}", "every axis once, samples first")
    layout.exchange([axis - 1 for axis in order[1:]])


def _channels_last(layout: Layout, module: Any, read: Read) -> None:
    count = len(layout.axes)
    layout.exchange([count - 1, *range(count - 1)])
    inside = list(module)
    if not (len(inside) == 2 and _padded(layout, *inside)):
        for each in inside:
            read(layout, each)
    layout.exchange([*range(1, count), 0])


def _padded(layout: Layout, pad: Any, module: Any) -> bool:
    """Whether it is padding before such a layer as has a setting for it; adds the layer then."""
    nn = need("torch.nn", WHERE)
    if type(pad) not in (nn.ZeroPad1d, nn.ZeroPad2d, nn.ConstantPad1d, nn.ConstantPad2d):
        return False
    if type(module) in (nn.Conv1d, nn.Conv2d) and pad.value == 0:
        conv(layout, module, sides(pad))
    elif type(module) in (nn.MaxPool1d, nn.MaxPool2d) and pad.value == -np.inf:
        max_pool(layout, module, sides(pad))
    else:
        return False
    return True


def _average(layout: Layout, module: Any, read: Read) -> None:
    nn = need("torch.nn", WHERE)
    pads, pools = (nn.ZeroPad1d, nn.ZeroPad2d), (nn.AvgPool1d, nn.AvgPool2d)
    if type(module.pad) not in pads or type(module.pool) not in pools:
        raise refused("AveragePool of other modules", "ZeroPad and AvgPool")
    average_pool(layout, module.pool, sides(module.pad))


def _periodic(layout: Layout, module: Any, read: Read) -> None:
    if len(layout.axes) != 1:
        raise refused(f"PeriodicEmbedding of samples of shape {layout.shape}", "rows of features")
    columns = list(module.columns)
    chosen = None if columns == list(range(*layout.shape)) else columns
    W, b, V, c = (numbers(module, name) for name in ("weight", "bias", "V", "c"))
    if V.ndim != 3:
        raise refused(f"PeriodicEmbedding with V of shape {V.shape}", "(columns, waves, units)")
    layer = PeriodicEmbedding(V.shape[2], V.shape[1], columns=chosen)
    layout.put(layer, {"W": W, "b": b, "V": V, "c": c})


def _residual(layout: Layout, module: Any, read: Read) -> None:
    parts = [module.body, *([] if module.projection is None else [module.projection])]
    ends = [replace(layout, parts=[]) for _ in range(2)]
    for end, part in zip(ends, parts, strict=False):
        read(end, part)
    aligned(ends)
    body, projection = ([part.layer for part in end.parts] for end in ends)
    layout.join(Residual(body, projection=projection or None), ("body", "projection"), ends)


def _concat(layout: Layout, module: Any, read: Read) -> None:
    ends = [replace(layout, parts=[]) for _ in module]
    for end, branch in zip(ends, module, strict=True):
        read(end, branch)
        end.bring_last(len(end.axes) - 1)
    aligned(ends)
    layer = Concat([part.layer for part in end.parts] for end in ends)
    layout.join(layer, [str(number) for number in range(len(ends))], ends)


OWN: dict[str, Callable[[Layout, Any, Read], None]] = {
    "Scale": _scale,
    "Permute": _permute,
    "ChannelsLast": _channels_last,
    "AveragePool": _average,
    "PeriodicEmbedding": _periodic,
    "Residual": _residual,
    "Concat": _concat,
}
