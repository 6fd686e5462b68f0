"""Decides how the cells of an experiment are executed, and in what they are kept."""

from pcpbench.runner.capacity import workers_for
from pcpbench.runner.engine import engine_identity
from pcpbench.runner.estimate import estimate_s
from pcpbench.runner.header import new_session, run_header
from pcpbench.runner.progress import Progress, SilentProgress, duration, progress_on
from pcpbench.runner.provenance import check_resumable, provenance
from pcpbench.runner.run import run_experiment

__all__ = [
    "Progress",
    "SilentProgress",
    "check_resumable",
    "duration",
    "engine_identity",
    "estimate_s",
    "new_session",
    "progress_on",
    "provenance",
    "run_experiment",
    "run_header",
    "workers_for",
]
