import subprocess
import sys
from itertools import combinations

import numpy as np
import pytest

from app.canvas.colours import (
    ON_BRIGHT,
    ON_DARK,
    box_colours,
    contrast,
    median_brightness,
)

# Dichromatic sight in linear RGB. Source: Machado, Oliveira and Fernandes, "A Physiologically-based
# Model for Simulation of Color Vision Deficiency", IEEE TVCG 15(6), 2009, table 1, severity 1.0.
SIGHT = {
    "normal": np.eye(3),
    "red-blind": np.array(
        [
            [0.152286, 1.052583, -0.204868],
            [0.114503, 0.786281, 0.099216],
            [-0.003882, -0.048116, 1.051998],
        ]
    ),
    "green-blind": np.array(
        [
            [0.367322, 0.860646, -0.227968],
            [0.280085, 0.672501, 0.047413],
            [-0.011820, 0.042940, 0.968881],
        ]
    ),
    "blue-blind": np.array(
        [
            [1.255528, -0.076749, -0.178779],
            [-0.078411, 0.930809, 0.147602],
            [0.004733, 0.691367, 0.303900],
        ]
    ),
}
# Linear sRGB to CIE XYZ (IEC 61966-2-1), white D65.
XYZ = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])
WHITE = XYZ.sum(axis=1)
SETS = {"bright": ON_BRIGHT, "dark": ON_DARK}


def lab(colour, sight):
    """CIE L*a*b* of an sRGB colour as it looks to a kind of sight."""
    channels = np.array(colour) / 255
    linear = np.where(channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4)
    xyz = XYZ @ np.clip(SIGHT[sight] @ linear, 0, 1) / WHITE
    f = np.where(xyz > (6 / 29) ** 3, np.cbrt(xyz), xyz / (3 * (6 / 29) ** 2) + 4 / 29)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


@pytest.mark.parametrize("sight", SIGHT)
@pytest.mark.parametrize("name", SETS)
def test_verdict_colours_stay_28_apart_for_every_kind_of_sight(name, sight):
    colours = SETS[name]

    distances = [
        np.linalg.norm(lab(left, sight) - lab(right, sight))
        for left, right in combinations([colours.tp, colours.fp, colours.fn], 2)
    ]

    assert min(distances) >= 28


@pytest.mark.parametrize("name", SETS)
@pytest.mark.parametrize("line", ["gt", "prediction", "tp", "fp", "fn", "other"])
def test_every_line_has_a_contrast_of_3_with_its_halo(name, line):
    colours = SETS[name]

    assert contrast(getattr(colours, line), colours.halo) >= 3


def test_contrast_of_black_and_white_is_21():
    assert contrast((0, 0, 0), (255, 255, 255)) == pytest.approx(21)


def test_the_median_decides_not_the_mean():
    pixels = np.zeros((3, 3, 3), np.uint8)
    pixels[0] = 255

    assert median_brightness(pixels) == 0


def test_the_median_is_exact_and_does_not_import_masked_arrays():
    # Their import took tens of milliseconds from the window while a folder opened.
    program = (
        "import sys, numpy as np; from app.canvas.colours import median_brightness as median\n"
        "pixels = np.array([[[10] * 3, [30] * 3, [20] * 3, [90] * 3]], np.uint8)\n"
        "assert abs(median(pixels) - 25) < 1e-9 and 'numpy.ma' not in sys.modules"
    )

    subprocess.run([sys.executable, "-c", program], check=True)


def test_a_bright_picture_gets_the_set_made_for_it():
    assert box_colours(200) is ON_BRIGHT
    assert box_colours(30) is ON_DARK
