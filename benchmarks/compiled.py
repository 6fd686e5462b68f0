"""Compiles the C++ programs that a figure is measured with."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path


def compiled(source: Path, folder: Path, *options: str) -> Path | None:
    """The program of ``source``, made in ``folder`` by g++ as the core is: -O2, C++20. None without
    a compiler. Raises CalledProcessError if the source is refused."""
    if shutil.which("g++") is None:
        return None
    program = folder / source.stem
    command = ["g++", "-O2", "-std=c++20", *options, str(source), "-o", str(program)]
    subprocess.run(command, check=True)
    return program
