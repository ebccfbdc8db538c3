import json
import subprocess
import sys
from pathlib import Path

import pytest

from pipeline.errors import InputError
from pipeline.score.chunk import ScoredChunk, Tally
from pipeline.score.work import open_output, work_folder

OUT = Path("out.csv")
HEAD = b"id\n"
MADE_FROM = {"input": "in.csv", "model": "m", "settings": "s"}
REJECT = b'{"row": 3}\n'
CHUNKS = [
    ScoredChunk(b"1\n2\n", b"", Tally(outcomes={"upheld": 2}), 0.4),
    ScoredChunk(b"4\n", REJECT, Tally(outcomes={"upheld": 1}, reasons={"empty": 1}), 0.8),
    ScoredChunk(b"5\n", b"", Tally(outcomes={"closed_after_initial_enquiries": 1}), 1.0),
]


class EndedError(Exception):
    """Stands for the end of a run at some moment."""


def _run(
    chunks: list[ScoredChunk], *, resume: bool = False, ends: bool = False, made_from=MADE_FROM
) -> Tally:
    """Write the chunks that an earlier run has not; `ends`: without finishing."""
    with open_output(OUT, made_from, HEAD, resume=resume, parquet=False) as out:
        before = out.tally
        done = before.rows
        for chunk in [] if out.is_whole else chunks:
            if done <= 0:
                out.append(chunk)
            done -= chunk.tally.rows
        if ends:
            raise EndedError
        out.finish()
    return before


def _ended(chunks: list[ScoredChunk], **options) -> None:
    with pytest.raises(EndedError):
        _run(chunks, ends=True, **options)


def _assert_whole() -> None:
    assert OUT.read_bytes() == b"id\n1\n2\n4\n5\n"
    assert Path("out.rejects.jsonl").read_bytes() == REJECT
    assert not work_folder(OUT).exists()


def test_output_and_rejects_get_their_names_when_all_is_written():
    _run(CHUNKS)
    _assert_whole()


def test_nothing_stands_under_the_final_names_before():
    _ended(CHUNKS)
    assert [path.name for path in Path().iterdir()] == [".out.csv.partial"]


def test_a_run_that_finished_no_chunk_leaves_nothing():
    _ended([])
    assert list(Path().iterdir()) == []


@pytest.mark.parametrize("count", [1, 2, 3])
def test_a_resumed_run_keeps_the_finished_chunks(count):
    _ended(CHUNKS[:count])
    assert _run(CHUNKS, resume=True) == sum((chunk.tally for chunk in CHUNKS[:count]), Tally())
    _assert_whole()


def test_bytes_behind_the_last_finished_chunk_do_not_count():
    _ended(CHUNKS[:1])
    for name in ("output", "rejects"):
        with (work_folder(OUT) / name).open("ab") as file:
            file.write(b"half a row")
    _run(CHUNKS, resume=True)
    _assert_whole()


def test_a_half_written_journal_does_not_count():
    _ended(CHUNKS[:1])
    (work_folder(OUT) / "journal.json.new").write_bytes(b'{"made_from": ')
    assert _run(CHUNKS, resume=True).rows == 2
    _assert_whole()


def test_files_shorter_than_their_journal_says_are_begun_anew():
    _ended(CHUNKS[:2])
    (work_folder(OUT) / "output").write_bytes(b"id\n1")
    assert _run(CHUNKS, resume=True).rows == 0
    _assert_whole()


def test_without_resume_a_run_begins_anew():
    _ended(CHUNKS[:2])
    assert _run(CHUNKS).rows == 0
    _assert_whole()


def test_an_older_journal_never_counts_the_bytes_of_a_newer_run():
    _ended(CHUNKS[:2])
    _ended([])  # begins anew
    assert _run(CHUNKS, resume=True).rows == 0
    _assert_whole()


@pytest.mark.parametrize("changed", list(MADE_FROM))
def test_a_run_made_from_something_else_is_not_resumed(changed):
    _ended(CHUNKS[:1])
    with pytest.raises(InputError, match=f"the run to resume had other {changed}\\. .* leave out --resume"):
        _run(CHUNKS, resume=True, made_from=MADE_FROM | {changed: "other"})
    assert _run(CHUNKS, resume=True).rows == 2  # and what it had done is still there


def _end_when_renaming(monkeypatch: pytest.MonkeyPatch, number: int) -> None:
    """End the run in place of the n-th renaming or removal of a file."""
    left = [number]

    def counted(name: str):
        real = getattr(Path, name)

        def act(self, *args, **options):
            if self.name not in {"journal.json.new", "journal.json"}:
                left[0] -= 1
                if left[0] < 0:
                    raise EndedError
            return real(self, *args, **options)

        return act

    for name in ("replace", "unlink"):
        monkeypatch.setattr(Path, name, counted(name))


