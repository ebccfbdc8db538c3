"""Every setting, one model a section of params.yaml, with what its value may be."""

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


def _ascending(value: tuple[int, int]) -> tuple[int, int]:
    if value[0] > value[1]:
        raise ValueError("the first number is larger than the second")
    return value


# The description ends every error message: "<key> is <value>; must be <description>".
Count = Annotated[int, Field(ge=1, description="a whole number, 1 or more")]
Share = Annotated[float, Field(gt=0, lt=1, description="a share between 0 and 1, both excluded")]
Rate = Annotated[float, Field(ge=0, le=1, description="a rate from 0 to 1")]
Positive = Annotated[float, Field(gt=0, description="a number above 0")]
Weight = Annotated[float, Field(ge=0, description="a number, 0 or more")]
Ngrams = Annotated[
    tuple[Annotated[int, Field(ge=1)], Annotated[int, Field(ge=1, le=10)]],
    AfterValidator(_ascending),
    Field(description="two whole numbers, shortest and longest, from 1 to 10"),
]


class Collect(_Section):
    """The Ombudsman's site to a folder of raw pages."""

    base_url: str = Field(
        pattern=r"^https?://[^/\s?#]+$",
        description="an address without a path, such as https://www.lgo.org.uk",
    )
    # No bundle and no MLflow run may hold it: it names a person, and it is excluded from every dump.
    contact: str | None = Field(
        default=None,
        exclude=True,
        pattern=r"^[!-~ ]*[@.][!-~ ]*$",
        description="an e-mail or web address in plain letters, or null",
    )
    delay_seconds: Positive
    concurrent_requests: int = Field(ge=1, le=8, description="a whole number from 1 to 8")
    timeout_seconds: Positive
    retries: int = Field(ge=0, le=10, description="a whole number from 0 to 10")
    max_refusals: Count
    max_wait_seconds: Weight
    max_pages: Count
    max_megabytes: Positive
    window_days: Count
    outcomes: tuple[Literal["c", "nu", "u"], ...] = Field(
        min_length=1, description="a list of outcome codes, of c, nu and u"
    )
    max_reject_rate: Rate


class Read(_Section):
    """Statements to decisions."""

    max_reject_rate: Rate


class ViewParams(_Section):
    """What a model may see."""

    max_chars: Count
    min_words: Count


class Split(_Section):
    """Past to future."""

    test_from_year: int | None = Field(ge=2000, le=2099, description="a year from 2000 to 2099, or null")
    test_share: Share
    gap_days: int = Field(ge=0, description="0 or more days. Use 0 for no gap")
    duplicate_similarity: Share


class Features(_Section):
    """Views to numbers."""

    word_ngrams: Ngrams
    idea_ngrams: Ngrams
    char_ngrams: Ngrams
    min_count: Count
    word_weight: Weight
    idea_weight: Weight
    char_weight: Weight
    signal_weight: Weight
    category_weight: Weight
    subcategory_weight: Weight
    spacy_model: str | None = Field(
        pattern=r"^\w+$", description="the name of an installed spaCy package such as en_core_web_sm, or null"
    )


class OutcomeParams(_Section):
    """The outcome head."""

    strength: Positive
    not_upheld: Literal["leave_out", "class"] = Field(description="leave_out or class")
    balance_length: bool = Field(description="true or false")
    length_correction: float = Field(ge=0, le=1, description="from 0 to 1. Use 0 for none")


class GroundsParams(_Section):
    """The grounds head."""

    strength: Positive
    min_support: Count
    shown: Count


class AppraisalParams(_Section):
    """What readers who did not know the outcomes expect."""

    share: Rate
    weight: Weight


class Calibration(_Section):
    """On scores of cases that the head did not train on."""

    folds: int = Field(ge=2, le=20, description="a whole number from 2 to 20")


class SearchParams(_Section):
    """What `upheld train --search` tries."""

    space: dict[str, Annotated[list[Any], Field(min_length=1)]] = Field(
        description="keys such as outcome.strength, each with a list of values to try"
    )


class Deployment(_Section):
    """Where the model will be used."""

    upheld_rate: float | None = Field(
        gt=0, lt=1, description="a share between 0 and 1, both excluded, or null"
    )


class Evaluate(_Section):
    """How sure a figure is."""

    bootstrap: int = Field(ge=100, description="a whole number, 100 or more")
    length_band: Positive
    folds: int = Field(ge=2, le=20, description="a whole number from 2 to 20")
    slice_cases: int = Field(ge=5, description="a whole number, 5 or more")
    leak_auc: float = Field(ge=0.5, le=1, description="an AUC from 0.5 to 1")
    leak_share: Share


class Score(_Section):
    """New complaints."""

    error_rate: Share
    chunk_rows: Count
    max_reject_rate: Rate
    neutralise_formulas: bool = Field(description="true or false")
    report_rows: Count


class DriftParams(_Section):
    """What sets a batch apart from training."""

    false_alarms: Share
    min_rows: int = Field(ge=10, description="a whole number, 10 or more")
    warn_from: Literal["small", "medium", "large"] = Field(description="small, medium or large")


class Tracking(_Section):
    """MLflow."""

    # Says nothing about a model and may hold a password: no bundle and no run keeps it.
    uri: str = Field(
        exclude=True, min_length=1, description="an MLflow store address such as sqlite:///mlflow.db"
    )
    experiment: str = Field(min_length=1, description="a name")
    model: str = Field(
        pattern=r"^[^/:.@%\s]+$", description="a name without blanks and without any of / : . @ %"
    )
    log_texts: bool = Field(description="true or false")


class Promotion(_Section):
    """What is asked of a challenger."""

    min_cases: Count
    worse_matched_auc: Weight
    worse_brier: Weight
    max_ece: Share
    max_length_rho: Share
    required_slices: tuple[
        Literal["category", "kind of body", "year of receipt", "length", "complainant"], ...
    ] = Field(
        description="a list of kinds of slices, of category, kind of body, year of receipt, length and complainant"
    )
    slice_cases: int = Field(ge=5, description="a whole number, 5 or more")
    slice_margin: Weight
    min_slice_auc: Rate


class Retraining(_Section):
    """When a champion is to be trained anew."""

    min_cases: Count
    worse_matched_auc: Weight
    max_gap: Rate
    drift_from: Literal["small", "medium", "large"] = Field(description="small, medium or large")
    new_share: Positive


class Params(_Section):
    """All settings; one attribute a section of params.yaml."""

    seed: int = Field(ge=0, lt=2**32, description="a whole number from 0 to 4294967295")
    collect: Collect
    read: Read
    view: ViewParams
    split: Split
    features: Features
    outcome: OutcomeParams
    grounds: GroundsParams
    appraisals: AppraisalParams
    calibration: Calibration
    search: SearchParams
    deployment: Deployment
    evaluate: Evaluate
    score: Score
    drift: DriftParams
    tracking: Tracking
    promotion: Promotion
    retraining: Retraining
