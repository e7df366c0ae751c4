"""What Graph lets a signer do in mailboxes: all that there is to read them by once EWS has ended.

A right is tried on a mailbox wherever one is named, since a right over some mailboxes (RBAC for
Applications) is in no token. Without one, only what the token says of itself is known.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from strongroom.errors import AccessDenied, OperatorError
from strongroom.sources.exchange_online import retirement, steps
from strongroom.sources.exchange_online.outcomes import (
    MISSING,
    NOT_APPLICABLE,
    PROVED,
    UNKNOWN,
    found,
    not_known,
    not_tried,
    said,
)
from strongroom.sources.exchange_online.signer import Signer
from strongroom.wire.entra.claims import TokenClaims
from strongroom.wire.entra.permissions import (
    FOLDERS_READ,
    FOLDERS_WRITE,
    ITEMS_EXPORT,
    ITEMS_IMPORT,
    ITEMS_READ,
    USERS_READ,
    Permission,
)
from strongroom.wire.graph import mailboxes
from strongroom.wire.graph.connection import GraphConnection
from strongroom.wire.graph.exchange_settings import read_mailbox_id
from strongroom.wire.graph.refusals import GraphDenied, GraphRefused
from strongroom.words.capability import Capability

DIRECTORY = "directory"
_GLOBAL = "global"
_ITEMS_WRITE = "MailboxItem.ReadWrite.All"


@dataclass(frozen=True, slots=True, kw_only=True)
class GraphRight:
    """One right over the content of mailboxes.

    Attributes:
        name: Of the capability.
        permission: The narrowest that carries it.
        wider: Names of others that carry it too.
        ask: Asks just enough to be refused without it; None: only its holder's token tells.
        meaning: What it is for, in words.
    """

    name: str
    permission: Permission
    wider: tuple[str, ...] = ()
    ask: Callable[[GraphConnection, str], None] | None
    meaning: str

    def is_in(self, claims: TokenClaims, *, is_person: bool) -> bool:
        """Say whether a token carries it, for the whole tenant or the person's own mailbox."""
        names = {self.permission.name, *self.wider}
        if is_person:
            return bool(claims.scopes & {name.removesuffix(".All") for name in names})
        return bool(claims.roles & names)


SEE_FOLDERS = GraphRight(
    name="graph-folders",
    permission=FOLDERS_READ,
    wider=(FOLDERS_WRITE.name,),
    ask=mailboxes.see_folders,
    meaning="list folders",
)
SEE_ITEMS = GraphRight(
    name="graph-items",
    permission=ITEMS_READ,
    wider=(_ITEMS_WRITE,),
    ask=mailboxes.see_items,
    meaning="list items",
)
EXPORT = GraphRight(
    name="graph-export",
    permission=ITEMS_EXPORT,
    wider=(ITEMS_IMPORT.name,),
    ask=mailboxes.try_export,
    meaning="export items",
)
MAKE_FOLDERS = GraphRight(
    name="graph-make-folders",
    permission=FOLDERS_WRITE,
    ask=None,
    meaning="make folders",
)
IMPORT = GraphRight(
    name="graph-import",
    permission=ITEMS_IMPORT,
    ask=mailboxes.try_import,
    meaning="import items",
)
TO_BACK_UP = (SEE_FOLDERS, SEE_ITEMS, EXPORT)
TO_RESTORE = (MAKE_FOLDERS, IMPORT)
WRITING = (FOLDERS_WRITE.name, ITEMS_IMPORT.name, _ITEMS_WRITE)
"""Permissions that an application which only backs up must not hold."""


def directory_right(signer: Signer) -> Capability:
    """Try whether everybody can be listed."""
    step = steps.grant_step(signer.client_id, USERS_READ)
    try:
        signer.graph.get("users", {"$select": "id", "$top": "1"})
    except GraphDenied as error:
        detail = f"{signer.subject} may not list who is in the tenant; mailboxes can be named."
        return found(DIRECTORY, MISSING, f"{detail} {said(error)}", step)
    except OperatorError as error:
        return not_known(DIRECTORY, error)
    return found(DIRECTORY, PROVED, f"{signer.subject} may list who is in the tenant.")


def graph_rights(
    signer: Signer, rights: Sequence[GraphRight], mailbox: str | None, *, cloud: str
) -> list[Capability]:
    """Try some rights, on a mailbox if one is named.

    Raises:
        ServerUnreachable: nobody answers.
        TransientError: nobody answered in time.
    """
    if cloud != _GLOBAL:
        why = f"Microsoft Graph does not offer the export and import of mailboxes in {cloud}."
        return [found(right.name, NOT_APPLICABLE, why) for right in rights]
    try:
        claims = signer.graph_claims()
    except AccessDenied as error:
        return [found(right.name, MISSING, str(error), error.hint) for right in rights]
    try:
        mailbox_id = read_mailbox_id(signer.graph, mailbox) if mailbox else None
    except GraphDenied:
        mailbox_id = None
    except OperatorError as error:
        names = tuple(right.name for right in rights)
        return not_tried(names, f"Microsoft Graph tells no id of {mailbox}. {said(error)}".strip())
    return [_tried(signer, right, mailbox, mailbox_id, claims) for right in rights]


def _tried(
    signer: Signer,
    right: GraphRight,
    mailbox: str | None,
    mailbox_id: str | None,
    claims: TokenClaims,
) -> Capability:
    if mailbox_id is None or right.ask is None:
        return _told_by_token(signer, right, claims)
    try:
        right.ask(signer.graph, mailbox_id)
    except GraphDenied as error:
        detail = f"{signer.subject} may not {right.meaning} in {mailbox} by Microsoft Graph."
        return found(right.name, MISSING, f"{detail} {said(error)} {_WHEN}", _step(signer, right))
    except GraphRefused:
        # Let in, and then told that what was asked for is not there.
        pass
    except OperatorError as error:
        return not_known(right.name, error)
    detail = f"{signer.subject} may {right.meaning} in {mailbox} by Microsoft Graph."
    return found(right.name, PROVED, detail)


def _told_by_token(signer: Signer, right: GraphRight, claims: TokenClaims) -> Capability:
    step, held = _step(signer, right), right.permission.name
    if right.is_in(claims, is_person=signer.is_person):
        reach = "the person's own mailbox" if signer.is_person else "every mailbox of the tenant"
        detail = f"The token lets {signer.name} {right.meaning} in {reach}. Not tried on a mailbox."
        return found(right.name, PROVED, detail)
    if not claims.is_readable:
        return found(right.name, UNKNOWN, "The token cannot be read.", step)
    if signer.is_person:
        held = steps.delegated_name(right.permission)
        return found(right.name, MISSING, f"The token does not carry {held}. {_WHEN}", step)
    detail = (
        f"The token does not carry {held}. It may be granted for some mailboxes only (RBAC for "
        f"Applications), which no token tells: name a mailbox to try it on. {_WHEN}"
    )
    return found(right.name, UNKNOWN, detail, step)


_WHEN = (
    "Mailboxes are read and written by it; those of connections that use EWS from the day on which "
    f"that ends, {retirement.ENDS}."
)


def _step(signer: Signer, right: GraphRight) -> str:
    return steps.grant_step(signer.client_id, right.permission, is_person=signer.is_person)
