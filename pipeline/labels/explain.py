"""Why a decision has its labels: enters a labelled decision, leaves each label inside its paragraph, also as HTML."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from string import Template
from typing import Any

from pipeline.labels.grounds import FALL_BACK
from pipeline.labels.reasons import is_reasons_heading, reasons
from pipeline.schema import Decision, Outcome

BY_HAND = "read by hand"
NO_REASONS = "the text gives no reasons"

# Pastels, each with a contrast of more than 10:1 to the text.
_COLOURS = ("#ffe08a", "#bfe3c8", "#bcdcff", "#f6c9d4", "#dccff5", "#fbd2ae", "#c4ece8", "#e3e3a1")
_MARK = '<mark style="background: {bg}">{text} <span class="label">{label}</span></mark>'
_PAGE = Template("""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>$reference: labels and their evidence</title>
<style>
body { max-width: 46rem; margin: 2rem auto; padding: 0 1rem; background: #fff; color: #1b1b1b;
       font: 1rem/1.6 system-ui, "Segoe UI", Helvetica, Arial, sans-serif; overflow-wrap: anywhere; }
h1 { margin-bottom: 0; } h1 + p { margin-top: 0; }
h2 { margin-top: 2.5rem; padding-bottom: .2rem; border-bottom: 1px solid #999; }
h3 { margin: 1.5rem 0 .3rem; font-size: 1rem; color: #555; }
code, em { color: #555; }
mark { padding: .15em .3em; border-radius: .3em; color: inherit; box-decoration-break: clone;
       -webkit-box-decoration-break: clone; }
.entities { line-height: 1.9 !important; }
.label { margin-left: .3em; font-size: .8em; font-weight: bold; }
</style>
</head>
<body>
<main>
<h1>$reference</h1>
<p>$organisation<br>Decision: <strong>$outcome</strong></p>
<h2>Grounds</h2>
$grounds
<h2>Citations</h2>
$citations
</main>
</body>
</html>
""")


@dataclass(frozen=True, slots=True)
class Passage:
    """A paragraph of a decision, the heading that it stands under, and the characters that are evidence."""

    heading: str
    text: str
    start: int
    end: int

    @property
    def sentence(self) -> str:
        """The evidence itself."""
        return self.text[self.start : self.end]


@dataclass(frozen=True, slots=True)
class ExplainedLabel:
    """A ground (its title and code) or a citation (twice itself), and the passage or what stands in its place."""

    title: str
    code: str
    rests_on: Passage | str


@dataclass(frozen=True, slots=True)
class Explanation:
    """What the header of a decision says, and every label with what it rests on, most important first."""

    reference: str
    organisation: str
    outcome: Outcome
    grounds: tuple[ExplainedLabel, ...]
    citations: tuple[ExplainedLabel, ...]


def explain(decision: Decision) -> Explanation:
    """Return what each label of a labelled decision rests on.

    >>> decision = Decision(reference="24 013 909", organisation="X Council", complaint="Mr X says it was slow.",
    ...     outcome="closed_after_initial_enquiries", summary="We will not investigate. It is late.",
    ...     grounds=["late", "no_fault"], evidence={"late": "It is late."})
    >>> [label.rests_on for label in explain(decision).grounds]
    [Passage(heading='Summary', text='We will not investigate. It is late.', start=25, end=36), 'read by hand']
    """
    return Explanation(
        reference=decision.reference,
        organisation=decision.organisation,
        outcome=decision.outcome,
        grounds=tuple(
            ExplainedLabel(ground.title, ground.value, _rests_on(ground, decision))
            for ground in decision.grounds
        ),
        citations=tuple(
            ExplainedLabel(citation, citation, _rests_on(citation, decision))
            for citation in decision.citations
        ),
    )


def to_html(explanation: Explanation) -> str:
    """Return a page of its own, drawn by displaCy: no script, no network, every text escaped.

    >>> page = to_html(Explanation("24 013 909", "<X> Council", Outcome.UPHELD, (), ()))
    >>> "&lt;X&gt; Council" in page, "<X>" in page
    (True, False)
    """
    return _PAGE.substitute(
        reference=escape(explanation.reference),
        organisation=escape(explanation.organisation),
        outcome=escape(explanation.outcome.value.replace("_", " ")),
        grounds=_section(explanation.grounds),
        citations=_section(explanation.citations),
    )


def _rests_on(label: str, decision: Decision) -> Passage | str:
    sentence = decision.evidence.get(label)
    if sentence:
        return _passage(sentence, decision)
    is_fall_back = label == FALL_BACK[decision.outcome]
    return NO_REASONS if is_fall_back and not any(reasons(decision)) else BY_HAND


def _passage(sentence: str, decision: Decision) -> Passage:
    """Find the first paragraph that holds a sentence; one that stands nowhere is a paragraph of its own."""
    for heading, text in _texts(decision):
        for paragraph in text.split("\n"):
            start = paragraph.find(sentence)
            if start >= 0:
                return Passage(heading, paragraph, start, start + len(sentence))
    return Passage("Evidence given", sentence, 0, len(sentence))


def _texts(decision: Decision) -> Iterator[tuple[str, str]]:
    """Yield every text with its heading, those that give the reasons first."""
    yield "Summary", decision.summary or ""
    yield "Final decision", decision.final_decision or ""
    yield from sorted(decision.sections.items(), key=lambda section: not is_reasons_heading(section[0]))
    yield "The complaint", decision.complaint


def _section(labels: Sequence[ExplainedLabel]) -> str:
    """Return a list of the labels, then each paragraph once, with all the labels that rest on it."""
    if not labels:
        return "<p>none</p>"
    points = "\n".join(f"<li>{_point(label)}</li>" for label in labels)
    passages: dict[tuple[str, str], list[ExplainedLabel]] = defaultdict(list)
    for label in labels:
        if isinstance(label.rests_on, Passage):
            passages[label.rests_on.heading, label.rests_on.text].append(label)
    drawn = (
        f"<h3>{escape(heading)}</h3>\n{_draw(text, own, labels)}" for (heading, text), own in passages.items()
    )
    return "\n".join((f"<ul>\n{points}\n</ul>", *drawn))


def _point(label: ExplainedLabel) -> str:
    code = f" <code>{escape(label.code)}</code>" if label.code != label.title else ""
    without = f" <em>({escape(label.rests_on)})</em>" if isinstance(label.rests_on, str) else ""
    return f"{escape(label.title)}{code}{without}"


def _draw(text: str, own: Iterable[ExplainedLabel], every: Sequence[ExplainedLabel]) -> str:
    from spacy import displacy  # heavy, and only a page needs it

    colours = {label.code: _COLOURS[at % len(_COLOURS)] for at, label in enumerate(every)}
    return displacy.render(
        {"text": text, "ents": _marks(own, colours)},
        style="ent",
        manual=True,
        jupyter=False,
        options={"template": _MARK},
    )


def _marks(labels: Iterable[ExplainedLabel], colours: Mapping[str, str]) -> list[dict[str, Any]]:
    """Return displaCy's marks; labels whose evidence overlaps share one, as displaCy would print the text twice."""
    marks: list[dict[str, Any]] = []
    spans = [
        (label.rests_on.start, label.rests_on.end, label)
        for label in labels
        if isinstance(label.rests_on, Passage)
    ]
    for start, end, label in sorted(spans, key=lambda span: span[0]):
        name = escape(label.title)  # displaCy escapes texts, not labels
        if marks and start < marks[-1]["end"]:
            marks[-1]["end"] = max(marks[-1]["end"], end)
            marks[-1]["label"] += f" · {name}"
        else:
            marks.append({"start": start, "end": end, "label": name, "params": {"bg": colours[label.code]}})
    return marks
