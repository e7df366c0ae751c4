"""Who calls: known by stable ids that the operating system or Entra ID vouches for.

A name is for reading only. Names are given to others when people leave, local accounts can be named
like those of the domain, and an e-mail claim can be changed by its holder.
"""

from __future__ import annotations

import csv
import getpass
import os
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

from strongroom.errors import OperatorError

THE_SERVICE = "service"
"""Whoever runs what jobs ask for: not a person, and never given a role."""

_STABLE = re.compile(r"uid:\d{1,10}|sid:S-1(-\d{1,10}){1,15}|entra:[\w-]{1,64}:[\w-]{1,64}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """Somebody, as whoever signed them in vouches for.

    Attributes:
        ids: Stable ids, at least one; the first one stands in the audit log.
        name: What to call them; never compared.
    """

    ids: tuple[str, ...]
    name: str

    def __post_init__(self) -> None:
        if not self.ids:
            raise ValueError("a caller without an id is nobody")
        for one in self.ids:
            if one != THE_SERVICE:
                checked_account(one)


def checked_account(account: str) -> str:
    """Take a stable id, or refuse what is none.

    Raises:
        OperatorError: it is a name, or something else.
    """
    if not _STABLE.fullmatch(account):
        raise OperatorError(
            "This is not the stable id of an account.",
            why="Names and addresses can be given to somebody else.",
            hint="Give uid:NUMBER (see `id -u NAME`), sid:S-1-5-… or entra:TENANT:OBJECT-ID.",
        )
    return account


def own_account() -> Caller:
    """Say which of the operating system's accounts this process runs as."""
    if os.name == "nt":
        return _own_windows_account()
    return unix_account(os.getuid())


def unix_account(number: int) -> Caller:
    """Give the account of that number on this machine."""
    return Caller(ids=(f"uid:{number}",), name=_unix_name(number))


def name_here(account: str) -> str:
    """Say who an account that has a number is on this machine; empty: nobody, or it has none."""
    scheme, _, number = account.partition(":")
    if scheme != "uid" or os.name == "nt":
        return ""
    name = _unix_name(int(number))
    return "" if name == f"uid {number}" else name


def home_account(home: Path) -> frozenset[str]:
    """Say whose account a home is: whoever is it can read all its files anyway."""
    if os.name == "nt":
        # Its access list lets nobody else in, so whoever opened the home in this process is it.
        return frozenset(own_account().ids)
    return frozenset({f"uid:{home.stat().st_uid}"})


def _unix_name(number: int) -> str:
    import pwd  # noqa: PLC0415 - not there on Windows

    try:
        return pwd.getpwuid(number).pw_name
    except KeyError:  # an account without an entry, as containers have them
        return f"uid {number}"


def _own_windows_account() -> Caller:
    program = Path(os.path.expandvars("%SystemRoot%")) / "System32" / "whoami.exe"
    told = subprocess.run(  # noqa: S603 - a program of the system, by its full path
        [program, "/user", "/fo", "csv", "/nh"], capture_output=True, text=True, check=True
    )
    (name, sid), *_ = csv.reader(told.stdout.splitlines())
    return Caller(ids=(f"sid:{sid}",), name=name or getpass.getuser())
