"""The one tree of errors that a user may meet.

    TinaFaceError
    ├── DocumentError     a Labelme file cannot be read or written
    ├── DatasetError      a folder, list or image cannot be used
    ├── CheckpointError   weights, or a run's folder, cannot be used
    ├── ProtocolError     application and worker do not understand each other
    └── MissingLibraryError  a library is missing or known to be broken

Each carries three sentences: what happened (with path and key), why, and what to do.
A caller's own mistake is a ValueError, not one of these.
"""


class TinaFaceError(Exception):
    """An error with three parts, shown to the user unchanged."""

    def __init__(self, *, what: str, why: str, remedy: str) -> None:
        super().__init__(f"{what}: {why}. {remedy}.")
        self.what = what
        self.why = why
        self.remedy = remedy

    def as_dict(self) -> dict[str, str]:
        """The three parts, as they travel in messages and records."""
        return {"what": self.what, "why": self.why, "remedy": self.remedy}


class DocumentError(TinaFaceError):
    """A Labelme file cannot be read or written."""


class DatasetError(TinaFaceError):
    """A folder, a list file or an image cannot be used."""


class CheckpointError(TinaFaceError):
    """Weights, or the folder of a run, cannot be used."""


class ProtocolError(TinaFaceError):
    """Application and worker do not understand each other."""


class MissingLibraryError(TinaFaceError):
    """A library is missing, too old, or known to be broken."""
