"""Edits that bring odd labels into order; each is one undo step of the document."""

import numpy as np

from app import placement
from app.document import Document


def convert_others(document: Document) -> int:
    """Makes polygons, circles and the like boxes around them; returns how many."""
    before = list(document.labelme.shapes)
    after = [shape.boxed() or shape for shape in before]
    document.take_version(after, document.tr("Convert to boxes"))
    return sum(new is not old for new, old in zip(after, before, strict=True))


def clip_to_picture(document: Document) -> int:
    """Cuts the selected boxes, or without a selection all, to the picture; returns how many.

    A box wholly outside would have nothing left: it stays, to be deleted or moved in.
    """
    has_selection = bool(document.selection)
    rows = document.selected_rows() if has_selection else np.arange(len(document.gt_boxes))
    clipped = placement.clipped(document.gt_boxes[rows], document.image_size)
    changed = np.flatnonzero((clipped != document.gt_boxes[rows]).any(axis=1))
    text = document.tr("Clip to picture")
    document.set_boxes(rows[changed], clipped[changed], text=text)
    return len(changed)


def turn_upright(document: Document, orientation: int) -> None:
    """Moves boxes that were marked before the picture was turned upright (EXIF 5 to 8)."""
    height, width = document.image_size
    rows = np.arange(len(document.gt_boxes))
    moved = placement.turned(document.gt_boxes, orientation, (width, height))
    document.set_boxes(rows, moved, text=document.tr("Turn boxes upright"))
    path = document.labelme.image_path
    if path is not None:
        document.labelme.set_image(path, height, width)
