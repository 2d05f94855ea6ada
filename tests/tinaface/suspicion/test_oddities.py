"""What is odd about a label by itself is said with its reason."""

import numpy as np
import pytest

from tests.tinaface.suspicion.pictures import folder
from tinaface.boxes import Detections
from tinaface.suspicion.evidence import LabelledPicture
from tinaface.suspicion.learning import rank
from tinaface.suspicion.oddities import usual_text


def odd(box: tuple[float, ...], text: str = "face") -> LabelledPicture:
    return LabelledPicture(
        "odd.jpg",
        np.asarray([box, (50, 50, 90, 100), (150, 120, 190, 170)], np.float32),
        np.zeros(3, bool),
        Detections.none(),
        (200, 300),
        (text, "face", "face"),
    )


@pytest.mark.parametrize(
    ("box", "text", "oddity", "reason"),
    [
        ((100, 20, 140, 70), "Face ", "text", "text is unlike"),
        ((280, 20, 320, 70), "face", "outside", "out of the picture"),
        ((100, 20, 110, 70), "face", "shape", "10 x 50 pixels is no face's shape"),
        ((100, 20, 103, 24), "face", "tiny", "3.0 x 4.0 pixels"),
    ],
)
def test_an_odd_label_is_found(box: tuple[float, ...], text: str, oddity: str, reason: str) -> None:
    found = rank([odd(box, text)])

    assert [(one.kind, one.oddity, one.row) for one in found] == [("odd", oddity, 0)]
    assert reason in found[0].reason


def test_two_oddities_of_one_label_make_it_more_suspicious_than_each() -> None:
    one = rank([odd((100, 20, 110, 70))])[0].probability
    both = rank([odd((100, 20, 110, 70), "FACE")])

    assert len(both) == 1
    assert both[0].probability > max(one, 0.5)


def test_half_a_pixel_of_overhang_is_rounding() -> None:
    assert rank([odd((280, 20, 300.4, 50))]) == []


def test_without_known_texts_none_is_usual() -> None:
    assert usual_text(folder(2)) is None
