"""The messages between application and worker: one JSON object a line.

Lines are pure ASCII: names of files that are no valid text travel as escaped surrogates and come
out unchanged on the other side, whatever the locale of either process is.
"""

import json
import types
from dataclasses import dataclass, field, fields
from typing import ClassVar, TypeAlias, get_args, get_origin, get_type_hints

from tinaface.errors import ProtocolError

# Both sides must agree exactly: they are always installed together.
VERSION = 1

# A record of 100,000 boxes has 9 MB; a longer line is no message.
MAX_LINE_BYTES = 32 * 1024 * 1024


@dataclass(frozen=True)
class Hello:
    """Application to worker, first: which version speaks."""

    kind: ClassVar[str] = "hello"
    version: int


@dataclass(frozen=True)
class Detect:
    """Application to worker: find the faces in these images.

    Attributes:
        images: paths of image files, in the order wanted.
        root: folder that `Found.image` is relative to; "" leaves the paths as given.
        weights: path of a weights file, "" for the one the program ships.
        settings: changes of the preset's own, in the words of `DetectSettings.for_preset`.
        urgent: goes before the jobs that wait, and before the rest of the one that runs.
    """

    kind: ClassVar[str] = "detect"
    job: int
    images: list[str]
    root: str
    weights: str
    settings: dict[str, object] = field(default_factory=dict)
    urgent: bool = False


@dataclass(frozen=True)
class Explain:
    """Application to worker: why was this face missed? Goes before the jobs that wait.

    Attributes:
        image: path of the image file.
        box: x0, y0, x1, y1 of the face in pixels of the upright picture.
        threshold: score below which the window shows nothing.
        weights, settings: as in Detect.
    """

    kind: ClassVar[str] = "explain"
    job: int
    image: str
    box: list[float]
    threshold: float
    weights: str
    settings: dict[str, object] = field(default_factory=dict)

    @property
    def urgent(self) -> bool:
        """A person waits for the answer."""
        return True

    @property
    def images(self) -> list[str]:
        """The one image."""
        return [self.image]


@dataclass(frozen=True)
class Cancel:
    """Application to worker: stop this job at its next image."""

    kind: ClassVar[str] = "cancel"
    job: int


@dataclass(frozen=True)
class Quit:
    """Application to worker: stop everything at the next image and exit."""

    kind: ClassVar[str] = "quit"


@dataclass(frozen=True)
class Ready:
    """Worker to application, the answer to Hello."""

    kind: ClassVar[str] = "ready"
    version: int
    pid: int


@dataclass(frozen=True)
class Loading:
    """Worker to application: something slow comes before the first image."""

    kind: ClassVar[str] = "loading"
    job: int
    what: str


@dataclass(frozen=True)
class Progress:
    """How far a job has come; sent at most ten times a second."""

    kind: ClassVar[str] = "progress"
    job: int
    done: int
    total: int


@dataclass(frozen=True)
class Found:
    """The detections of one image.

    Attributes:
        image: path relative to the job's root, `/` between its parts.
        boxes: x0, y0, x1, y1 of each face in pixels of the upright picture, best score first.
        error: {"what", "why", "remedy"} of an image that was not read, else None. One that is cut
            short has an error, and the boxes of its decodable part.
        model: hash of the weights that gave the boxes.
        mtime_ns: the image file's time of change when it was read.
        seconds: time from file to boxes.
    """

    kind: ClassVar[str] = "found"
    job: int
    image: str
    width: int
    height: int
    boxes: list[list[float]]
    scores: list[float]
    error: dict[str, str] | None = None
    model: str = ""
    mtime_ns: int = 0
    seconds: float = 0.0


@dataclass(frozen=True)
class Explained:
    """Worker to application: the best box for a missed face (`tinaface.inference.explain`).

    Attributes:
        step: what removed it, a value of `Step`.
        box, iou, score, level: the box, its overlap with the face, its score and pyramid level.
        anchor: width and height of the anchor that it started from.
        rival: the box that suppressed it; None where none did.
    """

    kind: ClassVar[str] = "explained"
    job: int
    step: str
    box: list[float]
    iou: float
    score: float
    level: int
    anchor: list[float]
    rival: list[float] | None = None
    rival_score: float = 0.0
    rival_iou: float = 0.0


@dataclass(frozen=True)
class Finished:
    """A job has ended: all done, or stopped on request after `done` images."""

    kind: ClassVar[str] = "finished"
    job: int
    done: int
    stopped: bool


@dataclass(frozen=True)
class Failed:
    """A job cannot go on. `reason` is one of oom, library, weights, protocol, error.

    `job` is 0 where the fault belongs to no job, as with a line that is no message.
    """

    kind: ClassVar[str] = "failed"
    job: int
    what: str
    why: str
    remedy: str
    reason: str = "error"


@dataclass(frozen=True)
class Heartbeat:
    """The worker lives, though it may be computing; sent every second."""

    kind: ClassVar[str] = "heartbeat"


@dataclass(frozen=True)
class Log:
    """A line for the log panel. `level` is info, warning or error."""

    kind: ClassVar[str] = "log"
    level: str
    text: str


Request: TypeAlias = Hello | Detect | Explain | Cancel | Quit
Answer: TypeAlias = (
    Ready | Loading | Progress | Found | Explained | Finished | Failed | Heartbeat | Log
)
Message: TypeAlias = Request | Answer

KINDS: dict[str, type[Message]] = {
    message.kind: message for message in (*get_args(Request), *get_args(Answer))
}
_HINTS: dict[str, dict[str, object]] = {
    kind: {one.name: get_type_hints(message)[one.name] for one in fields(message)}
    for kind, message in KINDS.items()
}


def to_line(message: Message) -> str:
    """One line of ASCII with its newline."""
    return json.dumps({"kind": message.kind, **vars(message)}, separators=(",", ":")) + "\n"


def from_line(line: str | bytes) -> Message:
    """The message in one line. Raises ProtocolError where there is none."""
    try:
        content = json.loads(line)
        message_type = KINDS[content.pop("kind")]
        _check_types(message_type, content)
        return message_type(**content)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise ProtocolError(
            what=f"Cannot read {line[:80]!r} from the other process",
            why=f"{type(error).__name__}: {error}",
            remedy="Check that application and worker are of one version",
        ) from error


def _check_types(message_type: type[Message], content: dict[str, object]) -> None:
    """Raises TypeError where a value is not of its field's type, as a stranger's line may be."""
    hints = _HINTS[message_type.kind]
    for name, value in content.items():
        if name not in hints:
            raise TypeError(f"{message_type.kind} has no field {name!r}")
        if not _fits(value, hints[name]):
            raise TypeError(f"{name} of {message_type.kind} must be {hints[name]}")


def _fits(value: object, hint: object) -> bool:
    if isinstance(hint, types.UnionType):
        return any(_fits(value, one) for one in get_args(hint))
    if hint is object:
        return True
    if hint is float:
        return isinstance(value, int | float) and not isinstance(value, bool)
    if hint is int:
        return isinstance(value, int) and not isinstance(value, bool)
    if get_origin(hint) is list:
        (item,) = get_args(hint)
        return isinstance(value, list) and all(_fits(one, item) for one in value)
    if get_origin(hint) is dict:
        _, item = get_args(hint)
        return isinstance(value, dict) and all(_fits(one, item) for one in value.values())
    return isinstance(value, hint)  # type: ignore[arg-type]  # str, bool, NoneType remain
