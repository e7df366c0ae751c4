"""A short look at how quickly a mailbox is answered, and how quickly its items come.

It changes nothing, asks the smallest questions there are, and keeps to bounds: some thirty
requests, one after the other, and a few mebibytes. What comes is thrown away.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from strongroom.clock import Clock
from strongroom.errors import ItemError, OperatorError, StrongroomError
from strongroom.sources.speed.reporting import Seen
from strongroom.wire.ews.connection import EwsConnection
from strongroom.wire.ews.export_items import export_items
from strongroom.wire.ews.faults import EwsItemError, RequestRefused
from strongroom.wire.ews.fetched import Fetched
from strongroom.wire.ews.find_folder import PAGE_FOLDERS, find_folders
from strongroom.wire.ews.find_item import find_items
from strongroom.wire.ews.get_folder import get_folders
from strongroom.wire.ews.get_server_time_zones import get_server_time_zones
from strongroom.wire.ews.ids import Distinguished
from strongroom.wire.ews.resolve_names import resolve_names
from strongroom.wire.ews.server_facts import ServerFacts
from strongroom.wire.ews.shapes import ID_ONLY, Shape
from strongroom.wire.traffic import TrafficMeter
from strongroom.words.speed import Answers, Download, Spread

TRIES = 5
"""Beside a first one that is not counted: it signs in, finds the mailbox and fills caches."""
BYTES_MAX = 8 * 1024 * 1024
SECONDS_MAX = 5.0
_ASK_SECONDS_MAX = 15.0
_BATCH_ITEMS_MAX = 20
_BATCH_BYTES_MAX = 2 * 1024 * 1024
_FOLDERS_MAX = 3
_ITEMS_MAX = 60
_COUNTS = Shape(fields=("folder:TotalCount",))
_SIZES = Shape(fields=("item:Size",))
_CODE = re.compile(r"Error[A-Za-z]{1,80}|[a-z][a-z-]{1,40}")


@dataclass(frozen=True, slots=True)
class _Sized:
    """An item that may be read."""

    id: str
    size: int


def look_at(
    account: EwsConnection, mailbox: EwsConnection | None, *, at: str, clock: Clock
) -> Seen:
    """Measure one server, as the account and in one mailbox.

    Args:
        account: A connection in nobody's name but the account's own.
        mailbox: A view into the mailbox to measure; None: there is none to look into.
        at: What the server is called in the report.
        clock: Time.

    Raises:
        AccessDenied: the sign-in is not taken.
        ServerUnreachable: nobody answers.
        TransientError: nobody answered in time.
    """
    before = account.transport.meter.now()
    answers, private = [], []
    own = _asked(account, lambda: _ask_account(account), clock)
    if own:
        answers.append(_answers(own, at=at, of="account"))
        private.append(_named("about no mailbox", own[-1]))
    download, unread = None, "No mailbox was named: --mailbox ADDRESS"
    if mailbox is not None:
        try:
            there = _asked(mailbox, lambda: _ask_mailbox(mailbox), clock)
            answers.append(_answers(there, at=at, of="mailbox"))
            private.append(_named("about the mailbox", there[-1]))
            download, unread = _read_some(mailbox, clock)
        except (OperatorError, ItemError) as error:
            unread = f"The mailbox, or its items, could not be opened. {_said(error)}"
            if mailbox is account:
                unread += " It was the account's own; name another: --mailbox ADDRESS"
    after = account.transport.meter.now()
    return Seen(
        requests=after.requests - before.requests,
        throttled=after.throttled - before.throttled,
        answers=tuple(answers),
        download=download,
        unread=unread,
        private=tuple(private),
    )


def _asked(connection: EwsConnection, ask: Callable[[], object], clock: Clock) -> list[ServerFacts]:
    """Ask one question several times, and keep what each answer told of itself."""
    ask()
    ends_s = clock.monotonic_s() + _ASK_SECONDS_MAX
    found: list[ServerFacts] = []
    for _ in range(TRIES):
        if found and clock.monotonic_s() > ends_s:
            break
        ask()
        found.append(connection.facts)
    return found


def _ask_account(account: EwsConnection) -> None:
    """Ask what is about no mailbox; a refusal is an answer too, and takes as long."""
    try:
        get_server_time_zones(account)
    except (RequestRefused, ItemError):
        try:
            # Compatible servers lack it; looking a name up is the other cheap question.
            resolve_names(account, f"smtp:{account.transport.sign_in.user}")
        except (RequestRefused, ItemError):
            return


def _ask_mailbox(mailbox: EwsConnection) -> None:
    """Ask for the id of the inbox, which every mailbox has.

    Raises:
        ItemError: it cannot be looked at.
    """
    found = get_folders(mailbox, [Distinguished("inbox")], ID_ONLY)[0]
    if isinstance(found, EwsItemError):
        raise found.as_error()


def _answers(found: Sequence[ServerFacts], *, at: str, of: str) -> Answers:
    whole = Spread.of(one.round_trip_s for one in found)
    assert whole is not None
    return Answers(at=at, of=of, whole=whole, is_elsewhere=_is_elsewhere(found[-1]))


def _is_elsewhere(facts: ServerFacts) -> bool | None:
    """Say whether another server than the front end answered; None if it is not told."""
    front, back = _short(facts.front_end), _short(facts.back_end or facts.back_end_target)
    return front != back if front and back else None


def _short(host: str) -> str:
    return host.partition(".")[0].casefold()


def _named(what: str, facts: ServerFacts) -> str:
    front = facts.front_end_name or facts.front_end or "an unnamed front end"
    back = facts.back_end_target or facts.back_end or "an unnamed server"
    edge = f" (entrance {facts.edge})" if facts.edge else ""
    return f"Answers {what} came through {front}{edge}, from {back}."


def _read_some(mailbox: EwsConnection, clock: Clock) -> tuple[Download | None, str]:
    """Read a few items; say how that went, or why there is nothing to say."""
    items = list(_some_items(mailbox))
    if not items:
        return None, "The mailbox has nothing in it that could be looked at."
    ends_s = clock.monotonic_s() + SECONDS_MAX
    done: Download | None = None
    for batch in _batches(items):
        found = _timed(mailbox, batch, clock)
        if found is None:
            break
        done = found if done is None else done + found
        if clock.monotonic_s() >= ends_s:
            break
    return done, "" if done else "The server did not give items evenly enough to time them."


def _some_items(mailbox: EwsConnection) -> Iterator[_Sized]:
    """Find the first items of the fullest folders, as many as the bounds let through."""
    left_items, left_bytes = _ITEMS_MAX, BYTES_MAX
    for folder in _fullest(mailbox):
        for item in _listed(mailbox, folder):
            if item.size > left_bytes:
                continue
            left_items, left_bytes = left_items - 1, left_bytes - item.size
            yield item
            if left_items <= 0:
                return


def _fullest(mailbox: EwsConnection) -> list[str]:
    """Find the folders with the most items, which are most of what jobs read there."""
    listed = find_folders(mailbox, Distinguished("msgfolderroot"), _COUNTS, traversal="Deep")
    # One page: listing is not what is measured.
    counted = [
        (folder.number("TotalCount") or 0, folder.id)
        for folder in islice(listed, PAGE_FOLDERS)
        if not folder.is_search
    ]
    return [id_ for count, id_ in sorted(counted, reverse=True)[:_FOLDERS_MAX] if count]


def _listed(mailbox: EwsConnection, folder: str) -> list[_Sized]:
    """List one page of a folder; nothing where it is not ours to see."""
    try:
        found = find_items(mailbox, folder, _SIZES, page_items=_ITEMS_MAX)
        page = list(islice(found, _ITEMS_MAX))
    except (OperatorError, ItemError):
        # A delegate sees some folders and others not.
        return []
    sizes = [(item.id, item.text("Size")) for item in page]
    return [_Sized(id_, int(told)) for id_, told in sizes if told.isdecimal()]


def _batches(items: Sequence[_Sized]) -> Iterator[list[_Sized]]:
    batch: list[_Sized] = []
    for item in items:
        if batch and (
            len(batch) >= _BATCH_ITEMS_MAX
            or sum(one.size for one in batch) + item.size > _BATCH_BYTES_MAX
        ):
            yield batch
            batch = []
        batch.append(item)
    yield batch


def _timed(mailbox: EwsConnection, batch: Sequence[_Sized], clock: Clock) -> Download | None:
    known = {one.id: one.size for one in batch}
    return timed_export(
        lambda take: export_items(mailbox, list(known), take, known.__getitem__),
        mailbox.transport.meter,
        lambda: mailbox.facts.round_trip_s,
        clock,
    )


def timed_export(
    export: Callable[[Callable[[Fetched | EwsItemError, str], None]], None],
    meter: TrafficMeter,
    round_trip_s: Callable[[], float],
    clock: Clock,
) -> Download | None:
    """Read one batch; None where it took more than one request, whose times nobody can part.

    Args:
        export: Reads it, and hands each item over.
        meter: Counts the requests that this takes.
        round_trip_s: Says how long the last answer took to begin.
        clock: Time.
    """
    before, began_s = meter.now(), clock.monotonic_s()
    sizes: list[int] = []

    def take(result: Fetched | EwsItemError, _id: str) -> None:
        if isinstance(result, Fetched):
            whole = result.content
            pieces = (whole,) if isinstance(whole, bytes | bytearray) else whole
            sizes.append(sum(len(piece) for piece in pieces))

    export(take)
    took_s, after = clock.monotonic_s() - began_s, meter.now()
    if after.requests - before.requests != 1 or not sizes:
        return None
    first_byte_s = min(round_trip_s(), took_s)
    return Download(
        items=len(sizes),
        byte_count=sum(sizes),
        requests=1,
        line_bytes=after.bytes_read - before.bytes_read,
        first_byte_s=first_byte_s,
        body_s=took_s - first_byte_s,
    )


def _said(error: StrongroomError) -> str:
    """Tell the server's code if it looks like one; its words stay out."""
    code = getattr(error, "code", "")
    return f"The server says {code}." if isinstance(code, str) and _CODE.fullmatch(code) else ""
