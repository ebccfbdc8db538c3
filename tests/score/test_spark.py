import csv
import gzip
import json
import os
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import chdir
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pyspark.sql import Row, SparkSession
from pyspark.sql import functions as sf
from typer.testing import CliRunner

from pipeline import cli
from pipeline.errors import BundleError, InputError
from pipeline.score.batch import ScoringSummary, score_file
from pipeline.score.plan import Options
from pipeline.score.spark.claim import CLAIM, claimed
from pipeline.score.spark.engine import score_folder
from pipeline.score.spark.packed import PackedBundle, loaded
from pipeline.score.spark.session import open_session
from pipeline.tracking.runs import log_bundle

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
CASES = [json.loads(line) for line in (ROOT / "pipeline" / "corpus" / "cases.jsonl").open(encoding="utf-8")]
COMPLAINT = "Ms A says the Council did not provide the therapy named in her son's plan."
ROWS_A_BATCH = 50


@pytest.fixture(scope="module")
def spark() -> Iterator[SparkSession]:
    with open_session("local[2]", rows=ROWS_A_BATCH) as session:
        yield session


@pytest.fixture(scope="module")
def packed(trained) -> PackedBundle:
    return PackedBundle.of(trained.bundle)


@pytest.fixture
def score(spark, packed, params, tmp_path) -> Callable[..., ScoringSummary]:
    """Score by the session of this module, which paths must be absolute for: its own folder is an earlier one."""

    def run(source: Path | str, output: str, **options: Any) -> ScoringSummary:
        settings = params.score.model_copy(update={"chunk_rows": ROWS_A_BATCH})
        where = source if isinstance(source, str) else str(source.resolve())
        return score_folder(
            where, str(tmp_path / output), bundle=packed, params=settings, options=Options(**options)
        )

    return run


@pytest.fixture
def score_here(bundle, params) -> Callable[..., ScoringSummary]:
    def run(source: Path, output: str, **options: Any) -> ScoringSummary:
        return score_file(
            source, Path(output), bundle=bundle, params=params.score, advance=lambda rows, share: None,
            options=Options(**options),
        )  # fmt: skip

    return run


def _complaints() -> list[dict[str, Any]]:
    """300 rows: the embedded cases with an id, some without a text, and cells that are hard to carry in CSV."""
    return [
        {
            "id": number,
            "complaint": case["complaint"] if number % 29 else " ",
            "category": case["category"],
            "received_on": f"20{10 + number % 14}-04-0{1 + number % 9}",
            "outcome": case["outcome"],
            "note": ['a "quotation",\r\nand a line', "=1+1", "", "naïve £5 – 😀", None][number % 5],
        }
        for number, case in enumerate(CASES[:100] * 3)
    ]


