"""Says what happens in a run that a plugin may listen to, and what a listener that fails costs."""

from __future__ import annotations

import sys
from collections.abc import Callable
from contextlib import redirect_stdout
from dataclasses import dataclass, field
from typing import Any, Protocol

from pcpbench.errors import warning_line
from pcpbench.plugin.blame import raised

EVENTS = ("experiment_began", "cell_ended", "drain_ended", "experiment_ended")


class CellFacts(Protocol):
    """What a listener may rely on of a cell (``pcpbench.simulator.cell.Cell``).

    ``strategy.label`` is what reports call its strategy.
    """

    @property
    def hardware(self) -> str: ...
    @property
    def kernel(self) -> str: ...
    @property
    def scenario(self) -> str: ...
    @property
    def strategy(self) -> Any: ...
    @property
    def seed(self) -> int: ...


class ResultFacts(Protocol):
    """What a listener may rely on of a result (``pcpbench.simulator.cell.CellResult``).

    ``status``: "ok" or "failed", then ``error`` says why. ``metrics``: values by name, None where
    there is none.
    """

    @property
    def cell(self) -> CellFacts: ...
    @property
    def status(self) -> str: ...
    @property
    def error(self) -> str | None: ...
    @property
    def metrics(self) -> Any: ...


class DrainFacts(Protocol):
    """What a listener may rely on of a drain that ended. Times are simulated, from the start of
    the cell, warm-up included. ``forced``: it spared no CPU. ``listed_blocks``: blocks on any list
    of its zones when it began; ``missed_blocks``: those of them that never left one."""

    @property
    def forced(self) -> bool: ...
    @property
    def asked_ns(self) -> float: ...
    @property
    def ended_ns(self) -> float: ...
    @property
    def listed_blocks(self) -> int: ...
    @property
    def missed_blocks(self) -> int: ...


@dataclass(frozen=True, slots=True)
class Listener:
    """A plugin that hears an event. ``call`` takes the event's arguments by keyword."""

    plugin: str
    call: Callable[..., Any]


def _say(text: str) -> None:
    print(warning_line(text), file=sys.stderr, flush=True)


@dataclass(slots=True)
class Listeners:
    """Who hears what. A listener that raises is told of on stderr, and hears that event no more
    in this process; the run and the other listeners go on."""

    of: dict[str, list[Listener]] = field(default_factory=lambda: {name: [] for name in EVENTS})
    say: Callable[[str], None] = _say

    def hears(self, event: str) -> bool:
        """Whether anyone listens: what nobody hears need not be found out."""
        return bool(self.of[event])

    def tell(self, event: str, when: str = "", /, **facts: Any) -> None:
        """Tells everyone who listens. ``when``: what a complaint says of the moment."""
        for listener in tuple(self.of[event]):
            try:
                with redirect_stdout(sys.stderr):  # stdout is the report's
                    listener.call(**facts)
            except (Exception, SystemExit) as error:
                self.of[event].remove(listener)
                what = raised(error, caller=(__file__,))
                self.say(
                    f"plugin '{listener.plugin}', pcpbench_{event}{when and f' {when}'}: {what}; "
                    "it is not told of such events any more"
                )
