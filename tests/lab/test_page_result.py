"""The result on the page: every number is the engine's."""

import re

import numpy as np
import pytest
from sklearn.metrics import confusion_matrix, r2_score, recall_score

from glassnet.data import Dataset
from glassnet.inspection.document import number, percent
from glassnet.lab.shown.frame import bounds, rows_at
from glassnet.lab.shown.outcome import ends
from glassnet.lab.state.session import Session
from glassnet.lab.state.settings import Settings
from tests.lab.conftest import WIDTHS

IRIS = {
    "data": {"name": "iris"},
    "network": {"layers": ["dense 6", "tanh"]},
    "training": {"optimizer": "adam:learning_rate=0.03", "epochs": 20, "batch_size": 16},
}


RNG = np.random.default_rng(0)
ALONG = np.linspace(-2, 2, 40)[:, None]
CURVE = Dataset("curve", ALONG[::2], np.sin(2 * ALONG[::2, 0]), ALONG[1::2], ALONG[1::2, 0])
PLACES = RNG.normal(size=(60, 2))
SURFACE = Dataset(
    "surface", PLACES, np.stack([PLACES[:, 0], 3 * PLACES.prod(axis=1)], axis=1),
    PLACES[:0], np.zeros((0, 2)),
)  # fmt: skip
KINDS = np.stack([PLACES[:, 0] > 0, PLACES[:, 1] > 0.5], axis=1).astype(int)
LABELS = Dataset("labels", PLACES[:40], KINDS[:40], PLACES[40:], KINDS[40:], ("warm", "wet"))


def settings_of(given):
    return Settings.model_validate(given)


def after(settings, epochs):
    """The same lab without a page, after so many epochs."""
    session = Session(settings)
    while session.run.epochs_done < epochs:
        session.run.step()
    return session


def epoch_on(page, epochs=1):
    for done in range(1, epochs + 1):
        page.get_by_role("button", name="One epoch", exact=True).click()
        page.wait_for_function(
            f"document.querySelector('#place').textContent.includes('epoch {done} of')"
        )


def text_when(page, selector, words):
    """What an element says as soon as it has these words."""
    page.wait_for_function(
        "([s, w]) => document.querySelector(s)?.textContent.includes(w)", arg=[selector, words]
    )
    return page.locator(selector).text_content()


@pytest.mark.parametrize("size", WIDTHS)
def test_values_at_a_cursor_are_the_engines(open_lab, size):
    settings = settings_of(IRIS)
    page = open_lab(settings, size=size)
    epoch_on(page, 2)
    session = after(settings, 2)
    low, high = bounds(session)
    page.locator("#field").focus()
    page.keyboard.press("ArrowRight")  # the cursor begins in the middle
    said = text_when(page, "#readout", "setosa")
    p = session.run.network.predict_proba(rows_at(session, ((low + high) / 2)[None]))[0]
    for name, value in zip(session.run.data.classes, p, strict=True):
        assert f"{name} {number(float(value))}" in said
    page.keyboard.press("Shift+ArrowUp")
    there = (low + high) / 2 + [0, (high - low)[1] / 10]
    said = text_when(page, "#readout", f"= {number(there[1])}")
    p = session.run.network.predict_proba(rows_at(session, there[None]))[0]
    assert f"{session.run.data.classes[0]} {number(float(p[0]))}" in said
    page.keyboard.press("Escape")
    assert "Point at the picture" in page.locator("#readout").text_content()


def test_axes_have_the_names_and_values_of_the_features(open_lab):
    page = open_lab(settings_of(IRIS))
    texts = page.locator(".result-axes text").all_text_contents()
    assert {"sepal length (cm)", "sepal width (cm)", "5", "3"} <= set(texts)
    legend = page.locator(".result-legend").text_content()
    assert all(word in legend for word in ("setosa", "virginica", "Training", "Test", "Wrong"))


