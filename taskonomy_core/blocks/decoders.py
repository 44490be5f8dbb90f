"""Decoders: from a representation to a prediction, sized by the preset and never by the task.

All are frozen recipes: calling one with (FeatureSpec, OutputSpec, NetworkSize) builds a freshly initialised module.
None has a skip connection: what the decoder gets is the representation and nothing else (facts 2.2).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from taskonomy_core.contract.specs import FeatureSpec, NetworkSize, OutputSpec
from taskonomy_core.errors import TaskDefinitionError

_SLOPE = 0.2  # of the leaky ReLUs (facts 2.2)
_STD = 0.01  # of the fully connected weights (facts 2.3)
_WIDE = 1024  # inputs of the paper's narrowest fully connected layer
_CORRELATED = 8  # places a side, at most, that are correlated: 8^4 numbers a pair of views


@dataclass(frozen=True)
class DenseDecoder:
    """The paper's "15-layer" image decoder (facts 2.2): [B, C, h, w] -> [B, output.channels, side, side].

    3x3 convolutions to `size.decoder_convs` on the code grid; then, per doubling, a 3x3 stride-2 up-convolution and a
    3x3 convolution to a pair of `size.decoder_ups`; each with batch norm and leaky ReLU 0.2. Last a 3x3 convolution
    to `output.channels`, bare. At the paper's size: 6 + 4 * 2 + 1 = 15 layers.

    The number of doublings is log2(side / h), side = image / output.stride. Pairs are taken from the coarse end: fewer
    doublings leave the finest pairs out (colorization stops early). Where there are fewer pairs than doublings, the
    last convolution predicts the r x r block of every cell at once (sub-pixel convolution, Shi et al. 2016): on a CPU
    the layers at full size are most of the cost (1,500 images/s against 550 with one doubling of `nano` made so, 2,080
    with two). As a 1x1 convolution it was a fifth cheaper still, but what the networks had learnt transferred less.

    `tanh` bounds the output to [-1, 1], for image-like targets. `centre` and `spread` are for targets that keep to a
    narrow range (log depth: 0.65 +- 0.05 in rooms): the output is centre + spread * what the last layer says. Without
    it, the noise of the optimiser's steps, whose size does not depend on the target's, is as large as the signal.

    The up-convolution is a true transposed convolution, as in the paper, cut to exactly twice the side. Measured on a
    CPU core (forward and backward, widths 32-32-16-16, 8x8 -> 64x64, bf16, channels_last): 560 images/s against 494 for
    nearest upsampling before a 3x3 convolution and 459 for a pixel shuffle.

    Raises TaskDefinitionError where the side is not a power of two times the side of the code grid.
    """

    tanh: bool = False
    centre: float = 0.0
    spread: float = 1.0

    def __call__(self, features: FeatureSpec, output: OutputSpec, size: NetworkSize, /) -> nn.Module:
        """Build the module, freshly initialised."""
        doublings = _doublings(features, output, size)
        pairs = size.decoder_ups[:doublings]
        block = 2 ** (doublings - len(pairs))
        layers: list[nn.Module] = []
        width = features.channels
        for out in size.decoder_convs:
            layers += _normalised(nn.Conv2d(width, out, 3, padding=1, bias=False))
            width = out
        for up, out in pairs:
            doubled = nn.ConvTranspose2d(width, up, 3, stride=2, padding=1, output_padding=1, bias=False)
            layers += _normalised(doubled)
            layers += _normalised(nn.Conv2d(up, out, 3, padding=1, bias=False))
            width = out
        layers.append(nn.Conv2d(width, output.channels * block**2, 3, padding=1))
        if block > 1:
            layers.append(_Blocks(block))
        if self.tanh:
            layers.append(nn.Tanh())
        if (self.centre, self.spread) != (0.0, 1.0):
            layers.append(_Range(self.centre, self.spread))
        return nn.Sequential(*layers)


class _Blocks(nn.Module):
    """[B, r * r * C, h, w] -> [B, C, r * h, r * w]: channel (i r + j) C + c of a cell is channel c of its pixel (i, j).

    nn.PixelShuffle with its channels in another order, in which whole pixels are moved: channels-last, forward and
    backward, it takes 0.5 to 0.65 of the time.
    """

    def __init__(self, block: int) -> None:
        super().__init__()
        self.block = block

    def forward(self, cells: Tensor) -> Tensor:
        batch, channels, height, width = cells.shape
        r = self.block
        pixels = cells.permute(0, 2, 3, 1).reshape(batch, height, width, r, r, channels // r**2)
        pixels = pixels.permute(0, 1, 3, 2, 4, 5).reshape(batch, r * height, r * width, -1)
        return pixels.permute(0, 3, 1, 2)


class _Range(nn.Module):
    """x -> centre + spread * x, in float32: a narrow range does not survive bfloat16's three digits."""

    def __init__(self, centre: float, spread: float) -> None:
        super().__init__()
        self.centre, self.spread = centre, spread

    def forward(self, spoken: Tensor) -> Tensor:
        return spoken.float() * self.spread + self.centre


