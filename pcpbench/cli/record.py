"""Decides what `pcpbench record` does: makes a case of what the running kernel does."""

from __future__ import annotations

import argparse
import os
import time
from pathlib import Path

from pcpbench.cli.ending import tell, tell_warning
from pcpbench.cli.options import add_debug_option
from pcpbench.errors import EnvironmentFailed, Interrupted

EXAMPLES = """\
examples:
  pcpbench record --seconds 5                        everything, five seconds long
  pcpbench record -o build-case -- make -j8          until the command ends
  pcpbench record --buffer '512 MiB' -- ./allocate   where events were lost
  pcpbench replay build-case                         what of it can be predicted

Needs root and tracefs. All tasks of the machine are recorded, since all of them move the lists;
meta.json says which events are the command's and which are of the recorder itself.
Without COMMAND and --seconds it records until Ctrl-C.
"""


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Adds the command and its options."""
    parser = commands.add_parser(
        "record",
        help="record the page allocator of the running kernel (root)",
        description="Records the page allocator's events of the running kernel, from tracefs, into "
        "a case that `replay` and `kind: trace` read.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "-o", "--output", metavar="FOLDER", type=Path, help="the case, a new folder"
    )
    parser.add_argument(
        "--seconds", metavar="N", type=_seconds, help="end after so many, whatever still runs"
    )
    parser.add_argument(
        "--buffer",
        metavar="SIZE",
        type=_kib,
        help="memory for events, for each CPU (default: an eighth of what is available, shared, "
        "at most 128 MiB)",
    )
    add_debug_option(parser)
    parser.add_argument(
        "words", metavar="-- COMMAND", nargs=argparse.REMAINDER, help="what to run and record"
    )
    parser.set_defaults(command=record_kernel)


def record_kernel(arguments: argparse.Namespace) -> int:
    """0 if the recording is whole, 5 if events were lost, 130 if it was interrupted."""
    from pcpbench.trace.record.session import Request, record

    words = arguments.words[1:] if arguments.words[:1] == ["--"] else arguments.words
    folder = arguments.output or Path(time.strftime(f"{os.uname().release}-%Y%m%d-%H%M%S"))
    request = Request(
        folder=folder, command=words, seconds=arguments.seconds, buffer_kib=arguments.buffer
    )
    recorded = record(request, tell)
    print(f"{folder}: {recorded.events} events in {recorded.seconds:.3f} s")
    if recorded.absent:
        tell_warning(f"this kernel has no event {', '.join(recorded.absent)}")
    if recorded.lost:
        raise EnvironmentFailed(
            f"{folder}: the recording is incomplete ({'; '.join(recorded.lost)}); it is kept and "
            "marked so; record again with a larger --buffer, or shorter"
        )
    if recorded.interrupted:
        raise Interrupted(f"interrupted; what was recorded until then is whole, in {folder}")
    if recorded.command_exit:
        tell_warning(f"the command ended with exit code {recorded.command_exit}")
    return 0


def _seconds(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 0 < value < 1e6:
        raise argparse.ArgumentTypeError(f"{text!r} must be a number of seconds above 0")
    return value


def _kib(text: str) -> int:
    from pcpbench.experiment.units import BYTES

    number, _, unit = text.strip().partition(" ")
    if number.isdecimal() and unit in BYTES and (kib := int(number) * BYTES[unit] >> 10) > 0:
        return kib
    raise argparse.ArgumentTypeError(f"{text!r} must be a size of at least 1 KiB, such as '64 MiB'")
