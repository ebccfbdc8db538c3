"""Text in, word stems out: what a complaint says, without how a statement is written down.

Titles, pronouns, tense, reporting formulas ("the complainant, whom I refer to as"), months and years mark teams,
periods and, by habit, outcomes. None of them is known before a decision, so none is kept.
"""

import re
from functools import lru_cache

import Stemmer

# "Leeds City Council" and "the London Borough of Barnet" are the Council; a parish or town council is another body. The
# first name begins with its capital letter and looks back from there: it need not be tried at every letter of a text.
_NAME_ENDS = r"[\w-]+ (?:and |upon |of )?"
_FIRST_NAME = rf"[A-Z](?<=\b[A-Z])(?<!P(?=arish))(?<!T(?=own)){_NAME_ENDS}"
_NEXT_NAME = rf"(?!Parish|Town)[A-Z]{_NAME_ENDS}"
_COUNCIL = re.compile(rf"{_FIRST_NAME}(?:{_NEXT_NAME}){{0,5}}Council\b")
_BODY = re.compile(_COUNCIL.pattern + r"|\b(?:\w+ )?Borough of [A-Z]\w+(?: and [A-Z]\w+)*")

MONEY = "moneysum"  # stands for any sum of money

# Rewrites before words are cut, each with an example of what it is for. Here, too, a pattern begins with what is rare.
_REWRITES = (
    (re.compile(r"n['’]t\b"), " not"),  # didn't
    (re.compile(r"['’]s\b|['’]"), " "),  # Council's
    (re.compile(r"£\s?[\d,.]*\d"), f" {MONEY} "),  # £1,872.30
    (re.compile(r"(?:19|20)(?<=\b\d\d)\d\d\b"), " yearnum "),  # 2023
    (re.compile(r"&(?<=\w&)(?=\w)"), "and"),  # B&B
)
_WORD = re.compile(r"[a-z]+|\d+")

_NEGATIONS = frozenset(
    "not no never nobody none nothing without cannot nor neither fail failed failing fails failure".split()
)

# Irregular forms that the stemmer would keep apart.
_IRREGULAR = {
    form: base
    for base, forms in {
        "become": "became", "begin": "began begun", "break": "broke broken", "bring": "brought", "build": "built",
        "buy": "bought", "child": "children", "choose": "chose chosen", "come": "came", "die": "dying",
        "drive": "drove driven", "fall": "fell fallen", "find": "found", "get": "got", "give": "gave given",
        "go": "went gone", "hold": "held", "keep": "kept", "know": "knew known", "leave": "left", "lie": "lying",
        "lose": "lost", "make": "made", "meet": "met", "mislead": "misled", "pay": "paid", "see": "saw seen",
        "sell": "sold", "send": "sent", "speak": "spoke spoken", "spend": "spent", "take": "took taken",
        "tell": "told", "withdraw": "withdrew withdrawn", "write": "wrote written",
    }.items()
    for form in forms.split()
}  # fmt: skip

_GRAMMAR = frozenset(
    "a an the i he she it we they him her them us me his hers its our their theirs my this that any is are was "
    "were be been being am has have had having do does did doing would could should also very then further s t "
    "d ll re ve m properly proper fully fairly correctly mr mrs ms miss dr sir lady".split()
)

_stem_word = Stemmer.Stemmer("english", 0).stemWord  # 0: `stem` remembers


@lru_cache(maxsize=200_000)
def stem(word: str) -> str:
    """Return the stem of a lower-case word; every negation is "not".

    >>> stem("refused"), stem("refusal"), stem("told"), stem("never")
    ('refus', 'refus', 'tell', 'not')
    """
    if word in _NEGATIONS:
        return "not"
    return str(_stem_word(_IRREGULAR.get(word, word)))


def _stems_of(words: str) -> frozenset[str]:
    return frozenset(map(stem, words.split()))


_PREPOSITIONS = _stems_of(
    "of to in on at by for from with as about into over after before between through during under against within out "
    "up down off until since because so if when while where which who whom whose what how why and or but both than "
    "there here other another such same own only more most some each all many much every"
)
_TENSE = _stems_of("will shall can may might must ought said")
_REPORTING = _stems_of(
    "say says state according refer referred call name known version submission view opinion believe feel think "
    "maintain contend allege assert argue purpose point put short summary statement complainant use used real event "
    "word regard claim council councils authority authorities person like unhappy dissatisfied grievance complain "
    "complaint raise bring subject thing fact instead rather yet though although however even come set part certain "
    "one two fault"
)
_DATES = _stems_of(
    "january february march april may june july august september october november december yearnum"
) | {MONEY}
_LETTERS = frozenset("abcdefghijklmnopqrstuvwxyz")
_STYLE = _PREPOSITIONS | _TENSE | _REPORTING | _DATES | _LETTERS


def stems(text: str) -> list[str]:
    """Return the stems of a text in order, without grammar words; "failed to" and "did not" are both "not".

    >>> stems("Mrs X says Leeds City Council failed to reply.")
    ['x', 'say', 'council', 'not', 'repli']
    """
    return list(map(stem, words(text)))


def words(text: str) -> list[str]:
    """Return the lower-case words behind the stems of a text, one a stem.

    >>> words("Mrs X says Leeds City Council failed to reply.")
    ['x', 'says', 'council', 'failed', 'reply']
    """
    body = _BODY if "Borough of" in text else _COUNCIL  # the longer pattern takes its time at every word
    lowered = body.sub("Council", text).lower()
    for pattern, replacement in _REWRITES:
        lowered = pattern.sub(replacement, lowered)
    return _without_to([word for word in _WORD.findall(lowered) if word not in _GRAMMAR])


def _without_to(words_: list[str]) -> list[str]:
    """Return words without the "to" of "failed to": found by `index`, which is quicker than to look at every word."""
    at = 0
    for _ in range(words_.count("to")):
        at = words_.index("to", at)
        if at and words_[at - 1] in _NEGATIONS:
            del words_[at]
        else:
            at += 1
    return words_


@lru_cache(maxsize=200_000)
def is_content(stem_: str) -> bool:
    """Say whether a stem tells what happened, not how it is written.

    >>> is_content("bin"), is_content("say"), is_content("2023")
    (True, False, False)
    """
    return not (stem_.isdigit() or stem_ in _STYLE)
