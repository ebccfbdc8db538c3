"""Statements made from the retold cases: headers, complaints and layouts combined anew, inside a page's boilerplate."""

import html
import json
import random
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

CASES = Path(__file__).parents[1] / "pipeline" / "corpus" / "cases.jsonl"
OUTCOMES = {
    "upheld": "Upheld",
    "not_upheld": "Not upheld",
    "closed_after_initial_enquiries": "Closed after initial enquiries",
}
BANNER = ["Cookies on this site", "We use some cookies that are needed. " * 15, "Privacy settings"]
FOOTER = ["Print this page", "LGO logogram", "Review your privacy settings", "Required cookies"]
POWERS = (
    "Where fault has led to injustice we can propose a remedy. (Local Government Act 1974, section 26(1))"
)
AFTER = (
    ("The Ombudsman’s role and powers", [POWERS] * 4),
    ("How I considered this complaint", ["I read what both sides sent me and our Assessment Code."] * 2),
    ("My assessment", ["In March the Council wrote to the family about the application. " * 6] * 12),
    ("Final decision", ["My investigation is complete."]),
)


@dataclass(frozen=True)
class Made:
    """One statement to read, and what must be found in it."""

    content: bytes
    reference: str
    complaint: str
    outcome: str


def cases() -> list[dict[str, Any]]:
    return [json.loads(line) for line in CASES.read_text(encoding="utf8").splitlines()]


def statements(count: int, *, seed: int = 7, as_html: bool = False) -> Iterator[Made]:
    """Yield `count` statements: headers, complaints and layouts of the retold cases, drawn anew for each."""
    draw = random.Random(seed)
    known = cases()
    layouts = (_page,) if as_html else (_numbered, _flattened, _mirror)
    for _ in range(count):
        header, body = draw.choice(known), draw.choice(known)
        reference = f"{draw.randint(15, 25)} {draw.randint(0, 999):03} {draw.randint(0, 999):03}"
        case = {**header, "reference": reference, "complaint": body["complaint"], "summary": body["summary"]}
        text = "\n".join(draw.choice(layouts)(case))
        yield Made(text.encode(), reference, body["complaint"], header["outcome"])


def _sections(case: dict[str, Any]) -> Iterator[tuple[str, list[str]]]:
    yield "The complaint", case["complaint"].split("\n")
    yield from AFTER


def _header(case: dict[str, Any]) -> list[str]:
    return [
        f"{case['organisation']} ({case['reference']})",
        f"Category : {case['category']} > {case['subcategory']}",
        f"Decision : {OUTCOMES[case['outcome']]}",
        "Decision date : 04 Sep 2019",
        "The Ombudsman's final decision:",
        f"Summary: {case['summary']}",
    ]


def _numbered(case: dict[str, Any]) -> Iterator[str]:
    yield from (*BANNER, *_header(case))
    for heading, lines in _sections(case):
        yield f"\n{heading}\n"
        number = 0
        for line in lines:
            if line.startswith("- "):
                yield f"    • {line[2:]}"
            else:
                number += 1
                yield f"  {number}. {line}"
        yield "\nBack to top"
    yield from FOOTER


def _flattened(case: dict[str, Any]) -> Iterator[str]:
    yield from _header(case)
    for heading, lines in _sections(case):
        yield heading
        yield from (f"- {line.removeprefix('- ')}" for line in lines)


def _mirror(case: dict[str, Any]) -> Iterator[str]:
    outcome = OUTCOMES[case["outcome"]] if case["outcome"] != "closed_after_initial_enquiries" else "Other"
    reference = case["reference"].replace(" ", "-")
    yield f"{case['organisation']}"
    category = f"{case['category']} › {case['subcategory']}"
    yield f"{outcome} Reference {reference} Category {category} Decided 4 September 2019"
    for heading, lines in _sections(case):
        yield heading
        yield from (line.removeprefix("- ") for line in lines)


def _page(case: dict[str, Any]) -> Iterator[str]:
    yield f"<!doctype html><html><head><title>{case['reference']}</title><script>let a = 1 < 2;</script></head><body>"
    yield f"<header><nav><ul>{'<li><a href=/x>Menu</a></li>' * 40}</ul></nav></header><main>"
    title, *rest = (html.escape(line) for line in _header(case))
    yield f"<h1>{title}</h1>"
    yield from (f"<p>{line}</p>" for line in rest)
    for heading, lines in _sections(case):
        yield f'<h2 class="section">{html.escape(heading)}</h2><ol>{_items(lines)}</ol><a href="#top">Back to top</a>'
    yield "</main>" + "".join(f"<div>{line}</div>" for line in FOOTER) + "</body></html>"


def _items(lines: list[str]) -> str:
    parts: list[str] = []
    in_list = False
    for line in lines:
        is_point = line.startswith("- ")
        if is_point != in_list:
            parts.append("<ul>" if is_point else "</ul></li>")
        elif not is_point and parts:
            parts.append("</li>")
        text = html.escape(line.removeprefix("- "))
        parts.append(f'<li class="p"><span>{text}</span>' + ("</li>" if is_point else ""))
        in_list = is_point
    return "".join(parts) + ("</ul></li>" if in_list else "</li>")
