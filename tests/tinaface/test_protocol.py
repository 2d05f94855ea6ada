import contextlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tinaface.errors import ProtocolError
from tinaface.protocol import KINDS, Cancel, Detect, Found, Heartbeat, from_line, to_line

any_name = st.text(st.characters(codec=None))  # lone surrogates included: names are bytes


@given(images=st.lists(any_name), root=any_name)
def test_any_file_name_comes_out_as_it_went_in(images, root):
    sent = Detect(job=1, images=images, root=root, weights="", settings={"tta": "flip"})

    line = to_line(sent)

    assert from_line(line) == sent
    assert line.isascii()
    assert line.count("\n") == 1


def test_a_line_of_bytes_is_read_as_well():
    assert from_line(to_line(Cancel(job=3)).encode("ascii")) == Cancel(job=3)


def test_fields_with_a_default_may_be_left_out():
    line = '{"kind":"found","job":1,"image":"a","width":2,"height":3,"boxes":[],"scores":[]}'

    assert from_line(line) == Found(1, "a", 2, 3, [], [])


@pytest.mark.parametrize(
    "line",
    [
        "",
        "garbage",
        "[]",
        "17",
        "{}",
        '{"kind": "no such message"}',
        '{"kind": "cancel"}',
        '{"kind": "cancel", "job": "one"}',
        '{"kind": "cancel", "job": true}',
        '{"kind": "cancel", "job": 1, "more": 2}',
        '{"kind": "found", "job": 1, "image": "a", "width": 1, "height": 1,'
        ' "boxes": [["x"]], "scores": []}',
        b"\xff\xfe\x00",
        "[" * 100_000,
    ],
)
def test_what_is_no_message_is_a_protocol_error(line):
    with pytest.raises(ProtocolError, match="one version"):
        from_line(line)


@given(st.binary(max_size=200))
def test_no_bytes_at_all_end_the_reader_otherwise_than_by_protocol_error(line):
    with contextlib.suppress(ProtocolError):
        from_line(line)


def test_kinds_name_each_message_once():
    assert all(message.kind == kind for kind, message in KINDS.items())
    assert json.loads(to_line(Heartbeat())) == {"kind": "heartbeat"}
