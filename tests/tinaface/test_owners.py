from pathlib import Path

import pytest

from tinaface import dataset, owners
from tinaface.errors import DatasetError
from tinaface.image_index import ImageIndex
from tinaface.indexing import refresh


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Two images of one stem and their label file, in a folder of a data set."""
    folder = tmp_path / "event"
    folder.mkdir()
    for name in ("a.jpg", "a.png", "b.jpg"):
        (folder / name).write_bytes(b"no picture")
    (folder / "a.json").write_text('{"shapes": [], "version": "5"}')
    return tmp_path


def listed(folder: Path) -> dict[str, tuple[bool, bool, str | None]]:
    """Whether each image has labels, whether nobody knows whose they are, and whose they are."""
    return {
        one.name: (one.label is not None, one.shares_stem, one.owner)
        for batch in dataset.scan(folder)
        for one in batch
    }


def test_labels_are_of_the_image_that_was_chosen_and_of_no_other(root: Path) -> None:
    owners.choose(root, "event/a.png")

    assert listed(root) == {
        "a.jpg": (False, False, "a.png"),
        "a.png": (True, False, None),
        "b.jpg": (False, False, None),
    }
    assert dataset.find_entry(root / "event" / "a.jpg").label is None
    assert dataset.find_entry(root / "event" / "a.png").label == root / "event" / "a.json"
    assert dataset.image_of(root / "event" / "a.json") == root / "event" / "a.png"


def test_a_part_of_the_data_set_opened_by_itself_knows_the_choice(root: Path) -> None:
    owners.choose(root, "event/a.png")

    assert listed(root / "event") == listed(root)


def test_the_later_choice_counts_and_the_nearer_one(root: Path) -> None:
    owners.choose(root, "event/a.png")
    owners.choose(root, "event/b.jpg")
    owners.choose(root, "event/a.jpg")
    assert owners.owner_of(root / "event" / "a.png") == "a.jpg"
    assert owners.owner_of(root / "event" / "b.jpg") == "b.jpg"

    owners.choose(root / "event", "a.png")

    assert owners.owner_of(root / "event" / "a.jpg") == "a.png"


def test_a_chosen_image_that_is_gone_owns_nothing(root: Path) -> None:
    owners.choose(root, "event/a.png")
    (root / "event" / "a.png").unlink()

    assert listed(root)["a.jpg"] == (True, False, None)
    assert dataset.find_entry(root / "event" / "a.jpg").label is not None


@pytest.mark.parametrize("damaged", ["{", '{"owners": 3}', "[]", '{"owners": [3, null]}', "\0"])
def test_a_damaged_list_says_nothing_and_is_kept_aside(root: Path, damaged: str) -> None:
    path = root / ".review" / "owners.json"
    path.parent.mkdir()
    path.write_text(damaged)
    assert listed(root)["a.jpg"] == (True, True, None)

    owners.choose(root, "event/a.jpg")

    assert listed(root)["a.jpg"] == (True, False, None)
    aside = path.with_name("owners.json.broken")
    assert not aside.exists() or aside.read_text() == damaged


def test_names_that_are_no_unicode_can_be_chosen(root: Path) -> None:
    name = "event/a\udcff.png"

    owners.choose(root, name)

    assert owners.chosen_in(root / "event") == {"a\udcff": "a\udcff.png"}


def test_a_choice_that_cannot_be_written_is_told(root: Path) -> None:
    (root / ".review").write_text("in the way")

    with pytest.raises(DatasetError, match="whose the labels"):
        owners.choose(root, "event/a.jpg")


def test_the_index_hears_of_a_choice(root: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    index = ImageIndex(tmp_path_factory.mktemp("index") / "index.sqlite")
    list(refresh(root, index))
    owners.choose(root, "event/a.png")

    last = list(refresh(root, index))[-1]

    assert last.read == 2
    (known,) = index.known()
    assert not [name for name, reason in known.reasons.items() if "same stem" in reason]
    index.close()


def test_many_images_of_a_folder_ask_the_disk_once(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[Path] = []
    read = Path.read_bytes
    monkeypatch.setattr(Path, "read_bytes", lambda path: (asked.append(path), read(path))[1])

    for _ in range(100):
        dataset.find_entry(root / "event" / "a.jpg")

    assert asked
    assert len(asked) == len(set(asked))


def test_what_another_program_chose_is_known_two_seconds_later(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = 1000.0
    monkeypatch.setattr("tinaface.owners.time.monotonic", lambda: now)
    image = root / "event" / "a.jpg"
    assert owners.owner_of(image) is None

    (root / ".review").mkdir()
    (root / ".review" / "owners.json").write_text('{"owners": ["event/a.png"]}')
    now += 2

    assert owners.owner_of(image) == "a.png"
