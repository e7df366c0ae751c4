"""Calling verbs by name, with arguments and results that can be written as JSON.

For whoever speaks with another process: arguments become the types that the verb declares, or are
refused; so nothing but what a verb takes can be sent to it.
"""

from __future__ import annotations

import inspect
import typing
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from strongroom.errors import OperatorError
from strongroom.service.verbs import Rule, Verbs, rules
from strongroom.vault.secret import Secret


def remote_verbs(nouns: Mapping[str, Verbs]) -> dict[str, Rule]:
    """Give all verbs that may be called by name, with their rules."""
    return {
        f"{noun}.{method}": rule
        for noun, verbs in nouns.items()
        for method, rule in rules(type(verbs)).items()
        if rule is not None and rule.is_remote
    }


def method(nouns: Mapping[str, Verbs], name: str) -> Callable[..., Any]:
    """Find a verb that may be called by name.

    Args:
        nouns: The verbs of a session, by noun (see ``Application.nouns``).
        name: ``NOUN.METHOD``.

    Raises:
        OperatorError: there is none.
    """
    if name not in remote_verbs(nouns):
        raise OperatorError(f"There is no verb '{_shown(name)}'.")
    noun, _, method_name = name.partition(".")
    found: Callable[..., Any] = getattr(nouns[noun], method_name)
    return found


def invoke(
    nouns: Mapping[str, Verbs],
    name: str,
    arguments: Mapping[str, Any],
    *,
    supplied: Mapping[str, Callable[..., object]] | None = None,
) -> Any:  # noqa: ANN401 - whatever the verb gives
    """Call a verb by its name; give what it gives (see ``call``)."""
    import msgspec  # noqa: PLC0415 - only for who calls by name

    called = method(nouns, name)
    hints = typing.get_type_hints(inspect.unwrap(called))
    wanted = set(inspect.signature(called).parameters)
    given = dict(supplied or {})
    unknown = arguments.keys() - (wanted - given.keys())
    if unknown:
        raise OperatorError(f"The verb '{name}' takes no '{_shown(min(unknown))}'.")
    try:
        converted = {key: from_json(value, hints[key]) for key, value in arguments.items()}
        converted |= {key: one for key, one in given.items() if key in wanted}
        inspect.signature(called).bind(**converted)
    except (msgspec.ValidationError, TypeError) as error:
        # Its text may repeat what was sent, so it is not told further.
        raise OperatorError(f"The arguments are not what the verb '{name}' takes.") from error
    return called(**converted)


def call(
    nouns: Mapping[str, Verbs],
    name: str,
    arguments: Mapping[str, Any],
    *,
    supplied: Mapping[str, Callable[..., object]] | None = None,
) -> Any:  # noqa: ANN401 - JSON
    """Call a verb by its name.

    Args:
        nouns: The verbs of a session, by noun (see ``Application.nouns``).
        name: ``NOUN.METHOD``.
        arguments: By name, as JSON has them.
        supplied: What cannot come as JSON, by parameter: ``tell``, ``seen``, ``stop``.

    Returns:
        The result as JSON has it; times as RFC 3339 text. The only secrets that any verb gives are
        a storage's new recovery key, which is there to be shown once, and its password, to an
        administrator who asks for it.

    Raises:
        OperatorError: there is no such verb, or the arguments are not what it takes.
        StrongroomError: what the verb itself raises.
    """
    return as_json(invoke(nouns, name, arguments, supplied=supplied))


def as_json(value: object) -> Any:  # noqa: ANN401 - JSON
    """Write a value as JSON has it; secrets as their text, so only on its way to whom it is for."""
    import msgspec  # noqa: PLC0415 - only for who calls by name

    return msgspec.to_builtins(value, enc_hook=_to_json)


def from_json(value: object, hint: Any) -> Any:  # noqa: ANN401 - a type, and a value of it
    """Read a value of exactly that type from JSON.

    Raises:
        msgspec.ValidationError, TypeError: it is none.
    """
    import msgspec  # noqa: PLC0415 - only for who calls by name

    return msgspec.convert(value, hint, dec_hook=_from_json)


def _from_json(kind: type, value: object) -> object:
    if kind is Secret and isinstance(value, str):
        return Secret(value)
    raise TypeError("not JSON")


def _to_json(value: object) -> object:
    if isinstance(value, Secret):
        return value.reveal()
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, Path):
        return str(value)
    if isinstance(value, Iterator):
        return list(value)
    raise TypeError(f"a {type(value).__name__} is not JSON")


def _shown(text: str) -> str:
    return "".join(one for one in text[:80] if one.isprintable())
