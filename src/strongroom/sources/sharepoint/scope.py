"""Whether an application is confined to chosen sites (``Sites.Selected``), and proof that it is.

A grant on some sites and a permission for the whole tenant add up: as long as the second is there,
the first narrows nothing.

Source:
    https://learn.microsoft.com/graph/permissions-selected-overview
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Mapping
from dataclasses import dataclass

from strongroom.errors import OperatorError, StrongroomError
from strongroom.sources.sharepoint.remedies import ApplicationRemedies
from strongroom.wire.entra.claims import claims_in
from strongroom.wire.graph.connection import GraphConnection
from strongroom.wire.graph.granted import list_granted
from strongroom.wire.sharepoint.rest import RestConnection
from strongroom.wire.sharepoint.rest_refusals import SiteDenied
from strongroom.wire.sharepoint.sites import read_web
from strongroom.wire.sign_in import SignIn
from strongroom.words.capability import Capability, CapabilityOutcome

SCOPE = "scope"
ROOT = "/"
_SELECTED = "Sites.Selected"
_WIDE = re.compile(r"Sites\.(?:Read|ReadWrite|Manage|FullControl)\.All")
_BEARER = "Bearer "


@dataclass(frozen=True, slots=True, kw_only=True)
class Application:
    """One application, with its two ways in.

    Attributes:
        client_id: Its id.
        rest: To the sites.
        graph: To Graph, which knows the tenant.
    """

    client_id: str
    rest: RestConnection
    graph: GraphConnection

    def is_narrow(self) -> bool:
        """Say whether it has chosen sites on SharePoint, and nothing that reaches all of them."""
        held = self._held()["SharePoint"]
        return held is not None and _SELECTED in held and not _wide(held)

    def reach(self, site: str, remedies: ApplicationRemedies) -> Capability:
        """Say how far it reaches, where nobody said which site must stay shut.

        Args:
            site: Path of the site that the connection is for; if it is not the tenant's root, that
                one is tried.
            remedies: What to do about what reaches too far.
        """
        held = self._held()
        if any(one is None for one in held.values()):
            return _of(CapabilityOutcome.UNKNOWN, "The application's tokens could not be read.")
        if not any(_SELECTED in (names or ()) for names in held.values()):
            detail = f"{self.rest.subject} is not confined: it reaches every site of the tenant."
            return _of(CapabilityOutcome.NOT_APPLICABLE, detail)
        wide = self._everywhere(held)
        if wide:
            return self._too_far(wide, remedies)
        if site == ROOT:
            detail = (
                f"{self.rest.subject} has chosen sites only. Whether others stay shut shows only on"
                " one of them: name it (--outside)."
            )
            return _of(CapabilityOutcome.UNKNOWN, detail)
        opened = self._opened(ROOT)
        if opened is None:
            return self._shut(ROOT)
        why = "perhaps it was chosen too" if opened is True else f"it could not be asked ({opened})"
        detail = (
            f"{self.rest.subject} has chosen sites only. The tenant's root, tried as one of the"
            f" others, shows nothing: {why}. Name another one (--outside)."
        )
        return _of(CapabilityOutcome.UNKNOWN, detail)

    def kept(self, outside: str, remedies: ApplicationRemedies) -> Capability:
        """Say whether a site stays shut, and nothing opens all of them.

        Args:
            outside: Path of a site that was not chosen.
            remedies: As above.
        """
        wide = self._everywhere(self._held())
        if wide:
            return self._too_far(wide, remedies)
        opened = self._opened(outside)
        if opened is None:
            return self._shut(outside)
        if opened is True:
            detail = f"The site {outside} is to stay shut, and opened to {self.rest.user}."
            return _of(CapabilityOutcome.MISSING, detail, remedies.shut(outside))
        detail = f"Whether {outside} stays shut could not be tried ({opened})."
        return _of(CapabilityOutcome.UNKNOWN, detail)

    def _shut(self, path: str) -> Capability:
        detail = (
            f"{self.rest.subject} is confined to chosen sites: it has no permission over all of"
            f" them, and the site {path} stays shut to it."
        )
        return _of(CapabilityOutcome.PROVED, detail)

    def _too_far(self, wide: list[str], remedies: ApplicationRemedies) -> Capability:
        named = ", ".join(wide)
        detail = (
            f"{self.rest.subject} was to reach chosen sites only, and holds {named} for the whole"
            " tenant. The two add up, so it reaches every site."
        )
        return _of(CapabilityOutcome.MISSING, detail, remedies.narrow(named))

    def _opened(self, path: str) -> bool | str | None:
        """Try a site: True if it opens, None if it stays shut, else what kept us from trying."""
        try:
            read_web(self.rest, path)
        except SiteDenied as error:
            return None if error.status == 403 else type(error).__name__
        except StrongroomError as error:
            return type(error).__name__
        return True

    def _everywhere(self, held: Mapping[str, frozenset[str] | None]) -> list[str]:
        """Name the permissions over all sites."""
        names = {f"{name} ({api})" for api, some in held.items() for name in _wide(some)}
        if not names:
            # Granted a moment ago, it is in no token yet. Not every application may look.
            with contextlib.suppress(OperatorError):
                granted = frozenset(one.name for one in list_granted(self.graph, self.client_id))
                names.update(_wide(granted))
        return sorted(names)

    def _held(self) -> dict[str, frozenset[str] | None]:
        """Read from its tokens what it may do; None where one cannot be read."""
        return {
            "SharePoint": _roles(self.rest.transport.sign_in),
            "Microsoft Graph": _roles(self.graph.sign_in),
        }


def _roles(sign_in: SignIn) -> frozenset[str] | None:
    try:
        claims = claims_in(sign_in.headers().get("Authorization", "").removeprefix(_BEARER))
    except OperatorError:
        # No token for that API: nothing of it was granted.
        return frozenset()
    return claims.roles if claims.is_readable else None


def _wide(names: frozenset[str] | None) -> list[str]:
    return sorted(name for name in names or () if _WIDE.fullmatch(name))


def _of(outcome: CapabilityOutcome, detail: str, remedy: str = "") -> Capability:
    return Capability(name=SCOPE, outcome=outcome, detail=detail, remedy=remedy)
