"""The beam on first-order results, worked by hand."""

from itertools import combinations

import numpy as np

from taskonomy_core.ledger.beam import combinations_of, most_open, rank
from taskonomy_core.taxonomy.columns import LossColumn

NAN = float("nan")


def column(source, losses):
    return LossColumn.transfer("target", [source], np.arange(len(losses)), losses)


def test_sources_are_ranked_by_mean_loss_over_the_images_that_all_score():
    # Over all its own images c would lead (0.1 on the last); on the common ones (the first two) b does.
    columns = [column("a", [3.0, 3.0, NAN]), column("b", [1.0, 1.0, 9.0]), column("c", [2.0, 2.0, 0.1])]
    assert rank(columns) == ("b", "c", "a")


def test_another_candidate_does_not_reshuffle_the_others():
    columns = [column(name, losses) for name, losses in (("a", [3.0, 1.0]), ("b", [1.0, 2.0]), ("c", [4.0, 0.5]))]
    before = rank(columns)
    after = rank([*columns, column("d", [0.0, 2.5])])
    assert [name for name in after if name != "d"] == list(before)


def test_ties_and_targets_without_labels_go_by_name():
    assert rank([column("b", [1.0]), column("a", [1.0])]) == ("a", "b")
    assert rank([column("b", [NAN]), column("a", [NAN])]) == ("a", "b")


def test_below_the_beam_all_combinations_of_the_best_and_above_it_one():
    ranked = tuple("gfedcba")
    assert combinations_of(ranked, 2, 5) == sorted(tuple(sorted(pair)) for pair in combinations("gfedc", 2))
    assert len(combinations_of(ranked, 3, 5)) == 10
    assert len(combinations_of(ranked, 4, 5)) == 5
    assert combinations_of(ranked, 5, 5) == [("c", "d", "e", "f", "g")]
    assert combinations_of(ranked, 6, 5) == [("b", "c", "d", "e", "f", "g")]
    assert combinations_of(ranked, 8, 5) == []
    assert combinations_of(("a", "b"), 2, 5) == [("a", "b")]


def test_a_missing_result_can_open_at_most_the_pairs_that_contain_it():
    ranked = tuple("abcdef")
    done = set(combinations_of(ranked, 2, 5))
    assert most_open(ranked, 1, 2, 5, done) == 4  # it and each of the four best
    assert most_open(ranked, 2, 2, 5, done) == 7  # 10 pairs less the three among a, b, c
    assert most_open((), 11, 2, 5, set()) == 10
    assert most_open(ranked, 0, 2, 5, done) == 0
    assert most_open(ranked, 0, 2, 5, set()) == 10
    assert most_open(ranked, 1, 6, 5, {tuple("abcdef")}) == 1
    assert most_open(("a",), 1, 3, 5, set()) == 0
