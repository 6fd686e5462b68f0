"""Decides what a run was made from, and whether it may go on with what there is now."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from pcpbench.errors import InputError, Problem
from pcpbench.plugin.loading import BUILT_IN, is_file_name
from pcpbench.plugin.registry import Registry
from pcpbench.runner.engine import engine_identity
from pcpbench.simulator.cell import Cell
from pcpbench.store import Provenance, RunFile, Source
from pcpbench.store.provenance import digest_of

ANEW = "events come from simulating a cell again: run the experiment anew"
REMEDY = "run the experiment anew, or mix both with --allow-mixed"


def provenance(registry: Registry, cells: Iterable[Cell]) -> Provenance:
    """What the cells are made from: profiles and presets in full, plugins by name and digest."""
    named = {"hardware": {}, "kernel": {}}  # type: dict[str, dict[str, None]]
    for cell in cells:
        named["hardware"][cell.hardware] = None
        named["kernel"][cell.kernel] = None
    sources = [
        _of_file(kind, name, registry.origin_of(mapping, name), getattr(registry, mapping)[name])
        for kind, mapping in (("hardware", "hardware"), ("kernel", "kernels"))
        for name in named[kind]
    ]
    return Provenance(sources=(*sources, *_plugins(registry)), metrics=registry.metrics)


def check_resumable(run_file: RunFile, registry: Registry, *, allow_mixed: bool) -> list[str]:
    """Raises InputError if cells to come would be made by something else than those that are
    there, or cannot be made at all. Returns what is different, if ``allow_mixed``."""
    missing = list(_missing(registry, run_file.pending()))
    if missing:
        raise InputError([Problem(thing, str(run_file.path), remedy) for thing, remedy in missing])
    engines = [engine for engine in run_file.engines() if engine != engine_identity()]
    changed = [
        *_other_engines(engines or [run_file.header.engine]),
        *_other_sources(run_file, registry, run_file.pending()),
    ]
    if changed and not allow_mixed:
        raise InputError([Problem(thing, str(run_file.path), REMEDY) for thing in changed])
    return changed


def check_repeatable(run_file: RunFile, registry: Registry, cell: Cell) -> None:
    """Raises InputError if the cell, simulated again, would be made by something else than what
    made its result."""
    missing = list(_missing(registry, [cell]))
    if missing:
        raise InputError([Problem(thing, str(run_file.path), remedy) for thing, remedy in missing])
    changed = [
        *_other_engines([run_file.engine_of(cell)]),
        *_other_sources(run_file, registry, [cell]),
    ]
    if changed:
        raise InputError([Problem(thing, str(run_file.path), ANEW) for thing in changed])


def _other_engines(engines: Iterable[str]) -> Iterator[str]:
    for engine in engines:
        if engine != engine_identity():
            yield f"its cells were simulated by engine {engine}, and this is {engine_identity()}"


def _other_sources(run_file: RunFile, registry: Registry, cells: Sequence[Cell]) -> Iterator[str]:
    now = {(s.kind, s.name): s for s in provenance(registry, cells).sources}
    for source in run_file.sources():
        found = now.get((source.kind, source.name))
        if found is None:
            if source.kind == "plugin":
                yield f"it was made with plugin '{source.name}', which is not loaded"
        elif (found.digest, found.origin) != (source.digest, source.origin):
            yield f"{source.kind} '{source.name}' is not what it was ({source.origin})"


def _missing(registry: Registry, cells: Sequence[Cell]) -> Iterator[tuple[str, str]]:
    needed: dict[tuple[str, str], None] = {}
    for cell in cells:
        needed["hardware", cell.hardware] = needed["kernels", cell.kernel] = None
        needed["strategies", cell.strategy.name] = None
        needed |= dict.fromkeys(("workloads", workload.kind) for workload in cell.workloads)
    for kind, name in needed:
        if name not in getattr(registry, kind):
            yield f"'{name}' of its {kind} is not there", "name its plugin with -p"


def _plugins(registry: Registry) -> Iterator[Source]:
    for plugin in registry.plugins:
        if plugin.origin != BUILT_IN:
            digest = _digest_of_code(plugin.name)
            yield Source(kind="plugin", name=plugin.name, origin=plugin.origin, digest=digest)


def _of_file(kind: str, name: str, origin: str, path: Path) -> Source:
    content = path.read_bytes()
    return Source(
        kind=kind,
        name=name,
        origin=origin,
        digest=digest_of(content),
        content=content.decode(errors="replace"),
    )


def _digest_of_code(name: str) -> str:
    """Of a plugin that is a file or a module, its code; an installed one is known by version."""
    if is_file_name(name):
        return digest_of(Path(name).read_bytes())
    try:
        spec = importlib.util.find_spec(name)
    except (ImportError, ValueError):
        return ""
    if spec is None or not spec.origin or not Path(spec.origin).is_file():
        return ""
    path = Path(spec.origin)
    files = sorted(path.parent.rglob("*.py")) if path.name == "__init__.py" else [path]
    return digest_of(b"\0".join(file.read_bytes() for file in files))
