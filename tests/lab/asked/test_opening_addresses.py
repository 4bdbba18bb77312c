"""Addresses: read for the command line, never for a page."""

import pytest

from glassnet.base.errors import DataError
from glassnet.cli import lab as command
from glassnet.cli.app import run
from glassnet.data.sources import web_file
from glassnet.lab.asked import opening
from glassnet.lab.asked.opening import opened
from glassnet.lab.commands import answer
from glassnet.lab.state.session import Session
from glassnet.lab.state.settings import Settings

TABLE = "a,b,kind\n" + "".join(f"{n / 3},{n * 7 % 5},{'xy'[n % 2]}\n" for n in range(40))
ADDRESS = "https://example.org/own.2024.csv?token=abc"
RECIPE = (
    'title = "t"\nsource = "s"\n[data]\nname = "{name}"\n[network]\nhidden = [3]\n[training]\n'
    'epochs = 1\n[figure]\npublished = "none"\nat_least = 0.0\n'
)


@pytest.fixture
def fetched(monkeypatch, tmp_path):
    """The addresses that are asked for; each has the table."""
    asked = []
    (tmp_path / "own.2024.csv").write_text(TABLE)

    def fetch(address):
        asked.append(address)
        return tmp_path / "own.2024.csv", "downloaded it"

    for room in (opening, web_file):
        monkeypatch.setattr(room, "fetch", fetch)
    return asked


def test_the_command_line_names_an_address(fetched, monkeypatch, capsys):
    begun = opened(ADDRESS)
    assert (fetched, begun.notes) == ([ADDRESS], ("downloaded it",))
    data = begun.settings.data.load(begun.shelf, 0)
    assert (data.name, data.classes) == ("own.2024.csv", ("x", "y"))
    kept = []
    monkeypatch.setattr(command, "_serve", lambda begun, *how: kept.append(begun))
    assert run(["lab", ADDRESS, "--drop", "b"]) == 0, capsys.readouterr().err
    assert kept[0].settings.data.drop == ["b"]
    assert "note: downloaded it" in capsys.readouterr().out


def test_a_recipe_file_on_the_command_line_too(fetched, tmp_path):
    (tmp_path / "own.toml").write_text(RECIPE.format(name=ADDRESS))
    assert opened(str(tmp_path / "own.toml")).settings.data.name == "own.2024.csv"
    assert fetched == [ADDRESS]


@pytest.mark.parametrize("name", [ADDRESS, "{folder}/own.2024.csv", "sqlite:///{folder}/x.db::t"])
def test_a_page_has_nothing_opened_or_fetched(name, fetched, tmp_path):
    name = name.format(folder=tmp_path)
    session = Session(Settings())
    reply = answer(session, {"do": "open_recipe", "text": RECIPE.format(name=name)})
    assert "the lab has no file" in reply["sentence"]
    for given in ({"kind": "file", "name": name}, {"kind": "named", "name": name}):
        with pytest.raises(Exception, match=r"expected one of none|unknown dataset"):
            Settings.model_validate({"data": given}).data.load(session.shelf, 0)
    assert (fetched, session.shelf.files, session.settings) == ([], {}, Settings())


def test_a_recipe_on_a_page_reads_what_was_dropped():
    session = Session(Settings())
    session.shelf.drop("own.csv", TABLE.encode())
    reply = answer(session, {"do": "open_recipe", "text": RECIPE.format(name="own.csv")})
    assert reply["is"] == "open_recipe"
    assert session.run.data.name == "own.csv"
    session.shelf.close()


def test_what_cannot_be_downloaded_is_one_line(monkeypatch, capsys):
    def fetch(address):
        raise DataError("https://example.org/own.csv: HTTP 404: there is nothing there")

    monkeypatch.setattr(opening, "fetch", fetch)
    assert run(["lab", "https://example.org/own.csv"]) == 2
    assert capsys.readouterr().err.startswith("glassnet: https://example.org/own.csv: HTTP 404")
