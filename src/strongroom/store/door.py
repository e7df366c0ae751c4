"""Making and opening one repository of a storage: its master key is sealed under the storage key.

``strongroom/master-key.json`` in the resource's folder is ``{"version": 1, "sealed":
base64(AES-256-GCM box of 64 bytes)}``; restic leaves the folder alone. restic's own key file opens
by the same password, so either file can be made anew from the other.

A repository that was given another master key lies beside (``rekeying``): then the file has version
2 and ``"at"`` names that folder. ``master-key-copy.json`` stands in for it while it is replaced,
and where it is lost.
"""

from __future__ import annotations

import base64
import binascii
import re
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import orjson

from strongroom.clock import Clock
from strongroom.errors import IntegrityError, OperatorError
from strongroom.store import config
from strongroom.store.arrival import arrives, did_not_arrive
from strongroom.store.backend import BlobBackend, NameTaken, NotStored
from strongroom.store.crypto import MasterKey, Sealer
from strongroom.store.gojson import dumps
from strongroom.store.keys import UserKey, find_key, other_keys, save_key
from strongroom.store.layers.cached import DocumentCache
from strongroom.store.repository import Repository
from strongroom.store.wrapping import WrongKey, seal, unseal

MASTER_KEY = "strongroom/master-key.json"
MASTER_KEY_COPY = "strongroom/master-key-copy.json"
VERSION, VERSION_BESIDE = 1, 2
_PLACE = re.compile(r"[A-Za-z0-9._@=+,~-]{1,200}~k[0-9]{1,6}")


def place_beside(anchor: BlobBackend) -> str:
    """Say in which folder beside a resource's own its repository lies; empty: in its own."""
    for name in (MASTER_KEY, MASTER_KEY_COPY):
        try:
            document: Any = orjson.loads(anchor.load(name))
            place = document.get("at", "")
        except (IntegrityError, AttributeError, ValueError):
            continue
        if isinstance(place, str) and (not place or _PLACE.fullmatch(place)):
            return place
    return ""


def has_repository(backend: BlobBackend) -> bool:
    """Say whether a repository is there, a damaged one included.

    One whose making was cut short has no config and nothing else that counts; it is as good as not
    there.
    """
    try:
        backend.load(config.NAME)
    except NotStored:
        return any(next(backend.list(folder), None) for folder in ("snapshots/", "data/"))
    except IntegrityError:  # there, though it cannot be read
        return True
    return True


