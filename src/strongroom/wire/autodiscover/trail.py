"""What a search has tried so far, and the bounds that end it."""

from __future__ import annotations

from strongroom.wire.autodiscover.told import Attempt, Outcome, Way
from strongroom.wire.origins import Origin

REDIRECTS_MAX = 10
"""Microsoft's own bound; honest ones need two or three."""
REFUSALS_MAX = 3
"""Sign-ins that were refused. One more place is worth asking, since another server may know us;
many would lock the account, which organisations do after five to ten."""


class SearchEnded(Exception):
    """A bound was reached; the text says which, in words."""


class Trail:
    """The attempts of one search, in order.

    Attributes:
        attempts: All so far.
        unreachable: Where nobody answered; waiting for them again would only take long.
    """

    def __init__(self) -> None:
        self.attempts: list[Attempt] = []
        self.unreachable: set[Origin] = set()
        self._visited: set[tuple[str, str]] = set()
        self._redirects = 0
        self._refusals = 0

    def note(self, way: Way, where: str, outcome: Outcome, told: str) -> None:
        """Write an attempt down; servers say anything, so only what can be printed stays."""
        self.attempts.append(
            Attempt(way=way, where=_printable(where), outcome=outcome, told=_printable(told))
        )

    def visit(self, address: str, url: str) -> bool:
        """Say whether this URL is asked for this address for the first time."""
        key = (address.casefold(), url.casefold())
        if key in self._visited:
            return False
        self._visited.add(key)
        return True

    def count_redirect(self) -> None:
        """Count one that is about to be followed.

        Raises:
            SearchEnded: there were too many.
        """
        self._redirects += 1
        if self._redirects > REDIRECTS_MAX:
            raise SearchEnded(f"There were more than {REDIRECTS_MAX} redirects.")

    def count_refusal(self) -> None:
        """Count a sign-in that was refused.

        Raises:
            SearchEnded: there were too many.
        """
        self._refusals += 1
        if self._refusals >= REFUSALS_MAX:
            raise SearchEnded(
                f"{REFUSALS_MAX} places refused the sign-in; more would lock the account."
            )


def _printable(text: str) -> str:
    return "".join(sign if sign.isprintable() else " " for sign in text[:600])
