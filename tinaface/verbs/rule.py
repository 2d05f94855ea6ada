"""Options that say how a verb looks for faces, beside what the weights' preset says."""

import argparse

from tinaface.inference.settings import LEAST_TILE, TTA_NAMES


def add_rule(parser: argparse.ArgumentParser, score_help: str) -> None:
    """Adds the options; `rule_options` reads them."""
    rule = parser.add_argument_group("how to look (default: as the weights' preset says)")
    rule.add_argument(
        "--score",
        type=_share,
        metavar="S",
        help=score_help,
    )
    rule.add_argument("--nms-iou", type=_share, metavar="T", help="suppress boxes overlapping more")
    rule.add_argument(
        "--votes",
        action=argparse.BooleanOptionalAction,
        help="give each face the mean of the boxes around it, not the best of them",
    )
    size = rule.add_mutually_exclusive_group()
    size.add_argument(
        "--size", type=_size, metavar="HxW", help="short and long side to fill, aspect kept"
    )
    size.add_argument(
        "--long-side", type=_positive, metavar="N", help="shrink pictures to this long side"
    )
    rule.add_argument(
        "--tta",
        choices=TTA_NAMES,
        help="look several times: flip doubles the time, paper (5 sizes, mirrored, shifted, box "
        "voting) takes a hundred times as long",
    )
    rule.add_argument(
        "--tile",
        type=_tile,
        metavar="N",
        help="cut network input larger than N x N into overlapping tiles, 0 never; default: what "
        "memory has room for",
    )


def rule_options(arguments: argparse.Namespace) -> dict[str, object]:
    """What the user changed, in the words of `DetectSettings.for_preset`."""
    given = {
        "score": arguments.score,
        "nms_iou": arguments.nms_iou,
        "votes": arguments.votes,
        "size": arguments.size,
        "long_side": arguments.long_side,
        "tta": arguments.tta,
        "tile": arguments.tile,
    }
    return {name: value for name, value in given.items() if value is not None}


def _share(text: str) -> float:
    value = float(text)
    if not 0 <= value <= 1:
        raise argparse.ArgumentTypeError(f"must lie in 0..1, got {text}")
    return value


def _positive(text: str) -> int:
    value = int(text)
    if value < 1:
        raise argparse.ArgumentTypeError(f"must be at least 1, got {text}")
    return value


def _size(text: str) -> list[int]:
    height, separator, width = text.lower().partition("x")
    if not separator:
        raise argparse.ArgumentTypeError(f"must be like 640x960, got {text}")
    return [_positive(height), _positive(width)]


def _tile(text: str) -> int:
    value = int(text)
    if value != 0 and value < LEAST_TILE:
        raise argparse.ArgumentTypeError(f"must be 0 or at least {LEAST_TILE}, got {text}")
    return value
