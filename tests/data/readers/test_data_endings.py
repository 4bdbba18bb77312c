"""What a source is called, and with it a model, a picture and a sweep."""

import pytest

from glassnet.cli.app import run
from glassnet.data import load
from glassnet.data.readers.endings import ENDINGS, name_of


@pytest.mark.parametrize("ending", ENDINGS)
def test_every_known_ending_is_left_out_and_no_more(ending):
    assert name_of(f"some.folder/a.2023{ending}") == "a.2023"
    assert name_of(f"A.B{ending.upper()}") == "A.B"


@pytest.mark.parametrize(
    "source, name",
    [
        ("x.csv.gz", "x"), ("report.final", "report.final"), (".csv", "csv"), ("-", "stdin"),
        ("x.tar.gz", "x.tar.gz"), ("moons", "moons"), ("openml:adult@2", "adult@2"),
        ("folder.v2/", "folder.v2"),
        ("sqlite:///a/shop.db::people", "people"), ("sqlite:///a/shop.2024.db", "shop_2024"),
        ("postgresql://ann:p@ss::w/rd@h/db::my table", "my_table"), ("postgresql://[::1]/db", "db"),
        ("https://h/a/b.2024.csv?raw=true&token=x", "b.2024"), ("https://h/", "data"),
        ("https://h/%2e%2e/a%20b.csv", "a_b"),
    ],
)  # fmt: skip
def test_names(source, name):
    assert name_of(source) == name


def test_the_folder_one_stands_in(tmp_path, monkeypatch):
    (tmp_path / "birds").mkdir()
    monkeypatch.chdir(tmp_path / "birds")
    assert name_of(".") == name_of("../birds/") == "birds"


def test_two_years_are_two_models(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    for year in (2023, 2024):
        rows = "".join(f"{n},{n * year % 7},{'xy'[n % 2]}\n" for n in range(20))
        (tmp_path / f"a.{year}.csv").write_text(f"a,b,kind\n{rows}")
        assert run(["train", f"a.{year}.csv", "--epochs", "1", "--hidden", "2", "--quiet"]) == 0
    models = sorted(path.name for path in tmp_path.glob("*.safetensors"))
    assert models == ["a.2023.safetensors", "a.2024.safetensors"]
    assert (tmp_path / "a.2023.png").exists() and (tmp_path / "a.2024.png").exists()
    assert run(["export", "a.2023.safetensors", "--to", "numpy"]) == 0
    assert "a.2023-numpy.npz" in (tmp_path / "a.2023-numpy.py").read_text()
    assert load("a.2024.csv").name == "a.2024"
