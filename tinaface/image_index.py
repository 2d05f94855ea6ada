"""The facts of a data set's images between two starts: one SQLite file in the user's cache folder.

It may be deleted or damaged at any time: what cannot be read is set aside and read from the images
again. Several processes may use it at once (WAL): one writes while the window reads.
"""

import contextlib
import hashlib
import logging
import os
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import platformdirs

from tinaface.errors import DatasetError
from tinaface.image_columns import FloatColumn
from tinaface.image_facts import Facts, Stamps
from tinaface.review_folder import APPLICATION

SCHEMA = 1
BATCH = 1000
_WAIT_S = 5.0

_CREATE = """
CREATE TABLE IF NOT EXISTS images (
    name BLOB PRIMARY KEY,
    bytes INTEGER, mtime_ns INTEGER, label_bytes INTEGER, label_mtime_ns INTEGER,
    width INTEGER, height INTEGER, boxes INTEGER, min_face REAL, max_face REAL,
    score REAL, fp INTEGER, fn INTEGER, cost REAL,
    error INTEGER NOT NULL, reason TEXT NOT NULL, revision INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS by_revision ON images (revision);
CREATE TABLE IF NOT EXISTS compared (basis TEXT NOT NULL);
"""
_FACTS = (
    "bytes", "mtime_ns", "label_bytes", "label_mtime_ns", "width", "height", "boxes", "min_face",
    "max_face", "error", "reason", "revision",
)  # fmt: skip
# What comes from comparing labels with predictions; the window writes it when it has compared.
COMPARED = ("score", "fp", "fn", "cost")
_COLUMNS = (
    "bytes", "mtime_ns", "width", "height", "boxes", "min_face", "max_face", "error", *COMPARED
)  # fmt: skip

log = logging.getLogger(__name__)


@dataclass(frozen=True, eq=False)
class Known:
    """Some images' facts, as columns of `ImageColumns`.

    Attributes:
        reasons: what is wrong, by name; only where something is.
        revision: the newest among them: ask for later ones next time.
    """

    names: list[str]
    values: dict[str, FloatColumn]
    reasons: dict[str, str]
    revision: int


def index_path(root: Path) -> Path:
    """Where a data set's index lies, whether it is there or not."""
    key = hashlib.blake2b(os.fsencode(os.path.realpath(root)), digest_size=8).hexdigest()
    return platformdirs.user_cache_path(APPLICATION, appauthor=False) / "index" / f"{key}.sqlite"


