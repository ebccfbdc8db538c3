"""Summaries in, words and tables on the terminal out: what each command prints when it is done."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from rich.console import Console
    from rich.text import Text

    from pipeline.assess import EvaluationSummary
    from pipeline.collect.crawl import Plan
    from pipeline.collect.job import Progress as CrawlProgress
    from pipeline.evaluate.leakage import Audit
    from pipeline.evaluate.metrics import Estimate
    from pipeline.labels.explain import ExplainedLabel, Explanation, Passage
    from pipeline.labels.report import CorpusReport
    from pipeline.schema import Reject
    from pipeline.score.batch import ScoringSummary
    from pipeline.search import Search
    from pipeline.stages import StageSummary, TrainingSummary


def show_plan(plan: "Plan") -> None:
    """Print what a crawl would ask for."""
    typer.echo(f"would ask {plan.searches} searches, from {plan.first}")
    typer.echo(f"                       to {plan.last}")
    typer.echo(f"about     {plan.decisions:,} decisions, {plan.stored:,} of these dates are stored already")
    typer.echo(f"at most   {plan.pages:,} pages in this run, in {duration(plan.seconds)} or more")


def show_crawl(done: "CrawlProgress", out: Path) -> None:
    """Print what a crawl brought."""
    for line in done.notes[:10]:
        note(f"  {line}")
    again = "went on with the last crawl; " if done.resumed else ""
    typer.echo(
        f"collected {again}{done.decisions} decisions ({done.new} new, {done.changed} changed, {done.unchanged} "
        f"unchanged), {done.withdrawn} withdrawn, {done.rejects} rejects, {done.missing} announced and not shown; "
        f"{done.pages} pages, {done.size / 1e6:.1f} MB: {out}"
    )


def duration(seconds: float) -> str:
    """Return a duration in words.

    >>> duration(12.4), duration(600), duration(100_000)
    ('12 s', '10 min', '27 h 47 min')
    """
    minutes = round(seconds / 60)
    if minutes < 2:
        return f"{seconds:.0f} s"
    return f"{minutes} min" if minutes < 120 else f"{minutes // 60} h {minutes % 60} min"


def show_stage(verb: str, summary: "StageSummary") -> None:
    """Print what became of the inputs of reading or labelling."""
    typer.echo(f"{verb:<9} {summary.report.decisions} decisions: {summary.output}")
    show_rejects(summary.rejects, summary.rejects_file)
    _show_report(summary.report)


def _show_report(report: "CorpusReport") -> None:
    from rich.table import Table

    facts = report.as_json()
    table = Table(box=None, show_header=False, padding=(0, 1), pad_edge=False)
    table.add_row("documents", f"{report.documents:,}")
    table.add_row("decisions", f"{report.decisions:,}")
    table.add_row("rejects", f"{facts['rejects']:,} ({report.reject_rate:.1%})")
    for reason, count in report.rejects.most_common(10):
        table.add_row("", f"{count:,} {reason}")
    table.add_row("outcomes", _counts(facts["outcomes"]))
    table.add_row("received in", _counts(facts["years_of_receipt"]))
    if report.share_with_grounds is not None:
        table.add_row("grounds", f"{report.share_with_grounds:.1%} have one that is not a fall-back")
        table.add_row("citations", f"{report.share_with_citations:.1%} have one")
    plain_console().print(table, markup=False)


def _counts(counts: dict[str, int]) -> str:
    return ", ".join(f"{name}: {count:,}" for name, count in counts.items()) or "none"


def show_explanation(explanation: "Explanation") -> None:
    """Print a decision with the evidence of its labels highlighted."""
    from rich.text import Text

    console = plain_console()
    console.print(Text(f"{explanation.reference}  {_printable(explanation.organisation)}", style="bold"))
    console.print(Text(explanation.outcome.value))
    console.print(Text("\nGrounds", style="bold"))
    _show_labels(explanation.grounds, console, whole=True)
    console.print(Text("\nCitations", style="bold"))
    _show_labels(explanation.citations, console, whole=False)


def _show_labels(labels: "tuple[ExplainedLabel, ...]", console: "Console", *, whole: bool) -> None:
    """Print labels, those with the same evidence together; the evidence inside its paragraph where `whole`."""
    from itertools import groupby

    from rich.padding import Padding
    from rich.text import Text

    for rests_on, group in groupby(labels, key=lambda label: label.rests_on):
        for label in group:
            code = f"  {label.code}" if label.code != label.title else ""
            console.print(Text.assemble((_printable(label.title), "cyan"), (code, "dim")))
        console.print(Padding(_evidence(rests_on, whole=whole), (0, 0, 0, 2), expand=False))
    if not labels:
        console.print(Text("none", style="dim"))


def _evidence(passage: "Passage | str", *, whole: bool) -> "Text":
    from rich.text import Text

    if isinstance(passage, str):
        return Text(passage, style="italic")
    before, after = (passage.text[: passage.start], passage.text[passage.end :]) if whole else ("", "")
    return Text.assemble(
        (f"{_printable(passage.heading)}: ", "dim"),
        _printable(before),
        (f"»{_printable(passage.sentence)}«", "black on yellow"),  # the marks stay where colours do not
        _printable(after),
    )


def _printable(text: str) -> str:
    r"""Return text without control characters, which could write over what the terminal shows.

    >>> _printable("a\x1b[2Jb")
    'a [2Jb'
    """
    return "".join(character if character.isprintable() else " " for character in text)


def plain_console() -> "Console":
    """Return a console that wraps lines for a reader, and leaves them whole for a file or another program."""
    from rich.console import Console

    return Console(highlight=False, width=None if sys.stdout.isatty() else 1_000_000)


def show_search(search: "Search") -> None:
    """Print the best candidates of a search, and which one training went on with."""
    tried = sorted(search.candidates, key=lambda one: (not one.chosen, -one.matched_auc.value))
    typer.echo(f"tried     {len(tried) - 1} settings beside today's, by cross-validation on the past cases")
    for one in tried[:5]:
        changes = ", ".join(f"{key} {value}" for key, value in one.params.items())
        margin = (
            f"   {one.margin.value:+.3f} [{one.margin.low:+.3f}, {one.margin.high:+.3f}]"
            if one.margin
            else ""
        )
        mark = "*" if one.chosen else " "
        typer.echo(f"  {mark} matched_auc {one.matched_auc}{margin}   {one.name}{changes and ': '}{changes}")
    if search.candidates[0].chosen:
        typer.echo("  no candidate is better than today's settings by more than chance, so they stay")


def show_training(summary: "TrainingSummary") -> None:
    """Print how the corpus was split, the figures, and the bundle."""
    counts = summary.counts
    if summary.search:
        show_search(summary.search)
    typer.echo(
        f"split     {counts['train']} past, {counts['test']} received from {summary.test_from} on; left out: "
        f"{counts['left_out_not_upheld']} not upheld, {counts['in_gap']} not yet published then, "
        f"{counts['duplicates_across_split']} near-duplicates, {counts['without_year']} without a year"
    )
    show_rejects(summary.rejects, None)
    _show_figures(summary.figures.outcome)
    for name, figures in (("grounds", summary.figures.grounds), ("abstain", summary.figures.abstention)):
        typer.echo(f"{name:<9} " + "   ".join(f"{figure} {estimate}" for figure, estimate in figures.items()))
    typer.echo(f"saved     {summary.bundle}")


def _show_figures(figures: "dict[str, dict[str, Estimate]]") -> None:
    from rich.console import Console
    from rich.table import Table

    names = list(next(iter(figures.values())))
    table = Table(
        "outcome head", *names, caption="95 % bootstrap intervals; matched_auc: complaints of like length"
    )
    for model, own in figures.items():
        table.add_row(model, *(str(own[name]) for name in names))
    Console(width=110).print(table)


def show_scoring(summary: "ScoringSummary") -> None:
    """Print what became of the rows of a file; on standard error, where the rows themselves are on standard output."""
    to_error = str(summary.output) == "-"
    again = f", {summary.resumed:,} of them by the run before" if summary.resumed else ""
    where = "standard output" if to_error else summary.output
    typer.echo(f"scored    {summary.scored:,} complaints{again}: {where}", err=to_error)
    if summary.scored:
        shares = ((summary.upheld, "more likely upheld"), (summary.abstained, "undecided"))
        parts = (f"{count:,} ({count / summary.scored:.1%}) {what}" for count, what in shares)
        typer.echo(f"          {', '.join(parts)}", err=to_error)
        for line in _histogram(summary.profile.p_upheld):
            typer.echo(f"          {line}", err=to_error)
    for reason, count in sorted(summary.rejects.items(), key=lambda item: -item[1])[:5]:
        note(f"  rejected {count:,}: {reason}")
    if summary.rejects_file:
        note(f"  rejects  {summary.rejects_file}")
    for warning in summary.drift.warnings if summary.drift else ():
        note(f"  unlike training: {warning}")
    if summary.report:
        typer.echo(f"page      {summary.report}")


def _histogram(counts: "Sequence[int]") -> "Iterator[str]":
    """Yield a line for each tenth of the probabilities, from counts in equal bins over [0, 1].

    >>> list(_histogram([1, 0, 3] + 17 * [0]))[:2]
    ['p_upheld 0.0-0.1  ######             1', '         0.1-0.2  ################## 3']
    """
    width = len(counts) // 10
    tenths = [sum(counts[start : start + width]) for start in range(0, len(counts), width)]
    for number, count in enumerate(tenths):
        label = "p_upheld" if number == 0 else ""
        bar = "#" * round(18 * count / max(*tenths, 1))
        yield f"{label:<8} {number / 10:.1f}-{(number + 1) / 10:.1f}  {bar:<18} {count:,}"


def show_evaluation(summary: "EvaluationSummary") -> None:
    """Print the opening sentences of an evaluation and where it is."""
    from pipeline.evaluate.wording import five_sentences

    show_rejects(summary.rejects, None)
    for sentence in five_sentences(summary.evaluation):
        plain_console().print(sentence, markup=False, highlight=False)
    typer.echo(f"metrics   {summary.metrics}")


def show_audit(audit: "Audit") -> None:
    """Print the verdict of each test of an audit."""
    from rich.padding import Padding
    from rich.text import Text

    console = plain_console()
    console.print(f"{audit.field}: {audit.cases:,} cases, {audit.upheld:,} of them upheld", markup=False)
    colours = {"pass": "green", "warn": "yellow", "fail": "red"}
    for verdict in audit.verdicts:
        console.print(
            Text.assemble(
                (f"{verdict.status:<5}", f"bold {colours[verdict.status]}"),
                (f"{verdict.test}: ", "bold"),
                verdict.finding,
            )
        )
        for line in verdict.evidence:
            console.print(Padding(Text(_printable(line), style="dim"), (0, 0, 0, 6), expand=False))
    console.print(
        "This text states the outcome: train on another." if audit.leaks else "No test failed.", markup=False
    )


def show_rejects(rejects: "list[Reject]", file: Path | None) -> None:
    """Print the first rejects and where all of them are."""
    for reject in rejects[:5]:
        row = f" row {reject.row}" if reject.row else ""
        note(f"  rejected {reject.where}{row}: {reject.reason}")
    if len(rejects) > 5:
        note(f"  and {len(rejects) - 5} more")
    if file:
        note(f"  rejects  {file}")


def note(text: str) -> None:
    """Print a line on standard error."""
    typer.echo(text, err=True)
