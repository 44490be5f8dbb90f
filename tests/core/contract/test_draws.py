"""Draws: the same for an example wherever it stands, and as random as they say."""

import os
import subprocess
import sys

import pytest
import torch

from taskonomy_core.contract import Draws, seed_of

IDS = [5, 17, 2**40 + 3, 0]


def every_kind(draws):
    return {
        "bits": draws.bits(2, 3),
        "uniform": draws.uniform(4),
        "normal": draws.normal(3, 2),
        "integers": draws.integers(7, 5),
        "permutation": draws.permutation(9),
    }


@pytest.mark.parametrize("kind", ["bits", "uniform", "normal", "integers", "permutation"])
def test_an_example_draws_the_same_alone_as_in_any_batch(kind):
    together = every_kind(Draws.of(3, IDS))[kind]
    backwards = every_kind(Draws.of(3, IDS[::-1]))[kind]
    assert torch.equal(together, backwards.flip(0))
    for place, example in enumerate(IDS):
        assert torch.equal(together[place : place + 1], every_kind(Draws.of(3, [example]))[kind])


def test_another_process_draws_the_same():
    program = "from taskonomy_core.contract import Draws; print(Draws.of(3, [5]).bits(4, stream='noise').tolist())"
    environment = {**os.environ, "PYTHONHASHSEED": "99"}
    printed = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, env=environment, check=True
    )
    assert printed.stdout.strip() == str(Draws.of(3, [5]).bits(4, stream="noise").tolist())


def test_the_numbers_stay_what_they_were():
    """Written down once: a change of these would change every result that was ever stored."""
    assert Draws.of(3, [5]).bits(2, stream="noise").tolist() == [[2608563931, 1844624747]]


def test_seeds_ids_streams_and_positions_all_count():
    draws = Draws.of(3, IDS)
    bits = draws.bits(6, stream="noise")
    assert bits.unique().numel() == bits.numel()
    assert not (bits == draws.bits(6, stream="crop")).any()
    assert not (bits == Draws.of(4, IDS).bits(6, stream="noise")).any()
    assert torch.equal(bits, draws.bits(6, stream="noise"))
    # Ids that differ in their upper half alone are other examples.
    assert not torch.equal(Draws.of(0, [1]).bits(2), Draws.of(0, [1 + 2**32]).bits(2))


def test_the_generator_of_torch_plays_no_part():
    torch.manual_seed(0)
    first = every_kind(Draws.of(1, IDS))
    state = torch.get_rng_state()
    torch.manual_seed(1)
    second = every_kind(Draws.of(1, IDS))
    assert all(torch.equal(first[kind], second[kind]) for kind in first)
    torch.manual_seed(0)
    assert torch.equal(torch.get_rng_state(), state)


def test_shapes_types_and_length():
    draws = Draws.of(0, torch.arange(4))
    assert len(draws) == 4
    shapes = {kind: (tuple(drawn.shape), drawn.dtype) for kind, drawn in every_kind(draws).items()}
    assert shapes == {
        "bits": ((4, 2, 3), torch.int64),
        "uniform": ((4, 4), torch.float32),
        "normal": ((4, 3, 2), torch.float32),
        "integers": ((4, 5), torch.int64),
        "permutation": ((4, 9), torch.int64),
    }
    assert draws.uniform().shape == (4,)


def test_uniform_numbers_are_uniform():
    numbers = Draws.of(0, range(100)).uniform(100)
    assert numbers.min() >= 0
    assert numbers.max() < 1
    # 10 bins of 1000: chi-square with 9 degrees of freedom is below 27.9 in 99.9 of 100 cases.
    counts = torch.histc(numbers, 10, 0, 1)
    assert ((counts - 1000).square() / 1000).sum() < 27.9


def test_normal_numbers_have_the_moments_of_a_normal():
    numbers = Draws.of(0, range(100)).normal(100).double()
    assert numbers.isfinite().all()
    # Four standard errors of 10,000 numbers.
    assert abs(numbers.mean()) < 0.04
    assert abs(numbers.var() - 1) < 0.057
    assert abs((numbers**4).mean() - 3) < 4 * (96 / 10_000) ** 0.5


def test_examples_do_not_follow_one_another():
    numbers = Draws.of(0, range(64)).normal(512)
    correlation = torch.corrcoef(numbers)
    correlation.fill_diagonal_(0)
    assert correlation.abs().max() < 5 / 512**0.5
    assert torch.corrcoef(numbers.T[:64]).fill_diagonal_(0).abs().max() < 0.75


def test_integers_reach_every_value_below_the_bound_and_none_else():
    drawn = Draws.of(0, range(50)).integers(6, 20)
    assert drawn.unique().tolist() == [0, 1, 2, 3, 4, 5]
    large = Draws.of(0, range(50)).integers(2**31, 20)
    assert large.min() >= 0
    assert 2**30 < large.max() < 2**31


def test_permutations_are_permutations_of_many_kinds():
    orders = Draws.of(0, range(200)).permutation(5)
    assert torch.equal(orders.sort(1).values, torch.arange(5).expand(200, 5))
    # 200 of 120 equally likely orders: 97 different ones are expected.
    assert len(orders.unique(dim=0)) > 80


def test_a_seed_of_parts_tells_them_apart():
    assert seed_of("a", 1) == seed_of("a", 1)
    assert seed_of("a", 1) != seed_of("a1")
    assert seed_of("a", 1) != seed_of(1, "a")
    assert 0 <= seed_of() < 2**32
