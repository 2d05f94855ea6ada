"""Damage of any kind ends in a CheckpointError or in a state dict, never in another exception."""

import random
from pathlib import Path

import pytest

from tinaface.convert import pth
from tinaface.errors import CheckpointError

FIXTURES = Path(__file__).parents[2] / "fixtures" / "checkpoints"
ROUNDS = 150


def damage(content: bytes, chance: random.Random) -> bytes:
    """The content with a few bytes flipped, set, removed, doubled or cut off."""
    damaged = bytearray(content)
    for _ in range(chance.choice((1, 1, 2, 5))):
        at = chance.randrange(len(damaged))
        kind = chance.randrange(6)
        if kind == 0:
            damaged[at] ^= 1 << chance.randrange(8)
        elif kind == 1:
            damaged[at] = chance.randrange(256)
        elif kind == 2:
            damaged[at : at + 4] = chance.choice(
                (b"\xff\xff\xff\xff", b"\xff\xff\xff\x7f", bytes(4))
            )
        elif kind == 3:
            del damaged[at : at + chance.randrange(1, 64)]
        elif kind == 4:
            damaged[at:at] = damaged[at : at + chance.randrange(1, 64)]
        else:
            del damaged[at:]
        damaged = damaged or bytearray(1)
    return bytes(damaged)


@pytest.mark.parametrize("name", sorted(path.name for path in FIXTURES.glob("*.pth")))
def test_a_damaged_file_gives_a_state_dict_or_a_checkpoint_error(tmp_path, name):
    content = (FIXTURES / name).read_bytes()
    chance = random.Random(name)
    path = tmp_path / "damaged.pth"

    for _ in range(ROUNDS):
        path.write_bytes(damage(content, chance))
        try:
            state = pth.read(path)
        except CheckpointError:
            continue
        for array in state.tensors.values():
            # Touching every element would crash on a view that reaches out of its storage.
            assert len(array.tobytes()) == array.nbytes
