"""What happens to models after training in, words and tables on the terminal out."""

from typing import TYPE_CHECKING

import typer

from pipeline.cli.show import note, plain_console, show_rejects

if TYPE_CHECKING:
    from pipeline.evaluate.gate import Verdict
    from pipeline.evaluate.metrics import Estimate
    from pipeline.evaluate.monitor import Period
    from pipeline.lifecycle import Check, Promotion
    from pipeline.tracking.history import Event
    from pipeline.tracking.registry import Registry

FIGURES = ("matched_auc", "auc", "brier")
EVENTS = 10  # the last ones of the history


def show_registry(registry: "Registry") -> None:
    """Print every version with its figures, and the last lines of the history."""
    from rich.table import Table

    if not registry.versions:
        typer.echo(f"{registry.model}: no version yet; train one with 'upheld train' or 'upheld run'.")
        return
    table = Table(box=None, padding=(0, 2, 0, 0))
    for heading in ("version", "alias", "trained", "corpus", *FIGURES, "bundle", "run"):
        table.add_column(heading, no_wrap=True)
    for version in registry.versions:
        own = [version.figures.get(name, "") for name in FIGURES]
        named = (
            str(version.number),
            ", ".join(version.aliases),
            version.trained[:16].replace("T", " "),
            version.corpus,
        )
        table.add_row(*named, *own, version.bundle, version.run_id)
    plain_console().print(table, markup=False)
    for event in registry.history[-EVENTS:]:
        show_event(event)


def show_event(event: "Event") -> None:
    """Print one line of the history."""
    before = f", version {event.from_version} before" if event.from_version else ""
    why = f": {event.reason}" if event.reason else ""
    typer.echo(
        f"{event.when[:16].replace('T', ' ')}  version {event.to} {event.action} by {event.who}{before}{why}"
    )


def show_promotion(found: "Promotion") -> None:
    """Print every condition of the gate, and what came of it."""
    against = f"champion {found.champion.number}" if found.champion else "no champion yet"
    typer.echo(f"version {found.version.number}, {against}; {found.verdict.cases} test cases")
    show_rejects(found.rejects, None)
    _show_verdict(found.verdict)
    if found.event.action == "refused":
        names = ", ".join(condition.name for condition in found.verdict.failed)
        few = (
            " Compare on decisions that neither has seen: --corpus FILE."
            if len(found.verdict.conditions) == 1
            else ""
        )
        note(f"refused: version {found.version.number} fails on {names}.{few}")
        return
    forced = "" if found.verdict.passed else ", against the gate"
    typer.echo(f"version {found.version.number} is champion{forced}: {found.event.reason}")


def _show_verdict(verdict: "Verdict") -> None:
    from rich.text import Text

    for condition in verdict.conditions:
        word, colour = ("pass", "green") if condition.holds else ("fail", "red")
        missed = "" if condition.holds else f"; missed by {condition.missed_by:.3g}"
        plain_console().print(
            Text.assemble(
                (f"{word:<5}", f"bold {colour}"),
                (f"{condition.name}: ", "bold"),
                f"{condition.found}; asked: {condition.asked}{missed}",
            )
        )


def show_check(found: "Check") -> None:
    """Print figures by period, what has changed in the inputs, and the advice."""
    show_rejects(found.rejects, None)
    typer.echo(
        f"model {found.model}; {found.seen} cases left out that it was trained on, or on near-duplicates"
    )
    _show_periods(found.periods)
    typer.echo("inputs")
    too_few = "too few cases to compare" if found.drift.too_few else "as in training"
    for line in found.drift.warnings or [too_few]:
        typer.echo(f"  {line}")
    typer.echo("retraining is advised" if found.advice.retrain else "retraining is not advised")
    for line in (*found.advice.reasons, *found.advice.notes):
        typer.echo(f"  {line}")


def _show_periods(periods: "list[Period]") -> None:
    from rich.table import Table

    table = Table(
        "received",
        "cases",
        "upheld",
        *FIGURES,
        "gap",
        box=None,
        padding=(0, 2, 0, 0),
        caption="95 % bootstrap intervals; gap: mean probability less share upheld",
        caption_justify="left",
    )
    for period in periods:
        own = [_brief(period.figures[name]) if period.figures else "" for name in FIGURES]
        table.add_row(
            period.name, f"{period.cases:,}", f"{period.upheld_share:.0%}", *own, _brief(period.gap)
        )
    plain_console().print(table, markup=False)


def _brief(estimate: "Estimate") -> str:
    return f"{estimate.value:.3f} [{estimate.low:.3f}, {estimate.high:.3f}]"
