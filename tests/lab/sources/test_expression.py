"""Formulas are parsed, never run: the right trees, sentences for the rest, and nothing else."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from glassnet.base.errors import InputError
from glassnet.lab.sources.expression import DEEPEST, LONGEST, relation

RIGHT = {
    "1 + 2*3": 7, "2 - 3 - 4": -5, "12 / 2 / 3": 2, "2^3^2": 512, "2**3": 8, "-2^2": -4,
    "2^-1": 0.5, "(1 + 2)*3": 9, "--2": 2, "+3": 3, "1.5e1": 15, ".5": 0.5, "2*pi": 2 * math.pi,
    "e": math.e, "min(3, 1, 2)": 1, "max(3, 5)": 5, "abs(-4)": 4, "sqrt(9)": 3, "exp(0)": 1,
    "log(e)": 1, "sin(0)": 0, "cos(0)": 1, "tan(0)": 0, "2×3 − 1": 5, "6÷3·2": 4, "π": math.pi,
}  # fmt: skip


@pytest.mark.parametrize("text", RIGHT)
def test_arithmetic(text):
    found = relation(f"y = {text} + 0*x")
    assert found.at(np.array([[7.0]]))[0] == pytest.approx(RIGHT[text], rel=1e-15)


X = np.array([[-1.0, 2.0], [0.5, 0.25], [3.0, -4.0]])


@pytest.mark.parametrize("text, expected", [
    ("y > x", [1, 0, 0]), ("y < x", [0, 1, 1]), ("x^2 + y^2 <= 5", [1, 1, 0]),
    ("y ≥ 0.25", [1, 1, 0]),
    ("sin(x) > y*y", [0, 1, 0]), ("0 > log(x)", [math.nan, 1, 0]),
])  # fmt: skip
def test_a_condition_has_two_classes_and_none_where_it_has_no_value(text, expected):
    np.testing.assert_array_equal(relation(text).at(X), expected)


def test_y_is_a_function_of_x_and_z_of_both():
    assert relation("y = x^2").inputs == ("x",)
    assert relation("z = x*y").inputs == ("x", "y")
    np.testing.assert_array_equal(relation("z = x*y").at(X), X[:, 0] * X[:, 1])
    np.testing.assert_array_equal(relation("y = 1/x").at(np.array([[0.0], [2]])), [math.nan, 0.5])


@pytest.mark.parametrize("text, sentence", [
    ("", "character 1: the formula ends, expected a number, x, y, a function or '('"),
    ("y > ", "character 4: the formula ends, expected a number"),
    ("y > 2x", "character 6: found 'x', expected an operator or the end; a product is written 2*x"),
    ("y > sin x", "character 9: found 'x', expected '(' after sin"),
    ("y > sin(x", "character 10: the formula ends, expected ')' to close sin("),
    ("y > (x", "character 7: the formula ends, expected ')' to close the parenthesis"),
    ("y > x)", "character 6: found ')', expected an operator or the end"),
    ("y > sine(x)", "character 5: unknown name 'sine': did you mean 'sin'?"),
    ("x + y", "character 6: the formula ends, expected a comparison, such as y > sin(x)"),
    ("y > x > 1", "character 7: found '>', expected an operator or the end"),
    ("y = y + 1", "y cannot stand here: expected a formula of x"),
    ("y > z", "z cannot stand here: expected a formula of x and y"),
    ("x + 1 = y", "before = stands y, a function of x, or z, a function of x and y"),
    ("1 > 2", "the formula has no x or y"),
    ("y = 3", "the formula has no x or y"),
    ("y > max(x)", "character 10: found ')', expected ',' and a second value for max"),
    ("y > sin(x, 1)", "character 10: found ',', expected ')' to close sin("),
    ("y > 1e999", "character 5: found '1e999', expected a number below 1e308"),
    ("y > __import__('os')", "character 5: unknown name '__import__'"),
    ("y > x.real", "character 6: found '.', expected an operator or the end"),
    ("y > x; 1", "character 6: found ';'"),
    ("y > <b>x</b>", "character 5: found '<'"),
    ("y > " + "x" * 10_000, f"the formula has 10,004 characters: expected at most {LONGEST}"),
    ("y > " + "(" * 100 + "x" + ")" * 100, f"nest deeper than {DEEPEST}"),
    ("y > " + "-" * 200 + "x", f"nest deeper than {DEEPEST}"),
    ("y > " + "2^" * 100 + "x", f"nest deeper than {DEEPEST}"),
])  # fmt: skip
def test_mistakes_are_named_with_their_place(text, sentence):
    with pytest.raises(InputError) as error:
        relation(text)
    assert sentence in str(error.value)


def test_the_longest_chain_is_computed():
    found = relation("y = x" + "+x" * ((LONGEST - 5) // 2))
    assert found.at(np.array([[1.0]]))[0] == 1 + (LONGEST - 5) // 2


@settings(max_examples=300, deadline=None)
@given(
    st.one_of(st.text(max_size=400), st.text("xyze()+-*/^.<>=,0123456789 pisncoxa", max_size=80))
)
def test_any_text_is_a_relation_or_a_sentence(text):
    try:
        found = relation(text)
    except InputError as error:
        assert str(error).isprintable() or "\n" not in str(error)
        return
    rows = np.array([[0.5, -1.5], [0.0, 0.0], [1e200, -1e200]])[:, : len(found.inputs)]
    values = found.at(rows)
    assert values.shape == (3,) and not np.isinf(values).any()


numbers = st.floats(0.01, 10).map(lambda v: repr(round(v, 3)))
names = st.sampled_from(["sin", "cos", "abs", "exp"])
trees = st.recursive(
    st.one_of(numbers, st.just("x")),
    lambda inner: st.one_of(
        st.tuples(inner, st.sampled_from("+-*/"), inner).map("({0[0]} {0[1]} {0[2]})".format),
        st.tuples(names, inner).map("{0[0]}({0[1]})".format),
        inner.map("(-{})".format),
    ),
    max_leaves=12,
)


@settings(max_examples=200, deadline=None)
@given(trees, st.floats(-5, 5))
def test_it_computes_what_python_would(text, x):
    names = {"sin": np.sin, "cos": np.cos, "abs": np.abs, "exp": np.exp, "x": np.float64(x)}
    with np.errstate(all="ignore"):
        try:
            expected = x + np.float64(eval(text, {"__builtins__": {}}, names))
        except ZeroDivisionError:  # of Python's numbers, without an x
            return
    if len(text) > LONGEST - 20 or not np.isfinite(expected):
        return
    np.testing.assert_allclose(
        relation(f"y = x + {text}").at(np.array([[x]])), expected, rtol=1e-12
    )
