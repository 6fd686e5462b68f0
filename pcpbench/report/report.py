"""Decides what every form of report is made of, so that none recomputes another's numbers."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from pcpbench.errors import InputError, suggestion
from pcpbench.experiment.robustness import STUDY as ROBUSTNESS
from pcpbench.experiment.sensitivity import STUDY as SENSITIVITY
from pcpbench.metrics.metric import Metric
from pcpbench.plugin.reports import ReportSection
from pcpbench.report.courses import settlings_of
from pcpbench.report.merged import Merged, merged, of_every_cpu
from pcpbench.simulator.cell import Cell, CellResult
from pcpbench.simulator.interruptions import Interruptions
from pcpbench.statistics.compare import compare_cells
from pcpbench.statistics.comparison import Comparison
from pcpbench.statistics.course import Course, course_of_run
from pcpbench.statistics.pairing import Setting
from pcpbench.statistics.reference import ReferenceRow, reference_rows, references_of
from pcpbench.statistics.robustness import with_robustness
from pcpbench.statistics.sensitivity import Examined, examined_verdicts
from pcpbench.statistics.warm_up import Settling
from pcpbench.store import RunFile, RunHeader, Source


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """A run with its comparisons. ``results``: in the order in which they are shown. ``metrics``:
    the declared ones by name; a metric of the run that is not declared is in the cells only.
    ``path``: of the run file, as the user named it. ``missing``: planned cells without a result;
    ``beside``: results of cells that examine the verdicts, which are not among ``results``;
    ``beside_failed``, ``beside_missing``: those of them that failed, and those without a result.
    ``engines``: how many results each engine gave; one unless a run was resumed by another.
    ``sources``: what the run was made from. ``other_pairs``: comparisons between candidates, if
    asked for; of the same families. ``course``: of a run whose intervals decide how many
    replicates it has. ``references``: published numbers beside those of the run. ``measured``:
    counters and histograms of every setting and strategy, where the form of report needs them.
    ``interruptions``: of one replicate of each, likewise. ``settling``: how long
    each took to settle, where the run file says it. ``sensitivity``: verdicts over draws of
    uncertain numbers.
    ``sections``: what it is made of, in order; empty for those that come with pcpbench."""

    header: RunHeader
    results: tuple[CellResult, ...]
    comparisons: tuple[Comparison, ...]
    metrics: Mapping[str, Metric] = field(default_factory=dict)
    path: str | None = None
    missing: int = 0
    beside: int = 0
    beside_missing: int = 0
    beside_failed: tuple[CellResult, ...] = ()
    engines: Mapping[str, int] = field(default_factory=dict)
    sources: tuple[Source, ...] = ()
    other_pairs: tuple[Comparison, ...] = ()
    course: Course | None = None
    references: tuple[ReferenceRow, ...] = ()
    measured: Mapping[tuple[Setting, str], Merged] = field(default_factory=dict)
    interruptions: Mapping[tuple[Setting, str], tuple[Cell, Interruptions]] = field(
        default_factory=dict
    )
    settling: Mapping[tuple[Setting, str], tuple[Settling, ...]] = field(default_factory=dict)
    sensitivity: tuple[Examined, ...] = ()
    sections: tuple[ReportSection, ...] = ()

    # Found once, for reports of many cells. ``settings``: every combination of hardware, kernel,
    # scenario and sweep point, as they appear. ``strategy_names``: of each label; the others serve
    # the methods below.
    settings: tuple[Setting, ...] = field(init=False, repr=False, compare=False)
    _names: Mapping[Setting, str] = field(init=False, repr=False, compare=False)
    _cells: Mapping[tuple[Setting, str], tuple[CellResult, ...]] = field(
        init=False, repr=False, compare=False
    )
    _compared: Mapping[tuple[str, str], tuple[Comparison, ...]] = field(
        init=False, repr=False, compare=False
    )
    strategy_names: Mapping[str, str] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        cells: dict[tuple[Setting, str], list[CellResult]] = {}
        for result in self.results:
            arm = (Setting.of(result.cell), result.cell.strategy.label)
            cells.setdefault(arm, []).append(result)
        compared: dict[tuple[str, str], list[Comparison]] = {}
        for c in self.comparisons:
            compared.setdefault((c.metric, c.candidate), []).append(c)
        names_of = {r.cell.strategy.label: r.cell.strategy.name for r in self.results}
        object.__setattr__(self, "strategy_names", names_of)
        settings = tuple(dict.fromkeys(setting for setting, _ in cells))
        object.__setattr__(self, "settings", settings)
        kernels = {setting.kernel for setting in settings}
        names = {setting: _name(setting, len(kernels) > 1) for setting in settings}
        object.__setattr__(self, "_names", names)
        object.__setattr__(self, "_cells", {arm: tuple(found) for arm, found in cells.items()})
        object.__setattr__(self, "_compared", {k: tuple(found) for k, found in compared.items()})

    @property
    def strategies(self) -> tuple[str, ...]:
        """Labels of the strategies: the baseline, then the others as they appear."""
        labels = dict.fromkeys(label for _, label in self._cells)
        baseline = self.header.baseline
        return (*[x for x in labels if x == baseline], *[x for x in labels if x != baseline])

    @property
    def candidates(self) -> tuple[str, ...]:
        """Labels of the strategies that are compared with the baseline."""
        return tuple(label for label in self.strategies if label != self.header.baseline)

    @property
    def failed(self) -> tuple[CellResult, ...]:
        """Cells that failed."""
        return tuple(result for result in self.results if result.status != "ok")

    def setting_name(self, setting: Setting) -> str:
        """What a reader calls a setting; kernel and sweep point only where there are several."""
        several = len({known.kernel for known in self.settings}) > 1
        return self._names.get(setting) or _name(setting, several)

    def compared(self, metric: str, candidate: str) -> tuple[Comparison, ...]:
        """The comparisons of one metric and candidate, one for each setting."""
        return self._compared.get((metric, candidate), ())

    def cells(self, setting: Setting, label: str) -> tuple[CellResult, ...]:
        """The cells of one strategy in one setting that ended well."""
        return tuple(r for r in self._cells.get((setting, label), ()) if r.status == "ok")


def _name(setting: Setting, with_kernel: bool) -> str:
    parts = [setting.hardware, *([setting.kernel] if with_kernel else []), setting.scenario]
    return " ".join([*parts, *(f"{path}={value}" for path, value in setting.sweep)])


def build_report(
    header: RunHeader,
    results: Iterable[CellResult],
    metrics: Mapping[str, Metric],
    *,
    path: str | None = None,
    missing: int = 0,
    engines: Mapping[str, int] | None = None,
    sources: tuple[Source, ...] = (),
    all_pairs: bool = False,
    course: Course | None = None,
    measured: Mapping[tuple[Setting, str], Merged] | None = None,
) -> Report:
    """The report of a run: its cells, compared as the header says. ``all_pairs``: candidates with
    each other too. Raises ValueError for a margin that is not a number >= 0, and for two results
    of one cell."""
    every = tuple(results)
    cells = tuple(result for result in every if not result.cell.study)
    comparisons = _compared(header, every, metrics, all_pairs=all_pairs)
    drawn = [result for result in every if result.cell.study == SENSITIVITY]
    return Report(
        header=header,
        results=cells,
        comparisons=tuple(c for c in comparisons if c.baseline == header.baseline),
        other_pairs=tuple(c for c in comparisons if c.baseline != header.baseline),
        course=course,
        references=reference_rows(references_of(header.experiment), cells, metrics),
        metrics=dict(metrics),
        path=path,
        missing=missing,
        beside=len(every) - len(cells),
        beside_failed=tuple(r for r in every if r.cell.study and r.status != "ok"),
        sensitivity=examined_verdicts(comparisons, drawn, metrics),
        engines=engines or {},
        sources=sources,
        measured=measured or {},
    )


def _compared(
    header: RunHeader,
    results: Sequence[CellResult],
    metrics: Mapping[str, Metric],
    *,
    all_pairs: bool,
) -> tuple[Comparison, ...]:
    """The comparisons of the cells that answer, examined with those at the ends of the costs."""
    compared = compare_cells(
        [result for result in results if not result.cell.study],
        baseline=header.baseline,
        metrics=metrics,
        primary=header.primary,
        margins=header.margins,
        all_pairs=all_pairs,
    )
    moved = [result for result in results if result.cell.study == ROBUSTNESS]
    return with_robustness(compared, moved, metrics)


def report_of(
    run_file: RunFile,
    *,
    baseline: str | None = None,
    metrics: Mapping[str, Metric] | None = None,
    measurements: bool = False,
    histograms: Callable[[int], Collection[str]] | None = None,
    all_pairs: bool = False,
    sections: Iterable[ReportSection] = (),
) -> Report:
    """The report of a run file, from nothing else. ``baseline``: another one than the run's own.
    ``all_pairs``: candidates with each other too. ``metrics``: declarations, for files of version
    1, which have none. ``measurements``: with counters and histograms; ``histograms``: names of
    those needed, given the number of settings, None for all. ``sections``: other ones than the
    built-in, which come first among them. Raises InputError for a baseline that it lacks."""
    results, declared = run_file.results(), run_file.metrics() or metrics or {}
    course, pending = course_and_pending(run_file, results, declared)
    read = _measured(run_file, results, histograms) if measurements else {}
    report = build_report(
        _with_baseline(run_file, baseline),
        results,
        declared,
        path=str(run_file.path),
        missing=sum(not cell.study for cell in pending),
        all_pairs=all_pairs,
        engines=run_file.engines(),
        measured=read,
    )
    return replace(
        report,
        course=course,
        sources=run_file.sources(),
        beside_missing=sum(bool(cell.study) for cell in pending),
        sections=tuple(sections),
        interruptions=_interruptions(run_file) if measurements else {},
        settling=settlings_of(run_file, [r.cell for r in results if r.status == "ok"], read),
    )


def course_and_pending(
    run_file: RunFile, results: Iterable[CellResult], metrics: Mapping[str, Metric]
) -> tuple[Course | None, tuple[Cell, ...]]:
    """How far a run has come whose intervals decide how long it is (None for others), and the
    cells that it still needs; those that it may do without are not among them."""
    answering = [result for result in results if not result.cell.study]
    planned = sum(not cell.study for cell in run_file.cells)
    course = course_of_run(answering, run_file.header, metrics, cells=planned)
    pending = run_file.pending()
    if course is not None:
        last = int(run_file.header.experiment["seed"]) + course.replicates - 1
        pending = tuple(cell for cell in pending if cell.seed <= last)
    return course, pending


def _measured(
    run_file: RunFile,
    results: Iterable[CellResult],
    histograms: Callable[[int], Collection[str]] | None,
) -> dict[tuple[Setting, str], Merged]:
    arms: dict[tuple[Setting, str], list[Cell]] = {}
    for result in results:
        if result.status == "ok" and not result.cell.study:
            arm = (Setting.of(result.cell), result.cell.strategy.label)
            arms.setdefault(arm, []).append(result.cell)
    names = histograms(len({setting for setting, _ in arms})) if histograms else None

    def wanted(name: str) -> bool:
        return names is None or of_every_cpu(name) in names

    wants = None if names is None else wanted
    return {arm: merged(run_file.measurements(cells, wants)) for arm, cells in arms.items()}


def _interruptions(
    run_file: RunFile,
) -> dict[tuple[Setting, str], tuple[Cell, Interruptions]]:
    found = run_file.interruptions().items()
    return {(Setting.of(cell), cell.strategy.label): (cell, kept) for cell, kept in found}


def _with_baseline(run_file: RunFile, baseline: str | None) -> RunHeader:
    if baseline is None:
        return run_file.header
    labels = list(dict.fromkeys(cell.strategy.label for cell in run_file.cells))
    if baseline not in labels:
        raise InputError.one(
            f"the run has no strategy '{baseline}'{suggestion(baseline, labels)}",
            str(run_file.path),
            f"choose one of {', '.join(labels)}",
        )
    return replace(run_file.header, baseline=baseline)
