"""Repositories that restic made by itself, opened by our code."""

from __future__ import annotations

import base64
import json
from pathlib import Path

from strongroom.store.backend import Below
from strongroom.store.crypto import MasterKey, Sealer
from strongroom.store.files import FileBackend
from strongroom.store.keys import Scrypt
from strongroom.store.repository import Repository
from tests.fakes.hand_clock import HandClock
from tests.fakes.storages import PASSWORD


def open_foreign(path: Path) -> Repository:
    """Open a repository that is in no storage of ours, by its password."""
    backend = Below(FileBackend(path.parent), path.name)
    (name,) = (name for name, _ in backend.list("keys/"))
    document = json.loads(backend.load(name))
    return Repository(backend, _derive(document), clock=HandClock())


def _derive(document: dict[str, str | int]) -> MasterKey:
    scrypt = Scrypt(
        n=int(document["N"]),
        r=int(document["r"]),
        p=int(document["p"]),
        salt=base64.b64decode(str(document["salt"])),
    )
    box = base64.b64decode(str(document["data"]))
    return MasterKey.from_json(Sealer(scrypt.user_key(PASSWORD)).open(box))
