"""Whether a message that came back from a server is the one that was saved."""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Collection, Iterator, Sized

from strongroom.content import tags
from strongroom.content.message import (
    Attachment,
    FileTime,
    Message,
    Properties,
    PropertyKey,
    Value,
    key_order,
)
from strongroom.content.names import printable

REWRITTEN: frozenset[PropertyKey] = frozenset(
    {
        # Identity of the new copy: where it lies and which version it is.
        *(tags.PidTagEntryId, tags.PidTagParentEntryId, tags.PidTagRecordKey),
        *(tags.PidTagInstanceKey, tags.PidTagStoreEntryId, tags.PidTagStoreRecordKey),
        *(tags.PidTagMappingSignature, tags.PidTagSourceKey, tags.PidTagParentSourceKey),
        *(tags.PidTagChangeKey, tags.PidTagPredecessorChangeList, tags.PidTagChangeNumber),
        *(tags.PidTagMid, tags.PidTagFolderId, tags.PidTagInternetArticleNumber),
        # Stamps that the server sets whenever it stores something.
        *(tags.PidTagLastModificationTime, tags.PidTagLastModifierName),
        *(tags.PidTagLastModifierEntryId, tags.PidTagLocalCommitTime),
        *(tags.PidTagCreatorName, tags.PidTagCreatorEntryId),
        # Counted or joined from the rest.
        *(tags.PidTagMessageSize, tags.PidTagMessageSizeExtended, tags.PidTagHasAttachments),
        *(tags.PidTagDisplayTo, tags.PidTagDisplayCc, tags.PidTagDisplayBcc),
        *(tags.PidTagAttachSize, tags.PidTagAttachNumber, tags.PidTagRowid),
        # What the account that asks may do.
        *(tags.PidTagAccess, tags.PidTagAccessLevel, tags.PidTagObjectType),
    }
)
"""Properties that a server writes by itself whenever an item is uploaded; nothing else is ignored.

PidTagMessageFlags is not among them: read or unread, and draft or received, must come back.
"""

_SHOWN_CHARACTERS = 60
# Bits of PidTagMessageFlags that follow from the item: attachments, not modified since stored.
_COMPUTED_FLAGS = tags.FLAG_HAS_ATTACHMENT | tags.FLAG_UNMODIFIED


def differences(
    saved: Message, returned: Message, *, ignoring: Collection[PropertyKey] = REWRITTEN
) -> tuple[str, ...]:
    """Tell in words, property by property, how the returned message differs; empty: equal.

    Recipients and attachments are held against each other in order. Text in the answer is
    printable, long values are shortened, bytes are given by length and digest.

    Args:
        saved: As it was kept.
        returned: As the server gives it now.
        ignoring: Properties not to look at, in the message, its recipients and attachments.
    """
    return tuple(_in_message(saved, returned, frozenset(ignoring), where=""))


def _in_message(
    saved: Message, returned: Message, ignoring: frozenset[PropertyKey], where: str
) -> Iterator[str]:
    yield from _in_bag(saved.properties, returned.properties, ignoring, where)
    yield from _in_number(f"{where}recipients", saved.recipients, returned.recipients)
    pairs = zip(saved.recipients, returned.recipients, strict=False)
    for number, (before, after) in enumerate(pairs, start=1):
        yield from _in_bag(before, after, ignoring, f"{where}recipient {number}: ")
    yield from _in_number(f"{where}attachments", saved.attachments, returned.attachments)
    enclosed = zip(saved.attachments, returned.attachments, strict=False)
    for number, (old, new) in enumerate(enclosed, start=1):
        yield from _in_attachment(old, new, ignoring, f"{where}attachment {number}: ")


def _in_number(what: str, saved: Sized, returned: Sized) -> Iterator[str]:
    if len(saved) != len(returned):
        yield f"{what}: saved {len(saved)}, returned {len(returned)}"


def _in_attachment(
    saved: Attachment, returned: Attachment, ignoring: frozenset[PropertyKey], where: str
) -> Iterator[str]:
    yield from _in_bag(saved.properties, returned.properties, ignoring, where)
    if saved.embedded is not None and returned.embedded is not None:
        yield from _in_message(saved.embedded, returned.embedded, ignoring, f"{where}message: ")
    elif saved.embedded is not returned.embedded:
        yield f"{where}message inside: saved {_has(saved)}, returned {_has(returned)}"


def _has(attachment: Attachment) -> str:
    return "none" if attachment.embedded is None else "one"


def _in_bag(
    saved: Properties, returned: Properties, ignoring: frozenset[PropertyKey], where: str
) -> Iterator[str]:
    unlike = [
        key
        for key in saved.keys() | returned.keys()
        if key not in ignoring and not _is_same(key, saved.get(key), returned.get(key))
    ]
    for key in sorted(unlike, key=key_order):
        yield (
            f"{where}{printable(tags.property_name(key))}: "
            f"saved {_shown(saved.get(key))}, returned {_shown(returned.get(key))}"
        )


def _is_same(key: PropertyKey, before: Value | None, after: Value | None) -> bool:
    if before == after:
        return True
    if key == tags.PidTagMessageFlags and isinstance(before, int) and isinstance(after, int):
        return before | _COMPUTED_FLAGS == after | _COMPUTED_FLAGS
    # "Not a number" differs from itself; as bytes it does not.
    return (
        isinstance(before, float)
        and isinstance(after, float)
        and struct.pack("<d", before) == struct.pack("<d", after)
    )


def _shown(value: Value | None) -> str:
    match value:
        case None:
            return "nothing"
        case str():
            cut = value if len(value) <= _SHOWN_CHARACTERS else value[:_SHOWN_CHARACTERS] + "…"
            return f"'{printable(cut)}'"
        case bytes():
            return f"{len(value)} bytes (SHA-256 {hashlib.sha256(value).hexdigest()[:12]})"
        case FileTime():
            return f"{value.to_datetime():%Y-%m-%dT%H:%M:%S.%f}Z ({int(value)})"
        case list():
            some = ", ".join(_shown(element) for element in value[:5])
            return f"[{some}{', …' if len(value) > 5 else ''}]"
        case _:
            return str(value)
