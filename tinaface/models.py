"""The models that the user kept: a folder of weights files, with what is known of each beside it.

    NAME.safetensors    the weights, byte for byte as the training wrote them: their hash names
                        the predictions that they gave
    NAME.json           pedigree: parent, data, and when the model was kept
    trash/              models that were removed; they can be brought back

The model that comes with the program lies elsewhere, is always listed first, and stays.
"""

import json
import os
import re
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path

import platformdirs

from tinaface.atomic import replace_file
from tinaface.errors import CheckpointError
from tinaface.review_folder import APPLICATION
from tinaface.weights import SUFFIX, default_weights, file_hash, read_header

TRASH = "trash"
LONGEST_NAME = 80

# What no file system of the three desktops takes in a name, and what would leave the folder.
_FORBIDDEN = re.compile(r'[\\/:*?"<>|\x00-\x1f]')


@dataclass(frozen=True)
class Pedigree:
    """Where a kept model comes from.

    Attributes:
        parent: hash of the weights its training began with; "" if it began with none.
        data: fingerprint of the pictures and labels it learned; "" if unknown.
        pictures: how many those were.
        judged: how many pictures AP and threshold were measured on; 0 if unknown.
        source: the data set's name, for people.
        kept: ISO 8601 moment when the user kept it.
        ap_before, ap_after: AP on the validation pictures, of the parent and of the model.
    """

    parent: str = ""
    data: str = ""
    pictures: int = 0
    judged: int = 0
    source: str = ""
    kept: str = ""
    ap_before: float | None = None
    ap_after: float | None = None


@dataclass(frozen=True)
class Model:
    """One model that can be chosen.

    Attributes:
        ap: AP on the validation pictures of its own training; figures of two models compare only
            where their data is the same.
        is_shipped: it came with the program, and can be neither renamed nor removed.
    """

    path: Path
    name: str
    hash: str
    preset: str
    date: str
    ap: float | None
    threshold: float | None
    pedigree: Pedigree = Pedigree()
    is_shipped: bool = False


_COUNTS = ("pictures", "judged")
_KINDS: dict[str, type] = {
    one.name: float if one.name.startswith("ap") else int if one.name in _COUNTS else str
    for one in fields(Pedigree)
}


def models_folder() -> Path:
    """Where the user's models lie; not made yet."""
    return platformdirs.user_data_path(APPLICATION, appauthor=False) / "models"


