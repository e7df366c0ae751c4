"""What a new storage begins with: an empty place, a record, and a README for people.

The README says how to get everything back with plain restic, should Strongroom be gone.
"""

from __future__ import annotations

import secrets
from contextlib import suppress
from datetime import datetime

from strongroom.errors import OperatorError
from strongroom.store import proof
from strongroom.store import record as records
from strongroom.store.backend import BlobBackend, NameTaken
from strongroom.store.folders import REPOSITORIES
from strongroom.store.passwords import MAIN, PasswordCost, new_password, purpose_of
from strongroom.store.record import Record
from strongroom.store.wrapping import recovery_wrapping_key, seal

README = "README.txt"

_README_TEXT = """\
This is a storage of Strongroom: backups of mailboxes and sites.

Each folder under repositories/KIND/ID is a repository in the format of restic (version 2), an
open-source backup program that anybody can install (https://restic.net, 0.14 or newer). So
everything here can be read without Strongroom. The password is the password of this storage:

    restic -r PATH/repositories/KIND/ID snapshots
    restic -r PATH/repositories/KIND/ID ls latest
    restic -r PATH/repositories/KIND/ID restore latest --target FOLDER
    restic -r PATH/repositories/KIND/ID check --read-data

Each snapshot holds a README.txt of its own that says what its files are. Where there is a folder
ID~k2 (or ~k3 ...) beside ID, the repository was given another key, and lies in that one.

Change nothing here by hand. strongroom/storage.json holds the key of this storage, locked by the
password and by the recovery key. Without one of these two nobody can open anything here, and nobody
can make a new one.
"""


def new_record(
    password: str, recovery_key: str, storage_key: bytes, *, created: datetime, cost: PasswordCost
) -> Record:
    """Make the record of a new storage, with an id drawn at random.

    Args:
        password: Of the storage.
        recovery_key: As it is shown to people.
        storage_key: 32 bytes; wrapped by both.
        created: Aware, UTC.
        cost: Of trying a password.

    Raises:
        OperatorError: the password is empty.
    """
    storage_id = secrets.token_hex(16)
    first, _ = new_password(storage_id, MAIN, password, storage_key, created=created, cost=cost)
    return Record(
        id=storage_id,
        created=created,
        passwords=(first,),
        key_by_recovery=seal(
            recovery_wrapping_key(recovery_key),
            storage_key,
            purpose_of(storage_id, "storage key by recovery key"),
        ),
    )


def save_first_record(place: BlobBackend, record: Record) -> None:
    """Make the place a storage, all or nothing.

    Raises:
        OperatorError: somebody made one there in this moment.
    """
    try:
        records.save_record(place, record)
    except NameTaken:
        raise _exists() from None
    save_readme(place)


def refuse_occupied(place: BlobBackend) -> None:
    """Refuse a place for a new storage where anything is.

    Raises:
        OperatorError: a storage is there, or other things are.
    """
    if records.has_record(place) or next(place.folders(f"{REPOSITORIES}/"), None):
        raise _exists()
    strange = next((name for name, _ in place.list("") if not _is_ours(name)), None)
    if strange is not None:
        raise OperatorError(
            "The place for the new storage is not empty.",
            why=f"There is {strange!r}, for example.",
            hint="Give a storage an empty folder of its own.",
        )


def save_readme(place: BlobBackend) -> None:
    """Put the README where there is none."""
    with suppress(NameTaken):  # an older Strongroom's, or one that a person wrote into
        place.save(README, _README_TEXT.encode())


def _is_ours(name: str) -> bool:
    """Say whether a file may be there already: a proof's stays where nothing is deleted."""
    return name == README or name.startswith(f"{proof.FOLDER}/")


def _exists() -> OperatorError:
    return OperatorError(
        "There is a storage already; nothing was changed.",
        hint="Add it with its own password to go on using it, or choose another folder.",
    )
