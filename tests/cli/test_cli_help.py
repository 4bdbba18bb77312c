"""Help is found by topic, fits a screen, and every example in it is a command that parses."""

import contextlib
import io
import shlex
from pathlib import Path
from typing import Any

import pytest

from glassnet.cli.app import COMMANDS, program, run
from glassnet.cli.help_page import examples, page, topic

PROGRAM: Any = program()
NAMES = [name for group in COMMANDS.values() for name in group]


@pytest.fixture(autouse=True)
def _narrow(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")


def said(*words: str) -> str:
    """What a call prints on standard output."""
    with contextlib.redirect_stdout(io.StringIO()) as out:
        assert run([*words]) == 0
    return out.getvalue()


def refused(*words: str) -> str:
    """The line that a call prints on standard error."""
    with contextlib.redirect_stderr(io.StringIO()) as out:
        assert run([*words]) == 2
    (line,) = out.getvalue().splitlines()
    return line


@pytest.mark.parametrize("name", NAMES)
def test_a_page_fits_a_screen_and_a_half_of_80_columns(name: str) -> None:
    text = said(name, "-h")
    assert said(name, "--help") == said("--help", name) == said("help", name) == text
    lines = text.splitlines()
    assert len(lines) <= 45, text
    for line in said(name, "--help", "all").splitlines() + lines:
        assert len(line) <= 80 and line == line.rstrip()
        assert not set(line) & set("│─╭╮╰╯┃━\x1b")


def test_a_narrow_terminal_has_texts_below_names(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "44")
    for words in (["train", "--help", "all"], ["--help"]):
        lines = said(*words).splitlines()
        long = [line for line in lines if len(line) > 44]
        assert all(line.startswith(("  glassnet", "Usage", "A group")) or line.count(" ") < 12
                   for line in long), long  # fmt: skip
    assert "  --lr NUMBER\n        Learning rate." in said("train", "--help", "lr")


def test_the_commands_stand_in_groups() -> None:
    text = said("--help")
    assert text == said("-h") == said() == said("help")
    places = [text.index(f"\n{title}:\n") for title in COMMANDS]
    assert places == sorted(places)
    for group, commands in COMMANDS.items():
        section = text.split(f"\n{group}:\n")[1].split("\n\n")[0]
        assert [line.split()[0] for line in section.splitlines() if line[2] != " "] == [*commands]
    assert max(map(len, text.splitlines())) <= 80


@pytest.mark.parametrize("name", NAMES)
def test_every_command_has_two_examples_that_parse(name: str) -> None:
    lines = examples(PROGRAM.commands[name])
    assert len(lines) == 2
    text = said(name, "--help")
    for line in lines:
        called, command, *words = shlex.split(line)
        assert called == "glassnet"
        PROGRAM.commands[command].make_context(command, words)
        assert f"\n  {line}\n" in text
    assert lines[0].split()[1] == name


# With a network and a table beside them, these take no time.
QUICK = ("data", "predict", "evaluate", "summary", "plot", "export", "recipes", "explain")


def test_the_quick_examples_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("onnx")
    monkeypatch.chdir(tmp_path)
    rows = [f"{n},{n % 7},{n % 5},{n * 2 + n % 7}" for n in range(80)]
    for name in ("prices", "new"):
        table = "\n".join(["id,rooms,floor,price", *rows])
        Path(f"{name}.csv").write_text(table, encoding="utf-8")
    said("train", "digits", "--epochs", "1", "--hidden", "8", "--quiet")
    said("train", "prices.csv", "--target", "price", "--epochs", "1", "--quiet")
    for name in QUICK:
        for line in examples(PROGRAM.commands[name]):
            if " run " not in line:
                said(*shlex.split(line)[1:])


def test_a_group_is_a_topic() -> None:
    text = said("train", "--help", "data")
    assert text.startswith("Data:\n  DATA ") and "postgresql://USER@HOST/DATABASE::TABLE" in text
    assert "--separator" in text and "--lr" not in text and "Usage" not in text
    assert text == said("train", "--help=DATA") == said("train", "moons", "-h", "data")
    assert "--lr" in said("train", "--help", "training")
    assert "--halving" in said("sweep", "--help", "sweep")


@pytest.mark.parametrize(
    ("word", "option"),
    [
        ("lr", "--lr NUMBER"),
        ("--lr", "--lr NUMBER"),
        ("learning-rate", "--lr NUMBER"),
        ("learning_rate", "--lr NUMBER"),
        ("n_epochs", "--epochs N"),
        ("delimiter", "--separator MARK"),
        ("no-bias", "--bias/--no-bias"),
        ("as", "--as COLUMN=KIND"),
        ("kinds", "--as COLUMN=KIND"),
        ("momentum", "--optimizer NAME"),
        ("glorot_uniform", "--init NAME"),
        ("nesterov", "--optimizer NAME"),
        ("l2", "--weight-decay NUMBER"),
    ],
)
def test_an_option_is_a_topic_by_all_of_its_names(word: str, option: str) -> None:
    _, shown, *_ = said("train", "--help", word).splitlines()
    assert shown.strip().startswith(option)


def test_a_word_that_options_mention_finds_them() -> None:
    text = said("train", "--help", "biases")
    assert "--bias" in text and "--weight-decay" in text and "--epochs" not in text


def test_an_unknown_topic_gets_one_line_with_the_topics() -> None:
    line = refused("train", "--help", "zzz")
    assert line == (
        "glassnet: glassnet train --help: no topic 'zzz'. Topics: data, network, training, "
        "output, all, and the name of any option"
    )
    assert "did you mean network?" in refused("train", "--help", "netwrk")
    assert "did you mean epochs?" in refused("train", "--help", "epocs")
    assert "Topics: data, training, output, server, all" in refused("lab", "--help", "zzz")
    assert "Did you mean 'train'?" in refused("--help", "trian")


def test_a_value_may_look_like_the_option() -> None:
    context = PROGRAM.commands["train"].make_context("train", ["iris", "--na", "-h"])
    assert context.params["na"] == "-h"


def test_defaults_are_as_people_write_them() -> None:
    options = "\n".join(topic(PROGRAM.commands["repeat"], "glassnet repeat", "all"))
    flat = " ".join(options.split())
    for default in ("1G", "0.2", "20", "relu", "adam", "--bias", "0", "UTF-8", "the optimizer's"):
        assert f"[default: {default}]" in flat
    for wrong in ("[default: None", "1073741824", "[default: 0.0", "[default: ]", "[default: F",
                  "[default: T", "Default:"):  # fmt: skip
        assert wrong not in flat


def test_the_long_list_is_shortened_by_group() -> None:
    lines = page(PROGRAM.commands["train"], "glassnet train")
    more = [line.strip() for line in lines if " more: " in line]
    assert [line.split(": ")[1] for line in more] == [
        f"glassnet train --help {group}" for group in ("data", "network", "training", "output")
    ][: len(more)]
    whole = topic(PROGRAM.commands["train"], "glassnet train", "all")
    for name in ("data", "network", "training", "output"):
        section = topic(PROGRAM.commands["train"], "glassnet train", name)
        assert "\n".join(section[1:][-3:]) in "\n".join(whole)


def test_every_option_of_a_long_command_has_a_group() -> None:
    for name in NAMES:
        command = PROGRAM.commands[name]
        groups = {p.rich_help_panel for p in command.params if p.param_type_name == "option"}
        assert len(groups) <= 1 or None not in groups, name


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["train", "own.csv", "--preset"], "--preset needs a value. See glassnet train --help"),
        (["predict", "m", "own.csv", "--out"], "--out needs a value. See glassnet predict --help"),
        (["train", "--quiet=3"], "--quiet takes no value. See glassnet train --help"),
        (["--help=3"], "--help takes no value. See glassnet --help"),
    ],
)
def test_an_option_used_wrongly_is_named_in_one_line(
    words: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(words) == 2
    assert capsys.readouterr().err == f"glassnet: {said}\n"
