"""The way out for mail: what apprise's plugin has in place of ``smtplib`` and ``ssl``."""

from __future__ import annotations

import smtplib
import ssl
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from strongroom.errors import StrongroomError
from strongroom.wire.metadata_addresses import refuse_metadata
from strongroom.wire.posting.door import CURRENT, REFUSED_HERE, is_loopback
from strongroom.wire.tls import known_cause


class MailDoor:
    """Stands where the mail plugin has the module ``smtplib``."""

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - whatever the module has
        return {"SMTP": _Smtp, "SMTP_SSL": _SmtpByTls}.get(name) or getattr(smtplib, name)


class TlsDoor:
    """Stands where the mail plugin has the module ``ssl``."""

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - whatever the module has
        return getattr(ssl, name)

    def create_default_context(self) -> ssl.SSLContext:
        """Give the one TLS configuration that there is."""
        return CURRENT.get().trust.context()


class _Smtp(smtplib.SMTP):
    """A connection to a mail server that says what goes wrong."""

    def __init__(self, host: str, *args: Any, **more: Any) -> None:  # noqa: ANN401 - the library's
        self._may_be_plain = is_loopback(host)
        with _noted():
            refuse_metadata(host)
            super().__init__(host, *args, **more)

    def starttls(self, *args: Any, **more: Any) -> Any:  # noqa: ANN401 - the library's
        with _noted():
            return super().starttls(*args, **more)

    def login(self, *args: Any, **more: Any) -> Any:  # noqa: ANN401 - the library's
        with _noted():
            self._require_tls()
            return super().login(*args, **more)

    def sendmail(self, *args: Any, **more: Any) -> Any:  # noqa: ANN401 - the library's
        with _noted():
            self._require_tls()
            refused = super().sendmail(*args, **more)
        if refused:
            CURRENT.get().note(*_SOME_REFUSED)
        return refused

    def _require_tls(self) -> None:
        """Look once more, whatever the plugin believes.

        Raises:
            SMTPNotSupportedError: it goes without TLS, and not to this very machine.
        """
        if not self._may_be_plain and not isinstance(self.sock, ssl.SSLSocket):
            raise smtplib.SMTPNotSupportedError


class _SmtpByTls(_Smtp, smtplib.SMTP_SSL):
    """The same, by TLS from the first byte."""


_SOME_REFUSED = (
    "It refuses some of the people that the message is for.",
    "Look at the recipients in the address.",
)
_NOT_ASCII = (
    "Its user or password has letters that mail servers' sign-in does not know.",
    "Use one with plain letters, digits and signs (ASCII) only.",
)
_WHY: Mapping[type[Exception], tuple[str, str]] = {
    smtplib.SMTPNotSupportedError: (
        "It offers no TLS, and without it nothing is sent.",
        "Have TLS switched on there; where it begins with TLS, add mode=ssl and the port.",
    ),
    smtplib.SMTPAuthenticationError: (
        "It does not take the sign-in{code}.",
        "Look at user and password; some servers want a password made for programs.",
    ),
    smtplib.SMTPRecipientsRefused: _SOME_REFUSED,
    smtplib.SMTPServerDisconnected: (
        "It hung up.",
        "Check that it is a mail server that takes messages from here.",
    ),
}


@contextmanager
def _noted() -> Iterator[None]:
    """Note what goes wrong in the block."""
    attempt = CURRENT.get()
    try:
        yield
    except StrongroomError:
        attempt.note(*REFUSED_HERE)
        raise
    except UnicodeError:
        attempt.note(*_NOT_ASCII)
        # What the plugin knows of: it hangs up.
        raise smtplib.SMTPException from None
    except (OSError, smtplib.SMTPException) as error:
        attempt.note(*(known_cause(error) or _said_by_server(error)))
        raise


def _said_by_server(error: Exception) -> tuple[str, str]:
    told = getattr(error, "smtp_code", None)
    code = f" (SMTP {told})" if isinstance(told, int) else ""
    for kind, (why, hint) in _WHY.items():
        if isinstance(error, kind):
            return why.format(code=code), hint
    return f"It does not take the message{code}.", "Look at the mail server's own log."
