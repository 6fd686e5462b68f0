"""Decides how latencies are drawn: how often each occurs, and each percentile up to the rarest."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from pcpbench.report.distributions import QUANTILES, Distribution, distributions, drawn
from pcpbench.report.html.markup import MOST_SETTINGS, behind, left_out, table_html, tag, text
from pcpbench.report.html.svg import (
    Axis,
    below,
    beside,
    curve,
    drawing,
    label,
    legend,
    line,
    mark,
)
from pcpbench.report.numbers import value_text
from pcpbench.report.report import Report
from pcpbench.report.tables import Table
from pcpbench.report.words import plural
from pcpbench.statistics.pairing import Setting

WIDTH, HEIGHT, LEFT, BOTTOM = 460.0, 250.0, 58.0, 36.0
POINTS = 48
LEAST_NS = 0.1


def latency_section(report: Report) -> str:
    """A figure for each setting and latency, with the table behind it."""
    settings = report.settings[:MOST_SETTINGS]
    shown = drawn(len(report.settings))
    parts = []
    for setting in settings:
        figures = [_figure(report, setting, name, title) for name, title in shown.items()]
        if any(figures):
            parts.append(tag("h3", text(report.setting_name(setting))) + "".join(figures))
    return "".join([*parts, left_out(len(report.settings), "plot")]) if parts else ""


def _figure(report: Report, setting: Setting, name: str, title: str) -> str:
    found = distributions(report, setting, name)
    if not found:
        return ""
    places = {name: report.strategies.index(name) for name in found}
    plots = _frequencies(found, places, title) + _percentiles(found, places, title)
    replicates = max(d.replicates for d in found.values())
    caption = (
        f"{title}: all samples of {plural(replicates, 'replicate')} together. Left: share of the "
        "samples in each tenth of a decade. Right: the latency that a share of the samples does "
        "not exceed."
    )
    figure = tag("figcaption", text(caption)) + tag("div", plots, klass="pair")
    return tag("figure", figure) + behind("The same as a table", table_html(_table(found, title)))


def _frequencies(found: Mapping[str, Distribution], places: Mapping[str, int], title: str) -> str:
    shares = {name: d.shares() for name, d in found.items()}
    values = [v for bins in shares.values() for v, _ in bins]
    least = min(s for bins in shares.values() for _, s in bins)
    drawn, top = legend([(places[name], name) for name in found], LEFT, WIDTH)
    x = Axis(low=min(values), high=max(values) * 1.26, start=LEFT, end=WIDTH - 8, log=True)
    low = 10 ** math.floor(math.log10(least))
    y = Axis(low=low, high=1.0, start=HEIGHT - BOTTOM, end=top + 6, log=True)
    parts = [drawn, below(x, HEIGHT - BOTTOM, top, _time), beside(y, LEFT, WIDTH - 8, _share)]
    for name, bins in shares.items():
        points = []
        floor = HEIGHT - BOTTOM
        last = None
        for value, share in bins:
            if last is None or value > last * 1.01:
                points += [(x.at(last or value), floor), (x.at(value), floor)]
            last = value * 10**0.1
            points += [(x.at(value), y.at(share)), (x.at(last), y.at(share))]
        points.append((x.at(last or 1), floor))
        parts.append(curve(points, places[name]))
    parts.append(line(LEFT, HEIGHT - BOTTOM, WIDTH - 8, HEIGHT - BOTTOM, klass="axis"))
    return drawing(WIDTH, HEIGHT, f"{title}: how often each value occurs", "".join(parts))


def _percentiles(found: Mapping[str, Distribution], places: Mapping[str, int], title: str) -> str:
    nines = max(1.0, *(math.log10(d.count) for d in found.values()))
    values = [v for d in found.values() for v in (d.quantile_ns(0.01), d.max_ns)]
    drawn, top = legend([(places[name], name) for name in found], LEFT, WIDTH)
    marks = (0.0, math.log10(2), *range(1, 20))  # 0, 50, 90, 99, ... %
    x = Axis(low=0.0, high=nines, start=LEFT, end=WIDTH - 8, marks=marks)
    y = Axis(
        low=max(LEAST_NS, min(values) * 0.8),
        high=max(max(values), LEAST_NS) * 1.3,
        start=HEIGHT - BOTTOM,
        end=top + 6,
        log=True,
    )
    parts = [drawn, below(x, HEIGHT - BOTTOM, top, _percent), beside(y, LEFT, WIDTH - 8, _time)]
    for name, d in found.items():
        reach = math.log10(d.count) if d.count > 1 else 0.3
        steps = [reach * i / POINTS for i in range(POINTS + 1)]
        points = [(x.at(step), y.at(d.quantile_ns(1 - 10**-step))) for step in steps]
        parts.append(curve(points, places[name]))
        for q in QUANTILES:
            step = -math.log10(1 - q)
            if step <= reach:
                told = f"{name}: {_percent(step)} do not exceed {_time(d.quantile_ns(q))}"
                parts.append(mark(x.at(step), y.at(d.quantile_ns(q)), places[name], told))
    parts.append(line(LEFT, HEIGHT - BOTTOM, WIDTH - 8, HEIGHT - BOTTOM, klass="axis"))
    parts.append(label(WIDTH - 8, HEIGHT - 4, "share of samples", anchor="end", klass="soft"))
    return drawing(WIDTH, HEIGHT, f"{title}: percentiles", "".join(parts))


def _table(found: Mapping[str, Distribution], title: str) -> Table:
    headers = ["strategy", "samples", *(f"p{100 * q:.6g}" for q in QUANTILES), "max"]
    return Table(
        caption=f"{title}, all replicates together",
        headers=headers,
        rows=[_row(name, d) for name, d in found.items()],
        right=range(1, len(headers)),
    )


def _row(name: str, d: Distribution) -> Sequence[str]:
    quantiles = [_time(d.quantile_ns(q)) if d.count * (1 - q) >= 1 else "null" for q in QUANTILES]
    return [name, f"{d.count:,}", *quantiles, _time(d.max_ns)]


def _time(value_ns: float) -> str:
    return value_text(value_ns, "ns")


def _share(share: float) -> str:
    return f"{100 * share:.6g} %"


def _percent(nines: float) -> str:
    """A number of nines as percent: 2 is 99 %."""
    return f"{100 * (1 - 10**-nines):.7g} %"
