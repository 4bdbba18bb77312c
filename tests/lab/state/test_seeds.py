"""Many seeds are the trainings that each seed has alone, and the sentences hold their numbers."""

import threading
import time

import numpy as np
import pytest

from glassnet.base.confidence import estimate
from glassnet.base.errors import InputError
from glassnet.lab.commands import answer
from glassnet.lab.server import app
from glassnet.lab.state import seeds
from glassnet.lab.state.seeds import Study, sentences, trained
from glassnet.lab.state.session import Session
from glassnet.lab.state.settings import Settings
from glassnet.lab.state.verdicts import paired, rank
from glassnet.workflows.spec import Net, Training

assert app.COMMANDS_OF


def settings(seed=2, **training):
    return Settings(
        data={"name": "moons", "options": {"samples": 80, "noise": 0.3}},
        network=Net(layers=["dense 4", "tanh"]), seed=seed,
        training=Training(**{"optimizer": "adam:learning_rate=0.03", "epochs": 4} | training),
    )  # fmt: skip


def wait(own):
    own.seeds.study.thread.join(30)
    return answer(own, {"do": "seeds"})


def test_each_seed_is_the_run_of_that_seed_on_the_same_data():
    own = Session(settings())
    found = trained(own.settings, own.run.data, 10, lambda: True)
    assert found.seeds == list(range(2, 12)) and found.column == "val_accuracy"
    assert found.epochs == [1, 2, 3, 4]
    while own.run.step():
        pass
    assert found.finals[0] == own.run.columns["val_accuracy"][-1]
    assert (np.diff(found.bands["val_loss"], axis=0) >= 0).all()
    assert found.bands["loss"].shape == (5, 4)


def test_main_run_and_fork_are_told_apart_by_pairs():
    own = Session(settings())
    answer(own, {"do": "fork", "change": "learning rate", "value": 0.0001})
    assert answer(own, {"do": "seeds"})["state"] == "none"
    begun = answer(own, {"do": "seeds_begin", "times": 12, "fork": "A"})
    assert begun["state"] in ("running", "done") and begun["fewest"] == 10
    reply = wait(own)
    assert reply["state"] == "done" and reply["times"] == 12
    main, fork = reply["groups"]
    apart = estimate(np.subtract(fork["finals"], main["finals"]).tolist())
    text = reply["sentences"]
    assert text[0].startswith("Main run: Test accuracy over 12 seeds: ")
    assert f"{np.mean(main['finals']):.4f} ± {np.std(main['finals'], ddof=1):.4f}" in text[0]
    place, level = rank("val_accuracy", main["finals"], 0)
    assert text[1].startswith(f"Your seed, 2, is the {place}") and (
        str(level) in text[1] or not level
    )
    assert f"{abs(apart.mean):.4f} on average" in text[-1]
    assert ("more than chance" in text[-1]) == (apart.low > 0 or apart.high < 0)


def test_a_fork_with_the_same_settings_has_no_study_of_its_own():
    own = Session(settings())
    answer(own, {"do": "fork", "change": "order", "value": 3})
    assert (
        "only with another seed"
        in answer(own, {"do": "seeds_begin", "times": 10, "fork": "A"})["sentence"]
    )


def test_it_is_cancelled_soon_and_then_another_can_begin():
    own = Session(settings(epochs=5000))
    assert answer(own, {"do": "seeds_begin", "times": 20})["state"] == "running"
    thread = own.seeds.study.thread
    begin = time.monotonic()
    answer(own, {"do": "seeds_cancel"})
    assert answer(own, {"do": "seeds"})["state"] == "none"
    thread.join(10)
    assert not thread.is_alive() and time.monotonic() - begin < 10
    assert seeds.TURN.acquire(blocking=False)
    seeds.TURN.release()


def test_while_it_waits_for_its_turn_it_can_be_cancelled():
    with seeds.TURN:
        own = Session(settings())
        answer(own, {"do": "seeds_begin", "times": 10})
        thread = own.seeds.study.thread
        assert answer(own, {"do": "seeds"})["done"] == 0
        own.seeds.cancel()
        thread.join(5)
        assert not thread.is_alive()


@pytest.mark.parametrize("times, given, sentence", [
    (3, {}, "expected 10 to 1000"),
    (1001, {}, "expected 10 to 1000"),
    (1000, {"epochs": 10**6, "batch_size": 1}, "train fewer epochs"),
])  # fmt: skip
def test_too_much_work_is_refused(times, given, sentence):
    own = Session(settings(**given))
    with pytest.raises(InputError, match=sentence):
        Study({"": own.settings}, {}, own.run.data, times)


def test_seeds_that_diverged_are_left_out_and_counted():
    own = Session(settings(optimizer="sgd:learning_rate=1e30").model_copy(
        update={"network": Net(layers=["dense 4", "relu"])}
    ))  # fmt: skip
    found = trained(own.settings, own.run.data, 10, lambda: True)
    assert found.diverged == 10 - len(found.finals) > 0
    said = sentences({"": found}, {"": "Main run"})
    expected = "every seed diverged" if not found.finals else f"{found.diverged} diverged"
    assert expected in said[0]


def test_verdicts_that_show_nothing():
    rng = np.random.default_rng(0)
    main = rng.normal(0.9, 0.02, 30)
    assert "do not show which is better" in paired("val_accuracy", "A", main, rng.permutation(main))
    assert "All pairs are equal, 0.0000" in paired("val_accuracy", "A", main, main)
    assert "too few seeds" in paired("loss", "A", [1, 2, 3], [2, 2, 5])


def test_no_thread_outlives_its_page():
    assert not [t for t in threading.enumerate() if t.name == "seeds"]
