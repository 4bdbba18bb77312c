"""Graphs of other libraries: a row in its order, or the reason why there is none."""

import pytest

from glassnet.base.errors import InputError
from glassnet.interop.graph import Node, row


def graph(*steps: str) -> list[Node]:
    """Nodes from texts such as "Add: a b > c"."""
    found = []
    for step in steps:
        label, _, ways = step.partition(": ")
        inputs, outputs = (tuple(side.split()) for side in ways.split(">"))
        found.append(Node(label, inputs, outputs))
    return found


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 2, 0)])
def test_a_row_in_its_order(order: tuple[int, ...]) -> None:
    nodes = graph("A: x > a", "B: a > b", "C: b > y")
    assert row([nodes[k] for k in order], "x", "y", "here") == nodes


def test_a_row_of_nothing() -> None:
    assert row([], "x", "x", "here") == []


def test_a_long_row() -> None:
    nodes = graph(*(f"R: v{k} > v{k + 1}" for k in range(3000)))
    assert row(nodes, "v0", "v3000", "here") == nodes


@pytest.mark.parametrize(("steps", "named"), [
    (["A: x > a", "B: a > b", "C: a b > y"], "'a' is read by B and C"),
    (["A: x > a", "B: a > b", "C: a > c", "D: a > y"], "'a' is read by B, C and D"),
    (["A: x x > y"], "A takes 'x' and 'x'"),
    (["A: x w > y"], "A takes 'x' and 'w'"),
    (["A: x > y", "B: > w"], "B is not on the way from 'x' to 'y'"),
    (["A: x > y z"], "A gives 'y' and 'z'"),
    (["A: x > "], "A gives nothing"),
    (["A: x > a"], "nothing reads 'a', which is not the output"),
    ([], "nothing reads 'x', which is not the output"),
    (["A: x > y", "B: y > z"], "B reads the output 'y'"),
    (["A: x > y", "B: a > b", "C: b > a"], "B is not on the way from 'x' to 'y'"),
    (["A: x > x"], "A gives 'x', as does the input"),
    (["A: x > a", "B: a > x"], "B gives 'x', as does the input"),
    (["A: x > a", "B: a > b", "C: b > a"], "C gives 'a', as does A"),
    (["A: x > y", "B: w > y"], "B gives 'y', as does A"),
])  # fmt: skip
def test_no_row(steps: list[str], named: str) -> None:
    with pytest.raises(InputError) as raised:
        row(graph(*steps), "x", "y", "here")
    assert str(raised.value) == (
        f"here: {named}: expected layers in a row, each taking what the one before it gives"
    )
