"""How a stack is trained: which networks together, and how each such group learns."""

import copy
import math
from collections.abc import Sequence
from functools import partial
from typing import Any, NamedTuple

import numpy as np

from glassnet.base.arrays import Array
from glassnet.base.configurable import choose
from glassnet.base.errors import DivergedError, InputError, refusing
from glassnet.base.optional import need
from glassnet.base.threads import available
from glassnet.nn.network import Network
from glassnet.training import engines
from glassnet.training.callbacks.history import DIVERGED
from glassnet.training.checkpoint import Checkpoint, State
from glassnet.training.engines import ENGINES, installed
from glassnet.training.plan import Plan
from glassnet.training.sets import rows_of
from glassnet.training.stack.member import Member
from glassnet.training.stack.padding import group_by_width, paddable, widest, widths
from glassnet.training.stack.threads import TrainerPool, run_all
from glassnet.training.stack.trainer import StackTrainer
from glassnet.training.state import check_members
from glassnet.training.trainer import Trainer

# Bytes that a group touches in a step, above which it takes longer than two groups one after the
# other; and those of one network, above which groups in threads take less time than in a row.
# Measured on 2 cores with 32 networks 49-32-10 to 784-128-64-10 (benchmarks.scaling.stack_growth).
CACHE = 2**24
SIDE_BY_SIDE = 2**20
FEWEST = 4  # networks for each thread


class StackPlan(NamedTuple):
    """What all groups of a stack have in common: the plan, all members, where the training is kept,
    the state that it resumes from, and the trainers of many networks and of one."""

    plan: Plan
    everyone: list[Member]
    checkpoint: Checkpoint | None = None
    state: State | None = None
    of_many: type[StackTrainer] = StackTrainer
    of_one: type[Trainer] = Trainer
    engine: str = "numpy"

    @property
    def kept(self) -> bool:
        """Whether a file says, or will say, how far each group was."""
        return self.checkpoint is not None or self.state is not None

    def saved_states(self, members: list[Member]) -> list[State]:
        """What the state says of these members."""
        if self.state is None:
            return []
        return [self.state["members"][self.everyone.index(member)] for member in members]


def train(stack_plan: StackPlan, decays: Array, memory: float) -> None:
    """Train every member; `decays` has the weight decay of each."""
    if stack_plan.state is not None:
        refusing(partial(check_members, stack_plan.everyone), stack_plan.state)
    if stack_plan.engine == "compiled":
        from glassnet.training.stack.compiled_choice import trainer_of

        networks = [member.network for member in stack_plan.everyone]
        samples = [len(member.rows) for member in stack_plan.everyone]
        stack_plan = stack_plan._replace(of_many=trainer_of(stack_plan.plan, networks, samples))
    cut = partition_into_lanes if stack_plan.of_many.in_lanes else partition
    parts, threads = cut(stack_plan, memory)
    chosen = [([stack_plan.everyone[k] for k in group], decays[group]) for group in parts]
    run_all([partial(train_group, *each, stack_plan) for each in chosen], threads)


def engine_of(asked: str, plan: Plan, networks: Sequence[Network], samples: Sequence[int]) -> str:
    """The engine of a stack: the one that is asked for, or of "auto" the faster one.

    Raises InputError if compiled steps are asked for and cannot be had.
    """
    choose("engine", asked, ENGINES)
    if asked == "compiled":
        need("numba", "engine='compiled'")
    elif asked == "numpy" or len(networks) == 1 or not installed():
        return "numpy"
    elif _seconds(plan, networks[0], samples) < engines.WORTH_LOADING:
        return "numpy"  # found out without loading Numba
    from glassnet.training.stack import compiled_choice

    missing = compiled_choice.why_not(plan, networks[0])
    if asked == "compiled":
        if missing:
            raise InputError(f"engine='compiled': {missing}: expected 'numpy' or 'auto'")
        return asked
    worth_it = not missing and compiled_choice.is_faster(plan, networks, samples)
    return "compiled" if worth_it else "numpy"


def _seconds(plan: Plan, network: Network, samples: Sequence[int]) -> float:
    """How long NumPy would take for all of them one after another, roughly."""
    epochs: int = plan.settings["epochs"]
    return epochs * plan.epoch_of(network, samples).seconds()


def partition_into_lanes(stack_plan: StackPlan, memory: float) -> tuple[list[Array], int]:
    """The same for compiled steps, which take no longer for networks of several widths or samples:
    all that can be padded together, like beside like, as many as memory holds."""
    plan, members = stack_plan.plan, stack_plan.everyone
    networks = [member.network for member in members]
    alike: list[set[Any]] = [{each} for each in dict.fromkeys(map(widths, networks))]
    if paddable(networks[0], plan.rule):
        alike = [set().union(*alike)]
    found = []
    for these in alike:
        order = [k for k, network in enumerate(networks) if widths(network) in these]
        order.sort(key=lambda k: (-len(members[k].rows), widths(networks[k])))
        each = max(_bytes(networks[k], plan) for k in order)
        found += _cut(order, max(1, int(memory / (2 * each + _order(plan)))))
    threads = min(available(), len(found))
    return found, 1 if stack_plan.kept else threads


