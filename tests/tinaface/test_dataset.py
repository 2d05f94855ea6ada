"""Scanning finds every image once, in order, and never gives one image another's labels."""

import json
import os
import time
import tracemalloc
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.shared import FACES, needs_faces
from tinaface import dataset
from tinaface.dataset import Entry
from tinaface.errors import DatasetError, DocumentError


def make(root: Path, *names: str) -> None:
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).touch()


def scanned(root: Path) -> list[Entry]:
    return [entry for batch in dataset.scan(root) for entry in batch]


def image_names(root: Path) -> list[str]:
    return [entry.image.relative_to(root).as_posix() for entry in scanned(root)]


def labels(root: Path) -> dict[str, str | None]:
    return {
        entry.image.relative_to(root).as_posix(): entry.label
        and entry.label.relative_to(root).as_posix()
        for entry in scanned(root)
    }


def write_label(path: Path, *shapes: dict[str, object]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    rectangle = {"label": "face", "shape_type": "rectangle"}
    path.write_text(json.dumps({"shapes": [{**rectangle, **shape} for shape in shapes]}))


# ---- scan ----


def test_images_come_in_natural_order_with_subfolders_after(tmp_path: Path) -> None:
    make(tmp_path, "a10.jpg", "a2.jpg", "B1.PNG", "b/1.jpg", "sub10/x.jpg", "sub9/x.jpg", "n.txt")

    assert image_names(tmp_path) == [
        *("a2.jpg", "a10.jpg", "B1.PNG"),
        *("b/1.jpg", "sub9/x.jpg", "sub10/x.jpg"),
    ]


def test_hidden_names_and_the_review_folder_are_skipped(tmp_path: Path) -> None:
    make(tmp_path, ".review/pred/a.jpg", ".hidden.jpg", ".git/a.jpg", "a.jpg")

    assert image_names(tmp_path) == ["a.jpg"]


def test_batches_hold_all_images_and_the_first_is_small(tmp_path: Path) -> None:
    make(tmp_path, *(f"{number}.jpg" for number in range(2500)))

    sizes = [len(batch) for batch in dataset.scan(tmp_path)]

    assert sizes == [64, 1000, 1000, 436]


def test_small_folders_share_a_batch(tmp_path: Path) -> None:
    make(tmp_path, *(f"{number}/x.jpg" for number in range(100)))

    assert [len(batch) for batch in dataset.scan(tmp_path)] == [64, 36]


def test_a_folder_without_images_gives_no_batch(tmp_path: Path) -> None:
    assert list(dataset.scan(tmp_path)) == []


def test_f19_a_missing_folder_is_a_dataset_error(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="Cannot list"):
        next(dataset.scan(tmp_path / "gone"))


def test_f19_a_subfolder_that_vanishes_is_reported_and_skipped(tmp_path: Path) -> None:
    make(tmp_path, *(f"{number}.jpg" for number in range(100)), "b/x.jpg", "c/x.jpg")
    problems: list[DatasetError] = []
    batches = dataset.scan(tmp_path, on_error=problems.append)
    first = next(batches)
    (tmp_path / "b" / "x.jpg").unlink()
    (tmp_path / "b").rmdir()

    rest = [entry for batch in batches for entry in batch]

    assert len(first) + len(rest) == 101
    assert [problem.what for problem in problems] == [f"Cannot list {tmp_path / 'b'}"]


def test_f27_what_is_no_picture_inside_is_listed_for_the_reader_to_refuse(tmp_path: Path) -> None:
    make(tmp_path, "empty.jpg", "folder.jpg/inner.png")
    os.mkfifo(tmp_path / "pipe.jpg")
    (tmp_path / "broken.jpg").symlink_to("nowhere")

    assert image_names(tmp_path) == ["broken.jpg", "empty.jpg", "pipe.jpg", "folder.jpg/inner.png"]


def test_f37_names_of_every_kind_are_found_with_their_labels(tmp_path: Path) -> None:
    stems = ["ü ö", "line\nbreak", "😀", "שלום", "\udcff", "x" * 250, "a.b", "-x", "\uff11"]
    make(tmp_path, *(f"{stem}{suffix}" for stem in stems for suffix in (".jpg", ".json")))

    entries = scanned(tmp_path)

    assert {Path(entry.name).stem for entry in entries} == set(stems)
    assert all(entry.image.exists() for entry in entries)
    assert all(entry.label is not None and entry.label.exists() for entry in entries)


def test_f38_names_that_differ_by_case_or_normal_form_keep_their_own_labels(tmp_path: Path) -> None:
    stems = ["a", "A", "\u00e9", "e\u0301"]
    make(tmp_path, *(f"{stem}.jpg" for stem in stems), "a.json", "e\u0301.json")
    if len(os.listdir(tmp_path)) < 6:
        pytest.skip("this disk does not tell these names apart")

    assert labels(tmp_path) == {
        "a.jpg": "a.json",
        "A.jpg": None,
        "\u00e9.jpg": None,
        "e\u0301.jpg": "e\u0301.json",
    }


def test_f39_a_link_loop_is_followed_once(tmp_path: Path) -> None:
    make(tmp_path, "a/x.jpg", "b/y.jpg")
    (tmp_path / "a" / "loop").symlink_to(tmp_path)
    (tmp_path / "b" / "other").symlink_to(tmp_path / "a")

    assert sorted(Path(name).name for name in image_names(tmp_path)) == ["x.jpg", "y.jpg"]


@pytest.mark.slow
def test_f40_many_images_need_less_than_a_kib_each(tmp_path: Path) -> None:
    class Item:
        def __init__(self, number: int) -> None:
            self.name = f"holiday_{number:06}.jpg"

        def is_dir(self) -> bool:
            return False

    class Listing(list[Item]):
        def __enter__(self) -> "Listing":
            return self

        def __exit__(self, *_: object) -> None:
            self.clear()

    # Names of files that are not there: making them would test the disk.
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "scandir", lambda _: Listing(map(Item, range(30_000))))
        tracemalloc.start()
        try:
            entries = scanned(tmp_path)
            used, _ = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()

    assert len(entries) == 30_000
    assert used / len(entries) < 1024


