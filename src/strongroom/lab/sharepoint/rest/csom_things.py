"""Objects of the client object model that ``/_api`` has not, and what is changed of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from strongroom.lab.sharepoint.content.principals import Principal
from strongroom.lab.sharepoint.content.webs import Web
from strongroom.lab.sharepoint.rest import errors
from strongroom.lab.sharepoint.rest.call import Call
from strongroom.lab.sharepoint.rest.csom_terms import TermThing
from strongroom.lab.sharepoint.rest.entities.places import Place
from strongroom.lab.sharepoint.rest.kinds import Collection, Complex, Entity


@dataclass(frozen=True, slots=True)
class Bag:
    """A property bag, and whose it is."""

    owner: Entity
    entity: Entity


@dataclass(frozen=True, slots=True)
class Zones:
    """``RegionalSettings.TimeZones``."""


@dataclass(frozen=True, slots=True)
class Zone:
    """One of them."""

    number: int


Thing = Entity | Collection | Bag | Zones | Zone | TermThing


def fill(call: Call, owner: object, values: Mapping[str, Any]) -> None:
    """Change a property bag; null takes a property away."""
    call.collection.check_scripts()
    if isinstance(owner, Web):
        owner.set_properties(values, by=call.user_id)
    elif isinstance(owner, Place) and owner.of is not None and owner.item is None:
        owner.of.update_root(dict(values), by=call.user_id)
    elif isinstance(owner, Place) and owner.of is None:
        owner.web.set_properties(values, by=call.user_id)
    else:
        raise errors.bad_query("The property bag cannot be changed.")


def held(owner: object) -> Mapping[str, object]:
    """Give what a property bag holds."""
    if isinstance(owner, Web):
        return owner.properties
    if isinstance(owner, Place):
        return owner.of.root_properties if owner.of is not None else owner.web.properties
    return {}


def principal(value: object) -> Principal:
    """Give the person or group that a value is."""
    thing = value.thing if isinstance(value, Entity) else None
    if not isinstance(thing, Principal):
        raise errors.bad_argument("The principal is not valid.")
    return thing


def plain(value: object) -> object:
    """Write a value as ``/_api`` takes it."""
    return {"Id": value.number} if isinstance(value, Zone) else value


def scalar(value: object) -> object:
    """Write a value as an answer tells it."""
    if isinstance(value, Complex):
        return {"_ObjectType_": value.kind, **value}
    return value
