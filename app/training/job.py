"""The training that runs, as the window sees it: started, followed, steered, and found again.

The training is a process of its own that outlives the window; all talk goes through the files of
its run folder (`tinaface/runs.py`). They are looked at once a second, beside the GUI thread.
"""

import contextlib
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import platformdirs
from PySide6.QtCore import QObject, QTimer, Signal

from app.background import Background
from app.training import notes
from app.training.detached import ExitCode, Start, start_detached
from app.training.notes import RunNotes
from app.training.plan import SPLIT_FILE, Plan
from tinaface import runs
from tinaface.errors import CheckpointError, DatasetError, TinaFaceError
from tinaface.review_folder import APPLICATION
from tinaface.run_lock import holder_of
from tinaface.runs import MetricsFollower, Request, State, Status
from tinaface.training.selection import Division
from tinaface.weights import file_hash

LOOK_EVERY_MS = 1000


def runs_folder() -> Path:
    """Where the window's runs lie; not made yet."""
    return platformdirs.user_data_path(APPLICATION, appauthor=False) / "runs"


class Training(QObject):
    """One training at a time.

    Args:
        folder: where run folders are made and looked for.
        start: starts a command beside the window, its output going to a file. Raises OSError.

    Signals:
        changed: run, status or what is being asked of the training.
        recorded: new records of `metrics.jsonl`, and whether they replace the earlier ones.
        ended: the training that was followed has come to an end, of whatever kind.
        failed: one TinaFaceError: it could not be started, or not be asked something.
    """

    changed = Signal()
    recorded = Signal(list, bool)
    ended = Signal()
    failed = Signal(object)

    def __init__(
        self, folder: Path | None = None, start: Start | None = None, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._folder = folder or runs_folder()
        self._start_process = start or start_detached
        self._run: Path | None = None
        self._notes: RunNotes | None = None
        self._status: Status | None = None
        self._records: list[dict[str, Any]] = []
        self._asked: frozenset[Request] = frozenset()
        self._is_starting = False
        self._exit_code: ExitCode = lambda: None
        self._turn = 0
        self._asking_turn = 0
        self._disk = Background("training", parent=self)
        self._clock = QTimer(self)
        self._clock.setInterval(LOOK_EVERY_MS)
        self._clock.timeout.connect(self.look)
        self._follower: MetricsFollower | None = None

    # ---- what is followed ----

    @property
    def folder(self) -> Path:
        """Where the run folders lie."""
        return self._folder

    @property
    def run(self) -> Path | None:
        """The run that is followed, at work or not."""
        return self._run

    @property
    def notes(self) -> RunNotes | None:
        """What was planned for it; None of a run that no window started."""
        return self._notes

    @property
    def status(self) -> Status | None:
        """How far it is; None before its process has said anything."""
        return self._status

    @property
    def records(self) -> list[dict[str, Any]]:
        """All of its metrics so far."""
        return self._records

    @property
    def is_starting(self) -> bool:
        """Whether it was started and has not said anything yet."""
        return self._is_starting

    @property
    def is_alive(self) -> bool:
        """Whether a training is at work, paused, or on its way."""
        return self._is_starting or (self._status is not None and self._status.state.is_alive)

    @property
    def is_paused(self) -> bool:
        """Whether it waits until it is told to go on."""
        return self._status is not None and self._status.state is State.PAUSED

    def is_asked(self, request: Request) -> bool:
        """Whether something was asked of it that it has not done yet."""
        return request in self._asked

    @property
    def can_resume(self) -> bool:
        """Whether it ended before its end and can go on."""
        return self._status is not None and self._status.state in (
            State.STOPPED,
            State.KILLED,
            State.FAILED,
        )

    @property
    def best(self) -> Path | None:
        """Its best weights so far."""
        if self._run is None or self._status is None:
            return None
        best = self._run / runs.BEST
        return best if best.is_file() else None

    # ---- commands ----

    def find(self) -> None:
        """Follows the newest run: one at work before all others. The answer comes by `changed`."""
        folder = self._folder

        def newest() -> Path | None:
            found = runs.find_runs(folder)
            return next((one for one in found if holder_of(one)), found[0] if found else None)

        def take(run: Path | None) -> None:
            if run is not None and self._run is None:
                self.follow(run)

        self._disk.run(newest, take)

    def follow(self, run: Path) -> None:
        """Shows a run; its records are read from the beginning."""
        self._begin(run, is_starting=False)
        self.look()

    def _begin(self, run: Path, *, is_starting: bool) -> None:
        self._turn += 1  # looks that are under way are of another time
        self._run, self._status, self._records = run, None, []
        self._notes, self._asked = None, frozenset()
        self._follower = MetricsFollower(run)
        self._is_starting = is_starting
        self._exit_code = lambda: None
        self.changed.emit()

    def start(self, plan: Plan, division: Division) -> None:
        """Makes a run folder and starts a training there, unless one is at work."""
        if self.is_alive:
            return
        run = self._free_folder(plan.preset)
        self._begin(run, is_starting=True)
        start = self._start_process

        def make() -> ExitCode:
            run.mkdir(parents=True)
            division.write(run / SPLIT_FILE)
            RunNotes(
                root=str(plan.root),
                start="" if plan.start is None else str(plan.start),
                start_hash="" if plan.start is None else file_hash(plan.start),
                pictures=len(division.train),
                validated=len(division.validate),
                fixed=len(division.fixed),
            ).write(run)
            return start(runs.train_command(run, plan.options(run, division)), run)

        self._disk.run(make, self._on_started, self._on_not_started)

    def resume(self) -> None:
        """Goes on with a run that ended before its end."""
        run, start = self._run, self._start_process
        if run is None or not self.can_resume:
            return
        self._begin(run, is_starting=True)

        def go_on() -> ExitCode:
            for request in Request:
                runs.withdraw(run, request)
            (run / runs.STATUS).unlink(missing_ok=True)
            return start(runs.train_command(run, {"resume": True}), run)

        self._disk.run(go_on, self._on_started, self._on_not_started)

    def stop(self) -> None:
        """Ends it with a checkpoint, after the step it is at."""
        self._ask(Request.STOP)

    def validate(self) -> None:
        """Measures now, and not only when it is due."""
        self._ask(Request.VALIDATE)

    def pause(self) -> None:
        """Lets it wait; a checkpoint is written first."""
        self._ask(Request.PAUSE)

    def go_on(self) -> None:
        """Ends a pause."""
        run = self._run
        if run is not None:
            self._asked -= {Request.PAUSE}
            self._asking_turn += 1
            self._disk.run(
                lambda: runs.withdraw(run, Request.PAUSE), lambda _: self.look(), self._tell
            )
            self.changed.emit()

    def decide(self, decision: str) -> None:
        """Remembers that the new model was kept or dropped."""
        run, written = self._run, self._notes
        if run is not None and written is not None:
            self._notes = replace(written, decided=decision)
            self._disk.run(self._notes_writer(run, self._notes), lambda _: None, self._tell)
            self.changed.emit()

    def shut_down(self, *, goes_on: bool = False, stops: bool = False) -> None:
        """Stops looking, for the end of the program; the training outlives it.

        Args:
            goes_on: end a pause first.
            stops: let it end at its next step, with a checkpoint.
        """
        self._clock.stop()
        if self._run is not None and self.is_alive:
            # One small file, and the thread may not get to it any more.
            with contextlib.suppress(OSError):
                if goes_on:
                    runs.withdraw(self._run, Request.PAUSE)
                if stops:
                    runs.ask(self._run, Request.STOP)
        self._disk.close()

    # ---- looking ----

    def look(self) -> None:
        """Reads what the training has written since the last look."""
        run, follower, turn = self._run, self._follower, self._turn
        asking_turn = self._asking_turn
        # Asked before its files are read: whoever has ended by now has written all that it will.
        is_gone = self._exit_code() is not None
        if run is None or follower is None or self._disk.pending > 1:
            return

        def read() -> tuple[Status | None, list[dict[str, Any]], bool, frozenset[Request], Any]:
            status = runs.read_status(run)
            records = follower.new_records()
            asked = frozenset(one for one in Request if runs.is_asked(run, one))
            return status, records, follower.has_restarted, asked, notes.read_notes(run)

        def take(
            found: tuple[Status | None, list[dict[str, Any]], bool, frozenset[Request], Any],
        ) -> None:
            if turn == self._turn:
                status, records, is_restarted, asked, written = found
                # What was asked while this look was under way is not in it.
                asked = asked if asking_turn == self._asking_turn else self._asked
                if status is None and is_gone and self._is_starting:
                    status = Status(State.FAILED, error=self._silent_death().as_dict())
                self._take(status, records, is_restarted, asked, written)

        self._disk.run(read, take)

    def _take(
        self,
        status: Status | None,
        records: list[dict[str, Any]],
        is_restarted: bool,
        asked: frozenset[Request],
        written: RunNotes | None,
    ) -> None:
        was_alive = self.is_alive
        if status is not None:
            self._is_starting = False
        self._status, self._asked = status, asked
        self._notes = written if written is not None else self._notes
        if records or is_restarted:
            self._records = records if is_restarted else [*self._records, *records]
            self.recorded.emit(records, is_restarted)
        self._clock.start() if self.is_alive else self._clock.stop()
        self.changed.emit()
        if was_alive and not self.is_alive:
            self.ended.emit()

    def _silent_death(self) -> TinaFaceError:
        assert self._run is not None
        printed = notes.last_lines(self._run, 3)
        return CheckpointError(
            what=self.tr("The training did not start"),
            why="; ".join(printed) or self.tr("its process ended without a word"),
            remedy=self.tr("See the log in {folder}").format(folder=self._run),
        )

    def _on_started(self, exit_code: ExitCode) -> None:
        self._exit_code = exit_code
        self._clock.start()

    def _on_not_started(self, error: Exception) -> None:
        self._is_starting = False
        if not isinstance(error, TinaFaceError):
            error = DatasetError(
                what=self.tr("The training could not be started"),
                why=str(error),
                remedy=self.tr("Make room on the disk, or choose another folder for runs"),
            )
        self._status = Status(State.FAILED, error=error.as_dict())
        self.changed.emit()
        self.failed.emit(error)

    def _ask(self, request: Request) -> None:
        run = self._run
        if run is None or not self.is_alive:
            return
        self._asked |= {request}
        self._asking_turn += 1
        self._disk.run(lambda: runs.ask(run, request), lambda _: self.look(), self._tell)
        self.changed.emit()

    def _tell(self, error: Exception) -> None:
        if not isinstance(error, TinaFaceError):
            error = CheckpointError(
                what=self.tr("The training could not be reached"),
                why=str(error),
                remedy=self.tr("Check that the run folder may be written"),
            )
        self.failed.emit(error)

    def _free_folder(self, preset: str) -> Path:
        stem = f"{time.strftime('%Y%m%d-%H%M%S')}-{preset}"
        run, number = self._folder / stem, 2
        while run.exists():
            run, number = self._folder / f"{stem}-{number}", number + 1
        return run

    @staticmethod
    def _notes_writer(run: Path, written: RunNotes) -> Callable[[], None]:
        return lambda: written.write(run)
