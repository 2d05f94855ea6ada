"""`worker`: the process that the window starts to detect in; not for use by hand."""

import argparse

SUMMARY = "Serve the window: requests on stdin, answers on stdout (started by the window)."


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The verb has no options: everything comes as messages."""


def run(arguments: argparse.Namespace) -> int:
    """Serves until stdin is closed."""
    from tinaface.worker import main

    return main()
