"""Detection in the window, with a worker that finds one face in every picture."""

import json
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.detection import Pace, Stage
from app.workers.client import WorkerClient
from tests.app.studio import Studio, boxes_of, make_folder, write_label
from tinaface import weights
from tinaface.presets import PRESETS

pytestmark = pytest.mark.qt_log_level_fail("WARNING")

WORKER = Path(__file__).with_name("pretending_worker.py")


@pytest.fixture
def model(tmp_path: Path) -> Path:
    """A weights file that no network could use, and no worker here opens."""
    path = tmp_path / "pretended.safetensors"
    header = weights.WeightsHeader.of(PRESETS["compact"], threshold=0.35, ap=0.5)
    weights.write(path, header, {"nothing": np.zeros(1, np.float32)})
    return path


def made(qtbot: QtBot, tmp_path: Path, model: Path) -> Studio:
    studio = Studio(qtbot, tmp_path, client=WorkerClient(command=(sys.executable, str(WORKER))))
    studio.detection.choose_weights(model)
    return studio


@pytest.fixture
def studio(qtbot: QtBot, tmp_path: Path, model: Path) -> Iterator[Studio]:
    studio = made(qtbot, tmp_path, model)
    yield studio
    studio.close()


def finished(studio: Studio) -> None:
    studio.until(lambda: not studio.detection.is_busy)
    studio.settle()


def test_f9_shows_predictions_and_changes_no_label_file(studio: Studio, tmp_path: Path):
    folder = make_folder(tmp_path / "photographs")
    label = write_label(folder / "a.json", [[10, 10, 30, 40]])
    studio.open(folder)

    studio.key(Qt.Key.Key_F9)
    finished(studio)

    document = studio.window.canvas.document
    assert document.predictions.xyxy.tolist() == [[50, 10, 70, 40]]
    assert boxes_of(label) == [[[10, 10], [30, 40]]]
    assert not studio.session.has_unsaved


def test_detections_that_arrive_leave_the_picture_where_it_is(studio: Studio, tmp_path: Path):
    folder = make_folder(tmp_path / "photographs", ("a.jpg", "hold.jpg"))
    studio.open(folder)
    dock, canvas = studio.window.docks.detection, studio.window.canvas
    before, seen = (dock.width(), canvas.size(), canvas.zoom), []

    studio.detection.detect_listed()
    studio.until(lambda: studio.detection.progress.done == 1)
    QApplication.processEvents()
    seen.append((dock.width(), canvas.size(), canvas.zoom))
    (folder / "go").touch()
    finished(studio)
    QApplication.processEvents()
    seen.append((dock.width(), canvas.size(), canvas.zoom))

    assert seen == [before, before]


def test_e_makes_the_prediction_a_box_in_the_label_file(studio: Studio, tmp_path: Path):
    folder = make_folder(tmp_path / "photographs")
    studio.open(folder)
    studio.key(Qt.Key.Key_F9)
    finished(studio)

    studio.key(Qt.Key.Key_F)
    studio.until(lambda: studio.session.document.selected_prediction is not None)
    studio.key(Qt.Key.Key_E)
    studio.saved()

    assert boxes_of(folder / "a.json") == [[[50, 10], [70, 40]]]
    assert json.loads((folder / "a.json").read_text())["shapes"][0]["label"] == "face"


def test_predictions_are_there_again_at_the_next_start(qtbot: QtBot, tmp_path: Path, model: Path):
    folder = make_folder(tmp_path / "photographs")
    first = made(qtbot, tmp_path, model)
    first.open(folder)
    first.detection.detect_listed()
    finished(first)
    first.close()

    second = made(qtbot, tmp_path, model)
    second.open(folder)

    assert len(second.window.canvas.document.predictions) == 1
    assert not second.window.canvas.document.predictions_are_stale
    second.close()


def test_f42_a_picture_replaced_after_detection_has_stale_predictions(
    qtbot: QtBot, tmp_path: Path, model: Path
):
    folder = make_folder(tmp_path / "photographs")
    first = made(qtbot, tmp_path, model)
    first.open(folder)
    first.detection.detect_listed()
    finished(first)
    first.close()

    make_folder(folder)
    second = made(qtbot, tmp_path, model)
    second.open(folder)

    assert second.window.canvas.document.predictions_are_stale
    second.close()


def test_f43_a_killed_worker_is_told_and_the_rest_can_be_tried_again(
    studio: Studio, tmp_path: Path
):
    folder = make_folder(tmp_path / "photographs", ("a.jpg", "b-die.jpg", "c.jpg"))
    studio.open(folder)

    studio.detection.detect_listed()
    finished(studio)

    assert studio.detection.stage is Stage.FAILED
    assert len(studio.window.canvas.document.predictions) == 1
    (posted,) = studio.session.messages.posted
    assert "ended by the system" in posted.message.why
    (folder / "b-die.jpg").rename(folder / "b.jpg")
    studio.open(folder)
    studio.session.go_to("c.jpg")
    studio.settle()
    studio.detection.detect_image()
    finished(studio)
    assert studio.detection.stage is Stage.IDLE
    assert len(studio.window.canvas.document.predictions) == 1


def test_f44_a_worker_out_of_memory_can_be_tried_again_with_smaller_pictures(
    studio: Studio, tmp_path: Path
):
    folder = make_folder(tmp_path / "photographs", ("a.jpg", "b-die.jpg"))
    studio.open(folder)
    studio.detection.detect_listed()
    finished(studio)
    again, smaller = studio.session.messages.posted[-1].message.offers
    assert again.text

    smaller.call()
    finished(studio)

    assert studio.session.settings.long_side == 640
    assert studio.detection.options()["long_side"] == 640


def test_an_unreadable_picture_gets_a_sign_and_the_job_goes_on(studio: Studio, tmp_path: Path):
    folder = make_folder(tmp_path / "photographs", ("a.jpg", "b-broken.jpg", "c.jpg"))
    studio.open(folder)

    studio.detection.detect_listed()
    finished(studio)

    tooltip = studio.session.files.index(1).data(Qt.ItemDataRole.ToolTipRole)
    assert "it is empty" in tooltip
    assert studio.session.predictions.holds("c.jpg")


def test_the_slider_begins_where_the_model_card_says(studio: Studio):
    assert studio.session.threshold == 0.35


def test_f46_unusable_weights_say_why_and_detection_stays_off(studio: Studio, tmp_path: Path):
    broken = tmp_path / "broken.safetensors"
    broken.write_bytes(b"nonsense")

    studio.detection.choose_weights(broken)

    assert studio.detection.model_fault is not None
    assert not studio.window.detection_panel.detect_image.isEnabled()


def test_the_copied_command_names_folder_weights_and_settings(
    studio: Studio, tmp_path: Path, model: Path
):
    folder = make_folder(tmp_path / "my photographs")
    studio.open(folder)
    studio.session.settings.long_side = 960

    command = studio.detection.command_line()

    assert f"'{folder}'" in command
    assert str(model) in command
    assert "--long-side 960" in command


def test_time_left_comes_after_five_images_from_their_median():
    pace = Pace()
    for second in range(5):
        pace.tick(2.0 * second)

    assert pace.progress(4, 100).left_s is None
    progress = pace.progress(5, 100)

    assert progress.images_per_s == pytest.approx(0.5)
    assert progress.left_s == pytest.approx(190)