def _normalised(convolution: nn.Conv2d | nn.ConvTranspose2d) -> list[nn.Module]:
    return [convolution, nn.BatchNorm2d(convolution.out_channels), nn.LeakyReLU(_SLOPE, inplace=True)]


def _doublings(features: FeatureSpec, output: OutputSpec, size: NetworkSize) -> int:
    """How often the code grid must be doubled to reach the output's side."""
    if not output.is_dense:
        raise TaskDefinitionError(
            f"DenseDecoder predicts maps, but the output is a vector of {output.channels} numbers.",
            "Use OutputSpec.dense(...) or VectorDecoder(), then type: tk check NAME",
        )
    side = size.image // output.stride
    ratio = side // features.height if features.height else 0
    if (
        features.height != features.width
        or ratio < 1
        or ratio * features.height * output.stride != size.image
        or ratio & (ratio - 1)
    ):
        raise TaskDefinitionError(
            f"DenseDecoder cannot double a {features.height}x{features.width} code to the {side}x{side} output of "
            f"{size.image}-pixel images (stride {output.stride}).",
            "Choose an output stride and an image size that are a power of two times the code grid, "
            "then type: tk check NAME",
        )
    return ratio.bit_length() - 1


@dataclass(frozen=True)
class VectorDecoder:
    """The paper's fully connected head (facts 2.3): [B, C, h, w] -> [B, output.channels].

    The representation of all views, flattened, through `layers` fully connected layers in total, the hidden ones
    `size.head_width * width_share` wide and followed by batch norm (unless `batch_norm` is False), ReLU and dropout.

    Weights are truncated normal, cut at two deviations of 0.01, or of 0.01 sqrt(1024 / inputs) for layers with fewer
    inputs than the paper's 1024. Biases start at zero.

    `correlate` shows the head, beside the representation, the correlations of every two views (FlowNet's layer,
    Dosovitskiy et al. 2015, over all displacements): for place i of one and j of the other, sum_c a_ci b_cj / sqrt(C),
    on a grid pooled to at most 8 x 8. The paper's heads learn from 120,000 images to multiply; from 2,400 they do so by
    luck. Share of test examples that beat the constant, for two seeds, without and with it: matching points 70, 67 and
    82, 84 %; the pose of a fixating camera 68, 79 and 78, 79 %; egomotion 72, 85 and 85, 83 %.
    """

    layers: int = 2
    width_share: float = 1.0
    batch_norm: bool = True
    correlate: bool = False

    def __call__(self, features: FeatureSpec, output: OutputSpec, size: NetworkSize, /) -> nn.Module:
        """Build the module, freshly initialised."""
        hidden = _hidden(self.layers, self.width_share, size)
        return _head(features, hidden, output.channels, size.dropout, self.batch_norm, self.correlate)


