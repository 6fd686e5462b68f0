"""Says what a comparison needs to know of a cell and of a metric, whoever measured them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, Protocol

SweepPoint = tuple[tuple[str, str | int | float | bool | None], ...]
Number = int | float


class ObservedStrategy(Protocol):
    """A strategy as reports name it."""

    @property
    def label(self) -> str: ...


class ObservedCell(Protocol):
    """Where and with which seed something was measured."""

    @property
    def hardware(self) -> str: ...
    @property
    def kernel(self) -> str: ...
    @property
    def scenario(self) -> str: ...
    @property
    def sweep(self) -> SweepPoint: ...
    @property
    def strategy(self) -> ObservedStrategy: ...
    @property
    def seed(self) -> int: ...


class Observation(Protocol):
    """What a cell gave: ``status`` "ok" or "failed"; a metric that does not exist is None, and
    ``null_reasons`` says why."""

    @property
    def cell(self) -> ObservedCell: ...
    @property
    def status(self) -> str: ...
    @property
    def metrics(self) -> Mapping[str, Number | None]: ...
    @property
    def null_reasons(self) -> Mapping[str, str]: ...


class JudgedMetric(Protocol):
    """What has to be declared of a metric to judge it; see ``pcpbench.metrics.Metric``."""

    @property
    def name(self) -> str: ...
    @property
    def better(self) -> Literal["lower", "higher", "neither"]: ...
    @property
    def scale(self) -> Literal["ratio", "difference"]: ...
    @property
    def margin(self) -> float: ...
