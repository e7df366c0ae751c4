"""How large a request may be, and where an administrator raises that.

Source:
    https://learn.microsoft.com/exchange/architecture/client-access/client-message-size-limits
"""

from __future__ import annotations

REQUEST_BYTES_MAX = 64 * 1024 * 1024
"""Of an Exchange Server as installed. IIS and WCF, front end and back end: the smallest wins."""

CONTENT_BYTES_MAX = 5 * 1024 * 1024
"""Of the items in one request. As base64 that is less than what the wire reads into memory at once;
above it each byte costs half as much processor time again, and memory grows with every slot."""

RAISE_THE_LIMIT = (
    "Raise maxAllowedContentLength and maxReceivedMessageSize in the web.config of both "
    "FrontEnd\\HttpProxy\\ews and ClientAccess\\exchweb\\ews on the server, then try again."
)

REQUEST_TOO_LARGE = "request-too-large"
"""How the wire tells that a server refused a request for its size."""

# Envelope, ids and the element around the data.
_AROUND_BYTES = 16 * 1024


def base64_length(size: int) -> int:
    """Say how long so many bytes become as base64."""
    return (size + 2) // 3 * 4


def is_over_limit(size: int) -> bool:
    """Say whether so many bytes are too large for one upload to a server as installed."""
    return base64_length(size) + _AROUND_BYTES > REQUEST_BYTES_MAX


def over_limit_note(size: int) -> str:
    """Tell a person, while it is saved, that an item could not be restored as things are."""
    return (
        f"larger than a server as installed takes back ({size:,} bytes; a request holds "
        f"{REQUEST_BYTES_MAX:,}). {RAISE_THE_LIMIT}"
    )