@dataclass(frozen=True)
class PairwiseDecoder:
    """One fully connected head shared by pairs of views (egomotion, facts 1.3): [B, C, h, w] -> [B, output.channels].

    For every (a, b) of `pairs`, views a and b side by side go through the same head of `layers` layers, the hidden ones
    `size.head_width * width_share` wide, with ReLU and dropout but no batch norm; each pair gives
    output.channels / len(pairs) numbers, concatenated in the order of `pairs`. A view beyond `features.views` is taken
    modulo their number, so that the head can be built on fewer views than the task has. `correlate`: see VectorDecoder.

    Raises TaskDefinitionError where output.channels does not divide by the number of pairs.
    """

    layers: int = 3
    pairs: tuple[tuple[int, int], ...] = ((0, 1), (1, 2))
    width_share: float = 0.5
    correlate: bool = False

    def __call__(self, features: FeatureSpec, output: OutputSpec, size: NetworkSize, /) -> nn.Module:
        """Build the module, freshly initialised."""
        if not self.pairs or output.channels % len(self.pairs):
            raise TaskDefinitionError(
                f"PairwiseDecoder cannot share {output.channels} numbers among {len(self.pairs)} pairs of views.",
                "Make output.channels a multiple of the number of pairs, then type: tk check NAME",
            )
        hidden = _hidden(self.layers, self.width_share, size)
        two = replace(features, views=2)
        head = _head(two, hidden, output.channels // len(self.pairs), size.dropout, False, self.correlate)
        return _PairHead(head, features.views, self.pairs)


class _PairHead(nn.Module):
    """Applies one head to several pairs of views."""

    def __init__(self, head: nn.Module, views: int, pairs: tuple[tuple[int, int], ...]) -> None:
        super().__init__()
        self.head = head
        self.views = views
        self.pairs = pairs

    def forward(self, features: Tensor) -> Tensor:
        batch, (height, width) = len(features), features.shape[2:]
        views = features.reshape(batch, self.views, -1, height, width)
        picked = [index % self.views for pair in self.pairs for index in pair]
        pairs = views[:, picked].reshape(batch * len(self.pairs), -1, height, width)  # two views each, side by side
        numbers: Tensor = self.head(pairs)  # [B * P, channels / P]
        return numbers.reshape(batch, -1)


class _Correlated(nn.Module):
    """The representation [B, V * C, h, w], flattened, and the correlations of every two views: see VectorDecoder."""

    def __init__(self, features: FeatureSpec) -> None:
        super().__init__()
        self.views, self.cell = features.views, -(-max(features.height, features.width) // _CORRELATED)
        places = (features.height // self.cell) * (features.width // self.cell)
        self.numbers = features.flat + places**2 * self.views * (self.views - 1) // 2

    def forward(self, features: Tensor) -> Tensor:
        pooled = F.avg_pool2d(features, self.cell)
        views = pooled.reshape(len(pooled), self.views, -1, pooled[0, 0].numel())  # [B, V, C, places]
        views = views * views.shape[2] ** -0.25
        parts = [features.flatten(1)]
        for second in range(1, self.views):
            for first in range(second):
                parts.append((views[:, first].transpose(1, 2) @ views[:, second]).flatten(1))
        return torch.cat(parts, dim=1)


def _hidden(layers: int, share: float, size: NetworkSize) -> tuple[int, ...]:
    """The widths of the hidden layers of a head."""
    if layers < 1 or share <= 0:
        raise TaskDefinitionError(
            f"A fully connected head was asked for {layers} layers of {share} times the preset's width.",
            "Use at least 1 layer and a share above 0, then type: tk check NAME",
        )
    return (max(1, round(size.head_width * share)),) * (layers - 1)


def _head(
    features: FeatureSpec, hidden: tuple[int, ...], outputs: int, dropout: float, batch_norm: bool, correlate: bool
) -> nn.Sequential:
    if not correlate:
        return _fully_connected(features.flat, hidden, outputs, dropout, batch_norm)
    correlated = _Correlated(features)
    return nn.Sequential(correlated, *_fully_connected(correlated.numbers, hidden, outputs, dropout, batch_norm))


def _fully_connected(
    inputs: int, hidden: tuple[int, ...], outputs: int, dropout: float, batch_norm: bool
) -> nn.Sequential:
    layers: list[nn.Module] = [nn.Flatten()]
    for width in hidden:
        layers.append(_linear(inputs, width, bias=not batch_norm))
        if batch_norm:
            layers.append(nn.BatchNorm1d(width))
        layers += [nn.ReLU(inplace=True), nn.Dropout(dropout)]
        inputs = width
    return nn.Sequential(*layers, _linear(inputs, outputs, bias=True))


def _linear(inputs: int, outputs: int, bias: bool) -> nn.Linear:
    linear = nn.Linear(inputs, outputs, bias=bias)
    # 0.01 belongs to the paper's widths; a narrow layer without batch norm would pass on next to nothing.
    std = _STD * max(1.0, _WIDE / inputs) ** 0.5
    nn.init.trunc_normal_(linear.weight, std=std, a=-2 * std, b=2 * std)
    if bias:
        nn.init.zeros_(linear.bias)
    return linear
