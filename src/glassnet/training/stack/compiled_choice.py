"""How the compiled steps of a stack are taken: in lanes, or by a program for each network."""

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from glassnet.compiled.lanes.cost import Work
from glassnet.compiled.lanes.table import Table, lanes_of
from glassnet.nn.network import Network
from glassnet.training import engines
from glassnet.training.plan import Plan
from glassnet.training.stack import lane_trainer, program_trainer
from glassnet.training.stack.lane_trainer import LaneTrainer
from glassnet.training.stack.padding import paddable, widths
from glassnet.training.stack.program_trainer import ProgramTrainer

SHARE_SAVED = 0.5  # of NumPy's time, by programs for networks that no lanes can train


class Seconds(NamedTuple):
    """About how long all steps of an epoch take one processor."""

    lanes: float
    programs: float
    numpy: float


def why_not(plan: Plan, network: Network) -> str | None:
    """What keeps networks like this from being trained in compiled steps, or None."""
    in_lanes = lane_trainer.why_not(plan, network)
    return in_lanes if program_trainer.why_not(plan, network) else None


def trainer_of(
    plan: Plan, networks: Sequence[Network], samples: Sequence[int]
) -> type[LaneTrainer]:
    """The trainer of compiled steps: of those that can train these networks, the faster one."""
    if lane_trainer.why_not(plan, networks[0]):
        return ProgramTrainer
    if program_trainer.why_not(plan, networks[0]):
        return LaneTrainer
    cost = seconds(plan, networks, samples)
    return LaneTrainer if cost.lanes <= cost.programs else ProgramTrainer


def is_faster(plan: Plan, networks: Sequence[Network], samples: Sequence[int]) -> bool:
    """Whether compiled steps take so much less time than NumPy's that it is worth loading them, or
    compiling them where that has not been done."""
    kernel = trainer_of(plan, networks, samples).kernel
    before = engines.compiled_before(kernel)
    least: float = engines.WORTH_LOADING if before else engines.WORTH_COMPILING
    epochs: int = plan.settings["epochs"]
    return epochs * _saved(plan, networks, samples) > least


def _saved(plan: Plan, networks: Sequence[Network], samples: Sequence[int]) -> float:
    """Seconds of an epoch that compiled steps save."""
    if not lane_trainer.why_not(plan, networks[0]):
        cost = seconds(plan, networks, samples)
        return cost.numpy - min(cost.lanes, cost.programs)
    return SHARE_SAVED * plan.epoch_of(networks[0], samples).seconds()


def seconds(plan: Plan, networks: Sequence[Network], counts: Sequence[int]) -> Seconds:
    """What an epoch costs, by what a step costs (`lanes.cost`)."""
    samples, batch = np.array(counts), plan.settings["batch_size"]
    alike = [{each} for each in dict.fromkeys(map(widths, networks))]
    together = [set().union(*alike)] if paddable(networks[0], plan.rule) else alike
    lanes, moments = lanes_of(networks[0].dtype), len(plan.rule.moments)
    cost = np.zeros(3)
    for these in together:
        chosen = [k for k, network in enumerate(networks) if widths(network) in these]
        work = [Work.of(Table(networks[k], batch).rows, batch, moments) for k in chosen]
        mean, count = Work(*np.mean(work, axis=0)), len(chosen)
        each = (
            math.ceil(count / lanes) * mean.in_lanes(lanes),
            count * mean.by_program(),
            mean.by_numpy(count),
        )
        cost += float(np.ceil(samples[chosen] / batch).mean()) * np.array(each)
    return Seconds(*map(float, cost))
