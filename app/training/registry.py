"""The models a person can choose from, as the window shows them."""

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from app.background import Background
from tinaface.errors import CheckpointError, TinaFaceError
from tinaface.models import Model, ModelFolder, Pedigree


class ModelRegistry(QObject):
    """Lists, keeps, renames and removes models beside the GUI thread.

    Signals:
        changed: the list is another one.
        failed: one TinaFaceError; nothing was changed.
        kept: the Model that has just been kept.
        removed: the Model that was removed, and its place in the trash.
        renamed: the Model as it was, and as it is now.
    """

    changed = Signal()
    failed = Signal(object)
    kept = Signal(object)
    removed = Signal(object, object)
    renamed = Signal(object, object)

    def __init__(self, folder: ModelFolder | None = None, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._folder = folder or ModelFolder.of_user()
        self._models: tuple[Model, ...] = ()
        self._disk = Background("models", parent=self)

    @property
    def models(self) -> tuple[Model, ...]:
        """The shipped model, then the kept ones, the newest first."""
        return self._models

    def find(self, path: Path | None) -> Model | None:
        """The model of a file."""
        return next((model for model in self._models if model.path == path), None)

    def problem_with(self, name: str) -> str:
        """Why a model cannot be kept under this name; "" if it can."""
        return self._folder.problem_with(name)

    def free_name(self, wish: str) -> str:
        """A name like this that no model has."""
        return self._folder.free_name(wish)

    def read(self) -> None:
        """Lists the models again."""
        self._do(lambda: None, lambda _: None)

    def keep(self, weights: Path, name: str, pedigree: Pedigree) -> None:
        """Keeps trained weights as a model."""
        self._do(lambda: self._folder.keep(weights, name, pedigree), self.kept.emit)

    def rename(self, model: Model, name: str) -> None:
        """Gives a kept model another name."""
        self._do(
            lambda: self._folder.rename(model, name), lambda now: self.renamed.emit(model, now)
        )

    def remove(self, model: Model) -> None:
        """Moves a kept model to the trash."""
        self._do(lambda: self._folder.remove(model), lambda place: self.removed.emit(model, place))

    def restore(self, place: Path) -> None:
        """Brings a removed model back."""
        self._do(lambda: self._folder.restore(place), lambda _: None)

    def shut_down(self) -> None:
        """Ends the thread."""
        self._disk.close()

    def _do(self, work: Callable[[], object], then: Callable[[object], None]) -> None:
        """Works on the folder, then lists it; `then` gets the work's result when both are done."""

        def both() -> tuple[object, tuple[Model, ...]]:
            return work(), self._folder.list_models()

        def take(found: tuple[object, tuple[Model, ...]]) -> None:
            result, models = found
            if models != self._models:
                self._models = models
                self.changed.emit()
            then(result)

        self._disk.run(both, take, self._tell)

    def _tell(self, error: Exception) -> None:
        if not isinstance(error, TinaFaceError):
            error = CheckpointError(
                what=self.tr("The models could not be read or written"),
                why=str(error),
                remedy=self.tr("Check that the folder of models may be written"),
            )
        self.failed.emit(error)
