"""Backing up the home into a storage: when somebody says so, after every change, and daily.

What is chosen, and how it goes, is one rule in the control database, so that workers on several
machines do not do it twice.
"""

from __future__ import annotations

import logging
import secrets
import threading
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from strongroom.control import rows, rules
from strongroom.control import storages as storage_rows
from strongroom.control.home_copy import mark_of
from strongroom.control.records import StorageRecord
from strongroom.errors import StrongroomError
from strongroom.service import home_copies, storage_opening
from strongroom.service.shared import Shared
from strongroom.store.home_boxes import save_box
from strongroom.words.json import Json

RULE = "home-backup"
DAILY = timedelta(hours=24)
REST = timedelta(minutes=10)
"""So long after one try there is no other, whatever was changed: people change several things."""

_LOOK_EVERY_S = 60.0
_log = logging.getLogger("strongroom.home")


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """What is chosen, and how it goes.

    Attributes:
        home_id: Tells this home's copies from those of others; empty: none was ever made.
        storage_id: Where copies go by themselves; empty: nowhere.
        mark: Of what was copied last (see ``home_copy.mark_of``).
        tried: When it was last begun.
        done: When it was last done.
        failing_since: Since when it fails.
        why: Why it does.
    """

    home_id: str = ""
    storage_id: str = ""
    mark: str = ""
    tried: datetime | None = None
    done: datetime | None = None
    failing_since: datetime | None = None
    why: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """A copy that was made."""

    home_id: str
    size: int


def setting(db: sa.Connection) -> Setting | None:
    """Read what is chosen; None: a copy was never made."""
    found = rules.get(db, RULE)
    return None if found is None else _read(found)


def storage_of(db: sa.Connection, chosen: Setting) -> StorageRecord | None:
    """Find the storage that copies go to by themselves; None: none, or it was removed."""
    return storage_rows.by_id(db, chosen.storage_id) if chosen.storage_id else None


def choose(shared: Shared, storage_id: str) -> bool:
    """Have copies go there by themselves, or nowhere; say whether they went anywhere before."""
    with shared.database.write() as db:
        before = _known(db)
        _put(db, replace(before, storage_id=storage_id, mark=""))
    return bool(before.storage_id)


def back_up(shared: Shared, record: StorageRecord) -> Done:
    """Make a copy of the home and put it into a storage.

    Raises:
        OperatorError, IntegrityError, TransientError: it could not be put there.
    """
    now = shared.ports.clock.now()
    with shared.database.write() as db:
        known = replace(_known(db), tried=now)
        _put(db, known)
    with shared.database.read() as db:
        mark = mark_of(db, without_rules=_OURS)
    content = home_copies.packed(shared)
    save_box(storage_opening.opened(shared, record), known.home_id, content, now)
    with shared.database.write() as db:
        latest = _known(db)
        if latest.storage_id in {"", record.id}:
            _put(db, replace(latest, mark=mark, done=now, failing_since=None, why=""))
    return Done(home_id=known.home_id, size=len(content))


class HomeBackups:
    """The chore of a worker: backs the home up where it was changed, and daily, in a thread.

    Args:
        shared: The home, as the service sees it.
    """

    def __init__(self, shared: Shared) -> None:
        self._shared = shared
        self._next_s = shared.ports.clock.monotonic_s()
        self._thread: threading.Thread | None = None
        home_copies.remove_leftovers(shared.home.path)

    def step(self) -> None:
        """See whether it is time; call it as often as you like, it is quick.

        Raises:
            StrongroomError: the control database failed.
        """
        clock = self._shared.ports.clock
        if clock.monotonic_s() < self._next_s or self._is_at_it():
            return
        self._next_s = clock.monotonic_s() + _LOOK_EVERY_S
        record = self._due()
        if record is not None:
            self._thread = threading.Thread(
                target=self._do, args=(record,), name="home-backup", daemon=True
            )
            self._thread.start()

    def wait(self) -> None:
        """Wait until what was begun is over."""
        if self._thread is not None:
            self._thread.join()

    def _is_at_it(self) -> bool:
        return self._thread is not None and self._thread.is_alive()

    def _due(self) -> StorageRecord | None:
        now = self._shared.ports.clock.now()
        with self._shared.database.read() as db:
            if not is_due(db, now):
                return None
        with self._shared.database.write() as db:
            if not is_due(db, now):  # another worker was quicker
                return None
            known = _known(db)
            _put(db, replace(known, tried=now))
            return storage_of(db, known)

    def _do(self, record: StorageRecord) -> None:
        try:
            back_up(self._shared, record)
        except StrongroomError as error:
            self._note(error)
        except Exception:  # noqa: BLE001 - the border of a thread
            _log.exception("an error of ours kept the home from being backed up")

    def _note(self, error: StrongroomError) -> None:
        now = self._shared.ports.clock.now()
        try:
            with self._shared.database.write() as db:
                known = _known(db)
                since = known.failing_since or now
                _put(db, replace(known, failing_since=since, why=str(error)))
        except StrongroomError:
            _log.exception("that the home could not be backed up could not be noted either")


def is_due(db: sa.Connection, now: datetime) -> bool:
    """Say whether a copy is to be made: something was changed, or a day has passed."""
    known = setting(db)
    if known is None or storage_of(db, known) is None:
        return False
    if known.tried is not None and now - known.tried < REST:
        return False
    if known.done is None or now - known.done >= DAILY:
        return True
    return mark_of(db, without_rules=_OURS) != known.mark


_OURS = frozenset({RULE, "history trimmed", "forgetting asked for"})
"""Rules that change by themselves."""


def _known(db: sa.Connection) -> Setting:
    found = setting(db) or Setting()
    return found if found.home_id else replace(found, home_id=secrets.token_hex(8))


def _put(db: sa.Connection, known: Setting) -> None:
    document: dict[str, Json] = {
        key: rows.time_text(value) if isinstance(value, datetime) else value
        for key, value in asdict(known).items()
    }
    rules.put(db, RULE, document)


def _read(document: Mapping[str, Json]) -> Setting:
    fields: dict[str, Any] = dict(document)
    for name in ("tried", "done", "failing_since"):
        fields[name] = rows.time_or_none(fields[name])
    return Setting(**fields)
