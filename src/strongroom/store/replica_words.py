"""What copying a repository is asked for with, and what comes of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from strongroom.clock import Clock
from strongroom.store.snapshot import Snapshot

LANES = 4
"""So many packs are under way at once; each is in memory twice, at 16 MiB."""


class CopyProgress(Protocol):
    """Is told how far a copy is."""

    def expect(self, files: int, byte_count: int) -> None:
        """So much more is to be copied."""

    def advance(self, files: int, byte_count: int) -> None:
        """So much more has arrived."""


class _Untold:
    def expect(self, files: int, byte_count: int) -> None:
        """See ``CopyProgress``."""

    def advance(self, files: int, byte_count: int) -> None:
        """See ``CopyProgress``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NotCopied:
    """One file that is not in the copy, or one snapshot that is held back, and why."""

    name: str
    why: str


@dataclass(slots=True, kw_only=True)
class Copied:
    """What came of copying one repository.

    Attributes:
        files: That were copied and read back.
        bytes: Their sizes.
        unchanged: Files that were there.
        removed: Files that a prune of the original took away, here as well.
        snapshots: That the copy holds now.
        missed: Of those, the ones that the original has no more.
        failed: What is not in the copy though it should be.
        notes: What a person should know.
    """

    files: int = 0
    bytes: int = 0
    unchanged: int = 0
    removed: int = 0
    snapshots: int = 0
    missed: int = 0
    failed: list[NotCopied] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    @property
    def is_whole(self) -> bool:
        """The copy has all that the original has."""
        return not self.failed


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """How a repository is copied.

    Attributes:
        clock: Time.
        is_wanted: Which snapshots are copied; what comes and goes within a backup need not be.
        may_go: Which snapshots may be deleted in the copy once the original has them no more; asked
            again right before.
        stop: Says whether to end at the next file.
        progress: Is told how far it is.
        lanes: Packs under way at once.
    """

    clock: Clock
    is_wanted: Callable[[Snapshot], bool] = lambda _: True
    may_go: Callable[[Snapshot], bool] = lambda _: True
    stop: Callable[[], bool] = lambda: False
    progress: CopyProgress = field(default_factory=_Untold)
    lanes: int = LANES
