"""Turns the table of commands into menus, shortcuts and tooltips, and keeps them up to date."""

from collections.abc import Iterable

from PySide6.QtCore import QCoreApplication, QObject, QPoint, Qt, Signal
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QMenu, QMenuBar, QWidget

from app.action import CONTEXT, MENUS, VIEW, Command, Desk, Scope, When
from app.actions import COMMANDS
from app.keys.layouts import with_equivalents
from app.theme import Theme

CANVAS_MENU = (
    ("review.accept", "review.reject", "review.swap", "review.ignore", "review.doubt"),
    ("edit.draw", "edit.delete", "edit.duplicate"),
    ("view.zoom-box", "view.fit", "view.overlay"),
    ("edit.undo", "edit.redo"),
)


class CommandActions(QObject):
    """One QAction a command.

    Args:
        desk: what the commands act on.
        window: the widget in which window-wide keys act.

    Signals:
        called: id of a command that the user has called.
    """

    called = Signal(str)

    def __init__(self, desk: Desk, window: QWidget, theme: Theme) -> None:
        super().__init__(window)
        self._desk = desk
        self._keymap = desk.session.keymap
        self._window = window
        self._theme = theme
        self._has_icons = False
        self._actions = {command.id: self._action(command) for command in COMMANDS}
        self._take_keys()
        self._keymap.changed.connect(self._take_keys)
        theme.changed.connect(self._take_icons)

    def _action(self, command: Command) -> QAction:
        action = QAction(command.label, self)
        action.setObjectName(command.id)
        action.setAutoRepeat(command.repeats)
        action.triggered.connect(lambda: self._call(command))
        if command.scope is Scope.WINDOW:
            action.setShortcutContext(Qt.ShortcutContext.WindowShortcut)
            self._window.addAction(action)
        else:
            # Such keys act where the canvas or the list has the focus, and never while typing.
            action.setShortcutContext(Qt.ShortcutContext.WidgetShortcut)
        return action

    def _call(self, command: Command) -> None:
        command.call(self._desk)
        self.called.emit(command.id)

    def _take_keys(self) -> None:
        for command in COMMANDS:
            keys = [
                QKeySequence(one)
                for key in self._keymap.keys(command.id)
                for one in with_equivalents(key)
            ]
            self._actions[command.id].setShortcuts(keys)

    def action(self, command_id: str) -> QAction:
        """The action of a command."""
        return self._actions[command_id]

    def attach(self, widget: QWidget, scopes: Iterable[Scope]) -> None:
        """Lets the keys of these scopes act while a widget has the focus."""
        wanted = set(scopes)
        for command in COMMANDS:
            if command.scope in wanted:
                widget.addAction(self._actions[command.id])

    def fill(self, bar: QMenuBar) -> None:
        """Makes the menus."""
        for title in MENUS:
            menu = bar.addMenu(QCoreApplication.translate(CONTEXT, title))
            menu.setToolTipsVisible(False)
            menu.setObjectName(title.replace("&", ""))
            menu.aboutToShow.connect(self.make_icons)
            for command in COMMANDS:
                if command.menu == title:
                    if command.starts_group:
                        menu.addSeparator()
                    menu.addAction(self._actions[command.id])

    def add_dock(self, toggle: QAction) -> None:
        """Puts what shows and hides a dock into the menu View."""
        view = self._window.findChild(QMenu, VIEW.replace("&", ""))
        assert isinstance(view, QMenu)
        view.insertAction(self._actions["view.reset-layout"], toggle)

    def show_canvas_menu(self, at: QPoint) -> None:
        """Opens the menu of the canvas, at a place of the screen."""
        self.make_icons()
        menu = QMenu(self._window)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        for group in CANVAS_MENU:
            menu.addActions([self._actions[one] for one in group])
            menu.addSeparator()
        menu.popup(at)

    def enable(self, holding: frozenset[When]) -> None:
        """Enables the commands whose conditions hold now."""
        for command in COMMANDS:
            self._actions[command.id].setEnabled(command.needs <= holding)

    def make_icons(self) -> None:
        """Draws the icons once a menu is wanted: at the start they would take a third of it."""
        if not self._has_icons:
            self._has_icons = True
            self._take_icons()

    def _take_icons(self) -> None:
        if not self._has_icons:
            return
        for command in COMMANDS:
            if command.icon is not None:
                self._actions[command.id].setIcon(self._theme.icon(command.icon))
