"""`convert weights`: PyTorch checkpoints to our files. `convert dataset`: annotation formats."""

import argparse
import json
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from tinaface.convert import annotations
from tinaface.convert.annotations import Count
from tinaface.errors import DatasetError
from tinaface.presets import PRESETS, MobileBackbone

SUMMARY = "Convert PyTorch checkpoints to our weights, and WIDER FACE annotations to Labelme."


def add_arguments(parser: argparse.ArgumentParser) -> None:
    what = parser.add_subparsers(dest="what", required=True, metavar="weights|dataset")
    _add_weights(what)
    _add_dataset(what)


def run(arguments: argparse.Namespace) -> int:
    if arguments.what == "weights":
        return _run_weights(arguments)
    return _run_dataset(arguments)


def _add_weights(what: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    summary = "Read a file of PyTorch or Keras, without either, and write weights that we use."
    parser = what.add_parser("weights", help=summary, description=summary)
    parser.add_argument(
        "source",
        type=Path,
        metavar="SRC",
        help="a .pth file of torch.save, or Keras' .h5 of a MobileNet 0.25 to start `compact` from",
    )
    parser.add_argument("destination", type=Path, metavar="DST", help="the .safetensors to write")
    # No published file has `seed`'s head a level behind a ResNet.
    fitting = [
        name
        for name, preset in PRESETS.items()
        if preset.head.shared or isinstance(preset.backbone, MobileBackbone)
    ]
    parser.add_argument("--preset", required=True, choices=fitting, help="network they are for")
    parser.add_argument(
        "--as",
        dest="kind",
        choices=("detector", "backbone"),
        help="what SRC holds: the whole detector, or an ImageNet ResNet-50 that the backbone "
        "starts from; told by its keys if not given",
    )
    parser.add_argument("--json", action="store_true", help="end with one JSON object")


def _add_dataset(what: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    summary = "Convert WIDER FACE annotation text to Labelme files, or a Labelme folder to others."
    parser = what.add_parser("dataset", help=summary, description=summary)
    parser.add_argument(
        "source", type=Path, metavar="SRC", help="annotation text, or a folder with Labelme files"
    )
    parser.add_argument(
        "destination",
        type=Path,
        metavar="DST",
        help="folder to write (labelme, yolo) or file to write (wider, coco)",
    )
    parser.add_argument(
        "--to",
        choices=("labelme", "wider", "coco", "yolo"),
        help="labelme for a text, wider for a folder, if not given",
    )
    parser.add_argument("--images", type=Path, metavar="DIR", help="where the pictures lie")
    parser.add_argument(
        "--place",
        choices=("none", "link", "copy"),
        default="none",
        help="link or copy the pictures of --images to DST/images",
    )
    parser.add_argument(
        "--split", choices=("train", "validate", "test"), help="write to this folder of DST"
    )
    parser.add_argument("--overwrite", action="store_true", help="replace Labelme files in DST")
    parser.add_argument("--json", action="store_true", help="end with one JSON object")


def _run_dataset(arguments: argparse.Namespace) -> int:
    source: Path = arguments.source
    target = arguments.to or ("wider" if source.is_dir() else "labelme")
    if (target == "labelme") == source.is_dir():
        raise DatasetError(
            what=f"Cannot convert {source} to {target}",
            why="a folder becomes wider, coco or yolo, and an annotation text becomes labelme",
            remedy="Choose another --to",
        )
    idle = [f"--{name}" for name in ("images", "split", "overwrite") if getattr(arguments, name)]
    if target != "labelme" and idle:
        raise DatasetError(
            what=f"Cannot convert {source} to {target} with {', '.join(idle)}",
            why="only Labelme files are written with them",
            remedy="Leave them out; DST names what is written",
        )
    if arguments.place != "none" and arguments.images is None:
        raise DatasetError(
            what=f"Cannot {arguments.place} the pictures",
            why="it is not said where they lie",
            remedy="Give their folder as --images",
        )
    steps = _dataset_steps(arguments, target)
    count = _follow(steps)
    for error in count.failed:
        print(f"skipped: {error}", file=sys.stderr)
    print(
        f"{count.pictures} pictures, {count.faces} faces ({count.ignored} ignored) written to "
        f"{arguments.destination}; {count.left_out} shapes left out, {len(count.failed)} pictures "
        "skipped"
    )
    if arguments.json:
        result = {
            "target": target,
            "destination": str(arguments.destination),
            "pictures": count.pictures,
            "faces": count.faces,
            "ignored": count.ignored,
            "left_out": count.left_out,
            "failed": [{"what": error.what, "why": error.why} for error in count.failed],
        }
        print(json.dumps(result))
    return 1 if count.failed else 0


def _dataset_steps(arguments: argparse.Namespace, target: str) -> Iterator[Count]:
    destination = arguments.destination / (arguments.split or "")
    if target == "labelme":
        return annotations.wider_to_labelme(
            arguments.source,
            destination,
            image_folder=arguments.images,
            placement=arguments.place,
            overwrite=arguments.overwrite,
        )
    write = {
        "wider": annotations.labelme_to_wider,
        "coco": annotations.labelme_to_coco,
        "yolo": annotations.labelme_to_yolo,
    }
    return write[target](arguments.source, arguments.destination)


def _follow(steps: Iterator[Count]) -> Count:
    """Runs a conversion to its end, with a line of progress on a terminal twice a second."""
    count = Count()
    shown = time.monotonic()
    is_terminal = sys.stderr.isatty()
    for count in steps:
        if is_terminal and time.monotonic() - shown > 0.5:
            shown = time.monotonic()
            print(f"\r{count.pictures} pictures", end="", file=sys.stderr)
    if is_terminal:
        print("\r", end="", file=sys.stderr)
    return count


def _run_weights(arguments: argparse.Namespace) -> int:
    # TensorFlow takes seconds to load, and only this half of the verb needs it.
    from tinaface.convert import checkpoint

    print(f"reading {arguments.source}", file=sys.stderr)
    conversion = checkpoint.convert(
        arguments.source, arguments.destination, PRESETS[arguments.preset], arguments.kind
    )
    report = conversion.report
    faults = {
        "missing": report.missing,
        "unexpected": report.unexpected,
        "misshapen": report.misshapen,
    }
    header = conversion.header
    if header is None:
        for fault, keys in faults.items():
            for key in keys:
                print(f"{fault}: {key}")
    if conversion.skipped:
        print(f"left out, no tensors: {', '.join(conversion.skipped)}")
    if header is None:
        print(f"nothing written: the keys do not fit {arguments.preset}", file=sys.stderr)
    else:
        largest = ", ".join(f"{k} {v:.3g}" for k, v in (conversion.largest or {}).items())
        print(f"{len(report.loaded)} tensors of a {conversion.kind} loaded")
        if report.missing or report.unexpected:
            # Part of every start from a classifier: --json lists them.
            print(
                f"{len(report.missing)} of ours keep their start values, "
                f"{len(report.unexpected)} of the file's are not used"
            )
        print(f"forward pass on noise is finite; largest absolute values: {largest}")
        print(f"written {arguments.destination} (source {header.source}, {header.source_hash})")
    if arguments.json:
        result = {
            "written": None if header is None else str(arguments.destination),
            "preset": arguments.preset,
            "kind": conversion.kind,
            "loaded": len(report.loaded),
            "dropped": len(report.dropped),
            **faults,
            "skipped": conversion.skipped,
            "largest": conversion.largest,
            "source_sha256": None if header is None else header.extra["source_sha256"],
        }
        print(json.dumps(result))
    return 1 if header is None else 0
