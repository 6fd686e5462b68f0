"""Decides how text, tables and figures become HTML that a keyboard and a screen reader can use."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import cache
from html import escape

from pcpbench.report.tables import Heading, Table, plain
from pcpbench.report.words import plural

# Settings that are shown one by one; with more the page would be large, and nobody reads them.
MOST_SETTINGS = 24
HARMLESS = re.compile(r"[\w .,:%+()/-]*", re.ASCII).fullmatch
MARKS = {
    "better": "\N{BLACK UP-POINTING TRIANGLE}",
    "worse": "\N{BLACK DOWN-POINTING TRIANGLE}",
    "equivalent": "=",
    "differs": "\N{NOT EQUAL TO}",
}


def text(value: object) -> str:
    """The text as HTML shows it, also within an attribute."""
    shown = str(value)
    # Most are numbers and words, in which nothing need be looked for.
    return shown if HARMLESS(shown) else escape(plain(shown), quote=True)


def tag(name: str, content: str = "", **attributes: object) -> str:
    """An element; ``content`` is HTML already, attributes are not. ``klass`` and ``for_`` stand
    for words that Python keeps, ``_`` for ``-``."""
    told = "".join(
        [
            f' {_attribute(key)}="{text(value)}"'
            for key, value in attributes.items()
            if value is not None
        ]
    )
    return f"<{name}{told}>{content}</{name}>"


@cache
def _attribute(key: str) -> str:
    return {"klass": "class", "for_": "for"}.get(key, key.replace("_", "-"))


def paragraphs(lines: Iterable[str]) -> str:
    """Each line as a paragraph."""
    return "".join(tag("p", text(line)) for line in lines)


def items(lines: Sequence[str]) -> str:
    """The lines as a list."""
    bare = [line.removeprefix("- ").removeprefix("* ") for line in lines]
    return tag("ul", "".join(tag("li", text(line)) for line in bare), klass="plain")


def verdict_cell(word: str, change: str = "", doubt: str = "") -> str:
    """A table's cell with a verdict: a mark, the word, below it the change, and a doubt."""
    mark = MARKS.get(word, "")
    shown = tag("span", mark, aria_hidden="true") + " " if mark else ""
    number = "".join(tag("span", text(told), klass="num") for told in (change, doubt) if told)
    return tag("td", f"{shown}{text(word)}{number}", klass=f"verdict {word.replace(' ', '-')}")


def table_html(table: Table, *, caption: bool = True) -> str:
    """A table of the report. ``caption``: whether to show it; else it labels the table only."""
    if not table.rows:
        return tag("p", text(table.empty))
    label = table.caption.removesuffix(":") or "table"
    head = "".join(
        tag("th", text(header), scope="col", klass="right" if i in table.right else None)
        for i, header in enumerate(table.headers)
    )
    body = "".join(_row(table, row) for row in table.rows if isinstance(row, Heading) or any(row))
    shown = tag("caption", text(label)) if caption and table.caption else ""
    inner = f"{shown}{tag('thead', tag('tr', head))}{tag('tbody', body)}"
    notes = items(table.notes) if table.notes else ""
    return scrollable(tag("table", inner), label) + notes


def scrollable(content: str, label: str) -> str:
    """A region that scrolls by itself where it is too wide, with the keyboard too."""
    return tag("div", content, klass="scroll", role="region", aria_label=label, tabindex="0")


def left_out(settings: int, what: str) -> str:
    """Says how many settings are not shown one by one, "" for none."""
    if settings <= MOST_SETTINGS:
        return ""
    told = f"{plural(settings - MOST_SETTINGS, 'further setting')} without {what}s, to keep this "
    return tag("p", text(f"{told}page small; the other formats have their numbers."))


def behind(summary: str, content: str) -> str:
    """Something that opens on request."""
    return tag("details", tag("summary", text(summary)) + content)


def _row(table: Table, row: Sequence[str] | Heading) -> str:
    if isinstance(row, Heading):
        name = text(row.text.removesuffix(":"))
        return tag(
            "tr", tag("th", name, scope="rowgroup", colspan=len(table.headers), klass="group")
        )
    cells = [tag("th", text(row[0]), scope="row")]
    for i, cell in enumerate(row[1:], start=1):
        if i == table.verdicts and cell:
            cells.append(verdict_cell(cell))
        else:
            cells.append(tag("td", text(cell), klass="right" if i in table.right else None))
    return tag("tr", "".join(cells))
