"""How a mailbox takes a selection: folders first, then contents, and what a person should know."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from strongroom.words.item import Folder
from strongroom.words.json import Json
from strongroom.words.restoring import Loss, Phase, Plan, Selection

_CAN_REMIND = ("ipf.appointment", "ipf.task")


def plan(selection: Selection, target_facts: Mapping[str, Json]) -> Plan:
    """Put the selection in order.

    Args:
        selection: What a person wants back.
        target_facts: What the target's root folder says of itself (``retention``).
    """
    copied = tuple(folder for folder in selection.folders if not folder.is_listed_only)
    ids = tuple(folder.id for folder in copied)
    filled = tuple(id_ for id_ in ids if selection.counts.get(id_, 0))
    return Plan(
        phases=(
            Phase(name="folders", does="create", folder_ids=ids),
            Phase(name="items", does="fill", folder_ids=filled),
        ),
        losses=tuple(_losses(selection)),
        warnings=tuple(_warnings(selection, copied, target_facts)),
    )


def _losses(selection: Selection) -> Iterator[Loss]:
    for folder in selection.folders:
        if folder.is_listed_only:
            yield Loss(
                what="/".join(folder.path),
                why="It is a search folder: it holds nothing of its own and is not copied.",
            )
    for name, setting in selection.settings.items():
        if isinstance(setting, Mapping) and "unavailable" in setting:
            yield Loss(what=name, why=f"It was not saved: {setting['unavailable']}")
    by_mime = selection.ways.get("mime", 0)
    if by_mime:
        yield Loss(
            what="properties that EWS does not tell",
            why="These items were read as MIME and properties, since their server has no "
            "ExportItems; docs/fidelity.md lists what does not come back.",
            count=by_mime,
        )


def _warnings(
    selection: Selection, folders: tuple[Folder, ...], target_facts: Mapping[str, Json]
) -> Iterator[str]:
    if any(_can_remind(folder) and selection.counts.get(folder.id) for folder in folders):
        yield (
            "Appointments and tasks come back with their reminders: those whose time has passed "
            "are shown as overdue when the mailbox is opened."
        )
    tagged = [folder for folder in folders if folder.facts.get("retention")]
    if tagged:
        names = ", ".join("/".join(folder.path) or "the mailbox" for folder in tagged[:5])
        yield (
            f"Folders carried retention tags ({names}): restored mail keeps its age, so a tag in "
            "force may move it to the archive or delete it in the next cycle. Put the mailbox on "
            "retention hold first (Set-Mailbox -RetentionHoldEnabled $true)."
        )
    if target_facts.get("retention"):
        yield (
            "The target mailbox is under a retention policy: restored mail keeps its age, so it "
            "may be moved or deleted in the next cycle. Put it on retention hold first "
            "(Set-Mailbox -RetentionHoldEnabled $true)."
        )
    if any(folder.role == "outbox" and selection.counts.get(folder.id) for folder in folders):
        yield "Mail that waited in the Outbox comes back as drafts: nothing is sent."
    if selection.settings:
        yield (
            "Inbox rules and automatic replies come back switched off; look at them before you "
            "switch them on."
        )


def _can_remind(folder: Folder) -> bool:
    return folder.kind.lower().startswith(_CAN_REMIND)
