from tinaface.inference import memory
from tinaface.presets import PRESETS


def test_the_benchmark_size_of_the_paper_fits_into_the_six_gibibytes_promised(monkeypatch):
    monkeypatch.setattr(memory, "available_bytes", lambda: 6 * 2**30)

    assert memory.longest_side(PRESETS["paper-gn-dcn"]) >= 1650


def test_a_narrower_network_takes_larger_pictures(monkeypatch):
    monkeypatch.setattr(memory, "available_bytes", lambda: 2**30)

    paper, compact = (memory.longest_side(PRESETS[name]) for name in ("paper-bn", "compact"))

    assert compact > 2 * paper
    assert compact % 32 == paper % 32 == 0


def test_next_to_no_memory_still_leaves_a_tile(monkeypatch):
    monkeypatch.setattr(memory, "available_bytes", lambda: 0)

    assert memory.longest_side(PRESETS["paper-bn"]) == 512


def test_the_memory_of_this_machine_is_known():
    assert memory.available_bytes() > 2**20
