"""Views and labels in, two fitted heads out: one for the outcome, one for the grounds.

No text, length or organisation enters but through `pipeline.features`.
"""

from pipeline.heads.fit import check_outcomes, fit_heads, fit_scorer, learnable
from pipeline.heads.grounds import GroundsHead, truth_table
from pipeline.heads.length import length_weights, word_counts
from pipeline.heads.model import Heads
from pipeline.heads.outcome import OutcomeHead

__all__ = [
    "GroundsHead",
    "Heads",
    "OutcomeHead",
    "check_outcomes",
    "fit_heads",
    "fit_scorer",
    "learnable",
    "length_weights",
    "truth_table",
    "word_counts",
]
