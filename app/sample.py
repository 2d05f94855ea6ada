"""The pictures that come with the program, and the copies that are opened instead of them.

What is installed may be read-only, is shared by all users, and belongs to the program: it stays as
it is, and is replaced by the next version.
"""

import os
import shutil
import tempfile
from pathlib import Path

import platformdirs

from tinaface.review_folder import APPLICATION

SAMPLE = Path(__file__).resolve().parents[1] / "data" / "sample"
LEFT_OUT = shutil.ignore_patterns(".review", "*.broken")


def own_copy_path() -> Path:
    """Where the user's own copy of the sample lies once it was opened."""
    return platformdirs.user_data_path(APPLICATION, appauthor=False) / SAMPLE.name


def own_copy() -> Path:
    """The user's own copy, made the first time and kept with all that was edited since.

    Raises OSError where it cannot be made; then nothing is left behind.
    """
    target = own_copy_path()
    if not target.is_dir():
        target.parent.mkdir(parents=True, exist_ok=True)
        # Under another name until it is whole: half a sample would be taken for all of it.
        with tempfile.TemporaryDirectory(dir=target.parent, prefix=".sample-") as folder:
            made = shutil.copytree(SAMPLE, Path(folder) / SAMPLE.name, ignore=LEFT_OUT)
            os.replace(made, target)
    return target


def practice_copy() -> Path:
    """A copy to practise on in the user's cache, without what was edited there before.

    Raises OSError where it cannot be made.
    """
    cache = platformdirs.user_cache_path(APPLICATION, appauthor=False)
    target = cache / "practice" / SAMPLE.name
    shutil.rmtree(target, ignore_errors=True)
    shutil.copytree(SAMPLE, target, ignore=LEFT_OUT)
    return target
