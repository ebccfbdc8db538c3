"""A stream of decisions in, each reference once out: the fullest print of a case is kept, the others are rejects."""

from collections.abc import Callable, Iterable, Iterator

from pipeline.schema import Decision, Reject
from pipeline.statements.refusal import Reason, Refused


def deduplicate(stream: Callable[[], Iterable[Decision | Reject]]) -> Iterator[Decision | Reject]:
    """Yield the stream again, in its order, with a reject in the place of every print of a case but the fullest.

    `stream` starts the same items afresh at each call and is called twice: which print is the fullest is known only
    at the end, and holding a hundred thousand statements until then would take a gigabyte. Of equally full ones
    the first is kept.

    >>> short = Decision(reference="22 001 012", organisation="Leeds", outcome="upheld", complaint="Delay.")
    >>> full = short.model_copy(update={"complaint": "Delay over a plan."})
    >>> [type(item).__name__ for item in deduplicate(lambda: [short, full])]
    ['Reject', 'Decision']
    """
    fullest: dict[str, tuple[int, int]] = {}  # reference: characters, place (negated, so that the first wins)
    for place, item in enumerate(stream()):
        if isinstance(item, Decision):
            fullest[item.reference] = max(fullest.get(item.reference, (-1, 0)), (_characters(item), -place))
    for place, item in enumerate(stream()):
        if isinstance(item, Decision) and -place != fullest[item.reference][1]:
            yield Refused(Reason.DUPLICATE, {"reference": item.reference}).as_reject(
                item.source or item.reference
            )
        else:
            yield item


def _characters(decision: Decision) -> int:
    texts = (decision.complaint, decision.summary or "", *decision.sections.values())
    return sum(map(len, texts))
