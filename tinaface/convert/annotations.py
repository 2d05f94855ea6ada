"""Carries face annotations between Labelme folders and WIDER FACE text, COCO and YOLO files.

WIDER FACE marks each face by six levels (blur 0 to 2, and so on). Labelme's flags are yes or no, so
a shape gets both: flags `blur`, `occlusion`, `pose`, `invalid`, which people see and toggle, true
from level 1 on, and the levels themselves under the key `wider`, which labelme keeps. On the way
back a toggled flag wins over the level it contradicts.
"""

import json
import os
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any, Literal

from tinaface import dataset, images, labelme, wider
from tinaface.atomic import replace_file
from tinaface.boxes import FloatArray
from tinaface.dataset import Entry
from tinaface.errors import DatasetError, DocumentError, TinaFaceError
from tinaface.shapes import FACE, Shape

Placement = Literal["none", "link", "copy"]

LEVELS_KEY = "wider"
FLAGGED = ("blur", "occlusion", "pose", "invalid")


@dataclass
class Count:
    """What a conversion did, for people and for the JSON line.

    Attributes:
        faces: faces written, ignored ones included.
        left_out: shapes that the target cannot hold: other labels, polygons, boxes without area.
        failed: pictures that could not be converted, with the reason.
    """

    pictures: int = 0
    faces: int = 0
    ignored: int = 0
    left_out: int = 0
    failed: list[TinaFaceError] = field(default_factory=list)

    def add(self, faces: int, ignored: int) -> None:
        """Counts one picture with its faces."""
        self.pictures += 1
        self.faces += faces
        self.ignored += ignored


@dataclass(frozen=True, eq=False)
class Face:
    """One marked face: box, levels by the names of `wider.ATTRIBUTES`, whether it counts."""

    xyxy: FloatArray
    levels: Mapping[str, int]
    is_ignored: bool


@dataclass(frozen=True, eq=False)
class Picture:
    """One picture of a Labelme folder with its faces; `name` is its path below the images."""

    name: str
    entry: Entry
    faces: list[Face]

    def size(self) -> tuple[int, int]:
        """Height and width of the upright picture itself. Raises DatasetError."""
        return images.read_size(self.entry.image)


def wider_to_labelme(
    source: Path,
    destination: Path,
    *,
    image_folder: Path | None = None,
    placement: Placement = "none",
    overwrite: bool = False,
) -> Iterator[Count]:
    """Writes one Labelme document a picture below `destination/labels`; yields the count so far.

    Args:
        source: annotation text, `wider_face_{train,val}_bbx_gt.txt`.
        image_folder: where the pictures lie; their size goes into the documents.
        placement: whether pictures are linked or copied to `destination/images`.
        overwrite: replace documents that are there.

    Raises:
        DatasetError: the text cannot be read. A single picture's error goes into the count.
    """
    if placement != "none" and image_folder is None:
        raise ValueError("to place pictures their folder must be given")
    count = Count()
    for annotation in wider.read_annotations(source):
        try:
            name = _safe_name(annotation.name)
            label = destination / "labels" / name.with_suffix(dataset.LABEL_SUFFIX)
            picture = image_folder / name if image_folder else destination / "images" / name
            size = images.read_size(picture) if image_folder else (None, None)
            label.parent.mkdir(parents=True, exist_ok=True)
            if placement != "none":
                picture = _place(picture, destination / "images" / name, placement)
            text = _document_text(annotation, os.path.relpath(picture, label.parent), size)
            labelme.write(labelme.parse(text.encode()), label, overwrite=overwrite)
        except (DatasetError, DocumentError) as error:
            count.failed.append(error)
        else:
            count.add(len(annotation.gt_boxes), int(annotation.is_invalid.sum()))
        yield count


def read_pictures(folder: Path, count: Count) -> Iterator[Picture]:
    """The labelled pictures of a Labelme folder; what cannot be read goes into the count.

    Raises:
        DatasetError: the folder cannot be listed, holds no labelled picture, or two pictures
            would get one name.
    """
    entries = dataset.labelled_images(folder)
    if not entries:
        raise DatasetError(
            what=f"Cannot convert {folder}",
            why="no picture in it has a label file",
            remedy="Give a folder of pictures with Labelme files beside them or under labels/",
        )
    names: set[str] = set()
    for entry in entries:
        name = _name_below_images(entry.image.relative_to(folder))
        if name in names:
            raise DatasetError(
                what=f"Cannot convert {folder}",
                why=f"two of its pictures would be called {name}",
                remedy="Convert its train, validate and test folders one by one",
            )
        names.add(name)
        try:
            faces = list(_faces(entry, count))
        except DocumentError as error:
            count.failed.append(error)
            continue
        yield Picture(name, entry, faces)


def labelme_to_wider(folder: Path, destination: Path) -> Iterator[Count]:
    """Writes one annotation text in the form of `wider_face_val_bbx_gt.txt`.

    Corners that are no whole pixels keep their decimals; the official files have none.
    """
    count = Count()
    lines: list[str] = []
    for picture in read_pictures(folder, count):
        lines += [picture.name, str(len(picture.faces))]
        # The official files follow a picture without faces by a line of ten zeros.
        lines += [_wider_line(face) for face in picture.faces] or ["0 0 0 0 0 0 0 0 0 0"]
        count.add(len(picture.faces), sum(face.is_ignored for face in picture.faces))
        yield count
    _write(destination, "".join(f"{line}\n" for line in lines))


