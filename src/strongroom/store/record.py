"""The record of a storage: who may open it, in one small file.

``strongroom/storage.json`` is plain JSON. It holds the storage key once for each password and once
for the recovery key, for each password restic's user key (sealed under the storage key) and what
the derivations need, and a checksum, so that damage is told apart from a wrong password. Losing it
would lose the passwords' way in, so a second copy lies beside it.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson

from strongroom.errors import IntegrityError, OperatorError
from strongroom.store.backend import BlobBackend, NameTaken, NotStored
from strongroom.store.documents import COPY_BACK
from strongroom.store.gojson import dumps, format_time, parse_time
from strongroom.store.passwords import MAIN, PASSWORDS_MAX, Password

NAME = "strongroom/storage.json"
COPY_NAME = "strongroom/storage-copy.json"
FORMAT = "strongroom storage"
VERSION = 2
ONE_PASSWORD = 1
"""The version that knew one password; read as if that had a name."""


class NoStorage(OperatorError):
    """There is nothing of a storage's record; whoever makes one then catches this."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """What ``storage.json`` says.

    Attributes:
        id: 32 hexadecimal digits.
        created: Aware, UTC.
        passwords: Each opens everything alone; one at least, each name once.
        key_by_recovery: The storage key, sealed under the recovery key's.
    """

    id: str
    created: datetime
    passwords: tuple[Password, ...]
    key_by_recovery: bytes

    def __post_init__(self) -> None:
        names = {one.name for one in self.passwords}
        if not 1 <= len(names) == len(self.passwords) <= PASSWORDS_MAX:
            raise ValueError("a storage has a password, and not many of them")

    def to_json(self) -> bytes:
        """Write the file."""
        document: dict[str, Any] = {
            "format": FORMAT,
            "version": VERSION,
            "id": self.id,
            "created": format_time(self.created),
            "passwords": [one.to_json() for one in self.passwords],
            "recovery": {"storage_key": _text(self.key_by_recovery)},
        }
        document["checksum"] = _checksum(document)
        return orjson.dumps(document, option=orjson.OPT_INDENT_2) + b"\n"


def save_record(backend: BlobBackend, record: Record) -> None:
    """Store a new record, first the file that counts, then its copy.

    Raises:
        NameTaken: there is one already; it stays.
    """
    raw = record.to_json()
    backend.save(NAME, raw)
    backend.save(COPY_NAME, raw)


def load_record(backend: BlobBackend) -> Record:
    """Read the record, from its copy if need be.

    Raises:
        NoStorage: there is none.
        IntegrityError: it is damaged, and so is the copy.
    """
    damage: IntegrityError | None = None
    for name in (NAME, COPY_NAME):
        try:
            return read_record(backend, name)
        except NotStored:
            continue
        except IntegrityError as error:
            damage = damage or error
    if damage is not None:
        raise damage
    raise NoStorage(
        "There is no storage here.",
        why=f"Neither {NAME} nor its copy exists.",
        hint="Check the path, or make a new storage there.",
    )


def has_record(backend: BlobBackend) -> bool:
    """Say whether there is anything of a record, sound or not."""
    return any(name in {NAME, COPY_NAME} for name, _ in backend.list("strongroom/"))


def read_record(backend: BlobBackend, name: str) -> Record:
    """Read one of the two files.

    Raises:
        NotStored: it is not there.
        IntegrityError: it is damaged.
        OperatorError: a newer Strongroom wrote it.
    """
    raw = backend.load(name)
    try:
        document: Any = orjson.loads(raw)
        if document.pop("checksum") != _checksum(document) or document["format"] != FORMAT:
            raise ValueError("checksum")  # noqa: TRY301 - all damage is told below
        if document["version"] in {ONE_PASSWORD, VERSION}:
            return _decode(document)
    except (AttributeError, KeyError, TypeError, ValueError, binascii.Error):
        raise IntegrityError(
            f"The storage's record {name} is damaged: it is not what was stored.",
            hint=f"{COPY_BACK} Plain restic opens each repository with the storage password.",
        ) from None
    raise OperatorError(
        f"The storage has format version {document['version']}.",
        why=f"This Strongroom knows versions up to {VERSION}.",
        hint="Use a newer Strongroom.",
    )


def problems(backend: BlobBackend) -> list[str]:
    """Look at both files; say problems in sentences."""
    found: list[str] = []
    records: list[Record] = []
    for name in (NAME, COPY_NAME):
        try:
            records.append(read_record(backend, name))
        except NotStored:
            found.append(f"The storage's record {name} is missing.")
        except (IntegrityError, OperatorError) as error:
            found.append(str(error))
    if len(records) == 2 and records[0] != records[1]:
        found.append("The storage's record and its copy differ.")
    return found


def mend(backend: BlobBackend) -> None:
    """Write whichever of the two files is missing or damaged anew from the other.

    Raises:
        IntegrityError: both are damaged.
        OperatorError: there is no storage.
    """
    if problems(backend):  # else another home may be changing it right now
        replace_record(backend, load_record(backend))


def even_out(backend: BlobBackend) -> bool:
    """Write anew whichever of the two files says something else; say if one did.

    A change that was cut short leaves what it replaced in the copy.
    """
    record = load_record(backend)
    for name in (NAME, COPY_NAME):
        try:
            if read_record(backend, name) == record:
                continue
        except IntegrityError:
            pass
        replace_record(backend, record)
        return True
    return False


def replace_record(backend: BlobBackend, record: Record) -> None:
    """Store a record in the place of both files, one after the other."""
    for name in (NAME, COPY_NAME):
        try:
            backend.save(name, record.to_json())
        except NameTaken:
            # The other file is whole meanwhile: at no moment is there none.
            backend.delete(name)
            backend.save(name, record.to_json())


def _decode(document: Any) -> Record:  # noqa: ANN401 - JSON
    if document["version"] == ONE_PASSWORD:
        named = {"name": MAIN, "id": "", "created": document["created"]}
        passwords = [{**named, "password": document["password"], "restic": document["restic"]}]
    else:
        passwords = document["passwords"]
    return Record(
        id=document["id"],
        created=parse_time(document["created"]),
        passwords=tuple(Password.from_json(one) for one in passwords),
        key_by_recovery=base64.b64decode(document["recovery"]["storage_key"]),
    )


def _checksum(document: dict[str, Any]) -> str:
    return hashlib.sha256(dumps(document)).hexdigest()


def _text(raw: bytes) -> str:
    return base64.b64encode(raw).decode()
