"""The paper's network once more, in plain PyTorch: what the speed of ours is compared with.

It reads weights that this program wrote, under our names, so that both give the same numbers.
Needs torch (`pip install .[benchmark]`); imports neither TensorFlow nor the network's own rooms.
"""

from collections.abc import Mapping

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as fn

from tinaface.presets import Preset


class TorchNetwork:
    """The layers of a preset as a function of a picture.

    Attributes:
        weights: our names, convolutions OIHW.
    """

    def __init__(
        self, preset: Preset, weights: Mapping[str, np.ndarray], *, channels_last: bool
    ) -> None:
        self.preset = preset
        self.memory_format = torch.channels_last if channels_last else torch.contiguous_format
        self.weights = {name: self._convert(value) for name, value in weights.items()}

    def _convert(self, value: np.ndarray) -> Tensor:
        if value.ndim != 4:
            return torch.from_numpy(np.array(value))
        oihw = torch.from_numpy(np.ascontiguousarray(value.transpose(3, 2, 0, 1)))
        return oihw.contiguous(memory_format=self.memory_format)

    @torch.inference_mode()
    def __call__(self, x: np.ndarray) -> dict[str, list[Tensor]]:
        """Outputs by name, NHWC, finest level first, of a picture `[1, H, W, 3]`."""
        picture = torch.from_numpy(np.ascontiguousarray(x.transpose(0, 3, 1, 2)))
        backbone = self._backbone(picture.contiguous(memory_format=self.memory_format))
        context = [self._context(level) for level in self._neck(backbone)]
        heads = (
            ["head"] * len(context)
            if self.preset.head.shared
            else [f"head{level}" for level in self.preset.levels]
        )
        found = [self._head(level, name) for level, name in zip(context, heads, strict=True)]
        names = ("class_logits", "box_deltas", "iou_logits")
        return {
            name: [output.permute(0, 2, 3, 1) for output in outputs]
            for name, outputs in zip(names, zip(*found, strict=True), strict=True)
        }

    def _norm(self, x: Tensor, name: str) -> Tensor:
        gamma, beta = self.weights[f"{name}/gamma"], self.weights[f"{name}/beta"]
        settings = self.preset.norm
        if settings.kind == "group":
            return fn.group_norm(x, settings.groups, gamma, beta, settings.epsilon)
        mean = self.weights[f"{name}/moving_mean"]
        variance = self.weights[f"{name}/moving_variance"]
        return fn.batch_norm(x, mean, variance, gamma, beta, eps=settings.epsilon)

    def _conv_norm(self, x: Tensor, name: str, stride: int = 1, relu: bool = False) -> Tensor:
        kernel = self.weights[f"{name}/conv/kernel"]
        if f"{name}/conv/offset_kernel" in self.weights:
            y = self._deform_conv(x, f"{name}/conv", stride)
        else:
            y = fn.conv2d(x, kernel, stride=stride, padding=kernel.shape[-1] // 2)
        y = self._norm(y, f"{name}/norm")
        return fn.relu_(y) if relu else y

    def _deform_conv(self, x: Tensor, name: str, stride: int) -> Tensor:
        """Samples every tap with torch's own bilinear sampler, then multiplies once."""
        bias = self.weights[f"{name}/offset_bias"]
        offset = fn.conv2d(x, self.weights[f"{name}/offset_kernel"], bias, stride, padding=1)
        batch, _, rows, columns = offset.shape
        height, width = x.shape[-2:]
        ys = stride * torch.arange(rows, dtype=x.dtype)[:, None] - 1
        xs = stride * torch.arange(columns, dtype=x.dtype)[None, :] - 1
        samples = []
        for tap in range(9):
            y = ys + tap // 3 + offset[:, 2 * tap]
            z = xs + tap % 3 + offset[:, 2 * tap + 1]
            grid = torch.stack([2 * z / (width - 1) - 1, 2 * y / (height - 1) - 1], dim=-1)
            samples.append(fn.grid_sample(x, grid, "bilinear", "zeros", align_corners=True))
        kernel = self.weights[f"{name}/kernel"]
        by_tap = kernel.permute(2, 3, 1, 0).reshape(-1, kernel.shape[0])
        stacked = torch.stack(samples, dim=1).permute(0, 3, 4, 1, 2).reshape(-1, by_tap.shape[0])
        y = (stacked @ by_tap).reshape(batch, rows, columns, -1).permute(0, 3, 1, 2)
        return y.contiguous(memory_format=self.memory_format)

    def _backbone(self, x: Tensor) -> list[Tensor]:
        x = self._conv_norm(x, "backbone/stem", stride=2, relu=True)
        x = fn.max_pool2d(x, 3, 2, 1)
        maps = []
        for stage, blocks in enumerate(self.preset.backbone.blocks):
            for block in range(blocks):
                name = f"backbone/stage{stage + 2}_block{block}"
                stride = 2 if block == 0 and stage > 0 else 1
                y = self._conv_norm(x, f"{name}/reduce", relu=True)
                y = self._conv_norm(y, f"{name}/spatial", stride, relu=True)
                y = self._conv_norm(y, f"{name}/expand")
                kept = self._conv_norm(x, f"{name}/shortcut", stride) if block == 0 else x
                x = fn.relu_(y.add_(kept))
            maps.append(x)
        return maps

    def _neck(self, maps: list[Tensor]) -> list[Tensor]:
        merged = [self._conv_norm(c, f"neck/lateral{i}") for i, c in enumerate(maps, 2)]
        for fine, coarse in zip(merged[-2::-1], merged[:0:-1], strict=True):
            fine += fn.interpolate(coarse, fine.shape[-2:], mode="bilinear", align_corners=False)
        levels = [self._conv_norm(m, f"neck/output{i}") for i, m in enumerate(merged, 2)]
        coarse = maps[-1]
        for level in self.preset.levels[4:]:
            coarse = self._conv_norm(coarse, f"neck/output{level}", stride=2)
            levels.append(coarse)
        return levels

    def _context(self, x: Tensor) -> Tensor:
        near = self._conv_norm(x, "context/near")
        stacked = self._conv_norm(x, "context/middle0", relu=True)
        middle = self._conv_norm(stacked, "context/middle1")
        far = self._conv_norm(self._conv_norm(stacked, "context/far0", relu=True), "context/far1")
        return fn.relu_(torch.cat([near, middle, far], dim=1))

    def _head(self, x: Tensor, name: str) -> tuple[Tensor, Tensor, Tensor]:
        faces = boxes = x
        for layer in range(self.preset.head.depth):
            faces = self._conv_norm(faces, f"{name}/class_tower{layer}", relu=True)
            boxes = self._conv_norm(boxes, f"{name}/box_tower{layer}", relu=True)

        def output(x: Tensor, which: str) -> Tensor:
            kernel = self.weights[f"{name}/{which}/kernel"]
            return fn.conv2d(x, kernel, self.weights[f"{name}/{which}/bias"], padding=1)

        return (
            output(faces, "class_logits"),
            output(boxes, "box_deltas"),
            output(boxes, "iou_logits"),
        )
