"""A report of a training: what it says, what it needs, and what it never costs."""

import base64
import html
import json
import re
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pandas as pd
import pytest

import glassnet as gn
from glassnet.base import files
from glassnet.base.confidence import wilson
from glassnet.base.numerals import numeral
from glassnet.cli import train
from glassnet.cli.app import run
from glassnet.inspection import report_page
from glassnet.workflows.intervals import half_width

Said = pytest.CaptureFixture[str]
EVIL = "<script>alert(1)</script>"
QUICK = ["--epochs", "3", "--hidden", "8", "--engine", "numpy"]
SOLD = ["train", "t.csv", "--drop", "cost", "--out", "sold.safetensors", *QUICK]
COST = ["train", "t.csv", "--target", "cost", "--drop", "sold", "--validation", "0.3", *QUICK,
        "--out", "cost.safetensors"]  # fmt: skip


def table(rows: int = 600) -> pd.DataFrame:
    """One in five is "yes"; a column has gaps, one is constant, one has a wicked name."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=rows).round(3)
    plan = rng.choice(["basic", "pro"], rows)
    sold = np.where(x + rng.normal(size=rows) / 2 > 1, "yes", "no")
    cost = (10 * x + 5 * (plan == "pro") + rng.normal(size=rows)).round(2)
    frame = pd.DataFrame({"x": x, "plan": plan, EVIL: rng.integers(0, 9, rows), "same": "CH"})
    frame["gaps"] = np.where(rng.uniform(size=rows) < 0.1, np.nan, rng.integers(0, 50, rows))
    return frame.assign(cost=cost, sold=sold)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Networks of classes and of values, with their reports, and what was printed."""
    place = tmp_path_factory.mktemp("report")
    table().to_csv(place / "t.csv", index=False)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(place)
        assert run([*SOLD, "--report", "sold.html"]) == 0
        assert run([*COST, "--report", "cost.html", "--quiet"]) == 0
    return place


