"""``strongroom connection add sharepoint-online``."""

from __future__ import annotations

from typing import Annotated

import typer

from strongroom.cli.command import command
from strongroom.cli.connection import adding, files, online, options
from strongroom.cli.settings import Settings
from strongroom.errors import OperatorError


def register(app: typer.Typer) -> None:
    """Add the command to those that add connections."""
    command(app, "sharepoint-online", exits=(2, 5))(add_sharepoint_online)


def add_sharepoint_online(  # noqa: PLR0913, PLR0917 - one argument per option
    settings: Settings,
    name: options.Name,
    url: options.Url = None,
    tenant: options.Tenant = None,
    client_id: options.ClientId = None,
    certificate: options.Certificate = None,
    certificate_password_file: options.CertificatePasswordFile = None,
    client_secret_file: options.ClientSecretFile = None,
    sign_in: options.SignInOption = None,
    auth: Annotated[
        options.OnlineAuth | None,
        typer.Option(help="The old sign-in by user name and app password; Microsoft ended it."),
    ] = None,
    user: options.User = None,
    sign_in_server: options.SignInServer = None,
    app_password_file: options.AppPasswordFile = None,
    account_password_file: options.PasswordFile = None,
    restore_client_id: options.RestoreClientId = None,
    restore_certificate: options.RestoreCertificate = None,
    restore_certificate_password_file: options.RestoreCertificatePasswordFile = None,
    sees_permissions: options.WithPermissions = False,  # noqa: FBT002 - the parser's convention
    cloud: options.CloudOption = None,
    endpoints: options.Endpoints = None,
    ca_file: options.CaFile = None,
    proxy: options.Proxy = None,
    owner: options.Owner = None,
    password_file: options.GuardFile = None,
) -> None:
    """Add a tenant's SharePoint Online: by certificate, or as a person.

    It takes no application that signs in by a secret.
    """
    application = online.Application(
        certificate=certificate,
        certificate_password_file=certificate_password_file,
        client_secret_file=client_secret_file,
        sign_in=sign_in,
        restore_client_id=restore_client_id,
        restore_certificate=restore_certificate,
        restore_certificate_password_file=restore_certificate_password_file,
    )
    way = application.auth()
    if auth is not None and way is not None:
        raise OperatorError(f"Two ways to sign in were asked for: {way} and {auth}.")
    chosen_way = way or auth
    if chosen_way is None:
        raise OperatorError("Nobody said who signs in.", hint=online.NO_SIGN_IN_HINT)
    files.refuse_two_readers(
        password_file, app_password_file, account_password_file, *application.secret_files
    )
    chosen = cloud or options.Cloud.GLOBAL
    given = online.fields_of(
        application,
        url=url,
        sign_in_server=sign_in_server,
        tenant=tenant,
        client_id=client_id,
        user=user,
        cloud=chosen,
        endpoints=files.read_endpoints(endpoints, chosen),
        ca_pem=files.read_certificates(ca_file),
        proxy=proxy,
        **adding.persons_proof(
            auth, user, app_password_file=app_password_file, password_file=account_password_file
        ),
    )
    guard = adding.guard(password_file)
    with settings.application() as verbs:
        # Loaded here: see Settings.
        from strongroom.service.details import (  # noqa: PLC0415
            SHAREPOINT_ONLINE,
            ConnectionDetails,
        )

        details = ConnectionDetails(
            kind=SHAREPOINT_ONLINE,
            auth=chosen_way,
            sees_permissions=sees_permissions,
            owners=tuple(owner or ()),
            **given,
        )
        adding.keep(settings, verbs, name, details, guard)
