"""One labeller a process: enters a decision, leaves it labelled; the rules are built once, at the first decision."""

from functools import cache

from pipeline.labels.labeller import Labeller
from pipeline.schema import Decision


def label(decision: Decision) -> Decision:
    """Return the decision with grounds, citations and evidence, as `Labeller.label` does.

    >>> decision = Decision(reference="24 013 909", organisation="X Council", complaint="Mr X says it was slow.",
    ...     outcome="closed_after_initial_enquiries", summary="We will not investigate. The complaint is late.")
    >>> label(decision).primary_ground.value
    'late'
    """
    return _labeller().label(decision)


@cache
def _labeller() -> Labeller:
    return Labeller()
