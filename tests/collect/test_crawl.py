import dataclasses
import gzip
import hashlib
import itertools
import json

import pytest

from pipeline.collect.crawl import collect, plan
from pipeline.collect.store import JOURNAL, RAW
from pipeline.errors import InputError, ParamsError

crawls = pytest.mark.slow  # starts a crawling process


def silent(progress):
    """Show nothing."""


def stored(job):
    """Return {reference: page} of everything stored."""
    return {
        path.name.removesuffix(".html.gz").replace("-", " "): gzip.decompress(path.read_bytes()).decode()
        for path in (job.out / RAW).rglob("*.html.gz")
    }


def journal(job, *events):
    lines = [json.loads(line) for line in (job.out / RAW / JOURNAL).read_text(encoding="utf-8").splitlines()]
    return [line for line in lines if line["event"] in events]


def with_params(job, **values):
    return dataclasses.replace(job, params=job.params.model_copy(update=values))


def references(site):
    return {case["reference"] for case in site.cases}


@crawls
def test_every_decision_is_collected_once_unchanged_and_told_in_the_journal(site, job):
    site.extra_links = "<a href='/about'>About</a><a href='/decisions/housing'>Housing</a>"
    seen = []
    done = collect(job, lambda progress: seen.append((progress.pages, progress.decisions)))
    assert (done.finished, done.new, done.rejects, done.seconds_left) == (True, len(site.cases), 0, 0)
    assert sorted(site.decisions_asked()) == sorted(site.paths())
    assert seen == sorted(seen)
    lines = {line["reference"]: line for line in journal(job, "new")}
    for case, path in zip(site.cases, site.paths(), strict=True):
        page, line = stored(job)[case["reference"]], lines[case["reference"]]
        assert page == site.page(path, {})
        assert line["address"] == site.base + path
        assert line["sha256"] == hashlib.sha256(page.encode()).hexdigest()
        assert line["etag"]
        assert line["time"].endswith("+00:00")
        assert line["decided"] == case["decision_date"]
        year = f"20{case['reference'][:2]}"
        assert (job.out / RAW / year / f"{path.rpartition('/')[2]}.html.gz").is_file()
    licence = (job.out / "LICENCE.md").read_text(encoding="utf-8")
    assert "Contains information from decisions published by the Local Government" in licence


