"""`glassnet check`: all gradients, numerically."""

from typing import Annotated

import typer

from glassnet.base.progress import work


def check_command(
    seed: Annotated[int, typer.Option(min=0, metavar="N", help="Seed of the random inputs.")] = 0,
) -> None:
    """Check all gradients numerically: layers, losses, activations.

    $ glassnet check
    $ glassnet check --seed 1
    """
    from glassnet.inspection.gradcheck import check_all, checks_in_all

    wrong = 0
    with work("checking gradients", checks_in_all(), "checks") as checking:
        for report in check_all(seed):
            print(report)
            wrong += not report
            checking.add()
    print("all gradients are correct" if not wrong else f"{wrong} gradient checks FAILED")
    raise typer.Exit(1 if wrong else 0)