@pytest.fixture
def here(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(folder)
    return folder


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder of its own with the table; Ctrl-C is what Python makes of it."""
    monkeypatch.chdir(tmp_path)
    table().to_csv("t.csv", index=False)
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield tmp_path
    signal.signal(signal.SIGINT, before)


def text_of(name: str) -> str:
    """The page without the pictures in it."""
    return re.sub(r"data:image/svg\+xml;base64,[\w+/=]+", "PICTURE", Path(name).read_text("utf-8"))


def cells(page: str, title: str) -> dict[str, list[str]]:
    """The rows of a table by their first cell."""
    after = page.partition(f"<h3>{html.escape(title)}</h3>")[2]
    after = re.split("<h3>|</section>", after, maxsplit=1)[0].replace("\xa0", " ")
    rows = [re.findall(r"<td[^>]*>(.*?)</td>", row) for row in after.split("<tr>")[2:]]
    return {html.unescape(row[0]): [html.unescape(cell) for cell in row[1:]] for row in rows if row}


def section(page: str, name: str) -> str:
    inside = page.partition(f'<section id="{name}">')[2].partition("</section>")[0]
    return html.unescape(inside)


def test_the_page_says_everything_about_trust(here: Path) -> None:
    page = text_of("sold.html")
    names = re.findall("<h2>(.*?)</h2>", page)
    assert names == [
        "Data and decisions", "Network", "Training", "Metrics", "Calibration",
        "Importance of columns", "Limits", "Repeat it",
    ]  # fmt: skip
    data = section(page, "data-and-decisions")
    assert "<dd>t.csv</dd>" in data and "480 for training, 120 (20 %) for the test" in data
    assert "left out 'same': always CH" in data
    columns = cells(page, "Columns that the network reads")
    assert columns["plan"][:2] == ["category", "basic, pro"]
    assert columns["gaps"][2].startswith("the median, ") and columns["gaps"][2].endswith("marked")
    low, high = map(float, columns["x"][1].split(" to "))
    whole = pd.read_csv("t.csv")["x"]
    assert whole.min() <= low < high <= whole.max()
    marked = re.findall('<code class="command">(.*?)</code>', page)[0]
    command = html.unescape(re.sub("<.*?>", "", marked))
    assert command == "glassnet " + " ".join(SOLD) + " --report sold.html"
    repeat = section(page, "repeat-it")
    assert all(f"{name} {number}" in repeat for name, number in files.versions().items())
    hints = section(page, "training")
    assert "Loss by epoch" in hints and "Accuracy by epoch" in hints
    assert "Training part: it says" in hints and "validation rises" not in hints  # of folds
    assert "if validation rises again" in section(text_of("cost.html"), "training")


def test_metrics_have_the_intervals_and_baselines_that_they_should(here: Path) -> None:
    page, network = text_of("sold.html"), gn.load("sold.safetensors")
    rows = cells(page, "Metrics, test")
    accuracy = network.trained["test"]["accuracy"]
    low, high = wilson(accuracy, 120)
    value, interval, base = rows["accuracy ↑"]
    assert value == numeral(accuracy)
    assert interval == f"{numeral(float(low), accuracy)} to {numeral(float(high), accuracy)}"
    by_class = cells(page, "Metrics by class")
    share = float(by_class["no"][4]) / 120
    _, recall, ends, _, count = by_class["yes"]
    yes = wilson(round(float(recall) * int(count)) / int(count), int(count))
    assert ends == " to ".join(f"{float(end):.3f}" for end in yes)
    assert float(base) == pytest.approx(share, abs=1e-4)
    assert "of these rows are 'no'. Accuracy hides" in section(page, "metrics")
    entropy = -(share * np.log(share) + (1 - share) * np.log(1 - share))
    assert float(rows["log loss ↓"][2]) == pytest.approx(entropy, rel=1e-3)
    for value, interval, _ in rows.values():
        least, most = map(float, interval.split(" to "))
        assert least < float(value) < most


def test_intervals_of_values_hold_as_often_as_the_page_says(here: Path) -> None:
    page, network = text_of("cost.html"), gn.load("cost.safetensors")
    data = gn.data.load("t.csv", target="cost", drop="sold")
    off = np.abs(network.predict(data.x_test) - data.y_test)
    rows = cells(page, "Coverage")
    assert list(rows) == ["50 %", "80 %", "90 %", "95 %"]
    for level, (width, share, _) in zip((0.5, 0.8, 0.9, 0.95), rows.values(), strict=True):
        [q] = half_width(network, level)
        assert width == numeral(q)
        assert share == f"{100 * (off <= q).mean():.3g} %"
    metrics = cells(page, "Metrics, test")
    spread = np.abs(data.y_test - data.y_test.mean()).mean()
    assert metrics["R² ↑"][2] == "0.000"
    assert metrics["mean absolute error ↓"][2] == numeral(float(spread))
    assert "Predicted and true values" in page


def test_the_page_needs_nothing_else_and_names_are_text(here: Path) -> None:
    for name in ("sold.html", "cost.html"):
        page = text_of(name)
        assert "<script" not in page and "http" not in page and "url(" not in page
        assert page.count(html.escape(EVIL)) >= 2
        drawn = re.findall(r"base64,([\w+/=]+)", Path(name).read_text("utf-8"))
        assert len(drawn) >= 8 and len(drawn) % 2 == 0
        for each in drawn:
            tree = ElementTree.fromstring(base64.b64decode(each))
            links = [v for e in tree.iter() for k, v in e.attrib.items() if k.endswith("href")]
            assert all(link.startswith(("#", "data:")) for link in links)


def test_the_same_training_gives_the_same_bytes(here: Path, own: Path) -> None:
    assert run([*SOLD, "--report", "sold.html"]) == 0
    for name in ("sold.html", "sold.safetensors"):
        assert (own / name).read_bytes() == (here / name).read_bytes()


def test_a_file_alone_gives_its_curves_and_says_what_is_missing(here: Path, capsys: Said) -> None:
    assert run(["report", "sold.safetensors"]) == 0
    assert capsys.readouterr().out == "wrote sold-report.html\n"
    page, whole = text_of("sold-report.html"), text_of("sold.html")
    assert "was made without data" in page and "importance of columns" in page
    accuracy = [cells(each, "Metrics, test")["accuracy ↑"][:2] for each in (page, whole)]
    assert accuracy[0] == accuracy[1]
    curves = [
        [re.findall(r'src="(data:[^"]+)" alt="Loss by epoch"', Path(name).read_text("utf-8"))]
        for name in ("sold-report.html", "sold.html")
    ]
    assert curves[0] == curves[1] and curves[0] != [[]]
    assert run(["report", "sold.safetensors"]) == 0
    assert capsys.readouterr().out == "replaced sold-report.html\n"


def test_other_rows_are_judged_and_what_is_new_in_them_counted(here: Path, capsys: Said) -> None:
    new = table(40).assign(x=99.0)
    new.to_csv("new.csv", index=False)
    assert run(["report", "sold.safetensors", "new.csv", "--out", "new.html"]) == 0
    assert "40 rows have 'x' outside" in capsys.readouterr().err
    page = text_of("new.html")
    limits = section(page, "limits")
    assert "In new: 40 rows have 'x' outside" in limits
    assert "measured on only 40 rows" in limits and "among those that" not in limits
    assert "On 40 rows of new." in section(page, "metrics")
    assert run(["report", "sold.safetensors", "t.csv", "--out", "same.html"]) == 0
    assert "may be among those that the network learned from" in text_of("same.html")


def test_what_early_stopping_kept_is_said_and_marked(here: Path) -> None:
    network = gn.load("sold.safetensors")
    del network.trained["folds"]  # of a small table
    network.trained["early_stopping"] = {
        "metric": "loss", "most": 9, "epochs": [3], "best": [2], "judged_by": "48 rows",
    }  # fmt: skip
    network.save("kept.safetensors")
    assert run(["report", "kept.safetensors"]) == 0
    page = text_of("kept-report.html")
    training = section(page, "training")
    assert "Kept epoch 2 of 3 (at most 9): lowest loss on 48 rows." in training
    drawn = [re.findall(r'src="data:[^,]+,([^"]+)" alt="Loss', Path(name).read_text())[0]
             for name in ("kept-report.html", "sold.html")]  # fmt: skip
    assert drawn[0] != drawn[1]
    assert "The validation rows were used to choose the epoch" in section(page, "limits")
    network.trained["folds"] = {"folds": 5, "epochs": 3}
    network.trained["interrupted"] = "5 folds end best after 3 epochs"
    network.save("folds.safetensors")
    assert run(["report", "folds.safetensors"]) == 0
    page = text_of("folds-report.html")
    assert "3, which was best for 5 folds; then all rows" in section(page, "training")
    assert "The folds were used to choose the epoch" in section(page, "limits")
    assert "ended early" not in page


def test_names_that_no_encoding_has_are_written_in_a_way(here: Path) -> None:
    network = gn.load("sold.safetensors")
    network.trained["data"] = "odd-\udcff.csv"
    network.save("odd.safetensors")
    assert run(["report", "odd.safetensors"]) == 0
    assert "odd-\\udcff.csv" in text_of("odd-report.html")


def test_calibration_before_and_after(here: Path) -> None:
    from glassnet.workflows.temperature import calibrated

    network = gn.load("sold.safetensors")
    network.parameters.vector[:] *= 3  # much too sure
    data = gn.data.load("t.csv", target="sold", drop="cost")
    calibrated(network, data.x_train, data.y_train).save("sure.safetensors")
    assert run(["report", "sure.safetensors", "t.csv"]) == 0
    page = text_of("sure-report.html")
    before, after = (cells(page, "Probabilities, t")[name] for name in ("before", "after"))
    assert float(after[0]) < float(before[0]) and float(after[1]) < float(before[1])
    assert 'alt="Calibration before"' in page and "A temperature of " in page


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["digits"], "these samples of 8 × 8 numbers have none"),
        (["moons", "--test", "0"], "No rows were held out for a test"),
        (["t.csv", "--target", "x", "--target", "cost", "--drop", "sold"], "x 90 %"),
        (["labels.csv", "--target", "a", "--target", "b"], "Metrics by label"),
        (["t.csv", "--drop", "cost"], "rows, which are few"),
        (
            ["t.csv", "--drop", "cost", "--networks", "2", "--validation", "0.2"],
            "the first of 2 networks",
        ),
        (["moons", "--loss", "mean_squared"], "Confusion matrix"),
    ],
)
def test_every_kind_of_target_and_data_has_a_page(
    words: list[str], says: str, own: Path, capsys: Said
) -> None:
    x = table()["x"]
    labels = pd.DataFrame({"x": x, "a": (x > 0).astype(int), "b": (x > 1).astype(int)})
    labels.to_csv("labels.csv", index=False)
    assert run(["train", *words, *QUICK, "--report", "page.html"]) == 0, capsys.readouterr().err
    assert capsys.readouterr().out.endswith("wrote page.html\n")
    assert says in text_of("page.html")


def test_wide_tables_and_many_classes_stay_small(own: Path) -> None:
    rng = np.random.default_rng(0)
    wide = pd.DataFrame(rng.normal(size=(300, 600)).round(2)).add_prefix("a column with a name ")
    wide.assign(k=[f"class {n % 60}" for n in range(300)]).to_csv("wide.csv", index=False)
    assert run(["train", "wide.csv", "--target", "k", *QUICK, "--report", "wide.html"]) == 0
    page = text_of("wide.html")
    assert Path("wide.html").stat().st_size < 1.2e6 and len(page) < 2e5
    assert "Columns that the network reads, the first 300 of 600" in page
    assert "There are more than 500 columns" in page
    assert "class 0, class 1, class 10" in page and "… (60 in all)" in page


# ---- what it never costs


@pytest.mark.parametrize(
    ("path", "says"),
    [
        ("none/page.html", "--report: there is no folder none: create it first"),
        ("page.pdf", "--report is page.pdf, expected the name of an .html file"),
        ("there.html", "--report: there.html is a folder: expected the name of a file"),
    ],
)
def test_a_path_that_cannot_be_written_is_refused_before_the_work(
    path: str, says: str, own: Path, capsys: Said
) -> None:
    Path("there.html").mkdir()
    assert run([*SOLD, "--report", path]) == 2
    assert says in capsys.readouterr().err
    assert not Path("sold.safetensors").exists()


def test_a_disk_that_fails_later_does_not_cost_the_training(
    own: Path, monkeypatch: pytest.MonkeyPatch, capsys: Said
) -> None:
    def gone(*_: Any) -> str:
        raise files.ModelFileError("cannot write page.html: No space left on device")

    monkeypatch.setattr("glassnet.cli.report.report", gone)
    assert run([*SOLD, "--report", "page.html"]) == 2
    out, err = capsys.readouterr()
    assert "test accuracy " in out and "wrote sold.safetensors" in out
    assert err.splitlines()[-1].startswith("glassnet: cannot write page.html")
    assert gn.load("sold.safetensors").trained["epochs"] == 3


def press(*_: Any, **__: Any) -> None:
    signal.raise_signal(signal.SIGINT)


def after(calls: int, function: Callable[..., Any]) -> Callable[..., Any]:
    """The function, with Ctrl-C at the end of the call of this number."""
    count = 0

    def call(*given: Any, **named: Any) -> Any:
        nonlocal count
        count += 1
        found = function(*given, **named)
        if count == calls:
            press()
        return found

    return call


def test_a_training_that_is_broken_off_has_its_page_without_metrics(
    own: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    steps = train.Progress.on_epoch_end
    monkeypatch.setattr(train.Progress, "on_epoch_end", after(2, steps))
    assert run([*SOLD, "--report", "page.html"]) == 130
    page = text_of("page.html")
    assert "Training ended early: interrupted by Ctrl-C" in section(page, "training")
    assert "<td>accuracy" not in page
    assert gn.load("sold.safetensors").trained["interrupted"]


def test_breaking_off_the_page_leaves_the_network_and_no_page(
    own: Path, monkeypatch: pytest.MonkeyPatch, capsys: Said
) -> None:
    monkeypatch.setattr(report_page, "write", after(3, report_page.write))
    assert run([*SOLD, "--report", "page.html"]) == 130
    out, err = capsys.readouterr()
    assert "wrote sold.safetensors" in out and "while drawing the report" in err
    assert not Path("page.html").exists() and gn.load("sold.safetensors").trained["test"]


def test_json_stays_json(own: Path, capsys: Said) -> None:
    assert run([*SOLD, "--report", "page.html", "--json"]) == 0
    *epochs, result = map(json.loads, capsys.readouterr().out.splitlines())
    assert len(epochs) == 3 and Path("page.html").exists()
    assert result["report"] == "page.html" and result["model"] == "sold.safetensors"
    assert run([*SOLD, "--json"]) == 0
    assert "report" not in json.loads(capsys.readouterr().out.splitlines()[-1])


def test_json_has_its_metrics_even_if_the_page_fails(
    own: Path, monkeypatch: pytest.MonkeyPatch, capsys: Said
) -> None:
    monkeypatch.setattr(report_page, "write", after(3, report_page.write))
    assert run([*SOLD, "--report", "page.html", "--json"]) == 130
    result = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert "test_accuracy" in result and "report" not in result


@pytest.mark.parametrize(
    "record",
    [
        7,
        {"history": {"loss": ["x"]}, "rows": {"training": 1, "test": 1}, "notes": []},
        {"history": {}, "rows": {"training": -1, "test": 1}, "notes": []},
        {"history": {}, "rows": {"training": 1, "test": 1}, "notes": [3]},
    ],
)
def test_a_record_that_is_none_is_refused_in_a_line(
    record: Any, here: Path, tmp_path: Path, capsys: Said
) -> None:
    network = gn.load("sold.safetensors")
    network.trained["report"] = record
    network.save(tmp_path / "odd.safetensors")
    assert run(["report", str(tmp_path / "odd.safetensors")]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("glassnet: trained report")


def test_a_file_from_before_has_a_page_without_curves(here: Path, tmp_path: Path) -> None:
    network = gn.load("sold.safetensors")
    del network.trained["report"], network.trained["recipe"]
    network.save(tmp_path / "old.safetensors")
    assert run(["report", str(tmp_path / "old.safetensors")]) == 0
    page = text_of(str(tmp_path / "old-report.html"))
    assert "The file keeps no curves" in page
    assert "keeps no command" in page and '<code class="command">' not in page


def test_in_a_browser_it_fits_and_asks_for_nothing(here: Path, browser: Any) -> None:
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    asked: list[str] = []
    for width, scheme in ((390, "light"), (1280, "dark")):
        page = browser.new_page(viewport={"width": width, "height": 800}, color_scheme=scheme)
        page.on("request", lambda request: asked.append(request.url))
        page.goto((here / "sold.html").as_uri())
        too_wide = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        assert page.evaluate(too_wide) == 0
        loaded = "[...document.images].every(each => each.complete && each.naturalWidth > 0)"
        assert page.evaluate(loaded)
        shown = "[...document.images].filter(each => each.offsetWidth).map(each => each.className)"
        assert set(page.evaluate(shown)) == {scheme}
        assert not axe.run(page).response["violations"]
        page.emulate_media(media="print")
        assert set(page.evaluate(shown)) == {"light"}
        page.close()
    assert {url.partition(":")[0] for url in asked} <= {"file", "data"}
