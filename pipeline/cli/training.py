"""From a labelled corpus to a bundle, and what it is worth: run, train, evaluate, audit."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pipeline.cli.options import Model, Models, ParamsFile, load_settings
from pipeline.cli.progress import bar, no_bar
from pipeline.cli.show import note, show_audit, show_evaluation, show_scoring, show_stage, show_training
from pipeline.errors import InputError, TrackingError

if TYPE_CHECKING:
    from pipeline.assess import EvaluationSummary
    from pipeline.params import Params
    from pipeline.tracking.recipe import Recipe


def run(
    out: Annotated[
        Path, typer.Option(help="Folder for everything made, but bundles and the MLflow store.")
    ] = Path("out"),
    models: Models = Path("models"),
    params_file: ParamsFile = None,
) -> None:
    """Run the whole pipeline on the embedded corpus, then score a sample.

    Example: upheld run
    """
    from contextlib import ExitStack

    from pipeline import stages
    from pipeline.corpus import embedded_corpus, sample_complaints

    params = load_settings(params_file)
    stages.make_folder(out)
    with ExitStack() as stack:
        labelled = stages.label(embedded_corpus(stack), out / "labelled.jsonl", progress=bar)
        show_stage("labelled", labelled)
        trained = stages.train(labelled.output, models, params, name="embedded", progress=bar)
        show_training(trained)
        _track(trained.bundle, params)
        sample = sample_complaints(stack)
        scored = stages.score(
            sample,
            out / "sample.scored.csv",
            model=str(trained.bundle),
            models=models,
            params=params,
            progress=no_bar,
        )
    show_scoring(scored)
    typer.echo(f"bundle    {trained.bundle}")


def train(
    corpus: Annotated[Path, typer.Option(help="Labelled decisions, as JSONL.")],
    out: Annotated[Path, typer.Option(help="Folder of bundles.")] = Path("models"),
    from_run: Annotated[
        str | None,
        typer.Option(
            metavar="RUN_ID", help="Settings of this MLflow run; the corpus must be its corpus, too."
        ),
    ] = None,
    search: Annotated[
        int,
        typer.Option(min=0, metavar="N", help="Try N settings out of search.space on the past cases first."),
    ] = 0,
    params_file: ParamsFile = None,
) -> None:
    """Train both heads, measure them on later cases, save a bundle, and log the run; prints the bundle's path last.

    Example: upheld train --corpus labelled.jsonl

    Example: upheld train --corpus labelled.jsonl --search 20
    """
    from pipeline import lifecycle, stages

    params = load_settings(params_file)
    if search and from_run:
        raise InputError(
            "train: --search tries other settings, --from-run repeats those of a run; give one of them."
        )
    recipe = lifecycle.recipe_for(from_run, corpus, params) if from_run else None
    settings = recipe.params if recipe else params
    summary = stages.train(corpus, out, settings, candidates=search, progress=bar)
    show_training(summary)
    if recipe:
        _compare_weights(recipe, summary.bundle)
    _track(summary.bundle, params)
    typer.echo(summary.bundle)


def evaluate(
    corpus: Annotated[Path, typer.Option(help="Labelled decisions, as JSONL.")],
    out: Annotated[Path, typer.Option(help="Folder for metrics.json and report.html.")],
    model: Model = "latest",
    compare: Annotated[
        str | None, typer.Option(metavar="OTHER", help="Another bundle, on the same cases.")
    ] = None,
    show_texts: Annotated[
        bool, typer.Option("--show-texts", help="Put texts of complaints into the page.")
    ] = False,
    models: Models = Path("models"),
    params_file: ParamsFile = None,
) -> None:
    """Evaluate a bundle under several splits, beside baselines: metrics.json, and report.html to look at.

    Example: upheld evaluate --model latest --corpus labelled.jsonl --out evaluation
    """
    from pipeline import assess

    params = load_settings(params_file)
    page = assess.Page(show_texts=show_texts, compare=compare)
    summary = assess.evaluate_bundle(model, corpus, out, params, models=models, page=page)
    show_evaluation(summary)
    # The text of no complaint goes to the store, unless the settings say so.
    with_page = params.tracking.log_texts or not show_texts
    _track_evaluation(summary, [summary.metrics, *([summary.report] if with_page else [])], params)
    typer.echo(f"report    {summary.report}")


def audit(
    corpus: Annotated[Path, typer.Option(help="Cases with an outcome, as JSONL or CSV.")],
    text_field: Annotated[str, typer.Option(help="The field that a model is to learn from.")] = "complaint",
    params_file: ParamsFile = None,
) -> None:
    """Say whether the outcome is written into a text; exits 1 where it leaks.

    Example: upheld audit --corpus cases.jsonl --text-field complaint
    """
    from pipeline import assess

    found = assess.audit_corpus(corpus, text_field, load_settings(params_file))
    show_audit(found)
    if found.leaks:
        raise typer.Exit(1)


def _compare_weights(recipe: "Recipe", bundle: Path) -> None:
    """Say whether the heads are those of the run that the settings came from."""
    from pipeline.manifest import read_manifest

    if recipe.weights_digest is None:
        return
    if read_manifest(bundle)["weights_digest"] == recipe.weights_digest:
        typer.echo(f"the same  every weight is that of run {recipe.run_id}")
    else:
        note(
            f"warning: the weights are not those of run {recipe.run_id}, though settings and corpus are; compare the "
            f"versions of Python and of the libraries in both manifests."
        )


def _track(bundle: Path, params: "Params") -> None:
    """Log a bundle; a store out of reach costs a message, never the bundle."""
    from pipeline.tracking.runs import log_bundle

    try:
        run = log_bundle(bundle, params)
    except TrackingError as error:
        note(f"warning: {error}. The bundle is safe in {bundle}; log it later with: upheld models sync")
        return
    hint = "" if run.uri.startswith("http") else f"; look at it with: mlflow ui --backend-store-uri {run.uri}"
    typer.echo(f"tracked   run {run.run_id} in {run.uri}, version {run.version}{hint}")


def _track_evaluation(summary: "EvaluationSummary", files: list[Path], params: "Params") -> None:
    """Log an evaluation; a store out of reach costs a message, never the files."""
    from pipeline.evaluate.summary import headline_figures
    from pipeline.tracking.runs import log_evaluation

    evaluation = summary.evaluation
    try:
        run = log_evaluation(evaluation.version, files, headline_figures(evaluation), params)
    except TrackingError as error:
        note(f"warning: {error}. Log the model with 'upheld models sync', then evaluate again.")
        return
    typer.echo(f"tracked   run {run}")
