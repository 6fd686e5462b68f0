"""Registers the built-in kernel presets through the hook that third parties use."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from pcpbench.plugin.hookspecs import hookimpl


@hookimpl
def pcpbench_kernels() -> Sequence[Path]:
    """In the order of releases: v6.2 stands before v6.12.y."""
    return sorted((Path(__file__).parent / "presets").glob("*.yaml"), key=_release)


def _release(path: Path) -> list[int]:
    return [int(number) for number in re.findall(r"\d+", path.stem)]
