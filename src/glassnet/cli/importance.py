"""`glassnet importance`: which columns a network's predictions rest on."""

import json
from typing import Annotated, Any

import typer

from glassnet.cli import terminal as show
from glassnet.cli.options import file_options, takes, to_output
from glassnet.cli.predict import Model, trained
from glassnet.cli.training_options import chosen
from glassnet.inspection.importance import Importance, importance
from glassnet.nn.metrics import SCORES
from glassnet.nn.metrics.names import metric_name
from glassnet.workflows import predict as predictions


@takes(file_options)
def importance_command(
    given: dict[str, Any],
    model: Model,
    data: Annotated[
        str | None, typer.Argument(metavar="DATA", rich_help_panel="Data",
                                   help="Data with their target, better not the rows that MODEL "
                                        "learned from.", show_default="its training data")
    ] = None,
    metric: Annotated[
        str | None, chosen(to_output, "Metric that gets worse.", SCORES,
                           show_default="accuracy, log_loss of uneven classes, r2 of values")
    ] = None,
    repeats: Annotated[
        int, to_output(min=1, metavar="N", help="Times that each column is mixed up.")
    ] = 10,
    seed: Annotated[int, to_output(min=0, metavar="N", help="Seed of the random order.")] = 0,
    as_json: Annotated[bool, to_output("--json", help="Print one JSON object.")] = False,
) -> None:  # fmt: skip
    """Show how much worse predictions get if the values of one column change rows at random.

    After ± stands one standard deviation of the repeats.

    $ glassnet importance churn.safetensors new.csv
    $ glassnet importance churn.safetensors --metric log_loss --repeats 30
    """
    network = trained(model, data=[data] if data else [])
    source = predictions.source_of(network, data, f"importance {model}")
    x, y = predictions.labelled(network, source, given)
    found = importance(network, x, y, metric, repeats, seed)
    if as_json:
        print(json.dumps(plain(found)))
        return
    named = metric_name(found.metric)
    rows = [
        (name, f"{mean:z.4f}", f"± {std:.4f}")
        for name, mean, std in zip(found.columns, found.mean, found.std, strict=True)
    ]
    show.table(f"how much worse {named} is without the column", ("column", "mean", "std"), rows)
    print(f"\n{named} {found.score:z.4f} on {show.count(found.rows, 'row')}, "
          f"{show.count(repeats, 'repeat')} each")  # fmt: skip
    if found.metric == "accuracy" and not found.drops.any():
        show.say("no column changes a predicted class: --metric log_loss looks at probabilities")


def plain(found: Importance) -> dict[str, Any]:
    """The same as plain data."""
    columns = {
        name: {"mean": float(mean), "std": float(std)}
        for name, mean, std in zip(found.columns, found.mean, found.std, strict=True)
    }
    return {"metric": found.metric, "score": found.score, "rows": found.rows, "columns": columns}
