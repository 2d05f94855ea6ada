"""The control of one setting: it shows the value, and a change acts at once."""

from PySide6.QtCore import QCoreApplication, Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDoubleSpinBox,
    QHBoxLayout,
    QLabel,
    QSizePolicy,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from app.action import CONTEXT
from app.preferences.table import Choice, Number, Row, Switch
from app.settings import Settings
from app.theme import Theme, named

FIELD_WIDTH = 190


def translated(text: str) -> str:
    """A source text of the table in the user's language."""
    return QCoreApplication.translate(CONTEXT, text)


class SettingLine(QWidget):
    """Name and explanation of a setting, its control, and whether it is the default.

    Signals:
        chosen: the user chose another value.
    """

    chosen = Signal(object)

    def __init__(self, row: Row, settings: Settings, theme: Theme) -> None:
        super().__init__()
        self.row = row
        self._settings = settings
        self._theme = theme
        self._name = QLabel(translated(row.text))
        help_ = named(QLabel(translated(row.help)), "Muted")
        help_.setWordWrap(True)
        words = QVBoxLayout()
        words.setSpacing(1)
        words.addWidget(self._name)
        words.addWidget(help_)
        self.control = _control(row, self)
        self.control.setAccessibleName(translated(row.text))
        self.control.setAccessibleDescription(translated(row.help))
        self.control.setFixedWidth(FIELD_WIDTH)
        self._name.setBuddy(self.control)
        self.reset = QToolButton()
        self.reset.clicked.connect(lambda: self.chosen.emit(self._default))
        keep = self.reset.sizePolicy()
        keep.setRetainSizeWhenHidden(True)
        self.reset.setSizePolicy(keep)
        line = QHBoxLayout(self)
        line.setContentsMargins(0, 4, 0, 4)
        line.setSpacing(10)
        line.addLayout(words, 1)
        line.addWidget(self.control)
        line.addWidget(self.reset)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self.chosen.connect(lambda value: setattr(settings, row.name, value))
        settings.changed.connect(self._on_changed)
        theme.changed.connect(self._show)
        self._show()

    @property
    def _default(self) -> object:
        return getattr(type(self._settings), self.row.name).default

    def matches(self, wanted: str) -> bool:
        """Whether the words of a search are in the setting's texts."""
        texts = f"{translated(self.row.text)} {translated(self.row.help)}".casefold()
        return all(word in texts for word in wanted.casefold().split())

    def _on_changed(self, name: str) -> None:
        if name == self.row.name:
            self._show()

    def _show(self) -> None:
        value = getattr(self._settings, self.row.name)
        was_blocked = self.control.blockSignals(True)
        _show_value(self.control, value)
        self.control.blockSignals(was_blocked)
        is_default = value == self._default
        # A changed setting is marked by a bold name and the arrow back, not by colour.
        font = self._name.font()
        font.setBold(not is_default)
        self._name.setFont(font)
        self.reset.setVisible(not is_default)
        self.reset.setIcon(self._theme.icon("undo"))
        tip = self.tr("Back to the default: {value}").format(value=self._text_of(self._default))
        self.reset.setToolTip(tip)
        self.reset.setAccessibleName(tip)

    def _text_of(self, value: object) -> str:
        kind = self.row.kind
        if isinstance(kind, Choice):
            return translated(dict(kind.options)[str(value)])
        if isinstance(kind, Switch):
            return self.tr("on") if value else self.tr("off")
        assert isinstance(value, int | float)
        if kind.none and value == kind.low:
            return translated(kind.none)
        return self.locale().toString(float(value), "f", kind.decimals) + translated(kind.unit)


def _control(row: Row, line: SettingLine) -> QWidget:
    kind = row.kind
    if isinstance(kind, Switch):
        box = QCheckBox()
        box.toggled.connect(line.chosen.emit)
        return box
    if isinstance(kind, Choice):
        combo = QComboBox()
        for value, text in kind.options:
            combo.addItem(translated(text), value)
        combo.currentIndexChanged.connect(lambda at: line.chosen.emit(combo.itemData(at)))
        return combo
    return _number(kind, line)


def _number(kind: Number, line: SettingLine) -> QDoubleSpinBox:
    spin = QDoubleSpinBox(
        decimals=kind.decimals, minimum=kind.low, maximum=kind.high, singleStep=kind.step
    )
    spin.setSuffix(translated(kind.unit) if kind.unit else "")
    spin.setSpecialValueText(translated(kind.none) if kind.none else "")
    spin.setKeyboardTracking(False)
    spin.lineEdit().setTextMargins(5, 0, 0, 0)
    spin.valueChanged.connect(
        lambda value: line.chosen.emit(value if kind.decimals else round(value))
    )
    return spin


def _show_value(control: QWidget, value: object) -> None:
    if isinstance(control, QCheckBox):
        control.setChecked(bool(value))
    elif isinstance(control, QComboBox):
        control.setCurrentIndex(control.findData(value))
    elif isinstance(control, QDoubleSpinBox):
        assert isinstance(value, int | float)
        control.setValue(value)
