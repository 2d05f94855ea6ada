"""The Evaluate page: the command line's figures, picking from curves, comparing two models."""

import json
import subprocess
import sys

import numpy as np
import pytest
from PySide6.QtCore import QPointF, Qt
from PySide6.QtTest import QTest

from app.evaluation.job import EvaluationJob, Stage
from app.evaluation.summary import NO_VALUE
from app.sample import SAMPLE
from tests.app.studio import Studio, make_folder, write_label
from tinaface.predictions import PredictionStore, Record

OLD, NEW = "0123456789ab", "ba9876543210"
LEFT, RIGHT, ELSEWHERE = [2, 2, 22, 32], [40, 10, 60, 40], [62, 2, 78, 20]


def record(name, *rows, model=OLD):
    boxes = np.array([box for box, _ in rows], float).reshape(-1, 4)
    return Record(name, 80, 60, boxes, np.array([score for _, score in rows]), model=model)


@pytest.fixture
def folder(tmp_path):
    """Two pictures with three faces, one flagged as blurred; the old model finds two of them."""
    made = make_folder(tmp_path / "photos", ("party/a.jpg", "sport/b.jpg"))
    write_label(made / "party/a.json", [LEFT, RIGHT])
    label = write_label(made / "sport/b.json", [LEFT])
    label.write_text(label.read_text().replace('"flags": {}\n', '"flags": {"blur": true}\n', 1))
    store = PredictionStore(made, OLD)
    store.append(record("party/a.jpg", (LEFT, 0.9), (ELSEWHERE, 0.6)))
    store.append(record("sport/b.jpg", (LEFT, 0.3)))
    return made


@pytest.fixture
def better(folder):
    """The same folder with a new model that finds one face more and no false alarm."""
    store = PredictionStore(folder, NEW)
    store.append(record("party/a.jpg", (LEFT, 0.9), (RIGHT, 0.8), model=NEW))
    store.append(record("sport/b.jpg", (LEFT, 0.7), model=NEW))
    return folder


@pytest.fixture
def studio(qtbot, folder):
    made = Studio(qtbot, folder)
    yield made
    made.close()


def shown(studio, folder):
    """The page on a folder, when everything on it has come."""
    studio.open(folder)
    studio.session.set_threshold(0.5)
    QTest.keyClick(studio.window, Qt.Key.Key_5, Qt.KeyboardModifier.ControlModifier)
    page = studio.window.centre.pages.page("evaluate")
    settled(studio, page)
    return page


def settled(studio, page):
    studio.until(lambda: page.job.stage in (Stage.DONE, Stage.FAILED, Stage.NONE))
    studio.until(lambda: not page.is_at_work and studio.session.is_quiet)


@pytest.fixture
def page(studio, folder):
    return shown(studio, folder)


def choose(studio, field, page, key):
    """Chooses a model in a field, as the user does."""
    row = next(
        i for i in range(field.count()) if field.itemData(i) and field.itemData(i).key == key
    )
    field.setCurrentIndex(row)
    studio.settle()
    settled(studio, page)


@pytest.fixture
def comparing(studio, better):
    page = shown(studio, better)
    choose(studio, page.choices.model, page, OLD)
    choose(studio, page.choices.other, page, NEW)
    page.tabs.setCurrentWidget(page.comparing)
    return page


def listed(spots):
    """What a list of boxes shows: kind, score, image."""
    model = spots.model
    return [
        tuple(model.data(model.index(row, column)) for column in (0, 1, 3))
        for row in range(model.rowCount())
    ]


def value_of(page, name):
    return next(value for title, value, _ in page.results.summary.texts() if title == name)


def command_line(*arguments):
    done = subprocess.run(
        [sys.executable, "-m", "tinaface", "evaluate", "--json", *map(str, arguments)],
        capture_output=True,
        text=True,
        check=True,
    )
    return json.loads(done.stdout)


# ---- figures ----


@pytest.mark.slow
@pytest.mark.parametrize("protocol", ["voc", "wider"])
def test_the_figures_are_those_of_the_command_line(studio, protocol):
    page = shown(studio, SAMPLE)
    if protocol == "wider":
        page.choices.protocol.setCurrentIndex(1)
        settled(studio, page)
    expected = command_line("--data", SAMPLE, "--predictions", SAMPLE, "--protocol", protocol)

    figures = page.job.result.first.figures

    assert json.loads(json.dumps(figures)) == expected["subsets"]
    ap = expected["subsets"]["all"]["ap50" if protocol == "voc" else "ap"]
    assert value_of(page, "AP") == f"{ap:.4f}"


