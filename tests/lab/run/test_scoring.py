"""Scores in slices are those of all samples at once, and of the history at an epoch's end."""

import numpy as np
import pytest
from sklearn import metrics

from glassnet.data import Dataset
from glassnet.lab.commands import answer
from glassnet.lab.run import scoring
from glassnet.lab.shown.frame import frame
from glassnet.lab.shown.outcome import standing_alone
from glassnet.lab.sources.shelf import Shelf
from glassnet.lab.state.session import Session
from glassnet.lab.state.settings import Settings

RNG = np.random.default_rng(0)
X = RNG.normal(size=(90, 3))
LABELS = np.stack([X[:, 0] > 0, X[:, 1] > 0.5], axis=1).astype(int)
DATA = {
    "classes": Dataset("max", X[:60], X[:60].argmax(1), X[60:], X[60:].argmax(1), ("a", "b", "c")),
    "labels": Dataset("two labels", X[:60], LABELS[:60], X[60:], LABELS[60:], ("p", "q")),
    "values": Dataset("two values", X[:60], X[:60, :2] ** 2, X[60:], X[60:, :2] ** 2),
    "alone": Dataset("no test", X, X[:, 0] > 9, X[:0], np.zeros(0, int), ("no", "yes")),
}  # fmt: skip


@pytest.fixture
def session_of(learning_from):
    def session(kind, **training):
        learning_from(DATA[kind])
        given = {"optimizer": "adam:learning_rate=0.03", "batch_size": 20, "epochs": 5} | training
        layers = ["dense 6", "tanh"]
        return Session(Settings.model_validate({"network": {"layers": layers}, "training": given}))

    return session


def scored(session, epochs=2):
    while session.run.epochs_done < epochs:
        session.run.step()
    while session.busy:
        session.advance(0.001)
    return frame(session)["scores"]


@pytest.mark.parametrize("kind", ["classes", "labels", "values"])
def test_the_test_part_has_the_numbers_of_the_history(session_of, kind):
    session = session_of(kind)
    found = scored(session)
    columns = session.run.columns
    assert found["t"] == session.run.t == 6
    name = "mean_absolute" if kind == "values" else "accuracy"
    test = found["parts"]["test"]
    assert test["loss"] == columns["val_loss"][1] and test[name] == columns[f"val_{name}"][1]
    network, data = session.run.network, DATA[kind]
    loss, rows = session.run.trainer.loss, session.run.trainer.batches.arrays[1]
    assert found["parts"]["training"]["loss"] == loss.mean(network.outputs(data.x_train), rows)


def test_classes_have_a_matrix_and_recall(session_of):
    session, data = session_of("classes"), DATA["classes"]
    test = scored(session)["parts"]["test"]
    predicted = session.run.network.predict(data.x_test)
    assert test["confusion"] == metrics.confusion_matrix(data.y_test, predicted).tolist()
    recall = metrics.recall_score(data.y_test, predicted, average=None)
    np.testing.assert_allclose(test["recall"], recall)
    assert test["base"]["accuracy"] == (data.y_test == np.bincount(data.y_train).argmax()).mean()


def test_labels_have_recall_and_precision(session_of):
    session, data = session_of("labels"), DATA["labels"]
    test = scored(session, epochs=5)["parts"]["test"]
    predicted = session.run.network.predict(data.x_test)
    for n, label in enumerate(test["labels"]):
        assert label["name"] == data.classes[n] and label["rows"] == data.y_test[:, n].sum()
        assert label["recall"] == metrics.recall_score(data.y_test[:, n], predicted[:, n])
        assert label["precision"] in (
            metrics.precision_score(data.y_test[:, n], predicted[:, n], zero_division=0), None
        )  # fmt: skip
    assert test["exact"] == metrics.accuracy_score(data.y_test, predicted)


def test_values_stand_beside_the_mean(session_of):
    session, data = session_of("values"), DATA["values"]
    test = scored(session)["parts"]["test"]
    z = session.run.network.predict(data.x_test)
    mean = np.tile(data.y_train.mean(axis=0), (30, 1))
    for n, value in enumerate(test["values"]):
        assert value["r2"] == pytest.approx(metrics.r2_score(data.y_test[:, n], z[:, n]))
        of_mean = metrics.mean_absolute_error(data.y_test[:, n], mean[:, n])
        assert value["of_mean"] == pytest.approx(of_mean)


def test_without_a_test_part_there_is_one_part(session_of):
    parts = scored(session_of("alone"))["parts"]
    assert list(parts) == ["training"]
    assert parts["training"]["recall"][1] is None  # of a class without samples
    assert parts["training"]["base"]["uneven"]


def test_scores_are_sent_once_and_follow_going_back(session_of):
    session = session_of("classes")
    first = scored(session)
    assert "scores" not in frame(session) and not session.busy
    session.go(2)
    assert session.busy
    session.advance(1)
    again = frame(session)["scores"]
    assert again["t"] == 2 and again["parts"] != first["parts"]


def test_inside_a_step_the_scores_are_those_before_it(session_of):
    session = session_of("classes")
    first = scored(session)
    session.look_into(session.run.t + 1)
    assert not session.updated and not session.busy  # the same network
    while not session.updated:
        session.next_operation()
    session.advance(1)
    after = frame(session)["scores"]
    assert after["t"] == first["t"] + 1 and after["parts"] != first["parts"]


