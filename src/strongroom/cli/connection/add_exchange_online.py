"""``strongroom connection add exchange-online``."""

from __future__ import annotations

from typing import Annotated

import typer

from strongroom.cli.command import command
from strongroom.cli.connection import adding, files, online, options
from strongroom.cli.settings import Settings
from strongroom.errors import OperatorError

WithEws = Annotated[
    bool,
    typer.Option(
        "--with-ews",
        help="Read mailboxes by EWS, which Microsoft ends on 2027-04-01, and not by Graph.",
    ),
]


def register(app: typer.Typer) -> None:
    """Add the command to those that add connections."""
    command(app, "exchange-online", exits=(2, 5))(add_exchange_online)


def add_exchange_online(  # noqa: PLR0913, PLR0917 - one argument per option
    settings: Settings,
    name: options.Name,
    tenant: options.Tenant = None,
    client_id: options.ClientId = None,
    certificate: options.Certificate = None,
    certificate_password_file: options.CertificatePasswordFile = None,
    client_secret_file: options.ClientSecretFile = None,
    sign_in: options.SignInOption = None,
    restore_client_id: options.RestoreClientId = None,
    restore_certificate: options.RestoreCertificate = None,
    restore_certificate_password_file: options.RestoreCertificatePasswordFile = None,
    cloud: options.CloudOption = None,
    endpoints: options.Endpoints = None,
    ca_file: options.CaFile = None,
    proxy: options.Proxy = None,
    uses_ews: WithEws = False,  # noqa: FBT002 - the parser's convention
    owner: options.Owner = None,
    password_file: options.GuardFile = None,
) -> None:
    """Add a tenant's Exchange Online.

    Unattended by certificate (better) or secret; a person who signs in reaches their own mailbox
    and no other.
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
    auth = application.auth()
    if auth is None:
        raise OperatorError("Nobody said who signs in.", hint=online.NO_SIGN_IN_HINT)
    files.refuse_two_readers(password_file, *application.secret_files)
    chosen = cloud or options.Cloud.GLOBAL
    given = online.fields_of(
        application,
        tenant=tenant,
        client_id=client_id,
        cloud=chosen,
        endpoints=files.read_endpoints(endpoints, chosen),
        ca_pem=files.read_certificates(ca_file),
        proxy=proxy,
    )
    guard = adding.guard(password_file)
    with settings.application() as verbs:
        # Loaded here: see Settings.
        from strongroom.service.details import EXCHANGE_ONLINE, ConnectionDetails  # noqa: PLC0415

        details = ConnectionDetails(
            kind=EXCHANGE_ONLINE,
            auth=auth,
            uses_ews=uses_ews,
            owners=tuple(owner or ()),
            **given,
        )
        adding.keep(settings, verbs, name, details, guard)
