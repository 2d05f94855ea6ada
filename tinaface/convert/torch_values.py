"""PyTorch's names in a pickle, and what stands for them here: storages and views of them.

Nothing holds data yet. A pickle names a storage by key and type and describes each tensor as a
view (offset, sizes, strides) of one; `tinaface.convert.pth` reads the bytes of those it needs.
"""

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from tinaface.convert.unpickle import CONTAINERS, Builder, Constant, Names, RefusedPickleError

Array = npt.NDArray[np.generic]

# PyTorch's data types that numpy has too, by the name both use.
_NUMPY_DTYPES = (
    *("float64", "float32", "float16", "complex128", "complex64", "bool"),
    *("int64", "int32", "int16", "int8", "uint64", "uint32", "uint16", "uint8"),
)
_STORAGE_DTYPES = {
    "DoubleStorage": "float64",
    "FloatStorage": "float32",
    "HalfStorage": "float16",
    "BFloat16Storage": "bfloat16",
    "LongStorage": "int64",
    "IntStorage": "int32",
    "ShortStorage": "int16",
    "CharStorage": "int8",
    "ByteStorage": "uint8",
    "BoolStorage": "bool",
    "ComplexDoubleStorage": "complex128",
    "ComplexFloatStorage": "complex64",
    "UntypedStorage": "uint8",
}
_MOST_DIMENSIONS = 32
# Elements of a storage, and what an offset, size or stride in one can be; far beyond any file.
_LARGEST_NUMBER = 2**48
# A view may repeat a storage's elements (PyTorch's expand) up to this size, and no further.
_MOST_REPEATED_BYTES = 2**30