def test_one_feature_has_a_curve(open_lab, learning_from):
    learning_from(CURVE)
    settings = settings_of(IRIS)
    page = open_lab(settings)
    epoch_on(page)
    session = after(settings, 1)
    page.locator("#field").focus()
    page.keyboard.press("ArrowRight")
    said = text_when(page, "#readout", ": label ")
    low, high = ends(CURVE)
    z = session.run.network.outputs(np.array([[(low + high) / 2]]))
    assert said.endswith(f": label {number(float(z[0, 0]))}")
    assert page.locator(".result-curve path").get_attribute("d").count("L") == 199


def test_values_have_a_scale_of_colours(open_lab, learning_from):
    learning_from(SURFACE)
    settings = settings_of(IRIS)
    page = open_lab(settings)
    epoch_on(page)
    session = after(settings, 1)
    page.locator("#output").select_option(label="label 1")
    both = [number(float(f(SURFACE.y_train[:, 1]))) for f in (np.min, np.max)]
    text_when(page, ".result-ends", both[1])
    assert page.locator(".result-ends span").first.text_content() == both[0]
    page.locator("#field").focus()
    page.keyboard.press("ArrowDown")
    said = text_when(page, "#readout", "label 1 ")
    low, high = bounds(session)
    z = session.run.network.outputs(rows_at(session, ((low + high) / 2)[None]))[0]
    assert said.endswith(f": label 0 {number(float(z[0]))}, label 1 {number(float(z[1]))}")


@pytest.mark.parametrize("size", WIDTHS)
def test_divergence_is_said_and_the_advice_can_be_tried(open_lab, size):
    training = {"optimizer": "sgd:learning_rate=1e30", "epochs": 3, "batch_size": 16}
    settings = settings_of(
        IRIS | {"network": {"layers": ["dense 6", "relu"]}, "training": training}
    )
    page = open_lab(settings, size=size)
    page.get_by_role("button", name="Play", exact=True).click()
    wrong = page.locator(".result-wrong[data-kind=diverged]")
    wrong.wait_for()
    session = Session(settings)
    while session.run.step():
        pass
    assert wrong.locator("p").first.text_content() == session.run.diverged
    button = wrong.get_by_role("button", name="Clip the gradient at norm 1, from the start")
    button.click()
    button.wait_for(state="detached")  # with a clipped gradient it is not advised again
    page.get_by_role("button", name="Play", exact=True).wait_for()
    session = Session(
        settings.model_copy(
            update={"training": settings.training.model_copy(update={"clip_norm": 1.0})}
        )
    )
    while session.run.step():
        pass
    text_when(page, "#place", f"epoch {session.run.epochs_done} of 3")


@pytest.mark.parametrize("size", WIDTHS)
def test_curves_say_the_numbers_of_the_history(open_lab, size):
    settings = settings_of(IRIS)
    page = open_lab(settings, size=size)
    epoch_on(page, 3)
    page.get_by_role("button", name="One step", exact=True).click()
    session = after(settings, 3)
    session.run.step()
    columns = session.run.columns
    text_when(page, "#step-curve + p", f"step {session.run.t}: ")
    said = page.locator("#step-curve").get_attribute("aria-valuetext")
    assert said == f"step {session.run.t}: loss {number(session.run.step_losses()[-1])}"
    curves = {"#loss-curve": ("loss", "val_loss"), "#metric-curve": ("accuracy", "val_accuracy")}
    for place, (training, test) in curves.items():
        page.locator(place).focus()
        for key, at in [("Home", 0), ("ArrowRight", 1), ("End", 2), ("ArrowLeft", 1)]:
            page.keyboard.press(key)
            said = page.locator(place).get_attribute("aria-valuetext")
            assert said == (
                f"epoch {at + 1}: training {number(columns[training][at])}, "
                f"test {number(columns[test][at])}"
            )
            assert page.locator(f"{place} + p").text_content() == said
    page.get_by_text("These numbers as a table").click()
    row = page.locator(".result-table tbody tr").nth(2)
    row.wait_for()
    names = ("loss", "val_loss", "accuracy", "val_accuracy")
    assert row.locator("td").all_text_contents() == [number(columns[n][2]) for n in names]


def test_curves_go_back_with_the_run(open_lab):
    page = open_lab(settings_of(IRIS))
    epoch_on(page, 2)
    page.get_by_role("button", name="One step back", exact=True).click()
    text_when(page, "#loss-curve + p", "epoch 1: ")
    assert page.locator("#loss-curve").get_attribute("aria-valuemax") == "2"
    page.locator("#log").uncheck()
    text_when(page, "#loss-curve + p", "epoch 1: ")


