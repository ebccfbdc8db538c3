import gzip
import json
from datetime import date

from pipeline.collect.store import CACHE, JOURNAL, RAW, RawStore, write_whole

BODY = "<html>Leeds (24 000 001) Decision date : 6 Feb 2025 é</html>".encode()
REFERENCE, ADDRESS = "24 000 001", "http://a/decisions/housing/24-000-001"
HEADERS = {"etag": '"1"', "last_modified": None}
DATES = (date(2025, 1, 1), date(2025, 3, 1))


def lines(folder):
    return [json.loads(line) for line in (folder / RAW / JOURNAL).read_text(encoding="utf-8").splitlines()]


def test_a_page_is_stored_unchanged_below_its_year_with_a_line_in_the_journal(tmp_path):
    assert RawStore(tmp_path).save(REFERENCE, ADDRESS, BODY, HEADERS) == "new"
    assert gzip.decompress((tmp_path / RAW / "2024" / "24-000-001.html.gz").read_bytes()) == BODY
    [line] = lines(tmp_path)
    assert {name: line[name] for name in ("address", "etag", "bytes", "decided")} == {
        "address": ADDRESS,
        "etag": '"1"',
        "bytes": len(BODY),
        "decided": "2025-02-06",
    }


def test_the_same_page_again_is_unchanged_and_another_replaces_it_without_losing_it(tmp_path):
    store = RawStore(tmp_path)
    store.save(REFERENCE, ADDRESS, BODY, HEADERS)
    assert store.save(REFERENCE, ADDRESS, BODY, HEADERS) == "unchanged"
    assert store.save(REFERENCE, ADDRESS, BODY + b"!", HEADERS) == "changed"
    assert gzip.decompress(store.path_of(REFERENCE).read_bytes()) == BODY + b"!"
    [kept] = (tmp_path / "data" / "replaced").rglob("*.gz")
    assert gzip.decompress(kept.read_bytes()) == BODY


def test_the_journal_alone_tells_a_later_run_what_is_known(tmp_path):
    first = RawStore(tmp_path)
    first.save(REFERENCE, ADDRESS, BODY, HEADERS)
    first.tell("unchanged", reference=REFERENCE, address=ADDRESS + "/moved")
    first.tell("withdrawn", reference=REFERENCE, address=ADDRESS, status=410)
    page = RawStore(tmp_path).pages[REFERENCE]
    assert page == first.pages[REFERENCE]
    assert (page.etag, page.decided, page.withdrawn) == ('"1"', date(2025, 2, 6), True)


def test_a_page_without_a_validator_forgets_the_one_before(tmp_path):
    store = RawStore(tmp_path)
    store.save(REFERENCE, ADDRESS, BODY, HEADERS)
    store.save(REFERENCE, ADDRESS, BODY + b"!", {"etag": None, "last_modified": None})
    assert store.pages[REFERENCE].etag is None


def test_half_a_line_at_the_end_of_the_journal_is_cut_off(tmp_path):
    RawStore(tmp_path).save(REFERENCE, ADDRESS, BODY, HEADERS)
    with (tmp_path / RAW / JOURNAL).open("ab") as journal:
        journal.write(b'{"event": "new", "refere')
    RawStore(tmp_path).tell("finished")
    assert [line["event"] for line in lines(tmp_path)] == ["new", "finished"]


def test_a_kill_between_page_and_line_makes_the_page_new_again(tmp_path):
    store = RawStore(tmp_path)
    write_whole(store.path_of(REFERENCE), gzip.compress(BODY))
    assert store.pages == {}
    assert store.save(REFERENCE, ADDRESS, BODY, HEADERS) == "new"


def test_a_page_that_someone_deleted_is_stored_again(tmp_path):
    store = RawStore(tmp_path)
    store.save(REFERENCE, ADDRESS, BODY, HEADERS)
    store.path_of(REFERENCE).unlink()
    store.save(REFERENCE, ADDRESS, BODY, HEADERS)
    assert store.path_of(REFERENCE).exists()


def test_half_a_write_is_never_seen_under_the_final_name(tmp_path):
    store = RawStore(tmp_path)
    store.save(REFERENCE, ADDRESS, BODY, HEADERS)
    (store.path_of(REFERENCE).parent / ".24-000-001.html.gz.partial").write_bytes(b"half")
    assert gzip.decompress(store.path_of(REFERENCE).read_bytes()) == BODY


def test_an_unfinished_crawl_of_the_same_dates_goes_on_without_its_cache(tmp_path):
    store = RawStore(tmp_path)
    assert not store.begin("http://a", *DATES).resumed
    store.save(REFERENCE, ADDRESS, BODY, HEADERS)
    store.tell("walked", listing="search u")
    (tmp_path / CACHE).mkdir()
    crawl = RawStore(tmp_path).begin("http://a", *DATES)
    assert (crawl.resumed, crawl.walked, crawl.checked) == (True, {"search u"}, {REFERENCE})
    assert not (tmp_path / CACHE).exists()


def test_a_finished_crawl_or_one_of_other_dates_or_sites_begins_anew(tmp_path):
    RawStore(tmp_path).begin("http://a", *DATES)
    assert not RawStore(tmp_path).begin("http://b", *DATES).resumed
    assert not RawStore(tmp_path).begin("http://b", DATES[0], date(2025, 4, 1)).resumed
    store = RawStore(tmp_path)
    store.tell("finished")
    crawl = RawStore(tmp_path).begin("http://b", DATES[0], date(2025, 4, 1))
    assert (crawl.resumed, crawl.walked, crawl.checked) == (False, set(), set())


def test_only_pages_of_the_dates_should_still_be_listed(tmp_path):
    store = RawStore(tmp_path)
    store.save(REFERENCE, ADDRESS, BODY, HEADERS)
    assert [page.reference for page in store.published_within(*DATES)] == [REFERENCE]
    assert store.published_within(date(2025, 3, 1), date(2025, 4, 1)) == []


def test_the_licence_names_source_and_attribution(tmp_path):
    RawStore(tmp_path).write_licence("https://www.lgo.org.uk")
    text = (tmp_path / "LICENCE.md").read_text(encoding="utf-8")
    assert "(https://www.lgo.org.uk)" in text
    assert "Contains information from decisions published by the Local Government and" in text
