"""What one may do: rights, and the roles that bring them.

Two rights come with no role, because they lead out of an administrator's daily work: reading what
people wrote, and putting it somewhere else than where it came from. They are granted one by one.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum


class Right(StrEnum):
    """What a verb needs. The values are kept with grants and shown."""

    LIST = "list"
    """See which connections, storages, jobs and runs there are."""

    WATCH = "watch"
    """See how runs went, folder by folder, and which restore points there are."""

    RUN = "run"
    """Start and cancel runs of jobs."""

    MAINTAIN = "maintain"
    """Check and verify storages, and prune them by the rules of jobs."""

    MANAGE = "manage"
    """Add, change and remove connections, storages and jobs."""

    DELEGATE = "delegate"
    """Say who may do what, and be the second person."""

    AUDIT = "audit"
    """Read the audit log."""

    RESTORE = "restore"
    """Put saved items back where they came from."""

    READ_CONTENT = "read-content"
    """Look at saved items, or take them out as files."""

    RESTORE_ELSEWHERE = "restore-elsewhere"
    """Put saved items into another mailbox or site, or through another connection."""

    USE_CONNECTION = "use-connection"
    """Put jobs and restores on a guarded connection without knowing its password."""


class Role(StrEnum):
    """What somebody is. The values are part of the command line contract."""

    ADMINISTRATOR = "administrator"
    OPERATOR = "operator"
    RESTORE_OPERATOR = "restore-operator"
    AUDITOR = "auditor"


RIGHTS_OF: Mapping[Role, frozenset[Right]] = {
    Role.ADMINISTRATOR: frozenset(
        {
            Right.LIST,
            Right.WATCH,
            Right.RUN,
            Right.MAINTAIN,
            Right.MANAGE,
            Right.DELEGATE,
            Right.AUDIT,
            Right.RESTORE,
        }
    ),
    Role.OPERATOR: frozenset({Right.LIST, Right.WATCH, Right.RUN, Right.MAINTAIN}),
    # What they may restore, and where to, is said by grants alone.
    Role.RESTORE_OPERATOR: frozenset({Right.LIST, Right.WATCH}),
    Role.AUDITOR: frozenset({Right.LIST, Right.AUDIT}),
}

GRANTED = frozenset(
    {Right.RESTORE, Right.READ_CONTENT, Right.RESTORE_ELSEWHERE, Right.USE_CONNECTION}
)
"""Rights that a grant can give over some things."""
