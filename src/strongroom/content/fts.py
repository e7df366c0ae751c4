"""The export stream of one item (ExportItems, UploadItems, Graph's exportItems): read and written.

An undocumented envelope of operations around a FastTransfer stream; docs/formats/export-stream.md
has the byte tables. What was exported is always kept as it came; parsing serves previews, export
to other formats, comparison and the lab.
"""

from __future__ import annotations

from collections.abc import Iterator

from strongroom.content.message import Message, Properties
from strongroom.errors import ItemError

Buffer = bytes | bytearray | memoryview


class FtsError(ItemError):
    """This stream is damaged, cut short, or says something that the format does not know.

    An `ItemError`, since it concerns one item: that one is told in the ledger, the rest goes on.

    Attributes:
        offset: Where in the FastTransfer stream (or, for the envelope, in the data), in bytes.
    """

    def __init__(self, why: str, *, offset: int) -> None:
        super().__init__(
            "This item's export stream cannot be read.",
            code="stream-damaged",
            why=f"{why} (at byte {offset}).",
        )
        self.offset = offset


def looks_like_stream(first_bytes: Buffer) -> bool:
    """Say by the first 48 bytes whether this can be an export stream; cheap enough for all."""
    raise NotImplementedError


def parse(data: Buffer) -> Message:
    """Read a whole export stream.

    Raises:
        FtsError: anything in it is not as the format says; nothing else is raised for any bytes.
    """
    raise NotImplementedError


def summary(data: Buffer) -> Properties:
    """Read the item's own properties only, not its recipients and attachments.

    Raises:
        FtsError: as `parse`, for the part that is read.
    """
    raise NotImplementedError


def build(message: Message, *, version: tuple[int, int, int, int] = (15, 2, 2562, 17)) -> bytes:
    """Write a message as an export stream, as the server of that version would.

    Raises:
        ValueError: a value does not fit its property's type, or messages nest deeper than 50.
    """
    raise NotImplementedError


def build_pieces(
    message: Message, *, version: tuple[int, int, int, int] = (15, 2, 2562, 17)
) -> Iterator[bytes]:
    """Write as `build` does, piece by piece (at most 31,688 bytes each), for large items."""
    raise NotImplementedError
