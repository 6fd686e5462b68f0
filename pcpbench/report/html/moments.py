"""Decides how interruptions are drawn over time: of one replicate, on its worst isolated CPU."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from pcpbench.metrics.raw import MECHANISMS
from pcpbench.report.html.interruptions import legend_of_kinds
from pcpbench.report.html.markup import behind, table_html, tag, text
from pcpbench.report.html.svg import CHARACTER, Axis, below, drawing, label, line, short
from pcpbench.report.numbers import value_text
from pcpbench.report.report import Report
from pcpbench.report.tables import Heading, Row, Table
from pcpbench.report.words import plural
from pcpbench.simulator.cell import Cell
from pcpbench.simulator.interruptions import Interruption
from pcpbench.statistics.pairing import Setting

PS_PER_NS = 1000
WIDTH, ROW = 900.0, 46.0
# A stem's height is the logarithm of its length: from 100 ns, which hardly shows, to the longest.
LEAST_NS, LEAST_TOP_NS = 1e2, 1e4
# Of all plots together, so that the page stays small however many settings there are.
MOST_STEMS, MOST_HOVERS = 8_000, 600
LONGEST_TABLED = 5
MOST_MOMENTS = 12  # settings


@dataclass(frozen=True, slots=True, kw_only=True)
class Course:
    """What interrupted the isolated CPU that lost most time in one replicate of a strategy.
    ``seen``: how many interruptions it had; ``pieces``: those that were kept, in their order."""

    label: str
    cell: Cell
    cpu: int
    seen: int
    pieces: Sequence[Interruption]

    @property
    def lost_ns(self) -> float:
        """The time that the kept interruptions took."""
        return sum(piece.length_ps for piece in self.pieces) / PS_PER_NS


def moment_section(report: Report) -> str:
    """A plot for each setting, a row for each strategy, and tables behind it."""
    known = [s for s in report.settings if _courses(report, s)]
    settings = known[:MOST_MOMENTS]
    parts = []
    for setting in settings:
        courses = _courses(report, setting)
        shared = max(1, len(settings) * len(courses))
        figure = tag("figcaption", text(_caption(courses)))
        figure += _plot(courses, MOST_STEMS // shared, MOST_HOVERS // shared)
        table = behind("The same as a table", table_html(_table(courses)))
        name = tag("h3", text(report.setting_name(setting)))
        parts.append(name + tag("figure", figure + table))
    if not parts:
        return ""
    if len(known) > MOST_MOMENTS:
        more = plural(len(known) - MOST_MOMENTS, "further setting")
        parts.append(tag("p", text(f"{more} without plots of moments; the run file has them.")))
    return "".join(parts)


def _courses(report: Report, setting: Setting) -> list[Course]:
    found = []
    for name in report.strategies:
        known = report.interruptions.get((setting, name))
        if known is None or not known[1].seen:
            continue
        cell, kept = known
        of_cpu: dict[int, list[Interruption]] = {cpu: [] for cpu, _ in kept.seen}
        for piece in kept.kept:
            of_cpu[piece.cpu].append(piece)
        lost = {cpu: sum(p.length_ps for p in pieces) for cpu, pieces in of_cpu.items()}
        worst = max(lost, key=lambda cpu: (lost[cpu], -cpu))
        seen = dict(kept.seen)[worst]
        found.append(Course(label=name, cell=cell, cpu=worst, seen=seen, pieces=of_cpu[worst]))
    return found


def _caption(courses: Sequence[Course]) -> str:
    seed = courses[0].cell.seed
    told = (
        f"When the isolated CPU that lost most time was interrupted, in the replicate with seed "
        f"{seed}; a stem for each interruption, its height the logarithm of its length, from "
        f"{value_text(LEAST_NS, 'ns')} to {value_text(_top_ns(courses), 'ns')}."
    )
    cut = [c for c in courses if len(c.pieces) < c.seen]
    if cut:
        names = ", ".join(f"{c.label}: {len(c.pieces):,} of {c.seen:,}" for c in cut)
        told += f" The run file keeps the first ones only ({names})."
    return told


def _plot(courses: Sequence[Course], stems: int, hovers: int) -> str:
    cell = courses[0].cell
    left = max(70.0, CHARACTER * max(min(24, len(_name(c))) for c in courses) + 14)
    axis = Axis(low=0.0, high=float(cell.time_ns), start=left, end=WIDTH - 16)
    drawn, top = legend_of_kinds(MECHANISMS, "by mechanism", left)
    bottom = top + ROW * len(courses) + 4
    parts = [drawn, below(axis, bottom, top, lambda ns: value_text(ns, "ns"))]
    for i, course in enumerate(courses):
        y = top + ROW * (i + 1)
        parts.append(label(left - 8, y - 12, _name(course)[:24], anchor="end"))
        parts.append(line(left, y, WIDTH - 16, y, klass="axis"))
        parts.append(_stems(course, axis, y, max(20, stems), _top_ns(courses)))
        parts.append(_hovers(course, axis, y, max(4, hovers)))
    told = "Moments of interruptions, a row for each strategy; numbers in the table."
    return drawing(WIDTH, bottom + 24, told, "".join(parts))


def _name(course: Course) -> str:
    return f"{course.label}, CPU {course.cpu}"


def _stems(course: Course, axis: Axis, y: float, most: int, top_ns: float) -> str:
    """A path for each mechanism. Of those that fall on one column only the longest is drawn."""
    columns = min(most, int(2 * (axis.end - axis.start)))
    longest: dict[int, Interruption] = {}
    for piece in course.pieces:
        column = int(_share(course, piece) * columns)
        if column not in longest or piece.length_ps > longest[column].length_ps:
            longest[column] = piece
    steps: dict[str, list[str]] = {}
    for column, piece in longest.items():
        x = axis.start + column / columns * (axis.end - axis.start)
        step = f"M{short(x)} {y:.0f}v-{_height(piece.length_ps, top_ns):.0f}"
        steps.setdefault(piece.mechanism, []).append(step)
    return "".join(
        tag(
            "path",
            d="".join(found),
            stroke=f"var(--s{MECHANISMS.index(mechanism) + 1})",
            stroke_width=1.5,
        )
        for mechanism, found in steps.items()
    )


def _top_ns(courses: Sequence[Course]) -> float:
    """The length that has a full height: the longest."""
    longest = [max((p.length_ps for p in c.pieces), default=0) / PS_PER_NS for c in courses]
    return max(LEAST_TOP_NS, *longest)


def _height(length_ps: int, top_ns: float) -> float:
    share = math.log(max(length_ps / PS_PER_NS, LEAST_NS) / LEAST_NS) / math.log(top_ns / LEAST_NS)
    return max(2.0, share * (ROW - 8))


def _share(course: Course, piece: Interruption) -> float:
    """Where in the measured time an interruption lies, from 0 to 1."""
    begin = piece.start_ps / PS_PER_NS - course.cell.warm_up_ns
    return min(1.0, max(0.0, begin / course.cell.time_ns))


def _hovers(course: Course, axis: Axis, y: float, most: int) -> str:
    """Parts of the time that tell, under the pointer, what lies in them."""
    parts = min(most, 48)
    found: dict[int, list[Interruption]] = {}
    for piece in course.pieces:
        found.setdefault(min(parts - 1, int(_share(course, piece) * parts)), []).append(piece)
    width = (axis.end - axis.start) / parts
    size = {"y": short(y - ROW + 4), "width": short(width), "height": short(ROW - 4)}
    drawn = []
    for part, pieces in found.items():
        x = short(axis.start + part * width)
        title = tag("title", text(_told(course, part, parts, pieces)))
        drawn.append(tag("rect", title, x=x, **size, klass="hit"))
    return "".join(drawn)


def _told(course: Course, part: int, parts: int, pieces: Sequence[Interruption]) -> str:
    ends = [course.cell.time_ns * edge / parts for edge in (part, part + 1)]
    lost = sum(piece.length_ps for piece in pieces) / PS_PER_NS
    longest = max(pieces, key=lambda piece: piece.length_ps)
    return (
        f"{_name(course)}, {value_text(ends[0], 'ns')} to {value_text(ends[1], 'ns')}: "
        f"{plural(len(pieces), 'interruption')}, {value_text(lost, 'ns')} in all, the longest "
        f"{value_text(longest.length_ps / PS_PER_NS, 'ns')} ({longest.mechanism}, cause "
        f"{longest.cause})"
    )


def _table(courses: Sequence[Course]) -> Table:
    """For each strategy a summary, then its longest interruptions."""
    rows: list[Row] = []
    for course in courses:
        lost = value_text(course.lost_ns, "ns")
        cut = "" if len(course.pieces) == course.seen else f", of which {len(course.pieces):,} kept"
        rows.append(
            Heading(f"{_name(course)}: {plural(course.seen, 'interruption')}{cut}, {lost} in all")
        )
        longest = sorted(course.pieces, key=lambda p: (-p.length_ps, p.start_ps))[:LONGEST_TABLED]
        rows += [
            [
                value_text(piece.start_ps / PS_PER_NS - course.cell.warm_up_ns, "ns"),
                value_text(piece.length_ps / PS_PER_NS, "ns"),
                piece.mechanism,
                piece.cause,
            ]
            for piece in sorted(longest, key=lambda p: p.start_ps)
        ]
    return Table(
        caption=f"The {LONGEST_TABLED} longest interruptions of each; times from the beginning of "
        "the measured time",
        headers=["at", "length", "mechanism", "cause"],
        rows=rows,
        right=(1,),
    )
