"""Decides what `pcpbench completion` does: prints a script that completes commands in a shell."""

from __future__ import annotations

import argparse
from collections.abc import Mapping

SHELLS = ("bash", "zsh", "fish")
EPILOG = """\
examples:
  source <(pcpbench completion bash)           in this shell; put it into ~/.bashrc to keep it
  source <(pcpbench completion zsh)            after compinit, in ~/.zshrc
  pcpbench completion fish > ~/.config/fish/completions/pcpbench.fish
"""
# Commands whose argument is a name that `pcpbench list` shows, and of which kinds.
NAMED = {
    "describe": ("strategies", "workloads", "hardware", "kernels", "metrics", "executors"),
    "conform": ("strategies", "workloads"),
}
BASH = """\
_pcpbench_names() {
    local kind
    for kind in "$@"; do
        pcpbench list "$kind" --json 2>/dev/null | sed -n 's/^    "name": "\\(.*\\)",$/\\1/p'
    done
}
_pcpbench() {
    local word="${COMP_WORDS[COMP_CWORD]}" command="${COMP_WORDS[1]}" words=""
    if [ "$COMP_CWORD" -eq 1 ]; then
        words="@commands@"
    else
        case "$command" in
@cases@
        esac
        case "$command:$word" in
            *:-*) ;;
@names@
        esac
    fi
    COMPREPLY=( $(compgen -W "$words" -- "$word") )
    [ "$COMP_CWORD" -gt 1 ] && COMPREPLY+=( $(compgen -f -- "$word") )
}
complete -o filenames -F _pcpbench pcpbench
"""
FISH_NAMES = """\
function __pcpbench_names
    for kind in $argv
        pcpbench list $kind --json 2>/dev/null | sed -n 's/^    "name": "\\(.*\\)",$/\\1/p'
    end
end"""


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Adds the command and its options."""
    parser = commands.add_parser(
        "completion",
        help="print a script that completes commands in a shell",
        description="Prints a script that completes commands, options and names in a shell.",
        epilog=EPILOG,
    )
    parser.add_argument("shell", choices=SHELLS, help="for which shell")
    # All commands are known only when the last of them has been added.
    parser.set_defaults(command=lambda arguments: completion(arguments, commands.choices))


def completion(
    arguments: argparse.Namespace, commands: Mapping[str, argparse.ArgumentParser]
) -> int:
    """Prints the script."""
    options = {name: _options(parser) for name, parser in commands.items()}
    if arguments.shell == "fish":
        print(_fish(options))
    else:
        zsh = "autoload -U +X bashcompinit && bashcompinit\n"
        print((zsh if arguments.shell == "zsh" else "") + _bash(options), end="")
    return 0


def _options(parser: argparse.ArgumentParser) -> list[str]:
    words: list[str] = []
    for action in parser._actions:
        words += [option for option in action.option_strings if option.startswith("--")]
        if not action.option_strings and action.choices:
            words += map(str, action.choices)
    return words


def _bash(options: Mapping[str, list[str]]) -> str:
    indent = " " * 12
    cases = [f'{indent}{name}) words="{" ".join(words)}" ;;' for name, words in options.items()]
    names = [
        f'{indent}{name}:*) words="$words $(_pcpbench_names {" ".join(kinds)})" ;;'
        for name, kinds in NAMED.items()
    ]
    script = BASH.replace("@commands@", " ".join(options))
    return script.replace("@cases@", "\n".join(cases)).replace("@names@", "\n".join(names))


def _fish(options: Mapping[str, list[str]]) -> str:
    lines = [
        FISH_NAMES,
        f'complete -c pcpbench -n __fish_use_subcommand -f -a "{" ".join(options)}"',
    ]
    for name, words in options.items():
        condition = f'-n "__fish_seen_subcommand_from {name}"'
        if name in NAMED:
            names = f"(__pcpbench_names {' '.join(NAMED[name])})"
            lines.append(f'complete -c pcpbench {condition} -a "{names}"')
        for word in words:
            what = f"-l {word[2:]}" if word.startswith("--") else f"-a {word}"
            lines.append(f"complete -c pcpbench {condition} {what}")
    return "\n".join(lines)
