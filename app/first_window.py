"""A second start on a folder that this user has open brings its window to the front."""

import hashlib
import json
import os
from pathlib import Path

from PySide6.QtCore import QObject, Signal
from PySide6.QtNetwork import QLocalServer, QLocalSocket

PATIENCE_MS = 1000


class FirstWindow(QObject):
    """Listens for later starts while a folder is open.

    Signals:
        wanted: a later start asks for this window; with the path of an image, or an empty text.
    """

    wanted = Signal(str)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._server = QLocalServer(self)
        self._server.setSocketOptions(QLocalServer.SocketOption.UserAccessOption)
        self._server.newConnection.connect(self._on_connection)

    def listen(self, root: Path | None) -> None:
        """Answers for this folder from now on, or for none. Only its holder may call this."""
        self._server.close()
        if root is not None:
            name = _name(root)
            QLocalServer.removeServer(name)  # of a process that was killed
            self._server.listen(name)

    def _on_connection(self) -> None:
        while (socket := self._server.nextPendingConnection()) is not None:
            socket.readyRead.connect(lambda socket=socket: self._answer(socket))
            socket.disconnected.connect(socket.deleteLater)
            if socket.bytesAvailable():
                self._answer(socket)

    def _answer(self, socket: QLocalSocket) -> None:
        if not socket.canReadLine():
            return
        try:
            image = json.loads(bytes(socket.readLine().data()))
        except ValueError:
            socket.abort()
            return
        socket.write(b"shown\n")
        socket.flush()
        self.wanted.emit(image if isinstance(image, str) else "")


def raise_for(root: Path, image: Path | None = None) -> bool:
    """Asks the window that has a folder open to come to the front; False where there is none."""
    socket = QLocalSocket()
    socket.connectToServer(_name(root))
    if not socket.waitForConnected(PATIENCE_MS):
        return False
    socket.write(json.dumps("" if image is None else os.path.abspath(image)).encode() + b"\n")
    # It answers from its event loop, so that a window that hangs is not taken for a living one.
    return socket.waitForReadyRead(PATIENCE_MS) and socket.readLine() == b"shown\n"


def _name(root: Path) -> str:
    key = hashlib.blake2b(os.fsencode(os.path.realpath(root)), digest_size=8).hexdigest()
    user = os.getuid() if hasattr(os, "getuid") else os.environ.get("USERNAME", "")
    return f"tinaface-studio-{user}-{key}"
