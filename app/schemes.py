"""The colours of panels, bars and menus: light, dark, and both with high contrast."""

from dataclasses import dataclass

from PySide6.QtGui import QColor


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

    is_contrast: bool = False

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
CONTRAST_LIGHT = Scheme(
    name="contrast-light",
    window="#FFFFFF",
    base="#FFFFFF",
    raised="#FFFFFF",
    hover="#E0E0E0",
    border="#000000",
    text="#000000",
    muted="#1F1F1F",
    disabled="#5A5A5A",
    accent="#00309C",
    on_accent="#FFFFFF",
    selected="#CFE3FF",
    good="#00512B",
    warning="#5F3B00",
    bad="#8F0000",
    info_ground="#FFFFFF",
    warning_ground="#FFFFFF",
    bad_ground="#FFFFFF",
    is_contrast=True,
)
CONTRAST_DARK = Scheme(
    name="contrast-dark",
    window="#000000",
    base="#000000",
    raised="#000000",
    hover="#333333",
    border="#FFFFFF",
    text="#FFFFFF",
    muted="#E6E6E6",
    disabled="#9C9C9C",
    accent="#FFD900",
    on_accent="#000000",
    selected="#003B75",
    good="#7CFFB2",
    warning="#FFD27A",
    bad="#FFA9A1",
    info_ground="#000000",
    warning_ground="#000000",
    bad_ground="#000000",
    is_contrast=True,
)
