"""The benchmark of opening tells all its figures, whatever they are here."""

import json
import subprocess
import sys

import pytest


@pytest.mark.slow
def test_the_last_line_is_one_object_with_every_budget():
    command = [sys.executable, "-m", "tests.benchmarks", "open", "--json"]
    done = subprocess.run(
        [*command, "--images", "200", "--runs", "1"], capture_output=True, text=True, check=True
    )

    figures = json.loads(done.stdout.splitlines()[-1])

    assert figures["images"] == 200
    budgets = ("first_image_s", "full_list_s", "filter_ms", "next_ms", "blocked_ms_max", "rss_mib")
    assert all(figures[name] > 0 for name in budgets)
