"""The page that says what is wrong with the data set's files, and repairs what it can."""

from pathlib import Path

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import (
    QFileDialog,
    QHBoxLayout,
    QLabel,
    QListWidget,
    QListWidgetItem,
    QProgressBar,
    QPushButton,
    QScrollArea,
    QSplitter,
    QVBoxLayout,
    QWidget,
)

from app.error_texts import told
from app.health.checking import HealthCheck
from app.health.histogram import Histogram
from app.health.problems import SUSPECTED, UNLABELLED, ProblemTable, name_of
from app.health.suspicions import text_of, undecided
from app.messages import Level, Message
from app.pages.table import REVIEW, Surroundings
from app.theme import named
from tinaface.atomic import replace_file
from tinaface.health_report import HealthReport
from tinaface.queue_order import Order, Queue
from tinaface.suspicion.suspecter import Suspicion

MARGIN = 12
MOST_LISTED = 1000
STATISTICS_WIDTH = 320
PROGRESS_WIDTH = 160


class HealthPage(QWidget):
    """Problems by kind, the findings of the chosen one, and statistics of the boxes."""

    def __init__(self, at: Surroundings, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session, self._theme, self._hints = at.session, at.theme, at.hints
        self._looking = at.looking
        self.check = HealthCheck(at.session, self)
        self.problems = ProblemTable(at.theme)
        self.problems.images_wanted.connect(self._show_images)
        self.problems.repair_wanted.connect(self.check.repair)
        self.problems.queue_wanted.connect(self._go_through)
        self.problems.chosen.connect(self._list)
        self.setFocusProxy(self.problems)
        self.findings = QListWidget()
        self.findings.setAccessibleName(self.tr("Findings"))
        self.findings.setUniformItemSizes(True)
        self.findings.itemActivated.connect(self._open)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(MARGIN, MARGIN, MARGIN, MARGIN)
        layout.addLayout(self._head())
        layout.addWidget(self._body(), 1)
        self.check.changed.connect(self._refresh)
        self.check.progressed.connect(self._show_progress)
        self.check.repaired.connect(self._tell_repaired)
        self.check.predictions_changed.connect(self._tell_predictions)
        at.theme.changed.connect(self._refresh)  # the signs have its colours
        self._shown: HealthReport | None = None
        self._suspicions: list[Suspicion] = []
        self._refresh()

    # ---- parts ----

    def _head(self) -> QHBoxLayout:
        self.state = named(QLabel(), "Muted")
        self.state.setWordWrap(True)
        self._progress = QProgressBar(textVisible=False)
        self._progress.setFixedWidth(PROGRESS_WIDTH)
        self._progress.setAccessibleName(self.tr("Progress"))
        self.undo = QPushButton(self.tr("Undo repair"))
        self.undo.clicked.connect(self.check.take_back)
        self.again = QPushButton()
        self.again.clicked.connect(self._toggle)
        self.export = QPushButton(self.tr("Export…"))
        self.export.setToolTip(self.tr("Writes the report as text or CSV"))
        self.export.clicked.connect(self._ask_export)
        head = QHBoxLayout()
        head.addWidget(self.state, 1)
        for widget in (self._progress, self.undo, self.again, self.export):
            head.addWidget(widget)
        return head

    def _body(self) -> QSplitter:
        left = QSplitter(Qt.Orientation.Vertical)
        left.addWidget(self.problems)
        left.addWidget(self.findings)
        left.setStretchFactor(0, 3)
        left.setStretchFactor(1, 2)
        self.heights = Histogram(self.tr("Height of faces, in pixels"), self._theme)
        self.aspects = Histogram(self.tr("Width over height of faces"), self._theme)
        self.faces_of = Histogram(self.tr("Faces in a label file"), self._theme)
        self.kept = named(QLabel(), "Muted")
        self.kept.setWordWrap(True)
        statistics = QWidget()
        column = QVBoxLayout(statistics)
        for widget in (self.heights, self.aspects, self.faces_of, self.kept):
            column.addWidget(widget)
        column.addStretch()
        right = QScrollArea()
        right.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        right.setWidgetResizable(True)
        right.setFrameShape(QScrollArea.Shape.NoFrame)
        right.setWidget(statistics)
        body = QSplitter(Qt.Orientation.Horizontal)
        body.addWidget(left)
        body.addWidget(right)
        body.setSizes([3 * STATISTICS_WIDTH, STATISTICS_WIDTH])
        body.setStretchFactor(0, 1)
        body.setChildrenCollapsible(False)
        return body

    # ---- state ----

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._refresh()  # verdicts may have been given meanwhile

    def _toggle(self) -> None:
        if self.check.is_running:
            self.check.stop()
        else:
            self.check.run()

    def _refresh(self) -> None:
        check, report = self.check, self.check.report
        is_running = check.is_running
        self.again.setText(self.tr("Stop") if is_running else self.tr("Check again"))
        self.again.setEnabled(self._session.root is not None)
        self._progress.setVisible(is_running)
        self.export.setEnabled(report is not None)
        self.undo.setVisible(bool(check.repairs or check.pruned))
        self.state.setText(self._state())
        before, self._suspicions = self._suspicions, self._undecided(report)
        many, may_repair = len(self._suspicions), check.may_repair
        self.problems.show_report(report, many, may_repair=may_repair)
        if report is not self._shown:
            self._shown = report
            self._show_statistics(report)
            self._list(self.problems.kind)
        elif self._suspicions != before:
            self._list(self.problems.kind)
        if self.isVisible():
            check.run_soon()

    def _state(self) -> str:
        check, report, number = self.check, self.check.report, self.locale().toString
        if self._session.root is None:
            return self.tr("No folder is open")
        if check.has_failed:
            return self.tr("The check ended early; the log says more")
        if report is None:
            return self.tr("Looking through all files…") if check.is_running else ""
        text = self.tr("{images} images, {labelled} with labels, {faces} faces").format(
            images=number(report.images),
            labelled=number(report.labelled),
            faces=number(report.faces),
        )
        if not report.findings:
            text = self.tr("{counts}: nothing is wrong").format(counts=text)
        if check.is_weighing:
            text = self.tr("{counts}; weighing which labels may be wrong…").format(counts=text)
        elif check.is_running:
            text = self.tr("{counts}; looking again…").format(counts=text)
        return text

    def _show_progress(self, done: int, total: int) -> None:
        self._progress.setRange(0, total)
        self._progress.setValue(done)

    def _show_statistics(self, report: HealthReport | None) -> None:
        self.heights.show_counts({} if report is None else report.heights)
        point = self.locale().decimalPoint()
        aspects = {} if report is None else report.aspects
        self.aspects.show_counts({name.replace(".", point): n for name, n in aspects.items()})
        self.faces_of.show_counts({} if report is None else report.faces_of)
        kept = {} if report is None else report.review_bytes
        size = self.locale().formattedDataSize
        parts = ", ".join(f"{name} {size(used)}" for name, used in sorted(kept.items()))
        total = self.tr("Kept beside the data set, in .review: {size}").format(
            size=size(sum(kept.values()))
        )
        self.kept.setText(f"{total}\n{parts}" if parts else total)

    # ---- findings ----

    def _undecided(self, report: HealthReport | None) -> list[Suspicion]:
        known = () if report is None or report.suspicious is None else report.suspicious
        return undecided(known, self._session.loop.book.of)

    def _list(self, kind: str) -> None:
        before = self.findings.currentRow()
        self.findings.clear()
        for text, opens in self._listed(kind)[:MOST_LISTED]:
            item = QListWidgetItem(text)
            item.setData(Qt.ItemDataRole.UserRole, opens)
            self.findings.addItem(item)
        left = len(self._listed(kind)) - MOST_LISTED
        if left > 0:
            count = self.locale().toString(left)
            self.findings.addItem(self.tr("… and {count} more").format(count=count))
        self.findings.setCurrentRow(min(before, self.findings.count() - 1))

    def _listed(self, kind: str) -> "list[tuple[str, Suspicion | str]]":
        """The findings of a kind: what is said, and what opens."""
        if kind == SUSPECTED:
            return [(text_of(one), one) for one in self._suspicions]
        report = self.check.report
        some = [] if report is None else report.findings.get(kind, [])
        # A label file without an image stands for it: its boxes are shown on grey.
        return [
            (
                f"{'' if one.path == '.' else f'{told(one.path)}: '}{told(one.text)}",
                one.path if kind == "orphan label" else one.image,
            )
            for one in some
        ]

    def _open(self, item: QListWidgetItem) -> None:
        wanted = item.data(Qt.ItemDataRole.UserRole)
        if isinstance(wanted, Suspicion):
            self._look_at(wanted)
        elif wanted:
            self._session.go_to(wanted)
            self._session.page.show(REVIEW)

    def _look_at(self, one: Suspicion) -> None:
        if one.box is not None:
            self._looking.look_at(one.image, np.array(one.box))
        else:
            self._session.go_to(one.image)
            self._session.page.show(REVIEW)

    def _go_through(self) -> None:
        """Orders the queue by suspicion, and begins with the first."""
        if self._suspicions:
            self._session.loop.queue.set_order(Queue(Order.SUSPICION))
            self._look_at(self._suspicions[0])

    def _show_images(self, kind: str) -> None:
        """Lists the images of a problem, and shows the first of them."""
        files, report = self._session.files, self.check.report
        if report is None:
            return
        if kind == UNLABELLED:
            files.keep_all()
            files.set_filter("-labelled")
        else:
            suspected = list(dict.fromkeys(one.image for one in self._suspicions))
            files.set_filter("")
            files.keep(suspected if kind == SUSPECTED else report.images_of(kind), name_of(kind))
        if files.rowCount():
            self._session.go_to_row(0)
        self._session.page.show(REVIEW)

    # ---- repair and export ----

    def _tell_repaired(self, count: int, skipped: int) -> None:
        text = self.tr("{count} label files were changed").format(
            count=self.locale().toString(count)
        )
        if skipped:
            text = self.tr("{text}; {skipped} were left alone, as they were edited").format(
                text=text, skipped=self.locale().toString(skipped)
            )
        self._hints.show_note(text)

    def _tell_predictions(self, dropped: int) -> None:
        is_back = dropped < 0
        text = (
            self.tr("{count} predictions are back")
            if is_back
            else self.tr("{count} predictions were dropped")
        )
        self._hints.show_note(text.format(count=self.locale().toString(abs(dropped))))

    def _ask_export(self) -> None:
        root = self._session.root
        if root is None:
            return
        kinds = f"{self.tr('Text')} (*.txt);;CSV (*.csv)"
        name, _ = QFileDialog.getSaveFileName(
            self, self.tr("Export the report"), str(root.parent / f"{root.name}-health.txt"), kinds
        )
        if name:
            self.write(Path(name))

    def write(self, path: Path) -> None:
        """Writes the report, as CSV where the name ends so, else as text."""
        report, root = self.check.report, self._session.root
        if report is None or root is None:
            return
        text = report.to_csv() if path.suffix.lower() == ".csv" else report.to_text(str(root))
        try:
            # Names may hold bytes that are no text; they are written as they came.
            replace_file(path, text.encode("utf-8", "surrogateescape"))
        except OSError as error:
            self._session.messages.post(
                Message(
                    Level.ERROR,
                    self.tr("Cannot write {name}").format(name=path.name),
                    error.strerror or str(error),
                    self.tr("Choose another folder, or make room"),
                )
            )
            return
        self._hints.show_note(self.tr("Written: {name}").format(name=path.name))
