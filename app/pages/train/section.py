"""A titled part of a form, also one that can be folded away."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QToolButton, QVBoxLayout, QWidget

from app.theme import named


class Section(QWidget):
    """A title with what belongs to it below.

    Args:
        is_folded: only the title is shown until it is pressed; None for a section that never
            folds.
    """

    def __init__(
        self, title: str, is_folded: bool | None = None, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._layout = QVBoxLayout(self)
        self._layout.setContentsMargins(0, 0, 0, 0)
        self._layout.setSpacing(6)
        self.body = QWidget()
        self.content = QVBoxLayout(self.body)
        self.content.setContentsMargins(0, 0, 0, 0)
        self.content.setSpacing(4)
        if is_folded is None:
            self._layout.addWidget(named(QLabel(title), "PanelTitle"))
        else:
            self.fold = named(QToolButton(), "Fold")
            self.fold.setText(title)
            self.fold.setCheckable(True)
            self.fold.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
            self.fold.toggled.connect(self._unfold)
            self._layout.addWidget(self.fold, 0, Qt.AlignmentFlag.AlignLeft)
            self.fold.setChecked(not is_folded)
            self._unfold(not is_folded)
        self._layout.addWidget(self.body)

    def _unfold(self, is_open: bool) -> None:
        arrow = Qt.ArrowType.DownArrow if is_open else Qt.ArrowType.RightArrow
        self.fold.setArrowType(arrow)
        self.body.setVisible(is_open)
