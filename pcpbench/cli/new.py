"""Decides what `pcpbench new` does: writes a package for a plugin, with a test that passes."""

from __future__ import annotations

import argparse
import re
from collections.abc import Mapping
from pathlib import Path

from pcpbench.cli.options import add_debug_option
from pcpbench.errors import InputError

KINDS = ("strategy", "workload", "hardware", "kernel")
TEMPLATES = Path(__file__).with_name("templates")
# A template's name says where its text goes; this word in it stands for the module of the package.
MODULE = "MODULE"
LIKE = {"hardware": "epyc-7742", "kernel": "v5.15"}
EXAMPLES = """\
examples:
  pcpbench new strategy my-drain            writes the folder pcpbench-my-drain
  pcpbench new hardware my-server           a profile to begin with: a copy of epyc-7742
  pcpbench new kernel my-distro --like v5.15
then, in the new folder: `python -m pip install -e ".[test]"` and `python -m pytest`
"""


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Adds the command and its options."""
    parser = commands.add_parser(
        "new",
        help="write the package of a new plugin",
        description="Writes an installable package for a plugin, with a test that passes.",
        epilog=EXAMPLES,
    )
    parser.add_argument("kind", choices=KINDS, help="what the plugin contributes")
    parser.add_argument("name", metavar="NAME", help="its name, as experiments write it")
    parser.add_argument(
        "--into", type=Path, default=Path(), metavar="FOLDER", help="write the package in here"
    )
    parser.add_argument("--like", metavar="NAME", help="profile or preset to begin with a copy of")
    add_debug_option(parser)
    parser.set_defaults(command=new)


def new(arguments: argparse.Namespace) -> int:
    """Writes the package and says what to do next. Raises InputError for a name that cannot be,
    and if the folder exists."""
    words = _words(arguments.kind, arguments.name)
    folder = arguments.into / words["package"]
    if folder.exists():
        raise InputError.one(f"{folder} exists already", remedy="choose another name, or remove it")
    data = _data(arguments.kind, arguments.name, arguments.like)
    files = _files(arguments.kind, words, data)
    for path, text in files.items():
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")
    print(f"wrote {folder}: {len(files)} files; next:")
    print(f"  cd {folder}")
    print('  python -m pip install -e ".[test]" && python -m pytest')
    return 0


def _words(kind: str, name: str) -> dict[str, str]:
    """What the templates put in place of their words."""
    if not re.fullmatch(r"[a-z][a-z0-9]*([-.][a-z0-9]+)*", name):
        raise InputError.one(
            f"'{name}' cannot name a {kind}",
            remedy="use lower-case letters, digits, and single hyphens or dots between them",
        )
    parts = re.split(r"[-.]", name)
    return {
        "name": name,
        "kind": kind,
        "package": f"pcpbench-{'-'.join(parts)}",
        "module": f"pcpbench_{'_'.join(parts)}",
        "cls": "".join(part.capitalize() for part in parts),
    }


def _files(kind: str, words: Mapping[str, str], data: str | None) -> dict[str, str]:
    files = {}
    for folder in (TEMPLATES / "every", TEMPLATES / kind):
        for template in sorted(path for path in folder.rglob("*.txt") if path.is_file()):
            path = str(template.relative_to(folder)).removesuffix(".txt")
            path = path.replace(MODULE, words["module"])
            files[path] = _filled(template.read_text(encoding="utf-8"), words)
    if data is not None:
        files[f"{words['module']}/{words['name']}.yaml"] = data
    return files


def _filled(text: str, words: Mapping[str, str]) -> str:
    for word, value in words.items():
        text = text.replace(f"@{word}@", value)
    return text


def _data(kind: str, name: str, like: str | None) -> str | None:
    """The text of a profile or preset to begin with; None for kinds that are code."""
    if kind not in LIKE:
        if like is not None:
            raise InputError.one(f"--like is for {' and '.join(LIKE)}", remedy="leave it out")
        return None
    from pcpbench.errors import suggestion
    from pcpbench.plugin.registry import load_registry

    registry = load_registry()
    known = registry.hardware if kind == "hardware" else registry.kernels
    source = like or LIKE[kind]
    if source not in known:
        hint = suggestion(source, known)
        raise InputError.one(f"there is no {kind} '{source}' to begin with{hint}")
    text = known[source].read_text(encoding="utf-8")
    note = f"# Begun as a copy of {source}: replace each number, and name where yours come from.\n"
    return note + re.sub(r"(?m)^name:.*$", f"name: {name}", text, count=1)
