"""A window with a training that does no work, and a detector that waits for its `go`."""

from tests.app.pages.train.conftest import make_workshop, shop  # noqa: F401
