from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from taskonomy_core.errors import TaxonomyError
from taskonomy_core.taxonomy import bootstrap as module
from taskonomy_core.taxonomy.affinity import affinity
from taskonomy_core.taxonomy.bootstrap import AffinityBootstrap, bootstrap_affinity
from taskonomy_core.taxonomy.columns import LossColumn


def columns_of(target, ids, losses):
    """Columns of self, scratch, constant, then of transfers from a, b, c + d, whatever of them there are losses of."""
    references = ("self", "scratch", "constant")
    made = [LossColumn.of_reference(target, name, ids, row) for name, row in zip(references, losses, strict=False)]
    transfers = (("a",), ("b",), ("c", "d"))
    return made + [
        LossColumn.transfer(target, names, ids, row) for names, row in zip(transfers, losses[3:], strict=False)
    ]


def few_values(seed, contestants=6, images=9):
    return np.random.default_rng(seed).integers(0, 4, (contestants, images)).astype(float)


@pytest.fixture
def columns():
    """Three targets: two share some images, one has a missing label; the third has few images, and no scratch."""
    gappy = few_values(1)
    gappy[4, 2] = np.nan
    alone = columns_of("z", [100, 101], few_values(2, images=2))
    return [
        *columns_of("x", range(9), gappy),
        *columns_of("y", range(12, 3, -1), few_values(3)),
        *(column for column in alone if column.reference not in ("scratch", "constant")),
    ]


def repeated(columns, counts):
    """The columns with image id k repeated counts[k] times under new ids."""
    made = []
    for column in columns:
        rows = [row for row, image in enumerate(column.image_ids) for _ in range(counts[int(image)])]
        order = np.argsort(column.image_ids[rows], kind="stable")
        made.append(
            LossColumn(
                column.target, column.sources, column.reference, np.arange(len(rows)), column.losses[rows][order]
            )
        )
    return made


def scores(affinity):
    return [(e.affinity, e.gain, e.quality, e.over_constant) for e in affinity.edges]


def numbers(affinity):
    return np.array(scores(affinity), dtype=float)


def test_with_every_image_once_it_is_the_affinity(columns, monkeypatch):
    monkeypatch.setattr(module, "_resamples", lambda random, draws, images: np.ones((draws, images), np.float32))
    found, measured = bootstrap_affinity(columns, draws=2), affinity(columns)
    assert found.measured == found.draw(0) == found.draw(1) == measured
    assert found.edges == measured.edges


def test_a_resample_is_the_affinity_of_repeated_images(columns, monkeypatch):
    drawn = []
    real = module._resamples

    def spied(random, draws, images):
        drawn.append(real(random, draws, images))
        return drawn[-1]

    monkeypatch.setattr(module, "_resamples", spied)
    found = bootstrap_affinity(columns, draws=40, seed=3)
    # Image 2 of x has no label for one contestant; x's others and y's are 0 to 12, z's 100 and 101.
    ids = [0, 1, *range(3, 13), 100, 101]
    shared, *alone = drawn
    assert shared.shape == (40, len(ids))
    assert (shared.sum(axis=1) == len(ids)).all()
    without = ~shared[:, -2:].any(axis=1)
    assert 0 < without.sum() < 40
    assert [len(each) for each in alone] == [0, 0, without.sum()]
    of_z = iter(alone[-1])
    for number, counts in enumerate(shared):
        times = Counter({image: int(count) for image, count in zip(ids, counts, strict=True)})
        if without[number]:
            times[100], times[101] = map(int, next(of_z))
        expected = affinity(repeated(columns, times))
        assert [(e.target, e.sources) for e in found.edges] == [(e.target, e.sources) for e in expected.edges]
        assert numbers(found.draw(number)) == pytest.approx(numbers(expected), abs=1e-12, nan_ok=True)
        kept = np.stack([getattr(found, name)[number] for name in ("affinities", "gains", "qualities")], axis=1)
        assert kept == pytest.approx(numbers(expected)[:, :3], abs=1e-12, nan_ok=True)


def test_what_did_not_take_part_is_not_a_score(columns):
    found = bootstrap_affinity(columns, draws=3)
    of_z = [place for place, edge in enumerate(found.edges) if edge.target == "z"]
    assert np.isnan(found.gains[:, of_z]).all()
    assert np.isnan(found.over_constants[:, of_z]).all()
    assert not np.isnan(np.delete(found.gains, of_z, axis=1)).any()
    assert {edge.gain for edge in found.draw(2).into("z")} == {None}
    assert {edge.quality for edge in found.draw(2).edges if edge.supervised} == {0.5}


def test_the_same_seed_gives_the_same_numbers_however_many_fit_into_memory(columns, monkeypatch):
    found = bootstrap_affinity(columns, draws=25, seed=7)
    other = bootstrap_affinity(columns, draws=25, seed=8)
    monkeypatch.setattr(module, "_BYTES", 4 * (2 * 4 * 14 + 4 * 8 * 36))
    told = []
    again = bootstrap_affinity(reversed(columns), draws=25, seed=7, progress=lambda *done: told.append(done))
    for name in ("affinities", "gains", "qualities", "over_constants"):
        assert np.array_equal(getattr(found, name), getattr(again, name), equal_nan=True)
    assert not np.array_equal(found.affinities, other.affinities)
    assert told[:4] == [(4, 75), (8, 75), (12, 75), (16, 75)]
    assert told[-1] == (75, 75)
    assert len(told) == 21


