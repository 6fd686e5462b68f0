"""Decides how the command line is read: complaints with what was meant, help with examples."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import Any, NoReturn

from pcpbench.cli.examples import EXAMPLES
from pcpbench.errors import InputError, suggestion


class HelpFormatter(argparse.HelpFormatter):
    """Wraps sentences, and leaves texts of several lines, like examples, as they are."""

    def _fill_text(self, text: str, width: int, indent: str) -> str:
        if "\n" in text.strip():
            return "".join(f"{indent}{line}".rstrip() + "\n" for line in text.strip().split("\n"))
        return super()._fill_text(text, width, indent)


class Parser(argparse.ArgumentParser):
    """A parser whose complaints look like those of everything else, and say what was meant."""

    def __init__(self, **keywords: Any) -> None:
        keywords["formatter_class"] = HelpFormatter
        super().__init__(**keywords)
        command = (self.prog or "").rpartition(" ")[2]
        if command in EXAMPLES:
            own = f"\n\n{self.epilog.strip()}" if self.epilog else ""
            self.epilog = f"examples:\n{EXAMPLES[command].rstrip()}{own}\n"

    def error(self, message: str) -> NoReturn:
        raise InputError.one(message, remedy=f"`{self.prog} --help` shows what there is")

    def _check_value(self, action: argparse.Action, value: Any) -> None:
        if action.choices is None or value in action.choices:
            return
        choices = [str(choice) for choice in action.choices]
        hint = suggestion(str(value), choices)
        what = {"COMMAND": "command"}.get(str(action.metavar), action.dest)
        raise argparse.ArgumentError(
            None, f"there is no {what} '{value}'{hint or '; there are ' + ', '.join(choices)}"
        )

    def read(self, words: Sequence[str]) -> argparse.Namespace:
        """The options. Raises InputError for words that no command knows."""
        arguments, unknown = self.parse_known_args(words)
        if unknown:
            name, parser = self._command_of(words)
            word = unknown[0].split("=")[0]
            thing = f"'{word}' is one word more than `{name}` takes"
            if word.startswith("-"):
                known = [option for action in parser._actions for option in action.option_strings]
                thing = f"`{name}` has no option '{word}'{suggestion(word, known)}"
            raise InputError.one(thing, remedy=f"`{name} --help` shows what there is")
        return arguments

    def _command_of(self, words: Sequence[str]) -> tuple[str, argparse.ArgumentParser]:
        choices = {
            name: parser
            for action in self._actions
            if isinstance(action, argparse._SubParsersAction)
            for name, parser in action.choices.items()
        }
        chosen = next((word for word in words if word in choices), "")
        parser = choices.get(chosen, self)
        return parser.prog, parser
