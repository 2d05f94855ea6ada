"""Every command as data.

Menus, shortcuts, tooltips, the palette, the hint line and F1 are all made from `COMMANDS`; a
command that is not here does not exist.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from app.action import (
    DETECT,
    EDIT,
    FILE,
    GO,
    HELP,
    PAGE,
    VIEW,
    Command,
    Desk,
    Scope,
    When,
)
from app.action import source_text as _text
from app.pages.table import EVALUATE, PAGES
from app.review_actions import REVIEWING

_PAGES, _REVIEW, _CANVAS = Scope.PAGES, Scope.REVIEW, Scope.CANVAS


def _nudge(keys: str, text: str, when: When, call: Callable[[Desk], object]) -> Command:
    name = "nudge." + keys.replace("+", "-").lower()
    return Command(name, text, (keys,), None, when, call, Scope.CANVAS, repeats=True)


def _nudges() -> tuple[Command, ...]:
    """Arrow keys: they move boxes or one edge of them, or without a selection the picture."""
    moves = (
        ("Left", -1, 0, _text("Move boxes left by 1 px, or pan"),
         _text("Move boxes left by 10 px, or pan"),
         _text("Move the right edge left by 1 px"), _text("Move the left edge left by 1 px")),
        ("Right", 1, 0, _text("Move boxes right by 1 px, or pan"),
         _text("Move boxes right by 10 px, or pan"),
         _text("Move the right edge right by 1 px"), _text("Move the left edge right by 1 px")),
        ("Up", 0, -1, _text("Move boxes up by 1 px, or pan"),
         _text("Move boxes up by 10 px, or pan"),
         _text("Move the bottom edge up by 1 px"), _text("Move the top edge up by 1 px")),
        ("Down", 0, 1, _text("Move boxes down by 1 px, or pan"),
         _text("Move boxes down by 10 px, or pan"),
         _text("Move the bottom edge down by 1 px"), _text("Move the top edge down by 1 px")),
    )  # fmt: skip
    made: list[Command] = []
    for key, dx, dy, by_1, by_10, far_edge, near_edge in moves:
        for prefix, step, text in (("", 1, by_1), ("Shift+", 10, by_10)):
            move = partial(_move, dx=dx * step, dy=dy * step)
            made.append(_nudge(prefix + key, text, When.PICTURE, move))
        for prefix, side, text in (("Ctrl+", 1, far_edge), ("Ctrl+Shift+", -1, near_edge)):
            move = partial(_move_edge, side=side, dx=dx, dy=dy)
            made.append(_nudge(prefix + key, text, When.EDITABLE_SELECTION, move))
    return tuple(made)


def _pages() -> tuple[Command, ...]:
    """One command a page."""
    return tuple(
        Command(f"page.{page.id}", page.title, (page.key,), PAGE, When.ALWAYS,
                partial(_show_page, page_id=page.id))
        for page in PAGES
    )  # fmt: skip


def _show_page(desk: Desk, page_id: str) -> None:
    desk.session.page.show(page_id)


def _evaluate(desk: Desk) -> None:
    desk.session.page.show(EVALUATE)
    desk.session.evaluation_wanted.emit()


def _move(desk: Desk, dx: int, dy: int) -> None:
    desk.canvas.nudge(dx, dy)


def _move_edge(desk: Desk, side: int, dx: int, dy: int) -> None:
    desk.canvas.move_edge(side * abs(dx), side * abs(dy), dx, dy)


def _move_threshold(desk: Desk, step: float) -> None:
    desk.session.set_threshold(desk.session.threshold + step)


def _toggle(desk: Desk, setting: str) -> None:
    settings = desk.session.settings
    setattr(settings, setting, not getattr(settings, setting))


COMMANDS: tuple[Command, ...] = (
    # ---- files
    Command("file.open-folder", _text("&Open folder…"), ("Ctrl+O", "Ctrl+U"), FILE, When.ALWAYS,
            lambda desk: desk.opener.ask_for_folder(), icon="folder",
            hint=_text("open folder")),
    Command("file.open-file", _text("Open &image or label file…"), ("Ctrl+Shift+O",), FILE,
            When.ALWAYS, lambda desk: desk.opener.ask_for_file(), icon="image"),
    Command("file.open-sample", _text("Open sam&ple"), (), FILE, When.ALWAYS,
            lambda desk: desk.opener.open_sample(), icon="sample"),
    Command("file.save", _text("&Save now"), ("Ctrl+S",), FILE, When.UNSAVED,
            lambda desk: desk.session.save_now(), icon="save", starts_group=True),
    Command("file.export", _text("E&xport labels…"), ("Ctrl+Shift+S",), FILE, When.IMAGES,
            lambda desk: desk.exporter.ask()),
    Command("file.labelme", _text("Open in &Labelme"), ("Ctrl+L",), FILE, When.PICTURE,
            lambda desk: desk.opener.open_in_labelme(), icon="open-external"),
    Command("file.labels-folder", _text("Save labels to anot&her folder…"), (), FILE,
            When.FOLDER, lambda desk: desk.decisions.choose_labels_folder()),
    Command("file.versions", _text("Earlier &versions of the labels…"), (), FILE, When.EDITABLE,
            lambda desk: desk.decisions.choose_version()),
    Command("file.discard-labels", _text("Move la&bel file to trash"), ("Ctrl+Delete",), FILE,
            When.EDITABLE, lambda desk: desk.trashing.delete_labels()),
    Command("file.delete-image", _text("&Move image and labels to trash"), (), FILE, When.IMAGES,
            lambda desk: desk.trashing.delete_image()),
    Command("file.rescan", _text("&Read folder again"), ("F5",), FILE, When.FOLDER,
            lambda desk: desk.decisions.presence.rescan(), icon="retry"),
    Command("file.settings", _text("Se&ttings…"), ("Ctrl+,",), FILE, When.ALWAYS,
            lambda desk: desk.dialogs.show_settings(), icon="settings"),
    Command("file.close", _text("&Close folder"), ("Ctrl+W",), FILE, When.FOLDER,
            lambda desk: desk.session.close_folder(), starts_group=True),
    Command("file.quit", _text("&Quit"), ("Ctrl+Q",), FILE, When.ALWAYS, lambda desk: desk.quit()),
    # ---- edit
    Command("edit.undo", _text("&Undo"), ("Ctrl+Z",), EDIT, When.UNDO,
            lambda desk: desk.review.undo(), icon="undo", repeats=True,
            hint=_text("undo")),
    Command("edit.redo", _text("&Redo"), ("Ctrl+Shift+Z", "Ctrl+Y"), EDIT, When.REDO,
            lambda desk: desk.review.redo(), icon="redo", repeats=True),
    Command("edit.draw", _text("Draw one &box"), ("W", "N", "Ctrl+R"), EDIT, When.EDITABLE,
            lambda desk: desk.canvas.set_tool("draw"), _REVIEW, "draw", starts_group=True,
            hint=_text("draw")),
    Command("edit.draw-many", _text("Draw &many boxes"), ("Shift+W",), EDIT, When.EDITABLE,
            lambda desk: desk.canvas.set_tool("draw", many=True), _REVIEW),
    Command("edit.delete", _text("&Delete boxes"), ("Delete", "Backspace"), EDIT,
            When.EDITABLE_SELECTION, lambda desk: desk.canvas.delete_selection(), _CANVAS,
            "delete",
            hint=_text("delete")),
    Command("edit.duplicate", _text("Duplicat&e boxes"), ("Ctrl+D",), EDIT,
            When.EDITABLE_SELECTION, lambda desk: desk.review.duplicate()),
    Command("edit.cut", _text("Cu&t boxes"), ("Ctrl+X",), EDIT, When.EDITABLE_SELECTION,
            lambda desk: desk.review.cut(), _CANVAS, starts_group=True),
    Command("edit.copy", _text("&Copy boxes"), ("Ctrl+C",), EDIT, When.BOXES,
            lambda desk: desk.review.copy(), _CANVAS),
    Command("edit.paste", _text("&Paste boxes"), ("Ctrl+V",), EDIT, When.EDITABLE,
            lambda desk: desk.review.paste(), _CANVAS),
    Command("edit.copy-previous", _text("Copy boxes from previous ima&ge"), ("Ctrl+Shift+V",),
            EDIT, When.EDITABLE, lambda desk: desk.review.copy_from_previous(), _CANVAS),
    Command("edit.convert", _text("Convert &other shapes to boxes"), (), EDIT, When.EDITABLE,
            lambda desk: desk.review.convert_others(), starts_group=True),
    Command("edit.clip", _text("C&lip boxes to the picture"), (), EDIT, When.EDITABLE,
            lambda desk: desk.review.clip_to_picture()),
    Command("edit.select-all", _text("Select &all boxes"), ("Ctrl+A",), EDIT, When.BOXES,
            lambda desk: desk.review.select_all(), _CANVAS, starts_group=True),
    Command("edit.select-none", _text("Select &none"), ("Ctrl+Shift+A",), EDIT, When.SELECTION,
            lambda desk: desk.review.select_none(), _REVIEW),
    Command("edit.next-box", _text("Ne&xt box"), ("Tab",), EDIT, When.BOXES,
            lambda desk: desk.canvas.select_next(1), _CANVAS, repeats=True,
            hint=_text("next box")),
    Command("edit.previous-box", _text("Pre&vious box"), ("Shift+Tab", "Backtab"), EDIT,
            When.BOXES, lambda desk: desk.canvas.select_next(-1), _CANVAS, repeats=True),
    Command("edit.cancel", _text("Cancel drag, tool or selection"), ("Escape",), None,
            When.PICTURE, lambda desk: desk.canvas.cancel(), _CANVAS,
            hint=_text("cancel")),
    # ---- go
    Command("go.next", _text("&Next image"), ("D",), GO, When.IMAGES,
            lambda desk: desk.session.go_by(1), _PAGES, "next", repeats=True,
            hint=_text("next")),
    Command("go.previous", _text("&Previous image"), ("A",), GO, When.IMAGES,
            lambda desk: desk.session.go_by(-1), _PAGES, "previous", repeats=True,
            hint=_text("previous")),
    Command("go.on-10", _text("10 images &on"), ("PgDown",), GO, When.IMAGES,
            lambda desk: desk.session.go_by(10), _PAGES, repeats=True),
    Command("go.back-10", _text("10 images &back"), ("PgUp",), GO, When.IMAGES,
            lambda desk: desk.session.go_by(-10), _PAGES, repeats=True),
    Command("go.first", _text("&First image"), ("Ctrl+Home",), GO, When.IMAGES,
            lambda desk: desk.session.go_to_row(0)),
    Command("go.last", _text("&Last image"), ("Ctrl+End",), GO, When.IMAGES,
            lambda desk: desk.session.go_to_row(-1)),
    Command("go.back", _text("Bac&k to the image before"), ("Alt+Left",), GO, When.BACK,
            lambda desk: desk.session.visited.go(-1), repeats=True, starts_group=True),
    Command("go.forward", _text("Fo&rward again"), ("Alt+Right",), GO, When.FORWARD,
            lambda desk: desk.session.visited.go(1), repeats=True),
    Command("go.image", _text("&Go to number or name…"), ("Ctrl+G",), GO, When.IMAGES,
            lambda desk: desk.dialogs.ask_for_image()),
    Command("go.find", _text("&Search images"), ("Ctrl+F",), GO, When.FOLDER,
            lambda desk: desk.find_image(), icon="search", starts_group=True),
    Command("go.next-panel", _text("Next p&anel"), ("F6",), GO, When.ALWAYS,
            lambda desk: desk.next_panel(1)),
    Command("go.previous-panel", _text("Previous pan&el"), ("Shift+F6",), GO, When.ALWAYS,
            lambda desk: desk.next_panel(-1)),
    *REVIEWING,
    # ---- view
    Command("view.fit", _text("&Fit"), ("0",), VIEW, When.PICTURE,
            lambda desk: desk.canvas.fit(), _REVIEW, "fit",
            hint=_text("fit")),
    Command("view.fit-width", _text("Fit &width"), ("Ctrl+Shift+F",), VIEW, When.PICTURE,
            lambda desk: desk.canvas.fit_width(), _REVIEW),
    Command("view.zoom-100", _text("&100 %"), ("1", "Ctrl+0"), VIEW, When.PICTURE,
            lambda desk: desk.canvas.zoom_to(1), _REVIEW),
    Command("view.zoom-200", _text("&200 %"), ("2",), VIEW, When.PICTURE,
            lambda desk: desk.canvas.zoom_to(2), _REVIEW),
    Command("view.zoom-400", _text("&400 %"), ("3",), VIEW, When.PICTURE,
            lambda desk: desk.canvas.zoom_to(4), _REVIEW),
    Command("view.zoom-800", _text("&800 %"), ("4",), VIEW, When.PICTURE,
            lambda desk: desk.canvas.zoom_to(8), _REVIEW),
    Command("view.zoom-in", _text("Zoom &in"), ("+", "="), VIEW, When.PICTURE,
            lambda desk: desk.canvas.zoom_by(1), _REVIEW, "zoom-in", repeats=True),
    Command("view.zoom-out", _text("Zoom &out"), ("-",), VIEW, When.PICTURE,
            lambda desk: desk.canvas.zoom_by(-1), _REVIEW, "zoom-out", repeats=True),
    Command("view.zoom-box", _text("&Zoom to box and back"), ("Z",), VIEW, When.SELECTION,
            lambda desk: desk.canvas.toggle_zoom_to_box(), _REVIEW,
            hint=_text("zoom to box")),
    Command("view.overlay", _text("Next o&verlay: both, GT, prediction, none"), ("T",), VIEW,
            When.PICTURE, lambda desk: desk.set_overlay(None), _REVIEW, "overlay",
            starts_group=True,
            hint=_text("overlay")),
    Command("view.swap-models", _text("Swap the predictions of model A and &B"), ("P",), VIEW,
            When.COMPARING, lambda desk: desk.session.predictions.swap(), _REVIEW),
    Command("view.texts", _text("Next box &texts: score, all, none"), ("L",), VIEW, When.PICTURE,
            lambda desk: desk.canvas.next_texts(), _REVIEW),
    Command("view.magnifier", _text("&Magnifier"), ("V",), None, When.PICTURE,
            lambda desk: desk.docks.toggle_magnifier(), _REVIEW),
    Command("view.filmstrip", _text("Fil&mstrip"), (), VIEW, When.ALWAYS,
            partial(_toggle, setting="filmstrip")),
    Command("view.thumbnails", _text("Thumb&nails in the list"), (), VIEW, When.ALWAYS,
            partial(_toggle, setting="list_thumbnails")),
    Command("view.checkerboard", _text("Ch&eckerboard behind transparent pictures"), (), VIEW,
            When.ALWAYS, partial(_toggle, setting="checkerboard")),
    Command("view.hide-selected", _text("&Hide selected boxes"), ("H",), VIEW, When.SELECTION,
            lambda desk: desk.review.hide_selected(), _REVIEW),
    Command("view.show-hidden", _text("&Show all boxes"), ("Shift+H",), VIEW, When.BOXES,
            lambda desk: desk.review.show_hidden(), _REVIEW),
    Command("view.threshold-up", _text("Threshold &up"), ("Alt+Up",), VIEW, When.ALWAYS,
            lambda desk: _move_threshold(desk, 0.01), repeats=True, starts_group=True),
    Command("view.threshold-down", _text("Threshold &down"), ("Alt+Down",), VIEW, When.ALWAYS,
            lambda desk: _move_threshold(desk, -0.01), repeats=True),
    Command("view.threshold-up-5", _text("Threshold up by 0.05"), ("Alt+Shift+Up",), None,
            When.ALWAYS, lambda desk: _move_threshold(desk, 0.05), repeats=True),
    Command("view.threshold-down-5", _text("Threshold down by 0.05"), ("Alt+Shift+Down",), None,
            When.ALWAYS, lambda desk: _move_threshold(desk, -0.05), repeats=True),
    Command("view.full-screen", _text("Full s&creen"), ("F11",), VIEW, When.ALWAYS,
            lambda desk: desk.toggle_full_screen(), starts_group=True),
    Command("view.theme-system", _text("Colours as the s&ystem"), (), VIEW, When.ALWAYS,
            lambda desk: desk.choose_theme("system"), starts_group=True),
    Command("view.theme-light", _text("&Light colours"), (), VIEW, When.ALWAYS,
            lambda desk: desk.choose_theme("light")),
    Command("view.theme-dark", _text("Dar&k colours"), (), VIEW, When.ALWAYS,
            lambda desk: desk.choose_theme("dark")),
    Command("view.theme-contrast", _text("Hi&gh contrast"), (), VIEW, When.ALWAYS,
            lambda desk: desk.choose_theme("contrast")),
    Command("view.reset-layout", _text("&Reset layout"), (), VIEW, When.ALWAYS,
            lambda desk: desk.docks.reset(), starts_group=True),
    # ---- detect
    Command("detect.image", _text("Detect in this &image"), ("F9",), DETECT, When.CAN_DETECT,
            lambda desk: desk.detection.detect_image(), icon="detect",
            hint=_text("detect")),
    Command("detect.folder", _text("Detect in all &listed images"), ("Shift+F9",), DETECT,
            When.CAN_DETECT, lambda desk: desk.detection.detect_listed(), icon="detect-folder"),
    Command("detect.stop", _text("&Stop"), ("Ctrl+F9",), DETECT, When.DETECTING,
            lambda desk: desk.detection.stop(), icon="stop",
            hint=_text("stop")),
    # ---- train
    Command("train.fixed", _text("&Train on what you fixed"), ("F7",), DETECT, When.FOLDER,
            lambda desk: desk.trainer.train_on_what_was_fixed(), starts_group=True),
    Command("train.pause", _text("&Pause the training, or go on"), (), DETECT, When.TRAINING,
            lambda desk: desk.trainer.toggle_pause()),
    Command("train.stop", _text("Stop the training with a &checkpoint"), (), DETECT,
            When.TRAINING, lambda desk: desk.trainer.job.stop()),
    # ---- evaluate
    Command("evaluate.start", _text("&Evaluate against the labels"), ("F8",), DETECT, When.FOLDER,
            _evaluate, starts_group=True),
    # ---- help
    Command("help.palette", _text("Command &palette"), ("Ctrl+K",), HELP, When.ALWAYS,
            lambda desk: desk.dialogs.show_palette(), icon="search"),
    Command("help.keys", _text("&Keys"), ("F1",), HELP, When.ALWAYS,
            lambda desk: desk.dialogs.show_keys(), icon="help",
            hint=_text("all keys")),
    Command("help.tour", _text("Take the &tour"), (), HELP, When.ALWAYS,
            lambda desk: desk.start_tour(), icon="sample", starts_group=True),
    Command("help.about", _text("&About TinaFace Studio"), (), HELP, When.ALWAYS,
            lambda desk: desk.dialogs.show_about(), icon="info"),
    *_pages(),
    *_nudges(),
)  # fmt: skip
