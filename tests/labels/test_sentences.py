from pipeline.labels.sentences import split_sentences


def test_list_points_are_sentences_of_their_own() -> None:
    assert split_sentences("We decide:\n- it is late; or\n- no fault") == [
        "We decide:",
        "it is late; or",
        "no fault",
    ]


def test_the_full_stop_of_an_abbreviated_section_ends_no_sentence() -> None:
    assert split_sentences("See s. 24A of the Act. It is late.") == ["See s. 24A of the Act.", "It is late."]


def test_a_closing_quotation_mark_stays_with_its_sentence() -> None:
    assert split_sentences("It said “no.” It is late.") == ["It said “no.”", "It is late."]
