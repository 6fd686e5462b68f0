"""Decides what `pcpbench timeline` does: writes a cell or a recording for ui.perfetto.dev."""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from pcpbench.cli.ending import tell, tell_warning
from pcpbench.cli.explain import add_cell_argument, chosen_cell, registry_of
from pcpbench.cli.options import add_plugin_options
from pcpbench.errors import CHOOSE, InputError, unwritable

if TYPE_CHECKING:
    from pcpbench.simulator.event_log import Event
    from pcpbench.trace.timeline import Span, TimelineWriter

PS_PER_NS = 1000
END_PS = 1 << 62
# So many events are held at a time; the file grows as the simulation goes on.
AT_A_TIME = 1 << 16
SQLITE = b"SQLite format 3\0"
EXAMPLES = """\
examples:
  pcpbench timeline RUN workqueue generated -o drains.json --from '100 ms' --to '120 ms'
  pcpbench timeline recordings/linux-5.10-pressure
  pcpbench timeline trace.txt.xz -o trace.json
Open the file in ui.perfetto.dev or chrome://tracing.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Window:
    """What is written: spans that touch it. Times in ps."""

    from_ps: int
    to_ps: int

    def of(self, spans: Iterable[Span]) -> Iterator[Span]:
        return (s for s in spans if s.end_ps >= self.from_ps and s.begin_ps < self.to_ps)


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Adds the command and its options."""
    parser = commands.add_parser(
        "timeline",
        help="write what happened on each CPU, for ui.perfetto.dev",
        description="Writes drains, refills, lock waits and interruptions of a run's cell, or of a "
        "recorded trace, as trace events, a row for each CPU.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "source", metavar="RUN|CASE", help="a run file, or a recording: a folder or a tracefs text"
    )
    add_cell_argument(parser)
    parser.add_argument(
        "-o", "--output", metavar="FILE", type=Path, default=Path("timeline.json"),
        help="the file to write, by default timeline.json",
    )  # fmt: skip
    for name, what in (("--from", "begins"), ("--to", "ends")):
        parser.add_argument(
            name,
            metavar="TIME",
            dest=f"{name[2:]}_ps",
            type=_time,
            help=f"where the part {what}, such as '120 ms', from the start of the simulation or "
            "of the recording",
        )
    add_plugin_options(parser)
    parser.set_defaults(command=timeline)


def timeline(arguments: argparse.Namespace) -> int:
    """Writes the file, whole or not at all."""
    from_ps = 0 if arguments.from_ps is None else arguments.from_ps
    to_ps = END_PS if arguments.to_ps is None else arguments.to_ps
    if to_ps <= from_ps:
        raise InputError.one("the part ends before it begins", "--to", "give a later time")
    window = _Window(from_ps=from_ps, to_ps=to_ps)
    path: Path = arguments.output
    source = Path(arguments.source)
    if path.exists() and source.exists() and path.samefile(source):
        raise InputError.one("this is the file to read", str(path), "choose another --output")
    beside = path.with_name(f"{path.name}.part")
    try:
        count = _write(arguments, beside, window)
        beside.replace(path)
    except OSError as error:
        raise unwritable(path, error, CHOOSE) from error
    finally:
        beside.unlink(missing_ok=True)
    tell(f"{count:,} spans are in {path}; open it in ui.perfetto.dev")
    return 0


def _write(arguments: argparse.Namespace, path: Path, window: _Window) -> int:
    from pcpbench.trace.timeline import TimelineWriter

    with path.open("w", encoding="ascii") as stream, TimelineWriter(stream) as writer:
        if _is_run(Path(arguments.source)):
            _write_cell(arguments, writer, window)
        else:
            _write_recording(arguments, writer, window)
    return writer.spans


def _is_run(path: Path) -> bool:
    """Whether a run is meant, also where there is none in the file."""
    if path.suffix == ".sqlite" or not path.is_file():
        return path.suffix == ".sqlite"
    with path.open("rb") as file:
        return file.read(len(SQLITE)) == SQLITE


def _write_cell(arguments: argparse.Namespace, writer: TimelineWriter, window: _Window) -> None:
    from pcpbench.report.cell_timeline import spans_of
    from pcpbench.runner.again import simulated_again
    from pcpbench.simulator.event_log import EventLog
    from pcpbench.store import RunFile

    with RunFile.open(Path(arguments.source)) as run_file:
        registry = registry_of(run_file, arguments.plugin)
        kept = chosen_cell(run_file, arguments.cell)
        numbers = iter(range(1 << 62))

        def sink(events: Iterable[Event]) -> None:
            writer.add(spans_of(events, numbers))

        log = EventLog(from_ps=window.from_ps, to_ps=window.to_ps, most=AT_A_TIME, sink=sink)
        simulated_again(run_file, kept, registry, log)
        writer.cpus.update(range(kept.cell.machine.cpus))


def _write_recording(
    arguments: argparse.Namespace, writer: TimelineWriter, window: _Window
) -> None:
    from pcpbench.trace.recorded_spans import RecordedSpans
    from pcpbench.trace.recording import HEAD_NAME, read_head
    from pcpbench.trace.source import Damaged, find_recording, find_text, read_lines

    if arguments.cell:
        raise InputError.one(
            "a recording has no cells", str(arguments.source), "give the recording alone"
        )
    path = find_recording(arguments.source, Path())
    text = find_text(path)
    head = read_head(path / HEAD_NAME) if path.is_dir() else {}
    tick_ps = 1e9 / head["tsc_khz"] if head.get("tsc_khz") else float(PS_PER_NS)
    spans = RecordedSpans(tick_ps=tick_ps)
    try:
        writer.add(window.of(spans.read(read_lines(text))))
    except Damaged as error:
        raise InputError.one(str(error), str(text), "copy or record it anew") from error
    writer.add(window.of(spans.finish()))
    writer.cpus.update(spans.cpus())
    if not spans.events:
        raise InputError.one("no line is an event of a ring buffer", str(text), "is it a trace?")
    if spans.lost:
        tell_warning(f"{text}: events were lost in {spans.lost} places; the timeline has gaps")


def _time(text: str) -> int:
    """A time in ps. Raises ArgumentTypeError for what is none."""
    from pcpbench.experiment.units import UNITS, NotAQuantity, parse

    try:
        return round(parse(text, UNITS["ns"]) * PS_PER_NS)
    except NotAQuantity as error:
        raise argparse.ArgumentTypeError(str(error)) from error
