"""The pages about configs/ show tables that `python -m benchmarks.findings` writes."""

from __future__ import annotations

import re
import runpy
from pathlib import Path
from typing import Any

import pytest
import yaml

PROJECT = Path(__file__).parents[2]
# By its path: what is tested is the installed package, and benchmarks/ is none of it.
FINDINGS = runpy.run_path(str(PROJECT / "benchmarks" / "findings.py"))
MARKED, rewritten, table = (FINDINGS[name] for name in ("MARKED", "rewritten", "table"))
CONFIGS = sorted(PROJECT.glob("configs/*.yaml"))


def cell(strategy: str, cpus: int, noise_ns: float, completed: float | None) -> dict[str, Any]:
    metrics = {"isolated.noise_ns_per_s": noise_ns, "drain.completed": completed}
    sweep = {"machine.cpus": cpus}
    return {"strategy": strategy, "scenario": "churn", "sweep": sweep, "metrics": metrics}


CELLS = [
    cell("old", 2, 1000, 40),
    cell("old", 2, 3000, 40),
    cell("old", 8, 5000, 40),
    cell("new", 2, 0, None),
    cell("new", 8, 0, 7),
    cell("newer", 2, 0, None),
    cell("newer", 8, 0, 7),
]


def test_a_column_for_each_value_holds_the_means_side_by_side() -> None:
    asked = "metrics=isolated.noise_ns_per_s,drain.completed across=cpus"
    assert table(CELLS, asked).splitlines() == [
        "| strategy | 2 | 8 |",
        "| --- | ---: | ---: |",
        "| `old` | 2 us/s; 40 | 5 us/s; 40 |",
        "| `new`, `newer` | 0 ns/s; - | 0 ns/s; 7 |",
    ]


def test_groups_of_rows_have_a_column_for_each_metric() -> None:
    asked = "metrics=drain.completed down=machine.cpus scenario=churn strategy=old,new"
    assert table(CELLS, asked).splitlines() == [
        "| cpus | strategy | `drain.completed` |",
        "| --- | --- | ---: |",
        "| 2 | `old` | 40 |",
        "| 2 | `new` | - |",
        "| 8 | `old` | 40 |",
        "| 8 | `new` | 7 |",
    ]


def test_a_table_of_no_cells_is_an_error() -> None:
    with pytest.raises(ValueError, match="no cell is chosen by 'metrics="):
        table(CELLS, "metrics=drain.completed scenario=none")


OLD_ALONE = "| strategy | `drain.completed` |\n| --- | ---: |\n| `old` | 40 |\n"


def test_only_marked_tables_are_written_anew() -> None:
    mark = "<!-- table: metrics=drain.completed strategy=old cpus=8 -->"
    page = f"Words\n\n{mark}\n\n| old | table |\n| 1 | 2 |\n\n| other | table |\n"
    new = rewritten(page, CELLS)
    assert new.startswith(f"Words\n\n{mark}\n\n| strategy | `drain.completed` |\n")
    assert new.endswith("| `old` | 40 |\n\n| other | table |\n")
    assert rewritten(new, CELLS) == new
    assert rewritten(f"{mark}\n\nWords\n", CELLS) == f"{mark}\n\n{OLD_ALONE}\nWords\n"


@pytest.mark.parametrize("config", CONFIGS, ids=lambda path: path.stem)
def test_each_config_has_a_page_with_a_table_of_all_its_strategies(config: Path) -> None:
    page = (PROJECT / "docs" / f"{config.stem}.md").read_text()
    assert f"pcpbench run configs/{config.name}" in page
    first = MARKED.search(page)
    assert first, "no table is marked"
    told = set(re.findall(r"`([a-z0-9-]+)`", first[0]))
    listed = yaml.safe_load(config.read_text())["strategies"]
    assert {s if isinstance(s, str) else s["name"] for s in listed} <= told
