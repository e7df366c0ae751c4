"""Bringing a home back from its sealed copy, on a machine that has nothing of it.

This is no verb: verbs stand on an open home, and here is none yet. It is for whoever may write
the home's files, and works in this process.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import sqlalchemy as sa

from strongroom.control import audit_sink, connections, delegation, jobs
from strongroom.control import storages as storage_rows
from strongroom.control.database import Database, open_database
from strongroom.control.home import Home
from strongroom.control.records import StorageRecord
from strongroom.disk import flush_folder
from strongroom.errors import OperatorError
from strongroom.service import home_copies, sealed_access
from strongroom.service.auditing import AuditLog
from strongroom.service.callers import name_here
from strongroom.service.databases import nobody_works
from strongroom.service.keeping import wait_anew
from strongroom.service.keys import Keys, rewrap_everything
from strongroom.service.ports import Ports
from strongroom.service.session import Session
from strongroom.service.storage_access import Access, checked_access
from strongroom.store.home_boxes import HomeBox, boxes, open_box
from strongroom.store.storage import Storage
from strongroom.vault.key_holder import KeyHolder
from strongroom.vault.secret import Secret

_FRESH = ".restoring.db"
_BESIDE = ("", "-wal", "-shm")


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What is to be brought back, and what opens it.

    Attributes:
        url: Where the storage lies.
        recovery_key: Of the storage; or None:
        password: One of its passwords.
        access: What an object store is reached with.
        home_id: Which home, where the storage holds copies of several; empty: the only one.
        before: The newest copy that is not younger; None: the newest.
    """

    url: str
    recovery_key: Secret | None = None
    password: Secret | None = None
    access: Access | None = None
    home_id: str = ""
    before: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Numbered:
    """An account with rights that is known by its number: on another machine it may be another's.

    Attributes:
        account: ``uid:NUMBER``.
        label: What it is called in the list of roles; empty: nothing.
        here: Who has that number on this machine; empty: nobody.
    """

    account: str
    label: str
    here: str


@dataclass(frozen=True, slots=True, kw_only=True)
class BroughtBack:
    """What was brought back.

    Attributes:
        home_id: Tells the home's copies from those of others.
        made: When the copy was made.
        connections: Names of those that work at once.
        waiting: Names of those that wait for their own password.
        storages: Names.
        jobs: Names.
        numbered: Accounts with roles or grants that are known by their numbers.
    """

    home_id: str
    made: datetime
    connections: tuple[str, ...]
    waiting: tuple[str, ...]
    storages: tuple[str, ...]
    jobs: tuple[str, ...]
    numbered: tuple[Numbered, ...] = ()


