"""Pickles that run code when Python loads them are refused, and nothing in them is run."""

import copyreg
import io
import os
import pickle
import struct
from collections.abc import Callable

import pytest

from tests.tinaface.convert import written_pickles as written
from tinaface.convert import pth
from tinaface.convert.torch_values import NAMES, storage_of
from tinaface.convert.unpickle import Machine, RefusedPickleError
from tinaface.errors import CheckpointError

EXTENSION_CODE = 0xF1


class Reduces:
    """Python pickles this as a call of `os.mkdir`."""

    def __init__(self, folder: str) -> None:
        self.folder = folder

    def __reduce__(self) -> tuple[Callable[[str], None], tuple[str]]:
        return os.mkdir, (self.folder,)


class TakesState:
    """Makes a folder when its state is restored."""

    def __setstate__(self, folder: str) -> None:
        os.mkdir(folder)


class MakesWhenBuilt:
    """Makes a folder when it is created."""

    def __new__(cls, folder: str) -> "MakesWhenBuilt":
        os.mkdir(folder)
        return super().__new__(cls)


HERE = __name__
text, name, program = written.text, written.name, written.program


def short(value: str) -> bytes:
    return b"\x8c" + bytes([len(value)]) + value.encode()


# Each makes the folder when `pickle.loads` reads the opcodes (without the head and STOP).
PAYLOADS: dict[str, Callable[[str], bytes]] = {
    "global and reduce": lambda at: name("os", "mkdir") + text(at) + b"\x85R",
    "a shell": lambda at: name("os", "system") + text(f"mkdir {at}") + b"\x85R",
    "eval": lambda at: (
        name("builtins", "eval") + text(f"__import__('os').mkdir({at!r})") + b"\x85R"
    ),
    "exec": lambda at: name("builtins", "exec") + text(f"import os; os.mkdir({at!r})") + b"\x85R",
    "python 2 name": lambda at: (
        b"\x80\x02"
        + name("__builtin__", "eval")
        + text(f"__import__('os').mkdir({at!r})")
        + b"\x85R"
    ),
    "getattr": lambda at: (
        name("builtins", "getattr")
        + (name("builtins", "__import__") + text("os") + b"\x85R" + text("mkdir") + b"\x86R")
        + (text(at) + b"\x85R")
    ),
    "stack global": lambda at: short("os") + short("mkdir") + b"\x93" + text(at) + b"\x85R",
    "dotted stack global": lambda at: (
        short("pathlib") + short("os.mkdir") + b"\x93" + text(at) + b"\x85R"
    ),
    "name by way of the memo": lambda at: (
        (text("mkdir") + b"q\x01" + b"0" + text("os") + b"h\x01\x93") + text(at) + b"\x85R"
    ),
    "function by way of the memo": lambda at: (
        name("os", "mkdir") + b"q\x01" + b"0" + b"h\x01" + text(at) + b"\x85R"
    ),
    "memo overwritten": lambda at: (
        (name("collections", "OrderedDict") + b"q\x01" + b"0")
        + (name("os", "mkdir") + b"q\x01" + b"0")
        + (b"h\x01" + text(at) + b"\x85R")
    ),
    "inst": lambda at: b"(" + text(at) + f"i{HERE}\nMakesWhenBuilt\n".encode(),
    "obj": lambda at: b"(" + name(HERE, "MakesWhenBuilt") + text(at) + b"o",
    "newobj": lambda at: name(HERE, "MakesWhenBuilt") + text(at) + b"\x85\x81",
    "newobj_ex": lambda at: name(HERE, "MakesWhenBuilt") + text(at) + b"\x85}\x92",
    "build": lambda at: name(HERE, "TakesState") + b")\x81" + text(at) + b"b",
    "extension registry": lambda at: b"\x82" + bytes([EXTENSION_CODE]) + text(at) + b"\x85R",
    "extension registry, four bytes": lambda at: (
        b"\x84" + struct.pack("<i", EXTENSION_CODE) + text(at) + b"\x85R"
    ),
    "reduce of an object": lambda at: pickle.dumps(Reduces(at), 2)[2:-1],
    "reduce of an object, protocol 5": lambda at: pickle.dumps(Reduces(at), 5)[2:-1],
    "nested pickle": lambda at: (
        (name("_pickle", "loads") + b"C" + bytes([len(pickle.dumps(Reduces(at)))]))
        + (pickle.dumps(Reduces(at)) + b"\x85R")
    ),
    "argument of a tensor's function": lambda at: (
        (name("collections", "OrderedDict") + b"(")
        + (name("os", "mkdir") + text(at) + b"\x85R" + b"0]tR")
    ),
    "value that is thrown away": lambda at: name("os", "mkdir") + text(at) + b"\x85R" + b"0" + b"}",
    "runpy": lambda at: (
        name("runpy", "_run_code") + text(f"import os; os.mkdir({at!r})") + b"}\x86R"
    ),
}
PLACES: dict[str, Callable[[bytes], bytes]] = {
    "zip": lambda body: written.zip_file(program(body), {}),
    "inside a zip's state dict": lambda body: written.zip_file(
        program(written.mapping({"weight": body})), {}
    ),
    "legacy data": lambda body: written.legacy_file(program(body), b"]", b""),
    "legacy storages": lambda body: written.legacy_file(program(b"}"), body, b""),
    "legacy first pickle": lambda body: program(body),
    "persistent id": lambda body: written.zip_file(program(body + b"Q"), {}),
    "type of a storage": lambda body: written.zip_file(
        program(b"(" + text("storage") + body + text("0") + text("cpu") + b"K\x04tQ"), {}
    ),
    "state of a mapping": lambda body: written.zip_file(
        program(name("collections", "OrderedDict") + b")R" + body + b"b"), {}
    ),
}


