"""Loads TensorFlow and a network when they are first needed, and says what is missing.

Light itself: the heavy import is inside the function.
"""

import contextlib
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from tinaface.errors import MissingLibraryError

if TYPE_CHECKING:
    from tinaface.inference.predict import Predictor


def load_predictor(weights: Path) -> "Predictor":
    """The network of a weights file.

    Raises:
        MissingLibraryError: TensorFlow is absent or cannot be loaded.
        CheckpointError: the weights cannot be used.
    """
    try:
        with _quiet_start():
            import tensorflow as tf

            from tinaface.inference.predict import Predictor

            tf.config.list_physical_devices()
            return Predictor(weights, compiles=True)
    except ImportError as error:
        raise MissingLibraryError(
            what="Cannot detect faces",
            why=f"TensorFlow cannot be loaded ({error})",
            remedy="Install it: python -m pip install 'tensorflow>=2.21,<2.22'",
        ) from error


@contextlib.contextmanager
def _quiet_start() -> Iterator[None]:
    """Keeps back what TensorFlow writes to stderr while it starts, unless starting fails.

    It greets with a dozen lines about processors and absent GPUs that no setting turns off, and
    they come from C++, past Python's own stream.
    """
    sys.stderr.flush()
    kept = os.dup(2)
    with tempfile.TemporaryFile() as greeting:
        os.dup2(greeting.fileno(), 2)
        try:
            yield
        except BaseException:
            os.dup2(kept, 2)
            greeting.seek(0)
            with open(2, "wb", closefd=False) as stderr:
                shutil.copyfileobj(greeting, stderr)
            raise
        finally:
            os.dup2(kept, 2)
            os.close(kept)
