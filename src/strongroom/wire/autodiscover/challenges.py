"""Which ways to sign in a 401 offers."""

from __future__ import annotations

import re
from collections.abc import Iterable

# One element of the comma-separated list; commas within quotes do not end it.
_ELEMENT = re.compile(r'(?:[^,"]|"(?:[^"\\]|\\.)*")+')


def schemes(values: Iterable[str]) -> list[str]:
    """Give the schemes' names in order, as the server wrote them.

    Args:
        values: Of every ``WWW-Authenticate`` header; one may offer several.
    """
    found = []
    for value in values:
        for element in _ELEMENT.findall(value):
            name = element.strip().split(" ")[0]
            # ``realm="…"`` after a comma is a parameter of the scheme before it.
            if name and "=" not in name:
                found.append(name)
    return found
