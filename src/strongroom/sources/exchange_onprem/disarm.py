"""Nothing that comes back may send by itself: mail that waited in the Outbox, and rules.

What is changed here is changed on purpose, so the comparison after a restore is made with the
disarmed item, and a person is told.

Source:
    [MS-OXCMSG] 2.2.1.6 message flags; [MS-OXORULE] 2.2.4.1.5 PidTagRuleMessageState
"""

from __future__ import annotations

from dataclasses import replace

from strongroom.content.message import Message, Properties

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


def needs_disarming(item_class: str, flags: int | None, folder_role: str | None) -> bool:
    """Say, by what the list of items told, whether the item has to be looked into at all.

    Args:
        item_class: The message class.
        flags: PidTagMessageFlags, if it was told.
        folder_role: Which of the known folders the item was saved from, if that is known.
    """
    return is_rule(item_class) or folder_role == "outbox" or bool((flags or 0) & _SUBMITTED)


def draft_flags(flags: int) -> int:
    """Make the flags of a draft out of those of a message that was about to be sent."""
    return flags & ~_SUBMITTED | _UNSENT


def disarmed(message: Message, folder_role: str | None) -> Message:
    """Make the same item without what would make the server send or forward something."""
    properties = dict(message.properties)
    _unsubmit(properties, is_outbox=folder_role == "outbox")
    state = properties.get(PidTagRuleMessageState)
    if isinstance(state, int):
        properties[PidTagRuleMessageState] = state & ~(_RULE_ENABLED | _ONLY_WHEN_OUT_OF_OFFICE)
    return replace(message, properties=properties)


def _unsubmit(properties: Properties, *, is_outbox: bool) -> None:
    flags = properties.get(PidTagMessageFlags)
    known = flags if isinstance(flags, int) else 0
    if not (is_outbox or known & _SUBMITTED):
        return
    properties[PidTagMessageFlags] = draft_flags(known)
    for tag in _SENDING:
        properties.pop(tag, None)
