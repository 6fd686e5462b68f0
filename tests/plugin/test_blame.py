"""Tests which line is blamed for an error inside a plugin."""

from __future__ import annotations

import json
from pathlib import Path

from pcpbench.plugin.blame import raised


def caught(text: str) -> Exception:
    """What it raises; this file stands for the one that calls plugins."""
    try:
        exec(compile(text, "/plugins/mine/load.py", "exec"), {"json": json})
    except Exception as error:
        return error
    raise AssertionError(text)


def test_the_line_is_that_of_the_plugin_not_of_a_package_it_uses() -> None:
    error = caught("x = 1\njson.loads('{')")
    assert isinstance(error, json.JSONDecodeError)
    assert raised(error, caller=(__file__,)).endswith("(/plugins/mine/load.py:2)")


def test_the_line_is_the_deepest_one_of_the_plugin() -> None:
    error = caught("def inner():\n    raise OSError('a\\n  b')\n\ninner()")
    assert raised(error, caller=(__file__,)) == "raised OSError: a b (/plugins/mine/load.py:2)"


def test_an_error_before_the_plugin_was_entered_has_no_line() -> None:
    error = caught("raise LookupError")
    everywhere = (__file__, "/plugins/mine/load.py")
    assert raised(error, caller=everywhere) == "raised LookupError"
    assert Path(__file__).name not in raised(error, caller=(__file__,))
