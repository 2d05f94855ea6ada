"""Numbers and names as people read them, in the user's language."""

from PySide6.QtCore import QCoreApplication, QLocale


def _tr(text: str) -> str:
    return QCoreApplication.translate("wording", text)


def duration(seconds: float) -> str:
    """A time span by its two largest units, such as `2 min 5 s`; never negative."""
    whole = max(round(seconds), 0)
    minutes, rest = divmod(whole, 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return _tr("{hours} h {minutes} min").format(hours=hours, minutes=minutes)
    if minutes:
        return _tr("{minutes} min {seconds} s").format(minutes=minutes, seconds=rest)
    return _tr("{seconds} s").format(seconds=rest)


def minutes(number: float) -> str:
    """A time to plan with, in whole minutes, or in hours and minutes; at least one minute."""
    whole = max(round(number), 1)
    hours, rest = divmod(whole, 60)
    if hours:
        return _tr("{hours} h {minutes} min").format(hours=hours, minutes=rest)
    return _tr("{minutes} min").format(minutes=whole)


def rate(images_per_s: float) -> str:
    """Images per second with two digits that mean something."""
    decimals = 0 if images_per_s >= 10 else 1 if images_per_s >= 1 else 2
    number = QLocale().toString(images_per_s, "f", decimals)
    return _tr("{number} images/s").format(number=number)


def precision(ap: float, judged: int = 0) -> str:
    """An average precision, with the number of pictures that judged it where that is known."""
    number = QLocale().toString(ap, "f", 3)
    if not judged:
        return _tr("AP {ap}").format(ap=number)
    return _tr("AP {ap} on {count} pictures").format(ap=number, count=QLocale().toString(judged))


def percent(part: float) -> str:
    """0.42 as `42 %`."""
    return _tr("{number} %").format(number=QLocale().toString(round(100 * part)))


def flag(name: str) -> str:
    """What a flag of a face says about it; a flag of other programs is called as in the file."""
    known = {
        "blur": _tr("blurred"),
        "occlusion": _tr("occluded"),
        "pose": _tr("unusual pose"),
        "invalid": _tr("invalid"),
        "ignore": _tr("ignored"),
    }
    return known.get(name, name)