class ImageIndex:
    """The index of one data set; of one thread at a time.

    Attributes:
        set_aside: where a damaged file was moved to; None while all is well.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.set_aside: Path | None = None
        self._connection = self._open()

    def _open(self) -> sqlite3.Connection:
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            try:
                return self._connect()
            except sqlite3.DatabaseError as error:
                log.warning("the index %s cannot be used: %s", self.path, error)
                self._put_aside()
                return self._connect()
        except (OSError, sqlite3.Error) as error:
            raise DatasetError(
                what=f"Cannot keep an index of the images in {self.path}",
                why=str(error),
                remedy="Make the cache folder writable; until then filters know names only",
            ) from error

    def _connect(self) -> sqlite3.Connection:
        connection = sqlite3.connect(self.path, _WAIT_S, check_same_thread=False)
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = NORMAL")  # a lost index is read again
            version = connection.execute("PRAGMA user_version").fetchone()[0]
            if version not in (0, SCHEMA):
                raise sqlite3.DatabaseError(f"it is of version {version}")
            connection.executescript(_CREATE)
            connection.execute(f"PRAGMA user_version = {SCHEMA}")
            # A damaged page is found now, not in the middle of the work.
            found = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
            if found != "ok":
                raise sqlite3.DatabaseError(found)
        except sqlite3.Error:
            connection.close()
            raise
        return connection

    def _put_aside(self) -> None:
        self.set_aside = self.path.with_name(self.path.name + ".broken")
        with contextlib.suppress(FileNotFoundError):
            os.replace(self.path, self.set_aside)
        for suffix in ("-wal", "-shm"):
            self.path.with_name(self.path.name + suffix).unlink(missing_ok=True)

    def close(self) -> None:
        """Ends its use."""
        self._connection.close()

    @contextlib.contextmanager
    def _mended(self) -> Iterator[None]:
        """Begins a new file where the present one turns out to be damaged or gone."""
        try:
            yield
        except sqlite3.DatabaseError as error:
            log.warning("the index %s became unusable: %s", self.path, error)
            self._connection.close()
            self._put_aside()
            self._connection = self._open()

    # ---- asking ----

    def stamps(self) -> dict[str, Stamps]:
        """The state of the files of each image that was read."""
        with self._mended():
            rows = self._connection.execute(
                "SELECT name, bytes, mtime_ns, label_bytes, label_mtime_ns FROM images"
            )
            return {os.fsdecode(name): tuple(stamps) for name, *stamps in rows}
        return {}

    def known(self, since: int = 0, batch: int = BATCH) -> Iterator[Known]:
        """What was written after a revision, in batches in the order of writing."""
        with self._mended():
            cursor = self._connection.execute(
                f"SELECT name, reason, revision, {', '.join(_COLUMNS)} FROM images"
                " WHERE revision > ? ORDER BY revision",
                (since,),
            )
            while rows := cursor.fetchmany(batch):
                yield _known(rows)

    def compared_basis(self) -> str:
        """What the columns COMPARED were made with; empty where there are none."""
        with self._mended():
            row = self._connection.execute("SELECT basis FROM compared").fetchone()
            return "" if row is None else str(row[0])
        return ""

    # ---- writing ----

    def write(self, facts: Iterable[Facts]) -> int:
        """Notes facts, in place of earlier ones of the same images, and gives their revision."""
        revision = 0
        with self._mended(), self._connection:
            self._connection.execute("BEGIN IMMEDIATE")
            last = self._connection.execute("SELECT max(revision) FROM images").fetchone()[0]
            revision = (last or 0) + 1
            names = ", ".join(_FACTS)
            kept = ", ".join(f"{name} = excluded.{name}" for name in _FACTS)
            marks = ", ".join("?" * (len(_FACTS) + 1))
            self._connection.executemany(
                f"INSERT INTO images (name, {names}) VALUES ({marks})"
                f" ON CONFLICT (name) DO UPDATE SET {kept}",
                [
                    (
                        os.fsencode(one.name), *one.stamps, one.width, one.height, one.boxes,
                        one.min_face, one.max_face, int(one.error),
                        one.reason.encode("utf-8", "replace").decode(), revision,
                    )
                    for one in facts
                ],
            )  # fmt: skip
        return revision

    def write_compared(
        self, names: Sequence[str], values: dict[str, FloatColumn], basis: str
    ) -> None:
        """Notes what comparing labels with predictions gave; of images without facts nothing.

        Args:
            basis: names the predictions and the threshold; what was made with others is dropped.
        """
        columns = [name for name in COMPARED if name in values]
        rows = zip(
            *([None if np.isnan(value) else value for value in values[name]] for name in columns),
            (os.fsencode(name) for name in names),
            strict=True,
        )
        with self._mended(), self._connection:
            self._connection.execute("BEGIN IMMEDIATE")
            self._begin_basis(basis)
            self._connection.executemany(
                f"UPDATE images SET {', '.join(f'{name} = ?' for name in columns)} WHERE name = ?",
                list(rows),
            )

    def _begin_basis(self, basis: str) -> None:
        row = self._connection.execute("SELECT basis FROM compared").fetchone()
        if row is None or row[0] != basis:
            nothing = ", ".join(f"{name} = NULL" for name in COMPARED)
            self._connection.execute(f"UPDATE images SET {nothing}")
            self._connection.execute("DELETE FROM compared")
            self._connection.execute("INSERT INTO compared VALUES (?)", (basis,))

    def forget(self, names: Iterable[str]) -> None:
        """Drops images that are no longer there."""
        with self._mended(), self._connection:
            self._connection.executemany(
                "DELETE FROM images WHERE name = ?", [(os.fsencode(name),) for name in names]
            )


def _known(rows: list[tuple[Any, ...]]) -> Known:
    names, reasons, revisions, *columns = zip(*rows, strict=True)
    decoded = [os.fsdecode(name) for name in names]
    return Known(
        decoded,
        {
            name: np.array(column, np.float64)  # None becomes NaN
            for name, column in zip(_COLUMNS, columns, strict=True)
        },
        {name: str(reason) for name, reason in zip(decoded, reasons, strict=True) if reason},
        max(revisions),
    )
