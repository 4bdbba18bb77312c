"""Every number in the package above which its code goes another way: which there are, and that
results below and above are the same."""

import ast
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib import import_module
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import glassnet as gn
from glassnet.data import load
from glassnet.mlp import mlp
from glassnet.nn.optimizers import OPTIMIZERS
from glassnet.workflows.predict import predict
from glassnet.workflows.recipes.schema import Recipe
from glassnet.workflows.sweep.sweep import run_unit, trials, units

Array = np.ndarray
RULES = [name for name in OPTIMIZERS if name != "lbfgs"]
SOURCE = Path(gn.__file__).parent
PAGE = Path(__file__).parents[2] / "docs" / "design.md"

# Results must not depend on these. Of each: values just below and just above what the batteries
# below have (samples, parameters, classes, bytes …), and whether results are the same to the bit.
TRAINING: dict[str, tuple[tuple[float, ...], bool]] = {
    "nn.optimizers.base.PIECE": ((7, 75, 76, 227, 228), True),
    "nn.optimizers.base.STEPS_BETWEEN_CLEARING": ((7, 1000), True),
    "training.batches.AHEAD": ((639, 640, 1280), True),
    "nn.losses.base.CLASSES_IN_TABLE": ((2, 3), True),
    "base.arrays._ROWS_A_LOOK": ((69, 70), True),
    "nn.network.ROWS_AT_ONCE": ((13, 14), False),
    "nn.network.NUMBERS_AT_ONCE": ((100,), False),
    "nn.functions.FEW": ((2, 3), False),
    "nn.windows.FEW": ((2, 3), False),
    "nn.windows.CACHE": ((1, 3_000, 10**9), False),
    "training.stack.grouping.CACHE": ((1, 20_000, 10**12), False),
    "training.stack.grouping.SIDE_BY_SIDE": ((1, 10**12), False),
    "training.stack.grouping.FEWEST": ((1, 100), False),
    "stack.MEMORY": ((1, 20_000, 10**12), False),
    "training.stack.padding.SECONDS_A_STEP": ((0.0, 1.0), False),
    "training.stack.padding.MULTIPLY_ADDS_A_SECOND": ((1.0, 1e30), False),
}
READING: dict[str, tuple[float, ...]] = {
    "data.readers.delimited.PIECE": (7, 59, 60),
    "data.readers.delimited.PIECE_BYTES": (1, 3000),
    "data.readers.delimited.CELLS": (1, 300),
    "data.readers.delimited.ROWS": (1, 16),
    "data.tables.fitting.AT_ONCE": (1, 120),
    "data.tables.values.FAR": (0, 10**30),
    "data.sources.array_file.LOOK": (60 * 40 - 1, 60 * 40),
    "data.readers.idx._CHUNK": (59, 60),
    "data.readers.npy.CHUNK": (48_000, 48_200),
}
OTHERS = {
    "workflows.sweep.sweep.STACK_SIZE": "test_units_of_any_size_come_to_the_same",
    "data.readers.sql.FETCHED": "test_pieces_do_not_change_what_is_read",
    "data.readers.pictures.PENDING": "test_the_same_bits_however_many_are_read_at_once",
    "compiled.products.SMALL": "test_in_float64_they_agree_to_1e_12",
    "compiled.program.FEW_UNITS": "test_in_float64_they_agree_to_1e_12",
    "compiled.program.TILE": "test_batches_larger_than_a_tile_agree",
    "compiled.program.PART_OF_WORK": "test_a_crew_agrees_with_numpy",
    "compiled.program.PART_OF_ROWS": "test_a_crew_agrees_with_numpy",
    "compiled.program.TOGETHER": "test_one_thread_does_all_parts_to_the_same_bits",
    "compiled.crew.SPINS": "test_one_thread_does_all_parts_to_the_same_bits",
    "compiled.lanes.learning.PIECE": "test_how_work_is_cut_changes_no_bit",
    "compiled.lanes.table.CACHE": "test_how_work_is_cut_changes_no_bit",
    "compiled.lanes.program.PIECE_OF_WORK": "test_how_work_is_cut_changes_no_bit",
    "training.stack.lane_trainer.SECONDS_OF_CALL": "test_how_work_is_cut_changes_no_bit",
    "training.stack.programs.FIRST_PACE": "test_long_and_short_calls_come_to_the_same_bits",
    "training.stack.compiled_choice.SHARE_SAVED": "test_both_engines_train_the_same_stack",
    "training.engines.AT_ONCE": "test_the_same_seed_gives_the_same_bits_however_many_steps",
    "training.engines.BYTES_AT_ONCE": "test_the_same_seed_gives_the_same_bits_however_many_steps",
    "training.compiled_batches.LONG": "test_batches_of_another_type",
    "compiled.fused.kernels.ROWS": "test_both_engines_agree",
    "compiled.fused.loss.BLOCK": "test_losses_agree",
    "compiled.fused.pooling.CACHE": "test_pieces_of_any_size_come_to_the_same",
    "compiled.fused.pooling.FEW_BYTES": "test_pieces_of_any_size_come_to_the_same",
    "compiled.fused.pooling.FEW_SUMS": "test_pieces_of_any_size_come_to_the_same",
    "compiled.fused.direct.SUMMED": "test_pictures_of_many_windows_agree",
    "compiled.gathering.SOME": "test_long_rows_are_scaled_alike",
    "serve.together.FEW_ROWS": "test_it_does_not_matter_who_else_asks",
    "serve.together.SHORT": "test_it_does_not_matter_who_else_asks",
    "lab.run.keyframes.FIRST_EVERY": "test_every_step_is_reached_again_to_the_bit",
    "nn.layers.activations.SATURATED": "test_gelu_is_its_formula_on_both_sides_of_its_ends",
}
SAME = {*TRAINING, *READING, *OTHERS}  # and a table of docs/design.md has them

