"""Which sentences of a decision give its reasons: enters a decision, leave sentences; refuses every other section.

The powers, the relevant law, the story and the complaint name grounds that were not applied; a heading decides.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from pipeline.labels.sentences import split_sentences
from pipeline.schema import Decision, Outcome

# Headings as printed vary ("My assessment", "Analysis", "What I found", "Was there fault?"): their words decide.
_REASONS_HEADING = re.compile(
    r"\b(assessment|analysis|findings?|found|conclusions?|final decision|summary|fault|injustice|my view"
    r"|consideration)\b",
    re.IGNORECASE,
)
_OTHER_HEADING = re.compile(
    r"\b(powers|law|legal|guidance|policy|legislation|considered|complaint|background|happened|have investigated"
    r"|not investigated|role|can and cannot|action|remedy|recommend\w*)\b",
    re.IGNORECASE,
)

# Within an assessment only a sentence that judges can be a reason; the rest of it tells the story.
_JUDGES_CLOSED = re.compile(
    r"\b(we|us|our|i|ombudsman\w*|investigat\w+|fault|injustice|reasonabl[ey]|outcomes?|better placed)\b",
    re.IGNORECASE,
)
_JUDGES_UPHELD = re.compile(r"\b(fault|faults|maladministration|should have|failed|failure)\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Sentence:
    """One sentence as printed, and whether it stands where the decision is summed up (summary, final decision)."""

    text: str
    sums_up: bool


def is_reasons_heading(heading: str) -> bool:
    """Tell whether the section under a heading gives reasons.

    >>> is_reasons_heading("My assessment"), is_reasons_heading("The Ombudsman’s role and powers")
    (True, False)
    """
    return bool(_REASONS_HEADING.search(heading)) and not _OTHER_HEADING.search(heading)


def reasons(decision: Decision) -> Iterator[Sentence]:
    """Yield the sentences that give the reasons, the summing up first: summary, final decision, assessment."""
    for text in dict.fromkeys((decision.summary, decision.final_decision, *_headed(decision, sums_up=True))):
        yield from (Sentence(sentence, sums_up=True) for sentence in split_sentences(text or ""))
    judges = _JUDGES_UPHELD if decision.outcome is Outcome.UPHELD else _JUDGES_CLOSED
    for text in _headed(decision, sums_up=False):
        yield from (Sentence(part, sums_up=False) for part in split_sentences(text) if judges.search(part))


def _headed(decision: Decision, *, sums_up: bool) -> Iterator[str]:
    for heading, text in decision.sections.items():
        if is_reasons_heading(heading) and _sums_up(heading) is sums_up:
            yield text


def _sums_up(heading: str) -> bool:
    return "final decision" in heading.lower() or "summary" in heading.lower()
