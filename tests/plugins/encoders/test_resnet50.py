import sys
from dataclasses import replace

import pytest
import torch

from taskonomy_core.contract.specs import NetworkSize
from taskonomy_core.errors import PluginError, TaskDefinitionError
from taskonomy_plugins.encoders import resnet50

PAPER = NetworkSize(
    image=256,
    code_channels=8,
    code_side=16,
    encoder_width=64,
    decoder_convs=(),
    decoder_ups=(),
    head_width=2048,
    dropout=0.5,
)


def built(channels=3, size=PAPER):
    with torch.device("meta"):
        return resnet50.build(channels, size).eval()


def test_it_is_registered_under_its_name():
    (kind,) = resnet50.taskonomy_encoders()
    assert (kind.name, kind.version, kind.build) == ("resnet50", 1, resnet50.build)


@pytest.mark.parametrize("channels", [1, 3])
def test_the_paper_size_gives_the_papers_code(channels):
    network = built(channels)
    picture = torch.empty(2, channels, 256, 256, device="meta")
    sides = []
    for stage in network:
        picture = stage(picture)
        sides.append(tuple(picture.shape[1:]))
    # Slim's v1: stages 1 and 2 end on half the side, stages 3 and 4 keep it.
    assert sides[4:] == [(256, 32, 32), (512, 16, 16), (1024, 16, 16), (2048, 16, 16), (8, 16, 16), (8, 16, 16)]


def test_the_stride_is_at_the_last_unit_of_a_stage():
    strides = [[unit.conv2.stride[0] for unit in stage] for stage in list(built())[4:8]]
    assert strides == [[1, 1, 2], [1, 1, 1, 2], [1, 1, 1, 1, 1, 1], [1, 1, 1]]


def test_the_parameters_are_those_of_resnet50_and_compress1():
    parameters = sum(parameter.numel() for parameter in built().parameters())
    # ResNet-50 is published with 25,557,032 parameters, of which 2048 * 1000 + 1000 classify.
    assert parameters == 25_557_032 - 2_049_000 + 9 * 2048 * 8 + 2 * 8


@pytest.mark.parametrize(("image", "side"), [(256, 64), (256, 32), (512, 16), (64, 4)])
def test_other_ratios_reach_their_grid(image, side):
    network = built(size=replace(PAPER, image=image, code_side=side))
    assert network(torch.empty(1, 3, image, image, device="meta")).shape == (1, 8, side, side)


def test_a_small_picture_gives_finite_numbers():
    torch.manual_seed(0)
    network = resnet50.build(3, replace(PAPER, image=64, code_side=4)).eval()
    code = network(torch.rand(1, 3, 64, 64))
    assert code.shape == (1, 8, 4, 4)
    assert code.isfinite().all()
    assert code.std() > 0


def test_an_impossible_ratio_says_what_to_change():
    with pytest.raises(TaskDefinitionError, match="cannot take 256-pixel images to a 100x100 code") as caught:
        built(size=replace(PAPER, code_side=100))
    assert "resnet_compact" in caught.value.hint


class _Breaks:
    """An import that fails as a torchvision made for another torch does."""

    def find_spec(self, name, path=None, target=None):
        if name.startswith("torchvision"):
            raise RuntimeError("operator torchvision::nms does not exist")


def test_a_torchvision_that_does_not_fit_is_one_sentence(monkeypatch):
    for name in [name for name in sys.modules if name.split(".")[0] == "torchvision"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setattr(sys, "meta_path", [_Breaks(), *sys.meta_path])
    with pytest.raises(PluginError, match=r"does not fit torch .*nms does not exist") as caught:
        resnet50.build(3, PAPER)
    assert caught.value.hint == "Reinstall both together: pip install --force-reinstall torch torchvision"
