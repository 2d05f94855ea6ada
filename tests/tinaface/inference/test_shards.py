"""A folder of shards holds one record an image, whatever was killed or repeated."""

import pytest

from tinaface.errors import DatasetError
from tinaface.inference.shards import Image, Shard, ShardFolder
from tinaface.predictions import Record, open_predictions

IMAGES = [Image(f"/photos/{number}.jpg", f"{number}.jpg") for number in range(5)]
MODEL = {"model": "abc", "settings": {"nms_iou": 0.45}}


@pytest.fixture
def folder(tmp_path):
    made = ShardFolder(tmp_path / "found")
    made.open(MODEL, resumes=False)
    return made


def records(shard):
    return [Record(image.name, 10, 10) for image in shard.images]


def test_images_are_divided_in_their_order(folder):
    shards = folder.plan(IMAGES, 2)

    assert [len(shard.images) for shard in shards] == [2, 2, 1]
    assert [image for shard in shards for image in shard.images] == IMAGES


def test_what_has_a_record_is_not_planned_again_however_it_is_divided(folder):
    first, *_ = folder.plan(IMAGES, 2)
    folder.write(first, records(first))

    shards = folder.plan(IMAGES, 3)

    assert [image.name for shard in shards for image in shard.images] == ["2.jpg", "3.jpg", "4.jpg"]


def test_a_shard_that_is_done_twice_leaves_one_record_an_image(folder):
    shards = folder.plan(IMAGES, 2)
    for shard in (*shards, shards[0]):
        folder.write(shard, records(shard))

    found = open_predictions(folder.path)

    assert sorted(found.images()) == [image.name for image in IMAGES]
    assert found.superseded == 0


def test_a_shard_with_a_record_too_few_is_never_written(folder):
    (shard,) = folder.plan(IMAGES, 9)

    with pytest.raises(ValueError, match="one record for each"):
        folder.write(shard, records(shard)[1:])
    assert not list(folder.path.glob("part-*"))


def test_names_that_are_no_text_travel_unchanged():
    shard = Shard((Image("/photos/\udcff.jpg", "\udcff.jpg"),))

    assert shard.to_text().isascii()
    assert Shard.from_text(shard.to_text()) == shard
    assert shard.file_name.startswith("part-")


@pytest.mark.parametrize(
    ("description", "resumes", "message"),
    [
        (MODEL, False, "--resume"),
        ({**MODEL, "model": "other"}, True, "another model"),
    ],
)
def test_a_folder_that_holds_something_is_not_mixed_up(folder, description, resumes, message):
    (shard,) = folder.plan(IMAGES, 9)
    folder.write(shard, records(shard))

    with pytest.raises(DatasetError, match=message):
        folder.open(description, resumes=resumes)
    folder.open(MODEL, resumes=True)
