"""Labels: enters a decision, leaves it with grounds, citations and the sentence each rests on; guesses no outcome.

A new ground is one member of `Ground` and one entry in one of the four rule tables, with its two example texts.
"""

from pipeline.labels.labeller import Labeller

__all__ = ["Labeller"]
