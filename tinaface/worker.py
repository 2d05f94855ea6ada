"""The process that computes for the window: requests from stdin, answers to stdout, logs to stderr.

Three threads: the main one computes, a reader takes requests at any time, and a third shows with a
heartbeat that the process lives while TensorFlow computes. A job ends, or lets an urgent one go
first, between two images only. Messages are those of `protocol.py`.
"""

import os
import signal
import sys
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import numpy as np

from tinaface import protocol, weights
from tinaface.errors import CheckpointError, MissingLibraryError, ProtocolError, TinaFaceError
from tinaface.images import read_picture
from tinaface.inference.files import FileResult, detect_files
from tinaface.inference.loading import load_predictor
from tinaface.inference.settings import DetectSettings
from tinaface.predictions import relative_name

if TYPE_CHECKING:
    from tinaface.inference.predict import Predictor

HEARTBEAT_S = 1.0
PROGRESS_EVERY_S = 0.1


def main() -> int:
    """Serves until stdin is closed or Quit comes. Gives the exit code."""
    requests, answers = _take_standard_streams()
    # Ctrl+C in a terminal reaches the whole group; the window decides what it means for us.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    worker = Worker(answers)
    threading.Thread(target=_read, args=(requests, worker), daemon=True).start()
    threading.Thread(target=_beat, args=(worker,), daemon=True).start()
    worker.run()
    return 0


def _take_standard_streams() -> tuple[BinaryIO, BinaryIO]:
    """Our own ends of stdin and stdout. What libraries print goes to stderr from here on."""
    requests = os.fdopen(os.dup(0), "rb")
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    sys.stdout = sys.stderr
    with open(os.devnull, "rb") as nothing:
        os.dup2(nothing.fileno(), 0)
    return requests, answers


def _read(requests: BinaryIO, worker: "Worker") -> None:
    for line in requests:
        worker.take(line)
    worker.close()  # the window has ended


def _beat(worker: "Worker") -> None:
    while not worker.is_closed:
        worker.send(protocol.Heartbeat())
        time.sleep(HEARTBEAT_S)


class Worker:
    """Takes requests in one thread and works them off in another.

    `run` belongs to the computing thread; everything else may be called from any.
    """

    def __init__(
        self,
        answers: BinaryIO,
        load: "Callable[[Path], Predictor]" = load_predictor,
    ) -> None:
        self._answers = answers
        self._load = load
        self._sending = threading.Lock()
        self._changed = threading.Condition()
        # All three are guarded by `_changed`.
        self._waiting: list[_Job] = []
        self._cancelled: set[int] = set()
        self._is_closed = False
        # Only the computing thread touches what is loaded: hash of the weights, and the network.
        self._loaded: tuple[str, Predictor] | None = None

    @property
    def is_closed(self) -> bool:
        """Whether the work ends at the next image."""
        return self._is_closed

    def send(self, message: protocol.Answer) -> None:
        """Writes one answer; if nobody reads any more, the work ends."""
        line = protocol.to_line(message).encode("ascii")
        try:
            with self._sending:
                self._answers.write(line)
                self._answers.flush()
        except (OSError, ValueError):
            self.close()

    def take(self, line: bytes) -> None:
        """Takes one line of input, whatever it holds."""
        try:
            message = protocol.from_line(line)
        except ProtocolError as error:
            self.send(_failed(0, error, "protocol"))
            return
        match message:
            case protocol.Hello():
                self.send(protocol.Ready(version=protocol.VERSION, pid=os.getpid()))
            case protocol.Detect() | protocol.Explain():
                self._queue(_Job(message))
            case protocol.Cancel():
                self._cancel(message.job)
            case protocol.Quit():
                self.close()
            case _:
                self.send(_failed(0, _not_a_request(message.kind), "protocol"))

    def close(self) -> None:
        """Ends the work at the next image."""
        with self._changed:
            self._is_closed = True
            self._changed.notify_all()

    def run(self) -> None:
        """Works until closed."""
        while (job := self._next()) is not None:
            self._work(job)

    # ---- the queue ----

    def _queue(self, job: "_Job") -> None:
        """Urgent jobs go before the others, both in the order they came."""
        with self._changed:
            urgent = sum(one.request.urgent for one in self._waiting)
            self._waiting.insert(urgent if job.request.urgent else len(self._waiting), job)
            self._changed.notify_all()

    def _cancel(self, number: int) -> None:
        """A job that waits ends at once, one that runs at its next image."""
        with self._changed:
            self._cancelled.add(number)
            dropped = [job for job in self._waiting if job.request.job == number]
            self._waiting = [job for job in self._waiting if job.request.job != number]
        for job in dropped:
            self.send(protocol.Finished(job=number, done=job.done, stopped=True))

    def _next(self) -> "_Job | None":
        with self._changed:
            self._changed.wait_for(lambda: self._waiting or self._is_closed)
            return None if self._is_closed else self._waiting.pop(0)

    def _gives_way(self, job: "_Job") -> bool:
        """Puts the job back if an urgent one waits; it goes on right after those."""
        with self._changed:
            urgent = sum(one.request.urgent for one in self._waiting)
            if job.request.urgent or not urgent:
                return False
            self._waiting.insert(urgent, job)
            return True

    # ---- the work ----

    def _work(self, job: "_Job") -> None:
        """Goes on with a job until its end, its fault, or an urgent one."""
        number = job.request.job
        try:
            while not self._is_closed and number not in self._cancelled:
                if isinstance(job.request, protocol.Explain):
                    self._explain(job.request)
                    self.send(protocol.Finished(job=number, done=1, stopped=False))
                    return
                if job.results is None:
                    self._begin(job, job.request)
                    continue  # loading is slow: it may have been cancelled meanwhile
                result = job.next_result()
                if result is None:
                    self.send(protocol.Finished(job=number, done=job.done, stopped=False))
                    return
                self.send(job.found(result))
                if job.is_time_to_tell():
                    progress = protocol.Progress(number, job.done, len(job.request.images))
                    self.send(progress)
                if self._gives_way(job):
                    return
            self.send(protocol.Finished(job=number, done=job.done, stopped=True))
        except TinaFaceError as error:
            self.send(_failed(number, error, _reason(error)))
        except Exception as error:  # noqa: BLE001  # one job must not end the others
            traceback.print_exc()
            if _is_out_of_memory(error):
                self.send(_failed(number, _out_of_memory(error), "oom"))
            else:
                self.send(_failed(number, _unexpected(error), "error"))

    def _begin(self, job: "_Job", request: protocol.Detect) -> None:
        job.model, predictor = self._predictor(request.job, request.weights)
        settings = DetectSettings.for_preset(predictor.preset, request.settings)
        job.results = detect_files(
            lambda rgb: predictor.detect(rgb, settings), map(Path, request.images)
        )

    def _explain(self, request: protocol.Explain) -> None:
        _, predictor = self._predictor(request.job, request.weights)
        settings = DetectSettings.for_preset(predictor.preset, request.settings)
        rgb = read_picture(Path(request.image)).rgb
        face = np.array(request.box, np.float64)
        found = predictor.explain(rgb, settings, face, request.threshold)
        self.send(
            protocol.Explained(
                job=request.job,
                step=found.step.value,
                box=list(found.xyxy),
                iou=found.iou,
                score=found.score,
                level=found.level,
                anchor=list(found.anchor),
                rival=None if found.rival is None else list(found.rival),
                rival_score=found.rival_score,
                rival_iou=found.rival_iou,
            )
        )

    def _predictor(self, job: int, wanted: str) -> "tuple[str, Predictor]":
        """Hash of the wanted weights and the network with them, loaded where it is another."""
        path = Path(wanted) if wanted else weights.default_weights()
        model = weights.file_hash(path)
        if self._loaded is None or self._loaded[0] != model:
            what = "TensorFlow" if "tensorflow" not in sys.modules else f"weights {path.name}"
            self.send(protocol.Loading(job=job, what=what))
            self._loaded = None  # the old network's memory, before the new one's
            predictor = self._load(path)
            if weights.file_hash(path) != model:
                raise CheckpointError(
                    what=f"Cannot use weights {path}",
                    why="the file changed while it was being read",
                    remedy="Try again when the program that writes it has finished",
                )
            self._loaded = model, predictor
        return self._loaded


