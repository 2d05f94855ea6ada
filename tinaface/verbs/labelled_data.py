"""The options that name labelled pictures to learn, and others to measure by."""

import argparse


def add_labelled_data(parser: argparse.ArgumentParser) -> None:
    """Adds the fields of `tinaface.training.labelled.DataChoice`."""
    data = parser.add_argument_group("data")
    data.add_argument(
        "--data",
        metavar="DIR",
        help="folder of pictures with Labelme files, or with folders train and validate of "
        "images and labels; or an annotation text of WIDER FACE",
    )
    data.add_argument("--split-file", metavar="FILE", help="JSON object of lists of pictures")
    data.add_argument("--split", metavar="NAME", help="the list, or folder of DIR, to learn")
    data.add_argument(
        "--validate", metavar="DIR", help="pictures that choose the best weights, given alike"
    )
    data.add_argument("--validate-split", metavar="NAME", help="their list, or folder")
    data.add_argument(
        "--images",
        metavar="DIR",
        help="pictures of an annotation text (default: where WIDER FACE's archives put them)",
    )
