"""Which resources there are: what the server's own directory lists, and what a person names.

EWS lists mailboxes only to members of Discovery Management; whoever lacks that names them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager

from strongroom.errors import (
    AccessDenied,
    ItemError,
    OperatorError,
    SignInEnded,
    StrongroomError,
    TransientError,
)
from strongroom.sources.exchange_onprem import identity, roots
from strongroom.sources.exchange_onprem.denied import (
    discovery_command,
    full_access_command,
    told_for,
)
from strongroom.sources.exchange_onprem.folders import ENTRY_ID
from strongroom.wire.ews.connection import EwsConnection
from strongroom.wire.ews.faults import (
    EwsItemError,
    Meaning,
    RequestDenied,
    RequestRefused,
    meaning_of,
)
from strongroom.wire.ews.get_folder import get_folders
from strongroom.wire.ews.get_searchable_mailboxes import (
    SearchableMailbox,
    get_searchable_mailboxes,
)
from strongroom.wire.ews.shapes import Shape
from strongroom.wire.ews.things import EwsFolder
from strongroom.words.resource import Resource, ResourceKind

Words = Callable[[EwsConnection, str], AbstractContextManager[None]]

_ROOT_SHAPE = Shape(fields=("folder:DisplayName",), extended=(ENTRY_ID,))
_MAILBOX_KINDS = (ResourceKind.MAILBOX, ResourceKind.ARCHIVE, ResourceKind.RECOVERABLE)
_PUBLIC_REFERENCE = str(ResourceKind.PUBLIC_FOLDERS)
_PREFIXES = {"archive": ResourceKind.ARCHIVE, "recoverable": ResourceKind.RECOVERABLE}

# What the server says of a mailbox that is there and cannot be opened by anybody.
_DISABLED = frozenset({"ErrorAccountDisabled", "ErrorMailboxConfiguration"})

# A mailbox without archive, or one that never had recoverable items.
_THERE_IS_NONE = frozenset({Meaning.NO_FOLDER, Meaning.NO_ARCHIVE, Meaning.NO_MAILBOX})


def list_resources(account: EwsConnection) -> Iterator[Resource]:
    """List every mailbox with its archive and recoverable items, then the public folders.

    Raises:
        AccessDenied: the account may not list mailboxes.
    """
    for mailbox in _listed(account):
        yield from resources_of(account, mailbox)
    yield from public_folders_if_any(account)


def find_resource(account: EwsConnection, reference: str, *, words: Words = told_for) -> Resource:
    """Find one resource by what a person typed.

    Args:
        account: A connection in nobody's name but the account's own.
        reference: What was typed.
        words: Puts a mailbox's name, and what helps, into what the server refuses.

    Raises:
        OperatorError: there is none, or its name is not understood.
        AccessDenied: the account may not open it.
    """
    if reference == _PUBLIC_REFERENCE:
        return _public_folders(account)
    prefix, colon, rest = reference.partition(":")
    kind = _PREFIXES.get(prefix.lower()) if colon else ResourceKind.MAILBOX
    address = rest if colon else reference
    if kind is not None and "@" in address:
        return _by_address(account, kind, address.strip(), words)
    return _by_id(account, reference)


def _listed(account: EwsConnection) -> tuple[SearchableMailbox, ...]:
    try:
        return get_searchable_mailboxes(account).mailboxes
    except RequestDenied as error:
        user = account.transport.sign_in.user
        raise AccessDenied(
            f"The account {user} may not list the mailboxes.",
            why=error.why,
            hint=f"In the Exchange Management Shell: {discovery_command(user)} - or name the "
            "mailboxes one by one.",
        ) from error
    except RequestRefused as error:
        raise OperatorError(
            "This server cannot list its mailboxes over EWS.",
            why=error.why,
            hint="Name the mailboxes one by one.",
        ) from error


def resources_of(
    account: EwsConnection, mailbox: SearchableMailbox, *, words: Words = told_for
) -> Iterator[Resource]:
    """Give a mailbox and what belongs to it; or one excluded resource with the reason.

    Args:
        account: A connection in nobody's name but the account's own.
        mailbox: What the directory says of it.
        words: As above.
    """
    if mailbox.is_group:
        return
    if mailbox.is_external or not mailbox.address:
        yield _excluded(mailbox, "It does not live on this server.")
        return
    try:
        with words(account, mailbox.address):
            found = _roots(account.for_mailbox(mailbox.address), _MAILBOX_KINDS)
    except SignInEnded:
        raise
    except (OperatorError, ItemError, TransientError) as error:
        # One mailbox whose database is down, or that we have no right to, hides no other.
        is_missing = not _is_nowhere(error)
        yield _excluded(mailbox, _told(error), role=_role(error), is_missing=is_missing)
        return
    main = found[0]
    if isinstance(main, EwsItemError):
        told = _told(_no_root(account, ResourceKind.MAILBOX, mailbox.address, main))
        yield _excluded(mailbox, told, is_missing=True)
        return
    for kind, root in zip(_MAILBOX_KINDS, found, strict=True):
        if isinstance(root, EwsFolder):
            yield _resource(kind, mailbox.address, mailbox.name, root)
        elif root.meaning not in _THERE_IS_NONE:
            yield _excluded(mailbox, root.why, kind=kind, is_missing=True)


def as_listed(address: str) -> SearchableMailbox:
    """Write an address as the directory would list its mailbox."""
    return SearchableMailbox(
        guid="",
        address=address,
        name=address,
        is_external=False,
        is_group=False,
        reference_id="",
    )


def _told(error: Exception) -> str:
    return f"{error} {getattr(error, 'hint', '')}".strip()


def _is_nowhere(error: StrongroomError) -> bool:
    """Say whether the mailbox has no content that anybody could read: disabled, or not here."""
    cause = error.__cause__
    return isinstance(cause, RequestRefused) and meaning_of(cause.code) is Meaning.NO_MAILBOX


def _role(error: StrongroomError) -> str:
    cause = error.__cause__
    return "disabled" if isinstance(cause, RequestRefused) and cause.code in _DISABLED else "user"


def _excluded(
    mailbox: SearchableMailbox,
    why: str,
    *,
    kind: ResourceKind = ResourceKind.MAILBOX,
    role: str = "user",
    is_missing: bool = False,
) -> Resource:
    return Resource(
        kind=kind,
        id=f"listed-{mailbox.guid or mailbox.address}".replace("/", "-"),
        address=mailbox.address,
        name=mailbox.name,
        role=role,
        excluded=why,
        is_missing=is_missing,
    )


def _by_address(account: EwsConnection, kind: ResourceKind, address: str, words: Words) -> Resource:
    with words(account, address):
        root = _roots(account.for_mailbox(address), (kind,))[0]
        if isinstance(root, EwsItemError):
            raise _no_root(account, kind, address, root)
    return _resource(kind, address, address, root)


def _no_root(
    account: EwsConnection, kind: ResourceKind, address: str, error: EwsItemError
) -> Exception:
    if error.meaning is not Meaning.NO_FOLDER:
        return error.as_error()
    if account.is_impersonating:
        return OperatorError(f"There is no {kind} of {address}.", why=error.why)
    # What a delegate has no right to see is, to them, not there.
    user = account.transport.sign_in.user
    return AccessDenied(
        f"The account {user} does not see the {kind} of {address}.",
        why=error.why,
        hint=f"In the Exchange Management Shell: {full_access_command(address, user)}",
    )


def _by_id(account: EwsConnection, reference: str) -> Resource:
    """Find a resource by its id; only the directory knows all ids."""
    wanted = reference.rpartition(":")[2].lower()
    kind = _PREFIXES.get(reference.partition(":")[0].lower())
    found = [
        resource
        for resource in list_resources(account)
        if resource.id.lower() == wanted and _is_meant(resource.kind, kind)
    ]
    if not found:
        raise OperatorError(
            f"This server has nothing named {reference}.",
            hint="A resource is an address, archive:ADDRESS, recoverable:ADDRESS, "
            "public-folders, or an id that `strongroom resources` shows.",
        )
    return found[0]


def _is_meant(kind: ResourceKind, prefix: ResourceKind | None) -> bool:
    """A mailbox shares its GUID with its recoverable items, which only their prefix names."""
    return kind is prefix if prefix else kind is not ResourceKind.RECOVERABLE


def _public_folders(account: EwsConnection) -> Resource:
    root = _roots(account, (ResourceKind.PUBLIC_FOLDERS,))[0]
    if isinstance(root, EwsItemError):
        raise OperatorError(
            "The public folders cannot be opened.",
            why=root.why,
            hint="Public folders are read as the connection's own account: give it a mailbox and "
            "the right to see them.",
        )
    return Resource(
        kind=ResourceKind.PUBLIC_FOLDERS,
        # Their entry ids bear a GUID that is the same in every organisation.
        id=identity.resource_id(None, root.id),
        address=_PUBLIC_REFERENCE,
        name=root.name or "Public folders",
        role="public",
    )


def public_folders_if_any(account: EwsConnection) -> Iterator[Resource]:
    """Give the public folders, or one excluded resource with the reason."""
    try:
        yield _public_folders(account)
    except SignInEnded:
        raise
    except (OperatorError, ItemError) as error:
        yield Resource(
            kind=ResourceKind.PUBLIC_FOLDERS,
            id="unknown",
            address=_PUBLIC_REFERENCE,
            name="Public folders",
            role="public",
            excluded=str(error),
        )


def _roots(
    connection: EwsConnection, kinds: tuple[ResourceKind, ...]
) -> list[EwsFolder | EwsItemError]:
    return get_folders(connection, [roots.root_of(kind) for kind in kinds], _ROOT_SHAPE)


def _resource(kind: ResourceKind, address: str, name: str, root: EwsFolder) -> Resource:
    entry_id = root.extended.get(ENTRY_ID)
    return Resource(
        kind=kind,
        id=identity.resource_id(entry_id if isinstance(entry_id, bytes) else None, root.id),
        address=address,
        name=name,
    )
