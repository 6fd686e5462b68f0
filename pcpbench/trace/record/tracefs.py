"""Decides how a trace buffer of the kernel is borrowed for a recording, and given back.

The recording has an instance of its own (``instances/pcpbench-PID``): whatever else is traced on
the machine goes on undisturbed, and removing the instance undoes everything. Source of all files
and their meaning: Documentation/trace/ftrace.rst, "The File System" and "Instances" (v6.12).
"""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from types import TracebackType

from pcpbench.errors import EnvironmentFailed

TRACEFS = Path("/sys/kernel/tracing")
MOUNT = "mount -t tracefs nodev /sys/kernel/tracing"
# Without these two there is nothing to replay.
NEEDED_EVENTS = ("kmem/mm_page_alloc", "kmem/mm_page_free")
# What else shows the allocator at work, where the kernel has it. Forks tell whose a task is.
MORE_EVENTS = (
    "kmem/mm_page_free_batched",
    "kmem/mm_page_alloc_zone_locked",
    "kmem/mm_page_pcpu_drain",
    "kmem/mm_page_alloc_extfrag",
    "vmscan/mm_vmscan_direct_reclaim_begin",
    "vmscan/mm_vmscan_direct_reclaim_end",
    "vmscan/mm_vmscan_kswapd_wake",
    "vmscan/mm_vmscan_kswapd_sleep",
    "vmscan/mm_vmscan_wakeup_kswapd",
    "compaction/mm_compaction_begin",
    "compaction/mm_compaction_end",
    "sched/sched_process_fork",
)
# Of the clocks that order the events of all CPUs, best first.
CLOCKS = ("x86-tsc", "mono")
_OWN_NAME = re.compile(r"pcpbench-(\d+)")
_LOSSES = ("overrun", "commit overrun", "dropped events")


class Instance:
    """A trace buffer of our own. A context: leaving it removes the buffer, whatever happened.

    ``clock``: name of the chosen clock. ``absent``: events this kernel does not have.
    """

    def __init__(self, root: Path = TRACEFS) -> None:
        check_access(root)
        self.root = root
        self.folder = root / "instances" / f"pcpbench-{os.getpid()}"
        self.clock = ""
        self.absent: tuple[str, ...] = ()

    def __enter__(self) -> Instance:
        _remove_left_over(self.folder.parent)
        try:
            self.folder.mkdir()
        except OSError as error:
            raise EnvironmentFailed(
                f"{self.folder}: cannot make a trace instance ({error.strerror}); the kernel needs "
                "CONFIG_TRACING and memory for it"
            ) from error
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        with suppress(OSError):
            self._write("tracing_on", "0")
            self._write("events/enable", "0")
        self.folder.rmdir()

    def set_up(self, buffer_kib: int) -> None:
        """Chooses clock and events and sizes the buffer (KiB for each CPU); tracing stays off.

        Raises EnvironmentFailed where the kernel lacks a needed event or refuses the buffer."""
        self._write("tracing_on", "0")
        clocks = self._read("trace_clock").replace("[", " ").replace("]", " ").split()
        self.clock = next((name for name in CLOCKS if name in clocks), "global")
        self._write("trace_clock", self.clock)
        # What is new gets lost when the buffer is full: the beginning stays whole.
        with suppress(OSError):
            self._write("options/overwrite", "0")
        try:
            self._write("buffer_size_kb", str(buffer_kib))
        except OSError as error:
            raise EnvironmentFailed(
                f"the kernel refuses a buffer of {buffer_kib} KiB for each CPU "
                f"({error.strerror}); give a smaller --buffer"
            ) from error
        self.absent = tuple(name for name in MORE_EVENTS if not self._enable(name))
        missing = [name for name in NEEDED_EVENTS if not self._enable(name)]
        if missing:
            raise EnvironmentFailed(
                f"this kernel has no event {', '.join(missing)}; it needs CONFIG_TRACEPOINTS and "
                "CONFIG_FTRACE"
            )

    def start(self) -> None:
        """Events are recorded from here on."""
        self._write("tracing_on", "1")

    def stop(self) -> None:
        """Nothing is recorded from here on; the buffer stays readable."""
        self._write("tracing_on", "0")

    def mark(self, text: str) -> None:
        """Puts a line ``tracing_mark_write: text`` among the events."""
        with suppress(OSError):
            self._write("trace_marker", text)

    def buffer_kib(self) -> int:
        """The buffer's size for each CPU as the kernel rounded it."""
        return int(self._read("buffer_size_kb").split()[0])

    def losses(self) -> dict[str, int]:
        """How many events were lost, by CPU and way; nothing where none were.

        Source: kernel/trace/trace.c, tracing_stats_read (v6.12)."""
        lost: dict[str, int] = {}
        for cpu in sorted((self.folder / "per_cpu").iterdir(), key=lambda path: path.name):
            for line in (cpu / "stats").read_text().splitlines():
                way, _, count = line.partition(": ")
                if way in _LOSSES and int(count):
                    lost[f"{cpu.name} {way}"] = int(count)
        return lost

    def _enable(self, event: str) -> bool:
        try:
            self._write(f"events/{event}/enable", "1")
        except FileNotFoundError:
            return False
        return True

    def _read(self, name: str) -> str:
        return (self.folder / name).read_text()

    def _write(self, name: str, text: str) -> None:
        # No buffering, no file made where the kernel has none.
        file = os.open(self.folder / name, os.O_WRONLY)
        try:
            os.write(file, text.encode())
        finally:
            os.close(file)


def check_access(root: Path = TRACEFS) -> None:
    """Raises EnvironmentFailed, with the remedy, where tracefs cannot be used."""
    if os.geteuid() != 0:
        raise EnvironmentFailed(
            f"{root}: recording the kernel needs root; run it with sudo, or as root"
        )
    if not (root / "instances").is_dir():
        raise EnvironmentFailed(f"{root}: tracefs is not mounted; mount it with `{MOUNT}`")


def processes_of(lines: Sequence[tuple[int, int]], first: int) -> list[int]:
    """``first`` and all that descend from it. ``lines``: (parent, child) of forks, in order."""
    own = {first}
    for parent, child in lines:
        if parent in own:
            own.add(child)
    return sorted(own)


def _remove_left_over(instances: Path) -> None:
    """Removes what a recording that was killed (kill -9) could not: its process is gone."""
    for folder in instances.iterdir():
        name = _OWN_NAME.fullmatch(folder.name)
        if name is not None and not Path("/proc", name[1]).exists():
            with suppress(OSError):
                folder.rmdir()
