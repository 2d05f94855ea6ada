"""The journal of edits: what a killed program had not saved yet can be made again from it.

One file a process and folder, one JSON record a line, only ever appended to. A record is with the
system before the edit is told to be done, so that it outlives the process; a line that a kill or
a full disk cut short is passed over. The records:

    {"journal": 1, "owner": {…}, "root": FOLDER}                       the first line
    {"open": IMAGE, "label": PATH, "fingerprint": F, "text": T}        labels as they were before
    {"edit": IMAGE, "n": 7, "after": 6, "of": 12, "splices": [[at, cut, [shape, …]], …]}
    {"saving": IMAGE, "n": 7, "fingerprint": F}                        these bytes may be the file
    {"drop": IMAGE}                                                    its edits were given up
    {"end": true}                                                      nothing is left to recover

An edit is told by how the list of shapes changed, whatever command or undo changed it. `n` counts
the edits of an image since `open`; `after` and `of` (the shapes before) say which state the
splices belong to. A shape is its place among those of `open` if it is one of them, else its JSON
text, with the white space around it where it has some.
"""

import contextlib
import errno
import json
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tinaface import labelme
from tinaface.errors import DocumentError
from tinaface.faults import check_shape
from tinaface.labelme import LabelmeDocument, Shape
from tinaface.owner import Owner, this_process

VERSION = 1
PREFIX, SUFFIX = "journal-", ".jsonl"

Splice = tuple[int, int, list[Shape]]
"""Where in the list before, how many shapes go, which take their place."""


def splices(before: Sequence[Shape], after: Sequence[Shape]) -> list[Splice]:
    """How one list of shapes became another, from its end to its start; shapes never change, so
    identity tells."""
    if len(before) == len(after):
        pairs = enumerate(zip(before, after, strict=True))
        changed = [(place, 1, [now]) for place, (old, now) in pairs if old is not now]
        return changed[::-1]
    shorter = min(len(before), len(after))
    head = 0
    while head < shorter and before[head] is after[head]:
        head += 1
    tail = 0
    while tail < shorter - head and before[-1 - tail] is after[-1 - tail]:
        tail += 1
    return [(head, len(before) - head - tail, list(after[head : len(after) - tail]))]


