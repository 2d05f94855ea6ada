"""The Train page in a whole window, with a training that does no work."""

import json
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from app.detection import Detection
from app.pages.train.page import TrainPage
from app.session import Session
from app.training.comparison import Comparison
from app.training.job import Training
from app.training.preflight import Preflight
from app.training.registry import ModelRegistry
from app.training.trainer import Trainer
from app.workers.client import WorkerClient
from app.workers.verb import VerbProcess
from tests.app.studio import Studio, make_folder, write_label
from tests.app.training.pretended import PretendedTraining
from tests.tinaface.test_models import write_weights
from tinaface.models import ModelFolder
from tinaface.runs import State

WORKER = Path(__file__).parents[2] / "pretending_worker.py"
NAMES = tuple(f"{folder}/{number}.jpg" for folder in "ab" for number in range(10))
CHECKS = {
    "checks": [
        {"id": "labels", "level": "ok", "text": "20 label files can be read"},
        {"id": "memory", "level": "warning", "text": "Memory is short"},
    ]
}


def compared(difference: float, *, is_distinguishable: bool) -> dict[str, object]:
    """What `python -m tinaface compare` answers for one split."""
    change = {"change": "gained", "image": "b/3.jpg", "xyxy": [1, 2, 30, 40], "score": 0.8}
    side = {"interval": [0.1, 0.9], "threshold": 0.4, "found": 1, "false_alarms": 0}
    return {
        "pictures": 4,
        "faces": 8,
        "before": {"ap50": 0.5, **side},
        "after": {"ap50": 0.5 + difference, **side},
        "difference": difference,
        "interval": [difference - 0.05, difference + 0.05],
        "is_distinguishable": is_distinguishable,
        "changes": [change, {**change, "change": "lost", "image": "a/1.jpg"}],
    }


def answering(answer: object) -> VerbProcess:
    """A verb that answers at once, whatever it is asked, and tells a terminal about it."""
    told = "sys.stderr.write('held-out: 4 pictures\\n')"
    script = f"import sys; {told}; sys.stdout.write({json.dumps(json.dumps(answer))})"
    return VerbProcess(command=(sys.executable, "-c", script))


class Workshop(Studio):
    """A studio with a pretended training and models of its own."""

    def __init__(self, qtbot: QtBot, root: Path, *, checks: object, comparison: object) -> None:
        self.pretended = PretendedTraining()
        shipped = write_weights(root / "box" / "compact.safetensors", ap=0.5, threshold=0.4)
        self.models = ModelFolder(root / "models", shipped)

        def make(session: Session, detection: Detection) -> Trainer:
            return Trainer(
                session,
                detection,
                job=Training(root / "runs", self.pretended),
                models=ModelRegistry(self.models),
                comparison=Comparison(answering(comparison)),
                preflight=Preflight(root / "runs", answering(checks)),
            )

        client = WorkerClient(command=(sys.executable, str(WORKER)))
        super().__init__(qtbot, root, client=client, make_trainer=make)
        self.trainer = self.window.trainer
        self.detection.choose_weights(shipped)

    @property
    def page(self) -> TrainPage:
        """The Train page, made when it is first shown."""
        page = self.window.centre.pages.page("train")
        assert isinstance(page, TrainPage)
        return page

    def show_page(self) -> TrainPage:
        """Shows the page and waits until it may start a training."""
        self.session.page.show("train")
        self.until(lambda: self.page.start.isEnabled() and not self.trainer.preflight.is_running)
        return self.page

    def look(self, holds: object) -> None:
        """Looks at the run folder until something holds."""

        def seen() -> bool:
            self.trainer.job.look()
            return bool(holds())  # type: ignore[operator]

        self.until(seen)


@pytest.fixture
def make_workshop(qtbot: QtBot, tmp_path: Path) -> Iterator[object]:
    made: list[Workshop] = []

    def make(
        checks: object = CHECKS, difference: float = 0.1, *, is_distinguishable: bool = True
    ) -> Workshop:
        one = compared(difference, is_distinguishable=is_distinguishable)
        answer = {"before": "x", "after": "y", "splits": {"validate": one, "fixed": one}}
        shop = Workshop(qtbot, tmp_path, checks=checks, comparison=answer)
        made.append(shop)
        photographs = make_folder(tmp_path / "photographs", NAMES)
        for name in NAMES:
            # Equal pictures would all fall on one side.
            path = photographs / name
            path.write_bytes(path.read_bytes() + name.encode())
            write_label(path.with_suffix(".json"), [[10, 10, 30, 40]])
        shop.open(photographs)
        return shop

    yield make
    for shop in made:
        if shop.trainer.is_training and shop.window.isVisible():
            # Seen to have ended by a look: one under way could find it alive, and closing would
            # ask.
            shop.pretended.end(State.STOPPED)
            shop.look(lambda shop=shop: not shop.trainer.is_training)
        elif shop.trainer.is_training:  # the test has closed the window, nobody looks any more
            shop.trainer.job._status = None
            shop.trainer.job._is_starting = False
        shop.close()


@pytest.fixture
def shop(make_workshop: object) -> Workshop:
    made = make_workshop()  # type: ignore[operator]
    assert isinstance(made, Workshop)
    return made
