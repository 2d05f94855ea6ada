"""What a page shows while it has nothing to show: why, and what can be done about it."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QPushButton, QVBoxLayout, QWidget

from app.detection import Detection


class NothingYet(QWidget):
    """A sentence, and the button that detects in all listed images.

    Attributes:
        reason: the sentence.
        detect: the button.
    """

    def __init__(self, detection: Detection, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.reason = QLabel(alignment=Qt.AlignmentFlag.AlignCenter)
        self.reason.setWordWrap(True)
        self.detect = QPushButton(self.tr("Detect in all listed images"))
        self.detect.clicked.connect(detection.detect_listed)
        layout = QVBoxLayout(self)
        layout.addStretch(1)
        layout.addWidget(self.reason)
        layout.addWidget(self.detect, alignment=Qt.AlignmentFlag.AlignCenter)
        layout.addStretch(1)
