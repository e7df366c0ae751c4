"""Graph's face: HTTPS below ``/graph/v1.0/`` and ``/graph/beta/``.

graph = GraphFace(directory, entra.verifier, url=lambda: server.url, estate=estate)
server.pages["/graph/"] = graph.answer
server.pages["/api/"] = graph.answer_import
"""

from __future__ import annotations

import logging
import uuid
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from urllib.parse import parse_qsl, unquote, urlsplit

from strongroom.lab.entra import well_known
from strongroom.lab.entra.directory import Directory
from strongroom.lab.entra.verify import TokenClaims, TokenRefusal, Verifier
from strongroom.lab.estate.estate import Estate
from strongroom.lab.graph import batch, directory_routes
from strongroom.lab.graph.answer import Answer
from strongroom.lab.graph.call import Call
from strongroom.lab.graph.errors import JSON, GraphError, answer_of, error_body
from strongroom.lab.graph.mailbox.importing import Importer, WrongPart
from strongroom.lab.graph.mailbox.places import MailStore
from strongroom.lab.graph.mailbox.service import MailService
from strongroom.lab.https import Request, Response

_log = logging.getLogger(__name__)

_HOME = "/graph/"
_VERSIONS = frozenset({"v1.0", "beta"})
_BATCH = "$batch"

_SAID = {
    "expired": "Lifetime validation failed, the token is expired.",
    "audience": "Access token validation failure. Invalid audience.",
    "signature": "Access token validation failure. Invalid signature.",
    "malformed": "IDX14100: JWT is not well formed, there are no dots (.).",
    "revoked": "Continuous access evaluation resulted in challenge with result: "
    "InteractionRequired and code: TokenIssuedBeforeRevocationTimestamp",
    "context": "Continuous access evaluation resulted in challenge with result: "
    "InteractionRequired and code: InsufficientClaims",
}


@dataclass(frozen=True, slots=True)
class Visit:
    """One request and how it was answered; nothing secret. A batch's questions are told, too."""

    method: str
    path: str
    status: int
    is_in_batch: bool = False


