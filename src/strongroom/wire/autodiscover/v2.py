"""The newest form: one GET without a sign-in, JSON back (Exchange 2016 CU3 up, Microsoft 365).

It says only where, and says it to anybody; Microsoft answers for addresses that do not exist too.
"""

from __future__ import annotations

from urllib.parse import quote, urlencode

import orjson

from strongroom.wire.autodiscover.xml import TEXT_CHARS_MAX, NotUnderstood

SUFFIX = ".json"
PATH = "/autodiscover/autodiscover.json"
MICROSOFT_HOST = "autodiscover-s.outlook.com"


def own_url(host: str, address: str) -> str:
    """Give what an organisation's own server is asked."""
    return f"https://{host}{PATH}?{urlencode({'Email': address, 'Protocol': 'Ews'}, safe='@')}"


def microsoft_url(host: str, address: str) -> str:
    """Give what Microsoft's service is asked."""
    return f"https://{host}{PATH}/v1.0/{quote(address, safe='@')}?Protocol=Ews&RedirectCount=1"


def ews_url(body: bytes) -> str:
    """Read where EWS is; unchecked.

    Raises:
        NotUnderstood: the answer is something else.
    """
    try:
        told = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise NotUnderstood("The answer is not JSON, so not from Autodiscover.") from error
    url = told.get("Url") if isinstance(told, dict) else None
    if not isinstance(url, str) or not 0 < len(url) <= TEXT_CHARS_MAX:
        raise NotUnderstood("The answer names no place.")
    return url
