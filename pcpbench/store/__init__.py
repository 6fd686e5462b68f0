"""Decides how a run is kept: one SQLite file, written cell by cell."""

from pcpbench.store.provenance import Provenance, Session, Source
from pcpbench.store.run_file import RunFile
from pcpbench.store.run_header import RunHeader

__all__ = ["Provenance", "RunFile", "RunHeader", "Session", "Source"]
