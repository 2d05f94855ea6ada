"""The panel that chooses weights and settings, starts a detection and shows how far it is."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import (
    QComboBox,
    QDoubleSpinBox,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QProgressBar,
    QPushButton,
    QSizePolicy,
    QSpinBox,
    QStackedWidget,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from app.detection import Detection, Stage
from app.error_texts import parts, told
from app.jobs.jobs import Jobs
from app.jobs.view import JobsView
from app.keys.keymap import Keymap
from app.keys.tips import set_tip
from app.session import Session
from app.theme import Theme, named
from app.wording import duration, precision, rate

if TYPE_CHECKING:
    from tinaface.models import Model as KeptModel

MARGIN = 10


class DetectionPanel(QWidget):
    """Weights, settings, buttons, progress, and the jobs where one waits."""

    weights_wanted = Signal()
    """The user wants to choose another file."""

    def __init__(
        self,
        detection: Detection,
        jobs: Jobs,
        session: Session,
        theme: Theme,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._detection = detection
        self._settings = session.settings
        self._theme = theme
        layout = QVBoxLayout(self)
        layout.setContentsMargins(MARGIN, 6, MARGIN, MARGIN)
        layout.setSpacing(8)
        layout.addLayout(self._make_weights())
        layout.addLayout(self._make_settings())
        layout.addLayout(self._make_buttons(session.keymap))
        layout.addLayout(self._make_progress())
        self.jobs = JobsView(jobs, theme)
        layout.addWidget(self.jobs)
        layout.addStretch(1)
        detection.changed.connect(self._show)
        detection.model_changed.connect(self._show_model)
        theme.changed.connect(self._take_icons)
        self._take_icons()
        self._show_model()
        self._show()

    # ---- parts ----

    def _make_weights(self) -> QVBoxLayout:
        self.weights = QComboBox()
        self.weights.setAccessibleName(self.tr("Weights of the detector"))
        self.weights.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.weights.activated.connect(self._on_weights)
        self._browse = QToolButton()
        self._browse.setAccessibleName(self.tr("Choose a weights file"))
        self._browse.setToolTip(self.tr("Choose a weights file…"))
        self._browse.clicked.connect(self.weights_wanted)
        line = QHBoxLayout()
        line.setSpacing(4)
        line.addWidget(self.weights, 1)
        line.addWidget(self._browse)
        self._about = named(QLabel(), "Muted")
        self._about.setWordWrap(True)
        part = QVBoxLayout()
        part.setSpacing(3)
        part.addLayout(line)
        part.addWidget(self._about)
        return part

    def _make_settings(self) -> QFormLayout:
        settings = self._settings
        self.floor = QDoubleSpinBox(minimum=0.001, maximum=0.99, singleStep=0.01, decimals=3)
        self.floor.setValue(settings.score_floor)
        self.floor.setToolTip(self.tr("Faces with a lower score are not stored; the slider cuts"))
        self.floor.valueChanged.connect(lambda value: setattr(settings, "score_floor", value))
        self.nms = QDoubleSpinBox(minimum=0.0, maximum=0.95, singleStep=0.05, decimals=2)
        self.nms.setSpecialValueText(self.tr("model's own"))
        self.nms.setValue(settings.nms_iou)
        self.nms.setToolTip(self.tr("Of two boxes that overlap more than this, the better stays"))
        self.nms.valueChanged.connect(lambda value: setattr(settings, "nms_iou", value))
        self.long_side = QSpinBox(minimum=0, maximum=8192, singleStep=64, suffix=self.tr(" px"))
        self.long_side.setSpecialValueText(self.tr("model's own"))
        self.long_side.setValue(settings.long_side)
        self.long_side.setToolTip(
            self.tr("Pictures are scaled to this longer side: larger finds smaller faces, slower")
        )
        self.long_side.valueChanged.connect(lambda value: setattr(settings, "long_side", value))
        settings.changed.connect(self._show_settings)
        form = QFormLayout()
        form.setHorizontalSpacing(10)
        form.setVerticalSpacing(6)
        form.setLabelAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        for text, field in (
            (self.tr("Least score"), self.floor),
            (self.tr("NMS overlap"), self.nms),
            (self.tr("Long side"), self.long_side),
        ):
            label = QLabel(text)
            label.setBuddy(field)
            field.setAccessibleName(text)
            field.setKeyboardTracking(False)
            # The style sheet's padding does not reach the text of a spin box.
            field.lineEdit().setTextMargins(5, 0, 0, 0)
            label.setMinimumHeight(field.sizeHint().height())
            form.addRow(label, field)
        return form

    def _show_settings(self) -> None:
        """Shows what was chosen elsewhere."""
        settings = self._settings
        self.floor.setValue(settings.score_floor)
        self.nms.setValue(settings.nms_iou)
        self.long_side.setValue(settings.long_side)

    def _make_buttons(self, keymap: Keymap) -> QHBoxLayout:
        self.detect_image = QPushButton(self.tr("Detect image"))
        self.detect_image.setProperty("primary", True)
        set_tip(self.detect_image, self.tr("Find faces in this image"), keymap, "detect.image")
        self.detect_image.clicked.connect(self._detection.detect_image)
        self.detect_listed = QPushButton(self.tr("Detect listed"))
        set_tip(
            self.detect_listed, self.tr("Find faces in all listed images"), keymap, "detect.folder"
        )
        self.detect_listed.clicked.connect(self._detection.detect_listed)
        self.stop = QPushButton(self.tr("Stop"))
        set_tip(
            self.stop, self.tr("End at the next image; what was found stays"), keymap, "detect.stop"
        )
        self.stop.clicked.connect(self._detection.stop)
        # One place for both: were each shown and hidden, all three buttons would stand side by side
        # for a moment, and the dock keeps the width that they need.
        self._beginning_or_end = QStackedWidget()
        self._beginning_or_end.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self._beginning_or_end.addWidget(self.detect_listed)
        self._beginning_or_end.addWidget(self.stop)
        self.copy = QToolButton()
        self.copy.setAccessibleName(self.tr("Copy command line"))
        self.copy.setToolTip(self.tr("Copy the same detection as a command for a terminal"))
        self.copy.clicked.connect(self._copy_command)
        line = QHBoxLayout()
        line.setSpacing(6)
        line.addWidget(self.detect_image, 1)
        line.addWidget(self._beginning_or_end, 1)
        line.addWidget(self.copy)
        return line

    def _make_progress(self) -> QVBoxLayout:
        self.bar = QProgressBar(textVisible=False)
        self.bar.setAccessibleName(self.tr("Progress of the detection"))
        self.text = QLabel()
        self.text.setWordWrap(True)
        self.text.setTextFormat(Qt.TextFormat.PlainText)
        self.retry = QPushButton(self.tr("Try again"))
        self.retry.clicked.connect(self._detection.retry)
        part = QVBoxLayout()
        part.setSpacing(6)
        part.addWidget(self.bar)
        part.addWidget(self.text)
        part.addWidget(self.retry, 0, Qt.AlignmentFlag.AlignLeft)
        return part

    def _take_icons(self) -> None:
        self._browse.setIcon(self._theme.icon("folder"))
        self.copy.setIcon(self._theme.icon("copy"))

    # ---- weights ----

    def set_weights(self, paths: list[Path]) -> None:
        """Offers these files, each by its name."""
        self.weights.clear()
        for path in paths:
            self.weights.addItem(path.stem, str(path))
            self.weights.setItemData(
                self.weights.count() - 1, str(path), Qt.ItemDataRole.ToolTipRole
            )
        self._show_model()

    def set_models(self, models: Sequence["KeptModel"]) -> None:
        """Offers the models there are, and after them a chosen file that is none of them."""
        self.weights.clear()
        for model in models:
            words = [model.name]
            if model.ap is not None:
                words.append(precision(model.ap, model.pedigree.judged))
            self.weights.addItem(" · ".join(words), str(model.path))
            about = [model.date[:10], model.pedigree.source, model.hash]
            self.weights.setItemData(
                self.weights.count() - 1,
                "\n".join(filter(None, about)),
                Qt.ItemDataRole.ToolTipRole,
            )
        self._show_model()

    def _on_weights(self, index: int) -> None:
        self._detection.choose_weights(Path(self.weights.itemData(index)))

    def _show_model(self) -> None:
        weights = self._detection.weights
        if weights is not None:
            at = self.weights.findData(str(weights))
            if at < 0:
                self.weights.addItem(weights.stem, str(weights))
                at = self.weights.count() - 1
            self.weights.setCurrentIndex(at)
        model, fault = self._detection.model, self._detection.model_fault
        if model is not None:
            self._about.setText(model.description)
        elif fault is not None:
            what, why, remedy = parts(fault)
            self._about.setText(f"{what}: {why}. {remedy}.")
        else:
            self._about.setText(self.tr("No model yet: choose a weights file to detect"))
        self.weights.setEnabled(self.weights.count() > 0)
        self._show()

    # ---- progress ----

    def _show(self) -> None:
        detection = self._detection
        busy, stage = detection.is_busy, detection.stage
        self.detect_image.setEnabled(detection.can_detect)
        self.detect_listed.setEnabled(detection.can_detect)
        self._beginning_or_end.setCurrentWidget(self.stop if busy else self.detect_listed)
        self.stop.setEnabled(stage is not Stage.STOPPING)
        self.copy.setEnabled(detection.can_detect)
        self.bar.setVisible(busy)
        progress = detection.progress
        # A range of 0 to 0 is Qt's "busy, but nobody knows how far".
        self.bar.setRange(0, progress.total if progress.done else 0)
        self.bar.setValue(progress.done)
        text = self._describe()
        self.text.setText(text)
        self.text.setVisible(bool(text))
        self.retry.setVisible(not busy and stage is Stage.FAILED and detection.can_retry)

    def _describe(self) -> str:
        detection = self._detection
        progress, failure = detection.progress, detection.failure
        if not detection.is_busy:
            return "" if failure is None else told(failure.what)
        if detection.stage is Stage.STOPPING:
            return self.tr("Stopping…")
        if detection.doing:
            return detection.doing
        if not progress.done:
            return self.tr("Starting the detector…")
        locale = self.locale()
        words = [
            self.tr("{done} of {total}").format(
                done=locale.toString(progress.done), total=locale.toString(progress.total)
            )
        ]
        if progress.images_per_s is not None:
            words.append(rate(progress.images_per_s))
        if progress.left_s is not None:
            words.append(self.tr("{time} left").format(time=duration(progress.left_s)))
        return " · ".join(words)

    def _copy_command(self) -> None:
        QGuiApplication.clipboard().setText(self._detection.command_line())
