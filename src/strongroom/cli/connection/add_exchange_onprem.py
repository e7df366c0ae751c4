"""``strongroom connection add exchange-onprem``."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import replace

import typer

from strongroom.cli import output
from strongroom.cli.command import command
from strongroom.cli.connection import adding, files, options
from strongroom.cli.settings import Settings
from strongroom.errors import OperatorError


def register(app: typer.Typer) -> None:
    """Add the command to those that add connections."""
    command(app, "exchange-onprem", exits=(2,))(add_exchange_onprem)


def add_exchange_onprem(  # noqa: PLR0913, PLR0917 - one argument per option
    settings: Settings,
    name: options.Name,
    user: options.User = None,
    server: options.Server = None,
    autodiscover: options.Autodiscover = None,
    directory: options.Directory = None,
    auth: options.ExchangeAuth = options.ExchangeAuth.BASIC,
    account_password_file: options.PasswordFile = None,
    keytab: options.Keytab = None,
    is_by_own_tickets: options.OwnTickets = False,  # noqa: FBT002 - the parser's convention
    ca_file: options.CaFile = None,
    fingerprint: options.Fingerprint = None,
    certificate_name: options.CertificateName = None,
    proxy: options.Proxy = None,
    access: options.AccessOption = None,
    owner: options.Owner = None,
    password_file: options.GuardFile = None,
) -> None:
    """Add an Exchange server of your own (2013 to SE)."""
    if not server and not autodiscover:
        raise OperatorError(
            "Nobody said which server.",
            hint="Give --server HOST_OR_URL, or --autodiscover ADDRESS.",
        )
    files.refuse_two_readers(account_password_file, password_file)
    ca_pem = files.read_certificates(ca_file)
    key_table = files.read_keytab(keytab)
    password = None
    if account_password_file is not None or (keytab is None and not is_by_own_tickets):
        password = adding.account_password(account_password_file, user)
    guard = adding.guard(password_file)
    with settings.application() as application:
        # Loaded here: see Settings.
        from strongroom.service.details import EXCHANGE_ONPREM, ConnectionDetails  # noqa: PLC0415

        details = ConnectionDetails(
            kind=EXCHANGE_ONPREM,
            server=server or "",
            autodiscover=autodiscover or "",
            directory=directory or "",
            user=user or "",
            password=password,
            keytab=key_table,
            uses_tickets=is_by_own_tickets,
            auth=auth,
            access=access or options.Access.IMPERSONATION,
            ca_pem=ca_pem,
            fingerprint=fingerprint or "",
            certificate_name=certificate_name or "",
            proxy=proxy or "",
            owners=tuple(owner or ()),
        )
        if autodiscover:
            found = application.connections.find(details, is_confirmed)
            for attempt in found.attempts:
                output.message(attempt)
            details = replace(details, server=found.server)
        adding.keep(settings, application, name, details, guard)


def is_confirmed(question: str, cautions: Sequence[str]) -> bool:
    """Ask at the terminal; where there is none, nobody says yes."""
    for caution in cautions:
        output.message(caution)
    output.message(question)
    if not sys.stdin.isatty():
        output.message("Nobody can be asked here, so it is not used.")
        return False
    return typer.confirm("Send the password there?", default=False, err=True)