class GraphFace:
    """Answers requests to Graph. Safe to call from many threads.

    Attributes:
        mail: What answers for mailboxes: its store, limits, faults and weather.
        visits: What was asked, oldest first.
        crashes: Requests that found a mistake in the lab itself.
    """

    def __init__(
        self,
        directory: Directory,
        verifier: Verifier,
        *,
        url: Callable[[], str],
        estate: Estate | None = None,
        import_origin: Callable[[], str] | None = None,
    ) -> None:
        """Face a directory.

        Args:
            directory: What there is.
            verifier: Judges tokens.
            url: Says ``https://localhost:PORT``.
            estate: Whose mailboxes; by default all of them are empty.
            import_origin: Says where items are imported through; by default the same as ``url``.
        """
        self.directory = directory
        self.visits: list[Visit] = []
        self.crashes: list[Exception] = []
        self._verifier = verifier
        self._server_url = url
        store = MailStore(estate or Estate(clock=directory.clock))
        self.mail = MailService(
            store,
            Importer(store, import_origin or url, directory.draw),
            lock=directory.lock,
            clock=directory.clock,
        )

    @property
    def url(self) -> str:
        """Where it answers: ``https://localhost:PORT/graph``."""
        return f"{self._server_url()}/graph"

    def answer(self, request: Request) -> Response:
        """Answer one request to Graph."""
        return self._guarded(request, self._serve)

    def answer_import(self, request: Request) -> Response:
        """Answer one request to the place that imports."""
        return self._guarded(request, self._serve_import)

    def _guarded(self, request: Request, serve: Callable[[Request, str], Response]) -> Response:
        with self.directory.lock:
            request_id = str(uuid.uuid5(uuid.NAMESPACE_OID, self.directory.draw()))
        try:
            response = serve(request, request_id)
        except GraphError as error:
            response = self._refuse(error, request, request_id)
        except Exception as error:  # noqa: BLE001 - the border: a bug must not hang clients
            _log.exception("the lab's Graph crashed")
            self.crashes.append(error)
            response = Response(status=500)
        path = urlsplit(request.path).path
        with self.directory.lock:
            is_in_batch = serve == self._serve_inside
            self.visits.append(Visit(request.method, path, response.status, is_in_batch))
        return response

    def _serve(self, request: Request, request_id: str) -> Response:
        if len(request.body) > self.mail.store.habits.json_bytes_max:
            raise GraphError(413, "BadRequest", "Maximum request length exceeded.")
        version, target = _target(request.path)
        with self.directory.lock:
            claims = self._claims(request)
        if target.partition("?")[0] == _BATCH and request.method == "POST":
            ask = partial(self._guarded, serve=self._serve_inside)
            # Where answers take time they take it side by side; else in an order that tests know.
            at_once = batch.AT_ONCE if self.mail.weather is not None else 1
            body = batch.answer(request, version, ask, seed=request_id, at_once=at_once)
            return answer_of(200, body, request, request_id=request_id)
        return self._dispatch(request, self._call(request, claims), request_id)

    def _serve_inside(self, request: Request, request_id: str) -> Response:
        with self.directory.lock:
            claims = self._claims(request)
        call = replace(self._call(request, claims), is_in_batch=True)
        return self._dispatch(request, call, request_id)

    def _serve_import(self, request: Request, request_id: str) -> Response:
        def write(body: object, status: int) -> Response:
            return answer_of(status, body, request, request_id=request_id)

        return self.mail.take(request, write)

    def _call(self, request: Request, claims: TokenClaims) -> Call:
        version, target = _target(request.path)
        return Call(
            claims=claims,
            tenant=self.directory.tenants[claims.tenant_id],
            directory=self.directory,
            path=(),
            query=dict(parse_qsl(target.partition("?")[2], keep_blank_values=True)),
            headers=request.headers,
            body=request.body,
            url=self.url,
            version=version,
            target=target,
            mail=self.mail.store,
        )

    def _dispatch(self, request: Request, call: Call, request_id: str) -> Response:
        path = unquote(call.route).rstrip("/")

        def write(body: object, status: int) -> Response:
            return _written(body, status, call, request, request_id)

        found = self.mail.find(request.method, path)
        if found is not None:
            route, parts = found
            return self.mail.serve(route, replace(call, path=parts), request, write)
        known = directory_routes.find(request.method, path)
        if known is None:
            segment = path.partition("/")[0]
            raise GraphError(400, "BadRequest", f"Resource not found for the segment '{segment}'.")
        handler, parts = known
        with self.directory.lock:
            return write(
                handler(replace(call, path=parts)), 201 if request.method == "POST" else 200
            )

    def _claims(self, request: Request) -> TokenClaims:
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if scheme.casefold() != "bearer" or not token:
            challenge = TokenRefusal(code="malformed").challenge(self._authority())
            raise GraphError(
                401,
                "InvalidAuthenticationToken",
                "Access token is empty.",
                headers={"WWW-Authenticate": challenge},
            )
        found = self._verifier.judge(token.strip(), well_known.GRAPH)
        if isinstance(found, TokenClaims):
            return found
        raise GraphError(
            401,
            "InvalidAuthenticationToken",
            _SAID[found.code],
            headers={"WWW-Authenticate": found.challenge(self._authority())},
        )

    def _authority(self) -> str:
        return f"{self._server_url()}/entra"

    def _refuse(self, error: GraphError, request: Request, request_id: str) -> Response:
        body: object = error_body(
            error,
            date=f"{self.directory.clock.now():%Y-%m-%dT%H:%M:%S}",
            request_id=request_id,
            client_id=request.headers.get("client-request-id", request_id),
        )
        if isinstance(error, WrongPart):
            body = {"Message": error.message}
        told = body if error.has_body else None
        response = answer_of(error.status, told, request, request_id=request_id)
        response.headers += list(error.headers.items())
        return response


def _target(path: str) -> tuple[str, str]:
    """Part an address into the version, and path and query below it.

    Raises:
        GraphError: 400, there is no such version.
    """
    version, _, target = path.removeprefix(_HOME).partition("/")
    if version not in _VERSIONS:
        raise GraphError(400, "BadRequest", f"Invalid version: {version[:20]}.")
    return version, target


def _written(body: object, status: int, call: Call, request: Request, request_id: str) -> Response:
    answer = body if isinstance(body, Answer) else Answer(status=status, body=body)
    status = 204 if answer.body is None and answer.pieces is None else answer.status
    response = answer_of(status, answer.body, request, request_id=request_id)
    if answer.pieces is not None:
        response.headers.append(JSON)
        response.body = answer.pieces
    response.headers += answer.headers
    if call.applied and call.mail.habits.echoes_preferences:
        response.headers.append(("Preference-Applied", ", ".join(call.applied)))
    return response
