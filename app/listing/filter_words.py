"""What the fields and orders of the list of images are called for people."""

from PySide6.QtCore import QCoreApplication

CONTEXT = "filter"


def _text(text: str) -> str:
    """Marks a text for translation."""
    return text


_FIELDS = {
    "name": _text("part of the path"),
    "boxes": _text("labelled boxes"),
    "face": _text("height of a labelled face, in pixels"),
    "fp": _text("predictions without a label"),
    "fn": _text("labels without a prediction"),
    "score": _text("best prediction without a label"),
    "predictions": _text("predictions that are shown"),
    "status": _text("how far the review is"),
    "modified": _text("labels edited in this session"),
    "labelled": _text("has a label file"),
    "predicted": _text("a model has looked"),
    "error": _text("something is wrong with a file"),
    "size": _text("megapixels, or MB of the file"),
    "width": _text("width in pixels"),
    "height": _text("height in pixels"),
}
_ORDERS = {
    "name": _text("By name"),
    "worst": _text("Worst first"),
    "boxes": _text("Most boxes"),
    "smallest": _text("Smallest face"),
    "newest": _text("Newest"),
    "random": _text("Random"),
}


def field_meaning(field: str) -> str:
    """What a field of the search box asks for, in the user's language."""
    return QCoreApplication.translate(CONTEXT, _FIELDS[field])


def order_name(order: str) -> str:
    """The name of an order, in the user's language."""
    return QCoreApplication.translate(CONTEXT, _ORDERS[order])
