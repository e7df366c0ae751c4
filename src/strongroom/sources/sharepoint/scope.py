"""Whether an application is confined to chosen sites (``Sites.Selected``), and proof that it is.

Source:
    https://learn.microsoft.com/graph/permissions-selected-overview
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from strongroom.errors import StrongroomError
from strongroom.sources.sharepoint.remedies import ApplicationRemedies
from strongroom.wire.sharepoint.rest import RestConnection
from strongroom.wire.sharepoint.rest_refusals import SiteDenied
from strongroom.wire.sharepoint.sites import read_web, site_path
from strongroom.words.capability import Capability, CapabilityOutcome

SELECTED = "Sites.Selected"
_WIDE = re.compile(r"Sites\.(?:Read|ReadWrite|Manage|FullControl)\.All")
_ROOT = "/"


class Scope:
    """Looks at the permissions of an application, and tries a site that was not chosen.

    Args:
        rest: As the application.
        permissions: What its tokens say, by API (``SharePoint``, ``Microsoft Graph``): each gives
            None where the token cannot be read.
        remedies: What to do about what reaches too far.
        out_of_scope: Address of a site that was not chosen; empty: the tenant's root is tried.
    """

    name = "scope"

    def __init__(
        self,
        rest: RestConnection,
        permissions: Mapping[str, Callable[[], frozenset[str] | None]],
        remedies: ApplicationRemedies,
        *,
        out_of_scope: str = "",
    ) -> None:
        self._rest = rest
        self._permissions = permissions
        self._remedies = remedies
        self._out_of_scope = out_of_scope

    @property
    def is_narrow(self) -> bool:
        """It has ``Sites.Selected`` on SharePoint, and nothing that reaches all sites there."""
        held = self._held().get("SharePoint")
        return held is not None and SELECTED in held and not _wide(held)

    def tried(self, site: str) -> Capability:
        """Say whether it is confined, and try a site outside.

        Args:
            site: A site that was chosen.
        """
        held = self._held()
        if any(one is None for one in held.values()):
            return self._of(
                CapabilityOutcome.UNKNOWN, "The application's permissions could not be read."
            )
        selected = [api for api, names in held.items() if names and SELECTED in names]
        wide = [f"{name} ({api})" for api, names in held.items() for name in _wide(names)]
        if not selected:
            return self._of(
                CapabilityOutcome.NOT_APPLICABLE,
                f"{self._rest.user} is not confined: it reaches every site of the tenant.",
            )
        if wide:
            # The two add up: whoever has both reaches everything.
            named = ", ".join(wide)
            detail = f"{self._rest.user} has {SELECTED}, but {named} beside it reaches every site."
            return self._of(CapabilityOutcome.MISSING, detail, self._remedies.narrow(named))
        return self._outside(site)

    def _outside(self, site: str) -> Capability:
        path = site_path(self._out_of_scope) if self._out_of_scope else _ROOT
        if path == site_path(site):
            detail = "Not tried: no site outside the scope is known. Only chosen sites are allowed."
            return self._of(CapabilityOutcome.UNKNOWN, detail)
        try:
            read_web(self._rest, path)
        except SiteDenied as error:
            detail = (
                f"{self._rest.user} is confined to chosen sites: it has no permission over all of"
                f" them, and the site {path} was refused (HTTP {error.status})."
            )
            return self._of(CapabilityOutcome.PROVED, detail)
        except StrongroomError as error:
            detail = f"The site {path}, tried as one outside the scope, gave no answer to this."
            return self._of(CapabilityOutcome.UNKNOWN, f"{detail} ({type(error).__name__})")
        detail = (
            f"{self._rest.user} has no permission over all sites, but opens {path}, which was tried"
            " as one outside the scope; perhaps it was chosen too."
        )
        return self._of(CapabilityOutcome.UNKNOWN, detail)

    def _held(self) -> Mapping[str, frozenset[str] | None]:
        found: dict[str, frozenset[str] | None] = {}
        for api, ask in self._permissions.items():
            try:
                found[api] = ask()
            except StrongroomError:
                # No token for that API: nothing of it was granted, or it is unknown there.
                found[api] = frozenset()
        return found

    def _of(self, outcome: CapabilityOutcome, detail: str, remedy: str = "") -> Capability:
        return Capability(name=self.name, outcome=outcome, detail=detail, remedy=remedy)


def _wide(names: frozenset[str] | None) -> list[str]:
    return sorted(name for name in names or () if _WIDE.fullmatch(name))
