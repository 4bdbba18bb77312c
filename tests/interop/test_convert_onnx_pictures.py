"""ONNX files over pictures and sequences: what onnxruntime gives, or a refusal by name."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from test_convert_onnx import node

import glassnet as gn
from glassnet.interop import from_onnx

onnx = pytest.importorskip("onnx")
onnxruntime = pytest.importorskip("onnxruntime")
helper, numpy_helper = onnx.helper, onnx.numpy_helper
FLOAT, INT64 = onnx.TensorProto.FLOAT, onnx.TensorProto.INT64
RNG = np.random.default_rng(0)
PICTURE, SEQUENCE = (4, 7, 9), (4, 9)  # channels first

WEIGHTS = {
    "K": RNG.normal(size=(6, 4, 3, 3)), "D": RNG.normal(size=(8, 1, 2, 3)), "b": RNG.normal(size=6),
    "P": RNG.normal(size=(3, 6, 1, 1)), "b11": RNG.normal(size=(6, 1, 1)),
    "gain": RNG.uniform(1, 2, 4), "shift": RNG.normal(size=4), "mean": RNG.normal(size=4),
    "var": RNG.uniform(0.5, 2, 4), "c11": RNG.normal(size=(1, 4, 1, 1)), "w9": RNG.normal(size=9),
    "h7": RNG.normal(size=(7, 1)), "W": RNG.normal(size=(252, 5)), "V": RNG.normal(size=(4, 5)),
    "T": RNG.normal(size=(10, 4)), "ones": np.ones(2), "nils": np.zeros(2), "one": np.array(1.0),
    "double": [1, 1, 2, 3], "half": [1, 1, 0.5, 1], "C": RNG.normal(size=(6, 4, 3)),
}  # fmt: skip
WHOLE: dict[str, Any] = {
    "pads": [0, 0, 1, 0, 0, 0, 0, 2], "outer": [0, 1, 1, 1, 0, 0, 0, 0],
    "minus": [0, 0, -1, 0, 0, 0, 0, 0], "flat": [-1, 252], "back": [-1, 4, 7, 9],
    "places": [2, 3], "high": [2], "groups": [0, 2, -1], "few": [1, 1, 0, 0],
    "four": [4], "sides": [0, 0, 1, 2], "many": [2**40], "wrapped": [2**32, 2**32],
}  # fmt: skip


def model(nodes: list[Any], shape: Any = PICTURE, opset: int = 21, kind: int = FLOAT) -> Any:
    constants = {
        **{name: np.asarray(values, np.float32) for name, values in WEIGHTS.items()},
        **{name: np.asarray(values, np.int64) for name, values in WHOLE.items()},
    }
    used = {name for each in nodes for name in each.input}
    graph = helper.make_graph(
        nodes, "graph", [helper.make_tensor_value_info("x", kind, ["n", *shape])],
        [helper.make_empty_tensor_value_info("y")],
        [numpy_helper.from_array(v, name) for name, v in constants.items() if name in used],
    )  # fmt: skip
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=10)


def theirs(made: Any, x: Any) -> Any:
    found = onnxruntime.InferenceSession(made.SerializeToString()).run(None, {"x": x})[0]
    return np.moveaxis(found, 1, -1) if found.ndim > 2 else found


def converted(made: Any, folder: Path) -> gn.Sequential:
    onnx.save(made, str(folder / "net.onnx"))
    return from_onnx(folder / "net.onnx")


def outputs(net: gn.Sequential, x: Any) -> Any:
    return net(x) if net.loss is None else net.predict_proba(x)


POOL = node("MaxPool: x > p", kernel_shape=[1, 1])  # which shows that channels come first
ASYMMETRIC = {"coordinate_transformation_mode": "asymmetric", "nearest_mode": "floor"}
CONVERTED: dict[str, list[Any]] = {
    "a convolution alone": [node("Conv: x K b > y")],
    "a bias that follows": [node("Conv: x K > c"), node("Add: c b11 > y")],
    "odd padding": [node("Conv: x K b > y", pads=[0, 1, 2, 0], strides=[2, 1])],
    "padding as in Keras": [node("Conv: x K b > y", auto_pad="SAME_UPPER", strides=[2, 2])],
    "the odd zero first": [node("Conv: x K b > y", auto_pad="SAME_LOWER", strides=[3, 2])],
    "no padding": [node("Conv: x K b > y", auto_pad="VALID", dilations=[2, 3])],
    "a depthwise convolution": [node("Conv: x D > y", group=4, kernel_shape=[2, 3])],
    "pooling alone": [node("MaxPool: x > y", kernel_shape=[3, 2], strides=[2, 2])],
    "overlapping windows": [node("MaxPool: x > y", kernel_shape=[3, 3], pads=[1, 1, 1, 1])],
    "pooling by Keras's rule": [
        node("MaxPool: x > y", kernel_shape=[2, 2], strides=[2, 2], auto_pad="SAME_UPPER"),
    ],
    "a ceiling without effect": [
        node("MaxPool: x > y", kernel_shape=[3, 3], strides=[2, 2], ceil_mode=1),
    ],
    "means without padding": [
        node("AveragePool: x > y", kernel_shape=[3, 3], pads=[1, 1, 1, 1], strides=[2, 2]),
    ],
    "means with padding": [
        node("AveragePool: x > y", kernel_shape=[3, 3], pads=[0, 1, 1, 1], count_include_pad=1),
    ],
    "all places": [node("GlobalAveragePool: x > y")],
    "the largest of all places": [node("GlobalMaxPool: x > y")],
    "the mean of all places": [
        node("ReduceMean: x places > g", keepdims=0), node("MatMul: g V > y"),
    ],
    "the largest, its axes kept": [node("Neg: x > n"), node("ReduceMax: n places > y")],
    "a classifier": [
        node("Conv: x K b > c", pads=[1, 1, 1, 1]), node("Relu: c > r"),
        node("MaxPool: r > p", kernel_shape=[2, 2], strides=[2, 2]), node("Conv: p P > q"),
        node("GlobalAveragePool: q > g"), node("Flatten: g > z"), node("Softmax: z > y"),
    ],
    "flattened pictures": [POOL, node("Flatten: p > f"), node("MatMul: f W > y")],
    "flattened and turned": [
        POOL, node("Transpose: p > q", perm=[0, 1, 3, 2]), node("Flatten: q > f"),
        node("MatMul: f W > y"),
    ],
    "reshaped there and back": [
        POOL, node("Reshape: p flat > f"), node("Reshape: f back > g"), node("Conv: g K > y"),
    ],
    "batch normalization": [
        node("BatchNormalization: x gain shift mean var > y", epsilon=0.01)
    ],
    "instance normalization": [node("InstanceNormalization: x gain shift > y", epsilon=0.01)],
    "group normalization": [node("GroupNormalization: x gain shift > y", num_groups=2)],
    "group normalization as PyTorch writes it": [
        POOL, node("Reshape: p groups > r"), node("InstanceNormalization: r ones nils > i"),
        node("Reshape: i back > j"), node("Mul: j c11 > y"),
    ],
    "group normalization in a shape that is computed": [
        POOL, node("Reshape: p groups > r"), node("InstanceNormalization: r ones nils > i"),
        node("Shape: p > s"), node("Reshape: i s > j"), node("Mul: j c11 > y"),
    ],
    "zeros whose number is computed": [
        node("ConstantOfShape: four > o", value=helper.make_tensor("nil", INT64, [1], [0])),
        node("Concat: o sides > c", axis=0),
        node("Cast: c > d", to=INT64), node("Pad: x d > y"),
    ],
    "layer normalization of columns": [POOL, node("LayerNormalization: p w9 > y", axis=-1)],
    "zeros around": [node("Pad: x pads > y")],
    "zeros by their axes": [node("Pad: x few _ places > y")],
    "copies": [node("Resize: x _ double > y", mode="nearest", **ASYMMETRIC)],
    "copies as PyTorch has them": [node("Resize: x _ double > y", mode="nearest")],
    "a residual block": [
        node("BatchNormalization: x gain shift mean var > n"), node("Relu: n > r"),
        node("Add: r x > s"), node("Conv: s K b > y"),
    ],
    "branches of channels": [
        node("Conv: x K b > c"), node("Relu: c > r"), node("Tanh: c > t"),
        node("Concat: r t > y", axis=1),
    ],
    "branches of columns": [
        POOL, node("Relu: p > r"), node("Tanh: p > t"), node("Concat: r t > y", axis=-1),
    ],
    "a softmax of channels": [node("Conv: x K b > c"), node("Softmax: c > y", axis=1)],
    "a softmax of columns": [node("Conv: x K b > c"), node("Softmax: c > y", axis=-1)],
    "factors of channels": [node("Mul: x c11 > m"), node("Conv: m K > y")],
    "factors of columns": [POOL, node("Mul: p w9 > y")],
    "through channels last": [
        node("Transpose: x > a", perm=[0, 2, 3, 1]), node("Relu: a > r"),
        node("Transpose: r > c", perm=[0, 3, 1, 2]), node("Conv: c K b > y"),
    ],
}  # fmt: skip


@pytest.mark.parametrize("name", CONVERTED)
def test_pictures_give_what_onnxruntime_says(tmp_path: Path, name: str) -> None:
    made = model(CONVERTED[name])
    x = RNG.normal(size=(3, *PICTURE)).astype(np.float32)
    net = converted(made, tmp_path)
    assert net.input_shape == (7, 9, 4)  # channels last
    expected = theirs(made, x)
    found = outputs(net, np.moveaxis(x, 1, -1))
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-5)


def test_weights_need_no_new_order_where_pictures_are_flattened(tmp_path: Path) -> None:
    nodes = [
        node("Conv: x K b > c", pads=[1, 1, 1, 1]),
        node("Flatten: c > f"),
        node("Relu: f > y"),
    ]
    net = converted(model(nodes), tmp_path)
    assert [repr(layer) for layer in net.layers[1:]] == [
        "Permute((2, 0, 1))", "Flatten()", "ReLU()",
    ]  # fmt: skip


def test_a_normalization_takes_the_gain_and_the_shift_that_follow(tmp_path: Path) -> None:
    nodes = [*CONVERTED["group normalization in a shape that is computed"]]
    nodes[-1] = node("Mul: j c11 > m")
    made = model([*nodes, node("Add: m c11 > y")])
    net, x = converted(made, tmp_path), RNG.normal(size=(3, *PICTURE)).astype(np.float32)
    assert [type(layer).__name__ for layer in net.layers] == ["MaxPool2D", "GroupNorm"]
    np.testing.assert_allclose(net(np.moveaxis(x, 1, -1)), theirs(made, x), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("size", ["many", "wrapped"])
def test_a_file_cannot_make_large_constants(tmp_path: Path, size: str) -> None:
    with pytest.raises(gn.GlassnetError, match=r"ConstantOfShape_o.* makes more than 64 numbers"):
        converted(model([node(f"ConstantOfShape: {size} > o"), node("Pad: x o > y")]), tmp_path)


def test_a_graph_with_channels_last_is_taken_as_it_is(tmp_path: Path) -> None:
    nodes = [node("Transpose: x > a", perm=[0, 3, 1, 2]), node("Conv: a K b > c"),
             node("Transpose: c > d", perm=[0, 2, 3, 1]), node("Relu: d > y")]  # fmt: skip
    made = model(nodes, (7, 9, 4))
    net = converted(made, tmp_path)
    assert [type(layer).__name__ for layer in net.layers] == ["Conv2D", "ReLU"]
    x = RNG.normal(size=(3, 7, 9, 4)).astype(np.float32)
    np.testing.assert_allclose(np.moveaxis(net(x), 1, -1), theirs(made, x), rtol=1e-4, atol=1e-5)


def test_sequences(tmp_path: Path) -> None:
    nodes = [node("Conv: x C b > c", pads=[1, 1], strides=[2]),
             node("AveragePool: c > y", kernel_shape=[2])]  # fmt: skip
    made, x = model(nodes, (4, 9)), RNG.normal(size=(3, 4, 9)).astype(np.float32)
    net = converted(made, tmp_path)
    np.testing.assert_allclose(net(x.swapaxes(1, 2)), theirs(made, x), rtol=1e-4, atol=1e-5)


def test_words(tmp_path: Path) -> None:
    nodes = [node("Gather: T x > e"), node("Transpose: e > t", perm=[0, 2, 1]),
             node("Conv: t C b > c"), node("GlobalMaxPool: c > g"),
             node("Flatten: g > y")]  # fmt: skip
    made = model(nodes, (7,), kind=INT64)
    x = RNG.integers(0, 10, (5, 7))
    net = converted(made, tmp_path)
    assert [type(layer).__name__ for layer in net.layers] == [
        "Embedding",
        "Conv1D",
        "GlobalMaxPool",
    ]
    np.testing.assert_allclose(net(x), theirs(made, x), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("nodes", [
    [node("Pad: x > y", pads=[0, 0, 1, 1, 0, 0, 0, 2])],
    [node("Upsample: x double > y", mode="nearest")],
    [node("BatchNormalization: x gain shift mean var > y")],
])  # fmt: skip
def test_operators_as_they_were_in_2018(tmp_path: Path, nodes: list[Any]) -> None:
    made, x = model(nodes, opset=9), RNG.normal(size=(3, *PICTURE)).astype(np.float32)
    net = converted(made, tmp_path)
    np.testing.assert_allclose(net(np.moveaxis(x, 1, -1)), theirs(made, x), rtol=1e-4, atol=1e-5)


REFUSED: list[tuple[Any, str]] = [
    (node("Conv: x C > y"), "has weights of shape (6, 4, 3) for samples of shape (4, 7, 9)"),
    (node("Conv: x K > y", kernel_shape=[2, 3]), "kernel_shape"),
    (node("Conv: x K > y", group=3), "3 groups"),
    (node("Conv: x D > y"), "W has shape (2, 3, 1, 8), expected (2, 3, 4, 8)"),
    (node("Conv: x K > y", pads=[1, 1]), "pads=[1, 1]: expected 4 numbers"),
    (node("Conv: x K > y", pads=[-1, 0, 0, 0]), "padding of less than nothing"),
    (node("Conv: x K > y", auto_pad="SAME"), "auto_pad='SAME'"),
    (node("Conv: x K > y", auto_pad="SAME_UPPER", strides=[8, 8]), "skips numbers: expected pads"),
    (node("Conv: x K > y", auto_pad="SAME_UPPER", pads=[1, 1, 1, 1]), "and pads: expected one"),
    (node("Conv: x K > y", strides=[1.5, 2.0]), "strides=[1.5, 2.0]: expected whole numbers"),
    (node("ReduceMax: x places > y", keepdims=3), "keepdims=3: expected 0 or 1"),
    (node("Conv: x K > y", dilations=[4, 4]), "a window of 9 × 9 does not fit into 7 × 9"),
    (node("MaxPool: x > y", kernel_shape=[2, 2], strides=[2, 2], ceil_mode=1), "ceil_mode=1"),
    (node("MaxPool: x > y", kernel_shape=[2, 2], dilations=[2, 2]), "dilations"),
    (node("MaxPool: x > y", kernel_shape=[2, 2], pads=[1, 0, 0, 0]), "pads both sides differently"),
    (node("MaxPool: x > y", kernel_shape=[2, 2], pads=[2, 2, 2, 2]), "windows of padding alone"),
    (node("AveragePool: x > y"), "has no kernel_shape"),
    (node("LpPool: x > y", kernel_shape=[2, 2]), "cannot be converted"),
    (node("ReduceMean: x high > y"), "reduces the axes [2]"),
    (node("BatchNormalization: x gain shift mean var > y", training_mode=1), "of the batch"),
    (node("BatchNormalization: x b shift mean var > y"), "gamma has shape (6,), expected (4,)"),
    (node("GroupNormalization: x gain shift > y", num_groups=3), "3 groups"),
    (node("LayerNormalization: x w9 > y", axis=1), "axis=1"),
    (node("Pad: x pads > y", mode="reflect"), "pads with other values than 0"),
    (node("Pad: x pads one > y"), "pads with other values than 0"),
    (node("Pad: x outer > y"), "changes other axes than two"),
    (node("Pad: x minus > y"), "expected zeros around each sample"),
    (node("Resize: x _ double > y", mode="linear"), "the mode linear"),
    (node("Resize: x _ double > y", mode="nearest", nearest_mode="floor"), "half_pixel and floor"),
    (node("Resize: x _ half > y", mode="nearest"), "whole numbers"),
    (node("Transpose: x > y", perm=[1, 0, 2, 3]), "expected the samples to stay first"),
    (node("Mul: x h7 > y"), "has a constant of shape (7, 1)"),
    (node("Gather: T x > y"), "takes rows by FLOAT"),
]


@pytest.mark.parametrize(("only", "named"), REFUSED)
def test_what_no_layer_computes_is_refused_by_name(tmp_path: Path, only: Any, named: str) -> None:
    with pytest.raises(gn.GlassnetError) as raised:
        converted(model([only]), tmp_path)
    assert str(raised.value).startswith(
        f"from_onnx: operator {only.op_type} '{only.name}' (node 0)"
    )
    assert named in str(raised.value)


# ---- random graphs

OPSETS = (13, 17, 18, 21)


class Random:
    """A graph that grows by random operators; each value is computed to know its shape."""

    def __init__(self, seed: int) -> None:
        self.rng = np.random.default_rng(seed)
        self.opset = int(self.rng.choice(OPSETS))
        self.shape = PICTURE if self.rng.random() < 0.7 else SEQUENCE
        if self.rng.random() < 0.2:
            self.shape = (*self.shape[1:], self.shape[0])
        self.x = self.rng.normal(size=(2, *self.shape)).astype(np.float32)
        self.nodes: list[Any] = []
        self.constants: dict[str, Any] = {}
        self.values = {"x": self.x}
        self.last = "x"

    def model(self, output: str) -> Any:
        graph = helper.make_graph(
            self.nodes, "graph", [helper.make_tensor_value_info("x", FLOAT, ["n", *self.shape])],
            [helper.make_empty_tensor_value_info(output)],
            [numpy_helper.from_array(v, name) for name, v in self.constants.items()],
        )  # fmt: skip
        return helper.make_model(
            graph, opset_imports=[helper.make_opsetid("", self.opset)], ir_version=10
        )

    def constant(self, values: Any) -> str:
        """An array of the file: integers if it is a list."""
        name = f"c{len(self.constants)}"
        whole = isinstance(values, list)
        self.constants[name] = np.asarray(values, np.int64 if whole else np.float32)
        return name

    def normal(self, *shape: int) -> str:
        return self.constant(self.rng.normal(size=shape).astype(np.float32))

    def maybe(self, value: Any, chance: float = 0.3) -> dict[str, Any]:
        """Attributes that are there now and then."""
        return value if self.rng.random() < chance else {}

    def put(self, text: str, **attributes: Any) -> None:
        """An operator, unless it is none that onnxruntime computes for these samples."""
        name = f"v{len(self.nodes)}"
        self.nodes.append(node(f"{text} > {name}", **attributes))
        try:
            session = onnxruntime.InferenceSession(self.model(name).SerializeToString(), QUIET)
            value = session.run(None, {"x": self.x})[0]
        except Exception:  # of any kind: it is onnxruntime's
            value = np.empty(0)
        if value.size and np.isfinite(value).all():
            self.values[name], self.last = value, name
        else:
            self.nodes.pop()

    def step(self) -> None:
        """One more operator."""
        kinds = [self.window] * 4 + [self.norm] * 2 + [self.elementwise] * 2
        kinds += [self.rearrange] * 2 + [self.resize_or_pad, self.branch]
        kinds[self.rng.integers(len(kinds))](self.values[self.last].shape)

    def window(self, shape: Any) -> None:
        """A convolution or pooling."""
        rng, last, axes = self.rng, self.last, max(len(shape) - 2, 1)
        sizes = [int(n) for n in rng.integers(1, 4, axes)]
        strides = [int(n) for n in rng.integers(1, 3, axes)]
        pads = [int(n) for n in rng.integers(0, 2, 2 * axes)]
        how = self.maybe({"strides": strides}, 0.5)
        if rng.random() < 0.4:
            how["pads"] = pads if rng.random() < 0.3 else pads[:axes] * 2
        elif rng.random() < 0.3:
            how["auto_pad"] = str(rng.choice(["SAME_UPPER", "SAME_LOWER", "VALID"]))
        kind = str(rng.choice(["Conv", "MaxPool", "AveragePool"]))
        if kind == "Conv":
            groups = int(rng.choice([1, 1, 2, shape[1]]))
            weights = self.normal(2 * groups, max(shape[1] // groups, 1), *sizes)
            bias = f" {self.normal(2 * groups)}" if rng.random() < 0.6 else ""
            how |= {"group": groups, **self.maybe({"dilations": strides[::-1]})}
            self.put(f"Conv: {last} {weights}{bias}", **how)
        else:
            odd = {"count_include_pad": 1} if kind == "AveragePool" else {"dilations": sizes}
            how |= {**self.maybe({"ceil_mode": 1}), **self.maybe(odd, 0.2)}
            self.put(f"{kind}: {last}", kernel_shape=sizes, **how)

    def norm(self, shape: Any) -> None:
        """A normalization."""
        last, channels = self.last, shape[1]
        gain, shift, mean = (self.normal(channels) for _ in range(3))
        match self.rng.integers(4):
            case 0:
                variance = self.constant(self.rng.uniform(0.5, 2, channels))
                self.put(f"BatchNormalization: {last} {gain} {shift} {mean} {variance}")
            case 1:
                self.put(f"InstanceNormalization: {last} {gain} {shift}")
            case 2:
                self.put(f"GroupNormalization: {last} {gain} {shift}", num_groups=2)
            case 3:
                axis = int(self.rng.choice([-1, -1, 1]))
                self.put(f"LayerNormalization: {last} {self.normal(shape[axis])}", axis=axis)

    def elementwise(self, shape: Any) -> None:
        """An activation, or arithmetic with a constant."""
        if self.rng.random() < 0.5:
            kind = str(self.rng.choice(["Mul", "Add", "Sub"]))
            self.put(f"{kind}: {self.last} {self.normal(*self.broadcast(shape))}")
            return
        kind = str(self.rng.choice(["Relu", "Tanh", "Sigmoid", "Softmax", "LeakyRelu"]))
        more = {"axis": int(self.rng.choice([-1, 1, 2]))} if kind == "Softmax" else {}
        self.put(f"{kind}: {self.last}", **more)

    def rearrange(self, shape: Any) -> None:
        """Axes in a different order, or fewer of them."""
        order = [0, *(int(n) for n in 1 + self.rng.permutation(len(shape) - 1))]
        kinds = ["Transpose", "Transpose", "GlobalAveragePool", "GlobalMaxPool", "Flatten"]
        kind = str(self.rng.choice(kinds))
        more = {"perm": order} if kind == "Transpose" else {}
        self.put(f"{kind}: {self.last}", **more)

    def branch(self, shape: Any) -> None:
        """A sum with what was before, or both side by side."""
        other, axis = str(self.rng.choice(list(self.values))), int(self.rng.choice([1, -1]))
        kind, more = ("Add", {}) if self.rng.random() < 0.5 else ("Concat", {"axis": axis})
        self.put(f"{kind}: {self.last} {other}", **more)

    def resize_or_pad(self, shape: Any) -> None:
        """Zeros around, or copies beside, of two axes that are next to each other."""
        start = int(self.rng.integers(1, max(len(shape) - 1, 2)))
        two = range(start, start + 2)
        if self.rng.random() < 0.5:
            pads = [int(k % len(shape) in two) for k in range(2 * len(shape))]
            self.put(f"Pad: {self.last} {self.constant(pads)}")
            return
        scales = self.constant(np.array([2.0 if k in two else 1.0 for k in range(len(shape))]))
        self.put(
            f"Resize: {self.last} _ {scales}", mode="nearest",
            coordinate_transformation_mode=str(self.rng.choice(["asymmetric", "half_pixel"])),
            nearest_mode=str(self.rng.choice(["floor", "round_prefer_floor"])),
        )  # fmt: skip

    def broadcast(self, shape: Any) -> list[int]:
        """The shape of a constant: one number, or one for each place along an axis."""
        axis = int(self.rng.integers(0, len(shape)))
        sizes = [size if k == axis else 1 for k, size in enumerate(shape)]
        return sizes if self.rng.random() < 0.3 else sizes[int(self.rng.integers(1, len(shape))) :]


QUIET = onnxruntime.SessionOptions()
QUIET.log_severity_level = 4


def test_random_graphs_are_what_onnxruntime_says_or_refused(tmp_path: Path) -> None:
    converted_ones = refused = 0
    for seed in range(250):
        graph = Random(seed)
        for _ in range(graph.rng.integers(1, 6)):
            graph.step()
        made = graph.model(graph.last)
        if not graph.nodes:
            continue
        try:
            net = converted(made, tmp_path)
        except gn.GlassnetError as error:
            named = any(each.name in str(error) for each in graph.nodes)
            assert named or "no layer to convert" in str(error), f"seed {seed}: {error}"
            refused += 1
            continue
        x, expected = graph.x, graph.values[graph.last]
        found = outputs(net, x if net.input_shape == graph.shape else np.moveaxis(x, 1, -1))
        ways = [expected, np.moveaxis(expected, 1, -1)]
        fits = (
            w.shape == found.shape and np.allclose(found, w, rtol=1e-3, atol=1e-4) for w in ways
        )
        assert any(fits), f"seed {seed}"
        converted_ones += 1
    assert min(converted_ones, refused) > 50
