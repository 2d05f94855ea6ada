"""The application's side of the worker: a process of its own that detects faces.

The worker starts with the first job and stays. Whatever happens to it (killed, out of memory,
hanging, printing garbage) ends in a signal here, and the next job starts a fresh one.
"""

import os
import signal
import sys
import time
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QObject, QProcess, QProcessEnvironment, QTimer, Signal

import tinaface
from app.closing import patience
from app.workers.lines import LineCutter
from tinaface import protocol
from tinaface.errors import ProtocolError

LOG_TAIL = 20


@dataclass(frozen=True)
class Patience:
    """How long the client waits before the next step. All in seconds the machine is awake.

    Attributes:
        terminate_s: from a request to stop until the worker is asked to terminate.
        kill_s: from there until it is killed.
        silence_s: without any line until the worker counts as not answering.
        tick_s: between two looks at the clock.
    """

    terminate_s: float = 5.0
    kill_s: float = 10.0
    silence_s: float = 15.0
    tick_s: float = 1.0


@dataclass(frozen=True)
class JobFailure:
    """Why a job ended, in the three parts that are shown unchanged.

    Attributes:
        job: its id; 0 where the fault belongs to no job.
        reason: oom, library, weights, protocol, error (told by the worker itself), or killed, exit,
            start (it died or never started).
        log_tail: the worker's last lines.
    """

    job: int
    what: str
    why: str
    remedy: str
    reason: str
    log_tail: tuple[str, ...] = ()