@pytest.mark.slow
def test_f40_the_first_image_of_32000_comes_within_a_second(tmp_path: Path) -> None:
    make(tmp_path, *(f"{number}.jpg" for number in range(32_000)))

    start = time.monotonic()
    first = next(dataset.scan(tmp_path))[0]
    waited_s = time.monotonic() - start

    assert first.name == "0.jpg"
    assert waited_s < 1


@given(st.lists(st.text(max_size=8), max_size=6))
def test_natural_order_is_an_order_of_all_names(names: list[str]) -> None:
    ordered = sorted(sorted(set(names), reverse=True), key=dataset.natural_key)

    assert sorted(set(names), key=dataset.natural_key) == ordered


@given(st.integers(0, 10**30), st.integers(0, 10**30))
def test_natural_order_counts_up(low: int, high: int) -> None:
    low, high = sorted([low, high])
    width = len(str(high))

    assert dataset.natural_key(f"a{low:0{width}}") <= dataset.natural_key(f"a{high}")


def test_natural_order_counts_in_every_script() -> None:
    names = ["a\u0663", "a\u0661\u0660", "a11", "a-1", "b"]  # 3 and 10 in Arabic digits
    shuffled = [names[place] for place in (4, 2, 0, 3, 1)]

    assert sorted(shuffled, key=dataset.natural_key) == names


def test_a_scan_has_the_natural_order_where_names_differ_in_case_or_zeros(tmp_path: Path) -> None:
    names = ["a01.jpg", "a1.jpg", "A001.jpg", "b.jpg", "B.jpg", "a-1.jpg", "a.jpg"]
    make(tmp_path, *names)

    assert image_names(tmp_path) == sorted(names, key=dataset.natural_key)


