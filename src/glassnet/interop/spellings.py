"""How other libraries spell a layer: one row each, x being the layer's input.

Export reads a row from left to right and fills the layer's settings in. Conversion reads it from
right to left: `nn.ELU(alpha={alpha!r})` is the class, and the attribute that becomes the setting.
What is more than one call, or needs a look at more than its settings, is a function here, or a
reader of its own in `from_….py`.

A layer without a row trains, saves and is explained; exporting it says which row is missing.
"""

import re
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from glassnet.base.configurable import named
from glassnet.base.errors import InputError, InputTypeError
from glassnet.interop.onnx_builder import Graph
from glassnet.interop.script import NUMBER, Place, scaling
from glassnet.interop.spelling import LIBRARIES, Node, Spelling, Text, label
from glassnet.interop.spellings_norms import NORMS
from glassnet.interop.spellings_pictures import PICTURES
from glassnet.interop.spellings_waves import WAVES
from glassnet.nn.layers import LAYERS, SELU, Layer

# ---- rows that are more than one call


def _bias(text: str, place: Place) -> str:
    return text if place.layer.bias else ""


def _scaled(template: str) -> Callable[[Place], str]:
    return lambda place: template.format(*scaling(place))


def _scale_numpy(place: Place) -> str:
    factor, shift = scaling(place)
    return f"x * {factor}" + ("" if shift == "0.0" else f" + {shift}")


def _either(approximate: str, exact: str) -> Callable[[Place], str]:
    return lambda place: approximate if place.layer.approximate else exact


def _dense_node(graph: Graph, x: str, place: Place) -> str:
    y = graph.op("MatMul", x, graph.constant(place.layer.W))
    return graph.op("Add", y, graph.constant(place.layer.b)) if place.layer.bias else y


def _scale_node(graph: Graph, x: str, place: Place) -> str:
    y = graph.op("Mul", x, graph.constant(place.layer.factor))
    return graph.op("Add", y, graph.constant(place.layer.shift))


def _reshape_node(graph: Graph, x: str, place: Place) -> str:
    return graph.op("Reshape", x, graph.integers(-1, *place.after))


def _gelu_node(graph: Graph, x: str, place: Place) -> str:
    return graph.op("Gelu", x, approximate="tanh" if place.layer.approximate else "none")


def _silu_node(graph: Graph, x: str, place: Place) -> str:
    return graph.op("Mul", x, graph.op("Sigmoid", x))


def _gaussian_noise(place: Place) -> str:
    std = place.layer.std
    return f"layers.GaussianNoise(stddev={std!r})" if std <= 1 else "layers.Identity()"


def _as_it_is(graph: Graph, x: str, place: Place) -> str:
    return x


# What varies pictures in training, of which other libraries have no equal: each hands its input on.
# Functions, since they are not read from right to left: an Identity elsewhere is no layer here.
IN_PREDICTION = Spelling(
    numpy="x",
    torch=lambda place: "nn.Identity()",
    keras=lambda place: "layers.Identity()",
    onnx=_as_it_is,
)
SIGMOID = "(1 + np.tanh({} / 2)) / 2"
ELU = "np.where(x > 0, x, {alpha!r} * np.expm1(np.minimum(x, 0)))"

