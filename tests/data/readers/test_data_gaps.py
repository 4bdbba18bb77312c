"""What stands for a gap in a text table, and how it is said."""

import pytest

from glassnet.base.errors import DataError
from glassnet.data import load
from glassnet.data.readers.gaps import Gaps, gaps_from
from glassnet.data.tables.schema import Schema

ALLEYS = ["None", "Gravel", "Paved", "None", "NA"]


@pytest.fixture
def table(tmp_path):
    path = tmp_path / "houses.csv"
    rows = [f"{n if n % 20 else '-'},{ALLEYS[n % 5]},{n % 3}" for n in range(1, 101)]
    path.write_text("size,alley,sold\n" + "\n".join(rows) + "\n")
    return path


def test_what_was_taken_for_a_gap_is_counted(table):
    data = load(table, na="-")
    assert "'None' is a gap: 40 in 'alley'" in data.notes
    assert "'NA' is a gap: 20 in 'alley'" in data.notes
    assert "'-' is a gap: 5 in 'size'" in data.notes


def test_none_can_be_a_class(table):
    lost = load(table, target="alley", na="-")
    assert len(lost.x_train) + len(lost.x_test) == 40
    kept = load(table, target="alley", na="-", keep_na=True)
    assert len(kept.x_train) + len(kept.x_test) == 100
    assert kept.classes == ("Gravel", "NA", "None", "Paved")


def test_the_choice_is_kept_for_new_files(table):
    from glassnet.workflows.networks import network_of
    from glassnet.workflows.predict import read
    from glassnet.workflows.spec import Net

    data = load(table, target="sold", na="-", keep_na=True)
    again = Schema.from_config(data.schema.config())
    assert again.format().gaps == Gaps(("-",), True)
    net = network_of(Net(), 0, data)
    (piece,) = read(net, str(table))
    assert len(piece.x) == 100 and "alley=None" in again.features


def test_without_it_a_dash_is_a_slip(table):
    with pytest.raises(DataError, match=r"data row 20: expected a number.* na='-'"):
        load(table)


@pytest.mark.parametrize("given", [{"words": [1, 2]}, {"words": ["a"], "keep": "yes"}])
def test_words_are_words(given):
    with pytest.raises(DataError, match="expected words such as"):
        gaps_from(**given)
