"""Sweeps: what trains together, who is best, what is kept, and where it may be trained."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from glassnet.base.arrays import checksum
from glassnet.base.errors import InputError, MissingPackageError
from glassnet.data import Dataset, load
from glassnet.workflows.recipes.schema import Recipe
from glassnet.workflows.run import train
from glassnet.workflows.sweep import workers
from glassnet.workflows.sweep.journal import Journal
from glassnet.workflows.sweep.sweep import (
    STACK_SIZE,
    Point,
    Row,
    Trial,
    figures,
    ranked,
    rounds,
    run_unit,
    sweep,
    trials,
    units,
)

DATA = load("moons", samples=200)


def recipe(hidden: int = 8, rate: float = 0.01, **how: Any) -> Recipe:
    return Recipe.model_validate({
        "title": "t", "source": "s", "data": {"name": "moons"}, "network": {"hidden": [hidden]},
        "training": {"epochs": 3, "validation": 0.2, "batch_size": 16,
                     "optimizer": {"kind": "Adam", "learning_rate": rate}, **how},
        "figure": {"published": "", "at_least": 0},
    })  # fmt: skip


def points(*hidden: int, **how: Any) -> list[Point]:
    return [({"hidden": str(units)}, recipe(units, **how)) for units in hidden]


def journal(folder: Path, axes: tuple[str, ...] = ("hidden",), **identity: Any) -> Journal:
    return Journal(
        folder, axes, [*figures(DATA)], {"data": checksum((DATA.x_train, DATA.y_train)), **identity}
    )


def here(todo: list[list[Trial]]) -> Iterator[list[Row]]:
    return workers.here(todo, DATA)


def numbers(row: Row) -> Row:
    """A row without what is another every time."""
    return {name: value for name, value in row.items() if name != "seconds"}


def test_a_run_of_a_unit_is_the_same_network_trained_alone() -> None:
    some = trials([*points(4, 8), ({"hidden": "8b"}, recipe(8, rate=0.1))], seeds=[3, 4])
    for trial, row in zip(some, run_unit(some, DATA), strict=True):
        alone = train(trial.experiment, DATA, trial.seed).history
        assert row["val_accuracy"] == pytest.approx(alone["val_accuracy"][-1], abs=1e-6)
        assert row["train_loss"] == pytest.approx(alone["loss"][-1], rel=1e-5)
        assert (row["hidden"], row["seed"], row["epochs"]) == (
            trial.setting["hidden"],
            trial.seed,
            3,
        )


def test_units_hold_every_trial_once_and_only_what_can_be_one_stack() -> None:
    how: list[dict[str, Any]] = [
        {}, {"batch_size": 8}, {"optimizer": "sgd"}, {"optimizer": "adam:beta1=0.8"},
        {"optimizer": {"kind": "Adam", "weight_decay": 0.1}},
    ]  # fmt: skip
    every = [
        ({"hidden": str(width), "how": str(number)}, recipe(width, **each))
        for number, each in enumerate(how)
        for width in (3, 30, 17)
    ]
    deep = recipe().model_copy(update={"network": recipe().network.model_copy(
        update={"hidden": [8, 8]})})  # fmt: skip
    asked = trials([*every, ({"hidden": "8x8", "how": "0"}, deep)], range(10))
    made = units(asked)
    assert sorted(t.key for unit in made for t in unit) == sorted(t.key for t in asked)
    assert max(map(len, made)) <= STACK_SIZE
    # all with Adam's usual settings go together, whatever their decay
    kinds = [{t.setting["how"] for t in unit} for unit in made]
    assert all(kind in ({"0"}, {"0", "4"}, {"4"}, {"1"}, {"2"}, {"3"}) for kind in kinds)
    for unit in made:
        assert len({len(t.experiment.network.hidden) for t in unit}) == 1
        run_unit(unit[:2], DATA)


def test_the_best_is_first_and_what_diverged_is_last() -> None:
    rows = {  # three seeds each
        "1": [(0.8, 0.5)] * 3, "2": [(0.9, 0.5), (0.9, 0.4), (0.9, 0.3)],
        "3": [(0.9, 0.3)] * 3, "4": [(1.0, 0.1), (1.0, 0.1), (None, None)], "5": [(None, None)] * 3,
    }  # fmt: skip
    runs = [
        (Trial({"hidden": name}, recipe(), seed), {"val_accuracy": accuracy, "val_loss": loss})
        for name, each in rows.items()
        for seed, (accuracy, loss) in enumerate(each)
    ]
    found = ranked(runs, DATA)
    assert [score.setting["hidden"] for score in found] == ["3", "2", "1", "4", "5"]
    assert [score.diverged for score in found] == [0, 0, 0, 1, 3]
    assert found[1].found.mean == pytest.approx(0.9)


def test_of_values_the_least_error_is_best() -> None:
    data = Dataset("line", np.zeros((4, 1)), np.zeros(4), np.zeros((1, 1)), np.zeros(1))
    runs = [
        (Trial({"lr": name}, recipe(), 0), {"val_mean_absolute": error, "val_loss": 1.0})
        for name, error in (("a", 3.0), ("b", 1.0), ("c", 2.0))
    ]
    assert [each.setting["lr"] for each in ranked(runs, data)] == ["b", "c", "a"]


@pytest.mark.parametrize(
    ("count", "epochs", "expected"),
    [
        (27, 20, [(27, 2), (9, 6), (3, 20)]),
        (100, 27, [(100, 1), (34, 3), (12, 9), (4, 27)]),
        (2, 20, [(2, 20)]),
        (10, 2, [(10, 2)]),
    ],
)
def test_halving_gives_thirds_three_times_the_epochs(
    count: int, epochs: int, expected: list[tuple[int, int]]
) -> None:
    assert rounds(count, epochs, halving=True) == expected
    assert rounds(count, epochs) == [(count, epochs)]


def test_halving_takes_the_best_on_and_ends_with_all_epochs(tmp_path: Path) -> None:
    widths = (1, 2, 3, 8, 12, 16, 24, 32, 40)
    kept = journal(tmp_path)
    found = sweep(points(*widths, epochs=9), [0, 1], DATA, kept, here, halving=True)
    tried = [{row["hidden"] for row in kept.values() if row["epochs"] == e} for e in (1, 3, 9)]
    assert list(map(len, tried)) == [9, 3, 1]
    assert tried[2] < tried[1] < tried[0]
    assert found[0].setting["hidden"] in tried[2]
    assert [each.epochs for each in found] == [9, 3, 3, 1, 1, 1, 1, 1, 1]
    assert {each.setting["hidden"] for each in found} == tried[0]  # the dropped ones too
    assert {each.setting["hidden"] for each in found[:3]} == tried[1]
    first = [(Trial(words, recipe(), seed), kept[words["hidden"], seed, 1])
             for words, _ in points(*widths) for seed in (0, 1)]  # fmt: skip
    assert {each.setting["hidden"] for each in ranked(first, DATA)[:3]} == tried[1]


def test_a_sweep_cut_off_anywhere_goes_on_and_comes_to_the_same(tmp_path: Path) -> None:
    asked = points(*range(3, 20))
    whole = journal(tmp_path)
    expected = sweep(asked, [0, 1], DATA, whole, here)
    content = (tmp_path / "runs.csv").read_bytes()
    lines = content.count(b"\n")
    assert lines == 1 + 17 * 2
    for cut in (0, 5, len(content) // 3, len(content) // 2, len(content) - 1, len(content)):
        (tmp_path / "runs.csv").write_bytes(content[:cut])
        again = journal(tmp_path)
        trained: list[int] = []

        def work(todo: list[list[Trial]], trained: list[int] = trained) -> Iterator[list[Row]]:
            trained.extend(map(len, todo))
            return here(todo)

        assert sweep(asked, [0, 1], DATA, again, work) == expected
        assert {k: numbers(v) for k, v in again.items()} == {
            k: numbers(v) for k, v in whole.items()
        }
        assert (tmp_path / "runs.csv").read_bytes().count(b"\n") == lines
        assert (sum(trained) == 0) == (cut == len(content))
        assert {k: numbers(v) for k, v in journal(tmp_path).items()} == {
            k: numbers(v) for k, v in whole.items()
        }


def test_a_folder_of_another_sweep_or_a_file_that_was_changed_is_refused(tmp_path: Path) -> None:
    sweep(points(4), [0], DATA, journal(tmp_path, settings="a"), here)
    with pytest.raises(InputError, match=r"holds another sweep \(settings differ\): name another"):
        journal(tmp_path, settings="b")
    with pytest.raises(InputError, match=r"\(axes differ\)"):
        journal(tmp_path, ("hidden", "lr"), settings="a")
    path = tmp_path / "runs.csv"
    path.write_text(path.read_text() + "4,0\n")
    with pytest.raises(InputError, match=r"runs\.csv: line 3 is '4,0', expected hidden,seed"):
        journal(tmp_path, settings="a")
    path.write_text("x,y\n")
    with pytest.raises(InputError, match="its first line is 'x,y'"):
        journal(tmp_path, settings="a")
    path.write_bytes(b"\xff\n")
    with pytest.raises(InputError, match=r"runs\.csv: it is not UTF-8 text"):
        journal(tmp_path, settings="a")
    (tmp_path / "sweep.json").write_text("[" * 100_000)
    with pytest.raises(InputError, match="holds another sweep"):
        journal(tmp_path, settings="a")
    (tmp_path / "sweep.json").unlink()
    os.mkfifo(tmp_path / "sweep.json")
    with pytest.raises(InputError, match=r"cannot read .*sweep\.json: it is a pipe, expected a"):
        journal(tmp_path, settings="a")


@pytest.mark.slow
def test_processes_of_this_machine_come_to_the_same_bits(tmp_path: Path) -> None:
    asked = points(*range(3, 40), epochs=2)
    alone, apart = journal(tmp_path), {}
    sweep(asked, [0, 1], DATA, alone, here)
    for rows in workers.in_processes(units(trials(asked, [0, 1])), DATA, jobs=2):
        apart |= {(row["hidden"], row["seed"], 2): numbers(row) for row in rows}
    assert apart == {key: numbers(row) for key, row in alone.items()}


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")  # what distributed says of ports and lost workers
def test_a_cluster_that_loses_a_worker_loses_no_run_and_counts_none_twice(tmp_path: Path) -> None:
    distributed = pytest.importorskip("distributed")
    asked = points(*range(3, 40), epochs=40)
    alone = journal(tmp_path)
    sweep(asked, range(8), DATA, alone, here)
    (tmp_path / "other").mkdir()
    kept = journal(tmp_path / "other")
    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, dashboard_address=None, silence_logs=50
    ) as cluster:
        first = cluster.workers[0].pid
        counts: list[int] = []

        def work(todo: list[list[Trial]]) -> Iterator[list[Row]]:
            for rows in workers.on_cluster(todo, DATA, cluster.scheduler_address):
                if not counts:
                    os.kill(first, signal.SIGKILL)
                counts.append(len(rows))
                yield rows

        sweep(asked, range(8), DATA, kept, work)
    assert sum(counts) == 37 * 8
    assert (tmp_path / "other" / "runs.csv").read_bytes().count(b"\n") == 1 + 37 * 8
    assert {k: numbers(v) for k, v in kept.items()} == {k: numbers(v) for k, v in alone.items()}


def test_a_scheduler_that_does_not_answer_is_told_in_one_line(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    pytest.importorskip("distributed")
    monkeypatch.setattr(workers, "SECONDS_TO_CONNECT", 0.5)
    todo = units(trials(points(4), [0]))
    with pytest.raises(InputError, match=r"no scheduler answers.*start one with `dask scheduler`"):
        list(workers.on_cluster(todo, DATA, "tcp://127.0.0.1:1"))


def test_without_the_package_the_line_that_installs_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "distributed", None)
    with pytest.raises(MissingPackageError, match=r'pip install "glassnet\[scale\]"'):
        list(workers.on_cluster([], DATA, "tcp://127.0.0.1:1"))