def four(value):
    return f"{float(value):.4g}"


@pytest.mark.parametrize("size, scheme", [("desktop", "dark"), ("phone", "light")])
def test_the_matrix_and_the_reasons_are_the_engines(open_lab, size, scheme):
    settings = settings_of(IRIS)
    page = open_lab(settings, size=size, scheme=scheme)
    epoch_on(page)
    session = after(settings, 1)
    data, network, columns = session.run.data, session.run.network, session.run.columns
    test, loss = columns["val_accuracy"][0], columns["val_loss"][0]
    text_when(page, "#test-metrics", f"Test accuracy {four(test)} · loss {four(loss)}")
    predicted = network.predict(data.x_train)
    page.get_by_label("Training part").check()
    matrix = confusion_matrix(data.y_train, predicted)
    text_when(page, "#scores", "120 samples, step 8")
    cells = page.locator(".result-matrix td button").all_text_contents()
    assert list(map(int, cells)) == matrix.ravel().tolist()
    recalls = page.locator(".result-matrix tbody td:nth-child(2)").all_text_contents()
    assert recalls == [four(value) for value in np.diag(matrix) / matrix.sum(axis=1)]

    wrong = np.flatnonzero(predicted != data.y_train)
    page.get_by_role("button", name="Find a wrong sample").click()
    title = text_when(page, "#sample-title", f"Training sample {wrong[0] + 1}: ")
    names = data.classes[data.y_train[wrong[0]]], data.classes[predicted[wrong[0]]]
    assert title.endswith(f": {names[0]} taken for {names[1]}")
    p = network.predict_proba(data.x_train[wrong[0]][None])[0]
    assert percent(float(p.max())) in page.locator(".result-why").text_content()
    page.locator("#next-wrong").click()
    text_when(page, "#sample-title", f"Training sample {wrong[1] + 1}: ")
    target, given = np.argwhere(matrix * (1 - np.eye(3, dtype=int)))[0]
    cell = page.locator(".result-matrix tbody tr").nth(target).locator("button").nth(given)
    first = np.flatnonzero((data.y_train == target) & (predicted == given))[0]
    page.locator(".result-matrix td button").first.focus()
    for key, count in ("ArrowDown", target), ("ArrowRight", given):
        for _ in range(count):
            page.keyboard.press(key)
    assert cell.evaluate("element => element === document.activeElement && element.tabIndex === 0")
    page.keyboard.press("Enter")
    text_when(page, "#sample-title", f"Training sample {first + 1}: ")
    page.get_by_role("button", name="Close the sample").click()
    page.locator("#sample").wait_for(state="hidden")


def test_a_point_leads_to_its_sample_by_mouse_and_by_keyboard(open_lab):
    page = open_lab(settings_of(IRIS))
    page.locator("#field").focus()
    page.keyboard.press("ArrowRight")
    text_when(page, "#readout", "setosa")
    page.keyboard.press("Enter")
    by_keys = text_when(page, "#sample-title", " sample ")
    page.get_by_role("button", name="Close the sample").click()
    page.locator("#sample").wait_for(state="hidden")
    session = after(settings_of(IRIS), 0)
    (low, high), shown = bounds(session), session.view.features
    place = (session.run.data.x_train[7, list(shown)] - low) / (high - low)
    frame = page.locator(".result-frame").bounding_box()
    x = frame["x"] + place[0] * frame["width"]
    page.mouse.move(x, frame["y"] + (1 - place[1]) * frame["height"])
    said = text_when(page, "#readout", "training sample 8")
    page.mouse.down()
    page.mouse.up()
    by_mouse = text_when(page, "#sample-title", " sample ")
    assert re.search(r"(training|test) sample \d+", said)[0] in by_mouse.lower()
    assert re.match(r"(Training|Test) sample \d+: \w+", by_keys)


