"""Where each kind of resource begins, and which folders are known by name everywhere."""

from __future__ import annotations

from strongroom.wire.ews.ids import Distinguished
from strongroom.words.resource import ResourceKind

ROOTS = {
    ResourceKind.MAILBOX: "msgfolderroot",
    ResourceKind.ARCHIVE: "archivemsgfolderroot",
    ResourceKind.RECOVERABLE: "recoverableitemsroot",
    ResourceKind.PUBLIC_FOLDERS: "publicfoldersroot",
}

# Every server from 2010 SP1 on has these names in its schema …
_KNOWN_EVERYWHERE: dict[ResourceKind, tuple[str, ...]] = {
    ResourceKind.MAILBOX: (
        "inbox",
        "calendar",
        "contacts",
        "deleteditems",
        "drafts",
        "journal",
        "junkemail",
        "notes",
        "outbox",
        "sentitems",
        "tasks",
        "voicemail",
    ),
    ResourceKind.ARCHIVE: ("archivedeleteditems",),
    ResourceKind.RECOVERABLE: (
        "recoverableitemsdeletions",
        "recoverableitemsversions",
        "recoverableitemspurges",
    ),
    ResourceKind.PUBLIC_FOLDERS: (),
}

# … and those of 2013 on these as well. One name that a schema lacks spoils the whole request, so
# they are asked for in the same request and left out where that fails.
_KNOWN_SINCE_2013: dict[ResourceKind, tuple[str, ...]] = {
    ResourceKind.MAILBOX: (
        "conflicts",
        "conversationhistory",
        "imcontactlist",
        "localfailures",
        "quickcontacts",
        "recipientcache",
        "serverfailures",
        "syncissues",
    ),
    ResourceKind.ARCHIVE: ("archiveinbox",),
    ResourceKind.RECOVERABLE: (),
    ResourceKind.PUBLIC_FOLDERS: (),
}

# A role says what the folder is for, whichever tree it lies in.
_ARCHIVE_PREFIX = "archive"


def root_of(kind: ResourceKind) -> Distinguished:
    """Name the folder that a resource of this kind begins with.

    Raises:
        KeyError: no mailbox kind.
    """
    return Distinguished(ROOTS[kind])


def known_names(kind: ResourceKind) -> tuple[tuple[str, ...], ...]:
    """List which names to ask for, the fullest list first."""
    core = _KNOWN_EVERYWHERE[kind]
    return tuple(dict.fromkeys(names for names in (core + _KNOWN_SINCE_2013[kind], core) if names))


def role_of(name: str, kind: ResourceKind) -> str:
    """Say the role of a distinguished folder: the archive's inbox is an ``inbox``, too."""
    return name.removeprefix(_ARCHIVE_PREFIX) if kind is ResourceKind.ARCHIVE else name


def name_of(role: str, kind: ResourceKind) -> str | None:
    """Say the distinguished name of a role in a resource of this kind; None if it has none."""
    name = _ARCHIVE_PREFIX + role if kind is ResourceKind.ARCHIVE else role
    return name if name in _KNOWN_EVERYWHERE[kind] + _KNOWN_SINCE_2013[kind] else None
