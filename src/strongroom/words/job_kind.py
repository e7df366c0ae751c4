"""What jobs do."""

from __future__ import annotations

from enum import StrEnum


class JobKind(StrEnum):
    """Kinds of jobs, and of their runs. The values are part of the command line contract."""

    BACKUP = "backup"
    RESTORE = "restore"
    VERIFY = "verify"
    EXPORT = "export"
    PRUNE = "prune"
    REPLICATE = "replicate"
