"""Many networks together: each as it would be alone, and what they say together."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import glassnet as gn
from glassnet.base.errors import InputError
from glassnet.base.row_view import Rows
from glassnet.mlp import mlp
from glassnet.nn.optimizers import OPTIMIZERS, optimizer

RULES = [name for name in OPTIMIZERS if name != "lbfgs"]
SAMPLES = 203  # the last batch is short
WITHIN = {"float64": 1e-12, "float32": 1e-5}


def data(seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    x = rng.standard_normal((SAMPLES, 5))
    return x, (x @ rng.standard_normal((5, 3))).argmax(axis=1)


def networks(widths: list[int], dtype: str = "float64", **how: Any) -> list[gn.Sequential]:
    return [mlp((5,), [w, 4], 3, seed=s, dtype=dtype, **how) for s, w in enumerate(widths)]


def rule(name: str, rate: float | None) -> gn.Optimizer:
    made = optimizer(name)
    return made if rate is None else optimizer({**made.config(), "learning_rate": rate})


def check_same(
    widths: list[int],
    *,
    dtype: str = "float64",
    epochs: int = 1,
    rates: list[float] | None = None,
    samples: list[np.ndarray] | None = None,
    network: dict[str, Any] | None = None,
    optimizer: str = "adam",
    **how: Any,
) -> gn.Stack:
    """Train together, train each alone, and compare parameters and histories."""
    x, y = data()
    how = {"epochs": epochs, "batch_size": 16, **how}
    stack = gn.Stack(networks(widths, dtype, **(network or {})))
    together = stack.fit(x, y, optimizer=optimizer, learning_rate=rates, samples=samples, **how)
    for k, alone in enumerate(networks(widths, dtype, **(network or {}))):
        rows = slice(None) if samples is None else samples[k]
        own = rule(optimizer, rates[k] if rates else None)
        history = alone.fit(x[rows], y[rows], optimizer=own, **how)
        tolerance = {"rtol": 0, "atol": WITHIN[dtype]}
        np.testing.assert_allclose(
            stack[k].parameters.vector,
            alone.parameters.vector,
            **tolerance,  # type: ignore[arg-type]
        )
        assert together[k].keys() == history.keys()
        assert together[k].interrupted == history.interrupted
        for name in history.keys() - {"seconds"}:
            np.testing.assert_allclose(together[k][name], history[name], **tolerance)  # type: ignore[arg-type]
    return stack


@pytest.mark.parametrize("dtype", WITHIN)
@pytest.mark.parametrize("name", RULES)
def test_each_network_is_as_it_would_be_alone(name: str, dtype: str) -> None:
    check_same([6] * 3, dtype=dtype, optimizer=name)


@pytest.mark.parametrize("dtype", WITHIN)
@pytest.mark.parametrize("name", RULES)
def test_with_dropout_decay_and_a_learning_rate_of_its_own(name: str, dtype: str) -> None:
    check_same(
        [6] * 3, dtype=dtype, optimizer=f"{name}:weight_decay=0.01", rates=[0.01, 0.001, 0.02],
        network={"dropout": 0.3}, epochs=2,
    )  # fmt: skip


@pytest.mark.parametrize("name", RULES)
@pytest.mark.parametrize("activation", [a for a in gn.nn.layers.ACTIVATIONS if a != "softmax"])
def test_units_that_are_mere_padding_change_nothing(name: str, activation: str) -> None:
    network = {"activation": activation, "bias_init": "normal"}
    check_same([3, 7, 4], optimizer=f"{name}:weight_decay=0.01", network=network)


def test_widths_that_cannot_be_padded_are_trained_group_by_group() -> None:
    check_same([3, 7, 3], network={"dropout": 0.2}, epochs=2)
    check_same([3, 7, 3], network={"activation": "softmax"}, epochs=2)


@pytest.mark.parametrize("rule_", ["sgd", "adam"])
def test_samples_of_their_own_with_more_and_fewer_steps(rule_: str) -> None:
    samples = [np.arange(50), np.arange(100, 203), np.arange(203), np.arange(10), np.arange(96)]
    check_same([6] * 5, samples=samples, epochs=3, optimizer=rule_)


@pytest.mark.parametrize(
    "how",
    [
        {"validation": 0.2},
        {"validation": data(1)},
        {"schedule": "cosine"},
        {"schedule": "on_plateau:patience=1,gamma=0.5", "validation": 0.2},
        {"clip_norm": 0.1},
        {"batch_size": "full"},
        {"batch_size": 1000},
        {"shuffle": False},
        {"metrics": False},
        {"sample_weight": np.linspace(0.1, 2, SAMPLES)},
        {"class_weight": "balanced"},
        {"loss": "cross_entropy:label_smoothing=0.1"},
    ],
    ids=str,
)
def test_every_setting_of_fit_means_the_same(how: dict[str, Any]) -> None:
    check_same([6] * 3, epochs=4, **how)


def test_memory_cuts_the_stack_without_changing_a_bit() -> None:
    x, y = data()
    whole, cut = gn.Stack(networks([6] * 7)), gn.Stack(networks([6] * 7))
    whole.fit(x, y, epochs=2)
    cut.fit(x, y, epochs=2, memory=30_000)
    for one, other in zip(whole, cut, strict=True):
        assert one.parameters.vector.tobytes() == other.parameters.vector.tobytes()


def test_early_stopping_stops_each_for_itself() -> None:
    x, y = data()
    how = {"epochs": 60, "validation": 0.3, "optimizer": "adam:learning_rate=0.05"}
    stack = gn.Stack(networks([6] * 6))
    histories = stack.fit(x, y, callbacks=[gn.EarlyStopping(patience=3)], **how)
    lengths = [history.epochs for history in histories]
    assert len(set(lengths)) > 2
    for k, alone in enumerate(networks([6] * 6)):
        history = alone.fit(x, y, callbacks=[gn.EarlyStopping(patience=3)], **how)  # type: ignore[arg-type]
        assert history.epochs == lengths[k]
        assert history.interrupted == histories[k].interrupted
        np.testing.assert_allclose(
            stack[k].parameters.vector, alone.parameters.vector, rtol=0, atol=1e-9
        )


def test_a_stopped_network_costs_nothing_further() -> None:
    """NumPy's work is that of the networks left: the batches have only theirs."""
    x, y = data()
    seen: list[int] = []

    class Watched(gn.ReLU):
        def forward(self, x: np.ndarray, rng: Any = None) -> Any:
            if rng is not None and x.ndim == 3:  # networks, samples, units
                seen.append(len(x))
            return super().forward(x, rng)

    def stop_after(k: int) -> list[Any]:
        class Stop:
            trainer: Any

            def on_epoch_end(self, epoch: int, logs: Any) -> None:
                if epoch == k:
                    self.trainer.stop("enough")

        return [Stop()]

    made = [gn.Sequential([gn.Dense(4), Watched(), gn.Dense(3)], seed=s) for s in range(4)]
    histories = gn.Stack(made).fit(x, y, batch_size="full", epochs=9, callbacks=stop_after)
    assert seen == [4, 3, 2, 1]
    assert [history.interrupted for history in histories] == ["enough"] * 4


