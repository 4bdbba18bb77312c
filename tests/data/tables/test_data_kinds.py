import numpy as np
import pandas as pd
import pytest

from glassnet.base.errors import DataError, InputError
from glassnet.data.sources.table_dataset import from_frame
from glassnet.data.tables.kinds import infer_kinds, kind_of
from glassnet.data.tables.values import dates


def frame(**columns):
    return pd.DataFrame(columns)


def target_of(*names):
    return infer_kinds(
        pd.DataFrame(np.arange(2 * len(names)).reshape(2, -1) % 3, columns=names)
    ).targets


@pytest.mark.parametrize("name", ["label", "Target", "CLASS", "species", "y"])
def test_the_target_is_known_by_its_name(name):
    assert target_of(name, "a", "b") == [name]


def test_else_the_target_is_the_last_column_or_the_one_asked_for():
    assert target_of("a", "b") == ["b"]
    plan = infer_kinds(frame(a=[1, 2], b=[1, 0], label=[3, 4]), ["a"])
    assert plan.targets == ["a"]
    assert list(plan.kinds) == ["b", "label"]


@pytest.mark.parametrize("name", ["", "__index_level_0__"])
def test_an_index_of_pandas_may_have_lost_rows(name):
    some = {"a": [1, 2, 2], "b": [1, 0, 1]}
    for values, kept in [([0, 3, 8], False), ([3, 0, 8], True), ([0.0, 3.0, 8.0], True)]:
        plan = infer_kinds(pd.DataFrame({name: values, **some}))
        assert (name in plan.kinds) == kept


@pytest.mark.parametrize("name", ["Unnamed: 0", "id", "Index", "ID", "customer_id", "PassengerId"])
@pytest.mark.parametrize("values", [[5, 6, 7], [2, 0, 1]])
def test_an_index_is_left_out(name, values):
    plan = infer_kinds(pd.DataFrame({name: values, "a": [1, 2, 2], "b": [1, 0, 1]}))
    assert list(plan.kinds) == ["a"]
    assert plan.notes[1] == f"left out {name!r}: it is the index"


@pytest.mark.parametrize(
    ("name", "values"),
    [("id", [1, 3, 2.5]), ("id", [1, 1, 2]), ("humid", [1, 2, 3]), ("", [1, 1, 2])],
)
def test_what_does_not_count_rows_is_a_feature(name, values):
    assert list(
        infer_kinds(pd.DataFrame({name: values, "a": [1, 2, 2], "b": [1, 0, 1]})).kinds
    ) == [
        name,
        "a",
    ]


def test_an_index_in_the_last_place_is_not_the_target_unless_asked_for():
    table = frame(a=[1, 1, 2], b=[0, 1, 1], id=[1, 2, 3])
    assert infer_kinds(table).targets == ["b"]
    assert infer_kinds(table, ["id"]).targets == ["id"]


@pytest.mark.parametrize(
    ("values", "task", "why"),
    [
        (["b", "a", "b"], "classes", "text, so this is classification into 2 classes"),
        ([True, False, True], "classes", "true or false, so this is classification into 2 classes"),
        (["TRUE", None, "false"], "classes", "true or false, so this is"),
        ([10, 9, 10], "classes", "few whole numbers, so this is classification into 2 classes"),
        ([1.0, 0.0, None], "classes", "few whole numbers, so this is classification into 2"),
        ([1.5, 2.0, 1.5], "values", "numbers, so this is regression (2 different values)"),
        (list(range(20)), "classes", "few whole numbers"),
        (list(range(21)), "values", "numbers, so this is regression (21 different values)"),
    ],
)
def test_the_target_decides_between_classes_and_values(values, task, why):
    plan = infer_kinds(pd.DataFrame({"a": range(len(values)), "t": values}))
    assert plan.task == task
    assert plan.notes[0].startswith("target 't' (the last): ")
    assert why in plan.notes[0]


def test_the_task_can_be_forced():
    table = frame(a=[1, 2, 3], t=[1.5, 2.5, 1.5], few=[1, 2, 1], word=["x", "y", "x"])
    assert infer_kinds(table, ["t"], task="classification").task == "classes"
    assert infer_kinds(table, ["few"], task="regression").task == "values"
    with pytest.raises(DataError, match="column 'word', data row 1: expected a number, got 'x'"):
        infer_kinds(table, ["word"], task="regression")
    with pytest.raises(InputError, match="did you mean 'regression'"):
        infer_kinds(table, task="regresion")


