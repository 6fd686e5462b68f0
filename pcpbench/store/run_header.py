"""Says what a run file must know beside its cells, so that it can be resumed and reported alone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class RunHeader:
    """What a run was asked, and by what it was carried out.

    ``experiment``: the resolved experiment as JSON values. ``baseline``, ``primary``,
    ``margins``: what comparisons need (margins in each metric's unit, ratios as fractions).
    ``engine``: identity of the engine, see ``pcpbench.runner.engine_identity``. ``plugins``:
    modules or files to load, files with their whole path. ``environment``: host, date, versions,
    command line; outside the promise of equal bytes. ``version``: of the pcpbench that made it,
    "" where an older one did not say.
    """

    name: str
    question: str
    experiment: Mapping[str, Any]
    baseline: str
    primary: tuple[str, ...]
    margins: Mapping[str, float]
    engine: str
    plugins: tuple[str, ...] = ()
    environment: Mapping[str, str] = field(default_factory=dict)
    version: str = ""

    def to_json(self) -> dict[str, Any]:
        """The header as plain JSON values."""
        return asdict(self)

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> RunHeader:
        """The header that ``to_json`` wrote, of this or an older version; KeyError if a field
        is missing."""
        known = {f.name: value[f.name] for f in fields(cls) if f.name != "version"}
        known["version"] = value.get("version", "")
        tuples = {"primary": tuple(value["primary"]), "plugins": tuple(value["plugins"])}
        return cls(**{**known, **tuples})
