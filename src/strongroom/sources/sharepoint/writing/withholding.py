"""What rules of the target's own keep, hold or drop in the lists that a restore writes into.

Retention labels, declared records and holds are set by the tenant, and nobody who restores lifts
them: what they forbid is said before anything is written.

Source:
    https://learn.microsoft.com/purview/retention-policies-sharepoint
    https://learn.microsoft.com/purview/records-management
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from urllib.parse import quote

from strongroom.sources.sharepoint.writing.places import joined
from strongroom.sources.sharepoint.writing.planning import LISTS, WEB
from strongroom.sources.sharepoint.writing.standing import Document, Standing, root_of
from strongroom.wire.sharepoint.rest_refusals import SiteDenied, SiteRefused
from strongroom.wire.sharepoint.sites import api
from strongroom.wire.sharepoint.writing.request import list_api
from strongroom.words.restoring import ConflictPolicy, Selection

_HOLD_TEMPLATE = 1310
_HELD_BY = ("_ComplianceTag", "_vti_ItemDeclaredRecord")
_COUNTED_MAX = 500
_DEFAULT_LABEL = "SP.CompliancePolicy.SPPolicyStoreProxy.GetListComplianceTag"


def withheld(
    standing: Standing, selection: Selection, most_versions: Mapping[str, int]
) -> Iterator[str]:
    """Say what a person should know of such rules.

    Args:
        standing: The target.
        selection: What goes into it.
        most_versions: By the path of a list on the server, how many versions one item has at most.
    """
    most = {path.casefold(): count for path, count in most_versions.items()}
    into = {
        joined(standing.root, *one.path).casefold()
        for one in selection.folders
        if one.kind in LISTS
    }
    is_replaced = selection.conflict is ConflictPolicy.REPLACE
    for web in _webs(standing, selection):
        for told in _lists(standing, web):
            if told.get("BaseTemplate") == _HOLD_TEMPLATE:
                yield (
                    "Rules of retention, or a hold, keep what is deleted or replaced in the site"
                    f" {standing.address(web)}: it stays in the Preservation Hold library, and"
                    " counts against the quota."
                )
            elif (root := root_of(told).casefold()) in into:
                if selection.fields and told.get("EnableVersioning") is False:
                    yield (
                        f"The list {told.get('Title')!r} keeps no versions: the values that its"
                        f" items have now in {', '.join(selection.fields)} are written over for"
                        " good."
                    )
                yield from _of_versions(told, most.get(root, 1))
                yield from _of_list(standing, web, told, is_replaced=is_replaced)


def _of_versions(told: Mapping[str, object], most: int) -> Iterator[str]:
    """Say where a list that is there keeps fewer versions than were saved."""
    limit = str(told.get("MajorVersionLimit") or "")
    if limit.isascii() and limit.isdigit() and 0 < int(limit) < most:
        yield (
            f"The list {told.get('Title')!r} keeps {int(limit):,} versions, and up to {most:,}"
            " were saved: the oldest go again as the later ones come."
        )


def _of_list(
    standing: Standing, web: str, told: Mapping[str, object], *, is_replaced: bool
) -> Iterator[str]:
    title = told.get("Title")
    label = _default_label(standing, web, root_of(told))
    if label:
        yield (
            f"The list {title!r} gives every new item the retention label {label!r}: what is"
            " restored cannot be deleted or changed as long as that forbids it."
        )
    if not is_replaced or not told.get("ItemCount"):
        return
    list_id = str(told.get("Id") or "").lower()
    known = {str(one.get("InternalName")) for one in standing.fields(web, list_id)}
    for column in _HELD_BY:
        count = _count(standing, web, list_id, column) if column in known else 0
        if count is None:
            yield (
                f"The list {title!r} is too large to be asked for items with a label or record:"
                " those that are locked are not replaced, and the ledger names each."
            )
        elif count:
            more = " or more" if count >= _COUNTED_MAX else ""
            what = "a retention label" if column == _HELD_BY[0] else "the mark of a record"
            yield (
                f"In the list {title!r} {count:,}{more} items have {what}: those that it locks or"
                " keeps are not replaced, and the ledger names each. An administrator can take it"
                " off; or restore beside them (--conflict copy)."
            )


def _webs(standing: Standing, selection: Selection) -> Iterator[str]:
    paths = {joined(standing.root, *one.path) for one in selection.folders if one.kind == WEB} | {
        standing.root
    }
    for path in sorted(paths):
        if standing.find_web(path) is not None:
            yield path


def _lists(standing: Standing, web: str) -> list[Document]:
    try:
        return list(standing.lists(web))
    except SiteDenied as error:
        if error.status == 401:
            raise
        return []


def _default_label(standing: Standing, web: str, root: str) -> str:
    """Name the label that new items get; empty where there is none, or it is not told."""
    if not standing.abilities.has_labels:
        return ""
    path = quote(root.replace("'", "''"), safe="/")
    try:
        found = standing.rest.get(f"{api(web)}/{_DEFAULT_LABEL}(listUrl='{path}')", Document)
    except (SiteRefused, SiteDenied) as error:
        if error.status == 401:
            raise
        return ""
    return str(found.get("TagName") or "")[:100]


def _count(standing: Standing, web: str, list_id: str, column: str) -> int | None:
    """Count items in which a column says something; None: the list is too large to be asked."""
    view = (
        f"<View Scope='RecursiveAll'><Query><Where><IsNotNull><FieldRef Name='{column}'/>"
        f"</IsNotNull></Where></Query><RowLimit>{_COUNTED_MAX}</RowLimit></View>"
    )
    query = {"query": {"__metadata": {"type": "SP.CamlQuery"}, "ViewXml": view}}
    try:
        found = standing.rest.ask(f"{list_api(web, list_id)}/GetItems?$select=Id", query, Document)
    except SiteDenied as error:
        if error.status == 401:
            raise
        return None
    except SiteRefused:
        return None
    rows = found.get("value")
    return len(rows) if isinstance(rows, list) else 0