def test_win_rates_vary_as_those_of_independent_images():
    images, rate = 400, 0.3
    beaten = np.arange(images) < rate * images
    found = bootstrap_affinity(
        columns_of("t", range(images), [np.ones(images), np.where(beaten, 0.5, 2.0)]), draws=2000, seed=1
    )
    # `self` beats `scratch` on all but 30 % of 400 images: 0.7 +- 1.96 sqrt(0.7 0.3 / 400).
    spread = np.sqrt(rate * (1 - rate) / images)
    assert found.gains.shape == (2000, 1)
    assert found.gains.mean() == pytest.approx(0.7, abs=4 * spread / np.sqrt(2000))
    assert found.gains.std() == pytest.approx(spread, rel=0.06)
    assert found.interval().gain == pytest.approx(np.array([[0.7 - 1.96 * spread, 0.7 + 1.96 * spread]]), abs=0.004)
    assert found.interval(0.5).gain == pytest.approx(
        np.array([[0.7 - 0.674 * spread, 0.7 + 0.674 * spread]]), abs=0.003
    )


def test_the_mean_of_many_resamples_is_near_the_measured_scores():
    skill = np.array([0.0, 0.8, 1.0, 0.3, 0.5, 0.6])[:, np.newaxis]
    losses = skill + np.random.default_rng(0).normal(size=(6, 500))
    found = bootstrap_affinity(columns_of("t", range(500), losses), draws=500)
    for resampled, measured in zip(
        (found.affinities, found.gains, found.qualities, found.over_constants), numbers(found.measured).T, strict=True
    ):
        assert resampled.mean(axis=0) == pytest.approx(measured, abs=0.005)
    inside = found.interval().affinity
    assert ((inside[:, 0] < numbers(found.measured)[:, 0]) & (numbers(found.measured)[:, 0] < inside[:, 1])).all()


@pytest.mark.parametrize("step", [1.0, 0.0])
def test_who_wins_or_ties_on_every_image_leaves_no_doubt(step):
    losses = step * np.arange(6)[:, np.newaxis] + np.zeros((6, 30))
    found = bootstrap_affinity(columns_of("t", range(30), losses), draws=50)
    intervals = found.interval()
    for ends in (intervals.affinity, intervals.gain, intervals.quality, intervals.over_constant):
        assert (ends[:, 0] == ends[:, 1]).all()
    if not step:
        assert found.affinities == pytest.approx(0.25)
        assert (found.qualities[:, 1:] == 0).all()


def test_an_interval_has_both_ends_of_every_score(columns):
    found = bootstrap_affinity(columns, draws=20)
    intervals = found.interval(0.9)
    assert intervals.affinity.shape == (len(found.edges), 2)
    assert intervals.affinity[:, 0] == pytest.approx(np.quantile(found.affinities, 0.05, axis=0))
    assert intervals.affinity[:, 1] == pytest.approx(np.quantile(found.affinities, 0.95, axis=0))
    assert np.isnan(intervals.gain).any(axis=1).tolist() == [edge.target == "z" for edge in found.edges]


@pytest.mark.parametrize(("shift", "least", "most"), [(0, 1.0, 1.0), (200, -0.2, 0.2)])
def test_targets_on_the_same_images_vary_together(shift, least, most):
    losses = np.random.default_rng(5).normal(size=(4, 200))
    found = bootstrap_affinity(
        [*columns_of("t", range(200), losses), *columns_of("u", range(shift, 200 + shift), losses)], draws=300
    )
    one, other = (
        found.gains[:, [edge.target == target and edge.supervised for edge in found.edges].index(True)]
        for target in ("t", "u")
    )
    assert least - 1e-12 <= np.corrcoef(one, other)[0, 1] <= most + 1e-12


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"draws": 0}, "A bootstrap needs at least one resample; 0 were asked for.\n1000 is usual."),
        ({"seed": -1}, "The seed of a bootstrap must not be negative; it is -1.\nType 0 or more."),
        ({"clip": 0.5}, "The clip of AHP must lie between 0 and 0.5; it is 0.5.\nThe paper uses 0.001."),
    ],
)
def test_options_out_of_range_are_refused(columns, options, said):
    with pytest.raises(TaxonomyError) as refused:
        bootstrap_affinity(columns, **options)
    assert str(refused.value) == said


def test_nothing_to_compare_is_said():
    with pytest.raises(TaxonomyError) as refused:
        bootstrap_affinity([])
    assert str(refused.value) == "There are no losses to compare.\nTrain transfers first; type: tk transfer"


@pytest.mark.parametrize("level", [0, 1, -0.5, float("nan")])
def test_a_level_out_of_range_is_refused(columns, level):
    found = bootstrap_affinity(columns, draws=1)
    assert isinstance(found, AffinityBootstrap)
    assert found.draws == 1
    with pytest.raises(TaxonomyError) as refused:
        found.interval(level)
    assert str(refused.value) == (f"The level of an interval must lie between 0 and 1; it is {level}.\n0.95 is usual.")
