"""Reasons to grounds: enter sentences and the header's outcome, leave grounds of that outcome with their evidence."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from pipeline.labels.action_rules import ACTION_RULES
from pipeline.labels.dealings_rules import DEALINGS_RULES
from pipeline.labels.discretion_rules import DISCRETION_RULES
from pipeline.labels.jurisdiction_rules import JURISDICTION_RULES
from pipeline.labels.not_upheld_rules import NOT_UPHELD_RULES
from pipeline.labels.reasons import Sentence
from pipeline.labels.rules import Found, PhraseFinder, Phrases, Rule, anchors
from pipeline.labels.scope import SCOPE_GROUPS, without_reported
from pipeline.schema import Ground, Outcome

if TYPE_CHECKING:
    from spacy.language import Language

RULES: dict[Outcome, tuple[Rule, ...]] = {
    Outcome.CLOSED: DISCRETION_RULES + JURISDICTION_RULES,
    Outcome.UPHELD: ACTION_RULES + DEALINGS_RULES,
    Outcome.NOT_UPHELD: NOT_UPHELD_RULES,
}
FALL_BACK: dict[Outcome, Ground] = {
    Outcome.CLOSED: Ground.OTHER_CLOSED,
    Outcome.UPHELD: Ground.OTHER_FAULT,
    Outcome.NOT_UPHELD: Ground.NO_FAULT_FOUND,
}


class GroundFinder:
    """Finds the grounds that sentences give, by the rules of one outcome."""

    def __init__(self, nlp: "Language"):
        self._nlp = nlp
        self._finders = {outcome: PhraseFinder(nlp, _groups(rules)) for outcome, rules in RULES.items()}
        self._rules_at = {outcome: _by_anchor(rules) for outcome, rules in RULES.items()}

    def find(self, sentences: Sequence[Sentence], outcome: Outcome) -> dict[Ground, str]:
        """Return each ground with the first sentence that gives it, in the order of the text.

        Where an upheld case names no fault of its own ("We found the Council at fault"), the complaint it upholds
        does. Where nothing does, the outcome's fall-back stands, resting on the first sentence.
        """
        grounds = self._read(sentences, outcome)
        if not grounds and outcome is Outcome.UPHELD:
            summing_up = [sentence for sentence in sentences if sentence.sums_up]
            grounds = self._read(summing_up, outcome, claims_count=True)
        return grounds or {FALL_BACK[outcome]: next((sentence.text for sentence in sentences), "")}

    def _read(
        self, sentences: Iterable[Sentence], outcome: Outcome, *, claims_count: bool = False
    ) -> dict[Ground, str]:
        grounds: dict[Ground, str] = {}
        for sentence in sentences:
            for ground in self._in_sentence(sentence.text, outcome, claims_count=claims_count):
                grounds.setdefault(ground, sentence.text)
        return grounds

    def _in_sentence(self, text: str, outcome: Outcome, *, claims_count: bool) -> list[Ground]:
        doc = self._nlp.make_doc(text)
        found = self._finders[outcome].find(doc)
        stated = without_reported(found, outcome, len(doc), claims_count=claims_count)
        rules = (rule for group in found for rule in self._rules_at[outcome].get(group, ()))
        return [ground for _, ground in sorted(_hits(rules, found, stated))]


def _hits(rules: Iterable[Rule], found: Found, stated: Found) -> Iterator[tuple[int, Ground]]:
    for rule in rules:
        for start, _ in anchors(rule, found if rule.anywhere else stated, found):
            yield start, rule.ground


def _by_anchor(rules: Iterable[Rule]) -> dict[Phrases, list[Rule]]:
    rules_at: dict[Phrases, list[Rule]] = defaultdict(list)
    for rule in rules:
        rules_at[rule.groups[0]].append(rule)
    return rules_at


def _groups(rules: Iterable[Rule]) -> Iterator[Phrases]:
    yield from SCOPE_GROUPS
    for rule in rules:
        yield from (*rule.groups, rule.unless)
