"""What the list shows of an image's folder: only what tells it from the folders of others.

Where all images lie in `images`, or in `train/images` and `test/images`, that word in each row
tells nothing and takes the room of the name.
"""

from collections.abc import Iterable, Sequence
from itertools import takewhile


class FolderNames:
    """The folders of one listing, without the parts that all of them begin or end with."""

    def __init__(self) -> None:
        self._parts: dict[str, tuple[str, ...]] = {}
        self._shown: dict[str, str] = {}

    def add(self, folders: Iterable[str]) -> bool:
        """Adds folders; says whether some are new, so that all others may be shown longer now."""
        new = {folder: _parts(folder) for folder in folders if folder not in self._parts}
        if new:
            self._parts |= new
            self._shorten()
        return bool(new)

    def shown(self, folder: str) -> str:
        """A folder as it is shown before a file's name: with `/` at its end, or empty."""
        return self._shown[folder]

    def _shorten(self) -> None:
        first = _shared(list(self._parts.values()))
        rest = {folder: parts[first:] for folder, parts in self._parts.items()}
        last = _shared([parts[::-1] for parts in rest.values()])
        self._shown = {
            folder: "".join(f"{part}/" for part in parts[: len(parts) - last])
            for folder, parts in rest.items()
        }


def _parts(folder: str) -> tuple[str, ...]:
    return tuple(folder.split("/")) if folder else ()


def _shared(many: Sequence[tuple[str, ...]]) -> int:
    """With how many parts all begin."""
    return sum(1 for _ in takewhile(lambda parts: len(set(parts)) == 1, zip(*many, strict=False)))
