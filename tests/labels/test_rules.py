import pytest
import spacy

from pipeline.labels.grounds import FALL_BACK, RULES, GroundFinder
from pipeline.labels.reasons import Sentence
from pipeline.labels.rules import PhraseFinder, Rule, anchors, phrases
from pipeline.schema import Ground, Outcome

ALL_RULES = [rule for rules in RULES.values() for rule in rules]
NLP = spacy.blank("en")


@pytest.fixture(scope="module")
def finder() -> GroundFinder:
    return GroundFinder(NLP)


def holds(rule: Rule, text: str) -> bool:
    doc = NLP.make_doc(text)
    groups = PhraseFinder(NLP, (*rule.groups, rule.unless)).find(doc)
    return any(anchors(rule, groups, groups))


@pytest.mark.parametrize("rule", ALL_RULES, ids=lambda rule: rule.name)
def test_a_rule_holds_in_its_own_example(rule: Rule) -> None:
    assert holds(rule, rule.match)


@pytest.mark.parametrize("rule", ALL_RULES, ids=lambda rule: rule.name)
def test_a_rule_does_not_hold_in_its_own_counter_example(rule: Rule) -> None:
    assert not holds(rule, rule.miss)


@pytest.mark.parametrize("rule", ALL_RULES, ids=lambda rule: rule.name)
def test_the_example_of_a_rule_gives_its_ground_in_a_whole_case(finder: GroundFinder, rule: Rule) -> None:
    assert rule.ground in finder.find([Sentence(rule.match, sums_up=True)], rule.ground.outcome)


@pytest.mark.parametrize("ground", sorted(set(Ground) - set(FALL_BACK.values())))
def test_every_ground_that_is_no_fall_back_has_a_rule(ground: Ground) -> None:
    assert any(rule.ground is ground for rule in ALL_RULES)


@pytest.mark.parametrize("outcome", Outcome)
def test_the_rules_of_an_outcome_give_only_its_grounds(outcome: Outcome) -> None:
    assert {rule.ground.outcome for rule in RULES[outcome]} <= {outcome}


def test_rule_names_are_unique() -> None:
    assert len({rule.name for rule in ALL_RULES}) == len(ALL_RULES)


def test_an_empty_alternative_makes_a_word_optional() -> None:
    assert phrases("no (final |)reply") == ("no final reply", "no reply")


def test_phrases_may_run_over_several_lines() -> None:
    assert phrases("""
        one /
        two
    """) == ("one", "two")


def toy_rule(**changes: object) -> Rule:
    fields: dict[str, object] = {
        "name": "toy",
        "ground": Ground.DELAY,
        "groups": (("bread",), ("butter",)),
        "within": 2,
        "match": "",
        "miss": "",
    }
    return Rule(**(fields | changes))  # type: ignore[arg-type]


def test_the_words_of_a_rule_may_stand_in_any_order() -> None:
    assert holds(toy_rule(), "bread and butter")
    assert holds(toy_rule(), "butter and bread")


def test_words_too_far_apart_do_not_make_a_match() -> None:
    assert not holds(toy_rule(), "bread is not at all like butter")


def test_a_forbidding_phrase_nearby_prevents_the_match() -> None:
    assert not holds(toy_rule(unless=("stale",)), "stale bread and butter")


def test_capitals_make_no_difference() -> None:
    assert holds(toy_rule(), "BREAD and Butter")
