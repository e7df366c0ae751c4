"""Property bags: what of them is somebody's own, and under which name a server takes it back.

REST tells a bag's names so that they can be names of properties: ``_`` and whatever no name holds
as ``_x005f_``, and ``OData_`` before one that begins so. Most of a bag is the server's own: what
FrontPage left, the state of features, ids of lists and groups that mean another thing in another
site. That is neither written nor missed.

Source:
    [MS-CSOMREST] SharePoint Client-Side Object Model REST Protocol (names of open types)
    https://learn.microsoft.com/dotnet/api/system.xml.xmlconvert.encodelocalname
    [MS-FPSE] FrontPage Server Extensions, 2.2.4 (``vti_`` is the server's)
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator, Mapping

from strongroom.words.json import Json

_CODED = re.compile("_x([0-9A-Fa-f]{8}|[0-9A-Fa-f]{4})_")
_BEFORE = "OData_"

SERVERS_OWN = (
    "vti_",  # FrontPage's: times, counts, indexed names, the order of content types
    "_",  # of galleries, publishing, navigation and features: ids and states
    "odata.",
    *("dlc_", "ecm_", "docid_", "docset_"),  # of records, policies and document ids
    *("group", "relatedgroup"),  # of the Microsoft 365 group that a site belongs to
    *("allowslistpolicy", "disabledhelpcollections", "enabledhelpcollections"),
    *("designpackage", "featurepushdown", "profileschemaversion", "siteid", "sitenotebook"),
    *("taxonomyhiddenlist", "themeprimary", "webtemplate"),
)
"""Beginnings, in small letters, of names that servers write themselves."""

Bag = Mapping[str, str | int | bool]


def own_properties(bag: Mapping[str, Json]) -> Bag:
    """Give what somebody put into a bag, by the name that they gave it.

    Args:
        bag: As REST told it.
    """
    return dict(sorted(_own(bag)))


def _own(bag: Mapping[str, Json]) -> Iterator[tuple[str, str | int | bool]]:
    for coded, value in bag.items():
        name = name_of(coded)
        if isinstance(value, str | int | bool) and not is_servers_own(name):
            yield name, value


def is_servers_own(name: str) -> bool:
    """Say whether a property is one that the server writes itself."""
    return name.casefold().startswith(SERVERS_OWN)


def name_of(coded: str) -> str:
    """Give a property's own name."""
    if coded.startswith(f"{_BEFORE}_"):
        coded = coded.removeprefix(_BEFORE)
    return _CODED.sub(_character, coded)


def _character(found: re.Match[str]) -> str:
    """Give what is coded; half a character is none, and stays as it was told."""
    number = int(found[1], 16)
    is_one = number <= sys.maxunicode and not 0xD800 <= number <= 0xDFFF
    return chr(number) if is_one else found[0]
