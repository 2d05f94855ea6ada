"""The signs beside the images' names."""

from enum import IntFlag


class Sign(IntFlag):
    """What the list shows beside a name."""

    NONE = 0
    LABELS = 1
    PREDICTIONS = 2
    UNSAVED = 4
    FAULT = 8
    REVIEWED = 16
    DOUBT = 32