def partition(stack_plan: StackPlan, memory: float) -> tuple[list[Array], int]:
    """Which networks to train together, and how many such groups at once.

    Widths apart if they cannot be padded or if that costs less, those with most samples
    first, as many as memory holds; of large networks as many as the cache holds. Where a file
    keeps the training, one group after another, on machines of any number of processors.
    """
    plan, members = stack_plan.plan, stack_plan.everyone
    networks = [member.network for member in members]
    alike: list[set[Any]] = [{each} for each in dict.fromkeys(map(widths, networks))]
    if paddable(networks[0], plan.rule):
        alike = group_by_width(networks, plan.settings["batch_size"])
    largest = max(_bytes(network, plan) for network in networks)
    threads = available() if largest > SIDE_BY_SIDE and not stack_plan.kept else 1
    threads = threads if len(networks) >= FEWEST * threads else 1
    share = math.ceil(len(networks) / threads)
    found = []
    for these in alike:
        order = [k for k, network in enumerate(networks) if widths(network) in these]
        order.sort(key=lambda k: -len(members[k].rows))
        each = max(_bytes(networks[k], plan) for k in order)
        most = min(share, int(CACHE / each), int(memory / threads / (each + _order(plan))))
        found += _cut(order, max(1, most))
    return found, threads


def _cut(order: list[int], most: int) -> list[Array]:
    """These in parts of equal size, or one apart, none larger than `most`."""
    return np.array_split(np.array(order), math.ceil(len(order) / most))


def train_group(
    members: list[Member], decays: Array, stack_plan: StackPlan, trainers: TrainerPool
) -> None:
    """Train these from their parameters to their parameters: as one stack, or one as it is."""
    before = stack_plan.saved_states(members)
    if trainers.stopped:
        for member in members:
            member.history.interrupted = trainers.stopped
    elif before and all(state["ended"] for state in before):
        for member, state in zip(members, before, strict=True):
            member.restore(state)
    elif len(members) == 1 and not stack_plan.kept and not stack_plan.of_many.in_lanes:
        train_alone(members[0], float(decays[0]), stack_plan, trainers)
    else:
        train_together(members, decays, stack_plan, trainers)


def train_alone(member: Member, decay: float, stack_plan: StackPlan, trainers: TrainerPool) -> None:
    """A stack of one costs a fifth more than the network alone."""
    plan = stack_plan.plan
    rule = copy.copy(plan.rule)
    rule.learning_rate, rule.weight_decay = member.first_rate, decay
    all_rows = np.array_equal(member.rows, np.arange(len(plan.whole[0])))
    train = plan.whole if all_rows else rows_of(plan.whole, member.rows)
    trainer = stack_plan.of_one(
        member.network, train, plan.loss, rule,
        validation=member.validation, callbacks=member.hooks.callbacks,
        **{**plan.settings, "max_norm": member.max_norm, "engine": "numpy"},
    )  # fmt: skip
    member.history, trainer.about = trainer.history, member.about
    try:
        trainers.run(trainer)
    except DivergedError:
        member.stop(f"{DIVERGED} in epoch {trainer.epoch_index + 1}")
        member.history.interrupted = member.reason


def train_together(
    members: list[Member], decays: Array, stack_plan: StackPlan, trainers: TrainerPool
) -> None:
    """One stack, from its members' parameters to its members' parameters, or on from a state."""
    plan, state = stack_plan.plan, stack_plan.state
    begun = {stack_plan.everyone.index(member) for member in members}
    if state and not set(state["going"]) <= begun:
        state = None  # this group comes after the one that was cut off
    networks = [member.network for member in members]
    room, size, columns = widest(networks)
    theta = np.zeros((len(members), size), room.dtype)
    own = np.zeros(theta.shape, bool)
    for k, member in enumerate(members):
        member.columns = columns[k]
        theta[k, columns[k]] = member.network.parameters.vector
        own[k, columns[k]] = True
    room.build(plan.whole[0].shape[1:], vector=theta)
    room.task = networks[0].task
    rule = copy.copy(plan.rule)
    rule.weight_decay = float(decays.any())  # how much is each network's own, in the mask
    mask = (decays[:, None] * room.parameters.decay_mask()).astype(room.dtype)
    own = own[:, : mask.shape[1]]
    trainer = stack_plan.of_many(
        room, members, plan.whole, plan.loss, rule, decays=mask, everyone=stack_plan.everyone,
        own=None if own.all() else own.astype(room.dtype),
        callbacks=[stack_plan.checkpoint] if stack_plan.checkpoint else [],
        **plan.settings | {"engine": "numpy"},
    )  # fmt: skip
    trainers.run(trainer, state)


def _bytes(network: Network, plan: Plan) -> int:
    """About what one network touches in a step: parameters, gradient, moments, batch."""
    shape = plan.whole[0].shape[1:]
    units = sum(int(np.prod(each)) for each in network.shapes(shape))
    samples = len(plan.whole[0])
    parameters = network.parameters.vector.size * (3 + len(plan.rule.moments))
    batch = 3 * units * min(int(plan.settings["batch_size"]), samples)
    return (parameters + batch) * int(network.dtype.itemsize)


def _order(plan: Plan) -> int:
    """Bytes of a network's order of samples."""
    return 8 * len(plan.whole[0])
