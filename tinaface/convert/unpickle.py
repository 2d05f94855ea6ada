"""Reads a pickle of plain data without executing anything in it.

A pickle is a program for a small stack machine. Python's own machine looks up any function by name
and calls it, which is why loading a stranger's pickle means running a stranger's program. The
machine here has no look-up: a name in the pickle is compared with a table of the caller's, and
what the table does not list is refused by name before anything is built. Opcodes that create
instances, restore their state or reach for the copyreg registry are refused too.

What a pickle can cost is bounded: dictionary keys are text or small integers (tuples nested a
million deep would overflow the C stack when hashed), integers have at most 128 bits, the memo is a
dictionary, and opcodes and copied items are counted against one limit.

Source: the opcodes' meaning as `pickletools` documents it, protocols 1 to 5.
"""

import io
import pickletools
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sized
from dataclasses import dataclass

# Opcodes and copied items. A state dict costs about 30 a tensor, an optimiser as much again.
WORK_LIMIT = 500_000
# Keys beyond this many distinct bits could be chosen to collide in a dictionary.
_LARGEST_KEY = 2**61 - 2


class RefusedPickleError(ValueError):
    """The pickle is damaged, or asks for more than plain data. The text says what was refused."""


@dataclass(frozen=True)
class Builder:
    """A harmless stand-in for one function that a pickle may call.

    Attributes:
        name: as the pickle spells it, for messages.
        build: called with the pickle's arguments, which may be anything a pickle can hold, nested
            without end included: it may look at their types and lengths but not print them.
            Raises RefusedPickleError, TypeError or ValueError for those it does not take.
    """

    name: str
    build: Callable[..., object]


@dataclass(frozen=True)
class Constant:
    """A name that a pickle may mention but not call, as a data type's."""

    name: str
    value: object


Names = Mapping[tuple[str, str], Builder | Constant]


def as_key(value: object) -> str | int:
    """The value, if it may be a key of a dictionary."""
    if isinstance(value, str) or (isinstance(value, int) and abs(value) <= _LARGEST_KEY):
        return value
    raise RefusedPickleError(f"a {type(value).__name__} serves as key of a container")


def _ordered_dict(pairs: object = ()) -> OrderedDict[str | int, object]:
    if not isinstance(pairs, list | tuple):
        raise RefusedPickleError("an OrderedDict is not made from a list")
    ordered: OrderedDict[str | int, object] = OrderedDict()
    for pair in pairs:
        if not isinstance(pair, list | tuple) or len(pair) != 2:
            raise RefusedPickleError("an OrderedDict is made from something other than pairs")
        ordered[as_key(pair[0])] = pair[1]
    return ordered


def _counter(counts: object = None) -> dict[str | int, object]:
    if counts is None:
        return {}
    if not isinstance(counts, dict):
        raise RefusedPickleError("a Counter is not made from a dict")
    return dict(counts)


def _set(items: object = ()) -> set[str | int]:
    if not isinstance(items, list | tuple):
        raise RefusedPickleError("a set is not made from a list")
    return {as_key(item) for item in items}


def _encode(text: object, encoding: object = "utf-8") -> bytes:
    # Protocol 2 has no opcode for bytes: it writes text and a call that encodes it.
    if not isinstance(text, str) or encoding not in ("latin1", "utf-8", "ascii"):
        raise RefusedPickleError("bytes are not made from text")
    return text.encode(str(encoding))


CONTAINERS: Names = {
    ("collections", "OrderedDict"): Builder("collections.OrderedDict", _ordered_dict),
    ("collections", "Counter"): Builder("collections.Counter", _counter),
    ("_codecs", "encode"): Builder("_codecs.encode", _encode),
    **{
        (module, name): Builder(f"{module}.{name}", _set)
        for module in ("builtins", "__builtin__")
        for name in ("set", "frozenset")
    },
}


_OPCODES = {opcode.code.encode("latin-1"): opcode for opcode in pickletools.opcodes}


def _argument(opcode: pickletools.OpcodeInfo, stream: io.BytesIO) -> object:
    """What follows an opcode in the stream, decoded; a name as its two lines."""
    if opcode.name in ("GLOBAL", "INST"):
        # pickletools would undo escapes that pickle does not know, and join the lines by a space.
        lines = stream.readline() + stream.readline()
        return lines.decode().removesuffix("\n")
    return None if opcode.arg is None else opcode.arg.reader(stream)


