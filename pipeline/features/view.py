"""Decisions and new complaints in, views out: the one definition of what a model may see.

A view holds the complaint section, the organisation, category, subcategory and the financial year of receipt, and
nothing else: everything else in a published statement was written by someone who knew the outcome.
"""

import re
from collections.abc import Mapping
from datetime import date
from functools import lru_cache
from typing import Any

from pipeline.params import ViewParams
from pipeline.schema import Decision, View, received_year

COMPLAINT_COLUMNS = ("complaint", "summary", "text")

_LIST_MARK = re.compile(
    r"^\s*(?:[-•*–]|\(?(?:[a-z]|\d{1,3}|[ivx]{2,4})[.)])\s+", re.IGNORECASE | re.MULTILINE
)


class UnusableComplaintError(ValueError):
    """A row that cannot be scored; the message is the reason of its reject."""


def view_of_decision(decision: Decision, params: ViewParams) -> View:
    """Return what a model may see of a published decision."""
    return _view(decision.complaint, decision.model_dump(include=_CONTEXT), decision.received_year, params)


def view_of_row(row: Mapping[str, Any], params: ViewParams) -> View:
    """Return what a model may see of a new complaint.

    Args:
        row: `complaint` (or `summary`, or `text`; the first of them that is a column counts) and, where known,
            `organisation`, `category`, `subcategory`, and `received_on` (YYYY-MM-DD) or `reference`.
        params: where to cut.

    Raises:
        UnusableComplaintError: no complaint column, or an empty complaint, or one that is no text.
    """
    column = complaint_column(row)
    complaint = row[column]
    if not isinstance(complaint, str) or not complaint.strip():
        what = "empty" if complaint is None or isinstance(complaint, str) else f"a {type(complaint).__name__}"
        raise UnusableComplaintError(f"column {column}: is {what}; must be the text of a complaint")
    return _view(complaint, row, _year_of_row(row), params)


def complaint_column(columns: Mapping[str, Any]) -> str:
    """Return which of the accepted names holds the complaint.

    A decision has both `complaint` and `summary`; its summary states the outcome, so `complaint` always wins.

    Raises:
        UnusableComplaintError: none of them is there.
    """
    found = next((name for name in COMPLAINT_COLUMNS if name in columns), None)
    if found is None:
        raise UnusableComplaintError(f"no complaint column; one of {', '.join(COMPLAINT_COLUMNS)} is needed")
    return found


_CONTEXT = {"organisation", "category", "subcategory"}


def _view(complaint: str, context: Mapping[str, Any], year: int | None, params: ViewParams) -> View:
    # List marks and line breaks show how an investigator laid the page out, not what happened.
    text = _folded(_without_list_marks(complaint[: params.max_chars]))
    known = {name: _folded_name(str(context.get(name) or "")) for name in _CONTEXT}
    return View(text, received_year=year, truncated=len(complaint) > params.max_chars, **known)


def _without_list_marks(text: str) -> str:
    if "\n" in text:
        return _LIST_MARK.sub("", text)
    mark = _LIST_MARK.match(text)  # in one line there is one at the most; to look for more takes its time
    return text[mark.end() :] if mark else text


def _folded(text: str) -> str:
    straight = text.replace("’", "'").replace("‘", "'").replace("“", '"').replace("”", '"')
    return " ".join(straight.split())


_folded_name = lru_cache(10_000)(_folded)  # the same few names come again and again


def _year_of_row(row: Mapping[str, Any]) -> int | None:
    received = row.get("received_on")
    try:
        day = received if isinstance(received, date) else date.fromisoformat(str(received or "")[:10])
    except ValueError:
        return received_year(str(row.get("reference") or ""))
    return day.year if (day.month, day.day) >= (4, 1) else day.year - 1  # a financial year starts on 1 April