@pytest.mark.slow
def test_the_comparison_is_that_of_the_command_line(comparing, better):
    stores = [PredictionStore(better, model).path for model in (OLD, NEW)]
    expected = command_line("--data", better, "--predictions", stores[0], "--compare", stores[1])

    differences = comparing.job.result.differences

    assert json.loads(json.dumps(differences)) == expected["compare"]["differences"]


def test_counts_follow_the_threshold(page, studio):
    at_half = value_of(page, "Recall"), value_of(page, "Precision")

    studio.session.set_threshold(0.2)

    assert at_half == (f"{1 / 3:.4f}", f"{1 / 2:.4f}")
    assert value_of(page, "Recall") == f"{2 / 3:.4f}"
    assert value_of(page, "F1 at 0.20") == f"{2 / 3:.4f}"
    assert value_of(page, "False alarms") == "0.50"


def test_protocol_and_version_are_named(page):
    from app.environment import own_version

    assert "PASCAL VOC" in page.state.text()
    assert own_version() in page.state.text()


def test_an_edit_is_saved_and_ages_the_figures(page, studio):
    before = page.job.result
    studio.session.go_to("party/a.jpg")
    studio.settle()
    studio.session.document.add_box(np.array(ELSEWHERE, float))
    studio.session.save_now()
    studio.until(lambda: page.job.is_outdated)
    assert "changed since" in page.state.text()

    page.choices.evaluate.click()
    settled(studio, page)

    assert page.job.result is not before
    assert page.job.result.first.voc.ranking.n_faces.sum() == 4
    assert "changed since" not in page.state.text()


def test_unsaved_edits_are_written_before_they_are_judged(page, studio):
    studio.session.go_to("party/a.jpg")
    studio.settle()
    studio.session.document.add_box(np.array(ELSEWHERE, float))

    page.evaluate()
    settled(studio, page)

    assert not studio.session.has_unsaved
    assert page.job.result.first.voc.ranking.n_faces.sum() == 4


def test_labels_that_cannot_be_written_end_the_evaluation_with_the_reason(page, studio):
    studio.session.go_to("party/a.jpg")
    studio.settle()
    studio.session.document.add_box(np.array(ELSEWHERE, float))
    write_label(studio.session.root / "party/a.json", [RIGHT])  # another program was faster

    page.evaluate()
    studio.until(lambda: page.job.stage is Stage.FAILED)

    assert "a.json" in page.empty.text()
    studio.session.labels.take_theirs("party/a.jpg")
    studio.settle()


def test_curves_follow_the_theme(page, studio):
    item = page.results.plot._items[0]
    light = item.opts["pen"].color()

    studio.theme.choose("dark")

    assert item.opts["pen"].color() != light
    studio.theme.choose("light")


# ---- picking ----


def click_at(plot, recall, precision):
    """Clicks the plot at a place of its axes."""
    at = plot.mapFromScene(plot._view.mapViewToScene(QPointF(recall, precision)))
    QTest.mouseMove(plot.viewport(), at)
    QTest.mouseClick(plot.viewport(), Qt.MouseButton.LeftButton, pos=at)


def test_a_click_on_the_curve_moves_the_slider_and_lists_what_lies_there(page, studio):
    curve = page.results.plot._lines[0].curve
    point = int(np.argmin(np.abs(curve.thresholds - 0.6)))

    click_at(page.results.plot, curve.recall[point], curve.precision[point])
    settled(studio, page)

    assert studio.session.threshold == pytest.approx(0.6)
    assert listed(page.results.spots) == [("+ false alarm", "0.600", "party/a.jpg")]


def test_a_click_far_from_every_curve_changes_nothing(page, studio):
    click_at(page.results.plot, 0.9, 0.1)

    assert studio.session.threshold == 0.5


def test_a_drag_along_the_recall_lists_exactly_that_range(page, studio):
    curve = page.results.plot._lines[0].curve
    plot = page.results.plot
    low, high = curve.recall[0] + 0.1, 1.0
    start, end = (
        plot.mapFromScene(plot._view.mapViewToScene(QPointF(recall, 0.5))) for recall in (low, high)
    )

    QTest.mousePress(plot.viewport(), Qt.MouseButton.LeftButton, pos=start)
    QTest.mouseMove(plot.viewport(), (start + end) / 2)
    QTest.mouseMove(plot.viewport(), end)
    QTest.mouseRelease(plot.viewport(), Qt.MouseButton.LeftButton, pos=end)
    settled(studio, page)

    assert listed(page.results.spots) == [("✓ found", "0.300", "sport/b.jpg")]


def test_a_range_of_scores_can_be_typed(page, studio):
    page.results.low.setValue(0.55)
    page.results.high.setValue(0.95)

    page.results.list_range.click()
    settled(studio, page)

    assert [score for _, score, _ in listed(page.results.spots)] == ["0.900", "0.600"]


