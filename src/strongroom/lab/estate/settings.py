"""What belongs to a whole mailbox and is not an item: rules, out-of-office, delegates."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime


@dataclass(slots=True, kw_only=True)
class InboxRule:
    """One inbox rule.

    Attributes:
        id: Its number in the mailbox, as text.
        sequence: Its place in the order, from 1.
        conditions, exceptions, actions: The parts of the rule as a protocol wrote them, kept
            verbatim (XML of the EWS types); the estate looks into the actions only for addresses
            that mail would go to.
        forwards_to: Addresses that a delivered message goes on to.
    """

    id: str
    name: str
    sequence: int
    is_enabled: bool = True
    conditions: str = ""
    exceptions: str = ""
    actions: str = ""
    forwards_to: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class OutOfOffice:
    """The automatic answer.

    Attributes:
        state: ``Disabled``, ``Enabled`` or ``Scheduled``.
        audience: Who outside gets one: ``None``, ``Known`` or ``All``.
        start, end: When it holds if scheduled: aware, UTC.
    """

    state: str = "Disabled"
    audience: str = "None"
    start: datetime | None = None
    end: datetime | None = None
    internal_reply: str = ""
    external_reply: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Delegate:
    """Somebody who may act for the owner.

    Attributes:
        levels: Permission level by role of folder (``calendar``: ``Editor``).
    """

    address: str
    name: str
    levels: tuple[tuple[str, str], ...] = ()
    receives_copies: bool = False
    sees_private: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Regional:
    """How times, dates and texts are written for the owner, and when they work.

    Attributes:
        time_zone: Windows' own name.
        language: ``en-GB``.
        working_days: In small letters.
        working_hours: Begin and end, ``HH:MM:SS``.
    """

    time_zone: str = "W. Europe Standard Time"
    language: str = "en-GB"
    date_format: str = "dd.MM.yyyy"
    time_format: str = "HH:mm"
    working_days: tuple[str, ...] = ("monday", "tuesday", "wednesday", "thursday", "friday")
    working_hours: tuple[str, str] = ("08:00:00", "17:00:00")


@dataclass(slots=True)
class Settings:
    """All of them. Change them while you hold ``estate.lock``."""

    rules: list[InboxRule] = field(default_factory=list)
    out_of_office: OutOfOffice = field(default_factory=OutOfOffice)
    delegates: list[Delegate] = field(default_factory=list)
    deliver_meeting_requests: str = "DelegatesAndMe"
    regional: Regional = field(default_factory=Regional)
