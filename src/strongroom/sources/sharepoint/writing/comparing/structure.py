"""How what describes a place differs from what was saved of it, by what it means.

Ids, addresses and counts are the target's own. Compared is what a person could see or would miss.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

import orjson

from strongroom.errors import ItemError
from strongroom.sources.sharepoint.writing import saved as kept
from strongroom.sources.sharepoint.writing.bags import own_properties
from strongroom.sources.sharepoint.writing.by_object_model import (
    Group,
    bag_changes,
    regional_pairs,
)
from strongroom.sources.sharepoint.writing.comparing.items import permission_differences
from strongroom.sources.sharepoint.writing.comparing.values import shown
from strongroom.sources.sharepoint.writing.definition import (
    Site,
    mapping_of,
    number_of,
    rows_of,
    text_of,
)
from strongroom.sources.sharepoint.writing.means import Means
from strongroom.sources.sharepoint.writing.orders import saved_order
from strongroom.sources.sharepoint.writing.owning import (
    own_groups_there,
    owner_there,
    waits_for_owner,
)
from strongroom.sources.sharepoint.writing.pages import rewritten
from strongroom.sources.sharepoint.writing.places import Place
from strongroom.sources.sharepoint.writing.reading_back import ReadingBack
from strongroom.sources.sharepoint.writing.schema_xml import (
    Bound,
    TermsOf,
    canonical,
    column_for,
    term_set_in,
    view_for,
)
from strongroom.sources.sharepoint.writing.standing import content_type_above
from strongroom.sources.sharepoint.writing.structure_webs import POINTING, action_value
from strongroom.wire.sharepoint.writing.lists import SETTINGS as LIST_SETTINGS
from strongroom.wire.sharepoint.writing.webs import SETTINGS as WEB_SETTINGS
from strongroom.words.json import Json
from strongroom.words.restoring import Compared, Outgoing

Document = Mapping[str, Json]
_NO_SET = Bound("", "")
Told = Callable[[Compared], None]
LEFT = "it was there already and is left as it is"

_ADDRESSES = ("Url", "FormUrl", "MasterUrl", "LogoUrl")


def compare_structure(
    means: Means,
    site: Site,
    back: ReadingBack,
    place: Place,
    pairs: Sequence[tuple[Outgoing, str]],
    told: Told,
) -> None:
    """Read what describes a place once, and compare each thing of it.

    Nothing is told of what is not whole before everything else is in.
    """
    pairs = [(one, new_id) for one, new_id in pairs if not _waits(means, one, new_id)]
    if not pairs:
        return
    contents = back.structure(place).contents
    by_key = {_key(id_): content for id_, content in contents.items()}
    owner = place.list_id or place.web
    for outgoing, new_id in pairs:
        content = by_key.get(_key(new_id))
        found: tuple[str, ...]
        if content is None:
            found = _not_listed(outgoing)
        else:
            there = orjson.loads(content)
            saved = kept.document_of(outgoing, kept.DEFINITION)
            mine = saved if isinstance(saved, Mapping) else {}
            kind, is_root = outgoing.item.kind, owner == site.root
            found = tuple(definition_differences(means, site, kind, mine, there, is_root=is_root))
            if kind == "web" and is_root:
                root_id = outgoing.item.id.partition("/")[0]
                found += tuple(_own_groups(own_groups_there(means, root_id, mine), there))
        if site.is_host(owner):
            # It takes in what another list held, and stays what it is; columns were added to it.
            found = ()
        if found and not site.may_change(owner) and outgoing.replaces is None:
            found = (f"{LEFT}: {'; '.join(found)}",)
        told(Compared(item_id=outgoing.item.id, differences=found))


def _waits(means: Means, outgoing: Outgoing, new_id: str) -> bool:
    """Say whether some of it is written in the end only: what refuses items, and an order."""
    if outgoing.item.kind == "list":
        return not means.late.is_over
    is_group = outgoing.item.kind == "group"
    return is_group and waits_for_owner(means, new_id.rpartition("/")[2])


def _not_listed(outgoing: Outgoing) -> tuple[str, ...]:
    """A column that every list has is told only once somebody changes it."""
    is_of_every_list = outgoing.item.kind == "column"
    return () if is_of_every_list else ("it is not there",)


def _key(item_id: str) -> str:
    """Give what is the same wherever a thing lies: its class and its own id."""
    return item_id.partition("/")[2].lower()


def definition_differences(
    means: Means, site: Site, kind: str, saved: Document, there: Document, *, is_root: bool = False
) -> Iterator[str]:
    """Name what differs in one definition.

    Args:
        means: What to work with.
        site: From where to where.
        kind: Class of the thing.
        saved: As saved.
        there: As read back.
        is_root: It is the collection's root web, which keeps the permissions that it has.
    """
    match kind:
        case "column":
            yield from _column(means, site, saved, there)
        case "content-type":
            yield from _texts(saved, there, ("Name", "Group", "Description"))
            yield from _links(saved, there)
        case "view":
            yield from _view(means, site, saved, there)
        case "list":
            yield from _settings(site, saved, there, LIST_SETTINGS)
            folders = (mapping_of(one, "root_folder") for one in (saved, there))
            yield from _bags(means, *(mapping_of(one, "Properties") for one in folders))
            yield from _order(means, saved, there)
        case "web":
            yield from _settings(site, saved, there, WEB_SETTINGS)
            yield from _texts(saved, there, ("welcome_page",))
            settings = [mapping_of(one, "settings") for one in (saved, there)]
            yield from _bags(means, *(mapping_of(one, "AllProperties") for one in settings))
            yield from _regional(means, *(mapping_of(one, "RegionalSettings") for one in settings))
        case "role-definition":
            yield from _texts(saved, there, ("Name", "BasePermissions"))
        case "group":
            yield from _texts(saved, there, ("Title",))
            yield from _members(means, saved, there)
            yield from _owner(means, saved, there)
        case "permissions":
            if saved.get("inherits") != there.get("inherits"):
                yield "inherits"
            principals = means.identities.principals
            yield from permission_differences(principals, saved, there, may_have_more=is_root)
        case "navigation":
            yield from _menu(site, saved, there)
        case "custom-action":
            names = ("Name", "Title", "Location", *POINTING)
            here = {name: action_value(means, site, name, saved.get(name)) for name in saved}
            yield from _texts(here, there, names)
        case _:
            return


def _texts(saved: Document, there: Document, names: Sequence[str]) -> Iterator[str]:
    for name in names:
        mine, theirs = saved.get(name) or "", there.get(name) or ""
        if name in saved and mine != theirs:
            yield f"{name}: {shown(mine)}, there {shown(theirs)}"


def _settings(site: Site, saved: Document, there: Document, names: Sequence[str]) -> Iterator[str]:
    mine, theirs = mapping_of(saved, "settings"), mapping_of(there, "settings")
    for name in names:
        if mine.get(name) is None or name not in theirs:
            continue
        wanted, has = mine[name], theirs[name]
        if isinstance(wanted, str) and name.endswith(_ADDRESSES):
            wanted = site.address(wanted)
        if (wanted or "") != (has or "") and not _needs_versions(name, mine):
            yield f"{name}: {shown(wanted)}, there {shown(has)}"


def _bags(means: Means, saved: Document, there: Document) -> Iterator[str]:
    """Name what is missing in a property bag; where scripts are not allowed that was told."""
    if means.takes_bags():
        theirs = own_properties(there)
        for name, value in bag_changes(saved, there).items():
            yield f"property {name}: {shown(value)}, there {shown(theirs.get(name))}"


def _regional(means: Means, saved: Document, there: Document) -> Iterator[str]:
    if means.standing.abilities.has_regional:
        for name, mine, theirs in regional_pairs(saved, there):
            if mine != theirs:
                yield f"{name}: {shown(mine)}, there {shown(theirs)}"


def _order(means: Means, saved: Document, there: Document) -> Iterator[str]:
    """Compare the order of content types by what each was made from; ids are each list's own."""
    mine, theirs = (
        list(dict.fromkeys(map(content_type_above, saved_order(one)))) for one in (saved, there)
    )
    if not means.standing.abilities.has_type_ids:
        # Those that cannot be made there were named as lost.
        mine = [one for one in mine if one in theirs]
    if mine and mine != theirs:
        yield f"order of content types: {len(mine)}, there {len(theirs)} or another"


