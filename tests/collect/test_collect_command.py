import itertools
import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from typer.testing import CliRunner

from pipeline import cli, stages
from pipeline.cli.progress import crawl_line
from pipeline.collect import crawl
from pipeline.collect.job import Progress
from pipeline.collect.store import RAW

KILLS = 5
DATES = ["--from", "2024-01-01", "--to", "2024-03-31"]


def environment(site, **more):
    settings = {
        "BASE_URL": site.base,
        "CONTACT": "tests@example.org",
        "DELAY_SECONDS": "0.01",
        "WINDOW_DAYS": "91",
    }
    return os.environ | {f"UPHELD_COLLECT__{name}": value for name, value in (settings | more).items()}


def command(*arguments):
    return [sys.executable, "-m", "pipeline", "collect", *DATES, *map(str, arguments)]


def upheld_collect(site, *arguments, **more):
    return subprocess.run(
        command(*arguments),
        capture_output=True,
        text=True,
        timeout=120,
        env=environment(site, **more),
        check=False,
    )


def pages_below(folder):
    return {path.relative_to(folder): path.read_bytes() for path in (folder / RAW).rglob("*.html.gz")}


@pytest.mark.slow
def test_collect_then_read_gives_the_corpus_that_the_site_was_made_from(site):
    done = upheld_collect(site, "--out", "lgsco", "--then-read")
    assert done.returncode == 0, done.stderr
    assert f"{len(site.cases)} decisions ({len(site.cases)} new" in done.stdout
    read = [json.loads(line) for line in Path("lgsco/corpus.jsonl").read_text(encoding="utf-8").splitlines()]
    found = {decision["reference"]: decision for decision in read}
    assert len(found) == len(read) == len(site.cases)
    same = ("organisation", "category", "subcategory", "outcome", "decision_date", "summary", "complaint")
    for case, path in zip(site.cases, site.paths(), strict=True):
        decision = found[case["reference"]]
        assert {name: decision[name] for name in same} == {name: case[name] for name in same}
        assert decision["source"] == site.base + path
        assert decision["grounds"]
    assert not Path("lgsco/decisions.rejects.jsonl").exists()


@pytest.mark.slow
def test_a_withdrawn_decision_is_kept_and_flagged_in_the_corpus(site, job):
    crawl.collect(job, lambda progress: None)
    gone = site.cases.pop(3)
    assert crawl.collect(job, lambda progress: None).withdrawn == 1
    stages.read_collected(job.out)
    read = [json.loads(line) for line in (job.out / "corpus.jsonl").read_text(encoding="utf-8").splitlines()]
    assert [decision["reference"] for decision in read if decision.get("withdrawn")] == [gone["reference"]]
    assert len(read) == len(site.cases) + 1