def test_values_have_r2_beside_the_mean(open_lab, learning_from):
    learning_from(CURVE)
    settings = settings_of(IRIS)
    page = open_lab(settings)
    epoch_on(page)
    session = after(settings, 1)
    error = session.run.columns["val_mean_absolute"][0]
    text_when(page, "#test-metrics", f"Test mean absolute error {four(error)} · loss ")
    z = session.run.network.predict(CURVE.x_test)
    [row] = page.locator(".result-scores tbody tr").all()
    cells = row.locator("td").all_text_contents()
    of_mean = np.abs(CURVE.y_train.mean() - CURVE.y_test).mean()
    assert cells == [four(r2_score(CURVE.y_test, z)), four(error), four(of_mean)]
    assert f"Always predicting the mean: mean absolute error {four(of_mean)}" in (
        page.locator("#base").text_content()
    )


def test_pictures_have_a_matrix_and_a_picture_with_reasons(open_lab):
    settings = settings_of(
        {
            "data": {"name": "digits"},
            "network": {"layers": ["flatten", "dense 8", "relu"]},
            "training": {"optimizer": "adam", "epochs": 1, "batch_size": 64},
        }
    )
    page = open_lab(settings)
    epoch_on(page)
    assert page.locator("#field").is_hidden()
    assert page.locator(".result-matrix td button").count() == 100
    page.get_by_role("button", name="Find a wrong sample").click()
    page.locator(".result-why svg.picture").first.wait_for()
    assert page.locator(".result-why svg.picture").count() == 2


def test_labels_are_shown_one_by_one(open_lab, learning_from):
    learning_from(LABELS)
    settings = settings_of(IRIS)
    page = open_lab(settings)
    epoch_on(page, 2)
    session = after(settings, 2)
    page.locator("#output").select_option(label="wet")
    text_when(page, ".result-legend", "not wet")
    page.locator("#field").focus()
    page.keyboard.press("ArrowUp")
    said = text_when(page, "#readout", "wet ")
    low, high = bounds(session)
    p = session.run.network.predict_proba(rows_at(session, ((low + high) / 2)[None]))[0]
    assert f"warm {number(float(p[0]))}" in said and f"wet {number(float(p[1]))}" in said
    recall = recall_score(LABELS.y_test, session.run.network.predict(LABELS.x_test), average=None)
    text_when(page, ".result-scores", "precision")
    rows = page.locator(".result-scores tbody tr")
    assert [row.locator("td").nth(1).text_content() for row in rows.all()] == list(
        map(four, recall)
    )


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing(open_lab, scheme):
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    page = open_lab(settings_of(IRIS), scheme=scheme)
    epoch_on(page, 2)
    page.get_by_role("button", name="Find a wrong sample").click()
    text_when(page, "#sample-title", " sample ")
    page.get_by_text("These numbers as a table").click()
    page.locator(".result-table tbody tr").first.wait_for()
    found = axe.run(page, context="#result").response["violations"]
    assert [(each["id"], [node["html"] for node in each["nodes"]]) for each in found] == []


@pytest.mark.parametrize("size", WIDTHS)
def test_it_keeps_its_size_while_it_plays(open_lab, size):
    page = open_lab(settings_of(IRIS | {"training": IRIS["training"] | {"epochs": 500}}), size=size)
    page.locator("#first-wrong").wait_for()
    before = page.locator("#result").bounding_box()["height"]
    epoch_on(page)
    field = page.locator("#field").element_handle()
    page.get_by_role("button", name="Play", exact=True).click()
    page.wait_for_function("Number(document.querySelector('#scrubber').max) > 100")
    page.get_by_role("button", name="Pause", exact=True).click()
    assert page.locator("#result").bounding_box()["height"] == before
    assert field.is_visible()  # the same element: nothing was built anew


def test_it_keeps_to_the_pages_security_policy(open_lab):
    page = open_lab(settings_of(IRIS), strict=True)
    page.get_by_role("button", name="One epoch", exact=True).click()
    page.locator("#loss-curve + p", has_text="epoch 1: ").wait_for()
    page.get_by_role("button", name="Find a wrong sample").click()
    bars = page.locator(".result-why .bars").first
    bars.wait_for()
    assert bars.evaluate("element => getComputedStyle(element).display") == "grid"