@crawls
def test_the_user_agent_names_the_contact_and_the_pace_is_kept(site, job):
    collect(with_params(job, delay_seconds=0.08), silent)
    assert {request.agent.split("/")[0] for request in site.requests} == {"upheld"}
    assert all("(+tests@example.org)" in request.agent for request in site.requests)
    gaps = [after.at - before.at for before, after in itertools.pairwise(site.requests)]
    assert (
        sorted(gaps)[len(gaps) // 10] > 0.05
    )  # on a busy machine some arrive late, and the next one seems early
    assert site.requests[-1].at - site.requests[0].at >= 0.08 * (len(gaps) - 1)


@crawls
def test_a_second_run_fetches_only_what_is_new_or_changed_and_flags_what_is_withdrawn(site, job):
    collect(job, silent)
    before, first = stored(job), len(site.requests)
    withdrawn, changed, *_ = site.cases
    site.cases.remove(withdrawn)  # neither listed nor there
    changed["summary"] = "The Council has agreed to apologise."
    listed_and_gone = site.cases[5]
    site.faults[site.paths()[5]] = ["status 410"]
    site.cases.append(site.cases[7] | {"reference": "24 999 001"})
    done = collect(job, silent)
    assert (done.new, done.changed, done.withdrawn) == (1, 1, 2)
    assert done.unchanged == len(site.cases) - 3
    again = [request for request in site.requests[first:] if "-" in request.path.rpartition("/")[2]]
    assert sum(request.status == 304 for request in again) >= done.unchanged
    flagged = {line["reference"]: line["status"] for line in journal(job, "withdrawn")}
    assert flagged == {withdrawn["reference"]: 404, listed_and_gone["reference"]: 410}
    after = stored(job)
    assert all(after[reference] == before[reference] for reference in flagged)  # kept
    assert "agreed to apologise" in after[changed["reference"]]
    [replaced] = (job.out / "data" / "replaced").rglob("*.html.gz")
    assert gzip.decompress(replaced.read_bytes()).decode() == before[changed["reference"]]
    second = len(site.requests)
    done = collect(job, silent)
    assert (done.new, done.changed, done.withdrawn) == (0, 0, 0)  # the one that is listed is back
    listings = [request for request in site.requests[second:] if request.path.startswith("/Decisions/")]
    assert {request.status for request in listings} == {304}  # Scrapy's cache on disk


@crawls
def test_one_crawl_survives_every_passing_fault(site, job):
    paths = site.paths()
    site.faults = {
        paths[0]: ["status 429 1"],
        paths[1]: ["status 503"],
        paths[2]: ["reset"],
        paths[3]: ["stall"],
        paths[4]: ["truncate"],
        paths[5]: ["cut"],
        paths[6]: ["status 500", "status 502"],
        paths[7]: [f"redirect {paths[7]}?chapter=2"],
        "/Decisions/SearchResults": ["reset", "cut", "status 503"],
    }
    done = collect(job, silent)
    assert (done.finished, done.new, done.rejects) == (True, len(site.cases), 0)
    assert set(stored(job)) == references(site)
    refused = next(at for at, request in enumerate(site.requests) if request.status == 429)
    assert site.requests[refused + 1].at - site.requests[refused].at >= 1  # Retry-After, by everyone
    assert sorted(line["reference"] for line in journal(job, "new")) == sorted(references(site))


@crawls
def test_what_lasts_is_a_reject_and_nothing_forbidden_or_elsewhere_is_asked(site, elsewhere, job):
    paths = site.paths()
    site.robots = f"User-agent: *\nDisallow: {paths[0]}\n"
    site.faults = {
        paths[1]: ["loop"] * 20,
        paths[2]: [f"redirect {elsewhere.base}{elsewhere.paths()[0]}"] * 5,
        paths[3]: ["reset", f"redirect {elsewhere.base}/"],  # a repeated request is led off as well
        paths[4]: ["status 403"] * 9,
        paths[5]: ["redirect /about"],
        paths[6]: ["garble"] * 9,
        paths[7]: ["flood"] * 9,
    }
    off = elsewhere.paths()[0]
    site.extra_links = f"<a href='{elsewhere.base}{off}'>A</a><a href='//elsewhere.example{off}'>B</a>"
    done = collect(with_params(job, retries=1), silent)
    assert (done.finished, done.new, done.rejects) == (True, len(site.cases) - 8, 8)
    assert elsewhere.requests == []
    assert paths[0] not in site.decisions_asked()
    reasons = {line["reference"]: line["reason"] for line in journal(job, "rejected")}
    assert [reasons[case["reference"]] for case in site.cases[:8]] == [
        "Forbidden by robots.txt",
        "max redirections reached",
        "leads to another site",
        "leads to another site",
        "the site answers 403",
        "the page does not show its reference",
        "the answer cannot be unpacked",
        "the page is too large",
    ]
    assert done.reject_rate == pytest.approx(8 / len(site.cases))


@crawls
def test_a_decision_that_moves_between_pages_and_addresses_is_neither_lost_nor_doubled(site, job):
    """The oldest becomes the newest when page 2 is asked for: it is read on neither page."""
    state = {"pages": 0}
    for case in site.cases:
        case["outcome"] = "upheld"
    oldest = min(site.cases, key=lambda case: case["decision_date"])
    newest = max(site.cases, key=lambda case: case["decision_date"])

    def move(path):
        state["pages"] += path == "/Decisions/SearchResults"
        if state["pages"] == 2:
            oldest["decision_date"] = "2024-03-31"
            newest["category"] = "Housing"  # and a new address

    site.before_answer = move
    done = collect(with_params(job, outcomes=("u",)), silent)
    assert (done.new, done.missing) == (len(site.cases), 0)
    assert set(stored(job)) == references(site)
    assert len(site.decisions_asked()) == len(site.cases)


@crawls
@pytest.mark.parametrize("why", ["shell", "forbidden", "gone"])
def test_where_the_search_is_of_no_use_the_categories_are_walked(site, job, why):
    site.search = "shell" if why == "shell" else "works"
    site.robots = "User-agent: *\nDisallow: /Decisions/\n" if why == "forbidden" else ""
    site.faults = {"/Decisions/SearchResults": ["status 404"] * 9} if why == "gone" else {}
    before = site.cases[0] | {"reference": "23 999 001", "decision_date": "2023-06-01"}
    site.cases.append(before)
    done = collect(job, silent)
    assert (done.finished, done.new) == (True, len(site.cases) - 1)
    assert set(stored(job)) == references(site) - {before["reference"]}
    assert any("walking the listings of the categories" in note for note in done.notes)


@crawls
@pytest.mark.parametrize(("search", "categories"), [("changed", "work"), ("shell", "changed")])
def test_a_changed_structure_stops_the_crawl_with_a_message(site, job, search, categories):
    site.search, site.categories = search, categories
    done = collect(job, silent)
    assert not done.finished
    assert "The site's structure has changed" in done.stopped
    assert len(site.requests) < 60


@crawls
def test_decision_pages_without_their_reference_stop_the_crawl(site, job):
    site.faults = {path: ["redirect /about"] for path in site.paths()}
    done = collect(job, silent)
    assert "The site's structure has changed" in done.stopped
    assert done.rejects == 10


@crawls
def test_repeated_refusals_stop_the_crawl_and_the_next_one_goes_on(site, job):
    for path in site.paths()[8:]:
        site.faults[path] = ["status 403"] * 9
    done = collect(with_params(job, max_refusals=3), silent)
    assert "3 requests in a row failed, at last because the site answers 403" in done.stopped
    assert sum(request.status == 403 for request in site.requests) == 3
    site.faults.clear()
    asked = len(site.decisions_asked())
    done = collect(job, silent)
    assert done.resumed
    assert done.finished
    assert set(stored(job)) == references(site)
    assert len(site.decisions_asked()) - asked == done.new  # nothing that was stored is asked for again


@crawls
def test_a_long_retry_after_stops_the_crawl(site, job):
    site.faults["/Decisions/SearchResults"] = ["status 503 3600"]
    done = collect(with_params(job, max_wait_seconds=60), silent)
    assert "asks to wait 3600 s; collect.max_wait_seconds is 60" in done.stopped
    assert len(site.requests) == 3  # robots.txt twice


@crawls
@pytest.mark.parametrize(("cap", "value"), [("max_pages", 12), ("max_megabytes", 0.009)])
def test_caps_stop_the_crawl_and_runs_add_up_to_all(site, job, cap, value):
    done = collect(with_params(job, **{cap: value}), silent)
    assert f"collect.{cap} ({value}) is reached" in done.stopped
    assert done.pages <= 12 if cap == "max_pages" else done.size < 12_000  # one page over, at the most
    collect(job, silent)
    assert set(stored(job)) == references(site)
    assert len(site.decisions_asked()) == len(site.cases)


@crawls
def test_without_robots_txt_to_be_had_nothing_is_fetched(site, job):
    site.faults["/robots.txt"] = ["status 500"] * 9
    done = collect(with_params(job, retries=1), silent)
    assert "robots.txt answers 500, so nothing may be fetched" in done.stopped
    assert {request.path for request in site.requests} == {"/robots.txt"}


@crawls
def test_a_crawl_delay_in_robots_txt_is_kept(site, job):
    site.robots = "User-agent: *\nCrawl-delay: 0.2\n"
    collect(with_params(job, max_pages=6), silent)
    at = [request.at for request in site.requests if request.path != "/robots.txt"]
    assert all(after - before > 0.15 for before, after in itertools.pairwise(at))


def test_a_plan_tells_what_would_be_fetched_and_asks_nothing(site, job):
    planned = plan(with_params(job, delay_seconds=1.0, window_days=31))
    assert site.requests == []
    assert not job.out.exists()
    assert planned.searches == 9
    assert planned.first.endswith("dc=c+&fd=2024-01-01&td=2024-01-31&page=1&sortOrder=descending")
    assert 2000 < planned.decisions < 3000
    assert planned.seconds == planned.pages > planned.decisions


def test_no_crawl_begins_without_a_contact(site, job):
    with pytest.raises(ParamsError, match=r"collect\.contact is null; .* set UPHELD_COLLECT__CONTACT"):
        collect(with_params(job, contact=None), silent)
    assert site.requests == []


def test_dates_in_the_wrong_order_are_refused(job):
    with pytest.raises(InputError, match="--from 2024-03-31 is later than --to 2024-01-01; swap them"):
        collect(dataclasses.replace(job, start=job.end, end=job.start), silent)


@crawls
def test_a_search_that_never_counts_is_walked_to_its_end_all_the_same(site, job):
    site.search = "uncounted"
    done = collect(with_params(job, window_days=31), silent)
    assert (done.finished, done.new, done.missing) == (True, len(site.cases), 0)
    assert not any("categories" in note for note in done.notes)
    assert sorted(site.decisions_asked()) == sorted(site.paths())


@crawls
def test_dates_without_a_decision_are_told_and_not_passed_over(site, job):
    later = site.cases.pop()
    site.cases.clear()
    done = collect(job, silent)
    assert "no decision of 2024-01-01 to 2024-03-31 is listed" in done.stopped
    site.cases.append(later)
    assert collect(job, silent).new == 1


@crawls
def test_decisions_that_are_announced_and_not_shown_count_as_failed(site, job):
    site.hidden = site.cases[0]["reference"]
    done = collect(job, silent)
    assert (done.finished, done.new, done.missing) == (True, len(site.cases) - 1, 1)
    assert done.reject_rate == pytest.approx(1 / len(site.cases))