def _owner(means: Means, saved: Document, there: Document) -> Iterator[str]:
    """Compare who owns a group; that somebody is not known there was told when it was made."""
    wanted = owner_there(means, mapping_of(saved, "Owner"))
    has = mapping_of(there, "Owner")
    is_same = (
        wanted.number == number_of(has, "id")
        if isinstance(wanted, Group)
        else (wanted or "").casefold() == text_of(has, "login").casefold()
    )
    if wanted is not None and not is_same:
        mine = text_of(mapping_of(saved, "Owner"), "title")
        yield f"owner: {shown(mine)}, there {shown(text_of(has, 'title'))}"


def _own_groups(wanted: Mapping[str, Group], there: Document) -> Iterator[str]:
    more = mapping_of(there, "more")
    for name, group in wanted.items():
        if number_of(mapping_of(more, name), "Id") != group.number:
            yield f"{name}: another group"


def _needs_versions(name: str, settings: Document) -> bool:
    """Say whether a setting means nothing in a list without versions."""
    return name.startswith("Major") and not settings.get("EnableVersioning")


def _column(means: Means, site: Site, saved: Document, there: Document) -> Iterator[str]:
    yield from _texts(saved, there, ("Title", "TypeAsString", "InternalName"))
    try:
        schema = site.text(text_of(saved, "SchemaXml"))
        bound = term_set_in(schema)
        # A set that the target lacks was named beforehand.
        is_lost = bound is not None and means.identities.terms().bound(bound) is None
        sets: TermsOf = (lambda _: _NO_SET) if is_lost else means.identities.terms().bound
        wanted = column_for(schema, list_of=means.identities.list_of, terms=sets)
        theirs = text_of(there, "SchemaXml")
        has = column_for(theirs, list_of=lambda one: one, terms=sets if is_lost else None)
    except ItemError as error:
        yield str(error)
        return
    if _plain(wanted) != _plain(has):
        yield "its definition"


