"""Reads the tensors of a PyTorch file without PyTorch, and without executing anything in it.

PyTorch has written two forms. Since 1.6 a file is a zip archive: `NAME/data.pkl` says which tensors
there are and `NAME/data/KEY` holds the bytes of each storage. Before, it was five pickles (a magic
number, the protocol, the writer's integer sizes, the data, the storages' keys) followed by each
storage's element count and bytes. In both, the pickles go through `tinaface.convert.unpickle`,
which knows tensors and containers and refuses everything else by name.

Memory stays within a small multiple of the file's size whatever the file claims.

Source: torch/serialization.py and caffe2/serialize/inline_container.h of PyTorch 2.
"""

import io
import os
import struct
import zipfile
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from tinaface.convert.torch_values import NAMES, Array, Storage, Tensor, storage_of
from tinaface.convert.unpickle import Machine, RefusedPickleError
from tinaface.errors import CheckpointError

# What a pickle of names and sizes can need; a state dict of 462 tensors takes 60 kB.
_LARGEST_PICKLE = 32 * 2**20
_LEGACY_MAGIC = 0x1950A86A20F9469CFC6C
_LEGACY_PROTOCOL = 1001
_LOCAL_HEADER = struct.Struct("<4s22xHH")
# Where training programs put the state dict inside a larger checkpoint, in the order tried.
_NESTS = ("state_dict", "model_state_dict", "model", "net", "network", "weights")
_PREFIX = "module."

ReadStorage = Callable[[Storage], bytes]


@dataclass(frozen=True)
class StateDict:
    """What a PyTorch file holds of a network.

    Attributes:
        tensors: by key, in the file's order, without the `module.` that data parallel training
            puts in front. Read-only, possibly strided; bfloat16 as float32, which is exact.
        skipped: keys beside the tensors whose values are none (an epoch, a version).
    """

    tensors: Mapping[str, Array]
    skipped: tuple[str, ...]


def read(path: Path) -> StateDict:
    """The state dict in a PyTorch file, flat or inside a larger checkpoint.

    Raises:
        CheckpointError: the file cannot be read, is damaged, or holds anything but tensors and
            containers (named in `why`; nothing of it was executed).
    """
    try:
        # Opening a pipe would wait for its other end.
        if path.exists() and not path.is_file():
            raise RefusedPickleError("it is no regular file")
        with path.open("rb") as stream:
            is_zip = stream.read(4) in (b"PK\x03\x04", b"PK\x05\x06")
            return _read_zip(stream) if is_zip else _read_legacy(stream)
    except OSError as error:
        raise CheckpointError(
            what=f"Cannot read {path}",
            why=error.strerror or type(error).__name__,
            remedy="Check the path and its permissions",
        ) from error
    except RefusedPickleError as error:
        raise CheckpointError(
            what=f"Cannot read {path} as a PyTorch checkpoint",
            why=str(error),
            remedy="Give a file that torch.save wrote from a state dict; if this one holds more, "
            "save its state dict alone, with PyTorch, where you trust it",
        ) from error


class _Storages:
    """The storages that a pickle named, one a key."""

    def __init__(self) -> None:
        self._by_key: dict[str, Storage] = {}

    def resolve(self, persistent_id: object) -> Storage:
        """The storage that a persistent id names; always the same for one key."""
        storage = storage_of(persistent_id)
        known = self._by_key.setdefault(storage.key, storage)
        # Else a tensor would be checked against one size and read from another.
        if known != storage:
            raise RefusedPickleError(f"two storages are called {storage.key[:40]!r}")
        return known

    def __getitem__(self, key: object) -> Storage:
        if not isinstance(key, str) or key not in self._by_key:
            raise RefusedPickleError("it lists a storage that no tensor uses")
        return self._by_key[key]


def _read_zip(stream: BinaryIO) -> StateDict:
    """The state dict in the form of PyTorch 1.6 and later."""
    archive = _Archive(stream)
    pickle = io.BytesIO(archive.read("data.pkl", at_most=_LARGEST_PICKLE))
    value = Machine(NAMES, _Storages().resolve).run(pickle)
    if pickle.read(1):
        raise RefusedPickleError("data.pkl holds more than one pickle")
    # Files before PyTorch 2.1 do not say their byte order; they came from little-endian machines.
    order = archive.read("byteorder", at_most=16) if "byteorder" in archive else b"little"
    if order not in (b"little", b"big"):
        raise RefusedPickleError(f"the byte order is {order!r}")

    def read_storage(storage: Storage) -> bytes:
        return archive.read(f"data/{storage.key}", exactly=storage.byte_count)

    return _select(value, read_storage, big_endian=order == b"big")