class WorkerClient(QObject):
    """Sends jobs to one worker process and turns its lines into signals.

    Signals:
        ready: the worker has said hello; its process id.
        loading: what slow thing comes before the first image.
        progress: job, images done, images in all.
        found: one `protocol.Found`, as soon as its image is done.
        explained: one `protocol.Explained`.
        finished: job, and whether it was stopped before its end.
        failed: one `JobFailure`; the job is over.
        state_changed: idle, starting, running, stopping, or dead until the next job.
        answering_changed: False while a worker with work to do gives no sign of life.
        log: level and text of a line for the log panel.
    """

    ready = Signal(int)
    loading = Signal(str)
    progress = Signal(int, int, int)
    found = Signal(object)
    explained = Signal(object)
    finished = Signal(int, bool)
    failed = Signal(object)
    state_changed = Signal(str)
    answering_changed = Signal(bool)
    log = Signal(str, str)

    def __init__(
        self,
        parent: QObject | None = None,
        *,
        command: Sequence[str] = (sys.executable, "-m", "tinaface", "worker"),
        patience: Patience = Patience(),
    ) -> None:
        super().__init__(parent)
        self._command = list(command)
        self._patience = patience
        self._process: QProcess | None = None
        self._state = "idle"
        self._is_ready = False
        self._is_answering = True
        self._is_shutting_down = False
        self._jobs: dict[int, protocol.Detect | protocol.Explain] = {}
        self._cancelled: set[int] = set()
        self._last_job = 0
        self._unsent: list[protocol.Request] = []
        self._output = LineCutter(protocol.MAX_LINE_BYTES)
        self._errors = LineCutter(64 * 1024)
        self._log_tail: deque[str] = deque(maxlen=LOG_TAIL)
        self._silence_s = 0.0
        self._stopping_s = 0.0
        self._last_tick = time.monotonic()
        self._clock = QTimer(self)
        self._clock.setInterval(round(patience.tick_s * 1000))
        self._clock.timeout.connect(self._tick)

    @property
    def state(self) -> str:
        return self._state

    @property
    def jobs(self) -> tuple[int, ...]:
        """Jobs sent and not yet ended, the oldest first."""
        return tuple(self._jobs)

    def start(self) -> None:
        """Starts the worker before there is a job; `ready` or `failed` follows."""
        if self._process is None:
            self._launch()

    def detect(
        self,
        paths: Sequence[Path],
        root: Path | None,
        weights: Path | None,
        settings: dict[str, object] | None = None,
        *,
        urgent: bool = False,
    ) -> int:
        """Queues a job and gives its id. An urgent one goes before what runs and waits.

        Args:
            paths: image files.
            root: folder that `Found.image` is relative to; None for the paths as given.
            weights: weights file; None for the one the program ships.
            settings: changes of the preset's own, in the words of `DetectSettings.for_preset`.
        """
        return self._begin(
            protocol.Detect(
                job=self._next_job(),
                images=[str(path) for path in paths],
                root="" if root is None else str(root),
                weights="" if weights is None else str(weights),
                settings=settings or {},
                urgent=urgent,
            )
        )

    def explain(
        self,
        image: Path,
        box: Sequence[float],
        threshold: float,
        weights: Path | None,
        settings: dict[str, object] | None = None,
    ) -> int:
        """Asks why a face was missed, before anything else that waits; gives the job's id."""
        return self._begin(
            protocol.Explain(
                job=self._next_job(),
                image=str(image),
                box=list(box),
                threshold=threshold,
                weights="" if weights is None else str(weights),
                settings=settings or {},
            )
        )

    @property
    def is_started(self) -> bool:
        """Whether the process is there, or on its way."""
        return self._process is not None

    def _next_job(self) -> int:
        self._last_job += 1
        return self._last_job

    def _begin(self, request: protocol.Detect | protocol.Explain) -> int:
        job = request.job
        self._jobs[job] = request
        if self._process is None:
            self._launch()  # it sends every job it finds
        else:
            self._send(request)
        if job in self._jobs:  # it may have failed to start at once
            self._show_state()
        return job

    def stop(self, job: int | None = None) -> None:
        """Asks for an end at the next image: of one job, or of all.

        A worker that has not obeyed after `terminate_s` is told to terminate, and killed after
        another `kill_s`. Results so far have been signalled already.
        """
        if self._process is None:
            return
        wanted = self._jobs.keys() if job is None else self._jobs.keys() & {job}
        for one in sorted(wanted - self._cancelled):
            if not self._cancelled:
                self._stopping_s = 0.0
            self._cancelled.add(one)
            self._send(protocol.Cancel(job=one))
        self._show_state()

    def shutdown(self, wait_s: float = 2.0) -> None:
        """Ends the worker for good, at the latest after `wait_s`; for the end of the program."""
        self._is_shutting_down = True
        self._clock.stop()
        process = self._process
        if process is None:
            return
        self._send(protocol.Quit())
        process.closeWriteChannel()
        if not process.waitForFinished(round(patience(wait_s) * 1000)):
            process.kill()
            process.waitForFinished(1000)

    # ---------------------------------------------------------------- process

    def _launch(self) -> None:
        process = QProcess(self)
        process.setProcessEnvironment(worker_environment())
        process.readyReadStandardOutput.connect(self._read_output)
        process.readyReadStandardError.connect(self._read_errors)
        process.errorOccurred.connect(self._on_error)
        process.finished.connect(self._on_exit)
        self._process = process
        self._is_ready = False
        self._is_shutting_down = False
        self._unsent = list(self._jobs.values())
        self._silence_s = 0.0
        self._output.clear()
        self._errors.clear()
        self._log_tail.clear()
        self._last_tick = time.monotonic()
        self._clock.start()
        self._set_state("starting")
        process.start(self._command[0], self._command[1:])
        process.write(protocol.to_line(protocol.Hello(version=protocol.VERSION)).encode("ascii"))

    def _send(self, request: protocol.Request) -> None:
        """Sends at once, or after the worker has proven to be of our version."""
        if not self._is_ready:
            self._unsent.append(request)
        elif self._process is not None:
            self._process.write(protocol.to_line(request).encode("ascii"))

    def _on_error(self, error: QProcess.ProcessError) -> None:
        if error is QProcess.ProcessError.FailedToStart and self._process is not None:
            why = self._process.errorString()
            self._forget_process()
            self._fail_all(
                "The detector could not be started", why, "Install the program again", "start"
            )

    def _on_exit(self, code: int, status: QProcess.ExitStatus) -> None:
        self._read_output()
        self._read_errors()
        self._take_errors(self._errors.rest())
        self._forget_process()
        if self._is_shutting_down:
            self._jobs.clear()
            self._cancelled.clear()
            self._set_state("idle")
        elif self._cancelled:
            self._note("warning", "the detector did not stop by itself and was ended")
            for job in sorted(self._cancelled):
                self._end(job)
                self.finished.emit(job, True)
            if self._jobs:  # they waited behind the one that had to be ended
                self._launch()
        else:
            self._fail_all(*_exit_reason(code, status))

    def _forget_process(self) -> None:
        if self._process is not None and self._process.state() is QProcess.ProcessState.NotRunning:
            self._process.deleteLater()
        self._process = None
        self._is_ready = False
        self._clock.stop()
        self._set_answering(True)

    def _fail_all(self, what: str, why: str, remedy: str, reason: str) -> None:
        """Every job ends with this failure; without a job it is told once, as job 0."""
        jobs, self._jobs = list(self._jobs), {}
        self._cancelled.clear()
        self._set_state("dead")
        for job in jobs or [0]:
            self.failed.emit(JobFailure(job, what, why, remedy, reason, tuple(self._log_tail)))

    # ---------------------------------------------------------------- messages

    def _read_output(self) -> None:
        if self._process is None:
            return
        for line in self._output.feed(bytes(self._process.readAllStandardOutput().data())):
            self._silence_s = 0.0
            self._set_answering(True)
            if line is None:
                self._note("warning", "a line of the worker was too long and was dropped")
                continue
            try:
                message = protocol.from_line(line)
            except ProtocolError:
                self._note("warning", f"not a message: {line[:200].decode('utf-8', 'replace')}")
                continue
            self._take(message)
            if self._process is None:
                return

    def _take(self, message: protocol.Message) -> None:
        match message:
            case protocol.Ready():
                self._welcome(message)
            case protocol.Loading():
                self.loading.emit(message.what)
            case protocol.Progress():
                self.progress.emit(message.job, message.done, message.total)
            case protocol.Found():
                self.found.emit(message)
            case protocol.Explained():
                self.explained.emit(message)
            case protocol.Finished():
                if self._end(message.job):
                    self.finished.emit(message.job, message.stopped)
            case protocol.Failed():
                if self._end(message.job) or message.job == 0:
                    self.failed.emit(
                        JobFailure(
                            message.job,
                            message.what,
                            message.why,
                            message.remedy,
                            message.reason,
                            tuple(self._log_tail),
                        )
                    )
            case protocol.Log():
                self._note(message.level, message.text)

    def _welcome(self, message: protocol.Ready) -> None:
        if message.version != protocol.VERSION:
            if self._process is not None:
                self._process.finished.disconnect(self._on_exit)
                self._process.kill()
                self._process.waitForFinished(1000)  # a killed process is gone within moments
            self._forget_process()
            self._fail_all(
                "The detector is of another version",
                f"it speaks protocol {message.version}, this window {protocol.VERSION}",
                "Install the program again, and start it from one place only",
                "protocol",
            )
            return
        self._is_ready = True
        unsent, self._unsent = self._unsent, []
        for request in unsent:
            self._send(request)
        self._show_state()
        self.ready.emit(message.pid)

    def _end(self, job: int) -> bool:
        """Strikes a job off the list; False if it was not on it."""
        if job not in self._jobs:
            return False
        del self._jobs[job]
        self._cancelled.discard(job)
        self._show_state()
        return True

    def _read_errors(self) -> None:
        if self._process is not None:
            self._take_errors(self._errors.feed(bytes(self._process.readAllStandardError().data())))

    def _take_errors(self, lines: Sequence[bytes | None]) -> None:
        for line in lines:
            if line:
                self._note("info", line.decode("utf-8", "replace"))

    def _note(self, level: str, text: str) -> None:
        self._log_tail.append(text)
        self.log.emit(level, text)

    # ---------------------------------------------------------------- time

    def _tick(self) -> None:
        """Counts the time the machine was awake: a gap far over one tick was sleep, not silence."""
        now = time.monotonic()
        awake_s = min(now - self._last_tick, 2 * self._patience.tick_s)
        self._last_tick = now
        if self._process is None:
            return
        self._silence_s += awake_s
        if self._jobs or not self._is_ready:
            self._set_answering(self._silence_s < self._patience.silence_s)
        if self._cancelled:
            before, self._stopping_s = self._stopping_s, self._stopping_s + awake_s
            kill_at = self._patience.terminate_s + self._patience.kill_s
            if before < self._patience.terminate_s <= self._stopping_s:
                self._process.terminate()
            elif before < kill_at <= self._stopping_s:
                self._process.kill()

    def _set_answering(self, is_answering: bool) -> None:
        if is_answering != self._is_answering:
            self._is_answering = is_answering
            self.answering_changed.emit(is_answering)

    def _show_state(self) -> None:
        if self._cancelled:
            self._set_state("stopping")
        elif self._process is not None and not self._is_ready:
            self._set_state("starting")
        else:
            self._set_state("running" if self._jobs else "idle")

    def _set_state(self, state: str) -> None:
        if state != self._state:
            self._state = state
            self.state_changed.emit(state)


