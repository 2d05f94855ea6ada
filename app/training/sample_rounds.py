"""What the followed run found in its sample pictures at each evaluation, and those pictures."""

from functools import partial
from pathlib import Path

import numpy as np
from PySide6.QtCore import QObject, Signal

from app.background import Background
from app.images import decode_small
from app.thumbnails.thumbnail import Thumbnail, is_bright
from tinaface import runs
from tinaface.errors import DatasetError
from tinaface.runs import MetricsFollower
from tinaface.training.samples import SampleRound, round_of

SIDE = 640
"""Of the square that a picture is read to fit in, in device pixels."""


class SampleRounds(QObject):
    """Reads a run's rounds of sample pictures from its folder, beside the GUI thread.

    Signals:
        changed: another run is followed, or it has other rounds.
        picture_ready: a picture that was asked for is here.
    """

    changed = Signal()
    picture_ready = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._disk = Background("sample-pictures", parent=self)
        self._run: Path | None = None
        self._follower: MetricsFollower | None = None
        self._rounds: list[SampleRound] = []
        self._pictures: dict[Path, Thumbnail | None] = {}

    @property
    def rounds(self) -> list[SampleRound]:
        """One an evaluation, the oldest first."""
        return self._rounds

    def follow(self, run: Path | None) -> None:
        """Shows a run from its beginning, unless that is done already."""
        if run == self._run:
            return
        self._run, self._rounds = run, []
        self._follower = None if run is None else MetricsFollower(run, runs.SAMPLES)
        self._pictures.clear()
        self.changed.emit()
        self.look()

    def look(self) -> None:
        """Reads what the training has added since the last look."""
        follower = self._follower
        if follower is None:
            return

        def read() -> tuple[list[SampleRound], bool]:
            rounds = [one for record in follower.new_records() if (one := round_of(record))]
            return rounds, follower.has_restarted

        self._disk.run(read, partial(self._take, follower))

    def picture(self, image: Path) -> Thumbnail | None:
        """The small picture without boxes, if it is at hand; else it is read from now on."""
        if image not in self._pictures:
            self._pictures[image] = None
            self._disk.run(partial(_read, image), partial(self._take_picture, image))
        return self._pictures[image]

    @property
    def is_busy(self) -> bool:
        """Whether something is being read."""
        return bool(self._disk.pending)

    def shut_down(self) -> None:
        """Ends the thread."""
        self._disk.close()

    def _take(self, follower: MetricsFollower, found: tuple[list[SampleRound], bool]) -> None:
        rounds, is_restarted = found
        if follower is self._follower and (rounds or is_restarted):
            self._rounds = rounds if is_restarted else [*self._rounds, *rounds]
            self.changed.emit()

    def _take_picture(self, image: Path, picture: Thumbnail) -> None:
        self._pictures[image] = picture
        self.picture_ready.emit()


def _read(image: Path) -> Thumbnail:
    nothing, no_scores = np.zeros((0, 4), np.float32), np.zeros(0, np.float32)
    try:
        small, size = decode_small(image, SIDE)
    except DatasetError as error:
        fault = f"{error.what}: {error.why}"
        return Thumbnail(None, (0, 0), nothing, nothing, no_scores, fault=fault)
    return Thumbnail(small, size, nothing, nothing, no_scores, is_bright(small))