class _Archive:
    """The records of a zip archive, without the name of the folder that all lie in.

    Records are read from the file directly: PyTorch can be told to leave out their checksums
    (`torch.serialization.set_crc32_options`), which zipfile would take for damage.
    """

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        # Records that overlap would give more bytes than the file has.
        self._unread = os.fstat(stream.fileno()).st_size
        try:
            records = zipfile.ZipFile(stream).infolist()
        except (zipfile.BadZipFile, NotImplementedError, ValueError, OSError) as error:
            raise RefusedPickleError(f"the zip archive is damaged ({error})") from error
        names = [record.filename for record in records]
        roots = [name.removesuffix("data.pkl") for name in names if name.endswith("/data.pkl")]
        if len(roots) != 1 or len(set(names)) != len(names):
            raise RefusedPickleError("the zip archive does not hold one data.pkl and one of each")
        self._records = {
            record.filename.removeprefix(roots[0]): record
            for record in records
            if record.filename.startswith(roots[0])
        }
        if "constants.pkl" in self:
            raise RefusedPickleError("it is a TorchScript program, not a state dict")

    def __contains__(self, name: str) -> bool:
        return name in self._records

    def read(self, name: str, *, exactly: int | None = None, at_most: int | None = None) -> bytes:
        """The bytes of one record, whose size is checked before it is read."""
        if name not in self:
            raise RefusedPickleError(f"the zip archive lacks the record {name[:80]!r}")
        record = self._records[name]
        size = record.file_size
        if record.compress_type != zipfile.ZIP_STORED or record.flag_bits & 1:
            raise RefusedPickleError(f"the record {name!r} is compressed or encrypted")
        if size != record.compress_size or (exactly is not None and size != exactly):
            raise RefusedPickleError(f"the record {name!r} has {size} bytes, expected {exactly}")
        if at_most is not None and size > at_most:
            raise RefusedPickleError(f"the record {name!r} has {size} bytes, more than {at_most}")
        self._unread -= size
        if self._unread < 0:
            raise RefusedPickleError("the records of the zip archive overlap")
        # zipfile moves the offsets of an archive whose directory lies elsewhere than it says.
        self._stream.seek(max(record.header_offset, 0))
        header = _read_exactly(self._stream, _LOCAL_HEADER.size)
        signature, name_size, extra_size = _LOCAL_HEADER.unpack(header)
        if signature != b"PK\x03\x04":
            raise RefusedPickleError(f"the zip archive is damaged at the record {name!r}")
        self._stream.seek(name_size + extra_size, os.SEEK_CUR)
        content = _read_exactly(self._stream, size)
        if record.CRC not in (0, zlib.crc32(content)):
            raise RefusedPickleError(f"the record {name!r} is damaged: its checksum differs")
        return content


def _read_legacy(stream: BinaryIO) -> StateDict:
    """The state dict in the form before PyTorch 1.6."""
    stream.seek(0)
    pickles = io.BytesIO(stream.read(_LARGEST_PICKLE))
    storages = _Storages()
    machine = Machine(NAMES, storages.resolve)
    if machine.run(pickles) != _LEGACY_MAGIC or machine.run(pickles) != _LEGACY_PROTOCOL:
        raise RefusedPickleError("it is neither a zip archive nor does it have torch.save's marks")
    # What the writer says of its machine does not matter: the bytes of storages that follow are
    # little-endian on every machine.
    machine.run(pickles)
    value = machine.run(pickles)
    keys = machine.run(pickles)
    if not isinstance(keys, list):
        raise RefusedPickleError("the list of storages is missing")

    places: dict[str, int] = {}
    stream.seek(pickles.tell())
    size = os.fstat(stream.fileno()).st_size
    for key in keys:
        storage = storages[key]
        (count,) = struct.unpack("<q", _read_exactly(stream, 8))
        if count != storage.count:
            raise RefusedPickleError(
                f"the storage {storage.key[:40]!r} has {count} elements, expected {storage.count}"
            )
        places[storage.key] = stream.tell()
        if stream.seek(storage.byte_count, os.SEEK_CUR) > size:
            raise RefusedPickleError("it is cut off among the storages")
    if stream.tell() != size:
        raise RefusedPickleError(f"{size - stream.tell()} bytes follow the last storage")

    def read_storage(storage: Storage) -> bytes:
        if storage.key not in places:
            raise RefusedPickleError(f"the storage {storage.key[:40]!r} is missing")
        stream.seek(places[storage.key])
        return _read_exactly(stream, storage.byte_count)

    return _select(value, read_storage)


def _read_exactly(stream: BinaryIO, count: int) -> bytes:
    content = stream.read(count)
    if len(content) != count:
        raise RefusedPickleError(f"it is cut off: {count} bytes expected, {len(content)} found")
    return content


def _find_state(value: object, depth: int = 3) -> Mapping[object, object] | None:
    """The mapping that holds tensors itself, among the value and its well-known nests."""
    if not isinstance(value, dict) or depth == 0:
        return None
    if any(isinstance(each, Tensor) for each in value.values()):
        return value
    nested = (_find_state(value.get(name), depth - 1) for name in _NESTS)
    return next((state for state in nested if state is not None), None)


def _select(value: object, read_storage: ReadStorage, *, big_endian: bool = False) -> StateDict:
    """The tensors of the state dict inside a file's value, read from their storages."""
    state = _find_state(value)
    if state is None:
        held = (
            ", ".join(repr(key)[:40] for key in list(value)[:8]) if isinstance(value, dict) else ""
        )
        raise RefusedPickleError(
            f"it holds no state dict, but a {type(value).__name__}"
            + (f" of {held}" if held else "")
        )
    tensors: dict[str, Array] = {}
    skipped: list[str] = []
    decoded: dict[tuple[str, str], Array] = {}
    for key, tensor in state.items():
        name = str(key)
        if not name.isprintable():
            raise RefusedPickleError(f"the key {name[:80]!r} holds characters that do not print")
        if not isinstance(tensor, Tensor):
            skipped.append(name)
            continue
        name = name.removeprefix(_PREFIX)
        if name in tensors:
            raise RefusedPickleError(f"two tensors are called {name[:80]!r}")
        place = (tensor.storage.key, tensor.element_type.name)
        if place not in decoded:
            raw = read_storage(tensor.storage)
            decoded[place] = tensor.element_type.decode(raw, big_endian=big_endian)
        tensors[name] = tensor.view(decoded[place])
    return StateDict(tensors, tuple(skipped))
