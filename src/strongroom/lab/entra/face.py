"""Entra ID's face: HTTPS below ``/entra/``, where the authority of a tenant is ``/entra/{tenant}``.

directory = Directory(clock=clock)
entra = EntraFace(directory, url=lambda: server.url)
server.pages["/entra/"] = entra.answer
entra.verifier.verify(token, "https://graph.microsoft.com")
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from datetime import timedelta
from urllib.parse import parse_qsl, unquote, urlsplit

from strongroom.lab.entra import pages
from strongroom.lab.entra.authorize import Authorize
from strongroom.lab.entra.device import device_authorization
from strongroom.lab.entra.directory import Directory
from strongroom.lab.entra.discovery import instance_discovery, openid_configuration
from strongroom.lab.entra.errors import Refused, error_answer, json_answer
from strongroom.lab.entra.interaction import Interaction
from strongroom.lab.entra.minting import Mint
from strongroom.lab.entra.sessions import Journey
from strongroom.lab.entra.tenant import Tenant
from strongroom.lab.entra.token_endpoint import Ask, TokenEndpoint
from strongroom.lab.entra.verify import Verifier
from strongroom.lab.https import Request, Response

_log = logging.getLogger(__name__)

_RETRY_AFTER_S = "7"


class EntraFace:
    """Answers sign-in requests. Safe to call from many threads.

    Attributes:
        verifier: Tells other faces what a token is worth.
        crashes: Requests that found a mistake in the lab itself.
    """

    def __init__(self, directory: Directory, *, url: Callable[[], str]) -> None:
        """Face a directory.

        Args:
            directory: What there is.
            url: Says ``https://localhost:PORT``; asked when a request comes, since the port is
                known only once the server listens.
        """
        self.directory = directory
        self.verifier = Verifier(directory)
        self.crashes: list[Exception] = []
        self._server_url = url
        self._interaction = Interaction(directory)
        self._authorize = Authorize(directory, self._interaction)

    @property
    def url(self) -> str:
        """Where it answers: ``https://localhost:PORT/entra``."""
        return f"{self._server_url()}/entra"

    def authority(self, tenant: Tenant) -> str:
        """Give the authority that a client is configured with."""
        return f"{self.url}/{tenant.id}"

    def answer(self, request: Request) -> Response:
        """Answer one request."""
        with self.directory.lock:
            try:
                return self._route(request)
            except Refused as refused:
                return self._refuse(refused, request)
            except Exception as error:  # noqa: BLE001 - the border
                # A mistake of the lab must look like a server's, and be found by the test.
                _log.exception("the lab's Entra ID crashed")
                self.crashes.append(error)
                return Response(status=500)

    def _route(self, request: Request) -> Response:
        place = urlsplit(request.path)
        path = place.path.removeprefix("/entra/").strip("/")
        query = dict(parse_qsl(place.query, keep_blank_values=True))
        form = _read_form(request) if request.method == "POST" else {}
        fixed: Mapping[str, Callable[[], Response]] = {
            "signin": lambda: self._interaction.step(form),
            "device": lambda: self._device(request.method, {**query, **form}),
            "common/discovery/instance": lambda: instance_discovery(query, self.url),
        }
        if path in fixed:
            return fixed[path]()
        name, _, rest = path.partition("/")
        name = unquote(name)
        tenant = self.directory.tenant(name)
        keys = f"{self.url}/{tenant.id if tenant else name}/v2.0"
        routes: Mapping[tuple[str, str], Callable[[], Response]] = {
            ("GET", "v2.0/.well-known/openid-configuration"): lambda: json_answer(
                openid_configuration(self.url, tenant, name)
            ),
            ("GET", "discovery/v2.0/keys"): lambda: json_answer(
                self.directory.signer.key_set(keys)
            ),
            ("GET", "oauth2/v2.0/authorize"): lambda: self._authorize.begin(tenant, query),
            ("POST", "oauth2/v2.0/authorize"): lambda: self._authorize.begin(tenant, form),
            ("GET", "v2.0/adminconsent"): lambda: self._authorize.begin_admin_consent(
                tenant, query
            ),
            ("GET", "adminconsent"): lambda: self._authorize.begin_admin_consent(tenant, query),
            ("POST", "oauth2/v2.0/devicecode"): lambda: json_answer(
                device_authorization(self.directory, tenant, form, self.url)
            ),
            ("POST", "oauth2/v2.0/token"): lambda: self._token(tenant, name, form, request),
        }
        route = routes.get((request.method, rest))
        return route() if route else Response(status=404)

    def _token(
        self, tenant: Tenant | None, name: str, form: Mapping[str, str], request: Request
    ) -> Response:
        if self.directory.troubles:
            status = self.directory.troubles.popleft()
            answer = self._refuse(Refused(90033), request)
            answer.status = status
            answer.headers.append(("Retry-After", _RETRY_AFTER_S))
            return answer
        endpoint = TokenEndpoint(self.directory, Mint(self.directory, self.url))
        ask = Ask(tenant=tenant, tenant_name=name, form=form, headers=request.headers)
        return json_answer(endpoint.answer(ask))

    def _device(self, method: str, asked: Mapping[str, str]) -> Response:
        if method != "POST":
            return pages.device_page()
        wanted = asked.get("otc", "").strip().upper()
        now = self.directory.clock.now()
        until = now + timedelta(seconds=self.directory.habits.device_s)
        for flow in self.directory.devices.values():
            if flow.user_code == wanted and flow.state == "pending" and now < flow.ends_at:
                journey = Journey(
                    purpose="device",
                    tenant=flow.tenant,
                    app_id=flow.app_id,
                    scope=flow.scope,
                    device=flow,
                    ends_at=until,
                )
                return self._interaction.begin(journey)
        return pages.device_page(error="That code didn't work. Check the code and try again.")

    def _refuse(self, refused: Refused, request: Request) -> Response:
        correlation_id = request.headers.get("client-request-id") or self.directory.correlation_id()
        return error_answer(refused, at=self.directory.clock.now(), correlation_id=correlation_id)


def _read_form(request: Request) -> dict[str, str]:
    try:
        text = request.body.decode()
    except UnicodeDecodeError as error:
        raise Refused(90023, why="The request body is not a form.") from error
    return dict(parse_qsl(text, keep_blank_values=True))
