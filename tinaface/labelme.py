"""Reads and writes Labelme documents without losing anything.

A document keeps the text it was read from. What is edited is spliced into that text; every other
byte stays: unknown keys, other shapes, the order of keys, `1.0` or `1`, escapes, indentation. An
edit followed by its undo gives the file's own bytes back.

The format is labelme's (versions 3 to 7): an object with `shapes`, each with `label`, `points`,
`shape_type` and `flags`; a rectangle has two opposite corners in pixels of the upright picture.
"""

import codecs
import copy
import hashlib
import json
import os
import posixpath
import stat
from collections.abc import Callable
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import Any

from tinaface.atomic import replace_file
from tinaface.boxes import FloatArray
from tinaface.errors import DocumentError
from tinaface.faults import Notice, check_fields, notices
from tinaface.json_text import (
    MAX_DEPTH,
    Part,
    Repeats,
    Style,
    is_deeper,
    members,
    skip_space,
    with_member,
)
from tinaface.shapes import FACE, Shape, corners

__all__ = [
    "LabelmeDocument",
    "Notice",
    "Shape",
    "fingerprint",
    "new",
    "parse",
    "read",
    "relative_image_path",
    "set_aside",
    "write",
]

# The version written where a document has none: the one whose reader our tests run.
FORMAT_VERSION = "6.3.1"
# Bytes of a file's name: the limit of the file systems in use (some count letters, and allow more).
LONGEST_NAME = 255


