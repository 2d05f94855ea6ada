"""What a network costs to train, counted from its preset: numbers to store, memory to compute in.

Light: it walks the layers as `tinaface.network` builds them, without building them.
"""

from dataclasses import dataclass

from tinaface.presets import Backbone, MobileBackbone, Preset

# An allowance for TensorFlow, the program and the libraries themselves; not measured.
_PROCESS_BYTES = 700 * 2**20
# Bytes in use at the peak for each value that a layer gives. An assumption, not a measurement: 4 to
# keep it for the way back, 4 for its gradient, the rest for norms and what the kernels need beside.
# Nothing fails by it: `preflight` makes a warning of it.
_BYTES_A_VALUE = 14.0
_BYTES_A_NUMBER = 4


@dataclass(frozen=True)
class NetworkCost:
    """Sizes of one network.

    Attributes:
        weights: numbers that a file of weights holds.
        values: numbers that all layers give for one pixel of the input, in the forward pass.
    """

    weights: int
    values: float

    def state_bytes(self, optimiser: str, has_average: bool) -> int:
        """Size of a run's state: weights, one or two slots of the optimiser, the average."""
        copies = 1 + (2 if optimiser == "adamw" else 1) + has_average
        return copies * self.weights * _BYTES_A_NUMBER

    @property
    def weights_bytes(self) -> int:
        return self.weights * _BYTES_A_NUMBER

    def training_bytes(self, preset: Preset, batch: int) -> int:
        """Estimate of the memory that a training needs at its peak, decoded pictures left out."""
        schedule = preset.schedule
        state = self.state_bytes(schedule.optimiser, schedule.ema > 0)
        held = state + 2 * self.weights_bytes  # gradients: summed up, and of the batch
        pixels = batch * schedule.crop**2
        return int(_PROCESS_BYTES + held + pixels * self.values * _BYTES_A_VALUE)


def network_cost(preset: Preset) -> NetworkCost:
    """The cost of the network that a preset describes."""
    count = _Count(2 if preset.norm.kind == "group" else 4)
    backbone = preset.backbone
    if isinstance(backbone, MobileBackbone):
        maps = _pairs(count, backbone)
    else:
        maps = _bottlenecks(count, backbone)
    neck = preset.neck_channels
    is_cascaded = preset.pyramid == "cascaded"
    for channels, level in zip(maps, backbone.levels, strict=True):
        stride = 2**level
        if level in preset.levels:
            count.layer(channels, neck, 1, stride=stride)
            if not (is_cascaded and stride == preset.strides[-1]):
                count.layer(neck, neck, 3, stride=stride)
    coarse = [2**level for level in preset.levels if level > backbone.levels[-1]]
    for extra, stride in enumerate(coarse):
        count.layer(neck if extra else maps[-1], neck, 3, stride=stride)
    for level, stride in enumerate(preset.strides):
        is_first = level == 0
        half, quarter = neck // 2, neck // 4
        has_own_context = is_first or not preset.shares_context
        count.layer(neck, half, 3, stride=stride, is_new=has_own_context)
        count.layer(neck, quarter, 3, stride=stride, is_new=has_own_context)
        for _ in range(3):
            count.layer(quarter, quarter, 3, stride=stride, is_new=has_own_context)
        has_own_head = is_first or not preset.head.shared
        for _ in range(2 * preset.head.depth):
            count.layer(neck, neck, 3, stride=stride, is_new=has_own_head)
        count.layer(neck, 6 * preset.anchors_per_cell, 3, stride=stride, is_new=has_own_head)
    return NetworkCost(count.weights, count.values)


def _bottlenecks(count: "_Count", backbone: Backbone) -> list[int]:
    """Counts a ResNet's layers and gives the channels of its maps."""
    count.layer(3, backbone.stem_channels, 7, stride=2)
    channels = backbone.stem_channels
    maps = []
    stages = zip(backbone.widths, backbone.blocks, backbone.deformable, (4, 8, 16, 32), strict=True)
    for width, blocks, is_deformable, stride in stages:
        for block in range(blocks):
            finer = stride if block or stride == 4 else stride // 2
            count.layer(channels, width, 1, stride=finer)
            if is_deformable:
                count.layer(width, 27, 3, stride=stride)  # offsets and masks
            count.layer(width, width, 3, stride=stride)
            count.layer(width, 4 * width, 1, stride=stride)
            if not block:
                count.layer(channels, 4 * width, 1, stride=stride)
            channels = 4 * width
        maps.append(channels)
    return maps


def _pairs(count: "_Count", backbone: MobileBackbone) -> list[int]:
    """Counts a MobileNet's layers and gives the channels of its maps."""
    count.layer(3, backbone.stem_channels, 3, stride=backbone.stem_stride)
    channels = backbone.stem_channels
    for halvings, stage in enumerate(((backbone.early_channels,), *backbone.stages)):
        stride = backbone.stem_stride * 2**halvings
        for filters in stage:
            count.layer(1, channels, 3, stride=stride)
            count.layer(channels, filters, 1, stride=stride)
            channels = filters
    return list(backbone.out_channels)


class _Count:
    """Adds up convolutions with their norms.

    Args:
        norm_weights: numbers that a norm has for each channel.
    """

    def __init__(self, norm_weights: int):
        self._norm_weights = norm_weights
        self.weights = 0
        self.values = 0.0

    def layer(
        self, channels: int, filters: int, kernel: int, *, stride: int, is_new: bool = True
    ) -> None:
        """One convolution whose result has `stride` pixels a cell; shared ones are new once."""
        if is_new:
            self.weights += filters * (channels * kernel**2 + self._norm_weights)
        self.values += filters / stride**2