# Rooms whose other numbers say how much a page shows, a client may ask, or a task wants.
PAGES = ("lab.", "serve.", "web.")

# Bounds: what is larger is refused, and the message says so.
BOUNDS = """
    base.disk.MOST_TEXT base.files.LONGEST_HEADER data.dataset.DISTINCT
    data.sources.web_file.MAX_REDIRECTS data.sources.web_file.MAX_SECONDS
    data.readers.database.LONGEST data.readers.sql_values.LARGEST_INT
    data.readers.head.MAX_COLUMNS data.readers.json.MAX_RECORD data.readers.json.MAX_WHOLE
    data.readers.ods.MAX_BLANKS data.readers.sheet_values.MAX_COLUMNS
    data.readers.sheet_values.MAX_ROWS data.readers.stdin.MAX_INPUT data.readers.workbook.MAX_PART
    data.readers.delimited.MAX_LINE
    data.readers.download.MAX_BYTES data.readers.growth.MAX_GROWTH data.readers.growth.MIN_BOMB
    data.readers.idx.MAX_BYTES data.readers.idx.MAX_DIMS data.readers.npy.MAX_DIMS
    data.readers.npy.MAX_FIELDS data.readers.npy.MAX_HEADER data.readers.npz.MAX_MEMBERS
    data.readers.npz.MAX_NPZ_BYTES data.readers.picture_tree.MAX_DIRECTORY
    data.readers.picture_tree.MAX_DEPTH data.readers.picture_tree.MAX_MEMBERS
    data.readers.picture_tree.MAX_ZIP
    data.readers.pictures.LARGEST_SIDE data.readers.pictures.MAX_PICTURE
    data.readers.quotes.MAX_VALUE data.sources.picture_folder.MAX_PIXELS
    data.sources.table_dataset.MAX_TABLE data.tables.targets.LARGEST_TARGET
    data.tables.values.LARGEST interop.onnx_nodes.FEW
    interop.onnx_nodes.OLDEST nn.layers.words.DEEPEST
    cli.outputs.LONGEST_NAME
    nn.layers.words.LONGEST nn.layers.words.MOST workflows.recipes.loader.MOST_BYTES
"""

