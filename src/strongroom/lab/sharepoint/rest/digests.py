"""Form digests: what somebody who signed in by cookie or Windows must show in order to write.

A digest is bound to the user and to the second in which it was made, and needs no memory.

Source:
    https://learn.microsoft.com/sharepoint/dev/sp-add-ins/complete-basic-operations-using-sharepoint-rest-endpoints
"""

from __future__ import annotations

import hashlib
import hmac
import re
from datetime import UTC, datetime, timedelta

from strongroom.clock import Clock
from strongroom.lab.sharepoint.rest.errors import SP_EXCEPTION, ApiError

LIFE_S = 1800
_WRITTEN = "%d %b %Y %H:%M:%S -0000"
_DIGEST = re.compile(r"0x([0-9A-F]{64}),(.{26})")


class Digests:
    """Gives digests out and judges them.

    Attributes:
        life_s: How long one is good for.
    """

    def __init__(self, key: bytes, clock: Clock) -> None:
        self.life_s = LIFE_S
        self._key = key
        self._clock = clock

    def give(self, user: str) -> str:
        """Make one for a user."""
        written = f"{self._clock.now().astimezone(UTC):{_WRITTEN}}"
        return f"0x{self._proof(user, written)},{written}"

    def check(self, user: str, digest: str) -> None:
        """Let a writer pass.

        Raises:
            ApiError: 403, it is none of theirs, or too old.
        """
        found = _DIGEST.fullmatch(digest.strip())
        if found is None or not hmac.compare_digest(found[1], self._proof(user, found[2])):
            raise ApiError(
                403,
                f"-2130575251, {SP_EXCEPTION}",
                "The security validation for this page is invalid and might be corrupted."
                " Please use your web browser's Back button to try your operation again.",
            )
        made_at = datetime.strptime(found[2], _WRITTEN).replace(tzinfo=UTC)
        if self._clock.now() - made_at >= timedelta(seconds=self.life_s):
            raise ApiError(
                403,
                f"-2130575252, {SP_EXCEPTION}",
                "The security validation for this page has timed out. Click Back in your Web"
                " browser, refresh the page, and try your operation again.",
            )

    def _proof(self, user: str, written: str) -> str:
        said = f"{user.casefold()}\0{written}".encode()
        return hmac.new(self._key, said, hashlib.sha256).hexdigest().upper()