def labelme_to_coco(folder: Path, destination: Path) -> Iterator[Count]:
    """Writes one COCO JSON file; ignored faces are `iscrowd`, COCO's way to count neither way."""
    count = Count()
    pictures: list[dict[str, Any]] = []
    annotations: list[dict[str, Any]] = []
    for picture in read_pictures(folder, count):
        try:
            height, width = picture.size()
        except DatasetError as error:
            count.failed.append(error)
            continue
        identity = len(pictures) + 1
        pictures.append(
            {"id": identity, "file_name": picture.name, "height": height, "width": width}
        )
        for face in picture.faces:
            x, y, w, h = _corner_and_size(face.xyxy)
            annotations.append(
                {
                    "id": len(annotations) + 1,
                    "image_id": identity,
                    "category_id": 1,
                    "bbox": [x, y, w, h],
                    "area": w * h,
                    "iscrowd": int(face.is_ignored),
                }
            )
        count.add(len(picture.faces), sum(face.is_ignored for face in picture.faces))
        yield count
    content = {
        "images": pictures,
        "annotations": annotations,
        "categories": [{"id": 1, "name": FACE}],
    }
    _write(destination, json.dumps(content) + "\n")


def labelme_to_yolo(folder: Path, destination: Path) -> Iterator[Count]:
    """Writes `0 x y w h` lines (centre and size as shares of the picture) below `labels/`.

    YOLO knows no faces that count neither way: ignored ones are left out.
    """
    count = Count()
    for picture in read_pictures(folder, count):
        try:
            height, width = picture.size()
        except DatasetError as error:
            count.failed.append(error)
            continue
        lines = []
        for face in picture.faces:
            if face.is_ignored:
                continue
            x, y, w, h = _corner_and_size(face.xyxy)
            shares = ((x + w / 2) / width, (y + h / 2) / height, w / width, h / height)
            lines.append(" ".join(["0", *(f"{share:.6f}" for share in shares)]))
        path = destination / "labels" / PurePosixPath(picture.name).with_suffix(".txt")
        _write(path, "".join(f"{line}\n" for line in lines))
        count.left_out += len(picture.faces) - len(lines)
        count.add(len(lines), 0)
        yield count


def _document_text(
    annotation: wider.Annotation, image_path: str, size: tuple[int | None, int | None]
) -> str:
    shapes = []
    for box, row in zip(annotation.gt_boxes.tolist(), annotation.attributes.tolist(), strict=True):
        levels = dict(zip(wider.ATTRIBUTES, row, strict=True))
        x0, y0, x1, y1 = (int(each) if each.is_integer() else each for each in box)
        shapes.append(
            {
                "label": FACE,
                "points": [[x0, y0], [x1, y1]],
                "group_id": None,
                "description": "",
                "shape_type": "rectangle",
                "flags": {name: levels[name] > 0 for name in FLAGGED},
                "mask": None,
                LEVELS_KEY: levels,
            }
        )
    document: dict[str, Any] = {
        "version": labelme.FORMAT_VERSION,
        "flags": {},
        "shapes": shapes,
        "imagePath": Path(image_path).as_posix(),
        "imageData": None,
        "imageHeight": size[0],
        "imageWidth": size[1],
    }
    return json.dumps(document, ensure_ascii=False, indent=2)


def _faces(entry: Entry, count: Count) -> Iterator[Face]:
    label = entry.label
    for shape in labelme.read(label).shapes if label is not None else ():
        box = shape.box
        if shape.is_face and box is not None and box[0] < box[2] and box[1] < box[3]:
            yield Face(box, _levels(shape), shape.is_ignored)
        else:
            count.left_out += 1


def _levels(shape: Shape) -> dict[str, int]:
    stored = shape.fields.get(LEVELS_KEY)
    stored = stored if isinstance(stored, dict) else {}
    levels = {}
    for name in wider.ATTRIBUTES:
        level = stored.get(name)
        level = level if type(level) is int and level >= 0 else 0
        flag = shape.flags.get(name)
        if isinstance(flag, bool) and flag != (level > 0):
            level = int(flag)
        levels[name] = level
    if shape.is_ignored:
        levels["invalid"] = 1
    return levels


def _wider_line(face: Face) -> str:
    words = [f"{each:.3f}".rstrip("0").rstrip(".") for each in _corner_and_size(face.xyxy)]
    # The order of the text's columns, which is that of ATTRIBUTES.
    return " ".join([*words, *(str(face.levels[name]) for name in wider.ATTRIBUTES)])


def _corner_and_size(xyxy: FloatArray) -> tuple[float, float, float, float]:
    x0, y0, x1, y1 = xyxy.tolist()
    return x0, y0, x1 - x0, y1 - y0


def _name_below_images(relative: Path) -> str:
    parts = relative.parts
    if "images" in parts[:-1]:
        parts = parts[len(parts) - parts[::-1].index("images") :]
    return PurePosixPath(*parts).as_posix()


def _safe_name(name: str) -> PurePosixPath:
    path = PurePosixPath(name)
    if path.is_absolute() or ".." in path.parts or not path.name:
        raise DatasetError(
            what=f"Cannot convert the picture {name!r}",
            why="its name leads out of the folder",
            remedy="Check the annotation text",
        )
    return path


def _place(picture: Path, place: Path, placement: Placement) -> Path:
    """Links or copies a picture, unless it is there; gives its place."""
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        if not os.path.lexists(place):
            if placement == "link":
                place.symlink_to(os.path.relpath(picture, place.parent))
            else:
                shutil.copyfile(picture, place)
    except OSError as error:
        raise DatasetError(
            what=f"Cannot {placement} {picture} to {place}",
            why=error.strerror or str(error),
            remedy="Choose a folder that can be written to, or copy instead of link",
        ) from error
    return place


def _write(path: Path, text: str) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        replace_file(path, text.encode())
    except OSError as error:
        raise DatasetError(
            what=f"Cannot write {path}",
            why=error.strerror or str(error),
            remedy="Choose a place that can be written to",
        ) from error
