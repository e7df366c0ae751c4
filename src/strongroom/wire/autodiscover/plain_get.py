"""The one request without TLS: nothing of ours in it, and of the answer only where it leads."""

from __future__ import annotations

from urllib.parse import urlsplit

import urllib3
from urllib3.exceptions import HTTPError

from strongroom.errors import OperatorError
from strongroom.wire.metadata_addresses import refuse_metadata
from strongroom.wire.tls import unreachable

_TIMEOUT = urllib3.Timeout(connect=10.0, read=20.0)


class PlainGet:
    """Asks with urllib3. Keeps nothing between requests.

    Args:
        proxy: ``http://host:port`` of the connection's own proxy, or None. Never the environment's.
    """

    def __init__(self, *, proxy: str | None = None) -> None:
        self._proxy = proxy

    def location(self, url: str) -> str | None:
        """As ``PlainRedirects`` says."""
        parts = urlsplit(url)
        if parts.scheme != "http" or "@" in parts.netloc:
            raise OperatorError("Only plain http is asked this way.")
        refuse_metadata(parts.hostname or "", is_resolved_here=self._proxy is None)
        pool = urllib3.PoolManager() if self._proxy is None else urllib3.ProxyManager(self._proxy)
        with pool:
            try:
                answer = pool.request(
                    "GET",
                    url,
                    retries=False,
                    redirect=False,
                    preload_content=False,
                    timeout=_TIMEOUT,
                )
            except (HTTPError, OSError) as error:
                raise unreachable(parts.hostname or "", error) from error
            # The body is never read: whoever sits on the line could have written it.
            answer.close()
            return answer.headers.get("Location") if answer.status == 302 else None
