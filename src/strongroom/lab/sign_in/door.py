"""The door of a face: who comes in, and what the others are told."""

from __future__ import annotations

from collections.abc import Iterable

from strongroom.lab.estate.estate import Estate
from strongroom.lab.https import Request, Response
from strongroom.lab.sign_in.basic import BasicScheme
from strongroom.lab.sign_in.windows import WindowsScheme
from strongroom.lab.sign_in.words import Entered, Rules, Scheme, talk_of


class Door:
    """Lets people in by the ways that it knows. Safe to call from many threads.

    Args:
        estate: Whose accounts.
        more: Ways beside Basic, NTLM and Negotiate, such as bearer tokens; each is offered where
            the rules name it.
    """

    def __init__(self, estate: Estate, more: Iterable[Scheme] = ()) -> None:
        known: list[Scheme] = [
            BasicScheme(estate),
            WindowsScheme("NTLM", estate),
            WindowsScheme("Negotiate", estate),
            *more,
        ]
        self._schemes = {scheme.name.casefold(): scheme for scheme in known}

    def add(self, scheme: Scheme) -> None:
        """Know one more way; it is offered where the rules name it."""
        self._schemes[scheme.name.casefold()] = scheme

    def enter(self, request: Request, rules: Rules) -> Entered | Response:
        """Say who speaks, or give the answer that asks for it."""
        name, _, credentials = request.headers.get("authorization", "").strip().partition(" ")
        if not name:
            account = talk_of(request).account
            return self._ask(rules) if account is None else Entered(account=account)
        is_offered = name.casefold() in {scheme.casefold() for scheme in rules.schemes}
        scheme = self._schemes.get(name.casefold())
        if not is_offered or scheme is None:
            return self._ask(rules)
        return scheme.judge(credentials.strip(), request, rules) or self._ask(rules)

    def _ask(self, rules: Rules) -> Response:
        headers: list[tuple[str, str]] = []
        for name in rules.schemes:
            headers += self._schemes[name.casefold()].offers()
        return Response(status=401, headers=headers)
