"""Reading items back by their new ids and naming what is another than was saved."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace

import orjson

from strongroom.errors import ItemError
from strongroom.sources.sharepoint.reading.list_items import ReadItem
from strongroom.sources.sharepoint.writing import saved as kept
from strongroom.sources.sharepoint.writing.assigning import Assignment, assignments_of
from strongroom.sources.sharepoint.writing.comparing.content import Tally, content_differences
from strongroom.sources.sharepoint.writing.comparing.values import CONTENT_TYPE, value_differences
from strongroom.sources.sharepoint.writing.comparing.web_parts import shut_differences
from strongroom.sources.sharepoint.writing.definition import Site
from strongroom.sources.sharepoint.writing.identities import Principals
from strongroom.sources.sharepoint.writing.means import Means
from strongroom.sources.sharepoint.writing.pages import rewritten
from strongroom.sources.sharepoint.writing.places import COPIES_MAX, Place, copy_name
from strongroom.sources.sharepoint.writing.reading_back import ReadingBack
from strongroom.sources.sharepoint.writing.standing import TargetList
from strongroom.words.item import Content, Item
from strongroom.words.json import Json
from strongroom.words.restoring import Compared, Outgoing

Told = Callable[[Compared], None]


def compare_items(
    means: Means,
    site: Site,
    back: ReadingBack,
    place: Place,
    pairs: Sequence[tuple[Outgoing, str]],
    told: Told,
    tally: Tally,
) -> None:
    """Read items of a list back, as many in one request as the server takes, and compare them.

    Nothing is told of those that are not whole before everything else is in.
    """
    pairs = [
        (one, new_id)
        for one, new_id in pairs
        if not means.late.waits(place.list_id, kept.number_of(new_id) or 0)
    ]
    if not pairs:
        return
    target = means.standing.list_by_id(place.web, place.list_id)
    numbers = {new_id: kept.number_of(new_id) for _, new_id in pairs}
    found = back.by_numbers(place, [one for one in numbers.values() if one])
    for outgoing, new_id in pairs:
        read = found.get(numbers[new_id])
        if read is None:
            differences: tuple[str, ...] = ("it is not there any more",)
        else:
            differences = tuple(
                _differences(means, site, back, place, target, outgoing, read, tally)
            )
        told(Compared(item_id=outgoing.item.id, differences=differences))


def _differences(
    means: Means,
    site: Site,
    back: ReadingBack,
    place: Place,
    target: TargetList,
    outgoing: Outgoing,
    read: ReadItem,
    tally: Tally,
) -> Iterator[str]:
    item, there = outgoing.item, read.item
    has_types = means.standing.abilities.has_type_ids
    yield from value_differences(
        _without_type(kept.fields_of(item), has_types=has_types),
        kept.fields_of(there),
        target.columns,
        meanings=means.identities,
    )
    if item.kind != kept.KIND_ITEM or means.standing.abilities.has_decoded_paths:
        yield from place_differences(item, there)
    # Of an item that was not approved a server may make one version more, as was told beforehand.
    is_approved = item.kind != kept.KIND_ITEM or not kept.moderation_of(item)
    if target.settings.get("EnableVersioning") and is_approved:
        yield from version_differences(item, there)
    yield from _permission_differences(means.identities.principals, outgoing, read)
    yield from _part_differences(means, site, outgoing, read)
    if _has_bytes(outgoing.content):
        try:
            content = back.content(place, read)
        except ItemError as error:
            yield f"not read back: {error}"
            return
        wanted = outgoing.content
        if not target.settings.get("EnableVersioning"):
            wanted = _without_versions(wanted)
        yield from content_differences(wanted, content, item.name, tally)


def _part_differences(
    means: Means, site: Site, outgoing: Outgoing, read: ReadItem
) -> Iterator[str]:
    """Name what is another of a classic page's web parts, and why none could be put there."""
    if outgoing.item.kind == kept.KIND_PAGE:
        yield from shut_differences(
            kept.document_of(outgoing, kept.WEB_PARTS),
            read.documents.get(kept.WEB_PARTS),
            lambda text: rewritten(means, site, text),
            means.page_service_shut(),
        )


