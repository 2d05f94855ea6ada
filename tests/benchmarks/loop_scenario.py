"""Plays a person who reviews, trains and keeps a model, through the window's own commands."""

import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from PySide6.QtCore import QEventLoop, QTimer

from app import application
from app.command_line import Options
from app.detection import Detection
from app.main_window import MainWindow
from app.pages.train.page import TrainPage
from app.session import Session
from app.theme import Theme
from app.training.job import Training
from app.training.registry import ModelRegistry
from app.training.trainer import Trainer
from tinaface.dataset import GroundTruth
from tinaface.matching import match
from tinaface.models import Model, ModelFolder
from tinaface.weights import default_weights

MOST_WAIT_S = 3600.0


class Person:
    """The window with someone before it.

    Args:
        place: holds settings, runs and models of its own.
        weights: of the model to begin with; None for the shipped one.
    """

    def __init__(
        self, place: Path, weights: Path | None = None, threshold: float | None = None
    ) -> None:
        app = application.make_application()
        weights = weights or default_weights()
        self.models = ModelFolder(place / "models", weights)
        self.theme = Theme(app, "light")
        options = Options(settings=place / "settings.ini")
        self.session = Session(application.make_settings(options))
        self.session.settings.next_by_itself = False  # this person goes by the list
        self.detection = Detection(self.session)
        self.trainer = Trainer(
            self.session,
            self.detection,
            job=Training(place / "runs"),
            models=ModelRegistry(self.models),
        )
        self.window = MainWindow(self.session, self.detection, self.theme, self.trainer)
        self.window.resize(1280, 800)
        self.window.show()
        self.window.complete()
        self.detection.choose_weights(weights)
        if threshold is not None:
            self.session.set_threshold(threshold)

    def until(self, holds: Callable[[], bool], what: str, most_s: float = MOST_WAIT_S) -> None:
        """Lets the window live until something holds. Raises TimeoutError."""
        deadline = time.monotonic() + most_s
        while not holds():
            if time.monotonic() > deadline:
                raise TimeoutError(f"waited {most_s:.0f} s for: {what}")
            loop = QEventLoop()
            QTimer.singleShot(20, loop.quit)
            loop.exec()

    def open(self, folder: Path) -> None:
        """Opens a folder and waits for all of it."""
        self.session.open(folder)
        self.until(lambda: self.session.is_quiet, "the folder")

    def detect(self) -> None:
        """Detects in all images, as Shift+F9."""
        self.detection.detect_listed()
        self.until(lambda: not self.detection.is_busy, "the detection")
        assert self.detection.failure is None, self.detection.failure
        self.until(lambda: self.session.is_quiet, "the predictions")

    def correct(self, name: str, truth: GroundTruth) -> dict[str, int]:
        """Makes an image's labels equal the truth, and marks it reviewed; counts what it took.

        A prediction that fits a face is accepted and moved onto it, another one is rejected; the
        faces that are left are drawn.
        """
        self.session.go_to(name)
        self.until(lambda: self.session.is_quiet and self.session.name == name, "the image")
        document = self.session.document
        assert document is not None, f"{name} cannot be shown"
        shown, places = document.predictions, document.visible_places()
        matching = match(shown.xyxy[places], shown.scores[places], truth.gt_boxes, truth.is_ignored)
        pairs = zip(places.tolist(), matching.matched_gt.tolist(), strict=True)
        found = {row: place for place, row in pairs if row >= 0}
        done = {"accepted": 0, "drawn": 0, "ignored": 0, "rejected": 0}
        for place in sorted(set(places.tolist()) - set(found.values())):
            document.select_prediction(place)
            self.window.review.reject()
            done["rejected"] += 1
        for row, xyxy in enumerate(truth.gt_boxes.astype(np.float64)):
            before = len(document.gt_boxes)
            if row in found:
                document.select_prediction(found[row])
                self.window.review.accept()
            # Of two labels of one face the second has no prediction of its own to accept.
            if len(document.gt_boxes) > before:
                document.set_boxes(np.array([len(document.gt_boxes) - 1]), xyxy[None], "Move box")
                done["accepted"] += 1
            else:
                document.add_box(xyxy)
                done["drawn"] += 1
            if truth.is_ignored[row]:
                document.select([len(document.gt_boxes) - 1])
                self.window.review.toggle_ignored()
                done["ignored"] += 1
        self.session.loop.judging.finish_image()
        self.session.save_now()
        self.until(lambda: not self.session.has_unsaved, "saving")
        return done

    def train(self, minutes: float) -> float:
        """Trains on what was fixed, by the Train page, and waits for before and after.

        Returns the minutes from the click on Start until the weights are there.
        """
        self.trainer.train_on_what_was_fixed()
        page = self.page
        page.plan.minutes.setValue(minutes)
        self.until(page.start.isEnabled, "the page to be ready", 600)
        began = time.monotonic()
        page.start.click()
        job = self.trainer.job
        self.until(lambda: job.is_alive, "the training to start", 60)
        self.until(lambda: not job.is_alive, "the training to end")
        taken = (time.monotonic() - began) / 60
        status = job.status
        assert status is not None
        assert status.error is None, status.error
        comparison = self.trainer.comparison
        self.until(
            lambda: comparison.result is not None or comparison.failure is not None,
            "before and after",
        )
        assert comparison.failure is None, comparison.failure
        return taken

    def keep(self, name: str) -> Model:
        """Keeps the new model under a name."""
        self.page.outcome.name.setText(name)
        self.page.outcome.keep.click()
        registry = self.trainer.models
        self.until(lambda: any(one.name == name for one in registry.models), "the kept model", 60)
        return next(one for one in registry.models if one.name == name)

    def leave(self) -> None:
        """Closes the window."""
        self.window.close()
        self.window.deleteLater()
        self.theme.deleteLater()

    @property
    def page(self) -> TrainPage:
        """The Train page."""
        page = self.window.centre.pages.page("train")
        assert isinstance(page, TrainPage)
        return page