class HomeRestoring:
    """Brings one home back.

    Args:
        home: Where to; with nothing in it that anybody has made.
        holder: Where its service key is kept, or will be.
        ports: The outside.
        session: Who does it, for the audit log.
    """

    def __init__(self, home: Home, *, holder: KeyHolder, ports: Ports, session: Session) -> None:
        self._home = home
        self._holder = holder
        self._ports = ports
        self._session = session

    def restore(self, wish: Wish) -> BroughtBack:
        """Bring the home back, all or nothing.

        Raises:
            AccessDenied: the key or the password is not the storage's; or nobody lets us in.
            OperatorError: the home holds something, or the storage no copy of one, or of several.
            ResourceLocked: somebody works in the home.
            IntegrityError: the copy is damaged.
        """
        ports = self._ports
        url = ports.normal_url(wish.url)
        access = checked_access(url, wish.access)
        backend = ports.open_backend(url, access)
        if wish.recovery_key is not None:
            key = wish.recovery_key.reveal()
            storage = Storage.open_with_recovery_key(backend, key, clock=ports.clock)
        else:
            password = "" if wish.password is None else wish.password.reveal()
            storage = Storage.open_with_password(backend, password, clock=ports.clock)
        box = _chosen(boxes(backend), wish)
        content = open_box(storage, box)
        with nobody_works(self._home):
            _refuse_occupied(self._home)
            fresh = self._home.path / _FRESH
            _drop(fresh)
            copy_key = home_copies.unpacked(content, fresh)
            try:
                with closing(open_database(fresh)) as database:
                    found = self._take_in(database, copy_key, (storage, url, access), box)
            except BaseException:
                _drop(fresh)
                raise
            _drop(self._home.database)
            fresh.rename(self._home.database)
            flush_folder(self._home.path)
        return found

    def _take_in(
        self,
        database: Database,
        copy_key: bytes,
        place: tuple[Storage, str, Access | None],
        box: HomeBox,
    ) -> BroughtBack:
        """Seal everything for the service key of this machine instead of the copy's key."""
        service_key = self._holder.load() or self._holder.create()
        keys = Keys(database, self._holder)
        with database.write() as db:
            rewrap_everything(db, old=copy_key, new=service_key)
            audit_sink.begin_anew(db)
        with database.write() as db:
            self._point_at(db, keys, *place)
            wait_anew(db, self._ports.clock.now())
        log = AuditLog(database, keys, self._ports.clock)
        about = {"home": box.home_id, "made": f"{box.made:%Y-%m-%dT%H:%M:%SZ}"}
        log.write(self._session, "home.restore", about)
        with database.read() as db:
            known = connections.everything(db)
            return BroughtBack(
                home_id=box.home_id,
                made=box.made,
                connections=tuple(one.name for one in known if one.wrapped_key),
                waiting=tuple(one.name for one in known if not one.wrapped_key),
                storages=tuple(one.name for one in storage_rows.everything(db)),
                jobs=tuple(one.name for one in jobs.everything(db)),
                numbered=tuple(_numbered(db)),
            )

    def _point_at(
        self, db: sa.Connection, keys: Keys, storage: Storage, url: str, access: Access | None
    ) -> None:
        """Have the storage that the copy came from be where it was found, with what let us in."""
        record = storage_rows.by_id(db, storage.id)
        if record is None:
            return
        storage_rows.move(db, record.id, url)
        moved: StorageRecord = storage_rows.by_id(db, record.id) or record
        if access is not None:
            sealed_access.put(keys, db, moved, access)


def _numbered(db: sa.Connection) -> Iterator[Numbered]:
    labels = {one.account: one.label for one in delegation.all_roles(db)}
    for account in sorted({*labels, *(one.account for one in delegation.all_grants(db))}):
        if account.startswith("uid:"):
            yield Numbered(account=account, label=labels.get(account, ""), here=name_here(account))


def _chosen(found: Sequence[HomeBox], wish: Wish) -> HomeBox:
    of_home: Mapping[str, list[HomeBox]] = {
        one.home_id: [box for box in found if box.home_id == one.home_id] for one in found
    }
    if not found:
        raise OperatorError(
            "This storage holds no copy of a home.",
            why="`strongroom home backup` was never given for it.",
            hint="Adopt the storage (`strongroom storage adopt`) and add connections and jobs anew;"
            " all restore points are there.",
        )
    if wish.home_id:
        mine = of_home.get(wish.home_id, [])
    elif len(of_home) == 1:
        (mine,) = of_home.values()
    else:
        newest = (f"{key} ({boxes[0].made:%Y-%m-%d %H:%M} UTC)" for key, boxes in of_home.items())
        raise OperatorError(
            "This storage holds copies of several homes.",
            why=f"Of {', '.join(newest)}.",
            hint="Say which with --of.",
        )
    fitting = [one for one in mine if wish.before is None or one.made <= wish.before]
    if not fitting:
        raise OperatorError(
            "This storage holds no such copy of a home.",
            why=f"There are: {', '.join(map(_told, found[:8]))}.",
        )
    return fitting[0]


def _told(box: HomeBox) -> str:
    return f"{box.home_id} of {box.made:%Y-%m-%dT%H:%M:%SZ}"


def _refuse_occupied(home: Home) -> None:
    """Refuse a home in which anybody has made anything, whatever its database is."""
    is_in_use = home.chosen_database.exists()
    if not is_in_use and home.database.exists():
        with closing(open_database(home.database)) as opened, opened.read() as db:
            is_in_use = bool(
                connections.everything(db) or storage_rows.everything(db) or jobs.everything(db)
            )
    if is_in_use:
        raise OperatorError(
            f"The home {home.path} is in use: it has connections, storages or jobs.",
            why="They would be gone.",
            hint="Bring the other one back into a home that is not there yet (--home).",
        )


def _drop(path: Path) -> None:
    for ending in _BESIDE:
        with suppress(FileNotFoundError):
            Path(f"{path}{ending}").unlink()
