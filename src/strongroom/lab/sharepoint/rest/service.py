"""``/_api`` of every site: from a request to an answer.

service = RestService(farm, database, guid=…)
service.answer(visit, site, request, "web/lists")
"""

from __future__ import annotations

import re
import threading
import uuid
from collections import Counter
from collections.abc import Callable, Mapping
from urllib.parse import unquote, urlsplit

from strongroom.lab.https import Request, Response
from strongroom.lab.sharepoint.content import refusals
from strongroom.lab.sharepoint.content.collection import SiteCollection
from strongroom.lab.sharepoint.content.content_database import ContentDatabase
from strongroom.lab.sharepoint.content.principals import SYSTEM_ACCOUNT
from strongroom.lab.sharepoint.farm import Farm, FarmSite, Visitor
from strongroom.lab.sharepoint.rest import csom, errors, soap
from strongroom.lab.sharepoint.rest.answering import act, as_atom, refused_with
from strongroom.lab.sharepoint.rest.batch import Operation, batch_response, operations_of
from strongroom.lab.sharepoint.rest.call import WRITES, Call
from strongroom.lab.sharepoint.rest.digests import Digests
from strongroom.lab.sharepoint.rest.errors import ApiError
from strongroom.lab.sharepoint.rest.formats import Format, format_of
from strongroom.lab.sharepoint.rest.options import Options, options_of, query_of
from strongroom.lab.sharepoint.rest.path import segments_of
from strongroom.lab.sharepoint.rest.plain import get_file
from strongroom.lab.sharepoint.rest.profiles import PROFILES, Profile
from strongroom.lab.sharepoint.rest.root import ROOT_ENTITY
from strongroom.lab.sharepoint.rest.throttle import Throttle
from strongroom.lab.sharepoint.rest.translated import translated
from strongroom.lab.sharepoint.rest.uploads import Uploads
from strongroom.lab.sharepoint.rest.visit import Visit
from strongroom.lab.sharepoint.rest.walk import walk
from strongroom.lab.sharepoint.rights import base_permissions

_API = re.compile(r"(?P<site>.*?)/_api/(?P<what>.*)", re.IGNORECASE)
_NO_DIGEST = frozenset({"contextinfo"})
_APP = "i:0i.t|00000003-0000-0ff1-ce00-000000000000|app@sharepoint|"