# Decisions that a page of docs/ tells: results do depend on these.
DECISIONS = """
    base.confidence.FEW cli.evaluation.COVERAGE cli.evaluation.ENOUGH
    cli.evaluation.UNSURE
    data.sources.array_file.WIDE
    cli.explain.SEARCHED cli.studies.FEW cli.training_options.SMALL
    cli.training_options.EPOCHS cli.training_options.WATCHED
    cli.training_options.MOST_EPOCHS cli.training_options.PATIENCE
    cli.training_options.STOPPED_BY cli.repeat.TIMES cli.repeat.TIMES_OF_SEVERAL
    data.readers.pictures.MOST_BROKEN data.sources.picture_folder.LONGER_SIDE
    data.tables.fitting.MAX_CATEGORIES data.tables.fitting.RARE data.tables.fitting.ENOUGH
    data.tables.fitting.FEW_CATEGORIES data.tables.fitting.ONE_HOT data.tables.fitting.MOST_SEEN
    data.tables.giveaways.ROWS data.tables.giveaways.NUMBERS data.tables.giveaways.FEWEST
    data.tables.outliers.FAR_OUT data.tables.giveaways.A_GROUP data.tables.giveaways.NEARLY
    workflows.stopping.LEAST_GAIN data.sources.table_dataset.MANY
    data.tables.kinds.MAX_INTEGER_CLASSES data.tables.values.NEARLY_ALL
    data.readers.head.LOOK data.tables.date_formats.LOOK data.tables.date_formats.SHAPES
    data.tables.notations.LOOK data.readers.stdin.START
    inspection.health.FAR inspection.health.INPUT_RMS_LIMIT
    inspection.health.MIN_VAL_LOSS_SHARE inspection.health.OVERFIT_RATIO
    inspection.dependence.ENDS inspection.dependence.FEW workflows.networks.LARGEST_MAP
    inspection.dependence.MOST_ROWS inspection.importance.MOST_ROWS
    workflows.report.bootstrap.REPEATS workflows.report.bootstrap.FEWEST
    workflows.report.bootstrap.ROWS_DRAWN workflows.report.bootstrap.MOST_ROWS
    workflows.report.influence.REPEATS workflows.report.influence.ROWS_MIXED
    workflows.report.influence.FEWEST_ROWS workflows.report.influence.MOST_COLUMNS
    workflows.report.limits.FEW_ROWS workflows.report.limits.FEW_OF_CLASS
    workflows.report.limits.FEW_TRAINED
    nn.metrics.counts.UNEVEN workflows.intervals.MOST_KEPT
    workflows.stopping_epoch.NUMBER workflows.stopping_epoch.SMALL
    workflows.temperature.CHANCE workflows.temperature.EXTREME cli.presets.WORK cli.presets.SHARED
    inspection.health.NEAR_END inspection.health.PATIENCE inspection.health.RARE
    inspection.health.SATURATED inspection.health.MAX_TIME_SHARE sklearn.validation.PROGRESS_BAR
    training.callbacks.averaging.REFRESHING
    sklearn.validation.FEWEST_HELD_OUT
    sklearn.validation.MIN_RATE workflows.rates.AS_GOOD workflows.rates.BLOWN_UP
    workflows.rates.REACH workflows.sweep.sweep.HALVING_FACTOR
"""

