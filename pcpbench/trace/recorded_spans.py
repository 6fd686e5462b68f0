"""Decides what of a recorded kernel's trace is drawn on a timeline: what its lines tell of time.

An event of the allocator is a moment. Refills and drains show as runs of lines, one for each page,
and so have a beginning and an end; interrupts, kswapd and contended locks have lines for both,
where they were recorded.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace

from pcpbench.trace.timeline import Span

LINE = re.compile(
    rb"^\s*(?P<task>.+?-\d+)\s+(?:\(\s*\S+\)\s+)?\[(?P<cpu>\d+)\]\s+"
    rb"(?:\S+\s+)?(?P<time>\d+(?:\.\d+)?):\s+(?P<name>\S.*)$"
)
PS_PER_S = 10**12
# Runs of one line a page: the event of a line, and what the run is.
RUNS = {
    b"mm_page_alloc_zone_locked": ("refill", "refill"),
    b"mm_page_pcpu_drain": ("drain", "flush"),
}
PAIRS = {
    b"irq_handler_entry": (b"irq_handler_exit", "interrupt", "interruption"),
    b"local_timer_entry": (b"local_timer_exit", "timer tick", "interruption"),
    b"call_function_entry": (b"call_function_exit", "IPI", "interruption"),
    b"call_function_single_entry": (b"call_function_single_exit", "IPI", "interruption"),
    b"reschedule_entry": (b"reschedule_exit", "reschedule IPI", "interruption"),
    b"softirq_entry": (b"softirq_exit", "softirq", "interruption"),
    b"contention_begin": (b"contention_end", "waits for a lock", "lock"),
    b"mm_vmscan_direct_reclaim_begin": (
        b"mm_vmscan_direct_reclaim_end",
        "direct reclaim",
        "reclaim",
    ),
}
ENDS = {end: begin for begin, (end, _, _) in PAIRS.items()}
ASKED, BODY, WORKED = b"drain_all_pages", b"__drain_all_pages", b"drain_local_pages_wq"
KSWAPD, KSWAPD_END = b"balance_pgdat", b"balance_pgdat_end"


@dataclass(slots=True)
class _Drain:
    """A drain of all CPUs: who asked and when, whether its body has begun, and for which CPUs a
    kworker has come."""

    number: int
    asker: int
    task: bytes
    asked_ps: int
    inner: bool = False
    targets: set[int] = field(default_factory=set)


@dataclass(slots=True)
class _Cpu:
    """What is open on a CPU: a run of lines of one kind, a kworker's work for a drain, and pairs
    whose end has not come. ``last_ps``: the time of its last line."""

    run: bytes = b""
    began_ps: int = 0
    blocks: int = 0
    task: bytes = b""
    last_ps: int = 0
    work: Span | None = None
    open: dict[bytes, tuple[int, bytes]] = field(default_factory=dict)


@dataclass(slots=True)
class RecordedSpans:
    """Reads lines of a ring buffer's text. ``tick_ps``: length of a unit of whole time stamps;
    those with a decimal point are seconds. ``events``: how many were read; ``lost``: lines that
    say that events were lost."""

    tick_ps: float = 1000.0
    events: int = 0
    lost: int = 0
    _cpus: dict[int, _Cpu] = field(default_factory=dict)
    _first_ps: int | None = None
    _drains: list[_Drain] = field(default_factory=list)  # those that run, the oldest first
    _asked: int = 0
    _kswapd: dict[bytes, int] = field(default_factory=dict)

    def read(self, lines: Iterable[bytes]) -> Iterator[Span]:
        """The spans that end in these lines, in the order of their ends; times begin at 0."""
        for line in lines:
            found = LINE.match(line)
            if found is None:
                self.lost += b"LOST" in line
                continue
            self.events += 1
            yield from self._event(found)

    def finish(self) -> Iterator[Span]:
        """What was open at the end."""
        for number, cpu in self._cpus.items():
            yield from self._end_run(number, cpu)
            yield from self._end_work(cpu)
        yield from map(_beginning, self._drains)

    def cpus(self) -> list[int]:
        """The CPUs that were seen, ascending."""
        return sorted(self._cpus)

    def _event(self, found: re.Match[bytes]) -> Iterator[Span]:
        now, number, task = self._time(found["time"]), int(found["cpu"]), found["task"]
        cpu = self._cpus.setdefault(number, _Cpu())
        if task != cpu.task:
            yield from self._end_run(number, cpu)
            yield from self._end_work(cpu)
        cpu.task = task
        words = found["name"].split(None, 3)
        name = words[0].rstrip(b":")
        if name in RUNS:
            if cpu.run != name:
                yield from self._end_run(number, cpu)
                cpu.run, cpu.began_ps, cpu.blocks = name, now, 0
            cpu.blocks += 1
        elif name in (b"mm_page_alloc", b"mm_page_free"):
            yield from self._end_run(number, cpu)
        elif name in PAIRS:
            cpu.open[name] = (now, task)
        elif name in ENDS:
            yield from self._pair(ENDS[name], number, cpu, now)
        elif len(words) > 2 and words[1] in (b"K", b"R"):
            yield from self._probe(words[1] == b"R", words[2], number, cpu, now)
        cpu.last_ps = now

    def _pair(self, begun: bytes, number: int, cpu: _Cpu, now: int) -> Iterator[Span]:
        if begun not in cpu.open:
            return
        begin, task = cpu.open.pop(begun)
        _, what, category = PAIRS[begun]
        # A task may leave its CPU between the two lines: only handlers lie within other spans.
        apart = None if category == "interruption" else f"{what}-{number}-{now}"
        yield _span(number, what, category, begin, now, apart=apart, task=task)

    def _probe(
        self, returns: bool, name: bytes, number: int, cpu: _Cpu, now: int
    ) -> Iterator[Span]:
        if name in (ASKED, BODY) and not returns:
            yield from self._ask(name == BODY, number, cpu.task, now)
        elif name == ASKED and returns:
            for drain in [d for d in self._drains if d.task == cpu.task]:
                self._drains.remove(drain)
                told = f"drain {drain.number}, asked by CPU {drain.asker}"
                apart = f"drain-{drain.number}"
                yield _span(
                    drain.asker, told, "drain", drain.asked_ps, now, apart=apart, task=drain.task
                )
        elif name == WORKED:
            yield from self._work(number, cpu, now)
        elif name == KSWAPD:
            self._kswapd[cpu.task] = now
        elif name == KSWAPD_END and cpu.task in self._kswapd:
            begin = self._kswapd.pop(cpu.task)
            apart = f"kswapd-{number}-{now}"
            yield _span(number, "kswapd reclaims", "reclaim", begin, now, apart=apart)

    def _ask(self, inner: bool, number: int, task: bytes, now: int) -> Iterator[Span]:
        own = [drain for drain in self._drains if drain.task == task]
        if inner and own and not own[-1].inner:
            own[-1].inner = True  # the body of the function that was called just before
            return
        # Where no line tells the end of a drain, the next one of its task does.
        yield from map(_beginning, own)
        self._drains = [drain for drain in self._drains if drain.task != task]
        self._drains.append(_Drain(self._asked, number, task, now, inner))
        self._asked += 1

    def _work(self, number: int, cpu: _Cpu, now: int) -> Iterator[Span]:
        """A kworker has come for a drain: of those that wait for this CPU the oldest."""
        yield from self._end_work(cpu)
        drain = next((d for d in self._drains if number not in d.targets), None)
        if drain is None:
            return
        drain.targets.add(number)
        arrow = f"{drain.number}-{number}"
        yield Span(
            cpu=drain.asker,
            name=f"drain {drain.number} asks CPU {number}",
            category="drain",
            begin_ps=drain.asked_ps,
            end_ps=drain.asked_ps,
            arrow_from=arrow,
        )
        cpu.work = Span(
            cpu=number,
            name=f"works for drain {drain.number} of CPU {drain.asker}",
            category="drain",
            begin_ps=now,
            end_ps=now,
            arrow_to=arrow,
        )

    def _end_work(self, cpu: _Cpu) -> Iterator[Span]:
        if cpu.work is not None:
            yield replace(cpu.work, end_ps=cpu.last_ps)
            cpu.work = None

    def _end_run(self, number: int, cpu: _Cpu) -> Iterator[Span]:
        if cpu.run:
            what, category = RUNS[cpu.run]
            cpu.run = b""
            told = f"{what} of {cpu.blocks} blocks"
            yield _span(number, told, category, cpu.began_ps, cpu.last_ps, task=cpu.task)

    def _time(self, text: bytes) -> int:
        if b"." in text:
            whole, _, part = text.partition(b".")
            now = int(whole) * PS_PER_S + int(part.ljust(12, b"0")[:12])
        else:
            now = round(int(text) * self.tick_ps)
        if self._first_ps is None:
            self._first_ps = now
        return now - self._first_ps


def _beginning(drain: _Drain) -> Span:
    """A drain whose end no line tells."""
    told = f"drain {drain.number} asked"
    return _span(drain.asker, told, "drain", drain.asked_ps, drain.asked_ps, task=drain.task)


def _span(
    cpu: int,
    name: str,
    category: str,
    begin_ps: int,
    end_ps: int,
    *,
    apart: str | None = None,
    task: bytes = b"",
) -> Span:
    return Span(
        cpu=cpu,
        name=name,
        category=category,
        begin_ps=begin_ps,
        end_ps=end_ps,
        arguments={"task": task.decode(errors="replace")} if task else {},
        apart=apart,
    )
