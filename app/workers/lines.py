"""Cuts a stream of bytes into lines without ever keeping more than a limit."""


class LineCutter:
    """Collects pieces as they come; a line over the limit is dropped, told by a None."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._pieces = bytearray()
        self._is_dropping = False

    def feed(self, piece: bytes) -> list[bytes | None]:
        """The lines that this piece completes, without their newline; None for a dropped one."""
        lines: list[bytes | None] = []
        *complete, rest = piece.split(b"\n")
        for end in complete:
            if self._is_dropping or len(self._pieces) + len(end) > self._limit:
                lines.append(None)
            else:
                lines.append(bytes(self._pieces) + end)
            self.clear()
        if self._is_dropping or len(self._pieces) + len(rest) > self._limit:
            self._pieces.clear()
            self._is_dropping = True
        else:
            self._pieces += rest
        return lines

    def rest(self) -> list[bytes | None]:
        """What came after the last newline, at the end of the stream."""
        rest: list[bytes | None] = [bytes(self._pieces)] if self._pieces else []
        self.clear()
        return rest

    def clear(self) -> None:
        """Forgets what came after the last newline."""
        self._pieces.clear()
        self._is_dropping = False
