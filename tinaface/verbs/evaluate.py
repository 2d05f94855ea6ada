"""`evaluate`: how well detections agree with labelled faces, by a named protocol."""

import argparse
import dataclasses
import json
import sys
from pathlib import Path
from typing import Any, TextIO

from tinaface import evaluation, wider
from tinaface.boxes import Detections
from tinaface.evaluation import PROTOCOLS, RESAMPLES, FaceSet, figures
from tinaface.inference.files import detect_files
from tinaface.inference.loading import load_predictor
from tinaface.inference.settings import DetectSettings
from tinaface.metrics import bootstrap
from tinaface.pairing import Pairing
from tinaface.submission import Submission, read_submission
from tinaface.verbs.figures import difference_table, subset_table
from tinaface.verbs.progress import ProgressBar
from tinaface.verbs.rule import add_rule, rule_options

SUMMARY = "Measure detections against labelled faces: VOC and COCO, or WIDER FACE's protocol."


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The verb's options; those of the data are `train`'s, too."""
    parser.add_argument(
        "--protocol",
        choices=PROTOCOLS,
        default="voc",
        help="; ".join(f"{name}: {what}" for name, what in PROTOCOLS.items()),
    )
    truth = parser.add_argument_group("faces that should be found")
    source = truth.add_mutually_exclusive_group()
    source.add_argument("--data", type=Path, metavar="DIR", help="pictures with Labelme files")
    source.add_argument(
        "--annotations", type=Path, metavar="FILE", help="annotation text of WIDER FACE"
    )
    truth.add_argument("--split-file", type=Path, metavar="FILE", help="JSON lists of pictures")
    truth.add_argument("--split", metavar="NAME", help="the list, or folder of --data, to judge")
    truth.add_argument(
        "--ground-truth",
        type=Path,
        metavar="DIR",
        help="WIDER FACE's wider_face_val.mat and wider_{easy,medium,hard}_val.mat; with "
        "--annotations only the pictures named there",
    )
    found = parser.add_argument_group("detections")
    given = found.add_mutually_exclusive_group(required=True)
    given.add_argument(
        "--predictions",
        type=Path,
        metavar="PATH",
        help="a file of `detect --jsonl`, a folder of such files, a data set with stored "
        "predictions, or a folder of official result files",
    )
    given.add_argument("--weights", type=Path, metavar="FILE", help="detect now, with these")
    found.add_argument(
        "--images", type=Path, metavar="DIR", help="where the pictures of --annotations lie"
    )
    found.add_argument(
        "--truncate",
        action="store_true",
        help="cut boxes to whole pixels first, as the reference's result files do",
    )
    add_rule(parser, "keep faces that score more (default: 0.01)")
    parser.add_argument(
        "--compare", type=Path, metavar="PATH", help="other predictions for the same pictures"
    )
    parser.add_argument(
        "--results", type=Path, metavar="DIR", help="write official result files here, too"
    )
    parser.add_argument(
        "--resamples",
        type=int,
        default=RESAMPLES,
        metavar="N",
        help=f"draws of pictures behind the intervals, 0 for none (default: {RESAMPLES})",
    )
    parser.add_argument(
        "--json", action="store_true", help="the table on stderr, the JSON object alone on stdout"
    )


def run(arguments: argparse.Namespace) -> int:
    """Prints a table for people and, as the last line, one JSON object for programs."""
    problem = _usage_problem(arguments)
    if problem is not None:
        print(f"usage: {problem}", file=sys.stderr)
        return 2
    out = sys.stderr if arguments.json else sys.stdout
    face_set = _face_set(arguments)
    draws = bootstrap(len(face_set.names), arguments.resamples) if arguments.resamples else None
    given = (
        _detect(arguments, face_set)
        if arguments.weights is not None
        else read_submission(arguments.predictions, face_set)
    )
    detections = _prepared(given, arguments.truncate)
    if arguments.results is not None:
        for name, found in zip(face_set.names, detections, strict=True):
            wider.write_result(arguments.results, name, found, is_truncated=arguments.truncate)
    judged = evaluation.judge(arguments.protocol, face_set, detections)
    result = {
        "protocol": arguments.protocol,
        "images": len(face_set.names),
        "unreadable_labels": len(face_set.unreadable),
        **given.counts(),
        "subsets": figures(judged, draws),
    }
    print(f"{PROTOCOLS[arguments.protocol]}, {len(face_set.names):,} pictures", file=out)
    if face_set.unreadable:
        left_out = (
            f"{len(face_set.unreadable):,} pictures are left out, as their labels are damaged"
        )
        print(f"note: {left_out} (first: {face_set.unreadable[0]})", file=out)
    _print_run(given, result, out)

    if arguments.compare is not None:
        other = read_submission(arguments.compare, face_set)
        others = evaluation.judge(
            arguments.protocol, face_set, _prepared(other, arguments.truncate)
        )
        second = {**other.counts(), "subsets": figures(others, draws)}
        differences = {
            name: evaluation.compare(judgement, others[name], draws)
            for name, judgement in judged.items()
        }
        result["compare"] = {**second, "differences": differences}
        print(f"\nsecond: {arguments.compare}", file=out)
        _print_run(other, second, out)
        print("\n" + difference_table(differences), file=out)
    out.flush()
    print(json.dumps(result))
    return 0


def _usage_problem(arguments: argparse.Namespace) -> str | None:
    """What is wrong where options contradict each other."""
    if arguments.data is None and arguments.annotations is None and arguments.ground_truth is None:
        return "give --data, --annotations or --ground-truth"
    if arguments.data is not None and arguments.ground_truth is not None:
        return "--ground-truth goes with --annotations, or alone, not with --data"
    if arguments.data is None and (arguments.split or arguments.split_file):
        return "--split and --split-file choose pictures of --data"
    if arguments.split_file is not None and arguments.split is None:
        return "--split-file needs --split"
    if arguments.weights is not None and arguments.data is None and arguments.images is None:
        return "--weights needs the pictures: give --images"
    if arguments.weights is None and rule_options(arguments):
        return "how to look is chosen with --weights; stored predictions have looked already"
    if arguments.resamples < 0:
        return "--resamples must not be negative"
    return None


def _face_set(arguments: argparse.Namespace) -> FaceSet:
    if arguments.data is not None:
        return evaluation.labelme_set(arguments.data, arguments.split_file, arguments.split)
    if arguments.ground_truth is not None:
        face_set = evaluation.benchmark_set(arguments.ground_truth, arguments.annotations)
    else:
        face_set = evaluation.annotated_set(arguments.annotations)
    if arguments.images is None:
        return face_set
    # The ground truth names pictures without their suffix; all of WIDER FACE are .jpg.
    paths = (
        arguments.images / (wider.without_image_suffix(name) + ".jpg") for name in face_set.names
    )
    return dataclasses.replace(face_set, images=tuple(paths))


def _detect(arguments: argparse.Namespace, face_set: FaceSet) -> Submission:
    """What the weights find in each picture now."""
    predictor = load_predictor(arguments.weights)
    settings = DetectSettings.for_preset(predictor.preset, rule_options(arguments))
    images = face_set.images or ()
    bar = ProgressBar(len(images), "pictures")
    found, failed = [], 0
    for result in detect_files(lambda rgb: predictor.detect(rgb, settings), images):
        if result.error is not None:
            bar.note(str(result.error))
            failed += 1
        found.append(result.detections)
        bar.update(len(found))
    bar.close()
    return Submission(Pairing(found, [], [], []), failed)


def _prepared(given: Submission, is_truncated: bool) -> list[Detections]:
    if not is_truncated:
        return given.pairing.detections
    return [
        Detections(wider.truncate(found.xyxy), found.scores) for found in given.pairing.detections
    ]


def _print_run(given: Submission, result: dict[str, Any], out: TextIO) -> None:
    print(f"{result['detections']:,} detections", file=out)
    pairing = given.pairing
    for names, what in (
        (pairing.missing, "pictures have no prediction and count as empty"),
        (pairing.unknown, "predictions belong to none of the pictures, or to several: left out"),
        (pairing.duplicates, "predictions were replaced by a later one for the same picture"),
    ):
        if names:
            print(f"note: {len(names):,} {what} (first: {names[0]})", file=out)
    for count, what in (
        (given.superseded, "predictions were replaced by a newer one of the same name"),
        (given.failed, "pictures could not be read when faces were looked for"),
        (given.damaged, "stored lines are no prediction: left out"),
    ):
        if count:
            print(f"note: {count:,} {what}", file=out)
    print(subset_table(result["subsets"]), file=out)
