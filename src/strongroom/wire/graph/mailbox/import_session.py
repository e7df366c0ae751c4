"""Leave to bring items into a mailbox for a while: an address that proves itself.

The address lies on another server and carries a token in its query. Whoever has it may write into
the mailbox, so it is a secret: it stands in no error, no log and no ``repr``, and no sign-in of
ours goes there with it.

Source:
    https://learn.microsoft.com/graph/api/mailbox-createimportsession
"""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from urllib.parse import urlsplit

from strongroom.errors import TransientError
from strongroom.wire.graph.mailbox.line import MailboxLine
from strongroom.wire.graph.mailbox.properties import read_time
from strongroom.wire.graph.mailbox.question import Question
from strongroom.wire.origins import Origin

KIND = "POST createImportSession"

_USUAL_S = 600.0
"""Of a session that does not say when it ends; real ones last an hour."""
_EARLY_S = 120.0
"""So long before its end a session is not begun with any more: an item of 150 MB takes a while."""

_TOKEN = re.compile(r"(/importItem\?|\w*token=)[^\s\"']+", re.IGNORECASE)
"""All of the query: which of its parameters proves something is the server's affair."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportSession:
    """Leave to import into one mailbox.

    Attributes:
        origin: Which server takes the items.
        target: Path and query there. A secret.
        until_s: Up to when it is used, by the monotonic clock.
    """

    origin: Origin
    target: str = field(repr=False)
    until_s: float


class NobodySignsIn:
    """The sign-in of requests that carry none: the address says it all."""

    user = "the import session"

    def headers(self) -> Mapping[str, str]:
        """Nothing: a token that goes there was made for somebody else."""
        return {}


def open_session(line: MailboxLine) -> ImportSession:
    """Ask for a session.

    Args:
        line: The mailbox's.

    Raises:
        ForbiddenOrigin: Graph names an address without TLS.
        StrongroomError: as ``MailboxLine.get``.
    """
    _keep_tokens_out_of_logs()
    target = line.target(f"{line.path}/createImportSession")
    row = line.ask(Question("POST", target, KIND))
    url = row.get("importUrl")
    if not isinstance(url, str) or not url:
        raise TransientError("Microsoft Graph opened an import session without an address.")
    parts = urlsplit(url)
    return ImportSession(
        origin=Origin.of(url),
        target=f"{parts.path or '/'}{f'?{parts.query}' if parts.query else ''}",
        until_s=line.clock.monotonic_s() + _lasts_s(line, row.get("expirationDateTime")),
    )


def _lasts_s(line: MailboxLine, ends: object) -> float:
    """Say how long a session can be used, by the server's own clock as far as that is told."""
    when = read_time(ends)
    if when is None:
        return _USUAL_S
    try:
        now = parsedate_to_datetime(line.heard.date)
        left_s = (when - now).total_seconds()
    except (ValueError, TypeError):
        left_s = (when - line.clock.now()).total_seconds()
    return max(left_s - _EARLY_S, left_s / 2, 0.0)


class _WithoutTokens(logging.Filter):
    """Takes tokens out of what the HTTP library notes of each request for those who debug."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Let everything through, the tokens in it blacked out."""
        if isinstance(record.args, tuple):
            record.args = tuple(
                _TOKEN.sub(r"\1…", one) if isinstance(one, str) else one for one in record.args
            )
        return True


_WITHOUT_TOKENS = _WithoutTokens()


def _keep_tokens_out_of_logs() -> None:
    # Added once: the same filter is not added a second time.
    logging.getLogger("urllib3.connectionpool").addFilter(_WITHOUT_TOKENS)
