"""The index of a data set: what it keeps, what it reads again, and that it may be lost."""

import os
import sqlite3
import sys
from pathlib import Path

import numpy as np
import pytest

from tests.app.studio import make_folder, write_label
from tinaface.cli import main
from tinaface.dataset import find_entry
from tinaface.image_columns import Fault
from tinaface.image_facts import Facts, read_facts
from tinaface.image_index import ImageIndex, index_path
from tinaface.indexing import refresh


def facts(name: str, boxes: int = 1) -> Facts:
    return Facts(name, (10, 20, 30, 40), 640, 480, boxes, 8.5, 90.0)


def all_known(index: ImageIndex, since: int = 0) -> dict[str, float]:
    """Boxes by name."""
    return {
        name: boxes
        for known in index.known(since)
        for name, boxes in zip(known.names, known.values["boxes"].tolist(), strict=True)
    }


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "cache" / "some.sqlite"


def test_what_was_written_is_known_to_another_reader(path: Path):
    writer, reader = ImageIndex(path), ImageIndex(path)
    odd = os.fsdecode(b"caf\xe9/\xff.jpg") if sys.platform != "win32" else "café.jpg"

    first = writer.write([facts("a.jpg", 3), facts(odd, 4)])
    second = writer.write([facts("a.jpg", 5)])

    assert all_known(reader) == {"a.jpg": 5, odd: 4}
    assert all_known(reader, first) == {"a.jpg": 5}
    assert all_known(reader, second) == {}
    assert reader.stamps()[odd] == (10, 20, 30, 40)


def test_what_is_not_known_is_nan(path: Path):
    index = ImageIndex(path)

    index.write([Facts("a.jpg", (1, 2, 0, 0), error=Fault.IMAGE, reason="it is empty")])

    (known,) = index.known()
    assert np.isnan(known.values["width"][0])
    assert np.isnan(known.values["fp"][0])
    assert known.values["error"][0] == Fault.IMAGE
    assert known.reasons == {"a.jpg": "it is empty"}


def test_comparisons_survive_new_facts(path: Path):
    index = ImageIndex(path)
    index.write([facts("a.jpg")])

    index.write_compared(
        ["a.jpg", "unknown.jpg"], {"fp": np.array([2.0, 3]), "fn": np.array([np.nan, 1])}, "m 0.5"
    )
    index.write([facts("a.jpg", 7)])

    (known,) = index.known()
    assert (known.values["fp"][0], known.values["boxes"][0]) == (2, 7)
    assert np.isnan(known.values["fn"][0])


def test_what_was_compared_with_other_predictions_or_threshold_is_dropped(path: Path):
    index = ImageIndex(path)
    index.write([facts("a.jpg"), facts("b.jpg")])
    assert index.compared_basis() == ""
    index.write_compared(["a.jpg", "b.jpg"], {"fp": np.array([2.0, 3])}, "m 0.5")

    index.write_compared(["a.jpg"], {"fp": np.array([4.0])}, "m 0.6")

    (known,) = index.known()
    np.testing.assert_array_equal(known.values["fp"], [4, np.nan])
    assert index.compared_basis() == "m 0.6"


@pytest.mark.parametrize(
    "content", [b"this is no database" * 100, b"SQLite format 3\0" + bytes(4000)]
)
def test_a_damaged_file_is_set_aside(path: Path, content: bytes):
    path.parent.mkdir()
    path.write_bytes(content)

    index = ImageIndex(path)
    index.write([facts("a.jpg")])

    assert index.set_aside is not None
    assert index.set_aside.read_bytes() == content
    assert all_known(index) == {"a.jpg": 1}


def test_a_file_of_a_later_version_is_set_aside(path: Path):
    ImageIndex(path).close()
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA user_version = 99")
    connection.close()

    assert ImageIndex(path).set_aside is not None


def test_a_file_that_is_overwritten_while_it_is_open_is_begun_anew(path: Path):
    index = ImageIndex(path)
    index.write([facts(f"{number}.jpg") for number in range(3000)])
    index._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    index._connection.execute("PRAGMA cache_size = 0")

    path.write_bytes(b"rubbish" * 50_000)

    index.stamps()
    index.write([facts("a.jpg")])
    index.write([facts("a.jpg")])
    assert all_known(ImageIndex(path)) == {"a.jpg": 1}


def test_a_refresh_reads_only_what_has_changed(tmp_path: Path, path: Path):
    root = make_folder(tmp_path / "p", ("a.jpg", "b.jpg", "sub/c.jpg"))
    write_label(root / "a.json", [[1, 2, 20, 30], [5, 5, 10, 45]])
    index = ImageIndex(path)
    assert [*refresh(root, index)][-1].read == 3
    assert all_known(index) == {"a.jpg": 2, "b.jpg": 0, "sub/c.jpg": 0}
    assert [*refresh(root, index)][-1].read == 0

    write_label(root / "b.json", [[1, 2, 20, 30]])
    (root / "sub" / "c.jpg").unlink()
    last = [*refresh(root, index)][-1]

    assert (last.read, last.done, last.total) == (1, 2, 2)
    assert all_known(index) == {"a.jpg": 2, "b.jpg": 1}


def test_a_file_lost_while_it_is_filled_is_filled_again(tmp_path: Path, path: Path):
    root = make_folder(tmp_path / "p", tuple(f"{number}.jpg" for number in range(120)))
    index = ImageIndex(path)

    for number, _ in enumerate(refresh(root, index)):
        if number == 1:
            index._connection.close()  # from now on every use fails

    assert len(all_known(index)) == 120


def test_what_is_wrong_with_an_image_is_a_fact(tmp_path: Path):
    root = make_folder(tmp_path / "p", ("a.jpg", "b.jpg"))
    label = write_label(root / "a.json", [[1, 2, 20, 30]])
    label.write_text(label.read_text().replace('"imageWidth": 80', '"imageWidth": 81'))
    (root / "b.json").write_text("{")
    (root / "c.jpg").write_bytes(b"")

    found = {
        name: read_facts(find_entry(root / name), name) for name in ("a.jpg", "b.jpg", "c.jpg")
    }

    assert found["a.jpg"].error == Fault.SIZE
    assert (found["a.jpg"].boxes, found["a.jpg"].min_face) == (1, 28)
    assert found["b.jpg"].error == Fault.JSON
    assert found["b.jpg"].boxes is None
    assert found["c.jpg"].error == Fault.IMAGE
    assert "empty" in found["c.jpg"].reason


def test_the_verb_fills_the_index_that_the_window_opens(tmp_path: Path, capsys):
    root = make_folder(tmp_path / "p")

    assert main(["index", str(root), "--json"]) == 0

    assert '"total": 3' in capsys.readouterr().out.splitlines()[-1]
    assert len(all_known(ImageIndex(index_path(root)))) == 3
