"""What outputs mean: one object decides, scores and knows its loss."""

import copy
import json
import pickle

import numpy as np
import pytest

import glassnet as gn
from glassnet.nn.losses import loss_function
from glassnet.nn.task import CLASSES, LABELS, TASKS, VALUES, task_named

Z = np.array([[2.0, -1.0, 0.5], [-3.0, -2.0, 4.0]])


def test_each_decides() -> None:
    assert CLASSES.decide(Z).tolist() == [0, 2]
    assert CLASSES.decide(Z[:, :1]).tolist() == [1, 0]
    assert LABELS.decide(Z).tolist() == [[1, 0, 1], [0, 0, 1]]
    assert VALUES.decide(Z) is Z
    assert VALUES.decide(Z[:, :1]).tolist() == [2.0, -3.0]


def test_each_has_a_default_loss_that_learns_it() -> None:
    for outputs in (1, 3):
        for task, y in ((CLASSES, np.array([0, 1])), (VALUES, np.zeros((2, outputs)))):
            loss = loss_function(task.default_loss(outputs))
            assert loss.task(loss.targets(y, outputs)) is task
    loss = loss_function(LABELS.default_loss(3))
    assert loss.task(loss.targets(np.ones((2, 3)), 3)) is LABELS


@pytest.mark.parametrize("name", TASKS)
def test_a_task_is_its_name_and_one_object(name: str) -> None:
    task = task_named(name)
    assert task == name and json.loads(json.dumps({"task": task})) == {"task": name}
    for twin in (copy.copy(task), copy.deepcopy(task), pickle.loads(pickle.dumps(task))):
        assert twin is task
    net = gn.Sequential([gn.Dense(2)], input_shape=3)
    net.task = name
    assert net.task is task and copy.deepcopy(net).task is task and net.copy().task is task
    assert task.score in task.metrics


def test_an_unknown_task_is_refused_with_the_nearest() -> None:
    with pytest.raises(gn.GlassnetError, match="unknown task 'class': did you mean 'classes'?"):
        gn.Sequential([gn.Dense(2)]).task = "class"  # type: ignore[assignment]
