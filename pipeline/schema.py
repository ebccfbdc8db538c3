"""The records that pass between stages, and the two vocabularies: outcomes and grounds."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Annotated, Any, Self

from pydantic import AliasChoices, BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints


class Outcome(StrEnum):
    """What the header of a statement says was decided."""

    UPHELD = "upheld"
    CLOSED = "closed_after_initial_enquiries"
    NOT_UPHELD = "not_upheld"


class Ground(StrEnum):
    """Why: the reasons a decision can rest on, each with its title, outcome, statutory basis and meaning.

    >>> Ground("late").title, Ground.LATE.outcome.value
    ('Late complaint', 'closed_after_initial_enquiries')
    """

    title: str  # type: ignore[assignment]  # shadows str.title on purpose: a ground has a title
    outcome: Outcome
    basis: tuple[str, ...]
    meaning: str

    def __new__(cls, code: str, *about: Any) -> Self:
        """Make the member a plain string (its code) that carries the rest as attributes."""
        member = str.__new__(cls, code)
        member._value_ = code
        member.title, member.outcome, member.basis, member.meaning = about
        return member

    NO_FAULT = (
        "no_fault",
        "Not enough evidence of fault",
        Outcome.CLOSED,
        ("LGA 1974 s24A(6)",),
        "fault is unlikely to be found",
    )
    NO_INJUSTICE = (
        "no_injustice",
        "No significant injustice",
        Outcome.CLOSED,
        ("LGA 1974 s24A(6)",),
        "injustice absent, not significant enough, or not caused by the alleged fault",
    )
    NOTHING_TO_ADD = (
        "nothing_to_add",
        "Nothing to add",
        Outcome.CLOSED,
        ("LGA 1974 s24A(6)",),
        "could not add to the body's own or an earlier investigation or reply",
    )
    NO_BETTER_OUTCOME = (
        "no_better_outcome",
        "No better outcome",
        Outcome.CLOSED,
        ("LGA 1974 s24A(6)",),
        "investigating would not lead to a different, the wanted, or any worthwhile outcome",
    )
    OTHER_BODY = (
        "other_body",
        "Another body better placed",
        Outcome.CLOSED,
        ("LGA 1974 s24A(6)",),
        "e.g. Information Commissioner, Housing Ombudsman, Social Work England, police",
    )
    TRIBUNAL_APPEAL = (
        "tribunal_appeal",
        "Right of appeal or review",
        Outcome.CLOSED,
        ("LGA 1974 s26(6)(a)", "LGA 1974 s26(6)(b)"),
        "a tribunal, planning inspector, minister, adjudicator or statutory review could or did decide it",
    )
    COURT_REMEDY = (
        "court_remedy",
        "Remedy in court",
        Outcome.CLOSED,
        ("LGA 1974 s26(6)(c)",),
        "reasonable to go to court or claim on insurance",
    )
    COURT_CONSIDERED = (
        "court_considered",
        "Court has the matter",
        Outcome.CLOSED,
        ("LGA 1974 Sch 5", "LGA 1974 s26(6)"),
        "court proceedings have begun or dealt with it",
    )
    LATE = (
        "late",
        "Late complaint",
        Outcome.CLOSED,
        ("LGA 1974 s26B", "LGA 1974 s34D"),
        "known for over 12 months and no good reason",
    )
    PREMATURE = (
        "premature",
        "Premature complaint",
        Outcome.CLOSED,
        ("LGA 1974 s26(5)", "LGA 1974 s34B(6)"),
        "the body has not had a reasonable chance to answer",
    )
    OUTSIDE_JURISDICTION = (
        "outside_jurisdiction",
        "Outside jurisdiction",
        Outcome.CLOSED,
        ("LGA 1974 Sch 5", "LGA 1974 s25", "LGA 1974 s26(7)"),
        "personnel, commercial, crime, schools' internal matters, all or most inhabitants, body not covered",
    )
    ALREADY_REMEDIED = (
        "already_remedied",
        "Already put right",
        Outcome.CLOSED,
        ("LGA 1974 s24A(7)",),
        "satisfied with what the body has done or proposes",
    )
    NOT_ENTITLED = (
        "not_entitled",
        "Not entitled to complain",
        Outcome.CLOSED,
        ("LGA 1974 s26A", "LGA 1974 s27"),
        "no suitable person, no consent, or not personally affected",
    )
    NOT_PROPORTIONATE = (
        "not_proportionate",
        "Not proportionate",
        Outcome.CLOSED,
        ("LGA 1974 s24A(6)",),
        "not a good use of public money, complaint handling alone, no wider public interest",
    )
    OTHER_CLOSED = (
        "other_closed",
        "Other reason to close",
        Outcome.CLOSED,
        (),
        "none of the above",
    )
    DELAY = (
        "delay",
        "Delay",
        Outcome.UPHELD,
        ("LGA 1974 s26(1)",),
        "took too long or drifted",
    )
    SERVICE_NOT_PROVIDED = (
        "service_not_provided",
        "Service not provided",
        Outcome.UPHELD,
        ("LGA 1974 s26(1)",),
        "a service or provision that was due was not delivered",
    )
    PROCESS_NOT_FOLLOWED = (
        "process_not_followed",
        "Law or procedure not followed",
        Outcome.UPHELD,
        ("LGA 1974 s26(1)",),
        "law, statutory guidance or own policy not followed",
    )
    FLAWED_DECISION = (
        "flawed_decision",
        "Flawed decision or assessment",
        Outcome.UPHELD,
        ("LGA 1974 s26(1)",),
        "relevant matters not considered, no evidence or reasons",
    )
    POOR_COMMUNICATION = (
        "poor_communication",
        "Poor communication",
        Outcome.UPHELD,
        ("LGA 1974 s26(1)",),
        "including wrong or misleading information",
    )
    POOR_COMPLAINT_HANDLING = (
        "poor_complaint_handling",
        "Poor complaint handling",
        Outcome.UPHELD,
        ("LGA 1974 s26(1)",),
        "the complaint itself was handled badly",
    )
    POOR_RECORDS = (
        "poor_records",
        "Poor records",
        Outcome.UPHELD,
        ("LGA 1974 s26(1)",),
        "records not made or kept",
    )
    CHARGING_ERROR = (
        "charging_error",
        "Charging or payment error",
        Outcome.UPHELD,
        ("LGA 1974 s26(1)",),
        "wrong charge, bill, payment or recovery",
    )
    REMEDIED_EARLY = (
        "remedied_early",
        "Upheld with early remedy",
        Outcome.UPHELD,
        ("LGA 1974 s24A(7)", "LGA 1974 s30(1B)"),
        "upheld because the body offered or agreed a remedy early",
    )
    OTHER_FAULT = (
        "other_fault",
        "Other fault",
        Outcome.UPHELD,
        ("LGA 1974 s26(1)",),
        "fault found of a kind not named above",
    )
    NO_FAULT_FOUND = (
        "no_fault_found",
        "No fault found",
        Outcome.NOT_UPHELD,
        (),
        "investigated and not upheld",
    )


_REFERENCE = re.compile(
    r"(?P<year>\d{2})[ \-\u00a0](?P<high>\d{3})[ \-\u00a0](?P<low>\d{3})(?P<suffix>[a-z]?)", re.IGNORECASE
)


def canonical_reference(text: str) -> str | None:
    """Return a reference as "24 013 909" (or "19 010 659a"), or None where the text is not one.

    >>> canonical_reference("24-013-909"), canonical_reference("Council")
    ('24 013 909', None)
    """
    match = _REFERENCE.fullmatch(text.strip())
    return f"{match['year']} {match['high']} {match['low']}{match['suffix'].lower()}" if match else None


def received_year(reference: str) -> int | None:
    """Return the financial year (its first calendar year) in which a case was received, or None if unknown.

    The first two digits of a reference are that year: "24 013 909" was received between April 2024 and March
    2025.

    >>> received_year("24 013 909")
    2024
    """
    canonical = canonical_reference(reference)
    return 2000 + int(canonical[:2]) if canonical else None


def _canonical_or_as_given(value: object) -> object:
    return (canonical_reference(value) or value.strip()) if isinstance(value, str) else value


Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]
Reference = Annotated[Text, BeforeValidator(_canonical_or_as_given)]


class Decision(BaseModel):
    """One published decision, parsed: what `read` and `label` write and `train` reads; unknown fields stay.

    `complaint` joins paragraphs by newlines, list points begin with "- ". `evidence` maps a label to the
    sentence it rests on. `grounds` are codes of `Ground`, most important first.
    """

    model_config = ConfigDict(extra="allow", frozen=True)

    reference: Reference
    organisation: Text
    category: str | None = None
    subcategory: str | None = None
    outcome: Outcome
    decision_date: date | None = None
    complaint: Text
    summary: str | None = None
    final_decision: str | None = None
    sections: dict[str, str] = Field(default_factory=dict)
    grounds: tuple[Ground, ...] = ()
    primary_ground: Ground | None = None
    citations: tuple[str, ...] = Field(default=(), validation_alias=AliasChoices("citations", "powers"))
    evidence: dict[str, str] = Field(default_factory=dict)
    source: str | None = None

    @property
    def received_year(self) -> int | None:
        """The financial year of receipt, from the reference."""
        return received_year(self.reference)


@dataclass(frozen=True, slots=True)
class RawDocument:
    """The bytes of one file or page, before anything is known about it. `source` says where it came from."""

    content: bytes
    source: str


@dataclass(frozen=True, slots=True)
class View:
    """All that a model may see of a decision or of a new complaint. Only `features.view` makes it."""

    complaint: str
    organisation: str = ""
    category: str = ""
    subcategory: str = ""
    received_year: int | None = None
    truncated: bool = False


@dataclass(frozen=True, slots=True)
class Appraisal:
    """What an expert reader expects of a complaint, from what a model may see of it and blind to its outcome.

    `p_upheld` is the probability of upheld against closed, in (0, 1); `grounds` holds the probability of each ground
    that was thought of, given that the ground's own outcome comes about.
    """

    p_upheld: float
    grounds: Mapping[Ground, float]


@dataclass(frozen=True, slots=True)
class Reason:
    """What one thing in a complaint adds to the log-odds of upheld against closed: above 0 towards upheld.

    `ground` is the ground of that outcome for which the same thing speaks most, where it speaks for one at all;
    `words` are those of the complaint that it rests on, in lower case and without grammar words.
    """

    name: str
    contribution: float
    ground: Ground | None = None
    words: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Prediction:
    """One scored complaint.

    `p_upheld` is a calibrated probability in [0, 1]; `decided` is False where the model abstains; `grounds`
    holds (ground, probability) pairs by falling probability; `model` is the version of the bundle; `reasons`, where
    asked for, sum to the log-odds of upheld against closed.
    """

    p_upheld: float
    outcome: Outcome
    decided: bool
    grounds: tuple[tuple[Ground, float], ...]
    warnings: tuple[str, ...]
    model: str
    reasons: tuple[Reason, ...] = ()


@dataclass(frozen=True, slots=True)
class Reject:
    """An input that was refused: where it stands, why, and what its owner can do.

    `row` counts from 1; `where` is a file, or a reference, or an id. Never holds the complaint's text.
    """

    where: str
    reason: str
    row: int | None = None
    detail: Mapping[str, Any] = field(default_factory=dict)