@dataclass(frozen=True)
class ModelFolder:
    """The models of one folder, and the one that comes with the program."""

    path: Path
    shipped: Path

    @staticmethod
    def of_user() -> "ModelFolder":
        """The folder of the person at this computer."""
        return ModelFolder(models_folder(), default_weights())

    def list_models(
        self, on_error: Callable[[CheckpointError], None] | None = None
    ) -> tuple[Model, ...]:
        """The shipped model, then those kept, the newest first.

        A file that is no model is reported to `on_error` and left out.
        """
        kept: list[Model] = []
        for path in sorted(self.path.glob(f"*{SUFFIX}")):
            try:
                kept.append(self._read(path))
            except CheckpointError as error:
                if on_error is not None:
                    on_error(error)
        kept.sort(key=lambda model: (model.pedigree.kept or model.date, model.name), reverse=True)
        return (*self._shipped(on_error), *kept)

    def find(self, digest: str) -> Model | None:
        """The model of a hash."""
        return next((model for model in self.list_models() if model.hash == digest), None)

    def keep(self, weights: Path, name: str, pedigree: Pedigree) -> Model:
        """Copies a file of weights into the folder. Raises CheckpointError."""
        target = self._target(name)
        read_header(weights)  # what cannot be used is not kept
        moment = time.strftime("%Y-%m-%dT%H:%M:%S")
        pedigree = replace(pedigree, kept=pedigree.kept or moment)
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            content = json.dumps(asdict(pedigree), indent=2).encode() + b"\n"
            replace_file(_beside(target), content)
            replace_file(target, weights.read_bytes())
        except OSError as error:
            raise _refusal(
                f"Cannot keep the model {name!r}",
                error.strerror or str(error),
                "Make room on the disk, then keep it again",
            ) from error
        return self._read(target)

    def rename(self, model: Model, name: str) -> Model:
        """Gives a kept model another name; its hash stays. Raises CheckpointError."""
        self._refuse_shipped(model)
        if name.strip() == model.name:
            return model
        target = self._target(name)
        _move(model.path, target)
        return self._read(target)

    def remove(self, model: Model) -> Path:
        """Moves a kept model to the trash, from where `restore` takes it. Raises CheckpointError.

        Returns: its place there.
        """
        self._refuse_shipped(model)
        trash = self.path / TRASH
        trash.mkdir(exist_ok=True)
        target = trash / f"{_free(model.name, trash)}{SUFFIX}"
        _move(model.path, target)
        return target

    def restore(self, removed: Path) -> Model:
        """Brings a removed model back, under a free name. Raises CheckpointError."""
        target = self.path / f"{self.free_name(removed.stem)}{SUFFIX}"
        _move(removed, target)
        return self._read(target)

    def free_name(self, wish: str) -> str:
        """The wish, made fit for a file, with a number behind it where it is taken."""
        fit = _FORBIDDEN.sub("-", wish).strip(" .")[: LONGEST_NAME - 4] or "model"
        return _free(fit, self.path, self.shipped.stem)

    def problem_with(self, name: str) -> str:
        """Why a model cannot have this name; "" if it can."""
        name = name.strip()
        if not name:
            return "a model needs a name"
        if len(name) > LONGEST_NAME:
            return f"it has more than {LONGEST_NAME} characters"
        if _FORBIDDEN.search(name) or name.startswith(".") or name.endswith("."):
            return 'it may not hold any of \\ / : * ? " < > | nor begin or end with a dot'
        if name.casefold() in _taken(self.path, self.shipped.stem):
            return "another model has it"
        return ""

    def _target(self, name: str) -> Path:
        problem = self.problem_with(name)
        if problem:
            raise _refusal(
                f"Cannot name a model {name!r}", problem, "Give it another name, such as its data's"
            )
        return self.path / f"{name.strip()}{SUFFIX}"

    def _shipped(self, on_error: Callable[[CheckpointError], None] | None) -> list[Model]:
        try:
            return [replace(self._read(self.shipped), is_shipped=True)]
        except CheckpointError as error:
            if on_error is not None:
                on_error(error)
            return []

    def _read(self, path: Path) -> Model:
        header = read_header(path)
        return Model(
            path,
            path.stem,
            file_hash(path),
            header.preset,
            header.date,
            header.ap,
            header.threshold,
            pedigree_of(path),
        )

    @staticmethod
    def _refuse_shipped(model: Model) -> None:
        if model.is_shipped:
            raise _refusal(
                f"Cannot change the model {model.name!r}",
                "it comes with the program",
                "Train a model from it and keep that one",
            )


def _beside(path: Path) -> Path:
    return path.with_suffix(".json")


def pedigree_of(weights: Path) -> Pedigree:
    """What stands beside a file of weights; a file that is damaged, or not ours, says nothing."""
    try:
        content = json.loads(_beside(weights).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return Pedigree()
    if not isinstance(content, dict):
        return Pedigree()
    known = {
        one.name: content[one.name]
        for one in fields(Pedigree)
        if isinstance(content.get(one.name), _KINDS[one.name])
    }
    return Pedigree(**known)


def _move(source: Path, target: Path) -> None:
    try:
        if _beside(source).exists():
            os.replace(_beside(source), _beside(target))
        os.replace(source, target)
    except OSError as error:
        raise _refusal(
            f"Cannot move the model {source.stem!r}",
            error.strerror or str(error),
            f"Check that {source.parent} may be written",
        ) from error


def _free(wish: str, folder: Path, *others: str) -> str:
    taken = _taken(folder, *others)
    name, number = wish, 2
    while name.casefold() in taken:
        name, number = f"{wish} {number}", number + 1
    return name


def _taken(folder: Path, *others: str) -> set[str]:
    # Case is no difference: the folder may be copied to a disk that knows none.
    return {path.stem.casefold() for path in folder.glob(f"*{SUFFIX}")} | {
        other.casefold() for other in others
    }


def _refusal(what: str, why: str, remedy: str) -> CheckpointError:
    return CheckpointError(what=what, why=why, remedy=remedy)
