"""Where a tenant's mailbox is, where we come in, and what neither says of the other."""

from __future__ import annotations

from dataclasses import dataclass

from strongroom.sources.exchange_online.regions import region_of
from strongroom.words.speed import Finding


@dataclass(frozen=True, slots=True, kw_only=True)
class Places:
    """What answers told of where they are from; empty where they did not.

    Attributes:
        back_end: The server of the mailbox (``X-CalculatedBETarget``).
        front_end: Full name of the front end (``X-FEProxyInfo``).
        edge: The entrance of Microsoft's network (``X-FEEFZInfo``).
        graph: Where Graph's gateway is, in its own words (``West Europe``).
        country: Where the tenant's own address is, in two letters.
    """

    back_end: str = ""
    front_end: str = ""
    edge: str = ""
    graph: str = ""
    country: str = ""


def place_findings(places: Places) -> list[Finding]:
    """Say where the data lies, as the servers tell it, and where it does not follow from."""
    mailbox, front = region_of(places.back_end), region_of(places.front_end)
    found = [_region(mailbox, places)]
    if mailbox and front and _area(mailbox) != _area(front):
        found.append(
            Finding(
                code="front-end-elsewhere",
                text=f"We come in by a front end in {front}, and the mailbox lies in {mailbox}: "
                "every answer goes between the two.",
                remedy="Microsoft chooses the front end by where its name is looked up from. See "
                "that this machine asks a name server nearby, and that no proxy or tunnel leads it "
                "out of its part of the world; or let the program run near the mailbox.",
            )
        )
    return found


def _region(mailbox: str, places: Places) -> Finding:
    bought = (
        "Where the subscription was bought, and the address that the tenant gave, are not where "
        "its data lies"
    )
    entrances = [
        told
        for told in (
            f"Microsoft's network is entered at {places.edge[:3]}" if places.edge else "",
            f"Graph answers from {places.graph}" if places.graph else "",
        )
        if told
    ]
    near = f" {', and '.join(entrances)}: that is near us, not near the data." if entrances else ""
    country = f"The tenant's address is in {places.country}." if places.country else ""
    private = tuple(filter(None, (country,)))
    if not mailbox:
        return Finding(
            code="region-unknown",
            text=f"No answer told which part of the world the mailbox is in. {bought}, so nothing "
            f"is concluded from them.{near}",
            private=private,
        )
    return Finding(
        code="region",
        text=f"The mailbox lies in {mailbox}, as the name of its server tells. {bought}: mailboxes "
        f"of one tenant can even lie in several regions, so look at each that is slow.{near}",
        private=private,
    )


def _area(region: str) -> str:
    """Give the part of the world without the forest, of which each has many."""
    return region.partition(" (")[0]