class _Job:
    """A request and how far it has come."""

    def __init__(self, request: protocol.Detect | protocol.Explain) -> None:
        self.request = request
        self.results: Iterator[FileResult] | None = None
        self.model = ""
        self.done = 0
        self._told_at = 0.0

    def next_result(self) -> FileResult | None:
        """The result of the next image; None after the last."""
        result = None if self.results is None else next(self.results, None)
        self.done += result is not None
        return result

    def is_time_to_tell(self) -> bool:
        """Whether progress is due: at most ten times a second, and at the end."""
        now = time.monotonic()
        if now - self._told_at < PROGRESS_EVERY_S and self.done < len(self.request.images):
            return False
        self._told_at = now
        return True

    def found(self, result: FileResult) -> protocol.Found:
        """The message for one image."""
        root = "" if isinstance(self.request, protocol.Explain) else self.request.root
        error = result.error
        return protocol.Found(
            job=self.request.job,
            image=relative_name(result.path, Path(root)) if root else str(result.path),
            width=result.width or 0,
            height=result.height or 0,
            boxes=result.detections.xyxy.astype(float).round(3).tolist(),
            scores=result.detections.scores.astype(float).round(6).tolist(),
            error=error.as_dict() if error is not None else None,
            model=self.model,
            mtime_ns=result.mtime_ns,
            seconds=round(result.seconds, 4),
        )


def _failed(job: int, error: TinaFaceError, reason: str) -> protocol.Failed:
    return protocol.Failed(
        job=job, what=error.what, why=error.why, remedy=error.remedy, reason=reason
    )


def _reason(error: TinaFaceError) -> str:
    if isinstance(error, MissingLibraryError):
        return "library"
    return "weights" if isinstance(error, CheckpointError) else "error"


def _is_out_of_memory(error: Exception) -> bool:
    # TensorFlow's own error is known by its name: this module must not import TensorFlow.
    return isinstance(error, MemoryError) or type(error).__name__ == "ResourceExhaustedError"


def _out_of_memory(error: Exception) -> TinaFaceError:
    return TinaFaceError(
        what="The detector ran out of memory",
        why=_first_line(error),
        remedy="Try a smaller long side, or tiles, or close other programs",
    )


def _unexpected(error: Exception) -> TinaFaceError:
    return TinaFaceError(
        what="The detector met an error of its own",
        why=_first_line(error),
        remedy="Try again; if it happens again, report it with the log",
    )


def _not_a_request(kind: str) -> ProtocolError:
    return ProtocolError(
        what=f"A worker cannot be told {kind!r}",
        why="that is one of a worker's own answers",
        remedy="Check that application and worker are of one version",
    )


def _first_line(error: Exception) -> str:
    lines = str(error).splitlines()
    return f"{type(error).__name__}: {lines[0][:300]}" if lines else type(error).__name__
