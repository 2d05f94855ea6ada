"""Files of weights: named arrays and a header that says which network they belong to.

The container is safetensors, which holds numbers and text and can run no code. Light: a file can
be read, described and compared without TensorFlow.
"""

import contextlib
import dataclasses
import hashlib
import os
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self

import numpy as np
import numpy.typing as npt
import safetensors
import safetensors.numpy

from tinaface.errors import CheckpointError
from tinaface.presets import Preset

SUFFIX = ".safetensors"
# Raised when a reader of an earlier version would misunderstand a file.
FORMAT = "tinaface-weights-1"

Tensors = dict[str, npt.NDArray[np.generic]]


@dataclass(frozen=True)
class WeightsHeader:
    """What a file of weights says about itself.

    Attributes:
        preset: name of the preset whose network these weights fill.
        network_hash: `Preset.network_hash` of that network when the file was written.
        norm: "group" or "batch".
        source: where the weights come from: a run, or the name of a converted file.
        source_hash: `file_hash` of the converted file.
        date: ISO 8601 day or moment of writing.
        ap: average precision on the source's validation split, if measured.
        threshold: score at which the model card promises its false alarms, if measured.
        extra: anything else, text to text.
    """

    preset: str
    network_hash: str
    norm: str
    source: str = ""
    source_hash: str = ""
    date: str = ""
    ap: float | None = None
    threshold: float | None = None
    extra: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        clash = sorted(set(self.extra) & _RESERVED)
        if clash:
            raise ValueError(f"extra may not use the header's own names: {clash}")

    @classmethod
    def of(cls, preset: Preset, **details: Any) -> Self:
        """The header of weights that fill the preset's network; `details` are the other fields."""
        return cls(preset.name, preset.network_hash, preset.norm.kind, **details)

    def remade(self, **changes: Any) -> Self:
        """The header of weights that were made of these just now, with other fields as given.

        What was measured on these, AP and threshold, no longer holds.
        """
        return dataclasses.replace(self, ap=None, threshold=None, date=now(), **changes)


def now() -> str:
    """The moment, as headers hold it."""
    return datetime.now(UTC).isoformat(timespec="seconds")


_OPTIONAL_NUMBERS = ("ap", "threshold")
_RESERVED = {"format", *(f.name for f in fields(WeightsHeader) if f.name != "extra")}


def default_weights() -> Path:
    """The weights that come with the program."""
    return Path(__file__).resolve().parents[1] / "resources" / "weights" / f"compact{SUFFIX}"


def file_hash(path: Path) -> str:
    """First 12 hex digits of the file's SHA-256. Raises CheckpointError if it cannot be read."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()[:12]
    except OSError as error:
        raise _unreadable(path, error) from error


def read_header(path: Path) -> WeightsHeader:
    """The header alone; quick for a file of any size. Raises CheckpointError."""
    with _opened(path) as file:
        return _parse_header(path, file.metadata() or {})


def read(path: Path) -> tuple[WeightsHeader, Tensors]:
    """The header and every array. Raises CheckpointError."""
    with _opened(path) as file:
        header = _parse_header(path, file.metadata() or {})
        return header, {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118


def write(
    path: Path, header: WeightsHeader, tensors: Mapping[str, npt.NDArray[np.generic]]
) -> None:
    """Writes all or nothing: a new file beside the old one, then a rename over it.

    Folders on the way are made. Raises CheckpointError.
    """
    metadata = {"format": FORMAT, **header.extra}
    for name in sorted(_RESERVED - {"format"}):
        value = getattr(header, name)
        if value is not None and value != "":
            metadata[name] = str(value)
    content = safetensors.numpy.save(
        {name: np.ascontiguousarray(tensor) for name, tensor in tensors.items()}, metadata
    )
    temporary = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(
            dir=path.parent, prefix=f".{path.name}.", delete=False
        ) as file:
            temporary = Path(file.name)
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        # A temporary file is private; weights get the rights of any new file.
        mask = os.umask(0)
        os.umask(mask)
        temporary.chmod(0o666 & ~mask)
        temporary.replace(path)
    except OSError as error:
        if temporary is not None:
            temporary.unlink(missing_ok=True)
        raise CheckpointError(
            what=f"Cannot write {path}",
            why=error.strerror or str(error),
            remedy="Choose a folder that you may write to, with space left",
        ) from error


def _unreadable(path: Path, error: Exception) -> CheckpointError:
    if isinstance(error, FileNotFoundError):
        return CheckpointError(
            what=f"Cannot read weights {path}",
            why="there is no such file",
            remedy="Check the path given as --weights",
        )
    reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return CheckpointError(
        what=f"Cannot read weights {path}",
        why=reason,
        remedy=f"Give a {SUFFIX} file that this program wrote; "
        "`python -m tinaface convert weights` makes one of a .pth file",
    )


@contextlib.contextmanager
def _opened(path: Path) -> Iterator[Any]:  # safetensors' reader has no hints
    try:
        with safetensors.safe_open(path, framework="numpy") as file:
            yield file
    except (OSError, safetensors.SafetensorError) as error:
        raise _unreadable(path, error) from error


def _parse_header(path: Path, metadata: Mapping[str, str]) -> WeightsHeader:
    def refuse(why: str) -> CheckpointError:
        return CheckpointError(
            what=f"Cannot use weights {path}",
            why=why,
            remedy="Give a file that this program wrote, or convert it with "
            "`python -m tinaface convert weights`",
        )

    if metadata.get("format") != FORMAT:
        raise refuse(f"its header names the format {metadata.get('format')!r} and not {FORMAT!r}")
    missing = [name for name in ("preset", "network_hash", "norm") if name not in metadata]
    if missing:
        raise refuse(f"its header lacks {', '.join(missing)}")
    own: dict[str, str | float] = {k: v for k, v in metadata.items() if k in _RESERVED}
    del own["format"]
    for name in _OPTIONAL_NUMBERS:
        if name in own:
            try:
                own[name] = float(own[name])
            except ValueError as error:
                raise refuse(f"its header gives {name} as {own[name]!r}") from error
    extra = {k: v for k, v in metadata.items() if k not in _RESERVED}
    return WeightsHeader(**own, extra=extra)  # type: ignore[arg-type]  # checked above, by name
