"""How fast a SharePoint answers, and what part of that is distance."""

from __future__ import annotations

from collections.abc import Sequence

from strongroom.clock import Clock
from strongroom.sources.speed.reporting import Seen, report_of
from strongroom.wire.sharepoint.rest import RestConnection
from strongroom.wire.sharepoint.rest_facts import RestFacts
from strongroom.wire.sharepoint.rest_refusals import SiteDenied, SiteRefused
from strongroom.wire.sharepoint.sites import read_web, site_path
from strongroom.words.speed import Answers, Finding, Line, SpeedReport, Spread

AT = "site"
TRIES = 5
_ASK_SECONDS_MAX = 15.0

POLICY = Finding(
    code="policy-fixed",
    text="The limits of SharePoint Online are Microsoft's, and Microsoft does not allow "
    "administrators to change them.",
    remedy="The program finds by itself what the service takes, and obeys when it is told to wait.",
)
"""Source:
https://learn.microsoft.com/sharepoint/dev/general-development/how-to-avoid-getting-throttled-or-blocked-in-sharepoint-online
"""


def measured(
    rest: RestConnection, site: str, lines: Sequence[Line], *, clock: Clock, is_online: bool
) -> SpeedReport:
    """Measure, and say what it means.

    Args:
        rest: As who backs up.
        site: Address of the site to ask for.
        lines: The lines to the connection's servers.
        clock: Time.
        is_online: It is Microsoft's.

    Raises:
        AccessDenied: the sign-in is not taken.
        ServerUnreachable: nobody answers.
        TransientError: nobody answered in time.
    """
    before = rest.transport.meter.now()
    found = _asked(rest, site_path(site), clock)
    after = rest.transport.meter.now()
    whole = Spread.of(one.round_trip_s for one in found)
    answers = (
        Answers(at=AT, of="site", whole=whole, server=_server(found)),
    ) if whole else ()  # fmt: skip
    seen = Seen(
        requests=after.requests - before.requests,
        throttled=after.throttled - before.throttled,
        answers=answers,
        unread="No files are read for this test.",
        private=_named(found[-1]),
    )
    more = [_one_by_one(whole)] if whole else []
    if is_online:
        more += [_edge(found[-1]), POLICY]
    return report_of(seen, lines, at=AT, more=more)


def _asked(rest: RestConnection, path: str, clock: Clock) -> list[RestFacts]:
    """Ask for a site's title several times; a refusal is an answer too. The first is not counted.

    It signs in and fills caches.
    """
    ends_s = clock.monotonic_s() + _ASK_SECONDS_MAX
    found: list[RestFacts] = []
    for number in range(TRIES + 1):
        if len(found) > 1 and clock.monotonic_s() > ends_s:
            break
        try:
            read_web(rest, path)
        except SiteDenied as error:
            if error.status != 403:
                raise
        except SiteRefused:
            pass
        if number:
            found.append(rest.facts)
    return found


def _server(found: Sequence[RestFacts]) -> Spread | None:
    """Give what the server says that it took, the time in its queue included."""
    told = [
        (one.server_ms + (one.queue_ms or 0)) / 1000 for one in found if one.server_ms is not None
    ]
    return Spread.of(told)


def _one_by_one(whole: Spread) -> Finding:
    most = 1000 / whole.lowest_ms if whole.lowest_ms > 0 else 0.0
    bound = f"{most:,.1f} files per second" if most else "more than could be timed"
    return Finding(
        code="file-by-file",
        text=f"Every file is a request of its own: at {whole.median_ms:g} ms each, one slot asks "
        f"for at most {bound}, and for fewer the larger they are. How many slots a server takes is "
        "announced by none of them.",
    )


def _edge(facts: RestFacts) -> Finding:
    entrance = (
        f"We enter Microsoft's network at {facts.edge[:3]}, which is near us."
        if facts.edge
        else "The answers do not tell where we enter Microsoft's network."
    )
    return Finding(
        code="region-unknown",
        text=f"{entrance} No answer tells where the site's data lies. Where the subscription was "
        "bought, and the address that the tenant gave, are not where its data lies: the time that "
        "lies behind the entrance tells how far it is.",
    )


def _named(facts: RestFacts) -> tuple[str, ...]:
    names = {"front end": facts.front_end, "entrance": facts.edge}
    return tuple(f"The {what} is {name}." for what, name in names.items() if name)
