"""The address of a PostgreSQL, and how a connection to it is kept safe.

What leaves this machine goes through TLS to a server that has proved its name, whatever the address
says; only a socket and the loopback address need none. An address holds no password.
"""

from __future__ import annotations

import ipaddress
import os
import re
import ssl
import stat
from collections.abc import Mapping
from pathlib import Path

from strongroom.errors import OperatorError

_EXAMPLE = "postgresql://USER@HOST:5432/DATABASE"
_SCHEMES = ("postgresql://", "postgres://")
_MAY_BE_SAID = {
    "host", "port", "user", "dbname", "sslmode", "sslrootcert", "sslcert", "sslkey", "sslcrl",
}  # fmt: skip
_OPEN_TO_OTHERS = stat.S_IRWXG | stat.S_IRWXO
_PASSWORD_BYTES_MAX = 4096
# Also one that nobody would read as such: with / or @ in it, a part would be taken for the host.
_WITH_PASSWORD = re.compile(r"://.*:.*@", re.DOTALL)
_PORTS = re.compile(r"[0-9,]*")

# A server that vanishes is noticed within half a minute, on a connection that is idle or not.
_PATIENCE = {
    "connect_timeout": "10",
    "keepalives_idle": "15",
    "keepalives_interval": "5",
    "keepalives_count": "3",
    "tcp_user_timeout": "30000",
}


def arguments(url: str) -> dict[str, str]:
    """Say how to connect, in the words of PostgreSQL's own library; the password is not in it.

    Raises:
        OperatorError: the address is none, holds a password, or would do without TLS.
    """
    said = _parsed(url)
    hosts = said["host"].split(",")
    if all(_is_this_machine(host) for host in hosts):
        # Whoever listens there in its place is told no password that it could use elsewhere.
        return {**_PATIENCE, "require_auth": "!password,!md5", **said}
    mode = said.get("sslmode", "verify-full")
    if mode != "verify-full":
        raise OperatorError(
            "A database on another machine is used through TLS that proves the server's name.",
            why=f"The address asks for sslmode={mode}.",
            hint="Leave sslmode away, and name the authority that the server's certificate is from "
            "with ?sslrootcert=FILE if the system does not know it.",
        )
    # Encryption by Kerberos would take the place of TLS where somebody has a ticket.
    return {
        **_PATIENCE,
        "gssencmode": "disable",
        "sslrootcert": _known_authorities(),
        **said,
        "sslmode": "verify-full",
    }


def shown(url: str) -> str:
    """Write an address for messages: who, where, and which database; nothing else of it."""
    said = _parsed(url)
    port = f":{said['port'].strip(',')}" if said.get("port", "").strip(",") else ""
    user = f"{said['user']}@" if "user" in said else ""
    return f"postgresql://{user}{said['host']}{port}/{said['dbname']}"


def read_password(path: Path) -> str:
    """Read the password of the database from a file that its owner alone may read.

    Raises:
        OperatorError: there is none, or others may read it.
    """
    try:
        with path.open("rb") as file:
            _refuse_if_open_to_others(path, os.fstat(file.fileno()))
            text = file.read(_PASSWORD_BYTES_MAX).decode().rstrip("\r\n")
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "It is no text in UTF-8"
        raise OperatorError(
            f"The password of the database cannot be read from {path}.",
            why=f"{why}.",
            hint="Put the file back, or name another one with `strongroom database join`.",
        ) from None  # what could not be decoded may be the password
    if not text:
        raise OperatorError(f"The password file {path} is empty.", hint="Write the password in it.")
    return text


def _parsed(url: str) -> dict[str, str]:
    # Takes a moment to load: only for those who have a PostgreSQL.
    import psycopg  # noqa: PLC0415
    from psycopg.conninfo import conninfo_to_dict  # noqa: PLC0415

    if not url.startswith(_SCHEMES):
        raise _not_understood("It does not begin with postgresql://.")
    _refuse_password(url, {})
    try:
        said = {name: str(value) for name, value in conninfo_to_dict(url).items()}
    except psycopg.Error:
        # What the library says would repeat parts of it.
        raise _not_understood("PostgreSQL's library cannot read it.") from None
    _refuse_password(url, said)
    unknown = sorted(said.keys() - _MAY_BE_SAID)
    if unknown:
        raise _not_understood(f"It may not set {', '.join(unknown)}.")
    if not _PORTS.fullmatch(said.get("port", "")):
        raise _not_understood("Its port is no number.")
    for name, missing in (("host", "no host"), ("dbname", "no database")):
        if not said.get(name):
            raise _not_understood(f"It names {missing}.")
    return said


def _refuse_password(url: str, said: Mapping[str, str]) -> None:
    if "password" in said or _WITH_PASSWORD.search(url):
        raise OperatorError(
            "An address with a password in it is not taken.",
            why="It would stay in the shell's history and in the list of processes.",
            hint="Take it out of the address, change it if others may have seen it, and name a "
            "file that holds it with --password-file.",
        )


def _not_understood(why: str) -> OperatorError:
    return OperatorError(
        "This is not the address of a PostgreSQL database.",
        why=why,
        hint=f"Write {_EXAMPLE}, or {_EXAMPLE.replace('HOST:5432', '')}?host=/var/run/postgresql "
        "for the socket of this machine.",
    )


def _is_this_machine(host: str) -> bool:
    if host.startswith("/") or host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _known_authorities() -> str:
    """Say where the system keeps the authorities that it trusts."""
    return ssl.get_default_verify_paths().cafile or "system"


def _refuse_if_open_to_others(path: Path, state: os.stat_result) -> None:
    if os.name == "posix" and state.st_mode & _OPEN_TO_OTHERS:
        raise OperatorError(
            f"The password file {path} can be read by other accounts, so it is not used.",
            why=f"Its rights are {stat.S_IMODE(state.st_mode):04o}.",
            hint=f"chmod 600 {path}",
        )
