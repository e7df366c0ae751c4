"""Who asks, and what they may open."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from strongroom.lab.sharepoint.farm import FarmSite, Visitor
from strongroom.lab.sharepoint.rights import Level


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """Somebody who was let in.

    Attributes:
        may: Says what they may do on a site; None: not even open it.
        url: ``https://localhost:PORT``.
    """

    visitor: Visitor
    may: Callable[[FarmSite], Level | None]
    url: str

    @property
    def has_token(self) -> bool:
        """They showed a token, which nobody else's page can send: they need no digest."""
        return self.visitor.rights is not None
