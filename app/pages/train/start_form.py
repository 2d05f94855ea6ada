"""What to begin with, how long, and the settings that few people change."""

from pathlib import Path

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import (
    QButtonGroup,
    QComboBox,
    QDoubleSpinBox,
    QFileDialog,
    QFormLayout,
    QLabel,
    QRadioButton,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from app.pages.train.section import Section
from app.theme import named
from app.training.plan import EXTENTS, Advanced, Length, Plan, minutes_of
from app.training.registry import ModelRegistry
from app.wording import duration as in_seconds
from app.wording import minutes as in_minutes
from app.wording import precision
from tinaface.errors import CheckpointError
from tinaface.models import Model
from tinaface.training.selection import Choice
from tinaface.weights import SUFFIX, read_header

SCRATCH, OTHER_FILE = "", "\0file"
MOST_MINUTES = 100_000


class StartForm(QWidget):
    """Makes a plan of what is set.

    Signals:
        changed: another plan is set.
        refused: one TinaFaceError: a chosen file cannot be begun with.
    """

    changed = Signal()
    refused = Signal(object)

    def __init__(self, models: ModelRegistry, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._models = models
        self._pass_s: float | None = None
        self._is_measuring = False
        self._presets: dict[str, str] = {}
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(12)
        layout.addWidget(self._make_start())
        layout.addWidget(self._make_length())
        layout.addWidget(self._make_advanced())
        models.changed.connect(self._show_models)
        self._show_models()
        self._show_minutes()

    # ---- parts ----

    def _make_start(self) -> Section:
        section = Section(self.tr("Begin with"))
        self.start = QComboBox()
        self.start.setAccessibleName(self.tr("Begin with"))
        self.start.activated.connect(self._on_start)
        section.content.addWidget(self.start)
        return section

    def _make_length(self) -> Section:
        section = Section(self.tr("How long"))
        self._group = QButtonGroup(self)
        self._lengths: dict[Length, QRadioButton] = {}
        for length in Length:
            button = self._lengths[length] = QRadioButton()
            self._group.addButton(button)
            section.content.addWidget(button)
        self._lengths[Length.QUICK].setChecked(True)
        self._group.buttonToggled.connect(self._on_changed)
        self.pace = named(QLabel(), "Muted")
        self.pace.setWordWrap(True)
        section.content.addWidget(self.pace)
        return section

    def _make_advanced(self) -> Section:
        section = Section(self.tr("Advanced"), is_folded=True)
        self.minutes = QDoubleSpinBox(maximum=MOST_MINUTES, decimals=1, suffix=self.tr(" min"))
        self.batch = QSpinBox(maximum=512)
        self.crop = QSpinBox(maximum=2048, singleStep=32, suffix=self.tr(" px"))
        self.rate = QDoubleSpinBox(maximum=1, decimals=6, singleStep=0.0001)
        self.seed = QSpinBox(maximum=2**31 - 1)
        form = QFormLayout()
        form.setHorizontalSpacing(10)
        form.setVerticalSpacing(6)
        form.setLabelAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        for text, field in (
            (self.tr("Minutes"), self.minutes),
            (self.tr("Pictures a batch"), self.batch),
            (self.tr("Training square"), self.crop),
            (self.tr("Learning rate"), self.rate),
            (self.tr("Seed"), self.seed),
        ):
            field.setSpecialValueText(self.tr("as usual"))
            field.setAccessibleName(text)
            field.setKeyboardTracking(False)
            field.lineEdit().setTextMargins(5, 0, 0, 0)
            field.valueChanged.connect(self._on_changed)
            label = QLabel(text)
            label.setBuddy(field)
            form.addRow(label, field)
        section.content.addLayout(form)
        return section

    # ---- the plan ----

    def length(self, length: Length) -> QRadioButton:
        """The button of one length."""
        return self._lengths[length]

    def plan(self, root: Path, choice: Choice) -> Plan:
        """The training that is set."""
        start = self.start.currentData()
        return Plan(
            root=root,
            choice=choice,
            start=Path(start) if start else None,
            preset=self._presets.get(start, "compact"),
            length=next(one for one, button in self._lengths.items() if button.isChecked()),
            advanced=Advanced(
                minutes=self.minutes.value() or None,
                batch=self.batch.value() or None,
                # The network halves a square five times.
                crop=self.crop.value() // 32 * 32 or None,
                learning_rate=self.rate.value() or None,
                seed=self.seed.value() or None,
            ),
        )

    def choose_start(self, path: Path) -> None:
        """Begins with a file of weights."""
        place = self.start.findData(str(path))
        if place < 0:
            self._presets[str(path)] = read_header(path).preset
            place = self.start.count() - 2
            self.start.insertItem(place, path.stem, str(path))
        self.start.setCurrentIndex(place)
        self._on_changed()

    def set_pace(self, pass_s: float | None, *, is_measuring: bool) -> None:
        """Tells what the estimates need.

        Args:
            pass_s: seconds of one pass over the pictures to learn; None if unknown.
            is_measuring: whether it is being found out.
        """
        if (pass_s, is_measuring) != (self._pass_s, self._is_measuring):
            self._pass_s, self._is_measuring = pass_s, is_measuring
            self._show_minutes()

    # ---- showing ----

    @Slot()
    def _on_changed(self) -> None:
        self._show_minutes()
        self.changed.emit()

    def _on_start(self, index: int) -> None:
        if self.start.itemData(index) != OTHER_FILE:
            self._on_changed()
            return
        self.start.setCurrentIndex(0)
        name, _ = QFileDialog.getOpenFileName(
            self,
            self.tr("Begin with weights"),
            "",
            self.tr("Weights (*{suffix})").format(suffix=SUFFIX),
        )
        if name:
            try:
                self.choose_start(Path(name))
            except CheckpointError as error:
                self.refused.emit(error)

    def _show_models(self) -> None:
        chosen = self.start.currentData()
        self.start.clear()
        for model in self._models.models:
            self._presets[str(model.path)] = model.preset
            self.start.addItem(title_of(model, self.tr("shipped")), str(model.path))
        self.start.addItem(self.tr("nothing: learn from the beginning"), SCRATCH)
        self.start.addItem(self.tr("a checkpoint or other file…"), OTHER_FILE)
        place = self.start.findData(chosen) if chosen else 0
        self.start.setCurrentIndex(max(place, 0))
        self._on_changed()

    def _show_minutes(self) -> None:
        texts = {
            Length.QUICK: self.tr("Quick: up to {time}, keeps what the model knows"),
            Length.NORMAL: self.tr("Normal: {passes} passes, {time}"),
            Length.FULL: self.tr("Full: {passes} passes, {time}"),
        }
        for length, button in self._lengths.items():
            extent = EXTENTS[length]
            minutes = minutes_of(extent, self._pass_s)
            about = self.tr("time unknown")
            if extent.minutes is not None:
                about = in_minutes(extent.minutes)
            elif minutes is not None:
                about = self.tr("about {time}").format(time=in_minutes(minutes))
            button.setText(texts[length].format(time=about, passes=extent.epochs))
        own = self.minutes.value()
        if own:
            self.pace.setText(self.tr("Minutes are set below: {time}").format(time=in_minutes(own)))
        elif self._is_measuring:
            self.pace.setText(self.tr("Measuring how fast this computer learns…"))
        elif self._pass_s is None:
            self.pace.clear()
        else:
            self.pace.setText(
                self.tr("Measured here: {time} a pass").format(time=in_seconds(self._pass_s))
            )
        self.pace.setVisible(bool(self.pace.text()))


def title_of(model: Model, shipped: str) -> str:
    """Name and AP of a model, as one line."""
    parts = [model.name]
    if model.is_shipped:
        parts[0] += f" ({shipped})"
    if model.ap is not None:
        parts.append(precision(model.ap, model.pedigree.judged))
    return " · ".join(parts)
