"""The list of checks before a training, each with a mark."""

from PySide6.QtWidgets import QGridLayout, QLabel, QWidget

from app.theme import named
from app.training.preflight import Preflight

MARKS = {"ok": "✓", "warning": "!", "failed": "✗"}


class PreflightList(QWidget):
    """One line a check; the mark says how it is, not a colour alone."""

    def __init__(self, preflight: Preflight, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._preflight = preflight
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(8)
        self._grid.setVerticalSpacing(3)
        self._grid.setColumnStretch(1, 1)
        preflight.changed.connect(self._show)
        self._show()

    @property
    def lines(self) -> list[str]:
        """Mark and text of each line, as they are shown."""
        return [
            " ".join(
                label.text()
                for column in range(2)
                if (item := self._grid.itemAtPosition(row, column)) is not None
                and isinstance(label := item.widget(), QLabel)
            )
            for row in range(self._grid.rowCount())
            if self._grid.itemAtPosition(row, 1) is not None
        ]

    def _show(self) -> None:
        while (item := self._grid.takeAt(0)) is not None:
            if (widget := item.widget()) is not None:
                widget.hide()
                widget.deleteLater()
        checks = self._preflight.checks
        for row, check in enumerate(checks):
            mark = named(QLabel(MARKS.get(check.level, "·")), "CheckMark")
            mark.setProperty("level", check.level)
            mark.setAccessibleName(self._name_level(check.level))
            text = QLabel(check.text)
            text.setWordWrap(True)
            text.setToolTip(check.remedy)
            self._grid.addWidget(mark, row, 0)
            self._grid.addWidget(text, row, 1)
        if self._preflight.is_running:
            self._grid.addWidget(named(QLabel(self.tr("Checking…")), "Muted"), len(checks), 1)
        elif not checks:
            self._grid.addWidget(
                named(QLabel(self.tr("Choose pictures to learn first")), "Muted"), 0, 1
            )

    def _name_level(self, level: str) -> str:
        return {
            "ok": self.tr("in order"),
            "warning": self.tr("worth a look"),
            "failed": self.tr("forbids a start"),
        }.get(level, level)
