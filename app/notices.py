"""What the session tells the user, in the three parts of every message."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication, QDateTime, QLocale, Qt

from app.images import Picture
from app.messages import Level, Message, Offer

if TYPE_CHECKING:
    from tinaface.folder_lock import Holder

SLOW_DISK = "slow-disk"
IMAGE = "image"
HELD = "held"
GONE = "folder-gone"


def _tr(text: str) -> str:
    return QCoreApplication.translate("notices", text)


def tour_finished(keys: str, commands: str) -> Message:
    """The last step of the tour is done; the arguments are the keys of F1 and of the palette."""
    return Message(
        Level.INFO,
        _tr("That was the tour"),
        _tr("{keys} lists all keys, {commands} finds any command").format(
            keys=keys, commands=commands
        ),
        _tr("Open a folder of your own when you are ready"),
        topic="tour",
    )


def slow_disk(name: str | None) -> Message:
    """The current image has not come for seconds."""
    return Message(
        Level.INFO,
        _tr("Waiting for the disk"),
        _tr("{name} has not been read yet").format(name=name),
        topic=SLOW_DISK,
    )


def not_in_folder(name: str) -> Message:
    """The image that should be shown first was not found."""
    return Message(
        Level.INFO,
        _tr("{name} is not in this folder").format(name=name),
        remedy=_tr("The first image is shown instead"),
    )


def about_picture(picture: Picture) -> Message | None:
    """What is odd about a picture that can be shown all the same; None for nothing."""
    if picture.notice is None:
        return None
    return Message(Level.WARNING, picture.notice, topic=IMAGE)


def _local_time(text: str) -> str:
    when = QDateTime.fromString(text, Qt.DateFormat.ISODate).toLocalTime()
    return QLocale().toString(when, QLocale.FormatType.ShortFormat) or text


def held(holder: "Holder", again: Callable[[], object], take: Callable[[], object]) -> Message:
    """Another window edits this folder, so this one only looks."""
    offers = [Offer(_tr("Try again"), again)]
    if not holder.owner.is_here:
        # Whether a process of another machine lives, only people can find out.
        offers.append(Offer(_tr("It is closed there: edit here"), take))
    return Message(
        Level.WARNING,
        _tr("{name} has this folder open").format(name=holder.name),
        _tr(
            "It is shown read-only here, so that no edits are lost; open there since {time}"
        ).format(time=_local_time(holder.since)),
        _tr("Close it there, then try again"),
        offers=tuple(offers),
        topic=HELD,
    )


def gone(
    root: Path, again: Callable[[], object], elsewhere: Callable[[], object] | None
) -> Message:
    """The open folder is out of reach; `elsewhere` saves what is not saved yet."""
    offers = [Offer(_tr("Try again"), again)]
    if elsewhere is not None:
        offers.append(Offer(_tr("Save to another folder…"), elsewhere))
    return Message(
        Level.WARNING,
        _tr("{folder} is not there any more").format(folder=root.name),
        _tr("It was deleted or renamed, or its drive was unplugged"),
        _tr("Bring it back; until then a journal keeps your edits"),
        offers=tuple(offers),
        topic=GONE,
    )


def read_only(root: Path, elsewhere: Callable[[], object]) -> Message:
    """Nothing can be written in the open folder."""
    return Message(
        Level.INFO,
        _tr("{folder} is read-only").format(folder=root.name),
        _tr("Its boxes can be looked at, not changed"),
        _tr("To edit them, choose another folder for the labels"),
        offers=(Offer(_tr("Save to another folder…"), elsewhere),),
        topic=HELD,
    )


def saved_elsewhere(root: Path, folder: Path) -> Message:
    """The labels of a folder that cannot be written go somewhere else."""
    return Message(
        Level.INFO,
        _tr("Labels of {folder} are saved in {other}").format(folder=root.name, other=folder),
        topic=HELD,
    )


def no_place(error: OSError) -> Message:
    """The folder chosen for labels cannot be used."""
    return Message(
        Level.ERROR,
        _tr("Labels cannot be saved there"),
        error.strerror or str(error),
        _tr("Choose a folder that you may write to"),
        topic=HELD,
    )
