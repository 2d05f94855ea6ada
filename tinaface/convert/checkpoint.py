"""Turns a PyTorch or Keras file into one of our weights, and proves that the network runs on it."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

import numpy as np

from tinaface import weights
from tinaface.convert import mobilenet, pth
from tinaface.convert.reference import Report, compare_state, load_backbone, load_state
from tinaface.convert.torch_values import Array
from tinaface.errors import CheckpointError
from tinaface.network.detector import Detector, build_detector, named_weights, save_detector
from tinaface.presets import PIXEL_MEAN, MobileBackbone, Preset
from tinaface.weights import WeightsHeader

Kind = Literal["detector", "backbone", "mobilenet"]

# Sides of the picture the converted network is tried on; odd at the coarse levels on purpose.
_TRIAL_SIZE = (128, 160)


@dataclass(frozen=True)
class Conversion:
    """What became of a checkpoint.

    Attributes:
        kind: whether it held the whole detector, or a ResNet or MobileNet to start from.
        report: which keys were used, missing, unexpected or misshapen.
        skipped: entries of the file that are no tensors.
        header: of the written file; None if the keys do not fit, so that nothing was written.
        largest: largest absolute value of each output on the trial picture.
    """

    kind: Kind
    report: Report
    skipped: tuple[str, ...]
    header: WeightsHeader | None = None
    largest: Mapping[str, float] | None = None


def kind_of(keys: Mapping[str, object]) -> Kind:
    """What a state holds by its keys: torchvision's ResNet has `layer1` at its root."""
    return "backbone" if "layer1.0.conv1.weight" in keys else "detector"


def convert(
    source: Path, destination: Path, preset: Preset, kind: Kind | None = None
) -> Conversion:
    """Reads a PyTorch file, or HDF5 of a MobileNet, and writes our weights, if every key fits.

    A backbone fills what it can of the detector; the rest keeps its start values, so that training
    may start from the file.

    Args:
        kind: what a PyTorch file holds; None to tell by its keys.

    Raises:
        CheckpointError: a file cannot be read or written, a weight or an output is no finite
            number, or a backbone does not fit. Keys of a detector that do not fit are reported.
    """
    if destination.suffix != weights.SUFFIX:
        raise CheckpointError(
            what=f"Cannot write {destination}",
            why=f"files of weights end in {weights.SUFFIX}",
            remedy=f"Write to {destination.with_suffix(weights.SUFFIX).name}",
        )
    detector = build_detector(preset)
    skipped: tuple[str, ...] = ()
    if mobilenet.is_hdf5(source):
        kind, report = "mobilenet", _start_from_mobilenet(detector, source)
    elif isinstance(preset.backbone, MobileBackbone):
        raise CheckpointError(
            what=f"Cannot convert {source} to {preset.name}",
            why=f"{preset.name} has a MobileNet, and the paper's PyTorch files a ResNet",
            remedy="Choose the preset that the checkpoint was trained with",
        )
    else:
        state = pth.read(source)
        skipped = state.skipped
        _refuse_broken_values(source, state.tensors)
        kind = kind or kind_of(state.tensors)
        if kind == "backbone":
            report = load_backbone(detector, state.tensors)
        else:
            report = compare_state(detector, state.tensors)
            if not report.is_complete:
                return Conversion(kind, report, skipped)
            load_state(detector, state.tensors)
    largest = _try(source, detector)
    header = WeightsHeader.of(
        preset,
        source=source.name,
        source_hash=weights.file_hash(source),
        date=datetime.now(UTC).date().isoformat(),
        extra={"source_sha256": _sha256(source), "source_kind": kind},
    )
    save_detector(detector, destination, header)
    return Conversion(kind, report, skipped, header, largest)


def _start_from_mobilenet(detector: Detector, source: Path) -> Report:
    filled = mobilenet.start_from(detector, source)
    missing = tuple(name for name in named_weights(detector) if name not in set(filled))
    return Report(filled, missing, unexpected=(), misshapen=(), dropped=())


def _refuse_broken_values(source: Path, tensors: Mapping[str, Array]) -> None:
    # A float64 beyond float32's range becomes infinite, which is what is looked for.
    with np.errstate(over="ignore"):
        broken = [
            key
            for key, tensor in tensors.items()
            if np.iscomplexobj(tensor) or not np.isfinite(tensor.astype(np.float32)).all()
        ]
    if broken:
        raise CheckpointError(
            what=f"Cannot use the weights in {source}",
            why=f"{len(broken)} tensors hold NaN, infinite or complex numbers: "
            + ", ".join(broken[:12]),
            remedy="Use a checkpoint from before its training diverged",
        )


def _try(source: Path, detector: Detector) -> dict[str, float]:
    """Largest absolute value of each output on noise; CheckpointError if one is not finite."""
    noise = np.random.default_rng(0).uniform(0, 255, (1, *_TRIAL_SIZE, 3))
    outputs = detector((noise - PIXEL_MEAN).astype(np.float32), training=False)
    largest = {
        name: max(float(np.abs(level).max()) for level in levels)
        for name, levels in outputs.items()
    }
    # NaN is lost in max(): ask each map.
    if not all(np.isfinite(level).all() for levels in outputs.values() for level in levels):
        raise CheckpointError(
            what=f"Cannot use the weights in {source}",
            why="the network's output on a picture of noise is not finite",
            remedy=f"Check that they were trained as {detector.preset.name}",
        )
    return largest


def _sha256(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
