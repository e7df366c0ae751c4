"""What a verb may ask of its caller meanwhile: parameters that are functions, by their hints."""

from __future__ import annotations

import collections.abc
import inspect
import types
import typing
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

STOP = "stop"
"""The one that is not asked over the line: the caller says ``Stop`` when it wants to."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Callback:
    """The types of one such parameter.

    Attributes:
        arguments: By place.
        named: By name.
        result: What the caller answers; ``NoneType``: nothing, so nobody waits for it.
    """

    arguments: tuple[Any, ...]
    named: dict[str, Any]
    result: Any

    @property
    def is_answered(self) -> bool:
        """Say whether the verb waits for an answer."""
        return self.result is not type(None)


def callbacks_of(method: Callable[..., Any]) -> dict[str, Callback]:
    """Find the parameters of a verb that are functions."""
    plain = inspect.unwrap(method)
    hints = typing.get_type_hints(plain)
    found = {name: _callback(hints.get(name)) for name in inspect.signature(plain).parameters}
    return {name: one for name, one in found.items() if one is not None}


def _callback(hint: Any) -> Callback | None:  # noqa: ANN401 - a type hint
    if typing.get_origin(hint) in {types.UnionType, typing.Union}:
        return next((c for one in typing.get_args(hint) if (c := _callback(one))), None)
    if typing.get_origin(hint) is collections.abc.Callable:
        arguments, result = typing.get_args(hint)
        # ``None`` stands in a hint for its own type.
        return Callback(
            arguments=tuple(arguments),
            named={},
            result=type(None) if result is None else result,
        )
    if getattr(hint, "_is_protocol", False) and "__call__" in vars(hint):
        return _declared(vars(hint)["__call__"])
    return None


def _declared(method: Callable[..., Any]) -> Callback:
    """Read the types of a protocol with ``__call__``."""
    hints = typing.get_type_hints(method)
    _, *parameters = inspect.signature(method).parameters.values()
    by_name = inspect.Parameter.KEYWORD_ONLY
    return Callback(
        arguments=tuple(hints[one.name] for one in parameters if one.kind is not by_name),
        named={one.name: hints[one.name] for one in parameters if one.kind is by_name},
        result=hints["return"],
    )
