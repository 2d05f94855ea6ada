"""The list shows of a folder what tells it from others, and nothing that all of them share."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.models.folder_names import FolderNames

FOLDERS = st.lists(st.sampled_from("abc"), max_size=4).map("/".join)


def shown(*folders: str) -> list[str]:
    names = FolderNames()
    names.add(folders)
    return [names.shown(folder) for folder in folders]


@pytest.mark.parametrize(
    ("folders", "wanted"),
    [
        (["images"], [""]),
        (["train/images", "test/images"], ["train/", "test/"]),
        (["images/a", "images/b/c"], ["a/", "b/c/"]),
        (["", "images"], ["", "images/"]),
        (["a", "a/a"], ["", "a/"]),
        (["images", "images2"], ["images/", "images2/"]),
    ],
)
def test_what_all_folders_share_is_left_out(folders: list[str], wanted: list[str]):
    assert shown(*folders) == wanted


def test_a_later_folder_brings_back_what_it_does_not_share():
    names = FolderNames()
    assert names.add(["set/images"])
    assert names.shown("set/images") == ""

    assert not names.add(["set/images"])
    assert names.add(["set/other"])

    assert names.shown("set/images") == "images/"


@given(st.lists(FOLDERS, unique=True))
def test_different_folders_are_shown_differently(folders: list[str]):
    assert len(set(shown(*folders))) == len(folders)
