"""``strongroom connection register | script``: the application of a connection, made for it."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from strongroom.cli import output, signing_in
from strongroom.cli.command import command
from strongroom.cli.connection import adding, files, options, reporting
from strongroom.cli.connection.enrolling import AdministratorSignIn
from strongroom.cli.settings import Settings

if TYPE_CHECKING:
    from strongroom.service.registration import RegistrationWish


class OnlineKind(StrEnum):
    """The kinds that applications are registered for."""

    EXCHANGE_ONLINE = "exchange-online"
    SHAREPOINT_ONLINE = "sharepoint-online"


KindArgument = Annotated[
    OnlineKind, typer.Argument(metavar="KIND", help="exchange-online or sharepoint-online.")
]
WithRestore = Annotated[
    bool,
    typer.Option(
        "--with-restore", help="Also a second application that may write, for restores alone."
    ),
]
WithEws = Annotated[
    bool,
    typer.Option(
        "--with-ews",
        help="Read mailboxes by EWS, which Microsoft ends on 2027-04-01, and not by Graph. EWS "
        "knows no right narrower than everything.",
    ),
]
OnlyMailbox = Annotated[
    list[str] | None,
    typer.Option("--only-mailbox", metavar="ADDRESS", help="Reach this mailbox, not all; again."),
]
OnlySite = Annotated[
    list[str] | None,
    typer.Option("--only-site", metavar="URL", help="Reach this site, not all; again for more."),
]
RegisteredName = Annotated[
    str | None,
    typer.Option(
        "--application-name",
        metavar="TEXT",
        help="What the applications are called in the tenant; else after the connection.",
    ),
]


def register(app: typer.Typer) -> None:
    """Add the commands to those of connections."""
    command(app, "register", exits=(2, 4, 5))(register_application)
    command(app, "script", exits=(2, 4))(script)


def register_application(  # noqa: PLR0913, PLR0917 - one argument per option
    settings: Settings,
    kind: KindArgument,
    name: options.Name,
    tenant: options.Tenant = None,
    url: options.Url = None,
    can_restore: WithRestore = False,  # noqa: FBT002 - the parser's convention
    uses_ews: WithEws = False,  # noqa: FBT002 - the parser's convention
    sees_permissions: options.WithPermissions = False,  # noqa: FBT002 - the parser's convention
    only_mailbox: OnlyMailbox = None,
    only_site: OnlySite = None,
    certificate_days: Annotated[
        int, typer.Option(metavar="N", help="For how long the certificate is valid.")
    ] = 730,
    application_name: RegisteredName = None,
    sign_in: AdministratorSignIn = options.PersonsSignIn.BROWSER,
    cloud: options.CloudOption = None,
    endpoints: options.Endpoints = None,
    ca_file: options.CaFile = None,
    proxy: options.Proxy = None,
    password_file: options.GuardFile = None,
) -> None:
    """Register an application in an administrator's name, and add the connection that uses it.

    The administrator signs in once, second factor and all, through Microsoft Graph Command Line
    Tools, and is forgotten. The application gets exactly the rights that it needs, and its
    certificate is made here. Cut short, the same command goes on with what is there.
    """
    given = _place(
        kind,
        tenant=tenant,
        url=url,
        cloud=cloud,
        endpoints=endpoints,
        ca_pem=files.read_certificates(ca_file),
        proxy=proxy,
    )
    guard = adding.guard(password_file)
    with settings.application() as application:
        # Loaded here: see Settings.
        from strongroom.service.details import ConnectionDetails  # noqa: PLC0415

        made = application.connections.add_registered(
            name,
            ConnectionDetails(auth="certificate", **given),
            _wish(
                can_restore=can_restore,
                uses_ews=uses_ews,
                sees_permissions=sees_permissions,
                mailboxes=tuple(only_mailbox or ()),
                sites=tuple(only_site or ()),
                certificate_days=certificate_days,
                name=application_name or "",
                sign_in=str(sign_in),
            ),
            signing_in.show,
            password=guard,
        )
    reporting.show(settings, made)


def script(  # noqa: PLR0913, PLR0917 - one argument per option
    settings: Settings,
    kind: KindArgument,
    tenant: options.Tenant = None,
    url: options.Url = None,
    certificate: options.Certificate = None,
    certificate_password_file: options.CertificatePasswordFile = None,
    restore_certificate: options.RestoreCertificate = None,
    restore_certificate_password_file: options.RestoreCertificatePasswordFile = None,
    uses_ews: WithEws = False,  # noqa: FBT002 - the parser's convention
    sees_permissions: options.WithPermissions = False,  # noqa: FBT002 - the parser's convention
    only_mailbox: OnlyMailbox = None,
    only_site: OnlySite = None,
    application_name: RegisteredName = None,
    cloud: options.CloudOption = None,
) -> None:
    """Print what `register` would do as a PowerShell script, for who may not sign in here.

    It registers the public part of the certificate and holds no secret. With a certificate for
    restores it registers a second application.
    """
    files.refuse_two_readers(certificate_password_file, restore_certificate_password_file)
    given = _place(kind, tenant=tenant, url=url, cloud=cloud)
    given["certificate"] = files.read_identity(
        certificate, certificate_password_file, option=options.KEY_PASSWORD_OPTION
    )
    given["restore_certificate"] = files.read_identity(
        restore_certificate,
        restore_certificate_password_file,
        option=options.RESTORE_KEY_PASSWORD_OPTION,
    )
    with settings.application() as application:
        # Loaded here: see Settings.
        from strongroom.service.details import ConnectionDetails  # noqa: PLC0415

        text = application.connections.registration_script(
            ConnectionDetails(auth="certificate", **given),
            _wish(
                can_restore=restore_certificate is not None,
                uses_ews=uses_ews,
                sees_permissions=sees_permissions,
                mailboxes=tuple(only_mailbox or ()),
                sites=tuple(only_site or ()),
                name=application_name or "",
            ),
        )
    if settings.is_json:
        output.document({"script": text})
        return
    for line in text.splitlines():
        output.text(line)


def _place(
    kind: OnlineKind, *, endpoints: Path | None = None, cloud: options.Cloud | None, **more: object
) -> dict[str, Any]:
    chosen = cloud or options.Cloud.GLOBAL
    found = files.read_endpoints(endpoints, chosen)
    given = {**more, "kind": str(kind), "cloud": str(chosen), "endpoints": found}
    return {key: value for key, value in given.items() if value is not None}


def _wish(**given: Any) -> RegistrationWish:  # noqa: ANN401 - its fields
    # Loaded here: see Settings.
    from strongroom.service.registration import RegistrationWish  # noqa: PLC0415

    return RegistrationWish(**given)
