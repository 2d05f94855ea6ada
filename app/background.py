"""Work off the GUI thread whose result comes back to it."""

import contextlib
import logging
import queue
import threading
import time
from collections.abc import Callable
from typing import TypeVar

from PySide6.QtCore import QObject, Qt, Signal, Slot

from app.closing import patience

Result = TypeVar("Result")
Job = tuple[Callable[[], object], Callable[[object], None], Callable[[Exception], None]]

CLOSING_S = 3.0
"""How long closing waits for a job under way; decoding the largest picture takes less."""

log = logging.getLogger(__name__)


class Background(QObject):
    """Runs work in its own threads and gives each result back in the GUI thread.

    The threads are daemons: a disk that hangs must not keep the program from quitting.

    Args:
        name: name of the threads, for logs and debuggers.
        threads: how many jobs may run at once; 1 keeps them in order.
        newest_first: the latest job goes before those that wait.
    """

    _done = Signal(object)

    def __init__(
        self, name: str, threads: int = 1, newest_first: bool = False, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._jobs: queue.Queue[Job | None] = queue.LifoQueue() if newest_first else queue.Queue()
        self._pending = 0  # counted in the GUI thread only
        self._done.connect(self._deliver, Qt.ConnectionType.QueuedConnection)
        self._threads = [
            threading.Thread(target=self._work, name=f"{name}-{number}", daemon=True)
            for number in range(threads)
        ]
        for thread in self._threads:
            thread.start()

    def run(
        self,
        work: Callable[[], Result],
        then: Callable[[Result], None],
        failed: Callable[[Exception], None] | None = None,
    ) -> None:
        """Calls `work` in a thread, then `then(result)`, or `failed(error)`, in this one."""
        self._pending += 1
        self._jobs.put((work, then, failed or self._report))  # type: ignore[arg-type]  # Result is the job's own

    @property
    def pending(self) -> int:
        """Jobs whose result has not been given back yet."""
        return self._pending

    def drain(self, timeout_s: float) -> bool:
        """Waits for all jobs, delivering their results; False where time ran out first."""
        from PySide6.QtCore import QEventLoop, QTimer

        deadline = time.monotonic() + patience(timeout_s)
        while self._pending and time.monotonic() < deadline:
            loop = QEventLoop()
            self._done.connect(loop.quit, Qt.ConnectionType.QueuedConnection)
            QTimer.singleShot(50, loop.quit)
            loop.exec(QEventLoop.ProcessEventsFlag.ExcludeUserInputEvents)
        return self._pending == 0

    def close(self, timeout_s: float = CLOSING_S) -> bool:
        """Drops the jobs that wait and ends the threads; False where one is still at work.

        A thread must not be inside Qt while the program is taken down: that crashes.
        """
        with contextlib.suppress(queue.Empty):
            while True:
                self._jobs.get_nowait()
        for _ in self._threads:
            self._jobs.put(None)
        deadline = time.monotonic() + patience(timeout_s)
        for thread in self._threads:
            thread.join(max(deadline - time.monotonic(), 0))
        return not any(thread.is_alive() for thread in self._threads)

    def _work(self) -> None:
        while (job := self._jobs.get()) is not None:
            work, then, failed = job
            try:
                result = work()
            except Exception as error:  # noqa: BLE001  # one job's fault is told to its owner
                self._send(failed, error)
            else:
                self._send(then, result)

    def _send(self, receiver: Callable[..., None], value: object) -> None:
        try:
            self._done.emit((receiver, value))
        except RuntimeError:  # the window closed while this job ran: nobody is left to tell
            log.debug("a result came after its receiver was gone")

    @Slot(object)
    def _deliver(self, delivery: tuple[Callable[[object], None], object]) -> None:
        receiver, value = delivery
        self._pending -= 1
        receiver(value)

    @staticmethod
    def _report(error: Exception) -> None:
        log.error("background work failed", exc_info=error)
