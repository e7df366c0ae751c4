"""Features of a web or a site collection: which are on, and switching them."""

from __future__ import annotations

import re

from strongroom.lab.sharepoint.rest import errors
from strongroom.lab.sharepoint.rest.call import Call
from strongroom.lab.sharepoint.rest.entities.small import FEATURE
from strongroom.lab.sharepoint.rest.kinds import (
    Args,
    Collection,
    Entity,
    Method,
)
from strongroom.lab.sharepoint.rights import Level

_GUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def features_of(_: Call, held: set[str], path: str) -> Collection:
    """List the features that are on in a web or a site collection."""

    def add(call: Call, _: object, args: Args) -> Entity:
        number = _feature(args)
        _switch(call, held, number, is_on=True)
        return Entity(FEATURE, number, f"{path}('{number}')")

    def remove(call: Call, _: object, args: Args) -> None:
        _switch(call, held, _feature(args), is_on=False)

    def by_id(call: Call, _: object, args: Args) -> Entity | None:
        number = _feature(args)
        return Entity(FEATURE, number, f"{path}('{number}')") if number in held else None

    return Collection(
        kind=FEATURE,
        path=path,
        things=lambda: sorted(held),
        find=lambda key: str(key).casefold() if str(key).casefold() in held else None,
        item_path=lambda one: f"{path}('{one}')",
        methods={
            "add": Method(run=add, is_post=True, needs=Level.FULL),
            "remove": Method(run=remove, is_post=True, needs=Level.FULL),
            "getbyid": Method(run=by_id),
        },
    )


def _feature(args: Args) -> str:
    number = args.text("featureId", 0).strip("{}").casefold()
    if not _GUID.fullmatch(number):
        raise errors.bad_argument("The feature is not valid.")
    return number


def _switch(call: Call, held: set[str], number: str, *, is_on: bool) -> None:
    if held is call.web.features:
        call.web.switch_feature(number, is_on=is_on, by=call.user_id)
        return
    call.collection.begin()
    if is_on:
        held.add(number)
    else:
        held.discard(number)
