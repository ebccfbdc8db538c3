"""Figures and counts in, a bundle's card out: Markdown that says what the model is for and how good it is."""

from collections.abc import Mapping

from pipeline.evaluate.metrics import Estimate

CARD = """\
# upheld {version}

**Task.** Forecasting, in the terms of Medvedeva, Wieling & Vols (2022): from the text of a complaint, its organisation,
category and year of receipt, the probability that a published decision would say *upheld* and not *closed after initial
enquiries*, and the grounds. Not for any decision about a person, and no substitute for reading the complaint.

**Data.** {corpus}

**Test.** Complaints received from {test_from} on ({test}), scored by a model trained on decisions published before
then ({train}); near-duplicates on one side. The bundle itself is the same recipe fitted to all {all} cases.

| figure | {columns} |
| --- | {rules} |
{rows}

Intervals: 95 %, bootstrap over groups of near-duplicates. Length-matched AUC compares only complaints of like length;
0.5 is chance. Published complaint sections are written after the decision and their length betrays it, so the plain AUC
flatters every model and the length-matched one is the figure to read.

**Grounds.** The grounds of the more likely outcome are ranked; all test cases count. {grounds}

**Limits.** Trained on retold or published summaries, not on complaints as they arrive. Recently received complaints
that were investigated are not decided yet and so missing. Not predicted, for lack of cases: {left_out}.
"""


def write_card(
    figures: Mapping[str, Mapping[str, Estimate]], grounds: Mapping[str, Estimate], facts: Mapping[str, str]
) -> str:
    """Return the card.

    Args:
        figures: name of a model or baseline to its figures, all with the same keys.
        grounds: figures of the grounds head.
        facts: the other places of the template: corpus, test_from, test, train, all, left_out; `version` is left
            for the bundle to fill.
    """
    names = list(next(iter(figures.values())))
    return CARD.format(
        version="{version}",
        columns=" | ".join(names),
        rules=" | ".join("---" for _ in names),
        rows="\n".join(
            f"| {model} | {' | '.join(str(own[name]) for name in names)} |" for model, own in figures.items()
        ),
        grounds=" ".join(f"{name}: {estimate}." for name, estimate in grounds.items()),
        **facts,
    )
