"""A listing holds what the queue holds, in its order, with both boxes and the score."""

import numpy as np

from tinaface.disagreement_listing import Listing
from tinaface.disagreement_table import DisagreementTable, State
from tinaface.disagreements import Kind, find
from tinaface.matching import match
from tinaface.queue_order import Queue

LABELS = np.array([[0, 0, 10, 10], [50, 50, 90, 90], [51, 50, 91, 90]], float)
FOUND = np.array([[0, 0, 10, 10], [200, 200, 230, 240]], float)
SCORES = np.array([0.3, 0.9])


def table(images: int = 1) -> DisagreementTable:
    made = DisagreementTable()
    candidates = find(match(FOUND, SCORES, LABELS, np.zeros(3, bool)), LABELS, FOUND)
    for image in range(images):
        made.put(image, candidates, np.full(len(candidates), State.OPEN, np.int8))
    return made


def test_it_gives_boxes_and_scores_worst_first() -> None:
    listing = table().listing(0.5, Queue(), list(Kind))

    by_kind = {(one.kind, one.xyxy): one for one in listing}
    extra = by_kind[Kind.FP, (200, 200, 230, 240)]
    assert (round(extra.score, 4), extra.partner_xyxy) == (0.9, None)
    weakly_found = by_kind[Kind.FN, (0, 0, 10, 10)]
    assert (round(weakly_found.score, 4), weakly_found.partner_xyxy) == (0.3, (0, 0, 10, 10))
    never_found = by_kind[Kind.FN, (50, 50, 90, 90)]
    assert (never_found.score, never_found.partner_xyxy) == (None, None)
    double = by_kind[Kind.DUP, (51, 50, 91, 90)]
    assert double.partner_xyxy == (50, 50, 90, 90)
    assert double.score > 0.9


def test_it_is_the_queue_in_its_order() -> None:
    made = table(3)

    listing = made.listing(0.5, Queue(), list(Kind))

    queued = made.neighbours(0.5, Queue(), None, 100)
    assert [(one.image, one.kind, one.xyxy) for one in listing] == [
        (one.image, one.kind, one.xyxy) for one in queued
    ]


def test_only_the_kinds_asked_for_are_in_it() -> None:
    assert {one.kind for one in table().listing(0.5, Queue(), [Kind.DUP])} == {Kind.DUP}
    assert len(table().listing(0.5, Queue(), [])) == 0


def test_the_places_of_others_are_found_again_and_those_gone_are_not() -> None:
    before = table(2).listing(0.5, Queue(), list(Kind))
    after = before.take(np.arange(len(before))[::-1][:-1])

    places = after.places_of(before.take(np.array([0, 1, len(before) - 1])))

    assert places.tolist() == [-1, len(before) - 2, 0]
    assert len(Listing.none().places_of(before)) == len(before)
