"""A picture for a label file that has none: the one inside it, else plain grey of its size."""

import base64
import binascii
from pathlib import Path

from PySide6.QtCore import QCoreApplication
from PySide6.QtGui import QColor, QImage

from app.images import Picture, Stamp, format_of, stamp
from tinaface import labelme
from tinaface.errors import DatasetError, DocumentError
from tinaface.images import MAX_PIXELS

GREY = QColor(150, 150, 150)
USUAL_SIZE = (480, 640)


def stand_in(path: Path) -> Picture:
    """What is shown for a label file without image. Raises DatasetError if it cannot be read."""
    state = stamp(path) or Stamp(0, 0)
    try:
        labels = labelme.read(path)
    except DocumentError as error:
        raise DatasetError(what=error.what, why=error.why, remedy=error.remedy) from error
    inside = _inside(labels.image_data)
    if inside is not None:
        notice = _tr("{file} has no image: the picture inside it is shown")
        image = inside.convertToFormat(QImage.Format.Format_RGB32)
    else:
        notice = _tr("{file} has no image: its boxes are shown on grey")
        height, width = _size(labels)
        image = QImage(width, height, QImage.Format.Format_RGB32)
        image.fill(GREY)
    return Picture(path, image, state, notice.format(file=path.name))


def _inside(data: str | None) -> QImage | None:
    if not data:
        return None
    try:
        content = base64.b64decode(data, validate=False)
    except (binascii.Error, ValueError):
        return None
    # The hints say bytes, it takes text.
    image = QImage.fromData(content, format_of(content).decode() or None)  # type: ignore[arg-type]
    return None if image.isNull() else image


def _size(labels: labelme.LabelmeDocument) -> tuple[int, int]:
    """Height and width: as claimed, else what holds all boxes."""
    claimed = labels.image_size
    if claimed is not None and claimed[0] * claimed[1] <= MAX_PIXELS:
        return claimed
    boxes = [shape.box for shape in labels.shapes if shape.box is not None]
    height = max([USUAL_SIZE[0], *(int(box[3]) for box in boxes)])
    width = max([USUAL_SIZE[1], *(int(box[2]) for box in boxes)])
    return (height, width) if height * width <= MAX_PIXELS else USUAL_SIZE


def _tr(text: str) -> str:
    return QCoreApplication.translate("orphans", text)
