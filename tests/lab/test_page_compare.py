"""Forks and seeds on the page: what it shows is what the engine says."""

import numpy as np
import pytest
from axe_playwright_python.sync_playwright import Axe

from glassnet.lab.state.seeds import trained
from glassnet.lab.state.session import Session
from glassnet.lab.state.settings import Settings
from glassnet.workflows.spec import Net, Training

SETTINGS = Settings(
    data={"name": "moons", "options": {"samples": 120, "noise": 0.25}},
    network=Net(layers=["dense 4", "tanh"]),
    training=Training(optimizer="adam:learning_rate=0.02", batch_size=30, epochs=8),
    seed=3,
)  # fmt: skip

COMPARE = "document.querySelector('#compare')"
FITS = f"{COMPARE}.scrollWidth <= {COMPARE}.clientWidth"


def shown(value):
    """As `number` of elements.js writes it."""
    short = float(f"{value:.6g}")
    return f"{short:.10f}".rstrip("0").rstrip(".") if short >= 1e-4 else None


def epochs(page, count):
    for n in range(count):
        page.get_by_role("button", name="One epoch", exact=True).click()
        page.wait_for_function(
            f"document.querySelector('#place').textContent.includes('epoch {n + 1} of')"
        )


def test_an_empty_chart_says_how_to_fill_it(open_lab):
    page = open_lab(SETTINGS)
    page.locator("#compare").scroll_into_view_if_needed()  # what is not seen is not drawn
    page.get_by_text("No epoch has ended yet. Press Play").wait_for()
    epochs(page, 1)
    page.get_by_text("No epoch has ended yet. Press Play").wait_for(state="hidden")


def fork(page, change, value, count):
    page.select_option("#fork-change", change)
    control = page.locator("#fork-value")
    if control.evaluate("each => each.tagName") == "SELECT":
        control.select_option(str(value))
    else:
        control.fill(str(value))
    page.click("#fork")
    page.wait_for_function(f"document.querySelectorAll('.compare-forks li').length === {count}")


def forked(steps, change, value):
    own = Session(SETTINGS)
    while own.run.t < steps:
        own.run.step()
    made = own.forks.add(own.run, own.settings, change, value)
    for run in (own.run, made.run):
        while run.step():
            pass
    return own.run.columns, made.run.columns


def played(page):
    page.get_by_role("button", name="Play", exact=True).click()
    page.wait_for_function("document.querySelector('#place').textContent.includes('epoch 8 of 8')")
    page.wait_for_function(
        "[...document.querySelectorAll('.compare-forks .hint')]"
        ".every(each => each.textContent.endsWith('epoch 8'))"
    )


@pytest.mark.parametrize("size, scheme", [("desktop", "light"), ("phone", "dark")])
def test_two_forks_beside_the_run(open_lab, size, scheme):
    page = open_lab(SETTINGS, size=size, scheme=scheme)
    page.wait_for_selector("#fork-value")
    epochs(page, 2)
    fork(page, "learning rate", 0.3, 1)
    fork(page, "activation", "relu", 2)
    assert "starts afresh" in page.locator("#compare-hint").text_content()
    played(page)
    main, faster = forked(6, "learning rate", 0.3)
    _, relu = forked(6, "activation", "relu")
    page.locator("#compare .compare-chart").first.focus()
    page.keyboard.press("Home")
    for _ in range(3):
        page.keyboard.press("ArrowRight")
    assert page.locator("#compare-values caption").text_content() == "loss after epoch 4"
    rows = page.locator("#compare-values tbody tr").all()
    for row, columns in zip(rows, (main, faster, relu), strict=True):
        assert row.locator("td").all_text_contents() == [
            shown(columns["loss"][3]), shown(columns["val_loss"][3])
        ]  # fmt: skip
    spoken = page.locator("#compare .compare-chart").first.get_attribute("aria-valuetext")
    assert f"A training {shown(faster['loss'][3])}, test {shown(faster['val_loss'][3])}" in spoken
    apart = relu["val_loss"][-1] - main["val_loss"][-1]
    said = page.locator(".compare-difference").nth(1).text_content()
    assert (
        said.startswith("After epoch 8: ")
        and f"test loss {relu['val_loss'][-1]:.4f}, {abs(apart):.4f}" in said
    )
    assert page.evaluate(FITS)
    page.select_option("#compare-metric", "accuracy")
    page.wait_for_function(
        "document.querySelector('#compare-values caption').textContent.startsWith('accuracy')"
    )
    box = page.locator("#compare .compare-chart").first.bounding_box()
    page.locator("#compare .compare-chart").first.hover(position={"x": 53, "y": box["height"] / 2})
    assert page.locator("#compare-values caption").text_content() == "accuracy after epoch 1"
    assert rows[0].locator("td").all_text_contents() == [
        shown(main["accuracy"][0]),
        shown(main["val_accuracy"][0]),
    ]


