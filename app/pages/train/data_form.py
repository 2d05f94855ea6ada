"""Which pictures to learn: all, those reviewed, or those fixed with some others; by folder."""

from PySide6.QtCore import QCoreApplication, Qt, QTimer, Signal
from PySide6.QtWidgets import (
    QButtonGroup,
    QHBoxLayout,
    QLabel,
    QListWidget,
    QListWidgetItem,
    QRadioButton,
    QSpinBox,
    QWidget,
)

from app.error_texts import told
from app.pages.train.section import Section
from app.theme import named
from app.training.data import TrainingData
from tinaface.training.selection import Choice, Which

OTHERS = 200
ROWS_OF_FOLDERS = 4
SETTLED_MS = 150


class DataForm(Section):
    """The choice, with what it comes to.

    Signals:
        chosen: another choice was made, and is being counted.
    """

    chosen = Signal()

    def __init__(self, data: TrainingData, parent: QWidget | None = None) -> None:
        super().__init__(QCoreApplication.translate("DataForm", "Pictures to learn"), parent=parent)
        self._data = data
        self._group = QButtonGroup(self)
        self._buttons: dict[Which, QRadioButton] = {}
        for which in Which:
            button = self._buttons[which] = QRadioButton()
            self._group.addButton(button)
            if which is not Which.FIXED:
                self.content.addWidget(button)
        self.others = QSpinBox(minimum=0, maximum=100_000, singleStep=50, value=OTHERS)
        self.others.lineEdit().setTextMargins(5, 0, 0, 0)
        self.others.setAccessibleName(self.tr("Other pictures, drawn at random"))
        self.others.setToolTip(
            self.tr("Labelled pictures that come along, so that nothing is forgotten")
        )
        self.others.setKeyboardTracking(False)
        line = QHBoxLayout()
        line.setSpacing(6)
        line.addWidget(self._buttons[Which.FIXED])
        line.addStretch(1)
        line.addWidget(QLabel(self.tr("+ others")))
        line.addWidget(self.others)
        self.content.addLayout(line)
        self.folders = named(QListWidget(), "Folders")
        self.folders.setAccessibleName(self.tr("Folders to learn from"))
        self.content.addWidget(self.folders)
        self.summary = named(QLabel(), "Muted")
        self.summary.setWordWrap(True)
        self.content.addWidget(self.summary)
        self._buttons[Which.ALL].setChecked(True)
        # Typing a number or ticking three folders counts once.
        self._settled = QTimer(self, singleShot=True, interval=SETTLED_MS)
        self._settled.timeout.connect(self.count)
        self._group.buttonToggled.connect(self._settled.start)
        self.others.valueChanged.connect(lambda _: self._settled.start())
        self.folders.itemChanged.connect(lambda _: self._settled.start())
        data.changed.connect(self._show)
        self._show()

    def button(self, which: Which) -> QRadioButton:
        """The button of one choice."""
        return self._buttons[which]

    @property
    def choice(self) -> Choice:
        """What is chosen now."""
        which = next(one for one, button in self._buttons.items() if button.isChecked())
        others = self.others.value() if which is Which.FIXED else 0
        return Choice(which, others, self._ticked())

    def choose_fixed(self) -> None:
        """Takes what was fixed, as from "Train on what you fixed"."""
        self._buttons[Which.FIXED].setChecked(True)
        self.count()

    def count(self) -> None:
        """Counts what the choice comes to."""
        self._settled.stop()
        self._data.choose(self.choice)
        self.chosen.emit()

    def _ticked(self) -> tuple[str, ...]:
        """The folders that bound the choice; none where all are ticked."""
        items = [self.folders.item(row) for row in range(self.folders.count())]
        ticked = [item for item in items if item.checkState() is Qt.CheckState.Checked]
        if len(ticked) == len(items):
            return ()
        return tuple(item.data(Qt.ItemDataRole.UserRole) for item in ticked) or ("\0",)

    def _show(self) -> None:
        counts, locale = self._data.counts, self.locale()
        for which, text, number in (
            (Which.ALL, self.tr("All labelled ({number})"), counts.labelled),
            (Which.REVIEWED, self.tr("Reviewed only ({number})"), counts.reviewed),
            (Which.FIXED, self.tr("Fixed ({number})"), counts.fixed),
        ):
            self._buttons[which].setText(text.format(number=locale.toString(number)))
        self.others.setEnabled(self._buttons[Which.FIXED].isChecked())
        self._show_folders(counts.folders)
        self.summary.setText(self._describe())

    def _show_folders(self, folders: tuple[tuple[str, int], ...]) -> None:
        self.folders.setVisible(len(folders) > 1)
        known = [
            self.folders.item(row).data(Qt.ItemDataRole.UserRole)
            for row in range(self.folders.count())
        ]
        if known == [name for name, _ in folders]:
            return
        self.folders.blockSignals(True)
        self.folders.clear()
        for name, number in folders if len(folders) > 1 else ():
            item = QListWidgetItem(f"{name} ({self.locale().toString(number)})", self.folders)
            item.setData(Qt.ItemDataRole.UserRole, name)
            item.setFlags(item.flags() | Qt.ItemFlag.ItemIsUserCheckable)
            item.setCheckState(Qt.CheckState.Checked)
        self.folders.blockSignals(False)
        rows = min(self.folders.count(), ROWS_OF_FOLDERS)
        self.folders.setFixedHeight(rows * self.folders.sizeHintForRow(0) + 4 if rows else 0)

    def _describe(self) -> str:
        failure, division = self._data.failure, self._data.division
        if failure is not None:
            return f"{told(failure.what)}: {told(failure.why)}. {told(failure.remedy)}."
        if division is None:
            return self.tr("Counting…") if self._data.is_counting else self.tr("No folder is open")
        locale = self.locale()
        if not division.train:
            return self.tr("Nothing to learn: choose other pictures, or label some")
        text = self.tr("{train} to learn, {validate} held out to judge by").format(
            train=locale.toString(len(division.train)),
            validate=locale.toString(len(division.validate)),
        )
        if not division.validate:
            text += ". " + self.tr("Nothing will prove that it got better")
        return text