class LabelmeDocument:
    """One Labelme file: its shapes, and the text that everything else is kept in.

    Attributes:
        shapes: in the file's order. Change it by the methods below only.
        notices: what was unusual when it was read.
        place: real path of the file it was read from or last written to; None for a new one.
    """

    def __init__(self, text: str) -> None:
        """Parses a document; called by `read`, `parse` and `new`.

        Raises ValueError if the text is no JSON or no Labelme document, naming the place or key,
        and RecursionError if it is nested beyond what the parser can follow.
        """
        repeats = Repeats()
        parts, end = members(text, skip_space(text, 0), repeats, listed="shapes")
        if skip_space(text, end) != len(text):
            raise json.JSONDecodeError("Extra data", text, end)
        self._text = text
        self._style = Style.of(text, parts)
        # Of a key given twice the last counts, as in every JSON reader.
        self._parts = {part.name: part for part in parts}
        self._edits: dict[str, Any] = {}
        self._saved_text: str | None = None
        self._fingerprint: str | None = None
        self.place: str | None = None
        shapes = self._parts.get("shapes")
        elements = shapes.value if shapes and text.startswith("[", shapes.start) else []
        for level, inner in ((1, [part for part in parts if part is not shapes]), (2, elements)):
            if any(is_deeper(text, part, MAX_DEPTH - level) for part in inner):
                raise ValueError(f"it is nested more than {MAX_DEPTH} deep")
        fields = {name: part.value for name, part in self._parts.items()}
        if elements:
            fields["shapes"] = [part.value for part in elements]
        check_fields(fields)
        self.shapes = self._read_shapes(elements)
        self._shapes_read = tuple(self.shapes)
        repeats.note([part.name for part in parts])
        self.notices = notices(
            self.version, self.has_relative_image_path, self.shapes, repeats.keys
        )

    def _read_shapes(self, parts: list[Part]) -> list[Shape]:
        text, array = self._text, self._parts["shapes"]
        end = array.end
        shapes = []
        before = array.start + 1
        for part in parts:
            comma = skip_space(text, part.end)
            is_last = comma == end - 1
            shape = Shape(
                part.value,
                text[part.start : part.end],
                style=self._style,
                lead=text[before : part.start],
                trail="" if is_last else text[part.end : comma],
            )
            shapes.append(shape)
            before = comma + 1
        self._closing = text[parts[-1].end : end - 1] if parts else ""
        return shapes

    def _value(self, key: str) -> Any:
        if key in self._edits:
            return self._edits[key]
        part = self._parts.get(key)
        return None if part is None else part.value

    # ---- what it says ----

    @property
    def version(self) -> str | None:
        version = self._value("version")
        return version if isinstance(version, str) else None

    @property
    def image_path(self) -> str | None:
        """Relative to the document's folder, with `/`; as found if it is absolute."""
        path = self._value("imagePath")
        return path.replace("\\", "/") if isinstance(path, str) and path else None

    @property
    def has_relative_image_path(self) -> bool:
        """Whether `image_path` says where the picture is on every machine."""
        path = self.image_path
        is_absolute = path is None or PurePosixPath(path).is_absolute()
        return not (is_absolute or PureWindowsPath(path or "").drive)

    def names_image(self, relative: str) -> bool:
        """Whether it says by `/` that its picture is at this relative path."""
        path = self._value("imagePath")
        return isinstance(path, str) and posixpath.normpath(path) == posixpath.normpath(relative)

    @property
    def image_size(self) -> tuple[int, int] | None:
        """Height and width as the document claims; the picture itself may differ (F08)."""
        size = (self._value("imageHeight"), self._value("imageWidth"))
        if all(type(side) is int and side > 0 for side in size):
            return size
        return None

    @property
    def has_image_data(self) -> bool:
        """Whether the picture itself is inside, as base64."""
        return bool(self._value("imageData"))

    @property
    def image_data(self) -> str | None:
        """The picture that is inside, in base64; None where there is none."""
        data = self._value("imageData")
        return data if isinstance(data, str) and data else None

    @property
    def fingerprint(self) -> str | None:
        """Hash of the bytes it was read from or last written as; None for a new document."""
        return self._fingerprint

    @property
    def style(self) -> Style:
        """The layout that new parts are written in."""
        return self._style

    def snapshot(self) -> "LabelmeDocument":
        """The document as it is now, for another thread: shapes never change, only their list."""
        snapshot = copy.copy(self)
        snapshot.shapes = list(self.shapes)
        return snapshot

    def mark_saved(self, data: bytes) -> None:
        """Tells that its file holds `data` now, which `write` made of this document."""
        self._saved_text = data.decode()
        self._fingerprint = fingerprint(data)

    @property
    def is_modified(self) -> bool:
        """Whether it differs from what was read or last written; a new one does."""
        return self.to_text() != self._saved_text

    # ---- edits ----

    def add_box(self, xyxy: FloatArray, label: str = FACE) -> int:
        """Appends a rectangle and gives its place in `shapes`."""
        fields: dict[str, Any] = {
            "label": label,
            "points": corners(xyxy),
            "group_id": None,
            "description": "",
            "shape_type": "rectangle",
            "flags": {},
            "mask": None,
        }
        self.shapes.append(Shape(fields, style=self._style))
        return len(self.shapes) - 1

    def insert_shape(self, place: int, shape: Shape) -> None:
        """Puts a shape at `place`; with one that was removed, an undo."""
        self.shapes.insert(place, shape)

    def remove_shape(self, place: int) -> Shape:
        """Takes out the shape at `place` and gives it."""
        return self.shapes.pop(place)

    def replace_shape(self, place: int, shape: Shape) -> None:
        """Puts `shape` where another stood; with the earlier one, an undo."""
        self.shapes[place] = shape

    def set_box(self, place: int, xyxy: FloatArray) -> None:
        """Moves the rectangle at `place`; one with four or five points gets two corners."""
        shape = self.shapes[place]
        if shape.box is None:
            raise ValueError(f"shape {place} is not a rectangle that can be drawn")
        self.shapes[place] = shape.with_field("points", corners(xyxy))

    def set_label(self, place: int, label: str) -> None:
        """Gives the shape at `place` another label."""
        self.shapes[place] = self.shapes[place].with_field("label", label)

    def set_flag(self, place: int, name: str, value: bool) -> None:
        """Sets a flag of the shape at `place`, such as `ignore`."""
        self.shapes[place] = self.shapes[place].with_flag(name, value)

    def set_image(self, path: str, height: int, width: int) -> None:
        """Says which picture it is about: path relative to the document, size in pixels."""
        # Another thread may be writing a copy that shares the old edits.
        edits = dict(self._edits)
        for key, value in (("imagePath", path), ("imageHeight", height), ("imageWidth", width)):
            part = self._parts.get(key)
            if part is not None and part.value == value:
                edits.pop(key, None)
            else:
                edits[key] = value
        self._edits = edits

    def drop_image_data(self) -> None:
        """Takes the picture that is inside out, if there is one; all other keys stay."""
        if self.has_image_data:
            self._edits = {**self._edits, "imageData": None}

    def drop_doubled_image(self, path: Path) -> None:
        """The same, where the image itself is there, seen from the document's file."""
        image = self.image_path
        if image is not None and (path.parent / image).is_file():
            self.drop_image_data()

    # ---- text ----

    def to_text(self) -> str:
        """The document as JSON: the text it was read from, with the edits spliced in."""
        text = self._text
        array = self._parts["shapes"]
        shapes = self._shapes_text()
        for part in sorted(self._parts.values(), key=lambda part: -part.start):
            if part is array:
                text = text[: part.start] + shapes + text[part.end :]
            elif part.name in self._edits:
                new = self._style.text(self._edits[part.name], 1)
                text = text[: part.start] + new + text[part.end :]
        added = {key: value for key, value in self._edits.items() if key not in self._parts}
        if text != self._text and "version" not in self._parts:
            added["version"] = FORMAT_VERSION
        if added:
            begin = skip_space(text, 0)
            _, end = members(text, begin, Repeats())
            inner = text[begin:end]
            for key, value in added.items():
                inner = with_member(inner, (key,), value, self._style, 1)
            text = text[:begin] + inner + text[end:]
        return text

    def _shapes_text(self) -> str:
        array = self._parts["shapes"]
        if len(self.shapes) == len(self._shapes_read) and all(
            now is read for now, read in zip(self.shapes, self._shapes_read, strict=True)
        ):
            return self._text[array.start : array.end]
        if not self.shapes:
            return "[]"
        line, indent = self._style.line, self._style.indent
        pieces = ["["]
        for place, shape in enumerate(self.shapes):
            is_first = place == 0
            pieces += ["" if is_first else ",", self._lead(shape, is_first), shape.text]
            pieces += [] if place == len(self.shapes) - 1 else [shape.trail]
        closing = self._closing if self._shapes_read else line + indent if line else ""
        return "".join([*pieces, closing, "]"])

    def _lead(self, shape: Shape, is_first: bool) -> str:
        """The white space before a shape: as it was, or as before its neighbours."""
        read = self._shapes_read
        if is_first and read:
            return read[0].lead or ""
        if shape.lead is not None and (not read or shape is not read[0]):
            return shape.lead
        if len(read) > 1:
            return read[1].lead or ""
        if self._style.line:
            return self._style.new_line(2)
        return "" if is_first else self._style.comma[1:]


