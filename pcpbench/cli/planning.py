"""Decides which plugins a command loads, and turns its options into an experiment."""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from pcpbench.cli.ending import tell_warning

if TYPE_CHECKING:
    from pcpbench.experiment import Experiment
    from pcpbench.plugin.registry import Registry
    from pcpbench.simulator.cell import Cell


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """An experiment, its cells in order, and the plugins it uses (files with whole paths).

    ``cells``: those that answer the question, then those that examine the verdicts.
    """

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
    wanted = getattr(arguments, "sensitivity", False)
    experiment = replace(experiment, sensitivity=_draws(arguments)) if wanted else experiment
    cells = (*experiment.cells(), *_beside(experiment, registry))
    return Planned(experiment=experiment, cells=cells, registry=registry, plugins=plugins)


def _beside(experiment: Experiment, registry: Registry) -> Iterator[Cell]:
    """The cells that examine how far verdicts depend on uncertain numbers of the profiles."""
    if not (experiment.robustness or experiment.sensitivity):
        return
    from pcpbench.experiment.robustness import robustness_cells
    from pcpbench.experiment.sensitivity import check_sensitivity, sensitivity_cells
    from pcpbench.hardware.profile import load_profile

    profiles = {name: load_profile(registry.hardware[name]) for name in experiment.hardware}
    first = [cell for cell in experiment.cells() if cell.seed == experiment.seed]
    if experiment.robustness:
        yield from robustness_cells(first, profiles)
    if experiment.sensitivity:
        check_sensitivity(experiment, profiles)
        yield from sensitivity_cells(first, profiles, experiment.sensitivity)


def _draws(arguments: argparse.Namespace) -> int:
    from pcpbench.experiment.sensitivity import DRAWS

    return DRAWS if arguments.draws is None else int(arguments.draws)


def registry_with(plugins: Sequence[str]) -> Registry:
    """Everything installed and the plugins named; says on stderr which of them are broken."""
    from pcpbench.plugin.registry import load_registry

    registry = load_registry(plugins)
    for warning in registry.warnings:
        tell_warning(warning)
    return registry


def whole_paths(plugins: Sequence[str]) -> tuple[str, ...]:
    """The plugins with files made absolute, so that workers and later readers find them."""
    from pcpbench.plugin.loading import is_file_name

    return tuple(str(Path(name).resolve()) if is_file_name(name) else name for name in plugins)
