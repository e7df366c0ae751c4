"""A name and a password in every request."""

from __future__ import annotations

import pybase64

from strongroom.lab.estate.estate import Estate
from strongroom.lab.https import Request, Response
from strongroom.lab.sign_in.words import Entered, Rules

CHALLENGE = ("WWW-Authenticate", 'Basic realm="ex01.lab.example"')


class BasicScheme:
    """Basic, as of RFC 7617."""

    name = "Basic"

    def __init__(self, estate: Estate) -> None:
        self._estate = estate

    def offers(self) -> list[tuple[str, str]]:
        """As the interface says."""
        return [CHALLENGE]

    def judge(self, credentials: str, request: Request, rules: Rules) -> Entered | Response | None:  # noqa: ARG002
        """As the interface says."""
        try:
            pair = pybase64.b64decode(credentials, validate=True).decode("utf-8")
        except ValueError:
            return None
        user, _, password = pair.partition(":")
        account = self._estate.sign_in(user, password)
        return None if account is None else Entered(account=account)
