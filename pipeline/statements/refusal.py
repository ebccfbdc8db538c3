"""Why a document is refused: the fixed reasons, each with the next step for its owner."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any, Self

from pipeline.schema import Reject


class Reason(StrEnum):
    """A short, stable phrase that rejects are counted by; `next_step` says what the owner can do.

    >>> Reason.NO_DECISION.value, Reason.NO_DECISION.next_step
    ('no decision in the header', 'take the page with its "Decision : ..." line; the text alone decides nothing')
    """

    next_step: str

    def __new__(cls, phrase: str, next_step: str) -> Self:
        """Make the member a plain string (its phrase) that carries the next step as an attribute."""
        member = str.__new__(cls, phrase)
        member._value_ = phrase
        member.next_step = next_step
        return member

    EMPTY = ("empty document", "check the download")
    TOO_LARGE = (
        "document too large",
        "a statement has under 5 MB and 100,000 lines; split the file or drop it",
    )
    BINARY = ("binary document", "save the statement as HTML or plain text")
    UTF_16 = ("UTF-16 document", "save it again as UTF-8")
    LONG_LINE = ("line too long", "a paragraph has under 50,000 characters; keep the line breaks of the page")
    TOO_MUCH_MARKUP = ("too much markup", "a statement has under 20,000 tags; save the page again")
    LISTING = ("listing page", "follow its links and read the statements themselves")
    NEWSLETTER = ("newsletter", "drop it; it decides no complaint")
    REPORT = ("public-interest report", "drop it; reports are laid out and decided in another way")
    NO_DECISION = (
        "no decision in the header",
        'take the page with its "Decision : ..." line; the text alone decides nothing',
    )
    UNKNOWN_DECISION = (
        "unknown decision in the header",
        "allowed are Upheld, Not upheld, Closed after initial enquiries",
    )
    NO_ORGANISATION = ("no organisation in the header", "take the page with its title")
    NO_COMPLAINT = ("no complaint section", 'take the whole page, with the heading "The complaint"')
    LONG_COMPLAINT = (
        "complaint too long",
        "a complaint section has under 50,000 characters; cut the file apart",
    )
    NOT_ENGLISH = ("not English prose", "take the English version")
    DUPLICATE = ("duplicate reference", "nothing to do; the fuller statement is kept")


class Refused(Exception):  # noqa: N818 - it is no error of the program
    """Raised inside the reader, turned into a `Reject` at its door; `detail` never holds the complaint's text."""

    def __init__(self, reason: Reason, detail: Mapping[str, Any] | None = None) -> None:
        super().__init__(reason.value)
        self.reason = reason
        self.detail = dict(detail or {})

    def as_reject(self, where: str) -> Reject:
        """Return the record that is counted and written.

        >>> Refused(Reason.EMPTY).as_reject("a.txt").reason
        'empty document: check the download'
        """
        return Reject(where=where, reason=f"{self.reason}: {self.reason.next_step}", detail=self.detail)
