from pathlib import Path

import pytest
import yaml
from pydantic import ValidationError

from pipeline.schema import Decision, Ground, Outcome, canonical_reference, received_year

TAXONOMY = Path(__file__).parents[2] / "shared" / "grounds.yaml"
MINIMAL = {
    "reference": "24 013 909",
    "organisation": "A Council",
    "outcome": "upheld",
    "complaint": "Mr A complains.",
}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("24 013 909", "24 013 909"),
        ("24-013-909", "24 013 909"),
        (" 19 010 659A ", "19 010 659a"),
        ("24013909", None),
        ("Council", None),
    ],
)
def test_canonical_reference_takes_blanks_hyphens_and_suffixes(text, expected):
    assert canonical_reference(text) == expected


def test_received_year_is_the_financial_year_of_the_reference():
    assert received_year("24-013-909") == 2024
    assert received_year("case 7") is None


def test_decision_keeps_unknown_fields():
    assert Decision.model_validate(MINIMAL | {"ward": "North"}).model_dump()["ward"] == "North"


def test_decision_takes_powers_as_citations():
    assert Decision.model_validate(MINIMAL | {"powers": ["LGA 1974 s26(1)"]}).citations == (
        "LGA 1974 s26(1)",
    )


def test_decision_survives_a_round_trip_through_json():
    before = Decision.model_validate(MINIMAL | {"grounds": ["delay"], "decision_date": "2025-02-06"})
    assert Decision.model_validate_json(before.model_dump_json()) == before


@pytest.mark.parametrize("field", ["reference", "organisation", "outcome", "complaint"])
def test_decision_refuses_a_missing_field(field):
    with pytest.raises(ValidationError, match=field):
        Decision.model_validate({name: value for name, value in MINIMAL.items() if name != field})


def test_decision_refuses_an_unknown_outcome_and_ground():
    with pytest.raises(ValidationError, match="outcome"):
        Decision.model_validate(MINIMAL | {"outcome": "won"})
    with pytest.raises(ValidationError, match="grounds"):
        Decision.model_validate(MINIMAL | {"grounds": ["bad_luck"]})


def test_ground_is_its_code_and_knows_its_outcome():
    assert Ground("late") == "late"
    assert Ground.LATE.outcome is Outcome.CLOSED


@pytest.mark.skipif(not TAXONOMY.exists(), reason="../shared/grounds.yaml is not beside this checkout")
def test_grounds_are_those_of_the_taxonomy():
    taxonomy = yaml.safe_load(TAXONOMY.read_text(encoding="utf-8"))
    ours = {
        outcome: {g.value: (g.title, list(g.basis), g.meaning) for g in Ground if g.outcome == outcome}
        for outcome in taxonomy
    }
    assert ours == {
        o: {c: (g["title"], g["basis"], g["meaning"]) for c, g in gs.items()} for o, gs in taxonomy.items()
    }
