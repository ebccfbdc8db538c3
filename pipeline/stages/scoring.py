"""Complaints and a bundle in, predictions out, and what sets these complaints apart from those of training."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

from pipeline.bundle import Bundle, latest_bundle, load_bundle
from pipeline.errors import InputError
from pipeline.params import Params
from pipeline.score.batch import Advance, ScoringSummary, score_file
from pipeline.score.drift import compare, drift_path
from pipeline.score.plan import Options
from pipeline.score.results import Results
from pipeline.score.triage import write_page
from pipeline.score.workers import Workers
from pipeline.stages.files import check_suffix
from pipeline.stages.progress import Progress, silent
from pipeline.tables import STANDARD, format_named, write_text

LONG = 4_000_000  # bytes of an input, from which on it is sure to be scored over all cores


def score(
    source: Path,
    output: Path,
    *,
    model: str,
    models: Path,
    params: Params,
    progress: Advance,
    options: Options | None = None,
    report: Path | None = None,
    report_progress: Progress = silent,
) -> ScoringSummary:
    """Score a file of complaints with a bundle; what sets them apart from training goes to a file beside the output.

    Args:
        source: CSV, TSV, JSONL or Parquet, or "-" for standard input.
        output: the same, by its name, or "-" for standard output.
        model: a bundle's folder, "latest", or an MLflow address.
        models: where "latest" is looked for.
        params: chunk size, formula guard, and limits; all that shapes a prediction comes from the bundle.
        progress: called after every chunk with the number of its rows, and the share of the input done so far.
        options: what else is wanted.
        report: a page to look through the results, as HTML; it holds the complaints' texts. None: none.
        report_progress: shows how far the page has come.

    Raises:
        InputError: a source that cannot be read at all or has no complaint column, or an output that cannot be written.
        BundleError: a bundle that is missing, altered or incompatible; nothing is written then.
        ScoringError: scoring that broke off.
    """
    _check_written_beside(source, output, report)
    options = options or Options()
    with Workers() as workers:
        if source.is_file() and source.stat().st_size > LONG:
            workers.start()  # they take as long as the bundle takes to load
        bundle = find_bundle(model, models, params)
        scored = score_file(
            source,
            output,
            bundle=bundle,
            params=params.score,
            advance=progress,
            options=options,
            workers=workers,
        )
    drift = compare(bundle.reference, scored.profile, params.drift)
    if output != STANDARD:
        write_text(drift_path(output), drift.as_text())
    if report:
        form = format_named(options.output_format) if options.output_format else None
        results = Results(output, bundle, options.fields, form, drift)
        write_page(
            report,
            results,
            limit=params.score.report_rows,
            passing=lambda rows: report_progress(rows, "writing the page"),
        )
    return replace(scored, drift=drift, report=report)


def score_with_spark(
    source: str,
    output: str,
    *,
    model: str,
    models: Path,
    params: Params,
    master: str | None = None,
    options: Options | None = None,
) -> ScoringSummary:
    """Score a folder of files with a bundle, by Spark; what sets them apart from training goes to "OUTPUT.drift.json".

    Args:
        source: CSV, TSV, JSONL or Parquet, wherever Spark can read.
        output: a folder, in a format by its name.
        model: a bundle's folder, "latest", or an MLflow address.
        models: where "latest" is looked for.
        params: rows at a time, and formula guard; all that shapes a prediction comes from the bundle.
        master: where Spark is started; None: on all cores of this machine.
        options: what else is wanted.

    Raises:
        InputError: PySpark or Java is missing, or see `score.spark.engine.score_folder`.
        BundleError: a bundle that is missing, altered or incompatible, here or on a worker.
    """
    from pipeline.score.spark.needs import check_installed

    check_installed()
    from pipeline.score.spark.engine import MASTER, score_folder
    from pipeline.score.spark.packed import PackedBundle

    with _bundle_folder(model, models, params) as folder:
        bundle = load_bundle(
            folder
        )  # Spark takes long to start, and longer to say what is wrong with a bundle
        packed = PackedBundle.of(folder)
    return score_folder(
        source,
        output,
        bundle=packed,
        params=params.score,
        master=master or MASTER,
        options=options,
        drift_of=partial(compare, bundle.reference, params=params.drift),
    )


def _check_written_beside(source: Path, output: Path, report: Path | None) -> None:
    """Refuse names under which the page or the drift would overwrite something, before the work."""
    if report:
        check_suffix(report, ".html")
        if output == STANDARD:
            raise InputError("--report: is made from the output's file; give one with --out FILE.")
    beside = {drift_path(output).resolve(), *([report.resolve()] if report else [])}
    for path in {source, output} - {STANDARD}:
        if path.resolve() in beside:
            raise InputError(
                f"{path}: would be overwritten by what is written beside --out {output}; choose another name."
            )


def find_bundle(model: str, models: Path, params: Params) -> Bundle:
    """Return the bundle in a folder, the "latest" one below `models`, or the one at an MLflow address."""
    with _bundle_folder(model, models, params) as folder:
        return load_bundle(folder)


@contextmanager
def _bundle_folder(model: str, models: Path, params: Params) -> Iterator[Path]:
    if model.startswith(("models:/", "runs:/")):
        from pipeline.tracking.fetch import download_bundle

        with TemporaryDirectory() as folder:
            yield download_bundle(model, params, Path(folder))
    else:
        yield latest_bundle(models) if model == "latest" else Path(model)
