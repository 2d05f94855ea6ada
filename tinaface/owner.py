"""Which process holds a lock or writes a journal, and whether it is still alive."""

import os
import socket
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_STILL_ACTIVE = 259
_QUERY_LIMITED = 0x1000
_START_TIME = 19
"""Place of a process's start time in `/proc/PID/stat`, counted behind the name in brackets."""


@dataclass(frozen=True)
class Owner:
    """One run of a process on one machine.

    Attributes:
        started: tells this run from a later one that was given the same number; empty where the
            system does not say.
    """

    host: str
    pid: int
    started: str = ""

    @property
    def is_here(self) -> bool:
        """Whether it runs, or ran, on this machine."""
        return self.host == socket.gethostname()

    @property
    def is_me(self) -> bool:
        return self == this_process()

    @property
    def may_live(self) -> bool:
        """False where it certainly has ended; another machine's process may always live."""
        if not self.is_here:
            return True
        if not _is_alive(self.pid):
            return False
        return not self.started or _start_of(self.pid) == self.started

    def as_dict(self) -> dict[str, str | int]:
        """Its fields, as JSON can hold them."""
        return {"host": self.host, "pid": self.pid, "started": self.started}

    @classmethod
    def from_dict(cls, fields: Any) -> "Owner":
        """The owner in such fields. Raises ValueError where there is none."""
        if not isinstance(fields, dict):
            raise ValueError("no owner is named")
        host, pid, started = (fields.get(key) for key in ("host", "pid", "started"))
        if not isinstance(host, str) or type(pid) is not int or not isinstance(started, str):
            raise ValueError("no owner is named")
        return cls(host, pid, started)


def this_process() -> Owner:
    """The process that asks."""
    return Owner(socket.gethostname(), os.getpid(), _start_of(os.getpid()))


def _start_of(pid: int) -> str:
    try:
        status = Path(f"/proc/{pid}/stat").read_text(errors="replace")
    except OSError:
        return ""
    # The name may hold spaces and brackets itself.
    fields = status.rpartition(")")[2].split()
    if len(fields) <= _START_TIME or fields[0] == "Z":  # killed, and nobody has asked about it
        return ""
    return fields[_START_TIME]


def _is_alive(pid: int) -> bool:
    if pid <= 0:
        return False
    if sys.platform == "win32":
        return _is_alive_on_windows(pid)
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:  # another user's
        return True
    return True


def _is_alive_on_windows(pid: int) -> bool:
    """`os.kill` would end the process there."""
    import ctypes

    kernel = getattr(ctypes, "windll").kernel32  # noqa: B009  # unknown to type checkers elsewhere
    handle = kernel.OpenProcess(_QUERY_LIMITED, False, pid)
    if not handle:
        return False
    code = ctypes.c_ulong()
    kernel.GetExitCodeProcess(handle, ctypes.byref(code))
    kernel.CloseHandle(handle)
    return code.value == _STILL_ACTIVE
