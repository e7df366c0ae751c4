"""The Autodiscover face: sign-in, then one of the forms.

Only the JSON form answers without a sign-in; GetFederationInformation, which does too, is not here.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable

from strongroom.lab.autodiscover import hostile, pox, soap, v2
from strongroom.lab.autodiscover.hostile import Hostility
from strongroom.lab.autodiscover.kinds import IsMoved, Kind, MailboxFacts
from strongroom.lab.estate.estate import Estate
from strongroom.lab.estate.mailbox import Mailbox
from strongroom.lab.exchange.xml import NotXml
from strongroom.lab.https import Request, Response
from strongroom.lab.sign_in.words import Entered

_PATH = "/autodiscover/autodiscover"
_XML = ("Content-Type", "text/xml; charset=utf-8")


class AutodiscoverFace:
    """Answers Autodiscover requests from an estate. Safe to call from many threads.

    Args:
        estate: Whose mailboxes are found.
        ews_url: Says where EWS is for clients outside.
        sign_in: Says who sends a request; or gives the answer that asks for a (further) proof
            (``Door.enter``).
        internal_ews_url: Says where EWS is for clients inside; None: the same place.
        version: Of the server.

    Attributes:
        kinds: What becomes of questions about some addresses (small letters) instead.
        has_json: It is new enough for the JSON form (2016 CU3).
        hostility: How it attacks whoever sends a POST; None: not at all.
        requests: How many requests of each form came.
    """

    def __init__(
        self,
        estate: Estate,
        *,
        ews_url: Callable[[], str],
        sign_in: Callable[[Request], Entered | Response],
        internal_ews_url: Callable[[], str] | None = None,
        version: tuple[int, int, int, int] = (15, 2, 2562, 17),
    ) -> None:
        self.kinds: dict[str, Kind] = {}
        self.has_json = True
        self.hostility: Hostility | None = None
        self.requests: Counter[str] = Counter()
        self._estate = estate
        self._ews_url = ews_url
        self._internal_ews_url = internal_ews_url or ews_url
        self._sign_in = sign_in
        self._version = version
        self._count_lock = threading.Lock()

    def answer(self, request: Request) -> Response:
        """Answer one request."""
        path = request.path.partition("?")[0].casefold()
        if path == "/autodiscover/healthcheck.htm":
            return Response(body=f"200 OK<br/>EX01.{self._estate.domain}".encode())
        if path.startswith(f"{_PATH}.json"):
            return self._json(request) if self.has_json else Response(status=404)
        is_ours = path in {f"{_PATH}.svc", f"{_PATH}.xml"}
        if not is_ours and self.hostility is not Hostility.ENDLESS:
            return Response(status=404)
        told = self._sign_in(request)
        if isinstance(told, Response):
            return told
        if self.hostility is not None:
            return hostile.answer(self.hostility, request)
        with self._estate.lock:
            response = self._soap(request) if path.endswith(".svc") else self._pox(request)
        response.headers += told.headers
        return response

    def _soap(self, request: Request) -> Response:
        try:
            question = soap.read(request.body)
        except NotXml:
            # The service host's own refusal, before Exchange sees anything.
            return Response(status=400)
        self._count(question.operation)
        if question.operation == "GetDomainSettings":
            domain = self._estate.domain.casefold()
            body = soap.domain_settings(question, domain, self._ews_url(), self._version)
            return Response(headers=[_XML], body=body)
        if question.operation != "GetUserSettings":
            return Response(status=500)
        moved = next((self._moved(address) for address in question.about), None)
        if moved is not None:
            return moved
        body = soap.user_settings(question, self._look_up, self._version)
        return Response(headers=[_XML], body=body)

    def _pox(self, request: Request) -> Response:
        now = self._estate.clock.now()
        try:
            address = pox.read(request.body)
        except NotXml:
            body = pox.error(600, "Invalid Request", now)
            return Response(headers=[_XML], body=body)
        self._count("pox")
        return self._moved(address) or Response(
            headers=[_XML], body=pox.answer(self._look_up(address), now)
        )

    def _json(self, request: Request) -> Response:
        self._count("json")
        address, protocol = v2.read(request.path)
        if not address:
            return v2.refusal("MandatoryParameterMissing", "A valid value must be provided.")
        with self._estate.lock:
            moved = self._moved(address)
            if moved is not None:
                return moved
            # Addresses that do not exist are answered like others, so that nobody can list them.
            host = request.headers.get("host", "localhost")
            urls = {"Ews": self._ews_url(), "AutodiscoverV1": f"https://{host}{_PATH}.xml"}
            return v2.answer(protocol, urls)

    def _moved(self, address: str) -> Response | None:
        kind = self.kinds.get(address.casefold())
        if not isinstance(kind, IsMoved):
            return None
        return Response(status=302, headers=[("Location", kind.url)])

    def _look_up(self, address: str) -> MailboxFacts | Kind | None:
        kind = self.kinds.get(address.casefold())
        if kind is not None:
            return kind
        mailbox = self._estate.mailbox(address)
        return None if mailbox is None else self._facts(mailbox)

    def _facts(self, mailbox: Mailbox) -> MailboxFacts:
        domain = self._estate.domain
        folders = self._estate.public_folders
        return MailboxFacts(
            address=mailbox.address,
            name=mailbox.name,
            legacy_dn="/o=Lab/ou=Exchange Administrative Group (FYDIBOHF23SPDLT)/cn=Recipients"
            f"/cn={mailbox.guid.hex}",
            server=f"{mailbox.guid}@{domain}",
            external_ews_url=self._ews_url(),
            internal_ews_url=self._internal_ews_url(),
            archive_guid="" if mailbox.archive is None else str(mailbox.archive.guid),
            public_folder_mailbox=folders.address,
            version=self._version,
        )

    def _count(self, form: str) -> None:
        with self._count_lock:
            self.requests[form] += 1