def _write(path: Path, rows: list[dict[str, Any]]) -> None:
    if path.suffix == ".parquet":
        pq.write_table(pa.Table.from_pylist(rows), path)
        return
    with path.open("w", newline="", encoding="utf-8") as file:
        if path.suffix == ".jsonl":
            file.writelines(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
        else:
            writer = csv.DictWriter(file, list(rows[0]))
            writer.writeheader()
            writer.writerows(rows)


def _rows(path: Path) -> list[Any]:
    """The rows of an output, a file or a folder, in an order of their own."""
    files = sorted(path.glob("part-*")) if path.is_dir() else [path]
    if path.suffix == ".parquet":
        rows = [row for file in files for row in pq.read_table(file).to_pylist()]
    elif path.suffix == ".csv":
        rows = [row for file in files for row in csv.DictReader(file.open(newline="", encoding="utf-8"))]
    else:
        rows = [json.loads(line) for file in files for line in file.open(encoding="utf-8")]
    return sorted(rows, key=_in_order)


def _in_order(row: dict[str, Any]) -> str:
    return repr(sorted(row.items()))


def _rejects(path: Path, file: str | None = None) -> Counter[tuple[str, int | None, str]]:
    """File, row and reason of each reject; those of one machine do not name the `file`."""
    return Counter(
        (Path(row.get("file") or file).name, row.get("row"), row["reason"])
        for part in (path.glob("part-*") if path.is_dir() else [path])
        for row in map(json.loads, part.open(encoding="utf-8"))
    )


@pytest.mark.parametrize(
    ("kind", "output"),
    [("csv", "csv"), ("jsonl", "jsonl"), ("parquet", "parquet"), ("jsonl", "parquet"), ("parquet", "csv")],
)
def test_spark_gives_the_rows_and_rejects_that_one_machine_gives(score, score_here, kind, output):
    folder, rows = Path("complaints"), _complaints()
    folder.mkdir()
    for part in range(3):
        _write(folder / f"{part}.{kind}", rows[part::3])
    if kind == "csv":
        (folder / "0.csv").open("a").write('short,row\n9,"open\nagain,short\n')
        (folder / "1.csv").open("ab").write(b"900,Caf\xc3\xa9 \x81,c,,o,n\n")
    if kind == "jsonl":
        (folder / "2.jsonl").open("a").write('{"complaint": ["list"]}\nnot JSON\n\n{"extra": [1]}\n')

    summary = score(folder, f"scored.{output}", explain=2)

    expected, rejects = [], Counter()
    here = []
    for file in sorted(folder.iterdir()):
        here.append(score_here(file, f"{file.stem}.{output}", explain=2))
        rejects += _rejects(Path(f"{file.stem}.rejects.jsonl"), file.name)
        expected += _rows(Path(f"{file.stem}.{output}"))
    columns = {name: None for row in expected for name in row}
    if output == "parquet":  # a table has the columns of all its files
        expected = [{name: row.get(name) for name in columns} for row in expected]
    assert _rows(Path(f"scored.{output}")) == sorted(expected, key=_in_order)
    assert _rejects(Path(f"scored.{output}.rejects")) == rejects
    assert summary.outcomes == sum((Counter(part.outcomes) for part in here), Counter())
    assert summary.rejects == sum((Counter(part.rejects) for part in here), Counter())
    assert summary.profile == sum((part.profile for part in here[1:]), here[0].profile)
    assert summary.scored + summary.refused == len(rows) + sum(rejects.values()) - 11
    assert {path.name for path in Path(f"scored.{output}").glob("_*")} == {"_SUCCESS"}


def test_columns_of_parquet_keep_their_types_and_their_rare_values(score):
    source = pa.table(
        {
            "text": [COMPLAINT] * 3,
            "id": pa.array([9007199254740993, None, 1], pa.int64()),
            "received_on": [date(2024, 5, 1), date(9999, 12, 31), None],
            "seen": pa.array([datetime(2024, 5, 1, 1, 2, 3, 456789), datetime(9999, 12, 31), None], pa.timestamp("us")),
            "at": pa.array([datetime(2024, 5, 1, tzinfo=UTC)] * 3, pa.timestamp("us", tz="UTC")),
            "cost": [Decimal("1.50"), None, None],
            "share": [float("nan"), None, 0.5],
            "tags": [["a", None], [], None],
            "place": [{"ward": "a.b"}, {"ward": None}, None],
            "p_upheld": [True, False, None],
            "ID": ["x", "y", "z"],
        }
    )  # fmt: skip
    pq.write_table(source, "in.parquet")
    score(Path("in.parquet"), "out.parquet", fields={"complaint": "text"})
    scored = pq.ParquetDataset("out.parquet").read()
    names = {name: "input_p_upheld" if name == "p_upheld" else name for name in source.column_names}
    passed = scored.select(list(names.values())).rename_columns(list(names))
    assert [field.type for field in passed.schema] == [field.type for field in source.schema]
    assert sorted(map(repr, passed.to_pylist())) == sorted(
        map(repr, source.to_pylist())
    )  # repr: NaN equals none
    assert scored.schema.field("p_upheld").type == pa.float64()
    assert scored.schema.field("decided").type == pa.bool_()


def test_a_worker_loads_the_bundle_once_for_all_its_partitions(spark, score, packed):
    _write(Path("in.jsonl"), [{"complaint": COMPLAINT}] * 20)
    score(Path("in.jsonl"), "out.jsonl")

    def loads(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for _ in batches:
            about = loaded.cache_info()
            yield pa.RecordBatch.from_pylist(
                [{"process": os.getpid(), "loads": about.misses, "uses": about.hits}]
            )

    found = spark.range(8).repartition(8).mapInArrow(loads, "process long, loads long, uses long").collect()
    assert {row.loads for row in found} == {1}
    assert all(row.uses > 1 for row in found)


def test_a_session_that_was_there_goes_on_with_its_own_settings(spark):
    given = SparkSession.builder.getOrCreate()
    with open_session("local[2]", rows=7) as own:
        assert own.conf.get("spark.sql.execution.arrow.maxRecordsPerBatch") == "7"
        assert own.conf.get("spark.sql.caseSensitive") == "true"
    assert given.conf.get("spark.sql.execution.arrow.maxRecordsPerBatch") == "10000"
    assert given.conf.get("spark.sql.caseSensitive") == "false"
    assert given.range(3).count() == 3


def test_files_may_have_other_columns_and_folders_may_name_some(score):
    for area, row in (
        ("05", {"id": "1", "complaint": COMPLAINT}),
        ("06", {"text": COMPLAINT, "ward": "=North"}),
    ):
        Path(f"in/area={area}").mkdir(parents=True)
        _write(Path(f"in/area={area}/a.csv"), [row])
    score(Path("in"), "out.csv")
    first, second = sorted(_rows(Path("out.csv")), key=lambda row: row["area"])
    names = ("area", "id", "complaint", "text", "ward")
    assert [first[name] for name in names] == ["05", "1", COMPLAINT, "", ""]
    assert [second[name] for name in names] == ["06", "", "", COMPLAINT, "'=North"]
    assert first["p_upheld"] == second["p_upheld"]


def test_a_file_that_cannot_be_read_is_a_reject_and_the_rest_goes_on(score):
    Path("in").mkdir()
    _write(Path("in/a.csv"), [{"id": "1", "complaint": COMPLAINT}])
    Path("in/b.csv").write_text("id,complaint\n2,bins\n", encoding="utf-16")
    Path("in/c.csv").write_text("")
    summary = score(Path("in"), "out.csv")
    assert [row["id"] for row in _rows(Path("out.csv"))] == ["1"]
    ((file, row, reason),) = _rejects(Path("out.csv.rejects"))
    assert (file, row, summary.refused) == ("b.csv", None, 1)
    assert "is UTF-16 or UTF-32; must be UTF-8" in reason


def test_compressed_files_tabs_and_wildcards_are_read(score):
    Path("in").mkdir()
    Path("in/a.tsv.gz").write_bytes(gzip.compress(f"id\tcomplaint\n1\t{COMPLAINT}\n".encode("utf-8-sig")))
    Path("in/b.md").write_text("# About")
    score(str(Path("in").resolve() / "*.tsv.gz"), "out.tsv")
    files = [csv.DictReader(path.open(newline=""), delimiter="\t") for path in Path("out.tsv").glob("part-*")]
    (row,) = [row for rows in files for row in rows]
    assert (row["id"], row["complaint"]) == ("1", COMPLAINT)


def test_an_output_without_a_format_has_that_of_the_input_and_can_be_scored_again(score):
    _write(Path("in.jsonl"), [{"id": 7, "complaint": COMPLAINT}])
    score(Path("in.jsonl"), "out")
    score(Path("out"), "again", input_format="jsonl")
    (first,), (second,) = _rows(Path("out")), _rows(Path("again"))
    assert second == {"id": 7, "complaint": COMPLAINT} | {
        f"input_{name}": first[name] for name in list(first)[2:]
    } | {name: first[name] for name in list(first)[2:]}


def test_no_complaint_text_stands_in_the_rejects(score):
    _write(Path("in.jsonl"), [{"id": 1, "complaint": "secret \0 text"}, {"id": 2, "complaint": ["secret"]}])
    assert score(Path("in.jsonl"), "out.jsonl").refused == 2
    assert "secret" not in "".join(path.read_text() for path in Path("out.jsonl.rejects").glob("part-*"))


def test_an_output_that_is_there_is_refused_and_stays(score):
    _write(Path("in.jsonl"), [{"complaint": COMPLAINT}])
    Path("out.jsonl").mkdir()
    Path("out.jsonl/mine.txt").write_text("mine")
    with pytest.raises(InputError, match=r"out\.jsonl: is there already; choose another name for --out"):
        score(Path("in.jsonl"), "out.jsonl")
    assert Path("out.jsonl/mine.txt").read_text() == "mine"
    Path("new.jsonl.rejects").mkdir()
    Path("new.jsonl.rejects/part-0").write_text("{}")
    with pytest.raises(InputError, match=r"new\.jsonl\.rejects: is there already"):
        score(Path("in.jsonl"), "new.jsonl")


def test_an_output_that_another_run_is_writing_is_refused_and_left_to_it(score, spark):
    _write(Path("in.jsonl"), [{"complaint": COMPLAINT}])
    with claimed(spark, str(Path("out.jsonl").resolve())):
        with pytest.raises(InputError, match=r"out\.jsonl: another run is writing it, or was killed"):
            score(Path("in.jsonl"), "out.jsonl")
        assert [path.name for path in Path("out.jsonl").iterdir() if path.suffix != ".crc"] == [CLAIM]
    assert not list(Path("out.jsonl").iterdir())
    assert score(Path("in.jsonl"), "out.jsonl").scored == 1  # an empty folder is no obstacle


def test_what_a_worker_finds_wrong_with_the_bundle_is_said_and_nothing_is_left(
    spark, trained, params, tmp_path
):
    _write(Path("in.jsonl"), [{"complaint": COMPLAINT}])
    altered = shutil.copytree(trained.bundle, tmp_path / "altered")
    (altered / "card.md").write_text("another card")
    packed = PackedBundle.of(altered)
    with pytest.raises(BundleError, match=r"on a Spark worker: .*card\.md altered since training"):
        score_folder(
            str(tmp_path / "in.jsonl"), str(tmp_path / "out.jsonl"), bundle=packed, params=params.score
        )
    assert {path.name for path in tmp_path.iterdir()} == {"altered", "in.jsonl"}


@pytest.mark.parametrize(
    ("files", "options", "message"),
    [
        ({}, {}, r"Spark: Path does not exist: file:/.*/in"),
        ({"a.csv": "id,complaint\n", "b.txt": "x"}, {}, r"in: holds a\.csv, b\.txt; must hold files of one format"),
        ({"a.csv": "id,story\n1,bins\n"}, {}, r"in: has no complaint column; .* its columns are id, story"),
        ({"a.csv": "id,id\n1,bins\n"}, {}, r"a\.csv: header has the columns id twice"),
        ({"a.csv": ""}, {}, r"in: is empty; must hold at least one row"),
        ({"a.parquet": "none"}, {}, r"Spark: .*a\.parquet is not a Parquet file"),
        ({"a.csv": "text\nbins\n"}, {"fields": {"id": "key"}}, r"in: has no column for --map id=key"),
        ({"a.csv": "text\nbins\n"}, {"resume": True}, r"--resume: is for --engine local"),
        ({"a.csv": "text\nbins\n"}, {"output_format": "xlsx"}, r"'xlsx' is no format"),
        ({"a.csv": "text\nbins\n"}, {"output_format": "csv.zst"}, r"out: Spark reads \.zst and does not write it"),
    ],
)  # fmt: skip
def test_what_cannot_be_done_is_said_plainly_and_leaves_nothing_behind(score, files, options, message):
    for name, text in files.items():
        Path("in").mkdir(exist_ok=True)
        Path("in", name).write_text(text)
    with pytest.raises(InputError, match=message):
        score(Path("in"), "out", **options)
    assert not Path("out").exists()


def test_the_logged_model_scores_as_a_spark_function(spark, trained, bundle, params, tmp_path):
    import mlflow

    store = params.tracking.model_copy(update={"uri": f"sqlite:///{tmp_path}/mlflow.db"})
    with chdir(tmp_path):
        logged = log_bundle(trained.bundle, params.model_copy(update={"tracking": store}))
    rows = [
        Row(id=n, complaint=case["complaint"], category=case["category"]) for n, case in enumerate(CASES[:20])
    ]
    score = mlflow.pyfunc.spark_udf(spark, logged.model_uri, env_manager="local")
    frame = spark.createDataFrame(rows).repartition(2)
    found = (
        frame.select("id", score(sf.struct("complaint", "category")).alias("scored")).orderBy("id").collect()
    )
    expected = bundle.predict([row.asDict() for row in rows])
    assert [row.scored.p_upheld for row in found] == expected["p_upheld"].tolist()
    assert [row.scored.decided for row in found] == expected["decided"].tolist()
    assert [[ground.asDict() for ground in row.scored.grounds] for row in found] == expected[
        "grounds"
    ].tolist()


def _python(code: str, *arguments: str | Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run code in a process of its own, with the arguments of the command."""
    return subprocess.run(
        [sys.executable, "-P", "-c", code, "score", *map(str, arguments), "--engine", "spark"],
        capture_output=True, text=True, timeout=300, env=os.environ | environment, check=False,
    )  # fmt: skip


MAIN = "from pipeline.cli import main; main()"
INSTALL = "install Java 17 or newer (Debian, Ubuntu: apt-get install openjdk-17-jre-headless"


def test_the_command_starts_spark_scores_a_folder_and_stops_spark(trained):
    Path("in").mkdir()
    Path("pipeline").mkdir()  # not to be taken for the package, here or by a worker
    _write(Path("in/a.csv"), [{"id": str(n), "story": COMPLAINT} for n in range(500)])
    code = (
        "import sys; from pipeline.cli import app; app(sys.argv[1:], standalone_mode=False)\n"
        "import pyspark; print('Spark runs:', pyspark.SparkContext._active_spark_context is not None)"
    )
    options = (
        "--master",
        "local[2]",
        "--model",
        trained.bundle,
        "--map",
        "complaint=story",
        "--explain",
        "1",
    )
    done = _python(code, "in", "--out", "out.parquet", *options)
    assert done.returncode == 0, done.stderr
    assert "scored    500 complaints: out.parquet" in done.stdout
    assert "Spark runs: False" in done.stdout
    assert not {"WARN", "ERROR", "FutureWarning"} & set(done.stderr.split())
    assert [len(row["reasons"]) > 0 for row in _rows(Path("out.parquet"))] == [True] * 500
    here = CliRunner().invoke(
        cli.app,
        [
            "score",
            "in/a.csv",
            "--out",
            "here.csv",
            "--model",
            str(trained.bundle),
            "--map",
            "complaint=story",
        ],
    )
    assert here.exit_code == 0
    drift = json.loads(Path("out.parquet.drift.json").read_text(encoding="utf-8"))
    assert drift["warnings"]  # one complaint 500 times over
    assert drift == json.loads(Path("here.drift.json").read_text(encoding="utf-8"))


def test_a_master_on_which_spark_does_not_start_is_said_plainly(trained):
    _write(Path("in.jsonl"), [{"complaint": COMPLAINT}])
    done = _python(MAIN, "in.jsonl", "--out", "out", "--model", trained.bundle, "--master", "local[two]")
    assert done.returncode == 2
    assert done.stderr.splitlines()[-1] == (
        "error: --master local[two]: Spark does not start there: Could not parse Master URL: 'local[two]'"
    )


def test_a_master_without_spark_is_wrong_use():
    assert (
        "is for --engine spark only"
        in CliRunner().invoke(cli.app, ["score", "a", "--out", "b", "--master", "c"]).output
    )


def test_without_pyspark_the_message_names_the_extra():
    done = _python(f"import sys; sys.modules['pyspark'] = None; {MAIN}", "in.jsonl", "--out", "out")
    assert (done.returncode, "pip install 'upheld[spark]'" in done.stderr) == (2, True)


def test_without_java_the_message_says_what_to_install(tmp_path):
    done = _python(MAIN, "in.jsonl", "--out", "out", PATH=str(tmp_path), JAVA_HOME="")
    assert (done.returncode, f"needs Java, and java does not start; {INSTALL}" in done.stderr) == (2, True)
    done = _python(MAIN, "in.jsonl", "--out", "out", JAVA_HOME=str(tmp_path))
    assert (done.returncode, f"{tmp_path}/bin/java does not start; {INSTALL}" in done.stderr) == (2, True)


def test_a_java_that_is_too_old_is_named_with_its_version(tmp_path):
    java = tmp_path / "bin" / "java"
    java.parent.mkdir()
    java.write_text("#!/bin/sh\necho 'openjdk version \"11.0.22\" 2024-01-16' >&2\n")
    java.chmod(0o755)
    done = _python(MAIN, "in.jsonl", "--out", "out", JAVA_HOME=str(tmp_path))
    assert (done.returncode, f"needs Java 17, and {java} is Java 11; {INSTALL}" in done.stderr) == (2, True)
