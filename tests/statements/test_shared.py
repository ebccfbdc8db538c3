"""Against statements that are not ours to store: the folder `shared` beside the checkout, where there is one."""

import json
from pathlib import Path

import pytest

from pipeline.schema import Decision, RawDocument
from pipeline.statements.statement import read

SHARED = Path(__file__).parents[2] / ".." / "shared"
needs_shared = pytest.mark.skipif(not SHARED.is_dir(), reason="no folder ../shared beside the checkout")
FOLDED = str.maketrans("‘’“”", "''\"\"")
FIELDS = ("reference", "organisation", "category", "subcategory", "outcome", "decision_date")


def folded(text: str) -> list[str]:
    return [" ".join(line.removeprefix("- ").translate(FOLDED).split()) for line in text.split("\n")]


def gold() -> list[dict[str, str]]:
    path = SHARED / "layouts" / "gold.jsonl"
    return (
        [json.loads(line) for line in path.read_text(encoding="utf8").splitlines()] if path.is_file() else []
    )


@needs_shared
@pytest.mark.parametrize("expected", gold(), ids=lambda expected: expected["file"])
def test_every_shared_layout_equals_its_gold_record(expected):
    path = SHARED / "layouts" / expected["file"]
    [decision] = read(RawDocument(path.read_bytes(), source=path.name))
    assert isinstance(decision, Decision)
    found = decision.model_dump(mode="json")
    assert {field: found[field] for field in FIELDS} == {field: expected[field] for field in FIELDS}
    assert folded(decision.complaint) == folded(expected["complaint"])


CLOSED, UPHELD, PROTECTION = "closed_after_initial_enquiries", "upheld", "Child protection"
SEEDS = {  # organisation, subcategory, outcome, date, then the lines and the words of the complaint
    "24 013 909": ("North Northamptonshire Council", "Other", CLOSED, "2025-02-06", 1, 16),
    "21 001 252": ("Buckinghamshire Council", PROTECTION, UPHELD, "2022-02-18", 3, 93),
    "24 006 339": ("London Borough of Barnet", PROTECTION, CLOSED, "2024-09-12", 1, 22),
    "21 018 897": ("Gloucestershire County Council", PROTECTION, CLOSED, "2022-04-24", 1, 14),
    "21 006 378": ("Liverpool City Council", PROTECTION, CLOSED, "2022-02-28", 1, 13),
}


@needs_shared
def test_every_seed_gives_its_header_and_a_complaint_of_the_right_size():
    found = {}
    for path in sorted((SHARED / "seeds").glob("*.txt")):
        [decision] = read(RawDocument(path.read_bytes(), source=path.name))
        lines = decision.complaint.split("\n")
        size = (len(lines), len(decision.complaint.split()))
        day = decision.decision_date.isoformat()
        assert decision.category == "Children's care services"
        found[decision.reference] = (
            decision.organisation,
            decision.subcategory,
            decision.outcome.value,
            day,
            *size,
        )
    assert found == SEEDS
