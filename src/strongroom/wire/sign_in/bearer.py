"""A token in every request, from whoever gets tokens."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence

from strongroom.errors import OperatorError

_TOKEN = re.compile(r"[A-Za-z0-9._~+/-]+=*")


class BearerSignIn:
    """A token that somebody else keeps fresh.

    Args:
        user: Whose token it is, for messages.
        token: Gives the token to use now; asked before every request, so it answers from memory.
        renew: Told the challenges of a 401; True if ``token`` gives another one now. By default a
            refused token is the end.

    Source:
        https://www.rfc-editor.org/rfc/rfc6750#section-2.1
    """

    def __init__(
        self,
        user: str,
        token: Callable[[], str],
        *,
        renew: Callable[[Sequence[str]], bool] = lambda _: False,
    ) -> None:
        self.user = user
        self._token = token
        self._renew = renew

    def __repr__(self) -> str:
        return f"BearerSignIn(user={self.user!r})"

    def headers(self) -> Mapping[str, str]:
        """Give the one header of RFC 6750.

        Raises:
            OperatorError: that is no token. Found here, because the library below would repeat it
                in its own error.
        """
        token = self._token()
        if not _TOKEN.fullmatch(token):
            raise OperatorError(
                f"The token of {self.user} cannot be sent.",
                why="It is empty, or holds characters that no token has.",
            )
        return {"Authorization": f"Bearer {token}"}

    def refused(self, challenges: Sequence[str]) -> bool:
        """Pass it on to whoever gets tokens."""
        return self._renew(challenges)
