"""A folder of detections in shards, each of which is written whole or not at all.

    detection.json            model and settings that all shards share
    part-<hash>.jsonl         records of `detect --jsonl`, one line an image

A shard is named by the images in it: whoever computes it once more, after a process was killed in
the middle, replaces it by itself. So every image has one record, however often work is repeated.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tinaface.atomic import LEFTOVERS, replace_file
from tinaface.errors import DatasetError
from tinaface.predictions import Record, open_predictions

_DESCRIPTION = "detection.json"
_PATTERN = "part-*.jsonl"


@dataclass(frozen=True)
class Image:
    """One image to look at: its file, and its name in the records."""

    path: str
    name: str


@dataclass(frozen=True)
class Shard:
    """Images whose records share a file."""

    images: tuple[Image, ...]

    @property
    def file_name(self) -> str:
        names = json.dumps([image.name for image in self.images])
        return f"part-{hashlib.sha256(names.encode()).hexdigest()[:16]}.jsonl"

    def to_text(self) -> str:
        """ASCII, whatever bytes the names hold."""
        return json.dumps([[image.path, image.name] for image in self.images])

    @staticmethod
    def from_text(text: str) -> "Shard":
        """The shard that `to_text` gave."""
        return Shard(tuple(Image(path, name) for path, name in json.loads(text)))


@dataclass(frozen=True)
class ShardFolder:
    """Where the shards of one detection lie; all machines of a cluster see it."""

    path: Path

    def open(self, description: Mapping[str, object], *, resumes: bool) -> None:
        """Makes the folder ready. Raises DatasetError where it holds something else.

        Args:
            description: model and settings, plain JSON values.
            resumes: whether shards may be there already.
        """
        self.path.mkdir(parents=True, exist_ok=True)
        there = self._description()
        if there is None:
            if any(self.path.glob(_PATTERN)):
                raise self._refusal("it holds shards of an unknown model")
            replace_file(self.path / _DESCRIPTION, json.dumps(description, indent=1).encode())
            return
        if there != dict(description):
            raise self._refusal("what it holds was found by another model or with other settings")
        if not resumes and any(self.path.glob(_PATTERN)):
            raise self._refusal("it holds detections already", "Go on with them by --resume, or n")
        for leftover in self.path.glob(LEFTOVERS):
            leftover.unlink(missing_ok=True)

    def plan(self, images: Iterable[Image], size: int) -> list[Shard]:
        """The images that have no record yet, in their order, as shards of at most `size`."""
        done = set(open_predictions(self.path).images()) if any(self.path.glob(_PATTERN)) else set()
        left = [image for image in images if image.name not in done]
        return [Shard(tuple(left[at : at + size])) for at in range(0, len(left), size)]

    def write(self, shard: Shard, records: Sequence[Record]) -> None:
        """Puts a shard in its place, with one record for each of its images, in their order."""
        if [record.image for record in records] != [image.name for image in shard.images]:
            raise ValueError("a shard needs one record for each of its images, in their order")
        lines = "".join(record.to_line() + "\n" for record in records)
        replace_file(self.path / shard.file_name, lines.encode("ascii"))

    def _description(self) -> dict[str, object] | None:
        path = self.path / _DESCRIPTION
        try:
            content: dict[str, object] = json.loads(path.read_text("utf-8"))
        except FileNotFoundError:
            return None
        except (OSError, ValueError) as error:
            raise self._refusal(f"{_DESCRIPTION} cannot be read: {error}") from error
        return content

    def _refusal(self, why: str, remedy: str = "N") -> DatasetError:
        return DatasetError(
            what=f"Cannot write detections to {self.path}",
            why=why,
            remedy=f"{remedy}ame another folder with --jsonl",
        )
