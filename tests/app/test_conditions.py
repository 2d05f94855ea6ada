"""Every command that cannot be used says why."""

import pytest

from app.action import When
from app.actions import COMMANDS
from app.conditions import why_not

NEEDED = [one for one in When if any(one in command.needs for command in COMMANDS)]


@pytest.mark.parametrize("condition", [one for one in NEEDED if one is not When.ALWAYS])
def test_every_condition_has_a_reason_for_those_who_miss_it(condition: When):
    everything_else = frozenset(When) - {condition}

    for command in COMMANDS:
        if condition in command.needs:
            assert why_not(command, everything_else), command.id


def test_a_command_that_can_be_used_has_no_reason():
    assert {why_not(command, frozenset(When)) for command in COMMANDS} == {""}
