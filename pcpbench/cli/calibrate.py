"""Decides what `pcpbench calibrate` does: measures this machine and writes its profile."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from pcpbench.cli.options import add_plugin_options, positive
from pcpbench.errors import CHOOSE, InputError, suggestion, unwritable

if TYPE_CHECKING:
    from pcpbench.calibrate import Calibration
    from pcpbench.hardware.profile import HardwareProfile
    from pcpbench.plugin.registry import Registry


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Adds the command and its options."""
    parser = commands.add_parser(
        "calibrate",
        help="measure this machine and write its hardware profile",
        description="Measures what can be measured of this machine from user space and writes a "
        "hardware profile; what cannot is taken from the nearest profile and marked so.",
    )
    parser.add_argument(
        "-o", "--output", metavar="FILE", type=Path, required=True, help="the profile, a new .yaml"
    )
    parser.add_argument(
        "--nearest", metavar="PROFILE", help="the profile that lends the rest (default: by measure)"
    )
    parser.add_argument(
        "--topology",
        choices=("host", "nearest"),
        default="host",
        help="whose sockets, cores and threads the profile has (default: host)",
    )
    parser.add_argument("--rounds", type=positive, metavar="N", help="samples of each number")
    parser.add_argument("--json", action="store_true", help="print the numbers as JSON")
    add_plugin_options(parser)
    parser.set_defaults(command=calibrate)


def calibrate(arguments: argparse.Namespace) -> int:
    """Measures, writes, tells. What can be refused is refused before measuring."""
    from pcpbench.calibrate import calibrate as measure
    from pcpbench.calibrate import profile_text, read_host
    from pcpbench.calibrate.measuring import ROUNDS
    from pcpbench.cli.planning import registry_with, whole_paths

    path: Path = arguments.output
    _check_name(path)
    registry = registry_with(whole_paths(arguments.plugin))
    _check_nearest(arguments.nearest, registry)
    host = read_host()
    with _new_file(path):
        calibration = measure(host, rounds=arguments.rounds or ROUNDS, progress=_progress)
        nearest = _nearest(arguments.nearest, registry, calibration)
        text = profile_text(path.stem, calibration, nearest, topology_of=arguments.topology)
        path.write_text(text, encoding="utf-8")
    _tell(arguments, path, calibration, nearest)
    return 0


def _tell(
    arguments: argparse.Namespace, path: Path, calibration: Calibration, nearest: HardwareProfile
) -> None:
    from pcpbench.calibrate.summary import as_json, as_text
    from pcpbench.cli.output import columns

    if arguments.json:
        print(json.dumps(as_json(calibration, nearest, str(path)), indent=2))
        return
    print(as_text(calibration, nearest, columns()))
    print(f"\nWritten to {path}. To use it: -p {path} and, in the experiment,")
    print(f"hardware: [{path.stem}] (or plugins: [{path}] there, instead of -p).")


def _check_name(path: Path) -> None:
    if path.suffix != ".yaml" or path.stem.split() != [path.stem]:
        remedy = "write a name of one word that ends in .yaml, such as my-host.yaml"
        raise InputError.one("a profile cannot have this name", str(path), remedy)
    if path.exists():
        remedy = "choose another name, or remove it first"
        raise InputError.one("there is something already", str(path), remedy)


def _check_nearest(name: str | None, registry: Registry) -> None:
    if name is not None and name not in registry.hardware:
        hint = suggestion(name, registry.hardware)
        remedy = "`pcpbench list hardware` shows the names"
        raise InputError.one(f"there is no hardware profile '{name}'{hint}", remedy=remedy)


def _nearest(name: str | None, registry: Registry, calibration: Calibration) -> HardwareProfile:
    from pcpbench.calibrate import nearest_profile
    from pcpbench.hardware.profile import load_profile

    if name is not None:
        return load_profile(registry.hardware[name])
    return nearest_profile(calibration, [load_profile(p) for p in registry.hardware.values()])


@contextmanager
def _new_file(path: Path) -> Iterator[None]:
    """Makes the file first, so that no measurement is lost; takes it back if that fails.

    Raises EnvironmentFailed if it cannot be made.
    """
    try:
        path.open("x").close()
    except OSError as error:
        raise unwritable(path, error, CHOOSE) from error
    try:
        yield
    except BaseException:
        path.unlink(missing_ok=True)
        raise


def _progress(done: int, rounds: int) -> None:
    if sys.stderr.isatty():
        end = "\n" if done == rounds else ""
        print(f"\rround {done} of {rounds}", end=end, file=sys.stderr, flush=True)
