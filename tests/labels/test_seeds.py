"""The five whole statements that the project was started from; they stay outside the repository."""

from pathlib import Path

import pytest

from pipeline.labels import Labeller
from pipeline.schema import Decision, RawDocument

SEEDS = Path(__file__).parents[3] / "shared" / "seeds"
LISTED = {
    "24 013 909": ({"no_fault", "other_body"}, "LGA 1974 s24A(6)"),
    "21 001 252": ({"process_not_followed", "flawed_decision"}, "LGA 1974 s26(1)"),
    "24 006 339": ({"no_better_outcome"}, "LGA 1974 s24A(6)"),
    "21 018 897": ({"nothing_to_add", "no_injustice", "other_body"}, "LGA 1974 s24A(6)"),
    "21 006 378": ({"nothing_to_add"}, "LGA 1974 s24A(6)"),
}


@pytest.fixture(scope="module")
def labelled() -> dict[str, Decision]:
    if not SEEDS.is_dir():
        pytest.skip("the seed statements are not beside this checkout (../shared/seeds)")
    statement = pytest.importorskip("pipeline.statements.statement", reason="no reader of statements yet")
    read = [
        record
        for path in sorted(SEEDS.glob("*.txt"))
        for record in statement.read(RawDocument(path.read_bytes(), path.name))
    ]
    return {decision.reference: decision for decision in Labeller().label_all(read)}


@pytest.mark.parametrize("reference", LISTED)
def test_a_seed_statement_gives_the_grounds_read_by_hand(
    labelled: dict[str, Decision], reference: str
) -> None:
    grounds, _ = LISTED[reference]
    assert grounds <= set(labelled[reference].grounds)


@pytest.mark.parametrize("reference", LISTED)
def test_a_seed_statement_gives_the_statute_it_was_decided_under(
    labelled: dict[str, Decision], reference: str
) -> None:
    _, citation = LISTED[reference]
    assert citation in labelled[reference].citations


@pytest.mark.parametrize("reference", LISTED)
def test_every_label_of_a_seed_statement_rests_on_a_sentence(
    labelled: dict[str, Decision], reference: str
) -> None:
    decision = labelled[reference]
    assert all(decision.evidence[label] for label in (*decision.grounds, *decision.citations))
