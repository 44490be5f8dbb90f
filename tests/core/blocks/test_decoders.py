"""The decoders: shapes at every preset's size, the paper's parameter counts by hand, and what they refuse."""

from dataclasses import replace
from itertools import pairwise

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from taskonomy_core.blocks.decoders import DenseDecoder, PairwiseDecoder, VectorDecoder, _Blocks
from taskonomy_core.contract.specs import FeatureSpec, NetworkSize, OutputSpec
from taskonomy_core.errors import TaskDefinitionError

PAPER = NetworkSize(
    image=256,
    code_channels=8,
    code_side=16,
    encoder_width=64,
    decoder_convs=(1024, 1024, 512, 256, 256, 128),
    decoder_ups=((64, 64), (32, 32), (16, 32), (16, 16)),
    head_width=2048,
    dropout=0.5,
)
SMALL = NetworkSize(
    image=64,
    code_channels=8,
    code_side=8,
    encoder_width=16,
    decoder_convs=(32, 32),
    decoder_ups=((32, 32), (16, 16), (16, 8)),
    head_width=128,
    dropout=0.5,
)
TINY = replace(SMALL, image=32, code_side=4, decoder_convs=(8,), decoder_ups=((8, 8),), head_width=16)


def parameters(module):
    return sum(parameter.numel() for parameter in module.parameters())


def run(decoder, features, output, size, batch=1):
    torch.manual_seed(0)
    module = decoder(features, output, size).eval()
    return module(torch.randn(batch, features.channels, features.height, features.width))


@pytest.mark.parametrize("size", [SMALL, TINY], ids=["small", "tiny"])
@pytest.mark.parametrize("sources", [1, 2, 3])
@pytest.mark.parametrize("views", [1, 3, 9])
def test_any_number_of_sources_and_views_gives_the_outputs_shape(size, sources, views):
    features = FeatureSpec(16 * sources, size.code_side, size.code_side, views)
    for decoder, output in (
        (DenseDecoder(), OutputSpec.dense(5)),
        (DenseDecoder(tanh=True), OutputSpec.dense(3, stride=4)),
        (VectorDecoder(), OutputSpec.vector(7)),
        (VectorDecoder(layers=3, batch_norm=False), OutputSpec.vector(7)),
        (PairwiseDecoder(), OutputSpec.vector(12)),
    ):
        prediction = run(decoder, features, output, size)
        assert prediction.shape == (1, *output.shape(size.image))
        assert prediction.isfinite().all()


def test_the_papers_decoder_reaches_256_pixels():
    with torch.device("meta"):
        module = DenseDecoder()(PAPER.features(), OutputSpec.dense(3), PAPER)
        assert module(torch.empty(2, 8, 16, 16)).shape == (2, 3, 256, 256)


def test_the_papers_decoder_has_15_layers_and_their_parameters():
    with torch.device("meta"):
        module = DenseDecoder()(PAPER.features(), OutputSpec.dense(3), PAPER)
    layers = [layer for layer in module.modules() if isinstance(layer, nn.Conv2d | nn.ConvTranspose2d)]
    widths = [8, 1024, 1024, 512, 256, 256, 128, 64, 64, 32, 32, 16, 32, 16, 16, 3]
    assert len(layers) == 15
    weights = sum(9 * before * after for before, after in pairwise(widths))
    norms = 2 * sum(widths[1:-1])
    assert parameters(module) == weights + norms + 3 == 16_455_635


def test_the_papers_heads_have_their_parameters():
    with torch.device("meta"):
        head = VectorDecoder()(PAPER.features(), OutputSpec.vector(9), PAPER)
        deep = VectorDecoder(layers=3, batch_norm=False)(PAPER.features(9), OutputSpec.vector(100), PAPER)
        pairs = PairwiseDecoder()(PAPER.features(3), OutputSpec.vector(12), PAPER)
    assert parameters(head) == 2048 * 2048 + 2 * 2048 + 2048 * 9 + 9 == 4_216_841
    assert parameters(deep) == 9 * 2048 * 2048 + 2048 + 2048 * 2048 + 2048 + 2048 * 100 + 100
    # One head for both pairs: two views of 2048 numbers in, six numbers out.
    assert parameters(pairs) == 4096 * 1024 + 1024 + 1024 * 1024 + 1024 + 1024 * 6 + 6


@pytest.mark.parametrize(
    ("stride", "code_side", "ups"),
    [(1, 8, [32, 16, 16]), (2, 8, [32, 16]), (4, 8, [32]), (8, 8, []), (1, 2, [32, 16, 16]), (1, 64, [])],
)
def test_doublings_follow_the_grid_and_the_stride(stride, code_side, ups):
    features = FeatureSpec(4, code_side, code_side)
    module = DenseDecoder()(features, OutputSpec.dense(2, stride), SMALL)
    assert [layer.out_channels for layer in module if isinstance(layer, nn.ConvTranspose2d)] == ups
    assert module.eval()(torch.zeros(1, 4, code_side, code_side)).shape[-1] == 64 // stride


