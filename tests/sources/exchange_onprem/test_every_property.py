"""Every property of every kind of item, changed or removed behind our back: what is not told?

The answer must be exactly what docs/fidelity.md publishes; anything else would be a loss that
nobody hears of.
"""

from __future__ import annotations

import copy
from collections import Counter
from collections.abc import Iterator

from strongroom.content import tags
from strongroom.content.message import FileTime, Message, Properties, PropertyKey, Value
from strongroom.lab.estate.item import StoredItem
from strongroom.lab.estate.source import WholeMessage
from strongroom.lab.exchange import ids
from strongroom.sources.exchange_onprem.comparing import IGNORED_BY_EXPORT
from strongroom.words.restoring import Compared, Outgoing
from tests.fakes.exchange import TARGET, Site, read_all, restore

DAY = 864_000_000_000

# By MIME: kept in a second form that is compared, built anew by the server, or published as lost.
MAY_CHANGE_BY_MIME = {
    tags.PidTagConversationIndex,
    tags.PidTagConversationTopic,
    tags.PidTagDisplayTo,
    tags.PidTagDisplayCc,
    tags.PidTagDisplayBcc,
    tags.PidTagIconIndex,
    tags.PidTagInternetCodepage,
    tags.PidTagLastModificationTime,
    tags.PidTagNativeBody,
    tags.PidTagNormalizedSubject,
    tags.PidTagSubjectPrefix,
    tags.PidTagTransportMessageHeaders,
    tags.PidLidAppointmentRecur,
    tags.PidLidRecurring,
    # The sender is told once, whichever of these says it.
    tags.PidTagSenderAddressType,
    tags.PidTagSenderEmailAddress,
    tags.PidTagSenderName,
    tags.PidTagSenderSmtpAddress,
    tags.PidTagSentRepresentingAddressType,
    tags.PidTagSentRepresentingEmailAddress,
    tags.PidTagSentRepresentingSmtpAddress,
}


class Bench:
    """Items of every kind, restored, with the means to damage and to compare each."""

    def __init__(self, site: Site) -> None:
        server = site.open()
        self.target = server.target(server.resolve(TARGET))
        owner = max(site.estate.mailboxes, key=lambda box: len({i.item_class for i in box.items}))
        backup = read_all(server, owner.address)
        made = restore(server, TARGET, backup)
        assert made.different == []
        stored = {ids.item_id(item): item for item in site.mailbox(TARGET).items}
        self.cases: dict[tuple[str, bool, bool], tuple[Outgoing, str, StoredItem]] = {}
        for items in backup.items.values():
            for item in items:
                new = made.new_ids.get(item.id)
                if new is None:
                    continue
                there = stored[new]
                message = there.message()
                has_picture = any(
                    tags.PidTagAttachContentId in one.properties for one in message.attachments
                )
                case = (item.kind, bool(message.attachments), has_picture)
                outgoing = Outgoing(item=item, content=backup.contents[item.id])
                self.cases.setdefault(case, (outgoing, new, there))

    def is_told(self, case: tuple[str, bool, bool], damaged: Message) -> bool:
        outgoing, new, there = self.cases[case]
        there.folder.change_item(there, source=WholeMessage(damaged))
        told: list[Compared] = []
        self.target.compare([(outgoing, new)], told.append)
        return bool(told[0].differences)


def other(value: Value) -> Value:  # noqa: PLR0911 - one return per type
    match value:
        case bool():
            return not value
        case FileTime():
            return FileTime(int(value) + DAY)
        case int():
            return value ^ 1
        case float():
            return value + 1
        case str():
            return f"{value} x"
        case bytes():
            return value[:-1] + bytes([value[-1] ^ 1]) if value else b"x"
        case list():
            return value[:-1]
        case _:
            raise AssertionError(f"no other value than {value!r}")


def damages(message: Message) -> Iterator[tuple[PropertyKey, Message]]:
    """Change each property, one at a time."""
    for key, value in message.properties.items():
        changed = copy.deepcopy(message)
        changed.properties[key] = other(value)
        yield key, changed


def untold(site: Site) -> dict[PropertyKey, set[str]]:
    bench = Bench(site)
    found: dict[PropertyKey, set[str]] = {}
    for case, (_, _, there) in bench.cases.items():
        original = there.message()
        for key, damaged in damages(original):
            if not bench.is_told(case, damaged):
                found.setdefault(key, set()).add(case[0])
        there.folder.change_item(there, source=WholeMessage(original))
    return found


