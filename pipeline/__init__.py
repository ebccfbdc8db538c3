"""upheld: from the text of a complaint to its likely outcome and grounds.

The stages, in the order in which data pass through them:

    read     pipeline.statements   published statements to decisions
    label    pipeline.labels       decisions to outcome, grounds and citations, each with its evidence
    view     pipeline.features     all that a model may see of a complaint, and its features
    split    pipeline.split        past to future, near-duplicates on one side
    train    pipeline.heads        the outcome head and the grounds head, calibrated
    evaluate pipeline.evaluate     figures with intervals, beside baselines
    save     pipeline.bundle       heads and everything needed to score, without pickle
    score    pipeline.score        new complaints to predictions
    track    pipeline.tracking     every run in MLflow

`pipeline.stages` wires them, `pipeline.cli` is the command `upheld`.
"""