def worker_environment() -> QProcessEnvironment:
    """Ours, with the folder of this very tinaface first, so that both sides are of one version."""
    environment = QProcessEnvironment.systemEnvironment()
    home = str(Path(tinaface.__path__[0]).parent)
    others = environment.value("PYTHONPATH", "")
    environment.insert("PYTHONPATH", os.pathsep.join(filter(None, (home, others))))
    environment.insert("PYTHONUNBUFFERED", "1")
    return environment


def _exit_reason(code: int, status: QProcess.ExitStatus) -> tuple[str, str, str, str]:
    """What, why, remedy and reason of a worker that ended unasked."""
    what = "The detector ended unexpectedly"
    if status is QProcess.ExitStatus.CrashExit:
        if hasattr(signal, "SIGKILL") and code == signal.SIGKILL:
            return (
                what,
                "ended by the system, probably out of memory",
                "Try again with a smaller long side, or close other programs",
                "killed",
            )
        if hasattr(signal, "SIGILL") and code == signal.SIGILL:
            return (
                what,
                "it met an instruction that this processor does not have",
                "TensorFlow needs a processor with AVX; detect on another computer",
                "library",
            )
        return what, f"it crashed ({_signal_name(code)})", "Try again; see the log", "exit"
    return what, f"it left with exit code {code}", "Try again; see the log", "exit"


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"code {number}"
