"""Writes PyTorch-like files byte by byte, so that tests can write what PyTorch never would."""

import struct
import zipfile
from collections.abc import Mapping
from io import BytesIO

import numpy as np

_STORAGE_NAMES = {
    "float64": "DoubleStorage",
    "float32": "FloatStorage",
    "float16": "HalfStorage",
    "int64": "LongStorage",
    "int16": "ShortStorage",
}


def text(value: str) -> bytes:
    raw = value.encode()
    return b"X" + struct.pack("<I", len(raw)) + raw


def integer(value: int) -> bytes:
    size = value.bit_length() // 8 + 1
    return b"\x8a" + bytes([size]) + value.to_bytes(size, "little", signed=True)


def name(module: str, attribute: str) -> bytes:
    return f"c{module}\n{attribute}\n".encode()


def numbers(values: tuple[int, ...]) -> bytes:
    return b"(" + b"".join(map(integer, values)) + b"t"


def storage(key: str, kind: str, count: int, tail: bytes = b"") -> bytes:
    """A persistent id. `tail` are further entries of its tuple."""
    parts = text("storage") + name("torch", kind) + text(key) + text("cpu") + integer(count)
    return b"(" + parts + tail + b"tQ"


def tensor(
    stored: bytes, shape: tuple[int, ...], strides: tuple[int, ...], offset: int = 0
) -> bytes:
    """A call that makes a tensor from the opcodes of a storage."""
    arguments = integer(offset) + numbers(shape) + numbers(strides)
    hooks = name("collections", "OrderedDict") + b")R"
    call = name("torch._utils", "_rebuild_tensor_v2")
    return call + b"(" + stored + arguments + b"\x89" + hooks + b"tR"


def program(body: bytes) -> bytes:
    return b"\x80\x02" + body + b"."


def mapping(entries: Mapping[str, bytes]) -> bytes:
    return b"}(" + b"".join(text(key) + value for key, value in entries.items()) + b"u"


def state_program(state: Mapping[str, np.ndarray], tail: bytes = b"") -> bytes:
    """A pickle of tensors, the storage of each under its number."""
    entries = {}
    for number, (key, array) in enumerate(state.items()):
        kind = _STORAGE_NAMES[array.dtype.name]
        strides = tuple(
            each // array.itemsize for each in np.empty(array.shape, array.dtype).strides
        )
        stored = storage(str(number), kind, array.size, tail)
        entries[key] = tensor(stored, array.shape, strides)
    return program(mapping(entries))


def zip_file(
    pickle: bytes,
    storages: Mapping[str, bytes],
    *,
    byte_order: bytes | None = b"little",
    compression: int = zipfile.ZIP_STORED,
) -> bytes:
    """An archive of the form that PyTorch writes since 1.6."""
    buffer = BytesIO()
    with zipfile.ZipFile(buffer, "w", compression) as archive:
        archive.writestr("archive/data.pkl", pickle)
        if byte_order is not None:
            archive.writestr("archive/byteorder", byte_order)
        for key, raw in storages.items():
            archive.writestr(f"archive/data/{key}", raw)
    return buffer.getvalue()


def zip_state(state: Mapping[str, np.ndarray], byte_order: str = "little") -> bytes:
    """An archive of tensors in the byte order asked for."""
    letter = {"little": "<", "big": ">"}[byte_order]
    storages = {
        str(number): array.astype(array.dtype.newbyteorder(letter)).tobytes()
        for number, array in enumerate(state.values())
    }
    return zip_file(state_program(state), storages, byte_order=byte_order.encode())


def legacy_file(pickle: bytes, keys: bytes, storages: bytes) -> bytes:
    """A file of the form that PyTorch wrote before 1.6."""
    magic = program(integer(0x1950A86A20F9469CFC6C))
    system = program(mapping({"little_endian": b"\x88"}))
    return magic + program(integer(1001)) + system + pickle + program(keys) + storages
