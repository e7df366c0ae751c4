"""Hidden (folder-associated) items: settings that programs keep in a mailbox beside its mail.

Nobody sees them, and a mailbox without them has lost its category colours, its views and rules.
"""

from __future__ import annotations

import struct
import uuid
from collections.abc import Sequence
from datetime import datetime
from random import Random
from xml.sax.saxutils import quoteattr

from strongroom.content import tags
from strongroom.content.message import Message, Properties
from strongroom.lab.seed import shapes
from strongroom.lab.seed.people import Person

CATEGORIES = ("Building site", "Tender", "Urgent & <important>", "Privé")

_PidTagRoamingDatatypes = 0x7C060003
_PidTagRoamingDictionary = 0x7C070102
_PidTagRoamingXmlStream = 0x7C080102
_PidTagViewDescriptorBinary = 0x70010102
_PidTagViewDescriptorStrings = 0x7002001F
_PidTagViewDescriptorFlags = 0x70030003
_PidTagViewDescriptorName = 0x7006001F
_PidTagViewDescriptorVersion = 0x70070003
_PidTagRuleMessageState = 0x65E90003
_PidTagRuleMessageProvider = 0x65EB001F
_PidTagRuleMessageName = 0x65EC001F
_PidTagRuleMessageLevel = 0x65ED0003
_PidTagRuleMessageProviderData = 0x65EE0102
_PidTagRuleMessageSequence = 0x65F30003
_PidTagExtendedRuleMessageActions = 0x0E990102
_PidTagExtendedRuleMessageCondition = 0x0E9A0102

_XML_STREAM, _DICTIONARY = 2, 4
_RULE_ENABLED = 1
_FORWARD = 6


def category_list(rng: Random, made: datetime) -> Message:
    """Make the master list of coloured categories; it lies in the calendar folder.

    Source:
        [MS-OXOCFG] 2.2.5.2
    """
    rows = "".join(
        f"<category name={quoteattr(name)} color={quoteattr(str(colour))}"
        f' keyboardShortcut="0" usageCount="{rng.randrange(9)}"'
        f' guid="{{{str(_guid(rng)).upper()}}}" renameOnFirstUse="0"/>'
        for colour, name in enumerate(CATEGORIES)
    )
    xml = (
        '<?xml version="1.0"?><categories default="Building site" lastSavedSession="5"'
        f' lastSavedTime="{made:%Y-%m-%dT%H:%M:%S}.000" xmlns="CategoryList.xsd">{rows}'
        "</categories>"
    )
    return _configuration(
        rng,
        "IPM.Configuration.CategoryList",
        made,
        {_PidTagRoamingDatatypes: _XML_STREAM, _PidTagRoamingXmlStream: xml.encode()},
    )


def options(rng: Random, item_class: str, entries: dict[str, str], made: datetime) -> Message:
    """Make a dictionary of settings, such as ``IPM.Configuration.OWA.UserOptions``.

    Source:
        [MS-OXOCFG] 2.2.5.1
    """
    rows = "".join(
        f"<e k={quoteattr(f'18-{key}')} v={quoteattr(f'18-{value}')}/>"
        for key, value in entries.items()
    )
    xml = (
        '<?xml version="1.0" encoding="utf-8"?><UserConfiguration xmlns="dictionary.xsd">'
        f'<Info version="lab.1"/><Data>{rows}</Data></UserConfiguration>'
    )
    return _configuration(
        rng,
        item_class,
        made,
        {_PidTagRoamingDatatypes: _DICTIONARY, _PidTagRoamingDictionary: xml.encode()},
    )


def named_view(rng: Random, name: str, made: datetime) -> Message:
    """Make the definition of a folder's view: columns and order, as Outlook keeps it.

    Source:
        [MS-OXOCFG] 2.2.6
    """
    columns = struct.pack("<8x6I", 8, 0, 3, 0, 0x0E060040, 0x0037001F) + rng.randbytes(64)
    properties: Properties = {
        _PidTagViewDescriptorName: name,
        _PidTagViewDescriptorVersion: 8,
        _PidTagViewDescriptorFlags: 0,
        _PidTagViewDescriptorBinary: columns,
        _PidTagViewDescriptorStrings: "\nReceived\nSubject\n",
    }
    return _configuration(rng, "IPM.Microsoft.FolderDesign.NamedView", made, properties, name)


def forwarding_rule(
    rng: Random, name: str, word: str, to: Person, sequence: int, made: datetime
) -> Message:
    """Make the item in which the server keeps an inbox rule that forwards mail.

    Source:
        [MS-OXORULE] 2.2.4 (extended rules), 2.2.5.1.2 (forward), [MS-OXCDATA] 2.12.4
    """
    properties: Properties = {
        _PidTagRuleMessageName: name,
        _PidTagRuleMessageProvider: "RuleOrganizer",
        _PidTagRuleMessageState: _RULE_ENABLED,
        _PidTagRuleMessageLevel: 0,
        _PidTagRuleMessageSequence: sequence,
        _PidTagRuleMessageProviderData: rng.randbytes(32),
        _PidTagExtendedRuleMessageCondition: _subject_contains(word),
        _PidTagExtendedRuleMessageActions: _forward_to([to]),
    }
    return _configuration(rng, "IPM.Rule.Version2.Message", made, properties, name)


def _configuration(
    rng: Random, item_class: str, made: datetime, more: Properties, subject: str = ""
) -> Message:
    properties = shapes.common(rng, item_class, subject or item_class, made)
    return Message(properties=properties | more)


def _subject_contains(word: str) -> bytes:
    # No named properties; RES_CONTENT, substring, ignoring case, on the subject.
    restriction = struct.pack("<B2HI", 3, 1, 1, tags.PidTagSubject)
    return struct.pack("<H", 0) + restriction + _value(tags.PidTagSubject, word)


def _forward_to(people: Sequence[Person]) -> bytes:
    recipients = b"".join(_rule_recipient(person) for person in people)
    data = struct.pack("<I", len(people)) + recipients
    action = struct.pack("<BII", _FORWARD, 0, 0) + data
    return struct.pack("<HIII", 0, 1, 1, len(action)) + action


def _rule_recipient(person: Person) -> bytes:
    values = (
        _value(tags.PidTagDisplayName, person.name),
        _value(tags.PidTagAddressType, "SMTP"),
        _value(tags.PidTagEmailAddress, person.address),
    )
    return struct.pack("<BI", 1, len(values)) + b"".join(values)


def _value(tag: int, text: str) -> bytes:
    return struct.pack("<I", tag) + text.encode("utf-16-le") + b"\0\0"


def _guid(rng: Random) -> uuid.UUID:
    return uuid.UUID(bytes=rng.randbytes(16), version=4)
