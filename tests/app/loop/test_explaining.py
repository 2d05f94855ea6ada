"""I on a missed label: the detector is asked, or offered to be started."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from app.detection import Model
from app.loop.explaining import words
from app.workers.client import WorkerClient
from tests.app.loop.dataset import one_of_each
from tests.app.studio import Studio
from tinaface.inference.explain import Step
from tinaface.protocol import Explained

pytestmark = pytest.mark.qt_log_level_fail("WARNING")

WORKER = Path(__file__).parents[1] / "pretending_worker.py"


@pytest.fixture
def studio(qtbot: QtBot, tmp_path: Path, monkeypatch) -> Iterator[Studio]:
    made = Studio(qtbot, tmp_path, client=WorkerClient(command=[sys.executable, str(WORKER)]))
    monkeypatch.setattr(made.detection, "_model", Model(tmp_path / "w.safetensors", "w", ""))
    made.session.settings.reduce_motion = True
    made.open(one_of_each(tmp_path / "set"))
    made.session.go_to("b.jpg")
    made.settle()
    yield made
    made.close()


def test_i_offers_to_start_the_detector_and_then_asks(studio: Studio):
    studio.session.document.select([1])

    studio.key(Qt.Key.Key_I)

    (posted,) = [one.message for one in studio.session.messages.posted]
    assert "not running" in posted.what
    posted.offers[0].call()
    explanation = studio.window.inspector.explanation
    studio.until(lambda: "P3" in explanation.text())
    assert "overlaps it by 0.50" in explanation.text()
    assert explanation.isVisible()

    studio.session.document.select([0])
    assert not explanation.isVisible()


def test_i_elsewhere_only_shows_the_inspector(studio: Studio):
    studio.session.document.select([0])

    studio.key(Qt.Key.Key_I)

    assert studio.window.inspector.isVisible()
    assert not studio.session.messages.posted


@pytest.mark.parametrize("step", Step)
def test_every_step_has_words(step: Step):
    text = words(Explained(1, step.value, [0, 0, 9, 9], 0.6, 0.3, 3, [16, 20]), 0.5)

    assert "P3" in text
    assert len(text.splitlines()) == 2