def test_a_network_that_diverges_does_so_alone() -> None:
    x, y = data()
    rates = [0.01, 1e30, 0.01]
    stack = gn.Stack(networks([6] * 3, "float32"))
    histories = stack.fit(
        x, y, epochs=3, optimizer="sgd", loss="cross_entropy", learning_rate=rates
    )
    assert stack.diverged == (1,)
    assert "diverged in epoch 1" in (histories[1].interrupted or "")
    assert [history.epochs for history in histories] == [3, 0, 3]
    assert np.isfinite(stack[1].parameters.vector).all()
    assert len(stack.sound) == 2
    two = gn.Stack(networks([6] * 3, "float32")[::2])
    two.fit(x, y, epochs=3, optimizer="sgd:learning_rate=0.01", loss="cross_entropy")
    assert stack.predict_proba(x).tobytes() == two.predict_proba(x).tobytes()


def test_the_stack_answers_with_the_mean_and_says_how_far_apart_its_networks_are() -> None:
    x, y = data()
    stack = gn.Stack.of(mlp((5,), [6], 3, seed=3), times=4)
    assert [network.seed for network in stack] == [3, 4, 5, 6]
    stack.fit(x, y, epochs=5)
    each = np.stack([network.predict_proba(x) for network in stack])
    np.testing.assert_allclose(stack.predict_proba(x), each.mean(axis=0), rtol=1e-6)
    np.testing.assert_allclose(stack.spread(x), each.std(axis=0, ddof=1), rtol=1e-5)
    assert (stack.predict(x) == each.mean(axis=0).argmax(axis=1)).all()
    figures = stack.evaluate(x, y)
    assert figures["accuracy"].tolist() == [n.evaluate(x, y)["accuracy"] for n in stack]


def test_a_stack_of_values_answers_with_their_mean() -> None:
    x, _ = data()
    y = x[:, :2].sum(axis=1)
    stack = gn.Stack.of(mlp((5,), [6], 1, seed=0), times=3)
    stack.fit(x, y, epochs=3)
    each = np.stack([network.predict(x) for network in stack])
    np.testing.assert_allclose(stack.predict(x), each.mean(axis=0))
    np.testing.assert_allclose(stack.spread(x), each.std(axis=0, ddof=1))


