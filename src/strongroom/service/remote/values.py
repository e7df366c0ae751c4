"""Values rebuilt from JSON by the types that a verb declares, at the end that trusts the other.

Not for what comes from callers: the service takes their arguments with ``calling``, which refuses
whatever is not exactly what a verb takes.
"""

from __future__ import annotations

import base64
import collections.abc
import dataclasses
import functools
import sys
import types
import typing
from datetime import datetime
from enum import Enum
from pathlib import Path
from typing import Any

import msgspec

from strongroom.vault.secret import Secret

_SEQUENCES = {list, collections.abc.Sequence, collections.abc.Collection, collections.abc.Iterable}
_MAPPINGS = {dict, collections.abc.Mapping}
_SETS = {set, frozenset}


def rebuilt(value: Any, hint: Any) -> Any:  # noqa: ANN401 - a type, and a value of it
    """Give a value of the type that a hint names, from what ``calling`` made of one.

    Raises:
        TypeError: the hint is of a kind that is not known here.
    """
    if value is None or hint is Any:
        return value
    kind, parts = typing.get_origin(hint), typing.get_args(hint)
    if kind in {types.UnionType, typing.Union}:
        return _one_of(value, parts)
    if kind is not None:
        return _many(value, kind, parts)
    if isinstance(hint, typing.ForwardRef):
        return value  # ``Json`` inside itself: it is what JSON has
    return _single(value, hint)


def _one_of(value: Any, kinds: tuple[Any, ...]) -> Any:  # noqa: ANN401 - as above
    """Read one of several types: the only one that there is beside None, else plain JSON."""
    others = [one for one in kinds if one is not type(None)]
    return rebuilt(value, others[0]) if len(others) == 1 else value


def _many(value: Any, kind: Any, parts: tuple[Any, ...]) -> Any:  # noqa: ANN401 - as above
    if kind in _SEQUENCES:
        return [rebuilt(one, parts[0]) for one in value]
    if kind in _MAPPINGS:
        return {rebuilt(key, parts[0]): rebuilt(one, parts[1]) for key, one in value.items()}
    if kind is collections.abc.Iterator:
        return iter([rebuilt(one, parts[0]) for one in value])
    if kind in _SETS:
        return kind(rebuilt(one, parts[0]) for one in value)
    if kind is tuple and parts[-1] is Ellipsis:
        return tuple(rebuilt(one, parts[0]) for one in value)
    if kind is tuple:
        return tuple(rebuilt(one, part) for one, part in zip(value, parts, strict=True))
    raise TypeError(f"{kind} is not known here")


def _single(value: Any, kind: type) -> Any:  # noqa: ANN401 - as above
    if dataclasses.is_dataclass(kind) or issubclass(kind, msgspec.Struct):
        hints = _fields(kind)
        return kind(**{name: rebuilt(one, hints[name]) for name, one in value.items()})
    if issubclass(kind, Enum | Secret | Path):
        return kind(value)
    if kind is datetime:
        return datetime.fromisoformat(value)
    if kind is bytes:
        return base64.b64decode(value)
    if kind in {str, int, float, bool, type(None)}:
        return float(value) if kind is float else value
    raise TypeError(f"{kind} is not known here")


@functools.cache
def _fields(kind: type) -> dict[str, Any]:
    # Without the class's own names: a field may be named as its type is (``bytes: int``).
    return typing.get_type_hints(kind, vars(sys.modules[kind.__module__]), {})
