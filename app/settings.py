"""What the program remembers between two starts: typed names and defaults over an INI file."""

import logging
import os
from collections.abc import Callable
from pathlib import Path
from typing import Generic, TypeVar, overload

from PySide6.QtCore import QByteArray, QObject, QSettings, Signal

from app.keys.presets import LABELME, PRESETS

Value = TypeVar("Value")

VERSION = 1
# Of the folder that settings first lay in, while all else of the user already had its present name.
_EARLIER_NAME = "tinaface-studio"
RECENT_FOLDERS = 12
SAVED_FILTERS = 30

log = logging.getLogger(__name__)


class Setting(Generic[Value]):
    """One remembered value: its key in the file, its default, and what may stand there.

    Args:
        key: `section/name` in the INI file.
        default: the value where the file has none, or none that can be read.
        parse: makes the value from the file's text; raises ValueError where it makes no sense.
    """

    def __init__(self, key: str, default: Value, parse: Callable[[str], Value]) -> None:
        self.key, self.default, self._parse = key, default, parse

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = name

    @overload
    def __get__(self, settings: None, owner: type) -> "Setting[Value]": ...
    @overload
    def __get__(self, settings: "Settings", owner: type) -> Value: ...
    def __get__(self, settings: "Settings | None", owner: type) -> "Value | Setting[Value]":
        if settings is None:
            return self
        text = settings.store.value(self.key)
        if text is None:
            return self.default
        try:
            return self._parse(str(text))
        except ValueError:
            log.warning("setting %s holds %r: default used", self.key, text)
            return self.default

    def __set__(self, settings: "Settings", value: Value) -> None:
        before = self.__get__(settings, type(settings))
        if value == self.default:
            settings.store.remove(self.key)
        else:
            settings.store.setValue(self.key, str(value).lower() if value is True else str(value))
        if value != before:
            settings.changed.emit(self._name)


def _boolean(text: str) -> bool:
    if text.lower() not in ("true", "false"):
        raise ValueError(text)
    return text.lower() == "true"


def _within(low: float, high: float) -> Callable[[str], float]:
    def parse(text: str) -> float:
        value = float(text)
        if not low <= value <= high:
            raise ValueError(text)
        return value

    return parse


def _integer(low: int, high: int) -> Callable[[str], int]:
    parse = _within(low, high)
    return lambda text: int(parse(text))


def _one_of(*allowed: str) -> Callable[[str], str]:
    def parse(text: str) -> str:
        if text not in allowed:
            raise ValueError(text)
        return text

    return parse


