"""Who owns a group, somebody or a group that may be made only after it; and a site's own groups."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from strongroom.sources.sharepoint.writing.by_object_model import (
    Group,
    write_associated,
    write_owner,
)
from strongroom.sources.sharepoint.writing.definition import (
    Definition,
    mapping_of,
    number_of,
    text_of,
)
from strongroom.sources.sharepoint.writing.means import Means
from strongroom.wire.sharepoint.rest_refusals import SiteDenied, SiteRefused
from strongroom.words.json import Json

_NOTE = "owners"
_GROUP = 8
"""``PrincipalType`` of a group of the site."""


def write_saved_owner(means: Means, definition: Definition, group_id: int) -> None:
    """Have a group owned by whom it was owned by; one that is still to be made gets it in the end.

    Raises:
        SiteRefused, SiteDenied: the server does not let us.
    """
    owner = definition.mapping("Owner")
    found = owner_there(means, owner)
    if found is not None:
        write_owner(means, definition.web, group_id, found)
    elif number_of(owner, "kind") == _GROUP:
        note: Json = {"web": definition.web, "owner": dict(owner)}
        with means.lock:
            means.notes.put(_NOTE, {**_noted(means), str(group_id): note})
    else:
        means.tell(
            f"The group {definition.text('Title')!r} was owned by"
            f" {text_of(owner, 'login') or 'nobody'}, who is not known there: it is ours."
        )


def owner_there(means: Means, owner: Mapping[str, Json]) -> Group | str | None:
    """Give the target's own words for a saved owner; None: not there, or not yet."""
    principals = means.identities.principals
    if number_of(owner, "kind") == _GROUP:
        number = principals.group(text_of(owner, "title") or text_of(owner, "login"))
        return None if number is None else Group(number)
    return principals.login({name: text_of(owner, name) for name in ("login", "title", "email")})


def waits_for_owner(means: Means, group_id: str) -> bool:
    """Say whether a group's owner is still to be written."""
    return not means.late.is_over and group_id in _noted(means)


def write_owners(means: Means) -> Iterator[str]:
    """Write the owners that had to wait; say what the server refused."""
    for group_id, noted in _noted(means).items():
        if not isinstance(noted, Mapping):
            continue
        owner = noted.get("owner")
        found = owner_there(means, owner) if isinstance(owner, Mapping) else None
        if found is None:
            yield f"The owner of group {group_id} is not there: it is ours."
            continue
        try:
            write_owner(means, text_of(noted, "web"), int(group_id), found)
        except (SiteRefused, SiteDenied) as error:
            yield f"The owner of group {group_id} was not written. {error.why}"


ASSOCIATED = ("AssociatedOwnerGroup", "AssociatedMemberGroup", "AssociatedVisitorGroup")
"""Which groups are a site's owners, members and visitors."""


def write_own_groups(means: Means, definition: Definition, now: Mapping[str, Json]) -> None:
    """Have the saved groups be the site's owners, members and visitors, as far as they are there.

    Args:
        means: What to work with.
        definition: Of the root web.
        now: What the web tells of them.
    """
    root_id = definition.saved_id.partition("/")[0]
    wanted = own_groups_there(means, root_id, definition.document)
    changed = {
        name: group
        for name, group in wanted.items()
        if number_of(mapping_of(now, name), "Id") != group.number
    }
    if changed:
        write_associated(means, definition.web, changed)


def own_groups_there(means: Means, root_id: str, document: Mapping[str, Json]) -> dict[str, Group]:
    """Give what the saved site's own groups became; those that were not restored are left out.

    Args:
        means: What to work with.
        root_id: Saved GUID of the root web.
        document: What was saved of it.
    """
    more, found = mapping_of(document, "more"), {}
    for name in ASSOCIATED:
        saved = number_of(mapping_of(more, name), "Id")
        became = means.notes.new_id(f"{root_id}/group/{saved}") if saved else None
        if became:
            found[name] = Group(int(became.rpartition("/")[2]))
    return found


def _noted(means: Means) -> Mapping[str, Json]:
    noted = means.notes.get(_NOTE)
    return noted if isinstance(noted, Mapping) else {}