def parse(data: bytes, name: str = "the document") -> LabelmeDocument:
    """The document in the bytes of a file. Raises DocumentError, which calls it `name`."""
    try:
        text, notice = _decode(data)
        document = LabelmeDocument(text)
    except (ValueError, RecursionError) as error:
        is_nested = isinstance(error, RecursionError)
        raise DocumentError(
            what=f"Cannot read {name}",
            why=f"it is nested more than {MAX_DEPTH} deep" if is_nested else str(error),
            remedy="Repair it in a text editor, or set it aside and start a new one",
        ) from error
    if notice is not None:
        document.notices.insert(0, notice)
    document._saved_text = text
    document._fingerprint = fingerprint(data)
    return document


def read(path: Path | str) -> LabelmeDocument:
    """The document in a file. Raises DocumentError if there is none or it is damaged."""
    document = parse(_read_bytes(Path(path)), str(path))
    document.place = os.path.realpath(path)
    return document


def new(image_path: str, height: int, width: int) -> LabelmeDocument:
    """A document without shapes, for a picture given relative to the document's folder."""
    fields: dict[str, Any] = {
        "version": FORMAT_VERSION,
        "flags": {},
        "shapes": [],
        "imagePath": image_path.replace(os.sep, "/"),
        "imageData": None,
        "imageHeight": height,
        "imageWidth": width,
    }
    return LabelmeDocument(Style().text(fields, 0))


