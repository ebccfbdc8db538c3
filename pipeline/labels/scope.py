"""Whose words a sentence holds: enter its phrases, leave the spans in which a ground only seems to be given.

A claim ("Mr X says ..."), a fault denied ("no fault in ...") and a remedy promised ("it will review ...") mention
grounds without finding them; so does the name of the complaint ("the complaint that the Council delayed").
"""

from collections.abc import Iterable, Iterator

from pipeline.labels.rules import Found, Phrases, Span, phrases
from pipeline.schema import Outcome

# "Mr X says the Council delayed": a claim runs to the end of the sentence, or to words that start a finding.
CLAIM = phrases("""
    (complains|complained|complain|alleged|alleges) (of|about|that|the|to|over|on|when|as|he|she|they|it) /
    (says|say|said) (that|the|he|she|they|it|his|her|their|this|there|a|no|what|mr|mrs|ms|miss|mx|complaints)
    /
    (claims|claimed|contends|argues|argued|asserts|believes|believed|thinks|feels|felt) (that|the|he|she|they|
    it) /
    (is|was|were|are) (unhappy|dissatisfied|concerned) (with|about|that|because|at) /
    according to (mr|mrs|ms|miss|mx|the complainant) / in (his|her|their) (view|account|opinion) /
    (objects|objected) to / told us that / (wants|wanted) (the|to|a) / reported / disputes / spoke of
""")
FINDING = phrases("""
    we (have |also |)(found|find|uphold|upheld|saw|see) /
    we will (not |)/ i (have |also |)(found|find|uphold) /
    the (ombudsman|ombudsmen) (found|finds|saw|will|has|also|cannot|is) / found fault / is upheld / and so /
    there (was|is|were) (some |such |)fault / (was|were) fault / will not be (investigated|looked) /
    (council|provider|authority|trust|panel|school|it) (was|is|to be) at fault / but (we|the|it|there|no) /
    (he|she|they) (can|may) (be|go|seek|take|ask|appeal|use|claim|reasonably) / the courts (are|is)
""")
# "The complaint is that the Council delayed" in an upheld case.
COMPLAINT_IS = phrases("""
    (complaint|case) (is|was) (that|about|of) / complaint (that|concerns|concerned) / complaints that /
    allegation that
""")
# "We will not investigate the complaint that the Council delayed, because ...": ends where the reason starts.
COMPLAINT_NAMED = phrases("""
    (complaint|complaints|allegation|allegations|concerns) (that|about|of|over|on|concerning|regarding) /
    complaint is (that|about) / complaint was (that|of) / complaint is of / complaint (which |)concerns /
    what (mr|mrs|ms|miss) (x|y|b|q|c) says
""")
REASON = (
    *FINDING,
    *phrases("""
        because / since / as / for / : / ; / , / there being / having / (is|are) late / will not / cannot /
        is (one|upheld|not) / and / but / has been / being / given that
    """),
)
# "The Council was not at fault in the delay": the whole clause speaks of what was done rightly.
DENIAL = phrases("""
    no (evidence of |sign of |procedural |other |)fault / no (delay|delays) / not (at |been at |)fault /
    without fault / shows no / free (of|from) fault / not one we fault /
    neither (the|mr|mrs|miss|ms|her|his) / nor was / involved no fault /
    (cannot|not) find (any |the council at |it at |)fault / no (evidence|sign) / not (uphold|upheld) /
    nothing (shows|showed|suggests|indicates) (that its|that the|fault) / nothing to show /
    cannot criticise / (saw|see|seen|found|find) no / too (speculative|old) / right in /
    we will not investigate / will not be investigated / we cannot say / not for us / beyond us /
    need not consider / had no need / evidence of fault in / did not have to / properly processed
""")
# "If there was delay, it did no harm": a case supposed, to the end of its clause.
SUPPOSED = phrases("""
    if there (was|were|is|has) / if any / even if / (may|might) have been / whether there (was|were|is|has) /
    (any|alleged|possible) (delay|delays|failure|failings)
""")
REMEDY = phrases("""
    (it|council|provider|authority|trust|and|panel|tfl|london|she|he|we) (will|should|must) (also |now |then |
    each |)(apologise|pay|review|remind|say|look|train|make|improve|offer|change|consider|refund|waive|cancel|
    arrange|send|write|remedy|act|take|complete|finish|reassess|put|reconsider|provide|give|carry|ensure|see|
    issue|find|invite) /
    (agreed|agrees|agree|agreeing) (to|that|a|on|action|actions|how|what|with|it|remedies|recommendations) /
    has (already |since |now |)(apologised|offered|paid|taken|put|said sorry|made) / a reminder to /
    recommend / recommends / recommended / recommendation / recommendations / apology / apologising /
    to apologise / as (a|an agreed) remedy / by way of remedy / to remedy / (suitable|satisfactory) remedy /
    to put (this|that|things|it) right
""")
CLAUSE_BREAK = phrases("""
    but / though / although / however / whereas / while / except / ; / : / even so / nevertheless /
    apart from / besides
""")

SCOPE_GROUPS = (
    CLAIM,
    FINDING,
    COMPLAINT_IS,
    COMPLAINT_NAMED,
    REASON,
    DENIAL,
    SUPPOSED,
    REMEDY,
    CLAUSE_BREAK,
)


def without_reported(found: Found, outcome: Outcome, length: int, *, claims_count: bool = False) -> Found:
    """Return the phrases of a sentence of `length` tokens, without those that only report a ground.

    With `claims_count` the claims stay: an upheld complaint says what was at fault where nothing else does.
    """
    spans = [*_of_outcome(found, outcome, length)]
    if not claims_count:
        spans += _of_claims(found, outcome, length)
    if not spans:
        return found
    return {group: [hit for hit in hits if not _inside(hit, spans)] for group, hits in found.items()}


def _of_outcome(found: Found, outcome: Outcome, length: int) -> Iterator[Span]:
    if outcome is Outcome.CLOSED:
        yield from _forward(found, COMPLAINT_NAMED, REASON, length)
    if outcome is Outcome.UPHELD:
        yield from _forward(found, REMEDY, CLAUSE_BREAK, length)
        yield from _forward(found, SUPPOSED, CLAUSE_BREAK, length)
        yield from _clauses(found, DENIAL, length)


def _of_claims(found: Found, outcome: Outcome, length: int) -> Iterator[Span]:
    yield from _forward(found, CLAIM, FINDING, length)
    if outcome is Outcome.UPHELD:
        yield from _forward(found, COMPLAINT_IS, FINDING, length)


def _forward(found: Found, cue: Phrases, stop: Phrases, length: int) -> Iterator[Span]:
    """From each cue to the next stop, or to the end of the sentence."""
    stops = [start for start, _ in found.get(stop, ())]
    for start, end in found.get(cue, ()):
        yield start, min((stop for stop in stops if stop >= end), default=length)


def _clauses(found: Found, cue: Phrases, length: int) -> Iterator[Span]:
    """The whole clause around each cue."""
    breaks = [0, *(start for start, _ in found.get(CLAUSE_BREAK, ())), length]
    for start, _ in found.get(cue, ()):
        yield max(b for b in breaks if b <= start), min(b for b in breaks if b > start)


def _inside(hit: Span, spans: Iterable[Span]) -> bool:
    return any(start <= hit[0] and hit[1] <= end for start, end in spans)
