import pytest

from pipeline.features.stems import is_content, stem, stems


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("refused", "refusal"),
        ("told", "tells"),
        ("children", "child"),
        ("never", "not"),
        ("failing", "without"),
    ],
)
def test_forms_of_one_word_share_a_stem(one, other):
    assert stem(one) == stem(other)


@pytest.mark.parametrize(("one", "other"), [("care", "car"), ("plan", "plane"), ("bin", "being")])
def test_different_words_keep_different_stems(one, other):
    assert stem(one) != stem(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("The Council failed to reply", "The council did not reply"),
        ("It didn't reply.", "It did not reply"),
        ("Mrs X was told", "Ms X is told"),
        ("It has paid £1,872.30", "It paid £5"),
        ("since 2019", "since 2023"),
        ("a B&B", "a B and B"),
        ("Kent County Council delayed", "the Council delayed"),
        ("the London Borough of Barnet delayed", "the Council delayed"),
        ("Bath and North East Somerset Council delayed", "the Council delayed"),
    ],
)
def test_ways_of_writing_one_thing_give_the_same_stems(one, other):
    assert "".join(stems(one)) == "".join(stems(other))


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("not to pay", ["not", "pay"]),
        ("failed to to pay to him", ["not", "pay", "to"]),
        ("failed him to pay", ["not", "pay"]),  # "him" is not kept
        ("to pay", ["to", "pay"]),
        ("refused to pay", ["refus", "to", "pay"]),
    ],
)
def test_to_is_dropped_behind_a_negation_only(text, kept):
    assert stems(text) == kept


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("flat 12023 of 1999", ["flat", "12023", "of", "yearnum"]),
        ("from 2019/20 to 2020", ["from", "yearnum", "20", "to", "yearnum"]),
        ("R&D & planning", ["randd", "plan"]),
        ("Leeds and York City Council and Parishes Council", ["council", "and", "parish", "council"]),
        ("the Borough of Barnet Council", ["council", "council"]),
    ],
)
def test_only_whole_years_pairs_and_bodies_are_rewritten(text, kept):
    assert stems(text) == kept


@pytest.mark.parametrize("body", ["Parish Council", "Town Council"])
def test_a_parish_or_town_council_is_another_body(body):
    assert stems(f"The {body} objected") != stems("The Council objected")


@pytest.mark.parametrize("word", ["bin", "tribunal", "not", "delay", "homeless", "plan"])
def test_what_happened_is_content(word):
    assert is_content(stem(word))


@pytest.mark.parametrize(
    "word", ["complainant", "says", "x", "2023", "yearnum", "january", "whom", "will", "council"]
)
def test_how_it_is_written_is_no_content(word):
    assert not is_content(stem(word))
