"""What PostgreSQL's errors mean, and who must act.

Once a connection stands, the server names its errors by codes (SQLSTATE). Before that there is only
text, in the server's language; what is not understood counts as something that time heals.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError

from strongroom.control.outages import (
    DatabaseBusy,
    DatabaseFull,
    DatabaseHeld,
    DatabaseUnreachable,
)
from strongroom.errors import (
    AccessDenied,
    IntegrityError,
    OperatorError,
    ServerUnreachable,
    StrongroomError,
)

WRITE_WAIT_S = 30
"""How long a change waits for those before it."""

_WHERE = re.compile(r"connection to server .*? failed: ")
_AS_TEXT = (
    (re.compile("password authentication failed"), "28P01"),
    (re.compile("no password supplied"), "no password"),
    (re.compile('database ".*" does not exist'), "3D000"),
    (re.compile('pg_hba|authentication (failed|method)|role ".*" does not exist'), "28000"),
    (re.compile("certificate|SSL"), "no proof"),
)
"""What is told while a connection is made, and the code that it stands for."""


@dataclass(frozen=True, slots=True)
class _Meaning:
    """What errors with these codes mean; where the what and the hint name ``{}``, it is there."""

    codes: tuple[str, ...]
    error: type[StrongroomError]
    what: str
    hint: str


_MEANINGS = (
    _Meaning(
        ("28P01",),
        AccessDenied,
        "The database {} does not take the password.",
        "Write the right one into the password file that `strongroom database show` names.",
    ),
    _Meaning(
        ("no password",),
        AccessDenied,
        "The database {} wants a password, and none is known.",
        "Name the file that holds it with --password-file.",
    ),
    _Meaning(
        ("28", "42501"),
        AccessDenied,
        "The database {} does not let us do this.",
        "Its administrator can: the account must be let in from this machine, and own the schema "
        "`strongroom` or be allowed to make it.",
    ),
    _Meaning(
        ("3D000",),
        OperatorError,
        "There is no database {}.",
        "Have its administrator make it: CREATE DATABASE name OWNER account.",
    ),
    _Meaning(
        ("no proof",),
        ServerUnreachable,
        "The server of the database {} could not prove its name.",
        "Name it as its certificate does, and the certificate's authority with ?sslrootcert=FILE; "
        "it was told nothing.",
    ),
    _Meaning(
        ("53100",),
        DatabaseFull,
        "The disk of the database {} is full.",
        "Free some space there and run the command again; nothing was lost.",
    ),
    _Meaning(
        ("25006",),
        OperatorError,
        "The database {} can only be read.",
        "Name the server that takes changes, not a copy of it.",
    ),
    _Meaning(
        ("XX001", "XX002"),
        IntegrityError,
        "The control database {} is damaged.",
        "Have its administrator put it back from a backup. No stored backup is lost: a storage is "
        "adopted with its password or recovery key.",
    ),
    _Meaning(
        ("55P03",),
        DatabaseHeld,
        f"The control database {{}} has been in use for more than {WRITE_WAIT_S} seconds.",
        "Look for what holds it (a stopped process; pg_stat_activity tells); run again.",
    ),
    _Meaning(
        ("08", "57P", "25P03"),
        DatabaseUnreachable,
        "The control database {} does not answer.",
        "See whether its server runs and can be reached from here, and run again.",
    ),
    _Meaning(
        ("40", "53", "57"),
        DatabaseBusy,
        "The control database {} could not do this now.",
        "Run it again.",
    ),
)
"""Codes, or how they begin; the first that fits."""


def meaning(shown: str, error: DBAPIError) -> StrongroomError | None:
    """Say what an error of the driver means; None: nothing that we foresaw.

    Args:
        shown: The database, as messages name it.
        error: The error.
    """
    said = " ".join(str(error.orig).split())
    code = getattr(error.orig, "sqlstate", None)
    if code is None and _is_about_the_line(error):
        told = _WHERE.sub("", said)  # where it is named, any word may stand
        code = next((code for text, code in _AS_TEXT if text.search(told)), "08000")
    for one in _MEANINGS:
        if code is not None and code.startswith(one.codes):
            return one.error(
                one.what.format(shown), why=f"{said.removesuffix('.')}.", hint=one.hint
            )
    return None


def _is_about_the_line(error: DBAPIError) -> bool:
    return error.connection_invalidated or isinstance(error, OperationalError | InterfaceError)
