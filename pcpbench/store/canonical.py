"""Decides the one JSON text that a value has."""

from __future__ import annotations

import json
from typing import Any


def canonical_json(value: Any) -> str:
    """JSON text that is the same for equal values.

    Keys are sorted. Raises ValueError for NaN and infinities, which JSON does not know.
    """
    return json.dumps(value, sort_keys=True, separators=(",", ":"), allow_nan=False)
