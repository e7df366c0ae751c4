"""FindItem: the items of a folder, page by page, filtered and sorted.

Source:
    https://learn.microsoft.com/exchange/client-developer/web-service-reference/finditem-operation
"""

from __future__ import annotations

from datetime import datetime

from strongroom.content import tags
from strongroom.lab.estate.folder import Folder
from strongroom.lab.estate.item import StoredItem
from strongroom.lab.estate.mailbox import LAST_PARENT
from strongroom.lab.exchange import occurrences
from strongroom.lab.exchange.answer import answer, batch
from strongroom.lab.exchange.call import Call
from strongroom.lab.exchange.errors import EwsError
from strongroom.lab.exchange.operations.paging import Page
from strongroom.lab.exchange.operations.restriction import condition
from strongroom.lab.exchange.shapes import bodies, times
from strongroom.lab.exchange.shapes.addresses import address_of
from strongroom.lab.exchange.shapes.catalogue import BY_URI
from strongroom.lab.exchange.shapes.extended import key_of
from strongroom.lab.exchange.shapes.items import ItemShape
from strongroom.lab.exchange.shapes.view import View
from strongroom.lab.exchange.xml import Element, children, find, name_of, require

_NAME = "FindItem"
_UNSUPPORTED = ("m:ContactsView", "m:SeekToConditionPageItemView")
_GROUPED = ("m:GroupBy", "m:DistinguishedGroupBy", "m:QueryString")

_BITS = {
    "message:IsRead": tags.FLAG_READ,
    "item:IsDraft": tags.FLAG_UNSENT,
    "item:IsSubmitted": tags.FLAG_SUBMITTED,
    "item:IsFromMe": tags.FLAG_FROM_ME,
    "item:IsUnmodified": tags.FLAG_UNMODIFIED,
}
_PEOPLE = {
    "message:ToRecipients": tags.RECIPIENT_TO,
    "message:CcRecipients": tags.RECIPIENT_CC,
    "message:BccRecipients": tags.RECIPIENT_BCC,
}


def find_item(call: Call, request: Element) -> str:
    """Answer FindItem."""
    for path in (*_UNSUPPORTED, *_GROUPED):
        if find(request, path) is not None:
            raise EwsError("ErrorInvalidOperation", f"The lab has no {path[2:]}.")
    shape = ItemShape(require(request, "m:ItemShape"), call, in_list=True)

    calendar = find(request, "m:CalendarView")

    def show(node: Element) -> str:
        if calendar is not None:
            return _calendar_xml(call, calendar, shape, call.folder(node))
        found = _found(call, request, call.folder(node))
        page = Page.of(request, len(found))
        inner = "".join(shape.xml(one) for one in found[page.start : page.end])
        return f"<m:RootFolder {page.attributes()}><t:Items>{inner}</t:Items></m:RootFolder>"

    parents = children(require(request, "m:ParentFolderIds"))
    return answer(_NAME, batch(_NAME, parents, show))


def _calendar_xml(call: Call, calendar: Element, shape: ItemShape, folder: Folder) -> str:
    """Show what takes place in a span of time, series taken apart into their occurrences."""
    if call.rights(folder).read_items != "FullDetails":
        raise EwsError("ErrorAccessDenied")
    start = times.read(str(calendar.get("StartDate"))).to_datetime()
    end = times.read(str(calendar.get("EndDate"))).to_datetime()
    if end < start:
        raise EwsError("ErrorCalendarEndDateIsEarlierThanStartDate")
    found: list[View] = []
    for item in _in(folder, "Shallow"):
        view = View.of_item(item)
        if view.element != "CalendarItem":
            continue
        if view.get(tags.PidLidAppointmentRecur) is not None:
            found += map(occurrences.view, occurrences.between(item, start, end))
        elif _overlaps(view, start, end):
            found.append(view)
    found.sort(key=lambda one: int(one.moment(tags.PidLidAppointmentStartWhole) or 0))
    shown = found[: int(calendar.get("MaxEntriesReturned", str(len(found))))]
    is_last = "true" if len(shown) == len(found) else "false"
    inner = "".join(map(shape.xml, shown))
    attributes = f'TotalItemsInView="{len(found)}" IncludesLastItemInRange="{is_last}"'
    return f"<m:RootFolder {attributes}><t:Items>{inner}</t:Items></m:RootFolder>"


def _overlaps(view: View, start: datetime, end: datetime) -> bool:
    begins = view.moment(tags.PidLidAppointmentStartWhole)
    until = view.moment(tags.PidLidAppointmentEndWhole)
    if begins is None or until is None:
        return False
    return begins.to_datetime() < end and until.to_datetime() > start


def _found(call: Call, request: Element, folder: Folder) -> list[StoredItem]:
    if call.rights(folder).read_items != "FullDetails":
        raise EwsError("ErrorAccessDenied")
    found = _in(folder, str(request.get("Traversal")))
    restriction = find(request, "m:Restriction")
    if restriction is not None:
        holds = condition(restriction, value_at)
        found = [one for one in found if holds(one)]
    order = find(request, "m:SortOrder")
    if order is None:
        found.sort(key=lambda one: one.received, reverse=True)
        return found
    for entry in reversed(list(children(order))):
        path = next(children(entry))
        found.sort(key=lambda one: _sortable(one, path), reverse=entry.get("Order") == "Descending")
    return found


def _in(folder: Folder, traversal: str) -> list[StoredItem]:
    if traversal == "SoftDeleted":
        grave = folder.mailbox.find_folder_by_role("recoverableitemsdeletions")
        parent = folder.entry_id
        buried = grave.items if grave is not None else []
        return [one for one in buried if one.get(LAST_PARENT) == parent]
    return [one for one in folder.items if one.is_associated == (traversal == "Associated")]


def _sortable(item: StoredItem, path: Element) -> tuple[bool, object]:
    value = value_at(item, path)
    if isinstance(value, str):
        return True, value.casefold()
    if isinstance(value, (int, float, bytes)):
        return True, value
    return False, 0


def value_at(item: StoredItem, path: Element) -> object:
    """Give the value of an item at a path, for a condition or an order.

    Raises:
        EwsError: ErrorUnsupportedPathForQuery.
    """
    if name_of(path) == "ExtendedFieldURI":
        return item.get(key_of(path))
    uri = str(path.get("FieldURI"))
    if uri in _BITS:
        return bool(item.flags & _BITS[uri])
    if uri == "item:DateTimeReceived":
        view = View.of_item(item)
        return view.moment(tags.PidTagMessageDeliveryTime, tags.PidTagCreationTime)
    if uri in _PEOPLE:
        return _people(item, _PEOPLE[uri])
    if uri == "item:Body":
        return bodies.text_of_body(View.of_item(item))
    known = BY_URI.get(uri)
    if known is None or known.key is None:
        raise EwsError("ErrorUnsupportedPathForQuery")
    return item.get(known.key)


def _people(item: StoredItem, kind: int) -> list[str]:
    texts = []
    for one in View.of_item(item).recipients(kind):
        name = one.get(tags.PidTagDisplayName)
        texts += [address_of(one), name if isinstance(name, str) else ""]
    return texts
