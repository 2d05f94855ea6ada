"""F1: every key and what it does, from the table of commands."""

from PySide6.QtCore import QCoreApplication, Qt
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QLineEdit,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from app.action import CONTEXT, MENUS
from app.actions import COMMANDS
from app.keys.keymap import HELD, Keymap

WIDTH, HEIGHT = 620, 640
MARGIN = 60


class HelpDialog(QDialog):
    """A searchable list of keys, grouped as the menus are."""

    def __init__(self, keymap: Keymap, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._keymap = keymap
        self.setWindowTitle(self.tr("Keys"))
        room = HEIGHT if parent is None else parent.height() - MARGIN
        self.resize(WIDTH, min(HEIGHT, room))
        self.search = QLineEdit(placeholderText=self.tr("Search keys"), clearButtonEnabled=True)
        self.search.setAccessibleName(self.tr("Search keys"))
        self.search.textChanged.connect(self._filter)
        self.tree = QTreeWidget()
        self.tree.setAccessibleName(self.tr("Keys and what they do"))
        self.tree.setHeaderLabels([self.tr("Action"), self.tr("Keys")])
        self.tree.setRootIsDecorated(False)
        self.tree.setIndentation(12)
        self.tree.setColumnWidth(0, WIDTH * 2 // 3)
        self._fill()
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        buttons.rejected.connect(self.reject)
        layout = QVBoxLayout(self)
        layout.addWidget(self.search)
        layout.addWidget(self.tree, 1)
        layout.addWidget(buttons)

    def _fill(self) -> None:
        for title in MENUS:
            rows = [
                (command.plain_label, self._keymap.shown(command.id))
                for command in COMMANDS
                if command.menu == title and self._keymap.keys(command.id)
            ]
            self._add(QCoreApplication.translate(CONTEXT, title).replace("&", ""), rows)
        rest = [
            (command.plain_label, self._keymap.shown(command.id))
            for command in COMMANDS
            if command.menu is None
        ]
        self._add(self.tr("On the picture"), [*rest, *self._by_hand()])
        self.tree.expandAll()

    def _by_hand(self) -> list[tuple[str, str]]:
        """What the canvas does by itself."""
        return [
            (self.tr("Hide all boxes while held"), HELD),
            (self.tr("Zoom at the cursor"), self.tr("Wheel")),
            (self.tr("Pan"), self.tr("Middle or right drag")),
            (self.tr("Zoom to box"), self.tr("Double click")),
            (self.tr("Next of stacked boxes"), self.tr("Click again")),
            (self.tr("Add to the selection"), self.tr("Ctrl+click, rubber band")),
            (self.tr("Resize from the centre, keep the aspect"), self.tr("Alt, Shift held")),
        ]

    def _add(self, title: str, rows: list[tuple[str, str]]) -> None:
        group = QTreeWidgetItem([title])
        group.setFirstColumnSpanned(True)
        font = group.font(0)
        font.setBold(True)
        group.setFont(0, font)
        group.setFlags(Qt.ItemFlag.ItemIsEnabled)
        for text, keys in rows:
            QTreeWidgetItem(group, [text, keys])
        self.tree.addTopLevelItem(group)

    def _filter(self, text: str) -> None:
        wanted = text.casefold()
        for group in (self.tree.topLevelItem(at) for at in range(self.tree.topLevelItemCount())):
            if group is None:
                continue
            children = (group.child(row) for row in range(group.childCount()))
            rows = [item for item in children if item is not None]
            for item in rows:
                item.setHidden(wanted not in f"{item.text(0)} {item.text(1)}".casefold())
            group.setHidden(all(item.isHidden() for item in rows))
