"""The data set is compared in the background, in batches, and again where it changes."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from app.comparison import Agreement
from app.loop import comparing
from app.session import Session
from app.settings import Settings
from tests.app.loop.dataset import LEFT, RIGHT, one_of_each, write_set
from tinaface.protocol import Found

pytestmark = pytest.mark.qt_log_level_fail("WARNING")


@pytest.fixture
def session(qapp, tmp_path: Path) -> Iterator[Session]:
    made = Session(Settings(tmp_path / "settings.ini"))
    made.prepare()
    yield made
    made.close_folder()
    made.shut_down()


def opened(qtbot: QtBot, session: Session, folder: Path) -> None:
    session.open(folder)
    settle(qtbot, session)


def settle(qtbot: QtBot, session: Session) -> None:
    qtbot.waitUntil(lambda: session.is_quiet, timeout=10_000)


def counts(session: Session):
    return session.loop.comparison.counts()[:4]


def many(root: Path, count: int) -> Path:
    names = [f"{number:02}.jpg" for number in range(count)]
    return write_set(
        root, {name: [LEFT] for name in names}, {name: ([RIGHT], [0.9]) for name in names}
    )


def test_every_image_is_compared_batch_by_batch(
    qtbot: QtBot, session: Session, tmp_path: Path, monkeypatch
):
    monkeypatch.setattr(comparing, "BATCH", 3)

    opened(qtbot, session, many(tmp_path / "set", 10))

    assert session.loop.comparison.progress == (10, 10)
    assert counts(session) == (10, 10, 0, 0)


def test_another_folder_ends_the_comparison_of_the_first(
    qtbot: QtBot, session: Session, tmp_path: Path, monkeypatch
):
    monkeypatch.setattr(comparing, "BATCH", 1)
    other = one_of_each(tmp_path / "other")
    session.open(many(tmp_path / "set", 10))
    qtbot.waitUntil(lambda: session.loop.comparison.progress[0] > 0, timeout=10_000)

    opened(qtbot, session, other)

    assert counts(session) == (1, 2, 1, 1)


def test_a_closed_folder_disagrees_about_nothing(qtbot: QtBot, session: Session, tmp_path: Path):
    opened(qtbot, session, one_of_each(tmp_path / "set"))

    session.close_folder()

    assert counts(session) == (0, 0, 0, 0)


def test_what_is_detected_is_counted_as_it_comes(qtbot: QtBot, session: Session, tmp_path: Path):
    opened(qtbot, session, write_set(tmp_path / "set", {"a.jpg": [LEFT], "b.jpg": [LEFT]}, {}))
    assert counts(session) == (0, 0, 0, 0)

    for name in ("a.jpg", "b.jpg"):
        session.predictions.add(Found(1, name, 80, 60, [RIGHT], [0.9], model="m"), {})
    settle(qtbot, session)
    qtbot.waitUntil(lambda: counts(session) == (2, 2, 0, 0), timeout=10_000)


def test_a_damaged_label_file_is_left_out(qtbot: QtBot, session: Session, tmp_path: Path):
    folder = one_of_each(tmp_path / "set")
    (folder / "b.json").write_text('{"shapes": [')

    opened(qtbot, session, folder)

    assert counts(session) == (1, 1, 1, 1)


def test_a_habit_of_the_data_set_is_not_loose_on_the_canvas_either(
    qtbot: QtBot, session: Session, tmp_path: Path
):
    taller = [LEFT[0], LEFT[1] - 4, LEFT[2], LEFT[3] + 4]
    names = [f"{number:02}.jpg" for number in range(25)]
    folder = write_set(
        tmp_path / "set",
        {name: [LEFT] for name in names},
        {name: ([taller], [0.9]) for name in names},
    )

    opened(qtbot, session, folder)

    assert counts(session) == (0, 0, 0, 0)
    comparison = session.document.comparison()
    assert comparison.of_boxes(0.5).tolist() == [Agreement.TP]
