"""Nothing that comes back may send by itself: mail that waited in the Outbox, and rules.

What is changed here is changed on purpose, so the comparison after a restore is made with the
disarmed item, and a person is told.

Source:
    [MS-OXCMSG] 2.2.1.6 message flags; [MS-OXORULE] 2.2.4.1.5 PidTagRuleMessageState
"""

from __future__ import annotations

from dataclasses import replace

from strongroom.content.message import Message, Properties
from strongroom.words.item import Item

IN_OUTBOX = "in_outbox"
"""Stands among an item's facts if it was listed in the Outbox."""

PidTagMessageFlags = 0x0E070003
PidTagRuleMessageState = 0x65E90003
_SUBMITTED = 0x04
_UNSENT = 0x08
_RULE_ENABLED = 0x01
_ONLY_WHEN_OUT_OF_OFFICE = 0x04

# What tells the transport when to send what waits: PidTagSubmitFlags, deferred send time, number,
# units; sent mail goes nowhere once the message is a draft.
_SENDING = (0x0E140003, 0x3FEF0040, 0x3FEB0003, 0x3FEC0003, 0x0E01000B)

# Hidden items that act on incoming mail, [MS-OXORULE] 2.2.4.1.1.
_RULE_CLASSES = ("ipm.rule.", "ipm.extendedrule.message")


def is_rule(item_class: str) -> bool:
    """Say whether a hidden item of this class is a rule that the server would act upon."""
    return item_class.lower().startswith(_RULE_CLASSES)


def was_waiting(item: Item) -> bool:
    """Say whether an item was about to be sent when it was saved: it lay in the Outbox."""
    flags = item.state.get("message_flags")
    is_submitted = isinstance(flags, int) and bool(flags & _SUBMITTED)
    return is_submitted or item.facts.get(IN_OUTBOX) is True


def needs_disarming(item: Item) -> bool:
    """Say, by what its row tells, whether an item has to be looked into at all."""
    return is_rule(item.kind) or was_waiting(item)


def draft_flags(flags: int) -> int:
    """Make the flags of a draft out of those of a message that was about to be sent."""
    return flags & ~_SUBMITTED | _UNSENT


def disarmed(message: Message, item: Item) -> Message:
    """Make the same message without what would make the server send or forward something.

    Args:
        message: The item's content.
        item: Its row.
    """
    properties = dict(message.properties)
    if was_waiting(item):
        _make_draft(properties)
    state = properties.get(PidTagRuleMessageState)
    if isinstance(state, int):
        properties[PidTagRuleMessageState] = state & ~(_RULE_ENABLED | _ONLY_WHEN_OUT_OF_OFFICE)
    return replace(message, properties=properties)


def _make_draft(properties: Properties) -> None:
    flags = properties.get(PidTagMessageFlags)
    properties[PidTagMessageFlags] = draft_flags(flags if isinstance(flags, int) else 0)
    for tag in _SENDING:
        properties.pop(tag, None)
