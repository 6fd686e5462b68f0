"""Decides which plugins a command loads, and turns its options into an experiment."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from pcpbench.cli.ending import tell_warning

if TYPE_CHECKING:
    from pcpbench.experiment import Experiment
    from pcpbench.plugin.registry import Registry
    from pcpbench.simulator.cell import Cell


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """An experiment, its cells in order, and the plugins it uses (files with whole paths)."""

    experiment: Experiment
    cells: tuple[Cell, ...]
    registry: Registry
    plugins: tuple[str, ...]


def plan(arguments: argparse.Namespace) -> Planned:
    """The experiment that the options ask for. Raises InputError with all that is wrong."""
    from pcpbench.experiment import load_experiment, read_plugins

    named = read_plugins(arguments.config, arguments.settings)
    plugins = tuple(dict.fromkeys((*named, *whole_paths(arguments.plugin))))
    registry = registry_with(plugins)
    experiment = load_experiment(
        arguments.config,
        registry=registry,
        settings=arguments.settings,
        quick=arguments.quick,
        seed=arguments.seed,
        replicates=arguments.replicates,
    )
    cells = tuple(experiment.cells())
    return Planned(experiment=experiment, cells=cells, registry=registry, plugins=plugins)


def registry_with(plugins: Sequence[str]) -> Registry:
    """Everything installed and the plugins named; says on stderr which of them are broken."""
    from pcpbench.plugin.registry import load_registry

    registry = load_registry(plugins)
    for warning in registry.warnings:
        tell_warning(warning)
    return registry


def whole_paths(plugins: Sequence[str]) -> tuple[str, ...]:
    """The plugins with files made absolute, so that workers and later readers find them."""
    return tuple(
        str(Path(name).resolve()) if name.endswith(".py") or "/" in name else name
        for name in plugins
    )
