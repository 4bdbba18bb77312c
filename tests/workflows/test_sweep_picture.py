"""The picture of a sweep: axes as its values want them, and every setting where it can be seen."""

from typing import Any

import numpy as np

from glassnet.workflows.spec import Data, Experiment, Training
from glassnet.workflows.sweep.picture import picture
from glassnet.workflows.sweep.sweep import SettingScore

RNG = np.random.default_rng(0)


def scores(*settings: dict[str, str], epochs: int = 20) -> list[SettingScore]:
    experiment = Experiment(data=Data(name="moons"), training=Training(epochs=epochs))
    return [
        SettingScore(setting, experiment, [0.9 - 0.01 * k, 0.8 - 0.01 * k], 0.1, 0, "accuracy")
        for k, setting in enumerate(settings)
    ]


def panels(found: list[SettingScore]) -> list[Any]:
    return picture(found, "validation accuracy").get_figure().axes


def grid() -> list[dict[str, str]]:
    return [
        {"hidden": hidden, "lr": rate, "activation": activation}
        for hidden in ("8", "16", "32")
        for rate in ("0.001", "0.01")
        for activation in ("relu", "tanh")
    ]


def test_learning_rates_are_drawn_in_their_logarithm() -> None:
    (ax,) = panels(scores({"lr": "0.01"}, {"lr": "0.003"}, {"lr": "0.03"}))
    assert ax.get_xscale() == "log"
    (ax,) = panels(scores({"hidden": "8"}, {"hidden": "16"}, {"hidden": "24"}))
    assert ax.get_xscale() == "linear"
    assert all(float(tick).is_integer() for tick in ax.get_xticks())
    by_chance = [
        {"lr": f"{rate:.6f}", "dropout": f"{share:.4f}", "hidden": "8"}
        for rate, share in zip(10 ** RNG.uniform(-4, -1, 30), RNG.random(30), strict=True)
    ]
    rates, shares, _ = panels(scores(*by_chance))
    assert (rates.get_xscale(), shares.get_xscale()) == ("log", "linear")


def test_more_than_two_settings_have_a_panel_each_with_a_place_for_each_value() -> None:
    every = panels(scores(*grid()))
    assert [ax.get_xlabel() for ax in every] == ["hidden units", "learning rate", "activation"]
    for ax, values in zip(every, (["8", "16", "32"], ["0.001", "0.01"], ["relu", "tanh"]),
                          strict=True):  # fmt: skip
        assert [tick.get_text() for tick in ax.get_xticklabels()] == values
        dots = next(line for line in ax.lines if line.get_label() == "a setting")
        places = np.stack(dots.get_data(), axis=1)
        assert len(np.unique(places, axis=0)) == 12  # none covers another
        assert set(np.round(places[:, 0])) == set(range(len(values)))
    medians = [line for line in every[2].lines if line.get_linewidth() == 2]
    found = scores(*grid())
    of_relu = [np.mean(each.figures) for each in found if each.setting["activation"] == "relu"]
    assert medians[0].get_ydata()[0] == np.median(of_relu)
    best = next(line for line in every[0].lines if line.get_label() == "the best")
    assert best.get_ydata()[0] == np.mean(found[0].figures)


def test_what_halving_dropped_is_hollow() -> None:
    kept, dropped = scores(*grid()[:6]), scores(*grid()[6:], epochs=5)
    for ax in panels([*kept, *dropped]):
        hollow = [line for line in ax.lines if line.get_fillstyle() == "none"]
        assert len(hollow) == 1 and len(hollow[0].get_xdata()) == 6


def test_two_settings_are_a_map() -> None:
    every = panels(scores(*({"hidden": h, "lr": r} for h in ("8", "16") for r in ("0.1", "0.2"))))
    assert len(every[0].images) == 1 and every[1].get_ylabel() == "validation accuracy"
