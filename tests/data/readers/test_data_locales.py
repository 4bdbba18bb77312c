"""One table as LibreOffice writes it in four locales: locales/written.py says how."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.exceptions import ConvergenceWarning

from glassnet.base.errors import DataError, InputError
from glassnet.data import load
from glassnet.sklearn import MLPClassifier
from glassnet.workflows.networks import network_of
from glassnet.workflows.spec import Net
from tests.data.readers.locales.written import KINDS, LOCALES, rows

FOLDER = Path(__file__).parent / "locales"
FILES = sorted(path.name for path in FOLDER.iterdir() if path.suffix in (".csv", ".ods", ".xlsx"))


@pytest.fixture(scope="module")
def plain(tmp_path_factory):
    """The same table in a CSV file as Python writes it, percents as 5.25."""
    lines = [
        ["" if v is None else 100 * v if name == "share" else v for name, v in row.items()]
        for row in rows()
    ]
    text = "\n".join(",".join(map(str, line)) for line in [list(KINDS), *lines])
    path = tmp_path_factory.mktemp("plain") / "table.csv"
    path.write_text(text, "utf-8")
    return load(path)


def test_there_is_a_file_of_each_form_in_each_locale():
    assert set(FILES) >= {f"table.{at}.{end}" for at in LOCALES for end in ("csv", "ods", "xlsx")}
    assert all((FOLDER / name).stat().st_size < 20_000 for name in FILES)


@pytest.mark.parametrize("name", FILES)
def test_every_file_has_the_same_values(name, plain):
    data = load(FOLDER / name)
    assert data.feature_names == plain.feature_names
    np.testing.assert_allclose(data.x_train, plain.x_train, atol=1e-6)
    np.testing.assert_allclose(data.x_test, plain.x_test, atol=1e-6)
    assert data.y_train.tolist() == plain.y_train.tolist()
    assert any("'#DIV/0!' is a gap: 1 in 'twice'" in note for note in data.notes)


def test_words_for_true_and_false_are_said():
    notes = load(FOLDER / "semicolons.de-DE.csv").notes
    assert "'paid': WAHR and FALSCH read as true and false" in notes
    assert not any("read as true" in note for note in load(FOLDER / "table.en-US.csv").notes)


@pytest.mark.parametrize("test", ["table.de-DE.csv", "table.de-DE.ods", "table.en-US.xlsx"])
def test_a_table_of_one_program_is_tested_on_that_of_another(test, plain):
    data = load(FOLDER / "semicolons.de-DE.csv", test=FOLDER / test, drop="share")
    whole = load(FOLDER / "table.ja-JP.xlsx", test=FOLDER / "table.ja-JP.xlsx", drop="share")
    np.testing.assert_allclose(data.x_test, whole.x_test, atol=1e-6)
    assert data.y_test.tolist() == whole.y_test.tolist()


def test_percents_that_a_workbook_keeps_divided_by_100_are_asked_about():
    with pytest.raises(DataError) as error:
        load(FOLDER / "table.fr-FR.csv", test=FOLDER / "table.fr-FR.ods")
    assert str(error.value).endswith(
        "column 'share', data row 2: 0.0525 may be 5.25 %, as spreadsheets keep percents, and in "
        "training 12 % was 12: multiply the column by 100, or write 1234,5 %"
    )


def test_small_percents_of_a_text_file_are_no_shares(tmp_path):
    rows = [f"0,{n % 7}5 %;{'xy'[n % 2]}" for n in range(40)]
    (tmp_path / "t.csv").write_text("\n".join(["a;t", *rows]))
    data = load(tmp_path / "t.csv", test=tmp_path / "t.csv")
    assert sorted(data.x_test[:, 0]) == sorted(data.x_train[:, 0])


def test_numbers_of_a_workbook_and_of_json_are_no_groups_of_thousands(tmp_path):
    """1.125 in a column whose training file had points between thousands."""
    rows = [f"{n}.{n % 9}25,5;{'xy'[n % 2]}" for n in range(1, 40)]
    (tmp_path / "t.csv").write_text("\n".join(["a;t", *rows]))
    (tmp_path / "t.json").write_text('[{"a": 1.125, "t": "x"}, {"a": 22.5, "t": "y"}]')
    data = load(tmp_path / "t.csv", test=tmp_path / "t.json")
    assert data.schema.notations["a"] == (",", ".", "")
    mean, deviation = data.schema.columns[0].mean, data.schema.columns[0].scale
    np.testing.assert_allclose(data.x_test[:, 0] * deviation + mean, [1.125, 22.5], atol=1e-2)


ASKED = (
    "column 'share', data row 1: 0.12 may be 12 %, as spreadsheets keep percents, and in training "
    "12 % was 12: multiply the column by 100, or write 1234.5 %"
)


def test_so_are_percents_of_a_table_in_memory():
    table = pd.DataFrame({"share": [f"{n} %" for n in range(1, 41)], "t": ["x", "y"] * 20})
    data = load(table, test=0)
    assert data.schema.notations["share"].unit == "%"
    shares = pd.DataFrame({"share": [0.12, 0.5], "t": ["x", "y"]}, index=["a", "b"])
    with pytest.raises(DataError) as error:
        load(table, test=shares)
    assert str(error.value) == f"the table: {ASKED}"
    network = network_of(Net(hidden=[2]), 0, data)
    network.fit(data.x_train, data.y_train, epochs=1)
    with pytest.raises(DataError) as error:
        network.predict(shares)
    assert str(error.value) == ASKED
    percents = pd.DataFrame({"share": ["12 %", "50 %"]})
    assert network(percents).tolist() == network(percents.assign(share=[12.0, 50.0])).tolist()


def test_and_of_an_estimators_table():
    table = pd.DataFrame({"share": [f"{n} %" for n in range(1, 41)]})
    model = MLPClassifier([4], preprocess="auto", max_iter=2, early_stopping=False, random_state=0)
    with pytest.warns(ConvergenceWarning):
        model.fit(table, ["x", "y"] * 20)
    network = model.to_network()
    assert network.schema.features == ("share",)  # a number, and not forty categories
    logits = network(pd.DataFrame({"share": [12.0, 50.0]}))
    np.testing.assert_array_equal(network(pd.DataFrame({"share": ["12 %", "50 %"]})), logits)
    with pytest.raises(InputError) as error:
        model.predict(pd.DataFrame({"share": [0.12, 0.5]}))
    assert str(error.value) == f"X: {ASKED}"
