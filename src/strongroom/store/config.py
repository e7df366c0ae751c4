"""A repository's config: sealed JSON named ``config``, the one such file that is not compressed.

Source:
    https://restic.readthedocs.io/en/stable/100_references.html#repository-layout
"""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass
from typing import Any, Self

import orjson

from strongroom.errors import IntegrityError, OperatorError
from strongroom.store.backend import BlobBackend, NotStored
from strongroom.store.crypto import Sealer, Unauthenticated
from strongroom.store.documents import COPY_BACK
from strongroom.store.gf2 import random_polynomial
from strongroom.store.gojson import dumps

NAME = "config"
VERSION = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """What a repository is.

    Attributes:
        id: 64 hexadecimal digits, random.
        chunker_polynomial: For restic's own chunker: irreducible, of degree 53; an int of
            coefficients.
        version: Of the format.
    """

    id: str
    chunker_polynomial: int
    version: int = VERSION

    def __post_init__(self) -> None:
        if not re.fullmatch(r"[0-9a-f]{64}", self.id):
            raise ValueError("not a repository's id")

    @classmethod
    def random(cls) -> Self:
        """Make a new repository's."""
        return cls(id=secrets.token_hex(32), chunker_polynomial=random_polynomial())

    def to_json(self) -> bytes:
        """Write restic's form."""
        return dumps(
            {
                "version": self.version,
                "id": self.id,
                "chunker_polynomial": f"{self.chunker_polynomial:x}",
            }
        )

    @classmethod
    def from_json(cls, raw: bytes) -> Self:
        """Read restic's form.

        Raises:
            ValueError: it is not that.
        """
        document: Any = orjson.loads(raw)
        try:
            return cls(
                id=document["id"],
                chunker_polynomial=int(document["chunker_polynomial"], 16),
                version=int(document["version"]),
            )
        except (KeyError, TypeError) as error:
            raise ValueError("not a config") from error


def save_config(backend: BlobBackend, config: Config, sealer: Sealer) -> None:
    """Store the config; with it, a repository exists."""
    backend.save(NAME, sealer.box(config.to_json()))


def is_there(backend: BlobBackend) -> bool:
    """Say whether a repository has a config, sound or not."""
    try:
        backend.load(NAME)
    except NotStored:
        return False
    except IntegrityError:  # there, though it cannot be read
        return True
    return True


def load_config(backend: BlobBackend, sealer: Sealer) -> Config:
    """Read the config.

    Raises:
        NotStored: there is none.
        IntegrityError: it is damaged.
        OperatorError: the repository has another version of the format.
    """
    box = backend.load(NAME)
    try:
        config = Config.from_json(sealer.open(box))
    except (Unauthenticated, ValueError):
        raise IntegrityError(
            "The repository's config file is damaged: it is not what was stored.", hint=COPY_BACK
        ) from None
    if config.version != VERSION:
        raise OperatorError(
            f"The repository has version {config.version} of restic's format.",
            why="Strongroom writes and reads version 2.",
            hint="Upgrade it by `restic migrate upgrade_repo_v2`.",
        )
    return config
