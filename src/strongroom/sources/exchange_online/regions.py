"""Where a mailbox is, as far as the name of its server tells."""

from __future__ import annotations

import re
from collections.abc import Mapping

_FOREST = re.compile(r"^[^.]+\.(?P<forest>(?P<region>[a-z]{3})[a-z]*\d+)\.", re.IGNORECASE)

_REGIONS: Mapping[str, str] = {
    "nam": "North America",
    "eur": "Europe",
    "apc": "Asia-Pacific",
    "lam": "Latin America",
    "can": "Canada",
    "gbr": "United Kingdom",
    "fra": "France",
    "deu": "Germany",
    "che": "Switzerland",
    "nor": "Norway",
    "swe": "Sweden",
    "ind": "India",
    "jpn": "Japan",
    "kor": "Korea",
    "aus": "Australia",
    "are": "United Arab Emirates",
    "zaf": "South Africa",
    "bra": "Brazil",
}


def region_of(back_end: str) -> str:
    """Read the region out of ``X-CalculatedBETarget``; empty if it tells none.

    Args:
        back_end: ``VI1PR04MB4192.eurprd04.prod.outlook.com``: the second part is the forest, and
            begins with the region that its mailboxes lie in.
    """
    found = _FOREST.match(back_end)
    if found is None:
        return ""
    forest = found["forest"].lower()
    known = _REGIONS.get(found["region"].lower())
    return f"{known} ({forest})" if known else forest
