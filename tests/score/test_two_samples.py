import numpy as np
import pytest
from scipy.stats import chi2_contingency

from pipeline.score.two_samples import (
    COHENS_H,
    Difference,
    chi_square,
    cohens_h,
    cramers_v,
    holm,
    pool_neighbours,
    pool_rare,
    stability_index,
    two_shares,
)


def test_chi_square_is_that_of_scipy_with_all_groups():
    table = np.array([[30, 50, 20], [25, 20, 55]])
    assert chi_square(table).p_value == pytest.approx(chi2_contingency(table).pvalue)


def test_one_group_alone_is_no_difference():
    found = chi_square(np.array([[30], [50]]))
    assert (found.p_value, found.effect, found.level) == (1.0, 0.0, "none")


def test_two_shares_is_fishers_test_of_the_lady_tasting_tea():
    assert two_shares((3, 4), (1, 4)).p_value == pytest.approx(0.4857, abs=1e-4)


def test_the_size_of_an_effect_does_not_depend_on_how_many_there_are():
    one = np.array([[60, 40], [30, 70]])
    assert cramers_v(one) == pytest.approx(cramers_v(one * np.array([[1000], [1]])))
    assert cohens_h((6, 10), (3, 10)) == pytest.approx(cohens_h((6000, 10000), (3, 10)))


def test_cramers_v_of_sets_of_the_same_number_is_the_usual_one():
    table = np.array([[60, 40], [30, 70]])
    usual = np.sqrt(chi2_contingency(table, correction=False).statistic / table.sum())
    assert cramers_v(table) == pytest.approx(usual)


def test_the_stability_index_is_that_of_the_textbook():
    shares = np.array([[400_000, 600_000], [500_000, 500_000]])
    assert stability_index(shares) == pytest.approx(
        0.1 * np.log(0.5 / 0.4) - 0.1 * np.log(0.5 / 0.6), abs=1e-5
    )


def test_an_empty_group_leaves_the_stability_index_finite():
    assert np.isfinite(stability_index(np.array([[10, 0], [0, 10]])))


@pytest.mark.parametrize(
    ("effect", "level"),
    [(0.19, "none"), (0.2, "small"), (-0.5, "medium"), (0.79, "medium"), (-0.8, "large")],
)
def test_levels_begin_where_cohen_has_them(effect, level):
    assert Difference("test", 0.0, 1.0, effect, COHENS_H).level == level


def test_pooled_neighbours_lose_no_complaint_and_are_expected_five_times_in_the_smaller_set():
    rng = np.random.default_rng(0)
    table = np.array([rng.multinomial(2000, np.full(20, 0.05)), rng.multinomial(30, np.full(20, 0.05))])
    pooled = pool_neighbours(table)
    assert pooled.sum(axis=1).tolist() == [2000, 30]
    assert (pooled.sum(axis=0) * 30 / 2030).min() >= 5


def test_pooled_rare_groups_lose_no_complaint_and_leave_common_groups_alone():
    table = np.array([[500, 490, 6, 4], [50, 49, 1, 0]])
    assert pool_rare(table).tolist() == [[500, 490, 10], [50, 49, 1]]
    table = np.array([[500, 490, 0, 2], [50, 49, 1, 0]])
    assert pool_rare(table).tolist() == [[500, 492], [50, 50]]


def test_groups_that_are_all_rare_become_one():
    assert pool_rare(np.array([[1, 1, 1], [1, 0, 0]])).tolist() == [[3], [1]]


def test_holm_never_falls_below_a_smaller_p_value():
    assert holm([0.02, 0.021, 0.9]) == pytest.approx([0.06, 0.06, 0.9])
