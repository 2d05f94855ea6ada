"""A process that edits a folder at random, and tells of each edit once it is done, until killed.

    python -m tests.app.faults.editing_child FOLDER SEED

It prints one JSON line an edit: `["begins", IMAGE]`, then `["done", IMAGE, BOXES]`.
"""

import json
import random
import sys
from pathlib import Path

import numpy as np
from PySide6.QtWidgets import QApplication

from app import application
from app.document import Document
from app.session import Session
from app.settings import Settings


def tell(*words: object) -> None:
    sys.stdout.write(json.dumps(words) + "\n")
    sys.stdout.flush()


def settle(session: Session) -> Document:
    while session.shown is None or session.shown.name != session.name or not session.is_quiet:
        QApplication.processEvents()
    assert session.document is not None
    return session.document


def edit(document: Document, chance: random.Random) -> None:
    """Adds, moves, flags or deletes one box, or takes back or does again what was done."""
    count = len(document.gt_boxes)
    kind = chance.choice(("add", "add", "move", "flag", "delete", "undo", "redo"))
    row = chance.randrange(count) if count else 0
    if kind == "undo" and document.undo_stack.canUndo():
        document.undo_stack.undo()
    elif kind == "redo" and document.undo_stack.canRedo():
        document.undo_stack.redo()
    elif kind == "move" and count:
        document.select([row])
        document.nudge(chance.uniform(-3, 3), chance.uniform(-3, 3))
    elif kind == "flag" and count:
        document.set_flag([row], "ignore", not document.is_ignored[row])
    elif kind == "delete" and count > 3:
        document.select([row])
        document.delete_selected()
    else:
        x, y = chance.uniform(0, 60), chance.uniform(0, 40)
        document.add_box(np.array([x, y, x + chance.uniform(3, 19), y + chance.uniform(3, 19)]))


def main(folder: Path, seed: int) -> None:
    chance = random.Random(seed)
    application.make_application()
    session = Session(Settings(folder.parent / f"settings-{seed}.ini"))
    session.open_folder(folder)
    while session.is_scanning or not session.is_quiet:
        QApplication.processEvents()
    tell("ready")
    while True:
        if chance.random() < 0.1:
            session.go_to_row(chance.randrange(session.files.rowCount()))
        document, name = settle(session), session.name
        tell("begins", name)
        edit(document, chance)
        while not session.keeping.holds_all_edits:  # a busy machine may need longer
            QApplication.processEvents()
        tell("done", name, document.gt_boxes.tolist())
        if chance.random() < 0.2:
            session.save_now()
        if chance.random() < 0.5:
            QApplication.processEvents()


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
