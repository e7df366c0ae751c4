"""Things that are told and nothing more: custom actions, subscriptions, features."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from strongroom.lab.sharepoint.rest.entities.common import known
from strongroom.lab.sharepoint.rest.kinds import Collection, Kind

Plain = Mapping[str, str]


def plain_rows(kind: str, rows: Sequence[Plain], path: str) -> Collection:
    """List rows that are told as they were given."""
    return Collection(
        kind=_PLAIN[kind],
        path=path,
        things=lambda: rows,
        find=lambda key: next((one for one in rows if one.get("Id") == str(key)), None),
        item_path=lambda one: f"{path}('{one.get('Id', '')}')",
    )


_PLAIN: Mapping[str, Kind[Plain]] = {
    name: known(Kind(name=name, columns=lambda _, one: dict(one)))
    for name in (
        "SP.UserCustomAction",
        "SP.EventReceiverDefinition",
        "Microsoft.SharePoint.Webhooks.Subscription",
    )
}

FEATURE: Kind[str] = known(
    Kind(name="SP.Feature", values={"DefinitionId": lambda _, number: number})
)
