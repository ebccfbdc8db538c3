"""How good a model is and how sure that is, and whether a text already states its outcome.

scored, splits: cases scored by heads that have not seen them · metrics, quality, baselines: figures with intervals ·
slices, strongest, compare: where and why · evaluation: all of it · summary, wording, plots (bars, drawing), report,
card: what is shown · leakage, with probes and phrases: the audit.
"""
