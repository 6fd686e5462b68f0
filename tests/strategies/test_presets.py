"""The strategy a kernel preset names as its own says that it is historical for it."""

from __future__ import annotations

from pcpbench.kernels.preset import load_preset
from pcpbench.plugin.registry import load_registry


def test_the_native_strategy_of_every_preset_is_historical_for_it() -> None:
    registry = load_registry()
    assert registry.kernels
    for name, path in registry.kernels.items():
        native = str(load_preset(path).rules["native_strategy"].value)
        assert not registry.strategies[native].is_transplanted(name), name
