"""What must not move a score, and what must, on complaints written for the purpose."""

import pytest

from pipeline.schema import Ground, View

EHC = (
    "Mrs X complains that Leeds City Council delayed the annual review of her son Tom's Education, Health and Care "
    "Plan in March 2023. She says he missed a year of school."
)
ROAD = "Mr B says the Council has not repaired the road outside his house and water runs into his garden."
CATEGORIES = {
    EHC: ("Education", "Special educational needs"),
    ROAD: ("Transport and highways", "Highway repair and maintenance"),
}


@pytest.fixture(scope="module")
def p_upheld(bundle):
    def score(text: str, written: str = "") -> float:
        view = View(written or text, "A Council", *CATEGORIES[text], 2024)
        return float(bundle.heads.p_upheld([view])[0])

    return score


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("Leeds City Council", "Kent County Council"),
        ("Leeds City Council", "the Council"),
        ("Council", "council"),
        ("Tom", "Ahmed"),
        ("Mrs X", "Miss Patel"),
        ("Mrs X complains that", "The complainant, whom I refer to as Mrs X, complained that"),
        ("March 2023", "May 2023"),
        ("March 2023", "11 March 2023"),
    ],
)
def test_names_dates_and_introductions_hardly_move_a_score(p_upheld, old, new):
    assert p_upheld(EHC, EHC.replace(old, new)) == pytest.approx(p_upheld(EHC), abs=0.03)


@pytest.mark.parametrize("text", [EHC, ROAD])
def test_saying_it_twice_hardly_moves_a_score(p_upheld, text):
    assert p_upheld(text, f"{text} {text}") == pytest.approx(p_upheld(text), abs=0.05)


@pytest.mark.parametrize(
    "fact", ["She appealed to the SEND tribunal.", "Court proceedings have begun.", "This was six years ago."]
)
def test_what_closes_a_case_lowers_the_score(p_upheld, fact):
    assert p_upheld(EHC, f"{EHC} {fact}") < p_upheld(EHC) - 0.01


@pytest.mark.parametrize(
    ("fact", "ground"),
    [
        ("He appealed to the tribunal about it.", Ground.TRIBUNAL_APPEAL),
        ("This was six years ago and he has known of it all the time.", Ground.LATE),
    ],
)
def test_what_closes_a_case_raises_its_ground(bundle, fact, ground):
    def p_of_ground(text: str) -> float:
        features = bundle.heads.features.transform([View(text, "", *CATEGORIES[ROAD])])
        codes = bundle.heads.grounds.codes_[ground.outcome.value]
        return float(
            bundle.heads.grounds.predict_proba(features, ground.outcome.value)[0, codes.index(ground.value)]
        )

    assert p_of_ground(f"{ROAD} {fact}") > p_of_ground(ROAD)


def test_an_undelivered_provision_raises_the_score(p_upheld):
    vague = "Mrs X complains about her son's schooling."
    named = f"{vague} The Council did not deliver the speech therapy in his EHC plan."
    assert p_upheld(EHC, named) > p_upheld(EHC, vague) + 0.05
