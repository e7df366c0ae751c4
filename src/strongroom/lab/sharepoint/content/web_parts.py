"""Web parts of classic pages."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(slots=True, kw_only=True, eq=False)
class WebPart:
    """A web part on a page.

    Attributes:
        id: Its storage key, in small letters.
        zone_id: Of the zone of the page's layout; ``wpz`` on a wiki page.
        zone_index: Its place in the zone.
        xml: As exported, without where it lies.
        export_mode: 0 none, 1 all, 2 what is not sensitive.
    """

    id: str
    title: str
    zone_id: str
    zone_index: int
    xml: str = field(repr=False)
    is_closed: bool = False
    is_hidden: bool = False
    export_mode: int = 1
    properties: dict[str, str] = field(default_factory=dict)
