"""Which terms a server's term store has. Only the client object model says so on every server.

Source:
    [MS-CSOM] SharePoint Client Query Protocol, 2.2.3.2.4.1.1 (ObjectPath: ``IsNull``)
    https://learn.microsoft.com/dotnet/api/microsoft.sharepoint.client.taxonomy.taxonomysession
    https://github.com/pnp/cli-microsoft365 (spo term commands: the session's type)
"""

from __future__ import annotations

from collections.abc import Iterable

from strongroom.wire.sharepoint.csom import Guid, Query, asked
from strongroom.wire.sharepoint.rest import RestConnection
from strongroom.wire.sharepoint.rest_refusals import SiteDenied, SiteRefused

_SESSION = "{981cbc68-9edc-4f8d-872f-71146fcbb84f}"
BATCH = 100
"""So many terms are asked for in one request."""


def unknown_terms(rest: RestConnection, web: str, guids: Iterable[str]) -> frozenset[str] | None:
    """Say which terms the term store does not have; None: it does not say.

    Args:
        rest: The connection.
        web: Path of a web that uses the store.
        guids: Of terms, in small letters.
    """
    wanted = sorted(set(guids))
    unknown: set[str] = set()
    for begin in range(0, len(wanted), BATCH):
        some = wanted[begin : begin + BATCH]
        query = Query()
        session = query.static(_SESSION, "GetTaxonomySession")
        asking = {query.ask(query.found(session, "GetTerm", Guid(one))): one for one in some}
        try:
            told = asked(rest, web, query)
        except (SiteRefused, SiteDenied) as error:
            if error.status == 401:
                raise
            return None
        for number, guid in asking.items():
            answer = told.get(number)
            if isinstance(answer, dict) and answer.get("IsNull") is True:
                unknown.add(guid)
    return frozenset(unknown)
