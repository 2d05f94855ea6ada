"""The table of problems: what it is, how often, and what can be done about it."""

from collections.abc import Sequence
from functools import partial

from PySide6.QtCore import QCoreApplication, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHBoxLayout,
    QHeaderView,
    QPushButton,
    QTableWidget,
    QTableWidgetItem,
    QWidget,
)

from app.health.checking import DROPS, FIXES
from app.theme import Theme
from tinaface.health import ERRORS, KINDS
from tinaface.health_report import SUSPICIOUS, HealthReport

UNLABELLED = "unlabelled"
SUSPECTED = "suspected"
WITHOUT_IMAGES = ("orphan label", "unreadable folder", *DROPS)
CONTEXT = "health"
_KIND_ROLE = Qt.ItemDataRole.UserRole


def name_of(kind: str) -> str:
    """What a kind of findings is called, in the user's language."""
    if kind == UNLABELLED:
        return QCoreApplication.translate(CONTEXT, "Images without a label file")
    if kind == SUSPECTED:
        return QCoreApplication.translate(CONTEXT, SUSPICIOUS)
    return QCoreApplication.translate(CONTEXT, KINDS[kind])


class ProblemTable(QTableWidget):
    """A row a kind of problem.

    Signals:
        images_wanted: kind whose images shall be listed.
        repair_wanted: kind that shall be repaired.
        queue_wanted: the suspicious labels shall be gone through one by one.
        chosen: kind whose findings are looked at; empty for none.
    """

    images_wanted = Signal(str)
    repair_wanted = Signal(str)
    queue_wanted = Signal()
    chosen = Signal(str)

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(0, 3, parent)
        self._theme = theme
        self._may_repair = False
        self.setHorizontalHeaderLabels([self.tr("Problem"), self.tr("Count"), ""])
        self.verticalHeader().hide()
        header = self.horizontalHeader()
        header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        header.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setWordWrap(False)
        self.setTabKeyNavigation(False)
        self.setShowGrid(False)
        self.setAccessibleName(self.tr("Problems"))
        self.currentCellChanged.connect(lambda *_: self.chosen.emit(self.kind))

    @property
    def kind(self) -> str:
        """The kind in the current row; empty without one."""
        item = self.item(self.currentRow(), 0)
        return "" if item is None else str(item.data(_KIND_ROLE))

    def show_report(
        self, report: HealthReport | None, suspicious: int, *, may_repair: bool
    ) -> None:
        """Shows what was found, the worst first.

        Args:
            suspicious: how many labels may be wrong.
        """
        kind = self.kind
        self._may_repair = may_repair
        rows = [] if report is None else _rows(report, suspicious)
        self.setRowCount(len(rows))
        for row, (one, count) in enumerate(rows):
            self._fill(row, one, count)
        known = [one for one, _ in rows]
        if rows:
            self.setCurrentCell(known.index(kind) if kind in known else 0, 0)
        else:
            self.chosen.emit("")

    def _fill(self, row: int, kind: str, count: int) -> None:
        item = QTableWidgetItem(name_of(kind))
        item.setData(_KIND_ROLE, kind)
        item.setToolTip(name_of(kind))
        is_error = kind in ERRORS
        item.setIcon(self._theme.icon("error" if is_error else "info"))
        severity = self.tr("keeps files out of training") if is_error else self.tr("worth a look")
        item.setData(Qt.ItemDataRole.AccessibleTextRole, f"{name_of(kind)}, {severity}")
        self.setItem(row, 0, item)
        number = QTableWidgetItem(self.locale().toString(count))
        number.setTextAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self.setItem(row, 1, number)
        self.setCellWidget(row, 2, self._buttons(kind))
        self.setRowHeight(row, self.fontMetrics().height() + 18)

    def _buttons(self, kind: str) -> QWidget:
        place = QWidget()
        layout = QHBoxLayout(place)
        layout.setContentsMargins(4, 1, 4, 1)
        if kind in FIXES:
            fix = QPushButton(self._fix_text(kind))
            fix.setEnabled(self._may_repair)
            fix.setToolTip(
                self.tr("Changes the files of predictions; it can be undone")
                if kind in DROPS
                else self.tr("Changes the label files; it can be undone")
            )
            fix.clicked.connect(partial(self.repair_wanted.emit, kind))
            layout.addWidget(fix)
        layout.addStretch()
        if kind == SUSPECTED:
            through = QPushButton(self.tr("Go through"))
            through.setToolTip(self.tr("From one to the next, the most suspicious first"))
            through.clicked.connect(self.queue_wanted)
            layout.addWidget(through)
        if kind not in WITHOUT_IMAGES:
            show = QPushButton(self.tr("Show images"))
            show.setAccessibleName(self.tr("Show images: {kind}").format(kind=name_of(kind)))
            show.clicked.connect(partial(self.images_wanted.emit, kind))
            layout.addWidget(show)
        return place

    def _fix_text(self, kind: str) -> str:
        if kind in DROPS:
            return self.tr("Drop all")
        return self.tr("Clip all") if kind == "outside" else self.tr("Unify all")

    def keyPressEvent(self, event: QKeyEvent) -> None:
        is_enter = event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter)
        if is_enter and self.kind not in ("", *WITHOUT_IMAGES):
            self.images_wanted.emit(self.kind)
        else:
            super().keyPressEvent(event)


def _rows(report: HealthReport, suspicious: int) -> Sequence[tuple[str, int]]:
    found = [(kind, len(some)) for kind, some in report.findings.items()]
    if suspicious:
        found.insert(0, (SUSPECTED, suspicious))
    found.sort(key=lambda one: one[0] not in ERRORS)
    unlabelled = report.images - report.labelled
    unreadable = len(report.images_of("unreadable label"))
    if unlabelled > unreadable:
        found.append((UNLABELLED, unlabelled - unreadable))
    return found
