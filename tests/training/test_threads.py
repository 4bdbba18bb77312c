"""Predicting in many threads, also while the network learns."""

import threading

import numpy as np

import glassnet as gn

X = np.random.default_rng(0).normal(size=(400, 6))
Y = (X[:, 0] * X[:, 1] > 0).astype(int)


def network() -> gn.Sequential:
    layers = [gn.Dense(32, "relu"), gn.Dropout(0.2), gn.Dense(16, "silu"), gn.Dense(2)]
    return gn.Sequential(layers, input_shape=6, seed=0)


def in_threads(work, number: int = 8) -> None:
    threads = [threading.Thread(target=work, args=(index,)) for index in range(number)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def test_a_network_at_rest_gives_every_thread_its_own_prediction() -> None:
    net = network()
    parts = [X[index::8] for index in range(8)]
    expected = [net(part) for part in parts]
    wrong: list[int] = []

    def work(index: int) -> None:
        for _ in range(100):
            if net(parts[index]).tobytes() != expected[index].tobytes():
                wrong.append(index)

    in_threads(work)
    assert wrong == []


def test_eight_threads_predict_while_it_trains() -> None:
    net = network()
    net.fit(X, Y, epochs=1)
    learning, problems, asked = threading.Event(), [], [0] * 8
    learning.set()

    def work(index: int) -> None:
        rows = X[index::8]
        while learning.is_set():
            p = net.predict_proba(rows)
            asked[index] += 1
            if p.shape != (50, 2) or not np.isfinite(p).all() or abs(p.sum() - 50) > 1e-2:
                problems.append(index)

    helper = threading.Thread(target=in_threads, args=(work,))
    helper.start()
    try:
        history = net.fit(X, Y, epochs=60, batch_size=8)
    finally:
        learning.clear()
        helper.join()
    assert problems == []
    assert min(asked) > 0
    assert history.epochs == 60


def test_predicting_does_not_disturb_training() -> None:
    alone, watched = network(), network()

    class Asks:
        def on_train_batch_end(self, batch: int, logs: dict) -> None:
            watched(X)

    alone.fit(X, Y, epochs=3)
    watched.fit(X, Y, epochs=3, callbacks=[Asks()])
    assert alone.parameters.vector.tobytes() == watched.parameters.vector.tobytes()
