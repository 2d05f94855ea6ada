"""What another model's threshold does to the slider: it never moves in silence.

The score that a model names gives one false alarm a picture on the pictures that judged it. On a
handful of them that is chance, so then the slider stays and the person is asked.
"""

from functools import partial
from pathlib import Path

from PySide6.QtCore import QCoreApplication, QLocale

from app.messages import Level, Message, Offer
from app.session import Session

CONTEXT = "named threshold"
TOPIC = "threshold"
FEWEST = 20
"""Pictures that must have judged a model before its threshold is taken without asking."""
STEP = 0.01
"""Of the slider: what differs by less looks the same."""


def is_few(judged: int) -> bool:
    """Whether a model was judged on few pictures; where nobody knows, it is believed."""
    return 0 < judged < FEWEST


def first(session: Session, named: float | None, judged: int) -> None:
    """At the start the slider takes the threshold without a word, as nobody has moved it yet."""
    if is_few(judged):
        from tinaface.weights import default_weights, read_header  # brings numpy

        shipped = default_weights()
        named = read_header(shipped).threshold if shipped.is_file() else None
    if named is not None:
        session.set_threshold(named)


def another(session: Session, weights: Path, named: float | None, judged: int) -> None:
    """Another model is chosen: the slider moves and that is told, or it stays and that is told."""
    before = session.threshold
    session.messages.close(TOPIC)
    if named is None or abs(named - before) < STEP / 2:
        return
    locale = QLocale()
    now, then = locale.toString(named, "f", 2), locale.toString(before, "f", 2)
    if is_few(judged):
        what = _tr("The threshold stays at {threshold}").format(threshold=then)
        why = _tr(
            "the model {model} names {threshold}, but was judged on {count} pictures only"
        ).format(model=weights.stem, threshold=now, count=locale.toString(judged))
        offer = Offer(_tr("Take {threshold}").format(threshold=now), partial(_move, session, named))
    else:
        session.set_threshold(named)
        what = _tr("The threshold is {threshold} now").format(threshold=now)
        why = _tr("the model {model} names it: one false alarm a picture").format(
            model=weights.stem
        )
        offer = Offer(
            _tr("Back to {threshold}").format(threshold=then), partial(_move, session, before)
        )
    session.messages.post(Message(Level.INFO, what, why, offers=(offer,), topic=TOPIC))


def _move(session: Session, threshold: float) -> None:
    session.set_threshold(threshold)
    session.messages.close(TOPIC)


def _tr(text: str) -> str:
    return QCoreApplication.translate(CONTEXT, text)
