"""A Kerberos key table that was kept sealed, for as long as the library reads it."""

from __future__ import annotations

import base64
import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import spnego

from strongroom.errors import OperatorError

_MAGIC = b"\x05\x02"


def checked_keytab(table: bytes) -> bytes:
    """Take a key table, or refuse what is none.

    Raises:
        OperatorError: it does not begin as key tables do.

    Source:
        https://web.mit.edu/kerberos/krb5-latest/doc/formats/keytab_file_format.html
    """
    if not table.startswith(_MAGIC):
        raise _no_keytab()
    return table


def keytab_of(text: str) -> bytes:
    """Read a key table that is kept as base64.

    Raises:
        OperatorError: it is none.
    """
    try:
        return checked_keytab(base64.b64decode(text, validate=True))
    except ValueError as error:
        raise _no_keytab() from error


def _no_keytab() -> OperatorError:
    return OperatorError(
        "This is not a Kerberos key table.",
        hint="Make one with ktutil, or with ktpass on a domain controller.",
    )


@contextmanager
def open_keytab(table: bytes, principal: str) -> Iterator[spnego.KerberosKeytab]:
    """Give what the library takes in place of a password.

    It reads key tables by path alone. On Linux that is one of memory, so that no key ever lies on a
    disk; elsewhere a file that nobody else may read, gone when the block ends.
    """
    checked_keytab(table)
    if sys.platform == "linux":
        number = os.memfd_create("keytab", os.MFD_CLOEXEC)
        with os.fdopen(number, "wb") as file:
            file.write(table)
            file.flush()
            yield spnego.KerberosKeytab(f"FILE:/proc/self/fd/{number}", principal)
        return
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "keytab"
        path.touch(mode=0o600)
        path.write_bytes(table)
        yield spnego.KerberosKeytab(f"FILE:{path}", principal)