# ---- pairing ----


def test_a_label_lies_beside_its_image_or_in_the_labels_folder_beside(tmp_path: Path) -> None:
    make(
        tmp_path,
        *("beside.jpg", "beside.json", "train/images/a.jpg", "train/labels/a.json"),
        *("train/images/deep/b.jpg", "train/labels/deep/b.json", "train/images/none.jpg"),
    )

    assert labels(tmp_path) == {
        "beside.jpg": "beside.json",
        "train/images/a.jpg": "train/labels/a.json",
        "train/images/none.jpg": None,
        "train/images/deep/b.jpg": "train/labels/deep/b.json",
    }


def test_opening_the_images_folder_itself_finds_the_labels(tmp_path: Path) -> None:
    make(tmp_path, "images/a.jpg", "labels/a.json")

    (entry,) = scanned(tmp_path / "images")

    assert entry.label == tmp_path / "labels" / "a.json"


def test_f10_two_images_of_one_stem_are_marked(tmp_path: Path) -> None:
    make(tmp_path, "a.jpg", "a.png", "a.json", "b.jpg")

    assert {entry.name: entry.shares_stem for entry in scanned(tmp_path)} == {
        "a.jpg": True,
        "a.png": True,
        "b.jpg": False,
    }


def test_a_new_label_goes_to_the_labels_folder_if_there_is_one(tmp_path: Path) -> None:
    make(tmp_path, "six/images/deep/a.jpg", "plain/images/b.jpg", "c.jpg")
    (tmp_path / "six" / "labels").mkdir()

    places = [
        dataset.label_path_for(tmp_path / name)
        for name in ("six/images/deep/a.jpg", "plain/images/b.jpg", "c.jpg")
    ]

    assert [place.relative_to(tmp_path).as_posix() for place in places] == [
        *("six/labels/deep/a.json", "plain/images/b.json", "c.json")
    ]


def test_a_label_that_is_there_is_found_for_one_image(tmp_path: Path) -> None:
    make(tmp_path, "images/a.jpg", "images/a.json", "labels/a.json", "images/b.jpg")

    beside = dataset.find_entry(tmp_path / "images" / "a.jpg")

    assert beside == scanned(tmp_path)[0]
    assert beside.label == tmp_path / "images" / "a.json"
    assert dataset.find_entry(tmp_path / "images" / "b.jpg").label is None


def test_f07_the_image_of_a_label_is_the_one_with_its_stem(tmp_path: Path) -> None:
    make(tmp_path, "images/a.PNG", "labels/a.json", "b.jpg", "b.json", "alone.json")

    assert dataset.image_of(tmp_path / "labels/a.json") == tmp_path / "images" / "a.PNG"
    assert dataset.image_of(tmp_path / "b.json") == tmp_path / "b.jpg"
    assert dataset.image_of(tmp_path / "alone.json") is None


def test_an_entry_takes_only_a_label_of_its_own_stem(tmp_path: Path) -> None:
    entry = Entry.of(tmp_path / "a.jpg", tmp_path / "labels" / "a.json")

    assert (entry.image, entry.label) == (tmp_path / "a.jpg", tmp_path / "labels" / "a.json")
    with pytest.raises(ValueError, match="not the label file"):
        Entry.of(tmp_path / "a.jpg", tmp_path / "b.json")


# ---- splits ----


def test_a_split_is_a_folder_or_what_a_list_names(tmp_path: Path) -> None:
    make(tmp_path, *(f"train/images/{stem}.jpg" for stem in "abc"), "test/images/t.jpg")
    make(tmp_path, *(f"train/labels/{stem}.json" for stem in "ab"), "test/labels/t.json")
    split_file = tmp_path / "splits.json"
    split_file.write_text('{"mine": ["a", "t.jpg", "train/images/b"], "other": []}')

    def names(*arguments: object) -> list[str]:
        return [entry.name for entry in dataset.labelled_images(tmp_path, *arguments)]

    assert names() == ["t.jpg", "a.jpg", "b.jpg"]
    assert names(None, "train") == ["a.jpg", "b.jpg"]
    assert names(split_file, "mine") == ["t.jpg", "a.jpg", "b.jpg"]
    assert names(split_file, "other") == []


