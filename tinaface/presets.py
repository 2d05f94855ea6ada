"""Frozen settings of a detector, checked when built, and the four named sets of them.

A preset says everything that decides which numbers a network gives: layers, anchors, the rule
that resizes a picture, post-processing, and the schedule it is trained with. Two files of weights
belong to one network exactly if their presets' `network_hash` agrees.
"""

import hashlib
import json
from dataclasses import asdict, dataclass, field
from typing import Literal

# ImageNet's mean in RGB order; the reference divides by 1 (specification, section 9).
PIXEL_MEAN = (123.675, 116.28, 103.53)
# Detections that score less are worth little, and are most of them.
FAINT = 0.05
# A bottleneck gives four times as many channels as its 3x3 has (specification, section 2).
BOTTLENECK_EXPANSION = 4


@dataclass(frozen=True)
class Norm:
    """The normalisation behind every convolution.

    Attributes:
        momentum: share of the old running statistics kept, Keras' sense (torch's 0.1 is 0.9).
    """

    kind: Literal["group", "batch"]
    groups: int = 32
    epsilon: float = 1e-5
    momentum: float = 0.9


@dataclass(frozen=True)
class Backbone:
    """A bottleneck ResNet whose stride sits on the 3x3.

    Attributes:
        stem_channels: width of the 7x7 stem.
        widths: middle width of the bottlenecks of C2..C5; each stage gives four times as many.
        blocks: bottlenecks of each stage.
        deformable: stages whose 3x3 convolutions are deformable.
    """

    stem_channels: int = 64
    widths: tuple[int, int, int, int] = (64, 128, 256, 512)
    blocks: tuple[int, int, int, int] = (3, 4, 6, 3)
    deformable: tuple[bool, bool, bool, bool] = (False, False, False, False)

    @property
    def out_channels(self) -> tuple[int, ...]:
        """Channels of C2..C5."""
        return tuple(BOTTLENECK_EXPANSION * width for width in self.widths)

    @property
    def levels(self) -> tuple[int, ...]:
        """Of the four maps: 2 for stride 4 and so on."""
        return (2, 3, 4, 5)


@dataclass(frozen=True)
class MobileBackbone:
    """A MobileNetV1: pairs of a depthwise 3x3 and a 1x1, each with norm and ReLU6.

    Attributes:
        stem_channels: of the 3x3 stem.
        early_channels: of the one pair before the first map, at the stem's stride.
        stages: channels of the pairs of the four maps; the first of each has stride 2.
        stem_stride: 2; or 1, which computes what 2 does on a picture of twice the size, and leaves
            that picture out.
    """

    stem_channels: int
    early_channels: int
    stages: tuple[tuple[int, ...], ...]
    stem_stride: Literal[1, 2] = 2

    @property
    def out_channels(self) -> tuple[int, ...]:
        """Channels of the four maps."""
        return tuple(stage[-1] for stage in self.stages)

    @property
    def levels(self) -> tuple[int, ...]:
        """Of the four maps: 2 for stride 4 and so on."""
        return (1, 2, 3, 4) if self.stem_stride == 1 else (2, 3, 4, 5)


@dataclass(frozen=True)
class Head:
    """Two towers and three outputs.

    Attributes:
        depth: 3x3 convolutions of each tower.
        shared: one set of weights for all levels, else one a level.
    """

    depth: int = 4
    shared: bool = True


@dataclass(frozen=True)
class Anchors:
    """Boxes at fixed places of a level: side = stride x scale, height / width = ratio.

    Attributes:
        offset: of their centre from the top left corner of the cell, in cells.
        growth: factor of the scales from each level to the next coarser one.

    Source: specification, section 6.
    """

    scales: tuple[float, ...] = (2 ** (4 / 3), 2 ** (5 / 3), 4.0)
    ratio: float = 1.3
    offset: float = 0.0
    growth: float = 1.0


