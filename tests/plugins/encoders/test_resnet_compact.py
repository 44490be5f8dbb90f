from dataclasses import replace

import pytest
import torch
from torch import nn

from taskonomy_core.contract.specs import NetworkSize
from taskonomy_core.errors import TaskDefinitionError
from taskonomy_plugins.encoders import resnet_compact

NANO = NetworkSize(
    image=64,
    code_channels=8,
    code_side=8,
    encoder_width=16,
    decoder_convs=(),
    decoder_ups=(),
    head_width=128,
    dropout=0.1,
)


def built(channels=3, size=NANO):
    torch.manual_seed(0)
    return resnet_compact.build(channels, size).eval()


def test_it_is_registered_under_its_name():
    (kind,) = resnet_compact.taskonomy_encoders()
    assert (kind.name, kind.version, kind.build) == ("resnet_compact", 1, resnet_compact.build)


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize(("image", "side", "width"), [(64, 8, 16), (64, 8, 32), (32, 4, 8), (48, 6, 16), (32, 16, 4)])
def test_the_code_has_the_promised_grid(channels, image, side, width):
    size = replace(NANO, image=image, code_side=side, encoder_width=width)
    code = built(channels, size)(torch.randn(1, channels, image, image))
    assert code.shape == (1, 8, side, side)


@pytest.mark.parametrize(("tile", "side"), [(24, 3), (16, 2), (20, 3)])
def test_smaller_pictures_give_smaller_grids(tile, side):
    assert built()(torch.randn(2, 3, tile, tile)).shape == (2, 8, side, side)


def test_the_parameters_are_those_counted_by_hand():
    def block(inputs, outputs, projected):
        weights = 9 * inputs * outputs + 9 * outputs * outputs + projected * inputs * outputs
        return weights + 2 * (2 + projected) * outputs

    stages = block(16, 32, 1) + block(32, 64, 1) + block(64, 64, 0)
    stem, compress1 = 27 * 16 + 2 * 16, 9 * 64 * 8 + 2 * 8
    assert sum(parameter.numel() for parameter in built().parameters()) == stem + stages + compress1


def test_the_code_is_normalised_but_not_rectified():
    network = built()
    assert isinstance(network[-1][-1], nn.BatchNorm2d)
    code = network.train()(torch.randn(8, 3, 64, 64))
    assert torch.allclose(code.mean((0, 2, 3)), torch.zeros(8), atol=1e-5)
    assert torch.allclose(code.std((0, 2, 3)), torch.ones(8), atol=1e-2)


def test_an_untrained_network_keeps_the_size_of_its_input():
    code = built()(torch.rand(4, 3, 64, 64) * 2 - 1)
    assert 0.05 < code.std() < 20


def test_the_code_depends_on_the_picture_where_it_is():
    pictures = torch.zeros(2, 3, 64, 64)
    pictures[1, :, :8, :8] = 1
    first, second = built()(pictures)
    difference = (first - second).abs().sum(0)
    assert difference[0, 0] > 10 * difference[-1, -1]


@pytest.mark.parametrize("side", [64, 128, 24, 7])
def test_an_impossible_ratio_says_what_to_change(side):
    message = f"resnet_compact cannot take 64-pixel images to a {side}x{side} code: the ratio must be 2, 4, 8"
    with pytest.raises(TaskDefinitionError, match=message):
        built(size=replace(NANO, code_side=side))