def test_the_pointer_tells_the_values_of_the_nearest_point(page):
    curve = page.results.plot._lines[0].curve
    told = []
    page.results.plot.hovered.connect(told.append)
    plot = page.results.plot

    plot._on_move(plot._view.mapViewToScene(QPointF(curve.recall[0], curve.precision[0])))

    assert told == ["score 0.900 · recall 0.333 · precision 1.000"]


def test_f_goes_through_the_picked_detections_until_all_are_wanted_again(page, studio):
    session = studio.session
    page.results.low.setValue(0.55)
    page.results.high.setValue(0.65)
    page.results.list_range.click()
    settled(studio, page)

    page.results.spots.review.click()
    studio.settle()
    studio.until(lambda: session.document.selected_prediction is not None)

    assert session.page.is_review
    assert session.loop.queue.length == 1
    assert session.document.predictions.scores[1] == pytest.approx(0.6)
    assert session.document.selected_prediction == 1
    (told,) = [one.message for one in session.messages.posted if one.message.topic == "queue"]
    assert "0.55 to 0.65" in told.what
    told.offers[0].call()
    assert session.loop.queue.length > 1
    assert not [one for one in session.messages.posted if one.message.topic == "queue"]


def test_enter_on_a_box_opens_it_in_review(page, studio):
    page.results._on_fields()
    settled(studio, page)
    row = [image for _, _, image in listed(page.results.spots)].index("sport/b.jpg")
    page.results.spots.table.selectRow(row)

    QTest.keyClick(page.results.spots.table, Qt.Key.Key_Return)
    studio.settle()
    studio.until(lambda: bool(studio.session.document.selection))

    assert studio.session.page.is_review
    assert studio.session.name == "sport/b.jpg"
    assert studio.window.canvas.viewport.zoom > 5
    assert studio.session.document.selection == {0}


# ---- groups ----


def group_row(page, name):
    model = page.results.groups.model()
    return next(r for r in range(model.rowCount()) if model.index(r, 0).data() == name)


def cells(page, name):
    model, row = page.results.groups.model(), group_row(page, name)
    return [model.index(row, column).data() for column in range(1, model.columnCount())]


def test_groups_tell_counts_at_the_threshold(page):
    assert cells(page, "party")[:4] == ["2", "1", "1", "1"]
    assert cells(page, "blurred")[:4] == ["1", "0", "1", NO_VALUE]


def test_choosing_a_group_lists_its_mistakes_and_keeps_its_images(page, studio):
    table = page.results.groups
    index = table.model().index(group_row(page, "party"), 0)

    QTest.mouseClick(
        table.viewport(), Qt.MouseButton.LeftButton, pos=table.visualRect(index).center()
    )
    settled(studio, page)

    assert listed(page.results.spots) == [
        ("+ false alarm", "0.600", "party/a.jpg"),
        ("? missed", NO_VALUE, "party/a.jpg"),
    ]
    assert studio.session.files.names() == ["party/a.jpg"]
    assert studio.session.files.kept_title == "party"


def test_the_images_of_listed_boxes_can_be_kept_in_the_list(page, studio):
    page.results.low.setValue(0.25)
    page.results.high.setValue(0.35)
    page.results.list_range.click()
    settled(studio, page)

    page.results.spots.keep.click()

    assert studio.session.files.names() == ["sport/b.jpg"]


# ---- nothing to show ----


def test_without_predictions_the_page_offers_to_detect(studio, tmp_path):
    bare = make_folder(tmp_path / "bare")
    write_label(bare / "a.json", [LEFT])

    page = shown(studio, bare)

    assert "No predictions" in page.empty.text()
    assert page.empty.isVisible()
    assert not page.choices.evaluate.isEnabled()


@pytest.mark.parametrize("is_busy", [False, True])
def test_detection_is_offered_only_where_none_runs(studio, tmp_path, monkeypatch, is_busy):
    bare = make_folder(tmp_path / "bare")
    monkeypatch.setattr(type(studio.detection), "can_detect", property(lambda _: True))
    monkeypatch.setattr(type(studio.detection), "is_busy", property(lambda _: is_busy))

    page = shown(studio, bare)

    assert page.detect.isVisible() is not is_busy
    assert ("when it is done" in page.empty.text()) is is_busy


def test_without_labels_the_page_says_so(studio, tmp_path):
    bare = make_folder(tmp_path / "bare")
    PredictionStore(bare, OLD).append(record("a.jpg", (LEFT, 0.9)))

    page = shown(studio, bare)

    assert "No labelled picture" in page.empty.text()


def test_another_folder_is_evaluated_when_the_page_shows_it(page, studio, tmp_path):
    other = make_folder(tmp_path / "other", ("a.jpg",))
    write_label(other / "a.json", [LEFT])
    PredictionStore(other, OLD).append(record("a.jpg", (LEFT, 0.9)))

    studio.open(other)
    settled(studio, page)

    assert page.job.result.request.root == other
    assert value_of(page, "AP") == "1.0000"


