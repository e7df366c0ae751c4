"""Words of ours in a script that somebody pastes into PowerShell: refused if they are not plain."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from strongroom.errors import OperatorError
from strongroom.wire.origins import Origin

# Letters that end a quotation, or begin a variable, stand in none of these.
_PLAIN = re.compile(r"[A-Za-z0-9 ._-]{1,64}")
_ADDRESS = re.compile(r"[A-Za-z0-9.!#%&*+/=?^_{|}~-]{1,64}@[A-Za-z0-9.-]{1,253}")
_PATH = re.compile(r"[A-Za-z0-9/._~%()-]{0,400}")


def word(text: str) -> str:
    """Give a name or an id as a quoted word.

    Raises:
        OperatorError: it would not stand safely in a script.
    """
    if not _PLAIN.fullmatch(text):
        raise OperatorError(
            "This name cannot be used in a script.",
            hint="Use letters, digits, blanks, dots, underscores and hyphens, at most 64.",
        )
    return f"'{text}'"


def address(text: str) -> str:
    """Take the address of a mailbox, without quotes.

    Raises:
        OperatorError: it is none, or would not stand safely in a script.
    """
    if not _ADDRESS.fullmatch(text):
        raise OperatorError(
            f"This cannot be the address of a mailbox: {text!r}.",
            hint="Give addresses as name@domain.",
        )
    return text


def site(url: str) -> str:
    """Give a site as Graph names it, as a quoted word: ``'host:/sites/marketing'``.

    Raises:
        OperatorError: it is no ``https`` address of a site, or would not stand safely in a script.
    """
    origin = Origin.of(url)
    path = urlsplit(url).path.rstrip("/")
    host = origin.host if origin.port == 443 else f"{origin.host}:{origin.port}"
    if not _PATH.fullmatch(path) or not _PLAIN.fullmatch(origin.host):
        raise OperatorError(
            "This address of a site cannot be used in a script.",
            hint="Give it as https://HOST/sites/NAME, other letters escaped (%20).",
        )
    return f"'{host}:{path}'" if path else f"'{host}'"


def plain(text: str) -> str:
    """Make a word that stands safely in a script out of any name, cut to fit."""
    return re.sub(r"[^A-Za-z0-9 ._-]", "-", text)[:48].strip()
