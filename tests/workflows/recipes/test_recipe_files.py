"""Recipes as TOML: a mistake is told with its file, line, key and the nearest right one."""

from importlib import resources
from pathlib import Path

import pytest

from glassnet.base.errors import GlassnetError
from glassnet.data import load
from glassnet.nn.layers import words_for
from glassnet.workflows.networks import network_of
from glassnet.workflows.recipes.loader import load_recipe, names, parse

IRIS = resources.files("glassnet.workflows.recipes").joinpath("iris.toml").read_text("utf-8")


def line_of(text: str) -> int:
    return next(n for n, line in enumerate(IRIS.splitlines(), 1) if line.startswith(text))


@pytest.mark.parametrize(
    ("right", "wrong", "at", "says"),
    [
        ("epochs = 200", "epochz = 200", "epochs", "'epochz': did you mean 'epochs'?"),
        (
            "epochs = 200",
            'epochs = "many"',
            "epochs",
            "training.epochs is 'many', expected a whole number of 1 or more",
        ),
        (
            "epochs = 200",
            "epochs = 0",
            "epochs",
            "epochs is 0, expected a whole number of 1 or more",
        ),
        ('"relu"', '"rlu"', "activation", "did you mean 'relu'?"),
        (
            '= "full"',
            '= "ful"',
            "batch_size",
            "is 'ful', expected a whole number of 1 or more, or 'full'",
        ),
        ('"sgd"', '"sgdd"', "optimizer", "did you mean 'sgd'?"),
        ("learning_rate", "learningrat", "optimizer", "did you mean 'learning_rate'?"),
        ("low=-1", "lo=-1", "init", "did you mean 'low'?"),
        (
            "[6, 10, 8]",
            "[6, -10, 8]",
            "hidden",
            "hidden is -10, expected a list of whole numbers of 1 or more",
        ),
        ("times = 20", "times = 1", "times", "times is 1, expected 2 or more"),
        ("[data]", "[dta]", "[data]", "did you mean 'data'?"),
        ("title =", "titel =", "title", "did you mean 'title'?"),
        ("at_least = 0.70", "at_leest = 0.60", "at_least", "did you mean 'at_least'?"),
    ],
)
def test_a_mistake_is_told_with_its_place(right: str, wrong: str, at: str, says: str) -> None:
    assert right in IRIS
    with pytest.raises(GlassnetError) as error:
        parse(IRIS.replace(right, wrong, 1), "mine.toml")
    message = str(error.value)
    assert message.startswith(f"mine.toml, line {line_of(at)}: ")
    assert says in message
    assert "\n" not in message


def test_what_is_left_out_is_named() -> None:
    with pytest.raises(GlassnetError, match=r"^mine.toml: figure is missing$"):
        parse(IRIS.partition("[figure]")[0], "mine.toml")


def test_text_that_is_not_toml_is_refused() -> None:
    with pytest.raises(GlassnetError, match=r"^mine.toml: not TOML: "):
        parse("[data]\nname = ", "mine.toml")


def test_a_file_of_ones_own_is_a_recipe(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(IRIS.replace("epochs = 200", "epochs = 7"), encoding="utf-8")
    assert load_recipe(str(path)).training.epochs == 7


@pytest.mark.parametrize("content", [None, b"\xff\xfe\x00"])
def test_a_file_that_cannot_be_read_is_refused(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "mine.toml"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(GlassnetError, match="cannot read"):
        load_recipe(str(path))


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("a = " + "[" * 30_000, "brackets nest too deep"),
        ("a = " + "{a=" * 10_000, "brackets nest too deep"),
        ("a" + ".a" * 5_000 + " = 1", "mine.toml"),
        ("a = " + "1" * 30_000, "not TOML"),
        ("a = " + "[" * 100_000, "it has more than 32,768 bytes"),
        ("a = " + "1" * 50_000_000, "it has more than 32,768 bytes"),
        (IRIS.replace("0.70", "1" * 4000), "mine.toml"),
    ],
)
def test_a_file_made_to_harm_is_one_line(tmp_path: Path, text: str, says: str) -> None:
    (tmp_path / "mine.toml").write_text(text)
    with pytest.raises(GlassnetError, match=says) as error:
        load_recipe(str(tmp_path / "mine.toml"))
    assert "\n" not in str(error.value) and len(str(error.value)) < 500


def test_an_endless_file_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.symlink_to("/dev/zero")
    with pytest.raises(GlassnetError, match="it is a device, expected a regular file"):
        load_recipe(str(path))


def test_a_name_that_is_not_there_gets_the_nearest() -> None:
    with pytest.raises(GlassnetError, match="did you mean 'moons'"):
        load_recipe("mons")


def test_the_five_systems_are_there() -> None:
    systems = {load_recipe(name).source[:2] for name in names()}
    assert systems >= {"A:", "B:", "C:", "D:", "E:"}
    assert len(names()) >= 10


WORDS = IRIS.replace("hidden = [6, 10, 8]", 'layers = ["dense 6, relu", "dense 10, tanh"]')


def test_layers_are_words_in_one_text_or_several() -> None:
    recipe = parse(WORDS.replace('activation = "relu"', ""), "mine.toml")
    assert recipe.network.layers == ["dense 6, relu", "dense 10, tanh"]
    text = WORDS.replace('["dense 6, relu", "dense 10, tanh"]', '"dense 6, relu, dense 10, tanh"')
    net = network_of(recipe.network, 0, load("iris"))
    same = network_of(parse(text, "mine.toml").network, 0, load("iris"))
    assert net.config() == same.config()
    assert words_for(net.layers) == (
        "dense 6 init=uniform:low=-1,high=1, relu, dense 10 init=uniform:low=-1,high=1, tanh, "
        "dense 3 init=uniform:low=-1,high=1"
    )


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        (WORDS.replace("tanh", "tahn"), "network.layers: unknown layer 'tahn': did you"),
        (WORDS.replace('activation = "relu"', 'activation = "tanh"'),
         "network.activation has no effect beside layers: leave it out"),
        (WORDS.replace('activation = "relu"', "hidden = [3]"),
         "network.hidden has no effect beside layers: leave it out"),
        (IRIS.replace('activation = "relu"', 'model = "cnn"'),
         "network.hidden is not for the model cnn: leave it out"),
        (IRIS.replace('activation = "relu"', 'model = "cnm"'), "did you mean 'cnn'?"),
        (WORDS.replace('["dense 6, relu", "dense 10, tanh"]', "7"),
         "network.layers is 7, expected layers in words, such as 'dense 64, relu'"),
        (WORDS.replace('["dense 6, relu", "dense 10, tanh"]', "[7]"),
         "network.layers is [7], expected layers in words, such as 'dense 64, relu'"),
    ],
)  # fmt: skip
def test_a_mistake_in_the_words_of_a_network_is_told(wrong: str, says: str) -> None:
    with pytest.raises(GlassnetError) as error:
        parse(wrong, "mine.toml")
    assert says in str(error.value) and "\n" not in str(error.value)


def test_a_study_takes_no_layers() -> None:
    study = "\n[study]\nfirst = 1\nlast = 2\njudged_from = 1\n"
    text = WORDS.replace("[repeat]\ntimes = 20", study)
    with pytest.raises(GlassnetError, match="a study sets the width of the one hidden layer"):
        parse(text, "mine.toml")
