"""Decides how sets of CPUs are written: as the kernel's lists, "0-3,8"."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

# More than any machine has; keeps "0-999999999" from being spelt out.
LARGEST_CPU = 8191
PART = re.compile(r"(\d{1,4})(?:-(\d{1,4}))?", re.ASCII)
REMEDY = "write CPU numbers and ranges, such as '0-3,8'"


def parse_cpu_list(value: Any) -> tuple[int, ...]:
    """The CPUs of a YAML value, ascending: a text ("0-3,8", "none"), a number or a list of those.

    Raises ValueError that says what is wrong.
    """
    if isinstance(value, list):
        return tuple(sorted({cpu for part in value for cpu in parse_cpu_list(part.value)}))
    if isinstance(value, bool) or not isinstance(value, int | str):
        raise ValueError("is not a list of CPUs")
    text = str(value).strip() if not isinstance(value, int) or abs(value) < 10**9 else "?"
    if text in ("none", ""):
        return ()
    return tuple(sorted({cpu for part in text.split(",") for cpu in _range(part.strip())}))


def _range(part: str) -> range:
    match = PART.fullmatch(part)
    if match is None:
        shown = part if len(part) <= 20 else f"{part[:20]}..."
        raise ValueError(f"has '{shown}', which is neither a CPU nor a range")
    first, last = int(match[1]), int(match[2] or match[1])
    if last < first:
        raise ValueError(f"has '{part}', which counts down")
    if last > LARGEST_CPU:
        raise ValueError(f"has CPU {last}; the largest is {LARGEST_CPU}")
    return range(first, last + 1)


def write_cpu_list(cpus: Iterable[int]) -> str:
    """CPU numbers as the kernel writes them: "0-3,8"; "none" for no CPU."""
    parts: list[list[int]] = []
    for cpu in sorted(set(cpus)):
        if parts and cpu == parts[-1][1] + 1:
            parts[-1][1] = cpu
        else:
            parts.append([cpu, cpu])
    texts = [str(first) if first == last else f"{first}-{last}" for first, last in parts]
    return ",".join(texts) or "none"