@dataclass(frozen=True, slots=True, kw_only=True)
class Door:
    """The way into one repository.

    Attributes:
        backend: The repository's own folder.
        anchor: The resource's folder, which has the sealed master key; most often the same.
        at: Name of the repository's folder where that is another one; else empty.
        storage_key: 32 bytes.
        purpose: Binds the sealed master key to this storage and repository.
        users: The storage's passwords, derived for restic; one at least.
        clock: For the time of creation, and for locks.
        index_caches: See ``Repository``.
        documents: See ``Repository``.
        resource: See ``Repository``.
    """

    backend: BlobBackend
    anchor: BlobBackend
    at: str = ""
    storage_key: bytes = field(repr=False)
    purpose: str
    users: tuple[UserKey, ...]
    clock: Clock
    index_caches: Path | None = None
    documents: DocumentCache | None = None
    resource: tuple[str, str]

    def is_there(self) -> bool:
        """Say whether the repository exists."""
        return has_repository(self.backend)

    def open(self) -> Repository:
        """Open the repository.

        Raises:
            IntegrityError: no copy of its master key opens, or the config is damaged.
        """
        return Repository(
            self.backend,
            self._any_key(),
            clock=self.clock,
            look_at_door=self.problems,
            index_caches=self.index_caches,
            documents=self.documents,
            resource=self.resource,
        )

    def create(self) -> None:
        """Make the repository, or finish one whose making was cut short: the config comes last."""
        with suppress(NameTaken):  # from an interrupted try, or by somebody who makes it right now
            self._save_master(MasterKey.random())
        master = self._any_key()
        self._admit_all(master)
        with suppress(NameTaken):  # made by somebody else in this moment, which is as good
            config.save_config(self.backend, config.Config.random(), Sealer(master))

    def master_key(self) -> MasterKey:
        """Give the repository's master key. A secret.

        Raises:
            IntegrityError: no copy of it opens.
        """
        return self._any_key()

    def take(self, master: MasterKey) -> None:
        """Let this be the repository's master key, for it is to be the copy of one that has it.

        Raises:
            OperatorError: the repository here has another one.
            IntegrityError: it did not arrive as it was sent.
        """
        own = self._own_key()
        known = own or self._key_by_user()
        if known is not None and known != master:
            raise OperatorError(
                "Another repository lies where the copy should be.",
                why="Both are of the same resource, but each was made for itself.",
                hint="Copy into an empty place, or go on with one of the two.",
            )
        if self.at != place_beside(self.anchor) or self.is_sealed():
            return
        if self.at:
            self.point_here(master)
        elif not arrives(self.anchor, MASTER_KEY, self._sealed(master)):
            raise did_not_arrive(MASTER_KEY)

    def is_sealed(self) -> bool:
        """Say whether the sealed master key is whole; twice, where it says where all else lies."""
        return self._has_both() if self.at else self._own_key() is not None

    def ensure_user_keys(self, master: MasterKey) -> bool:
        """See to it that restic opens the repository by each password; say if it did not."""
        return self._admit_all(master, sound=True)

    def opens_to_others(self) -> bool:
        """Say whether passwords that the storage does not have open it."""
        return bool(other_keys(self.backend, self.users))

    def begin_beside(self) -> None:
        """Make the repository in a folder beside, or go on with one; it does not count yet.

        Its master key is in restic's key files alone until it counts.
        """
        master = self._key_by_user() or MasterKey.random()
        self._admit_all(master)
        with suppress(NameTaken):  # from an interrupted try
            config.save_config(self.backend, config.Config.random(), Sealer(master))

    def point_here(self, master: MasterKey) -> None:
        """Have the resource's repository be this one from now on, all or nothing.

        At each moment one file says where it is: the copy counts only where the other one cannot be
        read.
        """
        content = self._sealed(master)
        self.anchor.delete(MASTER_KEY_COPY)
        self.anchor.save(MASTER_KEY_COPY, content)
        self.anchor.delete(MASTER_KEY)
        self.anchor.save(MASTER_KEY, content)

    def admit(self, user: UserKey) -> None:
        """Let another user key open the repository too, beside ours.

        Raises:
            IntegrityError: no copy of the master key opens.
        """
        master = self._any_key()
        if find_key(self.backend, user, sound=True) is None:
            save_key(self.backend, master, user, self.clock.now())

    def dismiss_others(self) -> int:
        """Remove the key files that Strongroom wrote for other passwords than ours; say how many.

        Those that a person added with restic stay.
        """
        if not self._closed_to():
            others = other_keys(self.backend, self.users)
            for name in others:
                self.backend.delete(name)
            return len(others)
        return 0

    def problems(self) -> list[str]:
        """Say what would make the repository hard to open; empty if nothing."""
        found: list[str] = []
        if self.at and not self._has_both():
            found.append("What says where the repository lies is damaged, or there once only.")
        if self._own_key() is None:
            found.append(f"The sealed master key {MASTER_KEY} is missing or damaged.")
        if missing := len(self._closed_to()):
            which = "the storage password" if len(self.users) == 1 else f"{missing} passwords"
            found.append(f"No sound key file opens by {which}, so restic cannot.")
        if others := len(other_keys(self.backend, self.users)):
            found.append(
                f"{others} key files are for passwords that the storage does not have any more."
            )
        return found

    def mend(self) -> list[str]:
        """Write anew what is missing or damaged of the key files and the config; say what.

        Raises:
            IntegrityError: no copy of the master key opens.
        """
        done: list[str] = []
        master = self._any_key()
        if self.at and not self._has_both():
            self.point_here(master)
            done.append("What says where the repository lies was written anew.")
        if self._own_key() is None:
            self.anchor.delete(MASTER_KEY)
            self._save_master(master)
            done.append("The sealed master key was written anew.")
        if self.ensure_user_keys(master):
            done.append("restic's key file was written anew.")
        if self.dismiss_others():
            done.append("Key files of passwords that are no longer valid were removed.")
        try:
            config.load_config(self.backend, Sealer(master))
        except IntegrityError:
            # The id in it names nothing outside of it, and the polynomial only steers where restic
            # itself cuts: new ones do as well.
            self.backend.delete(config.NAME)
            config.save_config(self.backend, config.Config.random(), Sealer(master))
            done.append("The config was written anew.")
        return done

    def _any_key(self) -> MasterKey:
        master = self._own_key() or self._key_by_user()
        if master is None:
            raise IntegrityError(
                "The repository cannot be opened: its sealed master key and its key file are "
                "damaged or gone.",
                hint=f"Put {MASTER_KEY} or the folder keys of the repository back from a copy of "
                "the storage.",
            )
        return master

    def _key_by_user(self) -> MasterKey | None:
        return next(
            (key for user in self.users if (key := find_key(self.backend, user)) is not None), None
        )

    def _closed_to(self, *, sound: bool = True) -> list[UserKey]:
        """Give the user keys that open no key file."""
        return [user for user in self.users if find_key(self.backend, user, sound=sound) is None]

    def _admit_all(self, master: MasterKey, *, sound: bool = False) -> bool:
        missing = self._closed_to(sound=sound)
        for user in missing:
            save_key(self.backend, master, user, self.clock.now())
        return bool(missing)

    def _own_key(self) -> MasterKey | None:
        return self._key_in(MASTER_KEY) or (self._key_in(MASTER_KEY_COPY) if self.at else None)

    def _has_both(self) -> bool:
        keys = [self._key_in(name) for name in (MASTER_KEY, MASTER_KEY_COPY)]
        return None not in keys and keys[0] == keys[1]

    def _key_in(self, name: str) -> MasterKey | None:
        try:
            document: Any = orjson.loads(self.anchor.load(name))
            if document.get("at", "") != self.at:
                return None
            box = base64.b64decode(document["sealed"])
            return MasterKey.from_bytes(unseal(self.storage_key, box, self._bound_to))
        except _UNREADABLE:
            return None

    @property
    def _bound_to(self) -> str:
        return f"{self.purpose} at {self.at}" if self.at else self.purpose

    def _save_master(self, master: MasterKey) -> None:
        self.anchor.save(MASTER_KEY, self._sealed(master))

    def _sealed(self, master: MasterKey) -> bytes:
        sealed = seal(self.storage_key, master.to_bytes(), self._bound_to)
        text = base64.b64encode(sealed).decode()
        if not self.at:
            return dumps({"version": VERSION, "sealed": text})
        return dumps({"version": VERSION_BESIDE, "sealed": text, "at": self.at})


_UNREADABLE = (
    IntegrityError, WrongKey, AttributeError, KeyError, TypeError, ValueError, binascii.Error,
)  # fmt: skip