# ---- compare ----


def test_two_models_are_compared_with_an_interval_and_a_verdict(comparing):
    text = comparing.comparing.verdict.text()

    assert "AP +0." in text
    assert "95 %" in text
    assert "better" in text or "not distinguishable" in text


def test_a_model_is_not_distinguishable_from_its_copy(studio, folder, tmp_path):
    copy = tmp_path / "copy.jsonl"
    copy.write_text(PredictionStore(folder, OLD).path.read_text())
    page = shown(studio, folder)

    page.open_file(copy)
    studio.settle()
    settled(studio, page)

    assert "not distinguishable" in page.comparing.verdict.text()
    assert listed(page.comparing.changes) == []


def test_changes_are_listed_by_score_and_kind(comparing, studio):
    view = comparing.comparing
    view.cut.setCurrentIndex(1)
    settled(studio, comparing)
    everything = [kind for kind, _, _ in listed(view.changes)]
    view.kind.setCurrentIndex(1)

    assert everything == ["↑ gained by B", "↑ gained by B", "− gone false alarm"]  # noqa: RUF001
    assert [score for _, score, _ in listed(view.changes)] == ["0.800", "0.700"]


def test_the_first_change_is_shown_by_itself_and_none_where_nothing_differs(comparing, studio):
    view = comparing.comparing
    settled(studio, comparing)
    canvas = view.split.halves[0].canvas
    assert canvas.picture is not None

    view.kind.setCurrentIndex(3)

    assert listed(view.changes) == []
    assert canvas.picture is None


def test_a_chosen_change_is_shown_in_both_halves_at_one_place(comparing, studio):
    view = comparing.comparing
    view.changes.table.selectRow(1)
    settled(studio, comparing)
    left, right = (half.canvas for half in view.split.halves)
    assert left.document.predictions.xyxy.tolist() != right.document.predictions.xyxy.tolist()
    assert left.document.is_locked

    right.zoom_by(3)

    assert left.viewport.zoom == right.viewport.zoom
    assert left.viewport.place.centre == pytest.approx(right.viewport.place.centre)


def test_enter_on_a_change_shows_the_model_that_has_the_box(comparing, studio):
    view, session = comparing.comparing, studio.session
    session.set_threshold(0.85)
    row = [(kind, image) for kind, _, image in listed(view.changes)].index(
        ("↑ gained by B", "party/a.jpg")
    )
    view.changes.table.selectRow(row)

    QTest.keyClick(view.changes.table, Qt.Key.Key_Return)
    studio.settle()

    assert session.page.is_review
    assert session.name == "party/a.jpg"
    assert session.predictions.shown.key == NEW
    assert session.threshold == pytest.approx(0.8)


def test_swapping_on_the_canvas_leaves_the_page_as_it_is(comparing, studio):
    before = comparing.choices.model.currentText(), comparing.job.result
    studio.session.page.show("review")

    studio.key(Qt.Key.Key_P)
    studio.settle()

    assert studio.session.predictions.shown.key == NEW
    assert (comparing.choices.model.currentText(), comparing.job.result) == before


def test_f8_shows_the_page_and_evaluates_what_was_edited_since(studio, folder):
    page = shown(studio, folder)
    studio.session.page.show("review")
    before = page.job.result
    studio.key(Qt.Key.Key_Tab)
    studio.key(Qt.Key.Key_Delete)
    studio.saved()
    studio.until(lambda: page.job.is_outdated)

    studio.key(Qt.Key.Key_F8)
    settled(studio, page)

    assert studio.session.page.id == "evaluate"
    assert not page.job.is_outdated
    assert len(page.job.result.face_set.names) == len(before.face_set.names)
    assert page.job.result.face_set is not before.face_set


def test_f8_evaluates_once_where_the_page_is_new(studio, folder, monkeypatch):
    studio.open(folder)
    asked, run = [], EvaluationJob.run
    monkeypatch.setattr(
        EvaluationJob, "run", lambda job, request: (asked.append(request), run(job, request))
    )

    studio.key(Qt.Key.Key_F8)
    page = studio.window.centre.pages.page("evaluate")
    settled(studio, page)

    assert page.job.stage is Stage.DONE
    assert len(asked) == 1


def test_f8_acts_in_every_page(studio, folder):
    studio.open(folder)
    for page_id in ("grid", "errors", "health"):
        studio.session.page.show(page_id)
        QTest.keyClick(studio.window.focusWidget(), Qt.Key.Key_F8)
        assert studio.session.page.id == "evaluate", page_id
    settled(studio, studio.window.centre.pages.page("evaluate"))
