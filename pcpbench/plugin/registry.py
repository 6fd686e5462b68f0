"""Decides what a command can use of all that plugins contribute, and who listens to a run."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from typing import Any

import pluggy

from pcpbench.errors import suggestion
from pcpbench.plugin import hookspecs
from pcpbench.plugin.blame import raised, shown
from pcpbench.plugin.events import EVENTS, Listener, Listeners
from pcpbench.plugin.executor import Executor
from pcpbench.plugin.loading import (
    FoundPlugin,
    built_in_plugins,
    installed_plugins,
    named_plugins,
)
from pcpbench.plugin.reports import ReportFormat, ReportSection
from pcpbench.plugin.strategy import ListAccess, Strategy
from pcpbench.plugin.workload import Workload


@dataclass(frozen=True, slots=True)
class LoadedPlugin:
    """A plugin in use. ``origin``: "built-in", its package and version, or as it was named."""

    name: str
    origin: str
    summary: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Registry:
    """Everything plugins contribute, by name. ``warnings``: plugins, or parts of them, that
    cannot be used, and why. ``metrics`` and ``report_sections`` keep the order in which reports
    show them. ``listeners``: who hears what happens in a run."""

    strategies: Mapping[str, type[Strategy]] = field(default_factory=dict)
    workloads: Mapping[str, type[Workload]] = field(default_factory=dict)
    hardware: Mapping[str, Path] = field(default_factory=dict)
    kernels: Mapping[str, Path] = field(default_factory=dict)
    metrics: Mapping[str, Any] = field(default_factory=dict)
    report_formats: Mapping[str, ReportFormat] = field(default_factory=dict)
    report_sections: Mapping[str, ReportSection] = field(default_factory=dict)
    executors: Mapping[str, type[Executor]] = field(default_factory=dict)
    listeners: Listeners = field(default_factory=Listeners)
    plugins: tuple[LoadedPlugin, ...] = ()
    warnings: tuple[str, ...] = ()
    origins: Mapping[tuple[str, str], str] = field(default_factory=dict)

    def origin_of(self, kind: str, name: str) -> str:
        """Where a contribution comes from; ``kind`` is the name of one of the mappings."""
        return self.origins[kind, name]


def load_registry(extra: Sequence[str] = (), relative_to: Path | None = None) -> Registry:
    """The registry of the built-ins, the installed plugins, and those named in ``extra``
    (modules, or files with paths from ``relative_to``, by default the current folder)."""
    folder = relative_to or Path.cwd()
    found = chain(built_in_plugins(), installed_plugins(), named_plugins(extra, folder))
    gathering = _Gathering()
    for plugin in found:
        gathering.add(plugin)
    return Registry(
        **gathering.items,
        listeners=gathering.listeners,
        plugins=tuple(gathering.plugins),
        warnings=tuple(gathering.warnings),
        origins=gathering.origins,
    )


class _Gathering:
    """Asks one plugin after another; what is wrong with one does not keep the others out."""

    def __init__(self) -> None:
        self.items: dict[str, dict[str, Any]] = {kind: {} for kind in _KINDS}
        self.origins: dict[tuple[str, str], str] = {}
        self.listeners = Listeners()
        self.plugins: list[LoadedPlugin] = []
        self.warnings: list[str] = []

    def add(self, found: FoundPlugin) -> None:
        if found.error is not None:
            self._warn(found, found.error)
            return
        # A manager of its own for each plugin tells whose contribution is whose.
        manager = pluggy.PluginManager(hookspecs.PROJECT)
        manager.add_hookspecs(hookspecs)
        try:
            manager.register(found.plugin, name=found.name)
            manager.check_pending()
        except (pluggy.PluginValidationError, ValueError) as error:
            self._warn(found, _unknown_hook(found.plugin) or str(error))
            return
        before = len(self.origins), len(self.warnings)
        for kind in _KINDS:
            self._ask(found, kind, getattr(manager.hook, f"pcpbench_{kind}"))
        listens = self._listens(found, manager)
        if (len(self.origins), len(self.warnings)) == before and not listens:
            self._warn(found, _NOTHING)
        if len(self.origins) == before[0] and not listens:
            return
        summary = (getattr(found.plugin, "__doc__", None) or "").strip().split("\n")[0]
        self.plugins.append(LoadedPlugin(found.name, found.origin, summary))

    def _ask(self, found: FoundPlugin, kind: str, hook: Callable[[], list[Any]]) -> None:
        try:
            parts = hook()
        except Exception as error:
            self._warn(found, f"pcpbench_{kind} {raised(error, caller=(__file__,))}")
            return
        if wrong := [part for part in parts if not _is_series(part)]:
            self._warn(found, f"pcpbench_{kind} gave {shown(wrong[0])}; return a list of them")
            return
        items = [item for part in parts for item in part]
        for item in items:
            name, problem = _KINDS[kind](item)
            if problem is None and name in self.items[kind]:
                owner = self.origins[kind, name]
                problem = f"the name '{name}' is taken ({owner}); choose another"
            if problem is not None:
                self._warn(found, f"pcpbench_{kind}: {problem}")
                continue
            self.items[kind][name] = item
            self.origins[kind, name] = found.origin

    def _listens(self, found: FoundPlugin, manager: pluggy.PluginManager) -> bool:
        """Whether the plugin hears any event; notes which."""
        listens = False
        for event in EVENTS:
            hook = getattr(manager.hook, f"pcpbench_{event}")
            if hook.get_hookimpls():
                self.listeners.of[event].append(Listener(found.name, hook))
                listens = True
        return listens

    def _warn(self, found: FoundPlugin, why: str) -> None:
        where = f" ({found.origin})" if found.origin != found.name else ""
        self.warnings.append(f"plugin '{found.name}'{where}: {why}")


_NOTHING = (
    "it contributes nothing; say what by a function that bears the name of a hook and is marked "
    "with pcpbench's hookimpl, such as pcpbench_strategies"
)


def _unknown_hook(plugin: Any) -> str | None:
    """What is wrong with a hook that nobody calls; None if there is none such."""
    hooks = [name for name in vars(hookspecs) if name.startswith("pcpbench_")]
    for name, item in getattr(plugin, "__dict__", {}).items():
        if hasattr(item, f"{hookspecs.PROJECT}_impl") and name not in hooks:
            return f"there is no hook '{name}'{suggestion(name, hooks)}"
    return None


def _is_series(part: Any) -> bool:
    return isinstance(part, Iterable) and not isinstance(part, str | type)


Checked = tuple[str, str | None]  # the name, and what is wrong with the item


def _strategy(item: Any) -> Checked:
    problem = _class_problem(item, Strategy, "name")
    if problem is not None:
        return "", problem
    if item.drain_all is Strategy.drain_all:
        return item.name, f"{item.name}: drain_all is missing; write it as a generator"
    or_none = ListAccess | None
    choices = [
        ("access", isinstance(item.access, ListAccess), "a ListAccess"),
        ("free_access", isinstance(item.free_access, or_none), "a ListAccess or None"),
        ("list_free_access", isinstance(item.list_free_access, or_none), "a ListAccess or None"),
        ("mutex", item.mutex in ("trylock", "none"), "'trylock' or 'none'"),
        ("list_sets", item.list_sets in (1, 2), "1 or 2"),
        ("bytes_per_cpu_zone", _is_count(item.bytes_per_cpu_zone), "a whole number of bytes"),
        ("bytes_per_cpu", _is_count(item.bytes_per_cpu), "a whole number of bytes"),
        ("uses_lists", isinstance(item.uses_lists, bool), "True or False"),
        ("drains_lru", isinstance(item.drains_lru, bool), "True or False"),
        ("historical", _is_words(item.historical), "a tuple of presets' names, or ()"),
        ("summary", isinstance(item.summary, str), "a text"),
        ("source", isinstance(item.source, str), "a text"),
    ]
    wrong = [
        f"{item.name}: {what} is {shown(getattr(item, what))}; it must be {must}"
        for what, good, must in choices
        if not good
    ]
    return item.name, "; ".join(wrong) or None


def _is_count(value: Any) -> bool:
    return type(value) is int and value >= 0


def _is_words(value: Any) -> bool:
    return isinstance(value, tuple | list) and all(isinstance(word, str) for word in value)


def _workload(item: Any) -> Checked:
    problem = _class_problem(item, Workload, "kind")
    return ("", problem) if problem is not None else (item.kind, None)


def _class_problem(item: Any, base: type, name: str) -> str | None:
    if isinstance(item, base):
        return f"gave an object of {type(item).__name__}; give the class itself"
    if not (isinstance(item, type) and issubclass(item, base)):
        return f"{shown(item)} is not a subclass of {base.__name__}"
    text = getattr(item, name, None)
    if not isinstance(text, str) or not text or text.split() != [text]:
        return f"{item.__name__}.{name} must be one word"
    return None


def _file(item: Any) -> Checked:
    if not isinstance(item, str | Path) or Path(item).suffix != ".yaml":
        return "", f"{item!r} is not the path of a .yaml file"
    return Path(item).stem, None if Path(item).is_file() else f"there is no file {item}"


def _metric(item: Any) -> Checked:
    wanted = ("name", "unit", "better", "scale", "margin", "of")
    missing = [attribute for attribute in wanted if not hasattr(item, attribute)]
    if missing:
        return "", f"{item!r} is not a Metric: it lacks {', '.join(missing)}"
    return item.name, None


def _of_type(wanted: type) -> Callable[[Any], Checked]:
    def check(item: Any) -> Checked:
        if not isinstance(item, wanted):
            return "", f"{item!r} is not a {wanted.__name__}"
        name: object = getattr(item, "name", None)
        one_word = isinstance(name, str) and name.split() == [name]
        return str(name), None if one_word else f"{name!r} must be one word"

    return check


def _executor(item: Any) -> Checked:
    problem = _class_problem(item, Executor, "name")
    return ("", problem) if problem is not None else (item.name, None)


_KINDS: Mapping[str, Callable[[Any], Checked]] = {
    "strategies": _strategy,
    "workloads": _workload,
    "hardware": _file,
    "kernels": _file,
    "metrics": _metric,
    "report_formats": _of_type(ReportFormat),
    "report_sections": _of_type(ReportSection),
    "executors": _executor,
}