class Settings(QObject):
    """The remembered values, each an attribute; assigning one stores it at once.

    Signals:
        changed: the name of the attribute that has another value.

    A file that Qt cannot read is renamed `NAME.broken` and defaults are used; `set_aside` then is
    its new path, and None otherwise.
    """

    changed = Signal(str)

    theme = Setting("look/theme", "system", _one_of("system", "light", "dark", "contrast"))
    language = Setting("look/language", "system", str)
    reduce_motion = Setting("look/reduce_motion", False, _boolean)
    key_preset = Setting("keys/preset", LABELME, _one_of(*PRESETS))
    chosen_keys = Setting("keys/chosen", "", str)
    tour_seen = Setting("look/tour_seen", False, _boolean)
    last_folder = Setting("files/last_folder", "", str)
    last_image = Setting("files/last_image", "", str)
    filmstrip = Setting("look/filmstrip", True, _boolean)
    image_data = Setting("files/image_data", "keep", _one_of("keep", "drop"))
    list_thumbnails = Setting("files/thumbnails", False, _boolean)
    grid_side = Setting("grid/side", 180, _integer(96, 320))
    overlay = Setting("canvas/overlay", "both", _one_of("both", "gt", "prediction", "none"))
    zoom_kept = Setting("canvas/zoom_kept", "fit", _one_of("fit", "same", "remember"))
    wheel = Setting("canvas/wheel", "zooms", _one_of("zooms", "scrolls"))
    halo = Setting("canvas/halo", True, _boolean)
    checkerboard = Setting("canvas/checkerboard", False, _boolean)
    least_side = Setting("canvas/least_side", 2, _integer(1, 16))
    next_by_itself = Setting("review/next_by_itself", True, _boolean)
    train_after = Setting("review/train_after", 50, _integer(0, 100_000))
    weights = Setting("detector/weights", "", str)
    score_floor = Setting("detector/score_floor", 0.01, _within(0.001, 0.99))
    nms_iou = Setting("detector/nms_iou", 0.0, _within(0.0, 1.0))
    long_side = Setting("detector/long_side", 0, _integer(0, 8192))

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.path = path
        self.set_aside: Path | None = None
        path.parent.mkdir(parents=True, exist_ok=True)
        self.store = QSettings(str(path), QSettings.Format.IniFormat)
        if self.store.status() is QSettings.Status.FormatError or not _is_text(path):
            self._set_aside()
        if not self.store.contains("file/version"):
            self.store.setValue("file/version", VERSION)

    @property
    def recent_folders(self) -> list[str]:
        """The folders opened last, newest first."""
        found = self.store.value("files/recent", [])
        texts = found if isinstance(found, list) else [found]
        return [str(text) for text in texts if text]

    def remember_folder(self, folder: Path) -> None:
        """Puts a folder at the head of the recent ones."""
        text = str(folder)
        others = [one for one in self.recent_folders if one != text]
        self.store.setValue("files/recent", [text, *others][:RECENT_FOLDERS])
        if text != self.last_folder:
            self.last_folder, self.last_image = text, ""

    def remember_image(self, name: str | None) -> None:
        """Notes the image to begin with next time.

        For the end, not for each image: Qt waits for the disk when it writes settings, which has
        blocked the window for 300 ms where other programs were writing.
        """
        if name is not None:
            self.last_image = name

    @property
    def saved_filters(self) -> list[str]:
        """The filters of the list of images that the user kept, newest first."""
        found = self.store.value("files/filters", [])
        texts = found if isinstance(found, list) else [found]
        return [str(text) for text in texts if text]

    @saved_filters.setter
    def saved_filters(self, filters: list[str]) -> None:
        self.store.setValue("files/filters", filters[:SAVED_FILTERS])

    def layout(self) -> tuple[QByteArray, QByteArray] | None:
        """Geometry of the window and state of its docks; None where none was stored."""
        geometry, state = self.store.value("layout/geometry"), self.store.value("layout/state")
        if isinstance(geometry, QByteArray) and isinstance(state, QByteArray):
            return geometry, state
        return None

    def set_layout(self, geometry: QByteArray, state: QByteArray) -> None:
        """Stores how the window is arranged."""
        self.store.setValue("layout/geometry", geometry)
        self.store.setValue("layout/state", state)

    def forget_layout(self) -> None:
        """The next start arranges the window as a first one does."""
        self.store.remove("layout")

    def sync(self) -> None:
        """Writes what is still in memory."""
        self.store.sync()

    def _set_aside(self) -> None:
        broken = self.path.with_name(self.path.name + ".broken")
        del self.store
        os.replace(self.path, broken)
        self.store = QSettings(str(self.path), QSettings.Format.IniFormat)
        self.set_aside = broken
        log.warning("%s could not be read and was renamed %s", self.path, broken.name)


def default_path() -> Path:
    """Where the settings live unless `--settings` names another file.

    Those of earlier versions, which lay elsewhere, are copied the first time.
    """
    from platformdirs import user_config_path

    from tinaface.atomic import replace_file
    from tinaface.review_folder import APPLICATION

    path, before = (
        user_config_path(name, appauthor=False) / "settings.ini"
        for name in (APPLICATION, _EARLIER_NAME)
    )
    if before.is_file() and not path.exists():
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            replace_file(path, before.read_bytes())
        except OSError as error:
            log.warning("%s stays in use, as it could not be copied: %s", before, error)
            return before
    return path


def _is_text(path: Path) -> bool:
    """Whether the file is absent or holds text: Qt takes binary rubbish for one odd key."""
    try:
        path.read_bytes().decode("utf-8")
    except FileNotFoundError:
        return True
    except (OSError, UnicodeDecodeError):
        return False
    return True
