"""`glassnet run --json`: a recipe's result for programs."""

import json
from pathlib import Path

import pytest

from glassnet.cli.app import run

MINE = """
title = "Moons"
source = "own"
[data]
name = "moons"
options = { samples = 80, noise = 0.1, test = 0.25 }
[network]
hidden = [4]
[training]
epochs = 3
[figure]
published = "0.9"
at_least = %s
"""


@pytest.fixture(autouse=True)
def in_a_folder_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def lines(capsys: pytest.CaptureFixture[str]) -> list[dict]:
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def mine(at_least: str, more: str = "") -> None:
    Path("mine.toml").write_text(MINE % at_least + more, "utf-8")


def test_a_recipe_is_one_line_with_its_bound(capsys: pytest.CaptureFixture[str]) -> None:
    mine("0.2")
    assert run(["run", "mine.toml", "--json"]) == 0
    (found,) = lines(capsys)
    assert found.pop("seconds") > 0
    assert 0.2 <= found.pop("accuracy") <= 1
    assert found == {
        "recipe": "mine.toml",
        "quick": False,
        "published": "0.9",
        "at_least": 0.2,
        "reached": True,
    }


def test_it_holds_what_the_table_shows(capsys: pytest.CaptureFixture[str]) -> None:
    mine("0.2")
    run(["run", "mine.toml", "--json"])
    (found,) = lines(capsys)
    run(["run", "mine.toml"])
    assert f" {found['accuracy']:.4f} " in capsys.readouterr().out


def test_a_missed_bound_is_said_and_is_the_exit_code(capsys: pytest.CaptureFixture[str]) -> None:
    mine("1.01")
    assert run(["run", "mine.toml", "--json"]) == 1
    (found,) = lines(capsys)
    assert found["reached"] is False


def test_several_networks_have_their_values(capsys: pytest.CaptureFixture[str]) -> None:
    mine("0.2", "std_at_most = 0.5\n[repeat]\ntimes = 3\n")
    run(["run", "mine.toml", "--json"])
    (found,) = lines(capsys)
    assert found["std_at_most"] == 0.5
    assert len(found["values"]) == 3
    assert found["accuracy"] == pytest.approx(sum(found["values"]) / 3)
    assert found["std"] > 0


def test_files_are_written_without_a_word(capsys: pytest.CaptureFixture[str]) -> None:
    mine("0.2")
    run(["run", "mine.toml", "--json", "--out", "out", "--report", "page.html", "--log", "csv"])
    assert len(lines(capsys)) == 1
    assert Path("out/mine.safetensors").exists() and Path("page.html").exists()
    assert Path("mine-log.csv").exists()


def test_a_folder_that_cannot_be_made_is_refused_before_the_work(
    capsys: pytest.CaptureFixture[str],
) -> None:
    mine("0.2")
    assert run(["run", "mine.toml", "--json", "--out", "mine.toml/inside"]) == 2
    said = capsys.readouterr()
    assert not said.out and said.err.startswith("glassnet: --out: cannot make mine.toml")


def test_of_several_recipes_those_without_data_say_why(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    from glassnet.cli import recipes

    mine("0.2")
    absent = Path("mine.toml").read_text("utf-8").replace('"moons"', '"none.csv"')
    Path("absent.toml").write_text(absent.replace("noise = 0.1, ", ""), "utf-8")
    monkeypatch.setattr(recipes, "names", lambda: ["mine.toml", "absent.toml"])
    assert run(["run", "--all", "--json"]) == 0
    found = lines(capsys)
    assert [each["recipe"] for each in found] == ["mine.toml", "absent.toml"]
    assert "none.csv" in found[1]["skipped"]
