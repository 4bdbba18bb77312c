"""Training many networks at once in compiled steps, each network by a program of its own."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from glassnet.base.threads import one_blas_thread, side_by_side
from glassnet.compiled.program import lacking
from glassnet.nn.network import Network
from glassnet.training import engines
from glassnet.training.callbacks.protocol import Logs
from glassnet.training.plan import Plan
from glassnet.training.stack.lane_trainer import LaneTrainer
from glassnet.training.stack.member import Member
from glassnet.training.stack.programs import StackPrograms


class ProgramTrainer(LaneTrainer):
    """A `LaneTrainer` for networks that are too large for lanes, or have layers that lanes lack:
    the networks are divided among the processors, and each is trained as it would be alone."""

    kernel = engines.DESCENT

    @contextmanager
    def undisturbed(self) -> Iterator[None]:
        """As ever, and BLAS keeps to one thread between calls too: one of its own, which waits
        busily for a while, would keep a processor from the programs."""
        with one_blas_thread(), super().undisturbed():
            yield

    def compiled(self) -> StackPrograms:
        """The steps of the members that there are now."""
        return StackPrograms(
            self.members, self.loss, self.optimizer, self.batches.arrays, self.batches.size,
            metrics=self.metrics, clip_norm=self.clip_norm,
            decays=self.decays.max(axis=1, initial=0),
        )  # fmt: skip

    def judged(self, members: Sequence[Member]) -> list[Logs]:
        """The loss and metrics of each on its validation part, several side by side."""
        return side_by_side(self.judge, members)


def why_not(plan: Plan, network: Network) -> str | None:
    """What keeps networks like this from being trained so, or None."""
    metrics = plan.task.metrics if plan.settings["metrics"] else {}
    return lacking(network, plan.loss, plan.rule, metrics)
