"""Decides what a strategy's generators may say to the core, and who is to blame if they may not.

The core stands still at each decision. Here the strategy's generator is asked for its next
primitive, which is checked and handed to the core, and the core's numbers become its result.
"""

from __future__ import annotations

import traceback
from collections.abc import Generator
from dataclasses import dataclass
from types import GeneratorType
from typing import Any

from pcpbench.plugin.drain import (
    Drain,
    DrainLocal,
    DrainRemote,
    FlushWork,
    FreeLists,
    Primitive,
    QueueWork,
    ScanCounts,
    SwapLists,
    Swapped,
    SynchronizeRcu,
    Target,
    Works,
)
from pcpbench.plugin.strategy import Strategy

# A drain of 512 CPUs in 4 zones yields some thousand primitives. One that yields this many runs
# in a circle: primitives over no CPUs take no simulated time, so the cell would never end.
MOST_PRIMITIVES = 100_000


class StrategyFault(Exception):
    """A strategy raised, or asked for something that is not a primitive."""


@dataclass(slots=True)
class _Speaker:
    """A generator at work: its hook, the primitive it waits for, how many it has yielded."""

    hook: str
    cpu: int
    steps: Generator[Any, Any, None]
    waits_for: Primitive | None = None
    yielded: int = 0


class Conversation:
    """Speaks for one strategy in one simulation."""

    def __init__(self, strategy: Strategy) -> None:
        self._strategy = strategy
        self._speakers: dict[int, _Speaker] = {}
        self._last: _Speaker | None = None

    def answer(self, decision: Any) -> tuple[str, list[int], int]:
        """The arguments of the core's ``answer`` to a decision: primitive, CPUs or works, value.

        Raises StrategyFault, worded for the user, for whatever the strategy does wrong.
        """
        speaker = self._speaker(decision)
        self._last = speaker
        try:
            if decision.start:
                primitive = next(speaker.steps)
            else:
                primitive = speaker.steps.send(_result(speaker.waits_for, decision.result))
        except StopIteration:
            del self._speakers[decision.generator]
            return "finish", [], 0
        except (Exception, SystemExit) as error:
            raise StrategyFault(self._blame(speaker, _raised(error, speaker))) from error
        speaker.yielded += 1
        if speaker.yielded > MOST_PRIMITIVES:
            raise StrategyFault(
                self._blame(speaker, f"yielded {MOST_PRIMITIVES} primitives without an end")
            )
        try:
            command = _command(primitive)
        except (TypeError, ValueError) as error:
            raise StrategyFault(self._blame(speaker, f"{error}{_at(speaker)}")) from error
        speaker.waits_for = primitive
        return command

    def blame_last(self, error: Exception) -> str:
        """Words for an error of the core about the primitive that was yielded last."""
        if self._last is None:
            return str(error)
        return self._blame(self._last, f"{error}{_at(self._last)}")

    def _speaker(self, decision: Any) -> _Speaker:
        if not decision.start:
            return self._speakers[decision.generator]
        hook = "on_target" if decision.on_target else "drain_all"
        asked: Drain | Target = (
            Target(cpu=decision.cpu, zone=None)
            if decision.on_target
            else Drain(initiator=decision.cpu, zone=None, force=False)
        )
        nobody = _Speaker(hook, decision.cpu, _nothing())
        try:
            steps = getattr(self._strategy, hook)(asked)
        except (Exception, SystemExit) as error:
            raise StrategyFault(self._blame(nobody, _raised(error, nobody))) from error
        if not isinstance(steps, GeneratorType):
            what = f"returned {type(steps).__name__}; it must be a generator (use yield)"
            raise StrategyFault(self._blame(nobody, what))
        speaker = _Speaker(hook, decision.cpu, steps)
        self._speakers[decision.generator] = speaker
        return speaker

    def _blame(self, speaker: _Speaker, what: str) -> str:
        return f"strategy '{self._strategy.name}', {speaker.hook} on CPU {speaker.cpu}: {what}"


def _nothing() -> Generator[Any, Any, None]:
    yield from ()


def _result(primitive: Primitive | None, numbers: list[int]) -> Any:
    """What a yield expression gives, from the core's plain numbers."""
    match primitive:
        case ScanCounts():
            return tuple(numbers)
        case QueueWork():
            return Works(tuple(numbers))
        case SwapLists(cpus):
            return Swapped(cpus)
        case FreeLists() | DrainRemote() | DrainLocal():
            return numbers[0]
        case _:
            return None


def _command(primitive: Any) -> tuple[str, list[int], int]:
    """A primitive in the core's words. Raises TypeError or ValueError if it is none."""
    match primitive:
        case ScanCounts():
            return "scan_counts", [], 0
        case SwapLists(cpus):
            return "swap_lists", _whole_numbers("swap_lists", cpus), 0
        case SynchronizeRcu(expedited):
            return "synchronize_rcu", [], int(bool(expedited))
        case FreeLists(Swapped(cpus)):
            return "free_lists", _whole_numbers("free_lists", cpus), 0
        case FreeLists(other):
            raise TypeError(f"free_lists takes the result of swap_lists, not {other!r}")
        case DrainRemote(cpu, pages_per_hold):
            limit = [] if pages_per_hold is None else [pages_per_hold]
            if any(pages <= 0 for pages in _whole_numbers("drain_remote", limit)):
                raise ValueError("drain_remote: pages_per_hold must be at least 1, or None")
            return "drain_remote", _whole_numbers("drain_remote", [cpu]), pages_per_hold or 0
        case QueueWork(cpus):
            return "queue_work", _whole_numbers("queue_work", cpus), 0
        case FlushWork(Works(ids)):
            return "flush_work", _whole_numbers("flush_work", ids), 0
        case FlushWork(other):
            raise TypeError(f"flush_work takes the result of queue_work, not {other!r}")
        case DrainLocal():
            return "drain_local", [], 0
        case _:
            raise TypeError(f"yielded {primitive!r}; yield what the methods of d and t return")


def _whole_numbers(name: str, values: Any) -> list[int]:
    for value in values:
        if isinstance(value, bool) or not isinstance(value, int) or abs(value) > 1 << 30:
            raise TypeError(f"{name} takes whole numbers, not {value!r}")
    return list(values)


def _raised(error: BaseException, speaker: _Speaker) -> str:
    """The error in one line, with the place in the strategy where it was raised."""
    frames = [f for f in traceback.extract_tb(error.__traceback__) if f.filename != __file__]
    place = f" ({frames[-1].filename}:{frames[-1].lineno})" if frames else _at(speaker)
    text = str(error)
    return f"raised {type(error).__name__}{': ' if text else ''}{text}{place}"


def _at(speaker: _Speaker) -> str:
    """Where the generator stands, through any ``yield from``: " (file:line)"."""
    steps: Any = speaker.steps
    while isinstance(steps.gi_yieldfrom, GeneratorType):
        steps = steps.gi_yieldfrom
    if steps.gi_frame is None or steps.gi_code is _nothing.__code__:
        return ""
    return f" ({steps.gi_code.co_filename}:{steps.gi_frame.f_lineno})"
