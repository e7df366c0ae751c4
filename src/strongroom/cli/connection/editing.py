"""``strongroom connection edit``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from strongroom.cli import unlocking
from strongroom.cli.command import command
from strongroom.cli.connection import adding, files, online, options
from strongroom.cli.connection.showing import show_view
from strongroom.cli.settings import Settings
from strongroom.cli.signing_in import show as show_sign_in
from strongroom.errors import OperatorError

if TYPE_CHECKING:
    from strongroom.service.application import Application
    from strongroom.service.connections import ConnectionView


def register(app: typer.Typer) -> None:
    """Add the command to those of connections."""
    command(app, "edit", exits=(2, 4, 5))(edit)


def edit(  # noqa: PLR0913, PLR0917 - one argument per option
    settings: Settings,
    name: options.Name,
    server: options.Server = None,
    url: options.Url = None,
    sign_in_server: options.SignInServer = None,
    user: options.User = None,
    auth: Annotated[
        options.AnyAuth | None, typer.Option(help="How to sign in; --sign-in for a person's.")
    ] = None,
    account_password_file: options.PasswordFile = None,
    app_password_file: options.AppPasswordFile = None,
    keytab: options.Keytab = None,
    is_by_own_tickets: options.OwnTickets = False,  # noqa: FBT002 - the parser's convention
    tenant: options.Tenant = None,
    client_id: options.ClientId = None,
    certificate: options.Certificate = None,
    certificate_password_file: options.CertificatePasswordFile = None,
    client_secret_file: options.ClientSecretFile = None,
    sign_in: options.SignInOption = None,
    restore_client_id: options.RestoreClientId = None,
    restore_certificate: options.RestoreCertificate = None,
    restore_certificate_password_file: options.RestoreCertificatePasswordFile = None,
    uses_ews: Annotated[
        bool | None,
        typer.Option(
            "--with-ews/--without-ews",
            help="Exchange Online: whether mailboxes are read by EWS, which Microsoft ends on "
            "2027-04-01, or by Graph. Jobs go on from what they have.",
        ),
    ] = None,
    sees_permissions: Annotated[
        bool | None,
        typer.Option(
            "--with-permissions/--without-permissions",
            help="Sites: whether the application that backs up is meant to have full control.",
        ),
    ] = None,
    cloud: options.CloudOption = None,
    endpoints: options.Endpoints = None,
    ca_file: options.CaFile = None,
    is_own_ca_dropped: Annotated[  # noqa: FBT002 - the parser's convention
        bool, typer.Option("--no-ca-file", help="Trust the system's authorities again.")
    ] = False,
    fingerprint: options.Fingerprint = None,
    certificate_name: options.CertificateName = None,
    proxy: options.Proxy = None,
    access: options.AccessOption = None,
    owner: options.Owner = None,
    password_file: options.GuardFile = None,
) -> None:
    """Change a connection; what is not named stays, and '' takes a thing away.

    What changes where its secrets go discards them: give them again with the same command.
    """
    as_application = online.Application(
        certificate=certificate,
        certificate_password_file=certificate_password_file,
        client_secret_file=client_secret_file,
        sign_in=sign_in,
        restore_client_id=None,
        restore_certificate=restore_certificate,
        restore_certificate_password_file=restore_certificate_password_file,
    )
    files.refuse_two_readers(
        password_file, account_password_file, app_password_file, *as_application.secret_files
    )
    way = as_application.auth()
    if way is not None and auth is not None:
        raise OperatorError(f"Two ways to sign in were asked for: {way} and {auth}.")
    given = online.fields_of(
        as_application,
        server=server,
        url=url,
        sign_in_server=sign_in_server,
        user=user,
        auth=way or auth,
        keytab=files.read_keytab(keytab),
        uses_tickets=True if is_by_own_tickets else None,
        tenant=tenant,
        client_id=client_id,
        restore_client_id=restore_client_id,
        uses_ews=uses_ews,
        sees_permissions=sees_permissions,
        cloud=cloud,
        endpoints=files.read_endpoints(endpoints, cloud or options.Cloud.GLOBAL),
        ca_pem="" if is_own_ca_dropped else files.read_certificates(ca_file),
        fingerprint=fingerprint,
        certificate_name=certificate_name,
        proxy=proxy,
        access=access,
        owners=None if owner is None else tuple(owner),
        **adding.persons_proof(
            None, user, app_password_file=app_password_file, password_file=account_password_file
        ),
    )
    if "password" in given or "keytab" in given or "app_password" in given:
        given["uses_tickets"] = False
    with settings.application() as application:
        view = unlocking.unlocked(
            application, name, password_file, lambda: _edited(application, name, given)
        )
    show_view(settings, view)


def _edited(application: Application, name: str, given: dict[str, Any]) -> ConnectionView:
    # Loaded here: see Settings.
    from strongroom.service.connections import ConnectionEdit  # noqa: PLC0415
    from strongroom.service.kinds import BY_PERSON  # noqa: PLC0415

    view = application.connections.edit(name, ConnectionEdit(**given))
    if given.get("auth") in BY_PERSON:
        return application.connections.sign_in(name, show_sign_in)
    return view