def test_its_networks_are_ordinary_ones() -> None:
    x, y = data()
    stack = gn.Stack(networks([3, 6]))
    stack.fit(x, y, epochs=1)
    assert stack[1].fit(x, y, epochs=2).epochs == 2
    assert gn.gradcheck(stack[0].copy(np.float64), show=False)
    assert [network.layers[0].units for network in stack] == [3, 6]  # type: ignore[attr-defined]


def test_a_stack_is_one_file(tmp_path: Path) -> None:
    x, y = data()
    stack = gn.Stack(networks([3, 6]))
    stack.fit(x, y, epochs=1)
    stack.save(tmp_path / "two.safetensors")
    again = gn.Stack.load(tmp_path / "two.safetensors")
    assert again.predict_proba(x).tobytes() == stack.predict_proba(x).tobytes()
    assert [network.config() for network in again] == [network.config() for network in stack]
    with pytest.raises(gn.base.errors.ModelFileError, match=r"Stack\.load"):
        gn.load(tmp_path / "two.safetensors")
    stack[0].save(tmp_path / "one.safetensors")
    with pytest.raises(gn.base.errors.ModelFileError, match="holds one network"):
        gn.Stack.load(tmp_path / "one.safetensors")


@pytest.mark.parametrize("change", [
    {"stack": None}, {"stack": [{}, {}]}, {"stack": []}, {"diverged": ["x"]}, {"loss": "none"},
])  # fmt: skip
def test_a_broken_stack_file_is_told_in_one_line(tmp_path: Path, change: dict[str, Any]) -> None:
    from glassnet.base import files

    stack, path = gn.Stack(networks([3, 6])), tmp_path / "broken.safetensors"
    stack.fit(*data(), epochs=1)
    stack.save(path)
    tensors, header = files.read(path)
    files.write(path, tensors, {**{k: v for k, v in header.items() if k != "format"}, **change})
    with pytest.raises(gn.base.errors.ModelFileError, match="cannot be loaded"):
        gn.Stack.load(path)


def test_callbacks_of_steps_and_epochs_hear_of_their_network() -> None:
    x, y = data()
    heard: list[tuple[Any, ...]] = []

    class Listener:
        trainer: Any

        def on_train_batch_end(self, batch: int, logs: Any) -> None:
            heard.append(("step", batch, self.trainer.network.seed, float(logs["loss"])))

        def on_epoch_end(self, epoch: int, logs: Any) -> None:
            heard.append(("epoch", epoch, self.trainer.network.seed, logs["loss"]))

    stack = gn.Stack(networks([6] * 2))
    histories = stack.fit(x, y, epochs=2, batch_size=150, callbacks=[Listener()])
    kinds = [entry[:3] for entry in heard[:6]]
    assert kinds == [("step", 0, 0), ("step", 0, 1), ("step", 1, 0), ("step", 1, 1),
                     ("epoch", 0, 0), ("epoch", 0, 1)]  # fmt: skip
    losses = [entry[3] for entry in heard if entry[0] == "epoch" and entry[2] == 1]
    assert losses == histories[1]["loss"]


@pytest.mark.parametrize(
    ("build", "words"),
    [
        (lambda: gn.Stack([]), "at least one"),
        (lambda: gn.Stack([gn.Dense(3)]), "Sequential networks"),
        (lambda: gn.Stack([net := networks([3])[0], net]), "twice"),
        (lambda: gn.Stack([*networks([3]), mlp((5,), [3], 3)]), "network 1 is not built"),
        (lambda: gn.Stack([*networks([3]), *networks([3], "float32")]), "network 1 is not built"),
    ],
)
def test_networks_that_are_not_of_one_architecture_are_refused(build: Any, words: str) -> None:
    with pytest.raises(gn.GlassnetError, match=words):
        build()


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"learning_rate": [0.1, 0.2, 0.3]}, "one for each of the 2 networks"),
        ({"learning_rate": -1}, "0 or more"),
        ({"weight_decay": "much"}, "weight_decay"),
        ({"samples": [np.arange(3)]}, "expected one for each of 2"),
        ({"samples": [np.arange(3), np.arange(300)]}, "samples of network 1"),
        ({"samples": [np.arange(3), []]}, "samples of network 1"),
        ({"optimizer": "lbfgs"}, "one network at a time"),
        ({"epochs": 0}, "epochs is 0"),
    ],
)
def test_settings_that_make_no_sense_are_refused(settings: dict[str, Any], words: str) -> None:
    x, y = data()
    with pytest.raises(gn.GlassnetError, match=words):
        gn.Stack(networks([3, 3])).fit(x, y, **settings)


