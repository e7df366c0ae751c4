"""Items of a folder: listing, one by one, deleting.

Source:
    https://learn.microsoft.com/graph/api/resources/mailboxitem
"""

from __future__ import annotations

from urllib.parse import quote

from strongroom.lab.estate.folder import Folder
from strongroom.lab.graph.call import Call
from strongroom.lab.graph.errors import GraphError
from strongroom.lab.graph.mailbox.errors import invalid, refusing
from strongroom.lab.graph.mailbox.paging import page, read_options
from strongroom.lab.graph.mailbox.places import Reached
from strongroom.lab.graph.mailbox.reaching import (
    DELETE_ITEMS,
    READ_ITEMS,
    folder_named,
    item_named,
    reach,
)
from strongroom.lab.graph.mailbox.shapes import ItemView, shown


def list_items(call: Call) -> object:
    """List the items of a folder, those that came last first."""
    reached = reach(call, READ_ITEMS)
    folder = folder_named(call, reached, call.path[1])
    shows_all = call.mail.habits.hidden_items
    found = [one for one in reversed(folder.items) if shows_all or not one.is_associated]
    return page(call, _kind(call, reached), found, lambda one: ItemView(call, one))


def get(call: Call) -> object:
    """Describe one item."""
    reached = reach(call, READ_ITEMS)
    folder = folder_named(call, reached, call.path[1])
    item = item_named(reached, folder, call.path[2])
    context = f"{call.base}/$metadata#{_kind(call, reached)}/$entity"
    return {"@odata.context": context, **shown(ItemView(call, item), read_options(call))}


def delete(call: Call) -> object:
    """Delete one item, so that its owner can still recover it, or for good."""
    reached = reach(call, DELETE_ITEMS)
    folder = folder_named(call, reached, call.path[1])
    item = item_named(reached, folder, call.path[2])
    how = call.query.get("disposalType")
    mailbox = item.folder.mailbox
    with refusing():
        if how == "softDelete":
            mailbox.soft_delete_item(item)
        elif how == "hardDelete":
            if mailbox.is_on_hold or _is_system(folder):
                raise GraphError(
                    403, "ErrorAccessDenied", "The item is protected and cannot be deleted."
                )
            mailbox.hard_delete_item(item)
        else:
            raise invalid("disposalType must be softDelete or hardDelete.")
    return None


def _is_system(folder: Folder) -> bool:
    return folder.role in {"recoverableitemspurges", "recoverableitemsversions"}


def _kind(call: Call, reached: Reached) -> str:
    mailbox, folder = quote(reached.id, safe=""), quote(call.path[1], safe="")
    return f"admin/exchange/mailboxes('{mailbox}')/folders('{folder}')/items"