class JournalWriter:
    """Appends records to a new journal in `folder`. Its methods may be called from any thread.

    Raises OSError where the disk refuses: the record then may not be there.
    """

    def __init__(self, folder: Path, root: Path) -> None:
        owner = this_process()
        folder.mkdir(parents=True, exist_ok=True)
        flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_EXCL
        self.path, self._descriptor = _new_file(folder, owner.pid, flags)
        self._root = root
        self._places: dict[str, dict[int, int]] = {}
        self._bases: dict[str, LabelmeDocument] = {}  # keeps the shapes, and so their identities
        self.size = 0
        self._write({"journal": VERSION, "owner": owner.as_dict(), "root": os.path.realpath(root)})

    def open(self, image: str, label: Path, base: LabelmeDocument) -> None:
        """Tells the labels of an image as they were before its first edit."""
        try:
            where = os.path.relpath(label, self._root).replace(os.sep, "/")
        except ValueError:  # another drive
            where = str(label)
        self._bases[image] = base
        self._places[image] = {id(shape): place for place, shape in enumerate(base.shapes)}
        text = base.to_text()
        self._write({"open": image, "label": where, "fingerprint": base.fingerprint, "text": text})

    def edit(self, image: str, n: int, after: int, of: int, changes: Sequence[Splice]) -> None:
        """Tells that the shapes of an opened image changed; see the module's text."""
        places = self._places[image]
        told = [[at, cut, [_shape_record(one, places) for one in put]] for at, cut, put in changes]
        self._write({"edit": image, "n": n, "after": after, "of": of, "splices": told})

    def saving(self, image: str, n: int, fingerprint: str | None) -> None:
        """Tells that the file is about to hold the state after edit `n`; None: to be gone."""
        self._write({"saving": image, "n": n, "fingerprint": fingerprint})

    def drop(self, image: str) -> None:
        """Tells that nothing of an image is to be recovered."""
        self._bases.pop(image, None)
        self._places.pop(image, None)
        self._write({"drop": image})

    def end(self) -> None:
        """Marks the journal as of no more use and removes it."""
        with contextlib.suppress(OSError):
            self._write({"end": True})
        self.close()
        with contextlib.suppress(OSError):
            self.path.unlink(missing_ok=True)

    def close(self) -> None:
        """Closes the file and leaves it for the next start."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1

    def _write(self, record: dict[str, Any]) -> None:
        # ASCII, as half a surrogate pair in a name has no other form in a file.
        line = json.dumps(record, separators=(",", ":")).encode("ascii") + b"\n"
        if not os.fstat(self._descriptor).st_nlink:
            raise OSError(errno.ENOENT, "the journal was deleted")
        # One call a record, so that two threads never mix theirs.
        written = os.write(self._descriptor, line)
        self.size += written
        if written < len(line):
            # The next record begins a line of its own, or the cut one would take it along.
            os.write(self._descriptor, b"\n")
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def _new_file(folder: Path, pid: int, flags: int) -> tuple[Path, int]:
    number = 1
    while True:
        # An earlier process of the same number may have left one.
        name = f"{PREFIX}{pid}" + (f"-{number}" if number > 1 else "") + SUFFIX
        with contextlib.suppress(FileExistsError):
            return folder / name, os.open(folder / name, flags, 0o666)
        number += 1


def _shape_record(shape: Shape, places: Mapping[int, int]) -> int | str | list[str]:
    place = places.get(id(shape))
    if place is not None:
        return place
    if shape.lead is None and not shape.trail:
        return shape.text
    return [shape.text, shape.lead or "", shape.trail]


@dataclass(frozen=True)
class Unsaved:
    """The edits of one image that its label file lacks.

    Attributes:
        journal: where they were found.
        image: path relative to the folder, with `/`.
        edits: how many.
        document: the labels with all of them.
        there: fingerprint of the label file as it was found; None for no file.
        is_changed_since: the file is in no state that the journal knows: another program wrote
            or deleted it, and its work would be lost.
        is_cut: later edits of this image cannot be read.
    """

    journal: Path
    image: str
    label_path: Path
    edits: int
    document: LabelmeDocument
    there: str | None
    is_changed_since: bool
    is_cut: bool = False


@dataclass
class _Section:
    """What a journal tells of one image."""

    label: str
    base: LabelmeDocument
    opened: list[Shape]
    shapes: list[Shape]
    known: dict[str | None, int]
    """Fingerprints the file may have, and after which edit."""
    n: int = 0
    is_cut: bool = False

    def apply(self, record: dict[str, Any]) -> None:
        """Takes an edit over; after one that is damaged or missing none can follow."""
        if self.is_cut:
            return
        shapes = list(self.shapes)
        try:
            if record["after"] != self.n or record["of"] != len(shapes):
                raise ValueError("edits between are missing")
            for at, cut, put in record["splices"]:
                shapes[at : at + cut] = [self._shape(one) for one in put]
            self.n = int(record["n"])
        except (KeyError, IndexError, TypeError, ValueError, RecursionError):
            self.is_cut = True
        else:
            self.shapes = shapes

    def _shape(self, record: Any) -> Shape:
        if isinstance(record, int):
            return self.opened[record]
        text, lead, trail = (record, None, "") if isinstance(record, str) else record
        fields = json.loads(text)
        check_shape(fields)
        return Shape(fields, text, style=self.base.style, lead=lead, trail=trail)


@dataclass
class Journal:
    """What one journal file says.

    Attributes:
        is_ended: its process ended in order.
        damaged: how many lines could not be read.
    """

    path: Path
    owner: Owner | None = None
    root: str = ""
    is_ended: bool = False
    damaged: int = 0
    _sections: dict[str, _Section] = field(default_factory=dict)

    @property
    def is_orphan(self) -> bool:
        """Whether nobody is left who would save its edits."""
        return not self.is_ended and (self.owner is None or not self.owner.may_live)

    def unsaved(self, root: Path) -> Iterator[Unsaved]:
        """The images of the folder `root` whose files lack edits of this journal."""
        for image, section in self._sections.items():
            label_path = Path(os.path.normpath(root / section.label))
            document = section.base
            document.shapes = list(section.shapes)
            there = _fingerprint_of(label_path)
            if there is not None and there == labelme.fingerprint(document.to_text().encode()):
                continue
            edits = section.n - section.known.get(there, 0)
            if edits > 0 or (section.is_cut and section.n):
                yield Unsaved(
                    self.path,
                    image,
                    label_path,
                    max(edits, 1),
                    document,
                    there,
                    there not in section.known,
                    section.is_cut,
                )

    def _take(self, record: Any) -> None:
        if not isinstance(record, dict):
            raise ValueError("no record")
        if "journal" in record:
            self.owner = Owner.from_dict(record.get("owner"))
            self.root = str(record.get("root", ""))
        elif "open" in record:
            self._sections[record["open"]] = _section(record)
        elif "edit" in record:
            self._sections[record["edit"]].apply(record)
        elif "saving" in record:
            section = self._sections[record["saving"]]
            section.known[_fingerprint_in(record)] = int(record["n"])
        elif "drop" in record:
            self._sections.pop(record["drop"], None)
        elif record.get("end") is True:
            self.is_ended = True


def _section(record: dict[str, Any]) -> _Section:
    base = labelme.parse(str(record["text"]).encode(), str(record["open"]))
    shapes, known = list(base.shapes), {_fingerprint_in(record): 0}
    return _Section(str(record["label"]), base, shapes, list(shapes), known)


def _fingerprint_in(record: dict[str, Any]) -> str | None:
    found = record["fingerprint"]
    return None if found is None else str(found)


def read(path: Path) -> Journal:
    """What a journal says, as far as it can be read. Raises OSError if it cannot be opened."""
    journal = Journal(path)
    with path.open("rb") as file:
        for line in file:
            if not line.strip():
                continue
            try:
                journal._take(json.loads(line))
            except (ValueError, KeyError, TypeError, RecursionError, DocumentError):
                journal.damaged += 1
    return journal


def journals(folders: Sequence[Path]) -> list[Path]:
    """The journal files in these folders, the oldest first."""
    found: list[tuple[int, Path]] = []
    for folder in folders:
        with contextlib.suppress(OSError):
            for entry in os.scandir(folder):
                if entry.name.startswith(PREFIX) and entry.name.endswith(SUFFIX):
                    found.append((entry.stat().st_mtime_ns, Path(entry.path)))
    return [path for _, path in sorted(found)]


def _fingerprint_of(path: Path) -> str | None:
    try:
        return labelme.fingerprint(path.read_bytes())
    except OSError:
        return None
