"""The detections that were asked for: what the worker has, and what waits for it here.

The worker gets one job at a time and whatever is urgent, so that those that wait can change places.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(eq=False)
class DetectionJob:
    """Some images of a folder to find faces in.

    Attributes:
        number: tells it from the others, as long as the window is open.
        options: as `Detection.options` gave them when it was asked for.
        is_urgent: goes before everything else, also what is at work.
        open: names of the images that are not done, in order (an ordered set).
        sent_as: the worker's number of it; None while it waits.
    """

    number: int
    root: Path
    names: Sequence[str]
    weights: Path
    options: dict[str, object]
    is_urgent: bool
    open: dict[str, None] = field(init=False)
    sent_as: int | None = None

    def __post_init__(self) -> None:
        self.open = dict.fromkeys(self.names)

    @property
    def total(self) -> int:
        return len(self.names)

    @property
    def done(self) -> int:
        return self.total - len(self.open)


class DetectionQueue:
    """Keeps the jobs in order. It sends nothing itself: `next` says what is to be sent.

    Attributes:
        waiting: those to come, the next one first.
        held: those after them that wait until somebody says `release`: for the end of a training.
    """

    def __init__(self) -> None:
        self._sent: dict[int, DetectionJob] = {}
        self.waiting: list[DetectionJob] = []
        self.held: list[DetectionJob] = []

    @property
    def at_work(self) -> list[DetectionJob]:
        """Those that the worker has, the oldest first."""
        return list(self._sent.values())

    @property
    def active(self) -> list[DetectionJob]:
        """All that will be done without anybody's doing."""
        return [*self.at_work, *self.waiting]

    def find(self, sent_as: int) -> DetectionJob | None:
        """The job that the worker knows by a number."""
        return self._sent.get(sent_as)

    def sent(self, job: DetectionJob, sent_as: int) -> None:
        """The worker has it now."""
        job.sent_as = sent_as
        self._sent[sent_as] = job

    def ended(self, sent_as: int) -> DetectionJob | None:
        """Strikes off what the worker has done; None of what is none of these."""
        return self._sent.pop(sent_as, None)

    def next(self) -> DetectionJob | None:
        """Takes the next one from those that wait, unless one that is not urgent is at work."""
        if not self.waiting or any(not job.is_urgent for job in self._sent.values()):
            return None
        return self.waiting.pop(0)

    def arrange(self, waiting: Iterable[int], held: Iterable[int]) -> None:
        """Gives those that wait another order, by their numbers."""
        known = {job.number: job for job in (*self.waiting, *self.held)}
        self.held = [known.pop(number) for number in held if number in known]
        first = [known.pop(number) for number in waiting if number in known]
        self.waiting = [*first, *known.values()]

    def release(self) -> None:
        """Nothing is held any more."""
        self.waiting += self.held
        self.held = []

    def drop(self, number: int) -> bool:
        """Removes one that waits; False where it does not."""
        before = len(self.waiting) + len(self.held)
        self.waiting = [job for job in self.waiting if job.number != number]
        self.held = [job for job in self.held if job.number != number]
        return len(self.waiting) + len(self.held) < before

    def drop_all(self) -> list[DetectionJob]:
        """Removes all that wait and gives them."""
        dropped = [*self.waiting, *self.held]
        self.waiting, self.held = [], []
        return dropped