SPELLINGS: dict[str, Spelling] = {
    "Dense": Spelling(
        numpy=lambda p: f'x @ W["{p.key}W"]' + _bias(f' + W["{p.key}b"]', p),
        torch=lambda p: f"nn.Linear({p.before[-1]}, {p.layer.units}, bias={p.layer.bias})",
        keras=lambda p: (
            f'layers.Dense({p.layer.units}, use_bias={p.layer.bias}, name="{label(p)}")'
        ),
        onnx=_dense_node,
    ),
    "Scale": Spelling(
        numpy=_scale_numpy,
        torch=_scaled("Scale({}, {})"),
        keras=_scaled("layers.Rescaling({}, offset={})"),
        onnx=_scale_node,
    ),
    "Dropout": Spelling(
        numpy="x",
        torch="nn.Dropout(p={rate!r})",
        keras="layers.Dropout(rate={rate!r})",
        onnx=_as_it_is,
    ),
    # Keras has this one too, for deviations up to 1.
    "GaussianNoise": IN_PREDICTION._replace(keras=_gaussian_noise),
    "RandomShift": IN_PREDICTION,
    "RandomRotation": IN_PREDICTION,
    "RandomAffine": IN_PREDICTION,
    "RandomFlip": IN_PREDICTION,
    "RandomErase": IN_PREDICTION,
    "ElasticDistortion": IN_PREDICTION,
    "Flatten": Spelling(
        numpy="x.reshape(len(x), -1)",
        torch="nn.Flatten()",
        keras="layers.Flatten()",
        onnx=_reshape_node,
    ),
    "Reshape": Spelling(
        numpy=lambda p: f"x.reshape(len(x), {', '.join(map(str, p.after))})",
        torch=lambda p: f"nn.Sequential(nn.Flatten(), nn.Unflatten(1, {p.after}))",
        keras=lambda p: f"layers.Reshape({p.after})",
        onnx=_reshape_node,
    ),
    "ReLU": Spelling(
        numpy="np.maximum(x, 0)", torch="nn.ReLU()", keras="layers.ReLU()", onnx="Relu()"
    ),
    "LeakyReLU": Spelling(
        numpy="np.maximum({slope!r} * x, x)",
        torch="nn.LeakyReLU(negative_slope={slope!r})",
        keras="layers.LeakyReLU(negative_slope={slope!r})",
        onnx="LeakyRelu(alpha={slope!r})",
    ),
    "ELU": Spelling(
        numpy=ELU,
        torch="nn.ELU(alpha={alpha!r})",
        keras="layers.ELU(alpha={alpha!r})",
        onnx="Elu(alpha={alpha!r})",
    ),
    "SELU": Spelling(
        numpy=f"{SELU.LAMBDA!r} * {ELU.format(alpha=SELU.ALPHA)}",
        torch="nn.SELU()",
        keras='layers.Activation("selu")',
        onnx=f"Selu(alpha={SELU.ALPHA!r}, gamma={SELU.LAMBDA!r})",
    ),
    "GELU": Spelling(
        numpy=_either(
            "x * (1 + np.tanh(np.sqrt(2 / np.pi) * (x + 0.044715 * x**3))) / 2",
            "x * (1 + np.vectorize(math.erf)(x / np.sqrt(2))) / 2",
        ),
        torch=_either('nn.GELU("tanh")', 'nn.GELU("none")'),
        keras=_either(
            "layers.Activation(lambda x: keras.activations.gelu(x, approximate=True))",
            'layers.Activation("gelu")',
        ),
        onnx=_gelu_node,
    ),
    "SiLU": Spelling(
        numpy=f"x * {SIGMOID.format('x')}",
        torch="nn.SiLU()",
        keras='layers.Activation("silu")',
        onnx=_silu_node,
    ),
    "Sigmoid": Spelling(
        numpy=SIGMOID.format("x"),
        torch="nn.Sigmoid()",
        keras='layers.Activation("sigmoid")',
        onnx="Sigmoid()",
    ),
    "Tanh": Spelling(
        numpy="np.tanh(x)", torch="nn.Tanh()", keras='layers.Activation("tanh")', onnx="Tanh()"
    ),
    "Softplus": Spelling(
        numpy="np.logaddexp(0, x)",
        torch="nn.Softplus(threshold=50)",
        keras='layers.Activation("softplus")',
        onnx="Softplus()",
    ),
    "Softmax": Spelling(
        numpy="softmax(x)",
        torch="nn.Softmax(dim=-1)",
        keras="layers.Softmax()",
        onnx="Softmax(axis=-1)",
    ),
    **PICTURES,
    **NORMS,
    **WAVES,
}

_OWN: dict[type[Layer], Spelling] = {}  # rows that a user gave


