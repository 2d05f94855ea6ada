"""One picture twice, with the predictions of two models; what one half shows, the other shows."""

from PySide6.QtWidgets import QHBoxLayout, QLabel, QVBoxLayout, QWidget

from app.background import Background
from app.canvas import colours
from app.canvas.view import Canvas
from app.document import Document
from app.placement import BoxArray
from app.prediction_sources import Source
from app.reading import Opened, read_image
from app.session import Session
from app.theme import Theme, named
from tinaface import labelme
from tinaface.predictions import Record

GAP = 6


class Half(QWidget):
    """A canvas that edits nothing, under the name of a model."""

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.title = named(QLabel(), "Muted")
        self.canvas = Canvas()
        self.canvas.setAccessibleName(name)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(2)
        layout.addWidget(self.title)
        layout.addWidget(self.canvas, 1)

    def show_read(
        self, image: str, opened: Opened, record: Record | None, threshold: float
    ) -> None:
        """Shows a picture, its labels and what one model found."""
        self.canvas.set_document(None)
        picture = opened.picture
        if picture is None:
            self.canvas.set_image(None)
            return
        labels = opened.labels
        if labels is None:
            labels = labelme.new(picture.path.name, *picture.size)
        document = Document(labels, opened.label_path, picture.size, parent=self)
        document.is_locked = True
        document.set_predictions(None if record is None else record.detections)
        document.threshold = threshold
        before = self.canvas.document
        self.canvas.set_image(picture.pyramid, image)
        self.canvas.set_document(document)
        if before is not None:
            before.deleteLater()

    def set_threshold(self, threshold: float) -> None:
        """Hides predictions below it."""
        if self.canvas.document is not None:
            self.canvas.document.threshold = threshold


class SplitView(QWidget):
    """Two halves with one zoom and one place."""

    def __init__(self, session: Session, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._theme = theme
        self._turn = 0
        self._is_following = False
        self._disk = Background("split-view", newest_first=True, parent=self)
        self.halves = Half(self.tr("Model A")), Half(self.tr("Model B"))
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(GAP)
        for half, other in zip(self.halves, reversed(self.halves), strict=True):
            layout.addWidget(half, 1)
            half.canvas.view_changed.connect(
                lambda moved=half.canvas, follower=other.canvas: self._follow(moved, follower)
            )
        theme.changed.connect(self._take_theme)
        self._take_theme()
        session.settings.changed.connect(self._take_look)
        self._take_look()

    @property
    def is_reading(self) -> bool:
        """Whether a picture is on its way."""
        return bool(self._disk.pending)

    def shut_down(self) -> bool:
        """Ends the thread; False where a disk holds it up."""
        return self._disk.close()

    def show_box(
        self,
        image: str,
        xyxy: BoxArray,
        sources: tuple[Source, Source],
        thresholds: tuple[float, float],
    ) -> None:
        """Shows a `[4]` box of an image in both halves, as soon as it has been read.

        Args:
            sources: whose predictions each half shows, from which score on.
        """
        root = self._session.root
        if root is None:
            return
        self._turn += 1
        turn, predictions, pictures = self._turn, self._session.predictions, self._session.pictures

        def work() -> tuple[Opened, list[Record | None]] | None:
            if turn != self._turn:
                return None  # whoever leafs quickly has gone on
            opened = read_image(root / image, pictures, lambda: None)
            return opened, [predictions.record_of(source, image) for source in sources]

        def take(read: tuple[Opened, list[Record | None]] | None) -> None:
            if read is None or turn != self._turn:
                return
            opened, records = read
            for half, record, source, threshold in zip(
                self.halves, records, sources, thresholds, strict=True
            ):
                half.title.setText(self._title(half, source, threshold))
                half.show_read(image, opened, record, threshold)
            if opened.picture is not None:
                self.halves[0].canvas.show_box(xyxy)

        self._disk.run(work, take)

    def clear(self) -> None:
        """Shows nothing."""
        self._turn += 1
        for half in self.halves:
            half.title.setText("")
            half.canvas.set_document(None)
            half.canvas.set_image(None)

    def _title(self, half: Half, source: Source, threshold: float) -> str:
        letter = "A" if half is self.halves[0] else "B"
        return self.tr("{letter}: {model}, scores from {threshold}").format(
            letter=letter,
            model=source.title,
            threshold=self.locale().toString(threshold, "f", 2),
        )

    def _follow(self, moved: Canvas, follower: Canvas) -> None:
        if not self._is_following:
            self._is_following = True
            follower.show_as(moved)
            self._is_following = False

    def _take_look(self) -> None:
        settings = self._session.settings
        for half in self.halves:
            half.canvas.set_look(is_checkered=settings.checkerboard, has_halo=settings.halo)

    def _take_theme(self) -> None:
        is_dark = self._theme.scheme.is_dark
        for half in self.halves:
            half.canvas.set_theme(colours.DARK if is_dark else colours.LIGHT)
