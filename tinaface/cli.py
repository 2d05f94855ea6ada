"""`python -m tinaface VERB`: detect, train, rescore, average, evaluate, compare and others.

Each verb is a module of `tinaface.verbs` with `SUMMARY`, `add_arguments(parser)` and
`run(arguments) -> exit code`. Verb modules are light to import: the heavy rooms load inside `run`,
so that `--help` and the light verbs answer at once.
"""

import argparse
import importlib.util
import os
import sys
from collections.abc import Sequence

from tinaface.errors import TinaFaceError

VERBS = (
    "detect",
    "train",
    "average",
    "rescore",
    "evaluate",
    "compare",
    "convert",
    "check",
    "index",
    "worker",
)


def build_parser() -> argparse.ArgumentParser:
    """The parser of the whole command line, each verb with its own options."""
    parser = argparse.ArgumentParser(
        prog="python -m tinaface",
        description="Find faces in photographs with TinaFace; train it, measure it, convert it.",
    )
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="VERB")
    for name in VERBS:
        if importlib.util.find_spec(f"tinaface.verbs.{name}") is None:
            continue
        module = importlib.import_module(f"tinaface.verbs.{name}")
        verb = verbs.add_parser(name, help=module.SUMMARY, description=module.SUMMARY)
        module.add_arguments(verb)
        verb.set_defaults(run=module.run)
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Runs one verb. Exit codes: 0 ok, 1 failed, 2 usage, 130 stopped by the user."""
    arguments = build_parser().parse_args(argv)
    # TensorFlow's C++ side greets on stderr at import; a user should see our lines only.
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    try:
        code: int = arguments.run(arguments)
    except TinaFaceError as error:
        sys.stderr.write(f"error: {error.what}\n  why: {error.why}\n  do:  {error.remedy}\n")
        return 1
    except KeyboardInterrupt:
        sys.stderr.write("stopped\n")
        return 130
    return code
