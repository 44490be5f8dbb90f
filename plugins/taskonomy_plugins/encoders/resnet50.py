"""The encoder `resnet50`: the paper's, from torchvision's ResNet-50 without its weights (facts 2.1)."""

from __future__ import annotations

from typing import Any

import torch
from torch import nn

from taskonomy_core.contract.encoder import EncoderKind
from taskonomy_core.contract.hookspecs import hookimpl
from taskonomy_core.contract.specs import NetworkSize
from taskonomy_core.errors import PluginError, TaskDefinitionError

_STEM_STRIDE = 4


def build(channels: int, size: NetworkSize) -> nn.Module:
    """A ResNet-50 without its classifier, its grid kept fine, and a 3x3 convolution "compress1" to the code.

    [N, channels, 256, 256] -> [N, 2048, 16, 16] -> [N, size.code_channels, 16, 16] at the paper's size.

    As in the paper (slim's v1): the stem divides the side by 4; stages 1 and 2 halve it at their last unit, in the 3x3
    convolution, with a plain subsampling of the shortcut; stages 3 and 4 keep the grid. A preset with another
    image / code_side (4, 8 or 32) halves in fewer or more stages, in the same order. Batch norm follows compress1, and
    no activation. What deviates: torchvision's padding (symmetric where TensorFlow's "same" pads at the far end) and
    batch norm momentum. The width is ResNet-50's own: `size.encoder_width` is not read.

    Raises TaskDefinitionError for any other ratio, PluginError where torchvision cannot be imported.
    """
    halvings = {4: 0, 8: 1, 16: 2, 32: 3}.get(size.image // size.code_side)
    if halvings is None or size.image % size.code_side:
        raise TaskDefinitionError(
            f"The encoder resnet50 cannot take {size.image}-pixel images to a {size.code_side}x{size.code_side} code: "
            "the ratio must be 4, 8, 16 or 32.",
            "Change image or code_side of the preset, or use the encoder resnet_compact.",
        )
    network = _torchvision_resnet50()
    if channels != 3:
        network.conv1 = nn.Conv2d(channels, 64, 7, stride=2, padding=3, bias=False)
        nn.init.kaiming_normal_(network.conv1.weight, mode="fan_out", nonlinearity="relu")
    stages = [network.layer1, network.layer2, network.layer3, network.layer4]
    for number, stage in enumerate(stages):
        _place_stride(stage, halve=number < halvings)
    compress1 = nn.Conv2d(2048, size.code_channels, 3, padding=1, bias=False)
    norm = nn.BatchNorm2d(size.code_channels)
    return nn.Sequential(network.conv1, network.bn1, network.relu, network.maxpool, *stages, compress1, norm)


def _place_stride(stage: Any, halve: bool) -> None:
    """Move the stride of a stage of bottlenecks from its first unit to its last, or take it away."""
    first, last = stage[0], stage[-1]
    first.conv2.stride = (1, 1)
    first.downsample[0].stride = (1, 1)
    if halve:
        last.conv2.stride = (2, 2)
        last.downsample = nn.MaxPool2d(1, stride=2)


def _torchvision_resnet50() -> Any:
    try:
        from torchvision.models import resnet50
    except (ImportError, RuntimeError) as error:
        # A torchvision made for another torch fails with a RuntimeError: "operator torchvision::nms does not exist".
        raise PluginError(
            f"The encoder resnet50 needs torchvision, which does not fit torch {torch.__version__} here ({error}).",
            "Reinstall both together: pip install --force-reinstall torch torchvision",
        ) from error
    return resnet50(weights=None)


RESNET50 = EncoderKind("resnet50", 1, "The paper's ResNet-50", build)


@hookimpl
def taskonomy_encoders() -> list[EncoderKind]:
    """The encoder `resnet50`."""
    return [RESNET50]
