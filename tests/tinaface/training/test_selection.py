import hashlib

import pytest

from tinaface import dataset
from tinaface.dataset import Entry
from tinaface.errors import DatasetError
from tinaface.training.selection import Choice, Which, divide, top_folders


def make(root, names, unlabelled=()):
    """Entries of pictures; their content is their name."""
    entries = []
    for name in [*names, *unlabelled]:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(name.encode())
        label = path.with_suffix(".json")
        if name not in unlabelled:
            label.write_text('{"shapes": []}')
        entries.append(Entry.of(path, None if name in unlabelled else label))
    return entries


def held_out(path):
    """A digest by which pictures named v… are held out."""
    return "0" * 64 if path.name.startswith("v") else "f" * 64


TRAIN = [f"t{number}.jpg" for number in range(12)]
VALIDATE = [f"v{number}.jpg" for number in range(4)]


def test_all_labelled_pictures_are_learned_or_held_out(tmp_path):
    entries = make(tmp_path, TRAIN + VALIDATE, unlabelled=["t99.jpg"])

    division = divide(tmp_path, entries, Choice(), digest=held_out)

    assert division.train == tuple(TRAIN)
    assert division.validate == tuple(VALIDATE)


def test_a_picture_keeps_its_side_whatever_else_is_there_and_whatever_it_is_called(tmp_path):
    entries = make(tmp_path, TRAIN + VALIDATE)
    first = divide(tmp_path, entries, Choice())
    (tmp_path / first.validate[0]).rename(tmp_path / "renamed.jpg")
    more = [entry for entry in entries if entry.name != first.validate[0]]
    (tmp_path / "renamed.json").touch()
    more.append(Entry.of(tmp_path / "renamed.jpg", tmp_path / "renamed.json"))
    more += make(tmp_path, [f"new{number}.jpg" for number in range(20)])

    second = divide(tmp_path, more, Choice())

    assert "renamed.jpg" in second.validate
    assert set(first.train) <= set(second.train)


def test_about_a_seventh_is_held_out(tmp_path):
    entries = make(tmp_path, [f"{number}.jpg" for number in range(400)])

    division = divide(tmp_path, entries, Choice(most_validated=400))

    assert 40 <= len(division.validate) <= 80
    assert len(division.train) + len(division.validate) == 400


def test_only_reviewed_pictures_are_learned(tmp_path):
    entries = make(tmp_path, TRAIN + VALIDATE)
    reviewed = {"t1.jpg", "t5.jpg", "v0.jpg"}

    division = divide(tmp_path, entries, Choice(Which.REVIEWED), reviewed=reviewed, digest=held_out)

    assert division.train == ("t1.jpg", "t5.jpg")
    assert division.validate == ("v0.jpg",)


def test_fixed_pictures_come_with_so_many_others(tmp_path):
    entries = make(tmp_path, TRAIN + VALIDATE)
    fixed = {"t1.jpg", "t2.jpg", "v3.jpg"}

    division = divide(
        tmp_path, entries, Choice(Which.FIXED, others=4), fixed=fixed, digest=held_out
    )

    assert {"t1.jpg", "t2.jpg"} < set(division.train)
    assert len(division.train) == 6
    assert division.fixed == ("t1.jpg", "t2.jpg", "v3.jpg")
    assert "v3.jpg" in division.validate


def test_fixed_and_held_out_pictures_judge_before_others(tmp_path):
    entries = make(tmp_path, TRAIN + VALIDATE)

    division = divide(
        tmp_path,
        entries,
        Choice(Which.FIXED, most_validated=1),
        fixed={"v2.jpg"},
        digest=held_out,
    )

    assert division.validate == ("v2.jpg",)


def test_another_seed_draws_other_pictures_and_the_same_seed_the_same(tmp_path):
    entries = make(tmp_path, TRAIN + VALIDATE)

    def drawn(seed):
        choice = Choice(Which.FIXED, others=5, seed=seed)
        return divide(tmp_path, entries, choice, digest=held_out).train

    assert drawn(1) == drawn(1)
    assert len({drawn(seed) for seed in range(5)}) > 1


def test_no_more_pictures_are_read_than_needed(tmp_path):
    entries = make(tmp_path, TRAIN + VALIDATE)
    read = []

    divide(
        tmp_path,
        entries,
        Choice(Which.FIXED, others=1, most_validated=0),
        fixed={"t0.jpg"},
        digest=lambda path: read.append(path) or "f" * 64,
    )

    assert len(read) == 2


def test_folders_bound_what_is_learned(tmp_path):
    entries = make(tmp_path, ["a/t1.jpg", "a/b/t2.jpg", "ab/t3.jpg", "t4.jpg"])

    division = divide(tmp_path, entries, Choice(folders=("a",)), digest=held_out)

    assert division.train == ("a/b/t2.jpg", "a/t1.jpg")


def test_a_set_with_its_own_folders_is_divided_by_them_and_its_test_is_left_alone(tmp_path):
    entries = make(tmp_path, ["train/images/v1.jpg", "validate/images/t1.jpg", "test/images/t.jpg"])

    division = divide(tmp_path, entries, Choice(), digest=held_out)

    assert division.train == ("train/images/v1.jpg",)
    assert division.validate == ("validate/images/t1.jpg",)


def test_the_split_file_names_the_pictures_for_the_train_command(tmp_path):
    entries = make(tmp_path, ["a.jpg", "sub/a.jpg", "sub/v.jpg"])
    division = divide(tmp_path, entries, Choice(), digest=held_out)
    split = tmp_path / "split.json"

    division.write(split)

    for name in ("train", "validate"):
        found = dataset.labelled_images(tmp_path, split, name)
        names = {entry.image.relative_to(tmp_path).as_posix() for entry in found}
        assert names == set(getattr(division, name))


def test_a_picture_that_cannot_be_read_is_named(tmp_path):
    entries = make(tmp_path, ["a.jpg"])
    (tmp_path / "a.jpg").unlink()

    with pytest.raises(DatasetError, match=r"a\.jpg"):
        divide(tmp_path, entries, Choice())


def test_odd_names_are_drawn_too(tmp_path):
    name = b"\xff.jpg".decode("utf-8", "surrogateescape")
    entry = Entry(str(tmp_path), name, str(tmp_path))

    division = divide(
        tmp_path, [entry], Choice(), digest=lambda _: hashlib.sha256(b"x").hexdigest()
    )

    assert division.train + division.validate == (name,)


def test_top_folders_are_counted():
    assert top_folders(["b/1.jpg", "a/1.jpg", "a/c/2.jpg", "3.jpg"]) == {"a": 2, "b": 1}
