"""How Graph refuses.

Source:
    https://learn.microsoft.com/graph/errors
"""

from __future__ import annotations

from collections.abc import Mapping

import orjson

from strongroom.lab.https import Request, Response

_WHERE = (
    '{"ServerInfo":{"DataCenter":"West Europe","Slice":"E","Ring":"5","ScaleUnit":"001",'
    '"RoleInstance":"LAB000001"}}'
)

JSON = (
    "Content-Type",
    (
        "application/json;odata.metadata=minimal;odata.streaming=true;"
        "IEEE754Compatible=false;charset=utf-8"
    ),
)


class GraphError(Exception):
    """Graph says no.

    Attributes:
        headers: More headers of the answer, such as the challenge of a 401.
        has_body: The answer says so in its body, too.
    """

    def __init__(
        self,
        status: int,
        code: str,
        message: str,
        *,
        headers: Mapping[str, str] | None = None,
        has_body: bool = True,
    ) -> None:
        super().__init__(f"{status} {code}")
        self.status = status
        self.code = code
        self.message = message
        self.headers = dict(headers or {})
        self.has_body = has_body


def not_found(what: str) -> GraphError:
    """There is no such object."""
    return GraphError(
        404,
        "Request_ResourceNotFound",
        f"Resource '{what}' does not exist or one of its queried reference-property objects are "
        "not present.",
    )


def denied() -> GraphError:
    """The token lacks a permission, or the signed-in user a role."""
    return GraphError(
        403, "Authorization_RequestDenied", "Insufficient privileges to complete the operation."
    )


def mailbox_denied() -> GraphError:
    """Exchange refuses what Graph passed on."""
    return GraphError(
        403, "ErrorAccessDenied", "Access is denied. Check credentials and try again."
    )


def site_denied() -> GraphError:
    """SharePoint refuses what Graph passed on."""
    return GraphError(403, "accessDenied", "Access denied")


def redirected(url: str) -> GraphError:
    """What was asked for is elsewhere, for good."""
    return GraphError(
        308, "PermanentRedirect", "It is elsewhere.", headers={"Location": url}, has_body=False
    )


def bad_request(message: str) -> GraphError:
    """The request makes no sense."""
    return GraphError(400, "Request_BadRequest", message)


def answer_of(status: int, body: object, request: Request, *, request_id: str) -> Response:
    """Make an answer with the headers that all of Graph's have."""
    client_id = request.headers.get("client-request-id", request_id)
    headers = [
        ("request-id", request_id),
        ("client-request-id", client_id),
        (
            "x-ms-ags-diagnostic",
            _WHERE,
        ),
        ("OData-Version", "4.0"),
        ("Cache-Control", "no-cache"),
    ]
    if body is None:
        return Response(status=status, headers=headers)
    headers.append(JSON)
    return Response(status=status, headers=headers, body=orjson.dumps(body))


def error_body(error: GraphError, *, date: str, request_id: str, client_id: str) -> object:
    """Write the error envelope."""
    return {
        "error": {
            "code": error.code,
            "message": error.message,
            "innerError": {
                "date": date,
                "request-id": request_id,
                "client-request-id": client_id,
            },
        }
    }
