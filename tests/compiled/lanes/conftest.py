"""What every test of networks in lanes needs."""

from typing import Any

import pytest

import glassnet.stack


@pytest.fixture(autouse=True)
def compiled(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Every stack is trained by compiled steps; how many each call took."""
    pytest.importorskip("numba", reason="Numba compiles the steps of a stack")
    from glassnet.training.stack import compiled_choice, lane_trainer

    calls: list[int] = []
    kind = lane_trainer.LaneTrainer
    take = kind.steps_together

    def noted(self: Any, *given: Any) -> int:
        calls.append(take(self, *given))
        return calls[-1]

    def wherever_it_can(asked: str, plan: Any, networks: Any, samples: Any) -> str:
        return (
            "numpy" if len(networks) == 1 or lane_trainer.why_not(plan, networks[0]) else "compiled"
        )

    monkeypatch.setattr(glassnet.stack, "engine_of", wherever_it_can)
    monkeypatch.setattr(compiled_choice, "trainer_of", lambda *given: kind)
    monkeypatch.setattr(kind, "steps_together", noted)
    return calls
