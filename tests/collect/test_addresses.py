from datetime import date
from itertools import pairwise

import pytest

from pipeline.collect import addresses
from pipeline.collect.addresses import (
    category_address,
    decision_date,
    is_same_site,
    read_listing,
    searches,
    shows_reference,
)

PAGE = "https://www.lgo.org.uk/Decisions/SearchResults?page=1"


@pytest.mark.parametrize(
    ("pattern", "matching", "other"),
    [
        (addresses.LINK, "<a class='x' href='/decisions'>", "<a data-href='/decisions'>"),
        (addresses.ANNOUNCED, "Your search has 1,204 results", "12 results of care"),
        (addresses.ANNOUNCED, "search has no results", "The council has no results"),
        (addresses.DAY_MONTH_YEAR, "Noise 12-Dec-2022", "22-007-695"),
        (addresses.DECISION_DATE, "<b>Decision date</b> : 6 Feb 2025", "the date of the decision letter"),
        (addresses.TAG, "<b>", "a < b"),
    ],
)
def test_patterns_match_what_they_name_and_nothing_else(pattern, matching, other):
    assert pattern.search(matching)
    assert not pattern.search(other)


@pytest.mark.parametrize(
    "href",
    [
        "/decisions/housing/homelessness/24-005-444",
        "/decisions/housing/24-005-444",
        "/Decisions/Housing/Homelessness/24-005-444/",
        "/decisions/housing/homelessness/24-005-444?displaypref=2&amp;chapter=3#complaint",
        "https://www.lgo.org.uk/decisions/housing/24-005-444",
        "http://lgo.org.uk/decisions/housing/24-005-444",
        "../decisions/housing/24-005-444",
    ],
)
def test_decision_links_are_taken_in_every_form(href):
    [link] = read_listing(f'<li><a href="{href}">Southwark (24 005 444)</a></li>', PAGE).links
    assert link.reference == "24 005 444"
    assert link.address.lower().startswith("https://www.lgo.org.uk/decisions/housing/")
    assert "?" not in link.address


@pytest.mark.parametrize(
    "href",
    [
        "https://elsewhere.example/decisions/housing/24-005-444",
        "//elsewhere.example/decisions/housing/24-005-444",
        "https://www.lgo.org.uk:8080/decisions/housing/24-005-444",
        "https://www.lgo.org.uk.elsewhere.example/decisions/housing/24-005-444",
        "https://www.lgo.org.uk@elsewhere.example/decisions/housing/24-005-444",
        "/decisions/housing",
        "/reports/housing/24-005-444",
        "/decisions/housing/24-005",
        "mailto:24-005-444@lgo.org.uk",
        "javascript:go('/decisions/housing/24-005-444')",
    ],
)
def test_other_links_and_other_sites_are_not(href):
    assert read_listing(f'<a href="{href}">Southwark</a>', PAGE).links == ()


def test_a_listing_has_each_decision_once_with_the_date_beside_it():
    markup = """<h2>Your search has <b>1,204</b> results</h2>
      <li><a href="/decisions/housing/24-005-444"><img></a> <a href="/decisions/housing/24-005-444">A</a>
        <p>Statement Upheld Allocations 12-Dec-2022</p></li>
      <li><a href="/decisions/education/19-010-659A">B</a> <p>Not upheld</p></li>"""
    listing = read_listing(markup, PAGE)
    assert [(link.reference, link.decided) for link in listing.links] == [
        ("24 005 444", date(2022, 12, 12)),
        ("19 010 659a", None),
    ]
    assert listing.announced == 1204


def test_a_page_without_decisions_may_say_so():
    assert read_listing("<p>Your search has no results</p>", PAGE).announced == 0
    assert read_listing("<form></form>", PAGE).announced is None


def test_searches_cover_every_day_once_for_each_outcome():
    made = list(searches(date(2023, 12, 30), date(2024, 3, 2), codes=("c", "u"), window_days=31))
    upheld = [search for search in made if search.code == "u"]
    assert len(made) == 2 * len(upheld)
    assert (upheld[0].start, upheld[-1].end) == (date(2023, 12, 30), date(2024, 3, 2))
    assert all((after.start - before.end).days == 1 for before, after in pairwise(upheld))


def test_addresses_are_those_of_the_site():
    [search] = searches(date(2024, 1, 1), date(2024, 1, 2), codes=("nu",), window_days=31)
    assert search.address("https://www.lgo.org.uk", 3) == (
        "https://www.lgo.org.uk/Decisions/SearchResults?dc=nu+&fd=2024-01-01&td=2024-01-02&page=3"
        "&sortOrder=descending"
    )
    assert category_address("https://a", "housing", 2) == "https://a/decisions/housing?page=2"


def test_a_page_that_only_repeats_its_address_does_not_show_its_reference():
    assert shows_reference("<h1>Leeds (24&nbsp;005&nbsp;444)</h1>", "24 005 444")
    assert shows_reference("Reference 24-005-444 Sector", "24 005 444")
    assert not shows_reference("/decisions/housing/24-005-444 was not found", "24 005 444")
    assert not shows_reference("24 005 4445", "24 005 444")


def test_the_date_of_a_decision_is_read_through_markup():
    assert decision_date("<span>Decision date</span>&nbsp;: <span>06 Feb 2025</span>") == date(2025, 2, 6)
    assert decision_date("Decision date : 31 Feb 2025") is None
    assert decision_date("nothing") is None


def test_ports_and_users_make_another_site():
    assert is_same_site("http://127.0.0.1:8000/a", "http://127.0.0.1:8000")
    assert not is_same_site("http://127.0.0.1:8001/a", "http://127.0.0.1:8000")
    assert not is_same_site("https://www.lgo.org.uk@elsewhere.example/", "https://www.lgo.org.uk")