def test_a_decay_of_0_overrules_the_rules_own() -> None:
    x, y = data()
    stack, plain = gn.Stack(networks([6] * 2)), gn.Stack(networks([6] * 2))
    stack.fit(x, y, epochs=2, optimizer="adamw:weight_decay=0.5", weight_decay=0)
    plain.fit(x, y, epochs=2, optimizer="adam")
    np.testing.assert_allclose(stack[1].parameters.vector, plain[1].parameters.vector, atol=1e-12)


def test_rows_of_a_file_are_read_as_those_of_an_array(tmp_path: Path) -> None:
    x, y = data()
    np.save(tmp_path / "x.npy", x)
    mapped = np.load(tmp_path / "x.npy", mmap_mode="r")
    for rows in (mapped, Rows(mapped, np.arange(len(x)))):
        stack, other = gn.Stack(networks([6] * 3)), gn.Stack(networks([6] * 3))
        stack.fit(x, y, epochs=2, validation=0.2)
        other.fit(rows, y, epochs=2, validation=0.2)
        assert stack.predict_proba(x).tobytes() == other.predict_proba(x).tobytes()


def test_callbacks_given_for_each_network_are_used_as_they_are() -> None:
    x, y = data()
    mine = [gn.EarlyStopping("loss", patience=50) for _ in range(2)]
    gn.Stack(networks([6] * 2)).fit(x, y, epochs=2, callbacks=lambda k: [mine[k]])
    assert [callback.best_epoch for callback in mine] == [1, 1]


def test_callbacks_may_come_from_a_generator() -> None:
    x, y = data()
    heard: list[int] = []

    class Listener:
        trainer: Any

        def on_epoch_end(self, epoch: int, logs: Any) -> None:
            heard.append(self.trainer.network.seed)

    gn.Stack(networks([6] * 3)).fit(x, y, epochs=1, callbacks=(Listener() for _ in range(1)))
    assert heard == [0, 1, 2]


def test_one_that_stops_in_a_step_ends_its_epoch() -> None:
    x, y = data()

    class Stop:
        trainer: Any

        def on_train_batch_end(self, batch: int, logs: Any) -> None:
            if self.trainer.network.seed == 1:
                self.trainer.stop("enough")

    stack = gn.Stack(networks([6] * 2))
    histories = stack.fit(x, y, epochs=3, callbacks=[Stop()])
    assert [history.epochs for history in histories] == [3, 1]
    alone = networks([6] * 2)[1]
    alone.fit(x, y, epochs=1)
    np.testing.assert_allclose(stack[1].parameters.vector, alone.parameters.vector, atol=1e-12)


def test_a_share_that_holds_out_none_of_a_networks_samples_is_refused_before_anything() -> None:
    x, y = data()
    stack = gn.Stack(networks([6] * 2))
    before = [network.parameters.vector.copy() for network in stack]
    with pytest.raises(gn.GlassnetError, match="samples of network 1"):
        stack.fit(x, y, validation=0.1, samples=[np.arange(100), np.arange(3)])
    for network, vector in zip(stack, before, strict=True):
        assert network.loss is None
        assert (network.parameters.vector == vector).all()


def test_a_stack_is_a_sequence_of_its_networks() -> None:
    stack = gn.Stack(gn.Sequential([gn.Dense(2)], input_shape=2, seed=k) for k in range(3))
    assert (len(stack), stack[-1], stack[:2]) == (3, stack.networks[2], stack.networks[:2])
    with pytest.raises(IndexError, match="there is no network 3: expected -3 to 2"):
        stack[3]
    with pytest.raises(gn.GlassnetError, match="a network is found by its number, got 'best'"):
        stack["best"]


def test_each_network_is_validated_on_rows_of_its_own() -> None:
    x, y = data()
    held = [np.arange(20), np.arange(20, 50)]
    stack = gn.Stack(networks([6, 6]))
    histories = stack.fit(x, y, held_out=held, epochs=2, metrics=["f1"])
    for network, history, rows in zip(stack, histories, held, strict=True):
        figures = network.evaluate(x[rows], y[rows], metrics=["f1"])
        for name, value in figures.items():
            assert history[f"val_{name}"][-1] == pytest.approx(value, rel=1e-12)
    for wrong, words in (
        ({"validation": 0.1}, "held_out says what each network is validated on"),
        ({"held_out": [[0]]}, "held_out has 1 lists: expected one for each of 2"),
        ({"held_out": [[0], [len(x)]]}, "held_out of network 1: expected the numbers of rows"),
    ):
        with pytest.raises(InputError, match=words):
            stack.fit(x, y, **{"held_out": held, **wrong})
