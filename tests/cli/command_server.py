"""Carries out commands, each in a process forked from one that has imported what commands need.

Half of the time of a short command is spent importing, which its tests would do a thousand times.
A request is a line of JSON on stdin: the ``words`` of the command, the ``folder`` it runs in, its
``environment``, and the files that take its ``stdout`` and ``stderr``; the answer is its exit code,
a line on stdout.
"""

from __future__ import annotations

import json
import os
import runpy
import sys
from typing import Any

import numpy  # noqa: F401
import scipy.special  # noqa: F401

import pcpbench.cli.aa
import pcpbench.cli.compare
import pcpbench.cli.main
import pcpbench.cli.report
import pcpbench.cli.run  # noqa: F401


def main() -> None:
    for line in iter(sys.stdin.readline, ""):
        request = json.loads(line)
        child = os.fork()
        if child == 0:
            become(request)
            return
        _, status = os.waitpid(child, 0)
        print(os.waitstatus_to_exitcode(status), flush=True)


def become(request: dict[str, Any]) -> None:
    """Is the command from here on; what it raises or returns ends this process."""
    with open(os.devnull, "rb") as nothing:
        os.dup2(nothing.fileno(), 0)
    for descriptor, path in ((1, request["stdout"]), (2, request["stderr"])):
        with open(path, "wb") as file:
            os.dup2(file.fileno(), descriptor)
    os.chdir(request["folder"])
    os.environ.clear()
    os.environ.update(request["environment"])
    sys.argv = ["pcpbench", *request["words"]]
    runpy.run_module("pcpbench", run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
