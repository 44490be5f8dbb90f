"""Shapes that two plugins agree on without knowing each other: what goes into a decoder and what comes out of it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class FeatureSpec:
    """What a decoder is built on: a representation on a grid, concatenated over sources and views.

    A decoder receives one tensor of shape [B, channels, height, width], where channels = views * channels_per_view
    and view v owns the channels [v * channels_per_view, (v + 1) * channels_per_view).

    Parameters: `channels_per_view` (the encoder's 8 in training a task network; 16 * k after the readout of a
    transfer from k sources, facts 3.2), `height`, `width` (16 x 16 in the paper), `views` (images per example).
    """

    channels_per_view: int
    height: int
    width: int
    views: int = 1

    @property
    def channels(self) -> int:
        """Channels of the whole tensor: views * channels_per_view."""
        return self.views * self.channels_per_view

    @property
    def flat(self) -> int:
        """Numbers per example once flattened: channels * height * width."""
        return self.channels * self.height * self.width


@dataclass(frozen=True)
class OutputSpec:
    """What a task predicts: a map of `channels` per pixel (dense) or one vector of `channels` numbers.

    `stride` is the side of the image divided by the side of a dense output (1: full size; 4: colorization's 64 of 256).
    Use `OutputSpec.dense(3)` or `OutputSpec.vector(6)`.
    """

    kind: str
    channels: int
    stride: int = 1

    @staticmethod
    def dense(channels: int, stride: int = 1) -> OutputSpec:
        """A map: shape [channels, image / stride, image / stride] per example."""
        return OutputSpec("dense", channels, stride)

    @staticmethod
    def vector(channels: int) -> OutputSpec:
        """A vector: shape [channels] per example."""
        return OutputSpec("vector", channels)

    @property
    def is_dense(self) -> bool:
        """True for a map, False for a vector."""
        return self.kind == "dense"

    def shape(self, image: int) -> tuple[int, ...]:
        """The shape of one prediction for square images of side `image` pixels, without the batch."""
        if not self.is_dense:
            return (self.channels,)
        side = image // self.stride
        return (self.channels, side, side)

    def faults(self) -> list[str]:
        """What is wrong with this spec, in words; empty when nothing is."""
        found = []
        if self.kind not in ("dense", "vector"):
            found.append(f"output.kind is {self.kind!r}, not 'dense' or 'vector'")
        if not isinstance(self.channels, int) or self.channels < 1:
            found.append(f"output.channels is {self.channels!r}, not a whole number from 1")
        if not isinstance(self.stride, int) or self.stride < 1 or self.stride & (self.stride - 1):
            found.append(f"output.stride is {self.stride!r}, not a power of two")
        return found


@dataclass(frozen=True)
class NetworkSize:
    """How large a preset wants its networks. Decoders and encoders read it, so that no task fixes a size by itself.

    Attributes:
        image: side of the square input in pixels (256 in the paper).
        code_channels: channels of the encoder's output (8).
        code_side: side of the encoder's output grid (16 for 256).
        encoder_width: channels of the encoder's first stage.
        decoder_convs: output channels of the leading 3x3 convolutions on the code grid
            (paper: 1024, 1024, 512, 256, 256, 128).
        decoder_ups: output channels (up-convolution, convolution) of each doubling towards the image, coarse to
            fine (paper: (64, 64), (32, 32), (16, 32), (16, 16)); fewer than doublings: see DenseDecoder.
        head_width: hidden width of fully connected heads (2048).
        dropout: dropout of fully connected heads (0.5).
    """

    image: int
    code_channels: int
    code_side: int
    encoder_width: int
    decoder_convs: tuple[int, ...]
    decoder_ups: tuple[tuple[int, int], ...]
    head_width: int
    dropout: float

    def features(self, views: int = 1) -> FeatureSpec:
        """The spec of one encoder's own representation of `views` images."""
        return FeatureSpec(self.code_channels, self.code_side, self.code_side, views)
