"""From an item as a listing tells it to our own ``Item``: one table of what is asked, one reading.

All of it comes with the list of changes itself, so that no request per item is needed before its
content is fetched.
"""

from __future__ import annotations

from datetime import UTC, datetime

from strongroom.content import tags
from strongroom.sources.exchange_onprem.disarm import IN_OUTBOX
from strongroom.wire.ews.listed_item import ListedItem
from strongroom.wire.ews.properties import ExtendedPath, write_time
from strongroom.wire.ews.shapes import Shape
from strongroom.words.item import Item
from strongroom.words.json import Json

MESSAGE_FLAGS = ExtendedPath.of_tag(tags.PidTagMessageFlags)
SEARCH_KEY = ExtendedPath.of_tag(tags.PidTagSearchKey)
MODIFIED = ExtendedPath.of_tag(tags.PidTagLastModificationTime)

LISTED = Shape(
    fields=(
        "item:ItemClass",
        "item:Subject",
        "item:DateTimeReceived",
        "item:Size",
        "item:Categories",
        "item:Importance",
        "item:DateTimeCreated",
        "item:HasAttachments",
        "item:IsAssociated",
        "item:Flag",
        "message:Sender",
        "message:From",
        "message:InternetMessageId",
        "message:IsRead",
    ),
    extended=(MESSAGE_FLAGS, SEARCH_KEY, MODIFIED),
)
"""What to ask of each item in a list."""

# Where an item says no time at all it is filed under the day on which Unix begins: what matters is
# that the day never changes.
_NO_TIME = datetime(1970, 1, 1, tzinfo=UTC)

_FLAG_TIMES = {"StartDate": "start", "DueDate": "due", "CompleteDate": "complete"}


def listed(item: ListedItem, folder_role: str | None = None) -> Item:
    """Make our item out of a listed one.

    Args:
        item: As ``LISTED`` asks for it.
        folder_role: Role of the folder it was listed in: mail in the Outbox waits to be sent, and
            not all servers say so in its flags.
    """
    flags = _message_flags(item)
    facts = _facts(item)
    if folder_role == "outbox":
        facts[IN_OUTBOX] = True
    return Item(
        id=item.id,
        change_key=item.change_key,
        kind=item.text("ItemClass"),
        name=item.text("Subject"),
        when=item.time("DateTimeReceived") or item.time("DateTimeCreated") or _NO_TIME,
        size=max(item.number("Size") or 0, 0),
        # Both ways to tell that an item is hidden are used by some servers only.
        is_associated=bool(item.flag("IsAssociated")) or bool(flags & tags.FLAG_ASSOCIATED),
        facts=facts,
        state=_state(item, flags),
    )


def _message_flags(item: ListedItem) -> int:
    """Give PidTagMessageFlags; 0 if the server does not say."""
    flags = item.extended.get(MESSAGE_FLAGS)
    return flags if isinstance(flags, int) else 0


def _facts(item: ListedItem) -> dict[str, Json]:
    facts: dict[str, Json] = {"element": item.element}
    key = item.extended.get(SEARCH_KEY)
    if isinstance(key, bytes):
        facts["search_key"] = key.hex()
    message_id = item.text("InternetMessageId")
    if message_id:
        facts["message_id"] = message_id
    for name in ("From", "Sender"):
        sender = _mailbox(item, name)
        if sender:
            facts[name.lower()] = sender
    if item.flag("HasAttachments"):
        facts["has_attachments"] = True
    created = item.text("DateTimeCreated")
    if created:
        facts["created"] = created
    return facts


def _mailbox(item: ListedItem, field: str) -> dict[str, Json]:
    """Read the one mailbox of a ``From`` or ``Sender``."""
    told = item.inside(field)
    both = {"name": told.get("Name"), "address": told.get("EmailAddress")}
    return {name: text for name, text in both.items() if text}


def _state(item: ListedItem, flags: int) -> dict[str, Json]:
    state: dict[str, Json] = {}
    is_read = item.flag("IsRead")
    if is_read is not None:
        state["is_read"] = is_read
    flag = _follow_up(item)
    if flag:
        state["flag"] = flag
    categories = item.leaves.get("Categories")
    if categories:
        state["categories"] = [text for _, text in categories]
    importance = item.text("Importance")
    if importance and importance != "Normal":
        state["importance"] = importance
    if flags:
        state["message_flags"] = flags
    modified = item.extended.get(MODIFIED)
    if isinstance(modified, datetime):
        state["modified"] = write_time(modified)
    return state


def _follow_up(item: ListedItem) -> dict[str, Json]:
    """Read the follow-up flag; nothing where there is none."""
    told = item.inside("Flag")
    status = told.get("FlagStatus", "")
    if status in {"", "NotFlagged"}:
        return {}
    times = {ours: told.get(theirs, "") for theirs, ours in _FLAG_TIMES.items()}
    return {"status": status, **{name: text for name, text in times.items() if text}}
