"""How a directory is told who we are."""

from __future__ import annotations

import logging

import spnego
from spnego.channel_bindings import GssChannelBindings

from strongroom.errors import AccessDenied
from strongroom.wire.autodiscover.ldap import LdapSession
from strongroom.wire.sign_in.channel_binding import tls_server_end_point
from strongroom.wire.sign_in.keytab import open_keytab

# At level DEBUG the library writes every token, and passwords can be guessed from those of NTLM.
logging.getLogger("spnego").setLevel(logging.WARNING)

_LEGS_MAX = 8


class SimpleBind:
    r"""A name and the password itself, under TLS.

    Args:
        user: ``DOMAIN\user``, ``user@domain`` or a distinguished name.
        password: Kept in memory only.
    """

    def __init__(self, user: str, password: str) -> None:
        if not user or not password:
            # A directory takes an empty password for nobody at all, and says that all is well.
            raise ValueError("a simple bind needs a name and a password")
        self._user = user
        self._password = password

    def __repr__(self) -> str:
        return f"SimpleBind(user={self._user!r})"

    def bind(self, session: LdapSession) -> None:
        """As the interface says."""
        session.bind_simple(self._user, self._password)


class WindowsBind:
    r"""NTLM or Kerberos, bound to the TLS connection.

    Args:
        protocol: ``ntlm`` or ``kerberos``; never one instead of the other.
        user: ``DOMAIN\user`` or ``user@domain``; empty: whoever the system's tickets are for.
        password: Kept in memory only; None: the system's tickets.
        keytab: For Kerberos, a key table to use in place of the password.
    """

    def __init__(
        self,
        protocol: str,
        user: str = "",
        password: str | None = None,
        *,
        keytab: bytes | None = None,
    ) -> None:
        self._protocol = protocol
        self._user = user
        self._password = password
        self._keytab = keytab

    def __repr__(self) -> str:
        return f"WindowsBind({self._protocol!r}, user={self._user!r})"

    def bind(self, session: LdapSession) -> None:
        """As the interface says."""
        try:
            context = self._context(session)
            told: bytes | None = None
            for _ in range(_LEGS_MAX):
                token = context.step(told)
                told = session.bind_step("GSS-SPNEGO", token or b"")
                if told is None:
                    return
        except (spnego.exceptions.SpnegoError, ImportError) as error:
            raise AccessDenied(
                f"There is no {self._protocol} proof for the directory {session.host}.",
                why=" ".join(str(error).split())[:300],
                hint="Check the name, the password and the clock.",
            ) from error
        raise AccessDenied(f"The directory {session.host} never came to an end of the sign-in.")

    def _context(self, session: LdapSession) -> spnego.ContextProxy:
        def begin(who: str | spnego.KerberosKeytab | None) -> spnego.ContextProxy:
            return spnego.client(
                who,
                self._password,
                hostname=session.host,
                service="ldap",
                channel_bindings=GssChannelBindings(
                    application_data=tls_server_end_point(session.certificate_der)
                ),
                # Windows refuses a second protection of what TLS protects already.
                context_req=spnego.ContextReq.none,
                protocol=self._protocol,
            )

        if self._keytab is None:
            return begin(self._user or None)
        with open_keytab(self._keytab, self._user) as table:
            return begin(table)
