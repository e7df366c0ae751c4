"""``strongroom connection add sharepoint-onprem``."""

from __future__ import annotations

from typing import Any

import typer

from strongroom.cli.command import command
from strongroom.cli.connection import adding, files, options
from strongroom.cli.settings import Settings


def register(app: typer.Typer) -> None:
    """Add the command to those that add connections."""
    command(app, "sharepoint-onprem", exits=(2,))(add_sharepoint_onprem)


def add_sharepoint_onprem(  # noqa: PLR0913, PLR0917 - one argument per option
    settings: Settings,
    name: options.Name,
    url: options.Url = None,
    user: options.User = None,
    sign_in_server: options.SignInServer = None,
    auth: options.FarmAuth = options.FarmAuth.NTLM,
    account_password_file: options.PasswordFile = None,
    app_password_file: options.AppPasswordFile = None,
    keytab: options.Keytab = None,
    is_by_own_tickets: options.OwnTickets = False,  # noqa: FBT002 - the parser's convention
    ca_file: options.CaFile = None,
    fingerprint: options.Fingerprint = None,
    certificate_name: options.CertificateName = None,
    proxy: options.Proxy = None,
    owner: options.Owner = None,
    password_file: options.GuardFile = None,
) -> None:
    """Add a SharePoint server of your own (2013 to SE), by its site's address."""
    files.refuse_two_readers(account_password_file, app_password_file, password_file)
    ca_pem = files.read_certificates(ca_file)
    key_table = files.read_keytab(keytab)
    proof: dict[str, Any] = {}
    if not keytab and not is_by_own_tickets:
        proof = adding.persons_proof(
            auth, user, app_password_file=app_password_file, password_file=account_password_file
        )
    guard = adding.guard(password_file)
    with settings.application() as verbs:
        # Loaded here: see Settings.
        from strongroom.service.details import (  # noqa: PLC0415
            SHAREPOINT_ONPREM,
            ConnectionDetails,
        )

        details = ConnectionDetails(
            kind=SHAREPOINT_ONPREM,
            url=url or "",
            sign_in_server=sign_in_server or "",
            user=user or "",
            auth=auth,
            keytab=key_table,
            uses_tickets=is_by_own_tickets,
            ca_pem=ca_pem,
            fingerprint=fingerprint or "",
            certificate_name=certificate_name or "",
            proxy=proxy or "",
            owners=tuple(owner or ()),
            **proof,
        )
        adding.keep(settings, verbs, name, details, guard)
