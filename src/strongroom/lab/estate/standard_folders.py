"""The folders that every new mailbox has, with the names that an English server gives them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class StandardFolder:
    """One folder of a new mailbox; its role is the name that protocols know it by."""

    name: str
    role: str | None
    kind: str = ""
    is_hidden: bool = False
    below: tuple[StandardFolder, ...] = ()


_RECOVERABLE = StandardFolder(
    "Recoverable Items",
    "recoverableitemsroot",
    below=(
        StandardFolder("Deletions", "recoverableitemsdeletions"),
        StandardFolder("Purges", "recoverableitemspurges"),
        StandardFolder("Versions", "recoverableitemsversions"),
    ),
)

PRIMARY = (
    StandardFolder("Common Views", None),
    StandardFolder("Finder", "searchfolders"),
    _RECOVERABLE,
    StandardFolder(
        "Top of Information Store",
        "msgfolderroot",
        below=(
            StandardFolder("Calendar", "calendar", "IPF.Appointment"),
            StandardFolder(
                "Contacts",
                "contacts",
                "IPF.Contact",
                below=(
                    StandardFolder(
                        "Recipient Cache",
                        "recipientcache",
                        "IPF.Contact.RecipientCache",
                        is_hidden=True,
                    ),
                ),
            ),
            StandardFolder("Conversation History", "conversationhistory", "IPF.Note"),
            StandardFolder("Deleted Items", "deleteditems", "IPF.Note"),
            StandardFolder("Drafts", "drafts", "IPF.Note"),
            StandardFolder("Inbox", "inbox", "IPF.Note"),
            StandardFolder("Journal", "journal", "IPF.Journal"),
            StandardFolder("Junk Email", "junkemail", "IPF.Note"),
            StandardFolder("Notes", "notes", "IPF.StickyNote"),
            StandardFolder("Outbox", "outbox", "IPF.Note"),
            StandardFolder("Sent Items", "sentitems", "IPF.Note"),
            StandardFolder(
                "Sync Issues",
                "syncissues",
                "IPF.Note",
                below=(
                    StandardFolder("Conflicts", "conflicts", "IPF.Note"),
                    StandardFolder("Local Failures", "localfailures", "IPF.Note"),
                    StandardFolder("Server Failures", "serverfailures", "IPF.Note"),
                ),
            ),
            StandardFolder("Tasks", "tasks", "IPF.Task"),
        ),
    ),
)

ARCHIVE = (
    _RECOVERABLE,
    StandardFolder(
        "Top of Information Store",
        "msgfolderroot",
        below=(
            StandardFolder("Deleted Items", "deleteditems", "IPF.Note"),
            StandardFolder("Inbox", "inbox", "IPF.Note"),
        ),
    ),
)

PUBLIC: tuple[StandardFolder, ...] = ()
