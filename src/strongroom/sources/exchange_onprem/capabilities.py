"""What a test of a connection finds out, changing nothing: each right that jobs will need.

Only the server's code of an error is ever shown, never its words: a test can be pointed at any
address, and must not become a way to read what answers there.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import islice

from strongroom.errors import AccessDenied, ItemError, OperatorError, StrongroomError
from strongroom.sources.exchange_onprem import roots
from strongroom.sources.exchange_onprem.denied import (
    discovery_command,
    full_access_command,
    impersonation_command,
)
from strongroom.sources.exchange_onprem.powershell import quoted
from strongroom.sources.exchange_onprem.ways import is_unknown_operation
from strongroom.wire.ews.connection import EwsConnection
from strongroom.wire.ews.export_items import export_items
from strongroom.wire.ews.faults import EwsItemError, Meaning, RequestRefused, meaning_of
from strongroom.wire.ews.fetched import Fetched
from strongroom.wire.ews.find_item import find_items
from strongroom.wire.ews.get_folder import get_folders
from strongroom.wire.ews.get_searchable_mailboxes import get_searchable_mailboxes
from strongroom.wire.ews.get_server_time_zones import get_server_time_zones
from strongroom.wire.ews.ids import Distinguished
from strongroom.wire.ews.resolve_names import resolve_names
from strongroom.wire.ews.shapes import Shape
from strongroom.wire.ews.things import EwsFolder
from strongroom.words.capability import Capability, CapabilityOutcome
from strongroom.words.resource import ResourceKind

SIGN_IN = "sign-in"
DIRECTORY = "directory"
IMPERSONATION = "impersonation"
DELEGATE_ACCESS = "delegate-access"
EXPORT = "export"
UPLOAD = "upload"
ARCHIVE = "archive"
RECOVERABLE = "recoverable-items"
PUBLIC_FOLDERS = "public-folders"

_PROVED, _MISSING = CapabilityOutcome.PROVED, CapabilityOutcome.MISSING
_UNKNOWN, _NOT_APPLICABLE = CapabilityOutcome.UNKNOWN, CapabilityOutcome.NOT_APPLICABLE

# Where an item to export is looked for; one small one of the first folder that has any is enough.
_LOOKED_INTO = ("inbox", "sentitems", "calendar", "contacts")
_TRIED_ITEMS = 3
_RIGHTS = Shape(fields=("folder:EffectiveRights",))
_CODE = re.compile(r"Error[A-Za-z]{1,80}|[a-z][a-z-]{1,40}")
_NOT_THERE = frozenset({Meaning.NO_FOLDER, Meaning.NO_ARCHIVE})
_NO_PUBLIC_FOLDERS = frozenset(
    {"ErrorNoPublicFolderServerAvailable", "ErrorPublicFolderMailboxDiscoveryFailed"}
)

Refusal = StrongroomError | EwsItemError


def tried_capabilities(account: EwsConnection, mailbox: str | None) -> Sequence[Capability]:
    """Try each capability with as few requests as it takes, and none that changes anything.

    Args:
        account: A connection in nobody's name but the account's own.
        mailbox: Primary address of a mailbox to try on; None: only what needs none.

    Raises:
        ServerUnreachable: nobody answers.
        TransientError: nobody answered in time.
    """
    signed_in = _sign_in(account)
    names = (DIRECTORY, _access(account), EXPORT, UPLOAD, ARCHIVE, RECOVERABLE, PUBLIC_FOLDERS)
    if signed_in.outcome is not _PROVED:
        # Every further try would count as one more wrong password, and lock the account.
        why = "Not tried: the sign-in was not accepted."
        return (signed_in, *(_of(name, _UNKNOWN, why) for name in names))
    return (
        signed_in,
        _directory(account, mailbox),
        *mailbox_capabilities(account, mailbox),
        _public_folders(account),
    )


def _sign_in(account: EwsConnection) -> Capability:
    user = account.transport.sign_in.user
    try:
        try:
            get_server_time_zones(account)
        except (RequestRefused, ItemError):
            resolve_names(account, f"smtp:{user}")
    except AccessDenied as error:
        return _of(SIGN_IN, _MISSING, f"{error.what} {_said(error)}".strip(), error.hint)
    except (RequestRefused, ItemError) as error:
        # It understood who asks, and answered in its own language.
        return _of(SIGN_IN, _PROVED, f"Signed in as {user}; {_said(error)}")
    return _of(SIGN_IN, _PROVED, f"Signed in as {user}.")


def _directory(account: EwsConnection, mailbox: str | None) -> Capability:
    user = account.transport.sign_in.user
    try:
        get_searchable_mailboxes(account, mailbox or "")
    except StrongroomError as error:
        if _meaning(error) is Meaning.DENIED:
            detail = f"{user} may not list the mailboxes. They can be named one by one."
            return _of(DIRECTORY, _MISSING, f"{detail} {_said(error)}", discovery_command(user))
        if _is_unknown(error):
            detail = "This server cannot list its mailboxes over EWS; name them one by one."
            return _of(DIRECTORY, _NOT_APPLICABLE, f"{detail} {_said(error)}")
        return _not_known(DIRECTORY, error)
    return _of(DIRECTORY, _PROVED, f"{user} may list the mailboxes.")


def mailbox_capabilities(account: EwsConnection, mailbox: str | None) -> Sequence[Capability]:
    """Try what is done in a mailbox: to open it, to export, to write, and its other trees.

    Raises:
        ServerUnreachable: nobody answers.
        TransientError: nobody answered in time.
    """
    names = (EXPORT, UPLOAD, ARCHIVE, RECOVERABLE)
    if mailbox is None:
        why = "Not tried: no mailbox was named to try it on."
        return [_of(name, _UNKNOWN, why) for name in (_access(account), *names)]
    there = account.for_mailbox(mailbox)
    opened = _opened(there, mailbox)
    if opened.outcome is not _PROVED:
        why = f"Not tried: the mailbox {mailbox} could not be opened."
        return [opened, *(_of(name, _UNKNOWN, why) for name in names)]
    return [
        opened,
        _export(there, mailbox),
        _upload(there, mailbox),
        _part(there, mailbox, ARCHIVE, ResourceKind.ARCHIVE),
        _part(there, mailbox, RECOVERABLE, ResourceKind.RECOVERABLE),
    ]


def _opened(there: EwsConnection, mailbox: str) -> Capability:
    name, user = _access(there), there.transport.sign_in.user
    found = _folder(there, roots.root_of(ResourceKind.MAILBOX))
    if isinstance(found, EwsFolder):
        how = "as its owner" if there.is_impersonating else "as a delegate"
        return _of(name, _PROVED, f"{user} opened the mailbox {mailbox} {how}.")
    if _is_denied(there, found):
        detail = f"{user} may not open the mailbox {mailbox}. {_said(found)}"
        return _of(name, _MISSING, detail, _access_command(there, mailbox))
    if _meaning(found) is Meaning.NO_MAILBOX:
        detail = (
            f"There is no mailbox {mailbox} on this server that can be opened, so nothing is known "
            f"of the right. It must be the primary address of a mailbox that is enabled and not in "
            f"the cloud. {_said(found)}"
        )
        look = f"Get-Recipient -Identity {quoted(mailbox)} | Format-List PrimarySmtpAddress,*Type*"
        return _of(name, _UNKNOWN, detail, look)
    return _not_known(name, found)


def _export(there: EwsConnection, mailbox: str) -> Capability:
    try:
        items = _some_items(there)
    except StrongroomError as error:
        return _not_known(EXPORT, error)
    if not items:
        detail = f"Not tried: {mailbox} has nothing in the folders that were looked into."
        return _of(EXPORT, _UNKNOWN, detail)
    try:
        results = _exported(there, items)
    except StrongroomError as error:
        return _refused_export(there, mailbox, error)
    if any(result is True for result in results):
        return _of(EXPORT, _PROVED, f"An item of {mailbox} was exported whole, and thrown away.")
    refused = [each for each in results if isinstance(each, EwsItemError)]
    if refused:
        return _refused_export(there, mailbox, refused[0])
    return _of(EXPORT, _UNKNOWN, "The server gave an empty stream for what it exported.")


def _exported(there: EwsConnection, items: Sequence[str]) -> list[bool | EwsItemError]:
    """Export items and keep only whether anything came, or why not."""
    results: list[bool | EwsItemError] = []

    def take(result: Fetched | EwsItemError, _id: str) -> None:
        if isinstance(result, EwsItemError):
            results.append(result)
        elif isinstance(result.content, bytes | bytearray):
            results.append(bool(result.content))
        else:
            results.append(sum(len(piece) for piece in result.content) > 0)

    export_items(there, items, take)
    return results


def _refused_export(there: EwsConnection, mailbox: str, refusal: Refusal) -> Capability:
    if isinstance(refusal, StrongroomError) and _is_unknown(refusal):
        detail = (
            "This server has no ExportItems. Jobs read items by their MIME and properties "
            f"instead (the way: mime), which is slower and carries less. {_said(refusal)}"
        )
        return _of(EXPORT, _NOT_APPLICABLE, detail)
    if _meaning(refusal) is not Meaning.DENIED:
        return _not_known(EXPORT, refusal)
    user = there.transport.sign_in.user
    detail = f"{user} may open {mailbox} and not export its items. {_said(refusal)}"
    return _of(EXPORT, _MISSING, detail, _access_command(there, mailbox))


def _some_items(there: EwsConnection) -> list[str]:
    """Find the smallest items of the first folder that has any: they only are to be let out."""
    for name in _LOOKED_INTO:
        try:
            found = find_items(
                there, Distinguished(name), sort_by="item:Size", page_items=_TRIED_ITEMS
            )
            ids = [each.id for each in islice(found, _TRIED_ITEMS)]
        except (OperatorError, ItemError) as error:
            # A delegate sees some folders and others not.
            if _meaning(error) not in {Meaning.NO_FOLDER, Meaning.DENIED}:
                raise
            continue
        if ids:
            return ids
    return []


def _upload(there: EwsConnection, mailbox: str) -> Capability:
    """Ask the server which rights it sees; only a written item would show more."""
    user = there.transport.sign_in.user
    found = _folder(there, Distinguished("inbox"))
    if not isinstance(found, EwsFolder):
        if _is_denied(there, found):
            detail = f"{user} does not see the inbox of {mailbox}. {_said(found)}"
            return _of(UPLOAD, _MISSING, detail, _access_command(there, mailbox))
        return _not_known(UPLOAD, found)
    rights = found.node("EffectiveRights")
    told = rights.text_of("CreateContents") if rights else ""
    if told in {"true", "1"}:
        detail = (
            f"The server says that {user} may create items in the inbox of {mailbox}. Nothing was "
            "written to try it."
        )
        return _of(UPLOAD, _PROVED, detail)
    if not told:
        detail = "The server does not tell the rights, and only writing an item would show them."
        return _of(UPLOAD, _UNKNOWN, detail)
    detail = f"The server says that {user} may not create items in the inbox of {mailbox}."
    return _of(UPLOAD, _MISSING, detail, _access_command(there, mailbox))


def _part(there: EwsConnection, mailbox: str, name: str, kind: ResourceKind) -> Capability:
    user = there.transport.sign_in.user
    found = _folder(there, roots.root_of(kind))
    if isinstance(found, EwsFolder):
        return _of(name, _PROVED, f"{user} opened the {kind} of {mailbox}.")
    if _is_denied(there, found):
        detail = f"{user} does not see the {kind} of {mailbox}. {_said(found)}"
        return _of(name, _MISSING, detail, _access_command(there, mailbox))
    if _meaning(found) in _NOT_THERE:
        return _of(name, _NOT_APPLICABLE, f"There is no {kind} of {mailbox}. {_said(found)}")
    return _not_known(name, found)


def _public_folders(account: EwsConnection) -> Capability:
    """Look at the root as the account itself, as jobs do."""
    user = account.transport.sign_in.user
    see = f"Add-PublicFolderClientPermission -Identity '\\' -User {quoted(user)}"
    see += " -AccessRights Reviewer"
    found = _folder(account, roots.root_of(ResourceKind.PUBLIC_FOLDERS))
    if isinstance(found, EwsFolder):
        return _of(PUBLIC_FOLDERS, _PROVED, f"{user} opened the root of the public folders.")
    meaning, code = _meaning(found), getattr(found, "code", "")
    if meaning is Meaning.DENIED:
        detail = f"{user} may not see the public folders. {_said(found)}"
        return _of(PUBLIC_FOLDERS, _MISSING, detail, see)
    if meaning is Meaning.NO_MAILBOX:
        detail = f"Public folders are read as {user} itself, which has no mailbox. {_said(found)}"
        return _of(PUBLIC_FOLDERS, _MISSING, detail, f"Enable-Mailbox -Identity {quoted(user)}")
    if meaning is Meaning.NO_FOLDER:
        # What an account may not see is, to it, not there: the two cannot be told apart.
        detail = f"Either there are no public folders, or {user} may not see them. {_said(found)}"
        return _of(PUBLIC_FOLDERS, _UNKNOWN, detail, see)
    if code in _NO_PUBLIC_FOLDERS:
        detail = f"There are no public folders here. {_said(found)}"
        return _of(PUBLIC_FOLDERS, _NOT_APPLICABLE, detail)
    return _not_known(PUBLIC_FOLDERS, found)


def _access(connection: EwsConnection) -> str:
    return IMPERSONATION if connection.is_impersonating else DELEGATE_ACCESS


def _access_command(there: EwsConnection, mailbox: str) -> str:
    user = there.transport.sign_in.user
    if there.is_impersonating:
        return impersonation_command(user)
    return full_access_command(mailbox, user)


def _folder(connection: EwsConnection, name: Distinguished) -> EwsFolder | Refusal:
    try:
        return get_folders(connection, [name], _RIGHTS)[0]
    except StrongroomError as error:
        return error


def _meaning(refusal: Refusal) -> Meaning | None:
    code = getattr(refusal, "code", "")
    return meaning_of(code) if code else None


def _is_denied(there: EwsConnection, refusal: Refusal) -> bool:
    meaning = _meaning(refusal)
    # What a delegate has no right to see is, to them, not there.
    return meaning is Meaning.DENIED or (
        meaning is Meaning.NO_FOLDER and not there.is_impersonating
    )


def _is_unknown(error: StrongroomError) -> bool:
    return isinstance(error, RequestRefused | ItemError) and is_unknown_operation(error)


def _said(refusal: Refusal) -> str:
    """Tell the server's code if it looks like one; its words stay out."""
    code = getattr(refusal, "code", "")
    return f"The server says {code}." if _CODE.fullmatch(code) else ""


def _not_known(name: str, refusal: Refusal) -> Capability:
    said = _said(refusal) or f"The request failed ({type(refusal).__name__})."
    return _of(name, _UNKNOWN, f"It could not be tried to the end. {said}")


def _of(name: str, outcome: CapabilityOutcome, detail: str, remedy: str = "") -> Capability:
    return Capability(name=name, outcome=outcome, detail=detail.strip(), remedy=remedy)
