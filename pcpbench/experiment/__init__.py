"""Decides what an experiment file means: text with places becomes a checked ``Experiment``."""

from pcpbench.experiment.experiment import Experiment, Point, Scenario
from pcpbench.experiment.loading import load_experiment, read_plugins

__all__ = ["Experiment", "Point", "Scenario", "load_experiment", "read_plugins"]
