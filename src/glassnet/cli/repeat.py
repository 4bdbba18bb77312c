"""`glassnet repeat`: the same training from many seeds, with a confidence interval."""

import json
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import typer

from glassnet.base.confidence import estimate
from glassnet.base.errors import DivergedError, InputError
from glassnet.base.numerals import numeral
from glassnet.cli import run_folder
from glassnet.cli import terminal as show
from glassnet.cli.logs import Log, asked, logs, say_where
from glassnet.cli.metrics import baselines
from glassnet.cli.options import Memory, picture, takes, to_output
from glassnet.cli.outputs import there, written
from glassnet.cli.presets import Plan, introduce, plan_of
from glassnet.cli.run_folder import RunDir
from glassnet.cli.tally import Tally
from glassnet.cli.training_options import Setup, setup
from glassnet.data import NAMES, Dataset
from glassnet.data.readers.endings import name_of
from glassnet.inspection import plots
from glassnet.nn.metrics.names import metric_name
from glassnet.stack import MEMORY
from glassnet.workflows.baseline import BASELINES
from glassnet.workflows.recipes.loader import load_recipe, names
from glassnet.workflows.run import Outcome, load_data, run_experiment
from glassnet.workflows.spec import Experiment, Repeat
from glassnet.workflows.stopping import KEPT
from glassnet.workflows.stopping_epoch import FOLDS

of_repeat = partial(typer.Option, rich_help_panel="Repeat")
TIMES = 20  # trainings of one network, which are one stack
TIMES_OF_SEVERAL = 10  # of several, one after another
PREFIX = "recipe:"  # in front of a recipe's name if a dataset has the same one


@takes(setup)
def repeat_command(
    said: Setup,
    times: Annotated[
        int | None,
        of_repeat(
            min=2,
            metavar="N",
            help="Number of trainings.",
            show_default=f"{TIMES}; {TIMES_OF_SEVERAL} if each is of several networks",
        ),
    ] = None,
    out: Annotated[
        Path | None,
        to_output(metavar="FILE", help="Picture to write.", show_default="NAME-repeated.png"),
    ] = None,
    log: Log = None,
    run_dir: RunDir = None,
    memory: Memory = MEMORY,
    as_json: Annotated[bool, to_output("--json", help="Print one JSON object.")] = False,
) -> None:
    """Train from many seeds; report mean and interval.

    What train trains is repeated. DATA may also be the name of a recipe (recipe:NAME if a dataset
    has the same name), which then sets the data and the network. After Ctrl-C, the results of
    finished trainings are reported.

    $ glassnet repeat digits --times 50
    $ glassnet repeat recipe:iris
    """
    stem = name_of(said.source.removeprefix(PREFIX))
    if run_dir is not None:
        run_folder.check_wanted(run_dir)
    wanted = asked(log)
    path = picture(out or Path(f"{stem}-repeated.png"))
    plan, data = _repeated(said, times)
    experiment = plan.experiment
    folder = run_folder.new_folder(run_dir) if run_dir else None
    files = [run_folder.write_recipe(folder, experiment, said.seed)] if folder else []
    path = folder / path.name if folder and out is None else path
    before = there(path)
    csv = path.with_name(f"{path.stem}-log.csv")
    made = logs(wanted, f"{stem}-repeated", csv, said.reading)
    first = partial(introduce, plan, " each time: the mean of their outputs is tested")
    if not as_json:
        first()
    total = _times(experiment) * experiment.training.epochs
    with closing(Tally("repeat", total, quiet=as_json)) as tally:
        outcome = run_experiment(
            experiment, data, said.seed, memory=memory, tick=tally.add, logs=made
        )
    if not outcome.judged and not outcome.interrupted:
        raise DivergedError(f"{outcome}: lower the learning rate, or clip the gradient")
    report = partial(_report, outcome, plan.facts)
    report(as_json)
    if folder is not None:
        files.append(run_folder.write_report(folder, first, report))
    if outcome.judged:
        files.append(_drawn(outcome, stem, path))
    if files and not as_json:
        show.say(written(files, before))
    if not as_json:
        say_where(made, several=True)
    if outcome.interrupted:
        raise KeyboardInterrupt


def _drawn(outcome: Outcome, name: str, path: Path) -> Path:
    """The picture of all results."""
    with plots.about(name, plots.in_short(outcome.first.network)):
        plots.save(plots.strip({"": outcome.judged}, _figure(outcome).replace("_", " ")), path)
    return path


def _figure(outcome: Outcome) -> str:
    """Which metric of which part is reported."""
    return f"{outcome.first.data.evaluation_part.name} {outcome.first.metric}"


def _report(outcome: Outcome, facts: dict[str, Any], as_json: bool = False) -> None:
    """Print the metric with its interval, minimum and maximum, and the time."""
    figure, judged = _figure(outcome), outcome.judged
    found = estimate(judged, figure) if judged else None
    if as_json:
        cut = {"interrupted": outcome.interrupted} if outcome.interrupted else {}
        more: dict[str, Any] = {n: v[0] for n, v in outcome.beside.items() if n in BASELINES}
        more |= {name: values for name, values in outcome.beside.items() if name == "r2"}
        more |= {KEPT: outcome.kept._asdict()} if outcome.kept else {}
        more |= {FOLDS: outcome.folds._asdict()} if outcome.folds else {}
        mean = found._asdict() if found else {}
        print(json.dumps({"figure": figure, **facts, **mean, "values": judged, **more,
                          "seconds": outcome.seconds, **cut}))  # fmt: skip
        return
    if outcome.interrupted:
        show.say(f"interrupted {outcome.interrupted}{'' if found else ': no network is finished'}")
    if found:
        part, _, metric = figure.partition(" ")
        show.say(f"{part} {metric_name(metric)} {found}")
        if "r2" in outcome.beside:
            show.say(f"{part} R² {estimate(outcome.beside['r2'], 'r2')}")
        for line in baselines({name: values[0] for name, values in outcome.beside.items()}):
            print(line)
        for ended in filter(None, (outcome.kept, outcome.folds)):
            show.say(f"{ended}")
        low, high = (numeral(end(judged), found.mean) for end in (min, max))
        ends = f"min {low}, max {high}, "
        print(f"{'' if found.is_range else ends}{outcome.seconds:.1f} s")


def _repeated(said: Setup, times: int | None) -> tuple[Plan, Dataset]:
    """The recipe of this name, or the data with the settings of the options, `times` times."""
    name = said.source.removeprefix(PREFIX)
    if name == said.source and (name in NAMES or name not in names()):
        data = said.load()
        plan = plan_of(said, data)
        return plan._replace(experiment=_again(plan.experiment, times)), data
    if said.given:
        raise InputError(
            f"the recipe {name} sets its own data and network: leave out "
            f"{', '.join(f'--{option}' for option in said.given)}"
        )
    recipe = load_recipe(name)
    return Plan(_again(recipe, times)), load_data(recipe.data)


def _again(experiment: Experiment, times: int | None) -> Experiment:
    """The experiment so many times; what trains several networks takes longer."""
    usual = TIMES if experiment.training.seeds == 1 else TIMES_OF_SEVERAL
    return experiment.model_copy(update={"repeat": Repeat(times=times or usual), "study": None})


def _times(experiment: Experiment) -> int:
    return experiment.repeat.times if experiment.repeat else 1
