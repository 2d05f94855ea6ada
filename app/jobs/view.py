"""The list of heavy jobs: what works, what waits, and in which order."""

from PySide6.QtCore import QEvent, QSize, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QListWidget,
    QListWidgetItem,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from app.jobs.jobs import Job, Jobs
from app.theme import Theme, named

MOST_LINES = 5
PADDING = 3
NUMBER = Qt.ItemDataRole.UserRole


class JobsView(QWidget):
    """One line a job with buttons to move and remove it; hidden while nothing waits."""

    def __init__(self, jobs: Jobs, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._jobs = jobs
        self._theme = theme
        self.list = JobList(self)
        self.list.setAccessibleName(self.tr("Jobs, the first one first"))
        self.list.currentRowChanged.connect(lambda _: self._show_buttons())
        self.up = self._button(self.tr("Do it earlier (Ctrl+Up)"), lambda: self.shift(-1))
        self.down = self._button(self.tr("Do it later (Ctrl+Down)"), lambda: self.shift(1))
        self.back = self._button(self.tr("Take it back (Delete)"), self.take_back)
        head = QHBoxLayout()
        head.setSpacing(2)
        title = named(QLabel(self.tr("Jobs")), "PanelTitle")
        title.setBuddy(self.list)
        head.addWidget(title)
        head.addStretch(1)
        for button in (self.up, self.down, self.back):
            head.addWidget(button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        layout.addLayout(head)
        layout.addWidget(self.list)
        jobs.changed.connect(self._show)
        theme.changed.connect(self._take_icons)
        self._take_icons()
        self._show()

    def _button(self, tip: str, call: object) -> QToolButton:
        button = QToolButton()
        button.setToolTip(tip)
        button.setAccessibleName(tip)
        button.clicked.connect(call)
        return button

    def _take_icons(self) -> None:
        for button, icon in (
            (self.up, "arrow-up"),
            (self.down, "arrow-down"),
            (self.back, "close"),
        ):
            button.setIcon(self._theme.icon(icon))

    # ---- commands ----

    @property
    def current(self) -> Job | None:
        """The job of the chosen line."""
        item = self.list.currentItem()
        number = None if item is None else item.data(NUMBER)
        return next((job for job in self._jobs.listed if job.number == number), None)

    def shift(self, step: int) -> None:
        """Moves the chosen job by one place; one at work stays."""
        job = self.current
        if job is not None:
            self._jobs.move(job.number, step)

    def take_back(self) -> None:
        """Takes the chosen job back."""
        job = self.current
        if job is not None and job.can_be_removed:
            self._jobs.remove(job.number)

    # ---- showing ----

    def _show(self) -> None:
        jobs, chosen = self._jobs.listed, self.current
        number = None if chosen is None else chosen.number
        self.setVisible(self._jobs.has_waiting)
        while self.list.count() > len(jobs):
            self.list.takeItem(self.list.count() - 1)
        while self.list.count() < len(jobs):
            self.list.addItem(QListWidgetItem())
        height = self.list.fontMetrics().height() + 2 * PADDING
        waits = 0
        for row, job in enumerate(jobs):
            waits += not job.is_at_work
            item = self.list.item(row)
            item.setText(f"▶ {job.text}" if job.is_at_work else f"{waits}. {job.text}")
            spoken = job.text if job.is_at_work else self.tr("{job}, waits").format(job=job.text)
            item.setData(Qt.ItemDataRole.AccessibleTextRole, spoken)
            item.setToolTip(job.details or job.text)
            item.setSizeHint(QSize(0, height))
            item.setData(NUMBER, job.number)
            if job.number == number:
                self.list.setCurrentRow(row)
        lines = min(max(len(jobs), 2), MOST_LINES)
        self.list.setFixedHeight(lines * height + 2 * self.list.frameWidth())
        self._show_buttons()

    def _show_buttons(self) -> None:
        job = self.current
        self.up.setEnabled(job is not None and job.can_rise)
        self.down.setEnabled(job is not None and job.can_sink)
        self.back.setEnabled(job is not None and job.can_be_removed)


class JobList(QListWidget):
    """The lines; its keys move and remove the chosen one."""

    def __init__(self, view: JobsView) -> None:
        super().__init__(view)
        self._view = view
        self.setTextElideMode(Qt.TextElideMode.ElideRight)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)

    def event(self, event: QEvent) -> bool:
        # What these keys do in the window does not count while the list has them.
        if (
            isinstance(event, QKeyEvent)
            and event.type() == QEvent.Type.ShortcutOverride
            and self._meaning(event) is not None
        ):
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        step = self._meaning(event)
        if step is None:
            super().keyPressEvent(event)
        elif step:
            self._view.shift(step)
        else:
            self._view.take_back()

    def _meaning(self, event: QKeyEvent) -> int | None:
        """-1 and 1 for a move, 0 for taking back; None for other keys."""
        with_control = event.modifiers() == Qt.KeyboardModifier.ControlModifier
        if with_control and event.key() == Qt.Key.Key_Up:
            return -1
        if with_control and event.key() == Qt.Key.Key_Down:
            return 1
        is_delete = event.key() in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace)
        return 0 if is_delete and not event.modifiers() else None
