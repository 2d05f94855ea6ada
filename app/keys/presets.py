"""Sets of keys to start from, each told by how it differs from the table of commands."""

LABELME = "labelme"
CVAT = "CVAT"

PRESETS: dict[str, dict[str, tuple[str, ...]]] = {
    LABELME: {},
    CVAT: {
        "go.next": ("F",),
        "go.previous": ("D",),
        "go.next-unreviewed": ("Shift+F",),
        "go.previous-unreviewed": ("Shift+D",),
        "review.attributes": ("Q",),
        "review.crowd": ("Shift+C",),
        "review.next": ("V",),
        "review.previous": ("C",),
        "view.magnifier": ("Shift+V",),
    },
}
