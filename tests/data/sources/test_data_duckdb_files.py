"""Files that DuckDB writes, of its own types: the same dataset from each."""

import pytest

from glassnet.data import load

QUERY = """
select (i * 7 % 31) / 4.0 as number, cast(i * 37 % 100 as decimal(9, 2)) / 8 as price,
       i % 3 = 0 as flag, ['u', 'v w', null][i % 3 + 1] as word,
       date '2020-01-01' + cast(i as integer) as day, i % 5 < 2 as t
from range(90) as rows(i) order by i
"""

FORMS = {
    "t.parquet": "format parquet",
    "zstd.parquet": "format parquet, compression zstd",
    "t.jsonl": "format json",
    "t.json": "format json, array true",
    "t.json.gz": "format json, compression gzip",
    "t.tsv": "format csv, header, delimiter '\t'",
}


@pytest.mark.parametrize("name", FORMS)
def test_each_form_is_the_same_dataset(tmp_path, name):
    duckdb = pytest.importorskip("duckdb")
    pytest.importorskip("pyarrow")
    for each, how in {"t.csv": "format csv, header", name: FORMS[name]}.items():
        duckdb.sql(f"copy ({QUERY}) to '{tmp_path / each}' ({how})")
    first, other = (load(tmp_path / each, test=0.5) for each in ("t.csv", name))
    assert [each.kind for each in first.columns] == [
        "number", "number", "number", "category", "date", "target"
    ]  # fmt: skip
    assert other.x_train.tobytes() == first.x_train.tobytes()
    assert other.x_test.tobytes() == first.x_test.tobytes()
    assert other.y_train.tolist() == first.y_train.tolist()
