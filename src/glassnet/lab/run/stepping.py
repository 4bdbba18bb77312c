"""A trainer that takes a step when it is asked for one."""

import time
from collections.abc import Iterator

from glassnet.inspection.trace import RecordingTrainer
from glassnet.nn.network import Network
from glassnet.training.plan import Plan


class Stepping(RecordingTrainer):
    """The loop of a training, from outside: `steps` waits after every step."""

    def steps(self) -> Iterator[None]:
        """Take the steps that are left, one whenever asked; the last of an epoch also ends it."""
        for epoch in range(self.epoch_index, self.epochs):
            self.epoch_index, self.batch_index = epoch, 0
            begin = time.perf_counter()
            if not self.resume_step:
                self.hooks("on_epoch_begin", epoch, {})
            if not self.schedule.every_step:
                self.set_learning_rate()
            for index in self.engine.walk(self, self.resume_step):
                if index + 1 == self.steps_per_epoch:
                    self.end_epoch(begin, self.means())
                yield


def stepping(network: Network, plan: Plan) -> Stepping:
    """The trainer of a plan, for a network that it has begun with."""
    settings = plan.settings | {"engine": "numpy"}
    return Stepping(
        network, plan.whole, plan.loss, plan.rule, validation=plan.held_out, **settings
    )  # fmt: skip