class RestService:
    """Answers questions. Safe to call from many threads.

    Attributes:
        farm: Which sites there are.
        content: What is in them.
        digests, uploads: What outlives a question.
        throttle: Who asks too much.
        requests: How many came, the ones within batches not counted by themselves.
        asked: What was asked for, by the last name of the address, the ones within batches too.
    """

    def __init__(
        self, farm: Farm, content: ContentDatabase, *, guid: Callable[[str, str], str]
    ) -> None:
        self.farm = farm
        self.content = content
        self.guid = guid
        self.digests = Digests(farm.draw().encode(), farm.clock)
        self.uploads = Uploads()
        self.throttle = Throttle(clock=farm.clock)
        self.requests = 0
        self.asked: Counter[str] = Counter()
        self._lock = threading.Lock()

    @property
    def profile(self) -> Profile:
        """Which version it is."""
        return PROFILES[self.farm.profile]

    def answer(self, visit: Visit, site: FarmSite, request: Request, what: str) -> Response:
        """Answer one request.

        Args:
            visit: Who asks.
            site: Whom.
            request: As it came.
            what: The part of its path behind ``/_api/``, still encoded.
        """
        with self._lock:
            self.requests += 1
        refused = self.throttle.enter(visit.visitor.name)
        if refused is not None:
            return refused
        operation = Operation(
            method=request.method, url=request.path, headers=request.headers, body=request.body
        )
        collection = self.content.collection(site.path)
        if collection is not None and collection.is_archived:
            # Written after what is told of it: nobody is let in, whoever asks.
            return Response(status=423, body=b"423 LOCKED")
        if what.strip("/").casefold() == "$batch":
            answer = self._batch(visit, operation)
        else:
            answer = self._one(visit, site, operation, what)
        answer.headers += self.throttle.headers(visit.visitor.name)
        return answer

    def _batch(self, visit: Visit, whole: Operation) -> Response:
        form = format_of(whole.headers) or Format.NONE
        try:
            if not self.profile.has_batch:
                raise errors.no_resource("$batch")
            self._check_digest(visit, "POST", whole.headers, "$batch")
            operations = operations_of(whole.headers.get("content-type", ""), whole.body)
        except ApiError as error:
            return refused_with(error, form)
        answers = [self._inner(visit, one) for one in operations]
        return batch_response(answers, boundary=f"batchresponse_{uuid.uuid4()}")

    def _inner(self, visit: Visit, one: Operation) -> Response:
        refused = self.throttle.enter_inside()
        if refused is not None:
            return refused
        found = _API.fullmatch(urlsplit(one.url).path)
        if found is None:
            return refused_with(errors.no_resource(one.url[:80]), Format.NONE)
        inner = self.farm.site_of(unquote(found["site"]))
        if inner is None or visit.may(inner) is None:
            return refused_with(
                errors.not_found() if inner is None else errors.denied(), Format.NONE
            )
        answer = self._one(visit, inner, one, found["what"], is_inner=True)
        return answer if one.headers.get("accept") else as_atom(answer)

    def _one(
        self, visit: Visit, site: FarmSite, one: Operation, what: str, *, is_inner: bool = False
    ) -> Response:
        form = format_of(one.headers)
        try:
            verb = _verb(one)
            if not is_inner:
                self._check_digest(visit, verb, one.headers, what)
            return self._carry_out(visit, site, one, what, verb, form)
        except ApiError as error:
            return refused_with(error, form or Format.NONE)

    def _carry_out(
        self,
        visit: Visit,
        site: FarmSite,
        one: Operation,
        what: str,
        verb: str,
        form: Format | None,
    ) -> Response:
        query = query_of(urlsplit(one.url).query)
        segments = segments_of(what, query)
        if not segments:
            raise errors.no_resource("_api")
        with self._lock:
            self.asked[segments[-1].key] += 1
        collection = self.content.collection(site.path)
        if collection is None:
            raise errors.not_found()
        with collection.lock:
            call = self._call(visit, site, collection, one, query, verb, form)
            try:
                found = walk(call, ROOT_ENTITY, segments)
                return act(call, found, is_value=segments[-1].key == "$value", form=form)
            except refusals.Refused as refused:
                raise translated(refused) from refused

    def _call(
        self,
        visit: Visit,
        site: FarmSite,
        collection: SiteCollection,
        one: Operation,
        query: Mapping[str, str],
        verb: str,
        form: Format | None,
    ) -> Call:
        level = visit.may(site)
        web = collection.web_at(site.path)
        if level is None or web is None or collection.is_locked:
            raise errors.denied()
        rights = base_permissions(level, has_scripts=site.has_scripts)
        login = self.login(visit.visitor)
        return Call(
            service=self,
            collection=collection,
            web=web,
            verb=verb,
            url=visit.url,
            headers=one.headers,
            body=one.body,
            query=query,
            options=options_of(query) if "/_api/" in one.url.casefold() else Options(),
            form=form or Format.NONE,
            profile=self.profile,
            login=login,
            user_id=_number(collection, visit.visitor, login),
            level=level,
            rights=int(rights["High"]) << 32 | int(rights["Low"]),
            clock=self.farm.clock,
            visit=visit,
        )

    def old_service(self, visit: Visit, site: FarmSite, request: Request, name: str) -> Response:
        """Answer a request to one of the older services.

        Args:
            visit: Who asks.
            site: Whom.
            request: As it came.
            name: ``lists.asmx``, ``webpartpages.asmx``, ``exportwp.aspx`` or
                ``client.svc/processquery``.
        """
        if name == "client.svc/processquery":
            return self._beside(visit, site, request, csom.answer)
        if name == "exportwp.aspx":
            return self._beside(visit, site, request, soap.export)
        return self._beside(visit, site, request, lambda call: soap.answer(call, name))

    def file(self, visit: Visit, site: FarmSite, request: Request, path: str) -> Response:
        """Give a file by its own address."""
        return self._beside(visit, site, request, lambda call: get_file(call, path))

    def _beside(
        self,
        visit: Visit,
        site: FarmSite,
        request: Request,
        answer: Callable[[Call], Response],
    ) -> Response:
        with self._lock:
            self.requests += 1
        refused = self.throttle.enter(visit.visitor.name)
        collection = self.content.collection(site.path)
        if refused is not None or collection is None:
            return refused or Response(status=404)
        one = Operation(
            method=request.method, url=request.path, headers=request.headers, body=request.body
        )
        query = query_of(urlsplit(one.url).query)
        try:
            with collection.lock:
                call = self._call(visit, site, collection, one, query, one.method, Format.NONE)
                return answer(call)
        except ApiError as error:
            return Response(status=error.status, body=error.text.encode())

    def login(self, visitor: Visitor) -> str:
        """Give a visitor's login name with its claims prefix."""
        if visitor.app_id:
            return _APP + visitor.name.casefold()
        return self.content.login(visitor.name)

    def _check_digest(self, visit: Visit, verb: str, headers: Mapping[str, str], what: str) -> None:
        if verb == "GET" or visit.has_token or what.strip("/").casefold() in _NO_DIGEST:
            return
        self.digests.check(self.login(visit.visitor), headers.get("x-requestdigest", ""))


def _verb(one: Operation) -> str:
    if one.method != "POST":
        return one.method
    wanted = one.headers.get("x-http-method", "POST").upper()
    return wanted if wanted in WRITES else "POST"


def _number(collection: SiteCollection, visitor: Visitor, login: str) -> int:
    principals = collection.principals
    found = principals.by_login(login)
    if found is not None:
        return found.id
    title = "SharePoint App" if visitor.app_id else ""
    try:
        return principals.ensure_user(login, title=title).id
    except refusals.NotFound:
        return SYSTEM_ACCOUNT
