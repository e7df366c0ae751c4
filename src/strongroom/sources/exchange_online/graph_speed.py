"""How fast a tenant's mailboxes can be read by Graph.

A few questions about no mailbox, a few about one, and a few of its items: read, timed, and thrown
away. It changes nothing and keeps to bounds.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Sequence

from strongroom.clock import Clock
from strongroom.errors import OperatorError
from strongroom.sources.exchange_online.facts import organization
from strongroom.sources.exchange_online.places import Places, place_findings
from strongroom.sources.exchange_online.signer import Signer
from strongroom.sources.exchange_onprem.measuring import (
    BYTES_MAX,
    SECONDS_MAX,
    TRIES,
    timed_export,
)
from strongroom.sources.speed.reporting import Allowed, Seen, report_of
from strongroom.wire.graph.mailbox.at_once import AT_ONCE_MAX
from strongroom.wire.graph.mailbox.export_items import ITEMS_MAX, export_items
from strongroom.wire.graph.mailbox.folders import read_below
from strongroom.wire.graph.mailbox.items import MailboxItem, list_items
from strongroom.wire.graph.mailbox.line import MailboxLine
from strongroom.wire.graph.refusals import GraphDenied
from strongroom.words.speed import Answers, Download, Finding, Line, SpeedReport, Spread

AT = "graph"
_BATCH_BYTES_MAX = 2 * 1024 * 1024
_FOLDERS_MAX = 3

ALLOWED = Allowed(
    slots=AT_ONCE_MAX,
    why=f"Microsoft documents {AT_ONCE_MAX} requests at a time for one application and mailbox.",
)
LIMITS = Finding(
    code="limits-fixed",
    text=f"Exchange Online takes {AT_ONCE_MAX} requests at a time from one application in one "
    "mailbox, 10,000 in ten minutes, and 150 MB of uploads in five. These limits are Microsoft's, "
    "and nobody can lift them; several mailboxes are read side by side.",
)
"""Source:
https://learn.microsoft.com/graph/throttling-limits
"""


def measured_by_graph(
    signer: Signer, line: MailboxLine | None, lines: Sequence[Line], *, clock: Clock
) -> SpeedReport:
    """Measure Graph, and say what that means.

    Args:
        signer: Who asks.
        line: To the mailbox to look into; None: there is none.
        lines: The lines to the connection's servers.
        clock: Time.

    Raises:
        AccessDenied: the sign-in is not taken.
        ServerUnreachable: nobody answers.
        TransientError: nobody answered in time.
    """
    before = signer.graph.meter.now()
    country = organization(signer, signer.graph_claims().tenant)[1]
    answers = [Answers(at=AT, of="account", whole=_spread(lambda: _ask_account(signer)))]
    download, unread = None, "No mailbox was named: --mailbox ADDRESS"
    if line is not None:
        try:
            whole = _spread(lambda: _ask_mailbox(line))
            answers.append(Answers(at=AT, of="mailbox", whole=whole))
            download, unread = _read_some(line, clock)
        except OperatorError as error:
            unread = f"The mailbox, or its items, could not be opened. {error.what}"
    after = signer.graph.meter.now()
    seen = Seen(
        requests=after.requests - before.requests,
        throttled=after.throttled - before.throttled,
        answers=tuple(answers),
        download=download,
        unread=unread,
    )
    places = Places(graph=signer.graph.facts.data_center, country=country)
    more = [*place_findings(places), LIMITS]
    return report_of(seen, lines, at=AT, allowed=ALLOWED, more=more)


def _spread(ask: Callable[[], float]) -> Spread:
    """Ask once for nothing, which fills caches, and then a few times."""
    ask()
    found = Spread.of(ask() for _ in range(TRIES))
    assert found is not None
    return found


def _ask_account(signer: Signer) -> float:
    """Ask what is about no mailbox; a refusal is an answer too, and takes as long."""
    with contextlib.suppress(GraphDenied):
        signer.graph.get("organization", {"$select": "id"})
    return signer.graph.facts.round_trip_s


def _ask_mailbox(line: MailboxLine) -> float:
    line.get(f"{line.path}/folders", {"$top": "1", "$select": "id"})
    return line.heard.round_trip_s


def _read_some(line: MailboxLine, clock: Clock) -> tuple[Download | None, str]:
    """Read a few items; say how that went, or why there is nothing to say."""
    batch: list[MailboxItem] = []
    done: Download | None = None
    ends_s = clock.monotonic_s() + SECONDS_MAX
    left = BYTES_MAX
    for item in _some_items(line):
        left -= item.size
        if left < 0 or clock.monotonic_s() >= ends_s:
            break
        batch.append(item)
        if len(batch) >= ITEMS_MAX or sum(one.size for one in batch) >= _BATCH_BYTES_MAX:
            done, batch = _with(done, _timed(line, batch, clock)), []
    if batch:
        done = _with(done, _timed(line, batch, clock))
    return done, "" if done else "The mailbox has nothing in it that could be timed."


def _some_items(line: MailboxLine) -> Iterator[MailboxItem]:
    """Give the first items of the fullest folders at the top, as one page of each tells them."""
    ((_, found),) = read_below(line, [], [""], ())
    folders = [] if isinstance(found, Exception) else found
    fullest = sorted(folders, key=lambda one: one.item_count or 0, reverse=True)
    for folder in fullest[:_FOLDERS_MAX]:
        if folder.item_count:
            yield from next(list_items(line, folder.id, ())).items


def _timed(line: MailboxLine, batch: Sequence[MailboxItem], clock: Clock) -> Download | None:
    known = {one.id: one.size for one in batch}
    return timed_export(
        lambda take: export_items(line, list(known), take, known.__getitem__),
        line.transport.meter,
        lambda: line.heard.round_trip_s,
        clock,
    )


def _with(one: Download | None, other: Download | None) -> Download | None:
    return one or other if one is None or other is None else one + other
