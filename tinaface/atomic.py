"""Replaces a file so that a reader, or a crash, meets the old content or the new, never a part."""

import errno
import os
import stat
import uuid
from pathlib import Path

# Names of the new files; a killed process leaves one.
LEFTOVERS = ".tinaface-*.tmp"


def replace_file(path: Path, data: bytes, *, is_synced: bool = True) -> None:
    """Writes `data` to `path`: a new file beside it, synced to the disk, renamed over it.

    Without `is_synced` a loss of power may leave either content or nothing; a crash of the program
    still leaves one of the two.

    The mode of an existing file is kept; a symbolic link stays and its target is replaced.
    Raises OSError, with the old file as it was and nothing left beside it; PermissionError for a
    write-protected file, which a rename alone would replace.
    """
    target = os.path.realpath(path)
    try:
        mode = stat.S_IMODE(os.stat(target).st_mode)
    except FileNotFoundError:
        mode = None
    if mode is not None and not os.access(target, os.W_OK):
        raise PermissionError(errno.EACCES, "The file is write-protected", target)
    # A short name of its own: the file's name may already be as long as the disk allows.
    temporary = os.path.join(os.path.dirname(target), f".tinaface-{uuid.uuid4().hex}.tmp")
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
    descriptor = os.open(temporary, flags, 0o666)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            if is_synced:
                file.flush()
                os.fsync(file.fileno())
        if mode is not None:
            os.chmod(temporary, mode)
        os.replace(temporary, target)
    except BaseException:
        os.unlink(temporary)
        raise
    if is_synced:
        _sync_folder(os.path.dirname(target))


def _sync_folder(folder: str) -> None:
    """Makes a rename in the folder survive a loss of power, where the system can promise it."""
    if os.name != "posix":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