def test_several_targets_are_labels_or_values():
    table = frame(a=[1, 2, 3], p=[0, 1, 1], q=[True, False, True], r=[0.5, 2, 3], w=list("xyx"))
    assert infer_kinds(table, ["p", "q"]).task == "labels"
    assert infer_kinds(table, ["p", "r"]).task == "values"
    assert infer_kinds(table, ["p", "q"], task="regression").task == "values"
    with pytest.raises(DataError, match="must all be 0 or 1, or all be numbers; 'w' is not"):
        infer_kinds(table, ["p", "w"])


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        ([1, 2, 3], "number"),
        ([1.5, None, 3], "number"),
        ([True, False, True], "number"),
        (["True", None, "false"], "number"),
        (["x", "y", None], "category"),
        (["1", "2", "x"], "category"),
        (["1", "2.5", None], "number"),
        (["2020-01-31", None, "2021-02-28"], "date:ISO8601"),
        (["2020-01-31 12:00", "2021-02-28T01:02:03Z"], "date:ISO8601"),
        (["31.01.2020", "28.02.2021"], "date:%d.%m.%Y"),
        (["31/01/2020", "28/02/2021"], "date:%d/%m/%Y"),
        (["01/31/2020", "02/28/2021"], "date:%m/%d/%Y"),
        (["31 Jan 2020", "28 Feb 2021"], "date:%d %b %Y"),
        (["2020-01-31", "soon"], "category"),
        (["12-3", "4-5"], "category"),
        (pd.to_datetime(["2020-01-31", "2021-02-28"]), "date:ISO8601"),
        (pd.Categorical(["x", "y"]), "category"),
    ],
)
def test_what_a_column_holds_decides_its_kind(values, kind):
    assert kind_of(pd.Series(values, name="a")) == kind


def test_a_slip_among_numbers_is_named_by_its_row():
    values = pd.Series(["1"] * 30 + ["tall"] + ["2"] * 9, name="size")
    with pytest.raises(DataError) as error:
        kind_of(values)
    assert str(error.value) == (
        "column 'size', data row 31: expected a number, as in most rows, got 'tall'; correct it, "
        "or make it a category with kinds={'size': 'category'}"
    )


@pytest.mark.parametrize("dtype", [object, "str", float, "Int64", "category", "boolean"])
def test_a_column_without_values_is_left_out_with_a_line(dtype):
    table = frame(a=[1, 2, 3, 4], b=[None] * 4, t=[0.5, 1.5, 2.5, 3.5]).astype({"b": dtype})
    data = from_frame("own", table, test=0.0)
    assert data.feature_names == ("a",)
    assert "left out 'b': no values in the training part" in data.notes
    assert data.schema.encode(table.assign(b="x")).shape == (4, 1), "nor is it read later"


def test_kinds_and_drops_overrule():
    table = frame(zip=[1, 2, 1], day=["3.4.20", "5.6.21", "7.8.22"], b=[1, 2, 3], t=[0, 1, 0])
    plan = infer_kinds(table, drop=["b"], kinds={"zip": "category", "day": "date:%d.%m.%y"})
    assert plan.kinds == {"zip": "category", "day": "date:%d.%m.%y"}
    assert "left out 'b': as asked" in plan.notes
    assert infer_kinds(table, kinds={"day": "date"}).kinds["day"] == "date:ISO8601"


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"target": ["speceis"]}, "has no column 'speceis': did you mean 'species'?"),
        ({"target": ["colour"]}, "has no column 'colour': choose one of id, size, kind, species"),
        ({"drop": ["sise"]}, "has no column 'sise': did you mean 'size'?"),
        ({"kinds": {"kin": "number"}}, "has no column 'kin': did you mean 'kind'?"),
        ({"kinds": {"size": "nubmer"}}, "did you mean 'number'?"),
        ({"target": ["kind"], "drop": ["kind"]}, "column 'kind' is both the target and left out"),
        ({"drop": ["size", "kind"]}, "has no columns beside the target 'species'; add features"),
        ({"drop": ["size", "kind", "species"]}, "has no columns beside its index"),
    ],
)
def test_what_cannot_be_done_is_said(options, expected):
    table = frame(id=[1, 2], size=[3, 4], kind=["p", "q"], species=["u", "v"])
    with pytest.raises((DataError, InputError)) as error:
        infer_kinds(table, **options)
    assert expected in str(error.value)


