"""``translateExchangeIds``: the same thing by another of its ids.

Source:
    https://learn.microsoft.com/graph/api/user-translateexchangeids
"""

from __future__ import annotations

import binascii
from base64 import urlsafe_b64decode, urlsafe_b64encode

from strongroom.lab.estate.entry_ids import read_entry_id
from strongroom.lab.estate.folder import Folder
from strongroom.lab.estate.item import StoredItem
from strongroom.lab.estate.mailbox import Mailbox
from strongroom.lab.graph.call import Call
from strongroom.lab.graph.errors import GraphError
from strongroom.lab.graph.mailbox import ids
from strongroom.lab.graph.mailbox.errors import invalid, malformed_id, no_such_object
from strongroom.lab.graph.mailbox.reaching import READ_MAIL, check, user_named

_IDS_MAX = 1000
_ENTRY, _EWS, _REST = "entryId", "ewsId", "restId"
_IMMUTABLE_ENTRY, _IMMUTABLE_REST = "immutableEntryId", "restImmutableEntryId"
_TYPES = frozenset({_ENTRY, _EWS, _REST, _IMMUTABLE_ENTRY, _IMMUTABLE_REST})
_RIGHTS = (*READ_MAIL, "User.Read", "User.ReadBasic", "User.ReadWrite")

Thing = Folder | StoredItem


def translate(call: Call) -> object:
    """Answer ``translateExchangeIds``; what cannot be translated says why, each for itself."""
    user = user_named(call)
    check(call, user, _RIGHTS)
    body = call.parameters()
    given, source, target = (
        body.get(name) for name in ("inputids", "sourceidtype", "targetidtype")
    )
    if not isinstance(given, list) or not 0 < len(given) <= _IDS_MAX:
        raise invalid(f"inputIds must name one to {_IDS_MAX} ids.")
    if source not in _TYPES or target not in _TYPES:
        raise invalid("sourceIdType or targetIdType is not known.")
    mailbox = call.mail.mailbox_of(user)
    rows = [_row(mailbox, str(one), str(source), str(target)) for one in given]
    context = f"{call.base}/$metadata#Collection(microsoft.graph.convertIdResult)"
    return {"@odata.context": context, "value": rows}


def _row(mailbox: Mailbox, text: str, source: str, target: str) -> dict[str, object]:
    try:
        told = _written(_find(mailbox, text, source), target)
    except GraphError as error:
        why = {"code": error.code, "message": error.message}
        return {"sourceId": text, "errorDetails": why}
    return {"sourceId": text, "targetId": told}


def _find(mailbox: Mailbox, text: str, source: str) -> Thing:
    if source == _ENTRY:
        return _by_entry_id(mailbox, text)
    if source == _EWS:
        text = ids.in_address(text)
    if source in {_IMMUTABLE_ENTRY, _IMMUTABLE_REST}:
        return ids.find_item(mailbox, text)
    try:
        return ids.find_item(mailbox, text)
    except GraphError:
        return ids.find_folder(mailbox, text)


def _by_entry_id(mailbox: Mailbox, text: str) -> Thing:
    try:
        entry = read_entry_id(urlsafe_b64decode(text))
    except (binascii.Error, ValueError) as error:
        raise malformed_id() from error
    found: Thing | None
    if entry.message_counter is None:
        found = mailbox.folder_by_counter(entry.folder_counter)
    else:
        found = mailbox.item_by_counter(entry.message_counter)
    if found is None or entry.mailbox_guid != mailbox.guid:
        raise no_such_object()
    return found


def _written(thing: Thing, target: str) -> str:
    if target == _ENTRY:
        return urlsafe_b64encode(thing.entry_id).decode("ascii")
    if target in {_IMMUTABLE_ENTRY, _IMMUTABLE_REST}:
        if isinstance(thing, Folder):
            # The ids of folders never change, so there is no other one.
            return ids.folder_id(thing)
        return ids.item_id(thing, is_immutable=True)
    told = ids.folder_id(thing) if isinstance(thing, Folder) else ids.item_id(thing)
    return told if target == _REST else ids.in_ews(told)
