"""An example of every type that a verb takes or gives, found by its hints."""

from __future__ import annotations

import collections.abc
import dataclasses
import json
import sys
import types
import typing
from datetime import UTC, datetime
from enum import Enum
from pathlib import Path
from typing import Any

import msgspec

from strongroom.engine.schedule import Schedule
from strongroom.service import calling
from strongroom.service.details import ConnectionDetails
from strongroom.service.registration import RegistrationWish
from strongroom.service.retention import KeepRules
from strongroom.service.selections import BackupSelection
from strongroom.store.keeping import Keeping
from strongroom.vault.secret import Secret
from strongroom.words.capability import Capability, CapabilityOutcome
from strongroom.words.json import Json
from tests.fakes.mail_server import details

CHOSEN: dict[Any, Any] = {
    ConnectionDetails: details(),
    BackupSelection: BackupSelection(is_all=True, exclude=("*@example",)),
    Schedule: Schedule(cron="30 22 * * mon-fri", time_zone="Europe/Berlin", hours="20-6"),
    KeepRules: KeepRules(keep="last:30 daily:14", prune_every_s=86_400),
    Capability: Capability(name="export", outcome=CapabilityOutcome.PROVED, detail="It works."),
    Keeping: Keeping(lock_mode="governance", lock_days=30),
    RegistrationWish: RegistrationWish(sign_in="device-code", sites=("https://a.example",)),
}
"""Examples of types that do not take just anything."""

PLAIN: dict[Any, Any] = {
    str: "\u202e text \ud800",
    int: 2**40,
    float: 0.5,
    bool: True,
    bytes: b"\x00\xff",
    datetime: datetime(2026, 3, 5, 10, 15, 1, 7, tzinfo=UTC),
    Secret: Secret("made-up"),
    Path: Path("/somewhere"),
    type(None): None,
    Any: {"any": ["thing", 1, None]},
    Json: {"any": ["thing", 1, None]},
}
_SEQUENCES = {list, collections.abc.Sequence, collections.abc.Collection, collections.abc.Iterable}


def through_json(value: object) -> Any:
    """Give a value as it comes out at the other end, before it is rebuilt."""
    return json.loads(json.dumps(calling.as_json(value)))


def example(hint: Any) -> Any:  # noqa: PLR0911 - one per kind of type
    """Give a value of a type."""
    for table in (PLAIN, CHOSEN):
        if hint in table:
            return table[hint]
    kind, parts = typing.get_origin(hint), typing.get_args(hint)
    if kind in {types.UnionType, typing.Union}:
        return example(next(one for one in parts if one is not type(None)))
    if kind in _SEQUENCES:
        return [example(parts[0])]
    if kind in {dict, collections.abc.Mapping}:
        return {example(parts[0]): example(parts[1])}
    if kind is collections.abc.Iterator:
        return iter([example(parts[0])])
    if kind in {set, frozenset}:
        return kind({example(parts[0])})
    if kind is tuple:
        return tuple(example(one) for one in parts if one is not Ellipsis)
    if dataclasses.is_dataclass(hint) or issubclass(hint, msgspec.Struct):
        names = vars(sys.modules[hint.__module__])
        hints = typing.get_type_hints(hint, names, {})
        return hint(**{name: example(one) for name, one in hints.items()})
    if issubclass(hint, Enum):
        return next(iter(hint))
    raise TypeError(f"there is no example of {hint} yet: add one")
