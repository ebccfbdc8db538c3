"""HTML in, lines out: "## " headings, "  1. " and "    • " lists, nested ones indented; refuses floods of markup."""

import re

from selectolax.lexbor import LexborHTMLParser, LexborNode

from pipeline.statements.refusal import Reason, Refused

# Building the tree takes quadratic time on deep nesting and on endless attributes: 20,000 tags take half a second.
MAX_TAGS = 20_000
# "<p a1 a2 a3 ..." over 10,000 characters is a flood; a page's own tags have a few hundred.
ENDLESS_TAG = re.compile(r"<[a-zA-Z][^<>]{10000}")
# 'src="data:image/png;base64,iVBOR..."' is a picture saved within the page, "data: a table" is prose.
PICTURE = re.compile(r"data:[^\s\"'<>]{200,}")
# "<div class=x>" is markup, "x < 5 > y" is not.
TAG = re.compile(r"<(?:!doctype|html|head|body|main|article|section|div|h[1-6]|p|ol|ul|li|table)\b", re.I)
_START = 4_096

_MENUS = "-comment head script style noscript template iframe svg nav footer aside button select"
_SKIPPED = frozenset(_MENUS.split())
_BLOCKS = (
    "address article blockquote body br center dd details div dl dt fieldset figcaption figure form header hr li main "
    "p pre section summary table tbody thead tr"
)
_HEADINGS = {f"h{level}": "#" * level + " " for level in range(1, 7)}
_LISTS = frozenset({"ol", "ul"})
_BREAKS = frozenset(_BLOCKS.split()) | _LISTS | _HEADINGS.keys()


def is_html(text: str) -> bool:
    """Say whether a document is HTML, by what stands in it and not by its name.

    >>> is_html("<main><h1>Leeds</h1>"), is_html("The complaint")
    (True, False)
    """
    return text.lstrip().startswith("<") or TAG.search(text, 0, _START) is not None


def to_lines(markup: str) -> list[str]:
    """Return the text of a page, one line for each block, without menus, scripts and footers.

    Raises:
        Refused: so many tags, or a tag so long, that a statement cannot be meant.

    >>> to_lines("<h2>The complaint</h2><ol><li>Mr X complains of:<ul><li>delay</li></ul></li></ol>")
    ['## The complaint', '  1. Mr X complains of:', '    • delay']
    """
    markup = PICTURE.sub("", markup)
    if markup.count("<") > MAX_TAGS or ENDLESS_TAG.search(markup):
        raise Refused(Reason.TOO_MUCH_MARKUP)
    root = _content(LexborHTMLParser(markup))
    return _written(root) if root is not None else []


def _content(tree: LexborHTMLParser) -> LexborNode | None:
    """Return `main` where it holds the title too, otherwise the whole body: mirrors print the title above it."""
    main = tree.css_first("main")
    return main if main is not None and main.css_first("h1") is not None else tree.body


def _written(root: LexborNode) -> list[str]:
    """Walk the tree without recursion (hostile pages nest deeper than the stack) and write its lines."""
    writer = _Writer()
    node, depth, entering = root, 0, True
    while True:
        if entering and writer.enter(node) and (child := node.child) is not None:
            node, depth = child, depth + 1
            continue
        writer.leave(node)
        if depth == 0:
            return writer.lines
        entering = (sibling := node.next) is not None
        following = sibling if entering else node.parent
        if following is None:
            return writer.lines
        node, depth = following, depth if entering else depth - 1


class _Writer:
    """Collects inline text until a block begins or ends, then writes it as one line with its mark."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self._inline: list[str] = []
        self._mark = ""
        self._counters: list[int | None] = []  # one for each open list; None for a bullet list

    def enter(self, node: LexborNode) -> bool:
        """Take in the start of a node; say whether its children are wanted."""
        tag = node.tag
        if tag == "-text":
            self._inline.append(node.text_content or "")
            return False
        if tag in _SKIPPED:
            return False
        if tag in _BREAKS:
            self._end_line()
        if tag in _HEADINGS:
            self._mark = _HEADINGS[tag]
        elif tag in _LISTS:
            self._counters.append(0 if tag == "ol" else None)
        elif tag == "li":
            self._mark = self._list_mark()
        elif tag in {"td", "th"}:
            self._inline.append(" ")
        return True

    def leave(self, node: LexborNode) -> None:
        """Take in the end of a node."""
        tag = node.tag
        if tag in _BREAKS:
            self._end_line()
        if tag in _LISTS and self._counters:
            self._counters.pop()
        elif tag == "li" or tag in _HEADINGS:
            self._mark = ""

    def _list_mark(self) -> str:
        indent = "  " * max(1, len(self._counters))
        if not self._counters or self._counters[-1] is None:
            return f"{indent}• "
        self._counters[-1] += 1
        return f"{indent}{self._counters[-1]}. "

    def _end_line(self) -> None:
        text = " ".join("".join(self._inline).split())
        self._inline.clear()
        if text:
            self.lines.append(self._mark + text)
            self._mark = ""
