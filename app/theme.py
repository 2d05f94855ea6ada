"""The look of the window: a Qt palette and a style sheet made from a scheme of colours.

The canvas has colours of its own (`app/canvas/colours.py`); here are panels, bars and menus.
"""

from dataclasses import asdict
from functools import lru_cache
from pathlib import Path
from typing import TypeVar

from PySide6.QtCore import QByteArray, QObject, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QGuiApplication, QIcon, QPainter, QPalette, QPixmap
from PySide6.QtWidgets import QApplication, QStyleFactory, QWidget

from app.schemes import CONTRAST_DARK, CONTRAST_LIGHT, DARK, LIGHT, Scheme

Widget = TypeVar("Widget", bound=QWidget)

RESOURCES = Path(__file__).resolve().parents[1] / "resources"


class Theme(QObject):
    """Keeps the application in the wanted scheme, and follows the system where asked to.

    Args:
        application: gets style, palette and style sheet.
        wanted: system, light, dark or contrast.
    """

    changed = Signal()

    def __init__(self, application: QApplication, wanted: str) -> None:
        super().__init__(application)
        self._application = application
        self._wanted = wanted
        self._applied: Scheme | None = None
        application.setStyle(QStyleFactory.create("Fusion"))
        hints = application.styleHints()
        hints.colorSchemeChanged.connect(self._apply)
        if hasattr(hints, "accessibility"):  # Qt 6.10
            hints.accessibility().contrastPreferenceChanged.connect(self._apply)
        self._apply()

    @property
    def scheme(self) -> Scheme:
        """The colours in use."""
        return scheme_for(self._wanted, *system_wish())

    @property
    def wanted(self) -> str:
        """What the user chose: system, light, dark or contrast."""
        return self._wanted

    def choose(self, wanted: str) -> None:
        """Changes to system, light, dark or contrast at once."""
        self._wanted = wanted
        self._apply()

    def icon(self, name: str) -> QIcon:
        """An icon of `resources/icons` in the scheme's colours."""
        return icon(name, self.scheme)

    def _apply(self) -> None:
        scheme = self.scheme
        if scheme is self._applied:
            return
        self._applied = scheme
        self._application.setPalette(palette(scheme))
        self._application.setStyleSheet(style_sheet(scheme))
        self.changed.emit()


def system_wish() -> tuple[Qt.ColorScheme, bool]:
    """Light, dark or unknown, and whether the system asks for high contrast."""
    hints = QGuiApplication.styleHints()
    if not hasattr(hints, "accessibility"):  # Qt 6.10
        return hints.colorScheme(), False
    wish = hints.accessibility().contrastPreference()
    return hints.colorScheme(), wish is Qt.ContrastPreference.HighContrast


def scheme_for(wanted: str, system: Qt.ColorScheme, wants_contrast: bool) -> Scheme:
    """The colours for what the user (system, light, dark or contrast) and the system want."""
    if wanted == "contrast":
        return CONTRAST_LIGHT if system is Qt.ColorScheme.Light else CONTRAST_DARK
    if wanted in ("light", "dark"):
        return LIGHT if wanted == "light" else DARK
    if system is Qt.ColorScheme.Dark:
        return CONTRAST_DARK if wants_contrast else DARK
    return CONTRAST_LIGHT if wants_contrast else LIGHT


def named(widget: Widget, name: str) -> Widget:
    """The widget, known to the style sheet by this name."""
    widget.setObjectName(name)
    return widget


def palette(scheme: Scheme) -> QPalette:
    """Qt's palette in these colours."""
    role = QPalette.ColorRole
    colours = {
        role.Window: scheme.window,
        role.WindowText: scheme.text,
        role.Base: scheme.base,
        role.AlternateBase: scheme.window,
        role.Text: scheme.text,
        role.PlaceholderText: scheme.muted,
        role.Button: scheme.raised,
        role.ButtonText: scheme.text,
        role.BrightText: scheme.bad,
        role.ToolTipBase: scheme.raised,
        role.ToolTipText: scheme.text,
        role.Highlight: scheme.accent,
        role.HighlightedText: scheme.on_accent,
        role.Link: scheme.accent,
        role.LinkVisited: scheme.accent,
        role.Accent: scheme.accent,
        role.Light: scheme.hover,
        role.Midlight: scheme.hover,
        role.Mid: scheme.border,
        role.Dark: scheme.border,
        role.Shadow: scheme.border,
    }
    made = QPalette()
    for one, colour in colours.items():
        made.setColor(one, QColor(colour))
    for one in (role.WindowText, role.Text, role.ButtonText):
        made.setColor(QPalette.ColorGroup.Disabled, one, QColor(scheme.disabled))
    made.setColor(QPalette.ColorGroup.Disabled, role.Highlight, QColor(scheme.border))
    return made


def style_sheet(scheme: Scheme) -> str:
    """`resources/style.qss` with each `@name` replaced by that colour of the scheme."""
    text = (RESOURCES / "style.qss").read_text(encoding="utf-8")
    if scheme.is_contrast:
        text += (RESOURCES / "contrast.qss").read_text(encoding="utf-8")
    text = text.replace("@icons", f"{(RESOURCES / 'icons').as_posix()}")
    text = text.replace("@shade", "dark" if scheme.is_dark else "light")
    # Longest first: @base is the beginning of no other name today, but @bad is one of @bad_ground.
    for name, colour in sorted(asdict(scheme).items(), key=lambda item: -len(item[0])):
        text = text.replace(f"@{name}", str(colour))
    return text


@lru_cache(maxsize=256)
def icon(name: str, scheme: Scheme) -> QIcon:
    """An icon drawn in the scheme's text colour; grey where disabled, accent where checked."""
    made = QIcon()
    states = (
        (QIcon.Mode.Normal, QIcon.State.Off, scheme.text),
        (QIcon.Mode.Normal, QIcon.State.On, scheme.accent),
        (QIcon.Mode.Disabled, QIcon.State.Off, scheme.disabled),
        (QIcon.Mode.Disabled, QIcon.State.On, scheme.disabled),
    )
    for mode, state, colour in states:
        for side in (16, 20, 32, 40):
            made.addPixmap(pixmap(name, colour, side), mode, state)
    return made


@lru_cache(maxsize=1024)
def pixmap(name: str, colour: str, side: int) -> QPixmap:
    """One icon as `side` x `side` device pixels in one colour."""
    from PySide6.QtSvg import QSvgRenderer

    text = (RESOURCES / "icons" / f"{name}.svg").read_text(encoding="utf-8")
    renderer = QSvgRenderer(QByteArray(text.replace("currentColor", colour).encode()))
    made = QPixmap(QSize(side, side))
    made.fill(Qt.GlobalColor.transparent)
    painter = QPainter(made)
    renderer.render(painter, QRectF(0, 0, side, side))
    painter.end()
    return made