# How much is shown or looked at, or how often.
SHOWN = """
    base.configurable.MANY cli.evaluation.COMMONEST cli.evaluation.MANY
    cli.compare.ROWS cli.help_page.FIRST cli.help_page.LONG cli.help_page.NARROW
    cli.help_page.NAMES cli.help_page.WIDEST cli.explain.AT_ONCE cli.explain.NAMED
    cli.parts.LABEL cli.parts.LONGEST
    cli.summary.NAMES_SHOWN cli.sweep.SHOWN cli.tally.SECONDS_BETWEEN_LINES
    base.numerals.DIGITS base.numerals.HUGE base.numerals.LEAST base.numerals.SHOWN
    base.numerals.TINY cli.columns.GAP cli.columns.INDENT cli.columns.LONGEST
    cli.terminal.UNBROKEN data.readers.pictures.SHOWN
    data.readers.encodings.BYTES data.readers.gaps.SHOWN data.tables.notations.SHOWN
    interop.spellings_waves.FEW nn.layers.words.MANY
    data.tables.left_out.FEW data.tables.notes.LINES data.tables.notes.MOST data.tables.notes.SHOWN
    data.tables.relating.FEW data.tables.relating.MOST_NAMES data.tables.summaries.LONGEST
    data.tables.summaries.MANY
    inspection.reasons.MOST inspection.document.SIDE inspection.diagram.LONGEST
    inspection.html_drawings.FAINT inspection.html_drawings.LINE inspection.html_drawings.MAP
    inspection.html_drawings.MOST_PIXELS inspection.html_drawings.SHADES
    inspection.html_report.BESIDE inspection.html_report.MOST inspection.html_report.WIDE
    inspection.following.LOOKED_AT inspection.html_report.TEN inspection.html_drawings.LEAST
    inspection.html_style.LEVELS
    inspection.html_style.STRONGEST inspection.walkthrough.SHOWN inspection.walkthrough.WHOLE
    inspection.windows.FEW inspection.plots.influence.MOST_COLUMNS inspection.plots.ranking.MOST
    inspection.plots.influence.MOST_OUTPUTS inspection.plots.influence.BAR
    inspection.plots.pixels.FAINT inspection.plots.pixels.PATCHES
    inspection.dataset_report.MOST_ROWS inspection.gallery.POINTS
    inspection.gallery.SCENES inspection.plots.data.LONGEST
    inspection.plots.diagram.DEEP inspection.plots.diagram.LONG
    inspection.plots.diagram.STRONGEST inspection.plots.diagram.UNITS_DRAWN
    inspection.plots.figures.DPI inspection.plots.figures.LINE inspection.plots.film.DPI
    inspection.plots.images.LONG inspection.plots.images.SHEET inspection.plots.networks.BARS
    inspection.plots.networks.CELLS inspection.plots.predictions.GRID
    inspection.plots.predictions.NUMBERS inspection.plots.runs.NUMBERED inspection.plots.runs.ROW
    inspection.plots.runs.SLOTS inspection.plots.steps.BINS inspection.plots.steps.LINES
    inspection.plots.steps.PANELS inspection.plots.steps.ZEROS inspection.plots.titles.LINE
    inspection.plots.titles.SHORT inspection.watch.EPOCHS_KEPT inspection.watch.PROBE
    inspection.watch.VALUES interop.pieces.SHOWN nn.layers.words.SHOWN nn.worked.TERMS
    training.callbacks.epoch_table.CELL
    training.callbacks.epoch_table.HEADING base.bars.SECONDS_BETWEEN_UPDATES
    base.bars.SECONDS_UNSEEN base.bars.WIDTH base.bars.LONGEST
    cli.outputs.MANY cli.run_folder.REPORT_WIDTH
    training.callbacks.history.SHOWN training.callbacks.epoch_log.LONGEST
    training.callbacks.event_file.BINS workflows.sweep.sweep.LONGEST workflows.sweep.picture.BOXES
    workflows.report.record.MOST_NOTES workflows.report.data.MOST workflows.report.data.LONGEST
    workflows.report.data.MOST_COLUMNS workflows.report.data.OPEN workflows.report.data.DIGITS
    workflows.report.training.MOST_LAYERS workflows.report.training.LONGEST
    workflows.report.result.MOST_CLASSES workflows.report.result.MOST_ROWS
    workflows.report.result.POINTS workflows.report.result.LETTERS
    workflows.report.influence.MOST_SHOWN
    workflows.report.influence.OPEN workflows.report.influence.LETTERS
    workflows.report.report.TILES
    workflows.sweep.picture.LETTERS workflows.sweep.picture.LOGARITHMIC
    workflows.sweep.picture.QUARTERS
"""