class Machine:
    """Runs pickles over one table of names.

    Args:
        names: what a pickle may mention, beside nothing.
        persistent: turns a persistent id (in PyTorch's files: a storage) into a value.
    """

    def __init__(self, names: Names, persistent: Callable[[object], object]) -> None:
        self._names = names
        self._persistent = persistent
        self._stack: list[object] = []
        self._marks: list[list[object]] = []
        self._memo: dict[int, object] = {}
        self._work = 0

    def run(self, stream: io.BytesIO) -> object:
        """The value of the next pickle in the stream, which is left behind its last byte.

        Raises:
            RefusedPickleError: the pickle is cut off, damaged, or more than plain data.
        """
        self._stack, self._marks, self._memo = [], [], {}
        try:
            while (opcode := _OPCODES[stream.read(1)]).name != "STOP":
                self._spend(1)
                step = _STEPS.get(opcode.name)
                if step is None:
                    raise RefusedPickleError(
                        f"the pickle uses the opcode {opcode.name}, which plain data does not need"
                    )
                step(self, _argument(opcode, stream))
        except RefusedPickleError:
            raise
        except KeyError as error:
            raise RefusedPickleError("the pickle is damaged (cut off, or no opcode)") from error
        except (ValueError, IndexError) as error:
            raise RefusedPickleError(f"the pickle is damaged ({str(error)[:200]})") from error
        if self._marks or len(self._stack) != 1:
            raise RefusedPickleError("the pickle is damaged (it ends with a value too many or few)")
        return self._stack.pop()

    def _spend(self, work: int) -> None:
        self._work += work
        if self._work > WORK_LIMIT:
            raise RefusedPickleError(f"its pickles have more than {WORK_LIMIT} opcodes and items")

    # The steps. Each takes the opcode's argument, as pickletools decodes it.

    def _ignore(self, _: object) -> None:
        """PROTO and FRAME carry nothing."""

    def _push(self, value: object) -> None:
        if isinstance(value, int) and value.bit_length() > 128:
            raise RefusedPickleError("an integer has more than 128 bits")
        self._stack.append(value)

    def _push_none(self, _: object) -> None:
        self._stack.append(None)

    def _push_true(self, _: object) -> None:
        self._stack.append(True)

    def _push_false(self, _: object) -> None:
        self._stack.append(False)

    def _push_list(self, _: object) -> None:
        self._stack.append([])

    def _push_dict(self, _: object) -> None:
        self._stack.append({})

    def _push_set(self, _: object) -> None:
        self._stack.append(set())

    def _push_tuple(self, _: object) -> None:
        self._stack.append(())

    def _mark(self, _: object) -> None:
        self._marks.append(self._stack)
        self._stack = []

    def _pop_mark(self) -> list[object]:
        items = self._stack
        self._stack = self._marks.pop()
        return items

    def _pack_tuple(self, _: object) -> None:
        items = self._pop_mark()
        self._stack.append(tuple(items))

    def _pack_tuple_1(self, _: object) -> None:
        self._stack.append((self._stack.pop(),))

    def _pack_tuple_2(self, _: object) -> None:
        second, first = self._stack.pop(), self._stack.pop()
        self._stack.append((first, second))

    def _pack_tuple_3(self, _: object) -> None:
        third, second, first = self._stack.pop(), self._stack.pop(), self._stack.pop()
        self._stack.append((first, second, third))

    def _pack_list(self, _: object) -> None:
        items = self._pop_mark()
        self._stack.append(items)

    def _pack_dict(self, _: object) -> None:
        items = self._pop_mark()
        self._stack.append({})
        self._set_pairs(items)

    def _pack_frozenset(self, _: object) -> None:
        items = self._pop_mark()
        self._stack.append(_set(items))

    def _append(self, _: object) -> None:
        self._append_all([self._stack.pop()])

    def _append_marked(self, _: object) -> None:
        self._append_all(self._pop_mark())

    def _append_all(self, items: list[object]) -> None:
        target = self._stack[-1]
        if not isinstance(target, list):
            raise RefusedPickleError(f"something is appended to a {type(target).__name__}")
        target.extend(items)

    def _add_marked(self, _: object) -> None:
        items = self._pop_mark()
        target = self._stack[-1]
        if not isinstance(target, set):
            raise RefusedPickleError(f"something is added to a {type(target).__name__}")
        target.update(as_key(item) for item in items)

    def _set_item(self, _: object) -> None:
        value, key = self._stack.pop(), self._stack.pop()
        self._set_pairs([key, value])

    def _set_marked(self, _: object) -> None:
        self._set_pairs(self._pop_mark())

    def _set_pairs(self, items: list[object]) -> None:
        target = self._stack[-1]
        if not isinstance(target, dict) or len(items) % 2:
            raise RefusedPickleError("keys and values do not make pairs of a dict")
        for key, value in zip(items[::2], items[1::2], strict=True):
            target[as_key(key)] = value

    def _remember(self, index: object) -> None:
        if not isinstance(index, int):
            raise RefusedPickleError("the memo's index is no number")
        self._memo[index] = self._stack[-1]

    def _remember_next(self, _: object) -> None:
        self._memo[len(self._memo)] = self._stack[-1]

    def _recall(self, index: object) -> None:
        if not isinstance(index, int) or index not in self._memo:
            raise RefusedPickleError(f"the memo holds nothing at {index}")
        self._stack.append(self._memo[index])

    def _name(self, spelled: object) -> None:
        module, _, name = str(spelled).partition("\n")
        self._look_up(module, name)

    def _refuse_instance(self, spelled: object) -> None:
        asked = str(spelled).replace("\n", ".")[:120]
        raise RefusedPickleError(f"it asks for an instance of {asked!r}, which is not plain data")

    def _name_from_stack(self, _: object) -> None:
        name, module = self._stack.pop(), self._stack.pop()
        if not isinstance(name, str) or not isinstance(module, str):
            raise RefusedPickleError("a name is no text")
        self._look_up(module, name)

    def _look_up(self, module: str, name: str) -> None:
        known = self._names.get((module, name))
        if known is None:
            asked = f"{module}.{name}"[:120]
            raise RefusedPickleError(f"it asks for {asked!r}, which is not plain data")
        self._stack.append(known if isinstance(known, Builder) else known.value)

    def _call(self, _: object) -> None:
        arguments, function = self._stack.pop(), self._stack.pop()
        if not isinstance(function, Builder) or not isinstance(arguments, tuple):
            raise RefusedPickleError(f"it calls a {type(function).__name__}")
        # A few opcodes can have one long list copied any number of times.
        self._spend(sum(len(each) for each in arguments if isinstance(each, Sized)))
        try:
            self._stack.append(function.build(*arguments))
        except TypeError as error:
            reason = str(error)[:200]
            raise RefusedPickleError(f"{function.name} is called wrongly ({reason})") from error

    def _set_state(self, _: object) -> None:
        # A module's state dict carries its version numbers this way. They say nothing about a
        # tensor; whatever the state is, it is dropped and no object's state is touched.
        self._stack.pop()
        if not isinstance(self._stack[-1], OrderedDict):
            raise RefusedPickleError(f"it sets the state of a {type(self._stack[-1]).__name__}")

    def _resolve_persistent(self, _: object) -> None:
        self._stack.append(self._persistent(self._stack.pop()))


