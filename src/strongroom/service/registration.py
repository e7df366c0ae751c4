"""Values of automatic registration: what is wished for, what was made, and what is told of it."""

from __future__ import annotations

from dataclasses import dataclass

from strongroom.errors import OperatorError
from strongroom.vault.secret import Secret

BROWSER = "browser"
DEVICE_CODE = "device-code"
SIGN_IN_WAYS = (BROWSER, DEVICE_CODE)

BACKUP = "backup"
RESTORE = "restore"

_DAYS_MAX = 3650


@dataclass(frozen=True, slots=True, kw_only=True)
class RegistrationWish:
    """What an administrator wants registered.

    Attributes:
        can_restore: Also a separate application that may write; only restores sign in as it.
        uses_ews: Exchange Online: let it use EWS, which knows no right narrower than everything.
        sees_permissions: SharePoint Online: let the application that backs up see who has which
            rights, which takes full control. Without it backups hold no permissions, and say so.
        mailboxes: Exchange Online: only these addresses; none: all mailboxes.
        sites: SharePoint Online: only these sites, by URL; none: all sites.
        sign_in: How the administrator signs in: one of ``SIGN_IN_WAYS``.
        certificate_days: For how long the certificates that are made are valid.
        name: What the applications are called; empty: after the connection.
        tag: By which an application of ours is known again. The verbs put it in; what a caller
            gives is not used.
    """

    can_restore: bool = False
    uses_ews: bool = False
    sees_permissions: bool = False
    mailboxes: tuple[str, ...] = ()
    sites: tuple[str, ...] = ()
    sign_in: str = BROWSER
    certificate_days: int = 730
    name: str = ""
    tag: str = ""

    def __post_init__(self) -> None:
        if self.sign_in not in SIGN_IN_WAYS:
            raise OperatorError(
                "An administrator cannot sign in that way.",
                hint=f"It is one of: {', '.join(SIGN_IN_WAYS)}.",
            )
        if not 1 <= self.certificate_days <= _DAYS_MAX:
            raise OperatorError(
                "A certificate cannot be valid for so many days.",
                hint=f"Give a number from 1 to {_DAYS_MAX}.",
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class GrantedPermission:
    """One right of an application.

    Attributes:
        api: Whose right it is (``Microsoft Graph``).
        name: As Microsoft calls it (``MailboxItem.Export.All``).
        id: Microsoft's id of it.
        meaning: What it lets the application do, in words.
    """

    api: str
    name: str
    id: str
    meaning: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisteredApplication:
    """One application in the tenant.

    Attributes:
        purpose: ``backup`` or ``restore``.
        name: What it is called in the portal.
        client_id: Its application id.
        object_id: Id of the application object, by which it can be deleted.
        principal_id: Id of its service principal, which Exchange asks for.
        permissions: What it may do in the whole tenant.
        sites: The sites that it may reach, if only some.
        certificate: SHA-256 of its certificate.
        certificate_ends: Until when that is valid, RFC 3339.
        was_there: It had been registered before; this time it was completed.
    """

    purpose: str
    name: str
    client_id: str
    object_id: str
    principal_id: str
    permissions: tuple[GrantedPermission, ...]
    certificate: str
    certificate_ends: str
    sites: tuple[str, ...] = ()
    was_there: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class RegistrationReport:
    """What was done in a tenant, to show. Holds nothing secret.

    Attributes:
        tenant: The tenant.
        administrator: Who signed in for it; what is called so, proves nothing.
        signed_in_through: The application that the administrator signed in through.
        applications: What was registered.
        checked: What was proved with the new sign-in, in sentences.
        steps: What a person still has to do, in sentences.
        script: PowerShell to paste for those steps; empty if there is none.
    """

    tenant: str
    administrator: str
    signed_in_through: str
    applications: tuple[RegisteredApplication, ...]
    checked: tuple[str, ...] = ()
    steps: tuple[str, ...] = ()
    script: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Registered:
    """What a registration made, secrets included: for the vault, never for a caller.

    Attributes:
        client_id: The application that backs up.
        certificate: Its certificate and private key, PEM.
        restore_client_id: The one that restores; empty if none was wished for.
        restore_certificate: Its certificate and private key, PEM.
        report: What to show.
    """

    client_id: str
    certificate: Secret
    report: RegistrationReport
    restore_client_id: str = ""
    restore_certificate: Secret | None = None
