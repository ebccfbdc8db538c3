"""Figures and counts in, a bundle's card out: Markdown that says what the model is for and how good it is."""

from collections.abc import Mapping

from pipeline.evaluate.metrics import Estimate

CARD = """\
---
language: en
license: mit
library_name: upheld
pipeline_tag: text-classification
tags:
- ombudsman
- forecasting
- scikit-learn
---

# upheld {version}

## Model details

**Task.** Forecasting, in the terms of Medvedeva, Wieling & Vols (2022): from the text of a complaint, its category and
subcategory, the probability that a published decision would say *upheld* and not *closed after initial enquiries*, and
the grounds. It does not identify or categorise the outcome of a text that was written after the decision.

**Model.** Two heads of logistic regressions on stems, ideas, letters and named signals; probabilities are calibrated by
cross-fitting, and the outcome head abstains by a conformal set. English only.

## Uses

### Direct use

To see how complaints that read like this one were decided, and on which grounds; to sort or sample many complaints for
people to read.

### Out-of-scope use

Not for any decision about a person, no reason to turn anyone away, and no substitute for reading the complaint. Not for
texts that state an outcome (check with `upheld audit`), not for other ombudsmen, not for courts.

## Bias, risks and limitations

Trained on retold or published summaries, not on complaints as they arrive: their wording and what they leave out are an
investigator's. Recently received complaints that were investigated are not decided yet and so missing. Published
statements are no sample of complaints; set `deployment.upheld_rate` to the rate where the model is used. Figures by
category, kind of body, length and complainant: `upheld evaluate`.

Not predicted, for lack of cases: {left_out}.

## How to get started

```sh
upheld score complaints.csv --out scored.csv --model PATH_OF_THIS_FOLDER
```

## Training details

**Data.** {corpus} {appraised}

The bundle is the tested recipe fitted to all {all} cases; its settings are in `manifest.json`. To retrain: change
`params.yaml`, run `upheld train --corpus FILE`, then compare with
`upheld evaluate --model NEW --compare OLD --corpus FILE --out DIR`.

## Evaluation

**Test.** Complaints received from {test_from} on ({test}), scored by a model trained on decisions published before
then ({train}); near-duplicates on one side.

| figure | {columns} |
| --- | {rules} |
{rows}

Intervals: 95 %, bootstrap over groups of near-duplicates. Length-matched AUC compares only complaints of like length;
0.5 is chance. Published complaint sections are written after the decision and their length betrays it, so the plain AUC
flatters every model and the length-matched one is the figure to read.

**Grounds.** The grounds of the more likely outcome are ranked; all test cases count. {grounds}

**Abstention.** The conformal set is meant to hold the true outcome in 1 - `score.error_rate` of the cases, if the
share of upheld is what `deployment.upheld_rate` says (the training share, where it is null). On the test cases:
{abstention}

## Citation

Contains information from decisions published by the Local Government and Social Care Ombudsman, re-used under its terms
with acknowledgement. Medvedeva, Wieling & Vols (2022), Rethinking the field of automatic prediction of court decisions.
"""


def write_card(
    figures: Mapping[str, Mapping[str, Estimate]],
    grounds: Mapping[str, Estimate],
    abstention: Mapping[str, Estimate],
    facts: Mapping[str, str],
) -> str:
    """Return the card.

    Args:
        figures: name of a model or baseline to its figures, all with the same keys.
        grounds: figures of the grounds head.
        abstention: how often the outcome head decides, and how right it is then.
        facts: the other places of the template: corpus, appraised, test_from, test, train, all,
            left_out; `version` is left
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
        grounds=_sentence(grounds),
        abstention=_sentence(abstention),
        **facts,
    )


def _sentence(figures: Mapping[str, Estimate]) -> str:
    return " ".join(f"{name}: {estimate}." for name, estimate in figures.items())
