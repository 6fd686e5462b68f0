"""Registers the built-in kernel presets through the hook that third parties use."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from pcpbench.plugin.hookspecs import hookimpl


@hookimpl
def pcpbench_kernels() -> Sequence[Path]:
    return sorted((Path(__file__).parent / "presets").glob("*.yaml"))