_STEPS: Mapping[str, Callable[[Machine, object], None]] = {
    **dict.fromkeys(("PROTO", "FRAME"), Machine._ignore),
    **dict.fromkeys(
        (
            *("INT", "BININT", "BININT1", "BININT2", "LONG", "LONG1", "LONG4", "BINFLOAT"),
            *("BINUNICODE", "SHORT_BINUNICODE", "BINUNICODE8", "BINSTRING", "SHORT_BINSTRING"),
            *("BINBYTES", "SHORT_BINBYTES", "BINBYTES8"),
        ),
        Machine._push,
    ),
    "NONE": Machine._push_none,
    "NEWTRUE": Machine._push_true,
    "NEWFALSE": Machine._push_false,
    "EMPTY_LIST": Machine._push_list,
    "EMPTY_DICT": Machine._push_dict,
    "EMPTY_SET": Machine._push_set,
    "EMPTY_TUPLE": Machine._push_tuple,
    "MARK": Machine._mark,
    "TUPLE": Machine._pack_tuple,
    "TUPLE1": Machine._pack_tuple_1,
    "TUPLE2": Machine._pack_tuple_2,
    "TUPLE3": Machine._pack_tuple_3,
    "LIST": Machine._pack_list,
    "DICT": Machine._pack_dict,
    "FROZENSET": Machine._pack_frozenset,
    "APPEND": Machine._append,
    "APPENDS": Machine._append_marked,
    "ADDITEMS": Machine._add_marked,
    "SETITEM": Machine._set_item,
    "SETITEMS": Machine._set_marked,
    **dict.fromkeys(("PUT", "BINPUT", "LONG_BINPUT"), Machine._remember),
    "MEMOIZE": Machine._remember_next,
    **dict.fromkeys(("GET", "BINGET", "LONG_BINGET"), Machine._recall),
    "GLOBAL": Machine._name,
    "INST": Machine._refuse_instance,
    "STACK_GLOBAL": Machine._name_from_stack,
    "REDUCE": Machine._call,
    "BUILD": Machine._set_state,
    "BINPERSID": Machine._resolve_persistent,
}
