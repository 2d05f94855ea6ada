from hypothesis import given
from hypothesis import strategies as st

from app.workers.lines import LineCutter


@given(st.lists(st.binary(max_size=5).filter(lambda line: b"\n" not in line)), st.data())
def test_lines_come_out_whole_wherever_the_stream_was_cut(lines, data):
    stream = b"".join(line + b"\n" for line in lines)
    cutter = LineCutter(limit=5)

    out = []
    while stream:
        size = data.draw(st.integers(1, 7))
        out += cutter.feed(stream[:size])
        stream = stream[size:]

    assert out == lines


def test_f47_a_line_over_the_limit_is_dropped_and_the_next_one_kept():
    cutter = LineCutter(limit=4)

    out = cutter.feed(b"12") + cutter.feed(b"345678") + cutter.feed(b"9\nok\n")

    assert out == [None, b"ok"]


def test_the_rest_is_what_came_after_the_last_newline():
    cutter = LineCutter(limit=10)

    assert cutter.feed(b"a\nlast") == [b"a"]
    assert cutter.rest() == [b"last"]
    assert cutter.rest() == []
