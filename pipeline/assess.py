"""Wires evaluation and audit: settings and paths in, metrics.json and report.html, or verdicts, out. Prints nothing."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from pipeline.bundle import Bundle
from pipeline.corpus import read_decisions
from pipeline.errors import InputError
from pipeline.evaluate.evaluation import Candidate, Evaluation, evaluate
from pipeline.evaluate.holdout import Cases, cases_of
from pipeline.evaluate.leakage import Audit, audit
from pipeline.evaluate.probes import AuditCase
from pipeline.evaluate.report import to_html
from pipeline.evaluate.seen import trained_on
from pipeline.evaluate.summary import metrics_of
from pipeline.heads import learnable
from pipeline.params import Params
from pipeline.schema import Decision, Outcome, Reject, received_year
from pipeline.stages import find_bundle, make_folder
from pipeline.statements.duplicates import deduplicate
from pipeline.tables import Row, read_rows, write_text

OUTCOMES = {Outcome.UPHELD.value: True, Outcome.CLOSED.value: False}


@dataclass(frozen=True, slots=True)
class EvaluationSummary:
    """Where an evaluation was written, what it found, and the rows of the corpus that were refused."""

    metrics: Path
    report: Path
    evaluation: Evaluation
    rejects: list[Reject]


@dataclass(frozen=True, slots=True)
class Page:
    """How the page is to be: whether with the texts of complaints, and with which other bundle compared."""

    show_texts: bool = False
    compare: str | None = None


def evaluate_bundle(
    model: str, source: Path, out: Path, params: Params, *, models: Path, page: Page
) -> EvaluationSummary:
    """Evaluate a bundle on labelled decisions; write metrics.json and report.html.

    Args:
        model: a bundle's folder, "latest", or an MLflow address.
        source: decisions, as JSONL.
        out: the folder for both files; made if missing.
        params: how sure and how fine figures are to be; the recipe is the bundle's own.
        models: where "latest" is looked for.
        page: what the page shows.

    Raises:
        InputError: a corpus that cannot be read, or a folder that cannot be written.
        BundleError: a bundle that is missing, altered or incompatible.
        CorpusError: a corpus on which nothing can be measured.
    """
    bundle = find_bundle(model, models, params)
    other = find_bundle(page.compare, models, params) if page.compare else None
    make_folder(out)
    found = list(deduplicate(lambda: read_decisions(source)))
    decisions = [item for item in found if isinstance(item, Decision)]
    cases = cases_of(learnable(decisions, bundle.heads.params), bundle.heads.params)
    evaluation = evaluate(
        cases, _candidate(bundle, cases), params, _candidate(other, cases) if other else None
    )
    metrics, report = out / "metrics.json", out / "report.html"
    write_text(metrics, json.dumps(metrics_of(evaluation), indent=2, ensure_ascii=False) + "\n")
    write_text(report, to_html(evaluation, show_texts=page.show_texts))
    return EvaluationSummary(
        metrics, report, evaluation, [item for item in found if isinstance(item, Reject)]
    )


def audit_corpus(source: Path, field: str, params: Params) -> Audit:
    """Say whether a field of labelled cases already states the outcome.

    Args:
        source: CSV or JSONL with `outcome` and the field; `reference`, `organisation`, `summary` and
            `final_decision` help where known. Cases that are neither upheld nor closed are left out.
        field: the name of the field or column.
        params: thresholds and folds.

    Raises:
        InputError: a source that cannot be read, or without the field or outcomes.
        CorpusError: too few cases of an outcome.
    """
    rows = [row for row in read_rows(source) if isinstance(row, Row)]
    columns = {name for row in rows for name in row.values}
    for needed in (field, "outcome"):
        if needed not in columns:
            raise InputError(
                f"{source}: no field {needed!r}; it has {', '.join(sorted(columns)) or 'none'}. "
                "Name one of them with --text-field; the outcome must be called outcome."
            )
    return audit(list(_audit_cases(rows, field)), field, params)


def _audit_cases(rows: list[Row], field: str) -> Iterator[AuditCase]:
    for row in rows:
        text, outcome = row.values.get(field), str(row.values.get("outcome"))
        if outcome not in OUTCOMES or not isinstance(text, str) or not text.strip():
            continue
        known = {
            name: str(row.values.get(name) or "") for name in ("organisation", "summary", "final_decision")
        }
        reference = str(row.values.get("reference") or f"row {row.number}")
        yield AuditCase(reference, text, OUTCOMES[outcome], **known, received_year=received_year(reference))


def _candidate(bundle: Bundle, cases: Cases) -> Candidate:
    return Candidate(bundle.version, bundle.heads, trained_on(cases.decisions, bundle.manifest))
