"""A name and a password in every request."""

from __future__ import annotations

from collections.abc import Mapping

import pybase64


class BasicSignIn:
    r"""A name and a password in every request, UTF-8.

    Args:
        user: As the server knows it: ``user@domain`` or ``DOMAIN\user``; without a colon.
        password: Kept in memory only.

    Raises:
        ValueError: the name holds a colon, which the scheme cannot carry.

    Source:
        https://www.rfc-editor.org/rfc/rfc7617
    """

    def __init__(self, user: str, password: str) -> None:
        if ":" in user:
            raise ValueError("a user name for basic sign-in cannot hold a colon")
        self.user = user
        token = pybase64.b64encode(f"{user}:{password}".encode()).decode("ascii")
        self._headers = {"Authorization": f"Basic {token}"}

    def __repr__(self) -> str:
        return f"BasicSignIn(user={self.user!r})"

    def headers(self) -> Mapping[str, str]:
        """Give the one header of RFC 7617."""
        return self._headers
