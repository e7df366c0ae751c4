"""Things that are told and nothing more: custom actions, subscriptions, features."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from strongroom.lab.sharepoint.rest.entities.common import known
from strongroom.lab.sharepoint.rest.kinds import Body, Collection, Entity, Kind

if TYPE_CHECKING:
    from strongroom.lab.sharepoint.rest.call import Call

Plain = Mapping[str, str]


def plain_rows(kind: str, rows: Sequence[Plain], path: str) -> Collection:
    """List rows that are told as they were given."""

    def add(_: Call, body: Body) -> Plain:
        assert isinstance(rows, list), "what can be added to"
        id_ = uuid.uuid5(uuid.NAMESPACE_URL, f"{path}/{len(rows)}/{body.get('Name', '')}")
        made = {"Id": str(id_), **{key: str(value) for key, value in body.items()}}
        rows.append(made)
        return made

    return Collection(
        kind=_PLAIN[kind],
        path=path,
        things=lambda: rows,
        find=lambda key: next((one for one in rows if one.get("Id") == str(key)), None),
        item_path=lambda one: f"{path}('{one.get('Id', '')}')",
        create=add if kind == "SP.UserCustomAction" else None,
    )


_PLAIN: Mapping[str, Kind[Plain]] = {
    name: known(Kind(name=name, columns=lambda _, one: dict(one)))
    for name in (
        "SP.UserCustomAction",
        "SP.EventReceiverDefinition",
        "Microsoft.SharePoint.Webhooks.Subscription",
    )
}

PROPERTIES: Kind[Mapping[str, object]] = known(
    Kind(name="SP.PropertyValues", columns=lambda _, held: dict(held))
)
TEXTS: Kind[Mapping[str, object]] = known(
    Kind(name="SP.FieldStringValues", columns=lambda _, held: dict(held))
)


def property_bag(held: Mapping[str, object], path: str) -> Entity:
    """Give a property bag, whose names are written already."""
    return Entity(PROPERTIES, held, path)


def texts(held: Mapping[str, object], path: str) -> Entity:
    """Give an item's values as people read them."""
    return Entity(TEXTS, held, path)


FEATURE: Kind[str] = known(
    Kind(name="SP.Feature", values={"DefinitionId": lambda _, number: number})
)
