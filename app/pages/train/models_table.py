"""The models there are: name, AP, date, what they learned; choose, rename, remove."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHBoxLayout,
    QHeaderView,
    QInputDialog,
    QPushButton,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from app.detection import Detection
from app.training.registry import ModelRegistry
from tinaface.models import Model

CHOSEN_MARK, NOTHING = "●", "\N{EN DASH}"


class ModelsTable(QWidget):
    """One row a model; the chosen one has a mark.

    Signals:
        chosen: the model that was chosen for detection.
    """

    chosen = Signal(object)

    def __init__(
        self, models: ModelRegistry, detection: Detection, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._models = models
        self._detection = detection
        self.table = QTableWidget(0, 6)
        self.table.setHorizontalHeaderLabels(
            [
                self.tr("Model"),
                self.tr("AP of its own training"),
                self.tr("Date"),
                self.tr("Learned from"),
                self.tr("Pictures"),
                self.tr("Parent"),
            ]
        )
        self.table.setAccessibleName(self.tr("Models"))
        self.table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.table.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.table.verticalHeader().hide()
        self.table.setTabKeyNavigation(False)
        header = self.table.horizontalHeader()
        header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        header.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        header.setSectionResizeMode(3, QHeaderView.ResizeMode.Stretch)
        self.table.itemSelectionChanged.connect(self._show_buttons)
        self.table.itemActivated.connect(lambda _: self._choose())
        self.use = QPushButton(self.tr("Detect with it"))
        self.use.clicked.connect(self._choose)
        self.rename = QPushButton(self.tr("Rename…"))
        self.rename.clicked.connect(self._ask_name)
        self.remove = QPushButton(self.tr("Remove"))
        self.remove.setToolTip(self.tr("Moves it to the trash; can be taken back"))
        self.remove.clicked.connect(self._remove)
        buttons = QHBoxLayout()
        for button in (self.use, self.rename, self.remove):
            buttons.addWidget(button)
        buttons.addStretch(1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 8, 0, 0)
        layout.addWidget(self.table, 1)
        layout.addLayout(buttons)
        models.changed.connect(self._fill)
        detection.model_changed.connect(self._fill)
        self._fill()

    @property
    def selected(self) -> Model | None:
        """The model of the selected row."""
        row = self.table.currentRow()
        models = self._models.models
        return models[row] if 0 <= row < len(models) and self.table.selectedItems() else None

    def _fill(self) -> None:
        models = self._models.models
        names = {model.hash: model.name for model in models}
        selected = self.selected
        self.table.setRowCount(len(models))
        for row, model in enumerate(models):
            pedigree, locale = model.pedigree, self.locale()
            is_chosen = model.path == self._detection.weights
            texts = (
                f"{CHOSEN_MARK} {model.name}" if is_chosen else model.name,
                self._precision(model),
                (pedigree.kept or model.date)[:10],
                self.tr("comes with the program") if model.is_shipped else pedigree.source,
                locale.toString(pedigree.pictures) if pedigree.pictures else NOTHING,
                names.get(pedigree.parent, pedigree.parent),
            )
            for column, text in enumerate(texts):
                item = QTableWidgetItem(text)
                item.setToolTip(
                    self.tr("{hash}, data {data}").format(
                        hash=model.hash, data=pedigree.data or NOTHING
                    )
                )
                if is_chosen and column == 0:
                    item.setData(
                        Qt.ItemDataRole.AccessibleTextRole,
                        self.tr("{name}, the chosen one").format(name=model.name),
                    )
                self.table.setItem(row, column, item)
        if selected in models:
            self.table.selectRow(models.index(selected))
        self._show_buttons()

    def _precision(self, model: Model) -> str:
        if model.ap is None:
            return NOTHING
        number = self.locale().toString
        ap, judged = number(model.ap, "f", 3), model.pedigree.judged
        if not judged:
            return ap
        return self.tr("{ap} on {count} pictures").format(ap=ap, count=number(judged))

    def _show_buttons(self) -> None:
        model = self.selected
        self.use.setEnabled(model is not None and model.path != self._detection.weights)
        for button in (self.rename, self.remove):
            button.setEnabled(model is not None and not model.is_shipped)

    def _choose(self) -> None:
        model = self.selected
        if model is not None:
            self._detection.choose_weights(model.path)
            self.chosen.emit(model)

    def _ask_name(self) -> None:
        model = self.selected
        if model is None:
            return
        name, is_given = QInputDialog.getText(
            self, self.tr("Rename the model"), self.tr("Name"), text=model.name
        )
        if is_given:
            self._models.rename(model, name)

    def _remove(self) -> None:
        model = self.selected
        if model is not None:
            self._models.remove(model)
