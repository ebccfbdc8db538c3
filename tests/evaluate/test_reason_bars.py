from pipeline.evaluate.reason_bars import reason_bars

REASONS = [
    {"name": "'delay'", "contribution": 0.4, "ground": "delay", "words": ["delay"]},
    {"name": "names a tribunal <b>", "contribution": -0.9, "ground": None, "words": []},
]


def test_each_reason_is_named_with_its_signed_share():
    svg = reason_bars(REASONS).svg
    assert "<!-- 'delay' -->" in svg
    assert "<!-- +0.40 -->" in svg
    assert "<!-- −0.90 -->" in svg or "<!-- -0.90 -->" in svg


def test_the_picture_says_in_words_which_reason_speaks_for_what():
    assert (
        reason_bars(REASONS).alt
        == "Towards upheld: 'delay' +0.40. Towards closed: names a tribunal <b> -0.90."
    )


def test_a_notebook_shows_the_picture_with_its_words_escaped():
    shown = reason_bars(REASONS, "Why")._repr_html_()
    assert shown.startswith('<img src="data:image/svg+xml;base64,')
    assert shown.endswith('names a tribunal &lt;b&gt; -0.90.">')


def test_the_same_reasons_give_the_same_picture():
    assert reason_bars(REASONS) == reason_bars(REASONS)
