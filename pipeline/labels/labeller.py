"""Decisions to labelled decisions: grounds, primary ground, citations, and the sentence that each rests on."""

from collections.abc import Iterable, Iterator
from datetime import date
from functools import cached_property

from pipeline.labels.citations import find_citations
from pipeline.labels.grounds import GroundFinder
from pipeline.labels.reasons import reasons
from pipeline.schema import Decision

# A case is decided within about three years of receipt; without a date, an Act of a later year is taken for a slip.
_LONGEST_CASE_YEARS = 3


class Labeller:
    """Reads from a decision's own text why it was decided so and which statutes it cites.

    The outcome stays the header's. Hand-read grounds stay too: the rules then only supply their evidence.

    >>> decision = Decision(reference="24 013 909", organisation="X Council", complaint="Mr X says it was slow.",
    ...     outcome="closed_after_initial_enquiries", summary="We will not investigate. The complaint is late.")
    >>> labelled = Labeller().label(decision)
    >>> labelled.primary_ground.value, labelled.evidence["late"]
    ('late', 'The complaint is late.')
    """

    def label(self, decision: Decision) -> Decision:
        """Return the decision with `grounds`, `primary_ground`, `citations` and `evidence` filled."""
        grounds = self._grounds.find(list(reasons(decision)), decision.outcome)
        citations = _citations(decision)
        labels = decision.grounds or tuple(grounds)
        rests_on = {
            ground.value: sentence for ground, sentence in grounds.items() if ground in labels
        } | citations
        found = {
            "grounds": labels,
            "primary_ground": decision.primary_ground or labels[0],
            "citations": tuple(citations),
            "evidence": decision.evidence
            | {label: sentence for label, sentence in rests_on.items() if sentence},
        }
        return decision.model_copy(update=found)

    def label_all(self, decisions: Iterable[Decision]) -> Iterator[Decision]:
        """Label one decision after the other, in order, holding one at a time."""
        return map(self.label, decisions)

    @cached_property
    def _grounds(self) -> GroundFinder:
        import spacy  # takes longer than every other import together, so it waits for the first label

        return GroundFinder(spacy.blank("en"))


def _citations(decision: Decision) -> dict[str, str]:
    """Citations of the whole statement with their sentences; those given already come first, in canonical form."""
    texts = (decision.summary, decision.complaint, *decision.sections.values(), decision.final_decision)
    found = find_citations((text for text in texts if text), _latest_year(decision))
    given = [
        canonical for printed in decision.citations for canonical in find_citations([printed]) or [printed]
    ]
    return {citation: found.get(citation, "") for citation in dict.fromkeys((*given, *found))}


def _latest_year(decision: Decision) -> int:
    if decision.decision_date:
        return decision.decision_date.year
    return decision.received_year + _LONGEST_CASE_YEARS if decision.received_year else date.max.year
