"""How a mailbox takes a selection by Graph, and what a person should know before it begins."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from strongroom.sources.exchange_online.writing.importing import HIDDEN, NO_STREAM, WHY
from strongroom.sources.exchange_onprem import disarm, planning
from strongroom.sources.exchange_onprem.ways import EXPORT
from strongroom.wire.graph.mailbox.incoming import BYTES_MAX, WINDOW_S
from strongroom.words.json import Json
from strongroom.words.restoring import Loss, Plan, Selection

RETENTION_HOLD = "Set-Mailbox -RetentionHoldEnabled $true"

_SHORT_S = 120.0
"""Of a restore that takes no longer, nobody needs to be told how long the limit makes it."""

_WHAT = {NO_STREAM: "items without an export stream", HIDDEN: "hidden items"}
_NO_RIGHTS = (
    "Microsoft Graph sets nobody's rights to folders. Set them by PowerShell "
    "(Add-MailboxFolderPermission), or restore by EWS as long as it lasts."
)
_OTHER_RULES = (
    "EWS saved them in words of its own, which Microsoft Graph does not take. They are in the "
    "restore point, to be set by hand."
)
_NO_DELEGATES = (
    "Microsoft Graph sets none. Set them in Outlook, or by PowerShell "
    "(Add-MailboxFolderPermission)."
)


@dataclass(slots=True)
class _Seen:
    """What the rows of a selection tell."""

    bytes: int = 0
    hidden: int = 0
    waiting: int = 0


def plan(selection: Selection, target_facts: Mapping[str, Json]) -> Plan:
    """Put a selection in order.

    Args:
        selection: What a person wants back.
        target_facts: What the target's root folder says of itself (``retention``).
    """
    seen = _looked_at(selection)
    by_stream = {way: count for way, count in selection.ways.items() if way == EXPORT}
    made = planning.plan(replace(selection, ways=by_stream), target_facts)
    return replace(
        made,
        losses=(*made.losses, *_losses(selection, seen)),
        warnings=(*made.warnings, *_warnings(seen, made)),
    )


def _looked_at(selection: Selection) -> _Seen:
    seen = _Seen()
    for folder in selection.folders:
        if not selection.counts.get(folder.id, 0):
            continue
        for item in selection.rows(folder.id):
            seen.bytes += item.size
            seen.hidden += item.is_associated
            seen.waiting += disarm.was_waiting(item)
    return seen


def _losses(selection: Selection, seen: _Seen) -> Iterator[Loss]:
    counts = Counter({HIDDEN: seen.hidden})
    counts[NO_STREAM] = sum(selection.ways.values()) - selection.ways.get(EXPORT, 0)
    for code, count in counts.items():
        if count:
            yield Loss(what=f"{_WHAT[code]} ({count:,})", why=WHY[code], count=count)
    shared = [one for one in selection.folders if one.facts.get("permissions")]
    if shared:
        yield Loss(
            what=f"permissions of folders ({len(shared):,})", why=_NO_RIGHTS, count=len(shared)
        )

    yield from _settings_lost(selection.settings)


def _settings_lost(settings: Mapping[str, Json]) -> Iterator[Loss]:
    """Name what of the settings Graph has no words for; ``settings.py`` says it again later."""
    for name, part, what, why in (
        ("rules", "rules", "inbox rules", _OTHER_RULES),
        ("delegates", "users", "delegates", _NO_DELEGATES),
    ):
        setting = settings.get(name)
        lost = setting.get(part) if isinstance(setting, Mapping) else None
        if isinstance(lost, Sequence) and lost:
            yield Loss(what=f"{what} ({len(lost):,})", why=why, count=len(lost))


def _warnings(seen: _Seen, made: Plan) -> Iterator[str]:
    if not any("RetentionHoldEnabled" in one for one in made.warnings):
        yield (
            "Exchange Online gives mailboxes a retention policy by itself: restored mail keeps its "
            "age, so it may be moved to the archive or deleted in the next cycle. Put the mailbox "
            f"on retention hold first ({RETENTION_HOLD})."
        )
    if seen.bytes:
        yield (
            f"About {seen.bytes:,} bytes are put in. Microsoft Graph does not tell how much room a "
            "mailbox has: look before (Get-MailboxStatistics, Get-Mailbox | Format-List "
            "ProhibitSendReceiveQuota). A full mailbox stops the restore, which then goes on "
            "once there is room."
        )
    needed_s = seen.bytes * 4 / 3 / BYTES_MAX * WINDOW_S
    if needed_s > _SHORT_S:
        yield (
            f"Exchange Online takes {BYTES_MAX // 1_000_000} MB in five minutes for each mailbox, "
            f"so this takes {needed_s / 60:,.0f} minutes at least."
        )
    if seen.waiting and not any("Outbox" in one for one in made.warnings):
        yield f"{seen.waiting:,} messages that were about to be sent come back as drafts."