def test_an_image_of_a_split_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    make(tmp_path, "a.jpg", "a.json", "c.jpg")
    split_file = tmp_path / "splits.json"
    split_file.write_text('{"train": ["a", "b", "c"]}')

    with pytest.raises(DatasetError, match="2 of 3 images") as raised:
        dataset.labelled_images(tmp_path, split_file, "train")
    assert "'b'" in raised.value.why


@pytest.mark.parametrize("text", ["", "[]", '{"train": 3}', '{"train": [1]}', '{"test": []}'])
def test_a_list_of_splits_that_cannot_be_used_is_an_error(tmp_path: Path, text: str) -> None:
    (tmp_path / "splits.json").write_text(text)

    with pytest.raises(DatasetError):
        dataset.read_split(tmp_path / "splits.json", "train")


@needs_faces
def test_the_photographs_splits_are_found_whole() -> None:
    counts = [
        len(dataset.labelled_images(FACES, FACES / "splits.json", split))
        for split in ("train", "validate", "test")
    ]

    assert counts == [2043, 252, 242]


# ---- ground truth ----


def test_ground_truth_is_float32_corners_in_order_with_the_ignored_marked(tmp_path: Path) -> None:
    write_label(
        tmp_path / "a.json",
        {"points": [[1.5, 2], [3, 4]]},
        {"points": [[30, 40], [10, 20]], "flags": {"ignore": True}},
        {"points": [[1, 1], [2, 2]], "flags": {"invalid": True, "blur": True}},
        {"points": [[5, 5], [9, 9]], "flags": {"ignore": False}, "label": " Face"},
    )

    truth = dataset.ground_truth(Entry.of(tmp_path / "a.jpg", tmp_path / "a.json"))

    assert truth.gt_boxes.dtype == np.float32
    np.testing.assert_array_equal(
        truth.gt_boxes, [[1.5, 2, 3, 4], [10, 20, 30, 40], [1, 1, 2, 2], [5, 5, 9, 9]]
    )
    np.testing.assert_array_equal(truth.is_ignored, [False, True, True, False])


def test_what_is_no_face_with_an_area_is_not_ground_truth(tmp_path: Path) -> None:
    write_label(
        tmp_path / "a.json",
        {"points": [[1, 2], [1, 9]]},
        {"points": [[1, 2], [float("nan"), 9]]},
        {"points": [[1, 2], [5, 9]], "label": "person"},
        {"points": [[1, 2], [5, 9]], "shape_type": "circle"},
    )

    truth = dataset.ground_truth(Entry.of(tmp_path / "a.jpg", tmp_path / "a.json"))

    assert truth.gt_boxes.shape == (0, 4)
    assert truth.is_ignored.shape == (0,)


def test_an_image_without_labels_has_no_faces_and_a_broken_label_is_an_error(
    tmp_path: Path,
) -> None:
    make(tmp_path, "a.json")

    assert len(dataset.ground_truth(Entry.of(tmp_path / "a.jpg", None)).gt_boxes) == 0
    with pytest.raises(DocumentError):
        dataset.ground_truth(Entry.of(tmp_path / "a.jpg", tmp_path / "a.json"))


def test_a_listed_path_means_no_picture_of_the_same_name_elsewhere(tmp_path):
    for folder in (tmp_path, tmp_path / "sub"):
        folder.mkdir(exist_ok=True)
        (folder / "a.jpg").touch()
        (folder / "a.json").write_text("{}")
    split = tmp_path / "splits.json"
    split.write_text('{"train": ["a.jpg"]}')

    (only,) = dataset.labelled_images(tmp_path, split, "train")

    assert only.image == tmp_path / "a.jpg"
