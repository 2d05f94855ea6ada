"""What texts say of keys holds for the keys that the user chose."""

import re
from pathlib import Path

import numpy as np

from app.keys.presets import CVAT
from app.panels.inspector import Inspector
from tests.app.studio import Studio, make_folder
from tests.tinaface.test_models import write_weights
from tests.translations.extract import texts
from tinaface.predictions import PredictionStore, Record

# A and B are models, too, and F1 is a figure.
A_KEY = re.compile(r"(?:^|[\s(])(?:F|F[2-9]|F1[0-2]|[C-EG-Z])(?:[\s,.;)]|$)")


def opened(studio: Studio, folder: Path, *, is_detected: bool) -> Inspector:
    root = make_folder(folder / "photographs")
    if is_detected:
        boxes, scores = np.array([[5, 5, 20, 20]], np.float32), np.array([0.9], np.float32)
        record = Record("a.jpg", 80, 60, boxes, scores, model="0123456789ab")
        PredictionStore(root, "0123456789ab").append(record)
    studio.open(root)
    assert studio.window.inspector is not None
    return studio.window.inspector


def test_no_text_names_a_key_that_the_user_may_change():
    assert [text for text in sorted(texts()) if A_KEY.search(text)] == []


def test_the_inspector_names_the_key_of_the_preset(studio: Studio, tmp_path: Path):
    inspector = opened(studio, tmp_path, is_detected=True)
    studio.until(lambda: "F goes to the next disagreement" in inspector.title.text())

    studio.session.keymap.choose_preset(CVAT)

    assert "V goes to the next disagreement" in inspector.title.text()
    studio.until(lambda: studio.window.centre.hints.text().startswith("V next disagreement"))


def test_a_command_without_a_key_is_called_by_its_name(studio: Studio):
    keymap = studio.session.keymap
    keymap.assign("review.next", [])

    assert keymap.spoken("review.next") == "“Next disagreement”"


def test_where_nothing_was_detected_the_keys_that_detect_are_told(studio: Studio, tmp_path: Path):
    inspector = opened(studio, tmp_path, is_detected=False)
    hints = studio.window.centre.hints

    assert inspector.title.text() == "Nothing is selected. F9 detects faces."
    studio.detection.choose_weights(write_weights(tmp_path / "weights.safetensors"))
    studio.until(lambda: hints.text().startswith("F9 detect"))
    assert "disagreement" not in hints.text()

    studio.session.page.show("errors")
    assert "doubtful" not in hints.text()


def test_where_something_was_detected_the_way_to_disagreements_is_told(
    studio: Studio, tmp_path: Path
):
    opened(studio, tmp_path, is_detected=True)
    studio.until(lambda: studio.window.centre.hints.text().startswith("F next disagreement"))
