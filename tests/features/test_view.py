from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.features.view import UnusableComplaintError, complaint_column, view_of_decision, view_of_row
from pipeline.schema import Decision, Ground, Outcome, View

WHAT_A_MODEL_MAY_NOT_SEE = {
    "summary": "The Ombudsman upholds the complaint.",
    "sections": {"Final decision": "I uphold it."},
    "final_decision": "We will not investigate.",
    "decision_date": "2031-12-31",
    "outcome": Outcome.NOT_UPHELD,
    "grounds": [Ground.LATE],
    "primary_ground": Ground.LATE,
    "citations": ["LGA 1974 s26B"],
    "evidence": {"late": "It is late."},
    "source": "elsewhere.html",
}


@pytest.mark.parametrize("field", WHAT_A_MODEL_MAY_NOT_SEE)
def test_what_a_model_may_not_see_never_changes_a_view_or_its_features(field, decision, bundle):
    values = decision.model_dump(mode="json")
    changed = Decision.model_validate(values | {field: WHAT_A_MODEL_MAY_NOT_SEE[field]})
    assert changed != decision
    params = bundle.heads.params.view
    before, after = view_of_decision(decision, params), view_of_decision(changed, params)
    assert after == before
    assert (bundle.heads.features.transform([after]) != bundle.heads.features.transform([before])).nnz == 0


def test_what_a_model_may_not_see_names_every_field_of_a_decision():
    seen = {"reference", "organisation", "category", "subcategory", "complaint"}
    assert set(Decision.model_fields) == seen | set(WHAT_A_MODEL_MAY_NOT_SEE)


def test_a_decision_and_a_new_complaint_give_the_same_view(decision, params):
    row = {
        name: getattr(decision, name)
        for name in ("reference", "organisation", "category", "subcategory", "complaint")
    }
    assert view_of_row(row, params.view) == view_of_decision(decision, params.view)


def test_layout_and_quotation_marks_leave_no_trace(params):
    plain = view_of_row({"complaint": "He says it 's late. It did not: reply; act."}, params.view)
    printed = view_of_row({"complaint": "He says it ’s  late.\nIt did not:\n- reply;\n• act."}, params.view)
    assert printed == plain


@pytest.mark.parametrize(
    ("complaint", "seen"),
    [
        ("1. Mr X says", "Mr X says"),
        (" (a) Mr X says", "Mr X says"),
        ("Mr X says\r\n- bins\n2) post", "Mr X says bins post"),
        ("Mr X has - 2. plans", "Mr X has - 2. plans"),
    ],
)
def test_list_marks_are_dropped_where_a_line_begins(params, complaint, seen):
    assert view_of_row({"complaint": complaint}, params.view).complaint == seen


@pytest.mark.parametrize(
    ("row", "year"),
    [
        ({"received_on": "2025-03-31"}, 2024),
        ({"received_on": "2025-04-01"}, 2025),
        ({"received_on": "2025-04-01T09:30:00"}, 2025),
        ({"reference": "24-013-909"}, 2024),
        ({"received_on": "soon", "reference": "23 000 001"}, 2023),
        ({}, None),
    ],
)
def test_the_year_of_receipt_is_the_financial_year(row, year, params):
    assert view_of_row({"complaint": "Bins were missed."} | row, params.view).received_year == year


def test_the_complaint_outranks_the_summary():
    assert complaint_column({"summary": "upheld", "complaint": "bins"}) == "complaint"
    assert complaint_column({"text": "bins", "summary": "bins"}) == "summary"


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ({"id": 1}, "no complaint column; one of complaint, summary, text is needed"),
        ({"complaint": ""}, "column complaint: is empty"),
        ({"complaint": " \n\t", "summary": "not taken instead"}, "column complaint: is empty"),
        ({"complaint": None}, "column complaint: is empty"),
        ({"complaint": 7}, "column complaint: is a int"),
    ],
)
def test_a_row_without_a_complaint_is_refused(row, reason, params):
    with pytest.raises(UnusableComplaintError, match=reason):
        view_of_row(row, params.view)


def test_a_long_complaint_is_cut_and_says_so(params):
    view = view_of_row({"complaint": "bins " * 2_000_000}, params.view)
    assert len(view.complaint) <= params.view.max_chars
    assert view.truncated


@given(st.text(min_size=1).filter(str.strip))
def test_a_view_holds_no_line_breaks_and_no_outer_blanks(params, complaint):
    view = view_of_row({"complaint": complaint}, params.view)
    assert view == replace(view, complaint=" ".join(view.complaint.split()))
    assert isinstance(view, View)