def _without_versions(content: Content) -> Content:
    """Leave older versions out where the list keeps none, as was told beforehand."""
    parts = [one for one in content.parts if not one.name.startswith(kept.VERSION)]
    return replace(content, parts=tuple(parts))


def _without_type(fields: Mapping[str, Json], *, has_types: bool) -> Mapping[str, Json]:
    """Leave the content type out where types of one's own were named as lost."""
    if has_types:
        return fields
    return {name: value for name, value in fields.items() if name != CONTENT_TYPE}


def _has_bytes(content: Content) -> bool:
    beginnings = (kept.FILE, kept.VERSION, kept.ATTACHMENT)
    return any(part.name.startswith(beginnings) for part in content.parts)


def place_differences(saved: Item, there: Item) -> Iterator[str]:
    """Say where an item lies elsewhere; a copy beside the one that was there lies well."""
    if saved.kind == kept.KIND_ITEM:
        mine, theirs = kept.path_of(saved)[:-1], kept.path_of(there)[:-1]
    else:
        mine, theirs = kept.path_of(saved), kept.path_of(there)
    if mine == theirs:
        return
    copies = {copy_name(mine[-1], number) for number in range(1, COPIES_MAX)} if mine else set()
    if mine[:-1] == theirs[:-1] and theirs[-1] in copies:
        return
    yield f"place: {'/'.join(mine)}, there {'/'.join(theirs)}"


def version_differences(saved: Item, there: Item) -> Iterator[str]:
    """Say whether versions are missing; their numbers may begin anew, as was told beforehand."""
    mine, theirs = (_labels(one) for one in (saved, there))
    if len(mine) != len(theirs):
        yield f"versions: {len(mine)}, there {len(theirs)}"
    elif mine[0] in {"0.1", "1.0"} and mine != theirs:
        yield f"versions: {', '.join(mine)}, there {', '.join(theirs)}"


def _labels(item: Item) -> list[str]:
    versions = [one.label for one in kept.versions_of(item, None)]
    return versions or [str(item.state.get("version") or "1.0")]


def _permission_differences(
    principals: Principals, outgoing: Outgoing, read: ReadItem
) -> Iterator[str]:
    wanted, has = kept.is_unique(outgoing.item), kept.is_unique(read.item)
    if wanted != has:
        yield f"permissions of its own: {_yes(wanted)}, there {_yes(has)}"
    elif wanted:
        document = kept.document_of(outgoing, kept.PERMISSIONS)
        yield from permission_differences(principals, document, _document(read, kept.PERMISSIONS))


def permission_differences(
    principals: Principals, saved: Json, there: Json, *, may_have_more: bool = False
) -> Iterator[str]:
    """Name who may do something else than was saved.

    Args:
        principals: Who is who.
        saved: The saved document.
        there: As read back.
        may_have_more: Others may do something as well.
    """
    mine = {
        (principals.login(one.principal) or one.who).casefold(): set(one.roles)
        for one in assignments_of(saved)
        if not principals.is_named_lost(one.principal)
    }
    theirs = {_known(one): set(one.roles) for one in assignments_of(there)}
    for who in sorted(mine.keys() if may_have_more else mine.keys() | theirs.keys()):
        if mine.get(who) != theirs.get(who):
            wanted, has = (", ".join(sorted(some.get(who, ()))) for some in (mine, theirs))
            yield f"permissions of {who}: {wanted or 'none'}, there {has or 'none'}"


def _known(one: Assignment) -> str:
    return str(one.principal.get("login") or one.principal.get("title") or "").casefold()


def _document(read: ReadItem, name: str) -> Json:
    content = read.documents.get(name)
    found: Mapping[str, Json] = orjson.loads(content) if content else {}
    return found


def _yes(truth: bool) -> str:  # noqa: FBT001 - the one argument of a conversion
    return "yes" if truth else "no"
