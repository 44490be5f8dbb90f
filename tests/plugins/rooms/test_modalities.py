import pytest
import torch

from taskonomy_plugins.rooms.modalities import stored_modalities


def test_pictures_are_rounded_to_bytes_and_come_back_between_0_and_1():
    kind = stored_modalities(2)["rgb"]
    values = torch.tensor([0.0, 0.2, 0.5, 1.0]).reshape(1, 1, 2, 2).expand(1, 3, 2, 2)
    packed = kind.pack(values)
    assert packed[0, 0].tolist() == [[0, 51], [128, 255]]
    assert kind.unpack(packed)[0, 0].flatten().tolist() == pytest.approx([0.0, 0.2, 128 / 255, 1.0])


def test_a_renderer_of_another_size_is_a_bug():
    with pytest.raises(ValueError, match=r"normal has shape \(3, 4, 4\), not \(3, 8, 8\)"):
        stored_modalities(8)["normal"].pack(torch.zeros(2, 3, 4, 4))


def test_a_quarter_of_a_millimetre_of_depth_survives():
    kind = stored_modalities(1)["depth_zbuffer"]
    metres = torch.tensor([7.12325]).reshape(1, 1, 1, 1)
    assert kind.unpack(kind.pack(metres)).equal(metres)


@pytest.mark.parametrize("value", [torch.nan, torch.inf])
def test_a_renderer_that_gives_no_numbers_is_a_bug(value):
    with pytest.raises(ValueError, match="reshading has values that are not finite"):
        stored_modalities(1)["reshading"].pack(torch.full((1, 1, 1, 1), value))
