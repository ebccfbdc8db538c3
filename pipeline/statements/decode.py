"""Bytes in, readable text out (UTF-8 or Windows-1252, quotes mended); refuses empty, huge, binary and UTF-16."""

import re
from codecs import BOM_UTF16_BE, BOM_UTF16_LE

from pipeline.statements.refusal import Reason, Refused

MAX_BYTES = 5_000_000
_CONTROL_SHARE = 0.01  # of the first characters; prose has none, a binary file many
_SAMPLE = 10_000


def _misread_as(encoding: str) -> dict[str, str]:
    """Return what the characters of these statements turn into where their UTF-8 was read as `encoding`."""
    characters = "‘’“”–—…•£½éè\u00a0"
    return {c.encode("utf-8").decode(encoding, errors="replace"): c for c in characters}


_MENDED = _misread_as("cp1252") | _misread_as("latin-1") | {"â€": "”"}  # the last: its third byte was dropped
# "Councilâ€™s" has one, "café" has none. Longest first, or "â€" would win over "â€™".
MOJIBAKE = re.compile("|".join(re.escape(key) for key in sorted(_MENDED, key=len, reverse=True)))
# "Council\x92s" has a Windows-1252 byte that was read as Latin-1, "Council's" has not.
WINDOWS_CONTROL = re.compile("[\x80-\x9f]")
# "hous\u00ading" has a soft hyphen, "housing" has nothing invisible.
INVISIBLE = re.compile("[\u00ad\u200b-\u200d\u2060\ufeff]")
# "\x01\x02" is binary, a tab or a line break is not.
CONTROL = re.compile("[\x01-\x08\x0e-\x1b\x7f]")


def decode(content: bytes) -> str:
    r"""Return the text of a document.

    Raises:
        Refused: empty, over 5 MB, UTF-16, or with the bytes of a binary file.

    >>> decode(b"the Council\x92s reply"), decode("Councilâ€™s".encode())
    ('the Council’s reply', 'Council’s')
    """
    _refuse_unreadable(content)
    text = _mend(_characters(content))
    if len(CONTROL.findall(text, 0, _SAMPLE)) > _CONTROL_SHARE * min(len(text), _SAMPLE):
        raise Refused(Reason.BINARY)
    if not text.strip():
        raise Refused(Reason.EMPTY)
    return text


def _refuse_unreadable(content: bytes) -> None:
    if len(content) > MAX_BYTES:
        raise Refused(Reason.TOO_LARGE, {"bytes": len(content)})
    if content.startswith((BOM_UTF16_LE, BOM_UTF16_BE)):
        raise Refused(Reason.UTF_16)
    if b"\0" in content:
        # English in UTF-16 has a NUL in every second byte; a binary file has them anywhere.
        every_second = max(content[::2].count(0), content[1::2].count(0))
        raise Refused(Reason.UTF_16 if every_second > len(content) / 4 else Reason.BINARY)


def _characters(content: bytes) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("cp1252", errors="replace")


def _mend(text: str) -> str:
    if text.isascii():
        return text
    if any(letter in text for letter in "âÂÃ"):  # every misread character begins with one of them
        text = MOJIBAKE.sub(lambda match: _MENDED[match[0]], text)
    text = WINDOWS_CONTROL.sub(lambda match: match[0].encode("latin-1").decode("cp1252", "replace"), text)
    return INVISIBLE.sub("", text)
