"""Decides what a strategy's generators may say to the core, and who is to blame if they may not.

The core stands still at each decision. Here the strategy's generator is asked for its next
primitive, which is checked and handed to the core, and the core's numbers become its result.
"""

from __future__ import annotations

from collections.abc import Coroutine, Generator
from dataclasses import dataclass
from types import GeneratorType
from typing import Any

from pcpbench.plugin.blame import raised
from pcpbench.plugin.drain import Drain, MachineFacts, Target
from pcpbench.plugin.primitives import Primitive
from pcpbench.plugin.strategy import Strategy
from pcpbench.simulator.commands import ACT_ON_TARGET, FINISH, Command, command_of, result_of

# A drain of 512 CPUs in 4 zones yields some thousand primitives. One that yields this many runs
# in a circle: primitives over no CPUs take no simulated time, so the cell would never end.
MOST_PRIMITIVES = 100_000
# Files of ours on the way to a strategy's code.
OURS = (__file__,)


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

    def __init__(self, strategy: Strategy, machine: MachineFacts) -> None:
        self._strategy = strategy
        self._machine = machine
        self._speakers: dict[int, _Speaker] = {}
        self._last: _Speaker | None = None

    def answer(self, decision: Any) -> Command:
        """The core's ``answer`` to a decision.

        Raises StrategyFault, worded for the user, for whatever the strategy does wrong.
        """
        speaker = self._speaker(decision)
        self._last = speaker
        try:
            if decision.start:
                primitive = next(speaker.steps)
            else:
                primitive = speaker.steps.send(result_of(speaker.waits_for, decision.result))
        except StopIteration:
            del self._speakers[decision.generator]
            return FINISH
        except (Exception, SystemExit) as error:
            raise StrategyFault(self._blame(speaker, raised(error, caller=OURS))) from error
        speaker.yielded += 1
        if speaker.yielded > MOST_PRIMITIVES:
            raise StrategyFault(
                self._blame(speaker, f"yielded {MOST_PRIMITIVES} primitives without an end")
            )
        try:
            command = command_of(primitive)
            self._require_target(command)
        except (TypeError, ValueError) as error:
            raise StrategyFault(self._blame(speaker, f"{error}{_at(speaker)}")) from error
        speaker.waits_for = primitive
        return command

    def _require_target(self, command: Command) -> None:
        """Raises TypeError if it has a target act that the strategy gave nothing to do."""
        if type(self._strategy).on_target is not Strategy.on_target:
            return
        name, _, _, parts = command
        if name in ACT_ON_TARGET:
            cls = type(self._strategy).__name__
            raise TypeError(
                f"{name} runs on_target, which {cls} lacks; write it, or `on_target = "
                "drain_own_lists` (of pcpbench.plugin)"
            )
        for part in parts:
            self._require_target(part)

    def blame_last(self, error: Exception) -> str:
        """Words for an error of the core about the primitive that was yielded last."""
        if self._last is None:
            return str(error)
        return self._blame(self._last, f"{error}{_at(self._last)}")

    def _speaker(self, decision: Any) -> _Speaker:
        if not decision.start:
            return self._speakers[decision.generator]
        zone = decision.zone if decision.one_zone else None
        asked: Drain | Target
        if decision.context == "initiator":
            hook = "drain_all"
            asked = Drain(
                initiator=decision.cpu, zone=zone, force=decision.force, machine=self._machine
            )
        else:
            hook = "on_target"
            asked = Target(cpu=decision.cpu, zone=zone, context=decision.context)
        nobody = _Speaker(hook, decision.cpu, _nothing())
        hook_code = getattr(self._strategy, hook)
        try:
            steps = hook_code(asked)
        except (Exception, SystemExit) as error:
            raise StrategyFault(self._blame(nobody, raised(error, caller=OURS))) from error
        if not isinstance(steps, GeneratorType):
            if isinstance(steps, Coroutine):
                steps.close()  # nobody will await it
            returned = type(steps).__name__
            what = f"returned {returned}; it must be a generator (use yield){_of(hook_code)}"
            raise StrategyFault(self._blame(nobody, what))
        speaker = _Speaker(hook, decision.cpu, steps)
        self._speakers[decision.generator] = speaker
        return speaker

    def _blame(self, speaker: _Speaker, what: str) -> str:
        return f"strategy '{self._strategy.name}', {speaker.hook} on CPU {speaker.cpu}: {what}"


def _nothing() -> Generator[Any, Any, None]:
    yield from ()


def _of(function: Any) -> str:
    """Where a function begins: " (file:line)"."""
    code = getattr(function, "__code__", None)
    return f" ({code.co_filename}:{code.co_firstlineno})" if code is not None else ""


def _at(speaker: _Speaker) -> str:
    """Where the generator stands, through any ``yield from``: " (file:line)"."""
    steps: Any = speaker.steps
    while isinstance(steps.gi_yieldfrom, GeneratorType):
        steps = steps.gi_yieldfrom
    if steps.gi_frame is None or steps.gi_code is _nothing.__code__:
        return ""
    return f" ({steps.gi_code.co_filename}:{steps.gi_frame.f_lineno})"
