"""Errors about rights, with the command that grants the right."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from strongroom.errors import AccessDenied, OperatorError
from strongroom.sources.exchange_onprem.powershell import quoted
from strongroom.wire.ews.connection import EwsConnection
from strongroom.wire.ews.faults import Meaning, RequestDenied, RequestRefused, meaning_of


def impersonation_command(user: str) -> str:
    """Write the command that lets the account act in every mailbox."""
    return f"New-ManagementRoleAssignment -Role ApplicationImpersonation -User {quoted(user)}"


def full_access_command(address: str, user: str) -> str:
    """Write the command that lets the account into one mailbox."""
    return (
        f"Add-MailboxPermission -Identity {quoted(address)} -User {quoted(user)}"
        " -AccessRights FullAccess"
    )


def discovery_command(user: str) -> str:
    """Write the command that lets the account list mailboxes."""
    return f"Add-RoleGroupMember 'Discovery Management' -Member {quoted(user)}"


@contextmanager
def told_for(connection: EwsConnection, address: str) -> Iterator[None]:
    """Put a mailbox's name and the command that helps into what the server refuses.

    Raises:
        OperatorError: no such mailbox.
        AccessDenied: the account has no right to it.
    """
    user = connection.transport.sign_in.user
    try:
        yield
    except RequestDenied as error:
        command = (
            impersonation_command(user)
            if connection.is_impersonating
            else full_access_command(address, user)
        )
        raise AccessDenied(
            f"The account {user} may not open the mailbox {address}.",
            why=error.why,
            hint=f"In the Exchange Management Shell: {command}",
        ) from error
    except RequestRefused as error:
        if meaning_of(error.code) is Meaning.NO_MAILBOX:
            raise OperatorError(
                f"There is no mailbox {address} on this server that can be opened.",
                why=error.why,
                hint="Check the address; it must be the primary one. A mailbox may also be "
                "disabled, or live on another server or in the cloud.",
            ) from error
        if meaning_of(error.code) is Meaning.NO_ARCHIVE:
            raise OperatorError(
                f"The mailbox {address} has no archive.",
                why=error.why,
                hint="Leave out archive: to name the mailbox itself.",
            ) from error
        raise
