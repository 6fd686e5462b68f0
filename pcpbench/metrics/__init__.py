"""Decides what is measured of a cell, and in which words and units."""

from pcpbench.metrics.histogram import Histogram
from pcpbench.metrics.measure import measure
from pcpbench.metrics.metric import UNITS, Metric, Missing
from pcpbench.metrics.raw import NotCounted, RawMeasurements

__all__ = ["UNITS", "Histogram", "Metric", "Missing", "NotCounted", "RawMeasurements", "measure"]
