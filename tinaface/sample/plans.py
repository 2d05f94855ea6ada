"""The pictures of the bundled sample: from one portrait to crowds of eight pixels a face."""

from tinaface.sample.canvas import Camera
from tinaface.sample.render import Light
from tinaface.sample.scenes import Plan, facing_pair, portraits, rows, together, walkers

_SUN = Light((0.7, 0.8, 0.6), (1.5, 1.38, 1.18), (0.36, 0.44, 0.56), (0.24, 0.22, 0.16))
_SHADE = Light((0.2, 0.9, 0.6), (0.75, 0.78, 0.82), (0.52, 0.56, 0.62), (0.28, 0.27, 0.25))
_WINDOW = Light((-0.9, 0.35, 0.6), (1.35, 1.30, 1.22), (0.34, 0.34, 0.36), (0.20, 0.17, 0.14))
_LAMPS = Light((0.15, 0.9, 0.55), (0.95, 0.93, 0.88), (0.50, 0.50, 0.50), (0.28, 0.26, 0.24))
_LOW_SUN = Light((0.95, 0.15, 0.15), (1.9, 1.25, 0.70), (0.34, 0.36, 0.46), (0.28, 0.22, 0.18))
_SPOT = Light((-0.4, 0.7, 0.7), (1.45, 1.10, 1.15), (0.13, 0.10, 0.24), (0.14, 0.06, 0.12))
_NIGHT = Light((0.8, 0.5, 0.5), (0.75, 0.55, 0.36), (0.13, 0.15, 0.24), (0.07, 0.06, 0.06))

_STREET = (150.0, 118.0, 84.0, 66.0, 52.0, 44.0, 36.0, 30.0, 26.0, 22.0, 18.0, 15.0)
_SQUARE = (70.0, 52.0, *(40.0 - 1.2 * number for number in range(14)), *(21.0,) * 6, *(16.0,) * 14)

PLANS = (
    Plan("room_portrait", "train", (640, 832), "room", portraits(330, yaw=-18), _WINDOW, focus=4),
    Plan(
        "park_group",
        "train",
        (600, 900),
        "park",
        rows((5, 4), 118, 104, top=0.30, bottom=0.56, is_standing=True),
        _SUN,
        focus=2,
    ),
    Plan(
        "street_morning",
        "train",
        (620, 930),
        "street",
        walkers(_STREET, horizon=0.40, drop=0.5),
        _SHADE,
    ),
    Plan(
        "stands",
        "train",
        (600, 900),
        "stands",
        rows((22, 19, 16, 14, 12, 10, 8), 62, 26, top=0.08, bottom=0.86, yaw=22, hat_share=0.3),
        _SUN,
        Camera(0.95),
        0.8,
    ),
    Plan(
        "office_meeting",
        "train",
        (600, 900),
        "office",
        rows((5, 3), 150, 92, top=0.36, bottom=0.60, yaw=32, has_desks=True),
        _LAMPS,
        focus=2,
    ),
    Plan("two_friends", "train", (600, 860), "park", portraits(236, 224), _SUN, focus=6),
    Plan(
        "stage",
        "train",
        (600, 900),
        "stage",
        together(
            portraits(120, 150, 126, yaw=14),
            walkers((62.0, 58.0, 66.0, 56.0), horizon=0.42, drop=0.0, yaw=22),
        ),
        _SPOT,
        Camera(1.1, 0.1, 0.6, 0, 0.03),
    ),
    Plan(
        "market",
        "train",
        (600, 900),
        "market",
        walkers((150.0, 112.0, 74.0, 58.0), horizon=0.30, drop=0.4, focus=130.0),
        _SHADE,
    ),
    Plan(
        "square",
        "train",
        (640, 960),
        "street",
        walkers(_SQUARE, horizon=0.43, drop=1.2, hat_share=0.2),
        _SUN,
        Camera(0.95),
        1.0,
    ),
    Plan(
        "masks",
        "train",
        (600, 900),
        "street",
        rows((7, 4), 140, 84, top=0.30, bottom=0.50, mask_share=0.75, is_standing=True),
        _SHADE,
        focus=3,
    ),
    Plan("talk", "validate", (600, 880), "room", facing_pair(245, 58), _WINDOW, Camera(1.05), 5),
    Plan(
        "party",
        "validate",
        (600, 900),
        "room",
        rows((6, 5, 3), 168, 84, top=0.28, bottom=0.66, yaw=26),
        _LAMPS,
        Camera(1.0, 0.5),
        2.5,
        7,
    ),
    Plan(
        "class",
        "validate",
        (600, 900),
        "office",
        rows((9, 8, 7, 6), 92, 48, top=0.30, bottom=0.82, yaw=16, hat_share=0.03, has_desks=True),
        _LAMPS,
        focus=1.2,
    ),
    Plan(
        "beach_evening",
        "validate",
        (600, 900),
        "beach",
        portraits(190, 176, 168, yaw=20),
        _LOW_SUN,
        Camera(1.0, 0.4),
        3,
    ),
    Plan(
        "night_walk",
        "validate",
        (600, 900),
        "night",
        walkers((140.0, 104.0, 76.0, 50.0, 38.0, 30.0), horizon=0.40, drop=0.4, focus=104.0),
        _NIGHT,
        Camera(1.7, 0.2, 0.7, 0, 0.05),
        1,
    ),
    Plan(
        "hats",
        "test",
        (600, 900),
        "park",
        rows((7, 6, 4), 130, 76, top=0.22, bottom=0.62, hat_share=0.85, is_standing=True),
        _SUN,
        focus=2.5,
    ),
    Plan(
        "stadium_far",
        "test",
        (460, 720),
        "stands",
        rows((30, 29, 28, 26, 25, 23, 22, 20, 19, 18), 23, 12, top=0.07, bottom=0.93, yaw=24),
        _SHADE,
        focus=0.6,
    ),
    Plan(
        "runner",
        "test",
        (600, 900),
        "street",
        walkers((168.0, 60.0, 40.0, 30.0, 24.0), horizon=0.33, drop=0.3),
        _SUN,
        Camera(1.0, 0.0, 1.0, 11),
        3,
    ),
    Plan(
        "old_photograph",
        "test",
        (600, 840),
        "room",
        rows((5, 4), 136, 122, top=0.28, bottom=0.60, yaw=9),
        _WINDOW,
        Camera(1.0, 0.0, 1.1, 0, 0.05, True),
        3,
    ),
    Plan(
        "tall_portrait",
        "test",
        (860, 640),
        "night",
        portraits(300, yaw=30, rise=0.02),
        _SPOT,
        Camera(1.05, 0.2, 0.6, 0, 0.03),
        2,
    ),
)
