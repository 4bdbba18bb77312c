"""`glassnet repeat`: the same training from many seeds, with a confidence interval."""

import json
from contextlib import closing
from pathlib import Path
from typing import Annotated

import typer

from glassnet.base.confidence import estimate
from glassnet.base.errors import DivergedError, InputError
from glassnet.cli import terminal as show
from glassnet.cli.options import Memory, picture, takes
from glassnet.cli.tally import Tally
from glassnet.cli.training_options import Setup, setup
from glassnet.data import NAMES, Dataset
from glassnet.inspection import plots
from glassnet.stack import MEMORY
from glassnet.workflows.recipes.loader import load_recipe, names
from glassnet.workflows.run import Outcome, load_data, run_experiment
from glassnet.workflows.spec import Experiment, Repeat

PREFIX = "recipe:"  # in front of a recipe's name if a dataset has the same one


@takes(setup)
def repeat_command(
    said: Setup,
    times: Annotated[int, typer.Option(min=2, help="Number of networks.")] = 20,
    out: Annotated[
        Path | None, typer.Option(help="Picture to write. Default: NAME-repeated.png.")
    ] = None,
    memory: Memory = MEMORY,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Train from many seeds at once; report mean and interval.

    DATA may also be the name of a recipe (recipe:NAME if a dataset has the same name), which then
    sets the data and the network. After Ctrl-C, the results so far are reported.
    """
    stem = Path(said.source.removeprefix(PREFIX)).stem
    path = picture(out or Path(f"{stem}-repeated.png"))
    experiment, data = _repeated(said, times)
    with closing(Tally("repeat", times * experiment.training.epochs, quiet=as_json)) as tally:
        outcome = run_experiment(experiment, data, said.seed, memory=memory, tick=tally.add)
    metric = outcome.first.metric
    figure = f"{outcome.first.data.evaluation_part.name} {metric}"
    if outcome.interrupted and not as_json:
        print(f"interrupted {outcome.interrupted}")
    if outcome.judged:
        _report(outcome, figure, as_json)
        with plots.about(stem, plots.in_short(outcome.first.network)):
            plots.save(plots.strip({"": outcome.judged}, figure.replace("_", " ")), path)
        if not as_json:
            print(f"wrote {path}")
    elif not outcome.interrupted:
        raise DivergedError(f"{outcome}: lower the learning rate, or clip the gradient")
    if outcome.interrupted:
        raise KeyboardInterrupt


def _report(outcome: Outcome, figure: str, as_json: bool) -> None:
    """Print the metric with its interval, minimum and maximum, and the time."""
    found = estimate(outcome.judged, figure)
    if as_json:
        cut = {"interrupted": outcome.interrupted} if outcome.interrupted else {}
        print(json.dumps({"figure": figure, **found._asdict(), "values": outcome.judged,
                          "seconds": outcome.seconds, **cut}))  # fmt: skip
        return
    show.say(f"{figure.replace('_', ' ')} {found}")
    ends = f"min {min(outcome.judged):z.4f}, max {max(outcome.judged):z.4f}, "
    print(f"{'' if found.is_range else ends}{outcome.seconds:.1f} s")


def _repeated(said: Setup, times: int) -> tuple[Experiment, Dataset]:
    """The recipe of this name, or the data with the settings of the options, `times` times."""
    name = said.source.removeprefix(PREFIX)
    again = {"repeat": Repeat(times=times), "study": None}
    if name == said.source and (name in NAMES or name not in names()):
        experiment, data = said.load()
        return experiment.model_copy(update=again), data
    if said.given:
        raise InputError(
            f"the recipe {name} sets its own data and network: leave out "
            f"{', '.join(f'--{option}' for option in said.given)}"
        )
    recipe = load_recipe(name)
    return recipe.model_copy(update=again), load_data(recipe.data)
