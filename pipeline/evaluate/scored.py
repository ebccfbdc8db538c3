"""Cases with their scores: what splits make, and what figures, slices and pictures read."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.evaluate.holdout import Cases
from pipeline.evaluate.metrics import Floats, Ints


@dataclass(frozen=True, slots=True)
class Scored:
    """n cases, upheld or closed, scored by heads that have seen none of them.

    Attributes:
        cases: the n cases.
        p_upheld: (n,) calibrated probabilities, corrected to deployment.upheld_rate where that is set.
        decided: (n,) False where the head abstains.
        prior: (n,) the share of upheld in the training cases of the heads that scored it.
        baselines: name to (n,) probabilities.
        ground_scores: (n, number of grounds), higher ranks first; None where the grounds head was not fitted.
        ground_sets: the same where each ground counts as there.
        trained_on: the number of training cases; of the largest fold where there are several.
    """

    cases: Cases
    p_upheld: Floats
    decided: NDArray[np.bool_]
    prior: Floats
    baselines: dict[str, Floats]
    ground_scores: Floats | None
    trained_on: int
    ground_sets: NDArray[np.bool_] | None = None

    @property
    def upheld(self) -> Ints:
        """(n,) 1 for upheld, 0 for closed."""
        return self.cases.upheld

    @property
    def words(self) -> Ints:
        """(n,) the length of each complaint in words."""
        return np.array([len(view.complaint.split()) for view in self.cases.views])

    def at(self, chosen: NDArray[np.bool_]) -> "Scored":
        """Return the cases where `chosen` (n,) is True."""
        return Scored(
            self.cases.at(np.flatnonzero(chosen)),
            self.p_upheld[chosen],
            self.decided[chosen],
            self.prior[chosen],
            {name: scores[chosen] for name, scores in self.baselines.items()},
            None if self.ground_scores is None else self.ground_scores[chosen],
            self.trained_on,
            None if self.ground_sets is None else self.ground_sets[chosen],
        )


def joined(parts: list[Scored]) -> Scored:
    """Return the parts as one, in their order; all have the same baselines, all or none have ground scores."""
    scores = [part.ground_scores for part in parts if part.ground_scores is not None]
    sets = [part.ground_sets for part in parts if part.ground_sets is not None]
    return Scored(
        cases=Cases(
            [decision for part in parts for decision in part.cases.decisions],
            [view for part in parts for view in part.cases.views],
            np.concatenate([part.cases.groups for part in parts]),
        ),
        p_upheld=np.concatenate([part.p_upheld for part in parts]),
        decided=np.concatenate([part.decided for part in parts]),
        prior=np.concatenate([part.prior for part in parts]),
        baselines={
            name: np.concatenate([part.baselines[name] for part in parts]) for name in parts[0].baselines
        },
        ground_scores=np.concatenate(scores) if scores else None,
        ground_sets=np.concatenate(sets) if sets else None,
        trained_on=max(part.trained_on for part in parts),
    )
