"""The options of connections: each once, with one name and one sentence wherever it stands."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from strongroom.cli import unlocking

PASSWORD_OPTION = "--account-password-file"  # noqa: S105 - the name of an option
APP_PASSWORD_OPTION = "--app-password-file"  # noqa: S105 - the same
SECRET_OPTION = "--client-secret-file"  # noqa: S105 - the same
KEY_PASSWORD_OPTION = "--certificate-password-file"  # noqa: S105 - the same
RESTORE_KEY_PASSWORD_OPTION = "--restore-certificate-password-file"  # noqa: S105 - the same

_A_SECRET = "; - reads stdin."  # noqa: S105 - the end of a sentence


class ExchangeAuth(StrEnum):
    """How to sign in to an Exchange Server."""

    BASIC = "basic"
    NTLM = "ntlm"
    KERBEROS = "kerberos"


class FarmAuth(StrEnum):
    """How to sign in to a SharePoint Server."""

    NTLM = "ntlm"
    KERBEROS = "kerberos"
    FORMS = "forms"
    LEGACY = "legacy"


class OnlineAuth(StrEnum):
    """What has to be named for SharePoint Online: the other ways have options of their own."""

    LEGACY = "legacy"


class AnyAuth(StrEnum):
    """Every way that is chosen by name."""

    BASIC = "basic"
    NTLM = "ntlm"
    KERBEROS = "kerberos"
    FORMS = "forms"
    LEGACY = "legacy"


class PersonsSignIn(StrEnum):
    """How a person signs in."""

    BROWSER = "browser"
    DEVICE_CODE = "device-code"


class Access(StrEnum):
    """How other people's mailboxes are opened."""

    IMPERSONATION = "impersonation"
    DELEGATE = "delegate"


class Cloud(StrEnum):
    """Which of Microsoft's clouds."""

    GLOBAL = "global"
    GCC_HIGH = "gcc-high"
    DOD = "dod"
    CHINA = "china"


Name = Annotated[str, typer.Argument(metavar="NAME", help="The connection's name.")]
GuardFile = unlocking.GuardOption

Server = Annotated[
    str | None,
    typer.Option("--server", metavar="HOST_OR_URL", help="Host name, address, or URL of EWS."),
]
Autodiscover = Annotated[
    str | None,
    typer.Option(
        "--autodiscover",
        metavar="ADDRESS",
        help="Look up the server of this mailbox; with --server, that one is asked first.",
    ),
]
Directory = Annotated[
    str | None,
    typer.Option(
        "--directory",
        metavar="HOST|dns",
        help="With --autodiscover, ask this domain controller too (LDAP under TLS), or the one "
        "that the DNS names.",
    ),
]
Url = Annotated[
    str | None, typer.Option("--url", metavar="URL", help="Address of the site: https://…")
]
SignInServer = Annotated[
    str | None,
    typer.Option(
        "--sign-in-server",
        metavar="URL",
        help="With --auth legacy: where the account's organisation signs its people in itself, as "
        "a browser shows it (https://sts.example/adfs/ls/?wtrealm=…).",
    ),
]
User = Annotated[str | None, typer.Option("--user", metavar="U", help="Account to sign in as.")]
AccessOption = Annotated[
    Access | None, typer.Option("--access", help="How other people's mailboxes are opened.")
]
PasswordFile = Annotated[
    str | None,
    typer.Option(PASSWORD_OPTION, metavar="F", help=f"File with its password{_A_SECRET}"),
]
AppPasswordFile = Annotated[
    str | None,
    typer.Option(APP_PASSWORD_OPTION, metavar="F", help=f"File with an app password{_A_SECRET}"),
]
Keytab = Annotated[
    Path | None,
    typer.Option(
        "--keytab", metavar="F", help="Kerberos key table, in place of the password; kept sealed."
    ),
]
OwnTickets = Annotated[
    bool,
    typer.Option(
        "--own-tickets", help="Kerberos tickets of the account that runs Strongroom, no password."
    ),
]
CaFile = Annotated[
    Path | None,
    typer.Option("--ca-file", metavar="PEM", help="Certificates of your own authority to trust."),
]
Fingerprint = Annotated[
    str | None,
    typer.Option(
        "--certificate-fingerprint",
        metavar="SHA256",
        help="The one server certificate to believe, whoever issued it.",
    ),
]
CertificateName = Annotated[
    str | None,
    typer.Option(
        "--certificate-name",
        metavar="HOST",
        help="Name in the server's certificate, where its address is another.",
    ),
]
Proxy = Annotated[
    str | None,
    typer.Option(
        "--proxy",
        metavar="URL",
        help="http://host:port to go through; those of the environment are never used.",
    ),
]
Owner = Annotated[
    list[str] | None,
    typer.Option(
        "--owner",
        metavar="ID",
        help="Whose account this is: uid:NUMBER, sid:S-1-5-… or entra:TENANT:OBJECT-ID. They are "
        "not asked for the connection's password.",
    ),
]
Tenant = Annotated[
    str | None,
    typer.Option("--tenant", metavar="T", help="Id of the tenant, or one of its domains."),
]
ClientId = Annotated[
    str | None, typer.Option("--client-id", metavar="ID", help="Id of the application.")
]
Certificate = Annotated[
    Path | None,
    typer.Option(
        "--certificate", metavar="PEM", help="Its certificate with the private key, PEM or PFX."
    ),
]
CertificatePasswordFile = Annotated[
    str | None,
    typer.Option(
        KEY_PASSWORD_OPTION,
        metavar="F",
        help=f"File with the password of that private key{_A_SECRET}",
    ),
]
SignInOption = Annotated[
    PersonsSignIn | None,
    typer.Option("--sign-in", help="Sign a person in now, second factor and all."),
]
CloudOption = Annotated[
    Cloud | None, typer.Option("--cloud", help="Which of Microsoft's clouds; GCC is global.")
]
Endpoints = Annotated[
    Path | None,
    typer.Option(
        "--endpoints",
        metavar="FILE",
        help="JSON with other addresses than the cloud's: authority, graph, ews, sharepoint.",
    ),
]
WithPermissions = Annotated[
    bool,
    typer.Option(
        "--with-permissions",
        help="Sites: the application that backs up sees who has which rights, which takes full "
        "control. Without it backups hold no permissions, and say so.",
    ),
]
RestoreClientId = Annotated[
    str | None,
    typer.Option(
        "--restore-client-id",
        metavar="ID",
        help="A second application that may write; used for restores alone.",
    ),
]
RestoreCertificate = Annotated[
    Path | None,
    typer.Option(
        "--restore-certificate", metavar="PEM", help="Its certificate with the private key."
    ),
]
RestoreCertificatePasswordFile = Annotated[
    str | None,
    typer.Option(
        RESTORE_KEY_PASSWORD_OPTION,
        metavar="F",
        help=f"File with the password of that private key{_A_SECRET}",
    ),
]
ClientSecretFile = Annotated[
    str | None,
    typer.Option(SECRET_OPTION, metavar="F", help=f"File with its client secret{_A_SECRET}"),
]
