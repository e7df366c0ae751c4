"""Which tenant this is.

Source:
    https://learn.microsoft.com/graph/api/organization-list
"""

from __future__ import annotations

from dataclasses import dataclass

from strongroom.errors import TransientError
from strongroom.wire.graph.answers import text_of
from strongroom.wire.graph.connection import GraphConnection


@dataclass(frozen=True, slots=True, kw_only=True)
class Organization:
    """A tenant.

    Attributes:
        id: Its GUID; never changes.
        name: Display name. Untrusted text.
        country: Two letters, where the tenant's own address is; empty if it gave none.
    """

    id: str
    name: str
    country: str


def read_organization(graph: GraphConnection) -> Organization:
    """Read the tenant that the token is of.

    Raises:
        GraphDenied: the token lacks Organization.Read.All, or the person's User.Read.
    """
    query = {"$select": "id,displayName,countryLetterCode"}
    for row in graph.rows("organization", query):
        return Organization(
            id=text_of(row, "id"),
            name=text_of(row, "displayName"),
            country=text_of(row, "countryLetterCode"),
        )
    raise TransientError("Microsoft Graph did not say which tenant this is.")
