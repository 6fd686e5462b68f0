"""Decides which executor `--executor NAME[:KEY=VALUE,...]` asks for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pcpbench.errors import InputError, suggestion

if TYPE_CHECKING:
    from pcpbench.plugin.executor import Executor
    from pcpbench.plugin.parameters import Parameter, ParameterValue
    from pcpbench.plugin.registry import Registry

PLACE = "--executor"


def executor_named(text: str | None, registry: Registry) -> Executor | None:
    """The executor with its parameters, None for no text. Raises InputError for a name or key
    that is not there, or a value that its declaration does not allow."""
    if text is None:
        return None
    name, _, rest = text.partition(":")
    if name not in registry.executors:
        hint = suggestion(name, registry.executors)
        remedy = f"there are {', '.join(registry.executors)}"
        raise InputError.one(f"no executor is called '{name}'{hint}", PLACE, remedy)
    executor = registry.executors[name]
    declared = {parameter.name: parameter for parameter in executor.parameters()}
    values: dict[str, ParameterValue] = {}
    try:
        for pair in filter(None, rest.split(",")):
            key, equals, value = pair.partition("=")
            if not equals:
                raise ValueError(f"'{pair}' is not KEY=VALUE")
            values[key] = _typed(declared[key], value) if key in declared else value
        return executor(**values)
    except ValueError as error:
        remedy = f"`pcpbench describe {name}` shows its parameters"
        raise InputError.one(str(error), PLACE, remedy) from error


def _typed(parameter: Parameter, text: str) -> ParameterValue:
    """The text as a value of the parameter's type; base units, as in `pcpbench describe`."""
    if parameter.type is bool:
        words = {"true": True, "false": False}
        return words.get(text.lower(), text)
    try:
        value: ParameterValue = parameter.type(text)
    except ValueError:
        return text  # what is wrong with it, its declaration says
    return value
