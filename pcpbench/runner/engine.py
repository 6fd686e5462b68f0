"""Decides which engine a run was carried out by: the same identity promises the same bytes."""

from __future__ import annotations

import hashlib
from importlib.util import find_spec
from pathlib import Path

# Rooms whose sources and data can change a result. Those that only plan, keep or show are left
# out, so that a better report does not make older runs foreign.
ROOMS = (
    "plugin",
    "metrics",
    "trace",
    "hardware",
    "kernels",
    "workloads",
    "strategies",
    "simulator",
)
DIGITS = 16
NATIVE_DIGEST = "native_digest.txt"


def engine_identity(package: Path | None = None) -> str:
    """Hexadecimal digits that change with the native core, or with a source or data file that
    can change a result. ``package``: the folder of the package, by default this one's."""
    folder = package or Path(__file__).parents[1]
    native = folder / NATIVE_DIGEST if package else _beside_the_core()
    digest = hashlib.sha256(native.read_bytes() if native.is_file() else b"no native core")
    for room in ROOMS:
        for path in sorted((folder / room).rglob("*")):
            if path.is_file() and path.suffix != ".pyc":
                digest.update(f"\n{path.relative_to(folder).as_posix()} ".encode())
                digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()[:DIGITS]


def _beside_the_core() -> Path:
    """The digest that was made with the core in use; an editable installation keeps both apart
    from the Python sources."""
    spec = find_spec("pcpbench._native")
    return Path(spec.origin if spec and spec.origin else __file__).with_name(NATIVE_DIGEST)