@pytest.mark.slow
def test_a_crawl_that_is_killed_again_and_again_ends_like_one_that_is_not(site):
    """Killed for real at random moments, now the command alone, now the whole group of processes."""
    assert upheld_collect(site, "--out", "whole").returncode == 0
    site.requests.clear()
    draw = random.Random(5)
    for number in range(KILLS):
        process = subprocess.Popen(
            command("--out", "killed"),
            env=environment(site, DELAY_SECONDS="0.05"),
            start_new_session=True,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        asked, wanted = len(site.requests), draw.randint(3, 8)
        while len(site.requests) < asked + wanted and process.poll() is None:
            time.sleep(draw.random() / 50)
        if number % 2:
            os.killpg(process.pid, signal.SIGKILL)
        else:
            process.kill()
        process.wait()
        for path, content in pages_below(Path("killed")).items():  # never half a page under a final name
            assert content == (Path("whole") / path).read_bytes()
    before = set(pages_below(Path("killed")))
    assert 0 < len(before) < len(site.cases)
    time.sleep(0.3)  # a process whose parent was killed ends by itself
    settled = len(site.requests)
    time.sleep(0.3)
    assert len(site.requests) == settled
    done = upheld_collect(site, "--out", "killed")
    assert done.returncode == 0, done.stderr
    assert "went on with the last crawl" in done.stdout
    assert pages_below(Path("killed")) == pages_below(Path("whole"))
    asked_twice = len(site.decisions_asked()) - len(site.cases)
    assert asked_twice <= KILLS  # at most the one that was under way at each kill


@pytest.mark.slow
def test_the_pace_is_kept_over_a_kill(site):
    """What a killed command left behind must not crawl on beside the next one."""
    process = subprocess.Popen(
        command("--out", "lgsco"), env=environment(site, DELAY_SECONDS="0.1"), stderr=subprocess.DEVNULL
    )
    while len(site.requests) < 6:
        time.sleep(0.01)
    process.kill()
    process.wait()
    upheld_collect(site, "--out", "lgsco", DELAY_SECONDS="0.1", MAX_PAGES="12")
    gaps = [after.at - before.at for before, after in itertools.pairwise(site.requests)]
    assert sum(gap < 0.08 for gap in gaps) <= 1


@pytest.mark.slow
def test_the_command_runs_twice_in_one_process(site, monkeypatch):
    for name, value in environment(site).items():
        monkeypatch.setenv(name, value)
    for expected in ("24 new", "24 unchanged"):
        shown = CliRunner().invoke(cli.app, ["collect", *DATES, "--out", "lgsco"])
        assert shown.exit_code == 0, shown.output
        assert expected in shown.output


@pytest.mark.slow
def test_a_stopped_crawl_ends_with_exit_code_1_and_says_why(site):
    site.search = "changed"
    done = upheld_collect(site, "--out", "lgsco")
    assert done.returncode == 1
    assert "stopped: " in done.stderr
    assert "The site's structure has changed" in done.stderr


@pytest.mark.slow
def test_too_many_rejects_end_with_exit_code_1(site):
    site.robots = f"User-agent: *\nDisallow: {site.paths()[0]}\nDisallow: {site.paths()[1]}\n"
    done = upheld_collect(site, "--out", "lgsco")
    assert done.returncode == 1
    assert "collect.max_reject_rate allows 5.0%" in done.stderr


def test_a_dry_run_asks_nothing_writes_nothing_and_says_how_long_it_takes(site):
    done = upheld_collect(site, "--out", "lgsco", "--dry-run", DELAY_SECONDS="1", CONTACT="null")
    assert done.returncode == 0, done.stderr
    assert f"from {site.base}/Decisions/SearchResults?dc=c+&fd=2024-01-01" in done.stdout
    assert "2,493 decisions, 0 of these dates are stored already" in done.stdout
    assert "in 46 min or more" in done.stdout
    assert site.requests == []
    assert not Path("lgsco").exists()


@pytest.mark.parametrize(
    ("arguments", "more", "message"),
    [
        (["--out", "lgsco"], {"CONTACT": "null"}, "set UPHELD_COLLECT__CONTACT"),
        (
            ["--out", "lgsco"],
            {"BASE_URL": "elsewhere"},
            "UPHELD_COLLECT__BASE_URL is 'elsewhere'; must be an address",
        ),
        (
            ["--out", "lgsco"],
            {"DELAY_SECONDS": "0"},
            "UPHELD_COLLECT__DELAY_SECONDS is '0'; must be a number above 0",
        ),
        (["--out", "lgsco", "--to", "2023-01-01"], {}, "is later than --to 2023-01-01; swap them"),
        (["--out", "lgsco", "--to", "soon"], {}, "'soon'"),
        ([], {}, "Missing option"),
    ],
)
def test_wrong_use_ends_with_exit_code_2_and_a_message(site, arguments, more, message):
    done = upheld_collect(site, *arguments, **more)
    assert done.returncode == 2
    assert message in done.stderr
    assert "Traceback" not in done.stderr
    assert site.requests == []


def test_without_scrapy_the_message_names_the_extra(site, monkeypatch, capsys):
    for name, value in environment(site).items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(crawl, "find_spec", lambda name: None)
    monkeypatch.setattr(sys, "argv", ["upheld", "collect", *DATES, "--out", "lgsco"])
    with pytest.raises(SystemExit, match="2"):
        cli.main()
    assert "install it with: pip install 'upheld[collect]'" in capsys.readouterr().err


def test_the_command_has_help_with_an_example():
    shown = CliRunner().invoke(cli.app, ["collect", "--help"])
    assert shown.exit_code == 0
    assert "Example: upheld collect --from 2024-01-01" in shown.stdout


def test_progress_is_told_in_words():
    progress = Progress(pages=1200, new=900, rejects=3, seconds_left=4000)
    assert crawl_line(progress) == "collecting: 1,200 pages, 900 decisions, 3 rejects, 67 min left"


def test_the_contact_is_in_no_dump_of_the_settings(params):
    named = params.collect.model_copy(update={"contact": "someone@example.org"})
    assert "contact" not in named.model_dump()