def test_tanh_bounds_the_output_and_its_absence_does_not():
    features = SMALL.features()
    loud = 1e5 * torch.randn(4, 8, 8, 8, generator=torch.Generator().manual_seed(0))
    torch.manual_seed(0)
    bounded = DenseDecoder(tanh=True)(features, OutputSpec.dense(3), SMALL).eval()
    free = DenseDecoder()(features, OutputSpec.dense(3), SMALL).eval()
    free.load_state_dict(bounded.state_dict())
    assert bounded(loud).abs().max() <= 1
    assert free(loud).abs().max() > 1
    assert torch.allclose(bounded(loud), free(loud).tanh())


def test_there_is_no_road_around_the_code():
    """A code that is the same everywhere cannot give fine detail: every inner pixel group repeats."""
    torch.manual_seed(0)
    module = DenseDecoder()(FeatureSpec(8, 16, 16), OutputSpec.dense(1), replace(SMALL, decoder_ups=((8, 8), (8, 8))))
    picture = module.eval()(torch.ones(1, 8, 16, 16))[0, 0]
    assert torch.allclose(picture[24:28, 24:28], picture[28:32, 28:32], atol=1e-5)
    assert all(not isinstance(layer, nn.Sequential) for layer in module)  # one straight line of layers


@pytest.mark.parametrize("decoder", [DenseDecoder(), VectorDecoder(), PairwiseDecoder(pairs=((0, 1),))])
def test_the_same_seed_gives_the_same_network(decoder):
    output = OutputSpec.dense(2) if isinstance(decoder, DenseDecoder) else OutputSpec.vector(2)
    assert torch.equal(run(decoder, TINY.features(2), output, TINY), run(decoder, TINY.features(2), output, TINY))


def test_pairs_share_one_head_and_keep_their_order():
    torch.manual_seed(0)
    module = PairwiseDecoder(pairs=((0, 1), (2, 0)))(TINY.features(3), OutputSpec.vector(12), TINY).eval()
    views = torch.randn(2, 3, 8, 4, 4)
    both = module(views.flatten(1, 2))
    first = module.head(views[:, [0, 1]].flatten(1, 2))
    second = module.head(views[:, [2, 0]].flatten(1, 2))
    assert torch.allclose(both, torch.cat([first, second], 1))
    assert not torch.allclose(first, second)


def test_pairs_beyond_the_views_wrap_around():
    prediction = run(PairwiseDecoder(), TINY.features(1), OutputSpec.vector(12), TINY)
    assert torch.allclose(prediction[:, :6], prediction[:, 6:])


def test_correlations_of_views_by_hand():
    """Two views of 1 x 2 places and two channels: all products of a place of one and a place of the other."""
    module = VectorDecoder(layers=1, correlate=True)(FeatureSpec(2, 1, 2, views=2), OutputSpec.vector(3), TINY)
    first, second = torch.tensor([[1.0, 2.0], [0.0, 3.0]]), torch.tensor([[4.0, 0.0], [1.0, 1.0]])  # [channel, place]
    features = torch.stack((first, second)).reshape(1, 4, 1, 2)
    products = torch.tensor([[4.0, 0.0, 11.0, 3.0]]) / 2**0.5
    torch.testing.assert_close(module[0](features), torch.cat((features.flatten(1), products), dim=1))
    assert module(features).shape == (1, 3)


@pytest.mark.parametrize(("side", "views", "products"), [(4, 1, 0), (4, 3, 3 * 16**2), (8, 2, 64**2), (16, 2, 64**2)])
def test_correlations_are_of_every_two_views_on_a_grid_of_at_most_8_by_8(side, views, products):
    features = FeatureSpec(3, side, side, views)
    module = VectorDecoder(correlate=True)(features, OutputSpec.vector(5), SMALL).eval()
    assert module[2].in_features == features.flat + products
    assert module(torch.randn(2, 3 * views, side, side)).shape == (2, 5)


def test_a_pair_head_correlates_the_two_views_of_each_pair():
    torch.manual_seed(0)
    module = PairwiseDecoder(correlate=True)(TINY.features(3), OutputSpec.vector(12), TINY).eval()
    views = torch.randn(2, 3, 8, 4, 4)
    assert torch.allclose(module(views.flatten(1, 2))[:, 6:], module.head(views[:, 1:].flatten(1, 2)))
    assert module.head[0](views[:, 1:].flatten(1, 2)).shape == (2, 2 * 8 * 16 + 16**2)