@dataclass(frozen=True)
class Resize:
    """How a picture becomes a network's input; the aspect is always kept.

    `short_side` and `long_side` bound the two sides: the factor is the smaller of
    long_side / max(h, w) and short_side / min(h, w), and at most `largest_factor` unless that is
    None.
    `pad_multiple` pads bottom and right; `pad_to` (height, width) pads to one fixed size.
    `antialias` averages over all pixels when a picture shrinks; the reference samples four of them.
    """

    short_side: int | None
    long_side: int | None
    largest_factor: float | None = 1.0
    pad_multiple: int = 32
    pad_to: tuple[int, int] | None = None
    antialias: bool = False


@dataclass(frozen=True)
class Inference:
    """From raw output to detections (specification, section 11).

    Attributes:
        alpha: weight of the class score, `p^(2 alpha) * iou^(2 (1 - alpha))`.
        score_floor: detections must score strictly more.
        nms_iou: a box is suppressed by a better one it overlaps strictly more than this.
        candidates_per_level: best-scoring anchors of each level kept before suppression, or all.
        faint_per_level: of those, the best kept that score less than FAINT, or all.
        least_height: least height in pixels of the original picture.
        max_detections: most faces kept a picture, or all.
        votes: a face is the mean of all boxes around it, not the best of them alone.
        looks_twice_above: a resized picture with a longer side than this is looked at a second time
            at a quarter of its size, for the large faces; None never.
        looks_closer_from: so many small faces make a crowd, which is looked at again in larger
            pictures; None never.
    """

    resize: Resize
    alpha: float = 0.4
    score_floor: float = 0.01
    nms_iou: float = 0.45
    candidates_per_level: int | None = None
    faint_per_level: int | None = None
    least_height: float = 9.0
    max_detections: int | None = None
    votes: bool = False
    looks_twice_above: int | None = None
    looks_closer_from: int | None = None


@dataclass(frozen=True)
class Schedule:
    """How a preset is trained when the user says nothing else (specification, sections 8 to 10).

    Attributes:
        optimiser: "sgd" is the reference's, with decay on every parameter and the rate outside the
            velocity; "adamw" converges in far fewer steps from scratch.
        learning_rate: for a batch of `batch`; scales linearly with the batch.
        rate_from_weights: the learning rate of a training that leaves `fixed` as it is.
        cycle_epochs: epochs of one cosine cycle; each ends near 0.01 x learning_rate.
        crop: side of the square the network trains on.
        crop_scales: sides of the random square crop as shares of the picture's shorter side.
        zoom: least and largest magnification of the crop instead of `crop_scales`: faces are then
            seen at native size and around it. A crop larger than the picture is padded.
        anywhere: share of crops that lie anywhere in the picture; the others hold a face.
        mosaics: samples of a batch that are four crops of half the side, with `zoom` halved: more
            pictures and smaller faces at the same cost. Needs `zoom`.
        antialias: filter where a crop is made smaller (the reference does not).
        least_face: faces less high than this in pixels of the crop count neither way.
        least_claim: a face that no anchor overlaps by the assigner's threshold takes its best
            anchor if their IoU is at least this; the reference leaves such a face out.
        least_inside: anchors of which less than this share lies inside the crop count neither way:
            they would learn from a part what they are asked of the whole.
        mined_negatives: so many of the hardest places without a face, for each with one, are
            learned by cross entropy instead of all by the focal loss; 0 for the focal loss.
        crowd_repeats: most times a picture comes an epoch; a picture of n faces comes
            sqrt(n / 2) times, rounded. 1 for once each, as the reference.
        uses_ignore: faces flagged ignore or invalid count neither way (the reference trains them
            as background).
        max_faces: most faces a picture, None for any number (the `seed` preset pads to 100); of
            more the largest are learned, the others are ignored.
        ema: decay of the moving average of the weights that evaluation uses, 0 for none.
        fixed: beginnings of the names of what a training from weights leaves as they are; with any,
            the statistics of all norms, too.
    """

    optimiser: Literal["sgd", "adamw"] = "sgd"
    learning_rate: float = 3.75e-3
    rate_from_weights: float | None = None
    batch: int = 12
    momentum: float = 0.9
    weight_decay: float = 5e-4
    warmup_steps: int = 500
    warmup_ratio: float = 0.1
    cycle_epochs: int = 30
    cycles: int = 21
    crop: int = 640
    crop_scales: tuple[float, ...] = (0.3, 0.45, 0.6, 0.8, 1.0)
    zoom: tuple[float, float] | None = None
    anywhere: float = 0.0
    mosaics: int = 0
    antialias: bool = False
    least_face: float = 0.0
    least_claim: float = 0.35
    least_inside: float = 0.0
    mined_negatives: int = 0
    crowd_repeats: int = 1
    uses_ignore: bool = False
    max_faces: int | None = None
    ema: float = 0.0
    fixed: tuple[str, ...] = ()


