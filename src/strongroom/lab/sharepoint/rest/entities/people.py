"""People as items tell them: the rows of the list that mirrors a collection's users."""

from __future__ import annotations

from collections.abc import Mapping

from strongroom.lab.sharepoint.content.principals import Principal, User
from strongroom.lab.sharepoint.rest.call import Call
from strongroom.lab.sharepoint.rest.entities.common import (
    known,
)
from strongroom.lab.sharepoint.rest.entities.principals import principal_of
from strongroom.lab.sharepoint.rest.kinds import (
    Collection,
    Entity,
    Kind,
    Target,
    Value,
)


def people_of(call: Call, value: object, path: str, *, is_multi: bool) -> Target:
    """Give whom a column of people names."""
    numbers = value if isinstance(value, tuple) else (value,)
    found = [who for one in numbers if isinstance(one, int) and (who := principal_of(call, one))]
    if is_multi:
        return Collection(
            kind=PERSON, path=path, things=lambda: found, item_path=lambda one: f"{path}({one.id})"
        )
    return Entity(PERSON, found[0], path) if found else Value("", None)


def _title(_: Call, one: Principal) -> str:
    return one.title


_PERSON_TEXTS: Mapping[str, str] = {
    "JobTitle": "", "Department": "", "FirstName": "", "LastName": "", "SipAddress": "",
    "UserName": "",
}  # fmt: skip

PERSON: Kind[Principal] = known(
    Kind(
        name="SP.Data.UserInfoItem",
        values={
            "Id": lambda _, one: one.id,
            "ID": lambda _, one: one.id,
            "Title": _title,
            "Name": lambda _, one: one.login,
            "EMail": lambda _, one: one.email if isinstance(one, User) else None,
        },
        more={
            name: (lambda _, one: one.email if isinstance(one, User) else None)
            for name in _PERSON_TEXTS
        },
    )
)
