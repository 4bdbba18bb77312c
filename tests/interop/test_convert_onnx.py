"""ONNX files as graphs: what onnx's own reference evaluator gives, or a refusal by name."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import glassnet as gn
from glassnet.interop import from_onnx

onnx = pytest.importorskip("onnx")
helper, numpy_helper = onnx.helper, onnx.numpy_helper
FLOAT = onnx.TensorProto.FLOAT
RNG = np.random.default_rng(0)
WEIGHTS = {
    "W": RNG.normal(size=(4, 3)), "V": RNG.normal(size=(3, 3)), "S": RNG.normal(size=(4, 4)),
    "R": RNG.normal(size=(6, 3)), "b": RNG.normal(size=3), "row": RNG.normal(size=(1, 3)),
    "one": RNG.normal(size=1), "two": np.array(2.0), "column": RNG.normal(size=(3, 1)),
}  # fmt: skip


def node(text: str, **attributes: Any) -> Any:
    """An operator from a text such as "Gemm: x W b > h"."""
    kind, _, ways = text.partition(": ")
    inputs, outputs = (["" if n == "_" else n for n in side.split()] for side in ways.split(">"))
    return helper.make_node(kind, inputs, outputs, name=f"{kind}_{outputs[0]}", **attributes)


def model(nodes: list[Any], outputs: tuple[str, ...] = ("y",), **more: Any) -> Any:
    constants = {name: np.asarray(v, np.float32) for name, v in {**WEIGHTS, **more}.items()}
    used = {name for each in nodes for name in each.input}
    graph = helper.make_graph(
        nodes, "graph", [helper.make_tensor_value_info("x", FLOAT, ["n", 4])],
        [helper.make_empty_tensor_value_info(name) for name in outputs],
        [numpy_helper.from_array(v, name) for name, v in constants.items() if name in used],
    )  # fmt: skip
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)])


def reference(made: Any, x: np.ndarray) -> np.ndarray:
    from onnx.reference import ReferenceEvaluator

    with np.errstate(all="ignore"):
        return np.asarray(ReferenceEvaluator(made).run(None, {"x": x})[0])


def predicted(made: Any, x: np.ndarray, folder: Path) -> np.ndarray:
    """What the network of the file gives where the file gives its first output."""
    path = folder / "net.onnx"
    onnx.save(made, str(path))
    net = from_onnx(path)
    if net.loss is None:
        return net(x)
    p = net.predict_proba(x)
    return p[:, -1:] if net.output_shape == (1,) else p  # the file may have p without 1 − p


X = RNG.normal(size=(5, 4)).astype(np.float32)

CONVERTED = {
    "a bias of one row": [node("MatMul: x W > h"), node("Add: h row > y")],
    "a bias of one number": [node("MatMul: x W > h"), node("Add: one h > y")],
    "a bias by Gemm that broadcasts": [node("Gemm: x W one > y")],
    "factors of Gemm": [node("Gemm: x W b > y", alpha=0.5, beta=-2.0)],
    "weights through Identity and Transpose": [
        node("Identity: W > I"), node("Transpose: I > T"), node("Gemm: x T b > y", transB=1),
    ],
    "a constant of one number": [
        node("Constant: > c", value_float=3.0), node("Gemm: x W b > h"), node("Mul: c h > y"),
    ],
    "a constant of several numbers": [
        node("Constant: > c", value_floats=[1.0, 2.0, 3.0]), node("Gemm: x W b > h"),
        node("Sub: h c > y"),
    ],
    "silu, spelled out": [
        node("Gemm: x W b > h"), node("Sigmoid: h > s"), node("Mul: h s > y"),
    ],
    "silu, the other way round": [
        node("Gemm: x W b > h"), node("Sigmoid: h > s"), node("Mul: s h > y"),
    ],
    "SELU by other constants": [node("Gemm: x W b > h"), node("Selu: h > y", alpha=1.0, gamma=2.0)],
    "a reshape that keeps samples": [
        node("Constant: > shape", value_ints=[-1, 4]), node("Reshape: x shape > r"),
        node("Gemm: r W b > y"),
    ],
    "branches side by side": [
        node("Gemm: x W b > g"), node("Relu: g > r"), node("Gemm: r V b > h"),
        node("Concat: r h > c", axis=1), node("Gemm: c R b > y"),
    ],
    "a sum of branches, and of sums": [
        node("Gemm: x W b > g"), node("Relu: g > r"), node("Gemm: r V b > h"),
        node("Add: h g > s"), node("Tanh: s > t"), node("Add: g t > y"),
    ],
    "a value added to itself": [node("Gemm: x W b > g"), node("Add: g g > y")],
    "a cast to the type that it has": [
        node("Gemm: x W b > h"), node("Cast: h > c", to=FLOAT), node("Relu: c > r"),
        node("Gemm: r V b > y"),
    ],
}  # fmt: skip


@pytest.mark.parametrize("name", CONVERTED)
def test_a_file_gives_what_onnx_says(tmp_path: Path, name: str) -> None:
    made = model(CONVERTED[name])
    np.testing.assert_allclose(predicted(made, X, tmp_path), reference(made, X), atol=1e-5)


REFUSED = {
    "Concat_c": [
        node("Gemm: x W b > g"), node("Relu: g > r"), node("Gemm: r V b > h"),
        node("Concat: r h > c", axis=0), node("Gemm: c R b > y"),
    ],
    "MatMul_h": [node("MatMul: S x > h"), node("Gemm: h W b > y")],
    "Flatten_f": [node("Flatten: x > f", axis=0), node("MatMul: f W > y")],
    "Mul_y": [node("Gemm: x W b > h"), node("Mul: h column > y")],
    "Relu_x": [node("Relu: x > x"), node("Gemm: x W b > y")],
    "Relu_r": [node("Relu: s > r"), node("Sigmoid: r > s"), node("Gemm: s W b > y")],
    "Conv_y": [node("Gemm: x W b > h"), node("Conv: h V > y")],
    "Softmax_y": [node("Gemm: x W b > h"), node("Softmax: h > y", axis=0)],
    "Reshape_r": [
        node("Constant: > shape", value_ints=[4, -1]), node("Reshape: x shape > r"),
        node("Gemm: r W b > y"),
    ],
    "Cast_c": [
        node("Gemm: x W b > h"), node("Cast: h > c", to=onnx.TensorProto.INT32),
        node("Relu: c > y"),
    ],
    "Dropout_d": [
        node("Constant: > half", value_float=0.5),
        node("Constant: > on", value=helper.make_tensor("on", onnx.TensorProto.BOOL, [], [1])),
        node("Gemm: x W b > h"), node("Dropout: h half on > d"), node("Gemm: d V b > y"),
    ],
    "Relu_y": [node("Gemm: x W b > h"), node("Relu: h > y", unheard=3)],
    "Gemm_y": [node("Gemm: x W b > y", transA=1)],
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_no_row_of_layers_is_refused_by_its_name(tmp_path: Path, name: str) -> None:
    onnx.save(model(REFUSED[name]), str(tmp_path / "net.onnx"))
    with pytest.raises(gn.GlassnetError, match=rf"^from_onnx: .*{name}"):
        from_onnx(tmp_path / "net.onnx")


def test_of_two_outputs_none_is_dropped(tmp_path: Path) -> None:
    nodes = [node("Gemm: x W b > h"), node("Relu: h > r"), node("Gemm: r V b > y")]
    for outputs in (("y", "r"), ("h", "y"), ("y", "x")):
        onnx.save(model(nodes, outputs), str(tmp_path / "net.onnx"))
        with pytest.raises(gn.GlassnetError, match=r"from_onnx: the file gives .* one output"):
            from_onnx(tmp_path / "net.onnx")


def test_labels_that_follow_from_the_outputs_may_be_left_out(tmp_path: Path) -> None:
    nodes = [node("Gemm: x W b > z"), node("Softmax: z > y"), node("ArgMax: y > label", axis=1)]
    made = model(nodes, ("y", "label"))
    np.testing.assert_allclose(predicted(made, X, tmp_path), reference(made, X), atol=1e-5)
    nodes[2] = node("ArgMin: y > label", axis=1)
    onnx.save(model(nodes, ("y", "label")), str(tmp_path / "net.onnx"))
    with pytest.raises(gn.GlassnetError, match="ArgMin_label"):
        from_onnx(tmp_path / "net.onnx")


@pytest.mark.parametrize("content", [b"", b"not onnx", b"\x00" * 100])
def test_other_files(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "net.onnx"
    path.write_bytes(content)
    with pytest.raises(gn.GlassnetError, match=r"net.onnx cannot be read as ONNX"):
        from_onnx(path)
    with pytest.raises(gn.GlassnetError, match=r"cannot be read as ONNX"):
        from_onnx(tmp_path)


# ---- random graphs

ELEMENTWISE = ["Relu", "Sigmoid", "Tanh", "Softplus", "Neg", "Identity", "Abs", "Exp", "Sign"]


def random_model(rng: np.random.Generator) -> Any:
    """A few operators after each other; now and then branches, an odd side or an odd setting."""
    nodes, constants = [], {}
    values = [("x", 4)]  # the name and width of everything that was computed

    def constant(*shape: int) -> str:
        name = f"c{len(constants)}"
        constants[name] = rng.normal(size=shape)
        return name

    def put(kind: str, inputs: list[str], width: int, **attributes: Any) -> None:
        name = f"v{len(nodes)}"
        nodes.append(node(f"{kind}: {' '.join(inputs)} > {name}", **attributes))
        values.append((name, width))

    for _ in range(rng.integers(2, 6)):
        last, width = values[-1] if rng.random() < 0.93 else values[rng.integers(len(values))]
        units = int(rng.integers(1, 5))
        match rng.integers(14):
            case 0 | 1 | 2:
                bias = [constant(units), constant(1), constant(1, units)][rng.integers(3)]
                how = {"transB": int(rng.random() < 0.3), "alpha": float(rng.choice([1, 0.5]))}
                shape = (units, width) if how["transB"] else (width, units)
                put("Gemm", [last, constant(*shape), bias], units, **how)
            case 3:
                put("MatMul", [last, constant(width, units)], units)
            case 4 | 5:
                shapes = [(width,), (1,), (), (1, width), (3, 1), (3, width)]
                pair = [
                    last,
                    constant(
                        *shapes[min(rng.integers(12), 5) if rng.random() < 0.3 else rng.integers(4)]
                    ),
                ]
                kind = str(rng.choice(["Add", "Sub", "Mul", "Div"]))
                put(kind, pair if rng.random() < 0.7 else pair[::-1], width)
            case 6 | 7 | 8:
                put(str(rng.choice(ELEMENTWISE)), [last], width)
            case 9:
                settings: dict[str, Any] = {} if rng.random() < 0.5 else {"alpha": 0.3}
                put(str(rng.choice(["LeakyRelu", "Elu", "Selu"])), [last], width, **settings)
            case 10:
                put("Softmax", [last], width, axis=int(rng.choice([-1, 1, 0])))
            case 12:
                other, _ = values[rng.integers(len(values))]
                put("Add", [last, other] if rng.random() < 0.5 else [other, last], width)
            case 13:
                other, more = values[rng.integers(len(values))]
                put("Concat", [last, other], width + more, axis=int(rng.choice([1, -1, -1, 0])))
            case 11:
                (other, same) = values[rng.integers(len(values))]
                put(
                    "Mul" if same == width else "Relu",
                    [last, other] if same == width else [last],
                    width,
                )
    outputs = [values[-1][0]]
    if rng.random() < 0.1 and len(values) > 2:
        outputs.append(values[int(rng.integers(1, len(values) - 1))][0])
    return model(nodes, tuple(outputs), **constants)


def test_random_graphs_are_what_onnx_says_or_refused(tmp_path: Path) -> None:
    x = np.random.default_rng(7).normal(size=(3, 4)).astype(np.float32)
    converted = refused = 0
    for seed in range(300):
        made = random_model(np.random.default_rng(seed))
        try:
            got = predicted(made, x, tmp_path)
        except gn.GlassnetError as error:
            names = [*(each.name for each in made.graph.node), *(o.name for o in made.graph.output)]
            assert any(name in str(error) for name in names) or "no layer to convert" in str(error)
            refused += 1
            continue
        expected = reference(made, x)
        np.testing.assert_allclose(got, expected, rtol=1e-4, atol=1e-5, err_msg=f"seed {seed}")
        converted += 1
    assert min(converted, refused) > 60