@pytest.mark.parametrize("older", [True, False])
@pytest.mark.parametrize("number", [0, 1, 2])
def test_a_run_that_ends_while_names_are_given_is_completed_by_the_next(monkeypatch, older, number):
    if older:
        OUT.write_bytes(b"older")
        Path("out.rejects.jsonl").write_bytes(b"older")
    with monkeypatch.context() as patched:
        _end_when_renaming(patched, number)
        with pytest.raises(EndedError):
            _run(CHUNKS)
    if OUT.exists() and OUT.read_bytes() == b"older":  # then its own rejects are beside it
        assert Path("out.rejects.jsonl").read_bytes() == b"older"
    assert _run([], resume=True).rows == 5
    _assert_whole()


def test_a_finished_output_that_was_removed_since_is_made_again():
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("shutil.rmtree", lambda *_, **__: None)
        _run(CHUNKS)
    OUT.unlink()
    assert _run(CHUNKS, resume=True).rows == 0
    _assert_whole()


def test_rejects_of_an_earlier_run_do_not_stay():
    _run(CHUNKS)
    _run(CHUNKS[:1])
    assert not Path("out.rejects.jsonl").exists()


def test_a_second_run_on_the_same_output_is_refused_and_the_first_goes_on():
    with open_output(OUT, MADE_FROM, HEAD, resume=False, parquet=False) as out:
        out.append(CHUNKS[0])
        done = subprocess.run([sys.executable, "-c", SECOND], capture_output=True, text=True, check=False)
        assert "out.csv: is being written by another run" in done.stderr
        for chunk in CHUNKS[1:]:
            out.append(chunk)
        out.finish()
    _assert_whole()


SECOND = """
from pathlib import Path
from pipeline.score.work import open_output
with open_output(Path("out.csv"), {}, b"", resume=False, parquet=False) as out:
    out.finish()
"""


def test_the_lock_ends_with_its_process(tmp_path):
    script = SECOND.replace("out.finish()", "import os; os.kill(os.getpid(), 9)")
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == -9
    _run(CHUNKS)
    _assert_whole()


def test_a_full_disk_says_so_and_what_was_finished_can_be_resumed():
    done = subprocess.run([sys.executable, "-c", FULL], capture_output=True, text=True, check=False)
    assert done.stdout == "out.csv: cannot be written (File too large); 2 rows are safe in .out.csv.partial. " \
        "Make room, then run the same command with --resume.\n"  # fmt: skip
    with open_output(OUT, {}, b"id\n", resume=True, parquet=False) as out:
        assert out.tally.rows == 2
        out.finish()
    assert OUT.read_bytes() == b"id\n1\n2\n"


# A limit on the size of files is a full disk that needs no disk of its own.
FULL = """
import resource
from pathlib import Path
from pipeline.errors import ScoringError
from pipeline.score.chunk import ScoredChunk, Tally
from pipeline.score.work import open_output
try:
    with open_output(Path("out.csv"), {}, b"id\\n", resume=False, parquet=False) as out:
        out.append(ScoredChunk(b"1\\n2\\n", b"", Tally(outcomes={"upheld": 2}), 0.5))
        resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, 10_000))
        out.append(ScoredChunk(b"x" * 20_000, b"", Tally(outcomes={"upheld": 1}), 1.0))
except ScoringError as error:
    print(error)
"""


@pytest.mark.parametrize("path", [Path("no/out.csv"), Path("/proc/out.csv"), Path("file/out.csv")])
def test_an_output_that_cannot_be_written_is_refused_before_any_work(path):
    Path("file").touch()
    with (
        pytest.raises(
            InputError, match=r"out\.csv: cannot be written .* Choose an existing, writable folder"
        ),
        open_output(path, MADE_FROM, HEAD, resume=False, parquet=False),
    ):
        pass


def test_a_folder_in_the_place_of_an_output_is_refused():
    OUT.mkdir()
    with pytest.raises(InputError, match="is a folder; name a file in it"):
        _run(CHUNKS)


def test_the_journal_holds_counts_and_no_text():
    _ended(CHUNKS)
    journal = json.loads((work_folder(OUT) / "journal.json").read_text())
    assert journal["tally"]["reasons"] == {"empty": 1}
    assert (journal["output"], journal["rejects"], journal["is_whole"]) == (11, len(REJECT), False)


def test_counts_of_reasons_stay_few():
    many = sum((Tally(reasons={f"column {n}: bad": 1}) for n in range(1_200)), Tally())
    assert many.rows == 1_200
    assert len(many.reasons) == 1_001
    assert many.reasons["other reasons"] == 200
