"""Reading restored items back and comparing them with what was saved.

Each way publishes what it cannot carry, in a table here and with its reason in docs/fidelity.md;
nothing else is ignored. What a restore changes on purpose (``disarm``, the saved read flag) is
changed in the expectation as well.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from strongroom.content import compare, compare_mime, fts, tags
from strongroom.content.fts import FtsError
from strongroom.content.message import Message, PropertyKey
from strongroom.errors import ItemError
from strongroom.sources.exchange_onprem import creating, kept_properties, series, uploading
from strongroom.sources.exchange_onprem.document import SavedAttachment, SavedItem, path_key
from strongroom.sources.exchange_onprem.reading import read_by_export
from strongroom.sources.exchange_onprem.reading_mime import read_by_mime
from strongroom.sources.exchange_onprem.writable import writable
from strongroom.wire.ews.connection import EwsConnection
from strongroom.wire.ews.nodes import Node
from strongroom.wire.ews.properties import ExtendedPath, PropertyValue, read_time
from strongroom.wire.ews.things import Field
from strongroom.words.item import Content, Item, Missed
from strongroom.words.restoring import Compared, Outgoing

Told = Callable[[Compared], None]

# The store makes these anew for every item that it takes in; see docs/fidelity.md.
IGNORED_BY_EXPORT: frozenset[PropertyKey] = frozenset(
    {
        *compare.REWRITTEN,
        tags.PidTagLastModificationTime,
        tags.PidTagLastModifierName,
        tags.PidTagLastModifierEntryId,
        tags.PidTagEntryId,
        tags.PidTagParentEntryId,
        tags.PidTagRecordKey,
        tags.PidTagInstanceKey,
        tags.PidTagSourceKey,
        tags.PidTagParentSourceKey,
        tags.PidTagChangeKey,
        tags.PidTagPredecessorChangeList,
        tags.PidTagChangeNumber,
        tags.PidTagMid,
        tags.PidTagFolderId,
        tags.PidTagMessageSize,
        tags.PidTagMessageSizeExtended,
        tags.PidTagInternetArticleNumber,
        tags.PidTagLocalCommitTime,
    }
)

# Computed by the server; a client's word on them is not taken.
_COMPUTED_FLAGS = tags.FLAG_HAS_ATTACHMENT | tags.FLAG_ASSOCIATED | tags.FLAG_UNMODIFIED

# By MIME: fields that the server writes anew from what it was given.
IGNORED_BY_MIME_FIELDS = frozenset({"MimeContent"})
IGNORED_BY_MIME_PROPERTIES = frozenset(
    {
        *creating.FROM_MIME,
        ExtendedPath.of_tag(tags.PidTagConversationIndex),
        ExtendedPath.of_tag(tags.PidTagConversationTopic),
        ExtendedPath.of_tag(tags.PidTagIconIndex),
        # Built anew from the pattern; what they say is compared as pattern and occurrences.
        kept_properties.APPOINTMENT_RECURRENCE,
        kept_properties.TASK_RECURRENCE,
    }
)


def compare_uploaded(
    connection: EwsConnection, pairs: Sequence[tuple[Outgoing, str]], told: Told
) -> None:
    """Export the restored items and compare them with the streams that were saved."""
    by_new_id = {new_id: outgoing for outgoing, new_id in pairs}

    def take(found: Content | Missed) -> None:
        outgoing = by_new_id[found.item_id]
        told(Compared(item_id=outgoing.item.id, differences=export_differences(outgoing, found)))

    read_by_export(connection, [_there(outgoing, new_id) for outgoing, new_id in pairs], take)


def compare_created(
    connection: EwsConnection, pairs: Sequence[tuple[Outgoing, str]], told: Told
) -> None:
    """Read the restored items as they were read when saved, and compare by meaning."""
    by_new_id = {new_id: outgoing for outgoing, new_id in pairs}

    def take(found: Content | Missed) -> None:
        outgoing = by_new_id[found.item_id]
        told(Compared(item_id=outgoing.item.id, differences=_mime_differences(outgoing, found)))

    read_by_mime(connection, [_there(outgoing, new_id) for outgoing, new_id in pairs], take)


def _there(outgoing: Outgoing, new_id: str) -> Item:
    return replace(outgoing.item, id=new_id, change_key="")


def _missing(found: Missed) -> tuple[str, ...]:
    return (f"cannot be read back: {found.code}: {found.why}",)


def export_differences(outgoing: Outgoing, found: Content | Missed) -> tuple[str, ...]:
    """Say how an item that was exported again differs from the stream that was saved."""
    if isinstance(found, Missed):
        return _missing(found)
    data = uploading.stream_of(outgoing)
    returned = uploading.stream_of(replace(outgoing, content=found))
    if data == returned and uploading.is_restored_as_it_is(data, outgoing.item):
        return ()
    try:
        saved = uploading.expected(fts.parse(data), outgoing.item)
        back = fts.parse(returned)
    except FtsError as error:
        return (f"cannot be compared: {error}",)
    for message in (saved, back):
        _mask_flags(message)
    return compare.differences(saved, back, ignoring=IGNORED_BY_EXPORT)


def _mask_flags(message: Message) -> None:
    flags = message.properties.get(tags.PidTagMessageFlags)
    if isinstance(flags, int):
        message.properties[tags.PidTagMessageFlags] = flags & ~_COMPUTED_FLAGS


def _mime_differences(outgoing: Outgoing, found: Content | Missed) -> tuple[str, ...]:
    if isinstance(found, Missed):
        return _missing(found)
    try:
        saved = creating.read_saved(outgoing)
        back = creating.read_saved(replace(outgoing, content=found))
    except ItemError as error:
        return (f"cannot be compared: {error}",)
    return (
        *_field_differences(outgoing, saved, back),
        *_property_differences(outgoing, saved, back),
        *_body_differences(saved, back),
        *_attachment_differences(saved, back),
        *_occurrence_differences(saved.document, back.document),
    )


def _field_differences(
    outgoing: Outgoing, saved: creating.Saved, back: creating.Saved
) -> Iterator[str]:
    wanted = writable(saved.document.item, by_mime=saved.by_mime is not None)
    is_read = outgoing.item.state.get("is_read")
    if "IsRead" in wanted and isinstance(is_read, bool):
        wanted["IsRead"] = "true" if is_read else "false"
    given = writable(back.document.item, by_mime=saved.by_mime is not None)
    for name in {**wanted, **given}:
        mine, theirs = wanted.get(name), given.get(name)
        if name not in IGNORED_BY_MIME_FIELDS and _plain(mine) != _plain(theirs):
            yield f"{name}: {_shown(mine)} became {_shown(theirs)}"


def _property_differences(
    outgoing: Outgoing, saved: creating.Saved, back: creating.Saved
) -> Iterator[str]:
    wanted = dict(saved.document.item.extended)
    given = back.document.item.extended
    flags = kept_properties.MESSAGE_FLAGS
    wanted[flags] = creating.flags_to_set(wanted, outgoing) & ~_COMPUTED_FLAGS
    told = given.get(flags)
    came = {**given, flags: (told if isinstance(told, int) else 0) & _SET_FLAGS}
    for path, value in wanted.items():
        if path in IGNORED_BY_MIME_PROPERTIES or came.get(path) == value:
            continue
        yield f"{path_key(path)}: {_shown(value)} became {_shown(came.get(path))}"


_SET_FLAGS = creating.SETTABLE_FLAGS & ~_COMPUTED_FLAGS


def _body_differences(saved: creating.Saved, back: creating.Saved) -> tuple[str, ...]:
    if saved.by_mime is None:
        return ()
    if back.mime is None:
        return ("its MIME did not come back",)
    return compare_mime.mime_differences(saved.by_mime, back.mime)


def _attachment_differences(saved: creating.Saved, back: creating.Saved) -> Iterator[str]:
    """Compare attachments that lie beside the item; those in the MIME are compared with it."""
    given = sorted((entry.name, back.attachments.get(entry.part)) for entry in _beside(back))
    for entry in sorted(_beside(saved), key=lambda entry: entry.name):
        pair = (entry.name, saved.attachments.get(entry.part))
        if entry.item is not None:
            # An attached item is written anew by the server; its name and place are what compares.
            pair = next((each for each in given if each[0] == entry.name), pair)
        if pair in given:
            given.remove(pair)
        else:
            yield f"attachment {entry.name!r} did not come back as it was"


def _beside(saved: creating.Saved) -> list[SavedAttachment]:
    return [entry for entry in saved.document.attachments if entry.part]


def _occurrence_differences(saved: SavedItem, back: SavedItem) -> Iterator[str]:
    changed = series.changed_starts(saved.item) ^ series.changed_starts(back.item)
    deleted = series.deleted_starts(saved.item) ^ series.deleted_starts(back.item)
    for when in sorted(changed):
        yield f"the occurrence of {when.isoformat()} is changed on one side only"
    for when in sorted(deleted):
        yield f"the occurrence of {when.isoformat()} is deleted on one side only"
    given = {each.time("OriginalStart"): each for each in back.occurrences}
    for each in saved.occurrences:
        other = given.get(each.time("OriginalStart"))
        for name in series.OWN_FIELDS if other else ():
            mine, theirs = each.fields.get(name), other.fields.get(name) if other else None
            if _plain(mine) != _plain(theirs):
                yield f"an occurrence's {name}: {_shown(mine)} became {_shown(theirs)}"


def _plain(value: Field | None) -> object:
    """Make fields comparable: times as moments, line ends as one, nodes without empty children."""
    if value is None or value == "":
        return None
    if isinstance(value, str):
        return _moment_or_text(value)
    children = tuple(_plain(child) for child in value.children)
    text = _moment_or_text(value.text)
    kept = tuple(child for child in children if child is not None)
    if not kept and text is None and not value.attributes:
        return None
    return (value.name, tuple(sorted(value.attributes.items())), text, kept)


def _moment_or_text(text: str) -> object:
    stripped = text.replace("\r\n", "\n").strip()
    if len(stripped) >= len("2026-01-01T00:00:00") and stripped[4:5] == "-" and "T" in stripped:
        try:
            return read_time(stripped)
        except ValueError:
            return stripped
    return stripped or None


def _shown(value: Field | PropertyValue | None) -> str:
    if value is None:
        return "nothing"
    text = value.to_xml() if isinstance(value, Node) else str(value)
    return repr(text if len(text) <= _SHOWN_MAX else text[:_SHOWN_MAX] + "…")


_SHOWN_MAX = 80
