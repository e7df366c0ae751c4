"""Levels of permission, and what they let somebody do on a site.

The numbers are those of a real tenant (its role definitions, as recorded).
"""

from __future__ import annotations

from enum import IntEnum


class Level(IntEnum):
    """The levels that matter here; a higher one has all that a lower one has."""

    READ = 1
    EDIT = 2
    FULL = 3


_BITS = {
    Level.READ: (176, 138612833),
    Level.EDIT: (432, 1011030767),
    Level.FULL: (2147483647, 4294967295),
}
_CUSTOMIZE_PAGES = 1 << 18

BY_ROLE = {
    "read": Level.READ,
    "write": Level.EDIT,
    "manage": Level.EDIT,
    "owner": Level.FULL,
    "fullcontrol": Level.FULL,
}
"""What the grants behind ``Sites.Selected`` mean."""

_BY_PERMISSION = {
    f"{kind}.{right}": level
    for kind in ("Sites", "AllSites")
    for right, level in {
        "Read.All": Level.READ,
        "ReadWrite.All": Level.EDIT,
        "Manage.All": Level.EDIT,
        "FullControl.All": Level.FULL,
        "Read": Level.READ,
        "Write": Level.EDIT,
        "Manage": Level.EDIT,
        "FullControl": Level.FULL,
    }.items()
}


def level_of_token(permissions: frozenset[str]) -> Level | None:
    """Say what a token's permissions amount to, for every site alike."""
    found = [_BY_PERMISSION[one] for one in permissions if one in _BY_PERMISSION]
    return max(found, default=None)


def base_permissions(level: Level, *, has_scripts: bool) -> dict[str, str]:
    """Write a level as ``SP.BasePermissions``; without custom scripts nobody customises pages."""
    high, low = _BITS[level]
    if not has_scripts:
        low &= ~_CUSTOMIZE_PAGES
    return {"High": str(high), "Low": str(low)}
