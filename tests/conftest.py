"""Settings of all tests."""

import pytest
from hypothesis import settings

# A busy machine pauses any test now and then, and how long one takes is for benchmarks to say.
settings.register_profile("suite", deadline=None)
settings.load_profile("suite")


@pytest.fixture(scope="session", autouse=True)
def _cache_folder_of_its_own(tmp_path_factory):
    """Nothing that a test indexes goes into the user's caches."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
        yield
