"""Places in the history of a folder or of the tree, in a text that the server need not remember.

Such a token is bound to what it is about and carries a checksum, and what the client asked for at
first. Tokens can be let expire: then, and where a token is of something else or is none, the
server says that it does not know the place.
"""

from __future__ import annotations

import binascii
import zlib
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import asdict, dataclass
from random import Random

import orjson

from strongroom.lab.graph.mailbox.errors import sync_state_lost

_CHARS_MAX = 20_000
_BYTES_MAX = 60_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """How far a client has come.

    A round tells what happened after ``low`` up to ``high``: for items first the removals, newest
    first, then the items in the order of their arrival, newest first; for folders all in the order
    in which they were made.

    Attributes:
        about: What is followed: ``items`` or ``folders``, mailbox and folder.
        generation: Of the store when it was given out.
        low: Everything up to here is known to the client.
        high: Where the round ends.
        removals_below, items_below: What is told already, from these change numbers up.
        folders_above: Folders up to this number are told already.
        last: The arrival of the item that was told last; 0: none.
        empty: How many pages in a row were empty for no reason.
        options: The client's first query.
    """

    about: str
    generation: int
    low: int
    high: int
    removals_below: int = 0
    items_below: int = 0
    folders_above: int = 0
    last: int = 0
    empty: int = 0
    options: dict[str, str]

    def text(self) -> str:
        """Write it for the client."""
        data = orjson.dumps(asdict(self))
        packed = zlib.compress(zlib.crc32(data).to_bytes(4, "little") + data)
        return urlsafe_b64encode(packed).decode("ascii").rstrip("=")

    def chance(self, share: float, what: str) -> bool:
        """Draw whether something happens on this page: the same for the same token."""
        seed = zlib.crc32(f"{what} {self.text()}".encode())
        return share > 0 and Random(seed).random() < share  # noqa: S311 - chance, no secret


def read(text: str, *, about: str, generation: int) -> Token:
    """Read a token back.

    Raises:
        GraphError: 410, it has expired, or is of something else.
    """
    token = _token(text)
    if token.about != about or token.generation < generation:
        raise sync_state_lost()
    return token


def _token(text: str) -> Token:
    if len(text) > _CHARS_MAX:
        raise sync_state_lost()
    try:
        packed = urlsafe_b64decode(text + "=" * (-len(text) % 4))
        data = zlib.decompressobj().decompress(packed, _BYTES_MAX)
        token = Token(**orjson.loads(data[4:]))
    except (binascii.Error, zlib.error, ValueError, TypeError) as error:
        raise sync_state_lost() from error
    if zlib.crc32(data[4:]).to_bytes(4, "little") != data[:4]:
        raise sync_state_lost()
    return token