def test_by_export_nothing_goes_unnoticed_but_what_the_store_makes(populated: Site) -> None:
    assert untold(populated).keys() <= IGNORED_BY_EXPORT


def test_by_mime_nothing_goes_unnoticed_but_what_is_published(populated: Site) -> None:
    populated.quirks(without=("export",))
    found = untold(populated)
    names = {
        tags.property_name(key): kinds
        for key, kinds in found.items()
        if key not in MAY_CHANGE_BY_MIME and not kinds <= ADDED_BY_THE_SERVER.get(key, frozenset())
    }
    assert names == {}


# What a creating server adds to items that were saved without it, so there is nothing to compare.
_WITHOUT_DELIVERY = frozenset(
    {
        "IPM.Activity",
        "IPM.Appointment",
        "IPM.Configuration.Calendar",
        "IPM.Configuration.CategoryList",
        "IPM.Configuration.MailSettings",
        "IPM.Contact",
        "IPM.DistList",
        "IPM.Microsoft.FolderDesign.NamedView",
        "IPM.StickyNote",
        "IPM.Task",
    }
)
ADDED_BY_THE_SERVER: dict[PropertyKey, frozenset[str]] = {
    tags.PidTagMessageDeliveryTime: _WITHOUT_DELIVERY,
    tags.PidLidAppointmentTimeZoneDefinitionRecur: frozenset({"IPM.Appointment"}),
    tags.PidLidTimeZoneDescription: frozenset({"IPM.Appointment"}),
    tags.PidLidTimeZoneStruct: frozenset({"IPM.Appointment"}),
    # A second form of what lies inside the signature.
    tags.PidTagBody: frozenset({"IPM.Note.SMIME.MultipartSigned"}),
}


def drop_recipient(message: Message) -> bool:
    if not message.recipients:
        return False
    message.recipients.pop()
    return True


def rename_recipient(message: Message) -> bool:
    for row in message.recipients:
        row[tags.PidTagSmtpAddress] = row[tags.PidTagEmailAddress] = "other@lab.example"
        row[tags.PidTagAddressType] = "SMTP"
    return bool(message.recipients)


def real_attachments(message: Message) -> list[Properties]:
    """Those that a person would miss: a response's calendar part is told as fields."""
    kind = message.properties.get(tags.PidTagMessageClass)
    if isinstance(kind, str) and kind.startswith("IPM.Schedule"):
        return []
    return [one.properties for one in message.attachments if one.embedded is None]


def drop_attachment(message: Message) -> bool:
    if not real_attachments(message):
        return False
    message.attachments.pop()
    return True


def cut_attachment(message: Message) -> bool:
    for properties in real_attachments(message):
        data = properties.get(tags.PidTagAttachDataBinary)
        assert isinstance(data, bytes)
        properties[tags.PidTagAttachDataBinary] = data[: len(data) // 2]
    return bool(real_attachments(message))


def hide_picture(message: Message) -> bool:
    shown = [row for row in real_attachments(message) if tags.PidTagAttachContentId in row]
    for properties in shown:
        properties[tags.PidTagAttachContentId] = "nothing@shows.it"
    return bool(shown)


PARTS = (drop_recipient, rename_recipient, drop_attachment, cut_attachment, hide_picture)


def untold_parts(site: Site) -> list[tuple[str, object]]:
    """Damage the parts of every kind of item, and name what was not told."""
    bench = Bench(site)
    tried: Counter[str] = Counter()
    found: list[tuple[str, object]] = []
    for case, (_, _, there) in bench.cases.items():
        original = there.message()
        for damage in PARTS:
            damaged = copy.deepcopy(original)
            if not damage(damaged):
                continue
            tried[damage.__name__] += 1
            if not bench.is_told(case, damaged):
                found.append((damage.__name__, case))
        there.folder.change_item(there, source=WholeMessage(original))
    assert len(tried) == len(PARTS), "every damage was done to something"
    return found


def test_by_export_damaged_parts_are_told(populated: Site) -> None:
    assert untold_parts(populated) == []


def test_by_mime_damaged_parts_are_told(populated: Site) -> None:
    populated.quirks(without=("export",))
    assert untold_parts(populated) == []
