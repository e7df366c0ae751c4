"""The JSON form: no sign-in, one address, one place.

Source:
    https://learn.microsoft.com/exchange/client-developer/exchange-web-services/autodiscover-for-exchange
"""

from __future__ import annotations

from urllib.parse import parse_qs, unquote

import orjson

from strongroom.lab.https import Response

_VERSIONED = "/autodiscover/autodiscover.json/v1.0/"
_SUPPORTED = "Ews,AutodiscoverV1"


def read(path: str) -> tuple[str, str]:
    """Give address and protocol that a path with its query asks for; empty where not said."""
    where, _, query = path.partition("?")
    values = {name.casefold(): several[0] for name, several in parse_qs(query).items()}
    address = values.get("email", "")
    if where.casefold().startswith(_VERSIONED):
        address = unquote(where[len(_VERSIONED) :])
    return address, values.get("protocol", "")


def answer(protocol: str, urls: dict[str, str]) -> Response:
    """Answer about an address that is here."""
    for name, url in urls.items():
        if name.casefold() == protocol.casefold():
            return _json(200, {"Protocol": name, "Url": url})
    return refusal(
        "ProtocolNotSupported",
        f"The given protocol value '{protocol}' is not supported. Supported values are"
        f" '{_SUPPORTED}'",
    )


def refusal(code: str, message: str) -> Response:
    """Answer with an error."""
    response = _json(400, {"ErrorCode": code, "ErrorMessage": message})
    response.headers.append(("jsonerror", "true"))
    return response


def _json(status: int, document: dict[str, str]) -> Response:
    return Response(
        status=status,
        headers=[("Content-Type", "application/json; charset=utf-8")],
        body=orjson.dumps(document),
    )
