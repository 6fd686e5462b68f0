"""Decides what is told of everything that has a name: strategies, workloads, profiles and so on."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from pcpbench.cli.ending import tell_warning

if TYPE_CHECKING:
    from pcpbench.plugin.registry import Registry

KINDS = (
    *("strategies", "workloads", "hardware", "kernels", "plugins", "metrics"),
    *("formats", "sections", "executors"),
)
SINGULAR = {
    "strategies": "strategy",
    "workloads": "workload",
    "hardware": "hardware profile",
    "kernels": "kernel preset",
    "plugins": "plugin",
    "metrics": "metric",
    "formats": "report format",
    "sections": "report section",
    "executors": "executor",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """Something that can be named in an experiment, or brings such things.

    ``summary``: one line. ``source``: what it is modelled on; None where each of its numbers has
    its own. ``origin``: "built-in", or the plugin. ``parameters``: as JSON values. ``details``:
    more for a person to read.
    """

    kind: str
    name: str
    summary: str
    source: str | None
    origin: str
    parameters: tuple[Mapping[str, Any], ...] = ()
    details: Mapping[str, str] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """What `pcpbench list --json` promises of it."""
        return {
            "name": self.name,
            "summary": self.summary,
            "source": self.source,
            "origin": self.origin,
            "parameters": [dict(parameter) for parameter in self.parameters],
        }


def catalogue(registry: Registry, kind: str) -> tuple[Named, ...]:
    """Everything of a kind. A profile or preset that cannot be read is left out with a warning."""
    return tuple(_READERS[kind](registry))


def _strategies(registry: Registry) -> Iterator[Named]:
    from pcpbench.strategies.document import access_in_words, memory_of

    for name, strategy in registry.strategies.items():
        foreign = [kernel for kernel in registry.kernels if strategy.is_transplanted(kernel)]
        details = {
            "native to": ", ".join(strategy.historical) or "no kernel",
            "transplanted": f"when it runs on {', '.join(foreign)}" if foreign else "",
            "list access": access_in_words(strategy.access) if strategy.uses_lists else "no lists",
            "memory added": memory_of(strategy),
            "about": inspect.getdoc(strategy) or "",
        }
        yield _parameterised(registry, "strategies", name, strategy, details)


def _workloads(registry: Registry) -> Iterator[Named]:
    for name, workload in registry.workloads.items():
        reclaim = "simulated" if workload.simulates_reclaim else "not simulated"
        details = {
            "a seed varies": workload.seed_varies,
            "reclaim": reclaim,
            "about": inspect.getdoc(workload) or "",
        }
        yield _parameterised(registry, "workloads", name, workload, details)


def _parameterised(
    registry: Registry, kind: str, name: str, item: Any, details: Mapping[str, str]
) -> Named:
    return Named(
        kind=kind,
        name=name,
        summary=item.summary,
        source=item.source or None,
        origin=registry.origin_of(kind, name),
        parameters=tuple(_parameter(parameter) for parameter in item.parameters()),
        details=details,
    )


def _parameter(parameter: Any) -> Mapping[str, Any]:
    return {
        "name": parameter.name,
        "type": parameter.type.__name__,
        "default": parameter.default,
        "unit": parameter.unit,
        "ge": parameter.ge,
        "le": parameter.le,
        "choices": list(parameter.choices),
        "help": parameter.help,
    }


def _hardware(registry: Registry) -> Iterator[Named]:
    from pcpbench.errors import InputError
    from pcpbench.hardware.profile import load_profile

    for name, path in registry.hardware.items():
        try:
            profile = load_profile(path)
        except InputError as error:
            tell_warning(f"hardware profile '{name}': {error}")
            continue
        place = profile.topology
        details = {
            "file": str(path),
            "processor": f"{profile.arch}, {profile.clock_ghz:g} GHz, "
            f"{place.sockets} x {place.cores_per_socket} cores of {place.smt} thread(s), "
            f"pages of {' or '.join(map(str, profile.page_sizes_bytes))} bytes",
            "numbers": f"{len(profile.estimates)} of "
            f"{len(profile.costs) + len(profile.wake_latency_busy)} are estimates with a range",
        }
        yield _file(registry, "hardware", name, profile.summary, details)


def _kernels(registry: Registry) -> Iterator[Named]:
    from pcpbench.errors import InputError
    from pcpbench.kernels.preset import load_preset

    for name, path in registry.kernels.items():
        try:
            preset = load_preset(path)
        except InputError as error:
            tell_warning(f"kernel preset '{name}': {error}")
            continue
        details = {
            "file": str(path),
            "release": preset.release,
            "rules": f"{len(preset.rules)}, each with the function it was read from",
            "page sizes": ", ".join(f"{size} bytes" for size in preset.page_sizes_bytes),
        }
        yield _file(registry, "kernels", name, preset.summary, details)


def _file(
    registry: Registry, kind: str, name: str, summary: str, details: Mapping[str, str]
) -> Named:
    origin = registry.origin_of(kind, name)
    return Named(kind=kind, name=name, summary=summary, source=None, origin=origin, details=details)


def _plugins(registry: Registry) -> Iterator[Named]:
    for plugin in registry.plugins:
        yield Named(
            kind="plugins",
            name=plugin.name,
            summary=plugin.summary,
            source=None,
            origin=plugin.origin,
        )


def _metrics(registry: Registry) -> Iterator[Named]:
    from pcpbench.metrics.metric import UNITS

    for name, metric in registry.metrics.items():
        share = metric.scale == "ratio"
        margin = f"{metric.margin * 100:g} %" if share else f"{metric.margin:g} {metric.unit}"
        details = {
            "unit": f"{metric.unit} ({UNITS.get(metric.unit, 'a unit of its plugin')})",
            "better": metric.better,
            "compared as": f"a {metric.scale}; changes within {margin} do not matter",
            "assumed": getattr(metric, "assumed", ""),
        }
        yield Named(
            kind="metrics",
            name=name,
            summary=getattr(metric, "help", ""),
            source=getattr(metric, "source", "") or None,
            origin=registry.origin_of("metrics", name),
            details=details,
        )


def _formats(registry: Registry) -> Iterator[Named]:
    for name, form in registry.report_formats.items():
        yield _part_of_reports(registry, "formats", name, form.summary)


def _sections(registry: Registry) -> Iterator[Named]:
    for name, section in registry.report_sections.items():
        yield _part_of_reports(registry, "sections", name, section.summary)


def _part_of_reports(registry: Registry, kind: str, name: str, summary: str) -> Named:
    origin = registry.origin_of(f"report_{kind}", name)
    return Named(kind=kind, name=name, summary=summary, source=None, origin=origin)


def _executors(registry: Registry) -> Iterator[Named]:
    for name, executor in registry.executors.items():
        yield Named(
            kind="executors",
            name=name,
            summary=executor.summary,
            source=None,
            origin=registry.origin_of("executors", name),
            parameters=tuple(_parameter(parameter) for parameter in executor.parameters()),
            details={
                "cells run": "on this machine" if executor.local else "elsewhere",
                "about": inspect.getdoc(executor) or "",
            },
        )


_READERS: Mapping[str, Callable[[Registry], Iterator[Named]]] = {
    "strategies": _strategies,
    "workloads": _workloads,
    "hardware": _hardware,
    "kernels": _kernels,
    "plugins": _plugins,
    "metrics": _metrics,
    "formats": _formats,
    "sections": _sections,
    "executors": _executors,
}
