"""Asks which edits of a session that did not end in order shall be made again."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QAbstractItemView,
    QDialog,
    QDialogButtonBox,
    QHeaderView,
    QLabel,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from app.safekeeping import Findings

SIZE = (640, 380)


class RecoveryDialog(QDialog):
    """The images whose edits are in a journal only, all chosen unless their file is newer.

    Signals:
        chosen: list of Unsaved; the others are given up, though a copy of the journal stays.
    """

    chosen = Signal(object)

    def __init__(self, findings: Findings, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._findings = findings
        self.setWindowTitle(self.tr("Recover edits"))
        self.resize(*SIZE)
        layout = QVBoxLayout(self)
        layout.setSpacing(10)
        edits = sum(one.edits for one in findings.unsaved)
        head = QLabel(
            self.tr("<b>Recover these edits?</b> Images: {images}, edits: {edits}").format(
                images=self.locale().toString(len(findings.unsaved)),
                edits=self.locale().toString(edits),
            )
        )
        layout.addWidget(head)
        why = QLabel(
            self.tr(
                "The last session in this folder did not end in order, and these edits had not "
                "reached their files. What a file holds now is kept as a copy."
            )
        )
        why.setWordWrap(True)
        layout.addWidget(why)
        self.list = self._make_list()
        layout.addWidget(self.list, 1)
        buttons = QDialogButtonBox()
        self.recover = buttons.addButton(self.tr("Recover"), QDialogButtonBox.ButtonRole.AcceptRole)
        later = buttons.addButton(
            self.tr("Ask again next time"), QDialogButtonBox.ButtonRole.RejectRole
        )
        later.setToolTip(self.tr("Leaves files and journal as they are (Esc)"))
        self.recover.setDefault(True)
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        layout.addWidget(buttons)
        self.accepted.connect(self._choose)

    def _make_list(self) -> QTreeWidget:
        view = QTreeWidget()
        view.setAccessibleName(self.tr("Images with edits to recover"))
        view.setColumnCount(3)
        view.setHeaderLabels([self.tr("Image"), self.tr("Edits"), self.tr("Remark")])
        view.setRootIsDecorated(False)
        view.setUniformRowHeights(True)
        view.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        for one in self._findings.unsaved:
            item = QTreeWidgetItem([one.image, self.locale().toString(one.edits), ""])
            # Taken unasked, edits would replace what another program wrote later.
            wanted = not one.is_changed_since
            item.setCheckState(0, Qt.CheckState.Checked if wanted else Qt.CheckState.Unchecked)
            item.setTextAlignment(1, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
            remarks = []
            if one.is_changed_since:
                remarks.append(
                    self.tr("deleted since")
                    if one.there is None
                    else self.tr("changed since by another program")
                )
            if one.is_cut:
                remarks.append(self.tr("the last edits cannot be read"))
            item.setText(2, "; ".join(remarks))
            view.addTopLevelItem(item)
        header = view.header()
        header.setStretchLastSection(True)
        header.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        return view

    def _choose(self) -> None:
        self.chosen.emit(
            [
                one
                for row, one in enumerate(self._findings.unsaved)
                if self._is_checked(self.list.topLevelItem(row))
            ]
        )

    @staticmethod
    def _is_checked(item: QTreeWidgetItem | None) -> bool:
        return item is not None and item.checkState(0) is Qt.CheckState.Checked
