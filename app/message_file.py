"""Translations in Qt's own binary form, so that Qt looks them up without asking Python.

A translator written in Python is asked from every thread that reports a fault, and two of them can
wait for each other for ever. Source: qtranslator.cpp, "do_translate" and "getMessage".
"""

import struct
from collections.abc import Mapping

_MAGIC = bytes.fromhex("3cb86418caef9c95cd211cbf60a1bddd")
_HASHES, _MESSAGES = 0x42, 0x69
_END, _TRANSLATION, _SOURCE_TEXT = 1, 3, 6


def message_file(texts: Mapping[str, str]) -> bytes:
    """A `.qm` file that translates each source text alike in every context."""
    messages = bytearray()
    places: list[tuple[int, int]] = []
    for source, translated in texts.items():
        key, value = source.encode("utf-8"), translated.encode("utf-16-be")
        places.append((_hash(key), len(messages)))
        # Without a context in it, a message belongs to all of them.
        messages += struct.pack(">BI", _TRANSLATION, len(value)) + value
        messages += struct.pack(">BI", _SOURCE_TEXT, len(key)) + key
        messages.append(_END)
    hashes = b"".join(struct.pack(">II", *place) for place in sorted(places))
    return _MAGIC + _section(_HASHES, hashes) + _section(_MESSAGES, bytes(messages))


def _section(tag: int, content: bytes) -> bytes:
    return struct.pack(">BI", tag, len(content)) + content


def _hash(text: bytes) -> int:
    """The hash of ELF files, as Qt uses it."""
    value = 0
    for byte in text:
        value = (value << 4) + byte
        high = value & 0xF0000000
        value = (value ^ (high >> 24)) & ~high & 0xFFFFFFFF
    return value or 1