def write(
    document: LabelmeDocument,
    path: Path | str,
    *,
    overwrite: bool = False,
    before: Callable[[bytes | None, bytes], object] = lambda _there, _data: None,
) -> bytes:
    """Saves a document as UTF-8: the file holds the old bytes or the new ones, never a part.

    A document that goes back to its own file, or a new one, replaces only what it was read from or
    last written as; anything else there is another program's work and raises DocumentError, unless
    `overwrite` is given. A document of another file may replace a readable one. A damaged file is
    never replaced, `set_aside` renames it. A missing folder is made: the mirrored one below
    `labels` comes with the first label in it. Gives what was written.

    Args:
        before: called with the bytes there (None where there is no file) and those to be written;
            what it raises leaves the file as it is.

    Raises DocumentError if the disk refuses.
    """
    path = Path(path)
    place = os.path.realpath(path)
    there = None
    if os.path.exists(path):
        there = _read_bytes(path)
        if fingerprint(there) != document.fingerprint:
            try:
                parse(there, str(path))
            except DocumentError as error:
                raise DocumentError(
                    what=f"Did not write {path}",
                    why=f"the file there is damaged ({error.why})",
                    remedy="Set the damaged file aside first, so that nothing in it is lost",
                ) from error
            if document.place in (None, place) and not overwrite:
                raise DocumentError(
                    what=f"Did not write {path}",
                    why="the file there is not the one that was read: another program changed it",
                    remedy="Read it again, or choose which of the two to keep",
                )
    text = document.to_text()
    try:
        data = text.encode("utf-8")
        before(there, data)
        path.parent.mkdir(parents=True, exist_ok=True)
        replace_file(path, data)
    except OSError as error:
        raise DocumentError(
            what=f"Cannot write {path}",
            why=error.strerror or str(error),
            remedy="Make the folder writable or free space on the disk, then save again",
        ) from error
    document.mark_saved(data)
    document.place = place
    return data


def set_aside(path: Path) -> Path:
    """Renames a damaged file to `NAME.broken`, or `.broken-2` and so on, and gives the new path.

    A name that would be too long for the disk loses the end of its stem.
    """
    number = 1
    while True:
        suffix = f"{path.suffix}.broken" + (f"-{number}" if number > 1 else "")
        aside = path.with_name(_shortened(path.stem, suffix) + suffix)
        if not os.path.lexists(aside):
            break
        number += 1
    try:
        return path.rename(aside)
    except OSError as error:
        raise DocumentError(
            what=f"Cannot set {path} aside",
            why=error.strerror or str(error),
            remedy="Make the folder writable, or rename the file yourself",
        ) from error


def _shortened(stem: str, suffix: str) -> str:
    # By letters, not bytes: half of one would be no name for every disk.
    while len(os.fsencode(stem + suffix)) > LONGEST_NAME:
        stem = stem[:-1]
    return stem


def relative_image_path(image: Path, document_path: Path) -> str:
    """What `imagePath` must say in a document at `document_path`: relative, with `/`."""
    relative = os.path.relpath(image.absolute(), document_path.absolute().parent)
    return relative.replace(os.sep, "/")


def _read_bytes(path: Path) -> bytes:
    try:
        # Opening a pipe would wait for a writer for ever.
        if not stat.S_ISREG(os.stat(path).st_mode):
            raise DocumentError(
                what=f"Cannot read {path}",
                why="it is not a regular file",
                remedy="Move it away, or choose another name for the labels",
            )
        return path.read_bytes()
    except (OSError, ValueError) as error:
        raise DocumentError(
            what=f"Cannot read {path}",
            why=getattr(error, "strerror", None) or str(error),
            remedy="Check that the file is there and may be read",
        ) from error


def fingerprint(data: bytes) -> str:
    """Tells one content of a file from another."""
    return hashlib.blake2b(data, digest_size=16).hexdigest()


def _decode(data: bytes) -> tuple[str, Notice | None]:
    """The text in the bytes, without a mark. Raises ValueError for a damaged UTF-16 or -32."""
    encoding = json.detect_encoding(data)
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError:
        # Zero bytes or a mark betray the wide encodings; no Latin-1 text holds them.
        if encoding not in ("utf-8", "utf-8-sig"):
            raise
        unmarked = data.removeprefix(codecs.BOM_UTF8)
        return unmarked.decode("latin-1"), Notice("F03", "not UTF-8, read as Latin-1")
    if encoding == "utf-8":
        return text, None
    # UTF-16 and -32 keep their mark as a character; utf-8-sig has dropped it.
    name = "UTF-8 with a byte order mark" if encoding == "utf-8-sig" else encoding.upper()
    return text.removeprefix("\ufeff"), Notice("F03", f"{name}, will be saved as UTF-8")
