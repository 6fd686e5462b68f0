"""Registers the built-in hardware profiles through the hook that third parties use."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from pcpbench.plugin.hookspecs import hookimpl


@hookimpl
def pcpbench_hardware() -> Sequence[Path]:
    return sorted((Path(__file__).parent / "profiles").glob("*.yaml"))