@pytest.fixture(autouse=True)
def _extension():
    copyreg.add_extension("os", "mkdir", EXTENSION_CODE)
    yield
    copyreg.remove_extension("os", "mkdir", EXTENSION_CODE)


@pytest.mark.parametrize("payload", PAYLOADS)
def test_python_itself_would_run_the_payload(tmp_path, payload):
    canary = tmp_path / "canary"

    pickle.loads(b"\x80\x04" + PAYLOADS[payload](str(canary)) + b".")

    assert canary.is_dir()


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("payload", PAYLOADS)
def test_the_payload_is_refused_and_not_run(tmp_path, payload, place):
    canary, path = tmp_path / "canary", tmp_path / "checkpoint.pth"
    path.write_bytes(PLACES[place](PAYLOADS[payload](str(canary))))

    with pytest.raises(CheckpointError, match="plain data"):
        pth.read(path)

    assert not canary.exists()


@pytest.mark.parametrize(
    ("module", "attribute"),
    [
        ("os", "system"),
        ("posix", "system"),
        ("builtins", "getattr"),
        ("torch", "load"),
        ("torch", "_utils._rebuild_tensor_v2"),
        ("torch._utils", "_rebuild_tensor_v2.__globals__"),
        ("torch.storage", "_load_from_bytes"),
        ("collections", "OrderedDict.__reduce__"),
        ("collections.OrderedDict", "fromkeys"),
        ("numpy.core.multiarray", "scalar"),
        ("argparse", "Namespace"),
        ("collections", ""),
        ("", "os"),
    ],
)
def test_a_name_outside_the_table_is_refused_by_that_name(module, attribute):
    asked = f"{module}.{attribute}"

    with pytest.raises(RefusedPickleError) as caught:
        run(name(module, attribute))

    assert repr(asked) in str(caught.value)


def run(body: bytes) -> object:
    return Machine(NAMES, storage_of).run(io.BytesIO(b"\x80\x04" + body + b"."))


# Pickles that only mean to crash or to fill the memory.

NEST = 200_000


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b")" + b"\x85" * NEST + b"}q\x0000h\x00", id="deep tuple left over"),
        pytest.param(b"}" + b")" + b"\x85" * NEST + b"Ns", id="deep tuple as key"),
        pytest.param(b"\x8f(" + b")" + b"\x85" * NEST + b"\x90", id="deep tuple in a set"),
        pytest.param(b"}" + b"G" + bytes(8) + b"Ns", id="number as key"),
        pytest.param(b"}" + written.integer(2**100) + b"Ns", id="huge integer as key"),
        pytest.param(b"\x8b" + struct.pack("<i", 10**5) + b"\x7f" * 10**5, id="huge integer"),
        pytest.param(b"\x8b" + struct.pack("<i", 2**31 - 1), id="claimed integer"),
        pytest.param(b"\x8d" + struct.pack("<Q", 2**62), id="claimed text"),
        pytest.param(b"\x8e" + struct.pack("<Q", 2**63), id="claimed bytes"),
        pytest.param(b"I" + b"9" * 10**4 + b"\n", id="integer in many digits"),
        pytest.param(b"Nj" + struct.pack("<I", 2**32 - 1), id="memo never filled"),
        pytest.param(b"(" * NEST, id="marks"),
        pytest.param(b"t", id="tuple without mark"),
        pytest.param(b"R", id="call without function"),
        pytest.param(b"NN", id="two values"),
        pytest.param(b"", id="no value"),
        pytest.param(b"]q\x00h\x00a" + b"}h\x00Ns", id="list in itself as key"),
        pytest.param(b"NP" + b"key\n", id="persistent id as text"),
        pytest.param(text("torch") + b"}\x93", id="name that is no text"),
        pytest.param(b"S'a\\q'\n", id="protocol 0 text"),
        pytest.param(name("torch", "float32") + b")R", id="call of a data type"),
        pytest.param(name("torch", "device") + b"}\x85R", id="device of a dict"),
        pytest.param(name("torch", "Size") + b"\x88\x85\x85R", id="size of truth values"),
        pytest.param(name("torch._utils", "_rebuild_tensor_v2") + b")R", id="too few arguments"),
        pytest.param(name("builtins", "set") + b"]}a\x85R", id="set of dicts"),
        pytest.param(name("collections", "OrderedDict") + b"]Na\x85R", id="pairs of nothing"),
        pytest.param(b"}Nb", id="state of a dict"),
    ],
)
def test_a_pickle_made_to_crash_is_refused(body):
    with pytest.raises(RefusedPickleError):
        run(body)


def test_copies_of_one_long_list_are_bounded():
    items = b"](" + b"K\x01" * 10_000 + b"eq\x00"
    copies = (name("builtins", "set") + b"h\x00\x85R") * 1_000

    with pytest.raises(RefusedPickleError, match="more than 500000"):
        run(items + copies)


def test_state_of_a_mapping_is_dropped():
    value = run(name("collections", "OrderedDict") + b")R}" + text("items") + b"Nsb")

    assert value == {}
    assert not vars(value)


def test_protocol_5_reads_what_it_wrote():
    plain = {"a": [1, 2.5, None, True, "ü"], "b": ({1, 2}, frozenset({3}), b"x"), "c": {0: -1}}

    for protocol in (2, 3, 4, 5):
        stream = io.BytesIO(pickle.dumps(plain, protocol))
        assert Machine(NAMES, storage_of).run(stream) == plain
