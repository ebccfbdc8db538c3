"""Folders of complaints in, folders of predictions out, by Spark; refuses outputs that are there and unusable inputs.

Spark finds and decompresses the files, takes their bytes to the workers and writes what comes back. What is in them is
read and scored there by `worker`, as it would be on one machine, so that it comes out the same. What is scored stays on
the workers' disks until it is written: rows and rejects are two outputs, and nothing shall be scored twice.
"""

from collections.abc import Callable
from functools import partial
from pathlib import PurePosixPath

import pyarrow as pa
from pyspark import StorageLevel
from pyspark.sql import DataFrame

from pipeline.bundle import passed_through, prediction_columns
from pipeline.errors import InputError
from pipeline.params import Score
from pipeline.profile import Profile
from pipeline.score.batch import ScoringSummary
from pipeline.score.chunk import Tally
from pipeline.score.columns import PREDICTION_TYPES, check_columns
from pipeline.score.drift import Drift
from pipeline.score.plan import Options
from pipeline.score.spark import worker
from pipeline.score.spark.claim import claimed, drift_file, rejects_folder, write_text
from pipeline.score.spark.packed import PackedBundle
from pipeline.score.spark.reading import Input, on_workers, open_input, types_in
from pipeline.score.spark.session import open_session, plain_errors
from pipeline.tables import Format, cell_of, format_named
from pipeline.tables.formats import ALLOWED, format_in

MASTER = "local[*]"
PARTITIONS_A_CORE = 4  # more than one: a core that is done early takes over from the others


def score_folder(
    source: str,
    output: str,
    *,
    bundle: PackedBundle,
    params: Score,
    master: str = MASTER,
    options: Options | None = None,
    drift_of: Callable[[Profile], Drift] | None = None,
) -> ScoringSummary:
    """Score a folder of files, or one file; rejects go to "OUTPUT.rejects". The order of rows is not kept.

    Args:
        source: CSV, TSV, JSONL or Parquet, wherever Spark can read: a path, "s3a://...", "hdfs://...", with wildcards.
        output: a folder that is not there yet, or empty. Its name says the format, as a file's would; where it says
            none, the format is that of the input.
        bundle: the model.
        params: rows at a time, and formula guard.
        master: where Spark is started, if it does not run in this process: "local[2]" is on two cores of this machine.
        options: what else is wanted.
        drift_of: finds what sets the scored rows apart, which goes to "OUTPUT.drift.json"; None: nobody looks.

    Raises:
        InputError: an input that cannot be read at all or has no complaint column, an output that is there or cannot be
            written, or a master that is none.
        BundleError: a worker cannot load the bundle.
    """
    options = options or Options()
    if options.resume:
        raise InputError("--resume: is for --engine local; Spark repeats by itself what fails. Leave it out.")
    output = output.rstrip("/")
    with plain_errors(), open_session(master, rows=params.chunk_rows) as session, claimed(session, output):
        read = open_input(session, source, options.input_format)
        form = _output_format(output, read.form, options)
        tally = _score(read.records, _work(read, form, bundle, params, options), output, form)
        drift = drift_of(tally.profile) if drift_of else None
        if drift:
            write_text(session, drift_file(output), drift.as_text())
    rejects = rejects_folder(output) if tally.reasons else None
    return ScoringSummary(output, tally.outcomes, tally.reasons, tally.profile, rejects, drift=drift)


def _output_format(output: str, read: Format, options: Options) -> Format:
    name = PurePosixPath(output).name
    named = format_named(options.output_format) if options.output_format else None
    form = named or (format_in(name) if "." in name else read)
    if form is None:
        raise InputError(
            f"{output}: unknown format; must end in {ALLOWED}, or in none for that of the input."
        )
    if form.compression == "zstd":
        raise InputError(f"{output}: Spark reads .zst and does not write it; must be .gz or not compressed.")
    return form


def _work(read: Input, form: Format, bundle: PackedBundle, params: Score, options: Options) -> worker.Work:
    types, explain, neutralise = read.types, options.explain, params.neutralise_formulas
    if types is not None:
        check_columns(read.name, list(types), options.fields)
    elif form.kind != "jsonl":
        types = types_in(read.records)
    names = None if types is None else passed_through(types, explain=explain)
    written = None
    if types is not None and names is not None and form.kind != "jsonl":
        written = {names[name]: kind for name, kind in types.items()}
        written |= {name: PREDICTION_TYPES[name] for name in prediction_columns(explain)}
        if form.kind != "parquet":
            written = {cell_of(name, neutralise=neutralise): pa.string() for name in written}
    return worker.Work(
        bundle=bundle,
        explain=explain,
        fields=dict(options.fields),
        names=names,
        types=written,
        as_cells=form.kind in {"csv", "tsv"},
        neutralise=neutralise,
    )


def _score(records: DataFrame, work: worker.Work, output: str, form: Format) -> Tally:
    cores = records.sparkSession.sparkContext.defaultParallelism
    spread = records.repartition(PARTITIONS_A_CORE * cores)
    scored = on_workers(spread, partial(worker.scored, work=work), work.schema)
    scored.persist(StorageLevel.DISK_ONLY)
    try:
        tallies = scored.where("tally is not null").select("tally").collect()
        tally = sum((Tally.model_validate_json(part.tally) for part in tallies), Tally())
        if tally.reasons:
            rejects = scored.where("reject is not null").select("reject.*")
            rejects.write.mode("append").json(rejects_folder(output))
        _write(scored.where("row is not null"), work, output, form)
    finally:
        scored.unpersist()
    return tally


def _write(scored: DataFrame, work: worker.Work, output: str, form: Format) -> None:
    frame = scored.select("row" if work.types is None else "row.*")
    writer = frame.write.mode("append")  # to the folder that this run has claimed
    if form.kind == "jsonl":
        writer.text(output, compression=form.compression)
    elif form.kind == "parquet":
        writer.parquet(output, compression="zstd")
    else:
        writer.csv(
            output,
            compression=form.compression,
            sep="\t" if form.kind == "tsv" else ",",
            header=True,
            escape='"',
            nullValue="",
            emptyValue="",
            ignoreLeadingWhiteSpace=False,
            ignoreTrailingWhiteSpace=False,
        )
