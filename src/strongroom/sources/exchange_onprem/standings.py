"""How folders stand, all of them in one request, so that unchanged ones cost none of their own.

Source:
    [MS-OXPROPS] PidTagLocalCommitTimeMax (0x670A), PidTagDeletedCountTotal (0x670B)
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

from strongroom.sources.exchange_onprem.hierarchy import BATCH_FOLDERS
from strongroom.wire.ews.connection import EwsConnection
from strongroom.wire.ews.get_folder import get_folders
from strongroom.wire.ews.properties import ExtendedPath, write_time
from strongroom.wire.ews.shapes import Shape
from strongroom.wire.ews.things import EwsFolder
from strongroom.words.item import Folder, Standing

COMMIT_TIME = ExtendedPath("SystemTime", id=0x670A)
DELETED = ExtendedPath("Integer", id=0x670B)
CONTENT = ExtendedPath("Integer", id=0x3602)
UNREAD = ExtendedPath("Integer", id=0x3603)
ASSOCIATED = ExtendedPath("Integer", id=0x3617)

SHAPE = Shape(
    fields=("folder:TotalCount",), extended=(COMMIT_TIME, DELETED, CONTENT, UNREAD, ASSOCIATED)
)

# Two changes may bear the same stamp; after a minute no further one can.
SETTLED_AFTER = timedelta(minutes=1)


def read_standings(
    connection: EwsConnection, wanted: Sequence[Folder]
) -> Iterator[tuple[str, Standing, int | None]]:
    """Read how folders stand: id, standing, and how many hidden items; None: not told.

    Folders that are gone are left out. One that the server refuses to show for any other reason
    (a right taken away, a database that is being moved) has a standing that says so: left out, it
    would pass for deleted, and the run for complete.
    """
    for start in range(0, len(wanted), BATCH_FOLDERS):
        batch = [folder.id for folder in wanted[start : start + BATCH_FOLDERS]]
        answers = get_folders(connection, batch, SHAPE)
        now = server_time(connection.facts.date)
        for id_, answer in zip(batch, answers, strict=True):
            if isinstance(answer, EwsFolder):
                yield id_, standing(answer, now), _whole(answer.extended, ASSOCIATED)
            elif not answer.is_gone:
                yield id_, Standing(count=None, problem=answer.why), None


def standing(folder: EwsFolder, server_now: datetime | None) -> Standing:
    """Read one folder's standing.

    Args:
        folder: As ``SHAPE`` asks for it.
        server_now: The time by the server's own clock, since its stamps are by that; None if it
            does not say: then nothing is ever settled.
    """
    values = folder.extended
    stamp = values.get(COMMIT_TIME)
    if not isinstance(stamp, datetime) or DELETED not in values:
        return Standing(count=_count(folder))
    counts = [values.get(path) for path in (DELETED, CONTENT, ASSOCIATED, UNREAD)]
    return Standing(
        count=_count(folder),
        mark="/".join([write_time(stamp), *map(str, counts)]),
        is_settled=server_now is not None and server_now - stamp > SETTLED_AFTER,
    )


def server_time(date_header: str) -> datetime | None:
    """Read the server's clock out of its ``Date`` header."""
    try:
        when = parsedate_to_datetime(date_header)
    except ValueError:
        return None
    return when.replace(tzinfo=UTC) if when.tzinfo is None else when.astimezone(UTC)


def _count(folder: EwsFolder) -> int | None:
    """Add up visible and hidden items; None if the server keeps one of the two to itself."""
    content = _whole(folder.extended, CONTENT)
    if content is None:
        content = folder.number("TotalCount")
    associated = _whole(folder.extended, ASSOCIATED)
    return None if content is None or associated is None else content + associated


def _whole(values: Mapping[ExtendedPath, object], path: ExtendedPath) -> int | None:
    value = values.get(path)
    return value if isinstance(value, int) else None
