"""Decides the answer in plain words, which stands in the first lines of a report."""

from __future__ import annotations

from collections.abc import Sequence

from pcpbench.metrics.metric import Metric
from pcpbench.report.numbers import values_text
from pcpbench.report.report import Report
from pcpbench.report.robustness import examined
from pcpbench.report.sensitivity import sensitivity_told
from pcpbench.report.words import DECIDED, by_verdict, listed, plural, tally
from pcpbench.statistics.comparison import Comparison

DRAIN_INTERRUPTIONS = "isolated.interruptions.by_cause.drain"
NOISE = "isolated.noise_ns_per_s"
PRICE = ("alloc.latency_ns.p99", "throughput_pages_per_s")
FAILURES = "alloc.failures"


def answer(report: Report) -> list[str]:
    """The answer, a paragraph for each candidate and one on how much is decided."""
    if not report.results:
        return ["No answer: the run has no finished cell."]
    if len(report.failed) == len(report.results):
        cells = plural(len(report.results), "cell")
        return [f"No answer: of {cells} all failed; their errors are listed below."]
    if not report.candidates:
        return [f"No answer: there is no strategy beside the baseline {report.header.baseline}."]
    return [*[_of_candidate(report, label) for label in report.candidates], _decided(report)]


def _of_candidate(report: Report, candidate: str) -> str:
    sentences = [
        _interruptions(report, candidate),
        _verdicts(report, candidate, _isolated_metrics(report)),
        _price(report, candidate),
    ]
    found = [sentence for sentence in sentences if sentence]
    lead = f"{candidate} instead of {report.header.baseline}: "
    return lead + (" ".join(found) or "none of the metrics that answer the question was compared.")


def _interruptions(report: Report, candidate: str) -> str:
    """How often drains interrupt an isolated CPU, with both strategies."""
    pairs = [
        (c.baseline_value, c.candidate_value)
        for c in report.compared(DRAIN_INTERRUPTIONS, candidate)
        if c.baseline_value is not None and c.candidate_value is not None
    ]
    if not pairs:
        return ""
    old, new = zip(*pairs, strict=True)
    return (
        f"drains interrupt the worst isolated CPU {values_text(new, 'count')} instead of "
        f"{values_text(old, 'count')} times in {_window(report)}."
    )


def _window(report: Report) -> str:
    windows = [float(r.simulated_ns) for r in report.results if r.status == "ok"]
    return f"{values_text(windows, 'ns')} of simulated time"


def _isolated_metrics(report: Report) -> list[Metric]:
    names = [name for name in report.header.primary if name.startswith("isolated.")]
    return _declared(report, names or [NOISE])


def _price(report: Report, candidate: str) -> str:
    """What the others pay: the primary metrics that are not of isolated CPUs, and failures."""
    names = [name for name in report.header.primary if not name.startswith("isolated.")]
    metrics = _declared(report, names or PRICE)
    failures = report.compared(FAILURES, candidate)
    if FAILURES not in names and any(c.verdict in ("better", "worse") for c in failures):
        metrics += _declared(report, [FAILURES])
    told = _verdicts(report, candidate, metrics)
    return f"For everybody: {told[0].lower()}{told[1:]}" if told else ""


def _declared(report: Report, names: Sequence[str]) -> list[Metric]:
    return [report.metrics[name] for name in names if name in report.metrics]


def _verdicts(report: Report, candidate: str, metrics: Sequence[Metric]) -> str:
    parts = []
    for metric in metrics:
        comparisons = report.compared(metric.name, candidate)
        if comparisons:
            title = f"{metric.title} (assumed)" if metric.assumed else metric.title
            parts.append(f"{title} {tally(report, comparisons, metric)}")
    text = "; ".join(parts)
    return f"{text[0].upper()}{text[1:]}." if text else ""


def _decided(report: Report) -> str:
    """How many primary comparisons are decided, and what kept the others from it."""
    primary = [c for c in report.comparisons if c.primary]
    counts = {word: len(members) for word, members in by_verdict(primary).items()}
    decided = sum(counts.get(word, 0) for word in DECIDED)
    text = f"Of {plural(len(primary), 'primary comparison')} {decided} "
    text += "is decided" if decided == 1 else "are decided"
    told = [f"{count} {word}" for word, count in counts.items()]
    text += f" ({listed(told)})." if told else "."
    if not primary:
        text = "The experiment declares no primary metric, so every comparison is exploratory."
    if report.failed:
        total = plural(len(report.results), "cell")
        text += f" {len(report.failed)} of {total} failed; no comparison with them has a verdict."
    if report.missing:
        total = plural(len(report.results) + report.missing, "planned cell")
        text += f" {report.missing} of {total} have no result yet."
    text += _beside(report)
    if any(c.robust is not None for c in primary):
        text += f" {examined(primary)}"
    if report.sensitivity:
        text += f" {sensitivity_told(report)}"
    return text + _few_replicates(primary or report.comparisons)


def _beside(report: Report) -> str:
    """What is lacking of the cells that examine the verdicts."""
    text = ""
    if report.beside_failed:
        told = plural(len(report.beside_failed), "cell")
        text += f" Of the cells that examine the verdicts {told} failed."
    if report.beside_missing:
        told = plural(report.beside_missing, "cell")
        text += f" Without a result yet of the cells that examine the verdicts: {told}."
    return text


def _few_replicates(comparisons: Sequence[Comparison]) -> str:
    pairs = [c.n for c in comparisons]
    if pairs and max(pairs) < 2:
        return " With fewer than two replicates nothing can be decided."
    return ""
