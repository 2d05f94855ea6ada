"""Settings of all tests."""

from hypothesis import settings

# A busy machine pauses any test now and then, and how long one takes is for benchmarks to say.
settings.register_profile("suite", deadline=None)
settings.load_profile("suite")