@dataclass(frozen=True)
class Preset:
    """One complete detector.

    Attributes:
        neck_channels: width of FPN, context block and head towers.
        levels: 2 for P2 (stride 4) and so on; consecutive, from P2 or P3.
        pyramid: "parallel" convolves each merged map for its own level, "cascaded" before it flows
            into the next finer one, with leaky ReLUs; the latter ends at the trunk's coarsest map.
        shares_context: one context block for all levels, else one a level.
    """

    name: str
    source: str
    norm: Norm
    backbone: Backbone | MobileBackbone
    inference: Inference
    neck_channels: int = 256
    levels: tuple[int, ...] = (2, 3, 4, 5, 6, 7)
    head: Head = Head()
    anchors: Anchors = Anchors()
    pyramid: Literal["parallel", "cascaded"] = "parallel"
    shares_context: bool = True
    schedule: Schedule = field(default_factory=Schedule)

    def __post_init__(self) -> None:
        first, last = self.levels[0], self.levels[-1]
        coarsest = self.backbone.levels[-1]
        if self.levels != tuple(range(first, last + 1)) or first not in (2, 3) or last < coarsest:
            raise ValueError(
                f"levels must run from 2 or 3 to {coarsest} or further, got {self.levels}"
            )
        if self.pyramid == "cascaded" and last > coarsest:
            raise ValueError(f"a cascaded pyramid ends at level {coarsest}, got {self.levels}")
        if self.neck_channels % 4:
            raise ValueError(f"neck_channels must divide by 4, got {self.neck_channels}")
        if self.norm.kind == "group" and (self.neck_channels // 4) % self.norm.groups:
            raise ValueError(
                f"{self.neck_channels // 4} channels make no {self.norm.groups} groups"
            )

    @property
    def strides(self) -> tuple[int, ...]:
        """Image pixels a cell, finest level first."""
        return tuple(2**level for level in self.levels)

    @property
    def anchors_per_cell(self) -> int:
        return len(self.anchors.scales)

    def as_dict(self) -> dict[str, object]:
        """Plain JSON values of every setting."""
        plain: dict[str, object] = json.loads(json.dumps(asdict(self)))
        return plain

    @property
    def network_hash(self) -> str:
        """12 hex digits over the settings that decide layers and weights (not the schedule)."""
        parts = self.as_dict()
        kept = {
            k: parts[k] for k in ("norm", "backbone", "neck_channels", "levels", "head", "anchors")
        }
        # Settings that came later count where they are used: older weights still fit.
        anchors, plain = asdict(self.anchors), asdict(Anchors())
        kept["anchors"] = {
            k: v for k, v in anchors.items() if k in ("scales", "ratio") or v != plain[k]
        }
        if self.pyramid != "parallel":
            kept["pyramid"] = self.pyramid
        if not self.shares_context:
            kept["shares_context"] = False
        return hashlib.sha256(json.dumps(kept, sort_keys=True).encode()).hexdigest()[:12]


_BENCHMARK_SIZE = Resize(short_side=1100, long_side=1650, largest_factor=None)

PRESETS: dict[str, Preset] = {
    preset.name: preset
    for preset in (
        Preset(
            name="paper-gn-dcn",
            source="arXiv 2011.13183; vedadet tinaface_r50_fpn_gn_dcn",
            norm=Norm("group"),
            backbone=Backbone(deformable=(False, False, True, True)),
            inference=Inference(_BENCHMARK_SIZE),
        ),
        Preset(
            name="paper-bn",
            source="arXiv 2011.13183; vedadet tinaface_r50_fpn_bn",
            norm=Norm("batch"),
            backbone=Backbone(),
            inference=Inference(_BENCHMARK_SIZE),
        ),
        Preset(
            name="compact",
            # 8.2 GFLOP for an input of 640x640. The layers are those of a published network that
            # learned from WIDER FACE's 12,880 training pictures, so that weights can start there.
            source="RetinaFace on a MobileNetV1 of a quarter width (arXiv 1905.00641, 1704.04861) "
            "with TinaFace's IoU output, for computers without a GPU",
            norm=Norm("batch"),
            backbone=MobileBackbone(
                stem_channels=8,
                early_channels=16,
                stages=((32, 32), (64, 64), (128,) * 6, (256, 256)),
                stem_stride=1,
            ),
            inference=Inference(
                Resize(
                    short_side=None,
                    long_side=1024,
                    # Every new size of input is set up first: fewer of them are faster.
                    pad_multiple=64,
                    antialias=True,
                ),
                # More than any photograph holds. The faint ones are many: 5000 of them take longer
                # to suppress than the network to compute.
                candidates_per_level=5000,
                faint_per_level=30,
                least_height=0.0,
                max_detections=3000,
                # Small boxes scatter: AP50 on 126 validation photographs .737 without, .746 with.
                votes=True,
                # Faces outgrow P4's anchors of 128 and 256 px; the second look costs a sixteenth.
                looks_twice_above=320,
                # In 20 of 252 photographs, which hold 191 of their 217 faces under 16 px.
                looks_closer_from=4,
            ),
            neck_channels=64,
            levels=(2, 3, 4),
            head=Head(depth=0, shared=False),
            anchors=Anchors(scales=(2.0, 4.0), offset=0.5, growth=2.0),
            pyramid="cascaded",
            shares_context=False,
            schedule=Schedule(
                optimiser="adamw",
                learning_rate=1e-3,
                rate_from_weights=5e-5,
                batch=4,
                weight_decay=0.02,
                warmup_steps=200,
                cycle_epochs=30,
                cycles=1,
                crop=320,
                zoom=(0.7, 2.0),
                anywhere=0.5,
                mosaics=1,
                antialias=True,
                least_face=5.0,
                # A face of 5 px between four cells of P2 overlaps the nearest anchor by 0.25.
                least_claim=0.2,
                least_inside=0.5,
                # A crop shows a small part of a crowd, and crowds hold most of the small faces.
                crowd_repeats=6,
                uses_ignore=True,
                ema=0.999,
                # Learned from six times as many pictures than ours, and forgotten within minutes;
                # and of faces as high as P4's anchors, small crops show but parts.
                fixed=(
                    "backbone/",
                    "neck/lateral4/",
                    "context4/",
                    "head4/class_logits/",
                    "head4/box_deltas/",
                ),
            ),
        ),
        Preset(
            name="seed",
            source="the four-level 640x640 model of the TF 2.6 project Tina-Face, its defects "
            "repaired (specification, section 13)",
            norm=Norm("batch"),
            backbone=Backbone(),
            inference=Inference(
                Resize(short_side=640, long_side=640, largest_factor=None, pad_to=(640, 640))
            ),
            levels=(2, 3, 4, 5),
            head=Head(shared=False),
            # What does not fit into the padded tensor may not become background.
            schedule=Schedule(max_faces=100, uses_ignore=True),
        ),
    )
}
