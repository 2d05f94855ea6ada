"""Suspicions are laid beside the disagreements that they are about."""

import numpy as np

from tinaface.disagreement_table import DisagreementTable, State
from tinaface.disagreements import Kind, find
from tinaface.matching import match
from tinaface.queue_order import Order, Queue
from tinaface.suspicion.suspecter import Suspicion

LABELS = np.array([[0, 0, 10, 10], [50, 50, 90, 90], [51, 50, 91, 90]], float)
FOUND = np.array([[200, 200, 230, 240], [300, 200, 330, 240]], float)


def table(*images: list[Suspicion]) -> DisagreementTable:
    made = DisagreementTable()
    matching = match(FOUND, np.array([0.9, 0.8]), LABELS, np.zeros(3, bool))
    candidates = find(matching, LABELS, FOUND)
    for image, suspicions in enumerate(images):
        made.put(image, candidates, np.full(len(candidates), State.OPEN, np.int8))
        made.suspect(image, suspicions)
    return made


def order(made: DisagreementTable) -> list[tuple[int, Kind, tuple[float, ...]]]:
    queued = made.neighbours(0.5, Queue(Order.SUSPICION), None, 100)
    return [(one.image, one.kind, one.xyxy) for one in queued]


def test_the_most_suspicious_come_first_and_the_rest_by_cost() -> None:
    made = table(
        [Suspicion("a", "missing", 0.3, (300, 200, 330, 240), detection=1)],
        [Suspicion("b", "spurious", 0.7, (0, 0, 10, 10), row=0)],
    )

    found = order(made)

    assert found[:2] == [
        (1, Kind.FN, (0, 0, 10, 10)),
        (0, Kind.FP, (300, 200, 330, 240)),
    ]
    assert found[2:4] == [
        (0, Kind.DUP, (51, 50, 91, 90)),
        (1, Kind.DUP, (51, 50, 91, 90)),
    ]


def test_a_label_that_repeats_an_other_is_found_at_their_disagreement_either_way() -> None:
    for row in (1, 2):
        box = tuple(LABELS[row].tolist())
        made = table([Suspicion("a", "duplicate", 0.9, box, row=row)])  # type: ignore[arg-type]

        assert (0, Kind.DUP, (51, 50, 91, 90)) in order(made)[:2]


def test_labels_of_another_picture_count_once() -> None:
    made = table([], [Suspicion("b", "swapped", 0.9)])

    found = order(made)

    assert found[0][0] == 1
    assert found[1][0] == 0, "the rest of the image is no more suspicious than any other"


def test_an_image_that_is_compared_again_is_unsuspicious_until_told() -> None:
    made = table([], [Suspicion("b", "swapped", 0.9)])
    candidates = find(match(FOUND, np.array([0.9, 0.8]), LABELS, np.zeros(3, bool)), LABELS, FOUND)

    made.put(1, candidates, np.full(len(candidates), State.OPEN, np.int8))

    assert order(made)[0][0] == 0
