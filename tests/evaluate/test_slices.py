import numpy as np
import pytest

from pipeline.evaluate.holdout import Cases
from pipeline.evaluate.metrics import Bootstrap
from pipeline.evaluate.scored import Scored
from pipeline.evaluate.slices import complainant_kind, kind_of_body, length_band, slice_table
from pipeline.schema import Decision, Outcome, View

HOW = Bootstrap(200, 0)


@pytest.mark.parametrize(
    ("organisation", "kind"),
    [
        ("Kent County Council", "county council"),
        ("London Borough of Ealing", "London borough"),
        ("Royal Borough of Greenwich", "London borough"),
        ("Westminster City Council", "London borough"),
        ("Ashfield District Council", "district or borough council"),
        ("Leeds City Council", "city or unitary council"),
        ("Transport for London", "transport body"),
        ("Sussex Partnership NHS Foundation Trust", "health body"),
        ("Sunrise Care Homes Limited", "care provider"),
        ("Ofqual", "other body"),
    ],
)
def test_the_kind_of_body_is_read_from_its_name(organisation, kind):
    assert kind_of_body(organisation) == kind


@pytest.mark.parametrize(
    ("complaint", "kind"),
    [
        ("Ms X complains on behalf of her mother.", "representative"),
        ("Ms X complains on her late mother's behalf.", "representative"),
        ("Mr Y is represented by an advocate.", "representative"),
        ("Ms X complains about the care of her mother.", "self"),
    ],
)
def test_a_representative_speaks_on_behalf_of_someone(complaint, kind):
    assert complainant_kind(complaint) == kind


def test_length_bands_have_no_gap():
    words = (39, 40, 69, 70, 109, 110)
    names = [length_band("word " * count) for count in words]
    assert names == [
        "under 40 words",
        "40 to 69 words",
        "40 to 69 words",
        "70 to 109 words",
        "70 to 109 words",
        "110 words or more",
    ]


def _scored():
    """Planning is scored by chance, Housing well; Health has three cases."""
    rng = np.random.default_rng(0)
    categories = ["Planning"] * 300 + ["Housing"] * 300 + ["Health"] * 3
    upheld = rng.integers(0, 2, 603)
    good = np.array([name == "Housing" for name in categories])
    p = np.clip(0.5 + good * (upheld - 0.5) * 0.5 + rng.normal(0, 0.2, 603), 0.01, 0.99)
    decisions = [
        Decision(
            reference=f"24 000 {n:03}",
            organisation="A Council",
            complaint="c",
            outcome=Outcome.UPHELD if one else Outcome.CLOSED,
        )
        for n, one in enumerate(upheld)
    ]
    views = [View("word " * 50, "A Council", name, "", 2024) for name in categories]
    share = np.full(603, 0.5)
    cases = Cases(decisions, views, np.arange(603))
    return Scored(cases, p, np.ones(603, dtype=bool), share, {"prior": share}, None, 100)


def test_a_slice_that_fares_otherwise_is_flagged_and_stays_so_after_correction():
    table = slice_table(_scored(), 0.15, 20, HOW)
    planning = next(one for one in table.slices if one.value == "Planning")
    assert "matched_auc" in planning.flagged
    assert "matched_auc" in planning.firm
    assert planning.auc == pytest.approx(0.5, abs=0.1)


def test_a_slice_of_all_cases_is_not_flagged():
    table = slice_table(_scored(), 0.15, 20, HOW)
    assert [one.flagged for one in table.slices if one.feature == "organisation"] == [()]


def test_small_slices_are_counted_and_chance_flags_are_said():
    table = slice_table(_scored(), 0.15, 20, HOW)
    assert "Health" not in {one.value for one in table.slices}
    assert table.too_small == 1
    assert table.by_chance == pytest.approx(0.1 * len(table.slices))