# Numbers of a formula, and others that nothing is compared with.
CONSTANTS = """
    base.files.FORMAT base.memory.KEPT base.memory.LARGEST compiled.judging.CROSS_ENTROPY
    compiled.fused.largest.LANES
    compiled.program.RULE_NUMBERS compiled.lanes.learning.NUMBERS compiled.lanes.tiles.SHIFT
    compiled.lanes.tiles.VECTOR compiled.lanes.cost.FROM_MEMORY compiled.lanes.cost.MULTIPLY_ADD
    compiled.lanes.support.FROM_FILE
    data.readers.database.PATIENCE data.readers.arrow.BLOCK data.readers.json.CHUNK
    data.readers.stdin.CHUNK data.readers.xlsx.CHUNK data.readers.xlsx.OVERLAP
    cli.app.INTERRUPTED data.sources.openml.TIMEOUT data.tables.values.HALF
    data.tables.columns.NEARLY data.tables.values.WHOLE workflows.temperature.HALVINGS
    inspection.gradcheck.DIRECTIONS inspection.gradcheck.STEP
    inspection.gradcheck.TOLERANCE inspection.plots.pixels.RGB base.confidence.SURE
    interop.to_onnx.ML_OPSET inspection.recording.NUDGE inspection.document.RGB
    inspection.following.STEP nn.optimizers.lbfgs.GRADIENT_TOLERANCE
    nn.optimizers.lbfgs.VALUE_TOLERANCE nn.optimizers.line_search.SUFFICIENT_DECREASE
    nn.optimizers.line_search.CURVATURE nn.optimizers.line_search.LONGEST
    nn.optimizers.line_search.NARROW nn.optimizers.line_search.TRIALS
    workflows.sweep.workers.SECONDS_TO_CONNECT data.readers.pictures.ORIENTATION
    data.readers.pictures.THREADS training.callbacks.mlflow.AT_ONCE
    training.callbacks.mlflow.SECONDS_BETWEEN training.callbacks.mlflow.SECONDS_DOWN
"""


def numbers() -> Iterator[str]:
    """Every number, such as `2**20`, that a module gives a name in capitals."""
    for path in SOURCE.rglob("*.py"):
        module = ".".join(path.relative_to(SOURCE).with_suffix("").parts).removesuffix(".__init__")
        for node in ast.parse(path.read_text("utf-8")).body:
            if isinstance(node, (ast.Assign, ast.AnnAssign)) and node.value:
                name = ast.unparse(node.targets[0] if isinstance(node, ast.Assign) else node.target)
                parts = [e.value for e in ast.walk(node.value) if isinstance(e, ast.Constant)]
                plain = (ast.Constant, ast.BinOp, ast.UnaryOp, ast.operator, ast.unaryop)
                alone = all(isinstance(each, plain) for each in ast.walk(node.value))
                if name.isupper() and alone and all(type(e) in (int, float) for e in parts):
                    yield f"{module}.{name}"


def test_every_threshold_is_known() -> None:
    """A new one goes into the list that says what it does: a battery if results must not change."""
    known = [*SAME, *f"{BOUNDS} {DECISIONS} {SHOWN} {CONSTANTS}".split()]
    found = [name for name in numbers() if name in SAME or not name.startswith(PAGES)]
    assert sorted(found) == sorted(known)


def test_the_page_lists_those_that_results_must_not_depend_on() -> None:
    rows = re.findall(r"^\| (`[a-z]\w*\.\S.*?) \|", PAGE.read_text("utf-8"), re.MULTILINE)
    named = re.findall(r"`([\w.]+\.[A-Z_]+)`", " ".join(rows))
    assert sorted(named) == sorted(SAME)


@contextmanager
def changed(name: str, value: float) -> Iterator[None]:
    """Another value in its module, and wherever that was imported from."""
    home, _, constant = name.rpartition(".")
    before = getattr(import_module(f"glassnet.{home}"), constant)
    users = [home, "training.stack.batches"] if constant == "AHEAD" else [home]
    with pytest.MonkeyPatch.context() as patch:
        for user in users:
            patch.setattr(f"glassnet.{user}.{constant}", type(before)(value))
        yield


# ---- training


