"""Verbs of the home itself: its sealed copies in a storage."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from strongroom.service import home_backups, storage_opening
from strongroom.service.home_backups import Setting
from strongroom.service.rights import Right
from strongroom.service.shared import Shared
from strongroom.service.storages import Storages
from strongroom.service.verbs import Verbs, verb
from strongroom.store.home_boxes import boxes


@dataclass(frozen=True, slots=True, kw_only=True)
class HomeCopy:
    """One copy of this home in a storage.

    Attributes:
        made: When.
        size: How long it is, sealed.
    """

    made: datetime
    size: int


@dataclass(frozen=True, slots=True, kw_only=True)
class HomeCopies:
    """How this home is backed up.

    Attributes:
        id: Tells this home's copies from those of others.
        storage: Where the service puts copies by itself; empty: nowhere.
        done: When it was last done, or None.
        failing_since: Since when it fails, or None.
        why: Why it does.
        copies: Those that are there, newest first.
    """

    id: str
    storage: str
    done: datetime | None
    failing_since: datetime | None
    why: str
    copies: tuple[HomeCopy, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class HomeCopied:
    """What came of making a copy.

    Attributes:
        id: Tells this home's copies from those of others.
        storage: Where it went.
        size: How long it is, sealed.
        is_repeated: The service makes another one after every change, and daily.
    """

    id: str
    storage: str
    size: int
    is_repeated: bool


class Homes(Verbs):
    """The verbs. Safe in many threads."""

    noun = "homes"

    def __init__(self, shared: Shared, storages: Storages) -> None:
        super().__init__(shared)
        self._storages = storages

    @verb(Right.MANAGE, is_audited=True)
    def back_up(self, storage: str, *, is_repeated: bool = True) -> HomeCopied:
        """Put a sealed copy of the home into a storage.

        Args:
            storage: Which.
            is_repeated: Have the service do it from now on after every change, and daily; there
                and nowhere else.

        Raises:
            OperatorError: there is no such storage, or it cannot be written to.
        """
        shared = self._shared
        record = self._storages.record(storage)
        if is_repeated:
            home_backups.choose(shared, record.id)
        done = home_backups.back_up(shared, record)
        return HomeCopied(id=done.home_id, storage=storage, size=done.size, is_repeated=is_repeated)

    @verb(Right.WATCH)
    def show(self) -> HomeCopies:
        """Say where this home is backed up, when that was done, and which copies are there."""
        shared = self._shared
        with shared.database.read() as db:
            setting = home_backups.setting(db)
            record = None if setting is None else home_backups.storage_of(db, setting)
        found = setting or Setting()
        copies: tuple[HomeCopy, ...] = ()
        if record is not None:
            backend = storage_opening.opened_backend(shared, record)
            copies = tuple(
                HomeCopy(made=one.made, size=one.size)
                for one in boxes(backend)
                if one.home_id == found.home_id
            )
        return HomeCopies(
            id=found.home_id,
            storage="" if record is None else record.name,
            done=found.done,
            failing_since=found.failing_since,
            why=found.why,
            copies=copies,
        )

    @verb(Right.MANAGE, is_audited=True)
    def stop_backing_up(self) -> bool:
        """Have the service make no more copies; those that are there stay. Say if it made any."""
        return home_backups.choose(self._shared, "")
