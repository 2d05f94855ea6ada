"""What may be wrong with a Labelme document, by the ids of the design's table of faults."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tinaface.shapes import SHAPE_FAULTS, Shape

_NEWEST_KNOWN_VERSION = 7
_JSON_NAMES: dict[type, str] = {dict: "an object", list: "a list", str: "a text"}
# Key, type, and whether older versions leave it out or write null.
_SHAPE_FIELDS = (
    ("label", str, False),
    ("points", list, False),
    ("shape_type", str, True),
    ("flags", dict, True),
)


@dataclass(frozen=True)
class Notice:
    """Something unusual in a document that did not keep it from being read.

    Attributes:
        fault: its id in the design's table of faults, such as `F04`.
        text: what it is, for people.
        shape: which shape it is about; None for the whole document.
    """

    fault: str
    text: str
    shape: int | None = None


def check_fields(fields: Mapping[str, Any]) -> None:
    """Raises ValueError, naming the key, unless these are the fields of a Labelme document."""
    if "shapes" not in fields:
        raise ValueError("it is not a Labelme document: the key 'shapes' is missing")
    if not isinstance(fields["shapes"], list):
        raise _wrong_type("shapes", fields["shapes"], list)
    for place, shape in enumerate(fields["shapes"]):
        check_shape(shape, f"shapes[{place}]")


def check_shape(shape: Any, where: str = "shape") -> None:
    """Raises ValueError, naming the key, unless this is an entry of `shapes`."""
    if not isinstance(shape, dict):
        raise _wrong_type(where, shape, dict)
    for key, expected, is_optional in _SHAPE_FIELDS:
        value = shape.get(key)
        if not (isinstance(value, expected) or (is_optional and not value)):
            raise _wrong_type(f"{where}.{key}", value, expected)


def _wrong_type(where: str, value: Any, expected: type) -> ValueError:
    found = _JSON_NAMES.get(type(value)) or json.dumps(value)
    return ValueError(
        f"it is not a Labelme document: {where} must be {_JSON_NAMES[expected]}, not {found}"
    )


def notices(
    version: str | None,
    has_relative_image_path: bool,
    shapes: Sequence[Shape],
    repeated_keys: Sequence[str],
) -> list[Notice]:
    """What is unusual in a document that can be read."""
    found = [
        Notice("F04", f"the key {key!r} is given twice; the last one counts")
        for key in dict.fromkeys(repeated_keys)
    ]
    major = re.match(r"[0-9]{1,9}", version or "")
    if version is None:
        found.append(Notice("F05", "it says no version"))
    elif major is None or int(major[0]) > _NEWEST_KNOWN_VERSION:
        found.append(Notice("F05", f"version {version!r} is not known; unknown keys are kept"))
    if not has_relative_image_path:
        found.append(Notice("F07", "imagePath is missing or absolute; the file's stem decides"))
    for place, shape in enumerate(shapes):
        if shape.fault is not None:
            found.append(Notice(shape.fault, SHAPE_FAULTS[shape.fault], place))
    return found


def size_notice(claimed: tuple[int, int] | None, height: int, width: int) -> Notice | None:
    """What is wrong with the size a document claims (height, width) of a picture of this size."""
    if claimed is None or claimed == (height, width):
        return None
    text = f"the document says {claimed[1]} x {claimed[0]}, the picture is {width} x {height}"
    if claimed == (width, height):
        text += ": made before EXIF rotation?"
    return Notice("F08", text)