def test_forks_are_renamed_removed_and_made_the_main_run(open_lab):
    page = open_lab(SETTINGS)
    page.wait_for_selector("#fork-value")
    epochs(page, 1)
    fork(page, "batch size", 10, 1)
    page.get_by_label("Name of fork A").fill("small batches")
    page.keyboard.press("Tab")
    page.wait_for_function(
        "document.querySelector('#seeds-of').textContent.includes('small batches')"
    )
    page.get_by_role("button", name="Make it the main run: fork A").click()
    page.wait_for_function(
        "document.querySelector('.compare-named input').value.includes('main run before')"
    )
    page.wait_for_function("document.querySelector('#place').textContent.includes('step 3 of')")
    page.get_by_role("button", name="Remove: fork A").click()
    page.wait_for_function("!document.querySelector('.compare-forks li')")
    fork(page, "order", 7, 1)
    page.locator("#fork-value").fill("-4")
    page.click("#fork")
    page.wait_for_function(
        "document.querySelector('#notice').textContent.includes('whole number of 0 or more')"
    )


@pytest.mark.parametrize("size, scheme", [("desktop", "dark"), ("phone", "light")])
def test_many_seeds_of_the_run_and_a_fork(open_lab, size, scheme):
    page = open_lab(SETTINGS, size=size, scheme=scheme)
    page.wait_for_selector("#fork-value")
    fork(page, "learning rate", 0.0005, 1)
    page.fill("#seeds-times", "5")
    page.click("#seeds-begin")
    page.wait_for_function(
        "document.querySelector('.compare-problem').textContent.includes('expected 10 to 1000')"
    )
    page.fill("#seeds-times", "20")
    page.select_option("#seeds-of", "A")
    page.click("#seeds-begin")
    page.wait_for_selector(".compare-dots")
    own = Session(SETTINGS)
    slow = own.forks.add(own.run, own.settings, "learning rate", 0.0005).settings
    main = trained(own.settings, own.run.data, 20, lambda: True)
    other = trained(slow, own.run.data, 20, lambda: True)
    words = page.locator(".compare-sentences li").all_text_contents()
    assert f"{np.mean(main.finals):.4f} ± {np.std(main.finals, ddof=1):.4f}" in words[0]
    assert words[1].startswith("Your seed, 3, is the ")
    assert f"{abs(np.mean(np.subtract(other.finals, main.finals))):.4f} on average" in words[3]
    rows = page.locator("#seeds-found tbody tr")
    for n, each in enumerate((main, other)):
        found = rows.nth(n).locator("td").all_text_contents()
        assert found == [shown(np.float32(value)) for value in each.bands["val_accuracy"][:, -1]]
    dots = page.locator(".compare-dots").first
    dots.focus()
    page.keyboard.press("End")
    best = max(zip(main.finals, main.seeds, strict=True))
    assert dots.get_attribute("aria-valuetext").startswith(f"seed {best[1]}")
    assert dots.locator("circle").count() == 20
    assert page.evaluate(FITS)
    found = Axe().run(page, "#compare")
    assert not found.response["violations"], found.generate_report()


def test_seeds_are_cancelled(open_lab):
    training = SETTINGS.training.model_copy(update={"epochs": 3000})
    page = open_lab(SETTINGS.model_copy(update={"training": training}))
    page.wait_for_selector("#fork-value")
    page.click("#seeds-begin")
    page.wait_for_selector("#seeds-cancel:visible")
    page.get_by_role("button", name="Play", exact=True).click()
    page.wait_for_function("Number(document.querySelector('#scrubber').max) > 5")
    page.click("#seeds-cancel")
    page.wait_for_function(
        "document.querySelector('.compare-problem').textContent === 'Cancelled.'"
    )
    assert not page.locator("#seeds-cancel").is_visible()
