import pytest

from pipeline.labels.citations import canonical_section, find_citations

LGA = "Local Government Act 1974"

PRINTS = [
    (f"({LGA}, section 24A(6), as amended)", ["LGA 1974 s24A(6)"]),
    (f"({LGA}, section 24A (6), as amended)", ["LGA 1974 s24A(6)"]),
    (f"({LGA}, s24A(6), as amended, section 34(B))", ["LGA 1974 s24A(6)", "LGA 1974 s34B"]),
    (f"({LGA}, section 24A(6), as amended, 34B)", ["LGA 1974 s24A(6)", "LGA 1974 s34B"]),
    (f"({LGA}, 24A(6), 34B)", ["LGA 1974 s24A(6)", "LGA 1974 s34B"]),
    (f"({LGA}, section 34B)", ["LGA 1974 s34B"]),
    (f"({LGA}, section 34(B)6)", ["LGA 1974 s34B(6)"]),
    (f"({LGA}, section 34(B)(6))", ["LGA 1974 s34B(6)"]),
    (f"({LGA}, section 30(1B) and 34H(i), as amended)", ["LGA 1974 s30(1B)", "LGA 1974 s34H(i)"]),
    (f"({LGA}, section 34H(1))", ["LGA 1974 s34H(i)"]),
    (f"({LGA}, Schedule 5, paragraph 5(b))", ["LGA 1974 Sch 5 para 5(b)"]),
    (f"({LGA}, Schedule 5 paragraph 5A)", ["LGA 1974 Sch 5 para 5A"]),
    (f"(paragraph 5(b) of Schedule 5 of the {LGA})", ["LGA 1974 Sch 5 para 5(b)"]),
    (f"({LGA}, Schedule 5/5A, paragraph 1/3)", ["LGA 1974 Sch 5 para 1", "LGA 1974 Sch 5A para 3"]),
    (f"({LGA}, Schedule 5/5A, paragraph 4)", ["LGA 1974 Sch 5 para 4", "LGA 1974 Sch 5A para 4"]),
    (f"({LGA}, Schedule 5)", ["LGA 1974 Sch 5"]),
    (f"({LGA}, section 26(6)(a), as amended)", ["LGA 1974 s26(6)(a)"]),
    (f"({LGA}, sections 26(1) and 26A(1))", ["LGA 1974 s26(1)", "LGA 1974 s26A(1)"]),
    (
        f"({LGA}, sections 26(1), 26A(1) and 34(3))",
        ["LGA 1974 s26(1)", "LGA 1974 s26A(1)", "LGA 1974 s34(3)"],
    ),
    (f"({LGA}, sections 25 and 34A, as amended)", ["LGA 1974 s25", "LGA 1974 s34A"]),
    (f"({LGA}, sections 34B, 34C, and 34H(4))", ["LGA 1974 s34B", "LGA 1974 s34C", "LGA 1974 s34H(4)"]),
    (f"({LGA}, section 26(6(a), as amended", ["LGA 1974 s26(6)(a)"]),
    (f"({LGA}, section 24A6), as amended)", ["LGA 1974 s24A(6)"]),
    (f"({LGA}, section 24A(6, as amended)", ["LGA 1974 s24A(6)"]),
    ("LGA 1974 s24A(6)", ["LGA 1974 s24A(6)"]),
    ("We may stop under section 24A(6).", ["LGA 1974 s24A(6)"]),
    ("(Children Act 1989, section 47)", ["Children Act 1989 s47"]),
    ("It had a duty under section 47 of the Children Act 1989.", ["Children Act 1989 s47"]),
    ("section 184 of the Housing Act 1996", ["Housing Act 1996 s184"]),
    (
        "section 4 of the Housing Act 1996 and section 9 of the Care Act 2014",
        ["Housing Act 1996 s4", "Care Act 2014 s9"],
    ),
    (
        "The Chronically Sick and Disabled Persons Act 1970, s2",
        ["Chronically Sick and Disabled Persons Act 1970 s2"],
    ),
    ("Under the Care Act 2014 it must assess.", ["Care Act 2014"]),
    ("Housing Act 2044, section 184", ["Housing Act 2044 [sic] s184"]),
    ("The Housing Act 2044 says so.", ["Housing Act 2044 [sic]"]),
]


@pytest.mark.parametrize(("printed", "citations"), PRINTS)
def test_every_print_gives_one_canonical_citation(printed: str, citations: list[str]) -> None:
    assert list(find_citations([printed], latest_year=2026)) == citations


@pytest.mark.parametrize(
    "text",
    [
        "Section 47 enquiries took 2 weeks and 3 days.",
        "He lives at 34B High Street.",
        "It owns the Council's 24 homes.",
        "The Act says so.",
        "She asked for £24A(6).",
        "",
    ],
)
def test_numbers_that_are_no_statute_give_no_citation(text: str) -> None:
    assert find_citations([text]) == {}


def test_the_act_named_before_is_meant_by_the_act() -> None:
    sentences = ["The Children Act 1989", "Section 47 of the Act places a duty on councils."]
    assert find_citations(sentences) == {"Children Act 1989 s47": sentences[1]}


def test_a_citation_rests_on_the_first_sentence_that_holds_it() -> None:
    first, second = f"({LGA}, section 26B)", f"We cite {LGA}, section 26B again."
    assert find_citations([first, second]) == {"LGA 1974 s26B": first}


@pytest.mark.parametrize(
    ("printed", "canonical"), [("26(6)(a)", "26(6)(a)"), ("24A(1)(A)", "24A(1)(a)"), ("24a(6)", "24A(6)")]
)
def test_letters_of_a_section_are_capitals_and_of_its_parts_small(printed: str, canonical: str) -> None:
    assert canonical_section(printed) == canonical