def batch() -> dict[str, Any]:
    rng = np.random.default_rng(0)
    x = rng.standard_normal((70, 5))
    return {"x": x, "y": (x @ rng.standard_normal((5, 3))).argmax(axis=1),
            "batch_size": 16, "epochs": 2, "validation": 0.2}  # fmt: skip


def networks() -> list[gn.Sequential]:
    """Three of the same width, 76 parameters each, and one that is wider."""
    widths = (8, 8, 8, 11)
    return [mlp((5,), [w], 3, seed=k, dtype="float64") for k, w in enumerate(widths)]


def convolutions() -> list[gn.Sequential]:
    """The same rows as sequences with one channel."""
    return [
        gn.Sequential(
            [gn.Reshape((5, 1)), gn.Conv1D(4, activation="relu"), gn.MaxPool1D(), gn.Flatten(),
             gn.Dense(3)],
            input_shape=5, seed=k, dtype="float64",
        )
        for k in range(3)
    ]  # fmt: skip


def trained(rule: str, clip: float | None, **memory: float) -> list[Array]:
    """The parameters and losses of networks alone, and of stacks."""
    found, how = [], {"optimizer": rule, "clip_norm": clip}
    for make in (networks, convolutions):
        alone, stack = make()[0], gn.Stack(make())
        histories = [alone.fit(**batch(), **how), *stack.fit(**batch(), **how, **memory)]
        found += [np.array([h[name] for h in histories]) for name in ("loss", "val_loss")]
        found += [network.parameters.vector for network in (alone, *stack)]
    return found


@pytest.fixture(scope="module")
def usual() -> Callable[..., list[Array]]:
    """Each training once, with all thresholds as they are."""
    kept = {}

    def once(rule: str, clip: float | None) -> list[Array]:
        if (rule, clip) not in kept:
            kept[rule, clip] = trained(rule, clip)
        return kept[rule, clip]

    return once


@pytest.mark.parametrize(
    ("name", "value"), [(n, v) for n, (values, _) in TRAINING.items() for v in values]
)
def test_training_does_not_depend_on_a_threshold(
    name: str, value: float, usual: Callable[..., list[Array]]
) -> None:
    for rule, (decay, clip) in product(RULES, ((0.0, None), (0.1, 0.05))):
        how = f"{rule}:weight_decay={decay}"
        expected, memory = usual(how, clip), {"memory": value} if name == "stack.MEMORY" else {}
        with changed(name, value):
            found = trained(how, clip, **memory)
        for one, other in zip(found, expected, strict=True):
            if TRAINING[name][1]:
                np.testing.assert_array_equal(one, other, strict=True)
            np.testing.assert_allclose(one, other, rtol=1e-11, atol=1e-13)


@pytest.mark.parametrize("classes", [255, 256, 257])
def test_labels_are_rows_of_any_number_of_classes(classes: int) -> None:
    labels, z = np.arange(classes)[::-1].copy(), np.zeros((classes, classes))
    value, dz = gn.CrossEntropy(label_smoothing=0.1)(z, labels)
    wanted = 0.9 * np.eye(classes)[labels] + 0.1 / classes
    np.testing.assert_allclose(dz * classes, 1 / classes - wanted, atol=1e-15)
    assert value == pytest.approx(np.log(classes))


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_gelu_is_its_formula_on_both_sides_of_its_ends(dtype: str) -> None:
    from scipy.special import ndtr

    ends = np.array([-40.5, -40, -39.5, -5, 0, 5, 39.5, 40, 40.5, 1e30, -1e30])
    y, saved = gn.GELU().forward(ends.astype(dtype))
    np.testing.assert_allclose(y, ends * ndtr(ends), rtol=0.01, atol=1e-3)
    assert np.isfinite(gn.GELU().backward(np.ones_like(y), saved)).all()


