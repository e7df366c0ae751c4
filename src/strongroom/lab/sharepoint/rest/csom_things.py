"""Objects of the client object model that ``/_api`` has not, and what is changed of them."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from strongroom.lab.sharepoint.content import classic_pages
from strongroom.lab.sharepoint.content.principals import Group, Principal
from strongroom.lab.sharepoint.content.webs import Web
from strongroom.lab.sharepoint.rest import errors
from strongroom.lab.sharepoint.rest.call import Call
from strongroom.lab.sharepoint.rest.csom_terms import TermThing
from strongroom.lab.sharepoint.rest.entities.places import Place
from strongroom.lab.sharepoint.rest.entities.regional import REGIONAL
from strongroom.lab.sharepoint.rest.entities.web_parts import DEFINITION, Page, Placed
from strongroom.lab.sharepoint.rest.kinds import Collection, Complex, Entity
from strongroom.lab.sharepoint.rights import Level

_ASSOCIATED = {
    "AssociatedOwnerGroup": "owner_group_id",
    "AssociatedMemberGroup": "member_group_id",
    "AssociatedVisitorGroup": "visitor_group_id",
}
EMPTY = "00000000-0000-0000-0000-000000000000"
_FOR_2013 = frozenset({"LocaleId"})
"""What of the regional settings can be set there at all (from an update of 2014 on)."""


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


def place_web_part(call: Call, of: Entity, name: str, given: tuple[Any, ...]) -> Entity:
    """``ImportWebPart(xml)``, which places nothing, and ``AddWebPart(part, zone, index)``."""
    call.need(Level.EDIT)
    page: Page = of.thing
    if not call.service.farm.has_web_parts_by_csom:
        raise errors.denied()
    if name == "ImportWebPart":
        part = classic_pages.read_web_part(str(given[0]), number=EMPTY)
    else:
        part = classic_pages.add_web_part(
            page.held,
            given[0].thing.xml,
            by=call.user_id,
            zone_id=str(given[1]),
            zone_index=int(given[2]),
        )
    return Entity(DEFINITION, Placed(page, part), f"{of.path}/{name}")


def update(call: Call, of: Entity, changes: Mapping[str, Any]) -> None:
    """Keep what was set of an object."""
    if of.kind is REGIONAL and not call.profile.has("2016") and set(changes) - _FOR_2013:
        raise errors.bad_query("The property cannot be set.")
    body = {name: plain(value) for name, value in changes.items()}
    if isinstance(of.thing, Group) and "Owner" in changes:
        of.thing.owner_id = principal(changes["Owner"]).id
        call.collection.principals.update_group(of.thing)
        del body["Owner"]
    if isinstance(of.thing, Web) and of.kind is not REGIONAL:
        wanted = set(changes) & set(_ASSOCIATED)
        groups = {_ASSOCIATED[name]: principal(changes[name]).id for name in wanted}
        if groups:
            of.thing.update(by=call.user_id, **groups)
        body = {name: value for name, value in body.items() if name not in _ASSOCIATED}
    if body:
        assert of.kind.update is not None
        of.kind.update(call, of.thing, body)


def refusal_told(error: errors.ApiError) -> dict[str, object]:
    """Write a refusal as an answer tells it."""
    number, _, kind = error.code.partition(", ")
    return {
        "ErrorMessage": error.text,
        "ErrorValue": None,
        "TraceCorrelationId": str(uuid.uuid4()),
        "ErrorCode": int(number),
        "ErrorTypeName": kind,
    }
