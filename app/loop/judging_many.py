"""One verdict on many disagreements of one document, as one step of its undo stack."""

from typing import TYPE_CHECKING

import numpy as np

from app.commands import Edit, Tally
from app.loop import effects
from app.loop.judging import Judge
from app.loop.verdict_book import VerdictBook
from tinaface.disagreement_listing import Listed, Listing
from tinaface.disagreement_table import Disagreement
from tinaface.queue_order import Rank
from tinaface.verdicts import Judgement, Verdict

if TYPE_CHECKING:
    from app.document import Document


class JudgeMany(Edit):
    """The share of a batch in one document: one `Judge` after the other.

    Attributes:
        verdicts: those given; known after `redo`.
    """

    def __init__(
        self,
        document: "Document",
        name: str,
        wanted: Listing,
        judgement: Judgement,
        book: VerdictBook,
        text: str,
    ) -> None:
        super().__init__(text)
        self._document, self._name, self._wanted = document, name, wanted
        self._judgement, self._book = judgement, book
        self._steps: list[Judge] | None = None

    @property
    def verdicts(self) -> list[Verdict]:
        return [step.verdict for step in self._steps or ()]

    @property
    def tally(self) -> Tally:
        return sum((step.tally for step in self._steps or ()), Tally())

    def redo(self) -> None:
        if self._steps is not None:
            for step in self._steps:
                step.redo()
            return
        self._steps = []
        for wanted in self._wanted:
            # Rows move with each step, so each is looked for where it is by then.
            one = found_in(self._document, wanted)
            if one is None or not effects.is_possible(self._document, one, self._judgement):
                continue
            verdict = Verdict(self._name, one.kind, self._judgement, one.xyxy)
            edit = effects.edit_of(self._document, one, self._judgement)
            step = Judge(self._book, verdict, edit, self.text())
            step.redo()
            self._steps.append(step)
        # What could not be judged leaves no step behind that undo would do nothing for.
        self.setObsolete(not self._steps)

    def undo(self) -> None:
        for step in reversed(self._steps or ()):
            step.undo()


def found_in(document: "Document", wanted: Listed) -> Disagreement | None:
    """A listed disagreement as it is in a document now; None where it is gone."""
    comparison = document.compared()
    if comparison is None:
        return None
    found = comparison.candidates
    is_it = (found.xyxy == np.array(wanted.xyxy, np.float32)).all(axis=1)
    is_it &= found.kind == wanted.kind
    if not is_it.any():
        return None
    at = int(np.flatnonzero(is_it)[0])
    row, partner = int(found.row[at]), int(found.partner[at])
    return Disagreement(
        0, wanted.kind, row, partner, wanted.xyxy, float(found.cost[at]), Rank(0, 0, 0, 0)
    )