# ---- reading


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same 60 rows in every form; columns that show their kind in some pieces alone."""
    folder, rng = tmp_path_factory.mktemp("sources"), np.random.default_rng(0)
    rows = np.arange(60)
    table = pd.DataFrame({
        "size": rng.normal(50, 9, 60).round(2), "code": [("007", "7", "08")[n % 3] for n in rows],
        "flag": ["maybe" if n > 50 else str(n % 20 > 9) for n in rows],
        "mixed": ["x" if n > 50 else str(n) for n in rows],
        "when": pd.date_range("2020-01-01", periods=60).astype(str),
        "gap": [np.nan if n < 20 else n % 5 for n in rows],
        "own": [None if n > 40 else f"r{n}" for n in rows],
        "class": rng.choice(["yes", "no"], 60),
    })  # fmt: skip
    table.to_csv(folder / "t.csv", index=False)
    table.to_csv(folder / "t.csv.gz", index=False)
    table.to_parquet(folder / "t.parquet")
    numbers = np.column_stack([rng.standard_normal((60, 4)), rng.integers(0, 2, 60)])
    np.save(folder / "t.npy", numbers)
    np.savez(folder / "t.npz", x=np.tile(numbers[:, :4], 25), y=numbers[:, 4].astype(int))
    return folder


def read(source: Path) -> tuple[list[Array], tuple[Any, ...]]:
    data = load(source)
    arrays = [data.x_train[:], data.y_train, data.x_test[:], data.y_test]
    return [*arrays, np.asarray(data.scale)], (data.notes, data.feature_names, data.classes)


@pytest.mark.parametrize("form", ["t.csv", "t.csv.gz", "t.parquet", "t.npy", "t.npz"])
def test_reading_does_not_depend_on_a_threshold(folder: Path, form: str) -> None:
    expected, messages = read(folder / form)
    for name, values in READING.items():
        for value in values:
            with changed(name, value):
                found, said = read(folder / form)
            assert said == messages, (name, value)
            for one, other in zip(found, expected, strict=True):
                np.testing.assert_allclose(one, other, rtol=1e-12, err_msg=f"{name} {value}")


@pytest.mark.parametrize("piece", [7, 41, 59])
@pytest.mark.parametrize("source", ["t.csv", "t.parquet"])
def test_predictions_of_a_file_do_not_depend_on_its_pieces(
    folder: Path, source: str, piece: int, tmp_path: Path
) -> None:
    """The column in front is empty in the last pieces."""
    data = load(folder / "t.csv", drop=["own"])
    net = mlp(data.input_shape, [4], 2, seed=0)
    net.fit(data.x_train, data.y_train, epochs=1)
    net.schema, net.classes = data.schema, data.classes
    frames = []
    for size in (10**6, piece):
        with changed("data.readers.delimited.PIECE", size):
            predict(net, str(folder / source), tmp_path / "o.csv", identifier="own", proba=True)
            predict(net, str(folder / source), tmp_path / "o.parquet", identifier="own")
        frames.append((pd.read_csv(tmp_path / "o.csv"), pd.read_parquet(tmp_path / "o.parquet")))
    for one, other in zip(*frames, strict=True):
        pd.testing.assert_frame_equal(one, other)


# ---- sweeps


def test_units_of_any_size_come_to_the_same() -> None:
    data = load("moons", samples=120)

    def recipe(hidden: int) -> Recipe:
        return Recipe.model_validate({
            "title": "t", "source": "s", "data": {"name": "moons"}, "network": {"hidden": [hidden]},
            "training": {"epochs": 2, "validation": 0.2, "optimizer": "adamw"},
            "figure": {"published": "", "at_least": 0},
        })  # fmt: skip

    asked = trials([({"hidden": str(n)}, recipe(n)) for n in (3, 4, 9)], range(2))
    found = []
    for size in (1, 5, 6, 7):
        with changed("workflows.sweep.sweep.STACK_SIZE", size):
            parts = units(asked)
        assert max(map(len, parts)) <= size
        found.append({(r["hidden"], r["seed"]): r for part in parts for r in run_unit(part, data)})
    for other in found[1:]:
        for key, row in found[0].items():
            assert other[key]["val_loss"] == pytest.approx(row["val_loss"], abs=1e-5)
            assert other[key]["val_accuracy"] == row["val_accuracy"]
