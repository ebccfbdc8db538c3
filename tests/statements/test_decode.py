import pytest

from pipeline.statements.decode import CONTROL, INVISIBLE, MAX_BYTES, MOJIBAKE, WINDOWS_CONTROL, decode
from pipeline.statements.refusal import Refused


@pytest.mark.parametrize(
    ("pattern", "matching", "other"),
    [
        (MOJIBAKE, "the Councilâ€™s reply", "the café’s reply"),
        (WINDOWS_CONTROL, "the Council\x92s reply", "the Council's reply"),
        (INVISIBLE, "hous\u00ading", "housing"),
        (CONTROL, "\x01\x02", "a\tb\r\n"),
    ],
)
def test_each_pattern_of_decoding_finds_its_example_and_not_the_counterexample(pattern, matching, other):
    assert pattern.search(matching)
    assert not pattern.search(other)


@pytest.mark.parametrize(
    "content",
    [
        "the Council’s “reply” – £90".encode(),
        b"\xef\xbb\xbf" + "the Council’s “reply” – £90".encode(),
        "the Council’s “reply” – £90".encode("cp1252"),
        "the Council’s “reply” – £90".encode().decode("cp1252", errors="replace").encode(),
        "the Council’s “reply” – £90".encode().decode("latin-1").encode(),
        "the Council\x92s \x93reply\x94 \x96 £90".encode(),
    ],
    ids=[
        "utf-8",
        "utf-8 with BOM",
        "windows-1252",
        "misread as windows-1252",
        "misread as latin-1",
        "C1 controls",
    ],
)
def test_every_encoding_of_a_text_decodes_to_the_same_characters(content):
    assert decode(content) == "the Council’s “reply” – £90"


def test_one_windows_byte_in_a_utf_8_text_spoils_neither_kind_of_quote():
    assert decode("Mr X’s son".encode() + b" and Mr Y\x92s") == "Mr X’s son and Mr Y’s"


def test_soft_hyphens_and_zero_width_spaces_disappear():
    assert decode("hous\u00ading\u200b".encode()) == "housing"


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "empty document"),
        (b" \n\t ", "empty document"),
        (b"x" * (MAX_BYTES + 1), "document too large"),
        ("The complaint".encode("utf-16"), "UTF-16 document"),
        ("The complaint".encode("utf-16-le"), "UTF-16 document"),
        ("The complaint".encode("utf-16-be"), "UTF-16 document"),
        (b"The \x00complaint", "binary document"),
        (b"%PDF-1.7\n" + bytes(range(1, 256)) * 10, "binary document"),
    ],
)
def test_unreadable_bytes_are_refused_with_their_reason(content, reason):
    with pytest.raises(Refused, match=reason):
        decode(content)