@dataclass(frozen=True)
class ElementType:
    """How one element lies in a storage.

    Attributes:
        name: PyTorch's name of the data type.
        stored: little-endian numpy type of the same size; bfloat16 has none of its own and lies
            as uint16, the upper half of a float32.
    """

    name: str
    stored: np.dtype[np.generic]

    def decode(self, raw: bytes, *, big_endian: bool) -> Array:
        """`[N]` elements in the machine's byte order, bfloat16 as float32 (which is exact)."""
        if self.name == "bool":
            return np.not_equal(np.frombuffer(raw, np.uint8), 0)
        lying = self.stored.newbyteorder(">" if big_endian else "<")
        elements = np.frombuffer(raw, lying, len(raw) // lying.itemsize)
        elements = elements.astype(self.stored.newbyteorder("="), copy=False)
        if self.name == "bfloat16":
            return (elements.astype(np.uint32) << 16).view(np.float32)
        return elements


_ELEMENT_TYPES = {name: ElementType(name, np.dtype(name)) for name in _NUMPY_DTYPES} | {
    "bfloat16": ElementType("bfloat16", np.dtype(np.uint16))
}


@dataclass(frozen=True)
class Storage:
    """A run of bytes in the file that tensors are views of.

    Attributes:
        key: the record's name in a zip archive, an arbitrary number in the older form.
        element_type: type of its elements.
        count: number of its elements.
    """

    key: str
    element_type: ElementType
    count: int

    @property
    def byte_count(self) -> int:
        return self.count * self.element_type.stored.itemsize


@dataclass(frozen=True)
class Tensor:
    """One tensor: a view of a storage, checked to lie inside it.

    Attributes:
        element_type: the storage's, unless the storage is one of plain bytes.
        offset: its first element, counted in the storage.
        shape: sizes.
        strides: elements from one index to the next, by dimension.
    """

    storage: Storage
    element_type: ElementType
    offset: int
    shape: tuple[int, ...]
    strides: tuple[int, ...]

    def __post_init__(self) -> None:
        if len(self.shape) != len(self.strides) or len(self.shape) > _MOST_DIMENSIONS:
            raise RefusedPickleError(
                f"a tensor has {len(self.shape)} sizes and {len(self.strides)} strides"
            )
        numbers = (self.offset, *self.shape, *self.strides)
        if min(numbers) < 0 or max(numbers) > _LARGEST_NUMBER:
            raise RefusedPickleError("an offset, size or stride of a tensor is negative or absurd")
        held = self.held
        steps = zip(self.shape, self.strides, strict=True)
        end = self.offset + sum((size - 1) * stride for size, stride in steps) + 1
        # An empty view reads nothing, and PyTorch leaves its offset where slicing put it.
        if end > held and 0 not in self.shape:
            raise RefusedPickleError(
                f"a tensor of shape {list(self.shape)} reaches beyond the {held} elements of its "
                f"storage {self.storage.key[:40]!r}"
            )
        # Empty dimensions count as one, since numpy too refuses [0, 2**40, 2**40].
        claimed = math.prod(max(size, 1) for size in self.shape)
        claimed *= self.element_type.stored.itemsize
        if claimed > max(self.storage.byte_count, _MOST_REPEATED_BYTES):
            raise RefusedPickleError(
                f"a tensor claims {claimed} bytes of the {self.storage.byte_count} in its "
                f"storage {self.storage.key[:40]!r}"
            )

    @property
    def held(self) -> int:
        """Elements of its type in the whole storage."""
        return self.storage.byte_count // self.element_type.stored.itemsize

    def view(self, elements: Array) -> Array:
        """The tensor as a read-only view of its whole storage's decoded elements, `[N]`."""
        if len(elements) != self.held:
            # The checks above rely on it, and numpy would read past the end.
            raise ValueError(f"a storage of {self.held} elements came as {len(elements)}")
        if 0 in self.shape:
            return np.empty(self.shape, elements.dtype)
        strides = tuple(stride * elements.itemsize for stride in self.strides)
        return np.lib.stride_tricks.as_strided(
            elements[self.offset :], self.shape, strides, writeable=False
        )


def _integers(value: object) -> tuple[int, ...]:
    if isinstance(value, list | tuple) and all(type(each) is int for each in value):
        return tuple(value)
    raise RefusedPickleError("sizes or strides of a tensor are no integers")


def _refuse_flags(flags: object) -> None:
    # "neg" and "conj" mark views that PyTorch has yet to negate or conjugate: their bytes are
    # those of another tensor.
    if flags:
        names = ", ".join(map(str, flags)) if isinstance(flags, dict) else type(flags).__name__
        raise RefusedPickleError(f"a tensor is marked {names[:80]!r}: its bytes are not its values")


def _tensor(
    storage: object, offset: object, shape: object, strides: object, element_type: object
) -> Tensor:
    if not isinstance(storage, Storage):
        raise RefusedPickleError("a tensor is built on something other than a storage")
    if type(offset) is not int:
        raise RefusedPickleError("the offset of a tensor is no integer")
    if not isinstance(element_type, ElementType):
        raise RefusedPickleError("the data type of a tensor is none that numpy could hold")
    return Tensor(storage, element_type, offset, _integers(shape), _integers(strides))


def _rebuild_tensor_v1(storage: object, offset: object, shape: object, strides: object) -> Tensor:
    element_type = storage.element_type if isinstance(storage, Storage) else None
    return _tensor(storage, offset, shape, strides, element_type)


def _rebuild_tensor_v2(
    storage: object,
    offset: object,
    shape: object,
    strides: object,
    _requires_grad: object,
    _hooks: object,
    flags: object = None,
) -> Tensor:
    _refuse_flags(flags)
    return _rebuild_tensor_v1(storage, offset, shape, strides)


def _rebuild_tensor_v3(
    storage: object,
    offset: object,
    shape: object,
    strides: object,
    _requires_grad: object,
    _hooks: object,
    element_type: object,
    flags: object = None,
) -> Tensor:
    _refuse_flags(flags)
    return _tensor(storage, offset, shape, strides, element_type)


def _rebuild_parameter(data: object, _requires_grad: object, _hooks: object) -> Tensor:
    if not isinstance(data, Tensor):
        raise RefusedPickleError("a parameter is built on something other than a tensor")
    return data


def _rebuild_parameter_with_state(
    data: object, requires_grad: object, hooks: object, _state: object
) -> Tensor:
    return _rebuild_parameter(data, requires_grad, hooks)


def _size(sizes: object = ()) -> tuple[int, ...]:
    return _integers(sizes)


def _device(kind: object, index: object = None) -> str:
    if not isinstance(kind, str) or type(index) not in (int, type(None)):
        raise RefusedPickleError("a device has no proper name")
    return kind if index is None else f"{kind}:{index}"


NAMES: Names = {
    **CONTAINERS,
    **{
        ("torch._utils", builder.__name__): Builder(f"torch._utils.{builder.__name__}", builder)
        for builder in (
            _rebuild_tensor_v2,
            _rebuild_tensor_v3,
            _rebuild_parameter,
            _rebuild_parameter_with_state,
        )
    },
    ("torch._utils", "_rebuild_tensor"): Builder(
        "torch._utils._rebuild_tensor", _rebuild_tensor_v1
    ),
    ("torch", "Size"): Builder("torch.Size", _size),
    ("torch", "device"): Builder("torch.device", _device),
    **{("torch", name): Constant(f"torch.{name}", kind) for name, kind in _ELEMENT_TYPES.items()},
    **{
        (module, name): Constant(f"{module}.{name}", _ELEMENT_TYPES[dtype])
        for module in ("torch", "torch.storage", "torch.cuda")
        for name, dtype in _STORAGE_DTYPES.items()
    },
}


def storage_of(persistent_id: object) -> Storage:
    """The storage that a persistent id names: `("storage", type, key, place, count)`.

    The older form has a sixth entry, which PyTorch has left None since 0.4; before, it named a
    part of the storage. The place, which processor the storage was on, is of no interest.
    """
    if not isinstance(persistent_id, tuple) or len(persistent_id) not in (5, 6):
        raise RefusedPickleError("a persistent id does not name a storage")
    tag, element_type, key, _place, count, *part = persistent_id
    if part not in ([], [None]):
        raise RefusedPickleError("a persistent id names a part of a storage (PyTorch before 0.4)")
    if tag != "storage" or not isinstance(element_type, ElementType):
        raise RefusedPickleError("a persistent id names something other than a storage")
    if not isinstance(key, str) or type(count) is not int or not 0 <= count <= _LARGEST_NUMBER:
        raise RefusedPickleError("a storage has no proper key or size")
    return Storage(key, element_type, count)