def test_fully_connected_weights_start_as_in_the_paper_and_larger_where_narrower():
    torch.manual_seed(0)
    linears = [
        layer
        for layer in VectorDecoder(3)(SMALL.features(), OutputSpec.vector(4), SMALL)
        if hasattr(layer, "in_features")
    ]
    assert [layer.out_features for layer in linears] == [128, 128, 4]
    wide = VectorDecoder(2)(FeatureSpec(8, 16, 16), OutputSpec.vector(4), SMALL)[1]
    assert wide.in_features == 2048
    for layer, expected in zip([wide, *linears[:2]], (0.01, 0.01 * 2**0.5, 0.01 * 8**0.5), strict=True):
        # A normal cut at two deviations keeps 0.8796 of its deviation.
        assert layer.weight.abs().max() <= 2 * expected
        assert layer.weight.std().item() == pytest.approx(0.8796 * expected, rel=0.1)


@pytest.mark.parametrize("decoder", [VectorDecoder(2), VectorDecoder(3, batch_norm=False), PairwiseDecoder()])
def test_narrow_heads_learn(decoder):
    torch.manual_seed(0)
    module = decoder(SMALL.features(2), OutputSpec.vector(6), SMALL)
    inputs = torch.randn(64, 16, 8, 8)
    targets = torch.tanh(inputs.flatten(1) @ torch.randn(1024, 6) / 16)
    optimiser = torch.optim.Adam(module.parameters(), 1e-3)
    for _ in range(60):
        optimiser.zero_grad()
        (module(inputs) - targets).square().mean().backward()
        optimiser.step()
    assert (module.eval()(inputs) - targets).square().mean() < 0.5 * targets.square().mean()


@pytest.mark.parametrize(
    ("decoder", "features", "output", "message"),
    [
        (DenseDecoder(), FeatureSpec(8, 8, 8), OutputSpec.vector(4), "predicts maps, but the output is a vector of 4"),
        (DenseDecoder(), FeatureSpec(8, 6, 6), OutputSpec.dense(4), "cannot double a 6x6 code to the 64x64 output"),
        (DenseDecoder(), FeatureSpec(8, 8, 4), OutputSpec.dense(4), "cannot double a 8x4 code to the 64x64 output"),
        (DenseDecoder(), FeatureSpec(8, 8, 8), OutputSpec.dense(4, 16), "cannot double a 8x8 code to the 4x4 output"),
        (PairwiseDecoder(), FeatureSpec(8, 8, 8, 3), OutputSpec.vector(7), "cannot share 7 numbers among 2 pairs"),
        (PairwiseDecoder(pairs=()), FeatureSpec(8, 8, 8, 3), OutputSpec.vector(7), "among 0 pairs"),
        (VectorDecoder(layers=0), FeatureSpec(8, 8, 8), OutputSpec.vector(7), "0 layers of 1.0 times"),
        (VectorDecoder(width_share=0), FeatureSpec(8, 8, 8), OutputSpec.vector(7), "2 layers of 0 times"),
    ],
)
def test_what_cannot_be_built_says_so(decoder, features, output, message):
    with pytest.raises(TaskDefinitionError, match=message) as caught:
        decoder(features, output, SMALL)
    assert "tk check NAME" in caught.value.hint


def test_where_pairs_run_out_the_last_convolution_gives_whole_blocks():
    size = replace(SMALL, decoder_ups=SMALL.decoder_ups[:2])
    features = FeatureSpec(4, 8, 8)
    torch.manual_seed(0)
    module = DenseDecoder(tanh=True)(features, OutputSpec.dense(3), size).eval()
    codes = torch.randn(2, 4, 8, 8)
    convolution = module[-3]
    assert convolution.out_channels == 3 * 2 * 2
    blocks = torch.tanh(module[:-2](codes))
    # Pixel (y, x) of channel c is channel 3 (2 (y mod 2) + x mod 2) + c of its cell.
    torch.testing.assert_close(module(codes)[:, 1, 1::2, 0::2], blocks[:, 3 * 2 + 1])


def test_a_narrow_range_is_spoken_in_its_own_units():
    torch.manual_seed(0)
    module = DenseDecoder(centre=0.65, spread=0.1)(SMALL.features(), OutputSpec.dense(1), SMALL).eval()
    codes = torch.randn(2, 8, 8, 8)
    spoken = module[:-1](codes)
    torch.testing.assert_close(module(codes), 0.65 + 0.1 * spoken)
    with torch.autocast("cpu", torch.bfloat16):
        assert module(codes).dtype is torch.float32


@pytest.mark.parametrize(("channels", "block"), [(1, 4), (3, 2)])
def test_blocks_are_laid_out_as_by_pixel_shuffle(channels, block):
    cells = torch.randn(2, channels * block**2, 3, 5)
    theirs = cells.reshape(2, block**2, channels, 3, 5).transpose(1, 2).reshape(cells.shape)
    torch.testing.assert_close(_Blocks(block)(cells), F.pixel_shuffle(theirs, block), rtol=0, atol=0)