@named
def spell(
    kind: type[Layer],
    *,
    numpy: Text | None = None,
    torch: Text | None = None,
    keras: Text | None = None,
    onnx: Node | None = None,
) -> None:
    """Say how other libraries spell a layer of your own, so that it can be exported to them.

    - `kind`: the class of the layer.
    - `numpy`: an expression in x.
    - `torch`: a module, "Apply(f)" if it is a function of x.
    - `keras`: a layer, such as "layers.Lambda(f)".
    - `onnx`: an operator.

    In all of them "{slope!r}" is the layer's setting of that name, and `W["{key}g"]` its parameter
    g. Instead of text, each may be a function: of the layer's place, for ONNX of graph, x and
    place.

    >>> from glassnet import Activation
    >>> class Sine(Activation): ...
    >>> spell(Sine, numpy="np.sin(x)", torch="Apply(torch.sin)", onnx="Sin()")
    """
    if not (isinstance(kind, type) and issubclass(kind, Layer)):
        raise InputTypeError(f"spell: expected a class of layers, got {kind!r}")
    _OWN[kind] = Spelling(numpy, torch, keras, onnx)


def spelled(place: Place, library: str) -> str:
    """A layer as this library writes it; InputError if it has no such row."""
    text = _found(place, library)
    return text(place) if callable(text) else _filled(text, place)


def operator(graph: Graph, x: str, place: Place) -> str:
    """The output of a layer's operator in ONNX."""
    node = _found(place, "onnx")
    if callable(node):
        made: str = node(graph, x, place)
        return made
    name, _, settings = _filled(node, place).rstrip(")").partition("(")
    pairs = (each.split("=") for each in settings.split(", ") if each)
    given: dict[str, Any] = {key: _number(value) for key, value in pairs}
    return graph.op(name, x, **given)


def arrays(place: Place) -> list[str]:
    """The names of a layer's parameters, if its row leaves it to the script to fill them in."""
    return list(place.layer.build(place.before)) if _row(place) else []


def _row(place: Place) -> Spelling | None:
    """The row of one of glassnet's own layers."""
    kind = type(place.layer)
    return SPELLINGS.get(kind.__name__) if LAYERS.get(kind.__name__) is kind else None


def _found(place: Place, library: str) -> Any:
    kind = type(place.layer)
    row = _OWN.get(kind) or _row(place)
    if row is None or getattr(row, library) is None:
        name = place.name.replace(NUMBER, "n")
        raise InputError(
            f"layer {name} is {kind.__name__}, which has no spelling for "
            f"{LIBRARIES[library]}: give one with "
            f"glassnet.interop.spell({kind.__name__}, {library}=…)"
        )
    return getattr(row, library)


def _filled(text: str, place: Place) -> str:
    return text.format(**{**place.layer.config(), "key": place.key})


def _number(text: str) -> int | float:
    return int(text) if text.lstrip("-").isdigit() else float(text)


# ---- from right to left

CALL = re.compile(r"(?:nn\.|layers\.)?(\w+)\((?:(\w+)=\{(\w+)!r\})?\)")
ACTIVATION = re.compile(r'layers\.Activation\("(\w+)"\)')


class Plain(NamedTuple):
    """A layer that is one call elsewhere, and how one attribute there becomes its setting here."""

    kind: type[Layer]
    attribute: str | None
    setting: str | None

    def layer(self, piece: Any) -> Layer:
        """The layer here of such a piece there: an object, or a dict of attributes."""
        if self.attribute is None or self.setting is None:
            return self.kind()
        has = piece[self.attribute] if isinstance(piece, dict) else getattr(piece, self.attribute)
        return self.kind(**{self.setting: has})

    def make(self, piece: Any, shape: Any) -> Layer:
        """The same, for samples of any shape."""
        return self.layer(piece)


def plain(library: str) -> dict[str, Plain]:
    """The names of one library's pieces that are one call with at most one setting."""
    found = {}
    for name, text in _texts(library):
        if match := CALL.fullmatch(text):
            found[match[1]] = Plain(LAYERS[name], match[2], match[3])
    return found


def activations() -> dict[str, type[Layer]]:
    """Keras's names of activations that are layers here without settings."""
    matches = ((name, ACTIVATION.fullmatch(text)) for name, text in _texts("keras"))
    return {match[1]: LAYERS[name] for name, match in matches if match}


def _texts(library: str) -> Iterator[tuple[str, str]]:
    for name, row in SPELLINGS.items():
        text = getattr(row, library)
        if isinstance(text, str):
            yield name, text
