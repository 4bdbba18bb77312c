"""One network in several libraries: the same first weights, the same batches."""

import ast
import copy
import io
import time
import tokenize
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from glassnet.base.arrays import Array
from glassnet.base.errors import InputError
from glassnet.base.progress import work
from glassnet.base.version import VERSION
from glassnet.data import Dataset
from glassnet.interop import to_glassnet as own_script
from glassnet.interop import to_keras as keras_script
from glassnet.interop import to_torch as torch_script
from glassnet.interop.script import write
from glassnet.nn.optimizers import LBFGS
from glassnet.nn.schedules import Constant
from glassnet.nn.task import VALUES
from glassnet.sequential import Sequential
from glassnet.training.callbacks.history import INTERRUPTED
from glassnet.training.callbacks.protocol import Logs
from glassnet.training.plan import Plan, make_plan
from glassnet.training.trainer import Trainer
from glassnet.workflows.compare.libraries import LIBRARIES, imported
from glassnet.workflows.fit_settings import settings_of
from glassnet.workflows.networks import network_of
from glassnet.workflows.recipes.schema import Recipe

SCRIPTS = {"glassnet": own_script, "torch": torch_script, "keras": keras_script}
LAYOUT = {
    tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT,
    tokenize.ENCODING, tokenize.ENDMARKER,
}  # fmt: skip

Judge = Callable[[Array], dict[str, float]]


@dataclass
class Learned:
    """What the training came to in one library."""

    name: str
    lines: int  # of code, in its script
    seconds: list[float] = field(default_factory=list)  # of each epoch
    figures: list[dict[str, float]] = field(default_factory=list)  # after each epoch
    weights: dict[str, Array] = field(default_factory=dict)

    def differs(self, other: "Learned") -> float:
        """The largest difference in a weight."""
        return max(float(np.abs(w - other.weights[name]).max()) for name, w in self.weights.items())


def compare(
    recipe: Recipe, data: Dataset, libraries: Sequence[str], folder: Path, seed: int = 0
) -> Iterator[Learned]:
    """Train a recipe's network, the first if it has many, in glassnet, then in each library.

    All begin with the same weights and take the same batches. Loss and accuracy are of the test
    part, or of the training part if there is none; the same code computes them from each network's
    outputs. The scripts that run are written to `folder`.

    Raises InputError if other libraries could not do the same.
    """
    network, plan = _begin(recipe, data, seed)
    orders = list(_orders(network, plan))
    paths = {}
    for library in ("glassnet", *libraries):
        paths[library] = folder / f"{library}_script.py"
        write(SCRIPTS[library].script(network, paths[library].stem), paths[library])
    scripts = {library: imported(paths[library]) for library in libraries}
    _, x, targets = data.evaluation_part
    wanted = plan.loss.targets(targets, network.output_shape[0], network.dtype)

    def judge(z: Array) -> dict[str, float]:
        figures = {name: each(z, wanted) for name, each in (network.task or VALUES).metrics.items()}
        return {"loss": float(plan.loss(z, wanted)[0]), **figures}

    yield _own(network, plan, lines_of_code(paths["glassnet"]), x, judge)
    for library, script in scripts.items():
        model = LIBRARIES[library](script, plan)
        found = Learned(model.name, lines_of_code(paths[library]))
        with work(f"training in {library}", len(orders), "epochs") as training:
            for order in orders:
                begin = time.perf_counter()
                model.epoch(order)
                found.seconds.append(time.perf_counter() - begin)
                found.figures.append(judge(model.outputs(x)))
                training.add()
        found.weights = model.weights(network)
        yield found


def _begin(recipe: Recipe, data: Dataset, seed: int) -> tuple[Sequential, Plan]:
    """The network with its first weights, and what it will learn."""
    network = network_of(recipe.network, seed, data)
    settings = settings_of(recipe.training, data) | {"validation": None, "metrics": False}
    plan = make_plan(network, data.x_train, data.y_train, **settings)
    own = {
        "dropout": any(layer.random for _, layer in network.walk()),
        "a schedule": not isinstance(plan.settings["schedule"], Constant),
        "clip_norm": plan.settings["clip_norm"] is not None,
        "max_norm": plan.settings["max_norm"] is not None,
        "lbfgs": isinstance(plan.rule, LBFGS),
    }
    if found := [name for name, there in own.items() if there]:
        raise InputError(
            f"compare: the recipe has {' and '.join(found)}, which each library does in its own "
            "way: leave it out"
        )
    plan.begin(network)
    network.trained = {"settings": plan.settings_as_dict()}
    return network, plan


def _orders(network: Sequential, plan: Plan) -> Iterator[Array]:
    """The order of the rows in every epoch, as the network's generator is going to draw it."""
    rng, samples = copy.deepcopy(network.rng), len(plan.whole[0])
    for _ in range(plan.settings["epochs"]):
        whole = plan.settings["batch_size"] >= samples  # one step, in which order does not matter
        yield np.arange(samples) if whole else rng.permutation(samples)


def _own(network: Sequential, plan: Plan, lines: int, x: Array, judge: Judge) -> Learned:
    found = Learned(f"glassnet {VERSION}", lines)

    class Look:
        def on_epoch_end(self, epoch: int, logs: Logs) -> None:
            found.seconds.append(float(logs["seconds"]))
            found.figures.append(judge(network.outputs(x)))
            training.add()

    plan.settings["callbacks"].append(Look())
    train = Trainer(
        network, plan.whole, plan.loss, plan.rule, **plan.settings | {"engine": "numpy"}
    )
    with work("training in glassnet", plan.settings["epochs"], "epochs") as training:
        if train.fit().interrupted == INTERRUPTED:
            raise KeyboardInterrupt
    found.weights = dict(network.parameters)
    return found


def lines_of_code(path: Path) -> int:
    """The lines of a script that are not blank, comment or docstring."""
    text = path.read_text("utf-8")
    documented = {
        node.value.lineno
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    }
    tokens = tokenize.generate_tokens(io.StringIO(text).readline)
    return len({token.start[0] for token in tokens if token.type not in LAYOUT} - documented)
