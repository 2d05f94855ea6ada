"""The colours of the window: two schemes, a Qt palette and a style sheet made from them.

The canvas has colours of its own (`app/canvas/colours.py`); here are panels, bars and menus.
"""

from dataclasses import asdict, dataclass
from functools import lru_cache
from pathlib import Path
from typing import TypeVar

from PySide6.QtCore import QByteArray, QObject, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QGuiApplication, QIcon, QPainter, QPalette, QPixmap
from PySide6.QtWidgets import QApplication, QStyleFactory, QWidget

Widget = TypeVar("Widget", bound=QWidget)

RESOURCES = Path(__file__).resolve().parents[1] / "resources"


@dataclass(frozen=True)
class Scheme:
    """One set of colours, as `#RRGGBB`. Text on its ground keeps a contrast of at least 4.5:1.

    Attributes:
        window: ground of bars and panels.
        base: ground of lists, tables and fields.
        raised: ground of buttons.
        hover: ground of what lies under the pointer.
        border: lines between panels and around fields.
        text: words; `muted` words of less weight; `disabled` words that cannot be used now.
        accent: what is chosen or goes forward, with `on_accent` written on it.
        selected: ground of a chosen row.
        good, warning, bad: signs of saved, needs a look, failed; `*_ground` for message bars.
    """

    name: str
    window: str
    base: str
    raised: str
    hover: str
    border: str
    text: str
    muted: str
    disabled: str
    accent: str
    on_accent: str
    selected: str
    good: str
    warning: str
    bad: str
    info_ground: str
    warning_ground: str
    bad_ground: str

    @property
    def is_dark(self) -> bool:
        """Whether text is lighter than its ground."""
        return QColor(self.window).lightness() < 128


LIGHT = Scheme(
    name="light",
    window="#F3F4F6",
    base="#FFFFFF",
    raised="#FFFFFF",
    hover="#E6E9EE",
    border="#D3D8DF",
    text="#1B2027",
    muted="#56606D",
    disabled="#9AA2AD",
    accent="#1F66B5",
    on_accent="#FFFFFF",
    selected="#D6E6F7",
    good="#1B7F4B",
    warning="#8A5A00",
    bad="#B3261E",
    info_ground="#E3EEF9",
    warning_ground="#FDF1D8",
    bad_ground="#FBE4E2",
)
DARK = Scheme(
    name="dark",
    window="#22262D",
    base="#191C21",
    raised="#2E343D",
    hover="#343B45",
    border="#3B424D",
    text="#E5E8EC",
    muted="#A1ABB8",
    disabled="#6A7380",
    accent="#66A9EE",
    on_accent="#0E1720",
    selected="#274360",
    good="#5CC690",
    warning="#E9B44C",
    bad="#FF8A80",
    info_ground="#20344A",
    warning_ground="#423517",
    bad_ground="#4A2624",
)


class Theme(QObject):
    """Keeps the application in the wanted scheme, and follows the system where asked to.

    Args:
        application: gets style, palette and style sheet.
        wanted: system, light or dark.
    """

    changed = Signal()

    def __init__(self, application: QApplication, wanted: str) -> None:
        super().__init__(application)
        self._application = application
        self._wanted = wanted
        self._applied: Scheme | None = None
        application.setStyle(QStyleFactory.create("Fusion"))
        application.styleHints().colorSchemeChanged.connect(self._apply)
        self._apply()

    @property
    def scheme(self) -> Scheme:
        """The colours in use."""
        if self._wanted == "light":
            return LIGHT
        if self._wanted == "dark":
            return DARK
        system = QGuiApplication.styleHints().colorScheme()
        return DARK if system is Qt.ColorScheme.Dark else LIGHT

    @property
    def wanted(self) -> str:
        """What the user chose: system, light or dark."""
        return self._wanted

    def choose(self, wanted: str) -> None:
        """Changes to system, light or dark at once."""
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
    # Longest first: @base is the beginning of no other name today, but @bad is one of @bad_ground.
    for name, colour in sorted(asdict(scheme).items(), key=lambda item: -len(item[0])):
        text = text.replace(f"@{name}", colour)
    return text.replace("@icons", (RESOURCES / "icons").as_posix())


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
