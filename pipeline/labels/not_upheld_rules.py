"""Rules for a case that was investigated and not upheld. Data only."""

from pipeline.labels.rules import Rule, phrases
from pipeline.schema import Ground

NOT_UPHELD_RULES: tuple[Rule, ...] = (
    Rule(
        name="no fault found",
        ground=Ground.NO_FAULT_FOUND,
        groups=(
            phrases("""
                no (evidence of |sign of |)fault / not (been |)at fault / without fault / (free|clear) of fault /
                not (find|found) (any |)fault / not (uphold|upheld) / discontinued / no fault or injustice
            """),
        ),
        anywhere=True,
        match="There was no fault in how the Council decided.",
        miss="There was fault in how the Council decided.",
    ),
)
