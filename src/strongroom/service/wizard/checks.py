"""What answers must be: refused at once, with words that help."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from strongroom.errors import OperatorError
from strongroom.service.shared import checked_name
from strongroom.service.wizard.answers import Answers

_HOST = re.compile(r"[A-Za-z0-9]([A-Za-z0-9.-]{0,251}[A-Za-z0-9])?")
_IPV6 = re.compile(r"\[[0-9A-Fa-f:.]{2,45}\]")
_LOCAL_PART = re.compile(r"[^\s@<>\"(),:;\\\[\]]{1,64}")
_GUID = re.compile(r"[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}")
_LONGEST = 2000


def connection_name(answers: Answers, text: str) -> str:
    """Take a name that is free."""
    name = checked_name("connection", text)
    if name in answers.setting.taken:
        raise OperatorError(
            f"There is a connection named '{name}' already.", hint="Choose another name."
        )
    return name


def server(_: Answers, text: str) -> str:
    """Take a host name, an IP address, or the URL of EWS."""
    if "://" in text:
        return _https_url(text, example="https://mail.example.com/EWS/Exchange.asmx")
    _host_and_port(text)
    return text


def host_name(_: Answers, text: str) -> str:
    """Take the name of a host, and nothing else."""
    if not _HOST.fullmatch(text) or ".." in text:
        raise OperatorError(
            "This is not the name of a server.", hint="It looks like mail.example.com."
        )
    return text


def site_url(_: Answers, text: str) -> str:
    """Take the URL of a site or of the root of a farm."""
    if "://" not in text:
        _host_and_port(text.partition("/")[0])
        text = f"https://{text}"
    return _https_url(text, example="https://sites.example.com")


def site_urls(answers: Answers, text: str) -> str:
    """Take URLs of sites, with commas or blanks between them."""
    found = [site_url(answers, one) for one in split(text)]
    if not found:
        raise OperatorError("No site was given.", hint="Give one address, or several.")
    return ", ".join(dict.fromkeys(found))


def address(_: Answers, text: str) -> str:
    """Take an e-mail address."""
    local, at, domain = text.rpartition("@")
    is_host = _HOST.fullmatch(domain) and "." in domain and ".." not in domain
    if not at or not _LOCAL_PART.fullmatch(local) or not is_host or not domain.isascii():
        raise OperatorError(
            "This is not an e-mail address.",
            hint="It looks like ann@example.com: a name, @, and a domain with a dot in it.",
        )
    return text


def addresses(answers: Answers, text: str) -> str:
    """Take e-mail addresses, with commas or blanks between them."""
    found = split(text)
    if not found:
        raise OperatorError(
            "No address was given.", hint="Give one, or several with commas between them."
        )
    for one in found:
        address(answers, one)
    return ", ".join(dict.fromkeys(found))


def split(text: str) -> tuple[str, ...]:
    """Take a list apart that has commas or blanks between its parts."""
    return tuple(text.replace(",", " ").split())


def account(answers: Answers, text: str) -> str:
    """Take the name of an account, in the form that the way of signing in needs."""
    _plain(text)
    if answers.is_("auth", "basic") and ":" in text:
        raise OperatorError(
            "This account cannot sign in by Basic: its name holds a colon.",
            hint="Give it as user@domain or DOMAIN\\user.",
        )
    if answers.is_("auth", "kerberos") and "@" not in text:
        raise OperatorError(
            "Kerberos needs to know the account's realm.",
            hint="Give it as user@REALM, for example backup@EXAMPLE.COM.",
        )
    return text


def tenant(_: Answers, text: str) -> str:
    """Take the id of a tenant, or one of its domains."""
    if _GUID.fullmatch(text):
        return text.lower()
    if not _HOST.fullmatch(text) or "." not in text or ".." in text:
        raise OperatorError(
            "This is not the name of a tenant.",
            hint="Give one of its domains (example.onmicrosoft.com), or the Tenant ID that the "
            "Entra admin center shows under Overview.",
        )
    return text.lower()


def client_id(_: Answers, text: str) -> str:
    """Take the id of an application."""
    if not _GUID.fullmatch(text):
        raise OperatorError(
            "This is not the id of an application.",
            why="An id has 32 digits and letters a to f, in groups of 8, 4, 4, 4 and 12.",
            hint="Copy 'Application (client) ID' from the application's page in the Entra admin "
            "center, not 'Object ID' and not the secret's id.",
        )
    return text.lower()


def _https_url(text: str, *, example: str) -> str:
    try:
        parts = urlsplit(text)
        host, _ = parts.hostname, parts.port
    except ValueError:
        host = None
        parts = urlsplit("")
    if parts.scheme == "http":
        raise OperatorError(
            "This address begins with http://, so whatever goes there can be read on the way.",
            hint=f"Give the https:// address, like {example}.",
        )
    if parts.scheme != "https" or not host or not text.isprintable() or " " in text:
        raise OperatorError("This is not an address.", hint=f"It looks like {example}.")
    if parts.username is not None or parts.password is not None:
        raise OperatorError(
            "The address holds a user name or a password.",
            why="Addresses are shown in lists and messages; secrets never are.",
            hint="Give the address alone; account and password are asked next.",
        )
    if parts.query or parts.fragment or len(text) > _LONGEST:
        raise OperatorError(
            "The address has more behind it than is needed.",
            hint=f"Leave out everything from ? or # on: it looks like {example}.",
        )
    return text


def _host_and_port(text: str) -> None:
    host, _, port = text.rpartition(":") if ":" in text.rpartition("]")[2] else (text, "", "443")
    is_host = (_HOST.fullmatch(host) and ".." not in host) or _IPV6.fullmatch(host)
    if not is_host or not port.isdigit() or not 0 < int(port) < 65536:
        raise OperatorError(
            "This is not the name of a server.",
            hint="Give its name (mail.example.com), its IP address (192.0.2.10; IPv6 in brackets), "
            "or the address of EWS (https://mail.example.com/EWS/Exchange.asmx).",
        )


def _plain(text: str) -> None:
    if not text or not text.isprintable() or len(text) > 256:
        raise OperatorError(
            "This is not the name of an account.", hint="Give user@domain or DOMAIN\\user."
        )
