"""What a connection of each kind needs and may have.

Checked when details are added, edited or tried; never when a kept record is opened, so that a rule
that is new makes no connection unreadable.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from urllib.parse import urlsplit

from strongroom.errors import OperatorError
from strongroom.service.details import (
    EXCHANGE_ONLINE,
    EXCHANGE_ONPREM,
    SHAREPOINT_ONLINE,
    SHAREPOINT_ONPREM,
    ConnectionDetails,
)
from strongroom.wire.entra.clouds import endpoints_of
from strongroom.wire.origins import Origin

_EVERYWHERE = frozenset({"kind", "auth", "user", "ca_pem", "proxy", "owners", "is_guarded"})
_OF_ONES_OWN = frozenset({"fingerprint", "certificate_name", "uses_tickets"})
_OF_A_CLOUD = frozenset({"tenant", "cloud", "endpoints", "client_id", "restore_client_id"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """One kind of server.

    Attributes:
        name: What it is called in messages.
        auths: Ways to sign in there.
        needs: Fields that must be given, with their options on the command line.
        may: Fields that may be given beside those; secrets go with the way to sign in.
    """

    name: str
    auths: tuple[str, ...]
    needs: Mapping[str, str]
    may: frozenset[str]


KINDS: Mapping[str, Kind] = {
    EXCHANGE_ONPREM: Kind(
        name="an Exchange Server",
        auths=("basic", "ntlm", "kerberos"),
        needs={"server": "--server or --autodiscover"},
        may=_OF_ONES_OWN | {"autodiscover", "directory", "access"},
    ),
    EXCHANGE_ONLINE: Kind(
        name="Exchange Online",
        auths=("certificate", "client-secret", "browser", "device-code"),
        needs={"tenant": "--tenant", "client_id": "--client-id"},
        may=_OF_A_CLOUD | {"uses_ews"},
    ),
    SHAREPOINT_ONPREM: Kind(
        name="a SharePoint Server",
        auths=("ntlm", "kerberos", "forms", "legacy"),
        needs={"url": "--url"},
        may=_OF_ONES_OWN | {"sign_in_server"},
    ),
    SHAREPOINT_ONLINE: Kind(
        name="SharePoint Online",
        auths=("certificate", "browser", "device-code", "legacy"),
        needs={"url": "--url", "tenant": "--tenant", "client_id": "--client-id"},
        may=_OF_A_CLOUD | {"sign_in_server", "sees_permissions"},
    ),
}

_PROOFS: Mapping[str, Mapping[str, str]] = {
    "basic": {"password": "--account-password-file"},
    "ntlm": {"password": "--account-password-file"},
    "kerberos": {
        "password": "--account-password-file",
        "keytab": "--keytab",
        "uses_tickets": "--own-tickets",
    },
    "forms": {"password": "--account-password-file"},
    "legacy": {
        "app_password": "--app-password-file",
        "password": "--account-password-file",
    },
    "certificate": {"certificate": "--certificate"},
    "client-secret": {"client_secret": "--client-secret-file"},
    "browser": {"token_cache": "--sign-in browser"},
    "device-code": {"token_cache": "--sign-in device-code"},
}
"""What proves who we are, for each way: one of these, with its option."""

BY_APPLICATION = frozenset({"certificate", "client-secret"})
BY_PERSON = frozenset({"browser", "device-code"})


def kind_of(details: ConnectionDetails) -> Kind:
    """Give what is known of a connection's kind.

    Raises:
        OperatorError: nothing is.
    """
    found = KINDS.get(details.kind)
    if found is None:
        raise OperatorError(
            "This kind of connection is not known.", hint=f"Known are: {', '.join(KINDS)}."
        )
    return found


def options_by_proof(details: ConnectionDetails) -> Mapping[str, str]:
    """Give what can prove who signs in: fields, with their options on the command line."""
    return _PROOFS[details.auth]


def proofs_of(details: ConnectionDetails) -> Sequence[str]:
    """Name the fields that do prove it; one, once a connection is complete."""
    return [field for field in _PROOFS[details.auth] if getattr(details, field)]


def options_of(details: ConnectionDetails) -> str:
    """Name the options that give a connection what proves who signs in."""
    return " or ".join(_PROOFS[details.auth].values())


def check(details: ConnectionDetails) -> None:
    """Refuse details that a connection of their kind cannot have; secrets may be missing.

    Raises:
        OperatorError: with what is wrong, and which option mends it.
    """
    kind = kind_of(details)
    _check_auth(details, kind)
    _check_fields(details, kind)
    _check_addresses(details)
    if details.kind == SHAREPOINT_ONLINE:
        _check_site(details)


def check_secrets(details: ConnectionDetails) -> None:
    """Refuse details that lack what signing in needs. A person's sign-in may still come.

    Raises:
        OperatorError: with the option that gives it.
    """
    proofs = _PROOFS[details.auth]
    given = proofs_of(details)
    if len(given) > 1:
        options = " or ".join(proofs[field] for field in given)
        raise OperatorError(
            "There are two ways to prove who signs in.",
            why="Nobody could say which one is used.",
            hint=f"Give {options}, not both.",
        )
    if not given and details.auth not in BY_PERSON:
        raise OperatorError(
            f"Signing in by {details.auth} needs something to prove it with.",
            hint=f"Give {options_of(details)}.",
        )
    if details.restore_client_id and details.restore_certificate is None:
        raise OperatorError(
            "The application that restores has no certificate.",
            hint="Give --restore-certificate.",
        )


def _check_auth(details: ConnectionDetails, kind: Kind) -> None:
    if details.auth in kind.auths:
        return
    if details.kind == SHAREPOINT_ONLINE and details.auth == "client-secret":
        raise OperatorError(
            "SharePoint Online takes no application that signs in by a secret.",
            why="It answers such tokens with 'Unsupported app only token'.",
            hint="Give --certificate; its public part belongs to the same application.",
        )
    raise OperatorError(
        f"Nobody signs in to {kind.name} by {details.auth}.",
        hint=f"It is one of: {', '.join(kind.auths)}.",
    )


def _check_fields(details: ConnectionDetails, kind: Kind) -> None:
    for field, option in _needed(details, kind).items():
        if not getattr(details, field):
            raise OperatorError(
                f"A connection to {kind.name} needs its {field.replace('_', ' ')}.",
                hint=f"Give {option}.",
            )
    fitting = _EVERYWHERE | kind.may | kind.needs.keys() | _PROOFS[details.auth].keys()
    if details.restore_client_id:
        fitting |= {"restore_certificate"}
    for one in fields(details):
        if one.name not in fitting and getattr(details, one.name) != one.default:
            raise OperatorError(
                f"A connection to {kind.name} that signs in by {details.auth} has no"
                f" {one.name.replace('_', ' ')}.",
                why="It is not used there, and what is not used is not kept.",
            )
    _check_one_certificate(details)


def _check_one_certificate(details: ConnectionDetails) -> None:
    if details.fingerprint and details.ca_pem:
        raise OperatorError(
            "A certificate's fingerprint stands alone.",
            why="It names the one certificate that is believed: with an authority beside it"
            " nobody could say which counts.",
            hint="Give --certificate-fingerprint or --ca-file.",
        )
    names_one = details.fingerprint or details.certificate_name
    if names_one and (details.autodiscover or details.sign_in_server):
        raise OperatorError(
            "Several servers are asked, and one certificate was named.",
            why="Each of them has to prove a name of its own before it gets a password.",
            hint="Name the server with --server, or trust its authority with --ca-file.",
        )


def _needed(details: ConnectionDetails, kind: Kind) -> Mapping[str, str]:
    needs = dict(kind.needs)
    if details.auth == "legacy":
        # The old sign-in knows neither applications nor tenants, only people.
        needs = {"url": needs["url"]}
    if details.auth not in BY_APPLICATION | BY_PERSON and not details.uses_tickets:
        needs["user"] = "--user"
    return needs


def _check_addresses(details: ConnectionDetails) -> None:
    for address in (details.server, details.url):
        if "://" in address:
            Origin.of(address)
    _check_sign_in_server(details)
    if details.url and "://" not in details.url:
        raise OperatorError(
            "A site's address begins with https://", hint="Give --url https://HOST/sites/NAME."
        )
    endpoints_of(details.cloud, details.endpoints)
    if details.tenant:
        endpoints_of(details.cloud, details.endpoints).authority_of(details.tenant)
    _check_proxy(details.proxy)
    _check_directory(details.directory)


def _check_sign_in_server(details: ConnectionDetails) -> None:
    if not details.sign_in_server:
        return
    if details.auth != "legacy":
        raise OperatorError(
            "Only the legacy sign-in goes to an organisation's own sign-in server.",
            why="It is not used otherwise, and what is not used is not kept.",
            hint="Leave out --sign-in-server, or choose --auth legacy.",
        )
    if details.kind == SHAREPOINT_ONPREM:
        # Loaded here: most connections have none, and it loads all that speaks HTTP.
        from strongroom.wire.sharepoint.claims import SignInServer  # noqa: PLC0415

        SignInServer.of(details.sign_in_server)
    else:
        Origin.of(details.sign_in_server)


def _check_directory(directory: str) -> None:
    host, colon, port = directory.partition(":")
    if directory and (not host or "/" in directory or (colon and not port.isdecimal())):
        raise OperatorError(
            "This is not the name of a domain controller.",
            hint="Give --directory HOST, HOST:PORT for another port than 636, or dns.",
        )


def _check_proxy(proxy: str) -> None:
    parts = urlsplit(proxy)
    if proxy and (parts.scheme != "http" or not parts.hostname):
        raise OperatorError(
            "This is not the address of a proxy that we can use.",
            why="The proxy opens a tunnel for us; it is told no password, and TLS goes through it.",
            hint="Give it as http://host:port, without a user name.",
        )


def _check_site(details: ConnectionDetails) -> None:
    domain = endpoints_of(details.cloud, details.endpoints).sharepoint
    if "://" in domain:
        is_there = Origin.of(details.url) == Origin.of(domain)
    else:
        is_there = Origin.of(details.url).host.endswith(f".{domain}")
    if not is_there:
        raise OperatorError(
            "This site is not in the tenant's cloud.",
            why=f"Sites of this cloud are at {domain}.",
            hint="A site on a server of your own is of the kind sharepoint-onprem; another of"
            " Microsoft's clouds is named by --cloud.",
        )
