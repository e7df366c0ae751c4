"""NTLM and Negotiate: the connection is signed in, leg by leg."""

from __future__ import annotations

import logging
import os
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pybase64
import spnego

from strongroom.lab.estate.estate import Estate
from strongroom.lab.estate.words import Account
from strongroom.lab.https import Request, Response
from strongroom.lab.sign_in.binding import end_point, is_bound, is_last_leg
from strongroom.lab.sign_in.words import Entered, Rules, talk_of

_log = logging.getLogger(__name__)

_ENVIRONMENT = threading.Lock()
_OPTIONS = {
    "NTLM": spnego.NegotiateOptions.use_ntlm,
    "Negotiate": spnego.NegotiateOptions.use_negotiate,
}


class WindowsScheme:
    """NTLM, or Negotiate with Kerberos (where the process has a key table) and NTLM.

    Args:
        name: ``NTLM`` or ``Negotiate``.
        estate: Whose accounts. A password with a colon cannot be proved by NTLM here.
    """

    def __init__(self, name: str, estate: Estate) -> None:
        self.name = name
        self._estate = estate

    def offers(self) -> list[tuple[str, str]]:
        """As the interface says."""
        return [("WWW-Authenticate", self.name)]

    def judge(self, credentials: str, request: Request, rules: Rules) -> Entered | Response | None:
        """As the interface says."""
        talk = talk_of(request)
        talk.account = None
        context, talk.context = talk.context, None
        try:
            token = pybase64.b64decode(credentials, validate=True)
            with _accounts(self._estate):
                if not isinstance(context, spnego.ContextProxy):
                    context = self._context(request, rules)
                said = context.step(token)
        except Exception:  # noqa: BLE001 - on nonsense the library raises whatever it stumbles over
            _log.debug("a token was not understood", exc_info=True)
            return None
        if not context.complete:
            talk.context = context
            return Response(status=401, headers=[self._saying(said)])
        if rules.extended_protection and not self._is_bound(token, request):
            return None
        account = self._account(context.client_principal or "")
        if account is None:
            return None
        if not rules.for_one_request:
            talk.account = account
        return Entered(account=account, headers=(self._saying(said),) if said else ())

    def _context(self, request: Request, rules: Rules) -> spnego.ContextProxy:
        binding = end_point(request.connection.certificate_der)
        return spnego.server(
            hostname="localhost",
            service="HTTP",
            protocol=self.name.lower(),
            options=_OPTIONS[self.name],
            channel_bindings=binding if rules.extended_protection else None,
        )

    def _is_bound(self, token: bytes, request: Request) -> bool:
        # A Kerberos proof was compared by the system's own library.
        return not is_last_leg(token) or is_bound(
            token, end_point(request.connection.certificate_der)
        )

    def _account(self, principal: str) -> Account | None:
        for user, _ in self._estate.known_passwords():
            if principal.casefold() in {_joined(*names) for names in _names(user)}:
                return self._estate.account(user)
        return None

    def _saying(self, token: bytes | None) -> tuple[str, str]:
        return "WWW-Authenticate", f"{self.name} {pybase64.b64encode(token or b'').decode()}"


def _names(user: str) -> list[tuple[str, str]]:
    """Give the domains and names under which Windows knows an account."""
    name, at, domain = user.partition("@")
    if at:
        return [("", user), (domain.partition(".")[0].upper(), name), (domain, name)]
    domain, slash, name = user.rpartition("\\")
    return [(domain, name)] if slash else [("", user), ("LAB", user)]


def _joined(domain: str, name: str) -> str:
    return (f"{domain}\\{name}" if domain else name).casefold()


@contextmanager
def _accounts(estate: Estate) -> Iterator[None]:
    """Show the library the accounts; it reads them from a file that the environment names.

    The file is ours alone and gone after one leg; one leg at a time, because the environment is
    everybody's. NTLMv1 is not taken.
    """
    lines = [
        f"{domain}:{name}:{password}"
        for user, password in estate.known_passwords()
        for domain, name in _names(user)
        if ":" not in password
    ]
    told = {"LM_COMPAT_LEVEL": "5"}
    with _ENVIRONMENT, tempfile.NamedTemporaryFile("w", encoding="utf-8") as file:
        file.write("\n".join(lines))
        file.flush()
        told["NTLM_USER_FILE"] = file.name
        before = {name: os.environ.get(name) for name in told}
        os.environ.update(told)
        try:
            yield
        finally:
            for name, value in before.items():
                if value is None:
                    os.environ.pop(name, None)
                else:
                    os.environ[name] = value
