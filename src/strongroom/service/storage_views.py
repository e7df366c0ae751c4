"""What the verbs of storages give."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from strongroom.vault.secret import Secret


@dataclass(frozen=True, slots=True, kw_only=True)
class StorageView:
    """A storage as it is shown.

    Attributes:
        credentials: Of which kind what it is reached with is (see ``storage_access``); empty for a
            directory.
    """

    id: str
    name: str
    url: str
    created: datetime
    credentials: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownStorage:
    """A storage, and what stands on it.

    Attributes:
        storage: The storage.
        jobs: Names of the jobs that use it.
        rehearsed: When its recovery key was last proved to open it; None: never.
    """

    storage: StorageView
    jobs: tuple[str, ...]
    rehearsed: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TriedPlace:
    """Whether a place keeps what a storage has to be sure of (see ``store.proof``).

    Attributes:
        broken: Each promise that it breaks, in a sentence.
        notes: What is good to know, in sentences.
    """

    broken: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class AddedStorage:
    """What came of adding a storage.

    Attributes:
        storage: The storage.
        recovery_key: Opens it when the password is lost; shown once. None if it was adopted.
        tried: How its place did. One that breaks a promise is only ever adopted.
    """

    storage: StorageView
    recovery_key: Secret | None
    tried: TriedPlace = TriedPlace()


@dataclass(frozen=True, slots=True, kw_only=True)
class Recovered:
    """What came of recovering a storage.

    Attributes:
        id: Of the storage.
        url: Where it lies.
        repositories: How many there are.
        problems: Those that keep the old password for restic, and why.
    """

    id: str
    url: str
    repositories: int
    problems: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class StorageProblem:
    """Something that a check found.

    Attributes:
        repository: ``mailbox/ID``, or empty for the storage itself.
        what: For a person.
    """

    repository: str
    what: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RepositoryStats:
    """How one repository stands.

    Attributes:
        resource: How its resource was named last, or its id if it has no restore point yet.
        points: Number of restore points.
        items: Items in the newest point.
        bytes: Size of those items, before compression.
        bytes_stored: What all its files take.
    """

    resource: str
    kind: str
    id: str
    points: int
    items: int
    bytes: int
    bytes_stored: int
