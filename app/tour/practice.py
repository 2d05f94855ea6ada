"""A copy of the sample to practise on: the one that comes with the program stays as it is."""

import shutil
from pathlib import Path

import platformdirs

LEFT_OUT = shutil.ignore_patterns(".review", "*.broken")


def fresh_copy(sample: Path) -> Path:
    """Copies the sample into the user's cache, without what was edited there before."""
    cache = platformdirs.user_cache_path("tinaface-studio", appauthor=False)
    target = cache / "practice" / sample.name
    shutil.rmtree(target, ignore_errors=True)
    shutil.copytree(sample, target, ignore=LEFT_OUT)
    return target