def _plain(schema: str) -> str:
    return canonical(schema).casefold()


def _links(saved: Document, there: Document) -> Iterator[str]:
    mine, theirs = (
        {
            text_of(one, "FieldInternalName") or text_of(one, "Name")
            for one in rows_of(some, "FieldLinks")
        }
        for some in (saved, there)
    )
    if missing := sorted(mine - theirs):
        yield f"columns missing: {', '.join(missing)}"


def _view(means: Means, site: Site, saved: Document, there: Document) -> Iterator[str]:
    yield from _texts(saved, there, ("Title", "DefaultView", "RowLimit"))
    mine = rewritten(means, site, text_of(saved, "ListViewXml"))
    theirs = text_of(there, "ListViewXml")
    try:
        if mine and canonical(view_for(mine)) != canonical(view_for(theirs)):
            yield "its definition"
    except ItemError as error:
        yield str(error)


def _members(means: Means, saved: Document, there: Document) -> Iterator[str]:
    principals = means.identities.principals
    # Who is not known in the target was told when the group was made.
    logins = (principals.login(one) for one in rows_of(saved, "Users"))
    mine = {login.casefold() for login in logins if login}
    theirs = {text_of(one, "login").casefold() for one in rows_of(there, "Users")}
    if missing := sorted(mine - theirs):
        yield f"members missing: {', '.join(missing)}"


def _menu(site: Site, saved: Document, there: Document) -> Iterator[str]:
    mine = list(_nodes(rows_of(saved, "nodes"), site.address))
    theirs = list(_nodes(rows_of(there, "nodes"), lambda one: one))
    if mine != theirs:
        yield f"entries: {len(mine)}, there {len(theirs)}, or in another order"


def _nodes(
    nodes: Sequence[Document], address: Callable[[str], str], depth: int = 0
) -> Iterator[tuple[int, str, str]]:
    for node in nodes:
        yield depth, text_of(node, "Title"), address(text_of(node, "Url")).casefold()
        yield from _nodes(rows_of(node, "Children"), address, depth + 1)