def test_a_frame_that_stands_alone_has_the_same_scores(session_of, monkeypatch):
    session = session_of("classes")
    assert standing_alone(session)["scores"]["t"] == 0
    assert standing_alone(session)["wrongs"] == []
    found = scored(session)
    assert standing_alone(session)["scores"] == found
    monkeypatch.setattr(scoring, "MOST_AT_ONCE", 100)
    assert "scores" not in standing_alone(session)


def test_slices_are_short_and_do_not_hold_up_playing(session_of, monkeypatch):
    monkeypatch.setattr(scoring, "WORK_OF_SLICE", 1)  # one sample a slice
    session, given, work = session_of("classes", epochs=1000), [], scoring.Scoring.work

    def noted(self, seconds, enough):
        given.append(seconds)
        work(self, seconds, enough)

    monkeypatch.setattr(scoring.Scoring, "work", noted)
    session.playing = True
    session.advance(0.01)
    # Most of the time is the training's, however fast the machine is.
    assert session.run.t > 0 and 0 < sum(given) < 0.01 / 4
    session.playing = False
    looks = 0
    while session.busy:
        session.advance(0)
        looks += 1
    assert looks > 90
    assert frame(session)["scores"]["t"] == session.run.t


def test_of_too_much_work_the_first_samples_count(session_of, monkeypatch):
    session = session_of("classes")
    work = sum(row.multiply_adds for row in session.run.network.summary().rows)
    monkeypatch.setattr(scoring, "MOST_WORK", 10 * work)
    test = scored(session)["parts"]["test"]
    assert (test["rows"], test["of"]) == (10, 30) and np.sum(test["confusion"]) == 10


# ---- samples that are wrong, and why


def test_the_next_wrong_sample_is_found_and_after_the_last_the_first(session_of):
    session, data = session_of("classes"), DATA["classes"]
    scored(session, epochs=1)
    wrong = np.flatnonzero(session.run.network.predict(data.x_train) != data.y_train).tolist()
    assert len(wrong) > 2
    seen = [-1]
    for _ in wrong:
        seen.append(answer(session, ask("find", part="training", after=seen[-1]))["index"])
    assert seen[1:] == wrong
    assert answer(session, ask("find", part="training", after=wrong[-1]))["index"] == wrong[0]


def test_a_cell_of_the_matrix_leads_to_its_samples(session_of):
    session, data = session_of("classes"), DATA["classes"]
    scored(session, epochs=1)
    predicted = session.run.network.predict(data.x_test)
    for target in range(3):
        for given in range(3):
            cell = np.flatnonzero((data.y_test == target) & (predicted == given)).tolist()
            reply = answer(session, ask("find", part="test", target=target, taken_for=given))
            assert reply["index"] == (cell[0] if cell else None)


@pytest.mark.parametrize("kind", ["classes", "labels", "values"])
def test_a_sample_says_what_was_expected_and_predicted(session_of, kind):
    session, data = session_of(kind), DATA[kind]
    scored(session)
    reply = answer(session, ask("why", part="test", index=3))
    assert reply["is"] == "why", reply
    z = session.run.network.outputs(data.x_test[3:4])
    wanted = session.run.network.loss.probabilities(z) if kind != "values" else z
    assert reply["values"] == wanted[0].astype(float).tolist()
    assert "feature 0" in reply["html"] and reply["target"] in reply["html"]
    right = session.run.network.predict(data.x_test[3:4]) == data.y_test[3:4]
    assert reply["wrong"] == (kind != "values" and not right.all())


def test_a_row_of_a_table_has_its_columns_and_original_values(tmp_path):
    path, shelf = tmp_path / "own.csv", Shelf()
    rows = [f"{20 + n % 50},{'Bern' if n % 3 else 'Basel'},{n % 50 > 25}" for n in range(90)]
    path.write_text("\n".join(["age,city,grown", *rows]))
    given = {"data": {"kind": "file", "name": shelf.put(path)}, "training": {"epochs": 1}}
    session = Session(Settings.model_validate(given), shelf)
    scored(session, epochs=1)
    reply = answer(session, ask("why", part="test", index=0))
    age, city = session.run.data.schema.row(session.run.data.x_test[0])
    assert int(age[1]) >= 20 and city[1] in ("Bern", "Basel")
    for text in (*age[:2], *city[:2]):
        assert f"<td>{text}</td>" in reply["html"]


def test_classes_learned_by_squares_have_reasons_too(session_of):
    session = session_of("classes", loss="mean_squared")
    scored(session)
    reply = answer(session, ask("why", part="training", index=0))
    assert reply["is"] == "why", reply
    assert not reply["probable"] and len(reply["values"]) == 3


def test_a_sample_that_is_not_there_is_refused(session_of):
    session = session_of("alone")
    reply = answer(session, ask("why", part="test", index=0))
    assert reply["sentence"] == "there is no test sample 1: the part has 0"


def ask(command, **given):
    return {"do": command, **given}


def test_what_the_page_waits_for_comes_before_the_rest_of_the_scores(session_of, monkeypatch):
    monkeypatch.setattr(scoring, "WORK_OF_SLICE", 1)
    session = session_of("classes")
    looks = 0
    while session.busy:
        session.advance(60, enough=lambda: True)
        looks += 1
    assert looks > 90  # a minute was left each time, and one sample was looked at