@pytest.mark.parametrize(
    "names",
    [
        [f"pixel{n}" for n in range(16)],
        [f"pixel_{r}_{c}" for r in range(4) for c in range(4)],
        [f"{r}x{c}" for r in range(1, 5) for c in range(1, 5)],
    ],
)
def test_pixels_are_known_by_their_names_and_values(names):
    table = pd.DataFrame(np.arange(64).reshape(4, 16), columns=names)
    table.insert(0, "label", [1, 2, 1, 2])
    assert infer_kinds(table).image == (4, 4)
    for value in (0.5, 256, -1):
        other = table.astype(float)
        other.loc[2, names[3]] = value
        assert infer_kinds(other).image is None
    assert infer_kinds(table, drop=[names[0]]).image is None
    assert infer_kinds(table, kinds={names[0]: "number"}).image is None
    assert infer_kinds(table.rename(columns={names[1]: "weight"})).image is None


@pytest.mark.parametrize(
    ("texts", "written", "second"),
    [
        (["1/5/2023", "13/5/2023"], "%d/%m/%Y", "2023-05-13"),
        (["1/5/2023", "5/13/2023"], "%m/%d/%Y", "2023-05-13"),
        (["05.01.23", "31.12.99"], "%d.%m.%y", "1999-12-31"),
        (["5-Jan-23", "12-Feb-24"], "%d-%b-%y", "2024-02-12"),
        (["Jan 5, 2023", "Feb 12, 2024"], "%b %d, %Y", "2024-02-12"),
        (["January 5, 2023", "February 12, 2024"], "%B %d, %Y", "2024-02-12"),
        (["5 January 2023", "12 February 2024"], "%d %B %Y", "2024-02-12"),
        (["13/5/2023 14:30", "14/5/2023 2:05"], "%d/%m/%Y %H:%M", "2023-05-14T02:05"),
        (["5/13/2023 2:30 PM", "5/14/2023 11:05 AM"], "%m/%d/%Y %I:%M %p", "2023-05-14T11:05"),
        (["13.05.2023 14:30:07", "14.05.2023 00:00:00"], "%d.%m.%Y %H:%M:%S", "2023-05-14"),
        (["2023/5/13", "2023/12/1"], "%Y/%m/%d", "2023-12-01"),
        (["2023-05-13T14:30:00Z", "2023-05-14T00:00:00Z"], "ISO8601", "2023-05-14"),
        (["13. 5. 2023", "1. 12. 2023"], "%d. %m. %Y", "2023-12-01"),
    ],
)
def test_dates_in_the_spellings_of_people(texts, written, second):
    values = pd.Series([*texts, None], name="day")
    assert kind_of(values) == f"date:{written}"
    read = dates(values, written)
    assert read.iloc[1] == pd.Timestamp(second) and pd.isna(read.iloc[2])


def test_day_or_month_first_is_asked_where_no_row_tells():
    with pytest.raises(DataError) as error:
        kind_of(pd.Series(["01/01/2020", "03/04/2020"], name="day"))
    assert str(error.value) == (
        "column 'day', data row 2: '03/04/2020' is 2020-04-03 written as %d/%m/%Y, and 2020-03-04 "
        "written as %m/%d/%Y, and no row tells which: say it with kinds={'day': 'date:%d/%m/%Y'} "
        "or kinds={'day': 'date:%m/%d/%Y'}"
    )
    assert kind_of(pd.Series(["01/01/2020", "02/02/2020"], name="day")) == "date:%d/%m/%Y"


def test_a_slip_among_dates_is_named():
    with pytest.raises(DataError, match=r"data row 12: expected a date written as %d"):
        kind_of(pd.Series(["13.05.2023"] * 11 + ["32.05.2023"], name="day"))
