"""The start-up check names what is wrong, why, and what to install."""

import pytest

from app import environment
from app.environment import NoDisplayError, check_display, check_versions
from tinaface.errors import MissingLibraryError


@pytest.mark.parametrize("python", [(3, 11, 7), (3, 10, 0)])
@pytest.mark.parametrize("pyside", ["6.12.0", "6.12.1", "6.13.0"])
def test_pyside_that_loses_references_is_refused_with_the_pip_line(python, pyside):
    with pytest.raises(MissingLibraryError) as caught:
        check_versions(python, pyside)

    assert pyside in caught.value.what
    assert "pip install" in caught.value.remedy
    assert "<6.12" in caught.value.remedy


@pytest.mark.parametrize(
    ("python", "pyside"),
    [((3, 11, 7), "6.11.3"), ((3, 11, 7), "6.8.0"), ((3, 12, 0), "6.12.0"), ((3, 13, 1), "6.13.2")],
)
def test_sound_pairs_are_accepted(python, pyside):
    check_versions(python, pyside)


def test_missing_pyside_names_what_to_install():
    with pytest.raises(MissingLibraryError, match="PySide6-Essentials"):
        check_versions((3, 12, 0), None)


def test_linux_without_a_display_is_told_how_to_do_without():
    with pytest.raises(NoDisplayError) as caught:
        check_display("linux", {})

    assert "QT_QPA_PLATFORM=offscreen" in caught.value.remedy


@pytest.mark.parametrize(
    ("platform", "environ"),
    [
        ("linux", {"DISPLAY": ":0"}),
        ("linux", {"WAYLAND_DISPLAY": "wayland-0"}),
        ("linux", {"QT_QPA_PLATFORM": "offscreen"}),
        ("darwin", {}),
        ("win32", {}),
    ],
)
def test_other_sessions_have_a_display_or_need_none(platform, environ):
    check_display(platform, environ)


@pytest.mark.parametrize("library", ["libEGL.so.1", "libxcb-icccm.so.4", "libnew.so.2"])
def test_a_missing_library_is_told_with_the_debian_packages(library):
    message = f"{library}: cannot open shared object file: No such file or directory"

    error = environment._missing_library(message)

    assert library in error.why
    assert {"libegl1", "libxcb-icccm4", "libxcb-cursor0"} <= set(error.remedy.split())
