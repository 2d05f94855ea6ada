"""The metrics of earlier runs, for pale curves behind those of the followed one."""

from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, Signal

from app.background import Background
from tinaface import runs
from tinaface.runs import MetricsFollower

MOST_RUNS = 4


class EarlierRuns(QObject):
    """Reads the newest runs of a folder, but for one.

    Signals:
        changed: other records.
    """

    changed = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._disk = Background("earlier-runs", parent=self)
        self._beside: tuple[Path, Path | None] | None = None
        self._records: list[list[dict[str, Any]]] = []

    @property
    def records(self) -> list[list[dict[str, Any]]]:
        """Of each run, the newest first."""
        return self._records

    def read_beside(self, folder: Path, run: Path | None) -> None:
        """Reads the runs beside this one, unless that was done last."""
        if self._beside == (folder, run):
            return
        self._beside = (folder, run)

        def read() -> list[list[dict[str, Any]]]:
            others = [one for one in runs.find_runs(folder) if one != run][:MOST_RUNS]
            return [records for one in others if (records := MetricsFollower(one).new_records())]

        self._disk.run(read, self._take)

    def shut_down(self) -> None:
        """Ends the thread."""
        self._disk.close()

    def _take(self, records: list[list[dict[str, Any]]]) -> None:
        self._records = records
        self.changed.emit()
