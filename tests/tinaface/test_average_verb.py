"""`python -m tinaface average`."""

import numpy as np
import pytest

from tinaface import weights
from tinaface.cli import main
from tinaface.inference.rescoring import KEY
from tinaface.presets import PRESETS
from tinaface.weights import WeightsHeader


def write(folder, name, value, preset="compact", **details):
    path = folder / f"{name}.safetensors"
    header = WeightsHeader.of(PRESETS[preset], **details)
    weights.write(path, header, {"kernel": np.full((2, 3), value, np.float32)})
    return str(path)


def test_the_mean_follows_the_shares(tmp_path):
    one = write(tmp_path, "one", 1.0, ap=0.5, threshold=0.4, extra={KEY: "model", "note": "x"})
    other = write(tmp_path, "a=b", 5.0)
    out = tmp_path / "mean.safetensors"

    assert main(["average", f"{one}=3", other, "--out", str(out)]) == 0

    header, tensors = weights.read(out)
    assert tensors["kernel"].tolist() == [[2.0] * 3] * 2
    assert (header.ap, header.threshold) == (None, None)
    assert header.extra == {KEY: "model"}
    assert header.source == "mean of 3 one.safetensors, 1 a=b.safetensors"


def test_different_networks_have_no_mean(tmp_path, capsys):
    parts = write(tmp_path, "one", 1.0), write(tmp_path, "other", 1.0, "paper-bn")
    out = tmp_path / "mean.safetensors"

    assert main(["average", *parts, "--out", str(out)]) == 1

    assert "different networks" in capsys.readouterr().err
    assert not out.exists()


@pytest.mark.parametrize("share", ["0", "-1", "inf", "nan"])
def test_a_share_must_count_for_something(tmp_path, share):
    with pytest.raises(SystemExit):
        main(["average", "a.safetensors", f"b.safetensors={share}", "--out", "c"])


def test_one_network_has_no_mean(capsys):
    assert main(["average", "a.safetensors", "--out", "c"]) == 2
    assert "two files" in capsys.readouterr().err
