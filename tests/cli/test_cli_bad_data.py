"""Bad files and arguments: one line on stderr, exit 2, and nothing left behind."""

import gzip
import shlex
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tests.cli.bad_inputs import (
    GOOD,
    MATRIX,
    NEW,
    TRAIN,
    ZIPPED,
    Case,
    contents,
    csv,
    damaged,
    idx,
    images,
    is_one_line,
    labels,
    npy,
    npz,
    on_good,
    parquet,
    plain,
    predict,
    train,
    values,
    with_infinity,
)
from tests.cli.process import run as forked

CASES: dict[str, Case] = {
    # ---- text that is no table
    "missing file": Case({}, TRAIN.format(file="none.csv"), ("there is no file none.csv",)),
    "empty file": train("", "is empty"),
    "blank lines alone": train("\n\n\r\n\n", "is empty"),
    "header alone": train("a,b,c\n", "no rows"),
    "header alone, zipped": train(gzip.compress(b"a,b,c\n"), "no rows", name="t.csv.gz"),
    "one row too long": train(
        csv("a,b,c", plain, change=(3, "1,2,x,4")), "line 4 has 4 values", "names 3 columns"
    ),
    "every row too long": train(
        csv("a,b,c", lambda n: f"{n % 5},{n},{'xy'[n % 2]},{n}"), "data row 1 has 4 values"
    ),
    "every row too long, and numbered": train(
        csv("label,a,b", lambda n: f"{n},{'xy'[n % 2]},{n % 7},{n % 3}"), "data row 1 has 4 values"
    ),
    "a row goes on after its last comma": train(
        csv("a,b,c", lambda n: plain(n) + (",1" if n == 7 else ",")), "data row 8 has 4 values"
    ),
    "one row too short": train(csv("a,b,c", plain, change=(3, "1,2")), "data row 3", "2 values"),
    "last row cut off": train(csv("a,b,c,d", lambda n: f"{plain(n)},1")[:-5], "data row 40"),
    "semicolons of some lines": train(csv("a;b;c", plain), "--separator ';'"),
    "tabs of some lines": train(csv("a\tb\tc", plain), "separated by a tab"),
    "commas of some lines in a tsv file": train(f"{GOOD}1\n", "--separator ','", name="t.tsv"),
    "separator of two characters": on_good("--separator ';;'", "separator", "one character"),
    "latin-1 text": train(
        "größe,b\n1,x\n2,y\n".encode("latin-1"), "UTF-8", "line 1", "--encoding"
    ),
    "latin-1 text far down": train(
        csv("a,b,c", plain, 200, (150, "1,Zürich,x")).encode("latin-1"), "UTF-8", "line 151"
    ),
    "an encoding that does not fit": Case(
        {"t.csv": csv("a,b,c", plain, change=(9, "1,é,x"))},
        f"{TRAIN.format(file='t.csv')} --encoding ascii",
        ("t.csv", "ASCII"),
    ),
    "an encoding that does not exist": on_good("--encoding klingon", "klingon", "latin-1"),
    "half a UTF-16 character": train(GOOD.encode("utf-16") + b"a", "UTF-16"),
    "column names twice": train(csv("a,b,a", plain), "two columns 'a'"),
    "a column without a name": train(csv("a,,c", plain), "column 2 has no name"),
    "no header, its values twice": train(
        "5.1,5.1,x\n4,3,y\n4,3,x\n", "first line names", options="--header"
    ),
    "a number in two notations": train(
        csv("a;b", lambda n: f"1,{n + 100};{n % 2}"), "--thousands ','", "--decimal ','",
        options="--separator ;",
    ),
    "a date in two notations": train(
        csv("a,b", lambda n: f"{n % 12 + 1:02d}/{n % 9 + 1:02d}/2020,{n % 2}"),
        "2020-", "--as 'a=date:%d/%m/%Y'", "--as 'a=date:%m/%d/%Y'",
    ),
    "two currencies": train(csv("a,b", lambda n: f"{n} {'€$'[n % 2]},{n % 2}"), "different units"),
    "a separator of two characters": train("a,b\n1,2\n", "one character", options="--separator ::"),
    "a mark that is none": train("a,b\n1,2\n", "decimal is 'x'", options="--decimal x"),
    "an open quote": train(csv("a,b,c", plain, change=(20, '1,"2,x')), "quote"),
    "a binary file": train(bytes(range(256)) * 40, "t.csv"),
    "a zip called csv": train(npz(x=MATRIX), "t.csv"),
    "a picture": Case({"t.png": b"\x89PNG"}, TRAIN.format(file="t.png"), ("t.png", "folder")),
    "no Excel file": Case({"t.xlsx": b"PK\3\4"}, TRAIN.format(file="t.xlsx"), ("t.xlsx",)),
    "a folder called csv": Case({"t.csv/a": b""}, TRAIN.format(file="t.csv"), ("t.csv",)),
    # ---- gzip
    "gzip truncated": train(ZIPPED[: len(ZIPPED) // 2], "truncated", name="t.csv.gz"),
    "gzip damaged": train(damaged(ZIPPED), "damaged", name="t.csv.gz"),
    "gzip with a wrong sum": train(
        ZIPPED[:-8] + b"\0\0\0\0" + ZIPPED[-4:], "damaged", name="t.csv.gz"
    ),
    # ---- targets
    "target not found": on_good("--target anser", "no column 'anser'", "did you mean 'answer'?"),
    "target like nothing": on_good("--target zzz", "no column 'zzz'", "a, size, answer"),
    "text target twice": on_good("--target answer --target answer", "'answer'", "twice"),
    "number target twice": on_good("--target a --target a", "'a'", "twice"),
    "one value alone": train(csv("a,b,c", lambda n: f"{n},{n % 7},x"), "'c'", "always 'x'"),
    "a class with one row": train(
        csv("a,b,c", plain, change=(13, "1,2,rare")), "'c'", "data row 13", "'rare'"
    ),
    "a target without values": train(csv("a,b,c", lambda n: f"{n},{n % 7},"), "'c'", "no values"),
    "an infinite target": train(
        csv("a,b,c", values, change=(18, "1,2,inf")), "'c'", "data row 18", "inf"
    ),
    "text in a target of numbers": train(
        csv("a,b,c", values, change=(18, "1,2,oops")), "'c'", "data row 18", "'oops'"
    ),
    "targets of which one is text": on_good("--target answer --target a", "'answer'"),
    "text as regression": on_good("--task regression", "'answer'", "data row 1"),
    "a date as target": on_good("--as a=date --target a", "'a'"),
    "target and left out": on_good("--target size --drop size", "'size'", "left out"),
    "one column": train(csv("b", lambda n: str(n % 7)), "no columns beside the target"),
    "targets so large that their mean overflows": train(
        csv("a,b,c", lambda n: f"{n},{n % 7},{n}e306"), "'c'"
    ),
    # ---- features
    "no column with values": train(
        csv("a,b", lambda n: f",{'xy'[n % 2]}"), "no usable feature", "no values"
    ),
    "an infinite value": train(
        csv("a,b,c", plain, change=(18, "1,inf,x")), "'b'", "data row 18", "inf"
    ),
    "a number beyond all floats": train(
        csv("a,b,c", plain, change=(18, "1,-1e999,x")), "'b'", "data row 18"
    ),
    "text among numbers": train(
        csv("a,b,c", plain, change=(18, "1,oops,x")), "'b'", "data row 18", "'oops'", "--as b="
    ),
    "numbers so large that their mean overflows": train(
        csv("a,b,c", lambda n: f"{n}e306,{n % 7},{'xy'[n % 2]}"), "'a'", "data row 2:"
    ),
    "one number too large for its column": train(
        csv("a,b,c", plain, change=(8, "1e308,2,x")), "'a'", "data row 8", "1e+308"
    ),
    "no usable feature": train(
        csv("a,b,c", lambda n: f"3,u,{'xy'[n % 2]}"), "no usable feature columns"
    ),
    # ---- words
    "an unknown kind": on_good("--as size=numbr", "'size'", "did you mean 'number'?"),
    "a kind for no column": on_good("--as siz=number", "no column 'siz'", "'size'"),
    "a kind without a column": on_good("--as size", "--as", "COLUMN=KIND"),
    "a date format that is none": on_good("--as a=date:%Q", "%Q"),
    "a date format that is empty": on_good("--as a=date:", "date:"),
    "a number with a format": on_good("--as a=number:3", "number:3"),
    "a category with a format": on_good("--as a=category:3", "category:3"),
    "a column that is no date": on_good("--as answer=date --target a", "'answer'", "data row 1"),
    "an unknown column to drop": on_good("--drop siz", "no column 'siz'", "'size'"),
    "an unknown task": on_good("--task regresion", "did you mean 'regression'?"),
    "a share above 1": on_good("--test 2", "test", "2.0"),
    "a share that is no number": on_good("--test nan", "test", "nan"),
    "a missing test file": on_good("--test none.csv", "there is no file none.csv"),
    "a network into a folder": on_good("--out .", "--out"),
    "a network into no folder": on_good("--out no/t.safetensors", "--out", "no"),
    "samples of a file": on_good("--samples 5", "samples"),
    "a test file with other columns": Case(
        {"t.csv": GOOD, "other.csv": csv("a,weight,answer", plain)},
        f"{TRAIN.format(file='t.csv')} --test other.csv",
        ("other.csv", "'size'"),
    ),
    "a test file without the target": Case(
        {"t.csv": GOOD, "other.csv": csv("a,size,reply", plain)},
        f"{TRAIN.format(file='t.csv')} --test other.csv",
        ("other.csv", "'answer'"),
    ),
    "a test file with a new class": Case(
        {"t.csv": GOOD, "other.csv": csv("a,size,answer", plain, change=(7, "1,2,z"))},
        f"{TRAIN.format(file='t.csv')} --test other.csv",
        ("other.csv", "'answer'", "data row 7", "'z'"),
    ),
    "a test file of another kind": Case(
        {"t.csv": GOOD, "t.npy": npy(MATRIX)},
        f"{TRAIN.format(file='t.csv')} --test t.npy",
        ("t.npy",),
    ),
    # ---- other kinds of files
    "npy of objects": train(npy(np.array([[1, "a"]], dtype=object)), "objects", name="t.npy"),
    "npy truncated": train(npy(MATRIX)[:-100], "truncated", "100 bytes", name="t.npy"),
    "npy with more": train(npy(MATRIX) + b"xx", "2 bytes more", name="t.npy"),
    "npy that is none": train(b"hello world", "not a .npy file", name="t.npy"),
    "npy with an infinite number": train(
        npy(with_infinity()), "data row 6, column 2 (the first is 0)", "inf", name="t.npy"
    ),
    "npy with one dimension": train(npy(MATRIX[:, 0]), "(100,)", name="t.npy"),
    "npy with a target that is no column": train(
        npy(MATRIX), "'7'", "0 … 3", name="t.npy", options="--target 7"
    ),
    "npy with kinds": train(npy(MATRIX), "kinds", name="t.npy", options="--as 1=category"),
    "npy with a target twice": train(
        npy(MATRIX), "twice", name="t.npy", options="--target 1 --target 1"
    ),
    "npz of other lengths": train(
        npz(x=MATRIX, y=MATRIX[:50, 0]), "x has 100 rows and y has 50", name="t.npz"
    ),
    "npz of other names": train(npz(a=MATRIX), "expected x and y", name="t.npz"),
    "npz that is none": train(b"PK hello", "not a .npz file", name="t.npz"),
    "npz damaged": train(damaged(npz(x=MATRIX, y=MATRIX[:, 0])), "damaged", name="t.npz"),
    "JSON that is none": train(GOOD, "begins with 'a'; expected JSON", name="t.json"),
    "JSON lines that end early": train(
        '{"a": 1, "b": "x"}\n{"a": 2,', "line 2: is not JSON", name="t.jsonl"
    ),
    "JSON with a list in it": train(
        '[{"a": 1, "b": "x"}, {"a": [2], "b": "y"}]', "'a', data row 2", "a list", name="t.json"
    ),
    "Arrow that is none": train(GOOD, "not an Arrow file", name="t.arrow"),
    "a part of a folder that is no Parquet": Case(
        {"t/year=1/a.parquet": GOOD}, TRAIN.format(file="t"), ("a.parquet", "not a Parquet file")
    ),
    "a workbook that is none": train(GOOD, "is not a workbook", name="t.xlsx"),
    "an .ods file that is none": train(GOOD, "is not a workbook", name="t.ods"),
    "Parquet that is none": train(GOOD, "not a Parquet file", name="t.parquet"),
    "Parquet that is empty": train(b"", "not a Parquet file", name="t.parquet"),
    "Parquet truncated": train(
        parquet(pd.DataFrame(MATRIX, columns=list("abcd")))[:-50], "not a Parquet file",
        name="t.parquet",
    ),
    "Parquet of lists": train(
        parquet(pd.DataFrame({"a": [[1], [2]], "b": [1, 2]})), "'a'", "lists", name="t.parquet"
    ),
    "images that are fewer than claimed": Case(
        idx(images(claimed=61), labels(61)), TRAIN.format(file="idx"), ("images", "truncated")
    ),
    "images that claim gigabytes": Case(
        idx(images(claimed=2**31), labels()), TRAIN.format(file="idx"), ("images", "2 GiB")
    ),
    "images of a wrong type": Case(
        idx(images(kind=7), labels()), TRAIN.format(file="idx"), ("images", "not an IDX file")
    ),
    "images that claim to be floats": Case(
        idx(images(kind=13), labels()), TRAIN.format(file="idx"), ("images", "truncated")
    ),
    "labels that are too few": Case(
        idx(images(), labels(50)), TRAIN.format(file="idx"), ("50 labels", "60 images")
    ),
    "a folder with nothing": Case({"idx/a.txt": b""}, TRAIN.format(file="idx"), ("idx", "a.txt")),
    # ---- predict and evaluate
    "a model that is none": predict(
        NEW, "is a table, expected a model", words="predict t.csv t.csv --out out.csv"
    ),
    "a model that is cut off": Case(
        {"m.safetensors": b"\x10\0\0\0\0\0\0\0{}", "t.csv": NEW},
        "predict m.safetensors t.csv",
        ("m.safetensors", "not a model file"),
    ),
    "a model that is not there": Case(
        {"t.csv": NEW}, "predict none.safetensors t.csv", ("none.safetensors",)
    ),
    "new rows without a column": predict("d,flag,k\n2020-01-01,True,u\n", "no column 'a'"),
    "new rows in other capitals": predict("D,flag,k,a\n2020-01-01,True,u,1\n", "no column 'd'"),
    "new text in a number": predict(NEW + "2020-01-01,True,u,hello\n", "'a'", "data row 2"),
    "new text in a boolean": predict(NEW + "2020-01-01,maybe,u,1\n", "'flag'", "data row 2"),
    "a new date written otherwise": predict(NEW + "01.02.2020,True,u,1\n", "'d'", "data row 2"),
    "a new infinite number": predict(NEW + "2020-01-01,True,u,-inf\n", "'a'", "data row 2"),
    "a new number that is far off": predict(NEW + "2020-01-01,True,u,1e300\n", "'a'", "data row 2"),
    "new rows that are none": predict("d,flag,k,a\n", "no rows"),
    "an --id that is no column": predict(
        NEW, "no column 'nr'", words="predict {models}/table.safetensors {name} --id nr"
    ),
    "answers of another ending": Case(
        {"t.csv": NEW}, "predict {models}/table.safetensors t.csv --out o.txt", (".csv", "o.txt")
    ),
    "answers into no folder": Case(
        {"t.csv": NEW}, "predict {models}/table.safetensors t.csv --out no/o.csv", ("no", "--out")
    ),
    "kaggle with probabilities": Case(
        {"t.csv": NEW}, "predict {models}/table.safetensors t.csv --kaggle --proba", ("kaggle",)
    ),
    "probabilities of values": Case(
        {"t.npy": npy(MATRIX)}, "predict {models}/array.safetensors t.npy --proba", ("values",)
    ),
    "arrays for a table's network": predict(
        npy(MATRIX), "table", name="t.npy", words="predict {models}/table.safetensors {name}"
    ),
    "a table for an array's network": predict(
        NEW, "trained on arrays", words="predict {models}/array.safetensors {name}"
    ),
    "a table for an array's network, judged": predict(
        NEW, "trained on arrays", words="evaluate {models}/array.safetensors {name}"
    ),
    "images for a table's network": Case(
        idx(images(), labels()), "predict {models}/table.safetensors idx", ("idx",)
    ),
    "a wrong width": predict(
        npy(MATRIX[:, :2]), "(100, 2)", name="t.npy",
        words="predict {models}/array.safetensors {name}",
    ),
    "judged without the truth": predict(
        NEW, "no column 'label'", words="evaluate {models}/table.safetensors {name}"
    ),
    "judged with a new class": predict(
        "d,flag,k,a,label\n2020-01-01,True,u,1,x\n2020-01-01,True,u,1,z\n", "data row 2", "'z'",
        words="evaluate {models}/table.safetensors {name}",
    ),
    "judged with a gap in the truth": predict(
        "d,flag,k,a,label\n2020-01-01,True,u,1,x\n2020-01-01,True,u,1,\n", "data row 2", "'label'",
        words="evaluate {models}/table.safetensors {name}",
    ),
    "data of a file that is none": Case({}, "data none.csv", ("none.csv",)),
    "data of a ragged file": Case({"t.csv": "a,b\n1,2\n3\n"}, "data t.csv", ("t.csv", "row 2")),
    "data into no folder": Case({"t.csv": GOOD}, "data t.csv --out no/p.png", ("--out", "no")),
    "data as a file of no picture": Case({"t.csv": GOOD}, "data t.csv --out p.xyz", ("p.xyz",)),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_it_is_one_line_and_nothing_is_left(case: str, models: Path, tmp_path: Path) -> None:
    for name, content in CASES[case].files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        data = content.encode() if isinstance(content, str) else content
        (tmp_path / name).write_bytes(data)
    before = contents(tmp_path)
    words = shlex.split(CASES[case].words.replace("{models}", str(models)))
    done = forked(tmp_path, *words)
    is_one_line(done, *CASES[case].expected)
    assert done.stdout == ""
    assert contents(tmp_path) == before
