"""`average`: one network from several that were trained from the same start."""

import argparse
import sys
from pathlib import Path

import numpy as np

from tinaface import weights
from tinaface.errors import CheckpointError
from tinaface.inference.rescoring import rescoring_extra

SUMMARY = "Average the weights of networks that were trained from the same start."


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The verb's options."""
    parser.add_argument(
        "parts",
        nargs="+",
        type=_part,
        metavar="FILE[=SHARE]",
        help="weights, and what they count for (default: 1); shares are divided by their sum",
    )
    parser.add_argument("--out", type=Path, required=True, metavar="FILE", help="weights to write")


def _part(text: str) -> tuple[Path, float]:
    path, is_given, share = text.rpartition("=")
    try:
        part = (Path(path), float(share)) if is_given else (Path(text), 1.0)
    except ValueError:
        part = Path(text), 1.0  # a name with such a sign in it
    if not 0 < part[1] < float("inf"):
        raise argparse.ArgumentTypeError(f"{text!r}: a share must be more than 0")
    return part


def run(arguments: argparse.Namespace) -> int:
    """Writes the mean, of every array in float64.

    The header is the first file's, with its rescoring but without what was measured: the mean has
    other figures.

    Source: networks on the lines between such ones are as good as they are, or better
    (arXiv 2203.05482).
    """
    if len(arguments.parts) < 2:
        print("usage: give two files or more", file=sys.stderr)
        return 2
    (first, _), *_ = arguments.parts
    header = weights.read_header(first)
    total = sum(share for _, share in arguments.parts)
    sums: dict[str, np.ndarray] = {}
    for path, share in arguments.parts:
        other, tensors = weights.read(path)
        if other.network_hash != header.network_hash:
            raise CheckpointError(
                what=f"Cannot average {first} and {path}",
                why=f"they are of different networks, {header.preset} and {other.preset}",
                remedy="Give weights of one network",
            )
        for name, values in tensors.items():
            sums[name] = sums.get(name, 0) + share / total * values.astype(np.float64)
    header = header.remade(
        source="mean of " + ", ".join(f"{share:g} {path.name}" for path, share in arguments.parts),
        source_hash="",
        extra=rescoring_extra(header),
    )
    tensors = {name: values.astype(np.float32) for name, values in sums.items()}
    weights.write(arguments.out, header, tensors)
    print(f"written {arguments.out}")
    return 0
